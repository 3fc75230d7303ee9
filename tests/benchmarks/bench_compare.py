"""Comparisons: five datasets of 50,000 pairs, planted conflicts found and made up, halves of real datasets."""

from __future__ import annotations

import resource
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import whimsight as ws
from tests.benchmarks.bench_study import many_pairs
from tests.unit.comparisons.test_planted_truth import OPPOSED, World, planted
from whimsight.comparisons import Comparison
from whimsight.comparisons.conflicts import conflicts
from whimsight.comparisons.heterogeneity import heterogeneity
from whimsight.pairs import Pairs

TARGET = 60.0
"""Seconds on two cores for five datasets of 50,000 pairs, after embedding."""


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    made = _speed(1_000 if quick else 50_000)
    print(f"slider to frame in Chromium: {_slider(made)}")
    print("\nEffects of ±0.4 planted in 5,000 pairs each, votes drawn again and again; shares of draws")
    rows = [
        _planted(k, people, same, 20 if quick else 400)
        for k, people, same in ((2, 0.0, False), (2, 0.5, False), (2, 0.5, True), (5, 0.0, False))
    ]
    print(pd.DataFrame(rows).set_index("slices").round(3).to_string())
    print("\nHalves of one dataset, split by prompt again and again; nothing should differ")
    halves = [_halves(name, 5 if quick else 60) for name in ws.samples().index]
    print(pd.DataFrame(halves).set_index("sample").round(3).to_string())


def _speed(n: int) -> Comparison:
    given = {}
    for k in range(5):
        pairs, embeddings = many_pairs(n, seed=k)
        given[f"set {k}"] = (Pairs(pairs.frame, name=f"set {k}"), embeddings)
    before = _peak()
    start, used = time.perf_counter(), time.process_time()
    made = ws.compare(
        {name: pairs for name, (pairs, _) in given.items()},
        embeddings={name: matrix for name, (_, matrix) in given.items()},
    )
    seconds, used = time.perf_counter() - start, time.process_time() - used
    start = time.perf_counter()
    shown = [made.table, made.features, made.conflicts, made.turns, made.mixture(), made.prevalence_ratios()]
    tables = time.perf_counter() - start
    print(f"5 x {n:,} pairs x {next(iter(given.values()))[1].shape[1]}, {len(shown[1])} features")
    print(pd.Series(made.study.seconds, name="seconds").to_frame().round(2).to_string())
    print(
        f"all {seconds:.1f} s ({used:.1f} s of processor time), tables {tables:.2f} s; target {TARGET:.0f} s"
    )
    print(f"memory peak {_peak():.0f} MB, of which {before:.0f} MB were there before the comparison")
    return made


_SLIDES = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const slider = document.querySelector("input[type=range]");
  const took = [];
  for (let i = 0; i < 60; i++) {
    const start = performance.now();
    slider.value = String((7 * i) % 100);
    slider.dispatchEvent(new Event("input", {bubbles: true}));
    await frame();
    took.push(performance.now() - start);
  }
  return took;
}"""


def _slider(made: Comparison) -> str:
    """From a move of the mixture's slider to the new picture."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import find, launch

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = find(playwright.chromium)
        if path is None:
            return "no Chromium here, not measured"
        start = time.perf_counter()
        file = ws.DatasetComparison(made).to_html(Path(folder) / "page.html", names_only=True)
        seconds = time.perf_counter() - start
        browser = launch(playwright.chromium, path)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(file.as_uri())
        page.get_by_role("slider").first.wait_for()
        took = np.array(page.evaluate(_SLIDES))
        browser.close()
    return (
        f"median {np.median(took):.0f} ms, worst of {took.size} {took.max():.0f} ms, {len(made.slices)} datasets x "
        f"{len(made.study.found)} features; widget and page made in {seconds:.1f} s"
    )


def _planted(k: int, people: float, same: bool, repeats: int) -> dict[str, object]:
    world = World(planted(k), people=people, same=same, seed=k)
    found, wrong, shares = 0, 0, []
    for _ in range(repeats):
        effects = world.draw().delta_win
        table = conflicts(effects)
        right = ((table["feature"] == OPPOSED) & (table["for"] == 0) & (table["against"] == 1)).to_numpy()
        found += int(right.any())
        wrong += int((~right).any())
        called = heterogeneity(effects)["q"].to_numpy() <= 0.05
        shares.append(called[[1, *range(3, 8)]].sum() / max(1, called.sum()))
    how = "on the same pairs" if same else "of pairs of their own"
    leaning = ", prompts lean" if people else ""
    return {
        "slices": f"{k} {how}{leaning}",
        "conflict found": found / repeats,
        "a false conflict": wrong / repeats,
        "false share of what differs": np.mean(shares),
    }


def _halves(name: str, repeats: int) -> dict[str, object]:
    study = ws.study(ws.load(name))
    prompt = study.pairs.components(study.settings.groups)
    rng = np.random.default_rng(0)
    conflict, differ, p = 0, 0, []
    for _ in range(repeats):
        side = rng.random(prompt.max() + 1) < 0.5
        made: Comparison = ws.compare(study, by={"one": side[prompt], "other": ~side[prompt]})
        conflict += len(made.conflicts) > 0
        differ += int((made.features["q"] <= 0.05).any())
        p.append(made.features["p"].dropna().to_numpy())
    every = np.concatenate(p)
    return {
        "sample": name,
        "prompts": prompt.max() + 1,
        "a conflict": conflict / repeats,
        "a feature with q <= .05": differ / repeats,
        "p <= .05": (every <= 0.05).mean(),
        "p <= .01": (every <= 0.01).mean(),
    }


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
