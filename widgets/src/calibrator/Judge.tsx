/** One pair at a time. Nothing here tells what the model expects, or what others chose. */
import { plural } from "../shared/format";
import { codePoints } from "../shared/marks";
import type { Asked, Side, State } from "./state";
import { Texts } from "./Texts";

interface TextProps {
  text: string;
  /** Characters of the whole. */
  length?: number;
  class: string;
}

function Text({ text, length = 0, class: name }: TextProps) {
  const missing = length - codePoints(text);
  return (
    <div class={name} dir="auto">
      {text === "" ? <i class="ws-muted">(empty)</i> : text}
      {missing > 0 && (
        <span class="ws-muted">{` … ${plural(missing, "more character")}, not in this copy`}</span>
      )}
    </div>
  );
}

function Pair({ asked }: { asked: Asked }) {
  const { pair, shown, first, second } = asked;
  const [firstLength, secondLength] =
    shown === "ab" ? [pair.a_length, pair.b_length] : [pair.b_length, pair.a_length];
  return (
    <>
      {pair.prompt !== "" && (
        <Texts class="cb-prompt" what="the prompt">
          {(name) => (
            <section aria-label="Prompt">
              <h3>Prompt</h3>
              <Text text={pair.prompt} class={name} />
            </section>
          )}
        </Texts>
      )}
      <Texts class="cb-sides" what="both responses">
        {(name) => (
          <div class="cb-pair">
            <section aria-label="Response 1">
              <h3>Response 1</h3>
              <Text text={first} length={firstLength} class={name} />
            </section>
            <section aria-label="Response 2">
              <h3>Response 2</h3>
              <Text text={second} length={secondLength} class={name} />
            </section>
          </div>
        )}
      </Texts>
    </>
  );
}

interface VoteProps {
  state: State;
  what: Side | "tie" | "skip";
  keys: string;
  children: preact.ComponentChildren;
}

function VoteButton({ state, what, keys, children }: VoteProps) {
  return (
    <button
      type="button"
      class={`lb-button cb-vote cb-vote-${what}`}
      aria-keyshortcuts={keys}
      onClick={() => state.vote(what)}
    >
      {children}
    </button>
  );
}

/** Said by aria-keyshortcuts where nothing is seen. */
function Key({ name }: { name: string }) {
  return (
    <span aria-hidden="true">
      <kbd>{name}</kbd>
    </span>
  );
}

function Votes({ state }: { state: State }) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a legend cannot stand in a line with a link
    <div class="cb-votes lb-noprint" role="group" aria-labelledby={`${state.uid}-question`}>
      <div class="cb-ask">
        <span class="cb-question" id={`${state.uid}-question`}>
          Which do you prefer?
        </span>
        {state.votes.value.length > 0 && (
          <button
            type="button"
            class="lb-link cb-peek"
            title="It may steer the votes that follow; in full at the end"
            onClick={() => state.peek(true)}
          >
            Result so far
          </button>
        )}
      </div>
      <VoteButton state={state} what="first" keys="ArrowLeft 1">
        <Key name="←" /> Response 1
      </VoteButton>
      <VoteButton state={state} what="tie" keys="0">
        No preference <Key name="0" />
      </VoteButton>
      <VoteButton state={state} what="skip" keys="s">
        Skip <Key name="s" />
      </VoteButton>
      <VoteButton state={state} what="second" keys="ArrowRight 2">
        Response 2 <Key name="→" />
      </VoteButton>
    </div>
  );
}

export function Judge({ state }: { state: State }) {
  const asked = state.asked.value;
  if (!asked) return null;
  return (
    <section class="cb-judge" data-stage tabIndex={-1} aria-label="The pair to judge">
      <div class="cb-read" key={asked.pair.row}>
        <Pair asked={asked} />
      </div>
      <div class="cb-foot">
        <Votes state={state} />
      </div>
    </section>
  );
}
