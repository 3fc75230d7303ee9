/** Everything about the chosen feature, and the controls of a person's work on it. */
import { batch, useSignal } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Facts, How, TurnRound, useTop } from "../shared/About";
import { Icon } from "../shared/icons";
import { NameField } from "../shared/NameField";
import { UNNAMED } from "../shared/names";
import { Sentence } from "../shared/Sentence";
import { StatusChoice } from "../shared/StatusChoice";
import { Suggestions } from "../shared/Suggestions";
import { Examples } from "./Examples";
import { Numbers } from "./Numbers";
import { AskForOne } from "./naming/Progress";
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

const TIPS = {
  recurs:
    "Learnt from other prompts, the autoencoder does not find this feature again better than chance. Its examples may share something real, but do not build on it: another sample could show something else.",
  turned:
    "A person turned this feature: more of it is less of the code as it was found. Signs, sides and the histogram are turned with it.",
};

export function Detail({ state, row }: { state: State; row: Row }) {
  const pane = useTop(row.id);
  const editable = state.editable.value;
  const unread = row.feature.histogram.counts.every((count) => count === 0);
  return (
    <div ref={pane} class="lb-detail">
      <header class="lb-detailhead">
        <div class="lb-nameline">
          <NameField key={row.id} state={state} row={row} />
          {editable && (
            <div class="lb-actions lb-noprint">
              <TurnRound state={state} row={row} />
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
        <Facts state={state} row={row} tips={TIPS} />
        {editable && (row.feature.kind === "discovered" || row.named) && (
          <Suggestions state={state} row={row}>
            <AskForOne state={state} />
          </Suggestions>
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
      <How row={row} />
      <Examples state={state} row={row} />
    </div>
  );
}
