/**
 * What passes between Python (`kit/whimsight/widgets/mixer.py`) and the PreferenceMixer. Numbers that do not exist
 * (NaN in Python) are null. Everything is read as found: a feature that a person turned round is turned here.
 *
 * Weights are log odds per standard deviation of a feature's code (A minus B), in the order of `features`.
 * Intervals are 95 %.
 */
import type { FeatureId, Kind, Label, Work } from "../protocol";

/**
 * "differ": beyond chance; "agree": any spread is small; "unclear": neither is known; "shared": the same for everyone by
 * the analyst's choice; "absent": no two responses that were voted on differ in it.
 */
export type Verdict = "differ" | "agree" | "unclear" | "shared" | "absent";

/** One feature, how people weigh it, and how they differ. The calibrator shows the same. */
export interface MixedFeature {
  feature: FeatureId;
  kind: Kind;
  /** The drafted name, or "unnamed"; what a person gave it is in `labels`. */
  name: string;
  /** How a measured attribute is computed; for a discovered feature what came closest as a name. */
  note: string;
  /** Whether annotators have weights of their own for it: the analyst's choice. */
  personal: boolean;
  /** Whether people differ in it, by the one rule that Python has for it (`sentences.verdict`). */
  verdict: Verdict;
  /** Everyone's weight. */
  mean: number;
  mean_low: number;
  mean_high: number;
  /** Standard deviation of annotators' weights, and the test that it is 0. Null for features that are not personal. */
  tau: number | null;
  tau_low: number | null;
  tau_high: number | null;
  p: number | null;
  q: number | null;
  /** Share of annotators (0 to 1) whose weight has the other sign than everyone's. */
  share_opposed: number | null;
  share_opposed_low: number | null;
  share_opposed_high: number | null;
  /**
   * Annotators' posterior mean weights in equal bins over [low, high], round numbers around the middle 98 % of them; who
   * lies outside is counted in the first or last bin. For features that are not personal `counts` is empty (low and high
   * are still numbers).
   */
  spread: { low: number; high: number; counts: number[] };
  /** What is said of it, with NAME where the name goes; and of the feature turned round. */
  sentence: string;
  sentence_turned?: string;
}

export type PresetKind = "everyone" | "group" | "type" | "annotator" | "person";

/** Weights to begin from. */
export interface Preset {
  id: string;
  kind: PresetKind;
  /** Without the kind: "left", "1", "ukp_3b3a4b9d", "you". */
  label: string;
  note: string;
  /** Of a group: what its members have in common; the label is the value. */
  column?: string;
  /** How many votes these weights were fitted on; 0 for a person who has not voted. */
  votes: number;
  /** Posterior means and standard deviations, one a feature. */
  weights: number[];
  sd: number[];
  /**
   * Posterior covariance, lower triangle by rows (F (F + 1) / 2 numbers), base64 of little-endian float32. Without it
   * weights are taken as independent where the interval of a difference between scores is worked out.
   */
  covariance?: string;
  /** Share of votes that these weights, fitted without them, agree with. */
  held_out: { agreement: number; low: number; high: number } | null;
  /** The number in `votes.annotator`; -1 for all but annotators. */
  annotator: number;
  /** Of a group or a type: the numbers of its annotators in `votes.annotator`. */
  annotators?: number[];
  /** Of an annotator who was added later: the own votes, which are not told apart in those of the snapshot. */
  cast?: Votes;
}

export interface MixedResponse {
  /** Possibly only its beginning; `length` characters (code points) in all. */
  text: string;
  length: number;
  /** Where it stands in the study, for a request of the whole. */
  row: number;
  side: "a" | "b";
  /** A model's name, or "A", "B". */
  label: string;
  /**
   * One a feature, in standard deviations: the mean of the codes of this response against all of the set, itself
   * counted as 0. The score of a response is weights · codes, the number of `Reward.score` in Python; scores of a set
   * sum to 0, and those of two responses differ by exactly the score of the pair.
   */
  codes: number[];
  /** Of the decided votes over this response and another of the set, how many it won; null where there are none. */
  won: number | null;
  votes: number;
}

/** Two or more responses to one prompt. */
export interface ResponseSet {
  prompt: string;
  /** Characters (code points) of the whole prompt; without it the prompt is whole. */
  prompt_length?: number;
  /** A row of the study in which the prompt stands. */
  row: number;
  responses: MixedResponse[];
}

/** Voted rows of the study. Ties, unlabelled rows and rows with weight 0 are left out. Base64 is of little-endian arrays. */
export interface Votes {
  n: number;
  /**
   * The first so many are a random sample of all votes, which flips and everyone's agreement are counted in. The rest
   * are further votes of the presets' annotators, so that theirs are all there. Without it all are the sample.
   */
  sampled?: number;
  /** int8, n × F by rows; a code in standard deviations is int8 · scale of its feature. */
  codes: string;
  scale: number[];
  /** uint8: 1 where A was preferred, 0 where B was. */
  choice: string;
  /** uint32: votes on the same prompt have the same number. */
  prompt: string;
  /** int32: who voted, -1 where that is not known or not told. */
  annotator: string;
  /** Log odds for the response in place A. */
  intercept: number;
  /** How many votes the study has, of which these are some. */
  total: number;
}

/** What the weights were fitted to. The calibrator's snapshot says the same. */
export interface Fitted {
  name: string;
  rows: number;
  prompts: number;
  annotators: number;
  /** Votes the weights were fitted on. */
  votes: number;
  /** No texts travel: responses have their labels only, and there is nothing to ask a person about. */
  names_only: boolean;
}

export interface MixerSnapshot {
  schema: 1;
  study: Fitted;
  /** One sentence: which features are personal, and that this was the analyst's choice. */
  stated: string;
  features: MixedFeature[];
  /** Everyone first. */
  presets: Preset[];
  sets: ResponseSet[];
  votes: Votes;
}

/**
 * Traits of the mixer's model. `weights`, `preset`, `locked`, `set` and `selected` are written by both sides. To begin
 * from another preset Python sets `preset` and empties `weights`; `preset` alone moves no slider. The page tells what a
 * person moved once it rests. It may tell a preset that Python does not know ("person:Ada": somebody handed over by a
 * calibrator on the same page); the weights then say all.
 */
export interface MixerModel {
  snapshot: MixerSnapshot;
  labels: Record<FeatureId, Label>;
  work: Work;
  selected: FeatureId;
  /** In the order of `snapshot.features`, as found (not turned); empty for those of the preset. */
  weights: number[];
  /** Id of the preset last chosen. */
  preset: string;
  /** Features whose weights a preset, a reset or the slider between two presets leave alone. */
  locked: FeatureId[];
  /** Position in `snapshot.sets`. */
  set: number;
  /** Presets that Python added later; one with the id of another stands in its place. The snapshot stays as it is. */
  added: Preset[];
  height?: number | null;
}

declare module "../protocol" {
  interface Requests {
    /** The whole reward at these weights, as text of the JSON file that `ws.Reward.open` reads, with a file name. */
    reward: [{ weights: number[]; preset: string }, { filename: string; json: string }];
    /** A whole text, by a row of the study. */
    whole: [{ row: number; part: "prompt" | "a" | "b" }, { text: string }];
  }
}
