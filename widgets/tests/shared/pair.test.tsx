// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from "@testing-library/preact";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Example, Text } from "../../src/protocol";
import { MarkedText } from "../../src/shared/MarkedText";
import { codePoints } from "../../src/shared/marks";
import { PairCard, type PairCardProps, votesInWords } from "../../src/shared/PairCard";

afterEach(cleanup);

const whole = (text: string): Text => ({ text, length: codePoints(text) });
const EXAMPLE: Example = {
  row: 12,
  prompt: 0,
  more: 1,
  less: 2,
  more_is: "B",
  code: 1.234,
  preferred: 7 / 9,
  votes: 9,
};

function card(props: Partial<PairCardProps> = {}) {
  return render(
    <PairCard
      example={EXAMPLE}
      prompt={whole("What is it?")}
      more={whole("It IS so.")}
      less={whole("It is not.")}
      featureName="capitals"
      {...props}
    />,
  );
}
const side = (name: RegExp) => screen.getByRole("article", { name });

describe("a pair", () => {
  it("shows which response has more, which side it was, its code and the votes for each", () => {
    const { container } = card();
    expect(side(/More capitals, response B/).textContent).toContain("7 of 9 chose this");
    expect(side(/Less capitals, response A/).textContent).toContain("2 of 9 chose this");
    expect(container.textContent).toContain("code 1.23");
  });

  it("shows no prompt where there is none", () => {
    const { container } = card({ prompt: whole("") });
    expect(container.textContent).not.toMatch(/prompt|empty/i);
    expect(container.textContent).toContain("code 1.23");
    cleanup();
    expect(card().container.textContent).toMatch(/Prompt.*What is it\?/);
  });

  it("marks the chosen one with a word and not by color alone", () => {
    card();
    expect(side(/More/).textContent).toContain("\u2713 chosen");
    expect(side(/Less/).textContent).not.toContain("\u2713 chosen");
    cleanup();
    card({ example: { ...EXAMPLE, preferred: 0, votes: 1 } });
    expect(side(/Less/).textContent).toContain("\u2713 chosen");
  });

  it("shows a tie as a tie and no vote as none", () => {
    const { container } = card({ example: { ...EXAMPLE, preferred: 0.5, votes: 4 } });
    expect(container.textContent?.match(/= tie/g)).toHaveLength(2);
    expect(container.textContent).not.toContain("\u2713 chosen");
    cleanup();
    expect(card({ example: { ...EXAMPLE, preferred: null, votes: 0 } }).container.textContent).not.toMatch(
      /chosen|tie/,
    );
  });

  it("counts votes, a tie as half to each side", () => {
    expect(votesInWords(2 / 3, 3)).toBe("2 of 3 chose this");
    expect(votesInWords(0.5, 5)).toBe("2.5 of 5 chose this");
    expect(votesInWords(0, 1)).toBe("0 of 1 chose this");
    expect(votesInWords(null, 0)).toBe("no vote");
  });

  it("shows markup as the text that it is", () => {
    const hostile = `<script>window.ran = 1</script><img src=x onerror="window.ran = 1">`;
    const { container } = card({ prompt: whole(hostile), more: whole(hostile), less: whole(hostile) });
    expect(container.querySelector("script, img")).toBeNull();
    expect(container.textContent).toContain(hostile);
  });

  it("folds a long text and says how long it is", () => {
    card({ more: whole("long ".repeat(1000)) });
    const show = screen.getByRole("button", { name: "Show all of the response with more" });
    expect(show.textContent).toBe("show all (5,000 characters)");
    fireEvent.click(show);
    expect(screen.getByRole("region", { name: "the response with more" })).toBeTruthy();
    fireEvent.click(screen.getByRole("button", { name: "Fold the response with more" }));
    expect(screen.queryByRole("region", { name: "the response with more" })).toBeNull();
  });

  it("fetches the rest of a text that was cut, and says what went wrong", async () => {
    const onMoreText = vi.fn().mockRejectedValueOnce(new Error("The kernel does not answer."));
    card({ less: { text: "It is", length: 300 }, onMoreText });
    fireEvent.click(screen.getByRole("button", { name: "Show all of the response with less" }));
    expect(onMoreText).toHaveBeenCalledExactlyOnceWith("less");
    expect((await screen.findByRole("alert")).textContent).toBe("The kernel does not answer.");
    onMoreText.mockResolvedValueOnce(undefined);
    fireEvent.click(screen.getByRole("button", { name: "Show all of the response with less" }));
    await waitFor(() => expect(screen.queryByRole("alert")).toBeNull());
  });

  it("says of a text that a file holds in part how much is missing, and offers what is there", () => {
    const { container } = card({ less: { text: "It is", length: 483 } });
    expect(screen.queryByRole("button", { name: "Show all of the response with less" })).toBeNull();
    expect(container.textContent).toContain("It is \u2026 478 more characters, not in this file");
    cleanup();
    const long = card({ less: { text: "long ".repeat(400), length: 2100 } });
    expect(long.container.textContent).toContain("100 more characters, not in this file");
    expect(screen.getByRole("button", { name: "Show all of the response with less" }).textContent).toBe(
      "show all (2,000 characters)",
    );
  });

  it("asks for highlights on demand, and says when no passage stands out", () => {
    const onHighlight = vi.fn();
    const { rerender, container } = card({ onHighlight });
    fireEvent.click(screen.getByRole("button", { name: "show what drives the code" }));
    expect(onHighlight).toHaveBeenCalledOnce();
    const props = { example: EXAMPLE, prompt: whole("p"), more: whole("m"), less: whole("l"), onHighlight };
    rerender(<PairCard {...props} busy />);
    const busy = screen.getByRole("button", { name: /looking for the passages/ });
    expect(busy.getAttribute("aria-disabled")).toBe("true");
    fireEvent.click(busy);
    expect(onHighlight).toHaveBeenCalledOnce();
    rerender(<PairCard {...props} spans={{ more: [], less: [] }} />);
    expect(container.textContent).toContain("no single passage stands out");
    rerender(<PairCard {...props} spans={{ more: [[0, 1, 0.5]], less: [] }} />);
    fireEvent.click(screen.getByRole("button", { name: "hide highlights" }));
    expect(onHighlight).toHaveBeenCalledTimes(2);
  });

  it("lets each text decide its own direction", () => {
    card({ more: whole("\u0645\u0631\u062d\u0628\u0627") });
    expect(screen.getByText("\u0645\u0631\u062d\u0628\u0627").getAttribute("dir")).toBe("auto");
  });
});

describe("marked text", () => {
  it("marks passages by strength and by sign, and leaves the text as it was", () => {
    const text = "\u{1F600} He SHOUTS and whispers.";
    const { container } = render(
      <MarkedText
        text={text}
        spans={[
          [5, 11, 0.8],
          [16, 24, -0.4],
        ]}
      />,
    );
    const marks = [...container.querySelectorAll("mark")];
    expect(marks.map((mark) => [mark.textContent, mark.className])).toEqual([
      ["SHOUTS", "ws-mark ws-adds"],
      ["whispers", "ws-mark ws-takes"],
    ]);
    expect(marks.map((mark) => mark.style.getPropertyValue("--ws-strength"))).toEqual(["1.00", "0.50"]);
    expect(container.textContent).toBe(text);
  });
});
