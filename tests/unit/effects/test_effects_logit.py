"""Fits and their clustered spread, against closed forms, statsmodels and brute force."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize

from whimsight.effects import spread as spread_module
from whimsight.effects.clusters import Clusters
from whimsight.effects.davidson import fit_davidson
from whimsight.effects.logit import fit_firth, fit_logit, sigmoid
from whimsight.effects.spread import spread


def sample(n=400, n_prompts=60, n_annotators=17, seed=0):
    rng = np.random.default_rng(seed)
    X = np.column_stack([np.ones(n), rng.standard_normal((n, 2))])
    prompt = rng.integers(0, n_prompts, n)
    y = (rng.random(n) < sigmoid(X @ [0.2, 0.7, -0.4] + rng.standard_normal(n_prompts)[prompt])).astype(float)
    return X, y, prompt, rng.integers(0, n_annotators, n)


def everything(fit):
    return np.eye(fit.theta.size)


def test_the_plain_sandwich_is_that_of_statsmodels():
    X, y, prompt, _ = sample()
    theirs = sm.Logit(y, X).fit(
        disp=0, tol=1e-12, cov_type="cluster", use_t=True, cov_kwds={"groups": prompt}
    )
    fit = fit_logit(X, y, np.ones(y.size))
    around = spread(fit, everything(fit), Clusters([prompt]), correction="CR1")
    np.testing.assert_allclose(fit.theta, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(around.se, theirs.bse, rtol=1e-8)
    np.testing.assert_allclose(around.p(fit.theta), theirs.pvalues, rtol=1e-6)
    np.testing.assert_allclose(fit.theta - around.reach(0.05), theirs.conf_int()[:, 0], rtol=1e-6)


def test_the_two_way_sandwich_is_that_of_statsmodels():
    X, y, prompt, annotator = sample()
    groups = np.column_stack([prompt, annotator])
    theirs = sm.Logit(y, X).fit(disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": groups})
    fit = fit_logit(X, y, np.ones(y.size))
    around = spread(fit, everything(fit), Clusters([prompt, annotator]), correction="CR1")
    np.testing.assert_allclose(around.se, theirs.bse, rtol=1e-8)
    assert (around.degrees == 16).all()


def test_a_two_way_variance_that_is_not_positive_becomes_the_larger_one_way_variance():
    X = np.ones((4, 1))
    y = np.array([1.0, 0.0, 0.0, 1.0])  # residuals cancel within every row and column of a 2 x 2 table
    fit = fit_logit(X, y, np.ones(4))
    ways = Clusters([np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1])])
    assert spread(fit, np.eye(1), ways, correction="CR1").se[0] == 0
    y = np.array([1.0, 0.0, 0.0, 0.0])
    fit = fit_logit(X, y, np.ones(4))
    first = spread(fit, np.eye(1), Clusters([np.array([0, 0, 1, 1])]), correction="CR1").se[0]
    assert spread(fit, np.eye(1), ways, correction="CR1").se[0] == pytest.approx(first)


def test_weights_count_as_repeated_rows():
    X, y, prompt, _ = sample()
    times = np.random.default_rng(1).integers(1, 4, y.size)
    rows = np.repeat(np.arange(y.size), times)
    weighted = fit_logit(X, y, times.astype(float))
    repeated = fit_logit(X[rows], y[rows], np.ones(rows.size))
    np.testing.assert_allclose(weighted.theta, repeated.theta, rtol=1e-8)
    np.testing.assert_allclose(
        spread(weighted, everything(weighted), Clusters([prompt])).se,
        spread(repeated, everything(repeated), Clusters([prompt[rows]])).se,
        rtol=1e-8,
    )


def test_the_bias_reduced_sandwich_is_bell_and_mccaffreys_on_the_working_residuals():
    X, y, prompt, _ = sample(n=120, n_prompts=12)
    fit = fit_logit(X, y, np.ones(y.size))
    mean = sigmoid(X @ fit.theta)
    root = np.sqrt(mean * (1 - mean))
    white, residual = X * root[:, None], (y - mean) / root
    bread = np.linalg.inv(white.T @ white)
    meat = np.zeros((3, 3))
    for g in range(12):
        rows = prompt == g
        hat = white[rows] @ bread @ white[rows].T
        values, vectors = np.linalg.eigh(np.eye(rows.sum()) - hat)
        pull = white[rows].T @ (vectors / np.sqrt(values)) @ vectors.T @ residual[rows]
        meat += np.outer(pull, pull)
    expected = np.sqrt(np.diag(bread @ meat @ bread))
    around = spread(fit, everything(fit), Clusters([prompt]))
    np.testing.assert_allclose(around.se, expected, rtol=1e-4)


def test_many_clusters_take_a_series_that_agrees_with_the_exact_way(monkeypatch):
    X, y, prompt, annotator = sample(n=800)
    fit = fit_logit(X, y, np.ones(y.size))
    ways = Clusters([prompt, annotator])
    exact = spread(fit, everything(fit), ways)
    monkeypatch.setattr(spread_module, "_EXACT_UP_TO", 0)
    np.testing.assert_allclose(spread(fit, everything(fit), ways).se, exact.se, rtol=2e-3)


def test_a_feature_that_one_of_many_prompts_carries_is_not_surer_for_the_number_of_prompts(monkeypatch):
    rng = np.random.default_rng(0)
    prompt = np.concatenate([np.zeros(200, dtype=np.int64), 1 + np.arange(2_800) // 2])
    z = np.zeros(prompt.size)
    z[:208] = rng.normal(size=208)
    X = np.column_stack([np.ones(z.size), z / z.std()])
    fit = fit_logit(X, (rng.random(z.size) < 0.5).astype(float), np.ones(z.size))
    around = spread(fit, everything(fit), Clusters([prompt]))
    monkeypatch.setattr(spread_module, "_EXACT_UP_TO", prompt.size)
    np.testing.assert_allclose(spread(fit, everything(fit), Clusters([prompt])).se, around.se, rtol=1e-3)


def test_degrees_of_freedom_count_the_clusters_that_matter():
    fit = fit_logit(np.ones((40, 1)), np.tile([1.0, 0.0], 20), np.ones(40))
    assert spread(fit, np.eye(1), Clusters([np.arange(40) // 2])).degrees[0] == pytest.approx(19)
    uneven = np.concatenate([np.zeros(10, dtype=np.int64), np.arange(1, 31)])  # ten rows together
    assert spread(fit, np.eye(1), Clusters([uneven])).degrees[0] == pytest.approx(40**2 / (10**2 + 30) - 1)


def test_rows_without_a_cluster_are_clusters_of_their_own():
    ways = Clusters([np.array([-1, 3, 3, -1, 9])])
    assert ways.ways[0].n_clusters == 4


def test_firths_estimate_of_a_table_adds_half_to_every_cell():
    x = np.repeat([0.0, 1.0], [12, 9])
    y = np.concatenate([np.repeat([1.0, 0.0], [5, 7]), np.ones(9)])  # the second group always wins
    X = np.column_stack([np.ones(21), x])
    assert fit_logit(X, y, np.ones(21)) is None
    fit = fit_firth(X, y, np.ones(21))
    assert fit.theta[0] == pytest.approx(np.log(5.5 / 7.5), abs=1e-6)
    assert fit.theta.sum() == pytest.approx(np.log(9.5 / 0.5), abs=1e-6)


def test_collinear_columns_have_no_fit():
    X, y, _, _ = sample()
    assert fit_logit(np.column_stack([X, X[:, 1] - X[:, 2]]), y, np.ones(y.size)) is None


def test_newton_survives_columns_with_heavy_tails():
    rng = np.random.default_rng(3)
    x = rng.standard_t(1.2, 3000)
    y = (rng.random(3000) < sigmoid(0.3 * np.clip(x, -8, 8))).astype(float)
    X = np.column_stack([np.ones(3000), x / x.std()])
    theirs = minimize(lambda b: np.logaddexp(0, X @ b).sum() - y @ X @ b, np.zeros(2), method="Nelder-Mead")
    np.testing.assert_allclose(fit_logit(X, y, np.ones(3000)).theta, theirs.x, atol=1e-2, rtol=1e-3)


def davidson_loss(theta, X, y):
    u, log_nu = X @ theta[:-1] / 2, theta[-1]
    total = np.logaddexp(np.logaddexp(u, -u), log_nu)
    return -(np.where(y == 0.5, log_nu, np.where(y > 0.5, u, -u)) - total).sum()


def test_davidsons_model_is_where_a_general_optimiser_ends():
    rng = np.random.default_rng(4)
    X = np.column_stack([np.ones(600), rng.standard_normal((600, 2))])
    p = np.exp(np.column_stack([X @ [0.1, 0.5, -0.3], np.zeros(600), 0.3 * np.ones(600)]) / 1.0)
    y = np.array([rng.choice([1.0, 0.0, 0.5], p=row / row.sum()) for row in p])
    fit = fit_davidson(X, y, np.ones(600))
    theirs = minimize(davidson_loss, np.zeros(4), args=(X, y), method="BFGS", options={"gtol": 1e-9})
    np.testing.assert_allclose(fit.theta, theirs.x, atol=1e-5)
    steps = 1e-4 * np.eye(4)
    hessian = np.array(
        [
            [
                sum(s * t * davidson_loss(fit.theta + s * a + t * b, X, y) for s in (1, -1) for t in (1, -1))
                / 4e-8
                for a in steps
            ]
            for b in steps
        ]
    )
    np.testing.assert_allclose(np.linalg.inv(fit.inverse), hessian, atol=5e-3 * np.abs(hessian).max())
    scores = fit.design * fit.residual[:, None]
    gradient = [
        (davidson_loss(fit.theta + a, X[:1], y[:1]) - davidson_loss(fit.theta - a, X[:1], y[:1])) / 2e-4
        for a in steps
    ]
    np.testing.assert_allclose(scores[0] + scores[600], -np.array(gradient), atol=1e-6)


def test_davidson_of_counts_is_their_logarithms():
    y = np.repeat([1.0, 0.5, 0.0], [50, 30, 20])
    fit = fit_davidson(np.ones((100, 1)), y, np.ones(100))
    assert fit.theta[0] == pytest.approx(np.log(50 / 20))
    assert fit.theta[1] == pytest.approx(np.log(30 / np.sqrt(50 * 20)))
