/** What the sheet of keys says. */
import type { Line } from "../shared/Help";

export const LOOK: readonly Line[] = [
  [["↑", "↓"], "previous, next feature (in the list)"],
  [["Home", "End", "PgUp", "PgDn"], "far through the list"],
  [["/"], "search"],
  [["p"], "effects, prevalence"],
  [["c"], "conflicts, and back"],
  [["j", "k"], "next, previous pairs (within one side: of that side)"],
  [["[", "]"], "previous, next feature from anywhere"],
  [["←", "→"], "move a slider that has the focus"],
  [["?"], "this sheet"],
];
export const WORK: readonly Line[] = [
  [["n", "e"], "name the feature; Enter saves, Esc leaves it"],
  [["1", "2", "3", "4"], "draft, named, verified, rejected"],
  [["t"], "turn round"],
  [["Ctrl Z"], "undo"],
  [["Ctrl ⇧ Z"], "do again"],
];
