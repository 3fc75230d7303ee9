import { describe, expect, it } from "vitest";
import { compared } from "../../dev/compared";
import { mix, sharesOf, turnMixed, usable } from "../../src/comparison/mixture";
import { turnCompared } from "../../src/comparison/rows";
import type { Cell, ComparedFeature } from "../../src/protocol";
import { tQuantile } from "../../src/shared/quantile";

describe("the quantile of Student's t", () => {
  // scipy.stats.t.ppf(0.975, degrees)
  it.each([
    [1, 12.706204736174694],
    [1.5, 6.016663104427929],
    [2, 4.302652729749462],
    [2.5, 3.5746548420036817],
    [3.7, 2.8675207071911895],
    [5, 2.5705818356363146],
    [7.3, 2.345066736547703],
    [10, 2.228138851986274],
    [12.25, 2.1738913883920628],
    [30, 2.0422724563012378],
    [100, 1.9839715185235518],
    [1e3, 1.9623390808264083],
    [1e6, 1.959966356814107],
    [Number.POSITIVE_INFINITY, 1.959963984540054],
  ])("with %f degrees of freedom is that of scipy", (degrees, expected) => {
    expect(Math.abs(tQuantile(degrees) - expected)).toBeLessThan(1e-8);
  });

  it("does not jump where one formula takes over from the other", () => {
    expect(Math.abs(tQuantile(59.999999) - tQuantile(60))).toBeLessThan(1e-8);
  });
});

const EMPTY = compared({ features: 1, datasets: 1 }).features[0] as ComparedFeature;

function feature(
  cells: readonly [value: number | null, se: number, share: number, share_se: number, degrees: number][],
  between = 0,
): ComparedFeature {
  return {
    ...EMPTY,
    cells: cells.map(
      ([value, se, share, share_se, degrees]): Cell => ({
        ...(EMPTY.cells[0] as Cell),
        delta_win: value,
        delta_win_low: value === null ? null : value - tQuantile(degrees) * se,
        delta_win_high: value === null ? null : value + tQuantile(degrees) * se,
        share,
        share_se,
        degrees,
      }),
    ),
    covariance: cells.map(([a, se], j) =>
      cells.map(([b], k) => (a === null || b === null ? null : j === k ? se * se : between)),
    ),
  };
}

const OPPOSED = feature([
  [0.1, 0.02, 0.4, 0.01, 200],
  [-0.2, 0.02, 0.2, 0.01, 200],
]);

describe("a mixture", () => {
  it("weighs datasets by their weight and by how many of their rows carry the effect", () => {
    // The example of Python's comparisons.mixture, to the four decimals that it shows.
    const { delta_win, low, high, covered, washesOut } = mix(OPPOSED, [1, 1]);
    expect(delta_win).toBeCloseTo(0, 12);
    expect(low).toBeCloseTo(-0.0302, 4);
    expect(high).toBeCloseTo(0.0302, 4);
    expect(covered).toBe(1);
    expect(washesOut).toBe(true);
  });

  it("does not depend on the scale of the weights", () => {
    expect(mix(OPPOSED, [7, 3]).low).toBeCloseTo(mix(OPPOSED, [0.7, 0.3]).low ?? 9, 12);
  });

  it("of one dataset alone is that dataset, interval and all, and washes nothing out", () => {
    const { delta_win, low, high, washesOut } = mix(OPPOSED, [0, 1]);
    expect(delta_win).toBeCloseTo(-0.2, 12);
    expect(low).toBeCloseTo(OPPOSED.cells[1]?.delta_win_low ?? 9, 10);
    expect(high).toBeCloseTo(OPPOSED.cells[1]?.delta_win_high ?? 9, 10);
    expect(washesOut).toBe(false);
  });

  it("takes Welch's degrees of freedom where datasets are apart, the smallest where they are linked", () => {
    // Variances 2 : 1 on 9 and 19 degrees of freedom: 3² / (2²/9 + 1²/19).
    const cells = [
      [0.1, Math.sqrt(2e-4), 0.5, 0, 9],
      [0.1, Math.sqrt(1e-4), 0.5, 0, 19],
    ] as [number, number, number, number, number][];
    const apart = mix(feature(cells), [1, 1]);
    expect((apart.high ?? 0) - 0.1).toBeCloseTo(tQuantile(9 / (4 / 9 + 1 / 19)) * Math.sqrt(3e-4 / 4), 9);
    const linked = mix(feature(cells, 1e-5), [1, 1]);
    expect((linked.high ?? 0) - 0.1).toBeCloseTo(tQuantile(9) * Math.sqrt(3.2e-4 / 4), 9);
  });

  it("is not known where datasets with an estimate hold less than four fifths of the carrying rows", () => {
    const partly = feature([
      [0.1, 0.02, 0.4, 0.01, 200],
      [null, 0.02, 0.2, 0.01, 200],
    ]);
    expect(mix(partly, [1, 1])).toMatchObject({ delta_win: null, low: null, washesOut: false });
    expect(mix(partly, [1, 1]).covered).toBeCloseTo(2 / 3, 12);
    expect(mix(partly, [3, 1]).delta_win).toBeCloseTo(0.1, 12);
    expect(mix(partly, [0, 1])).toMatchObject({ delta_win: null, covered: 0 });
  });

  it("of a turned feature is the turned mixture", () => {
    const [one, other] = [turnMixed(mix(OPPOSED, [2, 1])), mix(turnCompared(OPPOSED), [2, 1])];
    expect(one.delta_win).toBeCloseTo(other.delta_win ?? 9, 12);
    expect(one.low).toBeCloseTo(other.low ?? 9, 12);
    expect(one.washesOut).toBe(other.washesOut);
  });
});

describe("weights", () => {
  it("that cannot be used are all the same", () => {
    for (const wrong of [undefined, [], [1], [0, 0], [1, -1], [1, Number.NaN], "half"])
      expect(usable(wrong, 2)).toEqual([1, 1]);
    expect(usable([0, 3], 2)).toEqual([0, 3]);
    expect(sharesOf([3, 1])).toEqual([0.75, 0.25]);
  });
});
