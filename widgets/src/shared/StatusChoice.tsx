/** Draft, named, verified or rejected. */
import type { Status } from "../protocol";
import type { Desk } from "./desk";
import { StatusIcon } from "./icons";
import { type NamedRow, STATUSES } from "./names";

export function StatusChoice({ state, row }: { state: Desk; row: NamedRow }) {
  const pick = (status: Status): void => state.setStatus(row, status);
  return (
    <fieldset class="lb-statuses">
      <legend class="ws-hidden">Status</legend>
      {STATUSES.map((status, index) => (
        <label key={status} title={`${status} (key ${index + 1})`} data-status={status}>
          <input
            type="radio"
            class="ws-hidden"
            name={`${state.uid}-status`}
            checked={row.status === status}
            onChange={() => pick(status)}
          />
          <StatusIcon status={status} />
          <span>{status}</span>
        </label>
      ))}
    </fieldset>
  );
}
