/**
 * Mounts the mixer on a page of its own. The address chooses what to see:
 * `#mood=gone&editable=0&theme=dark&width=480&features=80&personal=14&preset=group:left&hostile=1&labelled=1&page=1`.
 */
import type { MixerSnapshot } from "../src/mixer/contract";
import widget from "../src/mixer/index";
import type { Label } from "../src/protocol";
import type { Mood } from "./kernel";
import { mixed } from "./mixed";
import { MixerKernel } from "./mixerKernel";

const given = document.getElementById("snapshot")?.textContent ?? "null";
const wish = new URLSearchParams(location.hash.slice(1));
const number = (name: string, other: number): number => Number(wish.get(name) ?? other);

const snapshot =
  (JSON.parse(given) as MixerSnapshot | null) ??
  mixed({
    features: number("features", 80),
    personal: number("personal", 14),
    responses: number("responses", 6),
    words: number("words", 130),
    votes: number("votes", 4000),
    hostile: wish.has("hostile"),
  });

const labels: Record<string, Label> = {};
if (wish.has("labelled")) {
  const put = (index: number, label: Label): void => {
    const id = snapshot.features[index]?.feature;
    if (id) labels[id] = { author: "grace", time: new Date().toISOString(), ...label };
  };
  put(0, { name: "brevity", status: "named", turned: true });
  put(3, { name: "apologises before it answers", status: "verified" });
}

document.body.dataset.theme = wish.get("theme") ?? "light";
const place = document.getElementById("place");
if (place) {
  if (wish.has("width")) place.style.width = `${wish.get("width")}px`;
  const kernel = new MixerKernel(
    wish.has("loading") ? null : snapshot,
    {
      editable: wish.get("editable") !== "0",
      mood: (wish.get("mood") ?? "well") as Mood,
      delay: number("delay", 60),
      labels,
      page: wish.has("page"),
    },
    { preset: wish.get("preset") ?? "" },
  );
  widget.render({ model: kernel, el: place });
  Object.assign(window, { kernel });
}
