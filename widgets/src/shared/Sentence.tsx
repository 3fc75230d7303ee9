/** Python's sentence with the name of now in the place that it leaves for it. */
import { UNNAMED } from "./names";

const QUOTED = /[‘'"“]NAME[’'"”]/;
const BARE = /\bNAME\b/;

export function Sentence({
  sentence,
  name,
  class: kind,
}: {
  sentence: string;
  name: string;
  class?: string;
}) {
  // In quotes where there is one: a dataset may have NAME in its own name.
  const found = QUOTED.exec(sentence) ?? BARE.exec(sentence);
  if (!found) return <span class={kind}>{sentence}</span>;
  return (
    <span class={kind}>
      {sentence.slice(0, found.index)}
      {name === UNNAMED ? (
        "this feature"
      ) : (
        <>
          ‘<b dir="auto">{name}</b>’
        </>
      )}
      {sentence.slice(found.index + found[0].length)}
    </span>
  );
}
