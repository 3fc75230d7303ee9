"""How well features predict the choice on prompts they have not seen."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import in_threads
from whimsight.effects.auc import auc_with_influence
from whimsight.effects.clusters import Clusters
from whimsight.effects.rows import check_matrix
from whimsight.effects.spread import mean_spread
from whimsight.effects.tuning import Design, scores_of_fold, scores_of_folds
from whimsight.errors import FitError
from whimsight.tables import Table

__all__ = ["Block", "Columns", "held_out_scores", "prediction", "prediction_table"]

Columns = NDArray[np.float32] | Sequence[NDArray[np.float32]]
"""One matrix, or several side by side: those after the first may be penalised more than the first, by as much as
predicts best. So many vague columns (an embedding) do not drown a few sharp ones (length, attributes)."""

Block = Columns | Callable[[NDArray[np.int64], NDArray[np.int64]], tuple[Columns, Columns]]
"""Columns for all rows, or a function of (training rows, held-out rows) that returns the columns of both, so
that what is learned from the rows (an autoencoder) is learned in each fold anew."""


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

    A ridge logistic regression on each fold's complement, its penalties chosen by the log loss on inner folds
    of the same kind; columns divided by their root mean square, not centred, so that swapping A and B in a
    row turns its log odds round; an unpenalised intercept for position bias.

    Parameters
    ----------
    blocks : mapping of str to Block
    preference : ndarray
        float64 (n,); ties, unlabelled rows and rows of weight 0 are left out; a share of votes counts for
        its majority.
    folds : ndarray
        int64 (n,): rows that belong together share a fold.
    clusters : sequence of ndarray
        One or two int64 (n,), for the intervals.
    black_box : str
        The block whose gain over 0.5 is the whole of what can be captured.

    Returns
    -------
    DataFrame
        Index ``using``: ``auc`` (of the pooled held-out log odds; ties in them count half) and ``captured`` =
        (auc - 0.5) / (auc of the black box - 0.5), each with ``_low`` and ``_high`` (clustered DeLong; the
        ratio by the delta method). ``captured`` is NaN where the interval of the black box's AUC reaches 0.5.

    Raises
    ------
    FitError
        With fewer than two folds, or a fold whose complement has one kind of vote only.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> x = rng.normal(size=(400, 2)).astype(np.float32)
    >>> wins = (rng.random(400) < 1 / (1 + np.exp(-2 * x[:, 0]))).astype(float)
    >>> found = prediction({"all": x}, wins, folds=np.arange(400) % 5, clusters=[np.arange(400)])
    >>> bool(found.auc_low["all"] > 0.7)
    True
    """
    check_matrix("folds", folds, preference.size)
    w = np.ones(preference.size) if weights is None else weights
    decided = np.flatnonzero(np.isfinite(preference) & (preference != 0.5) & (w > 0))
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
    """Log odds for A of each of ``rows``, from models that did not see its fold: float64 (n_rows,).

    Parameters
    ----------
    block : Block
    y : ndarray
        float64 (n_rows,), 1 or 0.
    rows : ndarray
        int64 (n_rows,): the rows of the table that ``y`` belongs to.
    folds, weights : ndarray
        (n,), of all rows of the table.
    """
    fold, w = folds[rows], weights[rows]
    names = np.unique(fold)
    if names.size < 2:
        raise FitError(
            f"Held-out prediction needs at least two folds with decided votes; found {names.size}."
        )
    for held in names.tolist():
        if np.unique(y[fold != held]).size < 2:
            raise FitError(f"Without fold {held} all votes are the same: use fewer folds or more pairs.")
    if not callable(block):
        return scores_of_folds(_design(block, rows), y, w, fold)
    out = np.zeros(rows.size)

    def score(held: int) -> None:
        test = fold == held
        X_train, X_test = block(rows[~test], rows[test])
        out[test] = scores_of_fold(_design(X_train), _design(X_test), y[~test], w[~test], fold[~test])

    deque(in_threads(score, names.tolist()), maxlen=0)
    return out


def _design(columns: Columns, rows: NDArray[np.int64] | None = None) -> Design:
    parts = [columns] if isinstance(columns, np.ndarray) else list(columns)
    parts = [np.asarray(p if rows is None else p[rows], dtype=np.float32) for p in parts]
    return Design(np.ascontiguousarray(np.hstack(parts)), parts[0].shape[1])


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
    return Table(rows).set_index("using")


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
