/**
 * The blind test of a name: which of two responses has more of it? Neither the code nor the vote is here to be seen;
 * Python draws the pairs from rows that chose no name, and scores the answers.
 */
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import type { FeatureId, JudgeResult, LabelerModel, Question, Requests, Verification } from "../protocol";
import { focusedBeside } from "../shared/focus";
import { count, decimal, intervalWords, plural, range } from "../shared/format";
import { Interval, IntervalAxis } from "../shared/Interval";
import { messageOf } from "../shared/messages";
import { type Connection, isAbort } from "../shared/model";
import { TextBox } from "../shared/PairCard";
import { Tip } from "../shared/Tooltip";
import "./Verify.css";

export interface VerifyProps {
  connection: Pick<Connection<LabelerModel>, "request">;
  feature: FeatureId;
  name: string;
  onClose: () => void;
}

type Answer = Requests["answer"][0]["answer"];

/** Fewer answers carry no interval worth the name. */
export const ENOUGH = 10;
const PERSON = "person";
const DOMAIN = [-1, 1] as const;
const KEYS: Record<string, Answer> = { "1": "first", "2": "second", "0": "tie" };

type Stage =
  | { at: "loading" }
  | { at: "question"; question: Question }
  | { at: "end" }
  /** `skip` where an answer was not taken: it can be left for another pair. */
  | { at: "failed"; message: string; retry: () => void; skip: boolean };

function seed(): number {
  return Math.floor(Math.random() * 2 ** 31);
}

/** Asks and answers; what is on the screen is one of four stages. */
function useTest(connection: VerifyProps["connection"], feature: FeatureId) {
  const [stage, setStage] = useState<Stage>({ at: "loading" });
  const [verification, setVerification] = useState<Verification | null>(null);
  const [busy, setBusy] = useState(false);
  const control = useRef<AbortController>(null);

  const attempt = useCallback(
    async (work: (signal: AbortSignal) => Promise<void>, skip = false): Promise<void> => {
      const { signal } = control.current ?? new AbortController();
      setBusy(true);
      try {
        await work(signal);
      } catch (error) {
        if (signal.aborted || isAbort(error)) return;
        setStage({
          at: "failed",
          message: messageOf(error),
          skip,
          retry: () => {
            setStage({ at: "loading" });
            attempt(work, skip);
          },
        });
      }
      if (!signal.aborted) setBusy(false);
    },
    [],
  );

  const ask = useCallback(
    (): Promise<void> =>
      attempt(async (signal) => {
        const reply = await connection.request("question", { feature, seed: seed() }, { signal });
        setVerification(reply.verification);
        setStage(reply.question ? { at: "question", question: reply.question } : { at: "end" });
      }),
    [attempt, connection, feature],
  );

  useEffect(() => {
    const controller = new AbortController();
    control.current = controller;
    setStage({ at: "loading" });
    setVerification(null);
    ask();
    return () => controller.abort();
  }, [ask]);

  function give(answer: Answer): void {
    if (stage.at !== "question" || busy) return;
    const { token } = stage.question;
    attempt(async (signal) => {
      const reply = await connection.request("answer", { feature, token, answer }, { signal });
      setVerification(reply.verification);
      await ask();
    }, true);
  }
  function next(): void {
    setStage({ at: "loading" });
    ask();
  }
  return { stage, verification, busy, give, next };
}

function correlation(judge: JudgeResult): string {
  return intervalWords(judge.r, judge.low, judge.high, { format: decimal, unit: "" });
}

/** What the person's answers say so far, in words. */
export function runningWords(answered: number, person: JudgeResult | undefined): string {
  if (answered < ENOUGH) return `${count(answered)} answered; an interval needs ${ENOUGH}`;
  if (!person || person.r === null) {
    return `${count(answered)} answered; no correlation yet: the answers are all alike, or come from too few prompts`;
  }
  return `${count(answered)} answered; correlation with the code ${correlation(person)}`;
}

function JudgeInterval({ judge: { r, low, high } }: { judge: JudgeResult }) {
  return (
    <Interval
      low={low}
      mid={r}
      high={high}
      domain={DOMAIN}
      width={130}
      format={decimal}
      unit=""
      significant={low !== null && low > 0}
    />
  );
}

