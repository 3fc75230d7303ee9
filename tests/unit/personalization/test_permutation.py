"""The permutation test: what it is fooled by, and what it finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from whimsight.errors import FitError
from whimsight.personalization.permutation import permutation_test


def test_pairs_and_prompts_of_their_own_do_not_pass_for_people_who_differ() -> None:
    found = []
    for seed in range(40):
        rng = np.random.default_rng(seed)
        pair = np.repeat(np.arange(120), 5)
        prompt = pair // 20
        # each person sees two prompts only, in which the feature works in its own way
        annotator = np.concatenate([rng.permutation(30)[:5] + 30 * (i // 40) for i in range(120)])
        X = rng.normal(size=(120, 1))[pair]
        odds = X[:, 0] * rng.normal(0, 1.5, 6)[prompt] + rng.normal(0, 1.5, 120)[pair]
        turned = rng.random(pair.size) < 0.5
        y = rng.random(pair.size) < expit(odds)
        sign = np.where(turned, -1.0, 1.0)
        p = permutation_test(
            X * sign[:, None], np.where(turned, ~y, y), annotator, pair, turned=turned, times=99
        )
        found.append(p[0])
    assert np.mean(np.array(found) <= 0.1) < 0.25
    assert 0.3 < np.mean(found) < 0.7


def test_people_who_differ_are_found() -> None:
    rng = np.random.default_rng(1)
    pair = np.repeat(np.arange(400), 6)
    annotator = rng.permutation(np.repeat(np.arange(60), 40))
    X = rng.normal(size=(400, 3))[pair] * [1, 1, 0]
    own = rng.normal(0, 0.7, 60)
    y = rng.random(pair.size) < expit(X[:, 0] * own[annotator] + rng.normal(0, 1, 400)[pair])
    p = permutation_test(X, y, annotator, pair)
    assert p[0] < 0.01
    assert p[1] > 0.01
    assert np.isnan(p[2])


def test_votes_of_one_person_a_pair_cannot_be_permuted() -> None:
    with pytest.raises(FitError, match="No pair has votes of two people"):
        permutation_test(np.ones((3, 1)), [1, 0, 1], [0, 1, 2], [0, 1, 2])
