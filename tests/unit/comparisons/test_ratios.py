"""Ratios of prevalences: closed forms, coverage, and what happens at 0."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import brentq
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from whimsight.comparisons.estimates import Estimates
from whimsight.comparisons.ratios import ratios


def counted(hits, sizes, related=0.0):
    """Prevalences of binomial counts, (K, F) hits, with Wilson intervals."""
    hits, sizes = np.asarray(hits, dtype=float), np.asarray(sizes, dtype=float)[:, None]
    share = hits / sizes
    se = np.sqrt(share * (1 - share) / sizes)
    shape = np.where(np.eye(len(hits)) > 0, 1.0, related)
    covariance = np.einsum("aj,ab,bj->jab", se, shape, se)
    low, high = proportion_confint(hits, np.broadcast_to(sizes, hits.shape), method="wilson")
    return Estimates(share, covariance, np.broadcast_to(sizes - 1, hits.shape)), np.array(low), np.array(high)


def at(table, slice_, feature):
    return table[(table.slice == slice_) & (table.feature == feature)].iloc[0]


@pytest.mark.parametrize("related", [0.0, 0.6, -0.4])
@pytest.mark.parametrize(("a", "b"), [(30, 60), (5, 3), (190, 100)])
def test_an_end_is_the_ratio_at_which_the_difference_just_reaches_0(a, b, related):
    made, low, high = counted([[a], [b]], [200, 200], related)
    row = at(ratios(made, low, high, reference=1), 0, 0)
    p, q = made.value[:, 0]

    def lower(R):
        A, B = p - low[0, 0], R * (high[1, 0] - q)
        return p - R * q - np.sqrt(A**2 + B**2 - 2 * related * A * B)

    def upper(R):
        A, B = high[0, 0] - p, R * (q - low[1, 0])
        return p - R * q + np.sqrt(A**2 + B**2 - 2 * related * A * B)

    assert row.ratio == pytest.approx(p / q)
    assert row.low == pytest.approx(brentq(lower, 0, p / q), rel=1e-8)
    assert row.high == pytest.approx(brentq(upper, p / q, 1e4), rel=1e-8)


@pytest.mark.parametrize(
    ("p", "q", "n", "m"), [(0.1, 0.2, 300, 300), (0.05, 0.05, 400, 200), (0.6, 0.3, 100, 150)]
)
def test_intervals_of_separate_slices_hold_the_ratio_as_often_as_they_say(p, q, n, m):
    rng = np.random.default_rng(0)
    hits = np.stack([rng.binomial(n, p, 4000), rng.binomial(m, q, 4000)])
    table = ratios(*counted(hits, [n, m]), reference=1)
    table = table[table.slice == 0]
    assert 0.93 <= ((table.low <= p / q) & (table.high >= p / q)).mean() <= 0.97
    if p == q:
        assert 0.03 <= (table.p <= 0.05).mean() <= 0.07


def test_intervals_of_slices_with_the_same_prompts_hold_the_ratio_as_often_as_they_say():
    rng = np.random.default_rng(1)
    n, repeats = 250, 3000
    base = rng.random((repeats, n))
    other = np.where(rng.random((repeats, n)) < 0.7, base, rng.random((repeats, n)))
    x, y = base < 0.15, other < 0.25
    made, low, high = counted(np.stack([x.sum(axis=1), y.sum(axis=1)]), [n, n])
    centred = (x - x.mean(axis=1, keepdims=True)) * (y - y.mean(axis=1, keepdims=True))
    made.covariance[:, 0, 1] = made.covariance[:, 1, 0] = centred.mean(axis=1) / n
    linked = ratios(made, low, high, reference=1).query("slice == 0")
    assert 0.93 <= ((linked.low <= 0.6) & (linked.high >= 0.6)).mean() <= 0.97
    made.covariance[:, 0, 1] = made.covariance[:, 1, 0] = 0.0
    apart = ratios(made, low, high, reference=1).query("slice == 0")
    assert (linked.high - linked.low).mean() < 0.8 * (apart.high - apart.low).mean()


def test_zeros_give_ends_that_are_open_and_no_p():
    made, low, high = counted([[0, 10, 0, 40], [10, 0, 0, 2]], [100, 100])
    low[made.value == 0] = 0.0
    low[1, 3] = 0.0
    table = ratios(made, low, high, reference=1)
    never, only, neither, rare = (at(table, 0, j) for j in range(4))
    assert [never.ratio, never.low] == [0.0, 0.0]
    assert 0 < never.high < 1
    assert [only.ratio, only.high] == [np.inf, np.inf]
    assert 1 < only.low < np.inf
    assert np.isnan([neither.ratio, neither.low, neither.high]).all()
    assert rare.high == np.inf
    assert np.isnan([never.p, only.p, neither.p]).all()
    assert rare.p < 0.001


def test_the_reference_is_once_as_prevalent_as_itself():
    table = ratios(*counted([[10, 0], [20, 0]], [100, 100]), reference=0)
    row = at(table, 0, 0)
    assert [row.ratio, row.low, row.high] == [1, 1, 1]
    assert np.isnan([row.p, row.q, at(table, 0, 1).ratio]).all()


def test_a_slice_without_a_prevalence_has_no_ratio():
    made, low, high = counted([[10], [20]], [100, 100])
    for array in (made.value, low, high):
        array[0] = np.nan
    made.covariance[0, 0, :] = made.covariance[0, :, 0] = np.nan
    assert at(ratios(made, low, high, reference=1), 0, 0)[["ratio", "low", "high", "p", "q"]].isna().all()


def test_q_is_over_all_slices_and_features_but_the_reference():
    rng = np.random.default_rng(2)
    table = ratios(*counted(rng.binomial(200, 0.3, (4, 6)), [200] * 4), reference=2)
    given = table[table.slice != 2]
    assert len(table) == 24
    np.testing.assert_allclose(given.q, multipletests(given.p, method="fdr_bh")[1])
    assert ((given.low < given.ratio) & (given.ratio < given.high)).all()
