/** Top of the widget: what is looked at, undo, whether the work is saved. */
import { useComputed, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { plural } from "../shared/format";
import { HelpButton, Saving, Undo } from "../shared/Work";
import { NamingButton } from "./naming/Progress";
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

export function Bar({ state }: { state: State }) {
  const study = state.snapshot.value?.study;
  const editable = state.editable.value;
  if (!study) return null;
  const about = [
    plural(study.pairs, "pair"),
    study.rows !== study.pairs ? plural(study.rows, "row") : "",
    study.prompts > 0 ? plural(study.prompts, "prompt") : "",
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
          <NamingButton state={state} />
          <LastEdit state={state} />
          <Saving state={state} />
          <Undo state={state} />
        </>
      )}
      <HelpButton state={state} />
    </header>
  );
}
