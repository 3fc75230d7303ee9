import { describe, expect, it } from "vitest";
import { calibrated } from "../../dev/calibrated";
import { hitsWords, learned, likingWords, normal, REACH, wilson } from "../../src/calibrator/learned";
import { offsets } from "../../src/calibrator/offset";
import { type Belief, priorOf, update } from "../../src/calibrator/posterior";
import { replayer } from "../../src/calibrator/replay";
import { readConsent, readVotes, sideOf } from "../../src/calibrator/votes";

const snapshot = calibrated();
const PRIOR = priorOf(snapshot.prior);
const CODES = snapshot.pool.map(({ codes }) => codes);

const belief = (mean: number[], covariance: number[]): Belief => ({
  mean: Float64Array.from(mean),
  covariance: Float64Array.from(covariance),
});

/** Somebody who prefers what has less of the first feature, in so many pairs. */
const dislikes = (count: number): Belief =>
  update(
    PRIOR,
    CODES.slice(0, count).map((x) => ({ x, preferred: (x[0] ?? 0) < 0 })),
  );

describe("numbers of the normal distribution and of shares", () => {
  it("are those of the tables", () => {
    expect(normal(0)).toBe(0.5);
    expect(normal(REACH)).toBeCloseTo(0.975, 12);
    expect(normal(-1)).toBeCloseTo(0.15865525393145707, 12);
    expect(normal(-40) + normal(40)).toBe(1);
  });

  it("give Wilson's interval of 11 in 16: 44.4 to 85.8 %", () => {
    // statsmodels: proportion_confint(11, 16, method="wilson")
    const share = wilson(11, 16);
    expect(share?.low).toBeCloseTo(0.444, 3);
    expect(share?.high).toBeCloseTo(0.858, 3);
    expect(hitsWords(11, 16)).toBe("11 of 16 (44 to 86%)");
    expect(hitsWords(0, 0)).toBe("none yet");
  });
});

describe("how far a person is from everyone", () => {
  it("is the change of the weight where everyone's is exactly known", () => {
    const [one] = offsets(belief([0.2], [0.25]), belief([0.5], [0.09]), [0.5]);
    expect(one?.mean).toBeCloseTo(0.3, 12);
    expect(one?.sd).toBeCloseTo(0.3, 12);
  });

  it("is half of it where what is not known is half everyone's, half the person's", () => {
    // w = mean + offset, both N(0, 1/2): given w, the offset is N(w / 2, 1/4); w itself is N(0.6, 0.4).
    const [one] = offsets(belief([0], [1]), belief([0.6], [0.4]), [Math.SQRT1_2]);
    expect(one?.mean).toBeCloseTo(0.3, 12);
    expect(one?.sd).toBeCloseTo(Math.sqrt(0.25 + 0.25 * 0.4), 12);
  });

  it("follows the covariance of weights: with two that go together, as solved by hand", () => {
    // P = [[1, .5], [.5, 1]], T = diag(.5, 0): T inverse(P) = .5 (4/3, -2/3) in the first row.
    const [first, second] = offsets(
      belief([0, 0], [1, 0.5, 0.5, 1]),
      belief([0.3, 0.6], [0.5, 0.25, 0.25, 0.5]),
      [Math.SQRT1_2, 0],
    );
    expect(first?.mean).toBeCloseTo(0.5 * ((4 / 3) * 0.3 - (2 / 3) * 0.6), 12);
    // P - S = P / 2, so the variance is .5 - .5 * .25 * (4/3).
    expect(first?.sd).toBeCloseTo(Math.sqrt(0.5 - 0.5 * 0.25 * (4 / 3)), 12);
    expect(second).toEqual({ mean: 0, sd: 0 });
  });

  it("is 0 for a weight that was known, and the rest of the matrix is none the worse", () => {
    const [known, open] = offsets(
      belief([1, 0], [0, 0, 0, 0.25]),
      belief([1, 0.1], [0, 0, 0, 0.16]),
      [0, 0.5],
    );
    expect(known).toEqual({ mean: 0, sd: 0 });
    expect(open?.mean).toBeCloseTo(0.1, 12);
    expect(open?.sd).toBeCloseTo(0.4, 12);
  });
});

