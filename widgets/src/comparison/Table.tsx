// biome-ignore-all lint/a11y/useSemanticElements: rows are laid out by CSS grid, which takes the roles of table elements away
// biome-ignore-all lint/a11y/useFocusableInteractive: rows take the focus, cells do not
/** Features by datasets: a grid whose rows are walked with the keyboard, choosing as one goes. */
import type { ReadonlySignal } from "@preact/signals";
import { useMemo, useRef } from "preact/hooks";
import { KindIcon, StatusIcon } from "../shared/icons";
import { Line, Marks } from "../shared/Line";
import { UNNAMED } from "../shared/names";
import { useRowFocus } from "../shared/rowFocus";
import { effectAxis, PREVALENCE } from "./axes";
import { type Axis, AxisLabels } from "./lanes";
import { type By, orderBy } from "./order";
import { differs, type Row } from "./rows";
import { heightOf, Ratios, Strip } from "./Strip";
import type { State } from "./state";

function Sorted({ state, by, word }: { state: State; by: By; word: string }) {
  const order = state.order.value;
  const way = order.by !== by ? "none" : order.down ? "descending" : "ascending";
  return (
    <button
      type="button"
      class="lb-sort"
      onClick={() => {
        state.order.value = way === "none" ? orderBy(by) : { by, down: !order.down };
      }}
    >
      <span class="lb-word">{word}</span>
      <span class="lb-arrow" aria-hidden="true">
        {way === "none" ? "" : way === "ascending" ? "↑" : "↓"}
      </span>
    </button>
  );
}

function Header({ state, axis, how }: { state: State; axis: Axis; how: "effects" | "prevalence" }) {
  const order = state.order.value;
  const sorted = (mine: boolean) => (!mine ? "none" : order.down ? "descending" : "ascending");
  const first = state.datasets.value[0]?.name ?? "";
  return (
    <div role="row" class="cp-row cp-head">
      <div role="columnheader" aria-sort={sorted(order.by === "name")} class="cp-feature">
        <Sorted state={state} by="name" word="Feature" />
      </div>
      <div role="columnheader" aria-sort={sorted(order.by !== "name")} class="cp-picture">
        <span class="cp-axisword">
          {how === "effects" ? "Delta-win, points" : "Prevalence (square roots)"}
        </span>
        <AxisLabels axis={axis} />
      </div>
      {how === "prevalence" && (
        <div role="columnheader" class="cp-times">
          <span class="cp-axisword">
            × of <span dir="auto">{first}</span>
          </span>
        </div>
      )}
    </div>
  );
}

function WashesOut({ state, row }: { state: State; row: Row }) {
  const washes = state.mixed(row).washesOut;
  return washes ? (
    <span
      class="cp-pill"
      title={`A ${state.things.value.one} in the mixture has an effect; the mixture’s interval holds 0`}
    >
      washes out
    </span>
  ) : null;
}

function Name({ state, row, how }: Pick<LineProps, "state" | "row" | "how">) {
  const { feature } = row;
  const { one, many, within } = state.things.value;
  return (
    <div role="gridcell" class="cp-feature" title={`${row.name} (${row.id})`}>
      <div class="cp-nameline">
        <span title={row.status} class="cp-status">
          <StatusIcon status={row.status} />
          <span class="ws-hidden">{row.status}</span>
        </span>
        <span class={`cp-name ${row.name === UNNAMED ? "lb-faint" : row.named ? "lb-given" : ""}`} dir="auto">
          {row.name}
        </span>
        <span title={feature.kind} class="cp-kind">
          <KindIcon kind={feature.kind} />
          <span class="ws-hidden">{feature.kind}</span>
        </span>
        <Marks recurs={feature.recurs} turned={row.turned} />
      </div>
      <div class="cp-pills">
        {row.conflicts.length > 0 ? (
          <span
            class="cp-pill cp-strong"
            title={`Preferred more often ${within} one ${one} and less often ${within} another`}
          >
            ↔ conflict
          </span>
        ) : (
          differs(feature) && (
            <span class="cp-pill" title={`The ${many} differ beyond chance (q at most 0.05)`}>
              {many} differ
            </span>
          )
        )}
        {how === "effects" && <WashesOut state={state} row={row} />}
      </div>
    </div>
  );
}

interface LineProps {
  state: State;
  row: Row;
  index: number;
  axis: Axis;
  lanes: readonly number[];
  how: "effects" | "prevalence";
  /** Id of the row at which Tab stops. */
  stop: ReadonlySignal<string | undefined>;
}

function ComparedLine({ state, row, index, axis, lanes, how, stop }: LineProps) {
  // Drawn again only when the row or the picture changed, not when another one is chosen.
  const cells = useMemo(
    () => (
      <>
        <Name state={state} row={row} how={how} />
        <div role="gridcell" class="cp-picture">
          <Strip state={state} row={row} axis={axis} lanes={lanes} how={how} />
        </div>
        {how === "prevalence" && (
          <div role="gridcell" class="cp-times">
            <Ratios row={row} lanes={lanes} />
          </div>
        )}
      </>
    ),
    [state, row, axis, lanes, how],
  );
  return (
    <Line state={state} row={row} index={index} class="cp-row" stop={stop}>
      {cells}
    </Line>
  );
}

export function Table({ state, how }: { state: State; how: "effects" | "prevalence" }) {
  const grid = useRef<HTMLDivElement>(null);
  const rows = state.view.value;
  const all = state.rows.value;
  const widest = effectAxis(all).high;
  const axis = useMemo(() => (how === "effects" ? effectAxis(all) : PREVALENCE), [how, widest]);
  const count = state.datasets.value.length;
  const hidden = state.hidden.value;
  const lanes = useMemo(
    () => Array.from({ length: count }, (_, index) => index).filter((index) => !hidden.has(index)),
    [count, hidden],
  );
  const stop = useRowFocus(grid, state);
  const lines = useMemo(
    () =>
      rows.map((row, index) => (
        <ComparedLine
          key={row.id}
          state={state}
          row={row}
          index={index}
          axis={axis}
          lanes={lanes}
          how={how}
          stop={stop}
        />
      )),
    [state, rows, axis, lanes, how, stop],
  );
  return (
    <div
      ref={grid}
      role="grid"
      class={`cp-table cp-${how}`}
      aria-label={`${how === "effects" ? "Effects" : "Prevalence"} of features by ${state.things.value.one}`}
      aria-rowcount={rows.length + 1}
      aria-readonly="true"
      style={{ "--cp-line": `${heightOf(lanes.length, how)}px` }}
    >
      <div role="rowgroup" class="lb-headgroup">
        <Header state={state} axis={axis} how={how} />
      </div>
      <div role="rowgroup">{lines}</div>
    </div>
  );
}
