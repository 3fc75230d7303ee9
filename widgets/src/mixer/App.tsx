/** The whole widget: whose weights, the sliders, what they lead to; or a word on why there is nothing yet. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { plural } from "../shared/format";
import { Guard, Loading } from "../shared/Guard";
import { Help } from "../shared/Help";
import { Icon } from "../shared/icons";
import { HelpButton, Trouble, Undo } from "../shared/Work";
import { Agreement } from "./Agreement";
import { LOOK } from "./lines";
import { Presets } from "./Presets";
import { Responses } from "./Responses";
import { Sliders } from "./Sliders";
import type { State } from "./state";
import { Toolbar } from "./Toolbar";

function Out({ state }: { state: State }) {
  const whole = state.editable.value;
  const busy = state.saving.value;
  return (
    <div class="mx-out lb-noprint">
      <button
        type="button"
        class="lb-button"
        title="Copy the weights as a line of Python: mixer.weights = {…}"
        onClick={() => void state.copyPython()}
      >
        <Icon shape="copy" /> Copy as Python
      </button>
      <button
        type="button"
        class="lb-button"
        aria-disabled={busy}
        title={
          whole
            ? "A file that scores any response with these weights: ws.Reward.open reads it"
            : "The weights by feature, as JSON"
        }
        onClick={() => void state.saveReward()}
      >
        <Icon shape="save" /> {busy ? "Saving…" : whole ? "Save reward" : "Save weights"}
      </button>
    </div>
  );
}

function Bar({ state }: { state: State }) {
  const study = state.snapshot.value?.study;
  if (!study) return null;
  const about = [
    plural(study.votes, "vote"),
    plural(study.annotators, "annotator"),
    study.prompts > 0 ? plural(study.prompts, "prompt") : "",
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <header class="lb-bar">
      <div class="lb-study">
        <b dir="auto">{study.name}</b> <span class="lb-fine">{about}</span>
      </div>
      <span class="lb-grow" />
      <Out state={state} />
      <Undo state={state} />
      <HelpButton state={state} />
    </header>
  );
}

/** Python to copy by hand, where there is no clipboard. */
function ByHand({ state, text }: { state: State; text: string }) {
  const area = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    area.current?.focus();
    area.current?.select();
  }, []);
  return (
    <div class="lb-banner mx-byhand">
      <label>
        <span>This page has no access to the clipboard: copy it from here (Ctrl C).</span>
        <textarea ref={area} readOnly rows={4} value={text} />
      </label>
      <button
        type="button"
        class="lb-iconbutton"
        aria-label="Close"
        onClick={() => {
          state.copying.value = null;
        }}
      >
        <Icon shape="close" />
      </button>
    </div>
  );
}

function Notices({ state }: { state: State }) {
  const text = state.copying.value;
  return (
    <>
      <Trouble error={state.error} />
      {text !== null && <ByHand state={state} text={text} />}
      <div class="ws-hidden" aria-live="polite">
        {state.said.value}
      </div>
    </>
  );
}

export function App({ state }: { state: State }) {
  if (!state.snapshot.value) return <Loading what="the mixer" />;
  if (state.rows.value.length === 0) {
    return (
      <div class="lb-blank">
        <p>
          <b>There are no features to weigh.</b>
        </p>
      </div>
    );
  }
  return (
    <>
      <Bar state={state} />
      <Notices state={state} />
      <Presets state={state} />
      <div class={`lb-panes${state.folded.value ? " lb-folded" : ""}`}>
        <section class="lb-list" aria-label="Weights of features">
          <Toolbar state={state} />
          <Guard what="The list of sliders">
            <Sliders state={state} />
          </Guard>
        </section>
        <section class="lb-main lb-scroll" aria-label="What these weights lead to">
          <Guard what="The tally">
            <Agreement state={state} />
          </Guard>
          <Guard what="The ranking">
            <Responses state={state} />
          </Guard>
        </section>
      </div>
      {state.help.value && <Help state={state} look={LOOK} work={[]} />}
    </>
  );
}
