/**
 * Unsent edits outlive a closed tab and a restarted kernel: they wait in this browser's storage, under the
 * study's and the store's name, and only while there are any.
 */
import type { Work } from "../protocol";
import type { Edit, OutboxOptions } from "./outbox";

type Keep = NonNullable<OutboxOptions["keep"]>;

const isEdit = (value: unknown): value is Edit =>
  typeof value === "object" &&
  value !== null &&
  typeof (value as Edit).feature === "string" &&
  typeof (value as Edit).changes === "object";

export function keepUnsent(whose: () => { study: string; work: Work }): Keep {
  const key = (): string | null => {
    const { study, work } = whose();
    return work.editable && work.store ? `whimsight unsent ${study} ${work.store}` : null;
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
