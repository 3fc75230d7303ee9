/** A pair: the prompt, the response with more of the feature and the one with less, and what people chose. */
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Example, Span, Text } from "../protocol";
import { plural, small } from "./format";
import { MarkedText } from "./MarkedText";
import { codePoints } from "./marks";
import { messageOf } from "./messages";
import "./PairCard.css";

export type Part = "prompt" | "more" | "less";

export interface PairCardProps {
  example: Example;
  prompt: Text;
  more: Text;
  less: Text;
  spans?: { more: Span[]; less: Span[] } | undefined;
  featureName?: string | undefined;
  /** Fetches the rest of a text; the caller then passes the longer text. A rejection is shown. */
  onMoreText?: ((part: Part) => unknown) | undefined;
  /** Fetches the spans, which the caller then passes, or takes them away. */
  onHighlight?: (() => unknown) | undefined;
  /** Highlights are on their way. */
  busy?: boolean | undefined;
  error?: string | null | undefined;
  class?: string;
}

/** Texts longer than this, or with more lines, start folded. */
const LONG = 700;
const LINES = 12;

function isLong({ text, length }: Text): boolean {
  return length > LONG || text.split("\n", LINES + 1).length > LINES;
}

export interface TextBoxProps {
  text: Text;
  spans?: readonly Span[] | undefined;
  strongest?: number | undefined;
  label: string;
  /** False: a long text scrolls instead, all of it within reach at once. */
  fold?: boolean;
  onMoreText?: (() => unknown) | undefined;
}

/** One text, folded while it is long, as text and nothing else. */
export function TextBox({ text, spans, strongest, label, fold = true, onMoreText }: TextBoxProps) {
  const [unfolded, setOpen] = useState(false);
  const [state, setState] = useState<"" | "loading" | "failed">("");
  const [message, setMessage] = useState("");
  const [fits, setFits] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const held = codePoints(text.text);
  const missing = text.length - held;
  // Where nobody can be asked for the rest, only what is here counts.
  const saved = fold && !onMoreText;
  const long = (missing > 0 && !saved) || (isLong(saved ? { ...text, length: held } : text) && !fits);
  const open = unfolded || !fold;
  const cut = `${plural(missing, "more character")}${saved ? ", not in this file" : ""}`;

  // In a wide widget a text that seemed long may show as it is; one that is cut off never does.
  useLayoutEffect(() => {
    const element = box.current;
    if (element && element.clientHeight > 0 && element.scrollHeight <= element.clientHeight + 2)
      setFits(true);
  }, []);

  async function show(): Promise<void> {
    setOpen(true);
    if (missing <= 0 || !onMoreText) return;
    setState("loading");
    try {
      await onMoreText();
      setState("");
    } catch (error) {
      setState("failed");
      setMessage(messageOf(error));
    }
  }

  return (
    <>
      <div
        ref={box}
        class={`ws-text${long && !open ? " ws-folded" : ""}${long && open ? " ws-unfolded" : ""}`}
        dir="auto"
        {...(long && open ? { tabIndex: 0, role: "region", "aria-label": label } : {})}
      >
        {text.text === "" ? (
          <i class="ws-muted">(empty)</i>
        ) : (
          <MarkedText text={text.text} spans={spans} {...(strongest === undefined ? {} : { strongest })} />
        )}
        {missing > 0 && (!long || open) && <span class="ws-muted">{` \u2026 ${cut}`}</span>}
      </div>
      {state === "failed" && (
        <p class="ws-error" role="alert">
          {message}
        </p>
      )}
      {long && fold && (
        <div class="ws-text-tools">
          {(!open || state === "failed") && (
            <button type="button" class="ws-link" onClick={show} aria-label={`Show all of ${label}`}>
              {state === "failed"
                ? "try again"
                : `show all (${plural(saved ? held : text.length, "character")})`}
            </button>
          )}
          {saved && missing > 0 && !open && <span class="ws-muted">{cut}</span>}
          {open && (
            <button type="button" class="ws-link" onClick={() => setOpen(false)} aria-label={`Fold ${label}`}>
              show less
            </button>
          )}
          {state === "loading" && <span role="status">loading</span>}
        </div>
      )}
    </>
  );
}

