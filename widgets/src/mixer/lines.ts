/** What the sheet of keys says. */
import type { Line } from "../shared/Help";

export const LOOK: readonly Line[] = [
  [["←", "→"], "move the slider by 0.05"],
  [["⇧ ←", "⇧ →"], "move the slider by 0.01"],
  [["PgUp", "PgDn"], "move the slider by 0.25"],
  [["[", "]"], "previous, next slider"],
  [["l"], "lock or unlock the weight"],
  [["r"], "reset the weight"],
  [["⇧ R"], "reset all that are not locked"],
  [["j", "k"], "next, previous prompt"],
  [["/"], "search"],
  [["Ctrl Z"], "undo"],
  [["Ctrl ⇧ Z"], "do again"],
  [["?"], "this sheet"],
];
