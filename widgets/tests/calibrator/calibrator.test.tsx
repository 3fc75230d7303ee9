// @vitest-environment happy-dom
import { cleanup, fireEvent, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { calibrated, FakeModel } from "../../dev/calibrated";
import { HOSTILE } from "../../dev/fixture";
import type { CalibratorModel, CalibratorSnapshot, HandedPerson, Vote } from "../../src/calibrator/contract";
import { COLUMNS, fileName, votesCsv } from "../../src/calibrator/csv";
import calibrator from "../../src/calibrator/index";
import { mostTelling } from "../../src/calibrator/information";
import { studyPrint } from "../../src/calibrator/person";
import { type Evidence, priorOf, sdOf, update } from "../../src/calibrator/posterior";
import { decides, sideOf } from "../../src/calibrator/votes";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  document.body.replaceChildren();
});

interface Options {
  snapshot?: CalibratorSnapshot | null;
  more?: Partial<CalibratorModel>;
  /** As in a saved page, without Python. */
  page?: boolean;
  labels?: CalibratorModel["labels"];
}

const TIME = "2025-05-03T10:00:00.000Z";
const AGREED = { choice: "class", author: "Ada", time: TIME } as const;
const small = (): CalibratorSnapshot => calibrated({ features: 6, pool: 12, ask: 4, sentences: 2 });

function mount({ snapshot = small(), more = {}, page = false, labels = {} }: Options = {}) {
  const el = document.createElement("div");
  document.body.append(el);
  const model = new FakeModel(snapshot, more, { page, labels });
  const close = calibrator.render({ model, el });
  clean.push(close);
  const root = el.querySelector<HTMLElement>(".whimsight") as HTMLElement;
  const key = (name: string, init: KeyboardEventInit = {}): void => {
    const at = root.contains(document.activeElement) ? document.activeElement : root;
    fireEvent.keyDown(at as Element, { key: name, bubbles: true, ...init });
  };
  const votes = (): Vote[] => model.get("votes");
  return { el, model, root, key, votes, close, snapshot: snapshot as CalibratorSnapshot };
}

/** Agreed, and at the first pair. */
const begun = (options: Options = {}) => mount({ ...options, more: { consent: AGREED, ...options.more } });

const button = (name: string | RegExp): HTMLElement => screen.getByRole("button", { name });
const response = (which: 1 | 2): string => {
  const section = screen.getByRole("region", { name: `Response ${which}` });
  return section.querySelector(".cb-text")?.textContent ?? "";
};

/** Votes until so many pairs are judged, always for the first. */
async function judge(count: number, votes: () => Vote[]): Promise<void> {
  for (let k = 0; k < count; k++) {
    const before = votes().length;
    fireEvent.click(button("Response 1"));
    await waitFor(() => expect(votes()).toHaveLength(before + 1));
  }
}

/** The row that should be asked after these votes. */
function expected(snapshot: CalibratorSnapshot, votes: readonly Vote[]): number | undefined {
  const evidence = votes.filter(decides).map(({ row, choice }): Evidence => {
    return { x: snapshot.pool.find((pair) => pair.row === row)?.codes ?? [], preferred: choice === "a" };
  });
  const belief = update(priorOf(snapshot.prior), evidence);
  return snapshot.pool[mostTelling(belief, snapshot.pool, new Set(votes.map(({ row }) => row)))]?.row;
}

