/** A made-up mixer for looking at the widget and for tests: people who differ, people who agree, votes by a known rule. */
import type { MixedFeature, MixerSnapshot, Preset, ResponseSet, Votes } from "../src/mixer/contract";
import { FEATURE_NAMES as NAMES, HOSTILE, random } from "./fixture";

const MODELS = ["gpt-4", "claude-v1", "gpt-3.5-turbo", "vicuna-13b", "alpaca-13b", "llama-13b", "koala-13b", "dolly-12b"];
const PROMPTS = [
  "Write a persuasive email to convince your introverted friend, who dislikes public speaking, to volunteer as a guest speaker at a local event. Use compelling points and address potential objections. Please be concise.",
  "How do the stages of life shape our understanding of time and mortality?",
  "Explain to a ten-year-old why the sky is blue, and why it is red in the evening.",
];
const WORDS =
  "the answer lists three reasons and says which of them matters most because a reader in a hurry wants one line before the details while another likes to see every step worked out with care".split(
    " ",
  );

export interface MixedOptions {
  features?: number;
  personal?: number;
  annotators?: number;
  sets?: number;
  responses?: number;
  votes?: number;
  total?: number;
  words?: number;
  seed?: number;
  hostile?: boolean;
}

export function base64(view: ArrayBufferView): string {
  const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** Normal numbers by Box and Muller. */
function normals(next: () => number): () => number {
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

function histogram(values: readonly number[]): MixedFeature["spread"] {
  if (values.length === 0) return { low: -1, high: 1, counts: [] };
  const low = Math.floor(10 * Math.min(...values)) / 10;
  const high = Math.ceil(10 * Math.max(...values)) / 10;
  const counts = Array.from({ length: Math.round(20 * (high - low)) }, () => 0);
  for (const value of values) counts[Math.min(counts.length - 1, Math.floor(20 * (value - low)))]! += 1;
  return { low, high, counts };
}

export function mixed({
  features = 80,
  personal = 14,
  annotators = 173,
  sets = 12,
  responses = 6,
  votes = 4000,
  total = 61_885,
  words = 130,
  seed = 11,
  hostile = false,
}: MixedOptions = {}): MixerSnapshot {
  const next = random(seed);
  const normal = normals(next);
  const odd = (place: number): string => (hostile ? ` ${HOSTILE[place % HOSTILE.length]}` : "");
  const write = (length: number, place: number): string =>
    Array.from({ length }, () => WORDS[Math.floor(next() * WORDS.length)]).join(" ") + odd(place);

  const means = Array.from({ length: features }, (_, k) => (k === 0 ? 0.38 : 0.16 * normal()));
  const taus = means.map((_, k) => (k >= personal ? 0 : k === 0 ? 0.42 : [0.02, 0.18, 0.1, 0.26, 0.05][k % 5]!));
  const people = Array.from({ length: annotators }, () => means.map((mean, k) => mean + (taus[k] ?? 0) * normal()));

  const rows = means.map((mean, k): MixedFeature => {
    const tau = taus[k] ?? 0;
    const own = k < personal;
    const opposed = own ? people.filter((weights) => Math.sign(weights[k]!) !== Math.sign(mean)).length / annotators : null;
    const name = hostile && k < HOSTILE.length ? HOSTILE[k]! : k < NAMES.length ? NAMES[k]! : `${NAMES[k % NAMES.length]} ${k}`;
    const differ = tau > 0.08;
    const direction = (sign: number): string =>
      `More of ‘NAME’ is associated with being preferred ${sign * mean > 0 ? "more" : "less"} often; ${own ? (differ ? `people differ in how they take it (spread ${tau.toFixed(2)}).` : "people agree on it.") : "its weight is the same for everyone."}`;
    return {
      feature: k % 2 === 0 ? `m_attribute_${k}` : `d${String(k).padStart(2, "0")}`,
      kind: k % 2 === 0 ? "measured" : "discovered",
      name: k === 9 ? "unnamed" : name,
      note: k % 2 === 0 ? "Measured in words: words between white space." : "nothing fits well; closest: signposts",
      personal: own,
      verdict: own ? (differ ? "differ" : tau < 0.04 ? "agree" : "unclear") : "shared",
      mean,
      mean_low: mean - 0.05,
      mean_high: mean + 0.05,
      tau: own ? tau : null,
      tau_low: own ? Math.max(0, tau - 0.04) : null,
      tau_high: own ? tau + (k % 5 === 0 ? 0.04 : 0.07) : null,
      p: own ? (differ ? 0.0001 : 0.4) : null,
      q: own ? (differ ? 0.0004 : 0.5) : null,
      share_opposed: opposed,
      share_opposed_low: opposed === null ? null : Math.max(0, opposed - 0.05),
      share_opposed_high: opposed === null ? null : opposed + 0.06,
      spread: histogram(own ? people.map((weights) => mean + 0.85 * (weights[k]! - mean)) : []),
      sentence: direction(1),
      sentence_turned: direction(-1),
    };
  });

  const scale = means.map(() => 0.04);
  const codes = new Int8Array(votes * features);
  const choice = new Uint8Array(votes);
  const prompt = new Uint32Array(votes);
  const annotator = new Int32Array(votes);
  for (let row = 0; row < votes; row += 1) {
    prompt[row] = 700 + Math.floor(next() * 32);
    annotator[row] = Math.floor(next() * annotators);
    let odds = 0.05;
    for (let k = 0; k < features; k += 1) {
      const code = Math.max(-127, Math.min(127, Math.round(25 * normal())));
      codes[row * features + k] = code;
      odds += 0.04 * code * people[annotator[row]!]![k]!;
    }
    choice[row] = next() < 1 / (1 + Math.exp(-odds)) ? 1 : 0;
  }
  const held: Votes = {
    n: votes,
    sampled: votes,
    codes: base64(codes),
    scale,
    choice: base64(choice),
    prompt: base64(prompt),
    annotator: base64(annotator),
    intercept: 0.05,
    total,
  };

  const preset = (id: string, kind: Preset["kind"], label: string, weights: number[], sd: number, more: Partial<Preset> = {}): Preset => ({
    id,
    kind,
    label: label + (kind === "everyone" ? "" : odd(label.length)),
    note: "",
    votes: 800,
    weights,
    sd: weights.map((_, k) => (k < personal && kind !== "everyone" ? sd : 0.026)),
    held_out: { agreement: 0.64, low: 0.61, high: 0.67 },
    annotator: -1,
    ...more,
  });
  const mean = (some: number[][]): number[] => means.map((_, k) => some.reduce((sum, one) => sum + one[k]!, 0) / some.length);
  const short = people.map((_, a) => a).filter((a) => people[a]![0]! < 0.2);
  const long = people.map((_, a) => a).filter((a) => people[a]![0]! > 0.6);
  const presets = [
    preset("everyone", "everyone", "everyone", means, 0.03, { votes: total, held_out: { agreement: 0.66, low: 0.64, high: 0.68 } }),
    preset("group:left", "group", "left", mean(people.slice(0, 60)), 0.05, { note: "mean of 60 annotators", column: "stance", annotators: people.slice(0, 60).map((_, a) => a) }),
    preset("group:right", "group", "right", mean(people.slice(60, 120)), 0.05, { note: "mean of 60 annotators", column: "stance", annotators: people.slice(0, 60).map((_, a) => 60 + a) }),
    preset("type:1", "type", "1", mean(long.map((a) => people[a]!)), 0.04, { note: "41% of annotators", annotators: long }),
    preset("type:2", "type", "2", mean(short.map((a) => people[a]!)), 0.06, { note: "12% of annotators", annotators: short }),
    ...people.slice(0, 20).map((weights, a) =>
      preset(`annotator:a${a}`, "annotator", `ukp_${(0x3b3a4b9d + 7919 * a).toString(16)}`, weights, 0.12, {
        annotator: a,
        votes: 20 + 3 * a,
        held_out: { agreement: 0.69, low: 0.52, high: 0.82 },
      }),
    ),
    preset("person:you", "person", "you", means.map((weight, k) => weight + (k < 3 ? -0.3 : 0)), 0.2, { votes: 16, held_out: null }),
  ];

  const shown = Array.from({ length: sets }, (_, place): ResponseSet => {
    const at = Array.from({ length: responses }, () => means.map(() => 0.8 * normal()));
    const n = responses;
    return {
      prompt: (PROMPTS[place % PROMPTS.length] ?? "") + odd(place),
      row: 100 * place,
      responses: at.map((mine, i) => {
        const text = write(words + 40 * i, i);
        return {
          text,
          length: [...text].length + (i === 2 ? 900 : 0),
          row: 100 * place + i,
          side: i % 2 === 0 ? "a" : "b",
          label: n === 2 ? "AB"[i]! : (MODELS[i % MODELS.length] ?? "") + odd(i),
          codes: mine.map((value, k) => at.reduce((sum, one) => sum + value - one[k]!, 0) / n),
          won: i === 4 ? null : Math.floor(next() * 12),
          votes: i === 4 ? 0 : 12,
        };
      }),
    };
  });

  return {
    schema: 1,
    study: { name: hostile ? HOSTILE[0]! : "convincing-arguments", rows: total, prompts: 32, annotators, votes: total, names_only: false },
    stated: `Personal: ${personal} of ${features} features (length, bullet points and ${personal - 2} more), by the analyst’s choice; all others weigh the same for everyone.`,
    features: rows,
    presets,
    sets: shown,
    votes: held,
  };
}
