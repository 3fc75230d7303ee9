// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { compared } from "../../dev/compared";
import { HOSTILE } from "../../dev/fixture";
import { FakeKernel, type FakeOptions } from "../../dev/kernel";
import comparison from "../../src/comparison/index";
import { mix } from "../../src/comparison/mixture";
import type {
  ComparedFeature,
  ComparisonModel,
  ComparisonSnapshot,
  Conflict,
  Requests,
} from "../../src/protocol";
import { points } from "../../src/shared/format";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  document.body.replaceChildren();
});

function mount(
  options: FakeOptions = {},
  snapshot: ComparisonSnapshot | null = compared({ features: 24, datasets: 5, words: 12 }),
  more: Partial<ComparisonModel> = {},
) {
  const el = document.createElement("div");
  document.body.append(el);
  const kernel = new FakeKernel<ComparisonModel>(snapshot, options, {
    shown: [0, 1],
    weights: snapshot?.datasets.map(() => 1) ?? [],
    ...more,
  });
  clean.push(comparison.render({ model: kernel, el }));
  const root = el.querySelector<HTMLElement>(".whimsight") as HTMLElement;
  const key = (name: string, init: KeyboardEventInit = {}): void => {
    const at = root.contains(document.activeElement) ? document.activeElement : root;
    fireEvent.keyDown(at as Element, { key: name, bubbles: true, ...init });
  };
  const rows = (): HTMLElement[] => screen.getAllByRole("row").filter((row) => row.dataset.feature);
  const chosen = (): string | undefined =>
    rows().find((row) => row.getAttribute("aria-selected") === "true")?.dataset.feature;
  const forest = (): HTMLElement => screen.getByRole("table", { name: /^Effect and prevalence/ });
  return { el, kernel, root, key, rows, chosen, forest, snapshot: snapshot as ComparisonSnapshot };
}

const featureOf = (snapshot: ComparisonSnapshot, id: string): ComparedFeature =>
  snapshot.features.find(({ feature }) => feature === id) as ComparedFeature;

describe("the strips", () => {
  it("say in words what each dataset expresses, and never a number where there is too little to say", () => {
    const { rows, snapshot } = mount();
    for (const row of rows()) {
      const said = within(row).getByRole("img").getAttribute("aria-label")?.split("; ") ?? [];
      expect(said).toHaveLength(5);
      featureOf(snapshot, row.dataset.feature ?? "").cells.forEach((cell, k) => {
        if (cell.verdict === "too few") expect(said[k]).toMatch(/: too few to say$/);
        else expect(said[k]).toContain(`: ${points(cell.delta_win)} (`);
      });
    }
  });

  it("draw no dot for a dataset with too few, but these words", () => {
    const { rows, snapshot } = mount();
    for (const row of rows()) {
      const few = featureOf(snapshot, row.dataset.feature ?? "").cells.filter(
        ({ verdict }) => verdict === "too few",
      );
      expect(row.querySelectorAll(".cp-strip g > .cp-fewlane")).toHaveLength(few.length);
      expect(
        row.querySelectorAll(".cp-strip g g:not(.cp-fewlane) svg .cp-full, .cp-strip g g svg .cp-hollow"),
      ).toHaveLength(5 - few.length);
    }
  });

  it("leave out a dataset that is hidden", async () => {
    const { rows } = mount();
    fireEvent.click(screen.getByRole("button", { name: /Creative writing/ }));
    await waitFor(() =>
      expect(
        within(rows()[0] as HTMLElement)
          .getByRole("img")
          .getAttribute("aria-label"),
      ).not.toMatch(/Creative/),
    );
  });

  it("show prevalence with multiples of the first dataset's when asked", async () => {
    const { rows, key, snapshot } = mount();
    key("p");
    await screen.findByRole("grid", { name: "Prevalence of features by dataset" });
    const row = rows()[0] as HTMLElement;
    const { cells } = featureOf(snapshot, row.dataset.feature ?? "");
    const ratio = cells[1]?.ratio as number;
    expect(row.textContent).toContain(
      `× ${ratio.toFixed(1)} (${(ratio / 1.2).toFixed(1)} to ${(ratio * 1.2).toFixed(1)})`,
    );
    expect(within(row).getByRole("img").getAttribute("aria-label")).toMatch(/^MT-Bench: \d.*% \(/);
  });
});

describe("the list", () => {
  it("is walked with the keyboard, and Python hears what was chosen", async () => {
    const { kernel, rows, key, chosen } = mount();
    const [first, second] = rows().map((row) => row.dataset.feature);
    rows()[0]?.focus();
    key("ArrowDown");
    expect(kernel.get("selected")).toBe(second);
    await waitFor(() => expect(chosen()).toBe(second));
    key("[");
    await waitFor(() => expect(chosen()).toBe(first));
  });

  it("follows what Python chooses", async () => {
    const { kernel, chosen, snapshot } = mount();
    kernel.push("selected", snapshot.features[7]?.feature ?? "");
    await waitFor(() => expect(chosen()).toBe(snapshot.features[7]?.feature));
  });

  it("is searched, and says how many are left", async () => {
    const { rows } = mount();
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "bullet" } });
    await screen.findByText("2 of 24 features");
    expect(rows()).toHaveLength(2);
  });
});

