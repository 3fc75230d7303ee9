"""The labeler on 100,000 pairs: seconds to the first view, bytes sent, milliseconds to each answer.

A study of that size is made from arrays (responses of 1,000 characters, 3 discovered and all measured features),
saved, and opened in a process of its own, so that nothing is warm. In Chromium, where there is one: from a key that
chooses the next feature to the frame that shows it, on the page of the MT-Bench study (80 features, 20 examples each).
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

_REQUESTS: dict[str, dict[str, Any]] = {
    "examples, top": {"name": "examples", "args": {"where": {"kind": "top"}, "n": 10, "offset": 20}},
    "examples, middle": {
        "name": "examples",
        "args": {"where": {"kind": "quantile", "low": 0.45, "high": 0.55}, "n": 10, "offset": 0},
    },
    "examples, brushed": {
        "name": "examples",
        "args": {"where": {"kind": "range", "low": 0.5, "high": 1.5}, "n": 10, "offset": 0},
    },
    "examples, random": {
        "name": "examples",
        "args": {"where": {"kind": "random", "seed": 3}, "n": 10, "offset": 0},
    },
    "edit": {"name": "edit", "args": {"changes": {"name": "a name"}}},
    "undo": {"name": "undo", "args": {}},
    "redo": {"name": "redo", "args": {}},
    "question": {"name": "question", "args": {"seed": 1}},
}


def main(*, reference: Path | None, data: Path | None, quick: bool) -> None:
    n = 10_000 if quick else 100_000
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.whim"
        _make(n).save(path)
        command = [sys.executable, "-m", "tests.benchmarks.bench_labeler", str(path)]
        said = [json.loads(subprocess.run(command, check=True, capture_output=True).stdout) for _ in range(3)]
    table = pd.DataFrame([s["ms"] for s in said]).median().round(1).rename("ms, median of 3 runs")
    view = np.median([s["view"] for s in said])
    print(f"{n:,} pairs x {said[0]['features']} features; opening the file took {said[0]['open']:.1f} s")
    print(
        f"first view, nothing warm: {view:.2f} s, {said[0]['bytes'] / 1e6:.2f} MB sent (module and style included)"
    )
    print(table.to_string())
    print(_in_the_browser())


def measure(path: Path) -> dict[str, Any]:
    """Open a study, show it, and ask it everything once."""
    import whimsight as ws
    from whimsight.widgets import FeatureLabeler  # the import is the kernel's, not the view's

    started = perf_counter()
    study = ws.open(path)
    opened = perf_counter() - started
    started = perf_counter()
    labeler = FeatureLabeler(study, author="bench")
    labeler.get_state()
    view = perf_counter() - started
    answers: list[dict[str, Any]] = []
    labeler.send = lambda content, buffers=None: answers.append(content)  # type: ignore[method-assign]
    feature = labeler.selected
    ms = {}
    for what, request in _REQUESTS.items():
        args = {"feature": feature, **request["args"]}
        started = perf_counter()
        labeler._handle_custom_msg({"kind": "request", "id": what, "name": request["name"], "args": args}, [])
        ms[what] = 1000 * (perf_counter() - started)
        if not answers[-1]["ok"]:
            raise RuntimeError(f"{what}: {answers[-1]['error']}")
    state = json.dumps(labeler.get_state(), ensure_ascii=False)
    return {
        "open": opened,
        "view": view,
        "bytes": len(state.encode()),
        "features": len(study.found),
        "ms": ms,
    }


_STEPS = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const took = [];
  document.querySelector('[role=row][tabindex="0"]').focus();
  for (let i = 0; i < 60; i++) {
    const start = performance.now();
    const key = {key: "ArrowDown", bubbles: true, cancelable: true};
    document.activeElement.dispatchEvent(new KeyboardEvent("keydown", key));
    await frame();
    took.push(performance.now() - start);
  }
  return took;
}"""


def _in_the_browser() -> str:
    from playwright.sync_api import sync_playwright

    import whimsight as ws
    from tests.browser.chromium import find, launch

    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        path = find(playwright.chromium)
        if path is None:
            return "no Chromium here: the browser's part was not measured"
        file = ws.FeatureReport(ws.study(ws.load("mt-bench"))).to_html(Path(folder) / "page.html")
        browser = launch(playwright.chromium, path)
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        page.goto(file.as_uri())
        page.get_by_role("row").nth(1).wait_for()
        took = np.array(page.evaluate(_STEPS))
        browser.close()
    middle, late = np.quantile(took, [0.5, 0.95])
    said = f"median {middle:.0f} ms, 95 % within {late:.0f} ms, worst of {took.size} {took.max():.0f} ms"
    return f"next feature to frame in Chromium: {said}"


def _make(n: int) -> Any:
    from tests.unit.studies.making import make_pairs, make_study

    rng = np.random.default_rng(0)
    words = np.array(
        ["answer", "because", "naïve", "🙂", '"quoted"', "line\nbreak", "of", "preference", "a", "longer"]
    )
    pieces = [" ".join(words[rng.integers(0, words.size, 170)]) for _ in range(500)]
    chosen = rng.integers(0, len(pieces), (2, n)).tolist()
    sides = [
        [f"{side}{i} {pieces[j]}" for i, j in enumerate(column)]
        for side, column in zip("ab", chosen, strict=True)
    ]
    pairs = make_pairs(
        n,
        response_a=sides[0],
        response_b=sides[1],
        prompt=[f"Prompt {i // 4} {pieces[i % 500][:200]}" for i in range(n)],
    )
    return _widened(make_study(pairs), rng)


def _widened(study: Any, rng: np.random.Generator) -> Any:
    """Give a study all measured attributes, as many features as a small real one."""
    from dataclasses import replace

    from whimsight.attributes import ATTRIBUTES

    few = study.found
    kinds = list(few.index[few["kind"] == "discovered"]) + list(ATTRIBUTES)
    found = (
        few.reindex([f if f in few.index else "m_words" for f in kinds])
        .set_axis(kinds)
        .rename_axis("feature")
    )
    found["name"] = [ATTRIBUTES[f].name if f in ATTRIBUTES else name for f, name in found["name"].items()]
    codes = rng.normal(size=(study.pair_codes.shape[0], len(kinds))).astype(np.float32)
    codes[rng.random(codes.shape) < rng.uniform(0.1, 0.9, len(kinds))] = 0.0
    return replace(
        study,
        found=found,
        found_joint=found[[*study.found_joint.columns]],
        pair_codes=codes,
        attribute_scale=np.ones(len(ATTRIBUTES), dtype=np.float32),
        residual_map=None,
        facts={"pairs_fingerprint": study.pairs.fingerprint},
    )


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
