"""The two-stage estimate of subjectivity, against single fits, statsmodels, closed forms and planted truth."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.optimize import minimize_scalar
from statsmodels.discrete.discrete_model import Logit
from statsmodels.stats.meta_analysis import combine_effects

from whimsight.effects.logit import fit_firth
from whimsight.effects.pooling import pool
from whimsight.personalization.two_stage import slopes, two_stage

# 13 trials of the BCG vaccine (Colditz et al. 1994): ill and well with vaccine, ill and well without.
BCG = np.array(
    [
        *[[4, 119, 11, 128], [6, 300, 29, 274], [3, 228, 11, 209], [62, 13536, 248, 12619]],
        *[[33, 5036, 47, 5761], [180, 1361, 372, 1079], [8, 2537, 10, 619], [505, 87886, 499, 87892]],
        *[[29, 7470, 45, 7232], [17, 1699, 65, 1600], [186, 50448, 141, 27197], [5, 2493, 3, 2338]],
        [27, 16886, 29, 17825],
    ]
)


def people(rng, tau, n=120, votes=(20, 100), mean=0.5):
    """Votes of ``n`` people who differ in how they take the feature and in how they take a control."""
    who = np.repeat(np.arange(n), rng.integers(*votes, n))
    x, control = rng.normal(size=(2, who.size))
    eta = rng.normal(mean, tau, n)[who] * x + rng.normal(0.8, 0.4, n)[who] * control
    return x[:, None], control[:, None], (rng.random(who.size) < 1 / (1 + np.exp(-eta))).astype(float), who


def log_risk_ratios():
    a, b, c, d = BCG.T.astype(float)
    return np.log(a / (a + b)) - np.log(c / (c + d)), 1 / a - 1 / (a + b) + 1 / c - 1 / (c + d)


def test_every_annotator_gets_the_logit_that_statsmodels_and_the_single_firth_fit_give():
    x, control, y, who = people(np.random.default_rng(1), 0.3, n=12, votes=(30, 60))
    ordinary = slopes(x, y, who, controls=control)
    firth = slopes(x, y, who, controls=control, logit="firth")
    for a in range(12):
        rows = who == a
        design = np.column_stack([np.ones(rows.sum()), x[rows], control[rows]])
        by_statsmodels = Logit(y[rows], design).fit(disp=False)
        assert ordinary.value[a, 0] == pytest.approx(by_statsmodels.params[1], abs=1e-6)
        assert ordinary.variance[a, 0] == pytest.approx(by_statsmodels.bse[1] ** 2, rel=1e-5)
        single = fit_firth(design, y[rows], np.ones(rows.sum()))
        assert firth.value[a, 0] == pytest.approx(single.theta[1], abs=1e-6)
        assert firth.variance[a, 0] == pytest.approx(single.inverse[1, 1], rel=1e-5)


def test_a_lone_vote_with_the_feature_has_a_firth_slope_of_log_three():
    """With as many votes for A as for B without the feature, p + h (1/2 - p) is 3/4 at leverage 1."""
    x = np.zeros((2001, 1))
    x[0] = 1
    y = np.append(1.0, np.tile([1.0, 0.0], 1000))
    assert slopes(x, y, np.zeros(2001, dtype=int), logit="firth").value[0, 0] == pytest.approx(
        np.log(3), abs=2e-3
    )


def test_annotators_without_a_slope_are_counted_by_reason():
    rng = np.random.default_rng(2)
    who = np.repeat(np.arange(4), [10, 40, 40, 40])
    x = rng.normal(size=(130, 1))
    y = (rng.random(130) < 0.5).astype(float)
    x[who == 1] = 0.0  # never sees the feature
    y[who == 2] = x[who == 2, 0] > 0  # follows it without exception
    ordinary = slopes(x, y, who)
    assert (ordinary.few[0], ordinary.flat[0], ordinary.separated[0]) == (1, 1, 1)
    assert np.isfinite(ordinary.value[:, 0]).tolist() == [False, False, False, True]
    firth = slopes(x, y, who, logit="firth")
    assert (firth.few[0], firth.flat[0], firth.separated[0]) == (1, 1, 0)
    assert firth.value[2, 0] > 1


def test_a_feature_that_is_itself_the_control_keeps_its_slope():
    x, control, y, who = people(np.random.default_rng(3), 0.3, n=8)
    both = slopes(np.column_stack([x, control]), y, who, controls=control)
    assert np.array_equal(both.value[:, 1], slopes(control, y, who).value[:, 0])


def test_reml_of_the_bcg_trials_is_the_published_one():
    """Viechtbauer (2010, Journal of Statistical Software 36(3), section 3.1): tau² .3132, mean -.7145."""
    value, variance = log_risk_ratios()
    found = pool(value, variance)
    assert found.tau**2 == pytest.approx(0.3132, abs=5e-5)
    assert found.mean == pytest.approx(-0.7145, abs=5e-5)
    assert pytest.approx(152.2330, abs=5e-5) == found.Q
    assert [found.tau_low**2, found.tau_high**2] == pytest.approx([0.1197, 1.1115], abs=5e-5)


def test_reml_maximises_the_restricted_likelihood():
    rng = np.random.default_rng(4)
    for _ in range(20):
        variance = rng.uniform(0.05, 2, 30)
        value = rng.normal(0, np.sqrt(variance + 0.3))

        def lack(t, value=value, variance=variance):
            total = variance + t
            mean = np.sum(value / total) / np.sum(1 / total)
            return np.sum(np.log(total)) + np.log(np.sum(1 / total)) + np.sum((value - mean) ** 2 / total)

        best = minimize_scalar(lack, bounds=(0, 10), method="bounded", options={"xatol": 1e-10}).x
        assert pool(value, variance).tau ** 2 == pytest.approx(best, abs=1e-5)


def test_paule_mandel_and_hartung_knapp_are_statsmodels():
    rng = np.random.default_rng(5)
    for _ in range(10):
        variance = rng.uniform(0.05, 2, 40)
        value = rng.normal(0.3, np.sqrt(variance + 0.8))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about intervals of single estimates
            theirs = combine_effects(value, variance, method_re="iterated", use_t=True)
            ends = theirs.summary_frame().loc["random effect wls", ["ci_low", "ci_upp"]]
        ours = pool(value, variance, by="paule-mandel")
        assert ours.tau**2 == pytest.approx(theirs.tau2, abs=1e-6)
        assert pytest.approx(theirs.q, rel=1e-9) == ours.Q
        assert ours.mean == pytest.approx(theirs.mean_effect_re, abs=1e-6)
        assert [ours.mean_low, ours.mean_high] == pytest.approx(list(ends), abs=1e-5)


@pytest.mark.parametrize("by", ["reml", "paule-mandel"])
def test_with_equal_variances_tau_is_what_the_values_vary_beyond_them(by):
    value = np.random.default_rng(6).normal(0, 2, 50)
    assert pool(value, np.full(50, 0.7), by=by).tau ** 2 == pytest.approx(value.var(ddof=1) - 0.7, rel=1e-6)
    assert pool(value, np.full(50, 70.0), by=by).tau == 0.0


def test_one_estimate_says_nothing_of_a_spread():
    found = pool(np.array([1.0]), np.array([1.0]))
    assert found.n == 1
    assert np.isnan([found.mean, found.tau, found.p]).all()


def test_planted_spread_lies_within_its_interval_and_the_mean_within_its_own():
    tables = [two_stage(x, y, who, controls=c).iloc[0] for x, c, y, who in _samples(0.6, 16)]
    assert sum(t.tau_low <= 0.6 <= t.tau_high for t in tables) >= 13
    assert np.mean([t.tau for t in tables]) == pytest.approx(0.6, abs=0.06)
    assert np.mean([t["mean"] for t in tables]) == pytest.approx(0.5, abs=0.06)
    assert all(t.p < 0.05 for t in tables)


def test_people_who_agree_are_seldom_told_apart():
    tables = [two_stage(x, y, who, controls=c).iloc[0] for x, c, y, who in _samples(0.0, 16)]
    assert sum(t.p < 0.05 for t in tables) <= 3
    assert np.mean([t.tau for t in tables]) < 0.1


def _samples(tau, n):
    return (people(np.random.default_rng(100 + seed), tau, votes=(60, 160)) for seed in range(n))
