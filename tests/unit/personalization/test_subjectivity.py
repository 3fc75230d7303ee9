"""The share of people who lean the other way, against closed forms and draws."""

from __future__ import annotations

import numpy as np
from scipy.stats import norm

from whimsight.personalization.subjectivity import share_opposed


def _one(value: float) -> np.ndarray:
    return np.array([value])


def test_the_share_is_the_normal_tail_beyond_zero() -> None:
    share, _, _ = share_opposed(_one(-0.3), _one(0.01), _one(0.6), _one(0.5), _one(0.7))
    assert np.isclose(share[0], norm.sf(0.5))


def test_turning_a_feature_round_leaves_the_share_as_it_is() -> None:
    args = (_one(0.1), _one(0.4), _one(0.3), _one(0.6))
    one, other = share_opposed(_one(0.2), *args), share_opposed(_one(-0.2), *args)
    assert np.allclose(one, other)


def test_where_people_do_not_differ_nobody_leans_the_other_way() -> None:
    share, low, high = share_opposed(_one(0.5), _one(0.02), _one(0.0), _one(0.0), _one(0.05))
    assert share[0] == low[0] == 0.0
    assert high[0] < 1e-6


def test_an_uncertain_tau_that_may_be_zero_leaves_the_interval_open_at_zero() -> None:
    share, low, high = share_opposed(_one(0.3), _one(0.02), _one(0.2), _one(0.0), _one(0.4))
    assert low[0] < 0.01 < share[0] < high[0]


def test_the_interval_holds_the_quantiles_of_draws_of_mean_and_log_tau() -> None:
    rng = np.random.default_rng(0)
    reach = norm.ppf(0.975)
    mean, tau = rng.normal(0.4, 0.1, 400_000), np.exp(rng.normal(np.log(0.5), 0.2, 400_000))
    drawn = np.quantile(norm.sf(mean / tau), [0.025, 0.975])
    low, high = 0.5 * np.exp(-0.2 * reach), 0.5 * np.exp(0.2 * reach)
    found = share_opposed(_one(0.4), _one(0.1), _one(0.5), _one(low), _one(high))
    assert np.allclose([found[1][0], found[2][0]], drawn, atol=0.004)


def test_features_that_are_not_personal_have_no_share() -> None:
    nan = _one(np.nan)
    assert all(np.isnan(v[0]) for v in share_opposed(_one(0.3), _one(0.1), nan, nan, nan))
