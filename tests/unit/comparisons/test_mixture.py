"""What mixed data would express, against data that were mixed."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student

from whimsight.comparisons.estimates import Estimates
from whimsight.comparisons.mixture import mixture
from whimsight.effects import effects
from whimsight.errors import StudyError


def estimates(value, se, degrees=200.0):
    value = np.asarray(value, dtype=float)
    covariance = np.einsum("kj,kl->jkl", np.broadcast_to(np.square(se), value.shape), np.eye(len(value)))
    empty = np.isnan(value).T
    covariance[empty[:, :, None] | empty[:, None, :]] = np.nan
    return Estimates(value, covariance, np.where(np.isnan(value), np.nan, degrees))


def dataset(n, share, effect, rng):
    """A feature active in ``share`` of n rows, on either side, that moves the win rate by ``effect``."""
    code = rng.choice([-1.0, 1.0], n) * (rng.random(n) < share)
    vote = (rng.random(n) < 0.5 + code * effect / 2).astype(float)
    return code.astype(np.float32)[:, None], vote


def measured(sets):
    """Delta-win and share of carrying rows as the tables have them."""
    value, se, share = [], [], []
    for code, vote in sets:
        row = effects(code, vote, clusters=[np.arange(len(vote))]).iloc[0]
        value.append([row.delta_win])
        reach = student.ppf(0.975, int((code != 0).sum()) - 1)
        se.append([(row.delta_win_high - row.delta_win_low) / 2 / reach])
        share.append([(code != 0).mean()])
    n = np.array([[len(vote)] for _, vote in sets])
    share = np.array(share)
    return estimates(value, np.array(se)), share, np.sqrt(share * (1 - share) / n)


def test_a_mixture_is_what_a_sample_that_was_mixed_shows():
    rng = np.random.default_rng(0)
    sets = [dataset(60_000, 0.5, 0.3, rng), dataset(60_000, 0.2, -0.4, rng)]
    row = mixture(*measured(sets), weights=[0.3, 0.7]).iloc[0]
    rows = [rng.choice(60_000, n, replace=False) for n in (18_000, 42_000)]
    code, vote = (np.concatenate([one[i][r] for one, r in zip(sets, rows, strict=True)]) for i in (0, 1))
    mixed = effects(code, vote, clusters=[np.arange(60_000)]).iloc[0]
    assert row.delta_win == pytest.approx((0.15 * 0.3 - 0.14 * 0.4) / 0.29, abs=0.012)
    assert row.delta_win == pytest.approx(mixed.delta_win, abs=0.015)
    assert row.covered == 1


def test_the_interval_holds_the_mixtures_effect_as_often_as_it_says():
    rng = np.random.default_rng(1)
    held = []
    for _ in range(600):
        n = 400
        value, se, share = [], [], []
        for of, effect in ((0.15, 0.5), (0.6, -0.3)):
            code, vote = dataset(n, of, effect, rng)
            on = code[:, 0] != 0
            more, less = vote[code[:, 0] > 0], vote[code[:, 0] < 0]
            value.append([more.mean() - less.mean()])
            se.append([np.sqrt(more.var(ddof=1) / more.size + less.var(ddof=1) / less.size)])
            share.append([on.mean()])
        share = np.array(share)
        row = mixture(
            estimates(value, np.array(se)), share, np.sqrt(share * (1 - share) / n), weights=[0.8, 0.2]
        ).iloc[0]
        held.append(row.delta_win_low <= (0.12 * 0.5 - 0.12 * 0.3) / 0.24 <= row.delta_win_high)
    assert 0.93 <= np.mean(held) <= 0.975


def test_a_slice_counts_by_its_rows_that_carry_the_feature():
    row = mixture(
        estimates([[0.1], [-0.2], [0.4]], 0.01), np.array([[0.4], [0.2], [0.1]]), np.zeros((3, 1)), [1, 2, 1]
    )
    assert row.delta_win[0] == pytest.approx((0.4 * 0.1 - 0.4 * 0.2 + 0.1 * 0.4) / 0.9)
    r = np.array([0.4, 0.4, 0.1]) / 0.9
    se = 0.01 * np.sqrt(np.sum(r**2))
    degrees = 200 * np.sum(r**2) ** 2 / np.sum(r**4)
    assert row.delta_win_high[0] - row.delta_win[0] == pytest.approx(student.ppf(0.975, degrees) * se)


def test_what_linked_slices_share_goes_into_the_interval():
    S = np.array([[1.0, 0.6], [0.6, 2.0]])
    made = Estimates(np.array([[3.0], [1.0]]), S[None], np.array([[30.0], [20.0]]))
    row = mixture(made, np.full((2, 1), 0.5), np.zeros((2, 1)), [1, 3]).iloc[0]
    r = np.array([0.25, 0.75])
    assert row.delta_win == pytest.approx(1.5)
    assert row.delta_win_high - 1.5 == pytest.approx(student.ppf(0.975, 20) * np.sqrt(r @ S @ r))


def test_one_slice_alone_is_itself_whatever_its_weight():
    made = estimates([[0.1, -0.3], [0.5, 0.5]], 0.02)
    table = mixture(made, np.full((2, 2), 0.3), np.full((2, 2), 0.05), [7, 0])
    np.testing.assert_allclose(table.delta_win, [0.1, -0.3])
    np.testing.assert_allclose(table.delta_win_high - table.delta_win, made.reach()[0])


def test_only_the_ratio_of_weights_counts():
    rng = np.random.default_rng(2)
    made = estimates(rng.normal(size=(3, 4)), 0.1)
    share = rng.random((3, 4))
    tables = [
        mixture(made, share, share * 0.01, w)
        for w in ([1, 2, 3], [1e-300, 2e-300, 3e-300], [5e307, 1e308, 1.5e308])
    ]
    for table in tables[1:]:
        np.testing.assert_allclose(table.astype(float), tables[0].astype(float))


def test_where_too_many_carrying_rows_have_no_effect_there_is_none():
    made = estimates([[0.1, 0.1, np.nan], [np.nan, np.nan, np.nan]], 0.01)
    share = np.array([[0.5, 0.3, 0.5], [0.1, 0.2, 0.0]])
    table = mixture(made, share, np.zeros((2, 3)), [1, 1])
    np.testing.assert_allclose(table.covered, [0.5 / 0.6, 0.6, 0.0])
    np.testing.assert_allclose(table.delta_win, [0.1, np.nan, np.nan])
    assert not table.washes_out.any()


def test_a_feature_washes_out_when_a_slice_shows_it_and_the_mixture_does_not():
    value = [[0.2, 0.2, 0.01, 0.2], [-0.2, 0.1, 0.01, -0.2]]
    table = mixture(estimates(value, 0.02), np.full((2, 4), 0.3), np.full((2, 4), 0.01), [1, 1])
    assert table.washes_out.tolist() == [True, False, False, True]
    assert not mixture(
        estimates(value, 0.02), np.full((2, 4), 0.3), np.full((2, 4), 0.01), [1, 0]
    ).washes_out.any()


@pytest.mark.parametrize(
    ("weights", "says"),
    [
        ([1, -0.5], r"weights\[1\] of a mixture is -0.5"),
        ([0, 0], "All weights of a mixture are 0"),
        ([1, 2, 3], "2 in all; found 3 numbers"),
        ([[1, 2]], r"found an array of shape \(1, 2\)"),
        ([1, np.nan], r"weights\[1\] of a mixture is nan"),
        ([np.inf, 1], r"weights\[0\] of a mixture is inf"),
        (["a", 1], "2 numbers, found"),
    ],
)
def test_weights_that_cannot_be_are_refused_by_name(weights, says):
    made = estimates([[0.1], [0.2]], 0.01)
    with pytest.raises(StudyError, match=says):
        mixture(made, np.full((2, 1), 0.3), np.zeros((2, 1)), weights)


def test_an_effect_that_is_only_less_sure_in_the_mixture_has_not_washed_out():
    unsure = estimates([[0.10, 0.10], [0.09, -0.04]], [[0.03, 0.03], [0.25, 0.25]])
    table = mixture(unsure, np.full((2, 2), 0.3), np.zeros((2, 2)), [1, 1])
    np.testing.assert_allclose(table.delta_win, [0.095, 0.03])
    assert ((table.delta_win_low < 0) & (table.delta_win_high > 0)).all()
    assert table.washes_out.tolist() == [False, True]
