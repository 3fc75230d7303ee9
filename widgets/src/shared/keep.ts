/**
 * Unsent edits outlive a closed tab and a restarted kernel: they wait in this browser's storage, for this store of
 * this study, and only while there are any.
 */
import type { FeatureId, Work } from "../protocol";
import type { Edit, OutboxOptions } from "./outbox";

type Keep = NonNullable<OutboxOptions["keep"]>;

const isEdit = (value: unknown): value is Edit =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Edit).feature === "string" &&
  typeof (value as Edit).changes === "object";

/** A feature with numbers that another study's feature of the same name would hardly have. */
export type Print = readonly [feature: FeatureId, ...numbers: (number | null)[]];

/** Tells studies apart by their numbers (FNV-1a): d07 of another study is another feature. */
export function fingerprint(prints: readonly Print[]): string {
  let hash = 0x811c9dc5;
  for (const print of prints) {
    for (const letter of `${print.map(String).join(" ")};`) {
      hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
    }
  }
  return (hash >>> 0).toString(16).padStart(8, "0");
}

export function keepUnsent(whose: () => { prints: readonly Print[]; work: Work }): Keep {
  const key = (): string | null => {
    const { prints, work } = whose();
    return work.editable && work.store ? `whimsight unsent ${work.store} ${fingerprint(prints)}` : null;
  };
  return {
    load() {
      try {
        const name = key();
        const kept: unknown = JSON.parse((name && localStorage.getItem(name)) || "[]");
        return Array.isArray(kept) ? kept.filter(isEdit) : [];
      } catch {
        return []; // No storage here (a sandboxed frame), or not ours.
      }
    },
    save(edits) {
      try {
        const name = key();
        if (!name) return;
        if (edits.length === 0) localStorage.removeItem(name);
        else localStorage.setItem(name, JSON.stringify(edits));
      } catch {
        // Without storage they live as long as the page.
      }
    },
  };
}
