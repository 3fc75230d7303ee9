/** Which pair to ask next: the one whose vote is expected to tell most about the person's weights. */
import { type Belief, project, sigmoid } from "./posterior";
import { mean } from "./quadrature";

/** Entropy of a yes with chance p, in nats. */
function entropy(p: number): number {
  const part = (q: number): number => (q > 0 ? -q * Math.log(q) : 0);
  return part(p) + part(1 - p);
}

/**
 * Expected information gain of a vote, in nats: I(y; w) = H(E p) - E H(p), with p = sigmoid(x · w) and w of the
 * belief. Houlsby et al. (2011), Bayesian active learning for classification and preference learning, eq. 2.
 */
export function informationGain(belief: Belief, x: readonly number[]): number {
  const { mean: center, variance } = project(belief, x);
  const sd = Math.sqrt(variance);
  return Math.max(0, entropy(mean(sigmoid, center, sd)) - mean((s) => entropy(sigmoid(s)), center, sd));
}

const TIED = 1e-12;

/** The position of the most telling pair among those not asked yet; the first of equals; -1 when none is left. */
export function mostTelling(
  belief: Belief,
  pool: readonly { row: number; codes: readonly number[] }[],
  asked: ReadonlySet<number>,
): number {
  let best = -1;
  let most = Number.NEGATIVE_INFINITY;
  pool.forEach(({ row, codes }, k) => {
    if (asked.has(row)) return;
    const gain = informationGain(belief, codes);
    if (gain <= most + TIED) return;
    most = gain;
    best = k;
  });
  return best;
}
