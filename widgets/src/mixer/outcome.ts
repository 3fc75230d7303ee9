/** What the weights lead to: the ranking of a set, and how many votes they agree with. Follows every move. */
import { computed, type ReadonlySignal } from "@preact/signals";
import type { MixerSnapshot, Preset, ResponseSet } from "./contract";
import { type Ranked, rank, varianceOf } from "./ranking";
import type { Setting } from "./setting";
import { agreement, flips, type Share } from "./tally";
import { type Ballots, ballotOf, createScores, decode, float32Of } from "./votes";

export interface Tally {
  flips: Share | null;
  /** With the votes of all. */
  everyone: Share | null;
  /** Of everyone's weights with the votes of all. */
  everyones: Share | null;
  /** With the votes of the preset's own annotators; null where there are none. */
  own: Share | null;
}

export interface Outcome {
  ballots: ReadonlySignal<Ballots | null>;
  tally: ReadonlySignal<Tally | null>;
  ranked: ReadonlySignal<readonly Ranked[]>;
  /** The contribution to a score that a whole bar stands for: the largest in the set, or up to twice as much. */
  largest: ReadonlySignal<number>;
}

interface Given {
  snapshot: ReadonlySignal<MixerSnapshot | null>;
  preset: ReadonlySignal<Preset | null>;
  everyone: ReadonlySignal<readonly number[]>;
  setting: ReadonlySignal<Setting>;
  set: ReadonlySignal<ResponseSet | null>;
}

const votersOf = ({ annotator, annotators }: Preset): ReadonlySet<number> =>
  new Set(annotators ?? (annotator >= 0 ? [annotator] : []));

export function createOutcome({ snapshot, preset, everyone, setting, set }: Given): Outcome {
  const weights = computed(() => setting.value.weights);
  const ballots = computed(() => {
    const given = snapshot.value;
    return given && given.votes.n > 0 ? decode(given.votes, given.features.length) : null;
  });
  const scores = computed(() => ballots.value && createScores(ballots.value));
  const sample = computed(() => {
    const all = ballots.value;
    return all && ballotOf(all, (row) => row < all.sampled);
  });
  /** The votes of the preset's own annotators: all that came with it, or those of the snapshot. */
  const cast = computed(() => {
    const [given, from] = [snapshot.value, preset.value];
    return given && from?.cast ? decode(from.cast, given.features.length) : null;
  });
  const castScores = computed(() => cast.value && createScores(cast.value));
  const own = computed(() => {
    if (cast.value) return ballotOf(cast.value, () => true);
    const all = ballots.value;
    const voters = preset.value && votersOf(preset.value);
    if (!all || !voters || voters.size === 0) return null;
    return ballotOf(all, (row) => voters.has(all.annotator[row] as number));
  });
  const everyones = computed(() => ballots.value && createScores(ballots.value)(everyone.value));
  const baseline = computed(() =>
    ballots.value && everyones.value && sample.value
      ? agreement(everyones.value, ballots.value, sample.value)
      : null,
  );
  const tally = computed((): Tally | null => {
    const [all, before, some] = [ballots.value, everyones.value, sample.value];
    const now = scores.value?.(weights.value);
    if (!all || !before || !some || !now) return null;
    return {
      flips: flips(now, before, some),
      everyone: agreement(now, all, some),
      everyones: baseline.value,
      own: own.value && agreement(castScores.value?.(weights.value) ?? now, cast.value ?? all, own.value),
    };
  });

  const triangle = computed(() => {
    const given = preset.value?.covariance;
    const size = preset.value?.weights.length ?? 0;
    const read = given === undefined ? null : float32Of(given);
    return read?.length === (size * (size + 1)) / 2 ? read : null;
  });
  const ranked = computed((): readonly Ranked[] => {
    const [shown, from, now] = [set.value, preset.value, weights.value];
    if (!shown || !from) return [];
    const variance = varianceOf(from.sd, triangle.value, (k) => now[k] === from.weights[k]);
    return rank(shown, now, everyone.value, variance);
  });

  const largest = computed(() => {
    const all = set.value?.responses.flatMap(({ codes }) =>
      codes.map((code, k) => Math.abs(code * (weights.value[k] ?? 0))),
    );
    // In doublings: bars keep their measure while a weight is moved a little.
    return 2 ** Math.ceil(Math.log2(Math.max(0.125, ...(all ?? []))));
  });

  return { ballots, tally, ranked, largest };
}
