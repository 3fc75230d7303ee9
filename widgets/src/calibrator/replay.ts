/** What was believed of a person before and after each vote, and how often the model guessed the vote. Pure. */
import type { PoolPair, Vote } from "./contract";
import { type Belief, type Evidence, predictive, update } from "./posterior";
import { decides } from "./votes";

export interface Replay {
  /** The belief after each decided vote; the first is the prior. */
  beliefs: readonly Belief[];
  /** Of the decided votes, how many were guessed before they were cast. */
  guesses: Guesses;
}

export interface Guesses {
  /** From this person's votes until then. */
  own: number;
  /** From everyone's weights. */
  everyone: number;
  of: number;
}

const HALF = 0.5;

/** Remembers what it worked out: one more vote costs one more update. */
export function replayer(prior: Belief, pool: readonly PoolPair[]): (votes: readonly Vote[]) => Replay {
  const codes = new Map(pool.map((pair) => [pair.row, pair.codes]));
  let known: { key: string; belief: Belief; own: boolean; everyone: boolean }[] = [];
  return (votes) => {
    const evidence: Evidence[] = [];
    const beliefs = [prior];
    const guesses = { own: 0, everyone: 0, of: 0 };
    let fresh = true;
    const next: typeof known = [];
    for (const vote of votes) {
      const x = codes.get(vote.row);
      if (!decides(vote) || !x) continue;
      const preferred = vote.choice === "a";
      evidence.push({ x, preferred });
      const key = `${vote.row} ${vote.choice}`;
      const before = known[next.length];
      fresh &&= before?.key === key;
      const step =
        fresh && before
          ? before
          : {
              key,
              own: predictive(beliefs.at(-1) ?? prior, x) > HALF === preferred,
              everyone: predictive(prior, x) > HALF === preferred,
              belief: update(prior, evidence),
            };
      next.push(step);
      beliefs.push(step.belief);
      guesses.own += Number(step.own);
      guesses.everyone += Number(step.everyone);
      guesses.of++;
    }
    known = next;
    return { beliefs, guesses };
  };
}