describe("conflicts", () => {
  const snapshot = compared({ datasets: 4, words: 8 });
  const [first] = snapshot.conflicts as [Conflict];

  it("are sentences with the names of now; one that is clicked shows its feature and its two datasets", async () => {
    const { kernel, key } = mount({ labels: { [first.feature]: { name: "rhymes" } } }, snapshot);
    key("c");
    const list = await screen.findByRole("list", { name: "Conflicts between datasets" });
    const [top] = within(list).getAllByRole("button") as [HTMLElement];
    expect(within(list).getAllByRole("button")).toHaveLength(snapshot.conflicts.length);
    expect(top.textContent).toContain("‘rhymes’");
    fireEvent.click(top);
    expect(kernel.get("selected")).toBe(first.feature);
    expect(kernel.get("shown")).toEqual([first.for, first.against]);
  });

  it("of a turned feature are told the other way round", async () => {
    const { kernel, key } = mount({ labels: { [first.feature]: { name: "prose", turned: true } } }, snapshot);
    key("c");
    const list = await screen.findByRole("list", { name: "Conflicts between datasets" });
    const [top] = within(list).getAllByRole("button") as [HTMLElement];
    expect(top.textContent).toContain(first.sentence_turned.split("NAME’")[1]);
    fireEvent.click(top);
    expect(kernel.get("shown")).toEqual([first.against, first.for]);
  });

  it("that do not exist are said not to, with how many features were compared", async () => {
    const { key } = mount({}, compared({ features: 12, datasets: 3, conflicts: false }));
    key("c");
    await screen.findByText(/12 features were compared/);
  });
});

describe("the forest plot", () => {
  it("is a table with a row for each dataset, the mixture and the mean, each with its interval", async () => {
    const { forest, chosen, snapshot } = mount();
    const { cells, pooled } = featureOf(snapshot, chosen() ?? "");
    const heads = within(forest())
      .getAllByRole("rowheader")
      .map((head) => head.textContent);
    expect(heads.slice(0, 5)).toEqual(snapshot.datasets.map(({ name }) => name));
    expect(heads[5]).toMatch(/^Mixture/);
    expect(heads[6]).toMatch(/^Mean over datasets/);
    const lines = within(forest()).getAllByRole("row").slice(1);
    cells.forEach((cell, k) => {
      const said = lines[k]?.textContent ?? "";
      if (cell.delta_win === null) expect(said).toContain("no estimate");
      else
        expect(said).toContain(
          `${points(cell.delta_win)} ${points(cell.delta_win_low)} to ${points(cell.delta_win_high)}`,
        );
      if (cell.verdict === "too few") expect(said).toContain("too few to say");
    });
    expect(lines[6]?.textContent).toContain(points(pooled));
    expect(lines[6]?.textContent).toContain("as one more dataset might have it");
  });

  it("says whether datasets agree, with the interval of how much they do not", () => {
    const { root } = mount();
    expect(root.querySelector(".cp-agreement")?.textContent).toMatch(
      /^The datasets .+\. I².* \d+% \(.+ to .+\), spread τ.* [\d.]+ points \(.+\); that all agree: p .+, q .+\.$/,
    );
  });
});

