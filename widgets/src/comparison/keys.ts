/** What each key does. Handlers that return false leave the key to the browser. */
import { focusedBeside } from "../shared/focus";
import type { KeyMap } from "../shared/keyboard";
import { listKeys } from "../shared/listKeys";
import type { State } from "./state";

export function keysOf(state: State, root: HTMLElement): KeyMap {
  const reading = (): boolean => !state.help.peek();

  /** Where the focus is within one side, of that side alone. */
  const pair = (by: 1 | -1) => () => {
    if (!reading()) return false;
    const focused = focusedBeside(root);
    const side = focused?.closest<HTMLElement>("[data-side]")?.dataset.side;
    if (side !== "1") void state.sides.step(0, by);
    if (side !== "0") void state.sides.step(1, by);
    return true;
  };

  return {
    ...listKeys(state, root, reading),
    j: pair(1),
    k: pair(-1),
    p: () => {
      state.showing.value = state.showing.peek() === "effects" ? "prevalence" : "effects";
    },
    c: () => {
      state.showing.value = state.showing.peek() === "conflicts" ? "effects" : "conflicts";
    },
  };
}
