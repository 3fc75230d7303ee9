import { describe, expect, it } from "vitest";
import { turnFeature, turnRange } from "../../src/labeler/turn";
import type { Example, Feature } from "../../src/protocol";
import { turnExample, turnSpans } from "../../src/shared/turn";

const found: Feature = {
  feature: "d07",
  kind: "discovered",
  name: "length",
  prevalence: 0.2,
  prevalence_low: 0.1,
  prevalence_high: 0.3,
  beta: 0.4,
  beta_low: 0.1,
  beta_high: 0.7,
  delta_win: -0.2,
  delta_win_low: -0.5,
  delta_win_high: 0.1,
  p: 0.01,
  q: 0.04,
  significant: true,
  fidelity: 0.5,
  fidelity_low: 0.3,
  fidelity_high: 0.7,
  judge: "formula",
  stability: 0.6,
  recurs: true,
  n: 100,
  sentence: "More of ‘NAME’ is preferred less often.",
  sentence_turned: "More of ‘NAME’ is preferred more often.",
  note: "",
  histogram: { low: -3, high: 3, counts: [1, 2, 3, 4], zero: 9 },
};

const example: Example = {
  row: 5,
  prompt: 0,
  more: 1,
  less: 2,
  more_is: "A",
  code: 2.5,
  preferred: 0.75,
  votes: 4,
};

describe("a feature read the other way round", () => {
  const turned = turnFeature(found);

  it("has its effects with the other sign and their intervals' ends in each other's place", () => {
    expect([turned.delta_win_low, turned.delta_win, turned.delta_win_high]).toEqual([-0.1, 0.2, 0.5]);
    expect([turned.beta_low, turned.beta, turned.beta_high]).toEqual([-0.7, -0.4, -0.1]);
  });

  it("has its histogram mirrored about 0", () => {
    expect(turned.histogram).toEqual({ low: -3, high: 3, counts: [4, 3, 2, 1], zero: 9 });
  });

  it("says the sentence that Python wrote for that way", () => {
    expect(turned.sentence).toBe("More of ‘NAME’ is preferred more often.");
  });

  it("keeps what has no direction", () => {
    const { prevalence, q, fidelity, stability, n } = turned;
    expect({ prevalence, q, fidelity, stability, n }).toEqual({
      prevalence: 0.2,
      q: 0.04,
      fidelity: 0.5,
      stability: 0.6,
      n: 100,
    });
  });

  it("is the feature as it was found when turned twice", () => {
    expect(turnFeature(turned)).toEqual(found);
  });

  it("leaves missing effects missing", () => {
    const bare = turnFeature({ ...found, delta_win: null, delta_win_low: null, delta_win_high: null });
    expect([bare.delta_win, bare.delta_win_low, bare.delta_win_high]).toEqual([null, null, null]);
  });
});

describe("an example of a turned feature", () => {
  it("has its responses, their letters and their votes swapped, and the size of its code kept", () => {
    expect(turnExample(example)).toEqual({
      ...example,
      more: 2,
      less: 1,
      more_is: "B",
      preferred: 0.25,
      code: 2.5,
    });
  });

  it("stays without votes when there are none", () => {
    expect(turnExample({ ...example, preferred: null }).preferred).toBeNull();
  });

  it("has its highlights on the other side with the same weight, for both sides' codes turn together", () => {
    expect(turnSpans({ more: [[0, 4, 0.5]], less: [[2, 3, -0.1]] })).toEqual({
      more: [[2, 3, -0.1]],
      less: [[0, 4, 0.5]],
    });
  });
});

it("asks for a brushed range of a turned feature as Python found it", () => {
  expect(turnRange([1, 3])).toEqual([-3, -1]);
  expect(turnRange([0, 2])).toEqual([-2, 0]);
});
