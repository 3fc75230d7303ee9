/** Everything about the chosen feature, and the controls of a person's work on it. */
import { batch, useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { Status, Suggestion } from "../protocol";
import { decimal } from "../shared/format";
import { Tip } from "../shared/Tooltip";
import { Examples } from "./Examples";
import { Icon, KindIcon, StatusIcon } from "./icons";
import { NameField } from "./NameField";
import { Numbers } from "./Numbers";
import { type Row, STATUSES, UNNAMED } from "./rows";
import type { State } from "./state";
import { Tags } from "./Tags";

const NAME = /[‘'"“]?NAME[’'"”]?/;

/** Python's sentence with the name of now in the place that it leaves for it. */
export function Sentence({ row }: { row: Row }) {
  const { sentence } = row.feature;
  const found = NAME.exec(sentence);
  if (!found) return sentence ? <p class="lb-sentence">{sentence}</p> : null;
  return (
    <p class="lb-sentence">
      {sentence.slice(0, found.index)}
      {row.name === UNNAMED ? (
        "this feature"
      ) : (
        <>
          ‘<b dir="auto">{row.name}</b>’
        </>
      )}
      {sentence.slice(found.index + found[0].length)}
    </p>
  );
}

function StatusChoice({ state, row }: { state: State; row: Row }) {
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

const DWELL = 250;
const CHIPS = 6;
const FITS = 0.05;

const fits = ({ fit }: Pick<Suggestion, "fit">): boolean => fit !== null && fit >= FITS;

/** The best fitting first; what does not fit at all only where nothing else is there. */
export function bestSuggestions(list: readonly Suggestion[], name: string): readonly Suggestion[] {
  const others = list.filter((one) => one.name !== name);
  const usable = others.filter((one) => one.fit === null || fits(one));
  return (usable.length > 0 ? usable : others)
    .toSorted((a, b) => (b.fit ?? 0) - (a.fit ?? 0))
    .slice(0, CHIPS);
}

function Suggestions({ state, row }: { state: State; row: Row }) {
  const list = useSignal<readonly Suggestion[] | null>(null);
  const asked = useSignal<string | null>(null);
  useEffect(() => {
    list.value = null;
    asked.value = null;
    // Someone who walks through the list does not want suggestions for every row on the way.
    const timer = setTimeout(() => {
      asked.value = row.id;
    }, DWELL);
    return () => clearTimeout(timer);
  }, [row.id, row.turned, list, asked]);
  useSignalEffect(() => {
    if (asked.value !== null) list.value = state.suggestions(asked.value).value;
  });
  const chips = bestSuggestions(list.value ?? [], row.name);
  return (
    <fieldset class="lb-suggestions lb-noprint">
      <legend class="ws-hidden">Suggested names</legend>
      <span class="lb-fine">
        {list.value === null ? "Suggestions…" : chips.length > 0 ? "Suggested" : "No suggestions"}
      </span>
      {chips.map(({ name, fit, source }) => (
        <button
          key={`${source} ${name}`}
          type="button"
          class="lb-chip"
          title={`Suggested by ${source}${fits({ fit }) ? `, rough fit ${decimal(fit)} where it was chosen` : fit === null ? "" : "; it hardly fits"}`}
          onClick={() => state.rename(row, name)}
        >
          <span dir="auto">{name}</span>
          <span class="lb-fine">
            {source}
            {fits({ fit }) && ` ${decimal(fit)}`}
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function Note({ state, row }: { state: State; row: Row }) {
  const area = useRef<HTMLTextAreaElement>(null);
  const text = useSignal<string | null>(null);
  const grow = (): void => {
    const element = area.current;
    if (!element) return;
    element.style.height = "auto";
    element.style.height = `${Math.min(200, element.scrollHeight + 2)}px`;
  };
  useEffect(grow, [row.note, row.id]);
  const { noting } = state;
  const opened = noting.value === row.id;
  useLayoutEffect(() => {
    if (opened) area.current?.focus();
  }, [opened]);
  const save = (): void => {
    const given = text.peek();
    batch(() => {
      text.value = null;
      if (noting.peek() === row.id) noting.value = null;
    });
    if (given !== null && given.trim() !== row.note) state.edit(row.id, { note: given.trim() });
  };
  const leave = useRef(save);
  leave.current = save;
  useLayoutEffect(() => () => leave.current(), []);
  if (!state.editable.value) {
    return row.note ? (
      <p class="lb-note" dir="auto">
        {row.note}
      </p>
    ) : null;
  }
  if (!row.note && !opened) {
    return (
      <button
        type="button"
        class="lb-addnote lb-noprint"
        title="Write a note (m)"
        onClick={() => {
          noting.value = row.id;
        }}
      >
        Add a note
      </button>
    );
  }
  return (
    <textarea
      ref={area}
      class="lb-noteinput"
      rows={1}
      dir="auto"
      aria-label="Note"
      placeholder="Note: what you saw, what speaks against it"
      maxLength={10_000}
      value={text.value ?? row.note}
      onInput={(event) => {
        text.value = event.currentTarget.value;
        grow();
      }}
      onBlur={save}
      onKeyDown={(event) => {
        if (event.isComposing) return;
        const done = event.key === "Enter" && (event.ctrlKey || event.metaKey);
        if (!done && event.key !== "Escape") return;
        event.preventDefault();
        event.stopPropagation();
        if (event.key === "Escape") text.value = null;
        save();
        state.focusList();
      }}
    />
  );
}

function Facts({ state, row }: { state: State; row: Row }) {
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
        <Tip text="Learnt from other prompts, the autoencoder does not find this feature again better than chance. Its examples may share something real, but do not build on it: another sample could show something else.">
          <span class="lb-flag">
            <Icon shape="warn" /> does not recur
          </span>
        </Tip>
      )}
      {row.turned && (
        <Tip text="A person turned this feature: more of it is less of the code as it was found. Signs, sides and the histogram are turned with it.">
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
  const unread = row.feature.histogram.counts.every((count) => count === 0);
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
              <button
                type="button"
                class="lb-button lb-primary"
                disabled={unread || row.name === UNNAMED || state.snapshot.value?.study.names_only === true}
                title={
                  row.name === UNNAMED
                    ? "Name it first (n): a blind test asks which response has more of the name"
                    : "A blind test: does the name tell which response has more? (v)"
                }
                onClick={() => {
                  state.mode.value = "verify";
                }}
              >
                <Icon shape="check" /> Verify
              </button>
            </div>
          )}
        </div>
        <Facts state={state} row={row} />
        {editable && (row.feature.kind === "discovered" || row.named) && (
          <Suggestions state={state} row={row} />
        )}
      </header>
      <div class="lb-workline">
        {editable && <StatusChoice state={state} row={row} />}
        <Tags key={`tags ${row.id}`} state={state} row={row} />
        <Note key={`note ${row.id}`} state={state} row={row} />
      </div>
      <Sentence row={row} />
      <Numbers row={row} controls={state.snapshot.value?.study.controls ?? []} editable={editable} />
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
      <Examples state={state} row={row} />
    </div>
  );
}
