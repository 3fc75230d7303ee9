/** Tags as chips: a comma or Enter adds one, Backspace in the empty field takes the last one away, Escape leaves. */
import { useSignal } from "@preact/signals";
import { Icon } from "../shared/icons";
import type { Row } from "./rows";
import type { State } from "./state";

export function splitTags(text: string, have: readonly string[]): string[] {
  const fresh = text
    .split(",")
    .map((tag) => tag.replace(/\s+/g, " ").trim())
    .filter((tag) => tag !== "");
  return [...new Set([...have, ...fresh])];
}

export function Tags({ state, row }: { state: State; row: Row }) {
  const text = useSignal("");
  const known = [...new Set(state.rows.value.flatMap((one) => one.tags))].filter(
    (tag) => !row.tags.includes(tag),
  );
  const set = (tags: string[]): void => {
    if (tags.join("\n") !== row.tags.join("\n")) state.edit(row.id, { tags });
  };
  const add = (): void => {
    const tags = splitTags(text.peek(), row.tags);
    text.value = "";
    set(tags);
  };
  if (!state.editable.value) {
    return row.tags.length === 0 ? null : (
      <ul class="lb-tags" aria-label="Tags">
        {row.tags.map((tag) => (
          <li key={tag} class="lb-tag" dir="auto">
            {tag}
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div class="lb-tags">
      {row.tags.map((tag) => (
        <span key={tag} class="lb-tag">
          <span dir="auto">{tag}</span>
          <button
            type="button"
            aria-label={`Remove tag ${tag}`}
            onClick={() => set(row.tags.filter((one) => one !== tag))}
          >
            <Icon shape="close" />
          </button>
        </span>
      ))}
      <input
        class="lb-taginput"
        aria-label="Add a tag"
        placeholder={row.tags.length ? "Add" : "Add tags"}
        list={`${state.uid}-tags`}
        dir="auto"
        maxLength={60}
        value={text.value}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          if (text.peek().includes(",")) add();
        }}
        onKeyDown={(event) => {
          if (event.isComposing) return;
          if (event.key === "Enter" || event.key === "Escape") {
            event.preventDefault();
            event.stopPropagation();
            const more = event.key === "Enter" && text.peek().trim() !== "";
            if (event.key === "Escape") text.value = "";
            add();
            if (!more) state.focusList();
          } else if (event.key === "Backspace" && text.peek() === "" && row.tags.length > 0) {
            set(row.tags.slice(0, -1));
          }
        }}
        onBlur={add}
      />
      <datalist id={`${state.uid}-tags`}>
        {known.map((tag) => (
          <option key={tag} value={tag} />
        ))}
      </datalist>
    </div>
  );
}
