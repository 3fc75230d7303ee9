/** Votes outlive a reload: they are kept in this browser, for this study, until the person deletes them. */
import type { Consent, PoolPair, Vote } from "./contract";
import { readConsent, readVotes } from "./votes";

export interface Kept {
  consent: Consent;
  votes: Vote[];
}

export interface Storage {
  load(pool: readonly PoolPair[]): Kept | null;
  save(kept: Kept | null): void;
  /** Whether this page can keep anything: a sandboxed frame cannot. */
  works(): boolean;
}

export function pageStorage(study: () => string): Storage {
  const key = (): string => `whimsight votes ${study()}`;
  return {
    load(pool) {
      try {
        const kept = JSON.parse(localStorage.getItem(key()) ?? "null") as Partial<Kept> | null;
        const consent = readConsent(kept?.consent);
        return consent ? { consent, votes: readVotes(kept?.votes, pool) } : null;
      } catch {
        return null; // No storage here, or not ours.
      }
    },
    save(kept) {
      try {
        if (kept) localStorage.setItem(key(), JSON.stringify(kept));
        else localStorage.removeItem(key());
      } catch {
        // Without storage they live as long as the page.
      }
    },
    works() {
      try {
        const probe = `${key()} probe`;
        localStorage.setItem(probe, "");
        localStorage.removeItem(probe);
        return true;
      } catch {
        return false;
      }
    },
  };
}
