/** Which pair to ask next: the one whose vote is expected to tell most about the person's weights. */
import { type Belief, project } from "./posterior";

const STEP = 0.2;
const NODES = 32;

/** Evenly spaced nodes of the standard normal, -6.4 to 6.4, as in `whimsight.personalization.information`. */
const RULE = Array.from({ length: 2 * NODES + 1 }, (_, k) => STEP * (k - NODES)).map((at) => ({
  at,
  weight: Math.exp(-0.5 * at * at),
}));
const TOTAL = RULE.reduce((sum, { weight }) => sum + weight, 0);

/** -p log p, in nats. */
function surprise(p: number): number {
  return p > 0 ? 0 - p * Math.log(p) : 0;
}

/**
 * Expected information of a vote, in bits: I(y; w) = H(E p) - E H(p), with p = sigmoid(x · w) and w of the belief.
 * Houlsby et al. (2011), Bayesian active learning for classification and preference learning, equation 2.
 */
export function information(belief: Belief, x: readonly number[]): number {
  const { mean, variance } = project(belief, x);
  const sd = Math.sqrt(variance);
  let chance = 0;
  let entropy = 0;
  for (const { at, weight } of RULE) {
    const eta = mean + sd * at;
    const size = Math.abs(eta);
    const tail = Math.exp(-size);
    const less = tail / (1 + tail);
    chance += (weight / TOTAL) * (eta >= 0 ? 1 - less : less);
    entropy += (weight / TOTAL) * (Math.log1p(tail) + size * less);
  }
  return Math.max(0, surprise(chance) + surprise(1 - chance) - entropy) / Math.LN2;
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
    const gain = information(belief, codes);
    if (gain <= most + TIED) return;
    most = gain;
    best = k;
  });
  return best;
}
