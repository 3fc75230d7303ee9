/** The datasets: what tells each apart, how large it is, whether its lane shows, and how much it counts in the mixture. */
import type { ComparedDataset } from "../protocol";
import { percent, plural } from "../shared/format";
import { Icon } from "../shared/icons";
import { sharesOf } from "./mixture";
import { colourOf, Sign } from "./Sign";
import type { State } from "./state";
import { capital } from "./words";

const STEPS = 100;

function counts({ rows, pairs, prompts, annotators, labelled }: ComparedDataset): string {
  return [
    plural(pairs, "pair"),
    rows !== pairs ? plural(rows, "row") : "",
    prompts > 0 ? plural(prompts, "prompt") : "",
    annotators > 0 ? plural(annotators, "annotator") : "",
    labelled === 0 ? "no votes" : "",
  ]
    .filter((part) => part !== "")
    .join(" · ");
}

function Weight({ state, index, name }: { state: State; index: number; name: string }) {
  const weights = state.weights.value;
  const share = percent(sharesOf(weights)[index]);
  const most = state.heaviest.value;
  const weight = weights[index] ?? 0;
  return (
    <div class="cp-weight">
      <input
        type="range"
        min={0}
        max={STEPS}
        step={1}
        value={Math.round((STEPS * weight) / most)}
        style={{ accentColor: colourOf(index) }}
        aria-label={`Weight of ${name} in the mixture`}
        aria-valuetext={`${share} of the mixture`}
        onInput={(event) => {
          const field = event.currentTarget;
          state.setWeight(index, (most * Number(field.value)) / STEPS);
          // Refused where it was the last one above 0.
          field.value = String(Math.round((STEPS * (state.weights.peek()[index] ?? 0)) / most));
        }}
      />
      <span class="cp-share">{share}</span>
    </div>
  );
}

function Dataset({ state, dataset, index }: { state: State; dataset: ComparedDataset; index: number }) {
  const hidden = state.hidden.value.has(index);
  const about = counts(dataset);
  return (
    <li class={`cp-dataset${hidden ? " cp-away" : ""}`}>
      <button
        type="button"
        class="cp-show"
        aria-pressed={!hidden}
        title={`${dataset.name}: ${about}. ${hidden ? "Show" : "Hide"} its lane in the list.`}
        onClick={() => state.toggleDataset(index)}
      >
        <Sign dataset={index} />
        <b dir="auto">{dataset.name}</b>
        {hidden && <span class="lb-fine">hidden</span>}
      </button>
      <span class="lb-fine cp-counts">{about}</span>
      <Weight state={state} index={index} name={dataset.name} />
    </li>
  );
}

function Mixture({ state }: { state: State }) {
  const count = state.washedOut.value;
  const weights = state.weights.value;
  const filters = state.filters.value;
  const equal = weights.every((weight) => weight === weights[0]);
  const words =
    count === 0 ? "no feature washes out" : `${plural(count, "feature washes", "features wash")} out`;
  return (
    <li class="cp-dataset cp-mixed">
      <span class="cp-show">
        <Sign dataset="mixture" />
        <b>Mixture</b>
        <button type="button" class="lb-link cp-reset" disabled={equal} onClick={() => state.resetWeights()}>
          {equal ? "equal" : "reset to equal"}
        </button>
      </span>
      <span class="lb-fine cp-counts">moves with the sliders</span>
      <button
        type="button"
        class="lb-button cp-wash"
        aria-pressed={filters.washesOut}
        disabled={count === 0 && !filters.washesOut}
        title={`A ${state.things.value.one} in the mixture has an effect, and the mixture’s interval holds 0`}
        onClick={() => {
          state.filters.value = { ...filters, washesOut: !filters.washesOut };
        }}
      >
        {words}
      </button>
    </li>
  );
}

export function Legend({ state }: { state: State }) {
  const open = state.mixing.value;
  const leftOut = state.snapshot.value?.comparison.left_out;
  return (
    <section
      class={`cp-legend${open === null ? "" : open ? " cp-open" : " cp-shut"}`}
      aria-label={`${capital(state.things.value.many)} and their mixture`}
    >
      <ul>
        {state.datasets.value.map((dataset, index) => (
          <Dataset key={index} state={state} dataset={dataset} index={index} />
        ))}
        <Mixture state={state} />
      </ul>
      {leftOut && (
        <p class="lb-fine cp-leftout" dir="auto">
          {leftOut}
        </p>
      )}
      <button
        type="button"
        class="lb-button cp-fold lb-noprint"
        aria-expanded={open === true}
        onClick={() => {
          state.mixing.value = !open;
        }}
      >
        <Icon shape="filter" /> {open ? "Hide counts and mixture" : "Counts and mixture"}
      </button>
    </section>
  );
}
