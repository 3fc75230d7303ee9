// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen } from "@testing-library/preact";
import { useState } from "preact/hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { VirtualList, type VirtualListProps } from "../../src/shared/VirtualList";

afterEach(cleanup);

function List(props: Partial<VirtualListProps> & { start?: number; heard?: (index: number) => void }) {
  const [active, setActive] = useState(props.start ?? 0);
  return (
    <VirtualList
      count={50_000}
      estimate={40}
      label="Features"
      active={active}
      onActive={(index) => {
        setActive(index);
        props.heard?.(index);
      }}
      renderRow={(index) => `row ${index}`}
      {...props}
    />
  );
}

/** The row that a screen reader is led to. */
function current(list: HTMLElement): HTMLElement | null {
  return document.getElementById(list.getAttribute("aria-activedescendant") ?? "");
}

describe("a long list", () => {
  it("draws the rows in view and no more, and says how many there are", () => {
    render(<List />);
    const rows = screen.getAllByRole("option");
    expect(rows.length).toBeGreaterThan(5);
    expect(rows.length).toBeLessThan(40);
    expect(rows[0]?.getAttribute("aria-setsize")).toBe("50000");
    expect(rows[0]?.getAttribute("aria-posinset")).toBe("1");
  });

  it("is one stop for Tab, with arrows, pages and ends, and stops at the ends", () => {
    const heard = vi.fn();
    render(<List heard={heard} />);
    const list = screen.getByRole("listbox", { name: "Features" });
    expect(list.tabIndex).toBe(0);
    const press = (key: string) => fireEvent.keyDown(list, { key });
    press("ArrowUp");
    expect(heard).toHaveBeenLastCalledWith(0);
    press("ArrowDown");
    expect(heard).toHaveBeenLastCalledWith(1);
    press("End");
    expect(heard).toHaveBeenLastCalledWith(49_999);
    expect(current(list)?.textContent).toBe("row 49999");
    press("ArrowDown");
    expect(heard).toHaveBeenLastCalledWith(49_999);
    press("Home");
    expect(current(list)?.textContent).toBe("row 0");
  });

  it("keeps the active row in the page wherever the view is", () => {
    render(<List start={40_000} />);
    const list = screen.getByRole("listbox");
    expect(current(list)?.textContent).toBe("row 40000");
    expect(current(list)?.getAttribute("aria-selected")).toBe("true");
  });

  it("leaves modified keys and keys of controls in a row alone", () => {
    const heard = vi.fn();
    render(<List heard={heard} renderRow={(index) => <button type="button">{index}</button>} />);
    fireEvent.keyDown(screen.getByRole("listbox"), { key: "ArrowDown", ctrlKey: true });
    fireEvent.keyDown(screen.getByRole("button", { name: "3" }), { key: "ArrowDown" });
    expect(heard).not.toHaveBeenCalled();
  });

  it("chooses on click and opens on Enter", () => {
    const opened = vi.fn();
    render(<List onOpen={opened} />);
    fireEvent.click(screen.getByText("row 4"));
    fireEvent.keyDown(screen.getByRole("listbox"), { key: "Enter" });
    expect(opened).toHaveBeenCalledExactlyOnceWith(4);
  });

  it("as a grid counts its header among the rows", () => {
    render(<List role="grid" header="names" renderRow={(index) => `cell ${index}`} />);
    expect(screen.getByRole("grid").getAttribute("aria-rowcount")).toBe("50001");
    expect(current(screen.getByRole("grid"))?.getAttribute("aria-rowindex")).toBe("2");
  });

  it("as a plain list of things to read chooses nothing", () => {
    render(
      <VirtualList
        role="list"
        count={3}
        estimate={100}
        label="Pairs"
        renderRow={(index) => `pair ${index}`}
      />,
    );
    expect(screen.getAllByRole("listitem").map((item) => item.getAttribute("aria-selected"))).toEqual([
      null,
      null,
      null,
    ]);
  });

  it("follows a shorter list after filtering and can be empty", () => {
    const { rerender, container } = render(<List start={49_999} />);
    rerender(<List start={49_999} count={2} />);
    expect(container.querySelectorAll(".ws-row")).toHaveLength(2);
    expect(screen.getByRole("listbox").hasAttribute("aria-activedescendant")).toBe(false);
    rerender(<List count={0} />);
    expect(container.querySelectorAll(".ws-row")).toHaveLength(0);
    fireEvent.keyDown(screen.getByRole("listbox"), { key: "End" });
  });
});
