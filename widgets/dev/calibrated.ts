/** A made-up pool for the calibrator and a stand-in for its model: to look at, and for tests. */
import type { CalibratorModel, CalibratorSnapshot, MixedFeature, PoolPair } from "../src/calibrator/contract";
import type { Label } from "../src/protocol";
import { FEATURE_NAMES, HOSTILE, random } from "./fixture";

const NAMES = FEATURE_NAMES.slice(0, 12);
const PROMPTS = [
  "How do I keep a basil plant alive on a windowsill?",
  "My friend borrowed money and does not answer. What should I say?",
  "Explain to a ten-year-old why the sky is blue.",
  "Should schools do without homework?",
  "Write the first lines of a story that begins in a lighthouse.",
];
const SENTENCES = [
  "It depends on how much light the window gets, and on the season.",
  "Begin with the smallest step that you can take today.",
  "Some people find that this does not help them at all.",
  "Water it when the top of the soil feels dry, not by the calendar.",
  "I would say what happened, what it meant to you, and what you would like now.",
  "There are three reasons, and the last of them matters most.",
  "Sunlight is made of all colours, and the air throws the blue ones about.",
  "The lamp had been dark for a year when the first letter came.",
  "In short: less often than you think, and never out of habit.",
];

export interface CalibratedOptions {
  features?: number;
  pool?: number;
  sentences?: number;
  seed?: number;
  hostile?: boolean;
  ask?: number;
}

/** Roughly normal, from four throws. */
const bell = (next: () => number): number => (next() + next() + next() + next() - 2) * Math.sqrt(3);

function feature(k: number, hostile: boolean, next: () => number): MixedFeature {
  const mean = 0.35 * bell(next);
  const tau = k === 0 ? 0.5 : 0.06 + 0.25 * next();
  const counts = new Array<number>(25).fill(0);
  const reach = 3.2 * tau + 0.05;
  for (let person = 0; person < 230; person++) {
    const bin = Math.floor(((0.85 * tau * bell(next) + reach) / (2 * reach)) * 25);
    counts[Math.min(24, Math.max(0, bin))] = (counts[Math.min(24, Math.max(0, bin))] ?? 0) + 1;
  }
  const name = hostile ? (HOSTILE[k % HOSTILE.length] ?? "") : (NAMES[k % NAMES.length] ?? "");
  return {
    feature: k % 3 === 0 ? `m_${k}` : `d${String(k).padStart(2, "0")}`,
    kind: k % 3 === 0 ? "measured" : "discovered",
    name: k < NAMES.length || hostile ? name : "unnamed",
    note: k % 3 === 0 ? "Counted in each response; the difference between the two." : "Closest: a few words more",
    personal: k % 7 !== 5,
    verdict: k % 7 === 5 ? "shared" : "unclear",
    mean,
    mean_low: mean - 0.05,
    mean_high: mean + 0.05,
    tau: k % 7 === 5 ? null : tau,
    tau_low: k % 7 === 5 ? null : 0.7 * tau,
    tau_high: k % 7 === 5 ? null : 1.4 * tau,
    p: 0.01,
    q: 0.02,
    share_opposed: 0.3,
    share_opposed_low: 0.2,
    share_opposed_high: 0.4,
    spread: { low: mean - reach, high: mean + reach, counts: k % 7 === 5 ? [] : counts },
    sentence: "People differ in how they take NAME.",
  };
}

export function calibrated({
  features = 14,
  pool = 100,
  sentences = 5,
  seed = 5,
  hostile = false,
  ask = 16,
}: CalibratedOptions = {}): CalibratorSnapshot {
  const next = random(seed);
  const all = Array.from({ length: features }, (_, k) => feature(k, hostile, next));
  const text = (): string => {
    if (hostile && next() < 0.6) return HOSTILE[Math.floor(next() * HOSTILE.length)] ?? "";
    const many = 1 + Math.floor(next() * next() * 6 * sentences);
    const lines = Array.from({ length: many }, () => SENTENCES[Math.floor(next() * SENTENCES.length)]);
    return lines.map((line, k) => `${line}${k % 3 === 2 ? "\n\n" : " "}`).join("").trim();
  };
  const pairs = Array.from({ length: pool }, (_, k): PoolPair => {
    const [a, b] = [text(), text()];
    return {
      row: 7 * k + 3,
      prompt: hostile ? (HOSTILE[k % HOSTILE.length] ?? "") : (PROMPTS[k % PROMPTS.length] ?? ""),
      a,
      b,
      a_length: [...a].length,
      b_length: [...b].length,
      codes: all.map(() => 1.4 * bell(next)),
    };
  });
  const sd = all.map(({ tau }) => Math.hypot(tau ?? 0, 0.025));
  return {
    schema: 1,
    study: { name: "Convincing arguments", rows: 61_885, prompts: 32, annotators: 395, votes: 52_000, names_only: false },
    stated: "By the analyst's choice weights may differ between people on 12 of 14 features.",
    features: all,
    prior: {
      mean: all.map(({ mean }) => mean),
      covariance: null,
      sd,
      spread: all.map(({ personal, tau }) => (personal ? (tau ?? 0) : 0)),
    },
    pool: pairs,
    consent: {
      words: "Your votes stay on this computer, in this notebook; nothing is sent anywhere.",
      choices: [
        { id: "private", label: "Keep my votes for myself" },
        { id: "class", label: "My teacher may use my votes, under the name I give" },
      ],
    },
    ask,
  };
}

type Listener = (message: unknown) => void;

/** Traits, and of Python behind them what it says of votes. */
export class FakeModel {
  private readonly traits: CalibratorModel;
  private readonly listeners = new Map<string, Set<Listener>>();
  private readonly page: boolean;
  /** What Python says of the file of votes; null where it says nothing, and hears nothing. */
  trouble: string | null = "";

  constructor(
    snapshot: CalibratorSnapshot | null,
    more: Partial<CalibratorModel> = {},
    { labels = {}, page = false }: { labels?: Record<string, Label>; page?: boolean } = {},
  ) {
    this.page = page;
    this.traits = {
      snapshot: snapshot as CalibratorSnapshot,
      labels,
      work: { can_undo: false, can_redo: false, store: "", author: "", editable: false },
      selected: "",
      votes: [],
      consent: null,
      ...(page ? {} : { height: null }),
      ...more,
    };
  }

  get<K extends keyof CalibratorModel>(key: K): CalibratorModel[K] {
    return this.traits[key];
  }

  set<K extends keyof CalibratorModel>(key: K, value: CalibratorModel[K]): void {
    if (this.traits[key] === value) return;
    this.traits[key] = value;
    for (const callback of this.listeners.get(`change:${key}`) ?? []) callback(value);
  }

  save_changes(): void {}
  send(message: unknown): void {
    const { id, name } = message as { id: string; name: string };
    if (this.page || name !== "kept" || this.trouble === null) return;
    const votes = this.traits.votes.map(({ row, choice }) => [row, choice]);
    const answer = { kind: "answer", id, ok: true, result: { votes, trouble: this.trouble } };
    for (const callback of this.listeners.get("msg:custom") ?? []) callback(answer);
  }

  on(event: string, callback: Listener): void {
    this.listeners.set(event, (this.listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: Listener): void {
    this.listeners.get(event)?.delete(callback);
  }
}
