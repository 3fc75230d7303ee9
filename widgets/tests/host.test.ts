// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LabelerModel } from "../src/protocol";

/** What a page of ours holds; the module is a text, as in the page. */
function pageWith(module: string | null, state: Partial<LabelerModel> | string = {}): HTMLElement {
  const features = [{ feature: "d07" }, { feature: "m_words" }];
  const whole = { snapshot: { features }, labels: {}, work: { editable: false }, selected: "m_words" };
  const text = typeof state === "string" ? state : JSON.stringify({ ...whole, ...state });
  document.body.innerHTML =
    '<section><h2>Features</h2><div id="whimsight-widget" tabindex="-1">wait</div></section>';
  put("whimsight-state", text);
  if (module !== null) put("whimsight-module", JSON.stringify(module));
  return document.getElementById("whimsight-widget") as HTMLElement;
}

function put(id: string, text: string): void {
  const script = document.createElement("script");
  script.type = "application/json";
  script.id = id;
  script.textContent = text;
  document.body.append(script);
}

/** Runs the host; Node imports no Blob addresses, so that what is in the Blob comes as a data address instead. */
async function open(): Promise<void> {
  vi.resetModules();
  await import("../src/host");
}

const shown = (place: HTMLElement) => expect.poll(() => place.textContent);

beforeEach(() => {
  location.hash = "";
  vi.stubGlobal(
    "Blob",
    class {
      constructor(readonly parts: string[]) {}
    },
  );
  vi.spyOn(URL, "createObjectURL").mockImplementation(
    (blob) =>
      `data:text/javascript,${encodeURIComponent((blob as unknown as { parts: string[] }).parts.join(""))}`,
  );
  vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => {});
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

test("draws the module in the place of the waiting text", async () => {
  const place = pageWith(
    "export default { render({ model, el }) { el.textContent = 'chosen ' + model.get('selected') } }",
  );
  await open();
  await shown(place).toBe("chosen m_words");
});

test("takes a module that is a function, and initialises before it draws", async () => {
  const place = pageWith(`export default async () => {
    let before = "";
    return { initialize({ model }) { before = model.get("selected") }, render({ el }) { el.textContent = before } };
  }`);
  await open();
  await shown(place).toBe("m_words");
});

test("tells listeners of a change once, and not of a value that stays", async () => {
  const place = pageWith(`export default { render({ model, el }) {
    const heard = [];
    const gone = () => heard.push("gone");
    model.on("change:selected", () => heard.push(model.get("selected")));
    model.on("change", () => heard.push("any"));
    model.on("change:selected", gone);
    model.off("change:selected", gone);
    model.set("selected", "m_words");
    model.set("selected", "d07");
    model.save_changes();
    model.off();
    model.set("selected", "m_words");
    el.textContent = heard.join(" ");
  } }`);
  await open();
  await shown(place).toBe("d07 any");
});

test("answers every request at once with the reason why there is no more", async () => {
  const place = pageWith(`export default { render({ model, el }) {
    model.on("msg:custom", (answer, buffers) => { el.textContent = JSON.stringify([answer, buffers]) });
    model.send({ kind: "request", id: "r1", name: "examples", args: {} });
  } }`);
  await open();
  await shown(place).toContain('"id":"r1","ok":false');
  const [answer, buffers] = JSON.parse(place.textContent ?? "");
  expect(answer.kind).toBe("answer");
  expect(answer.error.message).toContain("saved copy without Python");
  expect(buffers).toEqual([]);
});

test("chooses the feature that the address names, and follows links to others", async () => {
  const place = pageWith(`export default { render({ model, el }) {
    const draw = () => { el.textContent = model.get("selected") };
    model.on("change:selected", draw);
    draw();
  } }`);
  location.hash = "#d07";
  await open();
  await shown(place).toBe("d07");
  expect(document.activeElement).toBe(place);
  location.hash = "#m_words";
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  await shown(place).toBe("m_words");
  location.hash = "#%E0%A4%A";
  window.dispatchEvent(new HashChangeEvent("hashchange"));
  await shown(place).toBe("m_words");
});

test("goes again to where a link has been followed before", async () => {
  const place = pageWith(`export default { render({ model, el }) {
    const draw = () => { el.textContent = model.get("selected") };
    model.on("change:selected", draw);
    draw();
    el.onclick = () => model.set("selected", "m_words");
  } }`);
  const link = document.createElement("a");
  link.href = "#d07";
  document.body.append(link);
  location.hash = "#d07";
  await open();
  await shown(place).toBe("d07");
  (place.firstElementChild as HTMLElement).click();
  await shown(place).toBe("m_words");
  link.click();
  await shown(place).toBe("d07");
});

test("says in words why nothing is shown, without markup from the reason", async () => {
  const place = pageWith("export default { render() { throw new Error('<b>no room</b>') } }");
  await open();
  await shown(place).toContain("could not be shown here: <b>no room</b>.");
  expect(place.querySelector("b")).toBeNull();
  expect(place.querySelector("[role=alert]")).not.toBeNull();
});

test.each([
  ["a module that is missing", null, {}],
  ["a module that cannot be read", "export default {", {}],
  ["data that are cut off", "export default {}", '{"snapshot": {'],
])("says in words that the page holds %s", async (_, module, state) => {
  const place = pageWith(module, state);
  await open();
  await shown(place).toContain("The features could not be shown here");
});
