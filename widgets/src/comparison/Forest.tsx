// biome-ignore-all lint/a11y/useSemanticElements: a table laid out by CSS grid, which takes the roles of table elements away
// biome-ignore-all lint/a11y/useFocusableInteractive: nothing in it is interactive
/** The chosen feature in every dataset, with its numbers; below them what they say together. */
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import { count, percent, plural, points, range } from "../shared/format";
import { Tip } from "../shared/Tooltip";
import { ownAxis } from "./axes";
import { type Axis, AxisLabels, Diamond, Grid, Lane } from "./lanes";
import { differs, isClear, isKnown, type Row, VERDICTS } from "./rows";
import { Sign } from "./Sign";
import type { State } from "./state";
import { capital, prevalenceWords, probability, ratioWords, rowsWords } from "./words";

const HEIGHT = 26;

function Picture({ axis, children }: { axis: Axis; children: ComponentChildren }) {
  return (
    <svg class="cp-strip" width="100%" height={HEIGHT} aria-hidden="true">
      <Grid axis={axis} height={HEIGHT} />
      {children}
    </svg>
  );
}

interface LineProps {
  sign: number | "mixture" | "mean";
  name: ComponentChildren;
  picture: ComponentChildren;
  effect: ComponentChildren;
  prevalence?: ComponentChildren;
  n?: ComponentChildren;
  verdict: ComponentChildren;
  class?: string;
}

function Line({ sign, name, picture, effect, prevalence, n, verdict, class: kind = "" }: LineProps) {
  return (
    <div role="row" class={`cp-forestrow ${kind}`}>
      <div role="rowheader" class="cp-who">
        <Sign dataset={sign} />
        <span>{name}</span>
      </div>
      <div role="cell" class="cp-plot">
        {picture}
      </div>
      <div role="cell" class="cp-effect">
        {effect}
      </div>
      <div role="cell" class="cp-prev">
        {prevalence}
      </div>
      <div role="cell" class="cp-n">
        {n}
      </div>
      <div role="cell" class="cp-verdict">
        {verdict}
      </div>
    </div>
  );
}

function Effect({ mid, low, high }: { mid: number | null; low: number | null; high: number | null }) {
  if (mid === null) return <span class="lb-faint">no estimate</span>;
  return (
    <>
      <b>{points(mid)}</b> <span class="lb-fine">{range(low, high)}</span>
    </>
  );
}

function sideWords(low: number | null, high: number | null): string {
  if (low === null || high === null) return "too few to say";
  return low > 0 ? VERDICTS.for : high < 0 ? VERDICTS.against : "spans 0";
}

function MixtureLine({ state, row, axis }: { state: State; row: Row; axis: Axis }) {
  const { delta_win: mid, low, high, covered, washesOut } = state.mixed(row);
  const { many } = state.things.value;
  return (
    <Line
      sign="mixture"
      class="cp-summary"
      name={
        <Tip
          text={`What the ${many} mixed in the weights above would express. Each counts by its weight and by how many of its rows differ in the feature; what goes with a choice in one is taken to stay so.`}
        >
          Mixture
        </Tip>
      }
      picture={
        <Picture axis={axis}>
          <Diamond axis={axis} y={HEIGHT / 2} low={low} mid={mid} high={high} />
        </Picture>
      }
      effect={<Effect mid={mid} low={low} high={high} />}
      prevalence={<span class="lb-fine">at the weights above</span>}
      verdict={
        mid === null
          ? `too few: ${percent(covered)} of it known`
          : washesOut
            ? "washes out"
            : sideWords(low, high)
      }
    />
  );
}

/** Whether datasets agree, with the interval of how much they do not. */
function Agreement({ row, many }: { row: Row; many: string }) {
  const { i2, i2_low, i2_high, p, q, tau, tau_low, tau_high } = row.feature;
  if (i2 === null)
    return <p class="cp-agreement">Fewer than two {many} have an estimate, so nothing is compared.</p>;
  const plain = (value: number | null): string => points(value).replace("+", "");
  return (
    <p class="cp-agreement">
      <b>{differs(row.feature) ? `The ${many} differ beyond chance.` : `The ${many} may well agree.`}</b>{" "}
      <Tip
        text={`The share of the variation between ${many} that is not chance: 0 % when they differ no more than chance, near 100 % when almost all of it is real.`}
      >
        I²
      </Tip>
      {` ${percent(i2)} (${range(i2_low, i2_high, percent)})`}
      {tau !== null && (
        <>
          {", "}
          <Tip text={`The standard deviation of the effect between ${many} beyond chance, in points.`}>
            spread τ
          </Tip>
          {` ${plain(tau)} points${tau_low !== null && tau_high !== null ? ` (${plain(tau_low)} to ${plain(tau_high)})` : ""}`}
        </>
      )}
      {"; that all agree: p "}
      {probability(p)}, q {probability(q)}.
    </p>
  );
}

