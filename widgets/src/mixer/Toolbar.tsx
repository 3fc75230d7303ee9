/** Search and order of the sliders. */
import { Fold, FoldedLine, Search } from "../shared/Tools";
import { type By, ORDERS } from "./order";
import type { State } from "./state";

export function Toolbar({ state }: { state: State }) {
  return (
    <div class="lb-toolbar lb-noprint">
      <FoldedLine state={state} />
      <div class="lb-searchline">
        <Fold state={state} />
        <Search state={state} placeholder="Search names" />
        <label class="mx-order">
          <span class="lb-fine">by</span>
          <select
            aria-label="Order of the sliders"
            title="By the spread of people’s weights, those in which they differ beyond chance first; by the size of the preset’s weight; or by name"
            value={state.by.value}
            onChange={(event) => {
              state.by.value = event.currentTarget.value as By;
            }}
          >
            {ORDERS.map(([by, word]) => (
              <option key={by} value={by}>
                {word}
              </option>
            ))}
          </select>
        </label>
      </div>
    </div>
  );
}
