/**
 * A feature read the other way round: more of it is less of the code. Python always sends a snapshot as it was
 * found; here, and nowhere else, it is turned for the eye.
 */
import type { Feature } from "../protocol";
import { minus } from "../shared/turn";

export function turnFeature(found: Feature): Feature {
  const { low, high, counts, zero } = found.histogram;
  return {
    ...found,
    beta: minus(found.beta),
    beta_low: minus(found.beta_high),
    beta_high: minus(found.beta_low),
    delta_win: minus(found.delta_win),
    delta_win_low: minus(found.delta_win_high),
    delta_win_high: minus(found.delta_win_low),
    sentence: found.sentence_turned ?? "",
    sentence_turned: found.sentence,
    histogram: { low: 0 - high, high: 0 - low, counts: counts.toReversed(), zero },
  };
}

/** A range of signed codes as it is seen, as it was found, and back. */
export function turnRange([low, high]: readonly [number, number]): [number, number] {
  return [0 - high, 0 - low];
}
