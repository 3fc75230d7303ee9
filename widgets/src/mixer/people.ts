/** Presets: those of the snapshot, and people whom a calibrator on the same page hands over. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import { type HandedPerson, PERSON_EVENT } from "../calibrator/contract";
import { studyPrint } from "../calibrator/person";
import type { MixerSnapshot, Preset } from "./contract";

export interface People {
  presets: ReadonlySignal<readonly Preset[]>;
  dispose(): void;
}

const numbers = (value: unknown): value is number[] => Array.isArray(value) && value.every(Number.isFinite);

/** The person as a preset of this study; null for somebody of another one, or for what is no person. */
export function presetOf(snapshot: MixerSnapshot, detail: unknown): Preset | null {
  const given = (detail ?? {}) as Partial<HandedPerson>;
  const { label, features, weights, sd, votes } = given;
  if (given.schema !== 1 || given.study !== studyPrint(snapshot.features)) return null;
  if (typeof label !== "string" || !Array.isArray(features) || !numbers(weights) || !numbers(sd)) return null;
  const at = snapshot.features.map(({ feature }) => features.indexOf(feature));
  if (at.includes(-1)) return null;
  const of = (values: number[]): number[] => at.map((place) => values[place] ?? 0);
  return {
    id: `person:${label}`,
    kind: "person",
    label,
    note: "from the calibrator",
    votes: votes ?? 0,
    weights: of(weights),
    sd: of(sd),
    held_out: null,
    annotator: -1,
  };
}

export function createPeople(
  snapshot: ReadonlySignal<MixerSnapshot | null>,
  take: (preset: Preset) => void,
  page: Document | undefined = globalThis.document,
): People {
  const handed = signal<readonly Preset[]>([]);
  const hear = (event: Event): void => {
    const known = snapshot.peek();
    const preset = known && presetOf(known, (event as CustomEvent<unknown>).detail);
    if (!preset) return;
    event.preventDefault();
    handed.value = [...handed.peek().filter(({ id }) => id !== preset.id), preset];
    take(preset);
  };
  page?.addEventListener(PERSON_EVENT, hear);
  return {
    presets: computed(() => {
      const newer = new Set(handed.value.map(({ id }) => id));
      return [...(snapshot.value?.presets ?? []).filter(({ id }) => !newer.has(id)), ...handed.value];
    }),
    dispose: () => page?.removeEventListener(PERSON_EVENT, hear),
  };
}
