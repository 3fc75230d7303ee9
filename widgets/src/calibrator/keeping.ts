/** Whether Python has the votes and keeps them: asked after each, and again until it says so. Nothing here draws. */
import { type ReadonlySignal, signal } from "@preact/signals";
import { type Connection, isAbort } from "../shared/model";
import { createPause } from "../shared/pause";
import type { CalibratorModel, Vote } from "./contract";

export interface Keeping {
  /** Nobody answers, or Python does not take what it is given. */
  silent: ReadonlySignal<boolean>;
  /** Why the votes are in no file, in Python's words; "" where they are. */
  trouble: ReadonlySignal<string>;
  /** Asks until Python has the votes as they are. */
  ask(): void;
  stop(): void;
}

export interface KeepingOptions {
  connection: Connection<CalibratorModel>;
  votes: ReadonlySignal<readonly Vote[]>;
  /** Called once Python has them. */
  kept: () => void;
  /** Milliseconds to wait for an answer. */
  patience?: number;
  /** Milliseconds before the n-th repetition. */
  pause?: (repetition: number) => number;
}

/** What is told of a trait may come after the question: the first repetitions come soon. */
const backOff = (repetition: number): number => Math.min(15_000, 100 * 2 ** repetition);
const SOON = 4;

export function createKeeping({
  connection,
  votes,
  kept,
  patience = 5_000,
  pause = backOff,
}: KeepingOptions): Keeping {
  const silent = signal(false);
  const trouble = signal("");
  let asking = false;
  let again = 0;
  let stopped = false;
  const { rest, wake } = createPause();

  async function ask(): Promise<void> {
    again = 0;
    if (asking) return;
    asking = true;
    while (!stopped) {
      try {
        const answer = await connection.request("kept", {}, { timeout: patience });
        const mine = votes.peek().map(({ row, choice }) => `${row} ${choice}`);
        if (answer.votes.map(([row, choice]) => `${row} ${choice}`).join() === mine.join()) {
          silent.value = false;
          trouble.value = answer.trouble;
          kept();
          break;
        }
        if (again > SOON) silent.value = true;
      } catch (reason) {
        if (isAbort(reason)) break;
        silent.value = true;
      }
      await rest(pause(again));
      again += 1;
    }
    asking = false;
  }

  return {
    silent,
    trouble,
    ask: () => void ask(),
    stop() {
      stopped = true;
      wake();
    },
  };
}
