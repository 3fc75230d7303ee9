"""Group differences: level and power on planted truth, against the plain logit, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2
from statsmodels.discrete.discrete_model import Logit

from whimsight.errors import FitError
from whimsight.personalization.groups import group_differences


def people(seed, *, n=40, votes=40, groups=2, tau=0.6, difference=0.0):
    """People who take the feature each in their own way, around a weight of .5 plus a difference for each group."""
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n), votes)
    x, control = rng.normal(size=(2, who.size))
    own = 0.5 + tau * rng.normal(size=n) + difference * (np.arange(n) % groups)
    eta = own[who] * x + rng.normal(0.8, 0.3, n)[who] * control
    y = (rng.random(who.size) < 1 / (1 + np.exp(-eta))).astype(float)
    return x[:, None], y, who, who % groups, control[:, None]


def found(seed, **how):
    x, y, who, group, control = people(seed, **how)
    return group_differences(x, y, who, group, controls=control)


def test_the_test_holds_its_level_where_the_naive_one_does_not():
    tables = [found(seed).table.iloc[0] for seed in range(100)]
    assert sum(t.p < 0.05 for t in tables) <= 11  # of 100 at 5 %: more at p = .004
    assert sum(t.p_naive < 0.05 for t in tables) >= 20


def test_planted_differences_are_found_and_lie_within_their_intervals():
    every = [found(seed, n=60, tau=0.3, difference=0.6) for seed in range(20)]
    assert sum(f.table.p[0] < 0.05 for f in every) >= 18
    offsets = [f.offsets.loc[(0, 1)] for f in every]
    assert sum(o.low <= 0.3 <= o.high for o in offsets) >= 17
    assert np.mean([o.offset for o in offsets]) == pytest.approx(0.3, abs=0.04)


def test_when_nobody_differs_from_their_group_it_is_the_likelihood_ratio_test_of_the_plain_logit():
    x, y, who, group, control = people(3, n=200, votes=20, tau=0.0, difference=0.15)
    table = group_differences(x, y, who, group, controls=control).table.iloc[0]
    nuisance = np.column_stack([np.ones(y.size), control, group, group * control[:, 0]])
    small = Logit(y, np.column_stack([nuisance, x])).fit(disp=False)
    large = Logit(y, np.column_stack([nuisance, x, x[:, 0] * group])).fit(disp=False)
    assert table.p_naive == pytest.approx(chi2.sf(2 * (large.llf - small.llf), 1), rel=0.1)
    assert (table.df, table.degrees) == (1, 198)


def test_offsets_are_from_the_mean_over_annotators():
    x, y, who, _, control = people(4, n=30)
    country = np.array(["a", "a", "b"])[who % 3]
    offsets = group_differences(x, y, who, country, controls=control).offsets.loc[0]
    assert offsets.annotators.tolist() == [20, 10]
    assert float(offsets.annotators @ offsets.offset) == pytest.approx(0.0, abs=1e-9)
    assert np.ptp(offsets.weight - offsets.offset) == pytest.approx(0.0, abs=1e-9)


def test_groups_of_rows_are_compared_within_people():
    """A topic that changes the weight, asked of the same people, whose own slopes then cancel."""
    rng = np.random.default_rng(5)
    who = np.repeat(np.arange(20), 100)
    topic = rng.integers(2, size=who.size)
    x = rng.normal(size=who.size)
    eta = (rng.normal(0, 1, 20)[who] + 0.5 * topic) * x
    y = (rng.random(who.size) < 1 / (1 + np.exp(-eta))).astype(float)
    assert group_differences(x[:, None], y, who, topic).table.p[0] < 0.01
    fixed = group_differences(x[:, None], y, who, np.arange(20)[who] % 2)
    assert fixed.table.p[0] > 0.05


def test_small_groups_are_left_out_with_a_reason():
    x, y, who, _, _ = people(6)
    country = np.array(["a", "b", "few", "rare", None], dtype=object)[np.clip(who // 16, 0, 4)]
    country[who == 39] = None
    country[who == 38] = "few"
    some = np.flatnonzero(country == "few")
    country[some[:-3]] = None
    country[(who >= 33) & (who < 38)] = "rare"
    country[np.flatnonzero(country == "rare")[20:]] = None
    left = group_differences(x, y, who, country, fewest_votes=300).left_out.set_index("group").reason
    assert left["few"] == "fewer than 5 annotators"
    assert left[left.index.isna()].tolist() == ["no group or no annotator"]
    with pytest.raises(FitError, match="found 1 of 1"):
        group_differences(x, y, who, ["one"] * y.size)


def test_a_feature_that_does_not_vary_has_no_test_and_is_not_counted():
    x, y, who, group, _ = people(7)
    table = group_differences(np.column_stack([x, np.zeros(y.size)]), y, who, group).table
    assert np.isnan(table.p[1])
    assert np.isnan(table.q[1])
    assert table.q[0] == table.p[0]
