/** What the list shows, search, order and filters above it. */
import { useSignal } from "@preact/signals";
import type { Kind, Status } from "../protocol";
import { plural } from "../shared/format";
import { STATUSES } from "../shared/names";
import { Choice, CountLine, FilterButton, Fold, FoldedLine, Search } from "../shared/Tools";
import { type By, countFilters, type Filters, orderBy, ordersOf } from "./order";
import type { State, View } from "./state";

function Views({ state }: { state: State }) {
  const { one, many } = state.things.value;
  const views: readonly [View, string, string][] = [
    ["effects", "Effects", `what each ${one} expresses (p)`],
    ["prevalence", "Prevalence", `what each ${one} can measure (p)`],
    ["conflicts", `Conflicts ${state.conflicts.value.length}`, `where ${many} contradict each other (c)`],
  ];
  return (
    <fieldset class="lb-statuses cp-views">
      <legend class="ws-hidden">What the list shows</legend>
      {views.map(([view, word, about]) => (
        <label key={view} title={about}>
          <input
            type="radio"
            class="ws-hidden"
            name={`${state.uid}-view`}
            checked={state.showing.value === view}
            onChange={() => {
              state.showing.value = view;
            }}
          />
          <span>{word}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Tick({ word, checked, set }: { word: string; checked: boolean; set: (on: boolean) => void }) {
  return (
    <label class="lb-tick">
      <input type="checkbox" checked={checked} onChange={(event) => set(event.currentTarget.checked)} />
      {word}
    </label>
  );
}

function FilterPanel({ state, id }: { state: State; id: string }) {
  const filters = state.filters.value;
  const set = (part: Partial<Filters>): void => {
    state.filters.value = { ...state.filters.peek(), ...part };
  };
  return (
    <fieldset id={id} class="lb-filters">
      <legend class="ws-hidden">Filters</legend>
      <Choice
        label="Kind"
        value={filters.kind ?? ""}
        options={[
          ["", "any"],
          ["measured", "measured"],
          ["discovered", "discovered"],
        ]}
        onChange={(value) => set({ kind: (value || null) as Kind | null })}
      />
      <Choice
        label="Status"
        value={filters.status ?? ""}
        options={[["", "any"], ...STATUSES.map((status) => [status, status] as const)]}
        onChange={(value) => set({ status: (value || null) as Status | null })}
      />
      <Choice
        label="With an effect in"
        value={String(filters.effect ?? "")}
        options={[
          ["", "no matter where"],
          ["any", `any ${state.things.value.one}`],
          ...state.datasets.value.map(({ name }, index) => [String(index), name] as const),
        ]}
        onChange={(value) => set({ effect: value === "" ? null : value === "any" ? "any" : Number(value) })}
      />
      <Tick word="conflicts only" checked={filters.conflicts} set={(conflicts) => set({ conflicts })} />
      <Tick
        word="differing only (q ≤ 0.05)"
        checked={filters.differing}
        set={(differing) => set({ differing })}
      />
      <Tick word="washing out only" checked={filters.washesOut} set={(washesOut) => set({ washesOut })} />
    </fieldset>
  );
}

function OrderChoice({ state }: { state: State }) {
  const order = state.order.value;
  return (
    <div class="cp-order">
      <label>
        <span class="lb-fine">by </span>
        <select
          aria-label="Order of the features"
          value={order.by}
          onChange={(event) => {
            state.order.value = orderBy(event.currentTarget.value as By);
          }}
        >
          {ordersOf(state.datasets.value, state.things.value.many).map(([by, word]) => (
            <option key={by} value={by}>
              {word}
            </option>
          ))}
        </select>
      </label>
      <button
        type="button"
        class="lb-iconbutton"
        aria-label={order.down ? "Highest first; turn the order round" : "Lowest first; turn the order round"}
        title={order.down ? "Highest first" : "Lowest first"}
        onClick={() => {
          state.order.value = { ...order, down: !order.down };
        }}
      >
        <span aria-hidden="true">{order.down ? "↓" : "↑"}</span>
      </button>
    </div>
  );
}

export function Toolbar({ state }: { state: State }) {
  const open = useSignal(false);
  const active = countFilters(state.filters.value);
  const listed = state.showing.value !== "conflicts";
  const id = `${state.uid}-filters`;
  return (
    <div class="lb-toolbar lb-noprint">
      <FoldedLine state={state} />
      <div class="lb-searchline cp-viewline">
        <Fold state={state} />
        <Views state={state} />
      </div>
      <div class="lb-searchline">
        <Search state={state} placeholder="Search names" />
        <FilterButton open={open} id={id} active={active} />
      </div>
      {open.value && <FilterPanel state={state} id={id} />}
      <CountLine
        state={state}
        all={state.rows.value.length}
        active={active}
        after={listed ? "" : `, ${plural(state.conflicts.value.length, "conflict")}, largest first`}
      >
        {listed && <OrderChoice state={state} />}
      </CountLine>
    </div>
  );
}
