/** Shares of votes with 95 % intervals that take votes on one prompt together. Pure functions. */
import { tQuantile } from "../shared/quantile";
import type { Ballot, Ballots } from "./votes";

export interface Share {
  share: number;
  low: number;
  high: number;
  /** How many votes it is a share of; a vote that points nowhere counts half. */
  of: number;
  count: number;
}

/** Below this a variance is a rounding: as many on every prompt. */
const CERTAIN = 1e-18;

/**
 * The mean of `values` (0 to 1), one a vote of the ballot. The interval is Wilson's (1927) for the effective number
 * of votes, share (1 - share) / V with V = G / (G - 1) · Σ over the G prompts of the squared sum of residuals / n²,
 * and a t quantile with G - 1 degrees of freedom; where V is 0 the effective number is that of the prompts. The same
 * as a prevalence in `whimsight.effects`.
 */
export function shareOf(values: ArrayLike<number>, { rows, prompt, prompts }: Ballot): Share | null {
  const of = rows.length;
  if (of === 0) return null;
  let count = 0;
  for (let at = 0; at < of; at += 1) count += values[at] as number;
  const share = count / of;
  const sums = new Float64Array(prompts);
  for (let at = 0; at < of; at += 1) {
    const group = prompt[at] as number;
    sums[group] = (sums[group] as number) + (values[at] as number) - share;
  }
  const freedom = Math.max(1, prompts - 1);
  const squares = sums.reduce((sum, one) => sum + one * one, 0);
  const variance = ((prompts / freedom) * squares) / of ** 2;
  const size = variance <= CERTAIN ? prompts : (share * (1 - share)) / variance;
  const z2 = tQuantile(freedom) ** 2;
  const centre = (share + z2 / (2 * size)) / (1 + z2 / size);
  const half =
    (Math.sqrt(z2) / (1 + z2 / size)) * Math.sqrt((share * (1 - share)) / size + z2 / (4 * size ** 2));
  return {
    share,
    low: share > 0 ? Math.max(0, centre - half) : 0,
    high: share < 1 ? Math.min(1, centre + half) : 1,
    of,
    count,
  };
}

/** Share of votes on the side that the scores point to. */
export function agreement(scores: Float64Array, { choice }: Ballots, ballot: Ballot): Share | null {
  const values = new Float32Array(ballot.rows.length);
  ballot.rows.forEach((row, at) => {
    const score = scores[row] as number;
    values[at] = score === 0 ? 0.5 : score > 0 === (choice[row] === 1) ? 1 : 0;
  });
  return shareOf(values, ballot);
}

/** Share of votes where the scores point to another side than those of everyone. */
export function flips(scores: Float64Array, everyone: Float64Array, ballot: Ballot): Share | null {
  const values = new Float32Array(ballot.rows.length);
  ballot.rows.forEach((row, at) => {
    values[at] = Math.sign(scores[row] as number) === Math.sign(everyone[row] as number) ? 0 : 1;
  });
  return shareOf(values, ballot);
}
