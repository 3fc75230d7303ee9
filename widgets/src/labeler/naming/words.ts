/** What asking takes, in words. Pure functions. */
import type { NamingPlan, NamingProgress } from "../../protocol";
import { count, plural } from "../../shared/format";

/** The model runs here: its `where`. */
export const HERE = "this machine";

/** Money with as many decimals as matter: 0.0123, 0.45, 12.30. */
export function money(value: number): string {
  if (value === 0) return "0";
  if (value < 0.0001) return "<0.0001";
  if (value >= 0.1) return value.toFixed(2);
  return String(Number(value.toPrecision(2)));
}

/** Two significant digits, upwards: a limit that the price at most keeps to. */
function upwards(value: number): number {
  const digits = 1 - Math.floor(Math.log10(value));
  const scale = 10 ** digits;
  // 0.07 times 100 is a little more than 7.
  return Math.ceil(value * scale * (1 - 1e-9)) / scale;
}

/** Whether the limit is one of money; else it is one of calls. */
export function isMoney({ cost_most }: Pick<NamingPlan, "cost_most">): boolean {
  return cost_most !== null && cost_most > 0;
}

/** Whether everything was paid for earlier. */
export function isPaid({ calls_most }: Pick<NamingPlan, "calls_most">): boolean {
  return calls_most === 0;
}

/** The limit that is proposed: what it costs at most. */
export function amount(plan: Pick<NamingPlan, "cost_most" | "calls_most" | "cost_call_most">): string {
  if (plan.cost_most !== null && plan.cost_most > 0) {
    const most = upwards(Math.max(plan.cost_most, plan.cost_call_most ?? 0));
    return String(Number(most.toPrecision(12)));
  }
  return String(plan.calls_most);
}

/** Money as people write it, with a decimal point or comma; null where it is none, or not above 0. */
export function readMoney(text: string): number | null {
  const given = text.trim().replace(",", ".");
  const value = /^[0-9]*\.?[0-9]+$|^[0-9]+\.$/.test(given) ? Number(given) : Number.NaN;
  return Number.isFinite(value) && value > 0 ? value : null;
}

