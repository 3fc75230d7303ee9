/**
 * Mounts the comparison on a page of its own. The address chooses what to see:
 * `#mood=gone&editable=0&theme=dark&width=480&features=80&datasets=5&hostile=1&labelled=1&agree=1`.
 */
import widget from "../src/comparison/index";
import type { ComparisonModel, ComparisonSnapshot, Label } from "../src/protocol";
import { compared } from "./compared";
import { FakeKernel, type Mood } from "./kernel";

const given = document.getElementById("snapshot")?.textContent ?? "null";
const wish = new URLSearchParams(location.hash.slice(1));
const number = (name: string, other: number): number => Number(wish.get(name) ?? other);

const read = JSON.parse(given) as ComparisonSnapshot | null;
const snapshot =
  read ??
  compared({
    features: number("features", 80),
    datasets: number("datasets", 4),
    words: number("words", 90),
    hostile: wish.has("hostile"),
    conflicts: !wish.has("agree"),
  });

const labels: Record<string, Label> = {};
if (wish.has("labelled")) {
  const ids = snapshot.features.map(({ feature }) => feature);
  const put = (index: number, label: Label): void => {
    const id = ids[index];
    if (id) labels[id] = { author: "grace", time: new Date().toISOString(), ...label };
  };
  put(0, { name: "brevity", status: "named", turned: true });
  put(2, { name: "apologises before it answers", status: "verified" });
  put(9, { name: "prose instead of lists", status: "named", turned: true });
  put(12, { status: "rejected" });
}

document.body.dataset.theme = wish.get("theme") ?? "light";
const place = document.getElementById("place");
if (place) {
  if (wish.has("width")) place.style.width = `${wish.get("width")}px`;
  const kernel = new FakeKernel<ComparisonModel>(
    snapshot,
    {
      editable: wish.get("editable") !== "0",
      mood: (wish.get("mood") ?? "well") as Mood,
      delay: number("delay", 60),
      labels,
      page: wish.has("page"),
    },
    { shown: [0, 1], weights: snapshot.datasets.map(() => 1) },
  );
  widget.render({ model: kernel, el: place });
  Object.assign(window, { kernel });
}
