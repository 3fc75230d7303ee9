"""Held-out prediction: areas, penalties, folds."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from whimsight.effects import lasso_path, prediction
from whimsight.effects.auc import auc_with_influence
from whimsight.effects.lasso import lasso_order
from whimsight.effects.prediction import held_out_scores
from whimsight.effects.ridge import RidgePath
from whimsight.effects.tuning import Design, scores_of_fold, scores_of_folds
from whimsight.errors import FitError


def sample(n=800, p=6, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((n, p)).astype(np.float32)
    y = (rng.random(n) < 1 / (1 + np.exp(-(X[:, 0] - 0.6 * X[:, 1])))).astype(float)
    return X, y, rng.permutation(np.arange(n) % 5)


def test_the_area_is_sklearns_with_weights_and_ties_in_score():
    rng = np.random.default_rng(0)
    y, score, w = rng.integers(0, 2, 300).astype(float), rng.integers(0, 12, 300) / 3, rng.random(300)
    assert auc_with_influence(y, score, w)[0] == pytest.approx(roc_auc_score(y, score, sample_weight=w))


def test_influences_give_delongs_variance():
    rng = np.random.default_rng(1)
    y = rng.integers(0, 2, 120).astype(float)
    score = rng.standard_normal(120) + y
    wins = (score[y == 1][:, None] > score[y == 0]).astype(float)
    m, k = wins.shape
    delong = wins.mean(axis=1).var() / m + wins.mean(axis=0).var() / k
    influence = auc_with_influence(y, score, np.ones(120))[1]
    assert influence.sum() == pytest.approx(0, abs=1e-12)
    assert np.square(influence).sum() == pytest.approx(delong)


def test_a_path_is_sklearns_ridge_at_every_penalty():
    X, y, _ = sample()
    X[:, 3] = X[:, 2] + 0.05 * X[:, 3]  # nearly collinear
    X[:, 4] *= 100
    penalties = (1e-3, 0.1, 1.0)
    path = RidgePath.fit(X, y, np.ones(y.size), penalties)
    unit = X / np.sqrt(np.mean(np.square(X), axis=0))
    for i, penalty in enumerate(penalties):
        theirs = LogisticRegression(C=1 / (penalty * y.size), tol=1e-8, max_iter=10_000).fit(unit, y)
        np.testing.assert_allclose(path.coefficients[i], theirs.coef_[0], atol=2e-3)
        np.testing.assert_allclose(path.intercepts[i], theirs.intercept_[0], atol=2e-3)


def test_a_stretched_column_is_penalised_by_its_square():
    X, y, _ = sample()
    w = np.ones(y.size)
    plain = RidgePath.fit(X, y, w, (0.4,))
    stretched = RidgePath.fit(X, y, w, (0.1,), stretch=np.full(6, 0.5))
    np.testing.assert_allclose(plain.decision(X), stretched.decision(X), atol=2e-3)


def test_swapping_the_sides_of_all_rows_turns_every_score_round():
    X, y, folds = sample()
    rows, w = np.arange(y.size), np.ones(y.size)
    here = held_out_scores(X, y, rows=rows, folds=folds, weights=w)
    there = held_out_scores(-X, 1 - y, rows=rows, folds=folds, weights=w)
    np.testing.assert_allclose(here, -there, atol=1e-5)


def test_swapping_the_sides_of_some_rows_turns_their_scores_round_up_to_position_bias():
    X, y, folds = sample(n=4000)
    turn = np.where(np.random.default_rng(2).random(4000) < 0.5, -1.0, 1.0)
    rows, w = np.arange(4000), np.ones(4000)
    here = held_out_scores(X, y, rows=rows, folds=folds, weights=w)
    swapped = held_out_scores(
        X * turn[:, None].astype(np.float32), np.where(turn < 0, 1 - y, y), rows=rows, folds=folds, weights=w
    )
    difference = here - turn * swapped
    assert np.abs(difference).max() < 0.25
    assert np.corrcoef(here, turn * swapped)[0, 1] > 0.995


def test_columns_that_do_not_depend_on_the_fold_take_a_shorter_way_to_the_same_scores():
    X, y, folds = sample()
    w = np.random.default_rng(3).random(y.size) + 0.5
    short = scores_of_folds(Design(X, 2), y, w, folds)
    for held in range(5):
        rest = folds != held
        long = scores_of_fold(Design(X[rest], 2), Design(X[~rest], 2), y[rest], w[rest], folds[rest])
        np.testing.assert_allclose(short[~rest], long, atol=2e-3)


def test_many_vague_columns_do_not_drown_a_sharp_one():
    rng = np.random.default_rng(4)
    X, y, folds = sample(n=600, p=2)
    noise = rng.standard_normal((600, 200)).astype(np.float32)
    found = prediction(
        {"sharp": X, "both": (X, noise), "glued": np.hstack([X, noise])},
        y,
        folds=folds,
        clusters=[np.arange(600)],
    ).auc
    assert found["both"] > found["sharp"] - 0.015
    assert found["both"] > found["glued"]


def test_a_block_that_learns_sees_no_held_out_row():
    X, y, folds = sample(n=400)
    seen = []

    def learned(train, test):
        seen.append((set(train.tolist()), set(test.tolist())))
        answers = np.zeros((400, 1), dtype=np.float32)
        answers[train, 0] = y[train] - 0.5  # a memory of training votes is worth nothing elsewhere
        return (X[train, 4:], answers[train]), (X[test, 4:], answers[test])

    found = prediction({"memory": learned}, y, folds=folds, clusters=[np.arange(400)])
    assert all(not train & test and len(train | test) == 400 for train, test in seen)
    assert found.auc["memory"] == pytest.approx(0.5, abs=0.08)


def test_rows_of_no_weight_change_nothing():
    X, y, folds = sample(n=500)
    w = (np.arange(500) % 4 > 0).astype(float)
    kept = w > 0
    all_rows = prediction({"embedding": X}, y, folds=folds, clusters=[np.arange(500)], weights=w)
    only = prediction({"embedding": X[kept]}, y[kept], folds=folds[kept], clusters=[np.flatnonzero(kept)])
    assert all_rows.auc["embedding"] == pytest.approx(only.auc["embedding"], abs=2e-3)


def test_the_share_captured_is_of_the_gain_over_guessing():
    X, y, folds = sample()
    found = prediction({"part": X[:, :1], "embedding": X}, y, folds=folds, clusters=[np.arange(800)])
    expected = (found.auc["part"] - 0.5) / (found.auc["embedding"] - 0.5)
    assert found.captured["part"] == pytest.approx(expected)
    assert found.captured_low["part"] < expected < found.captured_high["part"]
    assert found.captured["embedding"] == 1
    assert found.captured_low["embedding"] == pytest.approx(1)


def test_nothing_is_captured_of_a_black_box_that_guesses():
    X, _, folds = sample()
    y = np.random.default_rng(9).integers(0, 2, 800).astype(float)
    found = prediction({"part": X[:, :1], "embedding": X}, y, folds=folds, clusters=[np.arange(800)])
    assert found.captured.isna().all()


def test_votes_that_are_repeated_do_not_narrow_the_interval():
    X, y, folds = sample(n=300)
    rows = np.repeat(np.arange(300), 4)
    once = prediction({"embedding": X}, y, folds=folds, clusters=[np.arange(300)]).loc["embedding"]
    often = prediction({"embedding": X[rows]}, y[rows], folds=folds[rows], clusters=[rows]).loc["embedding"]
    assert often.auc_high - often.auc_low == pytest.approx(once.auc_high - once.auc_low, rel=0.05)


def test_one_fold_is_refused():
    X, y, _ = sample()
    with pytest.raises(FitError, match="at least two folds"):
        prediction({"embedding": X}, y, folds=np.zeros(800, dtype=np.int64), clusters=[np.arange(800)])


def test_the_order_of_the_path_is_that_of_sklearns_l1():
    X, y, _ = sample(n=2000, p=10)
    order = lasso_order(X, y, np.ones(y.size)).tolist()
    unit = X / np.sqrt(np.mean(np.square(X), axis=0))
    for size in (1, 2, 3, 5):
        for strength in np.geomspace(1e-3, 1, 400):
            theirs = LogisticRegression(C=strength * 0.1, l1_ratio=1.0, solver="saga", tol=1e-4, max_iter=200)
            support = np.flatnonzero(theirs.fit(unit, y).coef_[0])
            if support.size >= size:
                break
        if support.size == size:
            assert set(order[:size]) == set(support.tolist())


def test_the_path_names_the_features_that_were_planted():
    X, y, folds = sample(n=1500, p=12)
    found = lasso_path(
        X, y, folds=folds, clusters=[np.arange(1500)], names=[f"f{j}" for j in range(12)], ks=(1, 2, 5)
    )
    assert found.features[1] == ["f0"]
    assert found.features[2] == ["f0", "f1"]
    assert found.auc[2] > found.auc[1] > 0.65
    assert found.auc[5] == pytest.approx(found.auc[2], abs=0.02)