describe("the mixture", () => {
  it("moves at once with a slider, and Python hears of it when the slider rests", async () => {
    const known = compared({ features: 24, datasets: 5, words: 12 }).features.find(
      (one) => mix(one, [1, 1, 1, 1, 1]).delta_win !== null,
    );
    const { kernel, forest, chosen, snapshot } = mount({}, undefined, { selected: known?.feature ?? "" });
    const slider = screen.getByRole("slider", { name: "Weight of MT-Bench in the mixture" });
    const line = () => within(forest()).getAllByRole("row")[6]?.textContent;
    const feature = featureOf(snapshot, chosen() ?? "");
    expect(line()).toContain(points(mix(feature, [1, 1, 1, 1, 1]).delta_win));
    fireEvent.input(slider, { target: { value: "100" } });
    await waitFor(() => expect(line()).toContain(points(mix(feature, [2, 1, 1, 1, 1]).delta_win)));
    expect(kernel.get("weights")).toEqual([1, 1, 1, 1, 1]);
    expect(slider.getAttribute("aria-valuetext")).toBe("33% of the mixture");
    await waitFor(() => expect(kernel.get("weights")).toEqual([2, 1, 1, 1, 1]));
    fireEvent.click(screen.getByRole("button", { name: "reset to equal" }));
    await waitFor(() => expect(kernel.get("weights")).toEqual([1, 1, 1, 1, 1]));
  });

  it("follows the weights that Python sets", async () => {
    const { kernel } = mount();
    kernel.push("weights", [3, 1, 0, 0, 0]);
    await waitFor(() =>
      expect(screen.getByRole("slider", { name: /MT-Bench/ }).getAttribute("aria-valuetext")).toBe(
        "75% of the mixture",
      ),
    );
  });

  it("never comes to consist of nothing", async () => {
    const { kernel } = mount({}, undefined, { weights: [1, 0, 0, 0, 0] });
    const slider = screen.getByRole("slider", { name: /MT-Bench/ }) as HTMLInputElement;
    fireEvent.input(slider, { target: { value: "0" } });
    expect(slider.value).toBe("50");
    expect(kernel.get("weights")).toEqual([1, 0, 0, 0, 0]);
  });

  it("counts the features that wash out, and leaves only them when asked", async () => {
    const { rows, snapshot } = mount();
    const washed = snapshot.features.filter((one) => mix(one, [1, 1, 1, 1, 1]).washesOut);
    expect(washed.length).toBeGreaterThan(1);
    fireEvent.click(screen.getByRole("button", { name: `${washed.length} features wash out` }));
    await waitFor(() => expect(rows()).toHaveLength(washed.length));
    expect(rows().every((row) => row.textContent?.includes("washes out"))).toBe(true);
  });
});

