import { describe, expect, it } from "vitest";
import { fixture } from "../../dev/fixture";
import {
  type Column,
  filterRows,
  joinRow,
  NO_FILTERS,
  nextSort,
  progress,
  type Row,
  rowJoiner,
  sortRows,
  telling,
} from "../../src/labeler/rows";
import type { Feature, Label } from "../../src/protocol";

const base = fixture({ features: 1 }).features[0] as Feature;

function row(id: string, feature: Partial<Feature> = {}, label?: Label): Row {
  return joinRow({ ...base, name: id, feature: id, ...feature }, label);
}
const ids = (rows: readonly Row[]): string => rows.map(({ id }) => id).join(" ");

describe("a row", () => {
  it("shows the person's name instead of the draft", () => {
    const joined = row("d01", { name: "length" }, { name: "says sorry" });
    expect(joined).toMatchObject({ name: "says sorry", draft: "length", named: true, status: "named" });
  });

  it("shows the draft until there is a name", () => {
    expect(row("d01", { name: "length" })).toMatchObject({ name: "length", named: false, status: "draft" });
  });

  it("does not claim a draft's name for a feature that was turned", () => {
    expect(row("d01", { name: "length" }, { turned: true }).name).toBe("opposite of length");
    expect(row("d01", { name: "unnamed" }, { turned: true }).name).toBe("unnamed");
    expect(row("d01", { name: "length" }, { turned: true, name: "brevity" }).name).toBe("brevity");
  });

  it("has the fidelity that people's blind tests gave its name", () => {
    const label = { name: "regret", fidelity: [0.6, 0.4, 0.8] as [number, number, number], turned: true };
    const tested = row("d01", { kind: "discovered", name: "length", fidelity: 0.5, judge: "formula" }, label);
    expect(tested.feature).toMatchObject({
      fidelity: 0.6,
      fidelity_low: 0.4,
      fidelity_high: 0.8,
      judge: "person",
    });
  });

  it("has the fidelity that a language model gave its name, and says which", () => {
    const label = { name: "regret", fidelity: [0.6, 0.4, 0.8] as [number, number, number], judge: "tiny" };
    const tested = row("d01", { kind: "discovered", name: "length", fidelity: 0.5, judge: "formula" }, label);
    expect(tested.feature).toMatchObject({ fidelity: 0.6, fidelity_low: 0.4, judge: "tiny" });
  });

  it("has no fidelity under another name than the draft's, unless it is a formula's", () => {
    const judged = { name: "length", fidelity: 0.5, fidelity_low: 0.3, fidelity_high: 0.7 } as const;
    const renamed = row("d01", { ...judged, kind: "discovered" }, { name: "brevity" });
    expect(renamed.feature).toMatchObject({ fidelity: null, fidelity_low: null, fidelity_high: null });
    expect(renamed.draftFidelity).toBe(0.5);
    expect(row("d01", { ...judged, kind: "discovered" }, { name: "length" }).feature.fidelity).toBe(0.5);
    expect(row("m_words", { ...judged, kind: "measured" }, { name: "brevity" }).feature.fidelity).toBe(0.5);
    const opposite = row(
      "d01",
      { ...judged, kind: "discovered" },
      { name: "opposite of length", turned: true },
    );
    expect(opposite.feature.fidelity).toBe(0.5);
  });

  it("has its effect turned with the feature", () => {
    const turned = row("d01", { delta_win: 0.2, delta_win_low: 0.1, delta_win_high: 0.3 }, { turned: true });
    expect(turned.feature).toMatchObject({ delta_win: -0.2, delta_win_low: -0.3, delta_win_high: -0.1 });
  });

  it("stays the same object while nothing about it changes", () => {
    const join = rowJoiner();
    const features = fixture({ features: 3 }).features;
    const before = join(features, {});
    const after = join(features, { [features[1]?.feature ?? ""]: { name: "new" } });
    expect(after[0]).toBe(before[0]);
    expect(after[1]).not.toBe(before[1]);
    expect(after[2]).toBe(before[2]);
  });
});

