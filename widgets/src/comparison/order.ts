/** In which order the features stand, and which of them. Pure functions. */
import type { ComparedDataset, Kind, Status } from "../protocol";
import { compare, seeker, UNNAMED } from "../shared/names";
import type { Mixed } from "./mixture";
import { differs, isClear, isKnown, type Row } from "./rows";

/** "effect 2" is by the effect in dataset 2. */
export type By =
  | "conflict"
  | "heterogeneity"
  | "agreement"
  | "name"
  | "effect mixture"
  | "effect pooled"
  | `effect ${number}`
  | `prevalence ${number}`
  | `ratio ${number}`;

export interface Order {
  by: By;
  down: boolean;
}

export const FIRST_ORDER: Order = { by: "conflict", down: true };

export interface Filters {
  kind: Kind | null;
  status: Status | null;
  conflicts: boolean;
  differing: boolean;
  /** A dataset in which the interval leaves 0 out, or any. */
  effect: number | "any" | null;
  washesOut: boolean;
}

export const NO_FILTERS: Filters = {
  kind: null,
  status: null,
  conflicts: false,
  differing: false,
  effect: null,
  washesOut: false,
};

export type MixedOf = (row: Row) => Mixed;

/** The order that a choice begins with. */
export function orderBy(by: By): Order {
  return { by, down: by !== "name" && by !== "agreement" };
}

/** How surely a feature matters anywhere: the largest end nearer to 0 of an interval that leaves 0 out. */
export function surest(row: Row): number {
  const ends = row.feature.cells.map((cell) => {
    if (!isClear(cell)) return 0;
    return Math.min(Math.abs(cell.delta_win_low ?? 0), Math.abs(cell.delta_win_high ?? 0));
  });
  return Math.max(0, ...ends);
}

function sortValue(by: By, mixed: MixedOf): (row: Row) => number | string | null {
  if (by === "conflict") return (row) => row.conflicts[0]?.difference ?? null;
  if (by === "heterogeneity") return (row) => row.feature.i2;
  if (by === "agreement") return (row) => row.feature.q;
  if (by === "name") return (row) => (row.name === UNNAMED ? null : row.name);
  if (by === "effect mixture") return (row) => mixed(row).delta_win;
  if (by === "effect pooled") return (row) => row.feature.pooled;
  const [what, number] = by.split(" ");
  const cellOf = (row: Row) => row.feature.cells[Number(number)];
  if (what === "prevalence") return (row) => cellOf(row)?.prevalence ?? null;
  if (what === "ratio") return (row) => cellOf(row)?.ratio ?? null;
  return (row) => {
    const cell = cellOf(row);
    return cell && isKnown(cell) ? cell.delta_win : null;
  };
}

/** Sorted copy; missing values come last both ways, equal ones by how surely they matter. */
export function sortRows(rows: readonly Row[], { by, down }: Order, mixed: MixedOf): Row[] {
  const value = sortValue(by, mixed);
  return rows
    .map((row) => ({ row, value: value(row), sure: surest(row) }))
    .sort((a, b) => compare(a.value, b.value, down) || b.sure - a.sure)
    .map(({ row }) => row);
}

export function filterRows(rows: readonly Row[], filters: Filters, search: string, mixed: MixedOf): Row[] {
  const sought = seeker(search);
  return rows.filter((row) => {
    const { kind, cells } = row.feature;
    if (filters.kind && kind !== filters.kind) return false;
    if (filters.status && row.status !== filters.status) return false;
    if (filters.conflicts && row.conflicts.length === 0) return false;
    if (filters.differing && !differs(row.feature)) return false;
    if (filters.effect === "any" && !cells.some(isClear)) return false;
    if (typeof filters.effect === "number") {
      const cell = cells[filters.effect];
      if (!cell || !isClear(cell)) return false;
    }
    if (filters.washesOut && !mixed(row).washesOut) return false;
    return sought(row);
  });
}

export function countFilters(filters: Filters): number {
  return Object.values(filters).filter((value) => value !== null && value !== false).length;
}

/** All orders with the words for them. */
export function ordersOf(datasets: readonly ComparedDataset[], many = "datasets"): [By, string][] {
  const first = datasets[0]?.name ?? "";
  return [
    ["conflict", "conflict, largest"],
    ["heterogeneity", "disagreement (I²)"],
    ["agreement", "disagreement (q)"],
    ...datasets.map(({ name }, k): [By, string] => [`effect ${k}`, `effect in ${name}`]),
    ["effect mixture", "effect in the mixture"],
    ["effect pooled", `effect, mean over ${many}`],
    ...datasets.map(({ name }, k): [By, string] => [`prevalence ${k}`, `prevalence in ${name}`]),
    ...datasets
      .slice(1)
      .map(({ name }, k): [By, string] => [`ratio ${k + 1}`, `prevalence in ${name} by ${first}`]),
    ["name", "name"],
  ];
}
