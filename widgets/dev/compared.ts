/** A made-up comparison for looking at the widget and for tests: agreement, conflict, too few, nothing at all. */
import type { Cell, ComparedFeature, ComparisonSnapshot, Conflict, Example, FeatureId, Text, Verdict } from "../src/protocol";
import { FEATURE_NAMES as NAMES, HOSTILE, random } from "./fixture";

const DATASETS = ["MT-Bench", "HH harmless", "Creative writing", "Convincing arguments", "A very small one"];
const WORDS = "the answer lists three reasons and says which of them matters most because a reader in a hurry wants one line before the details".split(" ");

export interface ComparedOptions {
  features?: number;
  datasets?: number;
  examples?: number;
  words?: number;
  seed?: number;
  hostile?: boolean;
  conflicts?: boolean;
}

const verdict = (low: number, high: number): Verdict => {
  if (low > 0) return "for";
  if (high < 0) return "against";
  if (high - low > 0.4) return "too few";
  return low >= -0.05 && high <= 0.05 ? "little" : "unclear";
};

const signed = (value: number): string => `${value < 0 ? "−" : "+"}${Math.abs(100 * value).toFixed(1)}`;

/** Sum of inverse variances, random effects by DerSimonian and Laird: good enough for a picture. */
function pool(cells: readonly Cell[]) {
  const known = cells.flatMap(({ delta_win: y, delta_win_low: low, delta_win_high: high }) =>
    y === null || low === null || high === null ? [] : [{ y, v: ((high - low) / 3.92) ** 2 }],
  );
  if (known.length < 2) return null;
  const sum = (of: (one: { y: number; v: number }) => number): number => known.reduce((all, one) => all + of(one), 0);
  const w = sum(({ v }) => 1 / v);
  const fixed = sum(({ y, v }) => y / v) / w;
  const Q = sum(({ y, v }) => (y - fixed) ** 2 / v);
  const free = known.length - 1;
  const tau2 = Math.max(0, (Q - free) / (w - sum(({ v }) => 1 / v ** 2) / w));
  const w2 = sum(({ v }) => 1 / (v + tau2));
  const mean = sum(({ y, v }) => y / (v + tau2)) / w2;
  const reach = 1.96 / Math.sqrt(w2) + 0.3 * Math.sqrt(tau2);
  const i2 = Math.max(0, (Q - free) / Q);
  const p = Math.min(1, Math.exp(-Math.max(0, Q - free) / 2));
  return { mean, low: mean - reach, high: mean + reach, tau: Math.sqrt(tau2), Q, i2, p };
}

