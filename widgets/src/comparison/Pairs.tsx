/** Example pairs of the chosen feature from two datasets, side by side, one at a time each. */
import { useComputed } from "@preact/signals";
import { count } from "../shared/format";
import { UNNAMED } from "../shared/names";
import { PairCard } from "../shared/PairCard";
import type { Row } from "./rows";
import { Sign } from "./Sign";
import type { State } from "./state";
import { capital } from "./words";

const shorten = (name: string): string => (name.length > 60 ? `${name.slice(0, 58)}…` : name);

function Card({ state, row, which }: { state: State; row: Row; which: 0 | 1 }) {
  const side = state.sides.sides.value[which];
  const number = side.shown?.example.row ?? -1;
  const highlight = useComputed(() => {
    const example = state.sides.sides.value[which].shown?.example;
    return example ? state.sides.highlight(example.row).value : null;
  }).value;
  const editable = state.editable.value;
  if (!side.shown) {
    const name = state.datasets.value[side.dataset]?.name ?? "";
    return (
      <p class="lb-empty">
        {state.snapshot.value?.comparison.names_only
          ? "This file holds names and numbers only; the texts were left out."
          : side.busy
            ? "Fetching pairs…"
            : `No pair of ${name} that differs in this feature is ${editable ? "there" : "in this file"}.`}
      </p>
    );
  }
  return (
    <>
      <PairCard
        key={`${row.id} ${number}`}
        example={side.shown.example}
        prompt={side.shown.prompt}
        more={side.shown.more}
        less={side.shown.less}
        featureName={row.name === UNNAMED ? undefined : `of ‘${shorten(row.name)}’`}
        spans={highlight?.marks ?? undefined}
        busy={highlight?.busy ?? false}
        error={highlight?.error ?? null}
        onHighlight={editable ? () => state.sides.toggleHighlight(number) : undefined}
        onMoreText={editable ? (part) => state.sides.wholeText(number, part) : undefined}
      />
      {highlight?.marks?.reason && <p class="lb-fine">{highlight.marks.reason}</p>}
    </>
  );
}

function Column({ state, row, which }: { state: State; row: Row; which: 0 | 1 }) {
  const side = state.sides.sides.value[which];
  const word = which === 0 ? "left" : "right";
  const of = side.total ?? (state.editable.value ? null : side.held);
  return (
    <section class="cp-side" data-side={which} aria-label={`Example pairs, ${word}`}>
      <div class="cp-sidehead">
        <Sign dataset={side.dataset} />
        <select
          aria-label={`${capital(state.things.value.one)} on the ${word}`}
          value={String(side.dataset)}
          onChange={(event) => state.show(which, Number(event.currentTarget.value))}
        >
          {state.datasets.value.map(({ name }, index) => (
            <option key={index} value={String(index)}>
              {name}
            </option>
          ))}
        </select>
        <span class="cp-place lb-fine" role="status">
          {side.shown ? `pair ${count(side.at + 1)}${of === null ? "" : ` of ${count(of)}`}` : ""}
        </span>
        <span class="cp-steps lb-noprint">
          <button
            type="button"
            class="lb-button"
            aria-label={`Previous pair on the ${word}`}
            disabled={side.at === 0}
            onClick={() => state.sides.step(which, -1)}
          >
            ‹
          </button>
          <button
            type="button"
            class="lb-button"
            aria-label={`Next pair on the ${word}`}
            disabled={!side.more || side.busy}
            onClick={() => state.sides.step(which, 1)}
          >
            ›
          </button>
        </span>
      </div>
      {side.error && (
        <p class="ws-error" role="alert">
          {side.error}
        </p>
      )}
      <Card state={state} row={row} which={which} />
    </section>
  );
}

export function Pairs({ state, row }: { state: State; row: Row }) {
  return (
    <section class="cp-pairs" aria-label="Example pairs side by side">
      <h3>Example pairs</h3>
      <div class="cp-sides">
        <Column state={state} row={row} which={0} />
        {state.datasets.value.length > 1 && <Column state={state} row={row} which={1} />}
      </div>
    </section>
  );
}
