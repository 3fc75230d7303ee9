/** A text of which two or three lines are seen until more is wanted; as text and nothing else. */
import { useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { plural } from "../shared/format";
import { TextBox } from "../shared/PairCard";

/** More than this is never seen while folded. */
const GLANCE = 600;

export function Folded({ text, length, label }: { text: string; length: number; label: string }) {
  const [open, setOpen] = useState(false);
  const [fits, setFits] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useLayoutEffect(() => {
    const element = box.current;
    if (element && element.clientHeight > 0 && element.scrollHeight <= element.clientHeight + 2)
      setFits(true);
  }, []);
  const more = !fits || text.length > GLANCE || length > [...text].length;
  return (
    <div class={`mx-text${open ? " mx-open" : ""}`}>
      <div id={id}>
        {open ? (
          <TextBox text={{ text, length }} label={label} fold={false} />
        ) : (
          <div ref={box} class="mx-glance" dir="auto">
            {text === "" ? <i class="ws-muted">(empty)</i> : text.slice(0, GLANCE)}
          </div>
        )}
      </div>
      {more && (
        <button
          type="button"
          class="lb-link lb-noprint"
          aria-expanded={open}
          aria-controls={id}
          aria-label={open ? `Fold ${label}` : `Show all of ${label}`}
          onClick={() => setOpen(!open)}
        >
          {open ? "show less" : `show all (${plural(length, "character")})`}
        </button>
      )}
    </div>
  );
}
