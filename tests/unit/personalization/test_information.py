"""Which votes teach most: the integral against brute force, the choice against truth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.integrate import quad

from whimsight.personalization.information import choose, expected_curvature, information, same_pair
from whimsight.personalization.posterior import Gaussian, update


def entropy(p):
    return -sum(q * np.log2(q) for q in (p, 1 - p) if q > 0)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def average(of, mean, sd):
    def density(z):
        return of(mean + sd * z) * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    return quad(density, -12, 12, points=[0.0, *np.clip([-mean / sd], -11, 11)], epsabs=1e-12, limit=400)[0]


@pytest.mark.parametrize("mean", [0.0, 0.7, -3.0, 6.0])
@pytest.mark.parametrize("sd", [0.01, 0.5, 1.0, 3.0, 5.0])
def test_information_and_curvature_are_their_integrals(mean, sd):
    exact = entropy(average(sigmoid, mean, sd)) - average(lambda e: entropy(sigmoid(e)), mean, sd)
    assert information(np.array([mean]), np.array([sd**2]))[0] == pytest.approx(exact, abs=1e-7)
    curve = average(lambda e: sigmoid(e) * sigmoid(-e), mean, sd)
    assert expected_curvature(np.array([mean]), np.array([sd**2]))[0] == pytest.approx(curve, abs=1e-6)


def test_a_vote_teaches_between_nothing_and_one_bit():
    assert information(np.array([0.0, 50.0, -800.0]), np.array([0.0, 1.0, 4.0])) == pytest.approx(
        0.0, abs=1e-12
    )
    assert 0.9 < information(np.zeros(1), np.array([1e4]))[0] < 1.0


def test_swapping_the_responses_of_every_pair_changes_no_choice():
    rng = np.random.default_rng(0)
    belief = Gaussian(rng.normal(size=4), np.diag([1.0, 0.5, 0.2, 0.1]))
    X = rng.normal(size=(200, 4))
    for how in ("information", "random", "largest"):
        assert choose(belief, X, 10, how).tolist() == choose(belief, -X, 10, how).tolist()


@pytest.mark.parametrize("how", ["information", "random", "largest"])
def test_no_pair_is_asked_twice_in_either_order(how):
    rng = np.random.default_rng(1)
    once = rng.normal(size=(30, 3))
    X = np.vstack([once, -once, once])
    belief = Gaussian(np.zeros(3), np.eye(3))
    chosen = choose(belief, X, 100, how)
    assert sorted(np.asarray(chosen) % 30) == list(range(30))
    named = choose(belief, rng.normal(size=(12, 3)), 100, how, pair=np.repeat([7, 3, 9], 4))
    assert sorted(named // 4) == [0, 1, 2]


def test_the_first_pair_is_the_most_informative_one_and_the_second_asks_something_else():
    belief = Gaussian(np.zeros(2), np.diag([4.0, 3.0]))
    X = np.array([[0.5, 0.0], [2.0, 0.0], [1.9, 0.0], [0.0, 2.0]])
    v = np.einsum("ij,jk,ik->i", X, belief.covariance, X)
    assert np.argmax(information(np.zeros(4), v)) == 1
    assert choose(belief, X, 3).tolist() == [1, 3, 2]


def test_opposite_rows_are_the_same_pair_and_empty_tables_have_none():
    assert same_pair(np.array([[0.0, 1.0], [0.0, -1.0], [0.0, 0.0], [1.0, 1.0]])).tolist() == [1, 1, 0, 2]
    assert same_pair(np.zeros((0, 2))).size == 0


def test_a_wrong_way_of_choosing_is_named():
    with pytest.raises(ValueError, match="'entropy'"):
        choose(Gaussian(np.zeros(1), np.eye(1)), np.ones((2, 1)), 1, "entropy")


def test_votes_chosen_by_information_bring_weights_nearer_to_the_truth():
    """Of 60 people with 12 weights, 300 pairs to choose from: mean square error of the weights after k votes."""
    tau = np.array([1.0, 0.8, 0.6, 0.4, 0.3, *np.full(7, 0.1)])
    prior = Gaussian(np.linspace(-0.5, 0.5, 12), np.diag(tau**2))
    error = {(how, k): [] for how in ("information", "random", "largest") for k in (4, 16)}
    for seed in range(60):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(300, 12)) * (rng.random((300, 12)) < 0.4)
        own = prior.mean + tau * rng.normal(size=12)
        votes = (rng.random(300) < sigmoid(X @ own)).astype(float)
        for how, k in error:
            rows = choose(prior, X, k, how, seed=seed)
            error[how, k].append(np.square(update(prior, X[rows], votes[rows]).mean - own).sum())
    mean = {key: np.mean(values) for key, values in error.items()}
    for k in (4, 16):
        assert mean["information", k] < 0.93 * mean["largest", k]
        assert mean["information", k] < 0.93 * mean["random", k]
