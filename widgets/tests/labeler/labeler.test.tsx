// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture, HOSTILE } from "../../dev/fixture";
import { FakeKernel, type FakeOptions } from "../../dev/kernel";
import labeler from "../../src/labeler/index";
import { joinRow } from "../../src/labeler/rows";
import { domainOf } from "../../src/labeler/Table";
import { orderWords } from "../../src/labeler/Toolbar";
import type { Feature, Snapshot } from "../../src/protocol";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  document.body.replaceChildren();
});

function mount(options: FakeOptions = {}, snapshot: Snapshot | null = fixture()) {
  const el = document.createElement("div");
  document.body.append(el);
  const kernel = new FakeKernel(snapshot, options);
  clean.push(labeler.render({ model: kernel, el }));
  const root = el.querySelector<HTMLElement>(".whimsight") as HTMLElement;
  const key = (name: string, more: KeyboardEventInit = {}): void => {
    const at = root.contains(document.activeElement) ? document.activeElement : root;
    fireEvent.keyDown(at as Element, { key: name, bubbles: true, ...more });
  };
  const rows = (): HTMLElement[] => screen.getAllByRole("row").filter((row) => row.dataset.feature);
  const chosen = (): string | undefined =>
    rows().find((row) => row.getAttribute("aria-selected") === "true")?.dataset.feature;
  return { el, kernel, root, key, rows, chosen };
}

describe("the table", () => {
  it("is a grid with a name, counted rows and one chosen row that takes the focus", () => {
    const { rows } = mount();
    const grid = screen.getByRole("grid", { name: "Features" });
    expect(grid.getAttribute("aria-rowcount")).toBe("13");
    expect(rows().filter((row) => row.tabIndex === 0)).toHaveLength(1);
    expect(rows().filter((row) => row.getAttribute("aria-selected") === "true")).toHaveLength(1);
  });

  it("says by which column it is sorted, and a header's button changes it", async () => {
    const { rows } = mount();
    const header = screen.getByRole("columnheader", { name: /Delta-win/ });
    expect(header.getAttribute("aria-sort")).toBe("none");
    const first = rows()[0]?.dataset.feature;
    fireEvent.click(within(header).getByRole("button"));
    await waitFor(() => expect(header.getAttribute("aria-sort")).toBe("descending"));
    const numbers = rows().map((row) => row.querySelector(".lb-delta_win .lb-number")?.textContent);
    const values = numbers
      .filter((text) => text !== undefined)
      .map((text) => Number((text as string).replace("−", "-")));
    expect(values).toEqual(values.toSorted((a, b) => b - a));
    fireEvent.click(within(header).getByRole("button"));
    fireEvent.click(within(header).getByRole("button"));
    await waitFor(() => expect(rows()[0]?.dataset.feature).toBe(first));
  });

  it("says how many features are left, and offers a way back when there are none", async () => {
    const { rows } = mount();
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "bullet" } });
    await screen.findByText("2 of 12 features");
    expect(rows()).toHaveLength(2);
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "nowhere" } });
    fireEvent.click(await screen.findByRole("button", { name: "Clear search and filters" }));
    await screen.findByText("12 features");
  });
});

describe("the order of the table", () => {
  it("is said in words", async () => {
    mount();
    expect(screen.getByText("surest effects first")).toBeTruthy();
    fireEvent.click(within(screen.getByRole("columnheader", { name: /Prevalence/ })).getByRole("button"));
    await screen.findByText("by prevalence");
    expect(orderWords({ column: "delta_win", down: false })).toBe("by delta-win, lowest");
    expect(orderWords({ column: "fidelity", down: false })).toBe("by fidelity, reversed");
  });

  it("of effects is drawn on a scale that a few wide intervals do not squash", () => {
    const rows = [0.05, 0.08, 0.1, 0.11, 1].map((high, index) =>
      joinRow({ ...(fixture().features[index] as Feature), delta_win_low: -0.02, delta_win_high: high }),
    );
    expect(domainOf(rows)).toEqual([-0.15, 0.15]);
  });

  it("names a row's effect once", () => {
    const { rows } = mount();
    const cell = rows()[0]?.querySelector(".lb-delta_win") as HTMLElement;
    expect(within(cell).getByRole("img").getAttribute("aria-label")).toMatch(/points, 95% interval/);
    expect(cell.querySelector(".lb-number")?.getAttribute("aria-hidden")).toBe("true");
  });
});

