// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { fixture } from "../../dev/fixture";
import { FakeKernel } from "../../dev/kernel";
import labeler from "../../src/labeler/index";
import type { NamingProgress, Suggestion } from "../../src/protocol";
import { bestSuggestions } from "../../src/shared/Suggestions";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  document.body.replaceChildren();
});

function mount() {
  const el = document.createElement("div");
  document.body.append(el);
  const kernel = new FakeKernel(fixture(), {});
  clean.push(labeler.render({ model: kernel, el }));
  const rows = (): HTMLElement[] => screen.getAllByRole("row").filter((row) => row.dataset.feature);
  const say = (part: Partial<NamingProgress>): void => {
    kernel.naming.progress = { ...kernel.naming.progress, ...part };
    kernel.say(kernel.naming.progress);
  };
  return { kernel, rows, say };
}

/** As a model proposed it. */
const named = (name: string, fit: number | null, more: Partial<Suggestion> = {}): Suggestion => ({
  ...{ name, fit, source: "tiny", note: null, low: null, high: null, n: null, kept: null },
  ...more,
});
const scored = { low: -0.2, high: 0.7, n: 300 };

describe("suggestions", () => {
  const one = (name: string, fit: number | null) => ({ name, fit, source: "formula" });
  const names = (list: readonly { name: string }[]): string => list.map(({ name }) => name).join(" ");

  it("begin with what fits best, without the name that it has", () => {
    const list = [one("a", 0.2), one("b", 0.6), one("c", 0.4)];
    expect(names(bestSuggestions(list, "c"))).toBe("b a");
  });

  it("leave out drafts that do not fit, unless nothing else is there", () => {
    expect(names(bestSuggestions([one("a", 0.04), one("b", 0.3), one("c", 0)], ""))).toBe("b");
    expect(names(bestSuggestions([one("a", 0), one("b", 0.04)], ""))).toBe("b a");
    expect(names(bestSuggestions([one("a", 0), one("b", null)], ""))).toBe("b");
  });

  it("have what a model proposed before what a formula drafted, however well that fits", () => {
    const list = [one("draft", 0.9), named("rough", 0.3), named("new", null)];
    expect(names(bestSuggestions(list, ""))).toBe("rough new draft");
  });

  it("have what was kept first, then what was tested, then the rivals, and lose none of them", () => {
    const list = [
      named("hopeless", -0.1),
      named("rival", 0.5),
      one("draft", 0.6),
      named("chance", -0.08, { ...scored, kept: false, winner: true }),
      named("kept", 0.3, { ...scored, kept: true, winner: true }),
    ];
    expect(names(bestSuggestions(list, ""))).toBe("kept chance rival draft hopeless");
  });

  it("have a winner before its rivals where too few pairs were left to test it", () => {
    const list = [named("rival", 0.5), named("winner", 0.02, { winner: true })];
    expect(names(bestSuggestions(list, ""))).toBe("winner rival");
  });
});

/** Chips as wide as their lines: each stands on a line of its own, 27 px below the one before; two lines are seen. */
function twoLinesOfChips(): void {
  const at = function (this: HTMLElement): number {
    if (!this.classList.contains("lb-chip")) return 0;
    return 27 * [...(this.parentElement as HTMLElement).children].indexOf(this);
  };
  const high = function (this: HTMLElement): number {
    const all = this.parentElement?.querySelector("[aria-expanded=true]");
    return all ? 27 * this.children.length : 50;
  };
  vi.spyOn(HTMLElement.prototype, "offsetTop", "get").mockImplementation(at);
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockImplementation(high);
}

describe("suggestions that have no room", () => {
  afterEach(() => vi.restoreAllMocks());

  const chip = (name: RegExp) => screen.findByRole("button", { name });

  it("wait behind a button that says how many, out of reach until it is pressed", async () => {
    twoLinesOfChips();
    const { kernel, rows } = mount();
    const id = rows()[0]?.dataset.feature as string;
    kernel.naming.suggested[id] = [named("first", 0.3), named("second", 0.3)];
    fireEvent.click(rows()[0] as HTMLElement);
    expect((await chip(/^second/)).inert).toBe(false);
    const draft = await chip(/signposts/);
    expect(draft.inert).toBe(true);
    const more = await chip(/^\+2 more$/);
    expect(more.getAttribute("aria-expanded")).toBe("false");
    more.focus();
    fireEvent.click(more);
    await waitFor(() => expect(more.textContent).toBe("Fewer"));
    expect(more.getAttribute("aria-expanded")).toBe("true");
    expect(draft.inert).toBe(false);
    fireEvent.click(more);
    await waitFor(() => expect(more.textContent).toBe("+2 more"));
    expect(document.activeElement).toBe(more);
    expect(draft.inert).toBe(true);
  });

  it("are all shown once one of them has the focus when others come before it", async () => {
    twoLinesOfChips();
    const { kernel, rows, say } = mount();
    const id = rows()[0]?.dataset.feature as string;
    fireEvent.click(rows()[0] as HTMLElement);
    const draft = await chip(/signposts/);
    draft.focus();
    kernel.naming.suggested[id] = [named("first", 0.3), named("second", 0.3)];
    say({ state: "running", version: 1 });
    await chip(/^first/);
    await chip(/^Fewer$/);
    expect(draft.inert).toBe(false);
    expect(document.activeElement).toBe(draft);
  });

  it("are told with what was measured; that they are not kept only once that is known", async () => {
    const { kernel, rows } = mount();
    const id = rows()[0]?.dataset.feature as string;
    kernel.naming.suggested[id] = [
      named("chance", -0.08, { ...scored, kept: false, winner: true }),
      named("so far", 0.1, { ...scored, kept: null, winner: true }),
    ];
    fireEvent.click(rows()[0] as HTMLElement);
    expect((await chip(/^chance/)).textContent).toBe("chancetiny −0.08 (−0.20 to 0.70), not kept");
    expect((await chip(/^chance/)).title).toContain("not kept, for it could be chance");
    expect((await chip(/^so far/)).textContent).toBe("so fartiny 0.10 (−0.20 to 0.70)");
    expect((await chip(/^so far/)).title).not.toContain("not kept");
  });
});
