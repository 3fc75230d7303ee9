/** Compared features joined with what people made of them, turned where a person turned them. Pure functions. */
import type { Cell, ComparedFeature, Conflict, FeatureId, Label, Verdict } from "../protocol";
import { joinName, type NamedRow } from "../shared/names";
import { minus } from "../shared/turn";

export interface Row extends NamedRow {
  /** Turned, where a person turned it. */
  feature: ComparedFeature;
  /** As it was found. */
  found: ComparedFeature;
  /** The largest first, turned with the feature. */
  conflicts: readonly Conflict[];
}

const OTHER: Record<Verdict, Verdict> = {
  for: "against",
  against: "for",
  little: "little",
  unclear: "unclear",
  "too few": "too few",
};

function turnCell(found: Cell): Cell {
  return {
    ...found,
    beta: minus(found.beta),
    beta_low: minus(found.beta_high),
    beta_high: minus(found.beta_low),
    delta_win: minus(found.delta_win),
    delta_win_low: minus(found.delta_win_high),
    delta_win_high: minus(found.delta_win_low),
    verdict: OTHER[found.verdict],
  };
}

/** Covariances stay: both sides of each change their sign. */
export function turnCompared(found: ComparedFeature): ComparedFeature {
  return {
    ...found,
    cells: found.cells.map(turnCell),
    pooled: minus(found.pooled),
    pooled_low: minus(found.pooled_high),
    pooled_high: minus(found.pooled_low),
    sentence: found.sentence_turned,
    sentence_turned: found.sentence,
  };
}

export function turnConflict(found: Conflict): Conflict {
  return {
    ...found,
    for: found.against,
    against: found.for,
    sentence: found.sentence_turned,
    sentence_turned: found.sentence,
  };
}

export function joinCompared(
  found: ComparedFeature,
  label: Label | undefined,
  conflicts: readonly Conflict[] = [],
): Row {
  const row = joinName(found, label);
  return {
    ...row,
    found,
    feature: row.turned ? turnCompared(found) : found,
    conflicts: row.turned ? conflicts.map(turnConflict) : conflicts,
  };
}

export function conflictsByFeature(conflicts: readonly Conflict[]): Map<FeatureId, Conflict[]> {
  const found = new Map<FeatureId, Conflict[]>();
  for (const conflict of conflicts.toSorted((a, b) => b.difference - a.difference)) {
    found.set(conflict.feature, [...(found.get(conflict.feature) ?? []), conflict]);
  }
  return found;
}

/** Whether there is something to draw as an estimate. */
export function isKnown({ delta_win, verdict }: Cell): boolean {
  return delta_win !== null && verdict !== "too few";
}

/** Whether the interval leaves 0 out. */
export function isClear({ verdict }: Cell): boolean {
  return verdict === "for" || verdict === "against";
}

export const VERDICTS: Record<Verdict, string> = {
  for: "preferred more often",
  against: "preferred less often",
  little: "little, if any",
  unclear: "unclear",
  "too few": "too few to say",
};

export const LEVEL = 0.05;

/** Whether datasets differ beyond chance, a false-discovery rate of 5 % over features allowed. */
export function differs({ q }: ComparedFeature): boolean {
  return q !== null && q <= LEVEL;
}
