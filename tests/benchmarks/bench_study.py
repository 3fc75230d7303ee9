"""The whole study of 50,000 pairs after embedding: seconds by stage, memory, and the floor beside them."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import whimsight as ws
from whimsight.pairs import Pairs

TARGET = 15.0
"""Seconds on two cores."""


def many_pairs(n: int, *, seed: int = 0) -> tuple[Pairs, NDArray[np.float32]]:
    """Distinct pairs of responses of about 1 kB, made of real ones, with ready embeddings (2 n, 384).

    The embeddings are sparse mixtures of 64 directions with noise, and votes follow the number of words and
    one of the directions, so that every stage has something to do.
    """
    rng = np.random.default_rng(seed)
    texts = np.array(
        [t for name in ws.samples().index for t in ws.load(name).texts().unique if len(t) > 200], dtype=object
    )
    made = [
        f"{texts[a][:600]} {texts[b][:600]} {k}"
        for k, (a, b) in enumerate(rng.integers(len(texts), size=(2 * n, 2)))
    ]
    directions = rng.normal(size=(64, 384)).astype(np.float32)
    active = (rng.random((2 * n, 64)) < 0.08) * rng.exponential(size=(2 * n, 64))
    embeddings = active.astype(np.float32) @ directions + 3 * rng.normal(size=(2 * n, 384)).astype(np.float32)
    embeddings /= np.linalg.norm(embeddings, axis=1, keepdims=True)
    a, b = made[:n], made[n:]
    words = np.array([len(t.split()) for t in made])
    logit = (words[:n] - words[n:]) / 100 + active[:n, 0] - active[n:, 0]
    frame = pd.DataFrame(
        {
            "prompt": [f"prompt {k}" for k in rng.integers(n // 5, size=n)],
            "response_a": a,
            "response_b": b,
            "preference": (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float),
        }
    )
    pairs = Pairs(frame, name="50k")
    order = {text: k for k, text in enumerate(made)}
    place = np.array([order[t] for t in pairs.texts().unique])
    return pairs, embeddings[place]


def main(*, reference: Path | None = None, data: Path | None = None, quick: bool = False) -> None:
    n = 5_000 if quick else 50_000
    pairs, embeddings = many_pairs(n)
    before = _peak()
    start = time.perf_counter()
    study = ws.study(pairs, embeddings=embeddings)
    seconds = time.perf_counter() - start
    table = pd.Series(study.seconds, name="seconds").to_frame()
    table.loc["all"] = seconds
    print(
        f"{n:,} pairs x {embeddings.shape[1]}, {sum(map(len, pairs.texts().unique)) / 1e6:.0f} million characters"
    )
    print(table.round(2).to_string())
    print(
        f"target {TARGET:.0f} s; memory peak {_peak():.0f} MB, of which {before:.0f} MB were there before the study"
    )


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
