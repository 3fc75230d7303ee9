"""The table of effects: what each number is, and what happens where there is nothing to say."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from whimsight.effects import (
    benjamini_hochberg,
    bonferroni,
    effects,
    joint_effects,
    position_bias,
    prevalence,
)
from whimsight.errors import FitError


def sample(n=600, n_features=4, seed=0):
    rng = np.random.default_rng(seed)
    codes = rng.standard_normal((n, n_features)).astype(np.float32) * (rng.random((n, n_features)) < 0.5)
    control = rng.standard_normal((n, 1)) * 3
    prompt = rng.integers(0, n // 6, n)
    eta = 0.2 + codes[:, 0] - 0.5 * codes[:, 1] + 0.2 * control[:, 0]
    y = (rng.random(n) < 1 / (1 + np.exp(-eta))).astype(float)
    return codes.astype(np.float32), y, control, prompt


def test_beta_is_statsmodels_coefficient_of_the_standardised_code():
    codes, y, control, prompt = sample()
    table = effects(codes, y, clusters=[prompt], controls=control, correction="CR1")
    for j in range(4):
        X = np.column_stack([codes[:, j].astype(float), control])
        theirs = sm.Logit(y, sm.add_constant(X / X.std(axis=0))).fit(
            disp=0, tol=1e-12, cov_type="cluster", use_t=True, cov_kwds={"groups": prompt}
        )
        found = table.loc[j, ["beta", "beta_low", "beta_high", "p"]].to_numpy(dtype=float)
        expected = [theirs.params[1], *theirs.conf_int()[1], theirs.pvalues[1]]
        np.testing.assert_allclose(found, expected, rtol=1e-6)


def test_delta_win_without_controls_is_a_difference_of_win_rates():
    z = np.repeat([0.7, -1.3], [50, 50]).astype(np.float32)[:, None]
    y = np.concatenate([np.repeat([1.0, 0.0], [40, 10]), np.repeat([1.0, 0.0], [20, 30])])
    table = effects(z, y, clusters=[np.arange(100)])
    assert table.delta_win[0] == pytest.approx(0.8 - 0.4)


def test_delta_win_is_the_papers_average_over_the_active_rows():
    codes, y, control, prompt = sample()
    found = effects(codes, y, clusters=[prompt], controls=control)
    for j in range(4):
        on = codes[:, j] != 0
        X = np.column_stack([np.ones(on.sum()), codes[on, j] > 0, control[on]])
        theta = sm.Logit(y[on], X).fit(disp=0, tol=1e-12).params
        win = [1 / (1 + np.exp(-X @ theta)) for X[:, 1] in (1.0, 0.0)]
        assert found.delta_win[j] == pytest.approx(np.mean(win[0] - win[1]), abs=1e-8)


def test_a_feature_read_the_other_way_round_has_exactly_the_opposite_effect():
    codes, y, control, prompt = sample()
    found = effects(codes, y, clusters=[prompt], controls=control)
    turned = effects(-codes, y, clusters=[prompt], controls=control)
    for effect in ("beta", "delta_win"):
        expected = -found[[effect, f"{effect}_high", f"{effect}_low"]].to_numpy()
        np.testing.assert_allclose(turned[[effect, f"{effect}_low", f"{effect}_high"]], expected, atol=1e-8)


def test_delta_wins_interval_is_as_wide_as_a_bootstrap_over_prompts_says():
    codes, y, control, prompt = sample(n=900)
    found = effects(codes, y, clusters=[prompt], controls=control)
    rng = np.random.default_rng(2)
    parts = [np.flatnonzero(prompt == g) for g in range(prompt.max() + 1)]
    drawn = []
    for _ in range(400):
        rows = np.concatenate([parts[g] for g in rng.integers(0, len(parts), len(parts))])
        drawn.append(
            effects(codes[rows, :2], y[rows], clusters=[prompt[rows]], controls=control[rows]).delta_win
        )
    wide = student.ppf(0.975, len(parts) - 1) * np.std(drawn, axis=0)
    np.testing.assert_allclose((found.delta_win_high - found.delta_win)[:2], wide, rtol=0.15)


def test_the_feature_that_is_a_control_is_not_controlled_for_itself():
    codes, y, _, prompt = sample()
    control = codes[:, [2]].astype(float)
    table = effects(codes, y, clusters=[prompt], controls=control, own_control=np.array([-1, -1, 0, -1]))
    alone = effects(codes[:, [2]], y, clusters=[prompt])
    assert table.beta[2] == pytest.approx(alone.beta[0])
    assert table.delta_win[2] == pytest.approx(alone.delta_win[0])
    without = effects(codes, y, clusters=[prompt], controls=control)
    assert np.isnan(without.beta[2])
    assert "leave nothing" in without.attrs["notes"][2]


def test_swapping_the_sides_of_all_rows_changes_no_effect():
    codes, y, control, prompt = sample()
    here = effects(codes, y, clusters=[prompt], controls=control)
    there = effects(-codes, 1 - y, clusters=[prompt], controls=-control)
    np.testing.assert_allclose(here["beta"], there["beta"], rtol=1e-6)
    np.testing.assert_allclose(here["p"], there["p"], rtol=1e-5)


def test_ties_and_unlabelled_rows_are_left_out_but_count_for_prevalence():
    codes, y, control, prompt = sample()
    mixed = y.copy()
    mixed[::5], mixed[1::7] = 0.5, np.nan
    kept = np.isin(mixed, (0.0, 1.0))
    table = effects(codes, mixed, clusters=[prompt], controls=control)
    expected = effects(codes[kept], y[kept], clusters=[prompt[kept]], controls=control[kept])
    np.testing.assert_allclose(table[["beta", "delta_win", "p"]], expected[["beta", "delta_win", "p"]])
    np.testing.assert_allclose(table["prevalence"], (codes != 0).mean(axis=0))
    assert (table["n"] == (codes[kept] != 0).sum(axis=0)).all()


def test_ties_that_are_modelled_narrow_the_interval_and_keep_the_effect():
    rng = np.random.default_rng(2)
    z = rng.standard_normal((3000, 1)).astype(np.float32)
    p = np.exp(np.column_stack([z[:, 0] / 2, -z[:, 0] / 2, np.zeros(3000)]))
    y = np.array([rng.choice([1.0, 0.0, 0.5], p=row / row.sum()) for row in p])
    rows = [np.arange(3000)]
    dropped, modelled = (effects(z, y, clusters=rows, ties=t).loc[0] for t in ("drop", "davidson"))
    assert modelled.beta_low < 1.0 < modelled.beta_high
    assert modelled.beta_high - modelled.beta_low < dropped.beta_high - dropped.beta_low


def test_without_labels_only_prevalence_is_known():
    codes, y, control, prompt = sample()
    table = effects(codes, np.full(y.size, np.nan), clusters=[prompt], controls=control)
    assert table[["beta", "delta_win", "p", "q"]].isna().all(axis=None)
    assert not table.significant.any()
    assert table.prevalence.between(0.4, 0.6).all()


def test_votes_that_are_all_the_same_are_refused():
    codes, y, _, prompt = sample()
    with pytest.raises(FitError, match="All 600 decided votes are for A"):
        effects(codes, np.ones_like(y), clusters=[prompt])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"controls": np.full((600, 1), np.nan)}, "controls must be finite; row 0"),
        ({"weights": np.ones(5)}, "weights must have one row for each of the 600"),
        ({"weights": -np.ones(600)}, "not be negative; found -1 at row 0"),
        ({"own_control": np.array([0])}, "one entry for each of the 4 features"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(change, message):
    codes, y, _, prompt = sample()
    with pytest.raises(FitError, match=message):
        effects(codes, y, clusters=[prompt], **change)


def test_a_preference_that_is_no_vote_is_refused():
    codes, y, _, prompt = sample()
    y[3] = 2.0
    with pytest.raises(FitError, match="found 2"):
        effects(codes, y, clusters=[prompt])


def test_shares_of_votes_are_a_fractional_logit():
    codes, _, _, prompt = sample()
    share = np.random.default_rng(2).beta(2, 2, prompt.size)
    table = effects(codes, share, clusters=[prompt], correction="CR1")
    z = codes[:, 0] / codes[:, 0].std()
    model = sm.GLM(share, sm.add_constant(z.astype(float)), family=sm.families.Binomial())
    fit = model.fit(cov_type="cluster", cov_kwds={"groups": prompt}, use_t=True)
    assert table.beta[0] == pytest.approx(fit.params[1], abs=1e-6)
    assert table.beta_low[0] == pytest.approx(fit.conf_int()[1][0], abs=1e-6)
    with pytest.raises(FitError, match="single votes"):
        effects(codes, share, clusters=[prompt], ties="davidson")


def test_a_feature_with_few_active_rows_says_nothing_and_why():
    codes, y, _, prompt = sample()
    codes[:, 3] = 0
    codes[:9, 3] = 1
    table = effects(codes, y, clusters=[prompt])
    assert table.loc[3, ["beta", "delta_win", "p", "q"]].isna().all()
    assert table.attrs["notes"] == {3: "9 active rows with a decided vote; at least 10 are needed."}


def test_a_feature_that_separates_the_votes_gets_a_finite_effect_and_a_wide_interval():
    codes, y, _, prompt = sample()
    codes[:, 3] = 0
    codes[:30, 3] = np.where(y[:30] > 0.5, 1.0, -1.0)
    found = effects(codes, y, clusters=[prompt]).loc[3]
    assert 0.6 < found.delta_win <= 1.0
    assert found.delta_win_low < found.delta_win - 0.01
    assert np.isfinite(found.beta)
    assert found.beta_high - found.beta_low > 0.5


def test_a_joint_regression_is_statsmodels_with_all_columns():
    codes, y, control, prompt = sample()
    table = joint_effects(codes, y, clusters=[prompt], controls=control, correction="CR1")
    X = np.column_stack([control, codes.astype(float)])
    theirs = sm.Logit(y, sm.add_constant(X / X.std(axis=0))).fit(
        disp=0, tol=1e-12, cov_type="cluster", use_t=True, cov_kwds={"groups": prompt}
    )
    np.testing.assert_allclose(table["beta"], theirs.params[2:], rtol=1e-6)
    np.testing.assert_allclose(table["p"], theirs.pvalues[2:], rtol=1e-5)


def test_the_joint_regression_maximises_firths_likelihood():
    codes, y, _, prompt = sample(n=80)
    table = joint_effects(codes, y, clusters=[prompt])
    X = np.column_stack([np.ones(80), codes / codes.std(axis=0)]).astype(float)

    def loss(b):
        p = 1 / (1 + np.exp(-X @ b))
        information = X.T @ ((p * (1 - p))[:, None] * X)
        return np.logaddexp(0, X @ b).sum() - y @ X @ b - np.linalg.slogdet(information)[1] / 2

    best = minimize(loss, np.zeros(5), method="BFGS")
    np.testing.assert_allclose(table["beta"], best.x[1:], atol=1e-4)


def test_joint_columns_that_repeat_others_are_left_out():
    codes, y, _, prompt = sample()
    table = joint_effects(
        np.column_stack([codes, codes[:, 0] - codes[:, 1], np.ones(600)]), y, clusters=[prompt]
    )
    assert table.beta.isna().tolist() == [False] * 4 + [True] * 2


def test_position_bias_is_the_share_of_a_at_equality():
    _, y, control, prompt = sample()
    X = sm.add_constant(control / control.std())
    theirs = sm.Logit(y, X).fit(
        disp=0, tol=1e-12, cov_type="cluster", use_t=True, cov_kwds={"groups": prompt}
    )
    found = position_bias(y, clusters=[prompt], controls=control, correction="CR1")
    expected = 1 / (1 + np.exp(-np.array([theirs.params[0], *theirs.conf_int()[0]])))
    np.testing.assert_allclose([found.share, found.low, found.high], expected, rtol=1e-6)
    assert found.p == pytest.approx(theirs.pvalues[0], rel=1e-5)
    assert position_bias(np.ones(600), clusters=[prompt]) is None


def test_prevalence_of_independent_pairs_is_wilsons():
    active = np.random.default_rng(0).random((4000, 1)) < 0.07
    found = prevalence(active.astype(np.float32), clusters=[np.arange(4000)]).loc[0]
    low, high = proportion_confint(int(active.sum()), 4000, method="wilson")
    assert found.prevalence == active.mean()
    np.testing.assert_allclose([found.prevalence_low, found.prevalence_high], [low, high], rtol=2e-3)


def test_prevalence_counts_repeated_pairs_once():
    active = np.random.default_rng(0).random((300, 1)) < 0.3
    rows = np.repeat(np.arange(300), 10)
    once = prevalence(active.astype(np.float32), clusters=[np.arange(300)])
    often = prevalence(active[rows].astype(np.float32), clusters=[rows])
    np.testing.assert_allclose(once, often)


def test_a_feature_never_seen_may_still_exist():
    found = prevalence(np.zeros((50, 1), dtype=np.float32), clusters=[np.arange(50)]).loc[0]
    assert found.prevalence == found.prevalence_low == 0
    assert 0.05 < found.prevalence_high < 0.1


def test_corrections_are_statsmodels():
    p = np.random.default_rng(0).random(40) ** 3
    np.testing.assert_allclose(benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1])
    assert bonferroni(p).tolist() == multipletests(p, method="bonferroni")[0].tolist()
    with_gap = np.append(p, np.nan)
    np.testing.assert_allclose(benjamini_hochberg(with_gap)[:-1], benjamini_hochberg(p))


def test_prevalence_in_the_table_is_clustered_by_prompt_whoever_votes():
    rng = np.random.default_rng(0)
    codes = np.ones((400, 1), dtype=np.float32)
    prompt = np.arange(400) // 4
    few_people = rng.integers(0, 3, 400)
    table = effects(codes * rng.choice([-1, 1], (400, 1)), rng.integers(0, 2, 400).astype(float),
                    clusters=[prompt, few_people])  # fmt: skip
    alone = prevalence(codes, clusters=[prompt])
    np.testing.assert_array_equal(table["prevalence_low"], alone["prevalence_low"])
    assert table["prevalence_low"][0] > 0.95
