/** Example pairs of the chosen feature: histogram with a brush, places to look at, pairs. */
import { useComputed } from "@preact/signals";
import { plural, small } from "../shared/format";
import { Histogram } from "../shared/Histogram";
import { Icon } from "../shared/icons";
import { UNNAMED } from "../shared/names";
import { PairCard } from "../shared/PairCard";
import type { Shown } from "../shared/pairs";
import type { Row } from "./rows";
import type { Place, Tab } from "./shelf";
import type { State } from "./state";

const TABS: readonly { tab: Tab; word: string; about: string }[] = [
  { tab: "top", word: "Strongest", about: "pairs with the largest codes" },
  { tab: "middle", word: "Middle", about: "pairs around the median code" },
  { tab: "weak", word: "Weakest", about: "pairs with the smallest codes other than 0" },
  { tab: "random", word: "Random", about: "a random choice among pairs with a code other than 0" },
  { tab: "range", word: "Range", about: "pairs in the range chosen in the histogram" },
];

function Tabs({ state }: { state: State }) {
  const place = state.shelves.place.value;
  const offered = TABS.filter(({ tab }) => {
    if (tab === "range") return place.range !== null;
    return tab === "top" || state.editable.value;
  });
  const go = (next: Partial<Place>): void => {
    state.shelves.place.value = { ...state.shelves.place.peek(), ...next };
  };
  return (
    <div class="lb-tabline lb-noprint">
      <div role="tablist" class="lb-tabs" aria-label="Which pairs">
        {offered.map(({ tab, word, about }, index) => (
          <button
            key={tab}
            type="button"
            role="tab"
            id={`${state.uid}-tab-${tab}`}
            aria-selected={place.tab === tab}
            aria-controls={`${state.uid}-pairs`}
            tabIndex={place.tab === tab ? 0 : -1}
            title={about}
            onClick={() => go({ tab })}
            onKeyDown={(event) => {
              const by = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : 0;
              const next = offered[(index + by + offered.length) % offered.length];
              if (by === 0 || !next) return;
              event.preventDefault();
              go({ tab: next.tab });
              event.currentTarget.parentElement
                ?.querySelector<HTMLElement>(`#${state.uid}-tab-${next.tab}`)
                ?.focus();
            }}
          >
            {tab === "range" && place.range
              ? `${word} ${small(place.range[0])} to ${small(place.range[1])}`
              : word}
          </button>
        ))}
      </div>
      {place.tab === "random" && (
        <button
          type="button"
          class="lb-button"
          aria-label="Draw again"
          title="Draw others (r)"
          onClick={() => go({ seed: place.seed + 1 })}
        >
          <Icon shape="dice" /> <span class="lb-wide">Draw again</span>
        </button>
      )}
    </div>
  );
}

/** On paper; page.css hides the ones after these. */
const PRINTED = 5;

const shorten = (name: string): string => (name.length > 60 ? `${name.slice(0, 58)}…` : name);

interface PairProps {
  state: State;
  row: Row;
  shown: Shown;
  index: number;
}

function Pair({ state, row, shown, index }: PairProps) {
  const { shelves } = state;
  const number = shown.example.row;
  const highlight = useComputed(() => shelves.highlight(number).value).value;
  const active = useComputed(() => shelves.active.value === index).value;
  const editable = state.editable.value;
  return (
    <li
      class={`lb-pair${active ? " lb-current" : ""}`}
      tabIndex={-1}
      aria-current={active ? "true" : undefined}
      data-pair={index}
      onFocusIn={() => {
        shelves.active.value = index;
      }}
    >
      <PairCard
        example={shown.example}
        prompt={shown.prompt}
        more={shown.more}
        less={shown.less}
        featureName={row.name === UNNAMED ? undefined : `of ‘${shorten(row.name)}’`}
        spans={highlight?.marks ?? undefined}
        busy={highlight?.busy ?? false}
        error={highlight?.error ?? null}
        onHighlight={editable ? () => shelves.toggleHighlight(number) : undefined}
        onMoreText={editable ? (part) => shelves.wholeText(number, part) : undefined}
      />
      {highlight?.marks?.reason && <p class="lb-fine lb-reason">{highlight.marks.reason}</p>}
    </li>
  );
}

/** Why there is nothing to see, in words that say what to do. */
function whyEmpty(state: State, row: Row): string {
  const study = state.snapshot.value?.study;
  if (study?.names_only) return "This report holds names and numbers only; the texts were left out.";
  if (row.feature.histogram.counts.every((count) => count === 0))
    return "No pair differs in this feature, so there is nothing to show.";
  if (state.shelves.place.value.tab === "range")
    return state.editable.value
      ? "No pair to read lies in this range."
      : "None of the pairs in this report lies in this range.";
  return state.editable.value ? "No pair to show here." : "No example of this feature is in this report.";
}

export function Examples({ state, row }: { state: State; row: Row }) {
  const { shelves } = state;
  const place = shelves.place.value;
  const { items, total, busy, error, partial } = shelves.shelf.value;
  const study = state.snapshot.value?.study;
  const texts = !study?.names_only;
  const limit = shelves.limit.value;
  const shown = items.slice(0, limit);
  const editable = state.editable.value;
  const some = shown.length < items.length;
  const fetchable = editable && (partial ? total !== 0 : total !== null && items.length < total);

  return (
    <section class="lb-examples" aria-label="Example pairs">
      <Histogram
        key={`${row.id} ${row.turned}`}
        data={row.feature.histogram}
        brush={place.range}
        onBrush={(range) => {
          shelves.place.value = {
            ...place,
            range,
            tab: range ? "range" : place.tab === "range" ? "top" : place.tab,
          };
        }}
        height={64}
        unit={study && study.rows !== study.pairs ? "row" : "pair"}
      />
      {texts && <Tabs state={state} />}
      <div
        id={`${state.uid}-pairs`}
        {...(texts ? { role: "tabpanel", "aria-labelledby": `${state.uid}-tab-${place.tab}` } : {})}
        aria-busy={busy}
      >
        {shown.length > 0 && (
          <ol class="lb-pairs" aria-label="Pairs">
            {shown.map((one, index) => (
              <Pair key={`${row.id} ${one.example.row}`} state={state} row={row} shown={one} index={index} />
            ))}
          </ol>
        )}
        {items.length > PRINTED && (
          <p class="lb-fine lb-onpaper" aria-hidden="true">
            {`Printed are the first ${PRINTED} of ${plural(items.length, "pair")} here, long texts by their first lines.`}
          </p>
        )}
        {error && (
          <p class="ws-error" role="alert">
            {error}{" "}
            <button type="button" class="lb-link" onClick={() => shelves.more()}>
              Try again
            </button>
          </p>
        )}
        {busy && shown.length === 0 && (
          <div class="lb-skeleton" role="status">
            <span class="ws-hidden">Fetching pairs</span>
            <i />
            <i />
          </div>
        )}
        {!busy && !error && shown.length === 0 && <p class="lb-empty">{whyEmpty(state, row)}</p>}
        {shown.length > 0 && (
          <div class="lb-more lb-noprint">
            <span class="lb-fine">
              {total === null ? plural(shown.length, "pair") : `${plural(shown.length, "pair")} of ${total}`}
              {!editable && !some && partial && " in this report"}
            </span>
            {(some || fetchable) && (
              <button type="button" class="lb-button" disabled={busy} onClick={() => shelves.more()}>
                {busy ? "Fetching…" : "Show more"}
              </button>
            )}
          </div>
        )}
      </div>
    </section>
  );
}