export function compared({
  features = 80,
  datasets = 4,
  examples = 4,
  words = 60,
  seed = 11,
  hostile = false,
  conflicts: any = true,
}: ComparedOptions = {}): ComparisonSnapshot {
  const next = random(seed);
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  const texts: Text[] = [];
  const write = (length: number): number => {
    const said = Array.from({ length }, () => WORDS[Math.floor(next() * WORDS.length)]).join(" ");
    const odd = hostile ? ` ${HOSTILE[texts.length % HOSTILE.length]}` : "";
    texts.push({ text: said + odd, length: [...(said + odd)].length + (texts.length % 5 === 4 ? 500 : 0) });
    return texts.length - 1;
  };
  const names = Array.from({ length: datasets }, (_, k) =>
    hostile && k < HOSTILE.length ? (HOSTILE[k] as string) : (DATASETS[k] ?? `Slice ${k + 1}`),
  );
  const held: Record<FeatureId, Example[][]> = {};
  const conflicts: Conflict[] = [];
  const rows: ComparedFeature[] = [];
  for (let index = 0; index < features; index += 1) {
    const measured = index % 3 === 1;
    const id = measured ? `m_attribute_${index}` : `d${String(index).padStart(2, "0")}`;
    const unnamed = !measured && index % 9 === 5;
    const common = 0.07 * normal();
    const apart = index % 7 === 2 ? 0.13 : index % 3 === 0 ? 0.045 : 0.01;
    const base = 0.05 + 0.6 * next() ** 2;
    const cells = names.map((_, k): Cell => {
      const tiny = k === 4 || (k === 3 && index % 6 === 4);
      const none = (k === 4 && index % 2 === 0) || (k === 2 && index % 11 === 3);
      const prevalence = Math.min(0.97, base * (0.5 + 1.3 * next()));
      const size = tiny ? 40 : [1800, 4200, 1500, 900, 40][k % 5] as number;
      const n = Math.max(6, Math.round(size * prevalence));
      const se = 1 / Math.sqrt(n);
      const effect = none ? null : Math.max(-0.9, Math.min(0.9, common + (any ? apart * normal() : 0) + (any ? se * normal() * 0.7 : 0)));
      const reach = 1.97 * se;
      const part = Math.max(0.01, 1 / Math.sqrt(size));
      const ratio = k === 0 ? null : 0.4 + 2 * next();
      return {
        prevalence,
        prevalence_low: Math.max(0, prevalence - part),
        prevalence_high: Math.min(1, prevalence + part),
        ratio,
        ratio_low: ratio === null ? null : ratio / 1.2,
        ratio_high: ratio === null ? null : index % 13 === 7 ? null : ratio * 1.2,
        beta: effect === null ? null : effect * 3,
        beta_low: effect === null ? null : (effect - reach) * 3,
        beta_high: effect === null ? null : (effect + reach) * 3,
        delta_win: effect,
        delta_win_low: effect === null ? null : effect - reach,
        delta_win_high: effect === null ? null : effect + reach,
        degrees: effect === null ? null : n / 3,
        share: prevalence * 0.9,
        share_se: part / 2,
        n,
        verdict: effect === null ? "too few" : verdict(effect - reach, effect + reach),
      };
    });
    const pooled = pool(cells);
    const differs = (pooled?.p ?? 1) < 0.01;
    const name = unnamed ? "unnamed" : hostile && index < HOSTILE.length ? (HOSTILE[index] as string) : (NAMES[index % NAMES.length] as string) + (index < NAMES.length ? "" : ` ${Math.floor(index / NAMES.length) + 1}`);
    const clear = cells.flatMap((cell, k) => (cell.verdict === "for" || cell.verdict === "against" ? [{ cell, k }] : []));
    const most = clear.toSorted((a, b) => (b.cell.delta_win ?? 0) - (a.cell.delta_win ?? 0));
    const [up, down] = [most[0], most.at(-1)];
    if (any && up && down && (up.cell.delta_win ?? 0) > 0 && (down.cell.delta_win ?? 0) < 0) {
      const difference = (up.cell.delta_win ?? 0) - (down.cell.delta_win ?? 0);
      const say = (a: number, b: number, sign: number): string =>
        `People prefer more of ‘NAME’ in ${names[a]} (${signed(sign * (cells[a]?.delta_win ?? 0))} points) and less of it in ${names[b]} (${signed(sign * (cells[b]?.delta_win ?? 0))} points).`;
      conflicts.push({
        feature: id,
        for: up.k,
        against: down.k,
        difference,
        difference_low: difference - 0.06,
        difference_high: difference + 0.06,
        q: 0.002,
        sentence: say(up.k, down.k, 1),
        sentence_turned: say(down.k, up.k, -1),
      });
    }
    const sentence = (sign: number): string =>
      pooled === null
        ? "Too few datasets have an estimate for ‘NAME’ to say anything of all of them."
        : `Over the datasets more of ‘NAME’ is associated with being preferred ${Math.abs(100 * pooled.mean).toFixed(1)} points ${pooled.mean * sign > 0 ? "more" : "less"} often than the other response (95 % interval ${signed(sign > 0 ? pooled.low : -pooled.high)} to ${signed(sign > 0 ? pooled.high : -pooled.low)}).${differs ? " The datasets differ beyond chance." : ""}`;
    rows.push({
      feature: id,
      kind: measured ? "measured" : "discovered",
      name,
      judge: "formula",
      note: measured ? "Measured in things per 100 words: things divided by words." : "closest: signposts (72 % of pairs)",
      recurs: measured || index % 5 !== 3,
      stability: measured ? 1 : 0.5,
      fidelity: measured ? 1 : 0.4,
      fidelity_low: measured ? 1 : 0.3,
      fidelity_high: measured ? 1 : 0.5,
      cells,
      covariance: cells.map((a, j) =>
        cells.map((b, k) => {
          if (a.delta_win === null || b.delta_win === null) return null;
          return j === k ? (((a.delta_win_high ?? 0) - (a.delta_win_low ?? 0)) / 3.92) ** 2 : 0;
        }),
      ),
      pooled: pooled?.mean ?? null,
      pooled_low: pooled?.low ?? null,
      pooled_high: pooled?.high ?? null,
      tau: pooled?.tau ?? null,
      tau_low: pooled ? pooled.tau / 2 : null,
      tau_high: pooled ? pooled.tau * 2.4 + 0.02 : null,
      Q: pooled?.Q ?? null,
      i2: pooled?.i2 ?? null,
      i2_low: pooled ? pooled.i2 * 0.6 : null,
      i2_high: pooled ? Math.min(1, pooled.i2 * 1.15 + 0.2) : null,
      p: pooled?.p ?? null,
      q: pooled ? Math.min(1, pooled.p * 1.6) : null,
      sentence: sentence(1),
      sentence_turned: sentence(-1),
    });
    held[id] = cells.map((_, k) =>
      Array.from({ length: k === 4 ? 0 : examples }, (__, place): Example => ({
        row: (index * datasets + k) * 50 + place,
        prompt: write(12),
        more: write(words),
        less: write(Math.ceil(words / 2)),
        more_is: next() < 0.5 ? "A" : "B",
        code: 3 - place * 0.1,
        preferred: place === 3 ? null : Math.round(next() * 4) / 4,
        votes: place === 3 ? 0 : 4,
      })),
    );
  }
  return {
    schema: 1,
    comparison: { name: "four made-up datasets", by: "datasets", linked: false, controls: ["length"], names_only: false },
    datasets: names.map((name, k) => ({
      name,
      rows: [3355, 4200, 1500, 900, 40][k % 5] as number,
      pairs: [1814, 4200, 1500, 900, 40][k % 5] as number,
      prompts: [80, 4012, 160, 75, 12][k % 5] as number,
      annotators: k === 0 ? 24 : 0,
      labelled: 40,
    })),
    features: rows,
    conflicts: conflicts.toSorted((a, b) => b.difference - a.difference),
    examples: held,
    texts,
  };
}
