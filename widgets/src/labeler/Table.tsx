// biome-ignore-all lint/a11y/useSemanticElements: rows are laid out by CSS grid, which takes the roles of table elements away
// biome-ignore-all lint/a11y/useFocusableInteractive: rows take the focus, cells do not
/** The features: a grid whose rows are walked with the keyboard, choosing as one goes. */
import { type ReadonlySignal, useComputed } from "@preact/signals";
import type { ComponentChildren, VNode } from "preact";
import { useMemo, useRef } from "preact/hooks";
import type { FeatureId } from "../protocol";
import { decimal, percent, points } from "../shared/format";
import { Interval, IntervalAxis } from "../shared/Interval";
import { KindIcon, StatusIcon } from "../shared/icons";
import { Line, Marks } from "../shared/Line";
import { UNNAMED } from "../shared/names";
import { useRowFocus } from "../shared/rowFocus";
import { type Column, nextSort, type Row } from "./rows";
import type { State } from "./state";

const COLUMNS: readonly { column: Column; title: string; about: string }[] = [
  { column: "status", title: "Status", about: "draft, named, verified or rejected" },
  { column: "name", title: "Feature", about: "the name a person gave, else the draft" },
  { column: "kind", title: "Kind", about: "measured by a formula, or discovered by the autoencoder" },
  {
    column: "delta_win",
    title: "Delta-win",
    about:
      "how much more often the response with more of it was preferred than the other, in percentage points with a 95 % interval: +20 means 60 % against 40 %",
  },
  { column: "prevalence", title: "Prevalence", about: "share of pairs that differ in the feature" },
  { column: "fidelity", title: "Fidelity", about: "how well the name tells the code, as a correlation" },
  { column: "stability", title: "Stability", about: "how well the feature comes back on other prompts" },
];

const WIDTH = 110;

const REACHES = [0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1];

/** One domain for all intervals, symmetric about 0, in which four of five fit; the widest ones end in arrows. */
export function domainOf(rows: readonly Row[]): [number, number] {
  const reach = rows
    .map(({ feature: { delta_win_low: low, delta_win_high: high } }) =>
      low === null || high === null ? null : Math.max(Math.abs(low), Math.abs(high)),
    )
    .filter((end) => end !== null)
    .sort((a, b) => a - b);
  const most = reach[Math.floor(0.8 * (reach.length - 1))] ?? 0.1;
  const round = REACHES.find((end) => end >= most) ?? 1;
  return [0 - round, round];
}

function Header({ state }: { state: State }) {
  const sort = state.sort.value;
  return (
    <div role="row" class="lb-row lb-head">
      {COLUMNS.map(({ column, title, about }) => {
        const way = sort?.column !== column ? "none" : sort.down ? "descending" : "ascending";
        return (
          <div key={column} role="columnheader" aria-sort={way} class={`lb-cell lb-${column}`}>
            <button
              type="button"
              class="lb-sort"
              title={`${title}: ${about}`}
              onClick={() => {
                state.sort.value = nextSort(state.sort.peek(), column);
              }}
            >
              <span class="lb-word">{title}</span>
              <span class="lb-arrow" aria-hidden="true">
                {way === "none" ? "" : way === "ascending" ? "↑" : "↓"}
              </span>
            </button>
          </div>
        );
      })}
    </div>
  );
}

function Maybe({ value }: { value: number | null }): ComponentChildren {
  return value === null ? <span class="lb-faint">–</span> : decimal(value);
}

interface LineProps {
  state: State;
  row: Row;
  index: number;
  domain: readonly [number, number];
  /** Id of the row at which Tab stops. */
  stop: ReadonlySignal<string | undefined>;
}

/** Drawn again only when its row changed. */
function Cells({ row, domain }: Pick<LineProps, "row" | "domain">) {
  const { feature } = row;
  return (
    <>
      <div role="gridcell" class="lb-cell lb-status" title={row.status}>
        <StatusIcon status={row.status} />
        <span class="lb-word">{row.status}</span>
      </div>
      <div role="gridcell" class="lb-cell lb-name" title={`${row.name} (${row.id})`}>
        <span class={row.name === UNNAMED ? "lb-faint" : row.named ? "lb-given" : "lb-drafted"} dir="auto">
          {row.name}
        </span>
        {feature.kind === "discovered" && <span class="lb-id">{row.id}</span>}
        <Marks recurs={feature.recurs} turned={row.turned} />
      </div>
      <div role="gridcell" class="lb-cell lb-kind" title={feature.kind}>
        <KindIcon kind={feature.kind} />
        <span class="lb-word">{feature.kind}</span>
      </div>
      <div role="gridcell" class={`lb-cell lb-delta_win${feature.significant ? " lb-sure" : ""}`}>
        <Interval
          low={feature.delta_win_low}
          mid={feature.delta_win}
          high={feature.delta_win_high}
          domain={domain}
          kind={feature.kind}
          significant={feature.significant}
          width={WIDTH}
        />
        {feature.delta_win !== null && (
          // The drawing beside it says it, with its interval.
          <span class="lb-number" aria-hidden="true">
            {points(feature.delta_win)}
          </span>
        )}
      </div>
      <div role="gridcell" class="lb-cell lb-prevalence lb-number">
        {percent(feature.prevalence)}
      </div>
      <div role="gridcell" class="lb-cell lb-fidelity lb-number">
        <Maybe value={feature.fidelity} />
      </div>
      <div role="gridcell" class="lb-cell lb-stability lb-number">
        <Maybe value={feature.stability} />
      </div>
    </>
  );
}

function FeatureLine({ state, row, index, domain, stop }: LineProps) {
  const cells = useMemo(() => <Cells row={row} domain={domain} />, [row, domain]);
  return (
    <Line state={state} row={row} index={index} class="lb-row" stop={stop}>
      {cells}
    </Line>
  );
}

export function Table({ state }: { state: State }) {
  const grid = useRef<HTMLDivElement>(null);
  const rows = state.view.value;
  const reach = useComputed(() => domainOf(state.rows.value)[1]).value;
  const domain = useMemo(() => [0 - reach, reach] as const, [reach]);
  const stop = useRowFocus(grid, state);

  // The very same element is not looked at again: an edit of one row among thousands draws that row.
  const drawn = useMemo(
    () => new Map<FeatureId, { row: Row; index: number; element: VNode }>(),
    [state, domain],
  );
  const line = (row: Row, index: number): VNode => {
    const known = drawn.get(row.id);
    if (known && known.row === row && known.index === index) return known.element;
    const element = (
      <FeatureLine key={row.id} state={state} row={row} index={index} domain={domain} stop={stop} />
    );
    drawn.set(row.id, { row, index, element });
    return element;
  };

  return (
    <div
      ref={grid}
      role="grid"
      class="lb-table"
      aria-label="Features"
      aria-rowcount={rows.length + 1}
      aria-readonly="true"
    >
      <div role="rowgroup" class="lb-headgroup">
        <Header state={state} />
        <div class="lb-row lb-axis" aria-hidden="true">
          <div class="lb-cell lb-delta_win">
            <IntervalAxis domain={domain} width={WIDTH} />
          </div>
        </div>
      </div>
      <div role="rowgroup" class="lb-body">
        {rows.map((row, index) => line(row, index))}
      </div>
    </div>
  );
}
