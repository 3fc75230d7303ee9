/** The whole widget: datasets and their mixture, the list, the chosen feature; or a word on why there is nothing yet. */
import { plural } from "../shared/format";
import { Guard, Loading } from "../shared/Guard";
import { Help } from "../shared/Help";
import { HelpButton, Notices, Saving, Undo } from "../shared/Work";
import { Conflicts } from "./Conflicts";
import { Detail } from "./Detail";
import { Legend } from "./Legend";
import { LOOK, WORK } from "./lines";
import type { State } from "./state";
import { Table } from "./Table";
import { Toolbar } from "./Toolbar";

function Bar({ state }: { state: State }) {
  const comparison = state.snapshot.value?.comparison;
  const editable = state.editable.value;
  const many = state.datasets.value.length;
  const { one, many: several } = state.things.value;
  const about = `${plural(many, one, several)}${one === "slice" ? ` by ${comparison?.by}` : ""}`;
  return (
    <header class="lb-bar">
      <div class="lb-study">
        <b dir="auto">{comparison?.name}</b>{" "}
        <span class="lb-fine">{`${about} · ${plural(state.rows.value.length, "feature")}`}</span>
      </div>
      <span class="lb-grow" />
      {editable && (
        <>
          <Saving state={state} />
          <Undo state={state} />
        </>
      )}
      <HelpButton state={state} />
    </header>
  );
}

function List({ state }: { state: State }) {
  const showing = state.showing.value;
  if (showing === "conflicts") return <Conflicts state={state} />;
  return (
    <>
      <Table key={showing} state={state} how={showing} />
      {state.view.value.length === 0 && (
        <div class="lb-empty">
          <p>No feature is left by this search and these filters.</p>
          <button type="button" class="lb-button" onClick={state.clearFilters}>
            Clear search and filters
          </button>
        </div>
      )}
    </>
  );
}

export function App({ state }: { state: State }) {
  if (!state.snapshot.value) return <Loading what="the comparison" />;
  const row = state.chosen.value;
  if (!row) {
    return (
      <div class="lb-blank">
        <p>
          <b>This comparison has no features.</b>
        </p>
      </div>
    );
  }
  return (
    <>
      <Bar state={state} />
      <Notices state={state} />
      <Legend state={state} />
      <div class={`lb-panes${state.folded.value ? " lb-folded" : ""}`}>
        <section class="lb-list" aria-label="List of features">
          <Toolbar state={state} />
          <div class="lb-scroll">
            <Guard what="The list">
              <List state={state} />
            </Guard>
          </div>
        </section>
        <section class="lb-main lb-scroll" aria-label="Chosen feature">
          <Guard what="This feature" key={row.id}>
            <Detail state={state} row={row} />
          </Guard>
        </section>
      </div>
      {state.help.value && <Help state={state} look={LOOK} work={WORK} />}
    </>
  );
}
