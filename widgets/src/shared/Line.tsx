// biome-ignore-all lint/a11y/useSemanticElements: rows are laid out by CSS grid, which takes the roles of table elements away
// biome-ignore-all lint/a11y/useFocusableInteractive: rows take the focus, cells do not
/** A row of a list of features: it is chosen by a click, and the keyboard walks from one to the next. */
import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import type { FeatureId } from "../protocol";
import type { NamedRow } from "./names";

interface LineProps {
  state: { uid: string; chosen: ReadonlySignal<NamedRow | null>; choose(id: FeatureId): void };
  row: NamedRow;
  index: number;
  class: string;
  /** Id of the row at which Tab stops. */
  stop: ReadonlySignal<string | undefined>;
  children: ComponentChildren;
}

export function Line({ state, row, index, class: kind, stop, children }: LineProps) {
  const is = useComputed(() => state.chosen.value?.id === row.id).value;
  const stops = useComputed(() => stop.value === row.id).value;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the widget's own keys walk the rows
    <div
      role="row"
      id={`${state.uid}-${row.id}`}
      class={`lb-line ${kind}`}
      aria-rowindex={index + 2}
      aria-selected={is}
      tabIndex={stops ? 0 : -1}
      data-feature={row.id}
      data-status={row.status}
      onClick={(event) => {
        state.choose(row.id);
        event.currentTarget.focus({ preventScroll: true });
      }}
    >
      {children}
    </div>
  );
}

/** Beside a name: that the feature does not recur, that a person turned it. */
export function Marks({ recurs, turned }: { recurs: boolean; turned: boolean }) {
  return (
    <>
      {!recurs && (
        <span class="lb-mark" title="Does not recur on other prompts better than chance">
          <span aria-hidden="true">≁</span>
          <span class="ws-hidden">does not recur</span>
        </span>
      )}
      {turned && (
        <span class="lb-mark" title="Read the other way round">
          <span aria-hidden="true">⇄</span>
          <span class="ws-hidden">turned round</span>
        </span>
      )}
    </>
  );
}
