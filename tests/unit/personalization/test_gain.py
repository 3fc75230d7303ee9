"""Held-out gain of personal weights: who wins on planted truth, and that nothing leaks."""

from __future__ import annotations

import numpy as np
import pytest

from whimsight.errors import FitError
from whimsight.personalization.gain import gain
from whimsight.personalization.posterior import Gaussian, update
from whimsight.personalization.together import update_together


def people(seed, tau, *, n=60, votes=60):
    rng = np.random.default_rng(seed)
    tau = np.asarray(tau)
    who = np.repeat(np.arange(n), votes)
    X = rng.normal(size=(who.size, tau.size))
    own = 0.4 + tau * rng.normal(size=(n, tau.size))
    y = (rng.random(who.size) < 1 / (1 + np.exp(-(own[who] * X).sum(axis=1)))).astype(float)
    return X, y, who


def test_many_updates_at_once_are_single_updates():
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 4))
    y = (rng.random(60) < 0.5).astype(float)
    root = rng.normal(size=(4, 4))
    prior = Gaussian(rng.normal(size=4), root @ root.T / 16)
    rows = [rng.choice(60, k, replace=False) for k in (0, 1, 2, 3, 3, 7, 40, 41)]
    together = update_together(prior, X, y, rows)
    for own, some in zip(together, rows, strict=True):
        assert own == pytest.approx(update(prior, X[some], y[some]).mean, abs=1e-5)


def test_a_feature_that_people_differ_in_gains_and_separate_spreads_gain_most():
    X, y, who = people(1, [1.2, *[0.0] * 7])
    table = gain(X, y, who, ks=(4, 16), share=None, folds=3, repeats=3).table
    assert table.loc[("personal", "16"), "gain_low"] > 0.01
    assert table.gain["personal", "16"] > table.gain["personal", "4"] > 0
    assert table.gain["personal", "16"] > table.gain["one spread", "16"] + 0.005
    assert table.gain["one spread", "16"] > table.gain["no pooling", "16"]


def test_people_who_agree_gain_nothing():
    X, y, who = people(2, [0.0] * 5, votes=50)
    table = gain(X, y, who, ks=(16,), share=0.8, folds=3, repeats=3).table
    for votes in ("16", "80 %"):
        assert abs(table.gain["personal", votes]) < 0.01
        assert table.loc[("no pooling", votes), "gain_high"] < 0
    assert (table.loc["everyone", ["gain", "gain_low", "gain_high"]] == 0).all(axis=None)


def test_a_pair_is_never_both_known_and_scored():
    """Votes that are coin tosses, but every pair twice: whoever saw the first could tell the second."""
    rng = np.random.default_rng(3)
    who = np.repeat(np.arange(12), 60)
    X = np.repeat(rng.normal(size=(360, 12)), 2, axis=0)
    y = np.repeat(rng.integers(2, size=360), 2).astype(float)
    X[1::2], y[1::2] = -X[1::2], 1 - y[1::2]  # the second time in the other order
    blind = gain(X, y, who, pair=np.arange(720) // 2, least=20, ks=(), share=0.8, folds=3, repeats=4)
    leaky = gain(X, y, who, least=20, ks=(), share=0.8, folds=3, repeats=4)
    assert leaky.table.auc_low["no pooling", "80 %"] > 0.5
    assert blind.table.auc_low["no pooling", "80 %"] < 0.5 < blind.table.auc_high["no pooling", "80 %"]
    assert blind.left_out.set_index("reason")["count"]["further votes of a person on the same pair"] == 360


def test_whoever_is_left_out_is_counted():
    X, y, who = people(4, [0.5, 0.5], n=20, votes=30)
    y[who == 3] = 1.0
    keep = (who != 7) | (np.arange(who.size) % 30 < 10)
    result = gain(X[keep], y[keep], who[keep], least=30, ks=(2,), share=None, folds=3, repeats=2)
    counts = result.left_out.set_index("reason")["count"]
    assert counts["annotators with fewer than 30 votes"] == 1
    assert counts["people whose other votes are all of one kind, or none, after 2"] == 1
    assert result.of_person.columns.size == 19
    assert np.isnan(result.of_person.loc[("personal", "2"), 3])
    assert (result.table.people == 18).all()


def test_the_same_seed_gives_the_same_gain():
    X, y, who = people(5, [0.5, 0.1], n=12, votes=30)
    first, second = (gain(X, y, who, least=20, ks=(4,), folds=2, repeats=2).table for _ in range(2))
    assert first.equals(second)


def test_too_few_people_and_too_few_votes_are_refused():
    X, y, who = people(6, [0.5], n=8, votes=20)
    with pytest.raises(FitError, match="0 annotators have 50 votes or more; 5 are needed"):
        gain(X, y, who)
    with pytest.raises(FitError, match="With 32 votes known nobody has two left"):
        gain(X, y, who, least=10)
