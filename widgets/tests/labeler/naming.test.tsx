// @vitest-environment happy-dom
import { signal } from "@preact/signals";
import { cleanup, fireEvent, render, screen, waitFor, within } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture } from "../../dev/fixture";
import { FakeKernel, type FakeOptions } from "../../dev/kernel";
import { IDLE } from "../../dev/naming";
import { App } from "../../src/labeler/App";
import labeler from "../../src/labeler/index";
import { createNaming } from "../../src/labeler/naming/naming";
import {
  amount,
  failureWords,
  isMoney,
  limitWords,
  lostWords,
  money,
  outcome,
  planLines,
  readCalls,
  readMoney,
  spent,
  time,
} from "../../src/labeler/naming/words";
import { createState } from "../../src/labeler/state";
import type { LabelerModel, NamingPlan, NamingProgress, RequestName } from "../../src/protocol";
import { connect } from "../../src/shared/model";

let clean: (() => void)[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const one of clean) one();
  clean = [];
  cleanup();
  document.body.replaceChildren();
});

function mount(options: FakeOptions = {}) {
  const el = document.createElement("div");
  document.body.append(el);
  const kernel = new FakeKernel(fixture(), options);
  clean.push(labeler.render({ model: kernel, el }));
  clean.push(() => kernel.naming.stop());
  const sent = (name: RequestName) => kernel.received.filter((message) => message.name === name);
  const say = (part: Partial<NamingProgress>): void => {
    kernel.naming.progress = { ...kernel.naming.progress, ...part };
    kernel.say(kernel.naming.progress);
  };
  return { el, kernel, sent, say };
}

const opener = () => screen.findByRole("button", { name: "Suggest names…" });
const panel = () => screen.getByRole("region", { name: "Suggest names" });
const ask = () => screen.findByRole<HTMLButtonElement>("button", { name: /^Ask for/ });

async function opened(options: FakeOptions = {}) {
  const mounted = mount(options);
  const button = await opener();
  button.focus();
  fireEvent.click(button);
  return { ...mounted, button };
}

