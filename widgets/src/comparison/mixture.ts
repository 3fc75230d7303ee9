/**
 * What data mixed from the datasets would express, for one feature; the same arithmetic as Python's
 * `comparisons.mixture`, here so that the picture follows a slider at once.
 */
import type { ComparedFeature } from "../protocol";
import { tQuantile } from "../shared/quantile";

export interface Mixed {
  /** Null where the datasets with an estimate hold less than .8 of the rows that carry the effect. */
  delta_win: number | null;
  low: number | null;
  high: number | null;
  /** The part of the mixture's carrying rows that lie in datasets with an estimate. */
  covered: number;
  /** A dataset in it has an interval off 0 and an effect more than twice the mixture's, whose interval holds 0. */
  washesOut: boolean;
}

const ENOUGH = 0.8;
/** What is less than this share of a dataset's effect has washed out: it is gone, and not only less sure. */
const GONE = 0.5;
const NOTHING: Mixed = { delta_win: null, low: null, high: null, covered: 0, washesOut: false };

interface Part {
  index: number;
  value: number;
  /** Its part of the carrying rows. */
  r: number;
  variance: number;
  degrees: number;
}

/** Satterthwaite's degrees of freedom, or the smallest of all where parts hang together. */
function degreesOf(parts: readonly Part[], linked: boolean): number {
  const smallest = Math.min(...parts.map(({ degrees }) => degrees));
  const counted = parts.filter(({ degrees }) => Number.isFinite(1 / degrees));
  const whole = counted.reduce((sum, { r, variance }) => sum + r * r * variance, 0);
  if (linked || !(whole > 0)) return smallest;
  return (
    1 /
    counted.reduce((sum, { r, variance, degrees }) => sum + ((r * r * variance) / whole) ** 2 / degrees, 0)
  );
}

export function mix(feature: ComparedFeature, weights: readonly number[]): Mixed {
  const carried = feature.cells.map(({ share }, k) => Math.max(0, weights[k] ?? 0) * share);
  const all = carried.reduce((sum, value) => sum + value, 0);
  if (!(all > 0)) return NOTHING;
  const known = feature.cells.flatMap(({ delta_win }, index) =>
    delta_win !== null && (carried[index] ?? 0) > 0 ? [index] : [],
  );
  const whole = known.reduce((sum, index) => sum + (carried[index] ?? 0), 0);
  const covered = whole / all;
  if (covered < ENOUGH) return { ...NOTHING, covered };
  const covariance = (j: number, k: number): number => feature.covariance[j]?.[k] ?? 0;
  const parts = known.map((index): Part => {
    const cell = feature.cells[index];
    return {
      index,
      value: cell?.delta_win ?? 0,
      r: (carried[index] ?? 0) / whole,
      variance: covariance(index, index),
      degrees: cell?.degrees ?? Number.POSITIVE_INFINITY,
    };
  });
  const mixed = parts.reduce((sum, { r, value }) => sum + r * value, 0);
  let variance = 0;
  let linked = false;
  for (const one of parts) {
    for (const other of parts) {
      const between = covariance(one.index, other.index);
      variance += one.r * between * other.r;
      if (one !== other && between !== 0) linked = true;
    }
    const { share = 0, share_se = 0 } = feature.cells[one.index] ?? {};
    variance += ((one.r * (one.value - mixed) * share_se) / share) ** 2;
  }
  const reach = tQuantile(degreesOf(parts, linked)) * Math.sqrt(variance);
  const [low, high] = [mixed - reach, mixed + reach];
  const gone = feature.cells.some(
    ({ delta_win, delta_win_low, delta_win_high }, k) =>
      (weights[k] ?? 0) > 0 &&
      ((delta_win_low ?? 0) > 0 || (delta_win_high ?? 0) < 0) &&
      Math.abs(mixed) < GONE * Math.abs(delta_win ?? 0),
  );
  return { delta_win: mixed, low, high, covered, washesOut: gone && low <= 0 && high >= 0 };
}

export function turnMixed(mixed: Mixed): Mixed {
  const minus = (value: number | null): number | null => (value === null ? null : 0 - value);
  return { ...mixed, delta_win: minus(mixed.delta_win), low: minus(mixed.high), high: minus(mixed.low) };
}

/** Weights as parts of 1. */
export function sharesOf(weights: readonly number[]): number[] {
  const whole = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (whole > 0 ? weight / whole : 0));
}

/** Weights as they can be used: one a dataset, 0 or more, not all 0; else all the same. */
export function usable(weights: unknown, datasets: number): number[] {
  const given = Array.isArray(weights) ? weights.map(Number) : [];
  const fine =
    given.length === datasets &&
    given.every((weight) => Number.isFinite(weight) && weight >= 0) &&
    given.some((weight) => weight > 0);
  return fine ? given : Array.from({ length: datasets }, () => 1);
}
