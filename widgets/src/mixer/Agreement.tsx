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
        {share && <span class="lb-fine">{range(share.low, share.high, percent)}</span>}
        <span class="lb-fine">{children}</span>
      </dd>
    </div>
  );
}

function fitted(state: State): string {
  const preset = state.preset.value;
  if (!preset || (preset.votes === 0 && preset.kind !== "everyone")) return "";
  return state.untouched.value
    ? "These weights were fitted on these votes: with new votes they agree less, as far as the held-out share tells."
    : "Set by hand, beginning from weights that were fitted on these votes.";
}

export function Agreement({ state }: { state: State }) {
  const tally = state.tally.value;
  const ballots = state.ballots.value;
  const preset = state.preset.value;
  const stated = state.snapshot.value?.stated;
  if (!preset) return null;
  const name = presetName(preset);
  const sample =
    ballots &&
    (ballots.sampled < ballots.total
      ? `Counted in a random sample of ${plural(ballots.sampled, "vote")} of ${count(ballots.total)}; `
      : `Counted in all ${plural(ballots.total, "vote")}; `);
  return (
    <section class="mx-tally" aria-label="Agreement with votes">
      {tally ? (
        <dl class="lb-facts mx-facts">
          <Fact
            word="Flip against everyone"
            about="Share of the voted pairs in which these weights point to the other response than everyone’s weights do."
            share={tally.flips}
          >
            {tally.flips && `${count(tally.flips.count)} of ${plural(tally.flips.of, "vote")}`}
          </Fact>
          <Fact
            word="Agree with everyone"
            about="Share of all annotators’ votes that went to the response these weights point to."
            share={tally.everyone}
          >
            {tally.everyones &&
              `everyone’s weights: ${percent(tally.everyones.share)} (${range(tally.everyones.low, tally.everyones.high, percent)})`}
          </Fact>
          {preset.kind !== "everyone" && (
            <Fact
              word={`Agree with ${name}`}
              about={`Share of the votes of ${name} that went to the response these weights point to.`}
              share={tally.own}
            >
              {tally.own ? `of ${plural(tally.own.of, "vote")}` : "no votes of theirs here"}
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
      <p class="lb-fine mx-said">
        {tally && `${sample}votes on one prompt are taken together. ${fitted(state)}`}
        {stated && (
          <>
            {" "}
            <span class="mx-stated">{stated}</span>
          </>
        )}
      </p>
    </section>
  );
}
