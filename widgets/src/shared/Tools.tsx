/** What stands above a list of features in every widget: search, choices, and a way to put the list away. */
import type { ReadonlySignal, Signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { Desk } from "./desk";
import { plural } from "./format";
import { Icon } from "./icons";
import type { NamedRow } from "./names";

export interface Listing extends Desk {
  /** What the table shows. */
  view: ReadonlySignal<readonly NamedRow[]>;
  chosen: ReadonlySignal<NamedRow | null>;
  search: Signal<string>;
  clearFilters(): void;
  step(by: number): void;
  /** Whether the list is put away, where it is narrow. */
  folded: Signal<boolean>;
}

interface ChoiceProps {
  label: string;
  value: string;
  options: readonly (readonly [string, string])[];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options, onChange }: ChoiceProps) {
  return (
    <label class="lb-choice">
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        {options.map(([key, word]) => (
          <option key={key} value={key}>
            {word}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Puts the list away and back where it stands above the feature. */
export function Fold({ state }: { state: Listing }) {
  const folded = state.folded.value;
  const word = folded ? "Show the list" : "Hide the list";
  return (
    <button
      type="button"
      class="lb-button lb-fold"
      aria-expanded={!folded}
      aria-label={word}
      title={word}
      onClick={() => {
        state.folded.value = !folded;
      }}
    >
      <Icon shape="list" /> {folded && word}
    </button>
  );
}

function Steps({ state }: { state: Listing }) {
  return (
    <>
      <span class="lb-grow" />
      <button type="button" class="lb-button" title="Previous feature ([)" onClick={() => state.step(-1)}>
        Previous
      </button>
      <button type="button" class="lb-button" title="Next feature (])" onClick={() => state.step(1)}>
        Next
      </button>
    </>
  );
}

/** Stands in the place of the list that was put away. */
export function FoldedLine({ state }: { state: Listing }) {
  return (
    <div class="lb-foldedline">
      <Fold state={state} />
      <Steps state={state} />
    </div>
  );
}

export function Search({ state, placeholder }: { state: Listing; placeholder: string }) {
  return (
    <label class="lb-search">
      <Icon shape="search" />
      <input
        type="search"
        data-lb-search
        aria-label="Search features"
        placeholder={placeholder}
        value={state.search.value}
        autocomplete="off"
        spellcheck={false}
        onInput={(event) => {
          state.search.value = event.currentTarget.value;
        }}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "Enter" && event.key !== "Escape") return;
          event.preventDefault();
          event.stopPropagation();
          if (event.key === "Escape") state.search.value = "";
          // What was looked for is meant: the first of what was found, unless the chosen one is among it.
          else if (!state.view.peek().some((row) => row.id === state.chosen.peek()?.id)) state.step(1);
          state.focusList();
        }}
      />
      <kbd>/</kbd>
    </label>
  );
}

/** Opens the filters, and says how many are set. */
export function FilterButton({ open, id, active }: { open: Signal<boolean>; id: string; active: number }) {
  return (
    <button
      type="button"
      class="lb-button"
      aria-expanded={open.value}
      aria-controls={id}
      onClick={() => {
        open.value = !open.peek();
      }}
    >
      <Icon shape="filter" /> Filter
      {active > 0 && <span class="lb-badge">{active}</span>}
    </button>
  );
}

interface CountProps {
  state: Listing;
  all: number;
  /** How many filters are set. */
  active: number;
  /** Goes on after the count. */
  after?: string;
  /** Stands there while nothing narrows the list. */
  whole?: ComponentChildren;
  children: ComponentChildren;
}

/** How many features are listed, and a way back to all of them. */
export function CountLine({ state, all, active, after = "", whole, children }: CountProps) {
  const narrowed = active > 0 || state.search.value.trim() !== "";
  const count = narrowed ? `${state.view.value.length} of ${all} features` : plural(all, "feature");
  return (
    <div class="lb-countline">
      <span role="status">{`${count}${after}`}</span>
      {narrowed ? (
        <button type="button" class="lb-link" onClick={state.clearFilters}>
          Clear
        </button>
      ) : (
        whole
      )}
      <span class="lb-grow" />
      {children}
    </div>
  );
}
