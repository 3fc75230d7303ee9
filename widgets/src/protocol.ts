/**
 * What passes between Python and the widgets. The Python half is `kit/whimsight/widgets/`; names of columns are
 * those of `study.features`. Numbers that do not exist (NaN in Python) are null.
 *
 * A widget holds a bounded `snapshot`, enough to be useful without a kernel, and asks for more by requests that
 * always answer: with a result, with an error to show, or, when nothing comes, with a time-out.
 */

export type FeatureId = string;
export type Kind = "measured" | "discovered";
export type Status = "draft" | "named" | "verified" | "rejected";

/** One row of `study.features`, with what its picture needs. */
export interface Feature {
  feature: FeatureId;
  kind: Kind;
  /** The drafted name, or "unnamed"; what a person gave it is in `Label`. */
  name: string;
  prevalence: number;
  prevalence_low: number;
  prevalence_high: number;
  beta: number | null;
  beta_low: number | null;
  beta_high: number | null;
  delta_win: number | null;
  delta_win_low: number | null;
  delta_win_high: number | null;
  p: number | null;
  q: number | null;
  significant: boolean;
  fidelity: number | null;
  fidelity_low: number | null;
  fidelity_high: number | null;
  judge: string;
  stability: number | null;
  /** False for a discovered feature that does not come back on other prompts better than chance. */
  recurs: boolean;
  n: number;
  /** "The response with more of it was preferred 9 points more often (5 to 13) ..." with NAME where the name goes. */
  sentence: string;
  /** The same for the feature read the other way round; without it a turned feature shows no sentence. */
  sentence_turned?: string;
  /** How a measured attribute is computed; for a discovered feature what came closest as a name. */
  note: string;
  histogram: Histogram;
}

/** Signed codes other than 0, as they stand in the pairs (A minus B), in equal bins over [low, high], symmetric. */
export interface Histogram {
  low: number;
  high: number;
  counts: number[];
  /** Pairs with code 0. */
  zero: number;
}

/** A pair turned so that the response with more of the feature comes first. Texts are positions in a list. */
export interface Example {
  row: number;
  prompt: number;
  more: number;
  less: number;
  more_is: "A" | "B";
  code: number;
  /** Share of the votes for the response with more; null without votes. */
  preferred: number | null;
  votes: number;
}

/** A text, possibly only its beginning: `length` characters (code points) in all. */
export interface Text {
  text: string;
  length: number;
}

export interface Page {
  examples: Example[];
  texts: Text[];
  /** How many pairs there are in the asked range. */
  total: number;
}

export interface Snapshot {
  schema: 1;
  study: {
    name: string;
    rows: number;
    pairs: number;
    /** 0 where the data has none; then the prompt of every pair is empty. */
    prompts: number;
    annotators: number;
    labelled: number;
    controls: string[];
    names_only: boolean;
  };
  features: Feature[];
  /** The first examples of each feature by |code|; their texts are positions in `texts`. */
  examples: Record<FeatureId, Example[]>;
  texts: Text[];
}

/** What a person made of a feature; absent keys mean untouched. */
export interface Label {
  name?: string;
  status?: Status;
  note?: string;
  tags?: string[];
  /** The feature is read the other way round: more of it is less of the code. */
  turned?: boolean;
  /** How well the name stood blind tests: r and the ends of its interval, once there are enough answers. */
  fidelity?: [r: number, low: number, high: number];
  /** Whose answers say so: a language model, by its name, where people did not test the name. */
  judge?: string;
  author?: string;
  /** ISO 8601, UTC. */
  time?: string;
}

/** State of the work, kept in step by Python. */
export interface Work {
  can_undo: boolean;
  can_redo: boolean;
  /** Where it is kept, without folders: "mt-bench.labels". */
  store: string;
  author: string;
  /** False in a report: nothing can be changed. */
  editable: boolean;
}

export type Where =
  | { kind: "top" }
  | { kind: "random"; seed: number }
  /** Quantiles of |code| among active pairs, 0 to 1. */
  | { kind: "quantile"; low: number; high: number }
  /** Signed codes as in the histogram. */
  | { kind: "range"; low: number; high: number };

/** A span of a text in code points, with what it adds to the code (signed, in units of the whole code). */
export type Span = [start: number, end: number, weight: number];

export interface Suggestion {
  name: string;
  /** Fidelity: on pairs that neither suggested nor chose it where `n` is there, else where it was chosen, a rough guide. */
  fit: number | null;
  /** Which describer, or the language model by its name. */
  source: string;
  /** The same at length, where there is more to say. */
  note?: string | null;
  /** Ends of the 95 % interval of the fidelity and the pairs it was measured on; null where it was not scored. */
  low?: number | null;
  high?: number | null;
  n?: number | null;
  /** Whether it fits beyond chance, among all that were scored; null where that is not known, absent in drafts. */
  kept?: boolean | null;
  /** Whether it is the one that its model's answers chose. */
  winner?: boolean;
}

/** For which features a language model is asked for names. */
export type NamingScope = "one" | "unnamed" | "discovered";

