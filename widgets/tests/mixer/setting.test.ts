import { describe, expect, it } from "vitest";
import { mixed } from "../../dev/mixed";
import { studyPrint } from "../../src/calibrator/person";
import { reach } from "../../src/mixer/axis";
import type { MixedFeature } from "../../src/mixer/contract";
import { type By, ordered } from "../../src/mixer/order";
import { presetOf } from "../../src/mixer/people";
import { joinRow, type Row } from "../../src/mixer/rows";
import { outline } from "../../src/mixer/Spread";
import { asJson, asPython } from "../../src/mixer/saving";
import { between, createHistory, moved, type Setting } from "../../src/mixer/setting";
import { opposed, ordinal, weight } from "../../src/mixer/words";
import type { Label } from "../../src/protocol";

const FIRST: Setting = { weights: [0.1, 0.2], preset: "everyone", blend: 1, locked: new Set() };

describe("steps", () => {
  it("are taken back and done again, one by one", () => {
    const history = createHistory(FIRST);
    history.apply({ weights: [0.5, 0.2] });
    history.apply({ locked: new Set(["a"]) });
    history.undo();
    expect(history.now.value).toEqual({ ...FIRST, weights: [0.5, 0.2] });
    history.undo();
    expect(history.now.value).toEqual(FIRST);
    expect(history.canUndo.value).toBe(false);
    history.redo();
    history.redo();
    expect([...history.now.value.locked]).toEqual(["a"]);
    expect(history.canRedo.value).toBe(false);
  });

  it("of one drag are one step", () => {
    const history = createHistory(FIRST);
    for (const at of [0.2, 0.3, 0.4]) history.apply({ weights: [at, 0.2] }, "a 1");
    history.apply({ weights: [0.6, 0.2] }, "a 2");
    history.undo();
    expect(history.now.value.weights).toEqual([0.4, 0.2]);
    history.undo();
    expect(history.now.value.weights).toEqual([0.1, 0.2]);
  });

  it("after an undo are new ones, and what was undone is gone", () => {
    const history = createHistory(FIRST);
    history.apply({ weights: [0.5, 0.2] }, "a 1");
    history.undo();
    history.apply({ weights: [0.7, 0.2] }, "a 1");
    expect(history.canRedo.value).toBe(false);
    history.undo();
    expect(history.now.value).toEqual(FIRST);
  });

  it("that change nothing are none", () => {
    const history = createHistory(FIRST);
    history.apply({ weights: [0.1, 0.2], locked: new Set() });
    expect(history.canUndo.value).toBe(false);
  });
});

describe("between everyone and a preset", () => {
  it("weights lie on the straight line", () => {
    expect(between([0, 1], [1, -1], 0)).toEqual([0, 1]);
    expect(between([0, 1], [1, -1], 0.25)).toEqual([0.25, 0.5]);
    expect(between([0.1, 1], [0.7, -1], 1)).toEqual([0.7, -1]);
  });

  it("what is locked does not move", () => {
    expect(moved([1, 2, 3], [7, 8, 9], (k) => k === 1)).toEqual([7, 2, 9]);
  });
});

describe("words", () => {
  it("sign a weight, but not a nought", () => {
    expect([0.423, -0.3, 0.004, -0.001].map(weight)).toEqual(["+0.42", "−0.30", "0.00", "0.00"]);
  });

  const { features } = mixed({ features: 6, personal: 5, votes: 10, sets: 1 });
  const one = features[0] as (typeof features)[number];

  it("say how many lean the other way, with the interval", () => {
    const said = { share_opposed: 0.1849, share_opposed_low: 0.002, share_opposed_high: 0.25 };
    expect(opposed({ ...one, ...said })).toBe("18% lean the other way (<1 to 25)");
    expect(opposed({ ...one, share_opposed: null })).toBe("");
    const open = { share_opposed: 0.48, share_opposed_low: 0.001, share_opposed_high: 0.99 };
    expect(opposed({ ...one, ...open })).toBe("how many lean the other way is open");
  });

  it("count places", () => {
    expect([1, 2, 3, 4, 11, 12, 13, 21, 102].map(ordinal).join(" ")).toBe(
      "1st 2nd 3rd 4th 11th 12th 13th 21st 102nd",
    );
  });
});