describe("before anything is sent", () => {
  it("the price is told: calls, tokens, cost, time, who answers and where texts go", async () => {
    const { sent } = await opened();
    await ask();
    const words = panel().textContent ?? "";
    // Three features are unnamed, at 130 to 310 calls each.
    expect(words).toContain("all that are unnamed (3)");
    expect(words).toContain("about 390, at most 930");
    expect(words).toContain("about 183,000 in, 6,300 out");
    expect(words).toContain("about 0.12, at most 0.29");
    expect(words).toContain("about 34 s, at most 85 s");
    expect(words).toContain("gpt-4o-mini answers. Texts of this dataset are sent to api.openai.com.");
    expect(sent("naming_start")).toHaveLength(0);
  });

  it("what the price does not buy is said beside it", async () => {
    const { kernel } = mount();
    const note = "2 of 3 can keep no name: fewer than 40 pairs are left to score one.";
    const plan = kernel.naming.plan.bind(kernel.naming);
    kernel.naming.plan = (wish) => ({ ...plan(wish), note });
    fireEvent.click(await opener());
    await ask();
    expect(panel().textContent).toContain(note);
  });

  it("nothing is asked of a model by opening, choosing, cancelling or closing", async () => {
    const { sent } = await opened();
    await ask();
    fireEvent.click(screen.getByRole("radio", { name: /all discovered/ }));
    await screen.findByRole("button", { name: "Ask for 6 features" });
    expect(sent("naming_plan").map(({ args }) => args)).toEqual([
      { features: "unnamed", feature: null },
      { features: "discovered", feature: null },
    ]);
    fireEvent.keyDown(screen.getByLabelText(/Spend at most/), { key: "Enter" });
    fireEvent.click(screen.getByRole("button", { name: "Cancel" }));
    await waitFor(() => expect(screen.queryByRole("region", { name: "Suggest names" })).toBeNull());
    expect(sent("naming_start")).toHaveLength(0);
  });

  it("a model on this machine is said to keep everything here, and the limit is one of calls", async () => {
    const { sent } = await opened({ model: "local" });
    await ask();
    expect(panel().textContent).toContain("on this machine answers: nothing leaves this machine");
    expect(panel().textContent).toContain("Costfree");
    const limit = screen.getByLabelText(/Make at most/) as HTMLInputElement;
    expect(limit.value).toBe("930");
    fireEvent.click(await ask());
    await waitFor(() => expect(sent("naming_start")).toHaveLength(1));
    expect(sent("naming_start")[0]?.args).toEqual({
      features: "unnamed",
      feature: null,
      budget: null,
      calls: 930,
    });
  });

  it.each([
    ["1,500", 1500],
    ["2", 2],
  ])("a limit of %s calls is one of that many, and half a call is none", async (text, calls) => {
    const { sent } = await opened({ model: "local" });
    const button = await ask();
    const limit = screen.getByLabelText(/Make at most/) as HTMLInputElement;
    for (const none of ["0.5", "0", "1.5", "1,5"]) {
      fireEvent.input(limit, { target: { value: none } });
      await waitFor(() => expect(button.disabled).toBe(true));
      await screen.findByText("Write a whole number, 1 or more.");
    }
    fireEvent.input(limit, { target: { value: text } });
    await waitFor(() => expect(button.disabled).toBe(false));
    fireEvent.click(button);
    await waitFor(() => expect(sent("naming_start")[0]?.args).toMatchObject({ budget: null, calls }));
  });

  it("without a price the cost is said to be unknown and calls are limited", async () => {
    await opened({ model: "unpriced" });
    await ask();
    expect(panel().textContent).toContain("unknown: no price was given");
    expect(panel().textContent).toContain("Texts of this dataset are sent to 127.0.0.1:8000.");
    expect(screen.getByLabelText(/Make at most/)).toBeTruthy();
  });

  it("a limit that is no number above 0 cannot be agreed to, and one that is too small is said to be", async () => {
    const { sent } = await opened();
    const button = await ask();
    const limit = screen.getByLabelText(/Spend at most/) as HTMLInputElement;
    expect(limit.value).toBe("0.29");
    for (const none of ["", "0", "-1", "much"]) {
      fireEvent.input(limit, { target: { value: none } });
      await waitFor(() => expect(button.disabled).toBe(true));
      expect(limit.getAttribute("aria-invalid")).toBe("true");
    }
    fireEvent.input(limit, { target: { value: "0,001" } });
    await screen.findByText(/may not pay for a single call, which costs up to 0.0012/);
    fireEvent.input(limit, { target: { value: "0,05" } });
    await screen.findByText(/Likely too little for all/);
    fireEvent.click(button);
    await waitFor(() => expect(sent("naming_start")[0]?.args.budget).toBe(0.05));
  });

  it("what Python says against it stands in the place of the price", async () => {
    await opened({ model: "refused" });
    expect((await screen.findByRole("alert")).textContent).toContain("set OPENAI_API_KEY");
    expect((screen.getByRole("button", { name: "Ask" }) as HTMLButtonElement).disabled).toBe(true);
  });

  it("without a model it says how to give one", async () => {
    const { sent } = await opened({ model: "none" });
    expect(panel().textContent).toContain("nothing is sent");
    expect(panel().textContent).toContain('ws.FeatureLabeler(study, model="gpt-4o-mini")');
    expect(panel().textContent).toContain("model=ws.PracticeModel()");
    expect(sent("naming_plan")).toHaveLength(0);
  });
});

describe("the panel", () => {
  it("takes the focus, closes with Escape and gives the focus back", async () => {
    const { button } = await opened();
    await ask();
    expect(document.activeElement).toBe(screen.getByRole("radio", { name: /all that are unnamed/ }));
    expect(button.getAttribute("aria-expanded")).toBe("true");
    expect(button.getAttribute("aria-controls")).toBe(panel().id);
    fireEvent.keyDown(document.activeElement as Element, { key: "Escape" });
    await waitFor(() => expect(document.activeElement).toBe(button));
    expect(button.getAttribute("aria-expanded")).toBe("false");
  });

  it("asks for the one feature from beside its suggestions, and follows to the next one", async () => {
    const { kernel, sent } = mount();
    kernel.push("selected", "d02");
    fireEvent.click(await screen.findByRole("button", { name: "Ask a model…" }));
    await screen.findByRole("button", { name: "Ask for 1 feature" });
    kernel.push("selected", "d06");
    await waitFor(() => expect(sent("naming_plan")).toHaveLength(2));
    expect(sent("naming_plan").map(({ args }) => args.feature)).toEqual(["d02", "d06"]);
    fireEvent.click(await ask());
    await waitFor(() => expect(sent("naming_start")[0]?.args.feature).toBe("d06"));
  });

  it.each<[string, FakeOptions]>([
    ["a report", { editable: false }],
    ["a saved copy without Python", { editable: false, page: true }],
    ["a kernel that never answers", { mood: "gone" }],
    ["a Python without it", { mood: "ill" }],
  ])("has no button in %s", async (_, options) => {
    mount(options);
    await new Promise((later) => setTimeout(later, 30));
    expect(screen.queryByRole("button", { name: /Suggest names|Ask a model/ })).toBeNull();
  });

  it("is not known to a report's Python", async () => {
    const { sent } = mount({ editable: false });
    await new Promise((later) => setTimeout(later, 30));
    expect(sent("naming")).toHaveLength(0);
  });
});

