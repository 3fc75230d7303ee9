/** Texts that are folded together: where one of them is too long, all are cut at the same height, and unfold at once. */
import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";

interface TextsProps {
  class?: string;
  /** What unfolds: "both responses". */
  what: string;
  /** Draws the texts; the class goes on each of them. */
  children: (textClass: string) => ComponentChildren;
}

export function Texts({ class: name = "", what, children }: TextsProps) {
  const box = useRef<HTMLDivElement>(null);
  const [open, setOpen] = useState(false);
  const [long, setLong] = useState(false);

  useLayoutEffect(() => {
    const measure = (): void => {
      const texts = [...(box.current?.querySelectorAll<HTMLElement>(".cb-text") ?? [])];
      if (!open) setLong(texts.some((text) => text.scrollHeight > text.clientHeight + 2));
    };
    measure();
    if (!box.current || typeof ResizeObserver === "undefined") return;
    const observer = new ResizeObserver(measure);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, [open]);

  return (
    <div class={name} ref={box}>
      {children(`ws-text cb-text${open ? "" : " cb-folded"}${long && !open ? " cb-cut" : ""}`)}
      {(long || open) && (
        <button type="button" class="lb-link cb-unfold" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? "Show less" : `Show all of ${what}`}
        </button>
      )}
    </div>
  );
}
