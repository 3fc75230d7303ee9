// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HOSTILE } from "../../dev/fixture";
import { base64, mixed } from "../../dev/mixed";
import { MixerKernel } from "../../dev/mixerKernel";
import { PERSON_EVENT } from "../../src/calibrator/contract";
import { studyPrint } from "../../src/calibrator/person";
import type {
  MixedFeature,
  MixedResponse,
  MixerModel,
  MixerSnapshot,
  Preset,
} from "../../src/mixer/contract";
import mixer from "../../src/mixer/index";
import { dot, order } from "../../src/mixer/ranking";
import { weight } from "../../src/mixer/words";
import { count } from "../../src/shared/format";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  vi.restoreAllMocks();
  document.body.replaceChildren();
});

const small = (): MixerSnapshot =>
  mixed({ features: 12, personal: 5, votes: 300, sets: 3, words: 12, responses: 4 });

function mount(
  options: ConstructorParameters<typeof MixerKernel>[1] = {},
  snapshot: MixerSnapshot | null = small(),
  more: Partial<MixerModel> = {},
) {
  const el = document.createElement("div");
  document.body.append(el);
  const kernel = new MixerKernel(snapshot, options, more);
  clean.push(mixer.render({ model: kernel, el }));
  const root = el.querySelector<HTMLElement>(".whimsight") as HTMLElement;
  const known = snapshot as MixerSnapshot;
  const sliders = (): HTMLInputElement[] => [...root.querySelectorAll<HTMLInputElement>(".mx-range")];
  const slider = (k: number): HTMLInputElement =>
    sliders().find((one) => one.dataset.feature === known.features[k]?.feature) as HTMLInputElement;
  const drag = (k: number, ...to: number[]): void => {
    fireEvent.pointerDown(slider(k));
    for (const value of to) fireEvent.input(slider(k), { target: { value: String(value) } });
    fireEvent.pointerUp(slider(k));
  };
  const value = (k: number): string | undefined => slider(k).getAttribute("aria-valuetext")?.split(",")[0];
  const labels = (): (string | null)[] =>
    [...root.querySelectorAll(".mx-responses .mx-label")].map(({ textContent }) => textContent);
  const key = (name: string, init: KeyboardEventInit = {}): void => {
    const at = root.contains(document.activeElement) ? document.activeElement : root;
    fireEvent.keyDown(at as Element, { key: name, bubbles: true, ...init });
  };
  return { el, kernel, root, sliders, slider, drag, value, labels, key, snapshot: known };
}

const presetOf = ({ presets }: MixerSnapshot, id: string): Preset =>
  presets.find((preset) => preset.id === id) as Preset;
// By their words: looking for roles takes long where there are many elements.
const chip = (name: RegExp): HTMLInputElement =>
  [...document.querySelectorAll<HTMLInputElement>(".mx-chip input")].find((one) =>
    name.test(one.parentElement?.textContent ?? ""),
  ) as HTMLInputElement;
const button = (name: string): HTMLElement =>
  [...document.querySelectorAll<HTMLElement>("button")].find(
    (one) => (one.getAttribute("aria-label") ?? one.textContent?.trim()) === name,
  ) as HTMLElement;
const said = (root: HTMLElement): string => root.querySelector("[aria-live]")?.textContent ?? "";

/** The order of a set's responses at these weights, worked out from the snapshot. */
function ranked({ sets }: MixerSnapshot, at: number, weights: readonly number[]): string[] {
  const { responses } = sets[at] as MixerSnapshot["sets"][number];
  return order(responses.map(({ codes }) => dot(weights, codes))).map((i) => responses[i]?.label ?? "");
}

