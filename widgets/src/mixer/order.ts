/** In which order the sliders stand, and which of them a search leaves. Pure functions. */
import { compare, seeker } from "../shared/names";
import type { Row } from "./rows";

export type By = "spread" | "weight" | "name";

export const ORDERS: readonly (readonly [By, string])[] = [
  ["spread", "spread"],
  ["weight", "weight"],
  ["name", "name"],
];

/** `weights` are those the sliders began from: the order must not move under the hand. */
export function ordered(rows: readonly Row[], by: By, weights: readonly number[]): Row[] {
  const value = (row: Row): number | null =>
    by === "spread" ? row.found.tau : Math.abs(weights[row.index] ?? 0);
  return [...rows].sort((a, b) =>
    by === "name"
      ? compare(a.name, b.name, false)
      : compare(value(a), value(b), true) || compare(Math.abs(a.found.mean), Math.abs(b.found.mean), true),
  );
}

export function found(rows: readonly Row[], search: string): Row[] {
  return rows.filter(seeker(search));
}
