"""Corrections for many tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["benjamini_hochberg", "bonferroni"]


def benjamini_hochberg(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return q-values (Benjamini and Hochberg 1995); NaN stay NaN and do not count.

    Examples
    --------
    >>> benjamini_hochberg(np.array([0.01, 0.04, 0.03, np.nan])).round(3).tolist()
    [0.03, 0.04, 0.04, nan]
    """
    q = np.full(p.shape, np.nan)
    given = np.flatnonzero(np.isfinite(p))
    order = given[np.argsort(p[given], kind="stable")]
    m = order.size
    if m:
        raw = p[order] * m / np.arange(1, m + 1)
        q[order] = np.minimum(np.minimum.accumulate(raw[::-1])[::-1], 1.0)
    return q


def bonferroni(p: NDArray[np.float64], alpha: float = 0.05) -> NDArray[np.bool_]:
    """Whether each p is below ``alpha`` over the number of tests made."""
    return np.nan_to_num(p, nan=1.0) < alpha / max(1, int(np.isfinite(p).sum()))
