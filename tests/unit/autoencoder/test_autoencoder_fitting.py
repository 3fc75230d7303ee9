"""What a fit keeps together, what it refuses, and the arithmetic of its steps."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.autoencoder import SparseAutoencoder
from whimsight.autoencoder.fitting import held_out_rows
from whimsight.autoencoder.independent import independent_components
from whimsight.autoencoder.selection import cut_for, largest
from whimsight.autoencoder.subspace import leading_subspace
from whimsight.autoencoder.training import Dictionary, Objective, Rows, revive
from whimsight.errors import FitError


def test_groups_are_never_split():
    rng = np.random.default_rng(0)
    groups = rng.integers(0, 40, 1000)
    for share in (0.2, 0.5):
        held = held_out_rows(groups, share, rng)
        assert not set(groups[held]) & set(groups[~held])
        assert held.mean() == pytest.approx(share, abs=0.05)


def test_the_cut_keeps_exactly_the_number_asked_for():
    scores = np.random.default_rng(0).standard_normal((50, 8)).astype(np.float32)
    for keep in (0, 1, 37, 400):
        assert np.count_nonzero(largest(scores, cut_for(scores, keep))) == keep


def test_the_subspace_is_that_of_the_singular_vectors():
    x = np.random.default_rng(0).standard_normal((200, 12)).astype(np.float32) * np.arange(
        1, 13, dtype=np.float32
    )
    space = leading_subspace(x, np.ones(200, dtype=np.float32), 4)
    _, values, rows = np.linalg.svd(x)
    assert np.allclose(space.scale, values[:4] / np.sqrt(200), rtol=1e-3)
    assert np.allclose(np.abs(np.sum(space.basis.T * rows[:4], axis=1)), 1, atol=1e-3)


def test_the_subspace_of_wide_differences_is_close_to_the_exact_one():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1200, 900), dtype=np.float32) / np.arange(1, 901, dtype=np.float32)
    space = leading_subspace(x, np.ones(1200, dtype=np.float32), 20)
    _, values, rows = np.linalg.svd(x, full_matrices=False)
    assert np.allclose(space.scale, values[:20] / np.sqrt(1200), rtol=1e-3)
    assert np.linalg.norm(rows[:20] @ space.basis) ** 2 == pytest.approx(20, abs=0.05)


def test_independent_components_undo_a_rotation_of_sparse_sources():
    rng = np.random.default_rng(0)
    sources = rng.laplace(size=(4000, 5)).astype(np.float32) / np.float32(np.sqrt(2))
    rotation = np.linalg.qr(rng.standard_normal((5, 5)))[0].astype(np.float32)
    found = independent_components(sources @ rotation, np.ones(4000, dtype=np.float32), rng)
    together = np.abs(np.corrcoef((sources @ rotation @ found).T, sources.T)[:5, 5:])
    assert together.max(axis=0).min() > 0.98


def test_gradients_agree_with_finite_differences_of_the_matryoshka_loss():
    rng = np.random.default_rng(0)
    x = rng.standard_normal((40, 6)).astype(np.float32)
    weights = rng.uniform(0.5, 1.5, 40).astype(np.float32)
    weights /= weights.mean()
    energy = float(np.mean(weights * np.square(x).sum(axis=1)))
    words = Dictionary(*(rng.standard_normal(s).astype(np.float32) for s in ((6, 4), (4, 6))))
    objective = Objective(2, (1, 4))

    def loss(encoder, decoder):
        scores = x.astype(np.float64) @ encoder
        codes = np.where(np.abs(scores) > cut_for(scores.astype(np.float32), 80), scores, 0.0)
        lost = [np.sum(weights[:, None] * (x - codes[:, :p] @ decoder[:p]) ** 2) for p in (1, 4)]
        return np.mean(lost) / (energy * 40)

    to_encoder, to_decoder, _ = objective.gradients(x, weights, energy, words)
    for place, gradient in (("encoder", to_encoder), ("decoder", to_decoder)):
        for index in ((0, 0), (2, 3), (3, 1)):
            values = {}
            for step in (-1e-5, 1e-5):
                moved = {
                    "encoder": words.encoder.astype(np.float64),
                    "decoder": words.decoder.astype(np.float64),
                }
                moved[place] = moved[place].copy()
                moved[place][index] += step
                values[step] = loss(**moved)
            assert gradient[index] == pytest.approx((values[1e-5] - values[-1e-5]) / 2e-5, rel=1e-3, abs=1e-6)


def test_a_dead_feature_comes_back_on_residuals_of_either_sign():
    rng = np.random.default_rng(0)
    x = np.zeros((400, 5), dtype=np.float32)
    x[:200, 0] = rng.standard_normal(200)
    x[200:, 1] = -1.0  # only negative along the missing direction
    words = Dictionary(np.eye(5, 2, dtype=np.float32), np.eye(2, 5, dtype=np.float32))
    words.encoder[:, 1] = 0
    words.decoder[1] = np.eye(5, dtype=np.float32)[4]
    revive(
        Rows(x, np.ones(400, dtype=np.float32), 1.0), words, Objective(1, (2,)), np.array([False, True]), rng
    )
    assert abs(words.decoder[1, 1]) == pytest.approx(1)
    assert np.count_nonzero(Objective(1, (2,)).codes(x, words)[200:, 1]) == 200


def test_weights_of_zero_hide_pairs(planted):
    noise = 5 * np.random.default_rng(3).standard_normal((1500, 64)).astype(np.float32)
    x, weights = np.concatenate([planted.x, noise]), np.repeat([1.0, 0.0], 1500)
    model = SparseAutoencoder.fit(x, n_features=16, k=3, weights=weights)
    assert np.abs(model.decoder @ planted.directions.T).max(axis=0).min() > 0.9


def test_a_matryoshka_prefix_is_a_good_dictionary_by_itself(planted):
    model = SparseAutoencoder.fit(planted.x, n_features=16, k=3, prefixes=(4, 16))
    codes = model.encode(planted.x)

    def lost(chosen):
        return np.square(planted.x - codes[:, chosen] @ model.decoder[chosen]).sum()

    assert lost(np.arange(4)) < lost(np.arange(12, 16))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_values_that_are_not_finite_are_refused_by_row_and_column(planted, bad):
    x = planted.x.copy()
    x[17, 5] = bad
    with pytest.raises(FitError, match="row 17, column 5"):
        SparseAutoencoder.fit(x)


@pytest.mark.parametrize(
    ("differences", "options", "says"),
    [
        (np.zeros((500, 20)), {}, "found 0 of 500"),
        (np.ones((10, 20)), {}, "at least 128 pairs"),
        (np.zeros((500,)), {}, "must be a matrix"),
        (np.tile(np.arange(20.0), (500, 1)), {}, "1 directions only"),
        (np.random.default_rng(0).standard_normal((500, 20)), {}, "n_features=20 or fewer"),
        (np.ones((500, 20)), {"groups": np.zeros(500)}, "All pairs are in one group"),
        (np.ones((500, 20)), {"groups": np.zeros(3)}, "one entry for each of the 500 pairs"),
        (np.ones((500, 20)), {"k": 33}, "k must lie between 1 and n_features = 32"),
        (np.ones((500, 20)), {"n_features": 0}, "n_features must be at least 1"),
        (np.ones((500, 20)), {"prefixes": (8, 16)}, "prefixes must rise"),
        (np.ones((500, 20)), {"weights": -np.ones(500)}, "not negative; found -1.0 in row 0"),
        (np.ones((500, 20)), {"weights": np.zeros(500)}, "not all be 0"),
        (np.ones((500, 20)), {"weights": np.ones(4)}, "one entry for each"),
    ],
)
def test_what_cannot_be_fitted_is_refused_with_what_to_do(differences, options, says):
    with pytest.raises(FitError, match=says):
        SparseAutoencoder.fit(differences, **options)
