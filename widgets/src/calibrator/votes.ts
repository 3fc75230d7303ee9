/** Votes as they are kept: what counts as one, and which side a response stands on. Pure functions. */
import type { Choice, Consent, PoolPair, Vote } from "./contract";

const CHOICES: readonly Choice[] = ["a", "b", "tie", "skip"];
const LONGEST_NAME = 60;

/** A name on one line, without what cannot be seen. */
export function cleanName(name: string): string {
  return [...name.replace(/[\s\p{C}]+/gu, " ").trim()].slice(0, LONGEST_NAME).join("").trim();
}

function isVote(value: unknown): value is Vote {
  const { row, choice, shown, seconds, time } = (value ?? {}) as Partial<Vote>;
  return (
    Number.isInteger(row) &&
    CHOICES.includes(choice as Choice) &&
    (shown === "ab" || shown === "ba") &&
    Number.isFinite(seconds) &&
    typeof time === "string"
  );
}

/** Votes on pairs of the pool, the first of each; what is not one is left out. */
export function readVotes(value: unknown, pool: readonly PoolPair[]): Vote[] {
  if (!Array.isArray(value)) return [];
  const open = new Set(pool.map(({ row }) => row));
  return value.filter((vote: unknown): vote is Vote => isVote(vote) && open.delete(vote.row));
}

export function readConsent(value: unknown): Consent | null {
  const { choice, author, time } = (value ?? {}) as Partial<Consent>;
  if ((choice !== "private" && choice !== "class") || typeof author !== "string" || typeof time !== "string")
    return null;
  return { choice, author: cleanName(author), time };
}

/** Whether the vote says which response is preferred. */
export function decides({ choice }: Vote): boolean {
  return choice === "a" || choice === "b";
}

/** Whether the pair was judged. */
export function judges({ choice }: Vote): boolean {
  return choice !== "skip";
}

/**
 * Which response stands first: a fair coin for each pair and session (murmur3's finalizer over FNV-1a), so that a pair
 * stands as it stood after undo and after a reload.
 */
export function sideOf(row: number, session: string): Vote["shown"] {
  let hash = 0x811c9dc5;
  for (const letter of `${session} ${row}`) {
    hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) & 1) === 0 ? "ab" : "ba";
}
