/** How far a run is, and what came of it; and the button that tells of it while the panel is closed. */
import type { NamingProgress } from "../../protocol";
import { count } from "../../shared/format";
import { Icon, type Shape } from "../../shared/icons";
import type { State } from "../state";
import { Said } from "./Said";
import { endWords, failureWords, isWhole, lostWords, outcome, spent, stageWords, waitWords } from "./words";

const failed = ({ failures }: NamingProgress): number =>
  Object.values(failures).reduce((sum, times) => sum + times, 0);

export function Running({ state, now }: { state: State; now: NamingProgress }) {
  const naming = state.suggesting;
  const without = failed(now);
  const contact = naming.contact.value;
  const note = [waitWords(now), lostWords(now)].filter(Boolean).join(" ");
  // Not disabled, which would take the focus away.
  const stopping = now.stage === "stop" || naming.waiting.value;
  return (
    <>
      <div class="lb-askline">
        {contact === "heard" ? <i class="lb-spin" aria-hidden="true" /> : <Icon shape="warn" />}
        <span class="lb-askstage">
          <b dir="auto">
            {contact === "heard"
              ? stageWords(now.stage)
              : contact === "slow"
                ? "no answer yet; as last heard"
                : "not known; as last heard"}
          </b>
          {now.model && (
            <span class="lb-fine" dir="auto">
              {" "}
              {now.model}
            </span>
          )}
        </span>
        <progress
          max={Math.max(1, now.total)}
          value={Math.min(now.done, now.total)}
          aria-label="Progress of the suggestions"
        />
        <span class="lb-asknumbers">
          {`${count(now.features_done)} of ${count(now.features)} features · ${spent(now)}`}
          {without > 0 && (
            <span class="lb-askfailed" title={failureWords(now.failures)}>
              {` · ${count(without)} without an answer`}
            </span>
          )}
        </span>
        <button
          type="button"
          class="lb-button"
          data-first
          aria-disabled={stopping}
          title="What was paid for is kept"
          onClick={() => {
            if (!stopping) void naming.stop();
          }}
        >
          Stop
        </button>
      </div>
      {note && contact !== "lost" && <p class="lb-asklow">{note}</p>}
      {contact === "lost" && (
        <p class="lb-asklost">
          <b>The kernel does not answer, so whether the run goes on is not known.</b> While a cell runs it
          does go on, and this catches up afterwards. If the kernel was restarted or shut down it has ended:
          run the cell that shows this again. What was paid for is kept either way.
        </p>
      )}
      {naming.trouble.value && <Said>{naming.trouble.value}</Said>}
    </>
  );
}

export function Outcome({ state, now }: { state: State; now: NamingProgress }) {
  const naming = state.suggesting;
  const why = failureWords(now.failures);
  const ready = naming.ready.value.length;
  const whole = isWhole(now);
  return (
    <>
      {now.state === "failed" && <Said>{now.message || "The run failed."}</Said>}
      <div class="lb-askline">
        <span class="lb-askword">
          {now.state !== "failed" && <Icon shape={whole && now.kept.length > 0 ? "check" : "warn"} />}{" "}
          <b>{`${outcome(now)}.`}</b>{" "}
          <span class="lb-fine">
            {now.state === "stopped" && now.message && `${now.message} `}
            {why && `Without an answer: ${why}. `}
            {`${spent(now)}. ${lostWords(now)}`}
          </span>
        </span>
        <div class="lb-askbuttons">
          {ready > 0 && (
            <button
              type="button"
              class="lb-button"
              data-first
              title="Goes to the next feature whose suggested name fits and that nobody has decided on"
              onClick={naming.next}
            >
              {`Look at ${ready === 1 ? "it" : `the ${count(ready)}`}`}
            </button>
          )}
          {!whole && (
            <button type="button" class="lb-button" data-first onClick={naming.again}>
              {now.state === "stopped" ? "Go on…" : "Ask again for what is missing…"}
            </button>
          )}
        </div>
      </div>
    </>
  );
}

const PRICE = "Ask a language model for names; the price is shown first";

/** What the button shows: an icon (none: something moves), words, and more of them for who hovers. */
function face(state: State, now: NamingProgress): readonly [Shape | null, string, string] {
  const { running, contact, unseen } = state.suggesting;
  const reached = `Suggesting ${count(now.features_done)} of ${count(now.features)}`;
  if (running.value) {
    if (contact.value === "heard") return [null, reached, waitWords(now) || "How far it is, and to stop it"];
    if (contact.value === "slow") return ["warn", `${reached}?`, "The kernel has not answered yet"];
    return ["warn", "Suggesting: not known", "The kernel does not answer"];
  }
  if (!unseen.value) return ["spark", "Suggest names…", PRICE];
  const [words, warns] = endWords(now);
  return [warns ? "warn" : "check", words, outcome(now)];
}

/** Opens and closes the panel; while a run goes on it says how far, and then how it ended, until somebody looks. */
export function NamingButton({ state }: { state: State }) {
  const { progress, unseen, open, show, hide } = state.suggesting;
  const now = progress.value;
  if (!now || !state.editable.value) return null;
  const [shape, words, title] = face(state, now);
  return (
    <button
      type="button"
      class={`lb-button lb-suggest lb-noprint${unseen.value ? " lb-unseen" : ""}`}
      aria-expanded={open.value}
      aria-controls={`${state.uid}-suggesting`}
      title={title}
      onClick={() => (open.peek() ? hide() : show())}
    >
      {shape ? <Icon shape={shape} /> : <i class="lb-spin" aria-hidden="true" />}
      {words}
    </button>
  );
}

/** Beside the suggestions of one feature. */
export function AskForOne({ state }: { state: State }) {
  const { progress, chosen, running, show } = state.suggesting;
  if (!progress.value || !chosen.value || running.value) return null;
  return (
    <button
      type="button"
      class="lb-link lb-askone"
      title="Ask a language model for names of this feature; the price is shown first"
      onClick={() => show("one")}
    >
      Ask a model…
    </button>
  );
}
