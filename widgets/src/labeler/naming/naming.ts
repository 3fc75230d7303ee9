/**
 * Asking a language model for names: for which features, at what price, how far it is. Nothing is sent to a model
 * before `ask`, and `ask` waits for a plan. Nothing here draws.
 */
import { batch, computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { LabelerModel, NamingMessage, NamingPlan, NamingProgress, NamingScope } from "../../protocol";
import { messageOf } from "../../shared/messages";
import { type Connection, isAbort, type RequestOptions } from "../../shared/model";
import { type NamedRow, UNNAMED } from "../../shared/names";
import { amount, isMoney, isPaid, outcome, read, waitWords } from "./words";

/** Whether the kernel is heard while a run goes on: it was asked and is slow to answer, or does not. */
export type Contact = "heard" | "slow" | "lost";

/** What is known of the price. */
export type Priced =
  | { kind: "asking" }
  | { kind: "ready"; plan: NamingPlan }
  | { kind: "failed"; message: string };

export interface Naming {
  /** Null until Python said something; without Python there is nothing to ask with. */
  progress: ReadonlySignal<NamingProgress | null>;
  /** As far as Python was heard: see `contact`. */
  running: ReadonlySignal<boolean>;
  contact: ReadonlySignal<Contact>;
  /** A run has ended and nobody looked at what came of it. */
  unseen: ReadonlySignal<boolean>;
  open: ReadonlySignal<boolean>;
  /** Whether the panel shows what asking would take, rather than how far it is or what came of it. */
  planning: ReadonlySignal<boolean>;
  scope: ReadonlySignal<NamingScope>;
  /** How many features each scope holds; "one" is of the chosen one. */
  counts: ReadonlySignal<Record<NamingScope, number>>;
  chosen: ReadonlySignal<NamedRow | null>;
  priced: ReadonlySignal<Priced>;
  /** What may be spent, as it stands in its field. */
  limit: Signal<string>;
  /** Features with a name that fits beyond chance, which nobody has decided on. */
  ready: ReadonlySignal<readonly string[]>;
  /** Goes to the next of them. */
  next(): void;
  /** Between a press and Python's answer. */
  waiting: ReadonlySignal<boolean>;
  /** Why a press did nothing. */
  trouble: ReadonlySignal<string | null>;
  /** Shows what came of a run that nobody saw end, unless a price is asked for. */
  show(scope?: NamingScope): void;
  hide(): void;
  choose(scope: NamingScope): void;
  ask(): Promise<void>;
  stop(): Promise<void>;
  /** Back to the price, for what is missing: what was paid for is not asked again. */
  again(): void;
  dispose(): void;
}

interface NamingOptions {
  connection: Connection<LabelerModel>;
  chosen: ReadonlySignal<(NamedRow & { feature: { kind: string } }) | null>;
  rows: ReadonlySignal<readonly (NamedRow & { feature: { kind: string } })[]>;
  editable: ReadonlySignal<boolean>;
  goTo: (id: string) => void;
  /** To a screen reader. */
  say: (words: string) => void;
  /** There are other suggestions. */
  renew: () => void;
  wait?: RequestOptions;
  /** Milliseconds without a word after which a run is asked how far it is. */
  silence?: number;
}

export function createNaming(options: NamingOptions): Naming {
  const { connection, editable, renew, wait = {}, silence = 2_000 } = options;
  const progress = signal<NamingProgress | null>(null);
  const available = computed(() => progress.value?.available === true);
  const running = computed(() => progress.value?.state === "running");
  const contact = signal<Contact>("heard");
  const unseen = computed(() => {
    const now = progress.value;
    return now !== null && now.state !== "idle" && now.state !== "running" && !now.seen;
  });
  const open = signal(false);
  const planning = signal(true);
  const scope = signal<NamingScope>("unnamed");
  const priced = signal<Priced>({ kind: "asking" });
  const limit = signal("");
  const waiting = signal(false);
  const trouble = signal<string | null>(null);
  const ending = new AbortController();

  const chosen = computed(() => {
    const row = options.chosen.value;
    return row?.feature.kind === "discovered" ? row : null;
  });
  const counts = computed(() => {
    const discovered = options.rows.value.filter(({ feature }) => feature.kind === "discovered");
    const unnamed = discovered.filter(
      ({ id, name, status }) => (name === UNNAMED || name === id) && status === "draft",
    ).length;
    return { one: chosen.value ? 1 : 0, unnamed, discovered: discovered.length };
  });

  const ready = computed(() => {
    const kept = new Set(progress.value?.kept);
    return options.rows.value
      .filter(({ id, named, status }) => kept.has(id) && !named && status === "draft")
      .map(({ id }) => id);
  });

  let heard = 0;
  let waited = false;
  function takeIn(now: NamingProgress): void {
    heard = Date.now();
    const before = progress.peek();
    const went = before?.state === "running";
    batch(() => {
      progress.value = now;
      contact.value = "heard";
      // What began elsewhere shows as well; what ended is told where it was followed.
      if (now.state === "running" && !went) planning.value = false;
    });
    if (now.state === "running" && before && !went) options.say(`Asking ${now.model} for names`);
    // Said once a run: on the screen the seconds are counted down, and a busy endpoint asks to wait again and again.
    if (now.waiting && !waited) options.say(waitWords(now));
    waited = now.state === "running" && (waited || now.waiting !== "");
    if (now.state !== "running" && went) {
      options.say(now.state === "failed" ? now.message : `Suggestions of names: ${outcome(now)}`);
    }
    if (before && before.version !== now.version) renew();
  }

  async function look(): Promise<void> {
    try {
      takeIn(await connection.request("naming", {}, { ...wait, signal: ending.signal }));
    } catch {
      // Without Python there is no button; while a run goes on the next look tries again.
    }
  }

  let checking = false;
  /** Asks how far a run is. A kernel that is busy answers later; one that was restarted never does. */
  async function check(): Promise<void> {
    if (checking) return;
    checking = true;
    const timers = [
      setTimeout(() => {
        if (contact.peek() === "heard") contact.value = "slow";
      }, 0.4 * silence),
      setTimeout(lose, 3 * silence),
    ];
    try {
      takeIn(await connection.request("naming", {}, { ...wait, signal: ending.signal }));
    } catch (reason) {
      if (!isAbort(reason)) lose();
    } finally {
      for (const timer of timers) clearTimeout(timer);
      checking = false;
    }
  }
  function lose(): void {
    if (!running.peek() || contact.peek() === "lost") return;
    contact.value = "lost";
    options.say("The kernel does not answer: whether names are still being suggested is not known");
  }

  const stops = [
    connection.hear("naming", (message) => takeIn((message as NamingMessage).progress)),
    effect(() => {
      if (editable.value) void look();
    }),
    // A page that slept may have missed a word, be it the last.
    effect(() => {
      if (!running.value) return;
      const timer = setInterval(() => {
        if (Date.now() - heard >= silence) void check();
      }, silence / 2);
      return () => clearInterval(timer);
    }),
    effect(() => {
      if (!unseen.value || !open.value || planning.value) return;
      const now = progress.peek();
      if (now) progress.value = { ...now, seen: true };
      connection.request("naming", { seen: true }, { ...wait, signal: ending.signal }).catch(() => {});
    }),
    // The price of "this one" is that of the feature that is looked at.
    effect(() => {
      const one = scope.value === "one" ? (chosen.value?.id ?? null) : null;
      const wanted = open.value && planning.value && available.value;
      if (!wanted || counts.peek()[scope.value] === 0) return;
      const stop = new AbortController();
      void price({ features: scope.value, feature: one }, stop.signal);
      return () => stop.abort();
    }),
  ];

  async function price(wish: { features: NamingScope; feature: string | null }, stop: AbortSignal) {
    batch(() => {
      priced.value = { kind: "asking" };
      trouble.value = null;
    });
    try {
      const plan = await connection.request("naming_plan", wish, { ...wait, signal: stop });
      batch(() => {
        priced.value = { kind: "ready", plan };
        limit.value = amount(plan);
      });
    } catch (reason) {
      if (!isAbort(reason)) priced.value = { kind: "failed", message: messageOf(reason) };
    }
  }

  async function attempt(what: () => Promise<NamingProgress>): Promise<boolean> {
    if (waiting.peek()) return false;
    batch(() => {
      waiting.value = true;
      trouble.value = null;
    });
    try {
      takeIn(await what());
      return true;
    } catch (reason) {
      if (!isAbort(reason)) trouble.value = messageOf(reason);
      return false;
    } finally {
      waiting.value = false;
    }
  }

  /** Where the scope holds nothing the next one is meant. */
  function settle(): void {
    const held = counts.peek();
    if (held[scope.peek()] === 0) scope.value = held.unnamed > 0 ? "unnamed" : "discovered";
  }

  return {
    progress,
    running,
    contact,
    unseen,
    open,
    planning,
    scope,
    counts,
    chosen,
    priced,
    limit,
    ready,
    next() {
      const list = ready.peek();
      const at = list.indexOf(options.chosen.peek()?.id ?? "");
      const id = list[(at + 1) % list.length];
      if (id) options.goTo(id);
    },
    waiting,
    trouble,
    show(wanted) {
      batch(() => {
        open.value = true;
        if (running.peek()) return;
        planning.value = wanted !== undefined || !unseen.peek();
        if (!planning.peek()) return;
        if (wanted) scope.value = wanted;
        settle();
      });
    },
    hide() {
      batch(() => {
        open.value = false;
        trouble.value = null;
      });
    },
    choose(wanted) {
      scope.value = wanted;
    },
    async ask() {
      const at = priced.peek();
      if (at.kind !== "ready") return;
      // What was paid for in full costs nothing.
      const most = isPaid(at.plan) ? 1 : read(limit.peek(), at.plan);
      if (most === null) return;
      const money = isMoney(at.plan);
      const wish = {
        features: scope.peek(),
        feature: scope.peek() === "one" ? (chosen.peek()?.id ?? null) : null,
        budget: money ? most : null,
        calls: money ? null : most,
      };
      const began = await attempt(() => connection.request("naming_start", wish, wait));
      if (began) planning.value = false;
    },
    async stop() {
      await attempt(() => connection.request("naming_stop", {}, wait));
    },
    again() {
      batch(() => {
        settle();
        planning.value = true;
        trouble.value = null;
      });
    },
    dispose() {
      ending.abort();
      for (const stop of stops) stop();
    },
  };
}
