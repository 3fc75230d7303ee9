"""How many pairs differ in a feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters
from whimsight.effects.rows import check_matrix
from whimsight.effects.spread import Spread, mean_spread
from whimsight.tables import Table

__all__ = ["prevalence", "share_of", "wilson"]


def prevalence(
    codes: NDArray[np.float32],
    *,
    clusters: Sequence[NDArray[np.int64]],
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Share of pairs with a code other than 0.

    The interval is Wilson's (1927) for the effective number of pairs, share (1 - share) / V with the
    cluster-robust variance V of the share and a t quantile; where V is 0 (a feature that is never or always
    active, or as often in every cluster) the effective number is that of the clusters.

    Parameters
    ----------
    codes : ndarray
        float32 (n, F).
    clusters : sequence of ndarray
        One or two int64 (n,).
    weights : ndarray, optional
        float64 (n,).

    Returns
    -------
    DataFrame
        F rows: ``prevalence``, ``prevalence_low``, ``prevalence_high``.

    Examples
    --------
    >>> codes = np.array([[1.0], [-2.0], [0.0], [0.0]], dtype=np.float32)
    >>> prevalence(codes, clusters=[np.arange(4)]).prevalence.tolist()
    [0.5]
    """
    n = codes.shape[0]
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    check_matrix("weights", w, n)
    for position, way in enumerate(clusters):
        check_matrix(f"clusters[{position}]", np.asarray(way), n)
    grouped = Clusters(clusters)
    share, found = share_of(codes != 0, grouped, w)
    low, high = wilson(share, found, grouped.fewest, alpha)
    return Table({"prevalence": share, "prevalence_low": low, "prevalence_high": high})


def share_of(
    active: NDArray[np.bool_], clusters: Clusters, weights: NDArray[np.float64]
) -> tuple[NDArray[np.float64], Spread]:
    """Weighted share of rows that are active, float64 (F,), and its spread."""
    present, whole = active.astype(np.float64), weights.sum()
    share = weights @ present / whole
    return share, mean_spread((present - share) * (weights / whole)[:, None], clusters)


def wilson(
    share: NDArray[np.float64], found: Spread, fewest: int, alpha: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Lower and upper ends of the interval that `prevalence` describes, float64 (F,) each."""
    from scipy.special import stdtrit

    with np.errstate(divide="ignore", invalid="ignore"):
        certain = found.se <= 1e-9  # never or always active, or as often in every cluster
        size = np.where(certain, fewest, share * (1 - share) / np.square(found.se))
    z2 = np.square(stdtrit(found.degrees, 1 - alpha / 2))
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2) / (1 + z2 / size) * np.sqrt(share * (1 - share) / size + z2 / (4 * size**2))
    return (
        np.where(share > 0, np.maximum(centre - half, 0.0), 0.0),
        np.where(share < 1, np.minimum(centre + half, 1.0), 1.0),
    )
