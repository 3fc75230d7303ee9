/**
 * Shows a widget in a page of its own: a report, or the saved picture of a widget, with no Python behind it.
 *
 * The page holds two JSON texts, the widget's module and its state, and an element to draw in. Nothing is fetched:
 * the module is imported from a Blob made of the text, so the page's policy allows the hash of this script and
 * `blob:`, and nothing else.
 */
import type { AnswerMessage, FeatureId, RequestMessage } from "./protocol";
import { messageOf } from "./shared/messages";

type Listener = (...args: unknown[]) => void;
/** What the models of all widgets have. */
interface Shown {
  snapshot: { features: readonly { feature: FeatureId }[] };
  selected: FeatureId;
  /** In a comparison. */
  shown?: [number, number];
}
type Model = SavedModel<Shown>;

/** What a widget's module exports, as far as it is used here (anywidget's front-end module). */
interface Widget {
  initialize?(props: { model: Model; signal: AbortSignal }): unknown;
  render?(props: { model: Model; el: HTMLElement; signal: AbortSignal }): unknown;
}

const NO_KERNEL =
  "This is a saved copy without Python behind it: it shows what was saved and cannot ask for more.";

/** The model that a widget expects, over values that are simply there. */
class SavedModel<State extends object> {
  readonly #state: State;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(state: State) {
    this.#state = state;
  }

  get<K extends keyof State>(key: K): State[K] {
    return this.#state[key];
  }

  set<K extends keyof State & string>(key: K, value: State[K]): void {
    if (Object.is(this.#state[key], value)) return;
    this.#state[key] = value;
    this.#tell(`change:${key}`, this, value);
    this.#tell("change", this);
  }

  on(event: string, listener: Listener): void {
    const known = this.#listeners.get(event);
    if (known) known.add(listener);
    else this.#listeners.set(event, new Set([listener]));
  }

  /** Without a listener all of the event's are let go, without an event those of every event. */
  off(event?: string | null, listener?: Listener | null): void {
    for (const [name, known] of this.#listeners) {
      if (event != null && event !== name) continue;
      if (listener) known.delete(listener);
      else known.clear();
    }
  }

  save_changes(): void {}

  /** Every request is answered, and the answer is no: nothing waits for a time-out. */
  send(content: Partial<RequestMessage>): void {
    if (content?.kind !== "request" || content.id === undefined) return;
    const error = { type: "NoKernel", message: NO_KERNEL };
    const answer: AnswerMessage = { kind: "answer", id: content.id, ok: false, error };
    queueMicrotask(() => this.#tell("msg:custom", answer, []));
  }

  #tell(event: string, ...args: unknown[]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) listener(...args);
  }
}

function saved<T>(id: string): T {
  const text = document.getElementById(id)?.textContent;
  if (!text) throw new Error(`the file is incomplete (it lacks “${id}”)`);
  return JSON.parse(text) as T;
}

async function load(text: string): Promise<Widget> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    const module = (await import(url)) as { default: Widget | (() => Widget | Promise<Widget>) };
    return typeof module.default === "function" ? await module.default() : module.default;
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * `report.html#d07` chooses the feature d07, when the page is opened and when one of its links is followed;
 * `#d07~0~2` also the datasets 0 and 2 of a comparison, whose pairs stand side by side.
 */
function follow(place: HTMLElement, model: Model): void {
  const [named, one, other] = location.hash.slice(1).split("~");
  const chosen = model.get("snapshot").features.find(({ feature }) => encodeURIComponent(feature) === named);
  if (!chosen) return;
  model.set("selected", chosen.feature);
  if (one && other) model.set("shown", [Number(one), Number(other)]);
  (place.closest("section") ?? place).scrollIntoView();
  place.focus({ preventScroll: true });
}

function fail(place: HTMLElement, reason: unknown): void {
  const message = document.createElement("p");
  message.className = "whimsight-message";
  message.setAttribute("role", "alert");
  message.textContent =
    `The features could not be shown here: ${messageOf(reason)}. ` +
    "Open this file in a current version of Firefox, Chrome, Edge or Safari.";
  place.replaceChildren(message);
}

async function start(place: HTMLElement): Promise<void> {
  try {
    const model = new SavedModel(saved<Shown>("whimsight-state"));
    const widget = await load(saved<string>("whimsight-module"));
    const { signal } = new AbortController();
    await widget.initialize?.({ model, signal });
    const el = document.createElement("div");
    place.replaceChildren(el);
    await widget.render?.({ model, el, signal });
    const go = () => follow(place, model);
    window.addEventListener("hashchange", go);
    // A link to where the address already is changes nothing, and is still a wish to go there.
    document.addEventListener("click", ({ target }) => {
      const link = target instanceof Element ? target.closest("a[href^='#']") : null;
      if (link?.getAttribute("href") === location.hash) go();
    });
    go();
  } catch (error) {
    fail(place, error);
  }
}

const place = document.getElementById("whimsight-widget");
if (place) void start(place);
