"""Stability: what recurs in disjoint halves, and what chance gives."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.autoencoder import SparseAutoencoder, stability
from whimsight.autoencoder.recurrence import match, matched_cosines
from whimsight.errors import FitError


def test_matching_undoes_order_and_sign():
    rows = np.linalg.qr(np.random.default_rng(0).standard_normal((9, 9)))[0][:5].astype(np.float32)
    shuffled = -rows[[3, 0, 4, 1, 2]]
    assert np.allclose(match(rows, shuffled), -rows)
    assert np.allclose(matched_cosines(rows, shuffled), 1, atol=1e-5)


def test_planted_directions_recur_and_noise_does_not(planted):
    noise = np.random.default_rng(1).standard_normal((1500, 64)).astype(np.float32) / 8
    for x, share in ((planted.x, 1.0), (noise, 0.0)):
        model = SparseAutoencoder.fit(x, n_features=16, k=3, groups=planted.groups)
        table = stability(x, model, groups=planted.groups, n_halvings=2)
        assert table["recurs"].mean() == share
        assert table["stability"].between(0, 1).all()
        assert list(table.columns) == ["stability", "chance", "above_chance", "recurs"]


def test_features_of_one_prompt_alone_do_not_recur(planted):
    # Eight shared directions, and eight prompts each with a loud direction of its own.
    rng = np.random.default_rng(4)
    x = planted.codes[:, :8] @ planted.directions[:8] + 0.02 * rng.standard_normal((1500, 64))
    groups = np.arange(1500) // 6
    for j in range(8):
        x[groups == 20 * j] += 4 * rng.standard_normal((6, 1)) * planted.directions[8 + j]
    model = SparseAutoencoder.fit(x, n_features=16, k=3, groups=groups)
    table = stability(x, model, groups=groups, n_halvings=3)
    shared = np.abs(model.decoder @ planted.directions[:8].T).max(axis=1) > 0.9
    assert shared.sum() == 8
    assert table["recurs"][shared].all()
    assert not table["recurs"][~shared].any()


def test_chance_knows_how_uneven_the_data_are():
    # Where nearly everything lies along two directions, random directions agree by themselves.
    rng = np.random.default_rng(0)
    scale = np.r_[10.0, 10.0, np.full(30, 0.1)]
    uneven = rng.standard_normal((1200, 32)) * scale
    even = rng.standard_normal((1200, 32))
    chance = [
        stability(x, SparseAutoencoder.fit(x, n_features=2, k=1), n_halvings=1)["chance"].mean()
        for x in (uneven, even)
    ]
    assert chance[0] > 0.5 > chance[1]


def test_the_same_seed_gives_the_same_table(planted):
    model = SparseAutoencoder.fit(planted.x, n_features=8, k=2)
    once, again = (stability(planted.x, model, n_halvings=1, seed=3) for _ in range(2))
    assert once.equals(again)


def test_another_width_is_refused(planted):
    model = SparseAutoencoder.fit(planted.x, n_features=8, k=2)
    with pytest.raises(FitError, match="64 columns"):
        stability(planted.x[:, :10], model)
