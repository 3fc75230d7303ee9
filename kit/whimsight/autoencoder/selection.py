"""Which activations are kept: the largest by magnitude, over a batch or by a fixed threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["cut_for", "largest"]


def cut_for(scores: NDArray[np.float32], keep: int) -> float:
    """Return the cut above which exactly ``keep`` magnitudes lie, ties apart.

    The cut lies halfway between the smallest magnitude that is kept and the largest that is not, so that
    rounding on another machine does not turn an activation on or off. It is infinite for ``keep=0`` and
    0 when everything is kept.

    Parameters
    ----------
    scores : ndarray of float32, any shape
        Signed activations.
    keep : int
        How many to keep.

    Examples
    --------
    >>> cut_for(np.array([[3.0, -1.0], [0.5, -2.0]], dtype=np.float32), keep=2)
    1.5
    """
    sizes = np.abs(scores).ravel()
    if keep <= 0:
        return float("inf")
    if keep >= sizes.size:
        return 0.0
    place = sizes.size - keep
    sizes.partition(place)
    return (float(sizes[place]) + float(sizes[:place].max())) / 2.0


def largest(scores: NDArray[np.float32], cut: float) -> NDArray[np.float32]:
    """Return the activations whose magnitude exceeds ``cut``, and 0 elsewhere.

    Examples
    --------
    >>> largest(np.array([3.0, -1.0, -2.0], dtype=np.float32), cut=1.5).tolist()
    [3.0, 0.0, -2.0]
    """
    return np.where(np.abs(scores) > np.float32(cut), scores, np.float32(0.0))