describe("sliders", () => {
  it("begin at everyone's weights, personal features first, the widest spread of people on top", () => {
    const { sliders, snapshot, value } = mount();
    const personal = snapshot.features.filter((one) => one.personal);
    expect(sliders()).toHaveLength(personal.length);
    const widest = personal.toSorted((a, b) => (b.tau ?? 0) - (a.tau ?? 0))[0];
    expect(sliders()[0]?.dataset.feature).toBe(widest?.feature);
    expect(value(0)).toBe(weight(snapshot.features[0]?.mean ?? 0));
  });

  it("say their weight and everyone's, and that of the preset", async () => {
    const { slider, snapshot } = mount();
    fireEvent.click(chip(/type\s*1/));
    const [mean, own] = [snapshot.features[0]?.mean ?? 0, presetOf(snapshot, "type:1").weights[0] ?? 0];
    await waitFor(() =>
      expect(slider(0).getAttribute("aria-valuetext")).toBe(
        `${weight(own)}, everyone ${weight(mean)}, type 1 ${weight(own)}`,
      ),
    );
  });

  it("rank the responses anew as they move, and leave nothing behind when they come back", async () => {
    const { drag, labels, snapshot } = mount();
    const means = snapshot.features.map(({ mean }) => mean);
    expect(labels()).toEqual(ranked(snapshot, 0, means));
    const end = -1;
    drag(0, end);
    const expected = ranked(snapshot, 0, [end, ...means.slice(1)]);
    expect(expected).not.toEqual(ranked(snapshot, 0, means));
    await waitFor(() => expect(labels()).toEqual(expected));
    drag(0, Number((means[0] as number).toFixed(2)));
    await waitFor(() => expect(labels()).toEqual(ranked(snapshot, 0, means)));
    await screen.findByText("weights are everyone’s");
  });

  it("are found by name, those that are the same for everyone among them", async () => {
    const { sliders } = mount();
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "exclam" } });
    await waitFor(() => expect(sliders()).toHaveLength(1));
    expect(sliders()[0]?.getAttribute("aria-label")).toBe("Weight of exclamation marks");
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "nothing like it" } });
    fireEvent.click(await screen.findByRole("button", { name: "Clear the search" }));
    await waitFor(() => expect(sliders()).toHaveLength(5));
  });

  it("of features that are the same for everyone are folded, and can be moved once unfolded", async () => {
    const { sliders, drag, value } = mount();
    const fold = screen.getByRole("button", { name: /Same for everyone \(7\)/ });
    expect(fold.getAttribute("aria-expanded")).toBe("false");
    fireEvent.click(fold);
    await waitFor(() => expect(sliders()).toHaveLength(12));
    drag(8, 0.5);
    await waitFor(() => expect(value(8)).toBe("+0.50"));
  });

  it("stand by name when asked", async () => {
    const { sliders } = mount();
    fireEvent.change(screen.getByLabelText("Order of the sliders"), {
      target: { value: "name" },
    });
    await waitFor(() => expect(sliders()[0]?.getAttribute("aria-label")).toBe("Weight of bullet points"));
  });

  it("carry people's names as they are given, and are read the other way round where somebody turned them", async () => {
    const { kernel, slider, drag, snapshot } = mount();
    const id = snapshot.features[0]?.feature ?? "";
    kernel.push("labels", { [id]: { name: "brevity", turned: true, status: "named" } });
    await screen.findByLabelText("Weight of brevity");
    const mean = snapshot.features[0]?.mean ?? 0;
    expect(slider(0).getAttribute("aria-valuetext")).toBe(`${weight(-mean)}, everyone ${weight(-mean)}`);
    drag(0, 0.5);
    await waitFor(() => expect(kernel.get("weights")[0]).toBe(-0.5));
  });
});

