/** Light or dark, as the place is in which the widget stands. */
import "./theme.css";

export type Theme = "light" | "dark";

type Rgba = [red: number, green: number, blue: number, alpha: number];

/** A computed color ("rgb(...)", "rgba(...)", "color(srgb ...)"), channels 0 to 1. */
function parse(color: string): Rgba | null {
  const numbers = color.match(/-?[\d.]+(?:e-?\d+)?%?/g)?.map((part) => {
    return part.endsWith("%") ? Number.parseFloat(part) / 100 : Number.parseFloat(part);
  });
  const [red, green, blue, alpha = 1] = numbers ?? [];
  if (red === undefined || green === undefined || blue === undefined) return null;
  if (color.startsWith("rgb")) return [red / 255, green / 255, blue / 255, alpha];
  return color.startsWith("color(srgb") ? [red, green, blue, alpha] : null;
}

/** Relative luminance (WCAG 2), 0 black to 1 white. */
export function luminance([red, green, blue]: readonly number[]): number {
  const linear = (channel = 0): number =>
    channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
  return 0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue);
}

function themeOf(color: string): Theme | null {
  const parsed = parse(color);
  if (!parsed || parsed[3] < 0.5) return null;
  return luminance(parsed) < 0.4 ? "dark" : "light";
}

/** JupyterLab's background in whatever notation its theme has; the browser works it out. */
function jupyterTheme(root: HTMLElement): Theme | null {
  const value = getComputedStyle(root).getPropertyValue("--jp-layout-color0").trim();
  if (!value) return null;
  const probe = root.ownerDocument.createElement("span");
  probe.style.color = value;
  probe.hidden = true;
  root.append(probe);
  const color = getComputedStyle(probe).color;
  probe.remove();
  return themeOf(color);
}

/** The element around, through the edge of a shadow tree. */
function parent(element: Element): Element | null {
  const around = element.parentNode;
  return around instanceof ShadowRoot ? around.host : element.parentElement;
}

/** The first opaque background behind the widget: VS Code, marimo, a report. */
function surroundings(root: HTMLElement): Theme | null {
  for (let element = parent(root); element; element = parent(element)) {
    const theme = themeOf(getComputedStyle(element).backgroundColor);
    if (theme) return theme;
  }
  return null;
}

/** Keeps `data-theme` on the root in step with the page until the signal aborts. */
export function watchTheme(root: HTMLElement, signal?: AbortSignal): void {
  const page = root.ownerDocument;
  const media = page.defaultView?.matchMedia?.("(prefers-color-scheme: dark)");
  const update = (): void => {
    const theme = jupyterTheme(root) ?? surroundings(root) ?? (media?.matches ? "dark" : "light");
    if (root.dataset.theme !== theme) root.dataset.theme = theme;
  };
  // A theme's stylesheet may come after the attribute that announces it.
  let later: ReturnType<typeof setTimeout> | undefined;
  const changed = (): void => {
    update();
    clearTimeout(later);
    later = setTimeout(update, 300);
  };
  const observer = new MutationObserver(changed);
  for (const element of [page.documentElement, page.body]) {
    if (element) observer.observe(element, { attributes: true });
  }
  media?.addEventListener("change", changed);
  signal?.addEventListener("abort", () => {
    observer.disconnect();
    clearTimeout(later);
    media?.removeEventListener("change", changed);
  });
  update();
  // At render the element often is not in the page yet, and has no styles to read.
  if (!root.isConnected) later = setTimeout(update, 0);
}