/** Calls as people write them: 1500, 1,500, 1.500, 1\u2019500, 1 500; null where it is no whole number, or none above 0. */
export function readCalls(text: string): number | null {
  const given = text.trim();
  const grouped = /^[0-9]{1,3}(?:([,.'\u2019\s])[0-9]{3}(?:\1[0-9]{3})*)?$/.test(given);
  const value = grouped || /^[0-9]+$/.test(given) ? Number(given.replace(/[^0-9]/g, "")) : 0;
  return value > 0 && Number.isSafeInteger(value) ? value : null;
}

/** The limit as it is understood. */
export function read(text: string, plan: Pick<NamingPlan, "cost_most">): number | null {
  return isMoney(plan) ? readMoney(text) : readCalls(text);
}

/** What the limit means, and whether it looks too low. */
export function limitWords(plan: NamingPlan, given: number | null): readonly [words: string, low: boolean] {
  const paid = isMoney(plan);
  if (given === null) return [paid ? "Write a number above 0." : "Write a whole number, 1 or more.", true];
  const call = plan.cost_call_most ?? 0;
  if (paid && given < call)
    return [
      `This may not pay for a single call, which costs up to ${money(call)}: then nothing is asked.`,
      true,
    ];
  const limit = paid ? `more than ${money(given)} is spent` : `there are more than ${plural(given, "call")}`;
  const likely = (paid ? plan.cost : plan.calls) ?? 0;
  return given < likely
    ? [`Likely too little for all: it stops before ${limit}, and what came stays.`, false]
    : [`It stops before ${limit}.`, false];
}

/** "40 s", "3 min", "2.5 h". */
export function time(seconds: number): string {
  if (seconds < 1) return "a second";
  if (seconds < 90) return `${Math.ceil(seconds)} s`;
  if (seconds < 90 * 60) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1).replace(/\.0$/, "")} h`;
}

function between(likely: string, most: string): string {
  return likely === most ? most : `about ${likely}, at most ${most}`;
}

/** The rows of the plan, as [what, how much]. */
export function planLines(plan: NamingPlan): readonly (readonly [string, string])[] {
  const { calls, calls_most, cached, cost, cost_most, seconds, seconds_most } = plan;
  if (isPaid(plan)) return [["Calls", `none: ${count(cached)} are already paid for`]];
  const paid = cached > 0 ? `; ${count(cached)} more already paid for` : "";
  return [
    ["Calls", between(count(calls), count(calls_most)) + paid],
    ["Tokens", `about ${count(plan.prompt_tokens)} in, ${count(plan.completion_tokens)} out`],
    [
      "Cost",
      cost === null || cost_most === null
        ? "unknown: no price was given"
        : cost_most === 0
          ? "free"
          : between(money(cost), money(cost_most)),
    ],
    [
      "Time",
      seconds === null || seconds_most === null
        ? "unknown: not asked before"
        : between(time(seconds), time(seconds_most)),
    ],
  ];
}

export function failureWords(failures: Record<string, number>): string {
  return Object.entries(failures)
    .filter(([, times]) => times > 0)
    .toSorted(([, a], [, b]) => b - a)
    .map(([kind, times]) => `${kind} ${count(times)}`)
    .join(", ");
}

export function spent({ calls, cached, cost }: NamingProgress): string {
  const paid = cost === null || cost === 0 ? "" : `, cost ${money(cost)}`;
  // Paid for earlier, or the same as another one of this run.
  const free = cached > 0 ? `; ${plural(cached, "answer")} needed no call` : "";
  return plural(calls, "call") + paid + free;
}

/** What may have been paid for nothing; empty where nothing was. */
export function lostWords({ lost, unsure, cost }: NamingProgress): string {
  if (lost === 0) return "";
  const said = `${plural(lost, "answer was", "answers were")} lost on the way`;
  if (unsure > 0) return `${said}: up to ${money(unsure)} more may be charged.`;
  return cost === 0 ? `${said}.` : `${said} and may be charged.`;
}

/** What holds a run up. */
export function waitWords({ waiting }: NamingProgress): string {
  return waiting && `${waiting[0]?.toUpperCase()}${waiting.slice(1)}.`;
}

const STAGES: Record<string, string> = {
  "": "starting",
  describe: "proposing names",
  choose: "choosing among the proposed",
  score: "testing on other pairs",
  stop: "stopping once what is on its way has come",
};

export function stageWords(stage: string): string {
  return STAGES[stage] ?? stage;
}

const UNTOLD: Record<string, string> = {
  "few pairs": "too few pairs",
  "few asked": "too few pairs asked",
  "few prompts": "too few prompts",
  "few answers": "too few answers",
  "one answer": "always the same answer",
};

/** What came of a run: "3 named well, 1 not kept, 2 still without a name". */
export function outcome(now: NamingProgress): string {
  const { kept, unkept, unproposed, untold, untold_for, missing } = now;
  const parts = [`${count(kept.length)} named well`];
  if (unkept > 0) parts.push(`${count(unkept)} not kept`);
  if (unproposed > 0) parts.push(`${count(unproposed)} got no proposal`);
  const why = Object.keys(untold_for).map((kind) => UNTOLD[kind] ?? kind);
  if (untold > 0)
    parts.push(`${count(untold)} could not be told${why.length > 0 ? ` (${why.join("; ")})` : ""}`);
  if (missing > 0) parts.push(`${count(missing)} still without a scored name`);
  return parts.join(", ");
}

/** Whether it has ended with nothing left that asking again could bring. */
export function isWhole({ state, missing, failures }: NamingProgress): boolean {
  return state === "done" && missing === 0 && failureWords(failures) === "";
}

/** How it ended, in the two or three words that a button has room for; and whether that wants a warning. */
export function endWords(now: NamingProgress): readonly [words: string, warns: boolean] {
  if (now.state === "failed") return ["Suggesting failed", true];
  if (now.state === "stopped") return ["Suggesting stopped", true];
  return [`Suggestions: ${now.kept.length > 0 ? count(now.kept.length) : "none"}`, !isWhole(now)];
}