describe("before the first vote", () => {
  it("nothing is asked until the person chose what becomes of the votes", async () => {
    const { model, key, votes } = mount();
    expect(screen.getByRole("heading", { name: "What do you prefer?" })).toBeTruthy();
    expect(screen.queryByRole("region", { name: "Response 1" })).toBeNull();
    expect((button("Begin") as HTMLButtonElement).disabled).toBe(true);
    key("ArrowLeft");
    key("1");
    expect(votes()).toEqual([]);
    expect(model.get("consent")).toBeNull();

    fireEvent.click(screen.getByLabelText("Keep my votes for myself"));
    await waitFor(() => expect((button("Begin") as HTMLButtonElement).disabled).toBe(false));
    expect(screen.queryByRole("region", { name: "Response 1" })).toBeNull();
    fireEvent.click(button("Begin"));
    await screen.findByRole("region", { name: "Response 1" });
    expect(model.get("consent")).toMatchObject({ choice: "private", author: "" });
  });

  it("a name goes with the votes where a teacher may use them, and may stay empty", async () => {
    const { model } = mount();
    fireEvent.click(screen.getByLabelText(/^My teacher may use my votes/));
    const name = await screen.findByRole("textbox", { name: /^Name/ });
    fireEvent.input(name, { target: { value: "  Blue \n Heron " } });
    fireEvent.click(button("Begin"));
    await screen.findByRole("region", { name: "Response 1" });
    expect(model.get("consent")).toMatchObject({ choice: "class", author: "Blue Heron" });
  });

  it("a name that was typed does not go with votes that are kept private", async () => {
    const { model } = mount();
    fireEvent.click(screen.getByLabelText(/^My teacher may use my votes/));
    fireEvent.input(await screen.findByRole("textbox", { name: /^Name/ }), { target: { value: "Ada" } });
    fireEvent.click(screen.getByLabelText("Keep my votes for myself"));
    fireEvent.click(button("Begin"));
    await screen.findByRole("region", { name: "Response 1" });
    expect(model.get("consent")).toMatchObject({ choice: "private", author: "" });
  });

  it("Python's words say what is kept where Python is, the page's own where it is not", () => {
    const { snapshot, close } = mount();
    expect(screen.getByText(snapshot.consent.words)).toBeTruthy();
    close();
    mount({ page: true });
    expect(screen.queryByText(snapshot.consent.words)).toBeNull();
    expect(screen.getByText(/in this browser alone, until you delete them/)).toBeTruthy();
  });

  it("a page that can keep nothing says so", () => {
    const refuse = (): never => {
      throw new DOMException("sandboxed", "SecurityError");
    };
    vi.stubGlobal("localStorage", { getItem: refuse, setItem: refuse, removeItem: refuse });
    mount({ page: true });
    expect(screen.getByText(/^Nothing once this page is closed/)).toBeTruthy();
    vi.unstubAllGlobals();
  });

  it("without texts, or without a personal feature, it says that there is nothing to ask", () => {
    const { close } = mount({ snapshot: { ...small(), pool: [] } });
    expect(screen.getByText(/This copy holds no texts/)).toBeTruthy();
    close();
    const features = small().features.map((one) => ({ ...one, personal: false }));
    const { close: leave } = mount({ snapshot: { ...small(), features } });
    expect(screen.getByText(/No feature is personal/)).toBeTruthy();
    leave();
    mount({ snapshot: null });
    expect(screen.getByText(/Waiting for the pairs/)).toBeTruthy();
  });
});

