/** Responses to one prompt under some weights: scores, what they are made of, and how sure an order is. Pure functions. */
import type { ResponseSet } from "./contract";

export interface Contribution {
  /** Position of the feature. */
  feature: number;
  /** weight · code, as it stands in the score. */
  value: number;
  /** Positive where the response has more of it than the others. */
  code: number;
}

export interface Estimate {
  value: number;
  low: number;
  high: number;
}

export interface Ranked {
  /** Position in the set. */
  index: number;
  /** From 0. */
  place: number;
  /** Its place under everyone's weights. */
  everyones: number;
  score: Estimate;
  /** Chance (0 to 1) of being preferred to the next; null for the last. */
  beats: Estimate | null;
}

/** How much the weights are known to vary: variance of a sum of codes times weights. */
export type Variance = (codes: readonly number[]) => number;

const Z = 1.959963984540054;

export const dot = (a: readonly number[], b: readonly number[]): number =>
  a.reduce((sum, value, k) => sum + value * (b[k] ?? 0), 0);

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** Positions from the highest score to the lowest; ties stay in the set's order. */
export function order(scores: readonly number[]): number[] {
  return scores.map((_, index) => index).sort((a, b) => (scores[b] as number) - (scores[a] as number));
}

function estimate(value: number, variance: number): Estimate {
  const reach = Z * Math.sqrt(Math.max(0, variance));
  return { value, low: value - reach, high: value + reach };
}

/** A response's codes are the mean of its codes against all, so two of them differ by the one against the other. */
export function against(one: readonly number[], other: readonly number[]): number[] {
  return one.map((code, k) => code - (other[k] ?? 0));
}

export function rank(
  { responses }: ResponseSet,
  weights: readonly number[],
  everyone: readonly number[],
  variance: Variance,
): Ranked[] {
  const scores = responses.map(({ codes }) => dot(weights, codes));
  const places = order(responses.map(({ codes }) => dot(everyone, codes)));
  const ranked = order(scores);
  return ranked.map((index, place) => {
    const codes = responses[index]?.codes ?? [];
    const next = responses[ranked[place + 1] ?? -1];
    let beats: Estimate | null = null;
    if (next) {
      const difference = against(codes, next.codes);
      const { value, low, high } = estimate(dot(weights, difference), variance(difference));
      beats = { value: sigmoid(value), low: sigmoid(low), high: sigmoid(high) };
    }
    return {
      index,
      place,
      everyones: places.indexOf(index),
      score: estimate(scores[index] ?? 0, variance(codes)),
      beats,
    };
  });
}

/** The largest contributions first, `always` among them; and what all the others add up to. */
export function contributions(
  codes: readonly number[],
  weights: readonly number[],
  most: number,
  always = -1,
): { top: Contribution[]; rest: number; others: number } {
  const all = codes
    .map((code, feature) => ({ feature, code, value: code * (weights[feature] ?? 0) }))
    .sort((a, b) => Math.abs(b.value) - Math.abs(a.value));
  const top = all.filter(({ value }, at) => at < most && Math.abs(value) >= 0.005);
  const wanted = all.find(({ feature }) => feature === always);
  if (wanted && !top.includes(wanted)) top.splice(Math.min(top.length, most - 1), 1, wanted);
  const rest = all.filter((one) => !top.includes(one));
  return { top, rest: rest.reduce((sum, { value }) => sum + value, 0), others: rest.length };
}

/**
 * Variance of codes · weights: of those weights that are still the preset's, by its covariance (lower triangle by
 * rows) or, without one, as if they were independent. A weight that was set by hand is what it is.
 */
export function varianceOf(
  sd: readonly number[],
  triangle: Float32Array | null,
  fitted: (k: number) => boolean,
): Variance {
  return (codes) => {
    let sum = 0;
    for (let j = 0; j < sd.length; j += 1) {
      const a = codes[j] ?? 0;
      const row = (j * (j + 1)) / 2;
      if (a === 0 || !fitted(j)) continue;
      if (!triangle) {
        sum += (a * (sd[j] as number)) ** 2;
        continue;
      }
      for (let k = 0; k < j; k += 1)
        if (fitted(k)) sum += 2 * a * (codes[k] ?? 0) * (triangle[row + k] as number);
      sum += a * a * (triangle[row + j] as number);
    }
    return sum;
  };
}
