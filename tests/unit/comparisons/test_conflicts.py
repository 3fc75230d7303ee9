"""Contradictions between slices: found where planted, and not where there are none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_1samp, ttest_ind
from statsmodels.stats.multitest import multipletests

from whimsight.comparisons.conflicts import conflicts, turns
from whimsight.comparisons.estimates import Estimates

DEGREES = 60.0


def estimates(truth, rng, related=0.0, degrees=DEGREES):
    """Unit-variance estimates of ``truth`` (K, F), each pair of slices correlated, standard errors estimated."""
    k, f = truth.shape
    common = np.sqrt(related) * rng.standard_normal(f)
    value = truth + common + np.sqrt(1 - related) * rng.standard_normal((k, f))
    se = np.sqrt(rng.chisquare(degrees, (k, f)) / degrees)
    shape = np.where(np.eye(k) > 0, 1.0, related)
    return Estimates(value, np.einsum("aj,ab,bj->jab", se, shape, se), np.full((k, f), degrees))


@pytest.mark.parametrize("related", [0.0, 0.8])
@pytest.mark.parametrize("large", [0.0, 8.0])
@pytest.mark.parametrize("k", [2, 5])
def test_slices_without_a_conflict_show_one_at_most_one_time_in_twenty(k, large, related):
    rng = np.random.default_rng(k)
    truth = np.zeros((k, 40))
    truth[0] = large
    wrong = np.mean([len(conflicts(estimates(truth, rng, related))) > 0 for _ in range(300)])
    assert wrong <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)


def test_planted_conflicts_are_found_and_few_others():
    rng = np.random.default_rng(0)
    truth = np.zeros((5, 40))
    truth[0, :8], truth[3, :8] = 7.0, -7.0
    truth[1, 8:20] = 7.0
    found = false = power = 0.0
    for _ in range(200):
        table = conflicts(estimates(truth, rng))
        right = (table["feature"] < 8) & (table["for"] == 0) & (table["against"] == 3)
        found += right.sum()
        false += (~right).mean() if len(table) else 0.0
    power = found / (200 * 8)
    assert power >= 0.95
    assert false / 200 <= 0.05


def test_p_is_the_weaker_sides_and_q_counts_every_pair_with_both_estimates():
    rng = np.random.default_rng(1)
    made = estimates(rng.normal(0, 4, (4, 12)), rng)
    made.value[0, 0] = np.nan
    rows, p = [], []
    single = 2 * student.sf(np.abs(made.value / made.se), DEGREES)
    for j in range(12):
        for a in range(4):
            for b in range(a):
                if j == 0 and b == 0:
                    continue
                opposed = made.value[a, j] * made.value[b, j] < 0
                rows.append((j, a, b))
                p.append(max(single[a, j], single[b, j]) if opposed else 1.0)
    q = multipletests(p, method="fdr_bh")[1]
    expected = {
        frozenset((j, 100 + a, 100 + b)): x for (j, a, b), x in zip(rows, q, strict=True) if x <= 0.05
    }
    table = conflicts(made)
    found = {
        frozenset((j, 100 + a, 100 + b)): x
        for j, a, b, x in zip(table["feature"], table["for"], table["against"], table["q"], strict=True)
    }
    assert table.attrs["tests"] == len(rows) == 69
    assert len(found) > 5
    assert found == pytest.approx(expected)


def test_rows_go_from_the_largest_difference_down_and_name_who_is_for_it():
    rng = np.random.default_rng(2)
    made = estimates(rng.normal(0, 6, (4, 12)), rng)
    table = conflicts(made)
    assert len(table) > 5
    assert table["difference"].is_monotonic_decreasing
    plus = made.value[table["for"], table["feature"]]
    minus = made.value[table["against"], table["feature"]]
    assert (plus > 0).all()
    assert (minus < 0).all()
    np.testing.assert_allclose(table["difference"], plus - minus)


def test_the_difference_has_welchs_interval_and_for_linked_slices_the_paired_one():
    rng = np.random.default_rng(3)
    x, y = rng.normal(2, 1, 12), rng.normal(-2, 2, 12)
    apart = np.diag([x.var(ddof=1), y.var(ddof=1)]) / 12
    value, degrees = np.array([[y.mean()], [x.mean()]]), np.full((2, 1), 11.0)
    row = conflicts(Estimates(value, np.flip(apart)[None], degrees)).iloc[0]
    theirs = ttest_ind(x, y, equal_var=False).confidence_interval()
    assert [row["for"], row["against"]] == [1, 0]
    assert [row["difference_low"], row["difference_high"]] == pytest.approx([theirs.low, theirs.high])
    row = conflicts(Estimates(value, np.cov(y, x)[None] / 12, degrees)).iloc[0]
    theirs = ttest_1samp(x - y, 0).confidence_interval()
    assert [row["difference_low"], row["difference_high"]] == pytest.approx([theirs.low, theirs.high])


def test_without_conflicts_the_table_is_empty_with_its_columns():
    one = Estimates(np.full((1, 3), 5.0), np.ones((3, 1, 1)), np.full((1, 3), DEGREES))
    table = conflicts(one)
    assert table.empty
    assert table.attrs["tests"] == 0
    assert list(table) == [
        "feature",
        "for",
        "against",
        "difference",
        "difference_low",
        "difference_high",
        "p",
        "q",
    ]
    assert turns(one, np.ones(3)).empty


def test_turns_are_the_slices_that_are_significantly_opposite_to_the_whole():
    value = np.array([[9.0, -5.0, 1.0], [-8.0, 5.0, -1.0], [6.0, 6.0, np.nan]])
    covariance = np.tile(np.eye(3), (3, 1, 1))
    table = turns(Estimates(value, covariance, np.full((3, 3), DEGREES)), np.array([1.0, 0.5, np.nan]))
    assert table[["feature", "slice", "effect"]].to_numpy().tolist() == [[0, 1, -8.0], [1, 0, -5.0]]
    p = 2 * student.sf([8.0, 5.0], DEGREES)
    np.testing.assert_allclose(table.q, [p[0] * 6, p[1] * 6 / 2])
    assert table.attrs["tests"] == 6
    np.testing.assert_allclose(table.high - table.effect, student.ppf(0.975, DEGREES))


def test_slices_that_follow_the_whole_turn_one_time_in_twenty_at_most():
    rng = np.random.default_rng(4)
    wrong = np.mean([len(turns(estimates(np.zeros((5, 30)), rng), np.ones(30))) > 0 for _ in range(300)])
    assert wrong <= 0.05 + 2 * np.sqrt(0.05 * 0.95 / 300)
