"""The mixer in Chromium: from a moved slider to the new ranking, with 80 features, 6 responses and 4,000 votes."""

from __future__ import annotations

import tempfile
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import whimsight as ws
from whimsight.pairs import Pairs

TARGET = 100.0
"""Milliseconds from a move to the new ranking, at the worst."""

_RESPONSES = 6
# A frame is done when the next one has begun, with whatever was put off until it.
_SLIDES = """async (at) => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const sliders = document.querySelectorAll(".mx-range");
  const slider = sliders[at % sliders.length];
  const first = () => [...document.querySelectorAll(".mx-responses .mx-label")].map((one) => one.textContent).join();
  const most = Number(slider.max);
  const took = [];
  let orders = 0;
  slider.dispatchEvent(new PointerEvent("pointerdown", {bubbles: true}));
  for (let i = 0; i < 60; i++) {
    const before = first();
    const start = performance.now();
    slider.value = String(((7 * i) % 41 - 20) * most / 20);
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await frame();
    took.push(performance.now() - start);
    orders += before !== first();
  }
  slider.dispatchEvent(new PointerEvent("pointerup", {bubbles: true}));
  return {took, orders};
}"""


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    pairs, embeddings = _made(prompts=30 if quick else 60, people=20 if quick else 80)
    study = ws.study(pairs, embeddings=embeddings, seed=0)
    start = time.perf_counter()
    people = study.personalize()
    personal = time.perf_counter() - start
    start = time.perf_counter()
    mixer = ws.PreferenceMixer(people, annotators=list(people.annotators[:5]))
    made = time.perf_counter() - start
    sets = mixer.snapshot["sets"]
    print(
        f"{len(study.found)} features, {len(sets[0]['responses'])} responses, "
        f"{mixer.snapshot['votes']['sampled']:,} of {people.ballots.y.size:,} votes, {len(people.annotators)} people: "
        f"personalized in {personal:.1f} s, mixer made in {made:.1f} s"
    )
    print(f"slider to ranking in Chromium: {_slider(mixer)}; target {TARGET:.0f} ms at the worst")


def _made(prompts: int, people: int) -> tuple[Pairs, np.ndarray]:
    """Every pair of six responses to each prompt, judged by six people each; and ready embeddings."""
    rng = np.random.default_rng(0)
    words = [
        f"{start}{end}" for start in ("ba", "do", "ke", "lu", "mi") for end in ("", "n", "r", "st", "ling")
    ]
    texts = [
        [" ".join(rng.choice(words, rng.integers(60, 300))) for _ in range(_RESPONSES)]
        for _ in range(prompts)
    ]
    rows = [
        (f"Question {p}: what should one do?", texts[p][i], texts[p][j], f"person {who:02d}")
        for p in range(prompts)
        for i, j in combinations(range(_RESPONSES), 2)
        for who in rng.choice(people, 6, replace=False)
    ]
    frame = pd.DataFrame(rows, columns=["prompt", "response_a", "response_b", "annotator"])
    longer = frame["response_a"].str.len() > frame["response_b"].str.len()
    frame["preference"] = np.where(rng.random(len(frame)) < 0.3, ~longer, longer).astype(float)
    pairs = Pairs(frame, name="mixed")
    directions = rng.normal(size=(48, 96))
    active = (rng.random((len(pairs.texts().unique), 48)) < 0.1) * rng.exponential(size=(1, 48))
    return pairs, (active @ directions + rng.normal(size=(active.shape[0], 96))).astype(np.float32)


def _slider(mixer: ws.PreferenceMixer) -> str:
    """From a move of a slider to the new picture, for the three sliders with the largest weights."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import find, launch

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = find(playwright.chromium)
        if path is None:
            return "no Chromium here, not measured"
        file = mixer.to_html(Path(folder) / "page.html")
        size = file.stat().st_size / 1e6
        browser = launch(playwright.chromium, path)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        start = time.perf_counter()
        page.goto(file.as_uri())
        page.locator(".mx-response").first.wait_for()
        opened = time.perf_counter() - start
        page.get_by_label("Order of the sliders").select_option("weight")  # which responses differ in
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")
        before = _busy(session)
        found = [page.evaluate(_SLIDES, at) for at in range(3)]
        busy = _busy(session) - before
        browser.close()
    took = np.array([one["took"] for one in found])
    medians = ", ".join(f"{value:.0f}" for value in np.median(took, axis=1))
    orders = sum(one["orders"] for one in found)
    return (
        f"median {np.median(took):.0f} ms (of three sliders {medians}), worst of {took.size} {took.max():.0f} ms, "
        f"of which script, style and layout {1000 * busy / took.size:.0f} ms; "
        f"{orders} moves changed the order; page of {size:.1f} MB open in {opened:.1f} s"
    )


def _busy(session: Any) -> float:
    """Seconds that the page has spent on script, style and layout; waiting for a processor is not in it."""
    told = {one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]}
    return float(sum(told[name] for name in ("ScriptDuration", "RecalcStyleDuration", "LayoutDuration")))
