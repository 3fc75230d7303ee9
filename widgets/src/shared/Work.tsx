/** Whether the work is saved, undo, help; and what a person must know. The same in all widgets. */
import type { Signal } from "@preact/signals";
import type { Desk } from "./desk";
import { plural } from "./format";
import { Icon } from "./icons";

export function Saving({ state }: { state: Desk }) {
  const saving = state.outbox.saving.value;
  const { store, author } = state.work.value;
  if (saving.kind === "waiting") {
    return (
      <span class="lb-saving lb-unsaved">
        <Icon shape="warn" />
        {`${plural(saving.count, "edit")} not saved yet`}
      </span>
    );
  }
  return (
    <span class="lb-saving" title={author ? `As ${author}` : undefined}>
      {saving.kind === "saving" ? <i class="lb-spin" aria-hidden="true" /> : <Icon shape="check" />}
      {saving.kind === "saving" ? "Saving…" : store ? `Kept in ${store}` : "Saved"}
      {author && <span class="lb-fine lb-author">{` as ${author}`}</span>}
    </span>
  );
}

export function Undo({ state }: { state: Desk }) {
  return (
    <div class="lb-undo lb-noprint">
      <button
        type="button"
        class="lb-iconbutton"
        aria-label="Undo"
        title="Undo (Ctrl+Z)"
        disabled={!state.canUndo.value}
        onClick={() => state.undo()}
      >
        <Icon shape="undo" />
      </button>
      <button
        type="button"
        class="lb-iconbutton"
        aria-label="Redo"
        title="Do again (Ctrl+Shift+Z)"
        disabled={!state.canRedo.value}
        onClick={() => state.redo()}
      >
        <Icon shape="redo" />
      </button>
    </div>
  );
}

export function HelpButton({ state }: { state: Desk }) {
  return (
    <button
      type="button"
      class="lb-iconbutton lb-noprint"
      aria-label="Help: all keys"
      title="All keys (?)"
      onClick={() => {
        state.help.value = true;
      }}
    >
      <span aria-hidden="true">?</span>
    </button>
  );
}

/** What went wrong, until it is put away. */
export function Trouble({ error }: { error: Signal<string | null> }) {
  const said = error.value;
  if (!said) return null;
  return (
    <div class="lb-banner lb-bad" role="alert">
      <Icon shape="warn" />
      <span>{said}</span>
      <button
        type="button"
        class="lb-iconbutton"
        aria-label="Dismiss"
        onClick={() => {
          error.value = null;
        }}
      >
        <Icon shape="close" />
      </button>
    </div>
  );
}

export function Notices({ state }: { state: Desk }) {
  const waiting = state.outbox.saving.value.kind === "waiting";
  const failure = state.outbox.failure.value;
  const count = state.outbox.pending.value.length;
  return (
    <>
      {(waiting || state.noKernel.value) && (
        <div class="lb-banner" role="status">
          <Icon shape="warn" />
          <span>
            <b>The kernel does not answer.</b>{" "}
            {waiting
              ? `${plural(count, "edit is", "edits are")} not saved: kept here and sent when it does.`
              : "What is here can be read, sorted and searched; more pairs, highlights, tests and saving wait for it."}{" "}
            If it was restarted, run the cell again.
          </span>
          {waiting && (
            <button type="button" class="lb-button" onClick={() => state.outbox.nudge()}>
              Try now
            </button>
          )}
        </div>
      )}
      {failure && (
        <div class="lb-banner lb-bad" role="alert">
          <Icon shape="warn" />
          <span>
            <b>An edit was taken back:</b> {failure.message}
          </span>
          <button type="button" class="lb-button" onClick={() => state.outbox.push(failure.edit)}>
            Try again
          </button>
          <button type="button" class="lb-iconbutton" aria-label="Dismiss" onClick={state.outbox.forgive}>
            <Icon shape="close" />
          </button>
        </div>
      )}
      <Trouble error={state.error} />
      <div class="ws-hidden" aria-live="polite">
        {state.said.value}
      </div>
    </>
  );
}
