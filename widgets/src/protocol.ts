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
  /** How well the name stood people's blind tests: r and the ends of its interval, once there are enough answers. */
  fidelity?: [r: number, low: number, high: number];
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
  /** Fidelity where it was chosen: a rough guide, not the fidelity of the name. */
  fit: number | null;
  source: string;
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
  examples: [{ feature: FeatureId; where: Where; n: number; offset: number }, Page];
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
