"""Small datasets in which every difference between responses is planted."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.pairs import Pairs

DIMENSIONS = 16


def directions(n: int = 8) -> NDArray[np.float64]:
    """Orthogonal directions of the embedding space, the same for every dataset, (n, DIMENSIONS)."""
    turned, _ = np.linalg.qr(np.random.default_rng(99).normal(size=(DIMENSIONS, DIMENSIONS)))
    return turned[:n]


def plant(
    n: int,
    *,
    name: str,
    effects: dict[int, float] | None = None,
    active: dict[int, float] | None = None,
    prompts: int | None = None,
    seed: int = 0,
    shared_prompts: bool = False,
) -> tuple[Pairs, NDArray[np.float32], NDArray[np.float64]]:
    """Pairs that differ along planted directions, with votes that follow some of them.

    Parameters
    ----------
    n : int
    name : str
    effects : dict
        Direction to its log odds for one unit of its code.
    active : dict
        Direction to the share of pairs that differ in it; .25 for the first four by default.
    prompts : int
        n // 5 by default.
    shared_prompts : bool
        Name prompts without the dataset, so that two datasets share them.

    Returns
    -------
    pairs : Pairs
    embeddings : ndarray
        float32 (n_texts, DIMENSIONS), for ``pairs.texts().unique``; not normalised: all of one length.
    codes : ndarray
        float64 (n, 8), what was planted, A minus B.
    """
    rng = np.random.default_rng(seed)
    shares = np.zeros(8)
    for j, share in (active or dict.fromkeys(range(4), 0.25)).items():
        shares[j] = share
    codes = np.where(rng.random((n, 8)) < shares, rng.choice([-1.0, 1.0], size=(n, 8)), 0.0)
    logit = sum((b * codes[:, j] for j, b in (effects or {}).items()), np.zeros(n))
    count = prompts or max(n // 5, 4)
    of = rng.integers(count, size=n)
    prefix = "" if shared_prompts else f"{name}: "
    frame = pd.DataFrame(
        {
            "prompt": [f"{prefix}question {k}" for k in of],
            "response_a": [f"{name} a {i}" for i in range(n)],
            "response_b": [f"{name} b {i}" for i in range(n)],
            "preference": (rng.random(n) < 1 / (1 + np.exp(-logit))).astype(float),
        }
    )
    # A = base + half of the difference, B = base - half of it, base orthogonal to all directions: one length each.
    space = directions(DIMENSIONS)
    half = 0.5 * (codes @ space[:8]) + 0.02 * rng.normal(size=(n, DIMENSIONS))
    base = np.sqrt(np.maximum(9 - np.square(half).sum(axis=1), 1.0))[:, None] * space[15]
    embeddings = np.vstack([base + half, base - half]).astype(np.float32)
    return Pairs(frame, name=name), embeddings, codes
