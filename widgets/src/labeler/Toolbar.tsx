/** Search, filters, order and progress above the table. */
import { useSignal } from "@preact/signals";
import type { Kind, Status } from "../protocol";
import { STATUSES } from "../shared/names";
import { Choice, CountLine, FilterButton, Fold, FoldedLine, Search } from "../shared/Tools";
import { type Column, countFilters, type Filters, NO_FILTERS, progress, type Sort } from "./rows";
import type { State } from "./state";

const ORDERS: readonly [string, string][] = [
  ["", "surest effects first"],
  ["delta_win down", "delta-win, highest"],
  ["delta_win up", "delta-win, lowest"],
  ["name up", "name"],
  ["status up", "status"],
  ["kind up", "kind"],
  ["prevalence down", "prevalence"],
  ["fidelity down", "fidelity"],
  ["stability down", "stability"],
];

/** In which order the list stands, in words. */
export function orderWords(sort: Sort | null): string {
  if (!sort) return "surest effects first";
  const key = `${sort.column} ${sort.down ? "down" : "up"}`;
  const word = ORDERS.find(([order]) => order === key)?.[1];
  return `by ${word ?? `${sort.column.replace("_", "-")}, reversed`}`;
}

export function Progress({ state }: { state: State }) {
  const { done, of, by } = progress(state.rows.value);
  const editable = state.editable.value;
  // Who reads a report has nothing to get done.
  if (!editable && done === 0) return null;
  const detail = STATUSES.map((status) => `${by[status]} ${status}`).join(", ");
  return (
    <div class="lb-progress" title={detail}>
      <span>
        <b>{done}</b> of {of} {editable ? "done" : "labelled by a person"}
      </span>
      <progress max={Math.max(1, of)} value={done} aria-label={`Progress: ${detail}`} />
    </div>
  );
}

function FilterPanel({ state, id }: { state: State; id: string }) {
  const filters = state.filters.value;
  const sort = state.sort.value;
  const set = (part: Partial<Filters>): void => {
    state.filters.value = { ...state.filters.peek(), ...part };
  };
  const any = (word: string): readonly [string, string] => ["", word];
  return (
    <fieldset id={id} class="lb-filters">
      <legend class="ws-hidden">Filters and order</legend>
      <Choice
        label="Kind"
        value={filters.kind ?? ""}
        options={[any("any"), ["measured", "measured"], ["discovered", "discovered"]]}
        onChange={(value) => set({ kind: (value || null) as Kind | null })}
      />
      <Choice
        label="Status"
        value={filters.status ?? ""}
        options={[any("any"), ...STATUSES.map((status) => [status, status] as const)]}
        onChange={(value) => set({ status: (value || null) as Status | null })}
      />
      <Choice
        label="Direction"
        value={filters.direction ?? ""}
        options={[any("any"), ["up", "preferred more (+)"], ["down", "preferred less (−)"]]}
        onChange={(value) => set({ direction: (value || null) as Filters["direction"] })}
      />
      <Choice
        label="Order"
        value={sort ? `${sort.column} ${sort.down ? "down" : "up"}` : ""}
        options={
          sort && !ORDERS.some(([key]) => key === `${sort.column} ${sort.down ? "down" : "up"}`)
            ? [...ORDERS, [`${sort.column} ${sort.down ? "down" : "up"}`, orderWords(sort).slice(3)]]
            : ORDERS
        }
        onChange={(value) => {
          const [column, way] = value.split(" ");
          state.sort.value = column ? { column: column as Column, down: way === "down" } : null;
        }}
      />
      <label class="lb-tick">
        <input
          type="checkbox"
          checked={filters.significant}
          onChange={(event) => set({ significant: event.currentTarget.checked })}
        />
        significant only
      </label>
      <label class="lb-tick">
        <input
          type="checkbox"
          checked={filters.recurs}
          onChange={(event) => set({ recurs: event.currentTarget.checked })}
        />
        recurring only
      </label>
    </fieldset>
  );
}

export function Toolbar({ state }: { state: State }) {
  const open = useSignal(false);
  const active = countFilters(state.filters.value);
  const id = `${state.uid}-filters`;
  return (
    <div class="lb-toolbar lb-noprint">
      <FoldedLine state={state} />
      <div class="lb-searchline">
        <Fold state={state} />
        <Search state={state} placeholder="Search names, notes, tags" />
        <FilterButton open={open} id={id} active={active} />
      </div>
      {open.value && <FilterPanel state={state} id={id} />}
      <CountLine
        state={state}
        all={state.rows.value.length}
        active={active}
        whole={<span class="lb-order">{orderWords(state.sort.value)}</span>}
      >
        <Progress state={state} />
      </CountLine>
    </div>
  );
}

export function NothingFound({ state }: { state: State }) {
  const filters = state.filters.value !== NO_FILTERS && countFilters(state.filters.value) > 0;
  return (
    <div class="lb-empty">
      <p>
        No feature matches{state.search.value.trim() ? ` “${state.search.value.trim()}”` : ""}
        {filters ? " with these filters" : ""}.
      </p>
      <button type="button" class="lb-button" onClick={state.clearFilters}>
        Clear search and filters
      </button>
    </div>
  );
}
