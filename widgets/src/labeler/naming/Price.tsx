/** For which features, who answers, what is sent, what it costs; and the press without which nothing is sent. */
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import type { NamingPlan, NamingScope } from "../../protocol";
import { plural } from "../../shared/format";
import { UNNAMED } from "../../shared/names";
import type { State } from "../state";
import type { Naming, Priced } from "./naming";
import { Said } from "./Said";
import { HERE, isMoney, isPaid, limitWords, planLines, read } from "./words";

/** Without a model: how to give one. */
export function NoModel() {
  return (
    <div class="lb-asknone" data-first tabIndex={-1}>
      <p>
        <b>No language model was given, so nothing is sent to any.</b> Show the labeler with one to be told
        the price first:
      </p>
      <p>
        <code>ws.FeatureLabeler(study, model="gpt-4o-mini")</code> with its key in <code>OPENAI_API_KEY</code>
        , or one on this machine: <code>model="transformers:…"</code>, or{" "}
        <code>ws.language_model("…", base_url="…/v1")</code>. To try it out without any:{" "}
        <code>model=ws.PracticeModel()</code>, which counts instead of understanding.
      </p>
    </div>
  );
}

function Scopes({ naming }: { naming: Naming }) {
  const name = useId();
  const counts = naming.counts.value;
  const row = naming.chosen.value;
  const one = !row ? (
    "this one: a measured feature says what it measures"
  ) : (
    <>
      this one: <code>{row.id}</code> {row.name !== UNNAMED && <span dir="auto">{row.name}</span>}
    </>
  );
  const options: readonly (readonly [NamingScope, ComponentChildren])[] = [
    ["one", one],
    ["unnamed", `all that are unnamed (${counts.unnamed})`],
    ["discovered", `all discovered ones (${counts.discovered})`],
  ];
  return (
    <fieldset class="lb-askscopes">
      <legend>Which features</legend>
      {options.map(([scope, words]) => (
        <label key={scope}>
          <input
            type="radio"
            name={name}
            checked={naming.scope.value === scope}
            disabled={counts[scope] === 0}
            data-first={naming.scope.value === scope || undefined}
            onChange={() => naming.choose(scope)}
          />
          <span class="lb-askword">{words}</span>
        </label>
      ))}
    </fieldset>
  );
}

function Sent({ plan }: { plan: NamingPlan }) {
  return (
    <p class="lb-asksent">
      <b dir="auto">{plan.model}</b>
      {plan.where === HERE ? (
        " on this machine answers: nothing leaves this machine."
      ) : (
        <>
          {" answers. Texts of this dataset are sent to "}
          <b dir="auto">{plan.where}</b>.
        </>
      )}
    </p>
  );
}

function Lines({ priced }: { priced: Priced }) {
  const lines: readonly (readonly [string, string | null])[] =
    priced.kind === "ready"
      ? planLines(priced.plan)
      : (["Calls", "Tokens", "Cost", "Time"] as const).map((what) => [what, null] as const);
  return (
    <dl class="lb-asklines" aria-busy={priced.kind === "asking"}>
      {lines.map(([what, words]) => (
        <div key={what}>
          <dt>{what}</dt>
          <dd>
            {words ?? <span class="lb-faint">{priced.kind === "asking" ? "counting…" : "not known"}</span>}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function Limit({ naming, plan }: { naming: Naming; plan: NamingPlan }) {
  const id = useId();
  const given = read(naming.limit.value, plan);
  const money = isMoney(plan);
  const [words, low] = limitWords(plan, given);
  return (
    <div class="lb-asklimit">
      <label>
        {money ? "Spend at most " : "Make at most "}
        <input
          class="lb-nameinput"
          inputMode={money ? "decimal" : "numeric"}
          autocomplete="off"
          size={7}
          value={naming.limit.value}
          aria-invalid={given === null}
          aria-describedby={id}
          onInput={(event) => {
            naming.limit.value = event.currentTarget.value;
          }}
          onKeyDown={(event) => {
            if (event.key !== "Enter" || event.isComposing) return;
            // A price that was looked at is agreed to by a press of its button, not by leaving a field.
            event.preventDefault();
          }}
        />
        {money ? "" : " calls"}
      </label>
      <span id={id} class={low ? "lb-asklow" : "lb-fine"}>
        {words}
      </span>
    </div>
  );
}

export function Price({ state }: { state: State }) {
  const naming = state.suggesting;
  const priced = naming.priced.value;
  const plan = priced.kind === "ready" ? priced.plan : null;
  const nobody = naming.counts.value[naming.scope.value] === 0;
  return (
    <>
      <div class="lb-askgrid">
        <Scopes naming={naming} />
        {nobody ? (
          <p class="lb-fine">No feature is left to ask about.</p>
        ) : priced.kind === "failed" ? (
          <Said>{priced.message}</Said>
        ) : (
          <Lines priced={priced} />
        )}
      </div>
      {plan?.note && !nobody && <p class="lb-asksent">{plan.note}</p>}
      {plan && !nobody && <Sent plan={plan} />}
      {naming.trouble.value && <Said>{naming.trouble.value}</Said>}
      <div class="lb-askfoot">
        {plan && !nobody && !isPaid(plan) && <Limit naming={naming} plan={plan} />}
        <div class="lb-askbuttons">
          <button type="button" class="lb-button" onClick={naming.hide}>
            Cancel
          </button>
          <button
            type="button"
            class="lb-button lb-primary"
            disabled={!plan || nobody || !(isPaid(plan) || read(naming.limit.value, plan) !== null)}
            aria-busy={naming.waiting.value}
            onClick={() => void naming.ask()}
          >
            {plan ? `Ask for ${plural(plan.features, "feature")}` : "Ask"}
          </button>
        </div>
      </div>
    </>
  );
}
