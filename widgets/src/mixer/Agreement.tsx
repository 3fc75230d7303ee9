/** How many votes the weights agree with, and how many they turn against everyone's, each with its interval. */
import type { ComponentChildren } from "preact";
import { count, percent, plural, range } from "../shared/format";
import { Tip } from "../shared/Tooltip";
import type { State } from "./state";
import type { Share } from "./tally";
import { presetName } from "./words";

interface FactProps {
  word: string;
  about: string;
  share: Pick<Share, "share" | "low" | "high"> | null;
  children?: ComponentChildren;
}

function Fact({ word, about, share, children }: FactProps) {
  return (
    <div class="lb-fact mx-fact">
      <dt>
        <Tip text={about}>{word}</Tip>
      </dt>
      <dd>
        <b>{share ? percent(share.share) : "none"}</b>
        <span class="lb-fine mx-range95">{share && range(share.low, share.high, percent)}</span>
        <span class="lb-fine mx-of">{children}</span>
      </dd>
    </div>
  );
}

/** Whole percents without their sign, where one stands before. */
const whole = (share: number | null | undefined): string => percent(share).replace("%", "");

function fitted(state: State): string {
  const preset = state.preset.value;
  if (!preset) return "";
  if (preset.kind === "person" && state.untouched.value) {
    return `These weights were fitted on ${plural(preset.votes, "vote")} of ${preset.label}, beginning from what these votes tell of everyone.`;
  }
  if (!state.untouched.value) return "Set by hand, beginning from weights that were fitted on these votes.";
  return preset.held_out
    ? "These weights were fitted on these votes: in new ones expect the held-out share."
    : "These weights were fitted on these votes: in new ones expect less.";
}

/** "of 12 votes", or of how many these are some. */
const ownVotes = (here: number, all: number): string =>
  here < all ? `${count(here)} of ${plural(all, "vote")}` : `of ${plural(here, "vote")}`;

const TOGETHER = " Votes on one prompt are taken together in the interval.";

export function Agreement({ state }: { state: State }) {
  const tally = state.tally.value;
  const ballots = state.ballots.value;
  const preset = state.preset.value;
  const stated = state.snapshot.value?.stated;
  if (!preset) return null;
  const name = preset.kind === "annotator" ? preset.label : presetName(preset);
  const sample =
    ballots && ballots.sampled < ballots.total
      ? `Of a random sample of ${plural(ballots.sampled, "vote")} of ${count(ballots.total)}.`
      : "Of all votes.";
  const everyones = state.setting.value.weights.every((one, k) => one === state.everyone.value[k]);
  return (
    <section class="mx-tally" aria-label="Agreement with votes">
      {tally ? (
        <dl class="lb-facts mx-facts">
          <Fact
            word="Flip against everyone"
            about={`Share of the voted pairs in which these weights point to the other response than everyone’s weights do.${TOGETHER}`}
            share={everyones ? null : tally.flips}
          >
            {everyones
              ? "these are everyone’s"
              : tally.flips && `${count(tally.flips.count)} of ${plural(tally.flips.of, "vote")}`}
          </Fact>
          <Fact
            word="Agree with everyone"
            about={`Share of all annotators’ votes that went to the response these weights point to.${TOGETHER}`}
            share={tally.everyone}
          >
            {tally.everyones &&
              !everyones &&
              `everyone’s ${percent(tally.everyones.share)} (${range(tally.everyones.low, tally.everyones.high, whole)})`}
          </Fact>
          {preset.kind !== "everyone" && (tally.own || preset.kind !== "person") && (
            <Fact
              word={`Agree with ${name}`}
              about={`Share of the votes of ${name} that went to the response these weights point to.${TOGETHER}`}
              share={tally.own}
            >
              {tally.own ? ownVotes(tally.own.of, preset.votes) : "no votes of theirs here"}
            </Fact>
          )}
          {preset.held_out && (
            <Fact
              word="Held out"
              about={`The preset’s own weights, unmoved, fitted without the votes they are compared with: what ${name} can be expected to agree with in new votes.`}
              share={{
                share: preset.held_out.agreement,
                low: preset.held_out.low,
                high: preset.held_out.high,
              }}
            >
              {state.untouched.value ? "new votes" : "of the preset, unmoved"}
            </Fact>
          )}
        </dl>
      ) : (
        <p class="lb-fine">There are no votes in this widget to compare with.</p>
      )}
      {tally && (
        <p class="lb-fine mx-said">
          {sample} <span class="mx-fitted">{fitted(state)}</span>
        </p>
      )}
      {stated && (
        <p class="lb-fine mx-said" dir="auto">
          {stated}
        </p>
      )}
    </section>
  );
}
