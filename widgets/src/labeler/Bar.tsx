/** Top of the widget: what is looked at, undo, whether the work is saved; below it what a person must know. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { plural } from "../shared/format";
import { Icon } from "./icons";
import type { State } from "./state";

/** "just now", "12 min ago", "3 h ago", else the date. */
export function ago(time: string, now: number): string {
  const then = Date.parse(time);
  if (Number.isNaN(then)) return "";
  const minutes = Math.floor((now - then) / 60_000);
  if (minutes < 1) return "just now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ago`;
  return new Date(then).toISOString().slice(0, 10);
}

function LastEdit({ state }: { state: State }) {
  const now = useSignal(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      now.value = Date.now();
    }, 30_000);
    return () => clearInterval(timer);
  }, [now]);
  const last = useComputed(() =>
    state.rows.value
      .map(({ label }) => label)
      .filter(({ time }) => time !== undefined)
      .reduce<{ time?: string; author?: string }>(
        (latest, label) => ((label.time ?? "") > (latest.time ?? "") ? label : latest),
        {},
      ),
  ).value;
  if (!last.time) return null;
  const other = last.author && last.author !== state.work.value.author ? ` by ${last.author}` : "";
  return (
    <span class="lb-fine lb-lastedit">{`last edit ${ago(last.time, Math.max(now.value, Date.now()))}${other}`}</span>
  );
}

function Saving({ state }: { state: State }) {
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

export function Bar({ state }: { state: State }) {
  const study = state.snapshot.value?.study;
  const editable = state.editable.value;
  if (!study) return null;
  const about = [
    plural(study.pairs, "pair"),
    study.rows !== study.pairs ? plural(study.rows, "row") : "",
    plural(study.prompts, "prompt"),
    study.annotators > 0 ? plural(study.annotators, "annotator") : "",
    study.labelled === 0 ? "no votes" : "",
  ].filter((part) => part !== "");
  return (
    <header class="lb-bar">
      <div class="lb-study">
        <b dir="auto">{study.name}</b>{" "}
        <span
          class="lb-fine"
          title={
            study.rows !== study.pairs
              ? "A pair that several people judged stands in several rows."
              : undefined
          }
        >
          {about.join(" · ")}
        </span>
      </div>
      <span class="lb-grow" />
      {editable && (
        <>
          <LastEdit state={state} />
          <Saving state={state} />
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
        </>
      )}
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
    </header>
  );
}

export function Notices({ state }: { state: State }) {
  const waiting = state.outbox.saving.value.kind === "waiting";
  const failure = state.outbox.failure.value;
  const error = state.error.value;
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
      {error && (
        <div class="lb-banner lb-bad" role="alert">
          <Icon shape="warn" />
          <span>{error}</span>
          <button
            type="button"
            class="lb-iconbutton"
            aria-label="Dismiss"
            onClick={() => {
              state.error.value = null;
            }}
          >
            <Icon shape="close" />
          </button>
        </div>
      )}
      <div class="ws-hidden" aria-live="polite">
        {state.said.value}
      </div>
    </>
  );
}
