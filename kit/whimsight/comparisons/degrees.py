"""Degrees of freedom of sums of estimates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["satterthwaite"]


def satterthwaite(
    variance: NDArray[np.float64], degrees: NDArray[np.float64], linked: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Degrees of freedom of a sum of estimates (Satterthwaite 1946, equation 17).

    Independent parts with variances v_k on d_k degrees of freedom give (sum v_k)^2 / sum (v_k^2 / d_k). Where parts
    hang together the formula does not hold, and the smallest d_k of a part that counts is taken, which is never more.

    Parameters
    ----------
    variance : ndarray
        float64 (K, ...): variance of each part of the sum; 0 or NaN for a part that is not in it.
    degrees : ndarray
        float64 (K, ...): degrees of freedom of each part.
    linked : ndarray
        bool (...): whether any two parts are correlated.

    Returns
    -------
    ndarray
        float64 (...); NaN where there is no part.

    Examples
    --------
    Welch's t test of 10 against 20 observations with the same variance each:

    >>> variance, degrees = np.array([[2.0], [1.0]]), np.array([[9.0], [19.0]])
    >>> satterthwaite(variance, degrees, np.array([False])).round(2).tolist()
    [18.11]
    >>> satterthwaite(variance, degrees, np.array([True])).tolist()
    [9.0]
    """
    part = np.where(np.isfinite(variance) & np.isfinite(1 / degrees), variance, 0.0)
    whole = part.sum(axis=0)
    smallest = np.where(np.isfinite(variance), degrees, np.inf).min(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        relative = part / whole
        free = 1 / np.where(relative > 0, np.square(relative) / degrees, 0.0).sum(axis=0)
    found = np.where(linked | (whole <= 0), smallest, free)
    return np.asarray(np.where(np.isfinite(variance).any(axis=0), found, np.nan))
