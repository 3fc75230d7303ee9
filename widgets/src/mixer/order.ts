/** In which order the sliders stand, and which of them a search leaves. Pure functions. */
import { compare, seeker } from "../shared/names";
import type { Verdict } from "./contract";
import type { Row } from "./rows";

export type By = "spread" | "weight" | "name";

export const ORDERS: readonly (readonly [By, string])[] = [
  ["spread", "spread"],
  ["weight", "weight"],
  ["name", "name"],
];

/** As Python's `charts.by_spread` has it: where people differ beyond chance, where that is not known, where they agree. */
const RANK: Record<Verdict, number> = { differ: 0, unclear: 1, agree: 2, shared: 3, absent: 4 };

const rankOf = ({ found, status }: Row): number => RANK[found.verdict] + (status === "rejected" ? 5 : 0);

/** `weights` are those the sliders began from: the order must not move under the hand. */
export function ordered(rows: readonly Row[], by: By, weights: readonly number[]): Row[] {
  const far = (a: number | null, b: number | null): number => compare(a, b, true);
  const size = (row: Row): number => Math.abs(weights[row.index] ?? 0);
  const mean = (row: Row): number => Math.abs(row.found.mean);
  const how: Record<By, (a: Row, b: Row) => number> = {
    spread: (a, b) => rankOf(a) - rankOf(b) || far(a.found.tau, b.found.tau) || far(mean(a), mean(b)),
    weight: (a, b) => far(size(a), size(b)) || far(mean(a), mean(b)),
    name: (a, b) => compare(a.name, b.name, false),
  };
  return rows.toSorted(how[by]);
}

export function found(rows: readonly Row[], search: string): Row[] {
  return rows.filter(seeker(search));
}