describe("presets", () => {
  it("set all weights, but for what is locked", async () => {
    const { value, snapshot, kernel } = mount();
    fireEvent.click(button("Lock length"));
    fireEvent.click(chip(/type\s*1/));
    const { weights } = presetOf(snapshot, "type:1");
    await waitFor(() => expect(value(1)).toBe(weight(weights[1] ?? 0)));
    expect(value(0)).toBe(weight(snapshot.features[0]?.mean ?? 0));
    await screen.findByText("1 weight differs from the preset’s");
    await waitFor(() => expect(kernel.get("preset")).toBe("type:1"));
    expect(kernel.get("locked")).toEqual([snapshot.features[0]?.feature]);
    expect(kernel.get("weights")).toEqual([snapshot.features[0]?.mean, ...weights.slice(1)]);
  });

  it("of annotators are in a menu, with how many votes each rests on", async () => {
    const { value, snapshot } = mount();
    const menu = screen.getByLabelText("Annotators to begin from");
    fireEvent.change(menu, { target: { value: "annotator:a3" } });
    const preset = presetOf(snapshot, "annotator:a3");
    await waitFor(() => expect(value(0)).toBe(weight(preset.weights[0] ?? 0)));
    expect(within(menu).getByRole("option", { name: `${preset.label} (29 votes)` })).toBeTruthy();
  });

  it("are gone towards by degrees", async () => {
    const { kernel, snapshot } = mount();
    fireEvent.click(chip(/type\s*1/));
    const between = await screen.findByLabelText("Between everyone and type 1");
    fireEvent.input(between, { target: { value: "25" } });
    const { weights } = presetOf(snapshot, "type:1");
    const expected = snapshot.features.map(({ mean }, k) => mean + 0.25 * ((weights[k] ?? 0) - mean));
    await waitFor(() => {
      kernel.get("weights").forEach((one, k) => {
        expect(one).toBeCloseTo(expected[k] ?? 0, 12);
      });
    });
    expect(between.getAttribute("aria-valuetext")).toBe("25% type 1");
    expect(screen.getByText("weights are these")).toBeTruthy();
  });

  it("come from a calibrator on the same page", async () => {
    const { value, snapshot } = mount();
    const detail = {
      schema: 1,
      study: studyPrint(snapshot.features),
      label: "Ada",
      features: snapshot.features.map(({ feature }) => feature),
      weights: snapshot.features.map((_, k) => 0.1 * k - 0.3),
      sd: snapshot.features.map(() => 0.1),
      votes: 16,
    };
    const event = new CustomEvent(PERSON_EVENT, { detail, cancelable: true });
    document.dispatchEvent(event);
    expect(event.defaultPrevented).toBe(true);
    await waitFor(() => expect(value(0)).toBe("−0.30"));
    expect(chip(/Ada/).checked).toBe(true);
  });
});

describe("features of one name", () => {
  it("are told apart by their ids, in the list, in what scores are made of, and to a screen reader", async () => {
    const snapshot = small();
    const features = snapshot.features.map((one, k) => (k === 1 ? { ...one, name: "length" } : one));
    const { root, slider } = mount({}, { ...snapshot, features });
    const [first, second, third] = features.map(({ feature }) => feature);
    expect(slider(0).closest("li")?.querySelector("code")?.textContent).toBe(first);
    expect(slider(1).getAttribute("aria-label")).toBe(`Weight of length (${second})`);
    expect(slider(2).closest("li")?.textContent).not.toContain(third);
    fireEvent.click(slider(1).closest("li") as HTMLElement);
    await waitFor(() =>
      expect(root.querySelector(".mx-partchosen")?.textContent).toMatch(new RegExp(`length ${second}$`)),
    );
  });
});

describe("whether people differ", () => {
  const judged = (): MixerSnapshot => {
    const snapshot = small();
    const features = snapshot.features.map((one, k): MixedFeature => {
      if (k === 1) return { ...one, verdict: "agree", q: 0.9, tau_high: 0.3 };
      if (k === 2) return { ...one, personal: false, verdict: "absent", mean: 0, tau: null };
      return one;
    });
    return { ...snapshot, features };
  };

  it("is what Python says, not a rule of the page's own", () => {
    const { slider } = mount({}, judged());
    const line = (k: number): string => slider(k).closest("li")?.textContent ?? "";
    expect(line(1)).toContain("people agree · τ");
    expect(line(0)).toContain("people differ · τ");
  });

  it("cannot be said of what no voted pair differs in: it has no slider, and is named and found", async () => {
    const { root, sliders, slider, snapshot } = mount({}, judged());
    expect(slider(2)).toBeUndefined();
    const name = snapshot.features[2]?.name ?? "";
    expect(root.querySelector(".mx-absent")?.textContent).toBe(
      `No two responses that were voted on differ in ${name}.`,
    );
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: name } });
    await waitFor(() => expect(sliders()).toHaveLength(0));
    expect(screen.queryByText("No feature is left by this search.")).toBeNull();
  });
});

