/** A text of which a few lines are seen until more is wanted; as text and nothing else. What is cut off says how much. */
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { count, plural } from "../shared/format";
import { codePoints } from "../shared/marks";
import { messageOf } from "../shared/messages";
import { isAbort } from "../shared/model";
import { TextBox } from "../shared/PairCard";
import type { State } from "./state";
import { keyOf, type Place } from "./texts";

/** More than this is never seen while folded. */
const GLANCE = 600;

interface FoldedProps {
  state: State;
  /** Possibly only the beginning. */
  text: string;
  /** Code points in all. */
  length: number;
  place: Place;
  label: string;
}

type Fetching = "" | "loading" | { failed: string };

export function Folded({ state, text: given, length, place, label }: FoldedProps) {
  const [open, setOpen] = useState(false);
  const [fits, setFits] = useState(false);
  const [fetching, setFetching] = useState<Fetching>("");
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  const text = state.whole.value.get(keyOf(place)) ?? given;
  const held = codePoints(text);
  const missing = Math.max(0, length - held);
  const asks = state.editable.value;
  useLayoutEffect(() => {
    const element = box.current;
    if (element && element.clientHeight > 0 && element.scrollHeight <= element.clientHeight + 2)
      setFits(true);
  }, []);
  const more = !fits || text.length > GLANCE || missing > 0;

  async function show(): Promise<void> {
    setOpen(true);
    if (missing === 0 || !asks) return;
    setFetching("loading");
    try {
      await state.fetchText(place);
      setFetching("");
    } catch (reason) {
      if (isAbort(reason)) return;
      setFetching({ failed: messageOf(reason) });
    }
  }

  const all =
    missing > 0 && !asks
      ? `show ${count(held)} of ${plural(length, "character")}`
      : `show all (${plural(length, "character")})`;
  const failed = typeof fetching === "object";
  return (
    <div class={`mx-text${open ? " mx-open" : ""}`}>
      <div id={id}>
        {open ? (
          <TextBox text={{ text, length: held }} label={label} fold={false} />
        ) : (
          <div ref={box} class="mx-glance" dir="auto">
            {text === "" ? <i class="ws-muted">(empty)</i> : text.slice(0, GLANCE)}
          </div>
        )}
      </div>
      {open && missing > 0 && (
        <p class="lb-fine mx-missing">
          {fetching === "loading" ? (
            <span role="status">{`fetching ${plural(missing, "more character")}…`}</span>
          ) : (
            `… ${plural(missing, "more character")}${asks ? "" : ", not in this file"}`
          )}
        </p>
      )}
      {open && failed && (
        <p class="ws-error" role="alert">
          {fetching.failed}
        </p>
      )}
      <span class="mx-texttools lb-noprint">
        {more && (
          <button
            type="button"
            class="lb-link"
            aria-expanded={open}
            aria-controls={id}
            aria-label={open ? `Fold ${label}` : `Show all of ${label}`}
            onClick={() => (open ? setOpen(false) : void show())}
          >
            {open ? "show less" : all}
          </button>
        )}
        {open && failed && missing > 0 && (
          <button
            type="button"
            class="lb-link"
            aria-label={`Fetch all of ${label}`}
            onClick={() => void show()}
          >
            try again
          </button>
        )}
      </span>
    </div>
  );
}
