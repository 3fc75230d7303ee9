/** Votes as they are counted in: decoded once, feature by feature, so that one moved weight costs one column. */
import type { Votes } from "./contract";

export interface Ballots {
  n: number;
  /** n codes a feature, one feature after another; code = int8 · scale. */
  codes: Int8Array;
  scale: readonly number[];
  /** 1 where A was preferred. */
  choice: Uint8Array;
  /** Prompts by small numbers from 0. */
  prompt: Uint32Array;
  prompts: number;
  annotator: Int32Array;
  intercept: number;
  /** The first so many are a random sample of all votes. */
  sampled: number;
  total: number;
}

/** Some of the votes, with the prompts they are on counted from 0. */
export interface Ballot {
  rows: Uint32Array;
  prompt: Uint32Array;
  prompts: number;
}

function bytesOf(base64: string): Uint8Array<ArrayBuffer> {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The ids in the order in which they first come, from 0. */
function numbered(ids: Uint32Array): { numbers: Uint32Array; count: number } {
  const known = new Map<number, number>();
  const numbers = ids.map((id) => {
    const number = known.get(id) ?? known.size;
    known.set(id, number);
    return number;
  });
  return { numbers, count: known.size };
}

export function float32Of(base64: string): Float32Array {
  const { buffer } = bytesOf(base64);
  return new Float32Array(buffer, 0, buffer.byteLength >> 2);
}

export function decode(votes: Votes, features: number): Ballots {
  const { n, scale, intercept, total } = votes;
  const byRows = new Int8Array(bytesOf(votes.codes).buffer);
  const choice = bytesOf(votes.choice);
  const ids = bytesOf(votes.prompt);
  const people = bytesOf(votes.annotator);
  const whole = [byRows.length === n * features, choice.length === n, scale.length === features];
  if (!whole.every(Boolean) || ids.length !== 4 * n || people.length !== 4 * n)
    throw new Error("The votes in this widget are incomplete. Run the cell again.");
  const codes = new Int8Array(n * features);
  for (let row = 0, at = 0; row < n; row += 1)
    for (let k = 0; k < features; k += 1, at += 1) codes[k * n + row] = byRows[at] as number;
  const { numbers, count } = numbered(new Uint32Array(ids.buffer));
  return {
    n,
    codes,
    scale,
    choice,
    prompt: numbers,
    prompts: count,
    annotator: new Int32Array(people.buffer),
    intercept,
    sampled: Math.min(n, votes.sampled ?? n),
    total,
  };
}

export function ballotOf({ n, prompt }: Ballots, holds: (row: number) => boolean): Ballot {
  const rows = Uint32Array.from({ length: n }, (_, row) => row).filter(holds);
  const { numbers, count } = numbered(rows.map((row) => prompt[row] as number));
  return { rows, prompt: numbers, prompts: count };
}

/**
 * Log odds of A for every vote, kept as weights move: only what a moved weight adds is added. The array that comes
 * back is the same one each time.
 */
export function createScores({
  n,
  codes,
  scale,
  intercept,
}: Ballots): (weights: readonly number[]) => Float64Array {
  const scores = new Float64Array(n);
  let before: readonly number[] = [];
  return (weights) => {
    const moved = weights.flatMap((weight, k) => (weight === before[k] ? [] : [k]));
    // Made anew where much has moved, so that roundings do not pile up.
    const anew = before.length === 0 || 2 * moved.length > weights.length;
    if (anew) scores.fill(intercept);
    for (const k of anew ? weights.keys() : moved) {
      const by = ((weights[k] ?? 0) - (anew ? 0 : (before[k] ?? 0))) * (scale[k] ?? 0);
      if (by === 0) continue;
      const column = codes.subarray(k * n, (k + 1) * n);
      for (let row = 0; row < n; row += 1)
        scores[row] = (scores[row] as number) + by * (column[row] as number);
    }
    before = weights;
    return scores;
  };
}