describe("the order of the sliders", () => {
  const { features } = mixed({ features: 6, personal: 6, votes: 10, sets: 1 });
  const rows = (
    [
      ["agree", 0.3, 0.1],
      ["differ", 0.2, 0.1],
      ["unclear", 0.9, 0.1],
      ["differ", 0.4, 0.1],
      ["shared", null, 0.8],
      ["shared", null, -0.9],
    ] as const
  ).map(([verdict, tau, mean], index) =>
    joinRow(
      { ...(features[index] as MixedFeature), name: `feature ${5 - index}`, verdict, tau, mean },
      undefined,
      index,
    ),
  );
  const by = (how: By, weights: readonly number[] = []): number[] =>
    ordered(rows, how, weights).map(({ index }) => index);

  it("by spread is that of Python: where people differ beyond chance, where it is unclear, where they agree", () => {
    expect(by("spread")).toEqual([3, 1, 2, 0, 5, 4]);
  });

  it("puts what people rejected last", () => {
    const rejected = joinRow((rows[3] as Row).found, { status: "rejected" } as Label, 3);
    const some = [rejected, ...rows.filter(({ index }) => index !== 3)];
    expect(ordered(some, "spread", []).map(({ index }) => index)).toEqual([1, 2, 0, 5, 4, 3]);
  });

  it("by weight is that of the weights to begin from, whatever their sign; by name that of the names", () => {
    expect(by("weight", [0.1, -0.5, 0.3, 0, 0, 0.4])).toEqual([1, 5, 2, 0, 4, 3]);
    expect(by("name")).toEqual([5, 4, 3, 2, 1, 0]);
  });
});

describe("the axis", () => {
  it("has room for everybody, and ends at a round number", () => {
    const snapshot = mixed({ features: 6, personal: 5, votes: 10, sets: 1 });
    const most = Math.max(
      ...snapshot.features.flatMap(({ spread }) => [Math.abs(spread.low), Math.abs(spread.high)]),
    );
    const end = reach(snapshot, snapshot.presets, []);
    expect(end).toBeGreaterThan(most);
    expect([0.3, 0.5, 0.75, 1, 1.5, 2, 2.5, 3]).toContain(end);
    expect(reach(snapshot, snapshot.presets, [0, 0, 4.4, 0, 0, 0])).toBe(5);
  });

  it("draws a histogram of a turned feature the other way round", () => {
    const spread = { low: 0, high: 2, counts: [2, 1] };
    expect(outline(spread, 1, (value) => value)).toBe("M0.0 20L0.0 1.0H1.0L1.0 10.5H2.0V20Z");
    expect(outline(spread, -1, (value) => value)).toBe("M-2.0 20L-2.0 10.5H-1.0L-1.0 1.0H0.0V20Z");
    expect(outline({ ...spread, counts: [] }, 1, (value) => value)).toBe("");
  });
});

describe("weights on their way out", () => {
  const snapshot = mixed({ features: 3, personal: 2, votes: 10, sets: 1 });
  const [a, b, c] = snapshot.features.map(({ feature }) => feature);

  it("are a dictionary in Python, by the features' ids", () => {
    expect(asPython(snapshot, [0.12345, -0.5, -0])).toBe(
      `mixer.weights = {\n    "${a}": 0.1235,\n    "${b}": -0.5,\n    "${c}": 0,\n}\n`,
    );
  });

  it("are JSON that says what they are", () => {
    const json = JSON.parse(asJson(snapshot, { ...FIRST, weights: [0.1, 0.2, 0.3] }));
    expect(json).toMatchObject({
      kind: "whimsight weights",
      schema: 1,
      preset: "everyone",
      weights: { [`${a}`]: 0.1 },
    });
  });
});

describe("a person handed over by a calibrator", () => {
  const snapshot = mixed({ features: 3, personal: 2, votes: 10, sets: 1 });
  const ids = snapshot.features.map(({ feature }) => feature);
  const handed = {
    schema: 1,
    study: studyPrint(snapshot.features),
    label: "Ada",
    features: [...ids].reverse(),
    weights: [3, 2, 1],
    sd: [0.3, 0.2, 0.1],
    votes: 12,
  };

  it("becomes a preset, feature by feature", () => {
    expect(presetOf(snapshot, handed)).toMatchObject({
      kind: "person",
      label: "Ada",
      weights: [1, 2, 3],
      sd: [0.1, 0.2, 0.3],
      votes: 12,
    });
  });

  it("is left alone if of another study, of other features, or no person at all", () => {
    expect(presetOf(snapshot, { ...handed, study: "another" })).toBeNull();
    expect(presetOf(snapshot, { ...handed, features: ["x", "y", "z"] })).toBeNull();
    expect(presetOf(snapshot, { ...handed, weights: [1, Number.NaN, 2] })).toBeNull();
    expect(presetOf(snapshot, null)).toBeNull();
  });
});
