/** An example read the other way round: more of the feature is less of the code. */
import type { Example, Span } from "../protocol";

export const minus = (value: number | null): number | null => (value === null ? null : 0 - value);

/** The side that had less of the feature has more of its opposite; the size of the code stays. */
export function turnExample(found: Example): Example {
  return {
    ...found,
    more: found.less,
    less: found.more,
    more_is: found.more_is === "A" ? "B" : "A",
    preferred: found.preferred === null ? null : 1 - found.preferred,
  };
}

/** Sides change places; what a span adds to the size of the code stays. */
export function turnSpans(found: { more: Span[]; less: Span[] }): { more: Span[]; less: Span[] } {
  return { more: found.less, less: found.more };
}