describe("while a run goes on", () => {
  it("stage, features, calls, cost and failures are shown, and the button says how far it is", async () => {
    const { say } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    await screen.findByRole("button", { name: "Stop" });
    expect(document.activeElement).toBe(screen.getByRole("button", { name: "Stop" }));
    say({
      stage: "score",
      done: 40,
      total: 60,
      features_done: 2,
      calls: 1204,
      cost: 0.0312,
      failures: { "rate limit": 3 },
    });
    await screen.findByText("testing on other pairs");
    expect(panel().textContent).toContain("2 of 3 features · 1,204 calls, cost 0.031 · 3 without an answer");
    expect(within(panel()).getByTitle("rate limit 3")).toBeTruthy();
    expect(
      screen.getByRole("progressbar", { name: "Progress of the suggestions" }).getAttribute("value"),
    ).toBe("40");
    fireEvent.click(screen.getByRole("button", { name: "Close" }));
    await screen.findByRole("button", { name: "Suggesting 2 of 3" });
  });

  it("that it waits for the endpoint is one line as long as it lasts, said once to a screen reader", async () => {
    const { el, say } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    await screen.findByRole("button", { name: "Stop" });
    const live = el.querySelector(".ws-hidden[aria-live=polite]") as HTMLElement;
    const heard: (string | null)[] = [];
    const observer = new MutationObserver(() => heard.push(live.textContent));
    observer.observe(live, { childList: true, characterData: true, subtree: true });
    const wait = (left: number) =>
      say({ waiting: `the endpoint asks to wait: rate limit, next try in ${left} s` });
    for (const left of [12, 11, 10]) {
      wait(left);
      const line = await screen.findByText(`rate limit, next try in ${left} s.`, {
        exact: false,
        selector: "p",
      });
      expect(line.textContent).toBe(`The endpoint asks to wait: rate limit, next try in ${left} s.`);
      expect(line.closest("[aria-live]")).toBeNull();
    }
    say({ waiting: "" });
    await waitFor(() => expect(panel().textContent).not.toContain("asks to wait"));
    wait(30);
    await screen.findByText(/next try in 30 s/, { selector: "p" });
    expect(heard.filter((words) => words?.includes("asks to wait"))).toEqual([
      "The endpoint asks to wait: rate limit, next try in 12 s.",
    ]);
    observer.disconnect();
    fireEvent.click(screen.getByRole("button", { name: "Close" }));
    expect(screen.getByRole("button", { name: /^Suggesting 0 of 3/ }).title).toContain("next try in 30 s");
  });

  it("answers that were lost are told while it goes on and at its end, with what they may cost", async () => {
    const { say } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    await screen.findByRole("button", { name: "Stop" });
    expect(panel().textContent).not.toContain("lost");
    say({ lost: 3, unsure: 0.0213, cost: 0.05 });
    await screen.findByText("3 answers were lost on the way: up to 0.021 more may be charged.");
    say({ state: "done", kept: ["d02", "d06", "d10"], missing: 0, calls: 7 });
    await screen.findByText("3 named well.");
    expect(panel().textContent).toContain(
      "7 calls, cost 0.05. 3 answers were lost on the way: up to 0.021 more may be charged.",
    );
  });

  it("it can be stopped, and goes on at a price told first", async () => {
    const { say, sent } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    const stop = await screen.findByRole("button", { name: "Stop" });
    say({ kept: ["d02"], unkept: 1, missing: 1 });
    fireEvent.click(stop);
    await screen.findByText("1 named well, 1 not kept, 1 still without a scored name.");
    expect(panel().textContent).toContain("Stopped. 0 calls.");
    fireEvent.click(screen.getByRole("button", { name: "Go on…" }));
    await ask();
    expect(sent("naming_plan")).toHaveLength(2);
    expect(sent("naming_start")).toHaveLength(1);
  });

  it("at its end it says what is missing and why, and what is missing can be asked again", async () => {
    const { say, sent } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    await screen.findByRole("button", { name: "Stop" });
    const failures = { "time-out": 2, unreadable: 5 };
    say({ state: "done", kept: ["d02", "d06", "d10"], missing: 0, calls: 7, cost: 0.002, failures });
    await screen.findByText("3 named well.");
    expect(panel().textContent).toContain(
      "Without an answer: unreadable 5, time-out 2. 7 calls, cost 0.002.",
    );
    fireEvent.click(screen.getByRole("button", { name: /Ask again for what is missing/ }));
    await ask();
    expect(sent("naming_start")).toHaveLength(1);
  });

  it("those that were named well are gone through one by one, until each is decided on", async () => {
    const { kernel, say } = await opened();
    await ask();
    say({ state: "running" });
    say({ state: "done", kept: ["d06", "d02"], missing: 0 });
    const look = await screen.findByRole("button", { name: "Look at the 2" });
    fireEvent.click(look);
    expect(kernel.get("selected")).toBe("d02");
    fireEvent.click(look);
    expect(kernel.get("selected")).toBe("d06");
    fireEvent.click(look);
    expect(kernel.get("selected")).toBe("d02");
    kernel.push("labels", { d02: { name: "walks through steps", status: "named" } });
    fireEvent.click(await screen.findByRole("button", { name: "Look at it" }));
    expect(kernel.get("selected")).toBe("d06");
    kernel.push("labels", {
      d02: { name: "walks through steps", status: "named" },
      d06: { status: "rejected" },
    });
    await waitFor(() => expect(screen.queryByRole("button", { name: /Look at/ })).toBeNull());
  });

  it("new suggestions come to the feature that is open, without the old ones going", async () => {
    const { kernel, say } = mount({ tick: 10_000 });
    kernel.push("selected", "d02");
    const chips = () => within(screen.getByRole("group", { name: "Suggested names" })).getAllByRole("button");
    await screen.findByRole("button", { name: /signposts/ });
    kernel.naming.suggested.d02 = [
      {
        name: "<b>walks</b> through steps",
        fit: 0.581,
        source: "gpt-4o-mini",
        note: "In order.",
        low: 0.47,
        high: 0.68,
        n: 300,
        kept: true,
      },
      {
        name: "says hello",
        fit: 0.06,
        source: "gpt-4o-mini",
        note: null,
        low: -0.06,
        high: 0.17,
        n: 300,
        kept: false,
      },
    ];
    say({ state: "running", version: 1 });
    const found = await screen.findByRole("button", { name: /walks/ });
    expect(chips()[0]).toBe(found);
    expect(found.textContent).toBe("<b>walks</b> through stepsgpt-4o-mini 0.58 (0.47 to 0.68)");
    expect(found.title).toBe(
      "<b>walks</b> through steps\nSuggested by gpt-4o-mini, fidelity r 0.58 (95% interval 0.47 to 0.68) on 300 other pairs.\nIn order.",
    );
    expect(screen.getByRole("button", { name: /says hello/ }).textContent).toContain("not kept");
    expect(screen.getByRole("button", { name: /says hello/ }).title).toContain("could be chance");
    fireEvent.click(found);
    await waitFor(() => expect(kernel.get("labels").d02?.name).toBe("<b>walks</b> through steps"));
    expect(kernel.get("labels").d02?.status).toBe("named");
  });

  it("one that began elsewhere is shown here too, and takes the focus from nobody", async () => {
    const { say } = await opened();
    await ask();
    const search = screen.getByRole("searchbox");
    search.focus();
    say({ state: "running", stage: "describe", features: 3 });
    await screen.findByText("proposing names");
    say({ state: "done", kept: ["d02", "d06", "d10"] });
    await screen.findByText("3 named well.");
    await screen.findByText("Suggestions of names: 3 named well");
    expect(document.activeElement).toBe(search);
    expect(screen.queryByRole("button", { name: /Ask again/ })).toBeNull();
  });

  it("an error that ends it is a sentence, as text", async () => {
    const { say } = await opened();
    await ask();
    say({ state: "running" });
    say({ state: "failed", message: "127.0.0.1:9 does not answer <img>: start the server.", missing: 3 });
    expect((await screen.findByRole("alert")).textContent).toContain(
      "does not answer <img>: start the server.",
    );
    await screen.findByRole("button", { name: /Ask again for what is missing/ });
  });

  it("a second one is refused in Python's words", async () => {
    const { kernel } = await opened({ tick: 10_000 });
    const button = await ask();
    kernel.naming.start({ features: "unnamed", feature: null });
    fireEvent.click(button);
    expect((await screen.findByRole("alert")).textContent).toContain(
      "being suggested for this study already",
    );
  });
});

