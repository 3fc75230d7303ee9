// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { runningWords, Verify, type VerifyProps } from "../src/labeler/Verify";
import type { Question, Verification } from "../src/protocol";
import { RequestError, RequestTimeout } from "../src/shared/model";

afterEach(cleanup);

/** Stands for the Python half: asks as many questions as it has, and keeps the answers. */
class Python {
  answers: [token: string, answer: string][] = [];
  left = 30;
  fail: Error | null = null;
  hold = false;

  verification(): Verification {
    const n = this.answers.length;
    return {
      judges: [
        {
          judge: "person",
          r: n > 1 ? 0.45 : null,
          low: n >= 10 ? 0.05 : null,
          high: n >= 10 ? 0.72 : null,
          n,
        },
        { judge: "formula", r: 0.58, low: 0.27, high: 0.78, n: 120 },
      ],
      alpha: n > 1 ? 0.41 : null,
      answered: n,
    };
  }
  hasPrompts = true;
  question(): Question | null {
    const n = this.answers.length;
    if (n >= this.left) return null;
    const text = (words: string) => ({ text: words, length: words.length });
    return {
      token: `token-${n}`,
      prompt: text(this.hasPrompts ? `prompt ${n}` : ""),
      first: text(`one ${n}`),
      second: text(`two ${n}`),
    };
  }
  async take(name: string, args: unknown): Promise<unknown> {
    if (this.hold) await new Promise(() => {});
    if (this.fail) throw this.fail;
    if (name === "question") return { question: this.question(), verification: this.verification() };
    const { token, answer } = args as { token: string; answer: string };
    this.answers.push([token, answer]);
    return { verification: this.verification() };
  }
  connection = {
    request: vi.fn((name: string, args: unknown) => this.take(name, args)),
  } as unknown as VerifyProps["connection"];
}

let python: Python;
const closed = vi.fn();
beforeEach(() => {
  python = new Python();
  closed.mockClear();
});

function open() {
  return render(<Verify connection={python.connection} feature="d08" name="hedging" onClose={closed} />);
}
const test = () => screen.getByRole("region", { name: "Blind test of hedging" });
const press = (key: string, more = {}) =>
  fireEvent.keyDown(document.activeElement ?? test(), { key, ...more });

async function answerAll(keys: string): Promise<void> {
  for (const key of keys) {
    const answered = python.answers.length;
    await screen.findByText(`prompt ${answered}`);
    press(key);
    await waitFor(() => expect(python.answers).toHaveLength(answered + 1));
  }
}