describe("reset, lock and undo", () => {
  it("one drag is one step", async () => {
    const { drag, value, snapshot } = mount();
    const before = weight(snapshot.features[0]?.mean ?? 0);
    drag(0, 0.1, 0.2, 0.3);
    drag(0, 0.6, 0.7);
    await waitFor(() => expect(value(0)).toBe("+0.70"));
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(0)).toBe("+0.30"));
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(0)).toBe(before));
    fireEvent.click(button("Redo"));
    await waitFor(() => expect(value(0)).toBe("+0.30"));
  });

  it("a double click brings a weight back, unless it is locked", async () => {
    const { drag, slider, value, snapshot } = mount();
    const before = weight(snapshot.features[0]?.mean ?? 0);
    drag(0, 0.9);
    fireEvent.click(button("Lock length"));
    await waitFor(() => expect(slider(0).getAttribute("aria-valuetext")).toMatch(/locked$/));
    fireEvent.dblClick(slider(0));
    expect(value(0)).toBe("+0.90");
    fireEvent.click(button("unlock 1"));
    await waitFor(() => expect(slider(0).getAttribute("aria-valuetext")).not.toMatch(/locked/));
    fireEvent.dblClick(slider(0));
    await waitFor(() => expect(value(0)).toBe(before));
  });

  it("reset brings back all that are not locked, and says how many differ", async () => {
    const { drag, value, snapshot } = mount();
    drag(0, 0.9);
    drag(1, -0.4);
    await screen.findByText("2 weights differ from everyone’s");
    fireEvent.click(button("Lock length"));
    fireEvent.click(button("Reset"));
    await screen.findByText("1 weight differs from everyone’s");
    expect(value(0)).toBe("+0.90");
    expect(value(1)).toBe(weight(snapshot.features[1]?.mean ?? 0));
  });

  it("a preset is a step, too", async () => {
    const { drag, value, snapshot } = mount();
    drag(0, 0.9);
    fireEvent.click(chip(/type\s*1/));
    await waitFor(() => expect(value(0)).toBe(weight(presetOf(snapshot, "type:1").weights[0] ?? 0)));
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(0)).toBe("+0.90"));
    expect(chip(/Everyone/).checked).toBe(true);
  });
});

describe("keys", () => {
  it("move the slider that has the focus, and a run of them is one step", async () => {
    const { slider, key, value, snapshot } = mount();
    const mean = snapshot.features[0]?.mean ?? 0;
    slider(0).focus();
    for (const one of ["ArrowRight", "ArrowUp", "PageUp", "ArrowLeft"]) key(one);
    const coarse = (by: number): string => weight(Math.round((mean + by) * 100) / 100);
    await waitFor(() => expect(value(0)).toBe(coarse(0.3)));
    key("ArrowRight", { shiftKey: true });
    await waitFor(() => expect(value(0)).toBe(coarse(0.31)));
    key("z", { ctrlKey: true });
    await waitFor(() => expect(value(0)).toBe(weight(mean)));
    key("z", { ctrlKey: true, shiftKey: true });
    await waitFor(() => expect(value(0)).toBe(coarse(0.31)));
  });

  it("lock, reset, and walk from slider to slider", async () => {
    const { slider, sliders, key, value, drag, kernel, snapshot } = mount();
    drag(0, 0.8);
    slider(0).focus();
    key("r");
    await waitFor(() => expect(value(0)).toBe(weight(snapshot.features[0]?.mean ?? 0)));
    key("l");
    await waitFor(() => expect(kernel.get("locked")).toEqual([snapshot.features[0]?.feature]));
    key("]");
    await waitFor(() => expect(document.activeElement).toBe(sliders()[1]));
    expect(kernel.get("selected")).toBe(sliders()[1]?.dataset.feature);
    key("[");
    await waitFor(() => expect(document.activeElement).toBe(sliders()[0]));
  });

  it("turn to another prompt, of which Python hears", async () => {
    const { key, kernel, labels, snapshot, root } = mount();
    root.focus();
    key("j");
    expect(kernel.get("set")).toBe(1);
    const means = snapshot.features.map(({ mean }) => mean);
    await waitFor(() => expect(labels()).toEqual(ranked(snapshot, 1, means)));
    key("k");
    key("k");
    expect(kernel.get("set")).toBe(0);
  });

  it("stay in the widget: the notebook hears none of them", () => {
    const { slider, root, key } = mount();
    const heard = vi.fn();
    document.addEventListener("keydown", heard);
    slider(0).focus();
    for (const one of ["b", "x", "ArrowRight", "j", "Enter"]) key(one);
    root.focus();
    for (const one of ["b", "d", "j"]) key(one);
    expect(heard).not.toHaveBeenCalled();
    document.removeEventListener("keydown", heard);
  });
});

