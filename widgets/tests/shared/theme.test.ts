// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { luminance, watchTheme } from "../../src/shared/theme";

let root: HTMLElement;
let control: AbortController;
const later = () => new Promise((resolve) => setTimeout(resolve, 20));

beforeEach(() => {
  control = new AbortController();
  root = document.body.appendChild(document.createElement("div"));
});
afterEach(() => {
  control.abort();
  document.body.removeAttribute("style");
  root.remove();
  vi.restoreAllMocks();
});

describe("the theme", () => {
  it("is JupyterLab's, by the luminance of its background, and follows it", async () => {
    root.style.setProperty("--jp-layout-color0", "rgb(17, 17, 17)");
    watchTheme(root, control.signal);
    expect(root.dataset.theme).toBe("dark");
    root.style.setProperty("--jp-layout-color0", "rgb(250, 250, 250)");
    document.body.dataset.jpThemeName = "JupyterLab Light";
    await later();
    expect(root.dataset.theme).toBe("light");
    expect(root.childElementCount).toBe(0);
  });

  it("is that of the page behind the widget where there is no JupyterLab", () => {
    document.body.style.backgroundColor = "rgb(20, 20, 30)";
    watchTheme(root, control.signal);
    expect(root.dataset.theme).toBe("dark");
  });

  it("is otherwise what the person prefers", () => {
    const listeners: (() => void)[] = [];
    const media = {
      matches: true,
      addEventListener: (_: string, listener: () => void) => listeners.push(listener),
      removeEventListener: vi.fn(),
    };
    vi.spyOn(window, "matchMedia").mockReturnValue(media as unknown as MediaQueryList);
    watchTheme(root, control.signal);
    expect(root.dataset.theme).toBe("dark");
    media.matches = false;
    for (const listener of listeners) listener();
    expect(root.dataset.theme).toBe("light");
    control.abort();
    expect(media.removeEventListener).toHaveBeenCalledOnce();
  });

  it("stops following when the view goes", async () => {
    watchTheme(root, control.signal);
    control.abort();
    root.style.setProperty("--jp-layout-color0", "rgb(0, 0, 0)");
    document.body.dataset.jpThemeName = "JupyterLab Dark";
    await later();
    expect(root.dataset.theme).toBe("light");
  });
});

it("luminance is WCAG's", () => {
  expect(luminance([1, 1, 1])).toBeCloseTo(1, 10);
  expect(luminance([0, 0, 0])).toBe(0);
  expect(luminance([0x77 / 255, 0x77 / 255, 0x77 / 255])).toBeCloseTo(0.1845, 4);
});
