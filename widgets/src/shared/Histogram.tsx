/** Signed codes as bars, with a range to choose by mouse, touch or keyboard. */
import { median, ticks } from "d3-array";
import { useId, useRef, useState } from "preact/hooks";
import type { Histogram as Bins } from "../protocol";
import { count, plural, small, tickLabel } from "./format";
import "./Histogram.css";
import { clamp, linear } from "./scale";

export type Brush = readonly [low: number, high: number];

export interface HistogramProps {
  data: Bins;
  brush: Brush | null;
  /** Called when a choice is made (not while dragging), with edges of bins, or null for no range. */
  onBrush: (brush: [number, number] | null) => void;
  height?: number;
  labelLeft?: string;
  labelRight?: string;
  /** What is counted; a row where a pair stands in several. */
  unit?: string;
}

/** Above this share of the typical bar the tallest one would flatten the rest. */
const DWARFS = 8;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

export function isDwarfed(counts: readonly number[]): boolean {
  const filled = counts.filter((value) => value > 0);
  return Math.max(0, ...filled) > DWARFS * (median(filled) ?? 0);
}

/** Pairs whose bin lies in the range of bins [from, to). */
export function pairsBetween(counts: readonly number[], from: number, to: number): number {
  return sum(counts.slice(from, to));
}

interface HandleProps {
  label: string;
  bin: number;
  least: number;
  most: number;
  edge: (bin: number) => number;
  onMove: (bin: number) => void;
  bins: number;
}

function Handle({ label, bin, least, most, edge, onMove, bins }: HandleProps) {
  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to: Record<string, number> = {
      ArrowLeft: bin - 1,
      ArrowDown: bin - 1,
      ArrowRight: bin + 1,
      ArrowUp: bin + 1,
      PageDown: bin - 5,
      PageUp: bin + 5,
      Home: least,
      End: most,
    };
    const next = to[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const kept = clamp(next, least, most);
    if (kept !== bin) onMove(kept);
  }
  return (
    <div
      class="ws-handle"
      style={{ left: `${(100 * bin) / bins}%` }}
      role="slider"
      tabIndex={0}
      aria-label={label}
      aria-valuemin={edge(least)}
      aria-valuemax={edge(most)}
      aria-valuenow={edge(bin)}
      aria-valuetext={`code ${small(edge(bin))}`}
      onKeyDown={press}
    />
  );
}

export function Histogram({
  data,
  brush,
  onBrush,
  height = 72,
  labelLeft = "B has more",
  labelRight = "A has more",
  unit = "pair",
}: HistogramProps) {
  const { low, high, counts, zero } = data;
  const bins = counts.length;
  const id = useId();
  const plot = useRef<HTMLDivElement>(null);
  const [drag, setDrag] = useState<{ from: number; to: number } | null>(null);
  const [root, setRoot] = useState(() => isDwarfed(counts));
  if (bins === 0 || !(high > low)) {
    return <p class="ws-muted">No pair has a code other than 0.</p>;
  }

  const edge = linear([0, bins], [low, high]);
  const toBin = linear([low, high], [0, bins]);
  const [from, to] = drag
    ? [Math.min(drag.from, drag.to), Math.max(drag.from, drag.to) + 1]
    : brush
      ? [clamp(Math.round(toBin(brush[0])), 0, bins), clamp(Math.round(toBin(brush[1])), 0, bins)]
      : [0, bins];
  const chosen = drag !== null || brush !== null;
  const size = (value: number): number => (root ? Math.sqrt(value) : value);
  const tallest = Math.max(...counts.map(size)) || 1;

  function choose(first: number, last: number): void {
    onBrush(first <= 0 && last >= bins ? null : [edge(first), edge(last)]);
  }
  function binAt(event: PointerEvent): number {
    const box = plot.current?.getBoundingClientRect();
    if (!box || box.width === 0) return 0;
    return clamp(Math.floor(((event.clientX - box.left) / box.width) * bins), 0, bins - 1);
  }
  function start(event: PointerEvent): void {
    if (event.button !== 0) return;
    const bin = binAt(event);
    plot.current?.setPointerCapture?.(event.pointerId);
    setDrag({ from: bin, to: bin });
  }
  function move(event: PointerEvent): void {
    if (drag) setDrag({ from: drag.from, to: binAt(event) });
  }
  function finish(): void {
    if (!drag) return;
    setDrag(null);
    choose(from, to);
  }

  const inside = pairsBetween(counts, from, to);
  const state = chosen
    ? `${plural(inside, unit)} with a code from ${small(edge(from))} to ${small(edge(to))}`
    : `${plural(sum(counts), unit)} with a code other than 0`;

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a chart
    <div class="ws-histogram" role="group" aria-labelledby={id}>
      <div class="ws-histogram-sides">
        <span>{`\u2190 ${labelLeft}`}</span>
        <span>{`${labelRight} \u2192`}</span>
      </div>
      <div
        ref={plot}
        class="ws-plot"
        style={{ height: `${height}px` }}
        onPointerDown={start}
        onPointerMove={move}
        onPointerUp={finish}
        onPointerCancel={() => setDrag(null)}
      >
        <svg viewBox={`0 0 ${bins} 100`} preserveAspectRatio="none" aria-hidden="true">
          {counts.map((value, bin) => {
            const tall = value > 0 ? Math.max(2, (96 * size(value)) / tallest) : 0;
            const side = bin + 0.5 < toBin(0) ? "ws-bar-less" : "ws-bar-more";
            const faded = chosen && (bin < from || bin >= to) ? "ws-faded" : "";
            return (
              <rect
                key={bin}
                class={`${side} ${faded}`}
                x={bin + 0.06}
                width={0.88}
                y={100 - tall}
                height={tall}
              />
            );
          })}
        </svg>
        {low < 0 && high > 0 && <div class="ws-middle" style={{ left: `${(100 * toBin(0)) / bins}%` }} />}
        {chosen && (
          <div
            class="ws-brush"
            style={{ left: `${(100 * from) / bins}%`, width: `${(100 * (to - from)) / bins}%` }}
          />
        )}
        <Handle
          label="lowest code"
          bin={from}
          least={0}
          most={to - 1}
          edge={edge}
          bins={bins}
          onMove={(bin) => choose(bin, to)}
        />
        <Handle
          label="highest code"
          bin={to}
          least={from + 1}
          most={bins}
          edge={edge}
          bins={bins}
          onMove={(bin) => choose(from, bin)}
        />
      </div>
      <div class="ws-histogram-ticks" aria-hidden="true">
        {ticks(low, high, 5).map((tick) => (
          <span key={tick} style={{ left: `${(100 * toBin(tick)) / bins}%` }}>
            {tickLabel(tick)}
          </span>
        ))}
      </div>
      <div class="ws-histogram-notes">
        <span id={id} aria-live="polite">
          {state}
        </span>
        <span class="ws-muted">{`${count(zero)} more with code 0`}</span>
        <span class="ws-muted">{`tallest bar ${count(Math.max(...counts))}`}</span>
        <button type="button" class="ws-link" onClick={() => setRoot(!root)}>
          {root ? "heights: square roots" : "heights: counts"}
        </button>
        {brush && (
          <button type="button" class="ws-link" onClick={() => onBrush(null)}>
            clear range
          </button>
        )}
      </div>
    </div>
  );
}