describe("the tally", () => {
  it("counts what flips against everyone, and what agrees with whom, each with its interval", async () => {
    const { root, drag } = mount();
    fireEvent.change(screen.getByLabelText("Annotators to begin from"), {
      target: { value: "annotator:a3" },
    });
    await screen.findByText(/^Agree with ukp_/);
    drag(0, -0.8);
    await screen.findByText(/^Set by hand, beginning from weights that were fitted on these votes/);
    const facts = [...root.querySelectorAll(".mx-fact")].map(({ textContent }) => textContent ?? "");
    expect(facts[0]).toMatch(/^Flip against everyone.*\d+(\.\d)?%[\d.]+% to [\d.]+%\d+ of 300 votes$/);
    expect(facts[1]).toMatch(/% to \d+%everyone’s \d+% \(\d+ to \d+\)$/);
    expect(facts[2]).toMatch(/of \d+ votes?$/);
    expect(facts[3]).toMatch(/69%52% to 82%of the preset, unmoved$/);
  });

  it("says plainly that untouched weights were fitted on these votes", () => {
    mount();
    expect(
      screen.getByText("These weights were fitted on these votes: in new ones expect the held-out share."),
    ).toBeTruthy();
    expect(screen.getByText("these are everyone’s")).toBeTruthy();
    expect(screen.getByText(/by the analyst’s choice/)).toBeTruthy();
  });
});

describe("the ranking", () => {
  it("announces a new winner once it stays", async () => {
    const { drag, root, labels } = mount();
    const before = labels()[0];
    drag(0, -1);
    await waitFor(() => expect(labels()[0]).not.toBe(before));
    expect(said(root)).not.toContain("first now");
    await waitFor(() => expect(said(root)).toBe(`${labels()[0]} is first now`), { timeout: 2000 });
  });

  it("tells what a score is made of, in words, and where everyone's weights put a response", async () => {
    const { root, drag, labels, snapshot } = mount();
    drag(0, -1);
    const means = snapshot.features.map(({ mean }) => mean);
    await waitFor(() => expect(labels()).toEqual(ranked(snapshot, 0, [-1, ...means.slice(1)])));
    const everyones = ranked(snapshot, 0, means);
    const first = root.querySelector(".mx-response");
    const codes = snapshot.sets[0]?.responses.find(({ label }) => label === labels()[0])?.codes ?? [];
    expect(first?.textContent).toContain(
      `${weight(0 - (codes[0] ?? 0))}${(codes[0] ?? 0) > 0 ? "more" : "less"} length`,
    );
    const was = everyones.indexOf(labels()[0] ?? "") + 1;
    if (was > 1)
      expect(first?.textContent).toMatch(new RegExp(`up ${was - 1}, ${was}(nd|rd|th) for everyone`));
    expect(first?.textContent).toMatch(/preferred to the next with a chance of \d+%/);
  });

  it("shows labels alone where no texts travel", () => {
    const snapshot = small();
    const { root, labels } = mount({}, { ...snapshot, study: { ...snapshot.study, names_only: true } });
    expect(labels()).toHaveLength(4);
    expect(root.querySelector(".mx-text")).toBeNull();
  });
});

