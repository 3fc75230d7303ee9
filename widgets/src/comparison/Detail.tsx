/** Everything about the chosen feature in all datasets. */
import { useEffect, useRef } from "preact/hooks";
import { Icon, KindIcon, StatusIcon } from "../shared/icons";
import { NameField } from "../shared/NameField";
import { UNNAMED } from "../shared/names";
import { Sentence } from "../shared/Sentence";
import { StatusChoice } from "../shared/StatusChoice";
import { Suggestions } from "../shared/Suggestions";
import { Tip } from "../shared/Tooltip";
import { Forest } from "./Forest";
import { Pairs } from "./Pairs";
import type { Row } from "./rows";
import type { State } from "./state";

function Facts({ state, row }: { state: State; row: Row }) {
  const { feature } = row;
  const washes = state.mixed(row).washesOut;
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
        <Tip text="Learnt from other prompts, the autoencoder does not find this feature again better than chance.">
          <span class="lb-flag">
            <Icon shape="warn" /> does not recur
          </span>
        </Tip>
      )}
      {washes && <span class="lb-flag lb-quiet">washes out in the mixture</span>}
      {row.turned && (
        <Tip text="A person turned this feature: more of it is less of the code as it was found. Signs and sides are turned with it.">
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

export function Detail({ state, row }: { state: State; row: Row }) {
  const pane = useRef<HTMLDivElement>(null);
  const editable = state.editable.value;
  const largest = row.conflicts.reduce<(typeof row.conflicts)[number] | null>(
    (found, one) => (found === null || one.difference > found.difference ? one : found),
    null,
  );
  const others = row.conflicts.length - 1;
  useEffect(() => {
    if (pane.current?.parentElement) pane.current.parentElement.scrollTop = 0;
  }, [row.id]);
  return (
    <div ref={pane} class="lb-detail">
      <header class="lb-detailhead">
        <div class="lb-nameline">
          <NameField key={row.id} state={state} row={row} />
          {editable && (
            <div class="lb-actions lb-noprint">
              <button
                type="button"
                class="lb-button"
                aria-pressed={row.turned}
                title="Read it the other way round: more becomes less (t)"
                onClick={() => state.edit(row.id, { turned: !row.turned })}
              >
                <Icon shape="turn" /> Turn round
              </button>
            </div>
          )}
        </div>
        <Facts state={state} row={row} />
        {editable && (row.feature.kind === "discovered" || row.named) && (
          <Suggestions state={state} row={row} />
        )}
      </header>
      {(editable || row.note) && (
        <div class="lb-workline">
          {editable && <StatusChoice state={state} row={row} />}
          {row.note && (
            <p class="lb-note" dir="auto">
              {row.note}
            </p>
          )}
        </div>
      )}
      {row.feature.sentence && (
        <p class="lb-sentence">
          <Sentence sentence={row.feature.sentence} name={row.name} />
        </p>
      )}
      {largest && (
        <p class="cp-conflictnote">
          <b>↔ Conflict:</b> <Sentence sentence={largest.sentence} name={row.name} />
          {others > 0 && (
            <span class="lb-fine">
              {` And in ${others === 1 ? "one more pair" : `${others} more pairs`} of ${state.things.value.many}.`}
            </span>
          )}
        </p>
      )}
      <Forest state={state} row={row} />
      {row.feature.note && (
        <p class="lb-how">
          {row.feature.kind === "discovered" && (
            <span class="lb-fine">
              {row.turned ? "About the draft, before it was turned: " : "About the draft: "}
            </span>
          )}
          <span dir="auto">{row.feature.note}</span>
        </p>
      )}
      <Pairs state={state} row={row} />
    </div>
  );
}
