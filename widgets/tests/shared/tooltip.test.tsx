// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { afterEach, expect, it, vi } from "vitest";
import { Tip } from "../../src/shared/Tooltip";

afterEach(cleanup);

const tip = () => document.querySelector("[role=tooltip]");
const isOpen = () => tip()?.getAttribute("data-open") === "true";

it("a tip describes the control inside, which alone takes the focus", () => {
  const { container } = render(
    <Tip text="Change of the win rate">
      <button type="button">delta-win</button>
    </Tip>,
  );
  expect(screen.getByRole("button").getAttribute("aria-describedby")).toBe(tip()?.id);
  expect(container.querySelectorAll("[tabindex]")).toHaveLength(0);
});

it("plain words with a tip can be reached by keyboard", () => {
  const { container } = render(<Tip text="Change of the win rate">delta-win</Tip>);
  const anchor = container.firstElementChild;
  expect([anchor?.getAttribute("tabindex"), anchor?.getAttribute("aria-describedby")]).toEqual([
    "0",
    tip()?.id,
  ]);
});

it("opens on hover and on focus, and closes on leaving and on Escape, which goes no further", () => {
  const outer = vi.fn();
  const { container } = render(
    // biome-ignore lint/a11y/noStaticElementInteractions: stands for the widget around
    <div onKeyDown={outer}>
      <Tip text="words">delta-win</Tip>
    </div>,
  );
  const anchor = container.querySelector(".ws-tip-anchor") as HTMLElement;
  fireEvent.mouseEnter(anchor);
  expect(isOpen()).toBe(true);
  fireEvent.mouseLeave(anchor);
  expect(isOpen()).toBe(false);
  fireEvent.focusIn(anchor);
  expect(isOpen()).toBe(true);
  fireEvent.keyDown(anchor, { key: "Escape" });
  expect(isOpen()).toBe(false);
  expect(outer).not.toHaveBeenCalled();
  fireEvent.keyDown(anchor, { key: "Escape" });
  expect(outer).toHaveBeenCalledOnce();
});
