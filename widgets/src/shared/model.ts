/**
 * The tie between a widget and Python. Traits become signals; requests always settle: with a result, with Python's
 * error, or, when nothing comes, with a time-out that says what a person can do.
 */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { AnswerMessage, RequestMessage, RequestName, Requests } from "../protocol";

/** What a host has to offer: the part of anywidget's `AnyModel` that widgets use. */
export interface Model<M> {
  get<K extends keyof M>(key: K): M[K];
  set<K extends keyof M>(key: K, value: M[K]): void;
  on(event: string, callback: (message: unknown) => void): void;
  off(event: string, callback: (message: unknown) => void): void;
  save_changes(): void;
  send(content: unknown): void;
}

export type Live = "unknown" | "live" | "gone";

export interface RequestOptions {
  /** Milliseconds to wait for an answer. */
  timeout?: number;
  signal?: AbortSignal;
}

export interface Connection<M> {
  trait<K extends keyof M & string>(name: K): ReadonlySignal<M[K]>;
  set<K extends keyof M & string>(name: K, value: M[K]): void;
  request<K extends RequestName>(
    name: K,
    args: Requests[K][0],
    options?: RequestOptions,
  ): Promise<Requests[K][1]>;
  /** Whether the kernel answers: "unknown" before the first request, "gone" after a time-out or a host's no. */
  live: ReadonlySignal<Live>;
  /** Listens to what Python says unasked; until the end, or until what is returned is called. */
  hear(kind: string, listener: (message: unknown) => void): () => void;
  /** Lets go of the model; requests that still wait are rejected as aborted. */
  dispose(): void;
}

/** Python answered with an error. */
export class RequestError extends Error {
  readonly type: string;
  constructor(type: string, message: string) {
    super(message);
    this.name = "RequestError";
    this.type = type;
  }
}

/** Nobody answered. */
export class RequestTimeout extends Error {
  constructor(readonly request: RequestName) {
    super(
      "The kernel does not answer. It may be busy, restarted or gone: wait for it and try again, or run the cell that shows this widget once more.",
    );
    this.name = "RequestTimeout";
  }
}

const WAIT = 10_000;
/** Requests that compute something large in Python. */
const PATIENCE: Partial<Record<RequestName, number>> = {
  highlights: 60_000,
  suggest: 60_000,
  naming: 60_000,
  naming_plan: 120_000,
  naming_start: 120_000,
  naming_stop: 60_000,
};

interface Waiting {
  settle(answer: AnswerMessage): void;
  abandon(reason: unknown): void;
}

let views = 0;

function aborted(): DOMException {
  return new DOMException("The view was closed.", "AbortError");
}

/** True for the rejection of a request that was called off, which nobody needs to hear about. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}

function isAnswer(message: unknown): message is AnswerMessage {
  return (
    typeof message === "object" &&
    message !== null &&
    (message as AnswerMessage).kind === "answer" &&
    typeof (message as AnswerMessage).id === "string"
  );
}

export function connect<M>(model: Model<M>, { timeout }: { timeout?: number } = {}): Connection<M> {
  // All views of a model hear all messages: ids tell them apart, also across pages on one kernel.
  const view = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 10)}-${++views}`;
  const waiting = new Map<string, Waiting>();
  const traits = new Map<string, { value: Signal; follow: () => void }>();
  const live = signal<Live>("unknown");
  let sent = 0;
  let closed = false;

  function receive(message: unknown): void {
    if (!isAnswer(message) || !message.id.startsWith(`${view}:`)) return;
    // A host without Python behind it answers too, that nobody is there.
    live.value = !message.ok && message.error.type === "NoKernel" ? "gone" : "live";
    waiting.get(message.id)?.settle(message);
  }
  model.on("msg:custom", receive);

  function trait<K extends keyof M & string>(name: K): ReadonlySignal<M[K]> {
    let entry = traits.get(name);
    if (!entry) {
      const value = signal<unknown>(model.get(name));
      const follow = (): void => {
        value.value = model.get(name);
      };
      entry = { value, follow };
      traits.set(name, entry);
      if (!closed) model.on(`change:${name}`, follow);
    }
    return entry.value as ReadonlySignal<M[K]>;
  }

  function set<K extends keyof M & string>(name: K, value: M[K]): void {
    model.set(name, value);
    const entry = traits.get(name);
    if (entry) entry.value.value = value;
    try {
      model.save_changes();
    } catch {
      // No kernel: the view keeps what was set; the next request says that nobody answers.
    }
  }

  function request<K extends RequestName>(
    name: K,
    args: Requests[K][0],
    options: RequestOptions = {},
  ): Promise<Requests[K][1]> {
    return new Promise((resolve, reject) => {
      if (closed) return reject(aborted());
      if (options.signal?.aborted) return reject(options.signal.reason);
      const id = `${view}:${++sent}`;
      const timer = setTimeout(giveUp, options.timeout ?? PATIENCE[name] ?? timeout ?? WAIT);

      function done(): void {
        clearTimeout(timer);
        waiting.delete(id);
        options.signal?.removeEventListener("abort", callOff);
      }
      function giveUp(): void {
        done();
        live.value = "gone";
        reject(new RequestTimeout(name));
      }
      function callOff(): void {
        done();
        reject(options.signal?.reason);
      }
      options.signal?.addEventListener("abort", callOff, { once: true });
      waiting.set(id, {
        settle(answer) {
          done();
          if (answer.ok) resolve(answer.result as Requests[K][1]);
          else reject(new RequestError(answer.error.type, answer.error.message));
        },
        abandon(reason) {
          done();
          reject(reason);
        },
      });
      const message: RequestMessage = { kind: "request", id, name, args };
      try {
        model.send(message);
      } catch {
        giveUp();
      }
    });
  }

  const heard = new Set<(message: unknown) => void>();
  function hear(kind: string, listener: (message: unknown) => void): () => void {
    const hears = (message: unknown): void => {
      if ((message as { kind?: unknown } | null)?.kind === kind) listener(message);
    };
    const stop = (): void => {
      heard.delete(hears);
      model.off("msg:custom", hears);
    };
    heard.add(hears);
    model.on("msg:custom", hears);
    return stop;
  }

  function dispose(): void {
    closed = true;
    model.off("msg:custom", receive);
    for (const hears of heard) model.off("msg:custom", hears);
    for (const [name, { follow }] of traits) model.off(`change:${name}`, follow);
    for (const { abandon } of [...waiting.values()]) abandon(aborted());
  }

  return { trait, set, request, live, hear, dispose };
}
