/** From spans in code points, as Python counts, to pieces of a JavaScript string. */
import type { Span } from "../protocol";

export interface Piece {
  text: string;
  /** What the piece adds to the code; 0 for what is not marked. */
  weight: number;
}

/** UTF-16 positions of the given code points (ascending); what lies past the end is the end. */
function utf16(text: string, points: readonly number[]): Map<number, number> {
  const found = new Map<number, number>();
  let unit = 0;
  let point = 0;
  for (const wanted of points) {
    while (point < wanted && unit < text.length) {
      unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
      point++;
    }
    found.set(wanted, unit);
  }
  return found;
}

/** Number of code points, Python's `len`. */
export function codePoints(text: string): number {
  let points = 0;
  for (let unit = 0; unit < text.length; points++) unit += (text.codePointAt(unit) ?? 0) > 0xffff ? 2 : 1;
  return points;
}

/** The text cut at the edges of the spans; where spans overlap their weights add up. */
export function pieces(text: string, spans: readonly Span[]): Piece[] {
  const kept = spans.filter(([start, end, weight]) => end > start && start >= 0 && Number.isFinite(weight));
  const edges = [...new Set(kept.flatMap((span) => span.slice(0, 2)))].sort((a, b) => a - b);
  const at = utf16(text, edges);
  const result: Piece[] = [];
  const push = (from: number, to: number, weight: number): void => {
    if (to > from) result.push({ text: text.slice(from, to), weight });
  };
  let last = 0;
  edges.forEach((edge, i) => {
    const here = at.get(edge) ?? text.length;
    const next = edges[i + 1];
    push(last, here, 0);
    last = here;
    if (next === undefined) return;
    let weight = 0;
    for (const [start, end, w] of kept) if (start <= edge && end >= next) weight += w;
    last = at.get(next) ?? text.length;
    push(here, last, weight);
  });
  push(last, text.length, 0);
  return result;
}
