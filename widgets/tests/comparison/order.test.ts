import { describe, expect, it } from "vitest";
import { compared } from "../../dev/compared";
import { mix } from "../../src/comparison/mixture";
import { filterRows, NO_FILTERS, orderBy, ordersOf, sortRows } from "../../src/comparison/order";
import { conflictsByFeature, isClear, joinCompared, type Row } from "../../src/comparison/rows";
import type { Cell, ComparedFeature, Conflict } from "../../src/protocol";

const snapshot = compared({ datasets: 5 });
const opposed = conflictsByFeature(snapshot.conflicts);
const rows = snapshot.features.map((found) => joinCompared(found, undefined, opposed.get(found.feature)));
const mixed = (row: Row) => mix(row.found, [1, 1, 1, 1, 0]);

describe("the order of features", () => {
  it("begins with the largest conflict; features without one follow by how surely they matter anywhere", () => {
    const ids = sortRows(rows, orderBy("conflict"), mixed).map(({ id }) => id);
    const conflicting = [...opposed.keys()];
    expect(conflicting.length).toBeGreaterThan(1);
    expect(ids.slice(0, conflicting.length)).toEqual(conflicting);
    const next = rows.find(({ id }) => id === ids[conflicting.length]);
    expect(next?.feature.cells.some(isClear)).toBe(true);
  });

  it("by the effect in a dataset is from for to against, those that say too little last both ways", () => {
    for (const down of [true, false]) {
      const cells = sortRows(rows, { by: "effect 3", down }, mixed).map(
        ({ feature }) => feature.cells[3] as Cell,
      );
      const known = cells
        .filter(({ verdict }) => verdict !== "too few")
        .map(({ delta_win }) => delta_win ?? 0);
      expect(known.length).toBeLessThan(cells.length);
      expect(known).toEqual(known.toSorted((a, b) => (down ? b - a : a - b)));
      expect(cells.slice(known.length).every(({ verdict }) => verdict === "too few")).toBe(true);
    }
  });

  it.each([
    "heterogeneity",
    "agreement",
    "effect mixture",
    "effect pooled",
    "prevalence 1",
    "ratio 2",
    "name",
  ] as const)("by %s is by its value", (by) => {
    const values = sortRows(rows, orderBy(by), mixed).map((row) => {
      const { i2, q, pooled, cells } = row.feature;
      if (by === "heterogeneity") return i2;
      if (by === "agreement") return q;
      if (by === "effect mixture") return mixed(row).delta_win;
      if (by === "effect pooled") return pooled;
      if (by === "prevalence 1") return (cells[1] as Cell).prevalence;
      if (by === "ratio 2") return (cells[2] as Cell).ratio;
      return row.name === "unnamed" ? null : row.name;
    });
    const there = values.filter((value) => value !== null);
    expect(values.slice(0, there.length)).toEqual(there);
    const sorted =
      by === "name"
        ? there.toSorted(
            new Intl.Collator("en", { numeric: true }).compare as (a: unknown, b: unknown) => number,
          )
        : (there as number[]).toSorted((a, b) => (by === "agreement" ? a - b : b - a));
    expect(there).toEqual(sorted);
  });

  it("is offered for every dataset by name", () => {
    const words = ordersOf(snapshot.datasets).map(([, word]) => word);
    expect(words).toContain("effect in Creative writing");
    expect(words).toContain("prevalence in HH harmless by MT-Bench");
    expect(words).not.toContain("prevalence in MT-Bench by MT-Bench");
  });
});

describe("the filters", () => {
  const left = (part: Partial<typeof NO_FILTERS>, search = "") =>
    filterRows(rows, { ...NO_FILTERS, ...part }, search, mixed);

  it("leave conflicts, differing features, or those with an effect", () => {
    expect(
      left({ conflicts: true })
        .map(({ id }) => id)
        .sort(),
    ).toEqual([...opposed.keys()].sort());
    expect(left({ differing: true }).every(({ feature }) => (feature.q ?? 1) <= 0.05)).toBe(true);
    expect(left({ effect: 1 }).every(({ feature }) => isClear(feature.cells[1] as Cell))).toBe(true);
    expect(left({ effect: "any" }).length).toBeGreaterThan(left({ effect: 1 }).length);
  });

  it("leave what washes out in the mixture", () => {
    const washed = left({ washesOut: true });
    expect(washed.length).toBeGreaterThan(0);
    for (const row of washed) {
      const { low, high } = mixed(row);
      expect((low ?? 1) <= 0 && (high ?? -1) >= 0).toBe(true);
      expect(row.feature.cells.slice(0, 4).some(isClear)).toBe(true);
    }
  });

  it("go together with a kind and with words of the name", () => {
    expect(left({ kind: "measured" }).every(({ feature }) => feature.kind === "measured")).toBe(true);
    expect(left({}, "BULLET points").every(({ name }) => name.startsWith("bullet points"))).toBe(true);
    expect(left({}, "nowhere")).toEqual([]);
  });
});

describe("a feature read the other way round", () => {
  const found = snapshot.features.find(({ feature }) => opposed.has(feature)) as ComparedFeature;
  const row = joinCompared(found, { turned: true, name: "prose" }, opposed.get(found.feature));

  it("has its effects, intervals and verdicts turned, and its prevalence as it was", () => {
    found.cells.forEach((cell, k) => {
      const turned = row.feature.cells[k] as Cell;
      expect(turned.prevalence).toBe(cell.prevalence);
      expect(turned.delta_win).toBe(cell.delta_win === null ? null : 0 - cell.delta_win);
      expect(turned.delta_win_low).toBe(cell.delta_win_high === null ? null : 0 - cell.delta_win_high);
      if (cell.verdict === "for") expect(turned.verdict).toBe("against");
      if (cell.verdict === "too few") expect(turned.verdict).toBe("too few");
    });
    expect(row.feature.pooled_low).toBe(0 - (found.pooled_high ?? 0));
    expect(row.feature.sentence).toBe(found.sentence_turned);
  });

  it("has the sides of its conflicts exchanged, each still for where it is for", () => {
    const [before, after] = [opposed.get(found.feature)?.[0], row.conflicts[0]] as [Conflict, Conflict];
    expect([after.for, after.against]).toEqual([before.against, before.for]);
    expect(after.sentence).toBe(before.sentence_turned);
    expect((row.feature.cells[after.for] as Cell).verdict).toBe("for");
    expect((row.feature.cells[after.against] as Cell).verdict).toBe("against");
  });
});
