/** Numbers of a comparison in words. */
import type { Cell } from "../protocol";
import { count, decimal, percent, plural, points, range } from "../shared/format";

type Maybe = number | null;

/** "× 2.1", as a multiple of another share. */
function times(value: Maybe): string {
  if (value === null || !Number.isFinite(value)) return "n/a";
  return value >= 100 ? ">100" : decimal(value, value < 0.1 ? 2 : value >= 9.95 ? 0 : 1);
}

/** "× 2.1 (1.8 to 2.5)"; without an upper end "× 2.1 (1.8 or more)". */
export function ratioWords({ ratio, ratio_low, ratio_high }: Cell): string {
  if (ratio === null && ratio_low === null) return "";
  const ends =
    ratio_high === null ? `${times(ratio_low)} or more` : `${times(ratio_low)} to ${times(ratio_high)}`;
  return ratio === null ? `× ${ends}` : `× ${times(ratio)} (${ends})`;
}

/** "+9.1 (+5.2 to +13.0)". */
export function effectWords(mid: Maybe, low: Maybe, high: Maybe): string {
  return mid === null ? "no estimate" : `${points(mid)} (${range(low, high)})`;
}

export function prevalenceWords({ prevalence, prevalence_low, prevalence_high }: Cell): string {
  return `${percent(prevalence)} (${range(prevalence_low, prevalence_high, percent)})`;
}

/** "0.03", "<0.001". */
export function probability(value: Maybe): string {
  if (value === null) return "n/a";
  return value < 0.001 ? "<0.001" : decimal(value, value < 0.01 ? 3 : 2);
}

/** What the things compared are called, and how one prefers "in" them. */
export interface Things {
  one: string;
  many: string;
  within: "in" | "by" | "for";
}

const DATASETS: Things = { one: "dataset", many: "datasets", within: "in" };
const JUDGES: Things = { one: "judge", many: "judges", within: "by" };
const SLICES: Things = { one: "slice", many: "slices", within: "in" };
/** As in `kit/whimsight/comparisons/sentences.py`. */
const THINGS = new Map<string, Things>([
  ["datasets", DATASETS],
  ["category", { one: "category", many: "categories", within: "in" }],
  ["topics", { one: "topic", many: "topics", within: "in" }],
  ["model", { one: "model", many: "models", within: "for" }],
  ...["votes", "annotator", "annotators", "annotator_type", "judge", "rater", "worker", "voter"].map(
    (by) => [by, JUDGES] as const,
  ),
]);

export const thingsOf = (by: string): Things => THINGS.get(by) ?? SLICES;

export const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

/** "n 813 · 7 prompts". */
export function rowsWords({ n, prompts }: Cell): string {
  return `n ${count(n)}${prompts === undefined ? "" : ` · ${plural(prompts, "prompt")}`}`;
}
