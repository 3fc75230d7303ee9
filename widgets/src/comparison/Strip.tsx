/** One feature in all datasets over the shared axis: a thin lane each, and the mixture below. */
import type { ComparedDataset } from "../protocol";
import { type Axis, Diamond, Grid, Lane } from "./lanes";
import { isClear, isKnown, type Row, VERDICTS } from "./rows";
import type { State } from "./state";
import { effectWords, prevalenceWords, ratioWords } from "./words";

const THIN = 11;
const WIDE = 15;
const EDGE = 6;

/** In pixels. */
export function heightOf(lanes: number, how: "effects" | "prevalence"): number {
  return (how === "effects" ? (lanes + 1) * THIN : lanes * WIDE) + 2 * EDGE;
}

function Mixture({ state, row, axis, y }: { state: State; row: Row; axis: Axis; y: number }) {
  const { delta_win, low, high } = state.mixed(row);
  return <Diamond axis={axis} y={y} low={low} mid={delta_win} high={high} />;
}

/** What a screen reader says of it, and a pointer. */
function inWords(
  row: Row,
  datasets: readonly ComparedDataset[],
  lanes: readonly number[],
  how: "effects" | "prevalence",
) {
  return lanes.map((index) => {
    const cell = row.feature.cells[index];
    const name = datasets[index]?.name ?? "";
    if (!cell) return `${name}: n/a`;
    if (how === "prevalence") return `${name}: ${prevalenceWords(cell)} ${ratioWords(cell)}`.trim();
    if (!isKnown(cell)) return `${name}: too few to say`;
    return `${name}: ${effectWords(cell.delta_win, cell.delta_win_low, cell.delta_win_high)}, ${VERDICTS[cell.verdict]}`;
  });
}

export interface StripProps {
  state: State;
  row: Row;
  axis: Axis;
  lanes: readonly number[];
  how: "effects" | "prevalence";
}

export function Strip({ state, row, axis, lanes, how }: StripProps) {
  const step = how === "effects" ? THIN : WIDE;
  const height = heightOf(lanes.length, how);
  const middle = (place: number): number => EDGE + (place + 0.5) * step;
  const words = inWords(row, state.datasets.value, lanes, how);
  return (
    <svg class="cp-strip" width="100%" height={height} role="img" aria-label={words.join("; ")}>
      <Grid axis={axis} height={height} />
      {lanes.map((index, place) => {
        const cell = row.feature.cells[index];
        if (!cell) return null;
        const y = middle(place);
        const ends =
          how === "effects"
            ? { low: cell.delta_win_low, mid: cell.delta_win, high: cell.delta_win_high }
            : { low: cell.prevalence_low, mid: cell.prevalence, high: cell.prevalence_high };
        return (
          <g key={index}>
            <title>{words[place]}</title>
            <rect class="cp-touch" x={0} width="100%" y={y - step / 2} height={step} />
            <Lane
              axis={axis}
              dataset={index}
              y={y}
              {...ends}
              clear={how === "prevalence" || isClear(cell)}
              few={how === "effects" && !isKnown(cell)}
            />
          </g>
        );
      })}
      {how === "effects" && <Mixture state={state} row={row} axis={axis} y={middle(lanes.length)} />}
    </svg>
  );
}

/** How often each has it as a multiple of the first one, beside its lane. */
export function Ratios({ row, lanes }: { row: Row; lanes: readonly number[] }) {
  return (
    <div class="cp-ratios" style={{ paddingBlock: `${EDGE}px`, lineHeight: `${WIDE}px` }}>
      {lanes.map((index) => {
        const cell = row.feature.cells[index];
        return <div key={index}>{index === 0 ? "reference" : (cell && ratioWords(cell)) || "n/a"}</div>;
      })}
    </div>
  );
}
