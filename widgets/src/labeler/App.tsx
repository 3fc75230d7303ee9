/** The whole widget: a bar, the list, the chosen feature; or a word on why there is nothing yet. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { Guard, Loading } from "../shared/Guard";
import { Help } from "../shared/Help";
import { UNNAMED } from "../shared/names";
import { Notices } from "../shared/Work";
import { Bar } from "./Bar";
import { Detail } from "./Detail";
import { LOOK, WORK } from "./lines";
import { NamingPanel } from "./naming/Panel";
import type { State } from "./state";
import { Table } from "./Table";
import { NothingFound, Toolbar } from "./Toolbar";
import { Verify } from "./Verify";

function Right({ state }: { state: State }) {
  const row = state.chosen.value;
  if (!row) return <p class="lb-empty">No feature is chosen.</p>;
  if (state.mode.value === "verify" && state.editable.value) {
    return (
      <Verify
        key={row.id}
        connection={state.connection}
        feature={row.id}
        name={row.name === UNNAMED ? "this feature" : row.name}
        onClose={() => {
          state.mode.value = "read";
        }}
      />
    );
  }
  return <Detail state={state} row={row} />;
}

export function App({ state }: { state: State }) {
  const verifying = state.mode.value === "verify" && state.editable.value;
  const before = useRef(verifying);
  useLayoutEffect(() => {
    // Back from a blind test the keys work where they did before.
    if (before.current && !verifying) state.focusList();
    before.current = verifying;
  }, [verifying, state]);
  if (!state.snapshot.value) return <Loading what="the study" />;
  if (state.rows.value.length === 0) {
    return (
      <div class="lb-blank">
        <p>
          <b>This study has no features.</b>
        </p>
        <p class="lb-fine">A study needs pairs whose two responses differ; see study.features in Python.</p>
      </div>
    );
  }
  return (
    <>
      <Bar state={state} />
      <Notices state={state} />
      {state.editable.value && (
        <Guard what="The panel">
          <NamingPanel state={state} />
        </Guard>
      )}
      <div class={`lb-panes${state.folded.value ? " lb-folded" : ""}${verifying ? " lb-verifying" : ""}`}>
        <section class="lb-list" aria-label="List of features">
          <Toolbar state={state} />
          <div class="lb-scroll">
            <Guard what="The list">
              <Table state={state} />
              {state.view.value.length === 0 && <NothingFound state={state} />}
            </Guard>
          </div>
        </section>
        <section class="lb-main lb-scroll" aria-label="Chosen feature">
          <Guard what="This feature" key={state.chosen.value?.id}>
            <Right state={state} />
          </Guard>
        </section>
      </div>
      {state.help.value && <Help state={state} look={LOOK} work={WORK} />}
    </>
  );
}