describe("Python", () => {
  it("sets weights, a preset and locks, and that can be undone", async () => {
    const { kernel, value, slider, snapshot } = mount();
    const weights = snapshot.features.map((_, k) => 0.1 * k);
    kernel.push("weights", weights);
    await waitFor(() => expect(value(2)).toBe("+0.20"));
    kernel.push("locked", [snapshot.features[2]?.feature ?? ""]);
    await waitFor(() => expect(slider(2).getAttribute("aria-valuetext")).toMatch(/locked$/));
    kernel.push("preset", "type:1");
    kernel.push("weights", []);
    await waitFor(() => expect(value(1)).toBe(weight(presetOf(snapshot, "type:1").weights[1] ?? 0)));
    expect(kernel.told).toEqual([]);
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(1)).toBe("+0.10"));
  });

  it("hears of a drag once it rests", async () => {
    const { kernel, drag } = mount();
    drag(0, 0.1, 0.2, 0.3, 0.4);
    expect(kernel.told).not.toContain("weights");
    await waitFor(() => expect(kernel.told.filter((name) => name === "weights")).toHaveLength(1));
    expect(kernel.get("weights")[0]).toBe(0.4);
  });

  it("hears of what moved last, though the widget is closed before it rests", () => {
    const { kernel, drag } = mount();
    drag(0, 0.4);
    clean.pop()?.();
    expect(kernel.get("weights")[0]).toBe(0.4);
    expect(kernel.listening).toBe(0);
  });

  it("finds weights of other features, or none, to be those of the preset", () => {
    const { value, snapshot } = mount({}, small(), { weights: [1, 2], preset: "type:1", locked: ["nobody"] });
    expect(value(0)).toBe(weight(presetOf(snapshot, "type:1").weights[0] ?? 0));
  });
});

