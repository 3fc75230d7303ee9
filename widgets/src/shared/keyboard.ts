/**
 * Keys inside a widget. JupyterLab listens above the widget and takes plain keys ("b" inserts a cell, "x" cuts one),
 * so none of them leaves the root while focus is inside; Notebook 7 listens on the way down to the focus, so there
 * the focus is marked as none of its business. Nothing outside the root is touched.
 */

/** What a key does; returning false says "not for me", and the browser's own doing stays. */
export type KeyHandler = (event: KeyboardEvent) => unknown;

/** Handlers by key: "ArrowDown", "j", "Shift+Enter", "Mod+z" (Ctrl, or Cmd on a Mac). */
export type KeyMap = Record<string, KeyHandler>;

const TYPED = new Set(["text", "search", "email", "url", "tel", "password", "number", "date", ""]);
/** With Ctrl or Cmd these edit text; Lab would edit cells. */
const EDITING = new Set(["a", "c", "v", "x", "y", "z", "arrowleft", "arrowright", "backspace", "delete"]);

/** Whether keys typed there are text. */
export function isTextField(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return TYPED.has(target.type);
  return target instanceof HTMLTextAreaElement || target.isContentEditable === true;
}

/** Whether the browser gives the key a meaning on that control: Enter on a button, letters in a menu. */
function isNative(target: EventTarget | null, key: string): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("select, input[type=radio], input[type=range]")) return key !== "Escape";
  return (key === "Enter" || key === " ") && target.closest("button, a[href], summary, input") !== null;
}

/** The name of a key press in a `KeyMap`. */
export function keyName(event: KeyboardEvent): string {
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  // Shift is part of what a character is ("?" or "+"), but not of a letter.
  const shift = event.shiftKey && (event.key.length > 1 || key !== event.key.toUpperCase());
  const mod = event.ctrlKey || event.metaKey;
  return `${mod ? "Mod+" : ""}${event.altKey ? "Alt+" : ""}${shift ? "Shift+" : ""}${key}`;
}

function hasSelection(root: HTMLElement): boolean {
  const selection = root.ownerDocument.getSelection();
  return selection !== null && !selection.isCollapsed && root.contains(selection.anchorNode);
}

/** Where Lumino's shortcuts find this on the very element that has the focus, they leave the key alone. */
const QUIET = "data-lm-suppress-shortcuts";

export function keyboard(root: HTMLElement, map: KeyMap, signal?: AbortSignal): void {
  const isModified = (event: KeyboardEvent): boolean => event.ctrlKey || event.metaKey || event.altKey;

  /** Whether the key is the widget's, be it only to mean nothing. */
  function keeps(event: KeyboardEvent): boolean {
    if (event.key === "Tab") return false;
    const modified = isModified(event);
    const key = event.key.toLowerCase();
    if (isTextField(event.target) || event.isComposing) return !modified || EDITING.has(key);
    if (modified) return map[keyName(event)] !== undefined || (key === "c" && hasSelection(root));
    return !/^F\d+$/.test(event.key) || map[event.key] !== undefined;
  }

  function press(event: KeyboardEvent): void {
    if (keeps(event)) event.stopPropagation();
    const typing = isTextField(event.target) || event.isComposing;
    const native = !isModified(event) && isNative(event.target, event.key);
    if (event.key === "Tab" || typing || native || event.defaultPrevented) return;
    const handler = map[keyName(event)];
    if (handler && handler(event) !== false) event.preventDefault();
  }

  // Notebook 7 listens on the way down, before anything inside hears of a key, where nothing could be stopped.
  function hush(event: KeyboardEvent): void {
    const { target } = event;
    if (!(target instanceof Element) || !root.contains(target) || !keeps(event)) return;
    target.setAttribute(QUIET, "");
    setTimeout(() => target.removeAttribute(QUIET));
  }

  root.addEventListener("keydown", press, signal ? { signal } : undefined);
  root.ownerDocument.defaultView?.addEventListener("keydown", hush, {
    capture: true,
    ...(signal ? { signal } : {}),
  });
}