describe("judging", () => {
  it("asks the most telling pair first and after each vote, and none twice", async () => {
    const { votes, snapshot } = begun();
    await judge(4, votes);
    for (const [k, vote] of votes().entries()) {
      expect(vote.row).toBe(expected(snapshot, votes().slice(0, k)));
    }
    expect(new Set(votes().map(({ row }) => row)).size).toBe(4);
  });

  it("draws sides by lot, and keeps which response stood first and which was preferred", async () => {
    const { votes, key, snapshot } = begun({ snapshot: { ...small(), ask: 10 } });
    for (let k = 0; k < 10; k++) {
      const row = expected(snapshot, votes());
      const pair = snapshot.pool.find((one) => one.row === row);
      const shown = sideOf(row ?? 0, TIME);
      await waitFor(() => expect(response(1)).toBe(shown === "ab" ? pair?.a : pair?.b));
      expect(response(2)).toBe(shown === "ab" ? pair?.b : pair?.a);
      key(k % 2 === 0 ? "ArrowLeft" : "ArrowRight");
      const first = k % 2 === 0;
      expect(votes().at(-1)).toMatchObject({ row, shown, choice: (shown === "ab") === first ? "a" : "b" });
    }
    expect(new Set(votes().map(({ shown }) => shown)).size).toBe(2);
  });

  it("takes keys and buttons alike: arrows, 1 and 2, 0 for no preference, s to skip", async () => {
    const { votes, key } = begun({ snapshot: { ...small(), ask: 12 } });
    for (const name of ["ArrowLeft", "ArrowRight", "1", "2", "0", "s"]) {
      const before = votes().length;
      key(name);
      expect(votes()).toHaveLength(before + 1);
    }
    fireEvent.click(button("No preference"));
    fireEvent.click(button("Skip"));
    const choices = votes().map(({ choice }) => choice);
    expect(choices.slice(4)).toEqual(["tie", "skip", "tie", "skip"]);
    const sides = votes()
      .slice(0, 4)
      .map(({ choice, shown }) => shown[0] === choice);
    expect(sides).toEqual([true, false, true, false]);
  });

  it("takes a key that is held down as one vote, and none while the sheet of keys is open", async () => {
    const { votes, key } = begun();
    key("ArrowLeft");
    key("ArrowLeft", { repeat: true });
    expect(votes()).toHaveLength(1);
    HTMLDialogElement.prototype.showModal ??= () => {};
    HTMLDialogElement.prototype.close ??= () => {};
    key("?");
    await screen.findByText("no preference");
    key("ArrowLeft");
    expect(votes()).toHaveLength(1);
  });

  it("lets no key out, so that a notebook around it does nothing", () => {
    const { key } = begun();
    const heard = vi.fn();
    document.body.addEventListener("keydown", heard);
    for (const name of ["ArrowLeft", "1", "0", "s", "u", "b", "x"]) key(name);
    expect(heard).not.toHaveBeenCalled();
    document.body.removeEventListener("keydown", heard);
  });

  it("counts judged pairs; a skipped pair is made up for by another", async () => {
    const { votes, key } = begun();
    const at = (): string => document.querySelector(".cb-progress")?.textContent ?? "";
    expect(at()).toBe("1 of 4");
    key("s");
    await waitFor(() => expect(votes()).toHaveLength(1));
    expect(at()).toBe("1 of 4");
    key("0");
    await waitFor(() => expect(at()).toBe("2 of 4"));
    await judge(3, votes);
    await screen.findByText("Before each vote the model guessed it");
    expect(votes()).toHaveLength(5);
  });

  it("takes the last vote back and asks the same pair again, on the same sides", async () => {
    const { votes, key } = begun();
    const before = [response(1), response(2)];
    key("ArrowRight");
    await waitFor(() => expect(response(1)).not.toBe(before[0]));
    key("u");
    await waitFor(() => expect([response(1), response(2)]).toEqual(before));
    expect(votes()).toEqual([]);
    key("u");
    expect(votes()).toEqual([]);
    key("ArrowLeft");
    key("z", { ctrlKey: true });
    expect(votes()).toEqual([]);
  });

  it("shows no number, weight or guess while it asks", async () => {
    const { root, votes } = begun();
    await judge(2, votes);
    const shown = root.querySelector(".cb-judge")?.textContent ?? "";
    expect(shown).not.toMatch(/%|weight|annotator|guess/);
    expect(root.querySelector(".cb-judge svg, .cb-judge [role=img]")).toBeNull();
  });

  it("moves the focus with the stage, and takes none from the page when it is drawn", async () => {
    const { root, votes } = mount();
    expect(document.activeElement).toBe(document.body);
    fireEvent.click(screen.getByLabelText("Keep my votes for myself"));
    await waitFor(() => expect((button("Begin") as HTMLButtonElement).disabled).toBe(false));
    fireEvent.click(button("Begin"));
    await waitFor(() => expect(document.activeElement).toBe(root.querySelector(".cb-judge")));
    await judge(4, votes);
    await waitFor(() => expect(document.activeElement).toBe(root.querySelector(".cb-result")));
  });

  it("tells a screen reader where one is", async () => {
    const { root, key } = begun();
    key("1");
    await waitFor(() =>
      expect(root.querySelector("[aria-live]")?.textContent).toBe("Response 1. Pair 2 of 4."),
    );
  });

  it("shows hostile texts and names as text", async () => {
    const snapshot = calibrated({ features: 6, pool: 12, ask: 2, hostile: true });
    const { root, votes } = begun({ snapshot, more: { consent: { ...AGREED, author: HOSTILE[0] ?? "" } } });
    await judge(2, votes);
    await screen.findByText("Before each vote the model guessed it");
    expect(root.querySelector("script, img, svg[onload], b b, a")).toBeNull();
    expect((window as { hurt?: number }).hurt).toBeUndefined();
    expect(root.textContent).toContain("<script>");
  });
});

