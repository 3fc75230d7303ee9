"""How well features predict the choice on prompts they have not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.effects.auc import auc_with_influence
from whimsight.effects.clusters import Clusters
from whimsight.effects.ridge import PENALTIES, RidgePath, log_loss
from whimsight.effects.spread import mean_spread

__all__ = ["Block", "held_out_scores", "prediction", "prediction_table"]

Block = (
    NDArray[np.float32]
    | Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[NDArray[np.float32], NDArray[np.float32]]]
)
"""Columns for all rows, or a function of (training rows, held-out rows) that returns the columns of both, so
that what is learned from the rows (an autoencoder) is learned in each fold anew."""

_ONE_SPLIT_FROM = 20_000
"""With more rows than this, one inner fold chooses the penalty; with fewer, all of them do."""


def prediction(
    blocks: Mapping[str, Block],
    preference: NDArray[np.float64],
    *,
    folds: NDArray[np.int64],
    clusters: Sequence[NDArray[np.int64]],
    weights: NDArray[np.float64] | None = None,
    black_box: str = "embedding",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Predict held-out choices from each block of columns.

    A ridge logistic regression on each fold's complement, its penalty chosen by the log loss on inner folds
    of the same kind; columns divided by their root mean square; an unpenalised intercept for position bias.

    Parameters
    ----------
    blocks : mapping of str to Block
    preference : ndarray
        float64 (n,); ties and unlabelled rows are left out.
    folds : ndarray
        int64 (n,): rows that belong together share a fold.
    clusters : sequence of ndarray
        One or two int64 (n,), for the intervals.
    black_box : str
        The block whose gain over 0.5 is the whole of what can be captured.

    Returns
    -------
    DataFrame
        Index ``using``: ``auc``, ``captured`` = (auc - 0.5) / (auc of the black box - 0.5), each with
        ``_low`` and ``_high`` (clustered DeLong; the ratio by the delta method).
    """
    w = np.ones(preference.size) if weights is None else weights
    decided = np.flatnonzero(np.isfinite(preference) & (preference != 0.5))
    y = (preference[decided] > 0.5).astype(np.float64)
    scores = {
        name: held_out_scores(block, y, rows=decided, folds=folds, weights=w)
        for name, block in blocks.items()
    }
    return prediction_table(
        scores,
        y,
        clusters=[c[decided] for c in clusters],
        weights=w[decided],
        black_box=black_box,
        alpha=alpha,
    )


def held_out_scores(
    block: Block,
    y: NDArray[np.float64],
    *,
    rows: NDArray[np.int64],
    folds: NDArray[np.int64],
    weights: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Log odds for A of each of ``rows``, from models that did not see its fold: float64 (n_rows,)."""
    fold = folds[rows]
    names = np.unique(fold)
    w = weights[rows]
    out = np.zeros(rows.size)
    if not callable(block):
        X = np.ascontiguousarray(block[rows], dtype=np.float32)
        return _fixed(X, y, w, fold, names)
    for held in names.tolist():
        test = fold == held
        X_train, X_test = block(rows[~test], rows[test])
        best = _best_penalty(X_train, y[~test], w[~test], fold[~test])
        path = RidgePath.fit(X_train, y[~test], w[~test], (PENALTIES[best],))
        out[test] = path.decision(X_test)[:, 0]
    return out


def _fixed(
    X: NDArray[np.float32],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    fold: NDArray[np.int64],
    names: NDArray[np.int64],
) -> NDArray[np.float64]:
    """The same for columns that do not depend on the fold: Gram matrices are sums over folds."""
    grams = {
        f: (X[fold == f].T @ (w[fold == f, None].astype(np.float32) * X[fold == f])).astype(np.float64)
        for f in names.tolist()
    }
    total = sum(grams.values(), np.zeros((X.shape[1], X.shape[1])))
    losses = {}
    paths = {}
    out = np.zeros(y.size)
    pairs = [(a, b) for i, a in enumerate(names.tolist()) for b in names.tolist()[i + 1 :]]
    if y.size > _ONE_SPLIT_FROM:
        ordered = names.tolist()
        pairs = [(a, ordered[(i + 1) % len(ordered)]) for i, a in enumerate(ordered)]
    for a, b in pairs:
        train = (fold != a) & (fold != b)
        paths[a, b] = RidgePath.fit(X[train], y[train], w[train], gram=total - grams[a] - grams[b])
        for held, inner in ((a, b), (b, a)):
            test = fold == inner
            losses[held, inner] = log_loss(y[test], paths[a, b].decision(X[test]), w[test])
    for held in names.tolist():
        found = [loss for (h, _), loss in losses.items() if h == held]
        best = int(np.argmin(np.mean(found, axis=0)))
        train = fold != held
        path = RidgePath.fit(X[train], y[train], w[train], (PENALTIES[best],), gram=total - grams[held])
        out[~train] = path.decision(X[~train])[:, 0]
    return out


def _best_penalty(
    X: NDArray[np.float32], y: NDArray[np.float64], w: NDArray[np.float64], fold: NDArray[np.int64]
) -> int:
    inner = np.unique(fold).tolist()
    losses = []
    for held in inner[:1] if y.size > _ONE_SPLIT_FROM else inner:
        test = fold == held
        path = RidgePath.fit(X[~test], y[~test], w[~test])
        losses.append(log_loss(y[test], path.decision(X[test]), w[test]))
    return int(np.argmin(np.mean(losses, axis=0)))


def prediction_table(
    scores: Mapping[str, NDArray[np.float64]],
    y: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    weights: NDArray[np.float64],
    black_box: str = "embedding",
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Turn held-out scores into the prediction table; see `prediction`."""
    grouped = Clusters(list(clusters))
    found = {name: auc_with_influence(y, s, weights) for name, s in scores.items()}
    rows = []
    for name, (auc, influence) in found.items():
        reach = _reach(influence, grouped, alpha)
        row = {
            "using": name,
            "auc": auc,
            "auc_low": max(auc - reach, 0.0),
            "auc_high": min(auc + reach, 1.0),
        }
        row.update(_captured(auc, influence, found.get(black_box), grouped, alpha))
        rows.append(row)
    return pd.DataFrame(rows).set_index("using")


def _captured(
    auc: float,
    influence: NDArray[np.float64],
    whole: tuple[float, NDArray[np.float64]] | None,
    grouped: Clusters,
    alpha: float,
) -> dict[str, float]:
    """The share, NaN where the black box itself is not clearly better than guessing."""
    nothing = {"captured": np.nan, "captured_low": np.nan, "captured_high": np.nan}
    if whole is None or not np.isfinite(whole[0]):
        return nothing
    gain = whole[0] - 0.5
    if gain < _reach(whole[1], grouped, alpha):
        return nothing
    share = (auc - 0.5) / gain
    reach = _reach((influence - share * whole[1]) / gain, grouped, alpha)
    return {"captured": share, "captured_low": share - reach, "captured_high": share + reach}


def _reach(influence: NDArray[np.float64], grouped: Clusters, alpha: float) -> float:
    return float(mean_spread(influence[:, None], grouped).reach(alpha)[0])
