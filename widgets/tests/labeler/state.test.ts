// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { fixture } from "../../dev/fixture";
import { FakeKernel, type FakeOptions } from "../../dev/kernel";
import { createState, type State } from "../../src/labeler/state";
import { connect } from "../../src/shared/model";

const wait = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
const until = async (true_: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 200 && !true_(); turn += 1) await wait(5);
  expect(true_()).toBe(true);
};

let open: State[] = [];
beforeEach(() => localStorage.clear());
afterEach(() => {
  for (const state of open) state.dispose();
  open = [];
});

function start(options: FakeOptions = {}, snapshot = fixture()) {
  const kernel = new FakeKernel(snapshot, options);
  const state = createState(connect(kernel), { wait: { timeout: 15 }, pause: () => 5 });
  open.push(state);
  const ids = snapshot.features.map(({ feature }) => feature);
  const row = (id: string) => state.rows.value.find((one) => one.id === id);
  return { kernel, state, row, ids, first: ids[0] as string };
}

describe("an edit", () => {
  it("shows at once, before Python answers", async () => {
    const { state, row, first } = start({ delay: 5 });
    state.rename(state.rows.value[0] as NonNullable<typeof state.chosen.value>, "  a   new name ");
    expect(row(first)).toMatchObject({ name: "a new name", status: "named" });
    expect(state.outbox.saving.value.kind).toBe("saving");
    await state.outbox.settled();
    expect(row(first)).toMatchObject({ name: "a new name", status: "named" });
    expect(state.outbox.saving.value.kind).toBe("saved");
  });

  it("is taken back when Python refuses it, with a message to read", async () => {
    const { state, row, first } = start({ mood: "ill" });
    const before = row(first)?.name;
    state.edit(first, { name: "lost" });
    expect(row(first)?.name).toBe("lost");
    await state.outbox.settled();
    expect(row(first)?.name).toBe(before);
    expect(state.outbox.failure.value?.message).toMatch(/disk is full/);
  });

  it("waits for a kernel that does not answer, and reaches it in order when it does", async () => {
    const { kernel, state, row, ids } = start({ mood: "gone" });
    state.edit(ids[0] as string, { name: "one" });
    state.edit(ids[1] as string, { name: "two" });
    await until(() => state.outbox.saving.value.kind === "waiting");
    expect(state.noKernel.value).toBe(true);
    expect([row(ids[0] as string)?.name, row(ids[1] as string)?.name]).toEqual(["one", "two"]);
    kernel.mood = "well";
    await state.outbox.settled();
    const labels = kernel.get("labels");
    expect([labels[ids[0] as string]?.name, labels[ids[1] as string]?.name]).toEqual(["one", "two"]);
    expect(state.noKernel.value).toBe(false);
  });

  it("made before a restart is sent by the next view of the same study", async () => {
    const before = start({ mood: "gone" });
    before.state.edit(before.first, { name: "from before" });
    await until(() => before.state.outbox.saving.value.kind === "waiting");
    before.state.dispose();
    const after = start();
    await after.state.outbox.settled();
    expect(after.kernel.get("labels")[after.first]?.name).toBe("from before");
    expect(localStorage.length).toBe(0);
  });

  it("made before a restart does not reach another study of the same name", async () => {
    const before = start({ mood: "gone" });
    before.state.edit(before.first, { name: "from before" });
    await until(() => before.state.outbox.saving.value.kind === "waiting");
    before.state.dispose();
    const after = start({}, fixture({ seed: 8 }));
    await after.state.outbox.settled();
    expect(after.kernel.get("labels")).toEqual({});
  });

  it("does not happen in a report", () => {
    const { state, row, first, kernel } = start({ editable: false });
    const before = row(first)?.name;
    state.edit(first, { name: "no" });
    expect(row(first)?.name).toBe(before);
    expect(kernel.received).toEqual([]);
  });

  it.each([
    ["verified", "named"],
    ["rejected", "rejected"],
  ] as const)("of the name makes a %s feature %s", async (before, after) => {
    const { state, row, first } = start();
    state.edit(first, { status: before });
    await state.outbox.settled();
    state.rename(row(first) as never, "better");
    await state.outbox.settled();
    expect(row(first)).toMatchObject({ name: "better", status: after });
  });
});

