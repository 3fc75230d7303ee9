/** Asks before it asks: what would be sent where and at what price; then how far it is, and what came of it. */
import { useLayoutEffect, useRef } from "preact/hooks";
import { focusedBeside } from "../../shared/focus";
import { Icon } from "../../shared/icons";
import type { State } from "../state";
import { NoModel, Price } from "./Price";
import { Outcome, Running } from "./Progress";
import "./naming.css";

/** Where the focus goes when the panel opens, or what had it goes. */
const FIRST = "[data-first]";

function Content({ state }: { state: State }) {
  const { progress, planning, running } = state.suggesting;
  const now = progress.value;
  if (!now) return null;
  if (!now.available) return <NoModel />;
  if (running.value) return <Running state={state} now={now} />;
  return planning.value ? <Price state={state} /> : <Outcome state={state} now={now} />;
}

export function NamingPanel({ state }: { state: State }) {
  return state.suggesting.open.value ? <Open state={state} /> : null;
}

function Open({ state }: { state: State }) {
  const { suggesting } = state;
  const panel = useRef<HTMLElement>(null);
  const active = (): Element | null => focusedBeside(panel.current);
  const stage = suggesting.running.value ? "running" : suggesting.planning.value ? "price" : "outcome";
  // Looked at before what has the focus is taken away.
  const inside = panel.current?.contains(active()) === true;

  useLayoutEffect(() => {
    const before = active() as HTMLElement | null;
    panel.current?.querySelector<HTMLElement>(FIRST)?.focus({ preventScroll: true });
    return () => {
      const left = panel.current?.contains(active()) === true;
      if (left) before?.focus?.({ preventScroll: true });
    };
  }, []);
  useLayoutEffect(() => {
    if (inside && !panel.current?.contains(active()))
      panel.current?.querySelector<HTMLElement>(FIRST)?.focus({ preventScroll: true });
  }, [stage]);

  const id = `${state.uid}-suggesting`;
  return (
    <section
      ref={panel}
      id={id}
      class={`lb-asking lb-asking-${stage} lb-noprint`}
      aria-labelledby={`${id}-title`}
      onKeyDown={(event) => {
        if (event.key !== "Escape" || event.isComposing) return;
        event.preventDefault();
        event.stopPropagation();
        suggesting.hide();
      }}
    >
      <h2 id={`${id}-title`} class={stage === "price" ? "" : "ws-hidden"}>
        Suggest names
      </h2>
      <Content state={state} />
      <Close onClick={suggesting.hide} />
    </section>
  );
}

function Close({ onClick }: { onClick: () => void }) {
  return (
    <button
      type="button"
      class="lb-iconbutton lb-askclose"
      aria-label="Close"
      title="Close (Esc)"
      onClick={onClick}
    >
      <Icon shape="close" />
    </button>
  );
}
