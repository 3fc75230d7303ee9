import type { AnyModel } from "@anywidget/types";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { LabelerModel } from "../../src/protocol";
import { connect, isAbort, type Model, RequestError, RequestTimeout } from "../../src/shared/model";

interface Traits {
  selected: string;
}

/** A model as a host gives it: traits, events, and a Python half that a test can write. */
class HostModel implements Model<Traits> {
  readonly state: Traits = { selected: "d00" };
  readonly listeners = new Map<string, Set<(message: unknown) => void>>();
  readonly sent: { id: string; name: string; args: Record<string, unknown> }[] = [];
  saved = 0;
  python: (message: { id: string }) => void = () => {};

  get<K extends keyof Traits>(key: K): Traits[K] {
    return this.state[key];
  }
  set<K extends keyof Traits>(key: K, value: Traits[K]): void {
    this.state[key] = value;
    this.emit(`change:${key}`);
  }
  on(event: string, callback: (message: unknown) => void): void {
    if (!this.listeners.has(event)) this.listeners.set(event, new Set());
    this.listeners.get(event)?.add(callback);
  }
  off(event: string, callback: (message: unknown) => void): void {
    this.listeners.get(event)?.delete(callback);
  }
  save_changes(): void {
    this.saved++;
  }
  send(content: unknown): void {
    const message = content as (typeof this.sent)[number];
    this.sent.push(message);
    this.python(message);
  }
  emit(event: string, message?: unknown): void {
    for (const callback of [...(this.listeners.get(event) ?? [])]) callback(message);
  }
  answer(id: string | undefined, result: unknown): void {
    this.emit("msg:custom", { kind: "answer", id, ok: true, result });
  }
  get listening(): number {
    return [...this.listeners.values()].reduce((all, callbacks) => all + callbacks.size, 0);
  }
}

const asked = { feature: "d00" };
let model: HostModel;

beforeEach(() => {
  vi.useFakeTimers();
  model = new HostModel();
});
afterEach(() => {
  vi.useRealTimers();
});

describe("a request", () => {
  it("settles with Python's result and says that the kernel lives", async () => {
    const connection = connect<Traits>(model);
    expect(connection.live.value).toBe("unknown");
    const reply = connection.request("suggest", asked);
    expect(model.sent[0]).toMatchObject({ kind: "request", name: "suggest", args: asked });
    model.answer(model.sent[0]?.id, { suggestions: [] });
    await expect(reply).resolves.toEqual({ suggestions: [] });
    expect(connection.live.value).toBe("live");
  });

  it("rejects with Python's error, its type and its message", async () => {
    model.python = ({ id }) =>
      model.emit("msg:custom", {
        kind: "answer",
        id,
        ok: false,
        error: { type: "LabelsError", message: "full disk" },
      });
    const failed = await connect<Traits>(model)
      .request("undo", {})
      .catch((error: unknown) => error);
    expect(failed).toBeInstanceOf(RequestError);
    expect(failed).toMatchObject({ type: "LabelsError", message: "full disk" });
  });

  it("gives up after ten seconds with words about what to do, and comes back to life with a late answer", async () => {
    const connection = connect<Traits>(model);
    const failed = connection.request("undo", {}).catch((error: unknown) => error);
    await vi.advanceTimersByTimeAsync(9_999);
    expect(connection.live.value).toBe("unknown");
    await vi.advanceTimersByTimeAsync(1);
    expect(await failed).toBeInstanceOf(RequestTimeout);
    expect(((await failed) as Error).message).toMatch(/^The kernel does not answer\./);
    expect(connection.live.value).toBe("gone");
    model.answer(model.sent[0]?.id, {});
    expect(connection.live.value).toBe("live");
  });

  it("waits up to a minute for highlights", async () => {
    const connection = connect<Traits>(model);
    const reply = connection.request("highlights", { feature: "d00", row: 3 });
    await vi.advanceTimersByTimeAsync(59_000);
    model.answer(model.sent[0]?.id, { more: [], less: [] });
    await expect(reply).resolves.toEqual({ more: [], less: [] });
  });

  it("takes a host's no for what it is: nobody is there", async () => {
    model.python = ({ id }) => {
      const error = { type: "NoKernel", message: "a saved copy" };
      model.emit("msg:custom", { kind: "answer", id, ok: false, error });
    };
    const connection = connect<Traits>(model);
    await expect(connection.request("undo", {})).rejects.toMatchObject({ type: "NoKernel" });
    expect(connection.live.value).toBe("gone");
  });

  it("fails at once when the host cannot send", async () => {
    model.python = () => {
      throw new Error("Comm is closed");
    };
    const connection = connect<Traits>(model);
    await expect(connection.request("undo", {})).rejects.toBeInstanceOf(RequestTimeout);
    expect(connection.live.value).toBe("gone");
  });

  it("can be called off", async () => {
    const control = new AbortController();
    const reply = connect<Traits>(model).request("undo", {}, { signal: control.signal });
    control.abort();
    const reason = await reply.catch((error: unknown) => error);
    expect(isAbort(reason)).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("hears only its own view's answers", async () => {
    const [one, two] = [connect<Traits>(model), connect<Traits>(model)];
    const first = one.request("suggest", asked);
    const second = two.request("suggest", asked);
    expect(new Set(model.sent.map(({ id }) => id)).size).toBe(2);
    model.answer("someone-else:1", { suggestions: ["stray"] });
    model.emit("msg:custom", "not a message");
    model.emit("msg:custom", null);
    expect(one.live.value).toBe("unknown");
    model.answer(model.sent[1]?.id, { suggestions: [2] });
    model.answer(model.sent[0]?.id, { suggestions: [1] });
    expect(await first).toEqual({ suggestions: [1] });
    expect(await second).toEqual({ suggestions: [2] });
  });
});

describe("traits", () => {
  it("are signals that follow the model, one listener each", () => {
    const connection = connect<Traits>(model);
    const selected = connection.trait("selected");
    expect(connection.trait("selected")).toBe(selected);
    expect(selected.value).toBe("d00");
    model.set("selected", "d01");
    expect(selected.value).toBe("d01");
    expect(model.listeners.get("change:selected")?.size).toBe(1);
  });

  it("can be set, are saved, and stay set where saving fails", () => {
    const connection = connect<Traits>(model);
    const selected = connection.trait("selected");
    connection.set("selected", "d02");
    expect([model.state.selected, selected.value, model.saved]).toEqual(["d02", "d02", 1]);
    model.save_changes = () => {
      throw new Error("Comm is closed");
    };
    connection.set("selected", "d03");
    expect(selected.value).toBe("d03");
  });
});

it("a closed connection leaves no listener, no timer and no promise behind", async () => {
  const connection = connect<Traits>(model);
  connection.trait("selected");
  const reply = connection.request("undo", {}).catch((error: unknown) => error);
  connection.dispose();
  expect(isAbort(await reply)).toBe(true);
  expect(isAbort(await connection.request("undo", {}).catch((error: unknown) => error))).toBe(true);
  expect([model.listening, vi.getTimerCount()]).toEqual([0, 0]);
});

it("takes anywidget's model as it is", () => {
  const through = (given: AnyModel<LabelerModel>) => connect<LabelerModel>(given).trait("work");
  expect(through).toBeTypeOf("function");
});
