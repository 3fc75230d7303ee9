/** A made-up study for looking at widgets and for tests: every kind of row, number and text, from a seed. */
import type { Example, Feature, FeatureId, Snapshot, Text } from "../src/protocol";

/** Mulberry32: small, seeded, good enough to scatter numbers. */
export function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

const WORDS =
  "the answer lists three reasons and then says which of them matters most because a reader in a hurry wants one line before the details while another likes to see every step".split(
    " ",
  );

/** Texts that break careless pages: markup, scripts, right-to-left, emoji, combining marks, very long words. */
export const HOSTILE: readonly string[] = [
  '<script>window.hurt = 1</script><img src=x onerror="window.hurt = 2">',
  "</script><svg onload=window.hurt=3> &amp; &lt;b&gt; <b>not bold</b>",
  "[click](javascript:window.hurt=4) \"onmouseover='window.hurt=5' ${window.hurt} {{hurt}}",
  "مرحبا بالعالم، هذا نص من اليمين إلى اليسار مع English inside وأرقام 123.",
  "👩‍👩‍👧‍👦🏳️‍🌈👍🏽 emoji and flags 🇺🇳 and a ʒ̢̛̜̠̑̀ pile of marks \u202Ereversed\u202C \u0000 end",
  "unbroken".repeat(60),
];

const NAMES = [
  "length",
  "bullet points",
  "says “sorry”",
  "rich vocabulary",
  "direct advice",
  "hedges",
  "first person",
  "paragraphs",
];

export interface FixtureOptions {
  features?: number;
  examples?: number;
  /** Words a response. */
  words?: number;
  seed?: number;
  hostile?: boolean;
}

export function fixture({
  features = 12,
  examples = 12,
  words = 60,
  seed = 7,
  hostile = false,
}: FixtureOptions = {}): Snapshot {
  const next = random(seed);
  const texts: Text[] = [];
  const write = (length: number): number => {
    const said = Array.from({ length }, () => WORDS[Math.floor(next() * WORDS.length)]).join(" ");
    const odd = hostile ? ` ${HOSTILE[texts.length % HOSTILE.length]}` : "";
    texts.push({ text: said + odd, length: [...(said + odd)].length + (texts.length % 5 === 4 ? 500 : 0) });
    return texts.length - 1;
  };
  const rows: Feature[] = [];
  const held: Record<FeatureId, Example[]> = {};
  for (let index = 0; index < features; index += 1) {
    const measured = index % 2 === 1;
    const id = measured ? `m_attribute_${index}` : `d${String(index).padStart(2, "0")}`;
    const effect = index === 3 ? null : (next() - 0.45) * 0.5;
    const spread = 0.02 + next() * 0.15;
    const sure = effect !== null && Math.abs(effect) > spread;
    const unnamed = !measured && index % 4 === 2;
    const dull = hostile && index < HOSTILE.length ? (HOSTILE[index] as string) : (NAMES[index % NAMES.length] as string);
    const direction = (sign: number): string =>
      effect === null
        ? "The two responses differ in ‘NAME’ in 12.0 % of pairs: too few decided votes to say more."
        : `More of ‘NAME’ is associated with being preferred ${Math.abs(100 * effect).toFixed(1)} points ${effect * sign > 0 ? "more" : "less"} often than the other response (95 % interval ${(100 * (Math.abs(effect) - spread)).toFixed(1)} to ${(100 * (Math.abs(effect) + spread)).toFixed(1)}), adjusted for length.${sure ? "" : " This could be chance."}`;
    const counts = Array.from({ length: 40 }, (_, bin) =>
      Math.round(200 * Math.exp(-Math.abs(bin - 19.5) / 5) * (0.6 + 0.8 * next())),
    );
    rows.push({
      feature: id,
      kind: measured ? "measured" : "discovered",
      name: unnamed ? "unnamed" : dull,
      prevalence: 0.1 + 0.8 * next(),
      prevalence_low: 0.08,
      prevalence_high: 0.95,
      beta: effect === null ? null : effect * 3,
      beta_low: effect === null ? null : (effect - spread) * 3,
      beta_high: effect === null ? null : (effect + spread) * 3,
      delta_win: effect,
      delta_win_low: effect === null ? null : effect - spread,
      delta_win_high: effect === null ? null : effect + spread,
      p: effect === null ? null : next() * 0.2,
      q: effect === null ? null : sure ? 0.004 : 0.4,
      significant: sure,
      fidelity: unnamed ? null : measured ? 1 : 0.2 + 0.6 * next(),
      fidelity_low: unnamed ? null : measured ? 1 : 0.1,
      fidelity_high: unnamed ? null : measured ? 1 : 0.9,
      judge: "formula",
      stability: measured ? 1 : 0.1 + 0.6 * next(),
      recurs: measured || index % 3 === 0,
      n: 100 + Math.floor(900 * next()),
      sentence: direction(1),
      sentence_turned: direction(-1),
      note: measured
        ? "Measured in things per 100 words: things divided by words."
        : "nothing fits well; closest: signposts (72 % of pairs)",
      histogram: { low: -3, high: 3, counts, zero: 700 },
    });
    held[id] = Array.from({ length: examples }, (_, place) => ({
      row: index * 100 + place,
      prompt: write(12),
      more: write(words),
      less: write(Math.ceil(words / 2)),
      more_is: next() < 0.5 ? "A" : "B",
      code: 3 - place * 0.1,
      preferred: place === 5 ? null : Math.round(next() * 4) / 4,
      votes: place === 5 ? 0 : 4,
    }));
  }
  return {
    schema: 1,
    study: {
      name: "made-up",
      rows: 1800,
      pairs: 1500,
      prompts: 160,
      annotators: 24,
      labelled: 1700,
      controls: ["length"],
      names_only: false,
    },
    features: rows,
    examples: held,
    texts,
  };
}

/** Names of made-up features. */
export const FEATURE_NAMES = [
  "length",
  "bullet points",
  "says sorry",
  "rich vocabulary",
  "direct advice",
  "hedges and caveats",
  "speaks in the first person",
  "paragraphs",
  "asks a question back",
  "numbered steps",
  "warns of risks",
  "exclamation marks",
  "refuses to answer",
  "vivid imagery and metaphor",
  "code blocks",
  "quotes a source",
];
