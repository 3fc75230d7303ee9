/** Whole texts, fetched once each where Python is there; the snapshot may hold only their beginnings. */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { Connection, RequestOptions } from "../shared/model";
import type { MixerModel } from "./contract";

export interface Place {
  row: number;
  part: "prompt" | "a" | "b";
}

export interface Texts {
  /** What was fetched, by `keyOf`. */
  whole: ReadonlySignal<ReadonlyMap<string, string>>;
  fetchText(place: Place): Promise<void>;
}

export const keyOf = ({ row, part }: Place): string => `${row} ${part}`;

export function createTexts(connection: Connection<MixerModel>, wait: RequestOptions): Texts {
  const whole = signal<ReadonlyMap<string, string>>(new Map());
  return {
    whole,
    async fetchText(place) {
      if (whole.peek().has(keyOf(place))) return;
      const { text } = await connection.request("whole", { ...place }, wait);
      whole.value = new Map(whole.peek()).set(keyOf(place), text);
    },
  };
}
