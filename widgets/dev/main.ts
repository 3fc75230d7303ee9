/**
 * Mounts the labeler on a page of its own. The address chooses what to see:
 * `#model=none&mood=gone&editable=0&theme=dark&width=480&features=300&hostile=1&names_only=1&empty=1&loading=1`.
 */
import type { Label, Snapshot } from "../src/protocol";
import widget from "../src/labeler/index";
import { fixture } from "./fixture";
import { FakeKernel, type Mood } from "./kernel";
import type { FakeModel } from "./naming";

const given = document.getElementById("snapshot")?.textContent ?? "null";
const wish = new URLSearchParams(location.hash.slice(1));
const number = (name: string, other: number): number => Number(wish.get(name) ?? other);

const read = JSON.parse(given) as Snapshot | null;
let snapshot: Snapshot | null =
  read && !wish.has("features")
    ? read
    : fixture({
        features: number("features", 24),
        examples: number("examples", 20),
        words: number("words", 120),
        hostile: wish.has("hostile"),
      });
if (wish.has("names_only")) {
  snapshot = { ...snapshot, examples: {}, texts: [], study: { ...snapshot.study, names_only: true } };
}
if (wish.has("empty")) snapshot = { ...snapshot, features: [], examples: {}, texts: [] };

const labels: Record<string, Label> = {};
if (wish.has("labelled")) {
  const ids = snapshot.features.map(({ feature }) => feature);
  const time = new Date(Date.now() - 42 * 60_000).toISOString();
  const put = (index: number, label: Label): void => {
    const id = ids[index];
    if (id) labels[id] = { author: "grace", time, ...label };
  };
  put(0, { name: "apologises before it answers", status: "verified", tags: ["tone", "refusal"] });
  put(1, { name: "ends with an offer to help", status: "named", note: "Often with the next feature.", turned: true });
  put(4, { status: "rejected" });
  put(6, { name: "prose instead of lists", status: "named", turned: true });
}

document.body.dataset.theme = wish.get("theme") ?? "light";
const place = document.getElementById("place");
if (place) {
  if (wish.has("width")) place.style.width = `${wish.get("width")}px`;
  const kernel = new FakeKernel(wish.has("loading") ? null : snapshot, {
    editable: wish.get("editable") !== "0",
    mood: (wish.get("mood") ?? "well") as Mood,
    delay: number("delay", 60),
    labels,
    ...(wish.has("model") ? { model: wish.get("model") as FakeModel } : {}),
    tick: number("tick", 60),
    page: wish.has("page"),
  });
  widget.render({ model: kernel, el: place });
  Object.assign(window, { kernel });
}