describe("a run that ends while nobody looks", () => {
  it.each<[string, Partial<NamingProgress>, string, string]>([
    ["with names", { state: "done", kept: ["d02", "d06", "d10"] }, "Suggestions: 3", "3 named well."],
    ["with none", { state: "done", unproposed: 3 }, "Suggestions: none", "3 got no proposal."],
    [
      "at its limit",
      { state: "stopped", message: "It came to its limit." },
      "Suggesting stopped",
      "its limit.",
    ],
    ["in an error", { state: "failed", message: "No model there." }, "Suggesting failed", "No model there."],
  ])("%s is told by the button and shown before any price", async (_, part, words, shown) => {
    const { kernel, say, sent } = mount();
    await opener();
    say({ state: "running", seen: false });
    await screen.findByRole("button", { name: /^Suggesting 0/ });
    say(part);
    const button = await screen.findByRole("button", { name: words });
    expect(sent("naming_plan")).toHaveLength(0);
    fireEvent.click(button);
    await waitFor(() => expect(panel().textContent).toContain(shown));
    expect(sent("naming_plan")).toHaveLength(0);
    await waitFor(() => expect(kernel.naming.progress.seen).toBe(true));
    fireEvent.click(await opener());
    fireEvent.click(await opener());
    await ask();
  });

  it("is told on a page that was loaded afterwards, too", async () => {
    const { kernel } = mount({ delay: 30 });
    kernel.naming.progress = {
      ...kernel.naming.progress,
      state: "stopped",
      message: "Stopped.",
      seen: false,
    };
    fireEvent.click(await screen.findByRole("button", { name: "Suggesting stopped" }));
    await waitFor(() => expect(panel().textContent).toContain("Stopped."));
  });

  it("does not stand in the way of a price that is asked for", async () => {
    const { kernel, say, sent } = mount();
    kernel.push("selected", "d02");
    await opener();
    say({ state: "done", kept: ["d06"], seen: false });
    fireEvent.click(await screen.findByRole("button", { name: "Ask a model…" }));
    await screen.findByRole("button", { name: "Ask for 1 feature" });
    expect(screen.getByRole("button", { name: "Suggestions: 1" })).toBeTruthy();
    expect(sent("naming").some(({ args }) => args.seen)).toBe(false);
  });

  it("is seen where the panel is open", async () => {
    const { kernel, say } = await opened({ tick: 10_000 });
    fireEvent.click(await ask());
    await screen.findByRole("button", { name: "Stop" });
    say({ state: "done", kept: ["d02"] });
    await waitFor(() => expect(kernel.naming.progress.seen).toBe(true));
    await opener();
  });
});

