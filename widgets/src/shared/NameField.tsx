/** The name, edited in place: Enter and leaving save, Escape takes it back. */
import { useLayoutEffect, useRef } from "preact/hooks";
import type { Desk } from "./desk";
import { Icon } from "./icons";
import { type NamedRow, UNNAMED } from "./names";

export function NameField({ state, row }: { state: Desk; row: NamedRow }) {
  const input = useRef<HTMLInputElement>(null);
  const { naming } = state;
  const text = naming.value?.id === row.id ? naming.value.text : null;
  const editing = text !== null;

  const begin = (): void => state.beginNaming(row);
  const end = (save: boolean, back: boolean): void => {
    const given = naming.peek();
    if (given?.id !== row.id) return;
    naming.value = null;
    if (save) state.rename(row, given.text);
    if (back) state.focusList();
  };

  useLayoutEffect(() => {
    if (!editing) return;
    input.current?.focus();
    input.current?.select();
  }, [editing]);

  if (!editing) {
    return (
      <h2 class="lb-title" id={`${state.uid}-title`}>
        {state.editable.value ? (
          <button type="button" class="lb-rename" aria-label={`Rename ${row.name}`} onClick={begin}>
            <span class={row.name === UNNAMED ? "lb-faint" : ""} dir="auto">
              {row.name}
            </span>
            {/* The pencil goes with the last word. */}
            {"\u00a0"}
            <Icon shape="pencil" />
          </button>
        ) : (
          <span class={row.name === UNNAMED ? "lb-faint" : ""} dir="auto">
            {row.name}
          </span>
        )}
      </h2>
    );
  }
  return (
    <div class="lb-title lb-naming">
      <input
        ref={input}
        class="lb-nameinput"
        aria-label="Name of the feature"
        dir="auto"
        maxLength={200}
        placeholder="More of what?"
        value={text}
        onInput={(event) => {
          naming.value = { id: row.id, text: event.currentTarget.value };
        }}
        onKeyDown={(event) => {
          if (event.isComposing || (event.key !== "Enter" && event.key !== "Escape")) return;
          event.preventDefault();
          event.stopPropagation();
          end(event.key === "Enter", true);
        }}
        onBlur={() => end(true, false)}
      />
      <span class="lb-hint" aria-hidden="true">
        <kbd>Enter</kbd> saves, <kbd>Esc</kbd> leaves it
      </span>
    </div>
  );
}
