import { describe, expect, it } from "vitest";
import {
  count,
  decimal,
  intervalWords,
  percent,
  plural,
  points,
  range,
  small,
} from "../../src/shared/format";

describe("numbers in words", () => {
  it("writes differences of shares as signed percentage points", () => {
    expect([0.091, -0.0523, 0, 0.0004, -0.0004].map(points)).toEqual([
      "+9.1",
      "\u22125.2",
      "0.0",
      "0.0",
      "0.0",
    ]);
  });

  it("keeps a decimal for small shares only", () => {
    expect([0.124, 0.0994, 0.0062, 0.0001, 0, 1].map(percent)).toEqual([
      "12%",
      "9.9%",
      "0.6%",
      "<0.1%",
      "0%",
      "100%",
    ]);
  });

  it("keeps two significant digits of small numbers and says when they are too small", () => {
    expect([0, 0.0123, 0.5, -2.345, 31.44, 12345, 0.0002, -0.0002].map(small)).toEqual([
      "0",
      "0.012",
      "0.50",
      "\u22122.35",
      "31.4",
      "12,345",
      "<0.001",
      ">\u22120.001",
    ]);
  });

  it("separates thousands and counts in the right number", () => {
    expect(count(1234567)).toBe("1,234,567");
    expect([plural(1, "pair"), plural(1204, "pair"), plural(2, "child", "children")]).toEqual([
      "1 pair",
      "1,204 pairs",
      "2 children",
    ]);
  });

  it("says n/a for what does not exist", () => {
    for (const format of [count, points, percent, decimal, small]) {
      expect([format(null), format(undefined), format(Number.NaN)]).toEqual(["n/a", "n/a", "n/a"]);
    }
    expect(range(0.1, null)).toBe("n/a");
    expect(intervalWords(null, null, null)).toBe("n/a");
  });

  it("reads an interval out in full", () => {
    expect(range(-0.01, 0.13)).toBe("\u22121.0 to +13.0");
    expect(intervalWords(0.091, 0.052, 0.13, { significant: true })).toBe(
      "+9.1 points, 95% interval +5.2 to +13.0, significant",
    );
    expect(intervalWords(0.42, 0.1, 0.7, { format: decimal, unit: "" })).toBe(
      "0.42, 95% interval 0.10 to 0.70",
    );
    expect(intervalWords(0.091, null, null)).toBe("+9.1 points, no interval");
  });
});
