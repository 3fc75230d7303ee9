"""Types of annotators: found where they were planted, not where they were not."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from whimsight.errors import FitError
from whimsight.personalization.hierarchy import fit_hierarchy
from whimsight.personalization.types import Told, annotator_types, told_by_people

CENTRES = np.array([[0.8, 0.3, 0.0], [-0.4, 0.3, 0.6]])


def votes_of(seed, *, two, n=150, votes=40, within=0.3):
    rng = np.random.default_rng(seed)
    who = np.repeat(np.arange(n), rng.integers(votes // 2, votes * 3 // 2, n))
    X = rng.normal(size=(who.size, 3))
    kind = (rng.random(n) < 0.35).astype(int) if two else np.zeros(n, dtype=int)
    own = CENTRES[kind] + within * rng.normal(size=(n, 3))
    y = (rng.random(who.size) < 1 / (1 + np.exp(-(own[who] * X).sum(axis=1)))).astype(float)
    return X, y, who, kind


def found(seed, **how):
    X, y, who, kind = votes_of(seed, **how)
    people = fit_hierarchy(X, y, who)
    return annotator_types(told_by_people(people, X, y, who, np.arange(3)), most=3), kind


def expanded(X, y, who, weights, intercept):
    """Everybody's log likelihood to second order around some weights."""
    own = X @ weights
    mean = 1 / (1 + np.exp(-(own + intercept)))
    curve = mean * (1 - mean)
    score, information = np.zeros((who.max() + 1, 3)), np.zeros((who.max() + 1, 3, 3))
    np.add.at(score, who, (y - mean + curve * own)[:, None] * X)
    np.add.at(information, who, curve[:, None, None] * X[:, :, None] * X[:, None, :])
    return Told(score, information)


def test_two_planted_types_are_found_with_their_centres_and_members():
    every = [found(seed, two=True) for seed in range(4)]
    assert [types.number for types, _ in every].count(2) >= 3
    types, kind = next((t, k) for t, k in every if t.number == 2)
    assert types.centres == pytest.approx(CENTRES, abs=0.25)
    assert types.shares == pytest.approx([0.65, 0.35], abs=0.1)
    assert (types.membership.argmax(axis=1) == kind).mean() > 0.85
    assert types.apart[0] > 0.6
    assert types.apart[1] < 0.1  # nothing was planted there


def test_one_cloud_of_people_stays_one_type():
    every = [found(seed, two=False, n=100)[0] for seed in range(5)]
    assert [types.number for types in every].count(1) >= 4
    held = every[0].held_out
    assert held.chosen.tolist() == [True, False, False]
    assert held.loc[1, ["more", "se"]].tolist() == [0.0, 0.0]


def test_people_with_hardly_any_votes_are_not_split():
    assert found(1, two=True, votes=4, n=60)[0].number == 1


def test_intervals_hold_the_planted_centres():
    every = [found(50 + seed, two=True)[0] for seed in range(4)]
    inside = [(t.low <= CENTRES) & (t.high >= CENTRES) for t in every if t.number == 2]
    assert np.mean(inside) > 0.8  # expanding the likelihood costs a little


def test_expanding_around_the_truth_tells_the_same_as_the_sites():
    X, y, who, _ = votes_of(5, two=False, n=60, votes=200, within=0.1)
    people = fit_hierarchy(X, y, who)
    sites = annotator_types(told_by_people(people, X, y, who, np.arange(3)), most=1)
    told = expanded(X, y, who, CENTRES[0], people.intercept)
    assert annotator_types(told, most=1).centres == pytest.approx(sites.centres, abs=0.03)


def test_the_likelihood_of_one_type_is_that_of_a_gaussian():
    """Weights seen with known error: a mixture of one is the mean with precision weights and REML-free variance."""
    rng = np.random.default_rng(2)
    own = rng.normal(1.0, 0.7, (400, 1))
    precision = np.full((400, 1, 1), 4.0)
    seen = own + rng.normal(0, 0.5, (400, 1))
    types = annotator_types(Told(seen * 4, precision), most=1)
    assert types.centres[0, 0] == pytest.approx(seen.mean(), abs=1e-6)
    assert types.within[0] ** 2 == pytest.approx(seen.var() - 0.25, abs=5e-3)
    assert types.high[0, 0] - types.low[0, 0] == pytest.approx(
        2 * 1.96 * np.sqrt((types.within[0] ** 2 + 0.25) / 400), rel=1e-3
    )


def test_held_out_likelihoods_differ_as_gaussian_densities_do():
    rng = np.random.default_rng(3)
    root = rng.normal(size=(2, 2))
    precision = root @ root.T + np.eye(2)
    seen = rng.normal(size=(40, 2)) * 2
    table = annotator_types(Told(seen @ precision, np.tile(precision, (40, 1, 1))), most=2).held_out
    constant = multivariate_normal(np.zeros(2), np.linalg.inv(precision)).logpdf(seen).mean()
    spread = np.cov(seen.T)
    assert table.log_likelihood[1] + constant == pytest.approx(
        multivariate_normal(seen.mean(axis=0), np.diag(np.diag(spread))).logpdf(seen).mean(), abs=0.3
    )


def test_the_same_seed_gives_the_same_types_and_too_few_people_are_refused():
    X, y, who, _ = votes_of(4, two=True, n=40)
    told = told_by_people(fit_hierarchy(X, y, who), X, y, who, np.arange(3))
    assert np.array_equal(annotator_types(told, most=2).membership, annotator_types(told, most=2).membership)
    with pytest.raises(FitError, match="at least 10 annotators; found 4"):
        annotator_types(Told(told.score[:4], told.information[:4]))
