/** What the calibrator knows and what a person can do in it. Nothing here draws. */
import { batch, computed, effect, type ReadonlySignal, signal } from "@preact/signals";
import { createDesk, type Desk } from "../shared/desk";
import { plural } from "../shared/format";
import type { Connection } from "../shared/model";
import { joinName } from "../shared/names";
import type { CalibratorModel, CalibratorSnapshot, Consent, ConsentChoice, PoolPair, Vote } from "./contract";
import { mostTelling } from "./information";
import { createKeeping, type Keeping } from "./keeping";
import { type Learned, learned } from "./learned";
import { handOn, studyPrint } from "./person";
import { priorOf, sdOf } from "./posterior";
import { type Replay, replayer } from "./replay";
import { type Kept, pageStorage } from "./storage";
import { cleanName, decides, judges, readConsent, readVotes, sideOf } from "./votes";

/** "start": nothing is asked before the person chose what becomes of the votes. */
export type Stage = "start" | "judge" | "result";

/** A side as it is shown: the first stands left, or above. */
export type Side = "first" | "second";

export interface Asked {
  pair: PoolPair;
  shown: Vote["shown"];
  first: string;
  second: string;
}

/** What became of handing the person on. */
export type Handed = "no" | "taken" | "unheard";

export type Keeper = "python" | "browser" | "nobody";

export interface State extends Desk {
  snapshot: ReadonlySignal<CalibratorSnapshot | null>;
  stage: ReadonlySignal<Stage>;
  consent: ReadonlySignal<Consent | null>;
  votes: ReadonlySignal<readonly Vote[]>;
  /** Judged pairs, skipped ones left out. */
  judged: ReadonlySignal<number>;
  /** How many pairs are asked until the result; more on request. */
  goal: ReadonlySignal<number>;
  /** The pair that is asked; null where none is left. */
  asked: ReadonlySignal<Asked | null>;
  left: ReadonlySignal<number>;
  replay: ReadonlySignal<Replay | null>;
  learned: ReadonlySignal<readonly Learned[]>;
  /** Votes of an earlier visit that this browser kept, until the person says what to do with them. */
  kept: ReadonlySignal<Kept | null>;
  /** Who keeps the votes: Python, this browser, or nobody once the page is closed. */
  keeper: Keeper;
  /** Whether Python has the votes, where it keeps them. */
  keeping: Keeping;
  /** Whether this browser can keep what Python does not get. */
  stores: boolean;
  begin(choice: ConsentChoice, name: string): void;
  resume(): void;
  /** Deletes all votes and the consent, here and in this browser. */
  forget(): void;
  vote(what: Side | "tie" | "skip"): void;
  undoVote(): void;
  /** Looks at the result before the end, and goes back. */
  peek(on: boolean): void;
  more(): void;
  hand(): void;
  handed: ReadonlySignal<Handed>;
  /** Whether an end is reached: the goal, or the last pair of the pool. */
  done: ReadonlySignal<boolean>;
}

function isSnapshot(value: unknown): value is CalibratorSnapshot {
  const { features, pool, prior } = (value ?? {}) as Partial<CalibratorSnapshot>;
  return Array.isArray(features) && Array.isArray(pool) && Array.isArray(prior?.mean);
}

/** How many pairs come with one wish for more. */
export const MORE = 8;

/** Longer than this a person was away. */
const AWAY = 3600;

export interface StateOptions {
  /** Milliseconds, for how long a pair was looked at. */
  clock?: () => number;
  now?: () => Date;
}

