/** The example pairs on show, their whole texts and their highlights, fetched as they are asked for. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId, LabelerModel, Snapshot } from "../protocol";
import type { Connection, RequestOptions } from "../shared/model";
import { turnShown } from "../shared/pairs";
import { createReading, type Reading, reason } from "../shared/reading";
import type { Row } from "./rows";
import { EMPTY, fromSnapshot, PAGE, type Place, placeKey, type Shelf, whereOf, withPage } from "./shelf";

export interface Shelves extends Reading {
  place: Signal<Place>;
  /** As seen: turned, with whole texts where they were asked for. */
  shelf: ReadonlySignal<Shelf>;
  /** How many of them are drawn. */
  limit: Signal<number>;
  more(): Promise<void>;
  /** Which example the keyboard is at. */
  active: Signal<number>;
  dispose(): void;
}

interface Options {
  connection: Connection<LabelerModel>;
  snapshot: ReadonlySignal<Snapshot | null>;
  chosen: ReadonlySignal<Row | null>;
  editable: ReadonlySignal<boolean>;
  wait: RequestOptions;
}

export const AT_START: Place = { tab: "top", seed: 1, range: null };

export function createShelves({ connection, snapshot, chosen, editable, wait }: Options): Shelves {
  const place = signal<Place>(AT_START);
  const active = signal(0);
  const limit = signal(PAGE);
  const fetched = signal<ReadonlyMap<string, Shelf>>(new Map());
  const reading = createReading({ connection, chosen, editable, wait });

  const id = computed<FeatureId | null>(() => chosen.value?.id ?? null);
  const turned = computed(() => chosen.value?.turned ?? false);
  const key = computed(() => (id.value === null ? "" : placeKey(id.value, place.value)));

  const found = computed<Shelf>(() => {
    const feature = snapshot.value?.features.find((one) => one.feature === id.value);
    if (!feature || !snapshot.value) return EMPTY;
    return fetched.value.get(key.value) ?? fromSnapshot(snapshot.value, feature, place.value, turned.value);
  });

  const shelf = computed<Shelf>(() => {
    const items = found.value.items.map(reading.filled);
    return { ...found.value, items: turned.value ? items.map(turnShown) : items };
  });

  const put = (name: string, next: Shelf): void => {
    fetched.value = new Map(fetched.value).set(name, next);
  };

  async function ask(): Promise<void> {
    const feature = id.peek();
    if (feature === null || !editable.peek() || snapshot.peek()?.study.names_only) return;
    const name = key.peek();
    const before = found.peek();
    if (before.busy) return;
    // The strongest of the snapshot are the kernel's first ones; what it holds of a range is only a part.
    const keep = !before.partial || place.peek().tab === "top";
    put(name, { ...before, busy: true, error: null });
    try {
      const where = whereOf(place.peek(), turned.peek());
      const offset = keep ? before.items.length : 0;
      const page = await connection.request("examples", { feature, where, n: PAGE, offset }, wait);
      put(name, withPage(before, page, keep));
    } catch (error) {
      put(name, { ...before, busy: false, error: reason(error) });
    }
  }

  /** What is here already first, then the kernel's. */
  async function more(): Promise<void> {
    const held = found.peek().items.length;
    if (limit.peek() < held) limit.value += PAGE;
    else {
      await ask();
      limit.value = Math.max(limit.peek(), found.peek().items.length);
    }
  }

  const stops = [
    effect(() => {
      // Another feature begins at its strongest; a range belongs to the feature that it was drawn on.
      id.value;
      turned.value;
      place.value = AT_START;
    }),
    effect(() => {
      const wanted = key.value;
      active.value = 0;
      limit.value = PAGE;
      if (wanted === "" || fetched.peek().has(wanted)) return;
      const enough = place.peek().tab === "top" && found.peek().items.length > 0;
      const nothing = place.peek().tab === "top" && found.peek().total === 0;
      if (!enough && !nothing) void ask();
    }),
  ];

  return {
    place,
    shelf,
    limit,
    more,
    active,
    ...reading,
    dispose() {
      for (const stop of stops) stop();
    },
  };
}