describe("the result", () => {
  it("comes at the end, or before it when asked for, with a way back", async () => {
    const { votes, key } = begun();
    expect(screen.queryByRole("button", { name: "Result so far" })).toBeNull();
    await judge(1, votes);
    fireEvent.click(await screen.findByRole("button", { name: "Result so far" }));
    await screen.findByText(/may steer the votes that follow/);
    key("ArrowLeft");
    expect(votes()).toHaveLength(1);
    key("Escape");
    await screen.findByRole("region", { name: "Response 1" });
    await judge(3, votes);
    await screen.findByText("Before each vote the model guessed it");
    expect(screen.queryByText(/may steer/)).toBeNull();
  });

  it("tells each personal feature's weight, before and after, beside everyone's", async () => {
    const { votes, snapshot } = begun();
    await judge(4, votes);
    const list = await screen.findByRole("region", { name: "Your weights" });
    const personal = snapshot.features.filter((one) => one.personal);
    const pictures = within(list).getAllByRole("img");
    expect(pictures).toHaveLength(personal.length);
    for (const picture of pictures) {
      expect(picture.getAttribute("aria-label")).toMatch(
        /^Your weight \S+ \(\S+ to \S+\); before the first vote .+; everyone .+ \(.+\)$/,
      );
    }
    expect(within(list).getAllByRole("listitem")[0]?.textContent).toMatch(
      /You (may )?like .+ (less|more) than \d+% of the annotators \(\d+ to \d+%\)\./,
    );
  });

  it("says when votes do not set the person apart, and when nothing was preferred", async () => {
    const { key, votes, close } = begun();
    for (let k = 0; k < 4; k++) key("0");
    await screen.findByText("Nothing can be said yet");
    close();
    expect(votes().every(({ choice }) => choice === "tie")).toBe(true);
    const { votes: more } = begun();
    await judge(4, more);
    await screen.findByText("Your votes do not set you apart yet");
  });

  it("names people's features as people did", async () => {
    const { votes } = begun({ labels: { m_0: { name: "brevity", turned: true } } });
    await judge(4, votes);
    expect(await screen.findByText("brevity")).toBeTruthy();
    expect(screen.queryByText("length")).toBeNull();
  });

  it("asks for more on request, and takes the last vote back from here too", async () => {
    const { votes, key } = begun();
    await judge(4, votes);
    fireEvent.click(await screen.findByRole("button", { name: "8 more pairs" }));
    await screen.findByRole("region", { name: "Response 1" });
    await judge(1, votes);
    expect(votes()).toHaveLength(5);
    await judge(7, votes);
    await screen.findByText("Before each vote the model guessed it");
    expect(screen.queryByRole("button", { name: /more pair/ })).toBeNull(); // the pool is empty
    key("u");
    await screen.findByRole("region", { name: "Response 1" });
    expect(votes()).toHaveLength(11);
  });

  it("hands the person on to a mixer on the page, and knows whether one took it", async () => {
    const { votes, snapshot } = begun();
    await judge(4, votes);
    fireEvent.click(await screen.findByRole("button", { name: "Use in the mixer" }));
    await screen.findByText(/^No mixer of this study is on this page/);

    const heard: HandedPerson[] = [];
    const take = (event: Event): void => {
      heard.push((event as CustomEvent<HandedPerson>).detail);
      event.preventDefault();
    };
    document.addEventListener("whimsight:person", take);
    fireEvent.click(button("Use in the mixer"));
    await screen.findByText("The mixer on this page now has your weights.");
    document.removeEventListener("whimsight:person", take);
    const belief = update(
      priorOf(snapshot.prior),
      votes().map(({ row, choice }) => ({
        x: snapshot.pool.find((pair) => pair.row === row)?.codes ?? [],
        preferred: choice === "a",
      })),
    );
    expect(heard).toEqual([
      {
        schema: 1,
        study: studyPrint(snapshot.features),
        label: "Ada",
        features: snapshot.features.map(({ feature }) => feature),
        weights: [...belief.mean],
        sd: sdOf(belief),
        votes: 4,
      },
    ]);
  });
});

