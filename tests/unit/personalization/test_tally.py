"""Shares of votes with intervals that take the votes on one prompt together."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from whimsight.personalization.tally import agreement, flips, log_odds, share


def by_hand(values, prompt):
    """Wilson's interval for the effective number of votes, step by step."""
    n, groups = len(values), sorted(set(prompt))
    p = sum(values) / n
    squares = 0.0
    for group in groups:
        squares += sum(v - p for v, g in zip(values, prompt, strict=True) if g == group) ** 2
    g = len(groups)
    variance = g / (g - 1) * squares / n**2
    size = p * (1 - p) / variance
    z2 = t.ppf(0.975, g - 1) ** 2
    centre = (p + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2) / (1 + z2 / size) * np.sqrt(p * (1 - p) / size + z2 / (4 * size**2))
    return p, centre - half, centre + half


def test_a_share_and_its_interval_are_those_worked_out_by_hand():
    rng = np.random.default_rng(2)
    values, prompt = rng.integers(0, 2, 90), rng.integers(0, 25, 90)
    found = share(values, prompt)
    assert found[:3] == pytest.approx(by_hand(values.tolist(), prompt.tolist()), rel=1e-9)
    assert found.votes == 90


def test_with_many_prompts_of_one_vote_it_is_wilsons_interval():
    values = np.repeat([1.0, 0.0], [300, 700])
    found = share(values, np.arange(1000))
    z2 = norm.ppf(0.975) ** 2
    centre, half = (
        (0.3 + z2 / 2000) / (1 + z2 / 1000),
        np.sqrt(z2 / 1000 * 0.21 + z2**2 / 4e6) / (1 + z2 / 1000),
    )
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=2e-4)


def test_the_same_votes_cast_again_on_the_same_prompts_make_nothing_surer():
    values, prompt = np.array([1, 1, 0, 1, 0]), np.arange(5)
    once = share(values, prompt)
    again = share(np.tile(values, 8), np.tile(prompt, 8))
    assert again[:3] == pytest.approx(once[:3])


def test_intervals_stay_within_0_and_1_and_hold_the_share():
    for values in ([1, 1, 1, 1], [0, 0, 0], [1], [0, 1]):
        found = share(values, np.arange(len(values)))
        assert 0 <= found.low <= found.value <= found.high <= 1
    assert share([1, 1, 1], np.arange(3)).high == 1


def test_of_no_votes_nothing_is_said():
    found = share([], np.array([], dtype=np.int64))
    assert np.isnan(found[:3]).all()
    assert found.votes == 0


def test_agreement_is_the_share_on_the_side_that_log_odds_point_to_and_none_counts_half():
    X, w = np.array([[1.0], [-2.0], [0.0], [3.0]], dtype=np.float32), np.array([0.5])
    odds = log_odds(X, w, 0.0)
    assert odds.tolist() == [0.5, -1.0, 0.0, 1.5]
    assert agreement(odds, np.array([1.0, 0.0, 1.0, 0.0]), np.arange(4)).value == pytest.approx(2.5 / 4)


def test_flips_count_votes_where_the_sign_changes():
    before, after = np.array([1.0, -1.0, 2.0, 0.0]), np.array([2.0, 1.0, -0.1, 0.0])
    assert flips(after, before, np.arange(4)).value == 0.5
    assert flips(before, before, np.arange(4)).value == 0
    assert flips(before, after, np.arange(4)) == flips(after, before, np.arange(4))
