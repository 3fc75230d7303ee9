/**
 * What a person's votes say of their weights: a normal prior and logistic votes, by expectation propagation. The fixed
 * point, and with it every number, is that of `whimsight.personalization.posterior`; here votes are taken in one after
 * another, which needs no inverse. Pure functions over arrays.
 *
 * Minka (2001), Expectation propagation for approximate Bayesian inference; Rasmussen & Williams (2006), section 3.6:
 * each vote's likelihood is stood in for by a normal of s = x · w, made so that the moments of s agree with those
 * under the true likelihood, the others held.
 */
import { nodesOf } from "./quadrature";

/** A normal distribution of weights; covariance by rows, F × F. */
export interface Belief {
  mean: Float64Array;
  covariance: Float64Array;
}

/** One decided vote: the pair's codes, and whether the first response was preferred. */
export interface Evidence {
  x: readonly number[];
  preferred: boolean;
}

const SWEEPS = 200;
const CLOSE = 1e-10;
/** Above 0 but for the rule's own error at a huge variance. */
const LEFT = 0.02;

export function sigmoid(s: number): number {
  return s >= 0 ? 1 / (1 + Math.exp(-s)) : Math.exp(s) / (1 + Math.exp(s));
}

/** The prior of a snapshot; without a covariance features are independent. */
export function priorOf(prior: {
  mean: readonly number[];
  covariance: readonly (readonly number[])[] | null;
  sd: readonly number[];
}): Belief {
  const size = prior.mean.length;
  const covariance = new Float64Array(size * size);
  for (let i = 0; i < size; i++) {
    if (prior.covariance) covariance.set(prior.covariance[i] ?? [], i * size);
    else covariance[i * size + i] = (prior.sd[i] ?? 0) ** 2;
  }
  return { mean: Float64Array.from(prior.mean), covariance };
}

export function sdOf(belief: Belief): number[] {
  const size = belief.mean.length;
  return Array.from(belief.mean, (_, i) => Math.sqrt(Math.max(0, belief.covariance[i * size + i] ?? 0)));
}

/** Mean and variance of s = x · w, with the covariance of s and each weight. */
export function project(
  belief: Belief,
  x: readonly number[],
): { mean: number; variance: number; with: Float64Array } {
  const size = belief.mean.length;
  const along = new Float64Array(size);
  let center = 0;
  let variance = 0;
  for (let i = 0; i < size; i++) {
    let sum = 0;
    for (let j = 0; j < size; j++) sum += (belief.covariance[i * size + j] as number) * (x[j] as number);
    along[i] = sum;
    center += (belief.mean[i] as number) * (x[i] as number);
    variance += sum * (x[i] as number);
  }
  return { mean: center, variance: Math.max(0, variance), with: along };
}

/** A normal factor of s in natural parameters: precision, and precision times mean. */
interface Site {
  precision: number;
  shift: number;
}

/** Multiplies the belief by a normal factor of s = x · w; by Sherman and Morrison one rank. */
function absorb(belief: Belief, x: readonly number[], change: Site): void {
  const size = belief.mean.length;
  const { mean: center, variance, with: along } = project(belief, x);
  const share = 1 / (1 + change.precision * variance);
  const move = (change.shift - change.precision * center) * share;
  const shrink = change.precision * share;
  for (let i = 0; i < size; i++) {
    const at = along[i] as number;
    belief.mean[i] = (belief.mean[i] as number) + at * move;
    for (let j = 0; j < size; j++) {
      belief.covariance[i * size + j] =
        (belief.covariance[i * size + j] as number) - shrink * at * (along[j] as number);
    }
  }
}

/**
 * What the site of a vote becomes, given everything but that vote: the first and second derivative by m of
 * log E sigmoid(±s), s ~ N(m, v), and from them the site (Rasmussen & Williams, equations 3.55 to 3.59). In these
 * terms nothing cancels where v is near 0.
 */
function siteOf(vote: Evidence, mean: number, variance: number): Site {
  const side = vote.preferred ? 1 : -1;
  let total = 0;
  let once = 0;
  let twice = 0;
  for (const { at, weight } of nodesOf(mean, Math.sqrt(variance))) {
    const tilted = weight * sigmoid(side * at);
    const wrong = sigmoid(-side * at);
    total += tilted;
    once += tilted * wrong;
    twice += tilted * wrong * wrong;
  }
  once /= total;
  twice /= total;
  const first = side * once;
  const second = Math.min(0, twice - once + (twice - once * once));
  const left = Math.max(1 + variance * second, LEFT);
  return { precision: 0 - second / left, shift: (first - mean * second) / left };
}

/** The belief after votes; the order of votes does not matter once it has settled. */
export function update(prior: Belief, votes: readonly Evidence[]): Belief {
  const belief: Belief = { mean: prior.mean.slice(), covariance: prior.covariance.slice() };
  const sites: Site[] = votes.map(() => ({ precision: 0, shift: 0 }));
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    let furthest = 0;
    votes.forEach((vote, k) => {
      const site = sites[k] as Site;
      const { mean: center, variance } = project(belief, vote.x);
      if (variance <= 0) return; // a pair whose codes are all 0 tells nothing
      const left = Math.max(1 - variance * site.precision, 1e-6);
      const next = siteOf(vote, (center - variance * site.shift) / left, variance / left);
      const change = { precision: next.precision - site.precision, shift: next.shift - site.shift };
      furthest = Math.max(furthest, Math.abs(change.precision), Math.abs(change.shift));
      absorb(belief, vote.x, change);
      sites[k] = next;
    });
    if (furthest < CLOSE) break;
  }
  return belief;
}

/** P(the first response is preferred), the weights integrated out. */
export function predictive(belief: Belief, x: readonly number[]): number {
  const { mean: center, variance } = project(belief, x);
  return nodesOf(center, Math.sqrt(variance)).reduce((sum, { at, weight }) => sum + weight * sigmoid(at), 0);
}
