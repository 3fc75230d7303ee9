import { describe, expect, it } from "vitest";
import type { ResponseSet } from "../../src/mixer/contract";
import { against, contributions, order, rank, sigmoid, varianceOf } from "../../src/mixer/ranking";

/** Responses whose codes against each other are differences of these. */
function setOf(traits: readonly (readonly number[])[]): ResponseSet {
  const n = traits.length;
  return {
    prompt: "a prompt",
    row: 0,
    responses: traits.map((mine, i) => ({
      text: `text ${i}`,
      length: 6,
      row: 0,
      side: "a" as const,
      label: `model ${i}`,
      codes: mine.map((value, k) => traits.reduce((sum, other) => sum + (value - (other[k] ?? 0)) / n, 0)),
      won: null,
      votes: 0,
    })),
  };
}

const THREE = setOf([
  [0, 1],
  [3, 0],
  [1, 2],
]);
const sure = () => 0;

describe("a ranking", () => {
  it("puts the highest score first, and says where everyone's weights would put it", () => {
    // utilities 0.5 · f0 + 1 · f1: 1, 1.5, 2.5; everyone's 1 · f0: 0, 3, 1
    const ranked = rank(THREE, [0.5, 1], [1, 0], sure);
    expect(ranked.map(({ index }) => index)).toEqual([2, 1, 0]);
    expect(ranked.map(({ everyones }) => everyones)).toEqual([1, 0, 2]);
    expect(ranked.map(({ place }) => place)).toEqual([0, 1, 2]);
  });

  it("scores a response against the mean of all, itself among them", () => {
    const ranked = rank(THREE, [0.5, 1], [1, 0], sure);
    // 2.5 less 5/3, the mean of 1, 1.5 and 2.5
    expect(ranked[0]?.score.value).toBeCloseTo(5 / 6, 12);
    expect(ranked[0]?.score.low).toBeCloseTo(5 / 6, 12);
    expect(ranked.reduce((sum, { score }) => sum + score.value, 0)).toBeCloseTo(0, 12);
  });

  it("says with what chance a response beats the next, as the model has it for the pair alone", () => {
    const ranked = rank(THREE, [0.5, 1], [1, 0], sure);
    expect(ranked[0]?.beats?.value).toBeCloseTo(sigmoid(2.5 - 1.5), 12);
    expect(ranked[1]?.beats?.value).toBeCloseTo(sigmoid(1.5 - 1), 12);
    expect(ranked[2]?.beats).toBeNull();
  });

  it("of two responses gives the code of the one against the other back", () => {
    const { responses } = setOf([
      [2, 5],
      [1, 7],
    ]);
    expect(against(responses[0]?.codes ?? [], responses[1]?.codes ?? [])).toEqual([1, -2]);
  });

  it("leaves ties in the order of the set", () => {
    expect(order([1, 2, 1, 2])).toEqual([1, 3, 0, 2]);
  });
});

describe("how sure a score is", () => {
  const triangle = Float32Array.from([4, 1, 9, -2, 0.5, 1]);

  it("follows from the covariance of the weights", () => {
    // (1, 2, -1) Σ (1, 2, -1)ᵀ with Σ = [[4, 1, -2], [1, 9, .5], [-2, .5, 1]]: 4 + 36 + 1 + 2 · (2 + 2 - 1) = 47
    expect(varianceOf([2, 3, 1], triangle, () => true)([1, 2, -1])).toBeCloseTo(47, 10);
  });

  it("takes weights as independent without one", () => {
    expect(varianceOf([2, 3, 1], null, () => true)([1, 2, -1])).toBeCloseTo(4 + 36 + 1, 10);
  });

  it("takes a weight that was set by hand as it is", () => {
    expect(varianceOf([2, 3, 1], triangle, (k) => k !== 1)([1, 2, -1])).toBeCloseTo(4 + 1 + 4, 10);
  });

  it("widens the interval of a score and of a chance", () => {
    const [first] = rank(THREE, [0.5, 1], [1, 0], (codes) => 0.04 * (codes[1] ?? 0) ** 2);
    // codes of the first: (-1/3, 1); against the next: (-2, 2)
    expect(first?.score.high).toBeCloseTo(5 / 6 + 1.959963984540054 * 0.2, 10);
    expect(first?.beats?.low).toBeCloseTo(sigmoid(1 - 1.959963984540054 * 0.4), 10);
  });
});

describe("contributions", () => {
  it("are the largest by size, with the rest in one sum, and all add up to the score", () => {
    const codes = [1, -2, 0.5, 3, 0];
    const weights = [0.1, 0.4, -0.2, 0.05, 9];
    const { top, rest, others } = contributions(codes, weights, 2);
    expect(top.map(({ feature }) => feature)).toEqual([1, 3]);
    expect(top.map(({ value }) => value)).toEqual([-0.8, 0.15000000000000002]);
    expect(others).toBe(3);
    expect(top.reduce((sum, { value }) => sum + value, rest)).toBeCloseTo(0.1 - 0.8 - 0.1 + 0.15, 12);
  });

  it("show the feature that a person is at, however little it does", () => {
    const { top, others } = contributions([1, -2, 0.5, 3], [0.1, 0.4, -0.2, 0.05], 2, 0);
    expect(top.map(({ feature }) => feature)).toEqual([1, 0]);
    expect(others).toBe(2);
  });
});
