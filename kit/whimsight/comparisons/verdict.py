"""What the interval of an effect allows to say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LITTLE", "WIDE", "verdicts"]

LITTLE = 0.05
"""An interval that lies within so much of 0 shows that there is little of an effect."""
WIDE = 0.4
"""An interval that spans 0 and is wider than this says nothing about the dataset."""


def verdicts(low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.object_]:
    """Put intervals of delta-win into words.

    Parameters
    ----------
    low, high : ndarray
        float64 (n,), NaN where there is no estimate.

    Returns
    -------
    ndarray
        object (n,): "for", "against", "little", "unclear" or "too few".

    Examples
    --------
    >>> verdicts(np.array([0.1, -0.04, -0.1, -0.4, np.nan]), np.array([0.3, 0.02, 0.2, 0.3, np.nan])).tolist()
    ['for', 'little', 'unclear', 'too few', 'too few']
    """
    with np.errstate(invalid="ignore"):
        cases = [
            low > 0,
            high < 0,
            np.isnan(low) | (high - low > WIDE),
            (low >= -LITTLE) & (high <= LITTLE),
        ]
    said = np.select(cases, ["for", "against", "too few", "little"], default="unclear")
    return said.astype(object)