describe("votes that outlive a reload", () => {
  it("are gone on with where Python has them", async () => {
    const { votes, close } = begun();
    await judge(2, votes);
    close();
    expect(localStorage.length).toBe(0);
    const { snapshot } = begun({ more: { votes: votes() } });
    expect(document.querySelector(".cb-progress")?.textContent).toBe("3 of 4");
    const pair = snapshot.pool.find(({ row }) => row === expected(snapshot, votes()));
    expect([pair?.a, pair?.b]).toContain(response(1));
  });

  it("are kept by the browser in a page without Python, and offered again", async () => {
    const first = begun({ page: true, more: { consent: null } });
    fireEvent.click(screen.getByLabelText(/^My teacher may use my votes/));
    fireEvent.input(await screen.findByRole("textbox", { name: /^Name/ }), { target: { value: "Ada" } });
    fireEvent.click(button("Begin"));
    await screen.findByRole("region", { name: "Response 1" });
    await judge(3, first.votes);
    first.close();

    const second = mount({ page: true });
    expect(screen.queryByRole("region", { name: "Response 1" })).toBeNull();
    fireEvent.click(button("Go on with them"));
    await screen.findByRole("region", { name: "Response 1" });
    expect(second.votes()).toEqual(first.votes());
    expect(second.model.get("consent")).toEqual(first.model.get("consent"));
    await judge(1, second.votes);
    expect(new Set(second.votes().map(({ row }) => row)).size).toBe(4);
  });

  it("are another study's business where the numbers differ", async () => {
    const first = begun({ page: true });
    await judge(2, first.votes);
    first.close();
    expect(localStorage.length).toBe(1);
    mount({ page: true, snapshot: calibrated({ features: 6, pool: 12, ask: 4, seed: 9 }) });
    expect(screen.queryByRole("button", { name: "Go on with them" })).toBeNull();
  });

  it("are deleted for good when the person says so, at the next visit or at the end", async () => {
    const first = begun({ page: true });
    await judge(2, first.votes);
    first.close();
    const second = mount({ page: true });
    fireEvent.click(button("Delete them and begin anew"));
    await screen.findByText("What may become of your votes?");
    expect(localStorage.length).toBe(0);
    second.close();

    const third = begun({ page: true });
    await judge(4, third.votes);
    fireEvent.click(await screen.findByRole("button", { name: "Delete my votes" }));
    fireEvent.click(await screen.findByRole("button", { name: "Keep" }));
    expect(third.votes()).toHaveLength(4);
    fireEvent.click(await screen.findByRole("button", { name: "Delete my votes" }));
    fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    await screen.findByText("What may become of your votes?");
    expect(third.votes()).toEqual([]);
    expect(third.model.get("consent")).toBeNull();
    expect(localStorage.length).toBe(0);
  });
});

