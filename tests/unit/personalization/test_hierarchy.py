"""The hierarchical model, against planted truth, exact marginal likelihoods and refits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from whimsight.errors import FitError
from whimsight.personalization.hierarchy import Hierarchy, fit_hierarchy
from whimsight.personalization.posterior import update
from whimsight.personalization.profile import profile_tau

Array = NDArray[np.float64]


@dataclass
class Votes:
    X: Array
    y: Array
    annotator: NDArray[np.int64]
    weights: Array  # true, (A, F)


def votes(seed: int, people: int, tau: list[float], fewest: int = 5, most: int = 200) -> Votes:
    """Votes of people whose weights spread by ``tau`` around global ones; log-uniform numbers of votes."""
    rng = np.random.default_rng(seed)
    counts = np.exp(rng.uniform(np.log(fewest), np.log(most), people)).astype(int)
    annotator = np.repeat(np.arange(people), counts)
    X = rng.normal(size=(annotator.size, len(tau)))
    weights = rng.normal(0, 0.4, len(tau)) + rng.normal(size=(people, len(tau))) * tau
    odds = 0.1 + rng.normal(0, 0.2, people)[annotator] + (X * weights[annotator]).sum(axis=1)
    return Votes(X, (rng.random(annotator.size) < expit(odds)).astype(float), annotator, weights)


@pytest.fixture(scope="module")
def planted() -> tuple[Votes, Hierarchy, list[float]]:
    tau = [0.0, 0.0, 0.0, 0.1, 0.2, 0.3, 0.4, 0.6]
    made = votes(1, 200, tau)
    return made, fit_hierarchy(made.X, made.y, made.annotator), tau


def test_planted_spreads_lie_in_their_intervals(planted: tuple[Votes, Hierarchy, list[float]]) -> None:
    _, fit, tau = planted
    assert ((fit.tau_low <= tau) & (tau <= fit.tau_high)).all()
    assert np.abs(fit.tau - tau).max() < 0.15
    assert (fit.p[5:] < 1e-4).all()
    assert (fit.p[:3] > 0.01).all()


def test_intervals_of_peoples_weights_cover_the_truth(planted: tuple[Votes, Hierarchy, list[float]]) -> None:
    made, fit, _ = planted
    covered = np.abs(fit.weights - made.weights) < 1.96 * fit.sd
    assert 0.93 < covered.mean() < 0.98
    assert 0.91 < covered[:, 4:].mean() < 0.98  # those that differ


def test_shrunk_weights_are_nearer_the_truth_than_each_alone_and_all_together(
    planted: tuple[Votes, Hierarchy, list[float]],
) -> None:
    made, fit, _ = planted
    everyone = np.ones_like(made.y, dtype=bool)
    alone = np.stack([_ridge(made, made.annotator == a) for a in range(200)])
    errors = [
        float(np.square(w - made.weights).mean()) for w in (fit.weights, alone, _ridge(made, everyone)[None])
    ]
    assert errors[0] < 0.5 * errors[1]
    assert errors[0] < 0.7 * errors[2]


def _ridge(made: Votes, rows: NDArray[np.bool_]) -> Array:
    """Logistic regression with a prior of standard deviation 1 on each weight."""
    X = np.column_stack([np.ones(rows.sum()), made.X[rows]])
    theta = np.zeros(X.shape[1])
    for _ in range(15):
        p = expit(X @ theta)
        theta += np.linalg.solve(
            X.T @ ((p * (1 - p))[:, None] * X) + np.eye(theta.size), X.T @ (made.y[rows] - p) - theta
        )
    return np.asarray(theta[1:])


def test_one_slope_agrees_with_the_exact_marginal_likelihood() -> None:
    made = votes(3, 150, [0.7], 3, 25)
    nodes, mass = np.polynomial.hermite_e.hermegauss(15)
    mass = mass / mass.sum()
    sign = 2 * made.y - 1

    def likelihood(theta: Array) -> float:
        intercept = theta[0] + theta[2] * nodes
        slope = theta[1] + theta[3] * nodes
        odds = intercept[None, :, None] + made.X[:, :, None] * slope
        log = np.log(expit(sign[:, None, None] * odds)).reshape(sign.size, -1)
        each = np.add.reduceat(log, np.flatnonzero(np.diff(made.annotator, prepend=-1))).reshape(150, 15, 15)
        return float(np.log(np.einsum("aij,i,j->a", np.exp(each), mass, mass)).sum())

    fit = fit_hierarchy(made.X, made.y, made.annotator)
    found = np.array([fit.intercept, fit.mean[0], fit.tau_intercept, fit.tau[0]])
    top = likelihood(found)
    for j in (0, 1, 3):  # along each parameter the exact maximum is where the fit is
        step = np.eye(4)[j] * 0.1
        below, above = likelihood(found - step), likelihood(found + step)
        assert below < top > above
        away = 0.05 * (above - below) / (2 * top - above - below)  # the top of the parabola through the three
        assert abs(away) < 0.015


def test_where_nobody_differs_no_spread_is_found_and_people_get_the_global_weights() -> None:
    made = votes(4, 150, [0.0] * 8)
    fit = fit_hierarchy(made.X, made.y, made.annotator)
    assert (fit.p > 0.01).all()
    assert (fit.tau_low < 0.05).all()
    assert np.abs(fit.weights - fit.mean).std() < 0.05


def test_on_features_that_are_not_personal_everyone_has_the_same_weight() -> None:
    made = votes(5, 80, [0.5, 0.5, 0.0])
    fit = fit_hierarchy(made.X, made.y, made.annotator, personal=[True, False, False])
    assert fit.tau[0] > 0.3
    assert (fit.tau[1:] == 0).all()
    assert np.isnan(fit.p[1:]).all()
    assert np.ptp(fit.weights[:, 1:], axis=0) == pytest.approx(0, abs=1e-12)
    assert fit.prior().sd[1] == pytest.approx(np.sqrt(fit.mean_covariance[1, 1]))


def test_one_person_by_itself_is_the_row_of_the_table(
    planted: tuple[Votes, Hierarchy, list[float]],
) -> None:
    _, fit, _ = planted
    for a in (0, 57, 199):
        assert fit.person(a).mean == pytest.approx(fit.weights[a])
        assert fit.person(a).sd == pytest.approx(fit.sd[a])


def test_somebody_new_with_the_same_votes_gets_nearly_the_same_weights() -> None:
    made = votes(6, 120, [0.5, 0.3, 0.1])
    one = int(np.bincount(made.annotator).argmin())
    others = made.annotator != one
    whole = fit_hierarchy(made.X, made.y, made.annotator)
    without = fit_hierarchy(
        made.X[others], made.y[others], np.unique(made.annotator[others], return_inverse=True)[1]
    )
    mine = ~others
    design = np.column_stack([np.ones(mine.sum()), made.X[mine]])
    fresh = update(without.prior(intercept=True), design, made.y[mine])
    assert np.abs(fresh.mean[1:] - whole.weights[one]).max() < 0.1 * whole.sd[one].max()


def test_held_out_is_what_a_fit_without_the_vote_predicts() -> None:
    made = votes(7, 40, [0.6, 0.3], 5, 30)
    whole = fit_hierarchy(made.X, made.y, made.annotator)
    for row in (3, 100, 250):
        rest = np.delete(np.arange(made.y.size), row)
        fit = fit_hierarchy(made.X[rest], made.y[rest], made.annotator[rest])
        belief = fit.person(int(made.annotator[row]), intercept=True)
        x = np.concatenate([[1.0], made.X[row]])
        odds = x @ belief.mean + np.sqrt(x @ belief.covariance @ x) * np.random.default_rng(0).normal(
            size=200_000
        )
        assert whole.held_out[row] == pytest.approx(expit(odds).mean(), abs=0.01)


def test_a_vote_of_weight_two_counts_like_two_votes() -> None:
    made = votes(8, 60, [0.5, 0.2])
    twice = np.tile(np.arange(made.y.size), 2)
    doubled = fit_hierarchy(made.X[twice], made.y[twice], made.annotator[twice])
    weighted = fit_hierarchy(made.X, made.y, made.annotator, weights=np.full(made.y.size, 2.0))
    assert weighted.tau == pytest.approx(doubled.tau, abs=0.02)
    assert weighted.weights == pytest.approx(doubled.weights, abs=0.05)


def test_the_order_of_rows_and_annotators_does_not_matter() -> None:
    made = votes(9, 50, [0.5, 0.0])
    rng = np.random.default_rng(0)
    rows, names = rng.permutation(made.y.size), rng.permutation(50)
    fit = fit_hierarchy(made.X, made.y, made.annotator)
    mixed = fit_hierarchy(made.X[rows], made.y[rows], names[made.annotator][rows])
    assert mixed.weights[names] == pytest.approx(fit.weights, abs=1e-3)
    assert mixed.held_out == pytest.approx(fit.held_out[rows], abs=1e-3)


def test_prompts_on_which_features_work_differently_do_not_pass_for_people_who_differ() -> None:
    rng = np.random.default_rng(10)
    people, prompts = 120, 30
    annotator = np.repeat(np.arange(people), 40)
    prompt = rng.integers(0, prompts, (people, 2))[annotator, rng.integers(0, 2, annotator.size)]
    X = rng.normal(size=(annotator.size, 2))
    slopes = np.column_stack([rng.normal(0.3, 0.9, prompts), np.full(prompts, -0.3)])
    y = rng.random(annotator.size) < expit((X * slopes[prompt]).sum(axis=1))
    plain = fit_hierarchy(X, y, annotator)
    crossed = fit_hierarchy(X, y, annotator, also=prompt)
    assert plain.tau[0] > 0.4
    assert plain.p[0] < 1e-6
    assert crossed.tau[0] < 0.2
    assert crossed.tau_low[0] == 0
    assert crossed.crossed[0][1] == pytest.approx(0.9, abs=0.3)
    # the mean is one over 30 prompts now, and its interval says so
    assert crossed.mean_covariance[0, 0] > 0.7 * 0.9**2 / prompts
    assert abs(crossed.mean[0] - 0.3) < 2.5 * np.sqrt(crossed.mean_covariance[0, 0])


def test_what_makes_one_response_better_for_all_is_kept_apart_from_people() -> None:
    rng = np.random.default_rng(11)
    pair = np.repeat(np.arange(400), 6)
    annotator = rng.permutation(np.repeat(np.arange(80), 30))
    turned = rng.random(pair.size) < 0.5
    sign = np.where(turned, -1.0, 1.0)
    X = rng.normal(size=(400, 1))[pair] * sign[:, None]
    own = rng.normal(0.5, 0.5, 80)
    y = rng.random(pair.size) < expit(X[:, 0] * own[annotator] + rng.normal(0, 1.5, 400)[pair] * sign)
    fit = fit_hierarchy(X, y, annotator, pair=pair, turned=turned)
    assert fit.crossed[0][0] == pytest.approx(1.5, abs=0.35)
    assert fit.tau_low[0] < 0.5 < fit.tau_high[0]
    assert abs(fit.mean[0] - 0.5) < 2.5 * np.sqrt(fit.mean_covariance[0, 0])


def test_clusters_widen_the_mean_by_what_pairs_share() -> None:
    rng = np.random.default_rng(13)
    found, widths = [], []
    for _ in range(30):
        pair = np.repeat(np.arange(60), 20)
        annotator = rng.permutation(np.repeat(np.arange(60), 20))
        X = rng.normal(size=(60, 2))[pair]
        own = np.array([0.5, -0.2]) + rng.normal(0, 0.3, (60, 2))
        odds = (X * own[annotator]).sum(axis=1) + rng.normal(0, 1.0, 60)[pair]
        y = rng.random(pair.size) < expit(odds)
        plain, robust = (fit_hierarchy(X, y, annotator, clusters=c) for c in (None, pair))
        found.append(robust.mean)
        widths.append([np.sqrt(np.diag(fit.mean_covariance)) for fit in (plain, robust)])
    truth = np.std(found, axis=0)
    plain_sd, robust_sd = np.mean(widths, axis=0)
    assert (plain_sd < 0.75 * truth).all()
    assert robust_sd == pytest.approx(truth, rel=0.3)


def test_odd_tables_still_give_finite_numbers() -> None:
    made = votes(12, 30, [0.5], 1, 20)
    constant = np.zeros((made.y.size, 1))
    both = fit_hierarchy(np.hstack([made.X, made.X, constant]), made.y, made.annotator)
    assert np.isfinite(both.weights).all()
    assert np.isfinite(both.sd).all()
    assert both.mean[0] == pytest.approx(both.mean[1], abs=1e-6)  # one feature twice
    assert both.mean[2] == 0
    assert np.isnan(both.p[2])  # never seen to vary: nothing to test
    always = made.y.copy()
    always[made.annotator == 3] = 1.0  # somebody always votes for the first
    assert np.isfinite(fit_hierarchy(made.X, always, made.annotator).weights).all()
    apart = fit_hierarchy(made.X, made.X[:, 0] > 0, made.annotator)  # the feature tells all votes
    assert apart.mean[0] > 2
    assert np.isfinite(apart.sd).all()
    single = fit_hierarchy(made.X, made.y, np.arange(made.y.size))  # one vote each
    assert np.isfinite(single.weights).all()
    gap = fit_hierarchy(made.X, made.y, made.annotator * 2)  # a number without votes is somebody new
    assert gap.weights[1] == pytest.approx(gap.mean)
    assert gap.sd[1] == pytest.approx(gap.prior().sd)


def test_what_cannot_be_fitted_is_named() -> None:
    X, y, who = np.ones((4, 1)), np.array([1.0, 0, 1, 0]), np.array([0, 0, 1, 1])
    with pytest.raises(FitError, match="at least two annotators"):
        fit_hierarchy(X, y, [0, 0, 0, 0])
    with pytest.raises(FitError, match="All 4 votes are for the same side"):
        fit_hierarchy(X, [1, 1, 1, 1], who)
    with pytest.raises(FitError, match=r"0\.5 in row 2"):
        fit_hierarchy(X, [1, 0, 0.5, 0], who)
    with pytest.raises(FitError, match="nan in row 1, column 0"):
        fit_hierarchy([[1.0], [np.nan], [1], [1]], y, who)
    with pytest.raises(FitError, match="personal"):
        fit_hierarchy(X, y, who, personal=[True, False])
    with pytest.raises(FitError, match="also must be one group"):
        fit_hierarchy(X, y, who, also=[1, 2])


def test_the_profile_is_that_of_restricted_likelihood_with_dense_matrices() -> None:
    rng = np.random.default_rng(0)
    error = rng.uniform(0.2, 1.0, 25)
    seen = rng.normal(0.4, 0.5, 25) + rng.normal(size=25) * error
    found = profile_tau(1 / error**2, seen / error**2)

    def likelihood(tau: float) -> float:
        V = np.diag(error**2 + tau**2)
        inverse, ones = np.linalg.inv(V), np.ones(25)
        mean = (ones @ inverse @ seen) / (ones @ inverse @ ones)
        left = seen - mean
        return -0.5 * float(np.linalg.slogdet(V)[1] + np.log(ones @ inverse @ ones) + left @ inverse @ left)

    top = max(likelihood(t) for t in np.linspace(0, 3, 3001))
    for end in (found.low, found.high):
        assert 2 * (top - likelihood(end)) == pytest.approx(3.8415, abs=0.02)
