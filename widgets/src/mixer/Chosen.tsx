/** The chosen feature in a sentence, at a place that stays where it is while sliders move. */
import { KindIcon } from "../shared/icons";
import { Sentence } from "../shared/Sentence";
import { sentenceOf } from "./rows";
import type { State } from "./state";

export function Chosen({ state }: { state: State }) {
  const row = state.chosen.value;
  if (!row) return null;
  const sentence = sentenceOf(row);
  return (
    <section class="mx-how" aria-label="Chosen feature">
      <p class="mx-howname">
        <b dir="auto">{row.name}</b> <code class="lb-id">{row.id}</code>{" "}
        <span class="lb-fine mx-howkind">
          <KindIcon kind={row.found.kind} /> {row.found.kind}
        </span>
      </p>
      {sentence && (
        <p>
          <Sentence sentence={sentence} name={row.name} />
        </p>
      )}
      {row.found.note && (
        <p class="lb-fine mx-hownote" dir="auto">
          {row.found.note}
        </p>
      )}
    </section>
  );
}