export function createState(
  connection: Connection<CalibratorModel>,
  { clock = () => performance.now(), now = () => new Date() }: StateOptions = {},
): State {
  const sentSnapshot = connection.trait("snapshot");
  const sentVotes = connection.trait("votes");
  const sentConsent = connection.trait("consent");
  const snapshot = computed(() => (isSnapshot(sentSnapshot.value) ? sentSnapshot.value : null));
  const pool = computed(() => snapshot.value?.pool ?? []);
  const desk = createDesk({
    connection,
    prints: () =>
      (snapshot.peek()?.features ?? []).map(({ feature, mean, tau }) => [feature, mean, tau] as const),
    find: (id) => {
      const found = snapshot.peek()?.features.find(({ feature }) => feature === id);
      return found && joinName(found, desk.labels.peek()[id]);
    },
    choose: (id) => connection.set("selected", id),
  });

  const study = (): string => studyPrint(snapshot.peek()?.features ?? []);
  const storage = pageStorage(study);
  // Only a page of its own has no height; everywhere else Python is behind the traits and keeps them.
  const alone = connection.trait("height").peek() === undefined;
  const stores = storage.works();
  const keeper: Keeper = !alone ? "python" : stores ? "browser" : "nobody";
  const consent = computed(() => readConsent(sentConsent.value));
  const votes = computed(() => (consent.value ? readVotes(sentVotes.value, pool.value) : []));
  const judged = computed(() => votes.value.filter(judges).length);
  const extra = signal(0);
  const goal = computed(() => Math.max(1, snapshot.value?.ask ?? 16) + extra.value);
  const left = computed(() => pool.value.length - votes.value.length);
  const done = computed(() => judged.value >= goal.value || left.value <= 0);
  const peeking = signal(false);
  const stage = computed((): Stage => {
    if (!consent.value) return "start";
    return done.value || peeking.value ? "result" : "judge";
  });

  const replayed = computed(() => {
    const found = snapshot.value;
    return found && replayer(priorOf(found.prior), found.pool);
  });
  const replay = computed(() => replayed.value?.(votes.value) ?? null);

  const asked = computed((): Asked | null => {
    const belief = replay.value?.beliefs.at(-1);
    if (!belief || !consent.value) return null;
    const pair = pool.value[mostTelling(belief, pool.value, new Set(votes.value.map(({ row }) => row)))];
    if (!pair) return null;
    const shown = sideOf(pair.row, consent.value.time);
    const [first, second] = shown === "ab" ? [pair.a, pair.b] : [pair.b, pair.a];
    return { pair, shown, first, second };
  });

  const kept = signal<Kept | null>(null);
  const handed = signal<Handed>("no");
  let since = clock();

  // What Python is told it may not get: until it says that it has the votes they are in this browser, too.
  const keeping = createKeeping({
    connection,
    votes,
    kept() {
      const session = consent.peek()?.time;
      if (session !== undefined && storage.load(pool.peek())?.consent.time === session) storage.save(null);
    },
  });

  function store(): void {
    const given = consent.peek();
    storage.save(given ? { consent: given, votes: [...votes.peek()] } : null);
    if (keeper === "python") keeping.ask();
  }
  function put(next: readonly Vote[]): void {
    batch(() => {
      connection.set("votes", [...next]);
      handed.value = "no";
      desk.error.value = null;
    });
    store();
  }

  const stops = [
    effect(() => {
      if (!snapshot.value || !stores) return;
      kept.value = consent.peek() ? null : storage.load(pool.value);
      if (kept.peek()?.votes.length === 0) kept.value = null;
    }),
    effect(() => {
      void asked.value?.pair.row;
      void stage.value;
      since = clock();
    }),
  ];

  function vote(what: Side | "tie" | "skip"): void {
    const now_asked = asked.peek();
    if (!now_asked || stage.peek() !== "judge") return;
    const { pair, shown } = now_asked;
    const first = shown === "ab" ? "a" : "b";
    const choice = what === "first" ? first : what === "second" ? (first === "a" ? "b" : "a") : what;
    const seconds = Math.round(Math.min(AWAY, Math.max(0, (clock() - since) / 1000)) * 10) / 10;
    put([...votes.peek(), { row: pair.row, choice, shown, seconds, time: now().toISOString() }]);
    const said =
      what === "tie" ? "No preference" : what === "skip" ? "Skipped" : `Response ${what === "first" ? 1 : 2}`;
    desk.said.value = done.peek()
      ? `${said}. That was the last pair: here is what was learned.`
      : `${said}. Pair ${judged.peek() + 1} of ${goal.peek()}.`;
  }

  return {
    ...desk,
    snapshot,
    stage,
    consent,
    votes,
    judged,
    goal,
    asked,
    left,
    done,
    replay,
    learned: computed(() => {
      const found = snapshot.value;
      return found && replay.value ? learned(found, desk.labels.value, replay.value.beliefs) : [];
    }),
    kept,
    keeper,
    keeping,
    stores,
    begin(choice, name) {
      batch(() => {
        connection.set("votes", []);
        connection.set("consent", { choice, author: cleanName(name), time: now().toISOString() });
        kept.value = null;
        extra.value = 0;
        peeking.value = false;
      });
      store();
      desk.said.value = `Pair 1 of ${goal.peek()}.`;
    },
    resume() {
      const found = kept.peek();
      if (!found) return;
      batch(() => {
        connection.set("votes", found.votes);
        connection.set("consent", found.consent);
        kept.value = null;
      });
      store();
      desk.said.value = `Going on after ${plural(found.votes.length, "vote")}.`;
    },
    forget() {
      batch(() => {
        connection.set("votes", []);
        connection.set("consent", null);
        kept.value = null;
        extra.value = 0;
        peeking.value = false;
        handed.value = "no";
      });
      store();
      desk.said.value = "Your votes are deleted.";
    },
    vote,
    undoVote() {
      if (votes.peek().length === 0) return;
      batch(() => {
        peeking.value = false;
        put(votes.peek().slice(0, -1));
      });
      desk.said.value = `Taken back. Pair ${judged.peek() + 1} of ${goal.peek()}.`;
    },
    peek(on) {
      peeking.value = on;
    },
    more() {
      batch(() => {
        extra.value = judged.peek() + MORE - Math.max(1, snapshot.peek()?.ask ?? 16);
        peeking.value = false;
      });
    },
    handed,
    hand() {
      const belief = replay.peek()?.beliefs.at(-1);
      const found = snapshot.peek();
      if (!belief || !found) return;
      const taken = handOn({
        schema: 1,
        study: study(),
        label: consent.peek()?.author || "you",
        features: found.features.map(({ feature }) => feature),
        weights: [...belief.mean],
        sd: sdOf(belief),
        votes: votes.peek().filter(decides).length,
      });
      handed.value = taken ? "taken" : "unheard";
    },
    dispose() {
      desk.dispose();
      keeping.stop();
      for (const stop of stops) stop();
    },
  };
}
