// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Brush, Histogram, isDwarfed } from "../../src/shared/Histogram";
import { Interval } from "../../src/shared/Interval";
import { linear } from "../../src/shared/scale";

afterEach(cleanup);

describe("an interval", () => {
  it("says in words what it draws", () => {
    render(
      <Interval
        low={0.052}
        mid={0.091}
        high={0.13}
        domain={[-0.2, 0.2]}
        kind="measured"
        significant={true}
      />,
    );
    expect(screen.getByRole("img").getAttribute("aria-label")).toBe(
      "+9.1 points, 95% interval +5.2 to +13.0, significant",
    );
  });

  it("is round and filled when measured and significant, a hollow diamond when discovered and not", () => {
    const { container } = render(
      <>
        <Interval low={0.1} mid={0.2} high={0.3} domain={[-1, 1]} kind="measured" significant={true} />
        <Interval low={-0.1} mid={0.2} high={0.5} domain={[-1, 1]} kind="discovered" significant={false} />
      </>,
    );
    const [measured, discovered] = [...container.querySelectorAll("svg")];
    expect(measured?.querySelector("circle.ws-dot")).not.toBeNull();
    expect(measured?.classList.contains("ws-hollow")).toBe(false);
    expect(discovered?.querySelector("path.ws-dot")).not.toBeNull();
    expect(discovered?.classList.contains("ws-hollow")).toBe(true);
  });

  it("keeps to its domain and shows by an arrow that it goes on", () => {
    const { container } = render(
      <Interval low={-3} mid={0} high={0.5} domain={[-1, 1]} kind="measured" width={112} />,
    );
    const [zero, whisker] = [...container.querySelectorAll("line")];
    expect(zero?.getAttribute("x1")).toBe("56");
    expect([whisker?.getAttribute("x1"), whisker?.getAttribute("x2")]).toEqual(["6", "81"]);
    expect(container.querySelectorAll("path.ws-whisker")).toHaveLength(1);
  });

  it("is n/a where there is no estimate", () => {
    const { container } = render(<Interval low={null} mid={null} high={null} domain={[-1, 1]} />);
    expect(container.textContent).toBe("n/a");
  });
});

const DATA = { low: -4, high: 4, counts: [1, 2, 10, 20, 30, 12, 3, 1], zero: 1200 };

function Chart({ onBrush, data = DATA }: { onBrush?: (brush: Brush | null) => void; data?: typeof DATA }) {
  const [brush, setBrush] = useState<Brush | null>(null);
  return (
    <Histogram
      data={data}
      brush={brush}
      onBrush={(range) => {
        setBrush(range);
        onBrush?.(range);
      }}
    />
  );
}

describe("the histogram", () => {
  it("is dwarfed by a bar above eight times the median of those that are not empty", () => {
    expect(isDwarfed([0, 1, 3, 17, 0])).toBe(false);
    expect(isDwarfed([0, 2, 2, 16, 0])).toBe(false);
    expect(isDwarfed([1, 3, 3, 25])).toBe(true);
    expect(isDwarfed([1, 3, 25])).toBe(true);
    expect(isDwarfed([])).toBe(false);
  });

  it("says in words how many pairs it shows and how many it does not", () => {
    const { container } = render(<Chart />);
    expect(container.textContent).toContain("79 pairs with a code other than 0");
    expect(container.textContent).toContain("1,200 more with code 0");
  });

  it("is brushed by keyboard, bin by bin, without the handles passing each other", () => {
    const onBrush = vi.fn();
    const { container } = render(<Chart onBrush={onBrush} />);
    const low = screen.getByRole("slider", { name: "lowest code" });
    fireEvent.keyDown(low, { key: "PageUp" });
    expect(onBrush).toHaveBeenLastCalledWith([1, 4]);
    expect(low.getAttribute("aria-valuetext")).toBe("code 1.00");
    expect(container.textContent).toContain("16 pairs with a code from 1.00 to 4.00");
    fireEvent.keyDown(screen.getByRole("slider", { name: "highest code" }), { key: "Home" });
    expect(onBrush).toHaveBeenLastCalledWith([1, 2]);
    fireEvent.keyDown(low, { key: "ArrowRight" });
    expect(onBrush).toHaveBeenCalledTimes(2);
    fireEvent.keyDown(low, { key: "Home" });
    fireEvent.keyDown(screen.getByRole("slider", { name: "highest code" }), { key: "End" });
    expect(onBrush).toHaveBeenLastCalledWith(null);
  });

  it("is brushed by dragging, in either direction, and reports once at the end", () => {
    const onBrush = vi.fn();
    const { container } = render(<Chart onBrush={onBrush} />);
    const plot = container.querySelector(".ws-plot") as HTMLElement;
    plot.getBoundingClientRect = () => new DOMRect(100, 0, 800, 72);
    fireEvent.pointerDown(plot, { clientX: 850, button: 0, pointerId: 1 });
    fireEvent.pointerMove(plot, { clientX: 700, pointerId: 1 });
    fireEvent.pointerMove(plot, { clientX: 610, pointerId: 1 });
    expect(onBrush).not.toHaveBeenCalled();
    fireEvent.pointerUp(plot, { pointerId: 1 });
    expect(onBrush.mock.calls).toEqual([[[1, 4]]]);
    fireEvent.click(screen.getByRole("button", { name: "clear range" }));
    expect(onBrush).toHaveBeenLastCalledWith(null);
  });

  it("drops a drag that the browser takes over for scrolling", () => {
    const onBrush = vi.fn();
    const { container } = render(<Chart onBrush={onBrush} />);
    const plot = container.querySelector(".ws-plot") as HTMLElement;
    fireEvent.pointerDown(plot, { clientX: 5, button: 0, pointerId: 1 });
    fireEvent.pointerCancel(plot, { pointerId: 1 });
    fireEvent.pointerUp(plot, { pointerId: 1 });
    expect(onBrush).not.toHaveBeenCalled();
  });

  it("switches to square roots when a few bars dwarf the rest, says so, and can be switched back", () => {
    expect(isDwarfed(DATA.counts)).toBe(false);
    const dwarfed = { ...DATA, counts: [1, 4, 9, 900, 900, 9, 4, 1] };
    const { container } = render(<Chart data={dwarfed} />);
    const tall = () =>
      [...container.querySelectorAll("rect")].map((bar) => Number(bar.getAttribute("height")));
    expect((tall()[2] ?? 0) / (tall()[3] ?? 1)).toBeCloseTo(0.1, 6);
    fireEvent.click(screen.getByRole("button", { name: "heights: square roots" }));
    expect(screen.getByRole("button", { name: "heights: counts" })).toBeTruthy();
    expect(tall()[3]).toBe(96);
  });

  it("says so when there is nothing to draw", () => {
    const { container } = render(<Chart data={{ low: 0, high: 0, counts: [], zero: 5 }} />);
    expect(container.textContent).toBe("No pair has a code other than 0.");
  });
});

it("a scale maps the ends of its domain to the ends of its range", () => {
  const scale = linear([-2, 2], [0, 100]);
  expect([scale(-2), scale(0), scale(2)]).toEqual([0, 50, 100]);
  expect(linear([1, 1], [5, 9])(1)).toBe(5);
});
