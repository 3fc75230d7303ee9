import { describe, expect, it } from "vitest";
import { information, mostTelling } from "../../src/calibrator/information";
import {
  type Belief,
  type Evidence,
  predictive,
  priorOf,
  sdOf,
  sigmoid,
  update,
} from "../../src/calibrator/posterior";
import { gaussHermite } from "../../src/calibrator/quadrature";

const MEAN = [0.3, -0.2, 0.1];
const COVARIANCE = [
  [0.5, 0.1, 0],
  [0.1, 0.3, -0.05],
  [0, -0.05, 0.2],
];
const X = [
  [1.0, -0.5, 0.25],
  [-2.0, 0.5, 1.0],
  [0.0, 1.5, -1.0],
  [3.0, 2.0, 1.0],
  [0.5, 0.5, 0.5],
];
const VOTES: Evidence[] = X.map((x, k) => ({ x, preferred: k % 2 === 0 }));
const PRIOR = priorOf({ mean: MEAN, covariance: COVARIANCE, sd: [] });

function near(found: Iterable<number>, expected: readonly number[], digits = 7): void {
  const values = [...found];
  expect(values).toHaveLength(expected.length);
  for (const [k, value] of expected.entries()) expect(values[k]).toBeCloseTo(value, digits);
}

/** Eight features that vary independently, standard deviations apart. */
const F = 8;
const wide = (variance: (f: number) => number): Belief =>
  priorOf({
    mean: Array.from({ length: F }, (_, f) => 0.1 * (f - 3)),
    covariance: null,
    sd: Array.from({ length: F }, (_, f) => Math.sqrt(variance(f))),
  });

describe("the rule of quadrature", () => {
  it("is numpy's hermegauss(32), weights summing to 1", () => {
    const { nodes, weights } = gaussHermite(32);
    near(nodes.slice(0, 3), [10.07742267, 9.06439921, 8.21972877]);
    expect((weights[0] ?? 0) / 4.12460749e-23).toBeCloseTo(1, 8);
    expect(weights.reduce((sum, one) => sum + one)).toBeCloseTo(1, 14);
  });

  it("is exact for the moments of the standard normal: 1, 3, 15, 105", () => {
    const { nodes, weights } = gaussHermite(32);
    const moment = (power: number): number =>
      nodes.reduce((sum, node, k) => sum + (weights[k] ?? 0) * node ** power, 0);
    near([moment(2), moment(4), moment(6), moment(8)], [1, 3, 15, 105], 9);
  });
});

describe("a person's posterior", () => {
  it("is the one that whimsight.personalization.posterior.update prints", () => {
    const belief = update(PRIOR, VOTES);
    near(belief.mean, [0.21668822078481836, -0.2515150828874921, -0.09845449642996021]);
    near(
      belief.covariance,
      [
        [0.2131883229637273, 0.00047062973101921757, -0.0016593375557939932],
        [0.00047062973101921757, 0.20643741677894364, -0.037759549445516336],
        [-0.0016593375557939932, -0.037759549445516336, 0.17708139091469036],
      ].flat(),
    );
  });

  it("is Python's also under a wide prior, with contradicting votes on eight features", () => {
    const votes = Array.from({ length: 20 }, (_, i) => ({
      x: Array.from({ length: F }, (__, f) => Math.sin(1.7 * i + 2.3 * f) * (1 + ((i * f) % 3))),
      preferred: (i * i + Math.floor(i / 3)) % 2 === 1,
    }));
    const belief = update(
      wide((f) => 0.2 + f),
      votes,
    );
    near(
      belief.mean,
      [
        -0.2571071183573674, -0.027924860928274786, -0.4794678443446726, 0.13867543498022927,
        0.20513593723366555, 0.43702458211255185, -0.5913353277204505, -0.33840961296737004,
      ],
      6,
    );
    near(
      sdOf(belief),
      [
        0.4387765255070124, 0.8959901512030639, 1.0122331479797446, 1.47021198997154, 1.4538342683577163,
        1.0855760538051211, 1.6532168902702797, 1.2473395675503849,
      ],
      6,
    );
  });

  it("of one weight has the moments that a fine grid finds, to a hundredth of its standard deviation", () => {
    const votes = [1.2, 0.7, -2, 0.4, 1.5, -0.3].map((x, k) => ({ x: [x], preferred: k !== 4 }));
    const belief = update(priorOf({ mean: [0.2], covariance: null, sd: [0.9] }), votes);
    let [total, first, second] = [0, 0, 0];
    for (let w = -8; w <= 8; w += 1e-3) {
      const likelihood = votes.reduce(
        (product, { x, preferred }) => product * sigmoid((preferred ? 1 : -1) * (x[0] ?? 0) * w),
        Math.exp(-0.5 * ((w - 0.2) / 0.9) ** 2),
      );
      total += likelihood;
      first += likelihood * w;
      second += likelihood * w * w;
    }
    const mean = first / total;
    const sd = Math.sqrt(second / total - mean ** 2);
    expect(Math.abs((belief.mean[0] ?? 0) - mean)).toBeLessThan(0.01 * sd);
    expect(Math.abs((sdOf(belief)[0] ?? 0) / sd - 1)).toBeLessThan(0.01);
  });

  it("does not depend on the order of the votes", () => {
    const back = update(PRIOR, VOTES.toReversed());
    near(back.mean, [...update(PRIOR, VOTES).mean], 9);
  });

  it("mirrors: a vote for b is a vote for a of the pair the other way round", () => {
    const turned = VOTES.map(({ x, preferred }) => ({ x: x.map((one) => -one), preferred: !preferred }));
    near(update(PRIOR, turned).covariance, [...update(PRIOR, VOTES).covariance], 9);
  });

  it("is the prior without votes, and leaves the prior itself as it was", () => {
    near(update(PRIOR, []).mean, MEAN);
    update(PRIOR, VOTES);
    near(PRIOR.mean, MEAN, 15);
  });

  it("learns nothing of a weight that is known, nor from a pair whose codes are all 0", () => {
    const known = priorOf({ mean: [0.5, 0], covariance: null, sd: [0, 1] });
    const belief = update(known, [
      { x: [2, 1], preferred: false },
      { x: [0, 0], preferred: true },
    ]);
    expect(belief.mean[0]).toBe(0.5);
    near(belief.mean, [...update(known, [{ x: [2, 1], preferred: false }]).mean], 12);
  });

  it("foretells votes as Python does, the weights integrated out", () => {
    const after = update(PRIOR, VOTES);
    near(
      X.map((x) => predictive(PRIOR, x)),
      [0.5944086846271737, 0.39278340932042044, 0.4183133530170778, 0.5754943582139485, 0.5234641051235852],
    );
    near(
      X.map((x) => predictive(after, x)),
      [0.5739705181612158, 0.3679505448619914, 0.4403679704658525, 0.5081560045570888, 0.48385335785332145],
    );
  });
});