export type NamingWish = {
  features: NamingScope;
  /** The one. */
  feature: FeatureId | null;
};

/** What asking would take, before anything is sent. */
export interface NamingPlan {
  model: string;
  /** Host and port, or "this machine". */
  where: string;
  /** How many features would be asked about. */
  features: number;
  calls: number;
  calls_most: number;
  /** Of the calls, those that were paid for earlier. */
  cached: number;
  prompt_tokens: number;
  completion_tokens: number;
  /** Null where no price was given. */
  cost: number | null;
  cost_most: number | null;
  /** The most that one call may cost; absent or null where it is not known. */
  cost_call_most?: number | null;
  seconds: number | null;
  seconds_most: number | null;
  /** What the price does not buy, in a sentence; absent or empty where it buys a test for every name. */
  note?: string;
}

/**
 * How far a run is. It comes in messages of its own and never in a trait: traits are saved with notebooks, and which
 * model answers where is nobody's business there.
 */
export interface NamingProgress {
  /** Whether there is a model to ask. */
  available: boolean;
  /** Null until it was needed. */
  model: string | null;
  where: string | null;
  state: "idle" | "running" | "done" | "stopped" | "failed";
  /** "describe", "choose", "score", or "stop" while it finishes what is on its way. */
  stage: string;
  /** How much of the run is behind it, as far as the plan tells. */
  done: number;
  total: number;
  features_done: number;
  features: number;
  calls: number;
  cached: number;
  /** Questions without an answer, by kind. */
  failures: Record<string, number>;
  /** So far, and what was planned at most; null where no price was given. */
  cost: number | null;
  cost_most: number | null;
  /** Requests without a reply, which may be charged for all the same; and the most that these may have cost. */
  lost: number;
  unsure: number;
  /** What it waits for, such as the end of a rate limit; empty where nothing is waited for. */
  waiting: string;
  /** What came of it, or why it failed. */
  message: string;
  /** Features of this run whose name fits beyond chance. */
  kept: FeatureId[];
  /** How many others have a name that does not fit, no proposal, too little to tell by, or are not through. */
  unkept: number;
  unproposed: number;
  untold: number;
  /** Why it cannot be told whether a name fits, to how many: "few pairs", "one answer" ... */
  untold_for: Record<string, number>;
  missing: number;
  /** Whether a person saw how it ended. */
  seen: boolean;
  /** Another number: there are other suggestions. */
  version: number;
}

/** From Python, unasked, a few times a second at most. */
export interface NamingMessage {
  kind: "naming";
  progress: NamingProgress;
}

/** A blind question: which response has more of the feature? Nothing here tells the code or the vote. */
export interface Question {
  token: string;
  prompt: Text;
  first: Text;
  second: Text;
}

/** One judge's agreement with the code on the same feature. */
export interface JudgeResult {
  judge: string;
  /** Correlation of answers (+1, 0, -1) with the code, with its 95 % interval. */
  r: number | null;
  low: number | null;
  high: number | null;
  n: number;
}

export interface Verification {
  judges: JudgeResult[];
  /** Krippendorff's alpha between the judges' answers on pairs that two of them judged; null with fewer than 2. */
  alpha: number | null;
  answered: number;
}

/** Requests by name: [arguments, result]. */
export interface Requests {
  edit: [{ feature: FeatureId; changes: Partial<Label> }, { labels: Record<FeatureId, Label>; work: Work }];
  undo: [Record<string, never>, { labels: Record<FeatureId, Label>; work: Work; feature: FeatureId | null }];
  redo: [Record<string, never>, { labels: Record<FeatureId, Label>; work: Work; feature: FeatureId | null }];
  /** In a comparison of one of its datasets. */
  examples: [{ feature: FeatureId; where: Where; n: number; offset: number; dataset?: number }, Page];
  /** A whole text of a pair. */
  text: [{ row: number; part: "prompt" | "more" | "less"; feature: FeatureId }, { text: string }];
  /** Without spans `reason` may say why there are none. */
  highlights: [{ feature: FeatureId; row: number }, { more: Span[]; less: Span[]; reason?: string | null }];
  suggest: [{ feature: FeatureId }, { suggestions: Suggestion[] }];
  question: [{ feature: FeatureId; seed: number }, { question: Question | null; verification: Verification }];
  answer: [
    { feature: FeatureId; token: string; answer: "first" | "second" | "tie" },
    { verification: Verification },
  ];
  /** In the labeler. */
  /** `seen`: a person looked at how it ended. */
  naming: [{ seen?: boolean }, NamingProgress];
  naming_plan: [NamingWish, NamingPlan];
  /** Spends `budget` (money) or `calls` at most; null where that is no limit. */
  naming_start: [NamingWish & { budget: number | null; calls: number | null }, NamingProgress];
  naming_stop: [Record<string, never>, NamingProgress];
}

export type RequestName = keyof Requests;

/** JavaScript to Python, as the content of a custom message. */
export interface RequestMessage {
  kind: "request";
  id: string;
  name: RequestName;
  args: Record<string, unknown>;
}

