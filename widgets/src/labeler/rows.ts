/** Features joined with what people made of them; sorted, filtered and searched. Pure functions. */
import type { Feature, FeatureId, Kind, Label, Status } from "../protocol";
import { turnFeature } from "./turn";

/** One feature as the screen shows it. */
export interface Row {
  id: FeatureId;
  /** Turned, where a person turned it. */
  feature: Feature;
  /** The person's name, else the draft. */
  name: string;
  /** What was drafted, "unnamed" included. */
  draft: string;
  /** The fidelity of the draft, which says nothing about another name. */
  draftFidelity: number | null;
  /** Whether a person gave the name. */
  named: boolean;
  status: Status;
  note: string;
  tags: readonly string[];
  turned: boolean;
  label: Label;
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
export const STATUSES: readonly Status[] = ["draft", "named", "verified", "rejected"];
export const UNNAMED = "unnamed";

export function joinRow(found: Feature, label: Label = {}): Row {
  const turned = label.turned === true;
  const given = label.name?.trim() ?? "";
  const drafted = turned && found.name !== UNNAMED ? `opposite of ${found.name}` : found.name;
  const renamed = given !== "" && given !== drafted && found.kind === "discovered";
  // People who tested the name say how well it fits; before that a new name has no fidelity.
  const [fidelity, fidelity_low, fidelity_high] = label.fidelity ?? [null, null, null];
  const fit = { fidelity, fidelity_low, fidelity_high };
  const seen = label.fidelity
    ? { ...found, ...fit, judge: "person" }
    : renamed
      ? { ...found, ...fit }
      : found;
  return {
    id: found.feature,
    feature: turned ? turnFeature(seen) : seen,
    name: given || drafted,
    draft: found.name,
    draftFidelity: found.fidelity,
    named: given !== "",
    status: label.status ?? (given ? "named" : "draft"),
    note: label.note ?? "",
    tags: label.tags ?? [],
    turned,
    label,
  };
}

/** Joins again only what changed, so that an untouched row stays the same object and is not drawn again. */
export function rowJoiner(): (features: readonly Feature[], labels: Record<FeatureId, Label>) => Row[] {
  const known = new Map<FeatureId, { found: Feature; key: string; row: Row }>();
  return (features, labels) =>
    features.map((found) => {
      const key = JSON.stringify(labels[found.feature] ?? {});
      const before = known.get(found.feature);
      if (before && before.found === found && before.key === key) return before.row;
      const row = joinRow(found, labels[found.feature]);
      known.set(found.feature, { found, key, row });
      return row;
    });
}

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

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  const order = typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
  return down ? 0 - order : order;
}

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

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

function haystack(row: Row): string {
  return fold([row.name, row.draft, row.id, row.note, ...row.tags].join(" \n "));
}

export function filterRows(rows: readonly Row[], filters: Filters, search: string): Row[] {
  const sought = fold(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  return rows.filter((row) => {
    const { kind, significant, recurs, delta_win } = row.feature;
    if (filters.kind && kind !== filters.kind) return false;
    if (filters.status && row.status !== filters.status) return false;
    if (filters.significant && !significant) return false;
    if (filters.recurs && !recurs) return false;
    if (filters.direction && (delta_win === null || delta_win === 0)) return false;
    if (filters.direction && delta_win !== null && delta_win > 0 !== (filters.direction === "up"))
      return false;
    if (sought.length === 0) return true;
    const text = haystack(row);
    return sought.every((word) => text.includes(word));
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
