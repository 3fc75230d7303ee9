"""One person's posterior, against exact integrals and a second way of computing it."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.integrate import quad
from scipy.special import expit

from whimsight.errors import FitError
from whimsight.personalization.posterior import Gaussian, predictive, update

Array = NDArray[np.float64]


def votes(k: int, features: int, spread: float, seed: int = 0) -> tuple[Array, Array]:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(k, features))
    return X, (rng.random(k) < expit(X @ rng.normal(size=features) * spread)).astype(float)


def exactly(prior: Gaussian, X: Array, y: Array, offset: float = 0.0, power: Array | None = None) -> Gaussian:
    """Mean and covariance of two weights on a fine grid."""
    axes = [m + s * np.linspace(-7, 7, 281) for m, s in zip(prior.mean, prior.sd, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1).reshape(-1, 2)
    odds = (grid @ X.T + offset) * (2 * y - 1)
    log = -np.logaddexp(0, -odds) @ (np.ones(y.size) if power is None else power)
    away = grid - prior.mean
    log -= 0.5 * np.einsum("ij,jk,ik->i", away, np.linalg.inv(prior.covariance), away)
    mass = np.exp(log - log.max())
    mass /= mass.sum()
    mean = mass @ grid
    return Gaussian(mean, (grid - mean).T @ (mass[:, None] * (grid - mean)))


def one_after_another(prior: Gaussian, X: Array, y: Array, offset: float) -> Gaussian:
    """The other order of the same steps: each vote's site by itself, the belief changed by one row at a time."""
    nodes, mass = np.polynomial.hermite_e.hermegauss(32)
    mass = mass / mass.sum()
    mean, covariance = prior.mean.copy(), prior.covariance.copy()
    precision, shift = np.zeros(y.size), np.zeros(y.size)  # of h = x · w
    for _ in range(40):
        for i, x in enumerate(X):
            along = covariance @ x
            v, m = x @ along, x @ mean
            left = 1 - v * precision[i]
            v, m = v / left, (m - v * shift[i]) / left
            p = expit(m + offset + np.sqrt(v) * nodes)
            q = mass * (p if y[i] else 1 - p)
            q /= q.sum()
            d1 = q @ (y[i] - p)
            d2 = q @ (y[i] - p) ** 2 - d1**2 - q @ (p * (1 - p))
            new, told = -d2 / (1 + v * d2), (d1 - m * d2) / (1 + v * d2)
            gain, pull = new - precision[i], told - shift[i]
            scale = 1 / (1 + gain * (x @ along))
            mean = mean + along * scale * (pull - gain * (x @ mean))
            covariance = covariance - np.outer(along, along) * gain * scale
            precision[i], shift[i] = new, told
    return Gaussian(mean, covariance)


@pytest.mark.parametrize(("k", "spread"), [(1, 0.5), (6, 1.0), (40, 1.0)])
def test_mean_and_covariance_are_those_of_the_exact_posterior(k: int, spread: float) -> None:
    X, y = votes(k, 2, spread)
    prior = Gaussian(np.array([0.3, -0.2]), spread**2 * np.array([[1.0, 0.4], [0.4, 0.8]]))
    found, truth = update(prior, X, y, offset=0.4), exactly(prior, X, y, offset=0.4)
    assert np.abs(found.mean - truth.mean).max() < 0.02 * truth.sd.min()
    assert np.abs(found.sd / truth.sd - 1).max() < 0.02


def test_weights_are_powers_of_the_likelihoods() -> None:
    X, y = votes(8, 2, 1.0)
    power = np.array([2.0, 0.5, 1, 0, 3, 1, 0.25, 1])
    prior = Gaussian(np.zeros(2), np.eye(2))
    found, truth = update(prior, X, y, weights=power), exactly(prior, X, y, power=power)
    assert np.abs(found.mean - truth.mean).max() < 0.02 * truth.sd.min()
    assert np.abs(found.sd / truth.sd - 1).max() < 0.02


@pytest.mark.parametrize(("k", "features", "spread"), [(3, 5, 0.3), (16, 12, 0.6), (40, 8, 1.5)])
def test_one_vote_after_another_gives_the_same_numbers(k: int, features: int, spread: float) -> None:
    X, y = votes(k, features, spread)
    prior = Gaussian(np.full(features, 0.1), np.eye(features) * spread**2)
    side_by_side, in_turn = update(prior, X, y, offset=0.2), one_after_another(prior, X, y, 0.2)
    assert np.abs(side_by_side.mean - in_turn.mean).max() < 1e-6
    assert np.abs(side_by_side.covariance - in_turn.covariance).max() < 1e-6


def test_swapping_a_and_b_changes_nothing() -> None:
    X, y = votes(20, 4, 1.0)
    prior = Gaussian(np.arange(4) / 10, np.eye(4))
    one, other = update(prior, X, y, offset=0.3), update(prior, -X, 1 - y, offset=-0.3)
    assert np.abs(one.mean - other.mean).max() < 1e-9


def test_without_votes_the_prior_stays() -> None:
    prior = Gaussian(np.ones(3), np.eye(3))
    assert update(prior, np.empty((0, 3)), []) is prior


def test_a_feature_on_which_all_agree_does_not_move() -> None:
    X, y = votes(30, 2, 1.0)
    found = update(Gaussian(np.array([0.0, 0.7]), np.diag([1.0, 0.0])), X, y)
    assert found.mean[1] == 0.7
    assert found.sd[1] == 0.0
    assert found.sd[0] < 1.0


def test_the_same_feature_twice_shares_what_is_learned() -> None:
    X, y = votes(30, 1, 1.0)
    twice = update(Gaussian(np.zeros(2), np.eye(2)), np.hstack([X, X]), y)
    once = update(Gaussian(np.zeros(1), 2 * np.eye(1)), X, y)
    assert twice.mean == pytest.approx(np.repeat(once.mean / 2, 2))


@pytest.mark.parametrize("spread", [0.5, 1.5])
def test_votes_told_apart_perfectly_give_finite_weights(spread: float) -> None:
    X = np.random.default_rng(0).normal(size=(100, 80))
    found = update(Gaussian(np.zeros(80), np.eye(80) * spread**2), X, X[:, 0] > 0)
    assert np.isfinite(found.mean).all()
    assert found.mean.argmax() == 0
    assert (found.sd > 0).all()
    assert (found.sd < spread).all()


def test_a_prediction_integrates_out_what_is_not_known() -> None:
    belief = Gaussian(np.array([0.5, -1.0]), np.array([[0.5, 0.1], [0.1, 2.0]]))
    row = np.array([1.0, 0.7])
    mean, sd = row @ belief.mean + 0.3, np.sqrt(row @ belief.covariance @ row)
    exact = quad(lambda z: expit(mean + sd * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), -9, 9)[0]
    assert predictive(belief, row[None], offset=0.3)[0] == pytest.approx(exact, abs=1e-6)


def test_what_cannot_be_used_is_named() -> None:
    prior = Gaussian(np.zeros(2), np.eye(2))
    with pytest.raises(FitError, match="3 features and the prior 2"):
        update(prior, np.ones((1, 3)), [1])
    with pytest.raises(FitError, match=r"found 0\.5"):
        update(prior, np.ones((2, 2)), [1, 0.5])
    with pytest.raises(FitError, match="not finite"):
        update(prior, [[np.nan, 1.0]], [1])
    with pytest.raises(FitError, match="weights"):
        update(prior, np.ones((2, 2)), [1, 0], weights=[1, -1])