describe("a text that is cut off", () => {
  // Of the third response of each set 900 characters are missing.
  const cut = () => {
    const snapshot = small();
    const response = snapshot.sets[0]?.responses[2] as MixedResponse;
    const label = `the response of ${response.label}`;
    const here = (): HTMLElement => button(`Show all of ${label}`).closest(".mx-text") as HTMLElement;
    return { snapshot, response, label, here };
  };

  it("says how long it is, and is fetched whole from Python when it is unfolded, once", async () => {
    const { snapshot, response, label, here } = cut();
    const { kernel } = mount({}, snapshot);
    const text = here();
    expect(button(`Show all of ${label}`).textContent).toBe(
      `show all (${count(response.length)} characters)`,
    );
    fireEvent.click(button(`Show all of ${label}`));
    await waitFor(() => expect(text.textContent).toContain(`the end of ${response.row} ${response.side}`));
    expect(text.querySelector(".mx-missing")).toBeNull();
    fireEvent.click(button(`Fold ${label}`));
    await waitFor(() => expect(button(`Show all of ${label}`)).toBeTruthy());
    fireEvent.click(button(`Show all of ${label}`));
    await waitFor(() => expect(text.textContent).toContain("the end of"));
    expect(kernel.received.map(({ name, args }) => [name, args])).toEqual([
      ["whole", { row: response.row, part: response.side }],
    ]);
  });

  it("shows what there is of it and says how much is missing where the kernel does not answer", async () => {
    const { snapshot, label, here } = cut();
    const { kernel } = mount({ mood: "ill" }, snapshot);
    const text = here();
    fireEvent.click(button(`Show all of ${label}`));
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toBe("The embedder is not at hand.");
    expect(text.textContent).toContain("… 900 more characters");
    kernel.mood = "well";
    fireEvent.click(button(`Fetch all of ${label}`));
    await waitFor(() => expect(text.textContent).toContain("the end of"));
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("in a saved copy asks nobody, and says that the rest is not there", async () => {
    const { snapshot, response, label, here } = cut();
    const { kernel } = mount({ editable: false, mood: "none", page: true }, snapshot);
    const text = here();
    expect(button(`Show all of ${label}`).textContent).toBe(
      `show ${count(response.length - 900)} of ${count(response.length)} characters`,
    );
    fireEvent.click(button(`Show all of ${label}`));
    await waitFor(() => expect(text.textContent).toContain("… 900 more characters, not in this file"));
    expect(kernel.received).toEqual([]);
  });
});

describe("somebody added later", () => {
  const ada = (snapshot: MixerSnapshot, at: number, more: Partial<Preset> = {}): Preset => ({
    id: "person:Ada",
    kind: "person",
    label: "Ada",
    note: "",
    votes: 3,
    weights: snapshot.features.map((_, k) => (k === 0 ? at : 0.1)),
    sd: snapshot.features.map(() => 0.1),
    held_out: null,
    annotator: -1,
    ...more,
  });

  it("is a preset after those of the snapshot; steps back, search and order stay", async () => {
    const { kernel, drag, value, snapshot } = mount();
    drag(0, 0.9);
    fireEvent.input(screen.getByRole("searchbox"), { target: { value: "len" } });
    fireEvent.change(screen.getByLabelText("Order of the sliders"), { target: { value: "name" } });
    kernel.push("added", [ada(snapshot, 0.4)]);
    await waitFor(() => expect(chip(/Ada/)).toBeTruthy());
    const chips = [...document.querySelectorAll(".mx-chip")];
    expect(chips.at(-1)?.textContent).toBe("Ada");
    expect(value(0)).toBe("+0.90");
    await waitFor(() => expect(kernel.told).toContain("weights"));
    kernel.push("preset", "person:Ada");
    kernel.push("weights", ada(snapshot, 0.4).weights);
    await waitFor(() => expect(value(0)).toBe("+0.40"));
    expect((screen.getByRole("searchbox") as HTMLInputElement).value).toBe("len");
    expect((screen.getByLabelText("Order of the sliders") as HTMLSelectElement).value).toBe("name");
    // Who was chosen and the weights came one after another, and are one step.
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(0)).toBe("+0.90"));
    expect(chip(/Everyone/).checked).toBe(true);
  });

  it("takes the place of who had the name, and is gone when Python says so", async () => {
    const { kernel, value, snapshot } = mount();
    kernel.push("added", [ada(snapshot, 0.4)]);
    kernel.push("preset", "person:Ada");
    kernel.push("weights", []);
    await waitFor(() => expect(value(0)).toBe("+0.40"));
    kernel.push("added", [ada(snapshot, -0.2)]);
    kernel.push("weights", ada(snapshot, -0.2).weights);
    await waitFor(() => expect(value(0)).toBe("−0.20"));
    await screen.findByText("weights are the preset’s");
    kernel.push("preset", "everyone");
    kernel.push("weights", []);
    kernel.push("added", []);
    await waitFor(() => expect(chip(/Ada/)).toBeUndefined());
    expect(value(0)).toBe(weight(snapshot.features[0]?.mean ?? 0));
  });

  it("comes with the own votes, which the agreement is counted in", async () => {
    const { kernel, root, snapshot } = mount();
    const features = snapshot.features.length;
    const codes = new Int8Array(4 * features);
    for (const [row, code] of [50, -50, 50, 100].entries()) codes[row * features] = code;
    const cast = {
      n: 4,
      codes: base64(codes),
      scale: snapshot.features.map(() => 0.02),
      choice: base64(Uint8Array.from([1, 0, 0, 1])),
      prompt: base64(Uint32Array.from([0, 1, 2, 3])),
      annotator: base64(new Int32Array(4)),
      intercept: 0,
      total: 4,
    };
    const preset = ada(snapshot, 0.4, { id: "annotator:b", kind: "annotator", label: "b", cast });
    kernel.push("added", [preset]);
    kernel.push("preset", preset.id);
    kernel.push("weights", preset.weights);
    await screen.findByText("Agree with b");
    // A weight above 0 points to A, B, A, A; chosen were A, B, B, A.
    await waitFor(() =>
      expect(root.querySelectorAll(".mx-fact")[2]?.textContent).toMatch(/^Agree with b.*75%.*of 4 votes$/),
    );
  });
});

