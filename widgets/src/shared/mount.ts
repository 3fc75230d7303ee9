/** Where a widget lives in a page: its root, keys, theme, height, paper, and its end. */
import "./reset.css";
import { effect } from "@preact/signals";
import { type ComponentChild, render as draw } from "preact";
import type { Desk } from "./desk";
import { focusedBeside } from "./focus";
import { type KeyMap, keyboard } from "./keyboard";
import { type Connection, connect, type Model } from "./model";
import { watchTheme } from "./theme";
import "./look.css";
import "./bar.css";
import "./panes.css";
import "./toolbar.css";
import "./table.css";
import "./detail.css";
import "./help.css";
import "./page.css";

export interface RenderProps<M> {
  model: Model<M>;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** What tells one widget from another. */
export interface Widget<M, S extends Desk> {
  /** The class of its root alone, which build.mjs puts into every selector of its stylesheet. */
  class: string;
  /** What it is called where it can be edited, and where it can only be read. */
  names: readonly [edited: string, read: string];
  state: (connection: Connection<M>) => S;
  keys: (state: S, root: HTMLElement) => KeyMap;
  app: (state: S) => ComponentChild;
}

/** When what had the focus goes (a pair that made room for another), keys still belong to the widget. */
function keepFocus(root: HTMLElement, signal: AbortSignal): void {
  let last: Element | null = null;
  root.addEventListener(
    "focusin",
    (event) => {
      last = event.target as Element;
    },
    { signal },
  );
  root.addEventListener(
    "focusout",
    () =>
      setTimeout(() => {
        if (last?.isConnected && !root.contains(focusedBeside(root))) last = null;
      }),
    { signal },
  );
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    last = null;
    const now = focusedBeside(root);
    if (root.isConnected && (now === null || now === root.ownerDocument.body))
      root.focus({ preventScroll: true });
  });
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
}

export function mount<M extends { height?: number | null }, S extends Desk>(
  widget: Widget<M, S>,
  { model, el, signal }: RenderProps<M>,
): () => void {
  const stop = new AbortController();
  const root = el.ownerDocument.createElement("div");
  root.className = `whimsight lb ${widget.class}`;
  root.tabIndex = -1; // a click anywhere inside brings the keys here
  root.setAttribute("role", "region");
  el.append(root);

  const connection = connect(model);
  const state = widget.state(connection);
  watchTheme(root, stop.signal);
  keyboard(root, widget.keys(state, root), stop.signal);
  keepFocus(root, stop.signal);
  const height = connection.trait("height");
  const follow = effect(() => {
    root.classList.toggle("lb-readonly", !state.editable.value);
    root.setAttribute("aria-label", widget.names[state.editable.value ? 0 : 1]);
    // In a page of its own it is as long as it is; in a notebook it scrolls within itself.
    root.classList.toggle("lb-page", height.value === undefined);
    if (height.value) root.style.setProperty("--ws-height", `${height.value}px`);
    else root.style.removeProperty("--ws-height");
  });
  // Paper is white.
  let theme = root.dataset.theme;
  const print = (paper: boolean) => (): void => {
    if (paper) theme = root.dataset.theme;
    const next = paper ? "light" : theme;
    if (next) root.dataset.theme = next;
  };
  addEventListener("beforeprint", print(true), { signal: stop.signal });
  addEventListener("afterprint", print(false), { signal: stop.signal });
  draw(widget.app(state), root);

  const clean = (): void => {
    if (stop.signal.aborted) return;
    stop.abort();
    follow();
    state.dispose();
    connection.dispose();
    draw(null, root);
    root.remove();
  };
  signal?.addEventListener("abort", clean, { once: true });
  return clean;
}
