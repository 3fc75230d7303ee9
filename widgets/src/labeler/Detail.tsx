/** Everything about the chosen feature, and the controls of a person's work on it. */
import { batch, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, KindIcon, StatusIcon } from "../shared/icons";
import { NameField } from "../shared/NameField";
import { UNNAMED } from "../shared/names";
import { Sentence } from "../shared/Sentence";
import { StatusChoice } from "../shared/StatusChoice";
import { Suggestions } from "../shared/Suggestions";
import { Tip } from "../shared/Tooltip";
import { Examples } from "./Examples";
import { Numbers } from "./Numbers";
import type { Row } from "./rows";
import type { State } from "./state";
import { Tags } from "./Tags";

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
      {row.feature.sentence && (
        <p class="lb-sentence">
          <Sentence sentence={row.feature.sentence} name={row.name} />
        </p>
      )}
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
