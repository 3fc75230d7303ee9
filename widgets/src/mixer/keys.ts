/** What each key does. Handlers that return false leave the key to the browser. */
import type { KeyMap } from "../shared/keyboard";
import { sheetKeys } from "../shared/listKeys";
import type { State } from "./state";

export function keysOf(state: State, root: HTMLElement): KeyMap {
  const reading = (): boolean => !state.help.peek();
  const slide = (by: number) => () => {
    if (!reading()) return false;
    state.step(by);
    state.focusList();
    return true;
  };
  const page = (by: number) => () => {
    if (!reading()) return false;
    state.turnPage(by);
    return true;
  };
  const withRow = (act: (row: NonNullable<typeof state.chosen.value>) => void) => () => {
    const row = state.chosen.peek();
    if (!reading() || !row) return false;
    act(row);
    return true;
  };
  return {
    "[": slide(-1),
    "]": slide(1),
    j: page(1),
    k: page(-1),
    l: withRow(state.toggleLock),
    r: withRow(state.resetWeight),
    "Shift+r": () => {
      if (reading()) state.resetAll();
    },
    ...sheetKeys(state, root, reading),
  };
}
