/** The setting and the traits of the model, kept the same: what a person moves is told to Python once it rests. */
import { batch, effect, type ReadonlySignal, type Signal } from "@preact/signals";
import type { FeatureId } from "../protocol";
import type { Connection } from "../shared/model";
import type { MixerModel, MixerSnapshot, Preset } from "./contract";
import type { History, Setting } from "./setting";

/** Milliseconds from the last move of a slider until Python hears of it. */
const SETTLED = 150;
/** A preset that Python chooses, and the weights that come so many milliseconds later, are one step. */
const TOGETHER = 100;

interface Given {
  history: History;
  snapshot: ReadonlySignal<MixerSnapshot | null>;
  presets: ReadonlySignal<readonly Preset[]>;
  /** Weights that came from outside, for which the sliders need room. */
  given: Signal<readonly number[]>;
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

/** What a trait holds as weights; null where it holds none, or those of other features. */
export function usable(value: unknown, features: number): readonly number[] | null {
  const weights = list(value);
  return weights.length === features && features > 0 && weights.every(Number.isFinite)
    ? (weights as readonly number[])
    : null;
}

export function createTraits(
  connection: Connection<MixerModel>,
  { history, snapshot, presets, given }: Given,
): { dispose(): void } {
  const weights = connection.trait("weights");
  const preset = connection.trait("preset");
  const locked = connection.trait("locked");
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Features of the snapshot that was begun with. */
  let begun: string | null = null;
  let chosen = Number.NEGATIVE_INFINITY;
  let steps = 0;

  /** The name of the step that Python is taking. */
  function step(another: boolean): string {
    const now = performance.now();
    if (another || now - chosen > TOGETHER) steps += 1;
    chosen = another ? now : Number.NEGATIVE_INFINITY;
    return `python ${steps}`;
  }

  function send(): void {
    if (timer === undefined) return;
    clearTimeout(timer);
    timer = undefined;
    const now = history.now.peek();
    batch(() => {
      if (preset.peek() !== now.preset) connection.set("preset", now.preset);
      if (list(locked.peek()).join("\n") !== [...now.locked].join("\n"))
        connection.set("locked", [...now.locked]);
      if (list(weights.peek()).join() !== now.weights.join()) connection.set("weights", [...now.weights]);
    });
  }

  /** What the traits say. */
  function read(features: number, known: ReadonlySet<FeatureId>): Setting | null {
    const begin = presets.peek().find(({ id }) => id === preset.value) ?? presets.peek()[0];
    if (!begin) return null;
    return {
      weights: usable(weights.value, features) ?? begin.weights,
      preset: begin.id,
      blend: 1,
      locked: new Set(list(locked.value).filter((id) => known.has(id as FeatureId)) as FeatureId[]),
    };
  }

  const stops = [
    effect(() => {
      const now = snapshot.value;
      if (!now) return;
      const told = read(now.features.length, new Set(now.features.map(({ feature }) => feature)));
      // While a person moves a slider it is that person's; Python hears of it in a moment.
      if (!told || timer !== undefined) return;
      const features = now.features.map(({ feature }) => feature).join("\n");
      if (begun !== features) {
        begun = features;
        given.value = told.weights;
        history.begin(told);
        return;
      }
      const mine = history.now.peek();
      // A person's place between everyone and a preset is not told to Python, and stays as long as the preset does.
      const blend = told.preset === mine.preset ? mine.blend : 1;
      if (told.weights.some((weight, k) => weight !== mine.weights[k])) given.value = told.weights;
      history.apply({ ...told, blend }, step(told.preset !== mine.preset));
    }),
    effect(() => {
      const { weights: mine, preset: from, locked: kept } = history.now.value;
      if (begun === null) return;
      const told = usable(weights.peek(), mine.length);
      const same =
        (told ?? presets.peek().find(({ id }) => id === from)?.weights ?? []).join() === mine.join() &&
        (preset.peek() || presets.peek()[0]?.id) === from &&
        list(locked.peek()).join("\n") === [...kept].join("\n");
      clearTimeout(timer);
      timer = same ? undefined : setTimeout(send, SETTLED);
    }),
  ];

  return {
    dispose() {
      send();
      for (const stop of stops) stop();
    },
  };
}
