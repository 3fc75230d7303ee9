/** One response in its place: score, what it is made of, where everyone's weights put it, how sure the order is. */
import { percent, plural, range } from "../shared/format";
import { UNNAMED } from "../shared/names";
import { Tip } from "../shared/Tooltip";
import type { ResponseSet } from "./contract";
import { Folded } from "./Folded";
import { type Contribution, contributions, type Ranked } from "./ranking";
import type { Row } from "./rows";
import type { State } from "./state";
import { ordinal, weight, weightRange } from "./words";

const BARS = 4;

function Bar({
  row,
  part,
  most,
  chosen,
  twin,
}: {
  row: Row | undefined;
  part: Contribution;
  most: number;
  chosen: boolean;
  /** Whether another feature has the name, too. */
  twin: boolean;
}) {
  const share = Math.min(1, Math.abs(part.value) / most);
  const side = part.value < 0 ? "mx-minus" : "mx-plus";
  const more = part.code * (row?.sign ?? 1) > 0 ? "more" : "less";
  const name = !row || row.name === UNNAMED ? (row?.id ?? "") : row.name;
  return (
    <li class={`mx-part${chosen ? " mx-partchosen" : ""}`}>
      <i class={`mx-bar ${side}`} style={{ "--mx-share": share.toFixed(3) }} aria-hidden="true" />
      <span class="mx-partvalue">{weight(part.value)}</span>
      <span class="mx-partname" title={`${more} ‘${name}’`}>
        <span class="mx-way-of">{part.code === 0 ? "no difference in " : `${more} `}</span>
        <bdi>{name}</bdi>
        {twin && row && row.name !== UNNAMED && <code class="lb-id"> {row.id}</code>}
      </span>
    </li>
  );
}

function Moved({ place, everyones }: Ranked) {
  const by = everyones - place;
  if (by === 0) return <span class="lb-fine">as for everyone</span>;
  const up = by > 0;
  return (
    <span class={`mx-moves ${up ? "mx-up" : "mx-down"}`}>
      <span aria-hidden="true">{`${up ? "▲" : "▼"} ${Math.abs(by)} · `}</span>
      <span class="ws-hidden">{`${up ? "up" : "down"} ${Math.abs(by)}, `}</span>
      {`${ordinal(everyones + 1)} for everyone`}
    </span>
  );
}

interface ResponseProps {
  state: State;
  /** Whether the order is another than everyone's. */
  reordered: boolean;
  set: ResponseSet;
  ranked: Ranked;
}

export function Response({ state, set, ranked, reordered }: ResponseProps) {
  const response = set.responses[ranked.index];
  const weights = state.setting.value.weights;
  const rows = state.rows.value;
  const chosen = state.chosen.value?.index ?? -1;
  if (!response) return null;
  const { top, rest, others } = contributions(response.codes, weights, BARS, chosen);
  const most = state.largest.value;
  const { score, beats, place } = ranked;
  const namesOnly = state.snapshot.value?.study.names_only ?? false;
  return (
    <li
      class={`mx-response${place === 0 ? " mx-first" : ""}`}
      aria-label={`${ordinal(place + 1)}: ${response.label}`}
    >
      <div class="mx-card">
        <header>
          <span class="mx-place" aria-hidden="true">
            {place + 1}
          </span>
          <b class="mx-label" dir="auto" title={response.label}>
            {response.label}
          </b>
          {place === 0 && <b class="ws-badge ws-badge-chosen">✓ first</b>}
          {reordered && <Moved {...ranked} />}
          {response.won !== null && response.votes > 0 && (
            <span class="lb-fine">{`won ${response.won} of ${plural(response.votes, "vote")}`}</span>
          )}
          <span class="mx-score">
            <Tip text="Sum of weight times code over all features, against the mean of all these responses; in log odds. Weights that were set by hand are taken as they are, the others with their uncertainty.">
              score
            </Tip>{" "}
            <b>{weight(score.value)}</b>{" "}
            {score.low < score.high && <span class="lb-fine">{weightRange(score.low, score.high)}</span>}
          </span>
        </header>
        <div class="mx-body">
          <ul class="mx-parts" aria-label="What the score is made of">
            {top.map((part) => (
              <Bar
                key={part.feature}
                row={rows[part.feature]}
                part={part}
                most={most}
                chosen={part.feature === chosen}
                twin={state.twins.value.has(rows[part.feature]?.id ?? "")}
              />
            ))}
            <li class="mx-part mx-rest">
              <span class="mx-partvalue">{weight(rest)}</span>
              <span class="mx-partname">{`${plural(others, "other")} together`}</span>
            </li>
          </ul>
          {!namesOnly && (
            <Folded
              state={state}
              text={response.text}
              length={response.length}
              place={{ row: response.row, part: response.side }}
              label={`the response of ${response.label}`}
            />
          )}
        </div>
      </div>
      {beats && (
        <p class="mx-beats">
          <span aria-hidden="true">↑ </span>
          preferred to the next with a chance of <span class="mx-chance">{percent(beats.value)}</span>
          {beats.low < beats.high && ` (${range(beats.low, beats.high, percent)})`}
        </p>
      )}
    </li>
  );
}
