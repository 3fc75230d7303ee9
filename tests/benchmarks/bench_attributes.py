"""All measured attributes of 100,000 texts of about a thousand characters.

The floor stands beside it: what it costs to copy the texts into one array of characters and to look each
character up in one table, which every attribute needs. Run ``python -m tests.benchmarks attributes``.
"""

from __future__ import annotations

import gzip
import json
import resource
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from whimsight.attributes import ATTRIBUTES, code, measure
from whimsight.attributes.page import Page

N_TEXTS = 100_000
SETS = ("mt_bench_human", "lamp_writing", "squality", "ukp_convincing_args", "hh_harmless_test")
_PARTS = (
    "Sure! Here is what I would do, although it depends on how much time you have. ",
    "First, gather the materials; then check (twice) that nothing is missing. ",
    "**Important:** consult a doctor before you start, and never exceed 20 mg a day.\n\n",
    "- Wash the apples, e.g. under cold water\n- Peel and cut them\n- Add `sugar`\n",
    "1. Mercury\n2. Venus\n3. Earth\n\n",
    "The old lighthouse whispered in the rain, and nobody remembered who had built it. ",
    'She asked, "Are you coming?" and I said that I wasn’t sure. ',
    "```python\nfor i in range(10):\n    print(i)\n```\n",
    "I'm sorry, but I can't help with that. ",
    "However, the results of 3 studies suggest otherwise — see https://example.org/results. ",
    "In conclusion, both of them are right! Would you like to hear more? ",
)


def texts(n: int = N_TEXTS, seed: int = 0) -> list[str]:
    """Return ``n`` texts of about a thousand characters, all different."""
    rng = np.random.default_rng(seed)
    order = rng.integers(0, len(_PARTS), (n, 14))
    return [f"Answer {i}. " + "".join(_PARTS[j] for j in row) for i, row in enumerate(order.tolist())]


def _median(job: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Median seconds on the wall and of the processor."""
    walls, cpus = [], []
    for _ in range(times):
        wall, cpu = time.perf_counter(), time.process_time()
        job()
        walls.append(time.perf_counter() - wall)
        cpus.append(time.process_time() - cpu)
    return statistics.median(walls), statistics.median(cpus)


def speed(n: int = N_TEXTS) -> dict[str, float]:
    """Print and return how long the attributes of ``n`` texts take."""
    many = texts(n)
    megabytes = sum(map(len, many)) / 1e6
    measure(many[:1000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = _median(lambda: measure(many))
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    floor, _ = _median(lambda: [Page(many[i : i + 500]) for i in range(0, n, 500)])
    print(f"{len(ATTRIBUTES)} attributes of {n:,} texts, {megabytes:.0f} million characters")
    print(f"all attributes     {wall:6.2f} s on the wall, {cpu:6.2f} s of the processor")
    print(f"characters alone   {floor:6.2f} s on the wall (one thread)")
    print(f"memory grew by     {grown:6.0f} MB, of which the result {n * len(ATTRIBUTES) * 4 / 2**20:.0f} MB")
    return {"wall": wall, "cpu": cpu, "floor": floor, "grown_mb": grown}


def signal(folder: Path) -> None:
    """Print the held-out AUC of length alone and of all attributes: ten splits that never cut a prompt."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    print(f"\n{'held-out AUC, mean of ten splits':34} length  attributes")
    for name in SETS:
        with gzip.open(folder / name / "pairs.jsonl.gz", "rt", encoding="utf-8") as lines:
            rows = [row for row in map(json.loads, lines) if row["label"] is not None]
        label = np.array([row["label"] for row in rows])
        prompt = np.unique([row["prompt"] for row in rows], return_inverse=True)[1]
        unique, place = np.unique(
            [row[side] for side in ("response_A", "response_B") for row in rows], return_inverse=True
        )
        values = measure(unique.tolist())
        codes, _ = code(values[place[: len(rows)]], values[place[len(rows) :]])
        aucs = []
        for train, test in _splits(prompt):
            for columns in (slice(0, 1), slice(None)):
                model = LogisticRegression(C=0.01, max_iter=1000).fit(codes[train, columns], label[train])
                aucs.append(roc_auc_score(label[test], model.decision_function(codes[test, columns])))
        length, everything = np.reshape(aucs, (-1, 2)).mean(axis=0)
        print(f"{name:34} {length:6.3f}  {everything:6.3f}")


def _splits(group: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Two times five folds over groups."""
    for seed in range(2):
        fold = np.random.default_rng(seed).permutation(group.max() + 1)[group] * 5 // (group.max() + 1)
        for k in range(5):
            yield np.flatnonzero(fold != k), np.flatnonzero(fold == k)


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    """Print speed, and with ``data`` the signal; there is no reference to compare with."""
    speed(N_TEXTS // 10 if quick else N_TEXTS)
    if data is not None:
        signal(data)


if __name__ == "__main__":
    main()
