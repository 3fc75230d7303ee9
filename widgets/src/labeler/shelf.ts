/** Example pairs of one feature: from the snapshot at once, from the kernel for the rest. */
import type { Example, Feature, FeatureId, Page, Snapshot, Where } from "../protocol";
import { type Shown, shownFrom } from "../shared/pairs";
import { turnRange } from "./turn";

export type Tab = "top" | "middle" | "weak" | "random" | "range";

/** What the tabs show, and what is asked for them. */
export interface Place {
  tab: Tab;
  seed: number;
  /** Signed codes as they are seen. */
  range: readonly [number, number] | null;
}

export interface Shelf {
  items: readonly Shown[];
  /** Pairs in the asked place; null when nobody said. */
  total: number | null;
  busy: boolean;
  error: string | null;
  /** Only what the snapshot holds. */
  partial: boolean;
}

export const EMPTY: Shelf = { items: [], total: null, busy: false, error: null, partial: false };
export const PAGE = 10;

export function whereOf({ tab, seed, range }: Place, turned: boolean): Where {
  if (tab === "middle") return { kind: "quantile", low: 0.45, high: 0.55 };
  if (tab === "weak") return { kind: "quantile", low: 0, high: 0.1 };
  if (tab === "random") return { kind: "random", seed };
  if (tab === "range" && range) {
    const [low, high] = turned ? turnRange(range) : range;
    return { kind: "range", low, high };
  }
  return { kind: "top" };
}

export function placeKey(id: FeatureId, place: Place): string {
  if (place.tab === "random") return `${id} random ${place.seed}`;
  if (place.tab === "range") return `${id} range ${place.range?.join(" ")}`;
  return `${id} ${place.tab}`;
}

/** The code as it stands in the pair, A minus B. */
export function signedCode({ code, more_is }: Example): number {
  return more_is === "A" ? code : 0 - code;
}

/** What the snapshot alone can show of a place, as found. */
export function fromSnapshot(snapshot: Snapshot, feature: Feature, place: Place, turned: boolean): Shelf {
  const held = snapshot.examples[feature.feature] ?? [];
  if (place.tab === "top") {
    const total = feature.histogram.counts.some((count) => count > 0) ? null : 0;
    return { ...EMPTY, items: shownFrom(held, snapshot.texts), total, partial: true };
  }
  if (place.tab === "range" && place.range) {
    const [low, high] = turned ? turnRange(place.range) : place.range;
    const inside = held.filter((example) => signedCode(example) >= low && signedCode(example) <= high);
    return { ...EMPTY, items: shownFrom(inside, snapshot.texts), partial: true };
  }
  return { ...EMPTY, partial: true };
}

/** Adds a page; a pair that is already there is not shown twice. */
export function withPage(shelf: Shelf, page: Page, keep: boolean): Shelf {
  const before = keep ? shelf.items : [];
  const rows = new Set(before.map(({ example }) => example.row));
  const fresh = shownFrom(page.examples, page.texts).filter(({ example }) => !rows.has(example.row));
  return { items: [...before, ...fresh], total: page.total, busy: false, error: null, partial: false };
}