describe("example pairs", () => {
  it("stand side by side, one of each dataset, and more are asked of the kernel for that dataset", async () => {
    const { kernel, chosen, snapshot } = mount();
    const right = screen.getByRole("region", { name: "Example pairs, right" });
    const rowOf = (): string | null | undefined =>
      right.querySelector(".ws-pair")?.getAttribute("aria-label");
    const held = snapshot.examples[chosen() ?? ""]?.[1] ?? [];
    expect(rowOf()).toBe(`Pair in row ${held[0]?.row}`);
    for (let turn = 1; turn < held.length; turn += 1)
      fireEvent.click(within(right).getByRole("button", { name: /Next pair/ }));
    await waitFor(() => expect(rowOf()).toBe(`Pair in row ${held.at(-1)?.row}`));
    expect(kernel.received.filter(({ name }) => name === "examples")).toHaveLength(0);
    fireEvent.click(within(right).getByRole("button", { name: /Next pair/ }));
    await waitFor(() => expect(rowOf()).toBe(`Pair in row ${(held[0]?.row ?? 0) + 50_000}`));
    const asked = kernel.received.find(({ name }) => name === "examples")?.args as Requests["examples"][0];
    expect(asked).toMatchObject({ dataset: 1, offset: held.length, where: { kind: "top" } });
  });

  it("are of the datasets that a person selects, or Python", async () => {
    const { kernel } = mount();
    fireEvent.change(screen.getByRole("combobox", { name: "Dataset on the left" }), {
      target: { value: "2" },
    });
    expect(kernel.get("shown")).toEqual([2, 1]);
    kernel.push("shown", [3, 2]);
    await waitFor(() =>
      expect((screen.getByRole("combobox", { name: "Dataset on the left" }) as HTMLSelectElement).value).toBe(
        "3",
      ),
    );
  });

  it("have their sides exchanged for a turned feature", async () => {
    const snapshot = compared({ features: 3, datasets: 2, words: 8 });
    const id = snapshot.features[0]?.feature as string;
    mount({ labels: { [id]: { turned: true } } }, snapshot, { selected: id });
    const left = screen.getByRole("region", { name: "Example pairs, left" });
    const example = snapshot.examples[id]?.[0]?.[0];
    const text = snapshot.texts[example?.less ?? -1]?.text ?? "?";
    expect(left.querySelector(".ws-side.ws-more")?.textContent).toContain(text.slice(0, 30));
  });
});

describe("names", () => {
  it("are edited as in the labeler, and shown everywhere at once", async () => {
    const { kernel, key, chosen, rows } = mount();
    key("n");
    const field = await screen.findByRole("textbox", { name: "Name of the feature" });
    fireEvent.input(field, { target: { value: "rhymes" } });
    fireEvent.keyDown(field, { key: "Enter" });
    await waitFor(() => expect(kernel.get("labels")[chosen() ?? ""]?.name).toBe("rhymes"));
    expect(rows().find((row) => row.dataset.feature === chosen())?.textContent).toContain("rhymes");
    fireEvent.click(screen.getByRole("button", { name: "Undo" }));
    await waitFor(() => expect(kernel.get("labels")[chosen() ?? ""]?.name).toBeUndefined());
  });

  it("cannot be edited without a kernel behind the page, and all else works", async () => {
    const { key, kernel } = mount({ editable: false, mood: "gone" });
    expect(screen.queryByRole("button", { name: /Rename/ })).toBeNull();
    expect(screen.queryByRole("button", { name: "Undo" })).toBeNull();
    key("n");
    expect(screen.queryByRole("textbox", { name: "Name of the feature" })).toBeNull();
    fireEvent.input(screen.getByRole("slider", { name: /MT-Bench/ }), { target: { value: "80" } });
    await waitFor(() => expect(kernel.get("weights")[0]).toBeCloseTo(1.6, 6));
    expect(kernel.received).toEqual([]);
  });
});

describe("hostile names and texts", () => {
  it("are shown as they are written, and nothing in them runs", () => {
    const snapshot = compared({ features: 8, datasets: 5, hostile: true, words: 6 });
    const { root } = mount({}, snapshot);
    expect(root.querySelector("script, img, b b, a, iframe, [onload], [onerror], [onmouseover]")).toBeNull();
    const names = [...root.querySelectorAll(".cp-dataset .cp-show b")].map((name) => name.textContent);
    expect(names.slice(0, 5)).toEqual(HOSTILE.slice(0, 5));
    expect((window as unknown as { hurt?: number }).hurt).toBeUndefined();
  });
});

describe("the widget", () => {
  it("waits for a comparison that is not there yet", () => {
    mount({}, null);
    expect(screen.getByRole("status").textContent).toContain("Waiting for the comparison");
  });

  it("lets go of everything when it is closed", () => {
    const { kernel } = mount();
    expect(kernel.listening).toBeGreaterThan(0);
    for (const one of clean) one();
    expect(kernel.listening).toBe(0);
    expect(document.querySelector(".whimsight")).toBeNull();
  });

  it("shows all keys on a sheet", async () => {
    const { key } = mount();
    key("?");
    await screen.findByText("effects, prevalence");
  });
});

