/** The axes of the pictures. */
import { percent, points } from "../shared/format";
import type { Axis } from "./lanes";
import { isKnown, type Row } from "./rows";

const REACHES = [0.05, 0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1];

function symmetric(most: number): Axis {
  const reach = REACHES.find((end) => end >= most - 1e-9) ?? 1;
  return {
    low: 0 - reach,
    high: reach,
    ticks: [0 - reach, 0 - reach / 2, 0, reach / 2, reach],
    at: (value) => (value + reach) / (2 * reach),
    label: (tick) => points(tick).replace(/\.0$/, ""),
  };
}

const ends = (row: Row): number[] =>
  row.feature.cells
    .filter(isKnown)
    .map(({ delta_win_low: low, delta_win_high: high }) => Math.max(Math.abs(low ?? 0), Math.abs(high ?? 0)));

/** One for all features, in which nine of ten intervals fit; wider ones end in arrows. */
export function effectAxis(rows: readonly Row[]): Axis {
  const reach = rows.flatMap(ends).sort((a, b) => a - b);
  return symmetric(reach[Math.floor(0.9 * (reach.length - 1))] ?? 0.1);
}

/** One for a single feature, in which all of it fits. */
export function ownAxis(row: Row): Axis {
  const { pooled_low: low, pooled_high: high } = row.feature;
  const mean = low !== null && high !== null && high - low < 1 ? [Math.abs(low), Math.abs(high)] : [];
  return symmetric(Math.max(0.05, ...ends(row), ...mean));
}

/** Square roots: rare features have room too. */
export const PREVALENCE: Axis = {
  low: 0,
  high: 1,
  ticks: [0, 0.01, 0.1, 0.25, 0.5, 1],
  at: Math.sqrt,
  label: percent,
};
