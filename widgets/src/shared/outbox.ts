/**
 * Edits on their way to Python, in order, one at a time. They show at once; an error takes them back with a
 * message; a kernel that does not answer keeps them here, and they are sent again until it does.
 */
import { type ReadonlySignal, signal } from "@preact/signals";
import type { FeatureId, Label } from "../protocol";
import { messageOf } from "./messages";
import { createPause } from "./pause";

export interface Edit {
  feature: FeatureId;
  changes: Partial<Label>;
}

export type Saving =
  | { kind: "saved" }
  | { kind: "saving"; count: number }
  /** The kernel does not answer. */
  | { kind: "waiting"; count: number };

export interface Failure {
  message: string;
  edit: Edit;
}

export interface Outbox {
  pending: ReadonlySignal<readonly Edit[]>;
  saving: ReadonlySignal<Saving>;
  failure: ReadonlySignal<Failure | null>;
  push(edit: Edit): void;
  /** Takes back the last edit that was not sent yet. */
  takeBack(): Edit | null;
  forgive(): void;
  /** Try now rather than later. */
  nudge(): void;
  /** Resolves when nothing waits. */
  settled(): Promise<void>;
  stop(): void;
}

export interface OutboxOptions {
  /** Sends one edit and takes in the answer; rejects with an error to show or with a time-out. */
  send: (edit: Edit) => Promise<void>;
  isTimeout: (error: unknown) => boolean;
  /** Milliseconds before the n-th repetition. */
  pause?: (repetition: number) => number;
  /** Where edits outlive a closed tab or a restarted kernel. */
  keep?: { load: () => readonly Edit[]; save: (edits: readonly Edit[]) => void };
}

export function overlay(
  labels: Record<FeatureId, Label>,
  pending: readonly Edit[],
): Record<FeatureId, Label> {
  if (pending.length === 0) return labels;
  const seen = { ...labels };
  for (const { feature, changes } of pending) {
    const { fidelity, judge, ...label } = seen[feature] ?? {};
    // A test of the name before says nothing about this one.
    const tested = fidelity && changes.name === undefined && changes.turned === undefined;
    seen[feature] = { ...label, ...(tested ? { fidelity, ...(judge ? { judge } : {}) } : {}), ...changes };
  }
  return seen;
}

const backOff = (repetition: number): number => Math.min(30_000, 1_000 * 2 ** repetition);

export function createOutbox({ send, isTimeout, pause = backOff, keep }: OutboxOptions): Outbox {
  const pending = signal<readonly Edit[]>(keep?.load() ?? []);
  const saving = signal<Saving>({ kind: "saved" });
  const failure = signal<Failure | null>(null);
  let running: Promise<void> | null = null;
  const { rest, wake } = createPause();
  let stopped = false;

  const set = (edits: readonly Edit[]): void => {
    pending.value = edits;
    keep?.save(edits);
  };

  async function drain(): Promise<void> {
    let repetition = 0;
    while (pending.value.length > 0 && !stopped) {
      const edit = pending.value[0] as Edit;
      const count = pending.value.length;
      if (repetition === 0) saving.value = { kind: "saving", count };
      try {
        await send(edit);
        repetition = 0;
        set(pending.value.slice(1));
      } catch (error) {
        if (stopped) return;
        if (isTimeout(error)) {
          saving.value = { kind: "waiting", count: pending.value.length };
          await rest(pause(repetition));
          repetition += 1;
          continue;
        }
        repetition = 0;
        failure.value = { message: messageOf(error), edit };
        set(pending.value.slice(1));
      }
    }
    saving.value = { kind: "saved" };
  }

  function start(): void {
    if (running || stopped) return;
    running = drain().finally(() => {
      running = null;
    });
  }

  if (pending.value.length > 0) start();

  return {
    pending,
    saving,
    failure,
    push(edit) {
      failure.value = null;
      set([...pending.value, edit]);
      if (saving.value.kind === "waiting") {
        saving.value = { kind: "waiting", count: pending.value.length };
        wake();
      }
      start();
    },
    takeBack() {
      // The first one is on its way.
      if (pending.value.length < 2) return null;
      const last = pending.value.at(-1) ?? null;
      set(pending.value.slice(0, -1));
      return last;
    },
    forgive() {
      failure.value = null;
    },
    nudge() {
      wake();
    },
    async settled() {
      while (running) await running;
    },
    stop() {
      stopped = true;
      wake();
    },
  };
}
