/** Example pairs of the chosen feature in two datasets side by side: one at a time each, more from the kernel. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import type { ComparisonModel, ComparisonSnapshot, FeatureId } from "../protocol";
import type { Connection, RequestOptions } from "../shared/model";
import { type Shown, shownFrom, turnShown } from "../shared/pairs";
import { createReading, type Reading, reason } from "../shared/reading";
import type { Row } from "./rows";

/** What is held of one feature in one dataset. */
interface Held {
  items: readonly Shown[];
  /** Null when nobody said. */
  total: number | null;
  busy: boolean;
  error: string | null;
}

export interface Side {
  dataset: number;
  /** As seen: turned, with whole texts where they were asked for; null where there is none. */
  shown: Shown | null;
  at: number;
  held: number;
  total: number | null;
  busy: boolean;
  error: string | null;
  /** Whether there is one after this, here or perhaps with the kernel. */
  more: boolean;
}

export interface Sides extends Pick<Reading, "wholeText" | "highlight" | "toggleHighlight"> {
  sides: ReadonlySignal<readonly [Side, Side]>;
  step(side: 0 | 1, by: 1 | -1): Promise<void>;
  dispose(): void;
}

interface Options {
  connection: Connection<ComparisonModel>;
  snapshot: ReadonlySignal<ComparisonSnapshot | null>;
  chosen: ReadonlySignal<Row | null>;
  shown: ReadonlySignal<readonly [number, number]>;
  editable: ReadonlySignal<boolean>;
  wait: RequestOptions;
}

export const PAGE = 10;
const NONE: Held = { items: [], total: null, busy: false, error: null };

const keyOf = (id: FeatureId, dataset: number): string => `${dataset} ${id}`;

export function createSides({ connection, snapshot, chosen, shown, editable, wait }: Options): Sides {
  const reading = createReading({ connection, chosen, editable, wait });
  const fetched = signal<ReadonlyMap<string, Held>>(new Map());
  const places = signal<readonly [number, number]>([0, 0]);

  function heldOf(id: FeatureId, dataset: number): Held {
    const known = fetched.value.get(keyOf(id, dataset));
    if (known) return known;
    const saved = snapshot.value?.examples[id]?.[dataset] ?? [];
    return { ...NONE, items: shownFrom(saved, snapshot.value?.texts ?? []) };
  }

  const canAsk = (held: Held): boolean =>
    editable.value &&
    !snapshot.value?.comparison.names_only &&
    (held.total === null || held.items.length < held.total);

  const sideOf = (which: 0 | 1): Side => {
    const dataset = shown.value[which];
    const row = chosen.value;
    const held = row ? heldOf(row.id, dataset) : NONE;
    const at = Math.min(places.value[which], Math.max(0, held.items.length - 1));
    const one = held.items[at];
    const whole = one ? reading.filled(one) : null;
    return {
      dataset,
      shown: whole && row?.turned ? turnShown(whole) : whole,
      at,
      held: held.items.length,
      total: held.total,
      busy: held.busy,
      error: held.error,
      more: at < held.items.length - 1 || canAsk(held),
    };
  };
  const sides = computed(() => [sideOf(0), sideOf(1)] as const);

  async function ask(id: FeatureId, dataset: number): Promise<void> {
    const before = heldOf(id, dataset);
    if (before.busy || !canAsk(before)) return;
    const put = (next: Held): void => {
      fetched.value = new Map(fetched.peek()).set(keyOf(id, dataset), next);
    };
    put({ ...before, busy: true, error: null });
    try {
      const offset = before.items.length;
      const page = await connection.request(
        "examples",
        { feature: id, where: { kind: "top" }, n: PAGE, offset, dataset },
        wait,
      );
      const rows = new Set(before.items.map(({ example }) => example.row));
      const fresh = shownFrom(page.examples, page.texts).filter(({ example }) => !rows.has(example.row));
      const items = [...before.items, ...fresh];
      // A page with nothing new is the end, whatever was said of the total.
      const total = fresh.length === 0 ? items.length : page.total;
      put({ items, total, busy: false, error: null });
    } catch (error) {
      put({ ...before, busy: false, error: reason(error) });
    }
  }

  async function step(which: 0 | 1, by: 1 | -1): Promise<void> {
    const row = chosen.peek();
    const side = sides.peek()[which];
    if (!row || (by > 0 && !side.more)) return;
    if (by > 0 && side.at >= side.held - 1) await ask(row.id, side.dataset);
    if (chosen.peek()?.id !== row.id || shown.peek()[which] !== side.dataset) return;
    const last = heldOf(row.id, side.dataset).items.length - 1;
    const at = Math.max(0, Math.min(last, side.at + by));
    places.value = which === 0 ? [at, places.peek()[1]] : [places.peek()[0], at];
  }

  const id = computed(() => chosen.value?.id ?? null);
  let before: readonly [FeatureId | null, ...number[]] = [null];
  const stops = [
    effect(() => {
      // Another feature starts anew; another dataset does so on its own side.
      const now = [id.value, ...shown.value] as const;
      const stays = (which: 0 | 1): boolean => now[0] === before[0] && now[which + 1] === before[which + 1];
      const [left, right] = places.peek();
      places.value = [stays(0) ? left : 0, stays(1) ? right : 0];
      before = now;
    }),
    effect(() => {
      // Where the snapshot holds none there may be some in Python.
      const feature = id.value;
      if (feature === null) return;
      for (const dataset of shown.value) {
        const here = snapshot.value?.examples[feature]?.[dataset]?.length ?? 0;
        if (here === 0 && !fetched.peek().has(keyOf(feature, dataset))) void ask(feature, dataset);
      }
    }),
  ];

  return {
    sides,
    step,
    wholeText: reading.wholeText,
    highlight: reading.highlight,
    toggleHighlight: reading.toggleHighlight,
    dispose() {
      for (const stop of stops) stop();
    },
  };
}
