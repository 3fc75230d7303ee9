/** What each key does. Handlers that return false leave the key to the browser. */
import type { KeyMap } from "../shared/keyboard";
import { STATUSES, UNNAMED } from "../shared/names";
import type { State } from "./state";
import { PAGE_ROWS } from "./Table";

/** Brings the tabs and their pairs up within the widget; the page stays where it is. */
function showPairs(root: HTMLElement): void {
  const pairs = root.querySelector<HTMLElement>(".lb-examples [role=tabpanel]");
  const pane = pairs?.closest<HTMLElement>(".lb-scroll");
  if (!pairs || !pane || pane.scrollHeight <= pane.clientHeight) return;
  const tabs = root.querySelector<HTMLElement>(".lb-tabline")?.offsetHeight ?? 0;
  pane.scrollTop += pairs.getBoundingClientRect().top - pane.getBoundingClientRect().top - tabs;
}

export function keysOf(state: State, root: HTMLElement): KeyMap {
  const chosen = () => state.chosen.peek();
  const reading = (): boolean => state.mode.peek() === "read" && !state.help.peek();
  const editing = (): boolean => reading() && state.editable.peek();

  /** Only while a row has the focus: elsewhere these keys scroll, or move a slider. */
  const inList = (by: number) => (event: KeyboardEvent) => {
    if (!(event.target instanceof Element) || !event.target.classList.contains("lb-line")) return false;
    state.step(by);
    return true;
  };

  const pair = (by: number) => () => {
    if (!reading()) return false;
    const { shelves } = state;
    const last = Math.min(shelves.limit.peek(), shelves.shelf.peek().items.length) - 1;
    // The first press goes to the pair, the next ones on from there.
    const focused = (root.getRootNode() as Document | ShadowRoot).activeElement;
    const at = shelves.active.peek() + (focused?.closest(".lb-pair") ? by : 0);
    const next = Math.max(0, Math.min(last, at));
    const box = root.querySelector<HTMLElement>(`[data-pair="${next}"]`);
    shelves.active.value = next;
    box?.focus({ preventScroll: true });
    box?.scrollIntoView?.({ block: "nearest" });
    return true;
  };

  const status = (index: number) => () => {
    const row = chosen();
    const next = STATUSES[index];
    if (!editing() || !row || !next) return false;
    state.setStatus(row, next);
    return true;
  };

  const work = (act: (id: string) => void) => () => {
    const row = chosen();
    if (!editing() || !row) return false;
    act(row.id);
    return true;
  };

  const focus = (selector: string) => () => {
    if (!reading()) return false;
    const field = root.querySelector<HTMLInputElement | HTMLTextAreaElement>(selector);
    field?.focus();
    field?.select();
    return field !== null;
  };

  const name = work(() => {
    const row = chosen();
    if (row) state.beginNaming(row);
  });

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
    "/": focus("[data-lb-search]"),
    j: pair(1),
    k: pair(-1),
    n: name,
    e: name,
    m: work((id) => {
      state.noting.value = id;
    }),
    t: work((id) => state.edit(id, { turned: !chosen()?.turned })),
    h: work(() => {
      const shown = state.shelves.shelf.peek().items[state.shelves.active.peek()];
      if (shown) void state.shelves.toggleHighlight(shown.example.row);
    }),
    r: work(() => {
      const place = state.shelves.place.peek();
      state.shelves.place.value = { ...place, tab: "random", seed: place.seed + 1 };
      requestAnimationFrame(() => showPairs(root)); // once the tabs are drawn
    }),
    v: work(() => {
      const row = chosen();
      if (!row || state.snapshot.peek()?.study.names_only) return;
      if (row.name !== UNNAMED) state.mode.value = "verify";
      else {
        state.said.value = "Name it first, then verify the name";
        state.beginNaming(row);
      }
    }),
    "1": status(0),
    "2": status(1),
    "3": status(2),
    "4": status(3),
    "?": () => {
      state.help.value = true;
    },
    Escape: () => {
      if (state.mode.peek() === "verify") return false;
      state.focusList();
      return true;
    },
    "Mod+z": () => void state.undo(),
    "Mod+Shift+z": () => void state.redo(),
    "Mod+y": () => void state.redo(),
  };
}
