// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type KeyMap, keyboard } from "../../src/shared/keyboard";

let root: HTMLElement;
let button: HTMLButtonElement;
let input: HTMLInputElement;
let control: AbortController;
const lab = vi.fn();

/** Presses a key and says who saw it: the host above, and whether the browser keeps its own doing. */
function press(target: Element, key: string, more: KeyboardEventInit = {}): { host: boolean; kept: boolean } {
  lab.mockClear();
  const event = new KeyboardEvent("keydown", {
    key,
    bubbles: true,
    cancelable: true,
    composed: true,
    ...more,
  });
  target.dispatchEvent(event);
  return { host: lab.mock.calls.length > 0, kept: !event.defaultPrevented };
}

function listen(map: KeyMap): void {
  keyboard(root, map, control.signal);
}

beforeEach(() => {
  control = new AbortController();
  document.body.innerHTML = "";
  root = document.createElement("div");
  button = document.createElement("button");
  input = document.createElement("input");
  root.append(button, input);
  document.body.append(root);
  document.addEventListener("keydown", lab, { signal: control.signal });
});
afterEach(() => control.abort());

describe("keys inside the widget", () => {
  it("that it handles go no further", () => {
    const next = vi.fn();
    listen({ ArrowDown: next });
    expect(press(button, "ArrowDown")).toEqual({ host: false, kept: false });
    expect(next).toHaveBeenCalledOnce();
  });

  it("that JupyterLab would take stay inside, and do in the browser what they do", () => {
    listen({});
    for (const key of ["b", "x", "d", "0", "Enter", "Escape", "ArrowUp", " ", "M", "PageDown"]) {
      expect([key, press(button, key)]).toEqual([key, { host: false, kept: true }]);
    }
    expect(press(button, "Enter", { shiftKey: true }).host).toBe(false);
  });

  it("are marked as the widget's own before Notebook 7 hears them on their way down", async () => {
    listen({ "Mod+z": () => {} });
    const marked: boolean[] = [];
    const hear = (event: Event): void => {
      marked.push((event.target as Element).hasAttribute("data-lm-suppress-shortcuts"));
    };
    document.addEventListener("keydown", hear, { capture: true, signal: control.signal });
    press(button, "b");
    press(button, "z", { ctrlKey: true });
    press(input, "a", { ctrlKey: true });
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(root.querySelector("[data-lm-suppress-shortcuts]")).toBeNull();
    press(button, "s", { ctrlKey: true });
    press(button, "F5");
    press(document.body, "b");
    expect(marked).toEqual([true, true, true, false, false, false]);
  });

  it("stay with the host when they are Tab, a function key or modified", () => {
    listen({ Tab: () => true });
    expect(press(button, "Tab")).toEqual({ host: true, kept: true });
    expect(press(button, "F5")).toEqual({ host: true, kept: true });
    expect(press(button, "s", { ctrlKey: true })).toEqual({ host: true, kept: true });
    expect(press(button, "s", { metaKey: true })).toEqual({ host: true, kept: true });
  });

  it("are told apart by their modifiers", () => {
    const undo = vi.fn();
    const redo = vi.fn();
    const help = vi.fn();
    listen({ "Mod+z": undo, "Mod+Shift+z": redo, "?": help });
    press(button, "z", { ctrlKey: true });
    press(button, "Z", { metaKey: true, shiftKey: true });
    press(button, "?", { shiftKey: true });
    press(button, "z");
    expect([undo, redo, help].map((handler) => handler.mock.calls.length)).toEqual([1, 1, 1]);
  });

  it("keep their default when the handler declines", () => {
    listen({ Escape: () => false });
    expect(press(button, "Escape")).toEqual({ host: false, kept: true });
  });

  it("mean on a control what they mean everywhere: Enter presses a button, letters choose in a menu", () => {
    const handler = vi.fn();
    listen({ Enter: handler, " ": handler, j: handler });
    const menu = root.appendChild(document.createElement("select"));
    for (const key of ["Enter", " "]) expect(press(button, key)).toEqual({ host: false, kept: true });
    expect(press(menu, "j")).toEqual({ host: false, kept: true });
    expect(handler).not.toHaveBeenCalled();
    press(button, "j");
    expect(handler).toHaveBeenCalledOnce();
  });

  it("are not handled twice when a part inside has handled them", () => {
    const handler = vi.fn();
    listen({ ArrowDown: handler });
    button.addEventListener("keydown", (event) => event.preventDefault());
    expect(press(button, "ArrowDown").host).toBe(false);
    expect(handler).not.toHaveBeenCalled();
  });
});

describe("keys in a text field", () => {
  it("are text: not handled, not prevented, not passed on", () => {
    const handler = vi.fn();
    listen({ j: handler, ArrowDown: handler, "Mod+z": handler });
    for (const key of ["j", "b", "ArrowDown", "Enter"]) {
      expect([key, press(input, key)]).toEqual([key, { host: false, kept: true }]);
    }
    for (const key of ["z", "a", "c", "v", "x"]) {
      expect([key, press(input, key, { ctrlKey: true })]).toEqual([key, { host: false, kept: true }]);
    }
    expect(press(input, "s", { ctrlKey: true })).toEqual({ host: true, kept: true });
    expect(press(input, "Tab")).toEqual({ host: true, kept: true });
    expect(handler).not.toHaveBeenCalled();
  });

  it("are keys again in a checkbox", () => {
    const handler = vi.fn();
    listen({ j: handler });
    input.type = "checkbox";
    press(input, "j");
    expect(handler).toHaveBeenCalledOnce();
  });
});

it("keys outside the widget are left alone, and all of them once it is gone", () => {
  const handler = vi.fn();
  listen({ j: handler });
  expect(press(document.body, "j")).toEqual({ host: true, kept: true });
  control.abort();
  document.addEventListener("keydown", lab, { once: true });
  expect(press(button, "j").host).toBe(true);
  expect(handler).not.toHaveBeenCalled();
});
