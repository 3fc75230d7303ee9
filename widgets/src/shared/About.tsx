/** What every widget tells of the chosen feature beside its numbers: what it is, how it came to its name, a way to turn it. */
import type { ComponentChildren, RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import type { Kind } from "../protocol";
import type { Desk } from "./desk";
import { Icon, KindIcon, StatusIcon } from "./icons";
import { type NamedRow, UNNAMED } from "./names";
import { Tip } from "./Tooltip";

export interface KnownRow extends NamedRow {
  feature: { kind: Kind; recurs: boolean; note: string };
}

interface FactsProps {
  state: Desk;
  row: KnownRow;
  /** What it means that a feature does not recur, and that a person turned it. */
  tips: { recurs: string; turned: string };
  children?: ComponentChildren;
}

export function Facts({ state, row, tips, children }: FactsProps) {
  const { feature } = row;
  return (
    <p class="lb-what">
      <span class="lb-kindword">
        <KindIcon kind={feature.kind} /> {feature.kind}
      </span>
      {!state.editable.value && (
        <span class="lb-statusword" data-status={row.status}>
          <StatusIcon status={row.status} /> {row.status}
        </span>
      )}
      <code>{row.id}</code>
      {!feature.recurs && (
        <Tip text={tips.recurs}>
          <span class="lb-flag">
            <Icon shape="warn" /> does not recur
          </span>
        </Tip>
      )}
      {children}
      {row.turned && (
        <Tip text={tips.turned}>
          <span class="lb-flag lb-quiet">
            <Icon shape="turn" /> turned round
          </span>
        </Tip>
      )}
      {row.named && row.draft !== UNNAMED && row.draft !== row.name && (
        <span class="lb-fine">
          draft: <span dir="auto">{row.draft}</span>
        </span>
      )}
    </p>
  );
}

export function TurnRound({ state, row }: { state: Desk; row: NamedRow }) {
  return (
    <button
      type="button"
      class="lb-button"
      aria-pressed={row.turned}
      title="Read it the other way round: more becomes less (t)"
      onClick={() => state.edit(row.id, { turned: !row.turned })}
    >
      <Icon shape="turn" /> Turn round
    </button>
  );
}

/** How a measured feature is computed, or what came closest as a name. */
export function How({ row }: { row: KnownRow }) {
  const { kind, note } = row.feature;
  if (!note) return null;
  return (
    <p class="lb-how">
      {kind === "discovered" && (
        <span class="lb-fine">
          {row.turned ? "About the draft, before it was turned: " : "About the draft: "}
        </span>
      )}
      <span dir="auto">{note}</span>
    </p>
  );
}

/** For the element that scrolls with a feature: another feature is read from its top. */
export function useTop(id: string): RefObject<HTMLDivElement | null> {
  const pane = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (pane.current?.parentElement) pane.current.parentElement.scrollTop = 0;
  }, [id]);
  return pane;
}
