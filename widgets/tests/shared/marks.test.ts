import { describe, expect, it } from "vitest";
import { codePoints, pieces } from "../../src/shared/marks";

describe("spans in code points", () => {
  it("cut a text that has emoji before and inside them", () => {
    // Python: "👍🏽 Great idea 😀!"[3:8] is "Great", [14:15] is the face.
    const text = "\u{1F44D}\u{1F3FD} Great idea \u{1F600}!";
    expect(
      pieces(text, [
        [3, 8, 0.5],
        [14, 15, -0.25],
      ]),
    ).toEqual([
      { text: "\u{1F44D}\u{1F3FD} ", weight: 0 },
      { text: "Great", weight: 0.5 },
      { text: " idea ", weight: 0 },
      { text: "\u{1F600}", weight: -0.25 },
      { text: "!", weight: 0 },
    ]);
  });

  it("lose no character, in whatever order they come and however far they reach", () => {
    const text = "a\u{1F600}b\u0301c\ud800d";
    const cut = pieces(text, [
      [4, 99, 1],
      [1, 2, 1],
      [50, 60, 1],
    ]);
    expect(cut.map((piece) => piece.text).join("")).toBe(text);
    expect(cut.filter(({ weight }) => weight !== 0).map((piece) => piece.text)).toEqual([
      "\u{1F600}",
      "c\ud800d",
    ]);
  });

  it("add up where they overlap", () => {
    expect(
      pieces("abcdef", [
        [0, 4, 1],
        [2, 6, 0.5],
      ]).map(({ text, weight }) => [text, weight]),
    ).toEqual([
      ["ab", 1],
      ["cd", 1.5],
      ["ef", 0.5],
    ]);
  });

  it("are left out when they make no sense", () => {
    expect(
      pieces("abc", [
        [2, 2, 1],
        [3, 1, 1],
        [-1, 2, 1],
        [0, 1, Number.NaN],
      ]),
    ).toEqual([{ text: "abc", weight: 0 }]);
    expect(pieces("", [[0, 1, 1]])).toEqual([]);
  });
});

it("texts are counted as Python counts them", () => {
  expect(["", "abc", "\u{1F600}", "e\u0301", "\ud800"].map(codePoints)).toEqual([0, 3, 1, 2, 1]);
});
