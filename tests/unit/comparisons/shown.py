"""Comparisons to look at: small, made at once, shared by tests that change nothing."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.unit.comparisons.planting import plant
from tests.unit.studies.making import make_pairs, make_study
from whimsight.comparisons import Comparison, compare

CHOICES: dict[str, Any] = {"n_features": 4, "k": 1, "prefixes": (4,), "names": False, "controls": ()}


def opposed(n: int = 1200, *, small: int = 60) -> Comparison:
    """Two datasets that contradict each other along direction 0 and agree along 1, and one with hardly any pairs."""
    planted = {
        "first": plant(n, name="first", effects={0: 1.0, 1: 1.0}, seed=1),
        "second": plant(n, name="second", effects={0: -1.0, 1: 1.0}, seed=2),
        "tiny": plant(small, name="tiny", effects={}, seed=3),
    }
    at = {name: embeddings for name, (_, embeddings, _) in planted.items()}
    return compare([pairs for pairs, _, _ in planted.values()], embeddings=at, **CHOICES)


def by_hand(n: int = 240, by: str = "half", **columns: Any) -> Comparison:
    """The study of the tests of studies, 5 features, cut in two halves by rows of prompts."""
    columns.setdefault("half", np.where(np.arange(n) // 4 % 2 == 0, "even", "odd"))
    return compare(make_study(make_pairs(n, **columns)), by=by)


def judged(n: int = 240) -> Comparison:
    """The same study with a second vote on every row, which is A everywhere but for each third pair."""
    model = np.where(np.arange(n) // 2 % 3 == 0, 0.0, 1.0)
    return compare(make_study(make_pairs(n, model=model)), votes={"people": "preference", "model": "model"})
