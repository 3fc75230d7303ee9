/** What a person's votes say of each feature, in numbers and in words. Pure. */
import type { FeatureId, Kind, Label } from "../protocol";
import { count, decimal } from "../shared/format";
import { joinName, type NamedRow } from "../shared/names";
import type { CalibratorSnapshot, MixedFeature } from "./contract";
import { offsets } from "./offset";
import { type Belief, sdOf } from "./posterior";

/** Half the width of a 95 % interval, in standard deviations. */
export const REACH = 1.959963984540054;

export interface Estimate {
  mid: number;
  low: number;
  high: number;
}

export interface Learned {
  id: FeatureId;
  kind: Kind;
  label: NamedRow;
  note: string;
  /** The person's weight. */
  weight: Estimate;
  /** What was believed of it before the first vote. */
  before: Estimate;
  everyone: Estimate;
  /** Standard deviation of annotators' weights; never negative. */
  tau: number;
  /** The person's weight less everyone's; see `offset.ts`. */
  offset: Estimate;
  /** Share of annotators with a higher weight, as the model spreads them; null where they do not differ. */
  above: Estimate | null;
  /** Standard deviations of the offset between it and 0. */
  apart: number;
  /** Whether 0 lies outside the offset's interval. */
  sets: boolean;
  spread: MixedFeature["spread"];
  /** The interval after each decided vote, the first before any. */
  course: readonly Estimate[];
}

/** The standard normal distribution function, by its Taylor series to rounding. Marsaglia (2004), Evaluating the normal distribution. */
export function normal(z: number): number {
  if (z < -8) return 0;
  if (z > 8) return 1;
  let sum = z;
  let term = z;
  for (let i = 3; Math.abs(term) > 1e-17 * Math.abs(sum); i += 2) {
    term *= (z * z) / i;
    sum += term;
  }
  return 0.5 + sum * Math.exp(-0.5 * z * z - 0.9189385332046728);
}

const around = (mid: number, sd: number): Estimate => ({
  mid,
  low: mid - REACH * sd,
  high: mid + REACH * sd,
});

/** As seen from the other end. */
const turn = ({ mid, low, high }: Estimate): Estimate => ({ mid: 0 - mid, low: 0 - high, high: 0 - low });

/** The personal features, those that set the person apart the furthest first. */
export function learned(
  snapshot: CalibratorSnapshot,
  labels: Readonly<Record<FeatureId, Label>>,
  beliefs: readonly Belief[],
): Learned[] {
  const [prior] = beliefs;
  const now = beliefs.at(-1);
  if (!prior || !now) return [];
  const spreads = beliefs.map(sdOf);
  const taus = snapshot.prior.spread;
  const apartness = offsets(prior, now, taus);
  const rows = snapshot.features.flatMap((feature, k): Learned[] => {
    const tau = taus[k] ?? 0;
    if (!feature.personal) return [];
    const label = joinName(feature, labels[feature.feature]);
    const read = label.turned ? turn : (one: Estimate) => one;
    const course = beliefs.map((belief, step) => read(around(belief.mean[k] ?? 0, spreads[step]?.[k] ?? 0)));
    const weight = course.at(-1) as Estimate;
    const everyone = read({ mid: feature.mean, low: feature.mean_low, high: feature.mean_high });
    const { mean, sd } = apartness[k] ?? { mean: 0, sd: 0 };
    const offset = read(around(mean, sd));
    const share = (at: number): number => normal((0 - at) / tau);
    const apart = sd > 0 ? offset.mid / sd : 0;
    const { low, high, counts } = feature.spread;
    return [
      {
        id: feature.feature,
        kind: feature.kind,
        label,
        note: feature.note,
        weight,
        before: course[0] as Estimate,
        everyone,
        offset,
        tau,
        // A higher weight leaves fewer above it: the ends change places.
        above: tau > 0 ? { mid: share(offset.mid), low: share(offset.high), high: share(offset.low) } : null,
        apart,
        sets: Math.abs(apart) > REACH,
        spread: label.turned ? { low: 0 - high, high: 0 - low, counts: counts.toReversed() } : feature.spread,
        course,
      },
    ];
  });
  return rows.sort((a, b) => Math.abs(b.apart) - Math.abs(a.apart));
}

/** A weight, always signed: "+0.42". */
export function signed(value: number | null | undefined): string {
  const text = decimal(value);
  return text.startsWith("\u2212") || Number(text) === 0 || text === "n/a" ? text : `+${text}`;
}

/** "+0.42 (+0.10 to +0.74)". */
export function estimate({ mid, low, high }: Estimate): string {
  return `${signed(mid)} (${signed(low)} to ${signed(high)})`;
}

export interface Liking {
  before: string;
  after: string;
  /** The interval, which stays in one piece. */
  ends: string;
}

/** Around the name: `You like [length] less than 80% of the annotators [(60 to 93%)].` "May" where it is left open. */
export function likingWords({ above, offset, sets }: Learned): Liking {
  if (!above)
    return { before: "All annotators take ", after: " alike, as far as their votes tell", ends: "" };
  const less = offset.mid < 0;
  const share = less ? above : { mid: 1 - above.mid, low: 1 - above.high, high: 1 - above.low };
  return {
    before: sets ? "You like " : "You may like ",
    after: ` ${less ? "less" : "more"} than ${count(100 * share.mid)}% of the annotators`,
    ends: `(${count(100 * share.low)} to ${count(100 * share.high)}%)`,
  };
}

/** Wilson's 95 % interval of a share. */
export function wilson(hits: number, of: number): Estimate | null {
  if (of === 0) return null;
  const share = hits / of;
  const z2 = REACH * REACH;
  const mid = (share + z2 / (2 * of)) / (1 + z2 / of);
  const half = (REACH / (1 + z2 / of)) * Math.sqrt((share * (1 - share)) / of + z2 / (4 * of * of));
  return { mid: share, low: Math.max(0, mid - half), high: Math.min(1, mid + half) };
}

/** "11 of 16 (44 to 86%)". */
export function hitsWords(hits: number, of: number): string {
  const share = wilson(hits, of);
  if (!share) return "none yet";
  return `${hits} of ${of} (${count(100 * share.low)} to ${count(100 * share.high)}%)`;
}