describe("the words for what is compared", () => {
  const by = (word: string, more: object = {}): ComparisonSnapshot => {
    const made = compared({ features: 8, datasets: 3, words: 8, conflicts: false });
    const features = made.features.map((one) => ({ ...one, sentence: "", sentence_turned: "" }));
    return { ...made, features, comparison: { ...made.comparison, name: "made up", by: word, ...more } };
  };

  it.each([
    ["datasets", "3 datasets", "Dataset"],
    ["votes", "3 judges", "Judge"],
    ["model", "3 models", "Model"],
    ["category", "3 categories", "Category"],
    ["turn", "3 slices by turn", "Slice"],
  ])("by %s they are called %s", (word, several, one) => {
    const { root, forest } = mount({}, by(word));
    expect(root.querySelector(".lb-study")?.textContent).toContain(several);
    expect(forest().querySelector(".cp-foresthead .cp-who")?.textContent).toBe(one);
    expect(screen.getByRole("combobox", { name: `${one} on the left` })).toBeTruthy();
    const many = several.split(" ")[1] as string;
    expect(within(forest()).getByText(`Mean over ${many}`)).toBeTruthy();
    expect(within(forest()).getByText(`as one more ${one.toLowerCase()} might have it`)).toBeTruthy();
    expect(root.querySelector(".cp-agreement b")?.textContent).toMatch(
      new RegExp(`^The ${many} (differ|may)`),
    );
  });

  it("no dataset is spoken of where judges are compared", () => {
    const { root, key } = mount({}, by("votes"));
    const said = (): string =>
      [
        root.textContent,
        ...[...root.querySelectorAll("[title], [aria-label]")].flatMap((one) => [
          one.getAttribute("title"),
          one.getAttribute("aria-label"),
        ]),
      ].join(" ");
    fireEvent.click(screen.getByRole("button", { name: /Filter/ }));
    expect(said()).not.toMatch(/dataset/i);
    for (const view of ["p", "c"]) {
      key(view);
      expect(said()).not.toMatch(/dataset/i);
    }
  });

  it("what was left out is said below the datasets, and nothing where nothing was", () => {
    const sentence = "2 judges with fewer than 50 votes were left out.";
    expect(
      mount({}, by("votes", { left_out: sentence })).root.querySelector(".cp-leftout")?.textContent,
    ).toBe(sentence);
    cleanup();
    expect(mount({}, by("votes")).root.querySelector(".cp-leftout")).toBeNull();
  });

  it("how many prompts carry the feature stands beside n, where it was sent", () => {
    const made = by("datasets");
    const features = made.features.map((one) => ({
      ...one,
      cells: one.cells.map((cell, k) => (k === 0 ? { ...cell, n: 813, prompts: 7 } : cell)),
    }));
    const { forest } = mount({}, { ...made, features });
    const [first, second] = [...forest().querySelectorAll(".cp-also")];
    expect(first?.textContent).toBe("n 813 · 7 prompts");
    expect(second?.textContent).not.toContain("prompt");
  });
});

describe("the two sides", () => {
  it("another dataset on one side leaves the other side where it was", async () => {
    const { root } = mount();
    const place = (side: number): string =>
      root.querySelector(`[data-side="${side}"] .cp-place`)?.textContent ?? "";
    fireEvent.click(screen.getByRole("button", { name: "Next pair on the left" }));
    fireEvent.click(screen.getByRole("button", { name: "Next pair on the right" }));
    await waitFor(() =>
      expect([place(0), place(1)].map((one) => one.slice(0, 6))).toEqual(["pair 2", "pair 2"]),
    );
    fireEvent.change(screen.getByRole("combobox", { name: "Dataset on the right" }), {
      target: { value: "2" },
    });
    await waitFor(() => expect(place(1)).toMatch(/^pair 1/));
    expect(place(0)).toMatch(/^pair 2/);
  });
});
