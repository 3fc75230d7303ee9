/** Suggested names, one click away, fetched for a feature that a person stays at. */
import { useSignal, useSignalEffect } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Suggestion } from "../protocol";
import type { Desk } from "./desk";
import { decimal, plural, range } from "./format";
import type { NamedRow } from "./names";

const DWELL = 250;
const FITS = 0.05;

const fits = ({ fit }: Pick<Suggestion, "fit">): boolean => fit !== null && fit >= FITS;

/** Whether it was measured on pairs that neither suggested nor chose it. */
const isScored = ({ n }: Suggestion): boolean => n !== null && n !== undefined;

/** By a model, rather than drafted by a formula. */
const isProposed = ({ kept }: Suggestion): boolean => kept !== undefined;

/** Which group it stands in: the lower, the earlier. */
function place(one: Suggestion): number {
  const may = one.fit === null || fits(one);
  return [one.kept, one.winner || isScored(one), may && isProposed(one), may, true].findIndex(Boolean);
}

/**
 * What models proposed first, of that what was tested, and the best fitting first; a rival that hardly fits stands
 * last, and a formula's draft that hardly fits only where nothing else is there.
 */
export function bestSuggestions(list: readonly Suggestion[], name: string): readonly Suggestion[] {
  const others = list.filter((one) => one.name !== name);
  const usable = others.filter((one) => place(one) < 4 || isProposed(one));
  return (usable.length > 0 ? usable : others).toSorted(
    (a, b) => place(a) - place(b) || (b.fit ?? 0) - (a.fit ?? 0),
  );
}

/** All that is known of it, for who hovers or listens. */
export function suggestionWords(one: Suggestion): string {
  const { fit, source, note, low, high, n, kept } = one;
  const by = `Suggested by ${source}`;
  const more = note ? `\n${note}` : "";
  if (isScored(one)) {
    const chance = kept === false ? "; not kept, for it could be chance" : "";
    const scored = `fidelity r ${decimal(fit)} (95% interval ${range(low, high, decimal)}) on ${plural(n ?? 0, "other pair")}`;
    return `${by}, ${scored}${chance}.${more}`;
  }
  const rough = fits(one) ? `, rough fit ${decimal(fit)} where it was chosen` : "; it hardly fits";
  return `${by}${fit === null ? "" : rough}${more}`;
}

function fitWords(one: Suggestion): string {
  const fit = ` ${decimal(one.fit)}`;
  if (!isScored(one)) return fits(one) ? fit : "";
  return `${fit} (${range(one.low, one.high, decimal)})${one.kept === false ? ", not kept" : ""}`;
}

interface SuggestionsProps {
  state: Desk;
  row: NamedRow;
  /** A way to more of them. */
  children?: ComponentChildren;
}

export function Suggestions({ state, row, children }: SuggestionsProps) {
  const list = useSignal<readonly Suggestion[] | null>(null);
  const asked = useSignal<string | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const open = useSignal(false);
  /** How many do not stand in the lines that there are. */
  const more = useSignal(0);
  useEffect(() => {
    list.value = null;
    asked.value = null;
    open.value = false;
    // Someone who walks through the list does not want suggestions for every row on the way.
    const timer = setTimeout(() => {
      asked.value = row.id;
    }, DWELL);
    return () => clearTimeout(timer);
  }, [row.id, row.turned, list, asked, open]);
  useSignalEffect(() => {
    if (asked.value !== null) list.value = state.suggestions(asked.value).value;
  });
  const chips = bestSuggestions(list.value ?? [], row.name);
  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    const measure = (): void => {
      const all = [...element.children] as HTMLElement[];
      const end = element.offsetTop + element.clientHeight;
      const beyond = all.filter((chip) => chip.offsetTop > end);
      // While all are shown it stays as it was: the button that folds them again is there, and has the focus.
      if (!open.value) more.value = beyond.length;
      // What has the focus does not go out of sight when others come before it.
      open.value ||= beyond.some((chip) => chip.matches(":focus"));
      for (const chip of all) chip.inert = !open.value && beyond.includes(chip);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  });
  return (
    <fieldset class="lb-suggestions lb-noprint">
      <legend class="ws-hidden">Suggested names</legend>
      <div class="lb-suggestword">
        <span class="lb-fine">
          {list.value === null ? "Suggestions…" : chips.length > 0 ? "Suggested" : "No suggestions"}
        </span>
        {more.value > 0 && (
          <button
            type="button"
            class="lb-link"
            aria-expanded={open.value}
            onClick={() => {
              open.value = !open.value;
            }}
          >
            {open.value ? "Fewer" : `+${more.value} more`}
          </button>
        )}
      </div>
      <div ref={box} class="lb-chips">
        {chips.map((one) => (
          <button
            key={`${one.source} ${one.name}`}
            type="button"
            class={`lb-chip${one.kept ? " lb-kept" : ""}`}
            title={`${one.name}\n${suggestionWords(one)}`}
            onClick={() => state.rename(row, one.name)}
          >
            <span class="lb-chipname" dir="auto">
              {one.name}
            </span>
            <span class="lb-fine lb-chipfrom" dir="auto">
              {one.source}
            </span>
            <span class="lb-fine lb-chipfit">{fitWords(one)}</span>
          </button>
        ))}
      </div>
      {children}
    </fieldset>
  );
}
