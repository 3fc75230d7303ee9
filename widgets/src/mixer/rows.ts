/** Features with the names that people gave them, as they are read: turned round where somebody turned them. */
import type { FeatureId, Label } from "../protocol";
import { joinName, type NamedRow } from "../shared/names";
import type { MixedFeature } from "./contract";

export interface Row extends NamedRow {
  found: MixedFeature;
  /** Position among the features, and in every list of weights. */
  index: number;
  /** -1 for a feature that was turned round: weights and codes are read with the other sign. */
  sign: 1 | -1;
}

export function joinRow(found: MixedFeature, label: Label | undefined, index: number): Row {
  const named = joinName(found, label);
  return { ...named, found, index, sign: named.turned ? -1 : 1 };
}

/** The sentence as the feature is read; a turned one without a sentence of its own has none. */
export const sentenceOf = ({ found, turned }: Row): string =>
  turned ? (found.sentence_turned ?? "") : found.sentence;

/** An interval as it is read. */
export function turnInterval(low: number, high: number, sign: 1 | -1): [low: number, high: number] {
  return sign === 1 ? [low, high] : [0 - high, 0 - low];
}

/** Features whose name another one has, too: their ids stand beside it. */
export function toldApart(rows: readonly Row[]): ReadonlySet<FeatureId> {
  const count = new Map<string, number>();
  for (const { name } of rows) count.set(name, (count.get(name) ?? 0) + 1);
  return new Set(rows.filter(({ name }) => (count.get(name) ?? 0) > 1).map(({ id }) => id));
}

export const byId = (rows: readonly Row[]): ReadonlyMap<FeatureId, Row> =>
  new Map(rows.map((row) => [row.id, row]));
