/** What was learned of the person: first in a sentence, then feature by feature, then what can be done with it. */
import { useSignal } from "@preact/signals";
import { plural } from "../shared/format";
import { Icon, KindIcon } from "../shared/icons";
import { UNNAMED } from "../shared/names";
import { Tip } from "../shared/Tooltip";
import { Actions } from "./Actions";
import { estimate, hitsWords, type Learned, likingWords } from "./learned";
import type { State } from "./state";
import { decides } from "./votes";
import { Course, Weight } from "./Weight";

/** Features that are shown before the others are asked for. */
const FIRST = 6;

function Name({ row }: { row: Learned }) {
  const { name, id } = row.label;
  return <b dir="auto">{name === UNNAMED ? `${UNNAMED} feature ${id}` : name}</b>;
}

function Verdict({ state }: { state: State }) {
  const rows = state.learned.value;
  const preferences = state.votes.value.filter(decides).length;
  const differ = rows.filter(({ above }) => above !== null);
  const setting = differ.filter(({ sets }) => sets);
  const told = `${plural(preferences, "preference")} ${preferences === 1 ? "tells" : "tell"}`;
  if (preferences === 0) {
    return (
      <div class="cb-verdict">
        <h2>Nothing can be said yet</h2>
        <p>None of your votes prefers one response to the other.</p>
      </div>
    );
  }
  if (setting.length === 0) {
    return (
      <div class="cb-verdict">
        <h2>Your votes do not set you apart yet</h2>
        <p>
          {differ.length === 0
            ? "Annotators differ in none of these features, as far as their votes tell; so may you."
            : `On none of the ${plural(differ.length, "feature")} in which people may differ ${preferences === 1 ? "does your preference" : `do your ${plural(preferences, "preference")}`} tell you apart from everyone: each 95% interval of the difference spans 0. You may weigh as most do, or differ by less than so few votes show.`}
        </p>
      </div>
    );
  }
  return (
    <div class="cb-verdict">
      <h2>{`${plural(setting.length, "feature")} of ${differ.length} ${setting.length === 1 ? "sets" : "set"} you apart`}</h2>
      <p>
        {`There your ${told} you apart from everyone, by a 95% interval clear of 0; on the others they leave it open.`}
      </p>
    </div>
  );
}

function Guesses({ state }: { state: State }) {
  const guesses = state.replay.value?.guesses;
  if (!guesses || guesses.of === 0) return null;
  const { own, everyone, of } = guesses;
  return (
    <section class="cb-guesses" aria-label="How well you were guessed">
      <h3>Before each vote the model guessed it</h3>
      <dl>
        <div>
          <dt>from your votes until then</dt>
          <dd>{hitsWords(own, of)}</dd>
        </div>
        <div>
          <dt>from everyone’s weights</dt>
          <dd>{hitsWords(everyone, of)}</dd>
        </div>
      </dl>
      <p class="lb-fine">
        With 95% intervals. The pairs were chosen for being hard to guess, so half of them right is no
        surprise.
      </p>
    </section>
  );
}

function Row({ row, later }: { row: Learned; later: boolean }) {
  const { before, after, ends } = likingWords(row);
  return (
    <li class={`cb-feature${row.sets ? " cb-sets" : ""}${later ? " cb-later" : ""}`}>
      <div class="cb-words">
        <p class="cb-says">
          <Tip text={row.note || row.kind} class="cb-kind">
            <KindIcon kind={row.kind} />
            <span class="ws-hidden">{row.kind}</span>
          </Tip>{" "}
          {before}
          <Name row={row} />
          {after}
          {ends && (
            <>
              {" "}
              <span class="cb-ends">{ends}</span>
            </>
          )}
          .
        </p>
        <p class="lb-fine cb-numbers">
          {row.sets ? (
            <span class="cb-flag">
              <Icon shape="check" /> sets you apart
            </span>
          ) : (
            row.above && <span>left open</span>
          )}
          <span>{`you ${estimate(row.weight)}`}</span>
          <span>{`everyone ${estimate(row.everyone)}`}</span>
        </p>
      </div>
      <Weight row={row} />
      <Course row={row} />
    </li>
  );
}

function Features({ rows }: { rows: readonly Learned[] }) {
  const all = useSignal(false);
  const few = Math.max(FIRST, rows.filter(({ sets }) => sets).length);
  return (
    <section aria-label="Your weights">
      <div class="cb-head" aria-hidden="true">
        <p class="cb-legend lb-fine">
          <span>
            <i class="cb-key cb-key-own" /> you, 95%
          </span>
          <span>
            <i class="cb-key cb-key-before" /> before your votes
          </span>
          <span>
            <i class="cb-key cb-key-bars" /> annotators
          </span>
          <span>
            <i class="cb-key cb-key-everyone" /> everyone
          </span>
        </p>
        <span class="lb-fine cb-axishead">weight: ← less likely preferred · more likely →</span>
        <span class="lb-fine cb-coursehead">vote by vote</span>
      </div>
      <ul class="cb-features">
        {rows.map((row, k) => (
          <Row key={row.id} row={row} later={k >= few && !all.value} />
        ))}
      </ul>
      {rows.length > few && (
        <button
          type="button"
          class="lb-link cb-all lb-noprint"
          aria-expanded={all.value}
          onClick={() => {
            all.value = !all.value;
          }}
        >
          {all.value ? "Show fewer" : `Show all ${rows.length} features`}
        </button>
      )}
    </section>
  );
}

export function Result({ state }: { state: State }) {
  const rows = state.learned.value;
  const early = !state.done.value;
  return (
    <article class="cb-result" data-stage tabIndex={-1} aria-label="What your votes say">
      {early && (
        <div class="cb-early lb-noprint" role="note">
          <span>{`So far, after ${plural(state.judged.value, "pair")} of ${state.goal.value}. What you see here may steer the votes that follow.`}</span>
          <button type="button" class="lb-button lb-primary" onClick={() => state.peek(false)}>
            Back to the pairs
          </button>
        </div>
      )}
      <Verdict state={state} />
      <Features rows={rows} />
      <Guesses state={state} />
      <Actions state={state} />
      <footer class="cb-stated lb-fine">
        <p>{state.snapshot.value?.stated}</p>
        <p>
          A weight is the change in log odds of being preferred that goes with one standard deviation more of
          a feature: associated with your votes, not the cause of them. Shares compare you with annotators as
          the model spreads them (tau). No preference and skipped pairs do not count.
        </p>
      </footer>
    </article>
  );
}
