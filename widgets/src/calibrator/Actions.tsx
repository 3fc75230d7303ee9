/** What can be done with the votes: into the mixer, into a file, more of them, or away with them. */
import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { plural } from "../shared/format";
import { download, fileName, votesCsv } from "./csv";
import { MORE, type State } from "./state";

function heard(state: State): string {
  if (state.handed.value === "no") return "";
  if (state.handed.value === "taken") return "The mixer on this page now has your weights.";
  const python = state.keeper === "python" ? " In Python your weights are calibrator.person." : "";
  return `No mixer of this study is on this page.${python}`;
}

function Delete({ state }: { state: State }) {
  const asking = useSignal(false);
  const ask = (on: boolean) => (): void => {
    asking.value = on;
  };
  if (!asking.value) {
    return (
      <button type="button" class="lb-button" onClick={ask(true)}>
        Delete my votes
      </button>
    );
  }
  return (
    <span class="cb-sure">
      <span>{`Delete ${plural(state.votes.value.length, "vote")} for good?`}</span>
      <button type="button" class="lb-button cb-delete" onClick={state.forget}>
        Delete
      </button>
      <button type="button" class="lb-button" onClick={ask(false)}>
        Keep
      </button>
    </span>
  );
}

export function Actions({ state }: { state: State }) {
  const root = useRef<HTMLDivElement>(null);
  const save = (): void => {
    const [snapshot, consent] = [state.snapshot.peek(), state.consent.peek()];
    if (!snapshot || !consent || !root.current) return;
    const text = votesCsv(snapshot, state.votes.peek(), consent);
    download(fileName(snapshot.study.name), text, root.current.ownerDocument);
    state.said.value = "Votes downloaded";
  };
  const left = state.left.value;
  const python = state.keeper === "python";
  return (
    <div class="cb-actions lb-noprint" ref={root}>
      <div class="cb-row">
        {/* A page of its own has no mixer beside it. */}
        {python && (
          <button type="button" class="lb-button lb-primary" onClick={state.hand}>
            Use in the mixer
          </button>
        )}
        <button
          type="button"
          class={`lb-button${python ? "" : " lb-primary"}`}
          disabled={state.judged.value === 0}
          onClick={save}
        >
          Download votes (CSV)
        </button>
        {state.done.value && left > 0 && (
          <button type="button" class="lb-button" onClick={state.more}>
            {plural(Math.min(MORE, left), "more pair")}
          </button>
        )}
        <Delete state={state} />
      </div>
      <p class="lb-fine" role="status">
        {heard(state)}
      </p>
    </div>
  );
}
