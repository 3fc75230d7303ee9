/**
 * Mounts the calibrator on a page of its own. The address chooses what to see:
 * `#theme=dark&width=480&votes=16&peek=1&features=24&hostile=1&page=1&bare=1`. With `votes` somebody has voted already,
 * who likes the first feature less than most and the fifth more.
 */
import type { CalibratorModel, CalibratorSnapshot, Vote } from "../src/calibrator/contract";
import widget from "../src/calibrator/index";
import { mostTelling } from "../src/calibrator/information";
import { type Evidence, priorOf, update } from "../src/calibrator/posterior";
import { FakeModel, calibrated } from "./calibrated";

const given = document.getElementById("snapshot")?.textContent ?? "null";
const wish = new URLSearchParams(location.hash.slice(1));
const number = (name: string, other: number): number => Number(wish.get(name) ?? other);

const read = JSON.parse(given) as CalibratorSnapshot | null;
const snapshot =
  read ??
  calibrated({
    features: number("features", 14),
    sentences: number("sentences", 5),
    hostile: wish.has("hostile"),
    pool: number("pool", 100),
  });

function voted(count: number): Vote[] {
  const taste = snapshot.features.map(({ mean, tau }, k) => mean + (tau ?? 0) * (wish.has("plain") ? 0 : k === 0 ? -2 : k === 4 ? 2.5 : 0));
  const votes: Vote[] = [];
  const evidence: Evidence[] = [];
  for (let k = 0; k < count; k++) {
    const at = mostTelling(update(priorOf(snapshot.prior), evidence), snapshot.pool, new Set(votes.map(({ row }) => row)));
    const pair = snapshot.pool[at];
    if (!pair) break;
    const preferred = pair.codes.reduce((sum, code, f) => sum + code * (taste[f] ?? 0), 0) > 0;
    evidence.push({ x: pair.codes, preferred });
    const time = new Date(Date.UTC(2025, 4, 3, 10, k)).toISOString();
    votes.push({ row: pair.row, choice: preferred ? "a" : "b", shown: k % 2 ? "ab" : "ba", seconds: 21.4, time });
  }
  return votes;
}

document.body.dataset.theme = wish.get("theme") ?? "light";
const place = document.getElementById("place");
if (place) {
  if (wish.has("width")) place.style.width = `${wish.get("width")}px`;
  const begun: Partial<CalibratorModel> = wish.has("votes")
    ? {
        votes: voted(number("votes", 0)),
        consent: { choice: "class", author: wish.get("author") ?? "", time: "2025-05-03T10:00:00.000Z" },
      }
    : {};
  const model = new FakeModel(snapshot, begun, { page: wish.has("page") });
  widget.render({ model, el: place });
  Object.assign(window, { model });
}
