/** A word of explanation on hover and focus, for a pointer, a keyboard and a screen reader alike. */
import type { ComponentChildren } from "preact";
import { useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import "./Tooltip.css";

const FOCUSABLE = "button, a[href], input, select, textarea, [tabindex]";

export interface TipProps {
  text: string;
  children: ComponentChildren;
  /** False leaves a plain child out of the Tab order (in long lists, where the words stand elsewhere too). */
  focusable?: boolean;
  class?: string;
}

/** Puts the tip under its anchor, or above where there is no room, within the widget's width. */
function place(anchor: HTMLElement, tip: HTMLElement): void {
  const view = anchor.ownerDocument.documentElement;
  const root = anchor.closest(".whimsight")?.getBoundingClientRect();
  const left = Math.max(4, root?.left ?? 0);
  const right = Math.min(view.clientWidth - 4, root?.right ?? view.clientWidth);
  tip.style.maxWidth = `${Math.max(120, Math.min(320, right - left))}px`;
  const at = anchor.getBoundingClientRect();
  const box = tip.getBoundingClientRect();
  const x = Math.max(left, Math.min(at.left, right - box.width));
  const below = at.bottom + 6;
  const y =
    below + box.height > view.clientHeight && at.top > box.height + 6 ? at.top - box.height - 6 : below;
  tip.style.left = `${x}px`;
  tip.style.top = `${y}px`;
}

export function Tip({ text, children, focusable = true, class: name = "" }: TipProps) {
  const id = useId();
  const anchor = useRef<HTMLSpanElement>(null);
  const tip = useRef<HTMLSpanElement>(null);
  const [open, setOpen] = useState(false);
  const [own, setOwn] = useState(false);

  // The description belongs to what takes the focus: the child, or, for plain words, the span around them.
  useLayoutEffect(() => {
    const child = anchor.current?.querySelector(FOCUSABLE);
    setOwn(!child && focusable);
    child?.setAttribute("aria-describedby", id);
    return () => child?.removeAttribute("aria-describedby");
  }, [id, focusable]);

  useLayoutEffect(() => {
    const element = tip.current;
    if (!open || !element || !anchor.current) return;
    // In the top layer nothing clips it and no transform of the notebook moves it.
    element.showPopover?.();
    place(anchor.current, element);
    return () => element.hidePopover?.();
  }, [open]);

  useEffect(() => {
    if (!open) return;
    const close = (): void => setOpen(false);
    addEventListener("scroll", close, { capture: true, passive: true });
    return () => removeEventListener("scroll", close, { capture: true });
  }, [open]);

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only shows the words that describe its content
    <span
      ref={anchor}
      class={`ws-tip-anchor ${name}`}
      tabIndex={own ? 0 : undefined}
      aria-describedby={own ? id : undefined}
      onMouseEnter={() => setOpen(true)}
      onMouseLeave={() => setOpen(false)}
      onFocusIn={() => setOpen(true)}
      onFocusOut={() => setOpen(false)}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || !open) return;
        setOpen(false);
        event.stopPropagation();
        event.preventDefault();
      }}
    >
      {children}
      <span ref={tip} id={id} role="tooltip" popover="manual" class="ws-tip" data-open={open}>
        {text}
      </span>
    </span>
  );
}
