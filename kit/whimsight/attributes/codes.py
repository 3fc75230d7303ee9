"""From the attributes of two responses to the code of a pair."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.errors import WhimsightError

__all__ = ["code"]


def code(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Differences between two responses in units of their standard deviation.

    The standard deviation is taken about 0, that is the root mean square of ``a - b``: which response is
    called A is arbitrary, so the differences have mean 0 by symmetry, and swapping A and B turns every sign
    and changes nothing else.

    Parameters
    ----------
    a, b : ndarray
        (n, p), the attributes of response A and of response B, one row a pair.

    Returns
    -------
    codes : ndarray
        float32 (n, p), ``(a - b) / scale``, exactly 0 where ``a == b``.
    scale : ndarray
        float32 (p,), the root mean square of ``a - b``; 0 where no pair differs (all codes are 0 then).

    Raises
    ------
    WhimsightError
        Shapes that differ, or values that are not finite.

    Examples
    --------
    >>> codes, scale = code(np.array([[4.0, 1.0], [1.0, 1.0]]), np.array([[1.0, 1.0], [5.0, 1.0]]))
    >>> (np.square(scale) * 2).round(3).tolist()
    [25.0, 0.0]
    >>> (codes * scale).round(3).tolist()
    [[3.0, 0.0], [-4.0, 0.0]]
    """
    first, second = np.asarray(a), np.asarray(b)
    if first.ndim != 2 or first.shape != second.shape:
        raise WhimsightError(
            "code takes two matrices of one shape (pairs, attributes); "
            f"found {first.shape} and {second.shape}."
        )
    difference = np.subtract(first, second, dtype=np.float64)
    if not np.isfinite(difference).all():
        row, column = np.argwhere(~np.isfinite(difference))[0]
        raise WhimsightError(
            f"Attributes must be finite; found {first[row, column]} and {second[row, column]} in row {row}, "
            f"column {column}. Measure the texts again."
        )
    scale = np.sqrt(np.mean(difference * difference, axis=0)) if len(difference) else np.zeros(first.shape[1])
    codes = np.divide(difference, scale, out=np.zeros_like(difference), where=scale > 0)
    return codes.astype(np.float32), scale.astype(np.float32)
