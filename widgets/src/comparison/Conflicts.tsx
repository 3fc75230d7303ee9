/** Where datasets contradict each other, in sentences, the largest first. */
import type { Conflict } from "../protocol";
import { plural, points, range } from "../shared/format";
import { UNNAMED } from "../shared/names";
import { Sentence } from "../shared/Sentence";
import type { Row } from "./rows";
import { Sign } from "./Sign";
import type { State } from "./state";
import { probability } from "./words";

function One({ state, row, conflict }: { state: State; row: Row; conflict: Conflict }) {
  const [a, b] = state.shown.value;
  const is =
    state.chosen.value?.id === row.id &&
    [a, b].toSorted().join() === [conflict.for, conflict.against].toSorted().join();
  const { difference, difference_low, difference_high, q } = conflict;
  return (
    <li>
      <button
        type="button"
        class="cp-conflict"
        aria-pressed={is}
        onClick={() => state.chooseConflict(conflict)}
      >
        <span class="cp-conflictsigns" aria-hidden="true">
          <Sign dataset={conflict.for} />
          <Sign dataset={conflict.against} />
        </span>
        <span>
          <Sentence sentence={conflict.sentence} name={row.name === UNNAMED ? row.id : row.name} />
          <span class="lb-fine cp-gap">
            {`apart by ${points(difference).replace("+", "")} points (${range(difference_low, difference_high).replaceAll("+", "")}), q ${probability(q)}`}
          </span>
        </span>
      </button>
    </li>
  );
}

export function Conflicts({ state }: { state: State }) {
  const all = state.conflicts.value;
  const { one, many, within } = state.things.value;
  const seen = new Set(state.view.value.map((row) => row.id));
  const list = all.filter(({ row }) => seen.has(row.id));
  if (all.length === 0) {
    const compared = state.rows.value.filter(
      ({ feature }) => feature.cells.filter(({ delta_win }) => delta_win !== null).length > 1,
    ).length;
    return (
      <p class="lb-empty">
        {`No feature goes with being preferred ${within} one ${one} and with not being preferred ${within} another: ${plural(compared, "feature was", "features were")} compared.`}
      </p>
    );
  }
  if (list.length === 0)
    return <p class="lb-empty">None of the conflicts is among the features that are listed.</p>;
  return (
    <ol class="cp-conflicts" aria-label={`Conflicts between ${many}`}>
      {list.map(({ row, conflict }) => (
        <One
          key={`${row.id} ${conflict.for} ${conflict.against}`}
          state={state}
          row={row}
          conflict={conflict}
        />
      ))}
    </ol>
  );
}