describe("a kernel that is not heard any more", () => {
  function follow(kernel: FakeKernel, silence: number) {
    const said: string[] = [];
    const connection = connect<LabelerModel>(kernel);
    const naming = createNaming({
      connection,
      chosen: signal(null),
      rows: signal([]),
      editable: signal(true),
      goTo() {},
      say: (words) => said.push(words),
      renew() {},
      silence,
    });
    clean.push(naming.dispose, connection.dispose);
    return { naming, said };
  }

  it("leaves no run going: it is first said to be slow, then not known, and it may come back", async () => {
    const kernel = new FakeKernel(fixture());
    const { naming, said } = follow(kernel, 40);
    const contacts: string[] = [];
    clean.push(naming.contact.subscribe((contact) => contacts.push(contact)));
    await waitFor(() => expect(naming.progress.value).not.toBeNull());
    kernel.naming.progress = { ...kernel.naming.progress, state: "running", features: 8, features_done: 1 };
    kernel.say(kernel.naming.progress);
    expect(naming.contact.value).toBe("heard");
    kernel.mood = "gone";
    await waitFor(() => expect(naming.contact.value).toBe("lost"));
    expect(contacts).toEqual(["heard", "slow", "lost"]);
    expect(said.at(-1)).toContain("not known");
    expect(kernel.received.filter(({ name }) => name === "naming").length).toBeLessThan(4);
    kernel.say({ ...kernel.naming.progress, features_done: 2 });
    expect([naming.contact.value, naming.progress.value?.features_done]).toEqual(["heard", 2]);
  });

  it("is left alone while it answers, however long the model thinks", async () => {
    const kernel = new FakeKernel(fixture());
    const { naming } = follow(kernel, 20);
    const seen: string[] = [];
    clean.push(naming.contact.subscribe((contact) => seen.push(contact)));
    kernel.naming.progress = { ...kernel.naming.progress, state: "running" };
    kernel.say(kernel.naming.progress);
    await waitFor(() => expect(kernel.received.length).toBeGreaterThan(3));
    expect(seen).not.toContain("lost");
  });

  it("stops what turns, and says what can be done", async () => {
    const kernel = new FakeKernel(fixture());
    const connection = connect<LabelerModel>(kernel);
    const state = createState(connection, { silence: 100 });
    clean.push(state.dispose, connection.dispose);
    const { container } = render(<App state={state} />);
    fireEvent.click(await opener());
    await ask();
    const running = { ...kernel.naming.progress, state: "running" as const, features: 8, features_done: 1 };
    kernel.naming.progress = running;
    kernel.say(running);
    await screen.findByRole("button", { name: "Suggesting 1 of 8" });
    expect(container.querySelectorAll(".lb-spin")).toHaveLength(2);
    kernel.mood = "gone";
    await screen.findByRole("button", { name: "Suggesting 1 of 8?" });
    expect(container.querySelectorAll(".lb-spin")).toHaveLength(0);
    await screen.findByRole("button", { name: "Suggesting: not known" });
    expect(panel().textContent).toContain("run the cell that shows this again");
    expect(screen.getByRole("button", { name: "Stop" })).toBeTruthy();
    kernel.mood = "well";
    kernel.say({ ...running, features_done: 2 });
    await screen.findByRole("button", { name: "Suggesting 2 of 8" });
  });
});