type Verdict = "chosen" | "other" | "tie" | "none";

function verdicts({ preferred }: Example): { more: Verdict; less: Verdict } {
  if (preferred === null) return { more: "none", less: "none" };
  if (preferred === 0.5) return { more: "tie", less: "tie" };
  return preferred > 0.5 ? { more: "chosen", less: "other" } : { more: "other", less: "chosen" };
}

/** "7 of 9 chose this". Ties count half to each side. */
export function votesInWords(share: number | null, votes: number): string {
  if (share === null || votes === 0) return "no vote";
  const got = Math.round(2 * share * votes) / 2;
  if (votes === 1 && got === 0.5) return "1 vote, undecided";
  return `${got} of ${votes} chose this`;
}

interface SideProps {
  title: string;
  which: "A" | "B";
  verdict: Verdict;
  share: number | null;
  votes: number;
  part: "more" | "less";
  text: Text;
  spans: Span[] | undefined;
  strongest: number | undefined;
  onMoreText: ((part: Part) => unknown) | undefined;
}

function Side({ title, which, verdict, share, votes, part, text, spans, strongest, onMoreText }: SideProps) {
  return (
    <article class={`ws-side ws-${part} ws-verdict-${verdict}`} aria-label={`${title}, response ${which}`}>
      <header>
        <span class="ws-side-title">{title}</span>
        <span class="ws-side-which">{`response ${which}`}</span>
        {verdict === "chosen" && <b class="ws-badge ws-badge-chosen">{"\u2713 chosen"}</b>}
        {verdict === "tie" && <b class="ws-badge">= tie</b>}
        <span class="ws-muted">{votesInWords(share, votes)}</span>
      </header>
      <TextBox
        text={text}
        spans={spans}
        strongest={strongest}
        label={`the response with ${part}`}
        onMoreText={onMoreText && (() => onMoreText(part))}
      />
    </article>
  );
}

export function PairCard(props: PairCardProps) {
  const { example, prompt, more, less, spans, featureName, onMoreText, onHighlight, busy } = props;
  const verdict = verdicts(example);
  const what = featureName ? ` ${featureName}` : "";
  const all = spans ? [...spans.more, ...spans.less] : [];
  const strongest = all.length ? Math.max(...all.map(([, , weight]) => Math.abs(weight))) : undefined;
  const share = example.preferred;
  const hasPrompt = prompt.text !== "";
  return (
    <article class={`ws-pair ${props.class ?? ""}`} aria-label={`Pair in row ${example.row}`}>
      <div class="ws-pair-prompt">
        <header class="ws-pair-head">
          {hasPrompt && <span class="ws-pair-label">Prompt</span>}
          <span class="ws-muted">{`code ${small(Math.abs(example.code))}`}</span>
          <span class="ws-muted">{`row ${example.row}`}</span>
          <span class="ws-pair-tools">
            {spans && all.length === 0 && <span class="ws-muted">no single passage stands out</span>}
            {onHighlight && (
              <button
                type="button"
                class="ws-link"
                aria-disabled={busy === true}
                onClick={() => busy !== true && onHighlight()}
              >
                {busy
                  ? "looking for the passages\u2026"
                  : spans && all.length > 0
                    ? "hide highlights"
                    : "show what drives the code"}
              </button>
            )}
          </span>
        </header>
        {props.error && (
          <p class="ws-error" role="alert">
            {props.error}
          </p>
        )}
        {hasPrompt && (
          <TextBox text={prompt} label="the prompt" onMoreText={onMoreText && (() => onMoreText("prompt"))} />
        )}
      </div>
      <div class="ws-sides">
        <Side
          title={`More${what}`}
          which={example.more_is}
          verdict={verdict.more}
          share={share}
          votes={example.votes}
          part="more"
          text={more}
          spans={spans?.more}
          strongest={strongest}
          onMoreText={onMoreText}
        />
        <Side
          title={`Less${what}`}
          which={example.more_is === "A" ? "B" : "A"}
          verdict={verdict.less}
          share={share === null ? null : 1 - share}
          votes={example.votes}
          part="less"
          text={less}
          spans={spans?.less}
          strongest={strongest}
          onMoreText={onMoreText}
        />
      </div>
    </article>
  );
}
