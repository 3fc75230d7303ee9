/**
 * What passes between Python and the Calibrator. The Python half is `kit/whimsight/widgets/calibrator.py`.
 *
 * The page computes everything it shows from `snapshot` and `votes`: the posterior (expectation propagation, as in
 * `whimsight.personalization.posterior`), the next pair (expected information gain) and the intervals. Python computes
 * the same from the same votes. There is no intercept: sides are shuffled, so a liking for a side is noise here, and
 * P(a is preferred) = sigmoid(codes · weights), whichever side it stood on.
 */
import type { Fitted, MixedFeature } from "../mixer/contract";
import type { FeatureId, Label, Work } from "../protocol";

export type { MixedFeature };

/** A pair that can be asked. Texts are whole: pairs with texts too long to be judged on a screen are left out. */
export interface PoolPair {
  /** The row of the study; no two of the pool are the same. */
  row: number;
  prompt: string;
  /** The responses as they stand in the study: codes are those of a minus those of b. */
  a: string;
  b: string;
  /** Characters (code points) of the whole texts, if they are longer than what is sent (which they should not be). */
  a_length: number;
  b_length: number;
  /** F numbers, in units of `features`. */
  codes: number[];
}

export interface CalibratorSnapshot {
  schema: 1;
  study: Fitted;
  /** One sentence: which features are personal, and that this was the analyst's choice. */
  stated: string;
  /** F of them, in the order of `prior` and of `codes`. */
  features: MixedFeature[];
  /**
   * What is believed of a new person: Gaussian; `covariance` by rows, null for a diagonal one, sd its root. `spread` is
   * how far people are taken to lie from everyone, 0 for features that are not personal. It is not `tau`, which may be
   * estimated as 0 where little is known.
   */
  prior: { mean: number[]; covariance: number[][] | null; sd: number[]; spread: number[] };
  /** In the order of preference: ties of information are broken by it. */
  pool: PoolPair[];
  consent: {
    /**
     * What the person is told before the first vote where Python keeps the votes: what, where, who sees it. A page of
     * its own (without `height`) keeps them in this browser, and says so in its own words.
     */
    words: string;
    choices: { id: ConsentChoice; label: string }[];
  };
  /** How many pairs are asked before the result is shown in full; more on request. */
  ask: number;
}

/** "private": for the person alone. "class": the teacher may use the votes, under the given name. */
export type ConsentChoice = "private" | "class";

export interface Consent {
  choice: ConsentChoice;
  /** A name or pseudonym; "" where none was given. At most 60 characters, one line. */
  author: string;
  /** When it was given; ISO 8601, UTC. */
  time: string;
}

/** "a" and "b" are those of the study, whichever side they stood on. "tie": no preference. "skip": not judged. */
export type Choice = "a" | "b" | "tie" | "skip";

export interface Vote {
  row: number;
  choice: Choice;
  /** Which response stood first (left, or above): "ab" or "ba". */
  shown: "ab" | "ba";
  /** From when the pair was shown until the vote, to a tenth. */
  seconds: number;
  /** ISO 8601, UTC. */
  time: string;
}

/**
 * Traits of the calibrator's model. `votes` and `consent` are written by the page (Python may set them too: a person
 * goes on where votes stand); votes stand in the order in which they were cast, one a row, and undo takes the last.
 * Votes without consent (null) do not occur: withdrawing it empties the votes.
 */
export interface CalibratorModel {
  snapshot: CalibratorSnapshot;
  labels: Record<FeatureId, Label>;
  work: Work;
  selected: FeatureId;
  votes: Vote[];
  consent: Consent | null;
  /** In pixels, null for as high as the window allows; absent on a page of its own. */
  height?: number | null;
}

/** The event on the document by which a person is handed to a mixer on the same page. */
export const PERSON_EVENT = "whimsight:person";

/**
 * Detail of a `CustomEvent` of that name; it is cancelable, and whoever takes the person calls `preventDefault()`, by
 * which the calibrator knows that it was heard. A mixer takes it if its own `studyPrint` (see `person.ts`) is `study`.
 */
export interface HandedPerson {
  schema: 1;
  study: string;
  /** The name that the person gave, or "you"; a hostile text, as every other. */
  label: string;
  /** Ids of the features, in the order of weights and sd. */
  features: FeatureId[];
  weights: number[];
  sd: number[];
  /** How many preferences (ties and skips left out) they rest on. */
  votes: number;
}

declare module "../protocol" {
  interface Requests {
    /** Which votes Python has, and why they are in no file ("" where they are, or there are none). */
    kept: [Record<string, never>, { votes: [row: number, choice: Choice][]; trouble: string }];
  }
}
