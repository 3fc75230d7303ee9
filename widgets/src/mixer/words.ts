/** What is said of features and presets. Pure functions. */
import type { MixedFeature, Preset, Verdict } from "./contract";

const MINUS = "\u2212";

/** A weight as it is set: two decimals, always signed. */
export function weight(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return Number(text) === 0 ? "0.00" : `${value < 0 ? MINUS : "+"}${text}`;
}

export const weightRange = (low: number, high: number): string => `${weight(low)} to ${weight(high)}`;

/** What is said of a personal feature beside its slider. */
export const DIFFER: Partial<Record<Verdict, string>> = {
  differ: "people differ",
  agree: "people agree",
  unclear: "people may differ",
};

/** Whole percents, for a share with a wide interval; what is more than none is not told as none. */
const whole = (share: number): string => (share > 0 && share < 0.005 ? "<1" : (100 * share).toFixed(0));

/** An interval of nearly everything says nothing. */
const OPEN = 0.9;

/** "18% lean the other way (12 to 25)" */
export function opposed(feature: MixedFeature): string {
  const { share_opposed, share_opposed_low, share_opposed_high } = feature;
  if (share_opposed === null || share_opposed_low === null || share_opposed_high === null) return "";
  if (share_opposed_high - share_opposed_low > OPEN) return "how many lean the other way is open";
  const interval = `${whole(share_opposed_low)} to ${whole(share_opposed_high)}`;
  return `${whole(share_opposed)}% lean the other way (${interval})`;
}

/** "everyone", "stance left", "type 2", "annotator ukp_3b3a4b9d", "you". */
export function presetName({ kind, label, column }: Preset): string {
  return kind === "everyone" ? "everyone" : kind === "person" ? label : `${column ?? kind} ${label}`;
}

export function ordinal(place: number): string {
  const tail = place % 100 > 10 && place % 100 < 14 ? 0 : place % 10;
  return `${place}${["th", "st", "nd", "rd"][tail] ?? "th"}`;
}
