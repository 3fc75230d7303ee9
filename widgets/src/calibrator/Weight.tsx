/** One feature: the annotators' weights, everyone's, and what the votes say of this person's; and how that narrowed. */
import { ticks } from "d3-array";
import { tickLabel } from "../shared/format";
import { clamp, linear } from "../shared/scale";
import { type Estimate, estimate, type Learned } from "./learned";

export type Domain = readonly [low: number, high: number];

/** Each feature has a scale of its own, with 0 in it and room for all that is drawn. */
export function domainOf({ weight, before, everyone, spread }: Learned): Domain {
  const edge = linear([0, Math.max(1, spread.counts.length)], [spread.low, spread.high]);
  const bars = spread.counts.flatMap((n, k) => (n > 0 ? [edge(k), edge(k + 1)] : []));
  const ends = [0, weight.low, weight.high, before.low, before.high, everyone.mid, ...bars];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  const room = 0.03 * Math.max(high - low, 0.01);
  return [low - room, high + room];
}

const at = (domain: Domain) => {
  const x = linear(domain, [0, 100]);
  return (value: number): number => clamp(x(value), 0, 100);
};

function Bars({ row, domain }: { row: Learned; domain: Domain }) {
  const { low, high, counts } = row.spread;
  const edge = linear([0, Math.max(1, counts.length)], [low, high]);
  const x = at(domain);
  const tallest = Math.max(1, ...counts);
  return (
    <svg class="cb-bars" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
      {counts.map((n, k) => {
        const [from, to] = [x(edge(k)), x(edge(k + 1))];
        const tall = n > 0 ? Math.max(3, (100 * n) / tallest) : 0;
        return <rect key={k} x={from} width={Math.max(0, to - from)} y={100 - tall} height={tall} />;
      })}
    </svg>
  );
}

function band({ low, high }: Estimate, x: (value: number) => number) {
  return { left: `${x(low)}%`, width: `${x(high) - x(low)}%` };
}

/** What the picture says, in words. */
export function weightWords({ weight, everyone, before }: Learned): string {
  return `Your weight ${estimate(weight)}; before the first vote ${estimate(before)}; everyone ${estimate(everyone)}`;
}

export function Weight({ row }: { row: Learned }) {
  const domain = domainOf(row);
  const x = at(domain);
  return (
    <div class="cb-weight" role="img" aria-label={weightWords(row)}>
      <i class="cb-zero" style={{ left: `${x(0)}%` }} />
      <i class="cb-everyone" style={{ left: `${x(row.everyone.mid)}%` }} />
      <Bars row={row} domain={domain} />
      <i class="cb-before" style={band(row.before, x)} />
      <i class="cb-own" style={band(row.weight, x)} />
      {ticks(domain[0], domain[1], 4).map((tick) => (
        <span class="cb-tick" key={tick} style={{ left: `${x(tick)}%` }}>
          {tickLabel(tick)}
        </span>
      ))}
      <i
        class={`cb-dot cb-dot-${row.kind}${row.sets ? "" : " cb-dot-open"}`}
        style={{ left: `${x(row.weight.mid)}%` }}
      />
    </div>
  );
}

const HIGH = 44;
const WIDE = 96;

/** The interval after each vote, from left to right: it narrows. */
export function Course({ row: { course, everyone } }: { row: Learned }) {
  const ends = course.flatMap(({ low, high }) => [low, high]);
  const domain: Domain = [Math.min(everyone.mid, ...ends), Math.max(everyone.mid, ...ends)];
  const y = linear(domain, [HIGH - 1, 1]);
  const x = linear([0, Math.max(1, course.length - 1)], [0, WIDE]);
  const line = (pick: (one: Estimate) => number): string[] =>
    course.map((one, k) => `${x(k).toFixed(1)} ${y(pick(one)).toFixed(1)}`);
  const outline = [...line(({ high }) => high), ...line(({ low }) => low).toReversed()];
  return (
    <svg class="cb-course" viewBox={`0 0 ${WIDE} ${HIGH}`} width={WIDE} height={HIGH} aria-hidden="true">
      <path class="cb-course-band" d={`M${outline.join("L")}z`} />
      <line class="cb-course-everyone" x1={0} x2={WIDE} y1={y(everyone.mid)} y2={y(everyone.mid)} />
      <path class="cb-course-line" d={`M${line(({ mid }) => mid).join("L")}`} />
    </svg>
  );
}
