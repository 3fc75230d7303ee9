/**
 * How far a person is from everyone. A person's weights are everyone's plus an offset, w = mean + offset with
 * offset_k ~ N(0, tau_k²), and everyone's weights are themselves not known exactly: what votes say of w is part news of
 * the person and part news of everyone. With prior N(m, P) and posterior N(n, S) of w and T = diag(tau²),
 *
 *     E offset = T P⁻¹ (n - m),    Var offset = T - T P⁻¹ (P - S) P⁻¹ T.
 *
 * Where everyone's weights are exactly known this is n - m and S; where tau is 0 it is 0. Pure functions.
 */
import type { Belief } from "./posterior";

/** Rows and columns of weights that are known exactly, which have no inverse, are 0. */
function inverse(matrix: Float64Array, size: number): Float64Array {
  const lower = new Float64Array(size * size);
  const at = (m: Float64Array, i: number, j: number): number => m[i * size + j] as number;
  for (let j = 0; j < size; j++) {
    let rest = at(matrix, j, j);
    for (let k = 0; k < j; k++) rest -= at(lower, j, k) ** 2;
    // A column that depends on others, but for rounding, adds nothing.
    if (rest <= 1e-12 * at(matrix, j, j)) continue;
    const root = Math.sqrt(rest);
    lower[j * size + j] = root;
    for (let i = j + 1; i < size; i++) {
      let sum = at(matrix, i, j);
      for (let k = 0; k < j; k++) sum -= at(lower, i, k) * at(lower, j, k);
      lower[i * size + j] = sum / root;
    }
  }
  const result = new Float64Array(size * size);
  const column = new Float64Array(size);
  for (let c = 0; c < size; c++) {
    if (at(lower, c, c) === 0) continue;
    for (let i = 0; i < size; i++) {
      let sum = i === c ? 1 : 0;
      for (let k = 0; k < i; k++) sum -= at(lower, i, k) * (column[k] as number);
      column[i] = at(lower, i, i) > 0 ? sum / at(lower, i, i) : 0;
    }
    for (let i = size - 1; i >= 0; i--) {
      let sum = column[i] as number;
      for (let k = i + 1; k < size; k++) sum -= at(lower, k, i) * (column[k] as number);
      column[i] = at(lower, i, i) > 0 ? sum / at(lower, i, i) : 0;
      result[i * size + c] = column[i] as number;
    }
  }
  return result;
}

/** Mean and standard deviation of each offset. */
export function offsets(prior: Belief, now: Belief, tau: readonly number[]): { mean: number; sd: number }[] {
  const size = tau.length;
  const precision = inverse(prior.covariance, size);
  const moved = now.mean.map((value, k) => value - (prior.mean[k] as number));
  const learned = prior.covariance.map((value, k) => value - (now.covariance[k] as number));
  return tau.map((spread, k) => {
    const variance = spread * spread;
    const row = precision.subarray(k * size, (k + 1) * size).map((value) => variance * value);
    let mean = 0;
    let less = 0;
    for (let i = 0; i < size; i++) {
      mean += (row[i] as number) * (moved[i] as number);
      let sum = 0;
      for (let j = 0; j < size; j++) sum += (learned[i * size + j] as number) * (row[j] as number);
      less += (row[i] as number) * sum;
    }
    return { mean, sd: Math.sqrt(Math.max(0, variance - less)) };
  });
}
