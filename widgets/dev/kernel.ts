/**
 * A stand-in for Python in the page: traits, requests and answers as in `src/protocol.ts`, with labels, undo and a
 * blind test, so that a widget can be looked at and tested without a notebook.
 */
import type {
  AnswerMessage,
  Example,
  FeatureId,
  ComparisonModel,
  ComparisonSnapshot,
  Label,
  LabelerModel,
  NamingProgress,
  NamingWish,
  Page,
  Question,
  RequestMessage,
  Requests,
  Snapshot,
  Work,
} from "../src/protocol";

import { type FakeModel, FakeNaming } from "./naming";

export type Mood =
  /** Answers. */
  | "well"
  /** Hears nothing. */
  | "gone"
  /** Answers every request with an error. */
  | "ill";

export interface FakeOptions {
  editable?: boolean;
  labels?: Record<FeatureId, Label>;
  mood?: Mood;
  /** As in a report: a page of its own. */
  page?: boolean;
  /** Milliseconds before an answer. */
  delay?: number;
  /** Which language model it was given. */
  model?: FakeModel;
  /** Milliseconds a step of a run. */
  tick?: number;
}

type Listener = (message: unknown) => void;
type Either = LabelerModel | ComparisonModel;

export class FakeKernel<M extends Either = LabelerModel> {
  mood: Mood;
  readonly received: RequestMessage[] = [];
  private traits: M;
  private readonly listeners = new Map<string, Set<Listener>>();
  private history: Record<FeatureId, Label>[] = [];
  private future: Record<FeatureId, Label>[] = [];
  private readonly delay: number;
  private answered: number[] = [];
  readonly naming: FakeNaming;

  constructor(snapshot: M["snapshot"] | null, { editable = true, labels = {}, mood = "well", delay = 0, page = false, model = "hosted", tick = 5 }: FakeOptions = {}, more: Partial<M> = {}) {
    const work: Work = {
      can_undo: false,
      can_redo: false,
      store: editable ? "made-up.labels" : "",
      author: editable ? "ada" : "",
      editable,
    };
    const traits = { snapshot, labels, work, selected: "", ...(page ? {} : { height: null }), ...more };
    this.traits = traits as unknown as M;
    this.mood = mood;
    this.delay = delay;
    this.naming = new FakeNaming(model, (wish) => this.wished(wish), (progress) => this.say(progress), tick);
  }

  get<K extends keyof M>(key: K): M[K] {
    return this.traits[key];
  }

  /** From the front end; `push` is Python's side. */
  set<K extends keyof M>(key: K, value: M[K]): void {
    this.push(key, value);
  }

  push<K extends keyof M>(key: K, value: M[K]): void {
    if (this.traits[key] === value) return;
    this.traits[key] = value;
    this.tell(`change:${String(key)}`, value);
  }

  save_changes(): void {}

  on(event: string, callback: Listener): void {
    const known = this.listeners.get(event) ?? new Set();
    this.listeners.set(event, known.add(callback));
  }

  off(event: string, callback: Listener): void {
    this.listeners.get(event)?.delete(callback);
  }

