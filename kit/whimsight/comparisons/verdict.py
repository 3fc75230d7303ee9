"""What the interval of an effect allows to say."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["LITTLE", "WIDE", "verdicts"]

LITTLE = 0.05
"""An interval that lies within so much of 0 shows that there is little of an effect."""
WIDE = 0.4
"""An interval that spans 0 and is wider than this says nothing about the dataset."""
_LEVEL = 0.05


def verdicts(
    low: NDArray[np.float64], high: NDArray[np.float64], q: NDArray[np.float64]
) -> NDArray[np.object_]:
    """Put intervals of delta-win into words.

    Parameters
    ----------
    low, high : ndarray
        float64 (n,), NaN where there is no estimate.
    q : ndarray
        float64 (n,): of the effect, corrected for all tests made; above .05 an interval that leaves out 0 is
        still unclear.

    Returns
    -------
    ndarray
        object (n,): "for", "against", "little", "unclear" or "too few".

    Examples
    --------
    >>> low, high = np.array([0.1, 0.1, -0.04, -0.1, -0.4]), np.array([0.3, 0.3, 0.02, 0.2, 0.3])
    >>> verdicts(low, high, q=np.array([0.01, 0.2, 0.9, 0.9, 0.9])).tolist()
    ['for', 'unclear', 'little', 'unclear', 'too few']
    """
    with np.errstate(invalid="ignore"):
        cases = [
            (low > 0) & (q <= _LEVEL),
            (high < 0) & (q <= _LEVEL),
            np.isnan(low) | ((high - low > WIDE) & (low <= 0) & (high >= 0)),
            (low >= -LITTLE) & (high <= LITTLE),
        ]
    said = np.select(cases, ["for", "against", "too few", "little"], default="unclear")
    return said.astype(object)