describe("the blind test", () => {
  it("shows no prompt where the data has none", async () => {
    python.hasPrompts = false;
    const { container } = open();
    await screen.findByText("one 0");
    expect(container.textContent).not.toMatch(/prompt/i);
  });

  it("shows a prompt and two responses as they were sent, and asks for the name", async () => {
    const { container } = open();
    await screen.findByText("prompt 0");
    expect(screen.getByRole("region", { name: "First response" }).textContent).toContain("one 0");
    expect(screen.getByRole("region", { name: "Second response" }).textContent).toContain("two 0");
    expect(container.textContent).toContain("Which has more of hedging?");
  });

  it("is answered by the keys 1, 2 and 0, and goes on to the next pair", async () => {
    open();
    await answerAll("120");
    expect(python.answers).toEqual([
      ["token-0", "first"],
      ["token-1", "second"],
      ["token-2", "tie"],
    ]);
    expect(await screen.findByText("prompt 3")).toBeTruthy();
  });

  it("is answered by buttons too", async () => {
    open();
    await screen.findByText("prompt 0");
    fireEvent.click(screen.getByRole("button", { name: "0 neither, or the same" }));
    await screen.findByText("prompt 1");
    expect(python.answers).toEqual([["token-0", "tie"]]);
  });

  it("takes a key once, held down or hit twice", async () => {
    open();
    await screen.findByText("prompt 0");
    press("1");
    press("1");
    press("1", { repeat: true });
    await screen.findByText("prompt 1");
    press("2", { repeat: true });
    expect(python.answers).toEqual([["token-0", "first"]]);
  });

  it("keeps its keys from the notebook, and leaves by Escape", async () => {
    const lab = vi.fn();
    document.addEventListener("keydown", lab);
    open();
    await screen.findByText("prompt 0");
    expect(document.activeElement).toBe(test());
    press("1");
    press("Escape");
    press("s", { ctrlKey: true });
    expect(lab).toHaveBeenCalledOnce();
    expect(closed).toHaveBeenCalledOnce();
    document.removeEventListener("keydown", lab);
  });

  it("says no number before there are ten answers, then the correlation with its interval", async () => {
    open();
    await answerAll("1201201");
    await screen.findByText("prompt 7");
    const status = screen.getByRole("status");
    expect(status.textContent).toBe("7 answered; an interval needs 10");
    expect(screen.getByRole("row", { name: /person/ }).textContent).not.toContain("0.45");
    await answerAll("201");
    await screen.findByText("prompt 10");
    expect(status.textContent).toBe("10 answered; correlation with the code 0.45, 95% interval 0.05 to 0.72");
    expect(screen.getAllByRole("img", { name: "0.45, 95% interval 0.05 to 0.72, significant" })).toHaveLength(
      2,
    );
  });

  it("says so when ten answers or more give no correlation", () => {
    const person = { judge: "person", r: null, low: null, high: null, n: 12 };
    expect(runningWords(12, person)).toMatch(/^12 answered; no correlation yet/);
    expect(runningWords(12, undefined)).toMatch(/^12 answered; no correlation yet/);
  });

  it("puts nothing on the page but the texts: no token, code or vote", async () => {
    const { container } = open();
    await screen.findByText("prompt 0");
    expect(container.innerHTML).not.toContain("token-0");
    expect(container.innerHTML).not.toMatch(/chosen|votes? of|response [AB]|data-(?!open)/);
  });

  it("puts the person beside the other judges, with their agreement", async () => {
    const { container } = open();
    await answerAll("12");
    await screen.findByText("prompt 2");
    expect(screen.getByRole("row", { name: /formula/ }).textContent).toContain("0.27 to 0.78120");
    expect(container.textContent).toContain("between judges: 0.41");
  });

  it("ends when no pairs are left", async () => {
    python.left = 2;
    open();
    await answerAll("12");
    expect(await screen.findByText("No pairs are left: you judged all 2 pairs of the test.")).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Back to the feature" }));
    expect(closed).toHaveBeenCalledOnce();
  });

  it("says when there is nothing to test on", async () => {
    python.left = 0;
    open();
    expect(await screen.findByText(/There are no held-out pairs/)).toBeTruthy();
  });
});

describe("when something goes wrong", () => {
  it("says that the kernel does not answer, and tries again when asked to", async () => {
    python.fail = new RequestTimeout("question");
    open();
    expect((await screen.findByRole("alert")).textContent).toMatch(/^The kernel does not answer\./);
    python.fail = null;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("prompt 0")).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
  });

  it("loses no answer: trying again sends the same one", async () => {
    open();
    await screen.findByText("prompt 0");
    python.fail = new RequestError("LabelsError", "The disk is full.");
    press("2");
    expect((await screen.findByRole("alert")).textContent).toContain("The disk is full.");
    python.fail = null;
    fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    await screen.findByText("prompt 1");
    expect(python.answers).toEqual([["token-0", "second"]]);
  });

  it("goes on with another pair where an answer is not taken", async () => {
    open();
    await screen.findByText("prompt 0");
    python.fail = new RequestError("ValueError", "This question was answered before.");
    press("2");
    await screen.findByRole("alert");
    python.fail = null;
    fireEvent.click(screen.getByRole("button", { name: "Another pair" }));
    expect(await screen.findByText("prompt 0")).toBeTruthy();
    expect(python.answers).toEqual([]);
  });

  it("calls its request off when it is left", async () => {
    python.hold = true;
    const { unmount } = open();
    const [, , options] = vi.mocked(python.connection.request).mock.calls[0] ?? [];
    unmount();
    await waitFor(() => expect(options?.signal?.aborted).toBe(true));
  });
});
