/** The whole widget: one of three stages, under a bar that says where one is. */
import { signal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { Guard, Loading } from "../shared/Guard";
import { Help } from "../shared/Help";
import { Icon } from "../shared/icons";
import { HelpButton } from "../shared/Work";
import { Judge } from "./Judge";
import { LOOK, WORK } from "./keys";
import { Result } from "./Result";
import { Start } from "./Start";
import type { State } from "./state";

const ALWAYS = signal(true);

function Progress({ state }: { state: State }) {
  const at = Math.min(state.judged.value + 1, state.goal.value);
  const goal = state.goal.value;
  return (
    <span class="cb-progress">
      <progress max={goal} value={state.judged.value} aria-label="Pairs judged" />
      <span>
        <b>{at}</b>
        {` of ${goal}`}
      </span>
    </span>
  );
}

function Bar({ state }: { state: State }) {
  const stage = state.stage.value;
  const author = state.consent.value?.author;
  return (
    <header class="lb-bar cb-bar">
      <div class="lb-study">
        <b dir="auto">{state.snapshot.value?.study.name}</b>
        {author && stage !== "start" && (
          <span class="lb-fine">
            {" · "}
            <span dir="auto">{author}</span>
          </span>
        )}
      </div>
      <span class="lb-grow" />
      {stage === "judge" && <Progress state={state} />}
      {stage !== "start" && (
        <>
          <button
            type="button"
            class="lb-iconbutton lb-noprint"
            aria-label="Take the last vote back"
            title="Take the last vote back (u)"
            disabled={state.votes.value.length === 0}
            onClick={state.undoVote}
          >
            <Icon shape="undo" />
          </button>
          <HelpButton state={state} />
        </>
      )}
    </header>
  );
}

/** What a person must know of votes that are not where they should be. */
function Unkept({ state }: { state: State }) {
  const { silent, trouble } = state.keeping;
  const none = state.votes.value.length === 0;
  if (!silent.value && (trouble.value === "" || none)) return null;
  const where = state.stores
    ? "Your votes are kept in this browser until it does. If it was restarted, run the cell again and go on with them."
    : "Your votes are on this page alone: download them before you close it.";
  return (
    <div class="lb-banner lb-noprint" role="status">
      <Icon shape="warn" />
      {silent.value ? (
        <span>
          <b>The kernel does not answer.</b> {none ? "A file with your votes may still be there." : where}
        </span>
      ) : (
        <span>
          <b>Your votes are in no file:</b> <span dir="auto">{trouble.value}</span>
        </span>
      )}
    </div>
  );
}

function Stage({ state }: { state: State }) {
  const stage = state.stage.value;
  if (stage === "start") return <Start state={state} />;
  return stage === "judge" ? <Judge state={state} /> : <Result state={state} />;
}

/** Each pair, and each stage, begins at its top; with a new stage the focus, and with it the keys, go there. */
function usePane(stage: string, pair: number | undefined) {
  const pane = useRef<HTMLDivElement>(null);
  const before = useRef(stage);
  useLayoutEffect(() => {
    if (pane.current) pane.current.scrollTop = 0;
    if (before.current === stage) return; // what is drawn for the first time takes no focus from the rest of the page
    before.current = stage;
    pane.current?.querySelector<HTMLElement>("[data-stage]")?.focus({ preventScroll: true });
  }, [stage, pair]);
  return pane;
}

export function App({ state }: { state: State }) {
  const stage = state.stage.value;
  const pane = usePane(stage, stage === "judge" ? state.asked.value?.pair.row : undefined);
  if (!state.snapshot.value) return <Loading what="the pairs" />;
  return (
    <>
      <Bar state={state} />
      <Unkept state={state} />
      <div class="lb-scroll cb-pane" ref={pane}>
        <Guard what="This part" key={stage}>
          <Stage state={state} />
        </Guard>
      </div>
      <div class="ws-hidden" aria-live="polite">
        {state.said.value}
      </div>
      {state.help.value && <Help state={{ ...state, editable: ALWAYS }} look={LOOK} work={WORK} />}
    </>
  );
}