describe("saving", () => {
  function downloads(): { files: [string, string][] } {
    const files: [string, string][] = [];
    let text = "";
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      void (blob as Blob).text().then((read) => {
        text = read;
      });
      return "blob:made-up";
    });
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      const { download } = this;
      queueMicrotask(() => setTimeout(() => files.push([download, text])));
    });
    return { files };
  }

  it("asks Python for the whole reward at these weights", async () => {
    const { files } = downloads();
    const { kernel, drag, snapshot } = mount();
    drag(0, 0.75);
    fireEvent.click(button("Save reward"));
    await waitFor(() => expect(files).toHaveLength(1));
    expect(files[0]?.[0]).toBe("made-up.json");
    expect(kernel.received[0]).toMatchObject({ name: "reward", args: { preset: "everyone" } });
    expect(kernel.received[0]?.args.weights).toEqual([
      0.75,
      ...snapshot.features.slice(1).map(({ mean }) => mean),
    ]);
  });

  it("in a saved copy gives the weights alone, and everything else works there", async () => {
    const { files } = downloads();
    const { drag, value, snapshot, kernel } = mount({ editable: false, mood: "none", page: true });
    drag(0, 0.75);
    fireEvent.click(chip(/stance\s*left/));
    await waitFor(() => expect(value(0)).toBe(weight(presetOf(snapshot, "group:left").weights[0] ?? 0)));
    fireEvent.click(button("Undo"));
    await waitFor(() => expect(value(0)).toBe("+0.75"));
    fireEvent.click(button("Save weights"));
    await waitFor(() => expect(files).toHaveLength(1));
    expect(files[0]?.[0]).toBe("convincing-arguments-weights.json");
    expect(JSON.parse(files[0]?.[1] ?? "").weights[snapshot.features[0]?.feature ?? ""]).toBe(0.75);
    expect(kernel.received).toEqual([]);
  });

  it("says what went wrong in Python, and saves nothing", async () => {
    const { files } = downloads();
    mount({ mood: "ill" });
    fireEvent.click(button("Save reward"));
    expect((await screen.findByRole("alert")).textContent).toContain("The embedder is not at hand.");
    expect(files).toEqual([]);
  });

  it("without an answer from anybody saves the weights and says so", async () => {
    const { files } = downloads();
    mount({ mood: "none" });
    fireEvent.click(button("Save reward"));
    expect((await screen.findByRole("alert")).textContent).toContain("the weights alone were saved");
    await waitFor(() => expect(files).toHaveLength(1));
  });

  it("shows the Python where there is no clipboard", async () => {
    vi.stubGlobal("navigator", { ...navigator, clipboard: undefined });
    const { snapshot } = mount();
    fireEvent.click(button("Copy as Python"));
    const area = (await screen.findByRole("textbox", {
      name: /no access to the clipboard/,
    })) as HTMLTextAreaElement;
    expect(area.value).toContain(`"${snapshot.features[0]?.feature}": `);
    vi.unstubAllGlobals();
  });
});

describe("what should not be there", () => {
  it("hostile texts are texts", () => {
    const snapshot = mixed({ features: 12, personal: 8, votes: 50, sets: 2, words: 5, hostile: true });
    const { root } = mount({}, snapshot);
    expect(root.querySelector("script, img, svg[onload], [onmouseover], b b")).toBeNull();
    expect((window as unknown as { hurt?: number }).hurt).toBeUndefined();
    expect(root.textContent).toContain(HOSTILE[0]);
  });

  it("no snapshot is waited for; no features, no sets and no votes are said", async () => {
    const { root, kernel } = mount({}, null);
    expect(root.textContent).toContain("Waiting for the mixer");
    const snapshot = small();
    kernel.push("snapshot", { ...snapshot, sets: [], votes: { ...snapshot.votes, n: 0 } });
    await screen.findByText("There are no responses in this widget to rank.");
    screen.getByText("There are no votes in this widget to compare with.");
    kernel.push("snapshot", { ...snapshot, features: [] });
    await screen.findByText("There are no features to weigh.");
  });

  it("votes that do not fit are said, and the ranking goes on", async () => {
    const snapshot = small();
    const { labels } = mount({}, { ...snapshot, votes: { ...snapshot.votes, codes: "" } });
    await screen.findByText("The tally could not be drawn.");
    expect(labels()).toHaveLength(4);
  });
});
