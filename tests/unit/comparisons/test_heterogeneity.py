"""Agreement of slices on an effect, against statsmodels, scipy and a published meta-analysis."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2, ttest_1samp, ttest_ind
from scipy.stats import f as fisher
from scipy.stats import t as student
from statsmodels.stats.meta_analysis import combine_effects
from statsmodels.stats.oneway import anova_oneway

from whimsight.comparisons.estimates import Estimates
from whimsight.comparisons.heterogeneity import heterogeneity

# 13 trials of the BCG vaccine (Colditz et al. 1994): ill and well with vaccine, ill and well without.
BCG = np.array(
    [
        *[[4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619]],
        *[[33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892]],
        *[[29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338]],
        [27, 16886, 29, 17825],
    ]
)


def estimates(value, variance, degrees=1e9):
    """Independent slices; (K, F) each."""
    value, variance = np.asarray(value, dtype=float), np.asarray(variance, dtype=float)
    covariance = np.einsum("kj,kl->jkl", variance, np.eye(len(value)))
    empty = np.isnan(value).T
    covariance[empty[:, :, None] | empty[:, None, :]] = np.nan
    return Estimates(value, covariance, np.where(np.isnan(value), np.nan, degrees))


def groups(sizes, rng, shift=0.0):
    return [rng.normal(shift * i, 1 + i, n) for i, n in enumerate(sizes)]


def of_groups(samples):
    value, variance = ([[f(x)] for x in samples] for f in (np.mean, lambda x: x.var(ddof=1) / x.size))
    return estimates(value, variance, np.array([[x.size - 1] for x in samples]))


def test_the_trials_of_the_bcg_vaccine_give_the_published_analysis():
    a, b, c, d = BCG.T.astype(float)
    ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    row = heterogeneity(estimates(ratio[:, None], (1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))[:, None])).iloc[
        0
    ]
    assert pytest.approx(152.233, abs=0.001) == row.Q
    assert row.tau**2 == pytest.approx(0.3181, abs=5e-5)
    assert [row.tau_low**2, row.tau_high**2] == pytest.approx([0.1197, 1.1115], abs=5e-5)
    assert [row.i2_low, row.i2_high] == pytest.approx([0.8192, 0.9768], abs=5e-5)


def test_many_features_are_statsmodels_one_at_a_time():
    rng = np.random.default_rng(0)
    value, variance = rng.normal(0, 1.5, (6, 40)), rng.uniform(0.5, 3, (6, 40))
    table = heterogeneity(estimates(value, variance))
    assert 5 < (table.tau > 0).sum() < 40
    for j, row in table.iterrows():
        # Finer, and rounding can carry their iteration past the root, where it gives up with 0.
        theirs = combine_effects(value[:, j], variance[:, j], method_re="iterated", atol=1e-7)
        assert pytest.approx(theirs.q, rel=1e-9) == row.Q
        assert row.tau**2 == pytest.approx(theirs.tau2, abs=1e-6)
        assert row.i2 == pytest.approx(max(0.0, theirs.i2), abs=1e-9)
        assert row.pooled == pytest.approx(theirs.mean_effect_re, rel=1e-5)
        factor = max(1.0, np.sqrt(theirs.scale_hksj_re))
        reach = student.ppf(0.975, 5) * theirs.sd_eff_w_re * factor
        assert row.pooled_high - row.pooled == pytest.approx(reach, rel=1e-5)


def test_without_uncertainty_of_the_variances_p_is_cochrans():
    rng = np.random.default_rng(1)
    table = heterogeneity(estimates(rng.normal(size=(5, 20)), np.ones((5, 20))))
    np.testing.assert_allclose(table.p, chi2.sf(table.Q, 4), atol=1e-8)


@pytest.mark.parametrize("sizes", [(6, 9), (40, 12)])
def test_two_slices_are_compared_by_welchs_t(sizes):
    samples = groups(sizes, np.random.default_rng(2), 0.7)
    row = heterogeneity(of_groups(samples)).iloc[0]
    assert row.p == pytest.approx(ttest_ind(*samples, equal_var=False).pvalue, rel=1e-9)


def test_four_slices_are_compared_by_welchs_analysis_of_variance():
    samples = groups((8, 12, 20, 9), np.random.default_rng(3), 0.6)
    row = heterogeneity(of_groups(samples)).iloc[0]
    theirs = anova_oneway(samples, use_var="unequal")
    assert row.p == pytest.approx(theirs.pvalue, rel=1e-9)


def paired(n, k, rng, shift=0.0):
    rows = rng.normal(size=(n, 1)) * 2 + rng.normal(size=(n, k)) * np.arange(1, k + 1) + shift * np.arange(k)
    covariance = np.cov(rows.T) / n
    return rows, Estimates(rows.mean(axis=0)[:, None], covariance[None], np.full((k, 1), n - 1.0))


def test_two_linked_slices_are_compared_by_the_paired_t():
    rows, linked = paired(15, 2, np.random.default_rng(4), 0.8)
    assert heterogeneity(linked).p[0] == pytest.approx(
        ttest_1samp(rows[:, 0] - rows[:, 1], 0).pvalue, rel=1e-9
    )


def test_four_linked_slices_are_compared_by_hotellings_t2_of_their_differences():
    rows, linked = paired(25, 4, np.random.default_rng(5), 0.5)
    d = rows[:, 1:] - rows[:, :1]
    T2 = d.mean(axis=0) @ np.linalg.solve(np.cov(d.T) / 25, d.mean(axis=0))
    found = heterogeneity(linked).iloc[0]
    assert pytest.approx(T2, rel=1e-9) == found.Q
    assert found.p == pytest.approx(fisher.sf(T2 * 22 / (24 * 3), 3, 22), rel=1e-9)


def test_linked_slices_keep_the_level_however_few_the_clusters():
    rng = np.random.default_rng(6)
    for n, k in ((4, 5), (6, 5), (12, 5), (40, 5)):
        p = np.array([heterogeneity(paired(n, k, rng)[1]).p[0] for _ in range(400)])
        assert np.isfinite(p).all()
        assert (p <= 0.05).mean() <= 0.075, (n, k)


def test_a_covariance_of_few_clusters_is_not_inverted_but_counts_for_the_mean():
    rows, linked = paired(4, 5, np.random.default_rng(11))
    row = heterogeneity(linked).iloc[0]
    variance = rows.var(axis=0, ddof=1) / 4
    assert pytest.approx(combine_effects(rows.mean(axis=0), variance).q) == row.Q
    w = 1 / (variance + row.tau**2)
    w /= w.sum()
    reach = student.ppf(0.975, 4) * np.sqrt(w @ (np.cov(rows.T) / 4 + row.tau**2 * np.eye(5)) @ w)
    assert [row.pooled, row.pooled_high - row.pooled] == pytest.approx([w @ rows.mean(axis=0), reach])


def test_equal_effects_in_unequal_small_slices_are_called_different_one_time_in_twenty():
    rng = np.random.default_rng(7)
    p = np.array([heterogeneity(of_groups(groups((7, 10, 15, 20), rng))).p[0] for _ in range(600)])
    assert 0.03 <= (p <= 0.05).mean() <= 0.07


def test_the_interval_of_the_mean_holds_it_as_often_as_it_says_when_slices_scatter():
    rng = np.random.default_rng(8)
    variance = rng.uniform(0.2, 1.5, (6, 1)) * np.ones((6, 2000))
    value = 0.3 + rng.normal(0, 1, (6, 2000)) + rng.normal(size=(6, 2000)) * np.sqrt(variance)
    table = heterogeneity(estimates(value, variance))
    assert 0.93 <= ((table.pooled_low <= 0.3) & (table.pooled_high >= 0.3)).mean() <= 0.98
    assert 0.93 <= ((table.tau_low <= 1) & (table.tau_high >= 1)).mean() <= 0.97


def test_the_generalised_mean_is_least_squares_under_the_whole_covariance():
    S = np.array([[1.0, 0.5, 0.2], [0.5, 2.0, 0.3], [0.2, 0.3, 1.5]])
    theta = np.array([3.0, -2.0, 0.5])
    row = heterogeneity(Estimates(theta[:, None], S[None], np.full((3, 1), 1e9))).iloc[0]
    W = np.linalg.inv(S + row.tau**2 * np.eye(3))
    mean = (W @ theta).sum() / W.sum()
    assert row.pooled == pytest.approx(mean, rel=1e-9)
    assert (theta - mean) @ W @ (theta - mean) == pytest.approx(2.0, rel=1e-9)
    assert row.pooled_high - mean == pytest.approx(student.ppf(0.975, 2) / np.sqrt(W.sum()), rel=1e-9)


def test_slices_without_an_estimate_are_left_out_of_that_feature_only():
    rng = np.random.default_rng(9)
    value, variance = rng.normal(size=(4, 5)), rng.uniform(0.1, 1, (4, 5))
    holes = value.copy()
    holes[1, 1] = holes[0, 2] = holes[1, 2] = holes[0, 3] = holes[1, 3] = holes[2, 3] = holes[:, 4] = np.nan
    table = heterogeneity(estimates(holes, variance))
    assert table.datasets.tolist() == [4, 3, 2, 1, 0]
    for j, kept in ((0, [0, 1, 2, 3]), (1, [0, 2, 3]), (2, [2, 3])):
        alone = heterogeneity(estimates(value[kept][:, [j]], variance[kept][:, [j]])).iloc[0]
        np.testing.assert_allclose(
            table.loc[j].drop(["q", "datasets"]).astype(float),
            alone.drop(["q", "datasets"]).astype(float),
            rtol=1e-9,
        )
    assert table.loc[3:].drop(columns="datasets").isna().all(axis=None)
    assert table.q[:3].notna().all()


def test_a_slice_beside_its_copy_differs_from_it_in_nothing():
    row = heterogeneity(
        Estimates(np.full((2, 1), 0.3), np.full((1, 2, 2), 0.04), np.full((2, 1), 50.0))
    ).iloc[0]
    assert row[["tau", "tau_low", "tau_high", "Q", "i2", "i2_low", "i2_high", "p"]].tolist() == [0] * 7 + [1]
    reach = student.ppf(0.975, 50) * 0.2
    assert [row.pooled, row.pooled_low, row.pooled_high] == pytest.approx([0.3, 0.3 - reach, 0.3 + reach])


def test_a_copy_up_to_rounding_adds_nothing_to_a_difference():
    S = np.array([[0.04, 0.04 * (1 + 1e-13), 0], [0.04 * (1 + 1e-13), 0.04, 0], [0, 0, 0.09]])
    theta = np.array([0.3, 0.3 + 1e-14, -0.6])
    three = heterogeneity(Estimates(theta[:, None], S[None], np.full((3, 1), 300.0))).iloc[0]
    two = heterogeneity(estimates(theta[1:, None], np.array([[0.04], [0.09]]), 300.0)).iloc[0]
    assert pytest.approx(two.Q, rel=1e-6) == three.Q
    assert three.p == pytest.approx(two.p, rel=0.2)
    assert np.isfinite(three.to_numpy(dtype=float)).all()


def test_the_unit_and_the_order_of_slices_do_not_matter():
    rng = np.random.default_rng(10)
    value, variance = rng.normal(size=(5, 10)), rng.uniform(0.1, 1, (5, 10))
    table = heterogeneity(estimates(value, variance))
    for scale in (1e-6, 1e6):
        other = heterogeneity(estimates(scale * value[::-1], scale**2 * variance[::-1]))
        np.testing.assert_allclose(other.p, table.p, rtol=1e-8)
        np.testing.assert_allclose(other.tau / scale, table.tau, rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(other.pooled_low / scale, table.pooled_low, rtol=1e-7)