function Judges({ judges, alpha }: Verification) {
  if (judges.length === 0) return null;
  return (
    <div class="ws-judges">
      <table>
        <caption>Judges of this name</caption>
        <thead>
          <tr>
            <th scope="col">judge</th>
            <th scope="col" class="ws-number">
              r
            </th>
            <th scope="col">
              <IntervalAxis domain={DOMAIN} width={130} format={(value) => decimal(value, 1)} />
              <span class="ws-hidden">95% interval, drawn</span>
            </th>
            <th scope="col" class="ws-number">
              95% interval
            </th>
            <th scope="col" class="ws-number">
              pairs
            </th>
          </tr>
        </thead>
        <tbody>
          {judges.map((judge) => {
            const counts = judge.judge !== PERSON || judge.n >= ENOUGH;
            return (
              <tr key={judge.judge}>
                <th scope="row">{judge.judge}</th>
                <td class="ws-number">{counts ? decimal(judge.r) : "n/a"}</td>
                <td>{counts && <JudgeInterval judge={judge} />}</td>
                <td class="ws-number">{counts ? range(judge.low, judge.high, decimal) : "n/a"}</td>
                <td class="ws-number">{count(judge.n)}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
      <p class="ws-muted">
        <Tip text="Agreement between the judges' answers on pairs that two of them judged: 1 is perfect, 0 is chance.">
          Krippendorff's alpha
        </Tip>
        {` between judges: ${decimal(alpha)}`}
      </p>
    </div>
  );
}

interface AskedProps {
  question: Question;
  name: string;
  busy: boolean;
  give: (answer: Answer) => void;
}

function Asked({ question, name, busy, give }: AskedProps) {
  const choices: [Answer, string, string][] = [
    ["first", "1", "the first"],
    ["second", "2", "the second"],
    ["tie", "0", "neither, or the same"],
  ];
  return (
    <div class="ws-asked" aria-busy={busy}>
      {question.prompt.text !== "" && (
        <div class="ws-asked-prompt">
          <h4>Prompt</h4>
          <TextBox key={`${question.token}-p`} text={question.prompt} label="the prompt" fold={false} />
        </div>
      )}
      <div class="ws-asked-pair">
        <section aria-label="First response">
          <h4>
            <kbd>1</kbd> First response
          </h4>
          <TextBox
            key={`${question.token}-1`}
            text={question.first}
            label="the first response"
            fold={false}
          />
        </section>
        <section aria-label="Second response">
          <h4>
            <kbd>2</kbd> Second response
          </h4>
          <TextBox
            key={`${question.token}-2`}
            text={question.second}
            label="the second response"
            fold={false}
          />
        </section>
      </div>
      <div class="ws-choices">
        <p>
          Which has more of <b dir="auto">{name}</b>?
        </p>
        {choices.map(([answer, key, words]) => (
          <button
            key={answer}
            type="button"
            class="ws-button"
            aria-keyshortcuts={key}
            aria-disabled={busy}
            onClick={() => give(answer)}
          >
            <kbd>{key}</kbd> {words}
          </button>
        ))}
      </div>
    </div>
  );
}

export function Verify({ connection, feature, name, onClose }: VerifyProps) {
  const { stage, verification, busy, give, next } = useTest(connection, feature);
  const root = useRef<HTMLElement>(null);
  const answered = verification?.answered ?? 0;
  const person = verification?.judges.find(({ judge }) => judge === PERSON);
  const words = runningWords(answered, person);
  const token = stage.at === "question" ? stage.question.token : stage.at;

  // Keys are heard where the focus is: it starts here, and returns with each question when what had it is gone.
  useLayoutEffect(() => {
    if (!root.current?.contains(focusedBeside(root.current))) root.current?.focus({ preventScroll: true });
  }, [token]);

  function press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const answer = KEYS[event.key];
    if (event.key === "Escape") onClose();
    // A key held down is one answer.
    else if (answer && !event.repeat) give(answer);
    else if (!answer) return;
    event.preventDefault();
    event.stopPropagation();
  }

  return (
    <section
      ref={root}
      class="ws-verify"
      tabIndex={-1}
      aria-label={`Blind test of ${name}`}
      onKeyDown={press}
    >
      <header>
        <h3>
          Blind test: <span dir="auto">{name}</span>
        </h3>
        <button type="button" class="ws-button" onClick={onClose}>
          <kbd>Esc</kbd> leave
        </button>
      </header>
      <div class="ws-progress">
        <progress
          max={ENOUGH}
          value={Math.min(answered, ENOUGH)}
          aria-label="Answers needed for an interval"
        />
        <span role="status">{verification ? words : ""}</span>
        {answered >= ENOUGH && person && <JudgeInterval judge={person} />}
      </div>
      {stage.at === "loading" && <p class="ws-muted">Fetching a pair.</p>}
      {stage.at === "failed" && (
        <div class="ws-error" role="alert">
          <p>{stage.message}</p>
          <button type="button" class="ws-button" onClick={stage.retry}>
            Try again
          </button>{" "}
          {stage.skip && (
            <button type="button" class="ws-button" onClick={next}>
              Another pair
            </button>
          )}
        </div>
      )}
      {stage.at === "question" && <Asked question={stage.question} name={name} busy={busy} give={give} />}
      {stage.at === "end" && (
        <div class="ws-end" role="status">
          <p>
            {answered > 0
              ? `No pairs are left: you judged all ${plural(answered, "pair")} of the test.`
              : "There are no held-out pairs on which this name can be tested."}
          </p>
          <button type="button" class="ws-button ws-primary" onClick={onClose}>
            Back to the feature
          </button>
        </div>
      )}
      {verification && <Judges {...verification} />}
      <p class="ws-muted ws-verify-foot">
        The pairs had no part in choosing the name. Code and votes stay hidden until you leave.
      </p>
    </section>
  );
}
