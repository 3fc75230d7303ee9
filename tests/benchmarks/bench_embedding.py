"""Embedders: MiniLM against sentence-transformers as it comes, the static one, and the cache.

A text is a response of the shipped samples, each distinct one once. The contenders take turns within one run;
medians over the turns. sentence-transformers reads the first 256 tokens of a text; ``cut`` does the same work,
``pool``, the default, reads all of it. Run ``python -m tests.benchmarks embedding``.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import whimsight as ws
from whimsight.embed.cached import Cached
from whimsight.embed.quiet import quiet
from whimsight.embed.static import Static
from whimsight.embed.transformer import MiniLM
from whimsight.embed.weights import minilm_folder

SAMPLES = ("mt-bench", "hh-harmless", "creative-writing", "convincing-arguments")
TARGET_RATIO, TARGET_COSINE, TARGET_STATIC = 2.0, 0.9999, 10_000


def _seconds(job: Callable[[], object]) -> tuple[float, float]:
    """Return seconds on the wall and of the processor."""
    wall, cpu = time.perf_counter(), time.process_time()
    job()
    return time.perf_counter() - wall, time.process_time() - cpu


def _texts() -> dict[str, list[str]]:
    return {name: ws.load(name).texts().unique for name in SAMPLES}


def minilm(n: int, turns: int) -> None:
    """MiniLM against sentence-transformers on ``n`` texts drawn from all samples."""
    from sentence_transformers import SentenceTransformer

    rng = np.random.default_rng(0)
    texts = [str(t) for some in _texts().values() for t in rng.choice(some, n // len(SAMPLES), replace=False)]
    with quiet():
        theirs = SentenceTransformer(str(minilm_folder()), device="cpu")
    jobs: dict[str, Callable[[], NDArray[np.float32]]] = {
        "sentence-transformers, float32": partial(theirs.encode, texts, show_progress_bar=False),
        "minilm, as it comes (pool)": partial(MiniLM().embed, texts),
        "minilm, cut": partial(MiniLM(windows="cut").embed, texts),
        "minilm, cut, float32": partial(MiniLM(windows="cut", dtype="float32").embed, texts),
    }
    vectors = {name: job() for name, job in jobs.items()}  # and warm
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in jobs}
    for _ in range(turns):
        for name, job in jobs.items():
            times[name].append(_seconds(job))
    first = next(iter(jobs))
    reference = vectors[first]
    counts = [len(theirs.tokenizer(t, verbose=False).input_ids) for t in texts]
    short = np.array(counts) <= 256
    print(f"{n} texts, {short.mean():.0%} of them within 256 tokens; precision here: {MiniLM().fingerprint}")
    print(
        f"{'':32}{'texts/s':>9}{'ratio':>7}{'processor':>11}   cosine: mean, min; of texts within 256 tokens"
    )
    for name in jobs:
        wall, cpu = (statistics.median(t[i] for t in times[name]) for i in (0, 1))
        ratio = statistics.median(a[0] / b[0] for a, b in zip(times[first], times[name], strict=True))
        saved = statistics.median(a[1] / b[1] for a, b in zip(times[first], times[name], strict=True))
        cosine = (reference * vectors[name]).sum(axis=1)
        print(
            f"{name:32}{n / wall:9.0f}{ratio:7.2f}{saved:11.2f}   {cosine.mean():.6f} {cosine.min():.6f}; "
            f"{cosine[short].mean():.6f} {cosine[short].min():.6f}   ({cpu:.1f} s of the processor)"
        )
    print(f"target: ratio at least {TARGET_RATIO}, mean cosine at least {TARGET_COSINE} on the same tokens")


def static(turns: int) -> None:
    """Building the static embedder, and its texts a second on each sample."""
    build, cpu = _seconds(Static)
    print(f"\nstatic: first build {build:.1f} s ({cpu:.1f} s of the processor), then loaded in ", end="")
    load = statistics.median(_seconds(Static)[0] for _ in range(3))
    print(f"{load * 1000:.0f} ms")
    groups = _texts()
    everything = sorted((t for some in groups.values() for t in some), key=len)
    groups["all samples"] = everything
    groups["the fifth around the median length"] = everything[
        2 * len(everything) // 5 : 3 * len(everything) // 5
    ]
    warm = Static()
    warm.embed(everything)
    print(
        f"{'':36}{'texts':>6}{'median length':>15}{'texts/s':>10}{'MB/s':>7}   texts/s with the words known"
    )
    for name, texts in groups.items():
        cold = []
        for _ in range(turns):
            fresh = Static()  # has met no word yet
            fresh.embed(["."])
            cold.append(_seconds(partial(fresh.embed, texts))[0])
        known = statistics.median(_seconds(partial(warm.embed, texts))[0] for _ in range(turns))
        seconds = statistics.median(cold)
        size = sum(len(t.encode()) for t in texts) / 1e6
        length = statistics.median(map(len, texts))
        print(
            f"{name:36}{len(texts):6}{length:15.0f}{len(texts) / seconds:10,.0f}{size / seconds:7.1f}"
            f"{len(texts) / known:12,.0f}"
        )
    print(f"target: {TARGET_STATIC:,} texts/s")


def quality(names: tuple[str, ...]) -> None:
    """Held-out AUC of a linear probe on the difference, five folds by prompt; and agreement of cosines."""
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import roc_auc_score

    print("\nheld-out AUC of a linear probe         minilm  static   correlation of the two's cosines")
    made = {"minilm": MiniLM(), "static": Static()}
    for name in names:
        pairs = ws.load(name)
        texts, label, folds = pairs.texts(), pairs.preference, pairs.folds(5)
        rows = np.flatnonzero((label == 0) | (label == 1))
        aucs, cosines = [], []
        some = np.random.default_rng(0).integers(0, len(texts.unique), (2, 5000))
        for model in made.values():
            vectors = model.embed(texts.unique)
            x = (vectors[texts.a] - vectors[texts.b])[rows]
            x /= x.std()
            scores = np.zeros(len(rows))
            for fold in range(5):
                test = folds[rows] == fold
                fit = LogisticRegression(C=0.003, fit_intercept=False).fit(x[~test], label[rows][~test])
                scores[test] = fit.decision_function(x[test])
            aucs.append(roc_auc_score(label[rows], scores))
            cosines.append((vectors[some[0]] * vectors[some[1]]).sum(axis=1))
        print(f"{name:38}{aucs[0]:7.3f}{aucs[1]:8.3f}{np.corrcoef(cosines)[0, 1]:10.2f}")


class _Free:
    """An embedder that costs nothing, so that what is measured is the cache."""

    fingerprint, dimensions = "free", 384

    def embed(self, texts: list[str], *, progress: object = None) -> NDArray[np.float32]:
        return np.random.default_rng(0).normal(size=(len(texts), 384)).astype(np.float32)


def cache(folder: Path, n: int) -> None:
    """Texts a second written to and read from the cache."""
    texts = [f"text {i}" for i in range(n)]
    write, _ = _seconds(lambda: Cached(_Free(), folder).embed(texts))
    read, _ = _seconds(lambda: Cached(_Free(), folder).embed(texts))
    print(
        f"\ncache, {n:,} texts x 384: kept {n / write:,.0f} texts/s (256 a save), found {n / read:,.0f} texts/s"
    )


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    """Print all of it; there is neither a reference checkout nor wider data to compare with."""
    warnings.filterwarnings("ignore", category=FutureWarning)
    before = os.environ.get("WHIMSIGHT_CACHE")
    with tempfile.TemporaryDirectory() as folder:
        os.environ["WHIMSIGHT_CACHE"] = folder
        try:
            minilm(64 if quick else 256, 1 if quick else 3)
            static(1 if quick else 5)
            quality(() if quick else ("mt-bench", "hh-harmless"))
            cache(Path(folder), 5_000 if quick else 50_000)
        finally:
            if before is None:
                del os.environ["WHIMSIGHT_CACHE"]
            else:
                os.environ["WHIMSIGHT_CACHE"] = before


if __name__ == "__main__":
    main()