describe("words", () => {
  const plan: NamingPlan = {
    model: "m",
    where: "h",
    features: 1,
    calls: 10,
    calls_most: 10,
    cached: 0,
    prompt_tokens: 1,
    completion_tokens: 1,
    cost: 0.07,
    cost_most: 0.07,
    seconds: null,
    seconds_most: null,
  };
  it("of the limit cover the price at most, rounded upwards to two digits", () => {
    const of = (cost_most: number) => amount({ cost_most, calls_most: 5 });
    expect([0.07, 0.2861, 1.4415, 12.31, 0.000123, 99.1].map(of)).toEqual([
      "0.07",
      "0.29",
      "1.5",
      "13",
      "0.00013",
      "100",
    ]);
    expect(amount({ cost_most: 0, calls_most: 5 })).toBe("5");
    expect(amount({ cost_most: 0.001, calls_most: 5, cost_call_most: 0.002 })).toBe("0.002");
    expect(isMoney({ cost_most: null })).toBe(false);
  });
  it("of a price are as long as it matters, and the same likely and at most is said once", () => {
    expect([0, 0.00001, 0.0123, 0.5, 12.3].map(money)).toEqual(["0", "<0.0001", "0.012", "0.50", "12.30"]);
    expect(Object.fromEntries(planLines(plan))).toMatchObject({
      Calls: "10",
      Cost: "0.07",
      Time: "unknown: not asked before",
    });
  });
  it("of what was paid for in full name no price", () => {
    expect(planLines({ ...plan, calls: 0, calls_most: 0, cached: 412, cost: 0, cost_most: 0 })).toEqual([
      ["Calls", "none: 412 are already paid for"],
    ]);
  });
  it("of a time are short", () => {
    expect([0.2, 12.1, 89, 600, 9000, 7200].map(time)).toEqual([
      "a second",
      "13 s",
      "89 s",
      "10 min",
      "2.5 h",
      "2 h",
    ]);
  });
  it.each([
    ["1.5", 1.5],
    ["1,5", 1.5],
    [" .5 ", 0.5],
    ["2.", 2],
    ["0", null],
    ["1e3", null],
    ["1,000.5", null],
    [".", null],
    ["∞", null],
    ["9".repeat(400), null],
  ])("%s as money is %s", (text, value) => {
    expect(readMoney(text)).toBe(value);
  });
  it.each([
    ["930", 930],
    [" 1500 ", 1500],
    ["1,500", 1500],
    ["1.500", 1500],
    ["1'500", 1500],
    ["1\u2019500", 1500],
    ["1 500", 1500],
    ["1\u202f500", 1500],
    ["1\u2009500", 1500],
    ["1,234,567", 1234567],
    ["1.234,567", null],
    ["1,50", null],
    ["1,5", null],
    ["1.5", null],
    ["0.5", null],
    ["1500,000", null],
    ["0", null],
    ["-3", null],
    ["1e3", null],
    ["", null],
    ["9".repeat(400), null],
  ])("%s as a number of calls is %s", (text, value) => {
    expect(readCalls(text)).toBe(value);
  });
  it("of a limit say how it was understood", () => {
    const calls = { ...plan, cost: null, cost_most: null };
    expect(limitWords(plan, 1.5)).toEqual(["It stops before more than 1.50 is spent.", false]);
    expect(limitWords(calls, 1500)).toEqual(["It stops before there are more than 1,500 calls.", false]);
    expect(limitWords(calls, 9)[0]).toContain("Likely too little for all");
    expect(limitWords({ ...plan, cost_call_most: 0.01 }, 0.005)).toEqual([
      "This may not pay for a single call, which costs up to 0.01: then nothing is asked.",
      true,
    ]);
    expect(limitWords({ ...plan, cost_call_most: null }, 0.005)[1]).toBe(false);
  });
  it("of what was spent tell apart calls and answers that needed none", () => {
    expect(spent({ ...IDLE, calls: 1204, cached: 49, cost: 0.0312 })).toBe(
      "1,204 calls, cost 0.031; 49 answers needed no call",
    );
    expect(spent({ ...IDLE, calls: 1, cached: 1, cost: 0 })).toBe("1 call; 1 answer needed no call");
  });
  it("of answers that were lost name a sum where there is a price, and no charge where there is none", () => {
    expect(lostWords({ ...IDLE, cost: 0.2 })).toBe("");
    expect(lostWords({ ...IDLE, lost: 1, unsure: 0.5, cost: 0.2 })).toBe(
      "1 answer was lost on the way: up to 0.50 more may be charged.",
    );
    expect(lostWords({ ...IDLE, lost: 1204, cost: null })).toBe(
      "1,204 answers were lost on the way and may be charged.",
    );
    expect(lostWords({ ...IDLE, lost: 2, cost: 0 })).toBe("2 answers were lost on the way.");
  });
  it("of names that cannot be told to fit say why, in Python's word where there is no other", () => {
    expect(outcome({ ...IDLE, untold: 3, untold_for: { "few pairs": 2, "one answer": 1 } })).toBe(
      "0 named well, 3 could not be told (too few pairs; always the same answer)",
    );
    expect(outcome({ ...IDLE, untold: 1, untold_for: { eclipse: 1 } })).toContain("told (eclipse)");
  });
  it("of failures begin with the most frequent", () => {
    expect(failureWords({ refusal: 1, "rate limit": 12, empty: 0 })).toBe("rate limit 12, refusal 1");
    expect(outcome({ ...IDLE, kept: ["a", "b"], unkept: 1 })).toBe("2 named well, 1 not kept");
    expect(outcome({ ...IDLE, unproposed: 8, untold: 2 })).toBe(
      "0 named well, 8 got no proposal, 2 could not be told",
    );
  });
});
