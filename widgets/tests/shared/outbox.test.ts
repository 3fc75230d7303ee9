import { describe, expect, it } from "vitest";
import { createOutbox, type Edit, overlay } from "../../src/shared/outbox";

class Late extends Error {}
const named = (feature: string, name: string): Edit => ({ feature, changes: { name } });

/** A receiver whose answers the test decides on. */
function receiver() {
  const sent: string[] = [];
  const moods: ("well" | "late" | "ill")[] = [];
  const send = async ({ changes }: Edit): Promise<void> => {
    sent.push(changes.name ?? "");
    await Promise.resolve();
    const mood = moods.shift() ?? "well";
    if (mood === "late") throw new Late();
    if (mood === "ill") throw new Error("The disk is full.");
  };
  return { sent, moods, send, isTimeout: (error: unknown) => error instanceof Late, pause: () => 1 };
}

describe("labels with edits on their way", () => {
  it("show the edits in order, over what Python said", () => {
    const labels = { d01: { name: "old", note: "kept" } };
    const seen = overlay(labels, [named("d01", "new"), named("d02", "other"), named("d01", "newer")]);
    expect(seen).toEqual({ d01: { name: "newer", note: "kept" }, d02: { name: "other" } });
    expect(labels).toEqual({ d01: { name: "old", note: "kept" } });
  });
});

describe("a name that is given", () => {
  it("has neither the fidelity of the one before nor its judge; a note leaves both", () => {
    const labels = {
      d01: { name: "old", fidelity: [0.6, 0.4, 0.8] as [number, number, number], judge: "tiny" },
    };
    expect(overlay(labels, [named("d01", "new")])).toEqual({ d01: { name: "new" } });
    expect(overlay(labels, [{ feature: "d01", changes: { note: "seen" } }])).toEqual({
      d01: { ...labels.d01, note: "seen" },
    });
  });
});

describe("the outbox", () => {
  it("sends one edit after the other, in order", async () => {
    const python = receiver();
    const outbox = createOutbox(python);
    for (const name of ["one", "two", "three"]) outbox.push(named("d01", name));
    expect(outbox.saving.value).toEqual({ kind: "saving", count: 1 });
    await outbox.settled();
    expect(python.sent).toEqual(["one", "two", "three"]);
    expect(outbox.saving.value).toEqual({ kind: "saved" });
    expect(outbox.pending.value).toEqual([]);
  });

  it("keeps an edit that was not answered, says so, and sends it again before the next one", async () => {
    const python = receiver();
    python.moods.push("late", "late");
    const outbox = createOutbox(python);
    const states: string[] = [];
    outbox.saving.subscribe(({ kind }) => states.push(kind));
    outbox.push(named("d01", "one"));
    outbox.push(named("d02", "two"));
    await outbox.settled();
    expect(python.sent).toEqual(["one", "one", "one", "two"]);
    expect(states).toContain("waiting");
    expect(states.at(-1)).toBe("saved");
    expect(outbox.failure.value).toBeNull();
  });

  it("takes back an edit that Python refuses, with its message, and goes on", async () => {
    const python = receiver();
    python.moods.push("ill");
    const outbox = createOutbox(python);
    outbox.push(named("d01", "one"));
    outbox.push(named("d02", "two"));
    await outbox.settled();
    expect(python.sent).toEqual(["one", "two"]);
    expect(outbox.pending.value).toEqual([]);
    expect(outbox.failure.value).toEqual({ message: "The disk is full.", edit: named("d01", "one") });
  });

  it("gives back the last edit that was not sent yet, never one on its way", async () => {
    const python = receiver();
    const outbox = createOutbox(python);
    outbox.push(named("d01", "one"));
    expect(outbox.takeBack()).toBeNull();
    outbox.push(named("d01", "two"));
    expect(outbox.takeBack()).toEqual(named("d01", "two"));
    await outbox.settled();
    expect(python.sent).toEqual(["one"]);
  });

  it("begins with what an earlier page could not send, and forgets it once it is sent", async () => {
    const python = receiver();
    const kept: Edit[][] = [[named("d09", "from before")]];
    const keep = { load: () => kept[0] ?? [], save: (edits: readonly Edit[]) => void kept.push([...edits]) };
    const outbox = createOutbox({ ...python, keep });
    await outbox.settled();
    expect(python.sent).toEqual(["from before"]);
    expect(kept.at(-1)).toEqual([]);
  });

  it("stops sending when the view goes, and what waits stays kept", async () => {
    const python = receiver();
    python.moods.push("late");
    const kept: (readonly Edit[])[] = [];
    const outbox = createOutbox({
      ...python,
      pause: () => 10_000,
      keep: { load: () => [], save: (edits) => void kept.push(edits) },
    });
    outbox.push(named("d01", "one"));
    await Promise.resolve();
    await Promise.resolve();
    outbox.stop();
    await outbox.settled();
    expect(python.sent).toEqual(["one"]);
    expect(kept.at(-1)).toEqual([named("d01", "one")]);
  });
});