describe("undo", () => {
  it("takes back the last edit, chooses its feature, and redo brings it back", async () => {
    const { state, row, ids } = start();
    const [one, two] = ids as [string, string];
    state.edit(one, { name: "one" });
    await state.outbox.settled();
    state.choose(two);
    await state.undo();
    expect(row(one)?.named).toBe(false);
    expect(state.chosen.value?.id).toBe(one);
    expect(state.canUndo.value).toBe(false);
    await state.redo();
    expect(row(one)?.name).toBe("one");
  });

  it("waits for edits that are on their way", async () => {
    const { state, row, first } = start({ delay: 3 });
    state.edit(first, { name: "one" });
    state.edit(first, { name: "two" });
    await state.undo();
    expect(row(first)?.name).toBe("one");
  });

  it("without a kernel takes back what was not sent", async () => {
    const { state, row, ids } = start({ mood: "gone" });
    const [one, two] = ids as [string, string];
    state.edit(one, { name: "one" });
    state.edit(two, { name: "two" });
    await until(() => state.outbox.saving.value.kind === "waiting");
    await state.undo();
    expect(row(two)?.named).toBe(false);
    expect(row(one)?.name).toBe("one");
    await state.redo();
    expect(row(two)?.name).toBe("two");
  });
});

describe("the choice", () => {
  it("follows Python and is told to Python", () => {
    const { kernel, state, ids } = start();
    kernel.push("selected", ids[4] as string);
    expect(state.chosen.value?.id).toBe(ids[4]);
    state.choose(ids[2] as string);
    expect(kernel.get("selected")).toBe(ids[2]);
  });

  it("steps through what the table shows and stops at its ends", () => {
    const { state } = start();
    const order = state.view.value.map(({ id }) => id);
    expect(state.chosen.value?.id).toBe(order[0]);
    state.step(1);
    expect(state.chosen.value?.id).toBe(order[1]);
    state.step(Number.POSITIVE_INFINITY);
    expect(state.chosen.value?.id).toBe(order.at(-1));
    state.step(1);
    expect(state.chosen.value?.id).toBe(order.at(-1));
  });
});

describe("examples", () => {
  it("come from the snapshot without a question, and more of them from the kernel", async () => {
    const { kernel, state } = start();
    expect(state.shelves.shelf.value.items).toHaveLength(12);
    expect(kernel.received.filter(({ name }) => name === "examples")).toEqual([]);
    await state.shelves.more(); // the snapshot's own second half
    await state.shelves.more();
    const read = kernel.received.filter(({ name }) => name !== "naming");
    expect(read.map(({ name, args }) => [name, args.offset])).toEqual([["examples", 12]]);
    const { items, total } = state.shelves.shelf.value;
    expect([items.length, total]).toEqual([22, 24]);
    expect(new Set(items.map(({ example }) => example.row)).size).toBe(22);
  });

  it("of a turned feature have their sides swapped, and their range is asked as found", async () => {
    const { kernel, state, first } = start();
    state.choose(first);
    const found = state.shelves.shelf.value.items[0];
    state.edit(first, { turned: true });
    const seen = state.shelves.shelf.value.items[0];
    expect(seen?.more).toBe(found?.less);
    expect(seen?.less).toBe(found?.more);
    await state.outbox.settled();
    state.shelves.place.value = { tab: "range", seed: 1, range: [1, 2] };
    await until(() => !state.shelves.shelf.value.busy);
    expect(kernel.received.at(-1)?.args.where).toEqual({ kind: "range", low: -2, high: -1 });
  });

  it("ask Python for a whole text by the side as found", async () => {
    const { kernel, state, first } = start({ labels: { d00: { turned: true } } });
    state.choose(first);
    const row = state.shelves.shelf.value.items[0]?.example.row as number;
    await state.shelves.wholeText(row, "more");
    expect(kernel.received.at(-1)?.args).toMatchObject({ row, part: "less", feature: "d00" });
    expect(state.shelves.shelf.value.items[0]?.more.text).toMatch(/and so on$/);
  });

  it("say so when the kernel does not answer, and the snapshot's stay", async () => {
    const { state } = start({ mood: "gone" });
    state.shelves.place.value = { tab: "random", seed: 3, range: null };
    await until(() => state.shelves.shelf.value.error !== null);
    expect(state.shelves.shelf.value.error).toBe("The kernel does not answer.");
    state.shelves.place.value = { tab: "top", seed: 3, range: null };
    expect(state.shelves.shelf.value.items).toHaveLength(12);
  });

  it("in a report are the snapshot's alone, in a range too", () => {
    const { kernel, state } = start({ editable: false });
    const held = kernel.get("snapshot").examples[state.chosen.value?.id ?? ""] ?? [];
    const inside = held.filter(({ more_is, code }) => more_is === "A" && code >= 2.15 && code <= 2.85);
    expect(inside.length).toBeGreaterThan(0);
    state.shelves.place.value = { tab: "range", seed: 1, range: [2.15, 2.85] };
    expect(state.shelves.shelf.value.items.map(({ example }) => example)).toEqual(inside);
    expect(kernel.received).toEqual([]);
  });
});

it("lets go of the model when it goes", () => {
  const { kernel, state } = start();
  expect(kernel.listening).toBeGreaterThan(0);
  state.dispose();
  state.connection.dispose();
  expect(kernel.listening).toBe(0);
});
