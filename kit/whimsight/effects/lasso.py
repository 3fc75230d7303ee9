"""The few features that predict most: an L1 path and its held-out AUC."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import in_threads
from whimsight.effects.auc import auc_with_influence
from whimsight.effects.clusters import Clusters
from whimsight.effects.ridge import RidgePath
from whimsight.effects.spread import mean_spread
from whimsight.tables import Table

__all__ = ["lasso_order", "lasso_path"]

_PATH = 40
_OUTER = 12
_INNER = 60


def lasso_order(
    X: NDArray[np.float32], y: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Return the columns in the order in which a falling L1 penalty lets them in, int64 (<= p,).

    Columns are divided by their root mean square; a column that a combination of others replaces later
    keeps its place.
    """
    w = weights / weights.sum()
    scale = np.sqrt(w @ np.square(X, dtype=np.float64))
    Z = (X / np.where(scale > 1e-6, scale, 1.0)).astype(np.float32)
    gram = (Z.T @ (w[:, None].astype(np.float32) * Z)).astype(np.float64) / 4
    bound = float(np.linalg.eigvalsh(gram)[-1]) or 1.0
    beta, intercept = np.zeros(X.shape[1]), 0.0
    start = np.abs(Z.T @ (w * (y - w @ y)).astype(np.float32)).max()
    seen: list[int] = []
    for penalty in np.geomspace(start, start * 0.01, _PATH):
        for _ in range(_OUTER):
            eta = (Z @ beta.astype(np.float32)).astype(np.float64) + intercept
            residual = w * (y - 0.5 * (1 + np.tanh(0.5 * eta)))
            pull = (Z.T @ residual.astype(np.float32)).astype(np.float64) + gram @ beta
            old = beta
            beta = _proximal(gram, pull, penalty, beta, bound)
            intercept += 4 * residual.sum()
            if np.abs(beta - old).max() < 1e-4:
                break
        entered = [j for j in np.argsort(-np.abs(beta)).tolist() if beta[j] != 0 and j not in seen]
        seen.extend(entered)
        if len(seen) == X.shape[1]:
            break
    return np.asarray(seen, dtype=np.int64)


def _proximal(
    gram: NDArray[np.float64],
    pull: NDArray[np.float64],
    penalty: float,
    beta: NDArray[np.float64],
    bound: float,
) -> NDArray[np.float64]:
    """Minimise beta' gram beta / 2 - pull' beta + penalty |beta| by accelerated soft thresholding."""
    at, momentum = beta, 1.0
    for _ in range(_INNER):
        raw = at + (pull - gram @ at) / bound
        new = np.sign(raw) * np.maximum(np.abs(raw) - penalty / bound, 0.0)
        nxt = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        at, beta, momentum = new + (momentum - 1) / nxt * (new - beta), new, nxt
    return beta


def lasso_path(
    codes: NDArray[np.float32],
    preference: NDArray[np.float64],
    *,
    folds: NDArray[np.int64],
    clusters: Sequence[NDArray[np.int64]],
    names: Sequence[str],
    weights: NDArray[np.float64] | None = None,
    ks: Sequence[int] = (1, 2, 3, 5, 8, 16),
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Say how far the first k features of an L1 path predict on held-out prompts.

    Within each fold the path is run on the other folds, the first k columns are refitted with a light
    ridge, and the held-out rows are scored.

    Returns
    -------
    DataFrame
        Index ``k``: ``features`` (those that all rows together choose, a list of names), ``auc``,
        ``auc_low``, ``auc_high``.
    """
    w_all = np.ones(preference.size) if weights is None else weights
    rows = np.flatnonzero(np.isfinite(preference) & (preference != 0.5) & (w_all > 0))
    X, w, fold = np.ascontiguousarray(codes[rows]), w_all[rows], folds[rows]
    y = (preference[rows] > 0.5).astype(np.float64)
    ks = [k for k in ks if k <= codes.shape[1]]
    scores = {k: np.zeros(rows.size) for k in ks}

    def order_without(held: int | None) -> NDArray[np.int64]:
        train = np.ones(y.size, dtype=bool) if held is None else fold != held
        order = lasso_order(X[train], y[train], w[train])
        for k in ks if held is not None else ():
            chosen = order[:k]
            path = RidgePath.fit(X[train][:, chosen], y[train], w[train], (1e-4,))
            scores[k][~train] = path.decision(X[~train][:, chosen])[:, 0]
        return order

    *_, order = in_threads(order_without, [*np.unique(fold).tolist(), None])
    grouped = Clusters([c[rows] for c in clusters])
    table = []
    for k in ks:
        auc, influence = auc_with_influence(y, scores[k], w)
        reach = float(mean_spread(influence[:, None], grouped).reach(alpha)[0])
        table.append(
            {
                "k": k,
                "features": [names[j] for j in order[:k].tolist()],
                "auc": auc,
                "auc_low": max(auc - reach, 0.0),
                "auc_high": min(auc + reach, 1.0),
            }
        )
    return Table(table).set_index("k")