describe("the order", () => {
  const rows = [
    row("a", { delta_win: 0.1, delta_win_low: -0.1, delta_win_high: 0.3, fidelity: null }),
    row("b", { delta_win: -0.3, delta_win_low: -0.4, delta_win_high: -0.2, fidelity: 0.4 }),
    row("c", { delta_win: null, delta_win_low: null, delta_win_high: null, fidelity: 0.9 }),
    row("d", { delta_win: 0.2, delta_win_low: 0.05, delta_win_high: 0.35, fidelity: 0.1 }),
  ];

  it("begins with the surest effect, whichever its sign", () => {
    expect(rows.map(({ feature }) => telling(feature))).toEqual([-0.1, 0.2, null, 0.05]);
    expect(ids(sortRows(rows, null))).toBe("b d a c");
  });

  it("puts last what may be chance among so many features, however large", () => {
    const chance = row("e", { delta_win: 0.5, delta_win_low: 0.3, delta_win_high: 0.7, q: 0.06 });
    expect(telling(chance.feature)).toBeCloseTo(-0.7);
    expect(ids(sortRows([chance, ...rows], null))).toBe("b d a e c");
  });

  it.each([
    ["delta_win", true, "d a b c"],
    ["delta_win", false, "b a d c"],
    ["fidelity", true, "c b d a"],
    ["fidelity", false, "d b c a"],
    ["name", false, "a b c d"],
    ["name", true, "d c b a"],
  ] as const)("by %s (down: %s) is %s, with missing values last", (column, down, expected) => {
    expect(ids(sortRows(rows, { column, down }))).toBe(expected);
  });

  it("counts like a person in names, and puts unnamed features last", () => {
    const named = [
      row("x", { name: "unnamed" }),
      row("y", { name: "list 10" }),
      row("z", { name: "List 2" }),
    ];
    expect(ids(sortRows(named, { column: "name", down: false }))).toBe("z y x");
    expect(ids(sortRows(named, { column: "name", down: true }))).toBe("y z x");
  });

  it("goes through draft, named, verified, rejected", () => {
    const work = (["rejected", "named", "draft", "verified"] as const).map((status) =>
      row(status, {}, { status }),
    );
    expect(ids(sortRows(work, { column: "status", down: false }))).toBe("draft named verified rejected");
  });

  it("leaves the given rows alone", () => {
    sortRows(rows, { column: "name", down: true });
    expect(ids(rows)).toBe("a b c d");
  });

  it.each<[Column, boolean]>([
    ["delta_win", true],
    ["name", false],
  ])("by %s turns with the second click and goes with the third", (column, first) => {
    const once = nextSort(null, column);
    expect(once).toEqual({ column, down: first });
    const twice = nextSort(once, column);
    expect(twice).toEqual({ column, down: !first });
    expect(nextSort(twice, column)).toBeNull();
  });
});

describe("filters", () => {
  const rows = [
    row("up", { kind: "measured", delta_win: 0.2, significant: true, recurs: true }),
    row("down", { kind: "discovered", delta_win: -0.2, significant: false, recurs: false }),
    row("none", { kind: "discovered", delta_win: null, significant: false, recurs: true }),
    row("turned", { kind: "discovered", delta_win: -0.1, significant: true, recurs: true }, { turned: true }),
  ];
  const left = (part: Partial<typeof NO_FILTERS>): string =>
    ids(filterRows(rows, { ...NO_FILTERS, ...part }, ""));

  it("keep a kind, the significant, the recurring", () => {
    expect(left({ kind: "measured" })).toBe("up");
    expect(left({ significant: true })).toBe("up turned");
    expect(left({ recurs: true })).toBe("up none turned");
  });

  it("keep a direction as it is seen, so a turned feature counts turned", () => {
    expect(left({ direction: "up" })).toBe("up turned");
    expect(left({ direction: "down" })).toBe("down");
  });

  it("keep a status", () => {
    const work = [row("a", {}, { status: "verified" }), row("b")];
    expect(ids(filterRows(work, { ...NO_FILTERS, status: "draft" }, ""))).toBe("b");
  });
});

describe("search", () => {
  const rows = [
    row("d01", { name: "length" }, { name: "Überlänge", tags: ["style"], note: "often with lists" }),
    row("m_bullets", { name: "bullet points" }),
  ];
  const found = (words: string): string => ids(filterRows(rows, NO_FILTERS, words));

  it("looks at name, draft, id, note and tags", () => {
    expect(["ÜBER", "length", "d01", "lists", "style"].map(found)).toEqual(Array(5).fill("d01"));
    expect(found("m_bul")).toBe("m_bullets");
  });

  it("ignores case and accents, and wants every word", () => {
    expect(found("uberlange style")).toBe("d01");
    expect(found("style bullet")).toBe("");
    expect(found("  ")).toBe("d01 m_bullets");
  });
});

it("counts as done what has another status than draft", () => {
  const rows = [row("a", {}, { name: "x" }), row("b", {}, { status: "rejected" }), row("c")];
  expect(progress(rows)).toEqual({ done: 2, of: 3, by: { draft: 1, named: 1, verified: 0, rejected: 1 } });
});