/** Python to JavaScript. */
export type AnswerMessage =
  | { kind: "answer"; id: string; ok: true; result: unknown }
  | { kind: "answer"; id: string; ok: false; error: { type: string; message: string } };

/** Traits of the labeler's model. `snapshot` and `labels` are written by Python alone, `selected` by both. */
export interface LabelerModel {
  snapshot: Snapshot;
  labels: Record<FeatureId, Label>;
  work: Work;
  selected: FeatureId;
  /** In pixels, null for as high as the window allows; absent on a page of its own, which is as long as it is. */
  height?: number | null;
}

/* ---------- DatasetComparison ---------- */

/** One of the datasets (or slices of one dataset) that are compared. Its position is its number everywhere. */
export interface ComparedDataset {
  name: string;
  /** Votes; pairs that differ as texts; prompts; people. */
  rows: number;
  pairs: number;
  /** 0 where the dataset has none. */
  prompts: number;
  annotators: number;
  labelled: number;
}

/**
 * What can be said of an effect. "for", "against": the interval lies on one side of 0, beyond chance among all tests. "little": it lies within
 * 5 points of 0. "unclear": it spans 0 and may still be large. "too few": no estimate, or an interval that spans 0
 * and is wider than 40 points, which is no news about the dataset.
 */
export type Verdict = "for" | "against" | "little" | "unclear" | "too few";

/** One feature in one dataset; null where it could not be estimated. Read as found, before anybody turned it. */
export interface Cell {
  prevalence: number;
  prevalence_low: number;
  prevalence_high: number;
  /** Prevalence as a multiple of the first dataset's; null for the first itself and where it is unknown. */
  ratio: number | null;
  ratio_low: number | null;
  /** Null for a ratio without an upper end, where the first dataset may have none of it. */
  ratio_high: number | null;
  beta: number | null;
  beta_low: number | null;
  beta_high: number | null;
  delta_win: number | null;
  delta_win_low: number | null;
  delta_win_high: number | null;
  /** Degrees of freedom of the interval of delta_win. */
  degrees: number | null;
  /** Share of the dataset's rows that carry the effect (active, with a decided vote), and its standard error. */
  share: number;
  share_se: number;
  n: number;
  /** How many prompts those rows are about. */
  prompts?: number;
  verdict: Verdict;
}

/** One feature over all datasets. */
export interface ComparedFeature {
  feature: FeatureId;
  kind: Kind;
  name: string;
  judge: string;
  note: string;
  recurs: boolean;
  stability: number | null;
  fidelity: number | null;
  fidelity_low: number | null;
  fidelity_high: number | null;
  /** One a dataset. */
  cells: Cell[];
  /** Covariances of delta_win between datasets, by rows; datasets that share prompts are not independent. */
  covariance: (number | null)[][];
  /** Random-effects mean over datasets, as one more dataset might have it, with its 95 % interval. */
  pooled: number | null;
  pooled_low: number | null;
  pooled_high: number | null;
  /** Standard deviation of the effect between datasets, beyond chance. */
  tau: number | null;
  tau_low: number | null;
  tau_high: number | null;
  /** Cochran's Q, share of the variation that is not chance (0 to 1), p and q that all datasets agree. */
  Q: number | null;
  i2: number | null;
  i2_low: number | null;
  i2_high: number | null;
  p: number | null;
  q: number | null;
  /** What all datasets together say, with NAME where the name goes; and for the feature turned round. */
  sentence: string;
  sentence_turned: string;
}

/** A feature that goes with being preferred in one dataset and with not being preferred in another. */
export interface Conflict {
  feature: FeatureId;
  /** Numbers of the datasets. For a feature that was turned round they change places. */
  for: number;
  against: number;
  /** delta_win in the first less that in the second, positive, in [0, 2], with its 95 % interval. */
  difference: number;
  difference_low: number;
  difference_high: number;
  q: number;
  sentence: string;
  sentence_turned: string;
}

export interface ComparisonSnapshot {
  schema: 1;
  comparison: {
    name: string;
    /** "datasets", or what the slices are made by: "category", "votes", "model", "topics" ... */
    by: string;
    /** True where some datasets share prompts, so that their estimates are not independent. */
    linked: boolean;
    /** What was left out of the comparison, in a sentence. */
    left_out?: string;
    controls: string[];
    names_only: boolean;
  };
  datasets: ComparedDataset[];
  features: ComparedFeature[];
  /** Sorted by size, the largest first. */
  conflicts: Conflict[];
  /** For each feature, for each dataset, the first examples by |code|; texts are positions in `texts`. */
  examples: Record<FeatureId, Example[][]>;
  texts: Text[];
}

/** Traits of the comparison's model. `selected`, `shown` and `weights` are written by both sides. */
export interface ComparisonModel {
  snapshot: ComparisonSnapshot;
  /** The same labels, and the same work, as those of a labeler on the comparison's study. */
  labels: Record<FeatureId, Label>;
  work: Work;
  selected: FeatureId;
  /** The two datasets whose examples stand side by side. */
  shown: [number, number];
  /** How much each dataset counts in the mixture; 0 or more, not all 0; shares are weights over their sum. */
  weights: number[];
  height?: number | null;
}
