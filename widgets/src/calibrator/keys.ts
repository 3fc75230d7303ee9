/** What each key does. Handlers that return false leave the key to the browser. */

import type { Line } from "../shared/Help";
import type { KeyMap } from "../shared/keyboard";
import type { Side, State } from "./state";

export function keysOf(state: State): KeyMap {
  // A key held down is one vote.
  const vote = (what: Side | "tie" | "skip") => (event: KeyboardEvent) => {
    if (state.stage.peek() !== "judge" || state.help.peek()) return false;
    if (!event.repeat) state.vote(what);
    return true;
  };
  const undo = (event: KeyboardEvent) => {
    if (state.stage.peek() === "start" || state.help.peek()) return false;
    if (!event.repeat) state.undoVote();
    return true;
  };
  return {
    ArrowLeft: vote("first"),
    ArrowRight: vote("second"),
    "1": vote("first"),
    "2": vote("second"),
    "0": vote("tie"),
    s: vote("skip"),
    u: undo,
    "Mod+z": undo,
    "?": () => {
      if (state.stage.peek() === "start") return false;
      state.help.value = true;
      return true;
    },
    Escape: () => {
      if (state.stage.peek() !== "result" || state.done.peek()) return false;
      state.peek(false);
      return true;
    },
  };
}

export const LOOK: readonly Line[] = [
  [["Esc"], "from the result so far back to the pairs"],
  [["?"], "this sheet"],
];
export const WORK: readonly Line[] = [
  [["←", "1"], "the first response (left, or above)"],
  [["→", "2"], "the second response (right, or below)"],
  [["0"], "no preference"],
  [["s"], "skip the pair"],
  [["u", "Ctrl Z"], "take the last vote back"],
];
