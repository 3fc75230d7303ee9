/** Everything about the chosen feature in all datasets. */
import { Facts, How, TurnRound, useTop } from "../shared/About";
import { NameField } from "../shared/NameField";
import { Sentence } from "../shared/Sentence";
import { StatusChoice } from "../shared/StatusChoice";
import { Suggestions } from "../shared/Suggestions";
import { Forest } from "./Forest";
import { Pairs } from "./Pairs";
import type { Row } from "./rows";
import type { State } from "./state";

const TIPS = {
  recurs: "Learnt from other prompts, the autoencoder does not find this feature again better than chance.",
  turned:
    "A person turned this feature: more of it is less of the code as it was found. Signs and sides are turned with it.",
};

export function Detail({ state, row }: { state: State; row: Row }) {
  const pane = useTop(row.id);
  const editable = state.editable.value;
  const [largest] = row.conflicts;
  const others = row.conflicts.length - 1;
  return (
    <div ref={pane} class="lb-detail">
      <header class="lb-detailhead">
        <div class="lb-nameline">
          <NameField key={row.id} state={state} row={row} />
          {editable && (
            <div class="lb-actions lb-noprint">
              <TurnRound state={state} row={row} />
            </div>
          )}
        </div>
        <Facts state={state} row={row} tips={TIPS}>
          {state.mixed(row).washesOut && <span class="lb-flag lb-quiet">washes out in the mixture</span>}
        </Facts>
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
      <How row={row} />
      <Pairs state={state} row={row} />
    </div>
  );
}
