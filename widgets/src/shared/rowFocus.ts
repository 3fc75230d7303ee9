/** One stop for Tab in a grid of features, at the chosen row, which stays in sight and keeps the focus as it moves. */
import { type ReadonlySignal, useComputed, useSignalEffect } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import type { FeatureId } from "../protocol";
import { focusedBeside } from "./focus";
import type { Listing } from "./Tools";

function lineOf(grid: HTMLElement | null, id: FeatureId): HTMLElement | null {
  return grid?.querySelector<HTMLElement>(`[data-feature="${CSS.escape(id)}"]`) ?? null;
}

/** Scrolls the list alone: a choice made in Python must not move the notebook. */
function bring(line: HTMLElement): void {
  const pane = line.closest<HTMLElement>(".lb-scroll");
  if (!pane || pane.scrollHeight <= pane.clientHeight) return;
  const head = pane.querySelector<HTMLElement>(".lb-headgroup")?.getBoundingClientRect().height ?? 0;
  const [box, seen] = [line.getBoundingClientRect(), pane.getBoundingClientRect()];
  if (box.top < seen.top + head) pane.scrollTop -= seen.top + head - box.top;
  else if (box.bottom > seen.bottom) pane.scrollTop += box.bottom - seen.bottom;
}

/** Rows that were never drawn have a height that was guessed: what comes into sight may move the others. */
function reveal(line: HTMLElement): void {
  bring(line);
  requestAnimationFrame(() => {
    if (line.isConnected && line.getAttribute("aria-selected") === "true") bring(line);
  });
}

/** Whether a row was in sight while its list had this height. */
function within(line: HTMLElement, pane: HTMLElement, height: number): boolean {
  const [box, seen] = [line.getBoundingClientRect(), pane.getBoundingClientRect()];
  return box.bottom > seen.top && box.top < seen.top + height;
}

/** The id of the row at which Tab stops; the state's `focusList` goes there. */
export function useRowFocus(
  grid: { current: HTMLElement | null },
  state: Listing,
): ReadonlySignal<FeatureId | undefined> {
  // The chosen row, or, where a search leaves it out, the first.
  const stop = useComputed(() => {
    const id = state.chosen.value?.id;
    return state.view.value.some((row) => row.id === id) ? id : state.view.value[0]?.id;
  });

  useSignalEffect(() => {
    const id = state.chosen.value?.id ?? "";
    const line = lineOf(grid.current, id);
    if (!line) return;
    reveal(line);
    const focused = focusedBeside(line);
    if (focused !== line && focused?.classList.contains("lb-line")) line.focus({ preventScroll: true });
  });
  // In a tab that is not open yet there is nothing to scroll; once there is, the chosen row comes into sight.
  useLayoutEffect(() => {
    const pane = grid.current?.closest<HTMLElement>(".lb-scroll");
    if (!pane || typeof ResizeObserver === "undefined") return;
    let before = 0;
    const observer = new ResizeObserver(() => {
      const height = pane.clientHeight;
      const chosen = lineOf(grid.current, state.chosen.peek()?.id ?? "");
      // What was in sight stays in sight as the list is made lower.
      if (chosen && height > 0 && (before === 0 || (height < before && within(chosen, pane, before)))) {
        reveal(chosen);
      }
      before = height;
    });
    observer.observe(pane);
    return () => observer.disconnect();
  }, [state]);

  // By its id: a row that was chosen this moment is not yet drawn as the chosen one. One that was found this moment
  // is not drawn at all, and takes the focus once it is.
  const wish = useRef(false);
  const enter = useRef(() => {
    const id = stop.peek();
    const line = id === undefined ? null : lineOf(grid.current, id);
    line?.focus();
    wish.current = id !== undefined && line === null;
  }).current;
  useLayoutEffect(() => {
    state.focusList = enter;
  }, [state, enter]);
  useLayoutEffect(() => {
    if (wish.current) enter();
  });
  return stop;
}
