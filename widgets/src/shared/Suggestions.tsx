/** Suggested names, one click away, fetched for a feature that a person stays at. */
import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Suggestion } from "../protocol";
import type { Desk } from "./desk";
import { decimal } from "./format";
import type { NamedRow } from "./names";

const DWELL = 250;
const CHIPS = 6;
const FITS = 0.05;

const fits = ({ fit }: Pick<Suggestion, "fit">): boolean => fit !== null && fit >= FITS;

/** The best fitting first; what does not fit at all only where nothing else is there. */
export function bestSuggestions(list: readonly Suggestion[], name: string): readonly Suggestion[] {
  const others = list.filter((one) => one.name !== name);
  const usable = others.filter((one) => one.fit === null || fits(one));
  return (usable.length > 0 ? usable : others)
    .toSorted((a, b) => (b.fit ?? 0) - (a.fit ?? 0))
    .slice(0, CHIPS);
}

export function Suggestions({ state, row }: { state: Desk; row: NamedRow }) {
  const list = useSignal<readonly Suggestion[] | null>(null);
  const asked = useSignal<string | null>(null);
  useEffect(() => {
    list.value = null;
    asked.value = null;
    // Someone who walks through the list does not want suggestions for every row on the way.
    const timer = setTimeout(() => {
      asked.value = row.id;
    }, DWELL);
    return () => clearTimeout(timer);
  }, [row.id, row.turned, list, asked]);
  useSignalEffect(() => {
    if (asked.value !== null) list.value = state.suggestions(asked.value).value;
  });
  const chips = bestSuggestions(list.value ?? [], row.name);
  return (
    <fieldset class="lb-suggestions lb-noprint">
      <legend class="ws-hidden">Suggested names</legend>
      <span class="lb-fine">
        {list.value === null ? "Suggestions…" : chips.length > 0 ? "Suggested" : "No suggestions"}
      </span>
      {chips.map(({ name, fit, source }) => (
        <button
          key={`${source} ${name}`}
          type="button"
          class="lb-chip"
          title={`Suggested by ${source}${fits({ fit }) ? `, rough fit ${decimal(fit)} where it was chosen` : fit === null ? "" : "; it hardly fits"}`}
          onClick={() => state.rename(row, name)}
        >
          <span dir="auto">{name}</span>
          <span class="lb-fine">
            {source}
            {fits({ fit }) && ` ${decimal(fit)}`}
          </span>
        </button>
      ))}
    </fieldset>
  );
}
