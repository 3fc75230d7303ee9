import { describe, expect, it } from "vitest";
import { base64 } from "../../dev/mixed";
import type { Votes } from "../../src/mixer/contract";
import { agreement, flips, type Share, shareOf } from "../../src/mixer/tally";
import { ballotOf, createScores, decode, float32Of } from "../../src/mixer/votes";

/** Six votes on three prompts with two features. */
const VOTES: Votes = {
  n: 6,
  sampled: 5,
  codes: base64(Int8Array.from([100, 0, -100, 50, 20, -128, 127, 1, 0, 0, -4, 8])),
  scale: [0.01, 0.02],
  choice: base64(Uint8Array.from([1, 0, 1, 1, 0, 1])),
  prompt: base64(Uint32Array.from([4_000_000_000, 7, 7, 4_000_000_000, 9, 9])),
  annotator: base64(Int32Array.from([0, 1, 0, -1, 1, 1])),
  intercept: 0.1,
  total: 61_885,
};
const ballots = decode(VOTES, 2);
const everyVote = ballotOf(ballots, () => true);

describe("votes", () => {
  it("are decoded feature by feature, with prompts counted from 0", () => {
    expect([...ballots.codes]).toEqual([100, -100, 20, 127, 0, -4, 0, 50, -128, 1, 0, 8]);
    expect([...ballots.choice]).toEqual([1, 0, 1, 1, 0, 1]);
    expect([...ballots.prompt]).toEqual([0, 1, 1, 0, 2, 2]);
    expect(ballots.prompts).toBe(3);
    expect([...ballots.annotator]).toEqual([0, 1, 0, -1, 1, 1]);
  });

  it("that do not fit together are refused with what to do", () => {
    expect(() => decode({ ...VOTES, n: 7 }, 2)).toThrow(/incomplete\. Run the cell again/);
    expect(() => decode(VOTES, 3)).toThrow(/incomplete/);
  });

  it("have the scores of intercept + codes · weights, however the weights were come to", () => {
    const scores = createScores(ballots);
    // by hand: 0.1 + 0.01 · code · w0 + 0.02 · code · w1
    const expected = (w0: number, w1: number): number[] =>
      [
        [100, 0],
        [-100, 50],
        [20, -128],
        [127, 1],
        [0, 0],
        [-4, 8],
      ].map(([a, b]) => 0.1 + 0.01 * (a as number) * w0 + 0.02 * (b as number) * w1);
    for (const [w0, w1] of [
      [1, -0.5],
      [1, 0.25],
      [-2, 0.25],
      [0, 0],
      [0.3, 1.7],
    ] as const)
      for (const [row, score] of scores([w0, w1]).entries())
        expect(score).toBeCloseTo(expected(w0, w1)[row] as number, 12);
  });

  it("keep their scores through ten thousand small moves", () => {
    const scores = createScores(ballots);
    let weights: number[] = [0.5, 0.5];
    scores(weights);
    for (let move = 0; move < 10_000; move += 1) {
      weights = [weights[0] as number, Math.sin(move)];
      scores(weights);
    }
    const anew = [...createScores(ballots)(weights)];
    for (const [row, score] of scores(weights).entries()) expect(score).toBeCloseTo(anew[row] as number, 10);
  });

  it("are read from little-endian floats, too", () => {
    expect([...float32Of(base64(Float32Array.from([1.5, -2, 0.25])))]).toEqual([1.5, -2, 0.25]);
  });
});

describe("a share with an interval over prompts", () => {
  // Worked out in Python: V = G/(G-1) Σ S_g² / n², effective n = p (1 - p) / V, Wilson with scipy.stats.t.ppf(.975, G - 1)
  it("takes votes on one prompt together", () => {
    const some = { rows: new Uint32Array(8), prompt: Uint32Array.from([0, 0, 0, 1, 1, 2, 2, 3]), prompts: 4 };
    const share = shareOf([1, 1, 1, 0, 1, 0, 0, 1], some) as Share;
    expect(share.share).toBe(0.625);
    expect(share.low).toBeCloseTo(0.10938730422353221, 10);
    expect(share.high).toBeCloseTo(0.9576561688542276, 10);
    expect([share.count, share.of]).toEqual([5, 8]);
  });

  it("counts no more than there are prompts where all agree", () => {
    const some = { rows: new Uint32Array(6), prompt: Uint32Array.from([0, 0, 1, 1, 2, 2]), prompts: 3 };
    const share = shareOf([0, 0, 0, 0, 0, 0], some) as Share;
    expect([share.share, share.low]).toEqual([0, 0]);
    // z²/n / (1 + z²/n) with z = t(.975, 2) = 4.30265273 and n = 3
    expect(share.high).toBeCloseTo(4.302652729749462 ** 2 / 3 / (1 + 4.302652729749462 ** 2 / 3), 10);
  });

  it("of nothing does not exist", () => {
    expect(shareOf([], { rows: new Uint32Array(0), prompt: new Uint32Array(0), prompts: 0 })).toBeNull();
  });
});

describe("agreement and flips", () => {
  it("are shares of votes on the side that the scores point to; a score of 0 points nowhere", () => {
    const scores = Float64Array.from([0.4, 0.2, -1, 0, -0.1, 2]);
    // A, B, A, A, B, A were chosen: right, wrong, wrong, half, right, right
    expect(agreement(scores, ballots, everyVote)?.count).toBe(3.5);
    expect(agreement(scores, ballots, everyVote)?.share).toBeCloseTo(3.5 / 6, 12);
  });

  it("of one annotator are of that annotator's votes alone, with the prompts of those", () => {
    const own = ballotOf(ballots, (row) => ballots.annotator[row] === 1);
    expect([...own.rows]).toEqual([1, 4, 5]);
    expect([...own.prompt]).toEqual([0, 1, 1]);
    expect(agreement(Float64Array.from([0, 0.2, 0, 0, -0.1, 2]), ballots, own)?.share).toBeCloseTo(2 / 3, 12);
  });

  it("flip where the sign is another one than everyone's", () => {
    const now = Float64Array.from([0.4, 0.2, -1, 0, -0.1, 2]);
    const before = Float64Array.from([0.1, -0.2, -3, 0.5, -0.2, 1]);
    expect(flips(now, before, everyVote)?.count).toBe(2);
    const sample = ballotOf(ballots, (row) => row < ballots.sampled);
    expect(flips(now, before, sample)?.share).toBeCloseTo(2 / 5, 12);
  });
});
