/** The example pairs on show, their whole texts and their highlights, fetched as they are asked for. */
import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { FeatureId, LabelerModel, Snapshot, Text } from "../protocol";
import { type Connection, type RequestOptions, RequestTimeout } from "../shared/model";
import type { Row } from "./rows";
import {
  EMPTY,
  fromSnapshot,
  type Marks,
  PAGE,
  type Place,
  placeKey,
  type Shelf,
  type Shown,
  turnMarks,
  turnShown,
  whereOf,
  withPage,
} from "./shelf";

export type Part = "prompt" | "more" | "less";
export interface Highlight {
  busy: boolean;
  error: string | null;
  /** As seen. */
  marks: Marks | null;
}

export interface Shelves {
  place: Signal<Place>;
  /** As seen: turned, with whole texts where they were asked for. */
  shelf: ReadonlySignal<Shelf>;
  /** How many of them are drawn. */
  limit: Signal<number>;
  more(): Promise<void>;
  /** Which example the keyboard is at. */
  active: Signal<number>;
  wholeText(row: number, part: Part): Promise<void>;
  highlight(row: number): ReadonlySignal<Highlight | null>;
  toggleHighlight(row: number): Promise<void>;
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

const reason = (error: unknown): string => {
  if (error instanceof RequestTimeout) return "The kernel does not answer.";
  return error instanceof Error ? error.message : String(error);
};

export function createShelves({ connection, snapshot, chosen, editable, wait }: Options): Shelves {
  const place = signal<Place>(AT_START);
  const active = signal(0);
  const limit = signal(PAGE);
  const fetched = signal<ReadonlyMap<string, Shelf>>(new Map());
  const whole = signal<ReadonlyMap<string, Text>>(new Map());
  const highlights = new Map<string, Signal<Highlight | null>>();

  const id = computed<FeatureId | null>(() => chosen.value?.id ?? null);
  const turned = computed(() => chosen.value?.turned ?? false);
  const key = computed(() => (id.value === null ? "" : placeKey(id.value, place.value)));

  const found = computed<Shelf>(() => {
    const feature = snapshot.value?.features.find((one) => one.feature === id.value);
    if (!feature || !snapshot.value) return EMPTY;
    return fetched.value.get(key.value) ?? fromSnapshot(snapshot.value, feature, place.value, turned.value);
  });

  const shelf = computed<Shelf>(() => {
    const texts = whole.value;
    const filled = (shown: Shown): Shown => {
      const at = (part: Part): Text => texts.get(`${shown.example.row} ${part} ${id.value}`) ?? shown[part];
      return { example: shown.example, prompt: at("prompt"), more: at("more"), less: at("less") };
    };
    const items = found.value.items.map(texts.size > 0 ? filled : (shown) => shown);
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

  /** Python knows a pair as it was found. */
  const foundPart = (part: Part): Part => {
    if (!turned.peek() || part === "prompt") return part;
    return part === "more" ? "less" : "more";
  };

  async function wholeText(row: number, part: Part): Promise<void> {
    const feature = id.peek();
    if (feature === null) return;
    const asked = foundPart(part);
    const { text } = await connection.request("text", { row, part: asked, feature }, wait);
    whole.value = new Map(whole.value).set(`${row} ${asked} ${feature}`, { text, length: [...text].length });
  }

  function ofRow(row: number): Signal<Highlight | null> {
    const name = `${id.value} ${row}`;
    const known = highlights.get(name) ?? signal<Highlight | null>(null);
    highlights.set(name, known);
    return known;
  }

  async function toggleHighlight(row: number): Promise<void> {
    const feature = id.peek();
    if (feature === null || !editable.peek()) return;
    const state = ofRow(row);
    if (state.peek()?.busy) return;
    if (state.peek()?.marks) {
      state.value = null;
      return;
    }
    state.value = { busy: true, error: null, marks: null };
    try {
      const marks = await connection.request("highlights", { feature, row }, wait);
      state.value = { busy: false, error: null, marks };
    } catch (error) {
      state.value = { busy: false, error: reason(error), marks: null };
    }
  }

  return {
    place,
    shelf,
    limit,
    more,
    active,
    wholeText,
    highlight: (row) =>
      computed(() => {
        const state = ofRow(row).value;
        return state?.marks ? { ...state, marks: turnMarks(state.marks, turned.value) } : state;
      }),
    toggleHighlight,
    dispose() {
      for (const stop of stops) stop();
    },
  };
}
