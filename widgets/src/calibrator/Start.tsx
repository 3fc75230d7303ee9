/** What this is, what becomes of the votes, and the person's word on it; nothing is asked before. */
import { useSignal } from "@preact/signals";
import { count, plural } from "../shared/format";
import type { CalibratorSnapshot, ConsentChoice } from "./contract";
import type { State } from "./state";
import type { Kept } from "./storage";

/** Where there is no Python; where there is, it says itself what it keeps. */
const KEPT = {
  browser:
    "Your votes, when you cast them and the name that you give, in this browser alone, until you delete them. Nothing is sent anywhere: to hand votes in, download them at the end.",
  nobody:
    "Nothing once this page is closed: download your votes before, if you want them. Nothing is sent anywhere.",
};

/** Votes of an earlier visit: of this person, or of another one at the same browser. */
function Earlier({ state, kept }: { state: State; kept: Kept }) {
  const { author, time } = kept.consent;
  const day = new Date(time);
  const when = Number.isNaN(day.getTime())
    ? ""
    : `, begun ${day.toLocaleDateString("en-GB", { day: "numeric", month: "long" })}`;
  return (
    <section class="cb-earlier" aria-label="An earlier visit">
      <p>
        {`This browser kept ${plural(kept.votes.length, "vote")} `}
        {author ? (
          <>
            of <b dir="auto">{author}</b>
          </>
        ) : (
          "without a name"
        )}
        {state.keeper === "python" ? `${when}, while the kernel did not answer.` : `${when}.`}
      </p>
      <div class="cb-row">
        <button type="button" class="lb-button lb-primary" onClick={state.resume}>
          Go on with them
        </button>
        <button type="button" class="lb-button" onClick={state.forget}>
          {state.keeper === "python" ? "Delete them here and begin anew" : "Delete them and begin anew"}
        </button>
      </div>
    </section>
  );
}

interface AgreeProps {
  state: State;
  consent: CalibratorSnapshot["consent"];
}

function Agree({ state, consent }: AgreeProps) {
  const choice = useSignal<ConsentChoice | null>(null);
  const name = useSignal("");
  const begin = (): void => {
    if (choice.value) state.begin(choice.value, choice.value === "class" ? name.value : "");
  };
  return (
    // No form: a sandboxed frame, as in an exported notebook, submits none.
    <div class="cb-agree">
      <fieldset>
        <legend>What may become of your votes?</legend>
        {consent.choices.map(({ id, label }) => (
          <label key={id} class="cb-choice">
            <input
              type="radio"
              name={`${state.uid}-consent`}
              checked={choice.value === id}
              onChange={() => {
                choice.value = id;
              }}
            />
            <span>{label}</span>
          </label>
        ))}
      </fieldset>
      {choice.value === "class" && (
        <label class="cb-name">
          <span>
            Name <span class="lb-fine">or a pseudonym; may stay empty</span>
          </span>
          <input
            type="text"
            class="lb-nameinput"
            maxLength={60}
            autocomplete="off"
            spellcheck={false}
            value={name.value}
            onInput={(event) => {
              name.value = event.currentTarget.value;
            }}
            onKeyDown={(event) => {
              if (event.key === "Enter" && !event.isComposing) begin();
            }}
          />
        </label>
      )}
      <div class="cb-row">
        <button
          type="button"
          class="lb-button lb-primary cb-begin"
          disabled={choice.value === null}
          onClick={begin}
        >
          Begin
        </button>
        {choice.value === null && <span class="lb-fine">Choose one of the two first.</span>}
      </div>
    </div>
  );
}

export function Start({ state }: { state: State }) {
  const snapshot = state.snapshot.value;
  if (!snapshot) return null;
  const { study, pool, ask, consent, features } = snapshot;
  const kept = state.kept.value;
  const personal = features.filter((feature) => feature.personal).length;
  if (pool.length === 0 || personal === 0) {
    return (
      <div class="lb-blank">
        <p>
          <b>There is nothing to ask here.</b>
        </p>
        <p>
          {personal === 0
            ? "No feature is personal: everyone is taken to have the same weights."
            : "This copy holds no texts. Show the widget on the study itself."}
        </p>
      </div>
    );
  }
  return (
    <article class="cb-start" data-stage tabIndex={-1}>
      <h2>What do you prefer?</h2>
      <p class="cb-lead">
        {`You read ${plural(Math.min(ask, pool.length), "pair")} of responses, one after the other, and say which of the two you prefer. Your votes then show what weighs with you, next to what weighs with ${count(study.annotators)} annotators.`}
      </p>
      <dl class="cb-facts">
        <div>
          <dt>How long</dt>
          <dd>
            {`${plural(Math.min(ask, pool.length), "pair")}, a few minutes. Stop when you like, go on when you like.`}
          </dd>
        </div>
        <div>
          <dt>Which pairs</dt>
          <dd>Each time the one from which your vote would tell most. There are no right answers.</dd>
        </div>
        <div>
          <dt>What is kept</dt>
          <dd>{state.keeper === "python" ? consent.words : KEPT[state.keeper]}</dd>
        </div>
      </dl>
      {kept ? <Earlier state={state} kept={kept} /> : <Agree state={state} consent={consent} />}
    </article>
  );
}