describe("votes that Python does not get", () => {
  it("are kept by the browser, which says so, and offered where the kernel is back", async () => {
    const { model, votes, close } = begun();
    await judge(1, votes);
    expect(localStorage.length).toBe(0);
    model.send = () => {
      throw new Error("no kernel");
    };
    await judge(2, votes);
    await screen.findByText(/Your votes are kept in this browser/);
    expect(localStorage.length).toBe(1);
    close();

    const again = mount();
    expect(screen.getByText(/while the kernel did not answer/)).toBeTruthy();
    fireEvent.click(button("Go on with them"));
    await screen.findByRole("region", { name: "Response 1" });
    expect(again.votes()).toEqual(votes());
    await waitFor(() => expect(localStorage.length).toBe(0));
    expect(screen.queryByText(/does not answer/)).toBeNull();
  });

  it("a file that may still be there is told of when they are deleted meanwhile", async () => {
    const { model, votes } = begun();
    await judge(4, votes);
    model.send = () => {
      throw new Error("no kernel");
    };
    fireEvent.click(await screen.findByRole("button", { name: "Delete my votes" }));
    fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    await screen.findByText(/A file with your votes may still be there/);
    expect(localStorage.length).toBe(0);
  });

  it("are told of where Python has them and cannot write them", async () => {
    const { model, votes } = begun();
    model.trouble = "Votes cannot be kept in 'class': No space left on device.";
    await judge(1, votes);
    await screen.findByText(/No space left on device/);
    model.trouble = "";
    await judge(1, votes);
    await waitFor(() => expect(screen.queryByText(/No space left/)).toBeNull());
  });
});

describe("the file of votes", () => {
  const snapshot: CalibratorSnapshot = {
    ...small(),
    pool: [
      { row: 3, prompt: "=1+1", a: 'says "no"', b: "two\nlines", a_length: 9, b_length: 9, codes: [] },
      { row: 5, prompt: "plain", a: "-5", b: "'=x", a_length: 2, b_length: 3, codes: [] },
      { row: 8, prompt: "p", a: "a", b: "＠b", a_length: 1, b_length: 2, codes: [] },
      { row: 9, prompt: "left", a: "out", b: "skipped", a_length: 3, b_length: 7, codes: [] },
    ],
  };
  const vote = (row: number, choice: Vote["choice"]): Vote => ({
    row,
    choice,
    shown: "ba",
    seconds: 2.5,
    time: TIME,
  });
  const votes = [vote(3, "a"), vote(5, "b"), vote(8, "tie"), vote(9, "skip")];

  it("has the pairs' columns, one row a judged pair, and no cell that a spreadsheet runs", () => {
    const study = snapshot.study.name;
    const rest = `"ba","2.5","${TIME}","class"`;
    expect(votesCsv(snapshot, votes, { choice: "class", author: "@ada", time: TIME }).split("\r\n")).toEqual([
      COLUMNS.map((column) => `"${column}"`).join(","),
      `"'=1+1","says ""no""","two\nlines","1","'@ada","${study}:3",${rest}`,
      `"plain","'-5","''=x","0","'@ada","${study}:5",${rest}`,
      `"p","a","'＠b","0.5","'@ada","${study}:8",${rest}`,
      "",
    ]);
  });

  it("names nobody who gave no name", () => {
    expect(votesCsv(snapshot, votes, { choice: "private", author: "", time: TIME })).toContain('"me"');
  });

  it("is called after the study, whatever that is called", () => {
    expect(fileName("Convincing arguments")).toBe("votes-Convincing-arguments.csv");
    expect(fileName("../../etc/passwd")).toBe("votes-etc-passwd.csv");
    expect(fileName("日本")).toBe("votes-study.csv");
  });
});
