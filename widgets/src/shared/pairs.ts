/** Example pairs with their texts, as they are drawn. */
import type { Example, Span, Text } from "../protocol";
import { turnExample, turnSpans } from "./turn";

export interface Shown {
  example: Example;
  prompt: Text;
  more: Text;
  less: Text;
}

const LOST: Text = { text: "", length: 0 };

export function shownFrom(examples: readonly Example[], texts: readonly Text[]): Shown[] {
  return examples.map((example) => ({
    example,
    prompt: texts[example.prompt] ?? LOST,
    more: texts[example.more] ?? LOST,
    less: texts[example.less] ?? LOST,
  }));
}

export function turnShown(shown: Shown): Shown {
  return {
    example: turnExample(shown.example),
    prompt: shown.prompt,
    more: shown.less,
    less: shown.more,
  };
}

export type Marks = { more: Span[]; less: Span[]; reason?: string | null };
export const turnMarks = (marks: Marks, turned: boolean): Marks =>
  turned ? { ...marks, ...turnSpans(marks) } : marks;