describe("what was searched for", () => {
  it("is chosen and takes the keys at once, though it was not drawn yet", async () => {
    const { chosen, key, kernel, rows } = mount();
    const sought = rows().at(-1)?.dataset.feature as string;
    const field = screen.getByRole("searchbox");
    field.focus();
    fireEvent.input(field, { target: { value: "nothing at all" } });
    await waitFor(() => expect(screen.queryAllByRole("row").length).toBe(1));
    fireEvent.input(field, { target: { value: sought } });
    fireEvent.keyDown(field, { key: "Enter" });
    await waitFor(() => expect((document.activeElement as HTMLElement).dataset.feature).toBe(sought));
    expect(chosen()).toBe(sought);
    key("4");
    await waitFor(() => expect(kernel.get("labels")[sought]?.status).toBe("rejected"));
  });
});

describe("the field of tags", () => {
  it("are left with Escape, and keys work in the list again", async () => {
    const { chosen, kernel, rows } = mount();
    rows()[0]?.focus();
    const field = screen.getByRole("combobox", { name: "Add a tag" });
    field.focus();
    fireEvent.input(field, { target: { value: "tone, style," } });
    const id = chosen() as string;
    await waitFor(() => expect(kernel.get("labels")[id]?.tags).toEqual(["tone", "style"]));
    fireEvent.input(field, { target: { value: "a slip" } });
    fireEvent.keyDown(field, { key: "Escape" });
    await waitFor(() => expect((document.activeElement as HTMLElement).dataset.feature).toBe(id));
    expect(kernel.get("labels")[id]?.tags).toEqual(["tone", "style"]);
  });
});

describe("the numbers of a feature", () => {
  it("hold fidelity and stability where it was discovered, and not where it is its own formula", async () => {
    const snapshot = fixture();
    const { kernel } = mount({}, snapshot);
    const of = (kind: string) => snapshot.features.find((one) => one.kind === kind)?.feature as string;
    const words = () => [...document.querySelectorAll(".lb-fact dt")].map((dt) => dt.textContent ?? "");
    kernel.push("selected", of("discovered"));
    await waitFor(() =>
      expect(words().join(" ")).toMatch(/Delta-win.*Beta.*Prevalence.*Fidelity.*Stability/),
    );
    kernel.push("selected", of("measured"));
    await waitFor(() => expect(words().join(" ")).not.toMatch(/Fidelity|Stability/));
    expect(words().join(" ")).toMatch(/Delta-win.*Beta.*Prevalence/);
  });
});

describe("significance", () => {
  it.each([
    [true, 0.001, "significant"],
    [false, 0.019, "not by Bonferroni"],
    [false, 0.3, "not significant"],
  ])("(%s, q %d) is %s", (significant, q, words) => {
    const one = { ...(fixture().features[0] as Feature), significant, q };
    const { root } = mount({}, { ...fixture(), features: [one] });
    expect(root.querySelector(".lb-facts")?.textContent).toMatch(new RegExp(`${q}0?${words}`));
  });
});

