/** Features joined with what people made of them; sorted, filtered and searched. Pure functions. */
import type { Feature, Kind, Label, Status } from "../protocol";
import { compare, joiner, joinName, type NamedRow, STATUSES, seeker, UNNAMED } from "../shared/names";
import { turnFeature } from "./turn";

/** One feature as the screen shows it. */
export interface Row extends NamedRow {
  /** Turned, where a person turned it. */
  feature: Feature;
  /** The fidelity of the draft, which says nothing about another name. */
  draftFidelity: number | null;
}

export type Column = "name" | "kind" | "status" | "delta_win" | "prevalence" | "fidelity" | "stability";
export interface Sort {
  column: Column;
  down: boolean;
}

export interface Filters {
  kind: Kind | null;
  status: Status | null;
  direction: "up" | "down" | null;
  significant: boolean;
  recurs: boolean;
}

export const NO_FILTERS: Filters = {
  kind: null,
  status: null,
  direction: null,
  significant: false,
  recurs: false,
};

export function joinRow(found: Feature, label: Label = {}): Row {
  const row = joinName(found, label);
  const renamed = row.named && row.name !== joinName(found, { turned: row.turned }).name;
  // Who tested the name says how well it fits; before that a new name has no fidelity.
  const [fidelity, fidelity_low, fidelity_high] = label.fidelity ?? [null, null, null];
  const fit = { fidelity, fidelity_low, fidelity_high };
  const seen = label.fidelity
    ? { ...found, ...fit, judge: label.judge ?? "person" }
    : renamed && found.kind === "discovered"
      ? { ...found, ...fit }
      : found;
  return { ...row, feature: row.turned ? turnFeature(seen) : seen, draftFidelity: found.fidelity };
}

export const rowJoiner = () => joiner(joinRow);

const LEVEL = 0.05;

/**
 * How surely a feature matters, as `studies.charts.telling`: the end of delta-win's interval that is nearer to 0,
 * positive where the interval leaves 0 out; less 1 where among so many features it may be chance; missing without
 * an effect.
 */
export function telling(feature: Feature): number | null {
  const { delta_win_low: low, delta_win_high: high, q } = feature;
  if (low === null || high === null) return null;
  const nearer = low > 0 ? low : high < 0 ? 0 - high : 0 - Math.min(0 - low, high);
  return q !== null && q > LEVEL ? nearer - 1 : nearer;
}

const values: Record<Column, (row: Row) => string | number | null> = {
  name: (row) => (row.name === UNNAMED ? null : row.name),
  kind: (row) => row.feature.kind,
  status: (row) => STATUSES.indexOf(row.status),
  delta_win: (row) => row.feature.delta_win,
  prevalence: (row) => row.feature.prevalence,
  fidelity: (row) => row.feature.fidelity,
  stability: (row) => row.feature.stability,
};

/** Sorted copy; missing values come last both ways, equal ones by how surely they matter. */
export function sortRows(rows: readonly Row[], sort: Sort | null): Row[] {
  const surest = rows.toSorted((a, b) => compare(telling(a.feature), telling(b.feature), true));
  if (!sort) return surest;
  const value = values[sort.column];
  return surest.sort((a, b) => compare(value(a), value(b), sort.down));
}

/** What a first click on a header does, then the other way, then back to the first order. */
export function nextSort(sort: Sort | null, column: Column): Sort | null {
  const down = column !== "name" && column !== "kind" && column !== "status";
  if (sort?.column !== column) return { column, down };
  return sort.down === down ? { column, down: !down } : null;
}

export function filterRows(rows: readonly Row[], filters: Filters, search: string): Row[] {
  const sought = seeker(search);
  return rows.filter((row) => {
    const { kind, significant, recurs, delta_win } = row.feature;
    if (filters.kind && kind !== filters.kind) return false;
    if (filters.status && row.status !== filters.status) return false;
    if (filters.significant && !significant) return false;
    if (filters.recurs && !recurs) return false;
    if (filters.direction && (delta_win === null || delta_win === 0)) return false;
    if (filters.direction && delta_win !== null && delta_win > 0 !== (filters.direction === "up"))
      return false;
    return sought(row);
  });
}

export function countFilters(filters: Filters): number {
  return Object.values(filters).filter((value) => value !== null && value !== false).length;
}

/** A feature is done when a person gave it another status than draft. */
export function progress(rows: readonly Row[]): { done: number; of: number; by: Record<Status, number> } {
  const by: Record<Status, number> = { draft: 0, named: 0, verified: 0, rejected: 0 };
  for (const row of rows) by[row.status] += 1;
  return { done: rows.length - by.draft, of: rows.length, by };
}
