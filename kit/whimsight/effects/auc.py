"""Area under the ROC curve, and each row's influence on it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["auc_with_influence"]


def auc_with_influence(
    y: NDArray[np.float64], score: NDArray[np.float64], weights: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64]]:
    """Return the weighted AUC (ties in score count half) and the influence of each row.

    Parameters
    ----------
    y : ndarray
        float64 (n,), 1 or 0.
    score, weights : ndarray
        float64 (n,).

    Returns
    -------
    auc : float
    influence : ndarray
        float64 (n,): sums to 0; the variance of its cluster sums is the clustered DeLong variance
        (Obuchowski 1997, equation 4).

    Examples
    --------
    >>> auc_with_influence(np.array([1.0, 0.0, 1.0]), np.array([0.9, 0.5, 0.5]), np.ones(3))[0]
    0.75
    """
    _, place = np.unique(score, return_inverse=True)
    positive = y > 0.5
    w1, w0 = np.where(positive, weights, 0.0), np.where(positive, 0.0, weights)
    n1, n0 = w1.sum(), w0.sum()
    if n1 == 0 or n0 == 0:
        return float("nan"), np.zeros_like(score)
    at1, at0 = np.bincount(place, weights=w1), np.bincount(place, weights=w0)
    below0 = (np.cumsum(at0) - at0 / 2) / n0
    above1 = (np.cumsum(at1[::-1])[::-1] - at1 / 2) / n1
    auc = float(w1 @ below0[place] / n1)
    influence = w1 * (below0[place] - auc) / n1 + w0 * (above1[place] - auc) / n0
    return auc, influence
