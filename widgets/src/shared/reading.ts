/** Whole texts and highlights of the pairs of the chosen feature, fetched as they are asked for. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Text } from "../protocol";
import { messageOf } from "./messages";
import { type Connection, type RequestOptions, RequestTimeout } from "./model";
import type { NamedRow } from "./names";
import { type Marks, type Shown, turnMarks } from "./pairs";

export type Part = "prompt" | "more" | "less";
export interface Highlight {
  busy: boolean;
  error: string | null;
  /** As seen. */
  marks: Marks | null;
}

export interface Reading {
  /** The pair with whole texts where they were asked for; still as it was found. */
  filled(shown: Shown): Shown;
  wholeText(row: number, part: Part): Promise<void>;
  highlight(row: number): ReadonlySignal<Highlight | null>;
  toggleHighlight(row: number): Promise<void>;
}

interface Options {
  // Whatever else the model holds, only requests are made here.
  connection: Pick<Connection<object>, "request">;
  chosen: ReadonlySignal<NamedRow | null>;
  editable: ReadonlySignal<boolean>;
  wait: RequestOptions;
}

export const reason = (error: unknown): string =>
  error instanceof RequestTimeout ? "The kernel does not answer." : messageOf(error);

export function createReading({ connection, chosen, editable, wait }: Options): Reading {
  const whole = signal<ReadonlyMap<string, Text>>(new Map());
  const highlights = new Map<string, Signal<Highlight | null>>();
  const id = computed(() => chosen.value?.id ?? null);
  const turned = computed(() => chosen.value?.turned ?? false);

  function filled(shown: Shown): Shown {
    const texts = whole.value;
    if (texts.size === 0) return shown;
    const at = (part: Part): Text => texts.get(`${shown.example.row} ${part} ${id.value}`) ?? shown[part];
    return { example: shown.example, prompt: at("prompt"), more: at("more"), less: at("less") };
  }

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
    filled,
    wholeText,
    highlight: (row) =>
      computed(() => {
        const state = ofRow(row).value;
        return state?.marks ? { ...state, marks: turnMarks(state.marks, turned.value) } : state;
      }),
    toggleHighlight,
  };
}
