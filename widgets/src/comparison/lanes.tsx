/** Parts of a picture of intervals over one axis. Places along it are shares of the width, so it fits any. */
import type { ComponentChildren } from "preact";
import { clamp } from "../shared/scale";
import { colourOf, DIAMOND, shapeOf } from "./Sign";

/** From a value to its place along the axis, 0 to 1. */
export interface Axis {
  low: number;
  high: number;
  ticks: readonly number[];
  at: (value: number) => number;
  label: (tick: number) => string;
}

const MARGIN = 3; // per cent of the width, to both sides
const FAR = 1.2; // how far beyond the ends an arrow stands

export const along = (axis: Axis, value: number): number =>
  MARGIN + (100 - 2 * MARGIN) * axis.at(clamp(value, axis.low, axis.high));
const per = (share: number): string => `${share.toFixed(2)}%`;

/** Something drawn about (0, 0), put at a place. */
function Placed({ x, y, children }: { x: number; y: number; children: ComponentChildren }) {
  return (
    <svg x={per(x)} y={y} overflow="visible" aria-hidden="true">
      {children}
    </svg>
  );
}

export function Grid({ axis, height }: { axis: Axis; height: number }) {
  return (
    <>
      {axis.ticks.map((tick) => {
        const x = per(along(axis, tick));
        return (
          <line key={tick} class={tick === 0 ? "cp-zero" : "cp-tick"} x1={x} x2={x} y1={0} y2={height} />
        );
      })}
    </>
  );
}

export function AxisLabels({ axis }: { axis: Axis }) {
  return (
    <svg class="cp-axis" width="100%" height={16} aria-hidden="true">
      {axis.ticks.map((tick, index) => (
        <text
          key={tick}
          class={index % 2 === 1 ? "cp-between" : ""}
          x={per(along(axis, tick))}
          y={12}
          text-anchor="middle"
        >
          {axis.label(tick)}
        </text>
      ))}
    </svg>
  );
}

/** What lies beyond an end of the axis leaves room for the arrow. */
const inwards = (beyond: boolean): number => (beyond ? 3 : 0);

interface Ends {
  low: number | null;
  mid: number | null;
  high: number | null;
}

export interface LaneProps extends Ends {
  axis: Axis;
  dataset: number;
  /** Middle of the lane. */
  y: number;
  /** Filled where the interval leaves 0 out. */
  clear: boolean;
  /** Nothing can be said: no dot, but these words. */
  few: boolean;
}

function Bar({ axis, low, high, y }: { axis: Axis; low: number; high: number; y: number }) {
  return (
    <>
      <line class="cp-bar" x1={per(along(axis, low))} x2={per(along(axis, high))} y1={y} y2={y} />
      {low < axis.low && (
        <Placed x={MARGIN - FAR} y={y}>
          <path class="cp-arrow" d="M3-3L0 0L3 3" />
        </Placed>
      )}
      {high > axis.high && (
        <Placed x={100 - MARGIN + FAR} y={y}>
          <path class="cp-arrow" d="M-3-3L0 0L-3 3" />
        </Placed>
      )}
    </>
  );
}

export function Lane({ axis, dataset, y, low, mid, high, clear, few }: LaneProps) {
  const style = { color: colourOf(dataset) };
  if (few || mid === null) return <Few y={y} style={style} />;
  return (
    <g style={style}>
      {low !== null && high !== null && <Bar axis={axis} low={low} high={high} y={y} />}
      <Placed
        x={clamp(along(axis, mid), MARGIN + inwards(mid < axis.low), 100 - MARGIN - inwards(mid > axis.high))}
        y={y}
      >
        <path class={clear ? "cp-full" : "cp-hollow"} d={shapeOf(dataset)} />
      </Placed>
    </g>
  );
}

export function Few({ y, style = {} }: { y: number; style?: Record<string, string> }) {
  return (
    <g class="cp-fewlane" style={style}>
      <line class="cp-few" x1={per(MARGIN)} x2={per(100 - MARGIN)} y1={y} y2={y} />
      <text x={per(100 - MARGIN)} y={y + 3} text-anchor="end">
        too few
      </text>
    </g>
  );
}

/** The sum of several datasets: a diamond as wide as the interval, its corners above and below at the estimate. */
export function Diamond({
  axis,
  y,
  low,
  mid,
  high,
  hollow = false,
}: Ends & { axis: Axis; y: number; hollow?: boolean }) {
  if (low === null || mid === null || high === null) return <Few y={y} />;
  const [x0, x, x1] = [along(axis, low), along(axis, mid), along(axis, high)];
  const kind = hollow ? "cp-mean" : "cp-mixture";
  const wide = x1 - x0;
  // Too narrow to be seen as one, it is drawn as a small one of a fixed size.
  if (wide < 1.5) {
    return (
      <Placed x={x} y={y}>
        <path class={kind} d={DIAMOND} />
      </Placed>
    );
  }
  const top = (100 * (x - x0)) / wide;
  return (
    <svg
      x={per(x0)}
      width={per(wide)}
      y={y - 4.5}
      height={9}
      viewBox="0 0 100 9"
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <path
        class={kind}
        vector-effect="non-scaling-stroke"
        d={`M0 4.5L${top.toFixed(1)} 0L100 4.5L${top.toFixed(1)} 9z`}
      />
    </svg>
  );
}
