/** What the sheet of keys says. */
import type { Line } from "../shared/Help";

export const LOOK: readonly Line[] = [
  [["↑", "↓"], "previous, next feature (in the list)"],
  [["Home", "End", "PgUp", "PgDn"], "far through the list"],
  [["/"], "search"],
  [["j", "k"], "next, previous pair"],
  [["[", "]"], "previous, next feature from anywhere"],
  [["?"], "this sheet"],
];
export const WORK: readonly Line[] = [
  [["n", "e"], "name the feature; Enter saves, Esc leaves it"],
  [["1", "2", "3", "4"], "draft, named, verified, rejected"],
  [["t"], "turn round"],
  [["m"], "write a note; Ctrl+Enter saves"],
  [["h"], "highlight what drives the code in this pair"],
  [["r"], "random pairs, drawn again"],
  [["v"], "verify by a blind test"],
  [["Ctrl Z"], "undo"],
  [["Ctrl ⇧ Z"], "do again"],
];
