/** What each key does. Handlers that return false leave the key to the browser. */
import { focusedBeside } from "../shared/focus";
import type { KeyMap } from "../shared/keyboard";
import { listKeys } from "../shared/listKeys";
import { UNNAMED } from "../shared/names";
import type { State } from "./state";

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

  const pair = (by: number) => () => {
    if (!reading()) return false;
    const { shelves } = state;
    const last = Math.min(shelves.limit.peek(), shelves.shelf.peek().items.length) - 1;
    // The first press goes to the pair, the next ones on from there.
    const focused = focusedBeside(root);
    const at = shelves.active.peek() + (focused?.closest(".lb-pair") ? by : 0);
    const next = Math.max(0, Math.min(last, at));
    const box = root.querySelector<HTMLElement>(`[data-pair="${next}"]`);
    shelves.active.value = next;
    box?.focus({ preventScroll: true });
    box?.scrollIntoView?.({ block: "nearest" });
    return true;
  };

  const work = (act: (id: string) => void) => () => {
    const row = chosen();
    if (!editing() || !row) return false;
    act(row.id);
    return true;
  };

  return {
    ...listKeys(state, root, reading),
    j: pair(1),
    k: pair(-1),
    m: work((id) => {
      state.noting.value = id;
    }),
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
    Escape: () => {
      if (state.mode.peek() === "verify") return false;
      state.focusList();
      return true;
    },
  };
}
