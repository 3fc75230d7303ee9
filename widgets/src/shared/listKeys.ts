/** The keys that every list of features has. Handlers that return false leave the key to the browser. */
import type { KeyMap } from "./keyboard";
import { type NamedRow, STATUSES } from "./names";
import type { Listing } from "./Tools";

/** Rows that a page key steps over. */
const PAGE_ROWS = 10;

/** What the keys that all lists share work on. */
export interface Sheet {
  help: { value: boolean };
  focusList: () => void;
  undo: () => unknown;
  redo: () => unknown;
}

/** Search, help, back to the list, undo and redo. */
export function sheetKeys(state: Sheet, root: HTMLElement, reading: () => boolean): KeyMap {
  return {
    "/": () => {
      const field = reading() ? root.querySelector<HTMLInputElement>("[data-lb-search]") : null;
      field?.focus();
      field?.select();
      return field !== null;
    },
    "?": () => {
      state.help.value = true;
    },
    Escape: () => {
      state.focusList();
      return true;
    },
    "Mod+z": () => void state.undo(),
    "Mod+Shift+z": () => void state.redo(),
    "Mod+y": () => void state.redo(),
  };
}

/** `reading`: whether the list and the feature are what is worked on, and no sheet lies over them. */
export function listKeys(state: Listing, root: HTMLElement, reading: () => boolean): KeyMap {
  /** Only while a row has the focus: elsewhere these keys scroll, or move a slider. */
  const inList = (by: number) => (event: KeyboardEvent) => {
    if (!(event.target instanceof Element) || !event.target.classList.contains("lb-line")) return false;
    state.step(by);
    return true;
  };

  const work = (act: (row: NamedRow) => void) => () => {
    const row = state.chosen.peek();
    if (!reading() || !state.editable.peek() || !row) return false;
    act(row);
    return true;
  };

  const status = (index: number) =>
    work((row) => {
      const next = STATUSES[index];
      if (next) state.setStatus(row, next);
    });

  const name = work((row) => state.beginNaming(row));

  return {
    ArrowDown: inList(1),
    ArrowUp: inList(-1),
    PageDown: inList(PAGE_ROWS),
    PageUp: inList(0 - PAGE_ROWS),
    Home: inList(Number.NEGATIVE_INFINITY),
    End: inList(Number.POSITIVE_INFINITY),
    Enter: (event) =>
      event.target instanceof Element && event.target.classList.contains("lb-line") ? name() : false,
    "[": () => reading() && state.step(-1),
    "]": () => reading() && state.step(1),
    n: name,
    e: name,
    t: work((row) => state.edit(row.id, { turned: !row.turned })),
    "1": status(0),
    "2": status(1),
    "3": status(2),
    "4": status(3),
    ...sheetKeys(state, root, reading),
  };
}
