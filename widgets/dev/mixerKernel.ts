/** A stand-in for Python behind a mixer: its traits, and answers to the two things that it asks. */
import type { MixerModel, MixerSnapshot } from "../src/mixer/contract";
import type { AnswerMessage, RequestMessage } from "../src/protocol";
import type { FakeOptions, Mood } from "./kernel";

type Listener = (message: unknown) => void;

export class MixerKernel {
  mood: Mood | "none";
  readonly received: RequestMessage[] = [];
  /** What the page told Python: names of traits, in order. */
  readonly told: string[] = [];
  private readonly traits: MixerModel;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly delay: number;

  constructor(
    snapshot: MixerSnapshot | null,
    { editable = true, labels = {}, mood = "well", delay = 0, page = false }: Omit<FakeOptions, "mood"> & { mood?: Mood | "none" } = {},
    more: Partial<MixerModel> = {},
  ) {
    const work = { can_undo: false, can_redo: false, store: "", author: "", editable };
    const traits = { snapshot, labels, work, selected: "", weights: [], preset: "", locked: [], set: 0, added: [], ...(page ? {} : { height: null }), ...more };
    this.traits = traits as unknown as MixerModel;
    this.mood = mood;
    this.delay = delay;
  }

  get<K extends keyof MixerModel>(key: K): MixerModel[K] {
    return this.traits[key];
  }

  set<K extends keyof MixerModel>(key: K, value: MixerModel[K]): void {
    this.told.push(key);
    this.push(key, value);
  }

  /** Python's side. */
  push<K extends keyof MixerModel>(key: K, value: MixerModel[K]): void {
    if (this.traits[key] === value) return;
    this.traits[key] = value;
    this.tell(`change:${key}`, value);
  }

  save_changes(): void {}

  on(event: string, callback: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: Listener): void {
    this.listeners.get(event)?.delete(callback);
  }

  get listening(): number {
    return [...this.listeners.values()].reduce((sum, set) => sum + set.size, 0);
  }

  send(content: unknown): void {
    const message = content as RequestMessage;
    this.received.push(message);
    if (this.mood === "gone") return;
    const { id, name } = message;
    const result =
      name === "whole"
        ? { text: `${"whole ".repeat(300)}the end of ${message.args.row} ${message.args.part}` }
        : { filename: "made-up.json", json: JSON.stringify(message.args) };
    const answers: Record<Exclude<Mood | "none", "gone">, AnswerMessage> = {
      well: { kind: "answer", id, ok: true, result },
      ill: { kind: "answer", id, ok: false, error: { type: "RewardError", message: "The embedder is not at hand." } },
      none: { kind: "answer", id, ok: false, error: { type: "NoKernel", message: "No Python here." } },
    };
    const { mood } = this;
    setTimeout(() => this.tell("msg:custom", answers[mood]), this.delay);
  }

  private tell(event: string, message: unknown): void {
    for (const callback of this.listeners.get(event) ?? []) callback(message);
  }
}
