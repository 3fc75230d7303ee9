/** Presets: those of the snapshot, those that Python added later, and people whom a calibrator on the page hands over. */
import { computed, effect, type ReadonlySignal, signal } from "@preact/signals";
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

/** Later ones in the place of earlier ones of the same id, else after them. */
export function joined(...lists: readonly (readonly Preset[])[]): readonly Preset[] {
  return [...new Map(lists.flat().map((preset) => [preset.id, preset])).values()];
}

interface Given {
  snapshot: ReadonlySignal<MixerSnapshot | null>;
  added: ReadonlySignal<unknown>;
  take: (preset: Preset) => void;
  page?: Document | undefined;
}

export function createPeople({ snapshot, added, take, page = globalThis.document }: Given): People {
  const handed = signal<readonly Preset[]>([]);
  const later = computed(() => {
    const features = snapshot.value?.features.length;
    const given = Array.isArray(added.value) ? (added.value as Preset[]) : [];
    return given.filter(({ weights }) => weights.length === features);
  });
  const hear = (event: Event): void => {
    const known = snapshot.peek();
    const preset = known && presetOf(known, (event as CustomEvent<unknown>).detail);
    if (!preset) return;
    event.preventDefault();
    handed.value = joined(handed.peek(), [preset]);
    take(preset);
  };
  page?.addEventListener(PERSON_EVENT, hear);
  // What Python says of the same person later is newer.
  const stop = effect(() => {
    const newer = new Set(later.value.map(({ id }) => id));
    handed.value = handed.peek().filter(({ id }) => !newer.has(id));
  });
  return {
    presets: computed(() => joined(snapshot.value?.presets ?? [], later.value, handed.value)),
    dispose() {
      stop();
      page?.removeEventListener(PERSON_EVENT, hear);
    },
  };
}
