"""A small study with people in it whose weights are known."""

from __future__ import annotations

import numpy as np

from tests.unit.studies.making import make_pairs, make_study
from whimsight.pairs import Pairs
from whimsight.studies import Study

MEAN = np.array([0.8, -0.5, 0.0, 1.0, 0.3])
"""Everyone's weights of the five features, in standard deviations."""
TAU = np.array([0.0, 0.0, 0.0, 0.9, 0.0])
"""People differ in the fourth feature, length, alone."""


def peopled_study(
    people: int = 24, votes: int = 60, seed: int = 3, *, mean: np.ndarray = MEAN, tau: np.ndarray = TAU
) -> tuple[Study, np.ndarray]:
    """Return a study of people * votes rows and everybody's true weights, float64 (people, 5)."""
    rng = np.random.default_rng(seed)
    n = people * votes
    frame = make_pairs(n).frame.assign(weight=1.0, annotator=[f"person {i % people:02d}" for i in range(n)])
    study = make_study(Pairs(frame, name="peopled"))
    codes = study.pair_codes[study.pair_of_row].astype(np.float64)
    own = mean + tau * rng.normal(size=(people, 5))
    odds = np.einsum("ij,ij->i", codes / codes.std(axis=0), own[np.arange(n) % people])
    choice = (rng.random(n) < 1 / (1 + np.exp(-odds))).astype(np.float64)
    choice[::20] = 0.5
    choice[-1] = np.nan
    return make_study(Pairs(frame.assign(preference=choice), name="peopled")), own