describe("the expected information of a vote", () => {
  it("is, in bits, what whimsight.personalization.information prints", () => {
    near(
      X.map((x) => information(PRIOR, x)),
      [
        0.07431928605601591, 0.21544428723599257, 0.13472737920249653, 0.42445014856964725,
        0.045039868780574074,
      ],
    );
    const after = update(PRIOR, VOTES);
    near(
      X.map((x) => information(after, x)),
      [
        0.04553911669544974, 0.13212622998291182, 0.1069475028775061, 0.2713124088390413,
        0.022305106162714885,
      ],
    );
  });

  it("is 0 where the weights are known, however open the vote", () => {
    const known = priorOf({ mean: [0, 0], covariance: null, sd: [0, 0] });
    expect(information(known, [3, -1])).toBeCloseTo(0, 12);
  });

  it("never says more than the one bit of a vote", () => {
    const open = priorOf({ mean: [0], covariance: null, sd: [30] });
    expect(information(open, [1])).toBeGreaterThan(0.9);
    expect(information(open, [1])).toBeLessThanOrEqual(1);
  });
});

describe("the next pair", () => {
  it("is the one that Python chooses, twelve times in a row", () => {
    const pool = Array.from({ length: 24 }, (_, i) => ({
      row: i,
      codes: Array.from({ length: F }, (__, f) => Math.cos(0.9 * i * (f + 1) + f)),
    }));
    const taste = [1, -1, 0.5, 0, 0, 0.3, -0.6, 0.2];
    const prior = wide((f) => 0.1 + 0.1 * f);
    const votes: Evidence[] = [];
    const asked: number[] = [];
    for (let k = 0; k < 12; k++) {
      const at = mostTelling(update(prior, votes), pool, new Set(asked));
      const x = pool[at]?.codes ?? [];
      asked.push(at);
      votes.push({ x, preferred: x.reduce((sum, code, f) => sum + code * (taste[f] ?? 0), 0) > 0 });
    }
    expect(asked).toEqual([20, 9, 0, 3, 13, 22, 19, 4, 2, 12, 6, 1]);
    near(
      update(prior, votes).mean,
      [
        -0.1376627331635616, -0.1821084985295148, 0.2509095186905218, 0.950950450512757, 0.15690057577595304,
        0.27213942450651757, -0.3066882556930548, 0.6976622017190496,
      ],
      6,
    );
  });

  it("is the earlier of two that would tell the same, and none of those asked", () => {
    const pool = [1, -2, 2, 2].map((x, row) => ({ row, codes: [x] }));
    const prior = priorOf({ mean: [0], covariance: null, sd: [1] });
    expect(mostTelling(prior, pool, new Set())).toBe(1);
    expect(mostTelling(prior, pool, new Set([1]))).toBe(2);
    expect(mostTelling(prior, pool, new Set([0, 1, 2, 3]))).toBe(-1);
  });
});
