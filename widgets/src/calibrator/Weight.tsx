/** One feature: the annotators' weights, everyone's, and what the votes say of this person's; and how that narrowed. */
import { clamp, linear } from "../shared/scale";
import { type Estimate, estimate, type Learned } from "./learned";

export type Domain = readonly [low: number, high: number];

/** One scale for all features, with room for the widest of what is drawn. */
export function domainOf(rows: readonly Learned[]): Domain {
  const ends = rows.flatMap(({ weight, before, everyone, spread }) => {
    const filled = spread.counts.flatMap((n, k) => (n > 0 ? [k] : []));
    const edge = linear([0, spread.counts.length], [spread.low, spread.high]);
    const bars = filled.length > 0 ? [edge(filled[0] ?? 0), edge((filled.at(-1) ?? 0) + 1)] : [];
    return [weight.low, weight.high, before.mid, everyone.low, everyone.high, ...bars];
  });
  const most = Math.max(0.1, ...ends.map(Math.abs));
  return [-1.04 * most, 1.04 * most];
}

/** Ticks left and right of 0 at a round number. */
export function ticksOf([, high]: Domain): number[] {
  const size = 10 ** Math.floor(Math.log10(high));
  const step = [5, 2, 1, 0.5].map((k) => k * size).find((one) => one <= 0.85 * high) ?? high;
  return [-step, 0, step];
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

export function Weight({ row, domain }: { row: Learned; domain: Domain }) {
  const x = at(domain);
  return (
    <div class="cb-weight" role="img" aria-label={weightWords(row)}>
      <Bars row={row} domain={domain} />
      <i class="cb-zero" style={{ left: `${x(0)}%` }} />
      <i class="cb-everyone" style={{ left: `${x(row.everyone.mid)}%` }} />
      <i class="cb-before" style={band(row.before, x)} />
      <i class="cb-own" style={band(row.weight, x)} />
      <i class={`cb-dot cb-dot-${row.kind}`} style={{ left: `${x(row.weight.mid)}%` }} />
    </div>
  );
}

export function Axis({ domain }: { domain: Domain }) {
  const x = at(domain);
  return (
    <div class="cb-axis" aria-hidden="true">
      {ticksOf(domain).map((tick) => (
        <span key={tick} style={{ left: `${x(tick)}%` }}>
          {tick === 0 ? "0" : `${tick < 0 ? "\u2212" : "+"}${Math.abs(tick)}`}
        </span>
      ))}
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
