/** The FeatureLabeler as an anywidget front-end module; the same one draws the read-only report. */
import "./reset.css";
import { effect } from "@preact/signals";
import { render as draw } from "preact";
import type { LabelerModel } from "../protocol";
import { keyboard } from "../shared/keyboard";
import { connect, type Model } from "../shared/model";
import { watchTheme } from "../shared/theme";
import { App } from "./App";
import { keysOf } from "./keys";
import "./labeler.css";
import "./bar.css";
import "./toolbar.css";
import "./table.css";
import "./detail.css";
import "./examples.css";
import "./help.css";
import "./page.css";
import { createState } from "./state";

export interface RenderProps {
  model: Model<LabelerModel>;
  el: HTMLElement;
  signal?: AbortSignal;
}

/** When what had the focus goes (a pair that made room for another), keys still belong to the widget. */
function keepFocus(root: HTMLElement, signal: AbortSignal): void {
  let last: Element | null = null;
  const active = (): Element | null => (root.getRootNode() as Document | ShadowRoot).activeElement;
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
        if (last?.isConnected && !root.contains(active())) last = null;
      }),
    { signal },
  );
  const observer = new MutationObserver(() => {
    if (!last || last.isConnected) return;
    last = null;
    const now = active();
    if (root.isConnected && (now === null || now === root.ownerDocument.body))
      root.focus({ preventScroll: true });
  });
  observer.observe(root, { childList: true, subtree: true });
  signal.addEventListener("abort", () => observer.disconnect());
}

function render({ model, el, signal }: RenderProps): () => void {
  const stop = new AbortController();
  const root = el.ownerDocument.createElement("div");
  root.className = "whimsight lb";
  root.tabIndex = -1; // a click anywhere inside brings the keys here
  root.setAttribute("role", "region");
  el.append(root);

  const connection = connect(model);
  const state = createState(connection);
  watchTheme(root, stop.signal);
  keyboard(root, keysOf(state, root), stop.signal);
  keepFocus(root, stop.signal);
  const height = connection.trait("height");
  const follow = effect(() => {
    root.classList.toggle("lb-readonly", !state.editable.value);
    root.setAttribute("aria-label", state.editable.value ? "Feature labeler" : "Feature report");
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
  draw(<App state={state} />, root);

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

export default { render };
