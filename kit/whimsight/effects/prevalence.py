"""How many pairs differ in a feature."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters
from whimsight.effects.rows import check_matrix
from whimsight.effects.spread import mean_spread

__all__ = ["prevalence"]


def prevalence(
    codes: NDArray[np.float32],
    *,
    clusters: Sequence[NDArray[np.int64]],
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Share of pairs with a code other than 0.

    The interval is Wilson's (1927) for the effective number of pairs, share (1 - share) / V with the
    cluster-robust variance V of the share and a t quantile; for a feature that is never or always active
    the effective number is that of the clusters.

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
    from scipy.special import stdtrit

    n = codes.shape[0]
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    check_matrix("weights", w, n)
    for position, way in enumerate(clusters):
        check_matrix(f"clusters[{position}]", np.asarray(way), n)
    active = (codes != 0).astype(np.float64)
    share = w @ active / w.sum()
    grouped = Clusters(clusters)
    found = mean_spread((active - share) * (w / w.sum())[:, None], grouped)
    with np.errstate(divide="ignore", invalid="ignore"):
        size = np.where(found.se > 0, share * (1 - share) / np.square(found.se), grouped.fewest)
    z2 = np.square(stdtrit(found.degrees, 1 - alpha / 2))
    centre = (share + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2) / (1 + z2 / size) * np.sqrt(share * (1 - share) / size + z2 / (4 * size**2))
    return pd.DataFrame(
        {
            "prevalence": share,
            "prevalence_low": np.where(share > 0, np.maximum(centre - half, 0.0), 0.0),
            "prevalence_high": np.where(share < 1, np.minimum(centre + half, 1.0), 1.0),
        }
    )