describe("by keyboard alone", () => {
  it("one walks the list, and the choice goes along", async () => {
    const { rows, chosen, key, kernel } = mount();
    const order = rows().map((row) => row.dataset.feature);
    rows()[0]?.focus();
    key("ArrowDown");
    await waitFor(() => expect(chosen()).toBe(order[1]));
    expect((document.activeElement as HTMLElement).dataset.feature).toBe(order[1]);
    key("End");
    await waitFor(() => expect(chosen()).toBe(order.at(-1)));
    key("Home");
    await waitFor(() => expect(chosen()).toBe(order[0]));
    expect(kernel.get("selected")).toBe(order[0]);
  });

  it("one names a feature: n, the name, Enter; and is back in the list", async () => {
    const { rows, key, kernel, chosen } = mount();
    rows()[0]?.focus();
    key("n");
    const field = (await screen.findByRole("textbox", { name: "Name of the feature" })) as HTMLInputElement;
    await waitFor(() => expect(document.activeElement).toBe(field));
    fireEvent.input(field, { target: { value: "says sorry first" } });
    key("Enter");
    const id = chosen() as string;
    await waitFor(() =>
      expect(kernel.get("labels")[id]).toMatchObject({ name: "says sorry first", status: "named" }),
    );
    expect((document.activeElement as HTMLElement).dataset.feature).toBe(id);
    await screen.findByText("1", { selector: ".lb-progress b" });
  });

  it("Escape leaves the name as it was", async () => {
    const { rows, key, kernel } = mount();
    rows()[0]?.focus();
    key("n");
    const field = await screen.findByRole("textbox", { name: "Name of the feature" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    fireEvent.input(field, { target: { value: "a slip" } });
    key("Escape");
    await waitFor(() => expect(screen.queryByRole("textbox", { name: "Name of the feature" })).toBeNull());
    expect(kernel.received.filter(({ name }) => name === "edit")).toEqual([]);
  });

  it("leaving the field saves", async () => {
    const { rows, key, kernel, chosen } = mount();
    rows()[0]?.focus();
    key("e");
    const field = await screen.findByRole("textbox", { name: "Name of the feature" });
    await waitFor(() => expect(document.activeElement).toBe(field));
    fireEvent.input(field, { target: { value: "kept" } });
    fireEvent.blur(field);
    await waitFor(() => expect(kernel.get("labels")[chosen() as string]?.name).toBe("kept"));
  });

  it("a choice made in Python in the midst of it saves what was typed", async () => {
    const { rows, key, kernel, chosen } = mount();
    rows()[0]?.focus();
    const id = chosen() as string;
    key("n");
    fireEvent.input(await screen.findByRole("textbox", { name: "Name of the feature" }), {
      target: { value: "half a thought" },
    });
    kernel.push("selected", rows()[3]?.dataset.feature as string);
    await waitFor(() => expect(kernel.get("labels")[id]?.name).toBe("half a thought"));
    expect(screen.queryByRole("textbox", { name: "Name of the feature" })).toBeNull();
  });

  it("one sets the status, turns round, undoes and does again", async () => {
    const { rows, key, kernel, chosen } = mount();
    rows()[0]?.focus();
    const id = chosen() as string;
    key("4");
    await waitFor(() => expect(kernel.get("labels")[id]?.status).toBe("rejected"));
    key("t");
    await waitFor(() => expect(kernel.get("labels")[id]?.turned).toBe(true));
    key("z", { ctrlKey: true });
    await waitFor(() => expect(kernel.get("labels")[id]?.turned).toBeUndefined());
    key("Z", { ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(kernel.get("labels")[id]?.turned).toBe(true));
  });

  it("one reaches the search, the pairs, their highlights and the help", async () => {
    const { root, rows, key } = mount();
    rows()[0]?.focus();
    key("/");
    expect(document.activeElement).toBe(screen.getByRole("searchbox"));
    key("Escape");
    key("j");
    expect((document.activeElement as HTMLElement).dataset.pair).toBe("0");
    key("j");
    expect((document.activeElement as HTMLElement).dataset.pair).toBe("1");
    key("h");
    await waitFor(() => expect(root.querySelectorAll("[data-pair='1'] mark").length).toBeGreaterThan(0));
    expect(root.querySelectorAll("[data-pair='0'] mark")).toHaveLength(0);
    key("h");
    await waitFor(() => expect(root.querySelectorAll("mark")).toHaveLength(0));
    key("?");
    const help = await screen.findByRole("dialog", { name: "Keys" });
    expect(help.textContent).toMatch(/random pairs/);
    key("Escape");
    await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("one goes to the blind test and comes back to the list", async () => {
    const { root, rows, key } = mount();
    rows()[0]?.focus();
    key("v");
    await waitFor(() => expect(root.querySelector(".lb-verifying")).not.toBeNull());
    fireEvent.click(await screen.findByRole("button", { name: /leave/i }));
    await waitFor(() => expect(root.querySelector(".lb-verifying")).toBeNull());
    expect((document.activeElement as HTMLElement).dataset.feature).toBe(rows()[0]?.dataset.feature);
  });

  it("keys still work when the pair that had the focus made room for another", async () => {
    const { root, rows, key, kernel } = mount();
    rows()[0]?.focus();
    key("j");
    expect((document.activeElement as HTMLElement).dataset.pair).toBe("0");
    key("r");
    await waitFor(() =>
      expect(screen.getByRole("tab", { name: "Random" }).getAttribute("aria-selected")).toBe("true"),
    );
    await waitFor(() => expect(root.contains(document.activeElement)).toBe(true));
    key("4");
    await waitFor(() => expect(kernel.received.some(({ name }) => name === "edit")).toBe(true));
  });

  it("letters typed right after n are the name", async () => {
    const { rows, key } = mount();
    rows()[0]?.focus();
    key("n");
    await Promise.resolve();
    expect((document.activeElement as HTMLElement).className).toBe("lb-nameinput");
  });

  it("keys inside do not reach the notebook around it", () => {
    const { rows, key } = mount();
    const heard: string[] = [];
    const listen = (event: KeyboardEvent): void => void heard.push(event.key);
    document.body.addEventListener("keydown", listen);
    rows()[0]?.focus();
    for (const name of ["b", "x", "ArrowDown", "j", "Enter"]) key(name);
    document.body.removeEventListener("keydown", listen);
    expect(heard).toEqual([]);
  });
});

describe("tags", () => {
  it("are added by a comma or Enter and taken away by their button", async () => {
    const { kernel, chosen } = mount();
    const id = chosen() as string;
    const field = screen.getByRole("combobox", { name: "Add a tag" });
    fireEvent.input(field, { target: { value: "tone," } });
    await waitFor(() => expect(kernel.get("labels")[id]?.tags).toEqual(["tone"]));
    fireEvent.input(field, { target: { value: " style  of it " } });
    fireEvent.keyDown(field, { key: "Enter" });
    await waitFor(() => expect(kernel.get("labels")[id]?.tags).toEqual(["tone", "style of it"]));
    fireEvent.click(screen.getByRole("button", { name: "Remove tag tone" }));
    await waitFor(() => expect(kernel.get("labels")[id]?.tags).toEqual(["style of it"]));
  });
});

describe("a suggestion", () => {
  it("becomes the name with one click", async () => {
    const { kernel, chosen } = mount();
    fireEvent.click(await screen.findByRole("button", { name: /signposts/ }));
    await waitFor(() => expect(kernel.get("labels")[chosen() as string]?.name).toBe("signposts"));
  });
});

describe("trouble", () => {
  it("that Python reports is read out, and the name is again what it was", async () => {
    const { rows, key } = mount({ mood: "ill" });
    rows()[0]?.focus();
    key("4");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toMatch(/taken back.*disk is full/);
    expect(rows()[0]?.dataset.status).toBe("draft");
  });

  it("none: a snapshot that has not come yet says that it is waited for, and is drawn when it comes", async () => {
    const { kernel, rows } = mount({}, null);
    expect(screen.getByRole("status").textContent).toMatch(/Waiting for the study/);
    kernel.push("snapshot", fixture({ features: 3 }));
    await waitFor(() => expect(rows()).toHaveLength(3));
  });

  it("none: a study without features says so", () => {
    mount({}, { ...fixture(), features: [], examples: {}, texts: [] });
    expect(document.body.textContent).toMatch(/no features/);
  });
});

describe("a report", () => {
  it("has no control that edits, and sends nothing", async () => {
    const { root, kernel, rows, key } = mount({
      editable: false,
      labels: { d00: { name: "done", tags: ["a"] } },
    });
    kernel.push("selected", "d00");
    await screen.findByRole("heading", { name: "done" });
    rows()[0]?.focus();
    for (const name of ["n", "e", "t", "v", "h", "r", "m", "1", "4"]) key(name);
    key("z", { ctrlKey: true });
    for (const name of [
      /Undo/,
      /Redo/,
      /Verify/,
      /Turn/,
      /Rename/,
      /Remove tag/,
      /highlight/,
      /drives/,
      /note/,
    ]) {
      expect(screen.queryByRole("button", { name })).toBeNull();
    }
    expect(root.querySelector("textarea, input[type=radio], .lb-taginput")).toBeNull();
    expect(screen.queryByRole("tab", { name: "Random" })).toBeNull();
    expect(kernel.received).toEqual([]);
  });

  it("of names only says that the texts were left out", () => {
    const whole = fixture();
    mount(
      { editable: false },
      { ...whole, examples: {}, texts: [], study: { ...whole.study, names_only: true } },
    );
    expect(document.body.textContent).toMatch(/the texts were left out/);
  });

  it("says on paper how many pairs it left out", () => {
    const { root } = mount({ editable: false }, fixture({ examples: 15 }));
    expect(root.querySelector(".lb-onpaper")?.textContent).toMatch(/the first 5 of 15 pairs/);
  });

  it("is a report by name, with no work to do in it", () => {
    mount({ editable: false });
    expect(screen.getByRole("region", { name: "Feature report" })).toBeTruthy();
    expect(screen.queryByText(/done|by a person/)).toBeNull();
  });

  it("says how much of it a person labelled", () => {
    const { root } = mount({ editable: false, labels: { d00: { name: "says sorry" } } });
    expect(root.querySelector(".lb-progress")?.textContent).toBe("1 of 12 labelled by a person");
  });
});

describe("hostile texts", () => {
  it("in names, notes, tags and pairs stay texts", async () => {
    const evil = HOSTILE[0] as string;
    const snapshot = fixture({ hostile: true });
    const { root, kernel } = mount(
      { labels: { d00: { note: evil, tags: [evil, HOSTILE[1] as string] } } },
      snapshot,
    );
    kernel.push("selected", "d00");
    await screen.findByRole("button", { name: `Rename ${evil}` });
    expect(root.querySelector("script, img, iframe, object, embed, a, svg[onload]")).toBeNull();
    for (const element of root.querySelectorAll("*")) {
      for (const { name } of element.attributes) expect(name).not.toMatch(/^on/);
    }
    expect(root.textContent).toContain(evil);
    expect((window as unknown as { hurt?: number }).hurt).toBeUndefined();
  });
});

describe("the sentence", () => {
  it("carries the name of now", async () => {
    const { kernel, root } = mount({ labels: { d00: { name: "apologies" } } });
    kernel.push("selected", "d00");
    await waitFor(() =>
      expect(root.querySelector(".lb-sentence")?.textContent).toMatch(/^More of ‘apologies’ is/),
    );
    kernel.push("labels", {});
    await waitFor(() =>
      expect(root.querySelector(".lb-sentence")?.textContent).toMatch(/^More of ‘length’ is/),
    );
  });
});

it("cleans up after itself", () => {
  const { el, kernel } = mount();
  expect(kernel.listening).toBeGreaterThan(0);
  clean.pop()?.();
  expect(el.childNodes).toHaveLength(0);
  expect(kernel.listening).toBe(0);
});

it("goes with the host's signal", () => {
  const el = document.createElement("div");
  const stop = new AbortController();
  const kernel = new FakeKernel(fixture());
  labeler.render({ model: kernel, el, signal: stop.signal });
  stop.abort();
  expect([el.childNodes.length, kernel.listening]).toEqual([0, 0]);
});
