/** What features are called and what state they are in, after what people made of them. Pure functions. */
import type { FeatureId, Kind, Label, Status } from "../protocol";

export const STATUSES: readonly Status[] = ["draft", "named", "verified", "rejected"];
export const UNNAMED = "unnamed";

/** A feature as far as its name goes. */
export interface NamedRow {
  id: FeatureId;
  /** The person's name, else the draft. */
  name: string;
  /** What was drafted, "unnamed" included. */
  draft: string;
  /** Whether a person gave the name. */
  named: boolean;
  status: Status;
  note: string;
  tags: readonly string[];
  turned: boolean;
  label: Label;
}

interface Found {
  feature: FeatureId;
  kind: Kind;
  name: string;
}

export function joinName(found: Found, label: Label = {}): NamedRow {
  const turned = label.turned === true;
  const given = label.name?.trim() ?? "";
  const drafted = turned && found.name !== UNNAMED ? `opposite of ${found.name}` : found.name;
  return {
    id: found.feature,
    name: given || drafted,
    draft: found.name,
    named: given !== "",
    status: label.status ?? (given ? "named" : "draft"),
    note: label.note ?? "",
    tags: label.tags ?? [],
    turned,
    label,
  };
}

/** Joins again only what changed, so that an untouched row stays the same object and is not drawn again. */
export function joiner<F extends Found, R>(
  join: (found: F, label: Label | undefined) => R,
): (features: readonly F[], labels: Record<FeatureId, Label>) => R[] {
  const known = new Map<FeatureId, { found: F; key: string; row: R }>();
  return (features, labels) =>
    features.map((found) => {
      const key = JSON.stringify(labels[found.feature] ?? {});
      const before = known.get(found.feature);
      if (before && before.found === found && before.key === key) return before.row;
      const row = join(found, labels[found.feature]);
      known.set(found.feature, { found, key, row });
      return row;
    });
}

const words = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Missing values come last both ways. */
export function compare(a: string | number | null, b: string | number | null, down: boolean): number {
  if (a === null || b === null) return (a === null ? 1 : 0) - (b === null ? 1 : 0);
  const order = typeof a === "number" && typeof b === "number" ? a - b : words.compare(String(a), String(b));
  return down ? 0 - order : order;
}

const fold = (text: string): string => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

/** Whether all words that are sought stand in the row's names, note or tags; no matter the case or the accents. */
export function seeker(search: string): (row: NamedRow) => boolean {
  const sought = fold(search)
    .split(/\s+/)
    .filter((word) => word !== "");
  if (sought.length === 0) return () => true;
  return (row) => {
    const text = fold([row.name, row.draft, row.id, row.note, ...row.tags].join(" \n "));
    return sought.every((word) => text.includes(word));
  };
}
