/** One axis for all sliders, so that weights and spreads can be compared from line to line. */
import type { MixerSnapshot, Preset } from "./contract";

/** Round ends, in hundredths: a slider's steps are hundredths. */
const ENDS = [0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 3, 4, 5, 7.5, 10, 15, 20, 30, 50];

/** The weight at a slider's right end: there is room beyond everything that anybody was found to have. */
export function reach(
  { features }: MixerSnapshot,
  presets: readonly Preset[],
  weights: readonly number[],
): number {
  let most = 0;
  const see = (value: number): void => {
    if (Number.isFinite(value)) most = Math.max(most, Math.abs(value));
  };
  for (const { mean, spread } of features) {
    see(mean);
    if (spread.counts.some((count) => count > 0)) {
      see(spread.low);
      see(spread.high);
    }
  }
  for (const preset of presets) preset.weights.forEach(see);
  weights.forEach(see);
  return ENDS.find((end) => end >= 1.1 * most) ?? Math.ceil(1.1 * most);
}

export const STEP = 0.01;
