/** An estimate with its interval, drawn small: filled when significant, round for measured, a diamond for discovered. */
import type { Kind } from "../protocol";
import { intervalWords, points } from "./format";
import "./Interval.css";
import { clamp, linear } from "./scale";

type Maybe = number | null | undefined;
type Domain = readonly [number, number];

export interface IntervalProps {
  low: number | null;
  mid: number | null;
  high: number | null;
  domain: Domain;
  kind?: Kind;
  significant?: boolean;
  width?: number;
  format?: (value: Maybe) => string;
  /** The unit in words, for the label: "points", or "" for a correlation. */
  unit?: string;
}

const HEIGHT = 16;
const MIDDLE = HEIGHT / 2;
const PAD = 6;

function Dot({ x, kind }: { x: number; kind: Kind }) {
  if (kind === "measured") return <circle class="ws-dot" cx={x} cy={MIDDLE} r={3.5} />;
  return <path class="ws-dot" d={`M${x} ${MIDDLE - 4.5}l4.5 4.5l-4.5 4.5l-4.5-4.5z`} />;
}

export function Interval({
  low,
  mid,
  high,
  domain,
  kind = "measured",
  significant,
  width = 120,
  format = points,
  unit = "points",
}: IntervalProps) {
  if (mid === null || !Number.isFinite(mid)) return <span class="ws-muted">n/a</span>;
  const x = linear(domain, [PAD, width - PAD]);
  const inside = (value: number): number => x(clamp(value, domain[0], domain[1]));
  const words = intervalWords(mid, low, high, { format, unit, significant });
  const zero = domain[0] <= 0 && domain[1] >= 0;
  return (
    <svg
      class={`ws-interval ${significant === false ? "ws-hollow" : ""} ${mid < 0 ? "ws-negative" : ""}`}
      width={width}
      height={HEIGHT}
      viewBox={`0 0 ${width} ${HEIGHT}`}
      role="img"
      aria-label={words}
    >
      {zero && <line class="ws-zero" x1={x(0)} x2={x(0)} y1={0} y2={HEIGHT} />}
      {low !== null && high !== null && (
        <>
          <line class="ws-whisker" x1={inside(low)} x2={inside(high)} y1={MIDDLE} y2={MIDDLE} />
          {low < domain[0] && <path class="ws-whisker" d={`M${PAD + 4} ${MIDDLE - 4}l-4 4l4 4`} />}
          {high > domain[1] && <path class="ws-whisker" d={`M${width - PAD - 4} ${MIDDLE - 4}l4 4l-4 4`} />}
        </>
      )}
      <Dot
        x={clamp(x(mid), PAD + (mid < domain[0] ? 7 : 0), width - PAD - (mid > domain[1] ? 7 : 0))}
        kind={kind}
      />
    </svg>
  );
}

export interface IntervalAxisProps {
  domain: Domain;
  width?: number;
  format?: (value: Maybe) => string;
}

/** The ends of a column of intervals and its 0; what they say is in each interval's own label. */
export function IntervalAxis({ domain, width = 120, format = points }: IntervalAxisProps) {
  const x = linear(domain, [PAD, width - PAD]);
  return (
    <svg class="ws-axis" width={width} height={18} viewBox={`0 0 ${width} 18`} aria-hidden="true">
      {[...new Set([domain[0], clamp(0, domain[0], domain[1]), domain[1]])].map((tick) => (
        <g key={tick} transform={`translate(${x(tick)} 0)`}>
          <line y1={14} y2={18} />
          <text y={11} text-anchor={x(tick) < 14 ? "start" : x(tick) > width - 14 ? "end" : "middle"}>
            {format(tick).replace(/\.0$/, "")}
          </text>
        </g>
      ))}
    </svg>
  );
}
