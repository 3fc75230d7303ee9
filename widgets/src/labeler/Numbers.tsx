/** The key numbers of a feature, each with its interval and with what it means. */
import type { ComponentChildren } from "preact";
import { count, decimal, percent, points, range, small } from "../shared/format";
import { UNNAMED } from "../shared/names";
import { Tip } from "../shared/Tooltip";
import type { Row } from "./rows";

function list(words: readonly string[]): string {
  return words.length === 0 ? "" : ` Adjusted for ${words.join(", ")}.`;
}

interface NumberProps {
  word: string;
  about: string;
  value: string;
  children?: ComponentChildren;
}

function Fact({ word, about, value, children }: NumberProps) {
  return (
    <div class="lb-fact">
      <dt>
        <Tip text={about}>{word}</Tip>
      </dt>
      <dd>
        <b>{value}</b>
        <span class="lb-fine">{children}</span>
      </dd>
    </div>
  );
}

const interval = (low: number | null, high: number | null, format: (value: number | null) => string) =>
  low === null || high === null ? "no interval" : range(low, high, format as typeof points);

function fidelityWords({ feature, draft, draftFidelity, named }: Row, editable: boolean): string {
  const { fidelity, fidelity_low, fidelity_high, judge } = feature;
  if (fidelity !== null) return `${interval(fidelity_low, fidelity_high, decimal)}, judge: ${judge}`;
  if (draft === UNNAMED) return !named ? "no draft to judge" : editable ? "verify to know it" : "";
  const verify = editable ? "; verify yours" : "";
  return draftFidelity === null ? "" : `the draft’s was ${decimal(draftFidelity)}${verify}`;
}

export function Numbers({
  row,
  controls,
  editable,
}: {
  row: Row;
  controls: readonly string[];
  editable: boolean;
}) {
  const { feature } = row;
  const measured = feature.kind === "measured";
  const tested = feature.delta_win !== null || feature.beta !== null;
  return (
    // A formula tells itself exactly and comes back on any prompts: no fidelity, no stability.
    <dl class={`lb-facts${measured ? " lb-fewfacts" : ""}`} aria-label="Key numbers, with 95 % intervals">
      <Fact
        word="Delta-win"
        about={`Among pairs that differ in this feature: how much more often the response with more of it was preferred than the other, in percentage points. +20 means 60 % against 40 %.${list(controls)}`}
        value={points(feature.delta_win)}
      >
        {feature.delta_win !== null && interval(feature.delta_win_low, feature.delta_win_high, points)}
      </Fact>
      <Fact
        word="Beta"
        about={`Slope of the logistic regression of the vote on the standardised code.${list(controls)} It weighs how much of the feature there is; delta-win looks at the direction alone, so the two can differ in sign.`}
        value={decimal(feature.beta)}
      >
        {feature.beta !== null && interval(feature.beta_low, feature.beta_high, decimal)}
      </Fact>
      {tested && (
        <Fact
          word="q"
          about="The p value of beta, corrected for all the features that were tested: of those with q below 0.05 about one in twenty may be chance (Benjamini-Hochberg). A feature counts as significant by a stricter rule, under which hardly one among all is chance (Bonferroni)."
          value={feature.q === null ? "n/a" : small(feature.q)}
        >
          {feature.significant
            ? "significant"
            : feature.q !== null && feature.q <= 0.05
              ? "not by Bonferroni"
              : "not significant"}
        </Fact>
      )}
      <Fact
        word="Prevalence"
        about="Share of the pairs whose two responses differ in this feature, that is, whose code is not 0. The effect rests on the rows among them that carry a decided vote."
        value={percent(feature.prevalence)}
      >
        {interval(feature.prevalence_low, feature.prevalence_high, percent)}
        <br />
        {`n ${count(feature.n)}`}
      </Fact>
      {(!measured || row.label.fidelity) && (
        <>
          <Fact
            word="Fidelity"
            about="Correlation, on held-out pairs, of the code with a judge's answers to “which response has more of what the name says?”. The judge is a formula for drafted names, a language model where one was asked, and people once enough blind tests were answered (Verify). 1: the name tells the code; 0: it tells nothing about it."
            value={decimal(feature.fidelity)}
          >
            {fidelityWords(row, editable)}
          </Fact>
          <Fact
            word="Stability"
            about="How closely the feature comes back when the autoencoder learns from other prompts: the mean absolute cosine with its best match. 1 is the same, random directions lie near 0.1."
            value={decimal(feature.stability)}
          >
            {feature.recurs ? "recurs" : "does not recur"}
          </Fact>
        </>
      )}
    </dl>
  );
}