export function Forest({ state, row }: { state: State; row: Row }) {
  const axis = useMemo(() => ownAxis(row), [row]);
  const { feature } = row;
  const { one, many } = state.things.value;
  const middle = HEIGHT / 2;
  return (
    <div class="cp-forestbox">
      <div
        role="table"
        class="cp-forest"
        aria-label={`Effect and prevalence in each ${one}, with 95 % intervals`}
      >
        <div role="row" class="cp-forestrow cp-foresthead">
          <div role="columnheader" class="cp-who">
            {capital(one)}
          </div>
          <div role="columnheader" class="cp-plot">
            <span class="ws-hidden">Picture of delta-win</span>
            <AxisLabels axis={axis} />
          </div>
          <div role="columnheader" class="cp-effect">
            <Tip text="Among pairs that differ in this feature: how much more often the response with more of it was preferred than the other, in percentage points. +20 means 60 % against 40 %.">
              Delta-win
            </Tip>
          </div>
          <div role="columnheader" class="cp-prev">
            <Tip
              text={`Share of the ${one}’s pairs whose two responses differ in this feature, with what multiple of the first ${one}’s that is.`}
            >
              Prevalence
            </Tip>
          </div>
          <div role="columnheader" class="cp-n">
            <Tip text="Rows that the effect rests on: they differ in the feature and carry a decided vote; and how many prompts they are about.">
              n
            </Tip>
          </div>
          <div role="columnheader" class="cp-verdict">
            Verdict
          </div>
        </div>
        {feature.cells.map((cell, index) => {
          const known = isKnown(cell);
          const { delta_win: mid, delta_win_low: low, delta_win_high: high } = cell;
          return (
            <Line
              key={index}
              sign={index}
              name={
                <span class="cp-whole" dir="auto" title={state.datasets.value[index]?.name}>
                  {state.datasets.value[index]?.name}
                </span>
              }
              class={known ? "" : "cp-unknown"}
              picture={
                <Picture axis={axis}>
                  <Lane
                    axis={axis}
                    dataset={index}
                    y={middle}
                    low={low}
                    mid={mid}
                    high={high}
                    clear={isClear(cell)}
                    few={!known}
                  />
                </Picture>
              }
              effect={<Effect mid={mid} low={low} high={high} />}
              prevalence={
                <>
                  <span class="lb-fine cp-word">prevalence </span>
                  {prevalenceWords(cell)}
                  <span class="lb-fine cp-ratio">
                    {index > 0 && <span class="cp-ofit">{ratioWords(cell)}</span>}
                    {/* Where there is no column for it. */}
                    <span class="cp-also">{rowsWords(cell)}</span>
                  </span>
                </>
              }
              n={
                <>
                  {count(cell.n)}
                  {cell.prompts !== undefined && (
                    <span class="lb-fine cp-prompts">{plural(cell.prompts, "prompt")}</span>
                  )}
                </>
              }
              verdict={VERDICTS[cell.verdict]}
            />
          );
        })}
        <MixtureLine state={state} row={row} axis={axis} />
        <Line
          sign="mean"
          class="cp-summary"
          name={
            <Tip
              text={`Random-effects mean over the ${many}: each is taken as one of many that might have been collected, so that this is what to expect of them on average, with an interval that grows with their disagreement.`}
            >
              Mean over {many}
            </Tip>
          }
          picture={
            <Picture axis={axis}>
              <Diamond
                axis={axis}
                y={middle}
                low={feature.pooled_low}
                mid={feature.pooled}
                high={feature.pooled_high}
                hollow
              />
            </Picture>
          }
          effect={<Effect mid={feature.pooled} low={feature.pooled_low} high={feature.pooled_high} />}
          prevalence={<span class="lb-fine">as one more {one} might have it</span>}
          verdict={sideWords(feature.pooled_low, feature.pooled_high)}
        />
      </div>
      <Agreement row={row} many={many} />
      {state.snapshot.value?.comparison.linked && (
        <p class="lb-fine">
          Some of these {many} share prompts: the mixture, the mean and differences allow for it.
        </p>
      )}
    </div>
  );
}
