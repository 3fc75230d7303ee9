/** The whole widget: a bar, the list, the chosen feature; or a word on why there is nothing yet. */
import { Component, type ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Bar, Notices } from "./Bar";
import { Detail } from "./Detail";
import { Help } from "./Help";
import { UNNAMED } from "./rows";
import type { State } from "./state";
import { Table } from "./Table";
import { NothingFound, Toolbar } from "./Toolbar";
import { Verify } from "./Verify";

/** A fault in drawing one part is said, and does not take the rest down. */
class Guard extends Component<{ children: ComponentChildren; what: string }, { broken: string | null }> {
  override state = { broken: null };
  static override getDerivedStateFromError(error: unknown) {
    return { broken: error instanceof Error ? error.message : String(error) };
  }
  override render() {
    if (this.state.broken === null) return this.props.children;
    return (
      <div class="lb-empty" role="alert">
        <p>
          <b>{this.props.what} could not be drawn.</b>
        </p>
        <p class="lb-fine">{this.state.broken}</p>
        <button type="button" class="lb-button" onClick={() => this.setState({ broken: null })}>
          Try again
        </button>
      </div>
    );
  }
}

function Loading() {
  return (
    <div class="lb-blank" role="status">
      <div class="lb-skeleton" aria-hidden="true">
        <i />
        <i />
        <i />
      </div>
      <p>Waiting for the study. If this stays, run the cell again.</p>
    </div>
  );
}

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
  if (!state.snapshot.value) return <Loading />;
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
      {state.help.value && <Help state={state} />}
    </>
  );
}
