/** What the sliders are set to, and the steps back. Nothing here draws or counts. */
import { computed, type ReadonlySignal, signal } from "@preact/signals";
import type { FeatureId } from "../protocol";

export interface Setting {
  /** As found, one a feature. */
  weights: readonly number[];
  /** Id of the preset they began from. */
  preset: string;
  /** 0: everyone's weights, 1: the preset's. */
  blend: number;
  locked: ReadonlySet<FeatureId>;
}

export interface History {
  now: ReadonlySignal<Setting>;
  /** Steps with the same gesture are one step: a drag, or keys pressed one after another. */
  apply(change: Partial<Setting>, gesture?: string): void;
  undo(): void;
  redo(): void;
  canUndo: ReadonlySignal<boolean>;
  canRedo: ReadonlySignal<boolean>;
  /** From here on as if nothing had been before. */
  begin(setting: Setting): void;
}

const STEPS = 200;

function same(a: Setting, b: Setting): boolean {
  return (
    a.preset === b.preset &&
    a.blend === b.blend &&
    a.weights.length === b.weights.length &&
    a.weights.every((weight, k) => weight === b.weights[k]) &&
    a.locked.size === b.locked.size &&
    [...a.locked].every((id) => b.locked.has(id))
  );
}

export function createHistory(first: Setting): History {
  const now = signal(first);
  const past = signal<readonly Setting[]>([]);
  const future = signal<readonly Setting[]>([]);
  let last: string | undefined;

  return {
    now,
    apply(change, gesture) {
      const before = now.peek();
      const next = { ...before, ...change };
      if (same(before, next)) return;
      if (gesture === undefined || gesture !== last) past.value = [...past.peek().slice(1 - STEPS), before];
      last = gesture;
      future.value = [];
      now.value = next;
    },
    undo() {
      const before = past.peek().at(-1);
      if (!before) return;
      last = undefined;
      past.value = past.peek().slice(0, -1);
      future.value = [...future.peek(), now.peek()];
      now.value = before;
    },
    redo() {
      const next = future.peek().at(-1);
      if (!next) return;
      last = undefined;
      future.value = future.peek().slice(0, -1);
      past.value = [...past.peek(), now.peek()];
      now.value = next;
    },
    canUndo: computed(() => past.value.length > 0),
    canRedo: computed(() => future.value.length > 0),
    begin(setting) {
      last = undefined;
      past.value = [];
      future.value = [];
      now.value = setting;
    },
  };
}

export function between(everyone: readonly number[], preset: readonly number[], blend: number): number[] {
  if (blend === 1) return [...preset];
  return everyone.map((weight, k) => weight + blend * ((preset[k] ?? weight) - weight));
}

/** The weights moved to `target`, but for what is locked. */
export function moved(
  weights: readonly number[],
  target: readonly number[],
  isLocked: (k: number) => boolean,
): number[] {
  return weights.map((weight, k) => (isLocked(k) ? weight : (target[k] ?? weight)));
}