describe("what was learned", () => {
  it("covers the personal features, and before any vote sets nobody apart", () => {
    const rows = learned(snapshot, {}, [PRIOR]);
    expect(rows.map(({ id }) => id).sort()).toEqual(
      snapshot.features
        .filter(({ personal }) => personal)
        .map(({ feature }) => feature)
        .sort(),
    );
    for (const { apart, sets, above } of rows) {
      expect(sets).toBe(false);
      expect(apart).toBeCloseTo(0, 12);
      expect(above?.mid).toBeCloseTo(0.5, 12);
    }
  });

  it("puts first what sets the person apart the furthest, against what is not known of it", () => {
    const rows = learned(snapshot, {}, [PRIOR, dislikes(60)]);
    expect(rows[0]).toMatchObject({ id: "m_0", sets: true });
    const apart = rows.map((row) => Math.abs(row.apart));
    expect(apart).toEqual(apart.toSorted((a, b) => b - a));
  });

  it("narrows the interval with every vote", () => {
    const course = learned(snapshot, {}, [0, 5, 20, 60].map(dislikes))[0]?.course ?? [];
    const widths = course.map(({ low, high }) => high - low);
    expect(widths).toEqual(widths.toSorted((a, b) => b - a));
    expect(widths[3]).toBeLessThan(0.7 * (widths[0] ?? 0));
  });

  it("compares with annotators as the model spreads them", () => {
    const row = learned(snapshot, {}, [PRIOR, dislikes(60)])[0];
    const tau = snapshot.features[0]?.tau ?? 0;
    expect(row?.above?.mid).toBeCloseTo(normal(-(row?.offset.mid ?? 0) / tau), 12);
    expect(row?.above?.low).toBeCloseTo(normal(-(row?.offset.high ?? 0) / tau), 12);
    const words = row && likingWords(row);
    expect(words?.before).toBe("You like ");
    expect(words?.after).toMatch(/^ less than \d+% of the annotators$/);
    expect(words?.ends).toMatch(/^\(\d+ to \d+%\)$/);
  });

  it("reads a feature that was turned round from its other end", () => {
    const beliefs = [PRIOR, dislikes(60)];
    const [row] = learned(snapshot, {}, beliefs);
    const [turned] = learned(snapshot, { m_0: { turned: true, name: "brevity" } }, beliefs);
    expect(turned?.label.name).toBe("brevity");
    expect(turned?.weight.mid).toBeCloseTo(-(row?.weight.mid ?? 0), 12);
    expect(turned?.weight.low).toBeCloseTo(-(row?.weight.high ?? 0), 12);
    expect(turned?.above?.mid).toBeCloseTo(1 - (row?.above?.mid ?? 0), 12);
    expect(turned?.spread.counts).toEqual(row?.spread.counts.toReversed());
    expect(turned && likingWords(turned).after).toMatch(/^ more than/);
  });

  it("says that annotators are alike where they are taken not to differ, and finds nobody apart there", () => {
    const alike = { ...snapshot, prior: { ...snapshot.prior, spread: snapshot.prior.spread.map(() => 0) } };
    for (const row of learned(alike, {}, [PRIOR, dislikes(60)])) {
      expect(row).toMatchObject({ above: null, sets: false, apart: 0 });
      expect(likingWords(row).before).toBe("All annotators take ");
    }
  });
});

describe("guesses", () => {
  it("count a vote as guessed by what was believed before it, not after", () => {
    const flat = {
      ...snapshot,
      prior: { ...snapshot.prior, mean: snapshot.prior.mean.map((_, k) => (k === 0 ? 0.1 : 0)) },
    };
    const pool = flat.pool.slice(0, 3).map((pair, k) => ({
      ...pair,
      codes: pair.codes.map((_, f) => (f === 0 ? ([1, 1, 1][k] ?? 0) : 0)),
    }));
    const play = replayer(priorOf(flat.prior), pool);
    const votes = pool.map(({ row }) => ({
      row,
      choice: "b" as const,
      shown: "ab" as const,
      seconds: 1,
      time: "",
    }));
    // Everyone's +0.1 guesses a each time; after one b the person's own weight lies below 0.
    expect(play(votes).guesses).toEqual({ own: 2, everyone: 0, of: 3 });
    expect(play(votes.slice(0, 1)).guesses).toEqual({ own: 0, everyone: 0, of: 1 });
  });

  it("leave out ties and skips, and end where all votes at once end", () => {
    const play = replayer(PRIOR, snapshot.pool);
    const votes = snapshot.pool.slice(0, 6).map(({ row }, k) => ({
      row,
      choice: (["a", "tie", "b", "skip", "a", "b"] as const)[k] ?? "skip",
      shown: "ab" as const,
      seconds: 1,
      time: "",
    }));
    const { beliefs, guesses } = play(votes);
    expect(guesses.of).toBe(4);
    expect(beliefs).toHaveLength(5);
    const all = update(
      PRIOR,
      [0, 2, 4, 5].map((k) => ({ x: CODES[k] ?? [], preferred: votes[k]?.choice === "a" })),
    );
    expect([...(beliefs.at(-1)?.mean ?? [])]).toEqual([...all.mean]);
  });
});

describe("votes that come from outside", () => {
  it("are taken once a pair, and only when they are votes on pairs of the pool", () => {
    const good = { row: 3, choice: "a", shown: "ab", seconds: 2, time: "2025-01-01T00:00:00Z" };
    const odd = [
      good,
      { ...good, choice: "b" },
      { ...good, row: 4 },
      { ...good, row: 10, choice: "maybe" },
      { ...good, row: 10, shown: "up" },
      { ...good, row: 10, seconds: null },
      null,
      "vote",
    ];
    expect(readVotes(odd, snapshot.pool)).toEqual([good]);
    expect(readVotes({ length: 3 }, snapshot.pool)).toEqual([]);
  });

  it("need a consent that is one; its name is one clean line", () => {
    expect(readConsent({ choice: "yes", author: "", time: "" })).toBeNull();
    expect(readConsent(null)).toBeNull();
    expect(
      readConsent({ choice: "class", author: " Ada\n\u202E Lovelace ".repeat(9), time: "t" }),
    ).toMatchObject({
      author: expect.stringMatching(/^Ada Lovelace Ada Lovelace/),
    });
    expect([
      ...(readConsent({ choice: "class", author: "é".repeat(99), time: "t" })?.author ?? ""),
    ]).toHaveLength(60);
  });

  it("stood on sides drawn by lot, the same again for the same person", () => {
    const sides = Array.from({ length: 2000 }, (_, row) => sideOf(row, "2025-05-03T10:00:00.000Z"));
    const share = sides.filter((side) => side === "ab").length / 2000;
    expect(Math.abs(share - 0.5)).toBeLessThan(0.045); // four standard errors
    const same = sides.filter((side, row) => side === sideOf(row, "2025-05-03T10:00:01.000Z")).length / 2000;
    expect(Math.abs(same - 0.5)).toBeLessThan(0.045);
    expect(sideOf(7, "x")).toBe(sideOf(7, "x"));
  });
});