  /** How far a run is, unasked. */
  say(progress: NamingProgress): void {
    this.tell("msg:custom", { kind: "naming", progress });
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  send(content: unknown): void {
    const message = content as RequestMessage;
    this.received.push(message);
    if (this.mood === "gone") return;
    const reply = (): void => {
      let answer: AnswerMessage;
      if (this.mood === "ill") {
        const error = { type: "LabelsError", message: "The disk is full: made-up.labels could not be written." };
        answer = { kind: "answer", id: message.id, ok: false, error };
      } else {
        try {
          answer = { kind: "answer", id: message.id, ok: true, result: this.answer(message) };
        } catch (error) {
          const said = { type: "LanguageError", message: (error as Error).message };
          answer = { kind: "answer", id: message.id, ok: false, error: said };
        }
      }
      this.tell("msg:custom", answer);
    };
    setTimeout(reply, this.delay);
  }

  private tell(event: string, message: unknown): void {
    for (const callback of this.listeners.get(event) ?? []) callback(message);
  }

  private answer({ name, args }: RequestMessage): unknown {
    if (name === "edit") return this.edit(args as unknown as Requests["edit"][0]);
    if (name === "undo") return this.travel(this.history, this.future);
    if (name === "redo") return this.travel(this.future, this.history);
    if (name === "examples") return this.examples(args as unknown as Requests["examples"][0]);
    if (name === "naming") return args.seen ? this.naming.saw() : this.naming.progress;
    if (name === "naming_plan") return this.naming.plan(args as unknown as NamingWish);
    if (name === "naming_start") return this.naming.start(args as unknown as NamingWish);
    if (name === "naming_stop") return this.naming.stop();
    if (name === "suggest")
      return {
        suggestions: [
          ...(this.naming.suggested[String(args.feature)] ?? []),
          { name: "signposts", fit: 0.58, source: "formula" },
          { name: "says “first”, “second”", fit: 0.41, source: "words" },
        ],
      };
    if (name === "highlights") return { more: [[0, 24, 0.6]], less: [[4, 20, -0.2]] };
    if (name === "text") {
      const { feature, row, part } = args as unknown as Requests["text"][0];
      const example = this.held(feature).find((one) => one.row === row);
      const text = example ? this.traits.snapshot.texts[example[part]]?.text : "";
      return { text: `${text}${" and so on".repeat(50)}` };
    }
    return this.verify(name, args);
  }

  /** Which features a wish is about. */
  private wished({ features, feature }: NamingWish): readonly string[] {
    const { snapshot, labels } = this.traits;
    if (features === "one") return feature === null ? [] : [feature];
    return snapshot.features
      .filter(({ kind, name, feature: id }) => {
        const unnamed = name === "unnamed" && !labels[id]?.name;
        return kind === "discovered" && (features === "discovered" || unnamed);
      })
      .map(({ feature: id }) => id);
  }

  private keep(labels: Record<FeatureId, Label>): void {
    this.push("labels", labels);
    const { history, future } = this;
    this.push("work", { ...this.traits.work, can_undo: history.length > 0, can_redo: future.length > 0 });
  }

  private edit({ feature, changes }: Requests["edit"][0]): Requests["edit"][1] {
    this.history.push(this.traits.labels);
    this.future = [];
    const before = this.traits.labels[feature];
    const label = { ...before, ...changes, author: "ada", time: new Date().toISOString() };
    this.keep({ ...this.traits.labels, [feature]: label });
    return { labels: this.traits.labels, work: this.traits.work };
  }

  private travel(
    from: Record<FeatureId, Label>[],
    to: Record<FeatureId, Label>[],
  ): Requests["undo"][1] {
    const now = this.traits.labels;
    const then = from.pop();
    let feature: FeatureId | null = null;
    if (then) {
      to.push(now);
      feature = Object.keys({ ...now, ...then }).find((id) => now[id] !== then[id]) ?? null;
      this.keep(then);
    }
    return { labels: this.traits.labels, work: this.traits.work, feature };
  }

  /** Of one dataset, or of all. */
  private held(feature: FeatureId, dataset?: number): Example[] {
    const held = (this.traits.snapshot as Snapshot | ComparisonSnapshot).examples[feature] ?? [];
    const wanted = dataset === undefined ? held.flat() : [held[dataset] ?? []].flat();
    return wanted as Example[];
  }

  private examples({ feature, where, n, offset, dataset }: Requests["examples"][0]): Page {
    const { snapshot } = this.traits;
    const signed = ({ more_is, code }: Example): number => (more_is === "A" ? code : -code);
    let held = this.held(feature, dataset);
    if (where.kind === "range") {
      held = held.filter((one) => signed(one) >= where.low && signed(one) <= where.high);
    } else if (where.kind === "quantile") {
      const at = held.toSorted((a, b) => a.code - b.code);
      held = at.slice(Math.floor(where.low * at.length), Math.max(3, Math.ceil(where.high * at.length)));
    } else if (where.kind === "random") {
      held = held.toSorted((a, b) => ((a.row * 7919 * where.seed) % 97) - ((b.row * 7919 * where.seed) % 97));
    } else {
      // More of them than the snapshot holds.
      held = [...held, ...held.map((one) => ({ ...one, row: one.row + 50_000, code: one.code / 3 }))];
    }
    return { examples: held.slice(offset, offset + n), texts: snapshot.texts, total: held.length };
  }

  private verify(name: string, args: Record<string, unknown>): unknown {
    if (name === "answer") this.answered.push(args.answer === "first" ? 1 : args.answer === "second" ? -1 : 0);
    const n = this.answered.length;
    const r = n < 3 ? null : 0.62;
    const verification = {
      judges: [
        { judge: "person", r, low: r === null ? null : 0.21, high: r === null ? null : 0.85, n },
        { judge: "formula", r: 0.58, low: 0.31, high: 0.79, n: 300 },
      ],
      alpha: n < 3 ? null : 0.44,
      answered: n,
    };
    if (name === "answer") return { verification };
    const { texts } = this.traits.snapshot;
    const at = (place: number): Question["first"] => texts[(3 * n + place) % texts.length] ?? { text: "", length: 0 };
    return { question: { token: `q${n}`, prompt: at(0), first: at(1), second: at(2) }, verification };
  }
}
