"""The leading principal subspace of the differences, without centring.

Everything after this step happens in the coordinates of a few directions: a dictionary of M features lives
in the leading directions of the data, and what lies outside is a constant in the loss. At 50,000 × 1,536
this replaces 1,536 columns by 128 in every epoch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Subspace", "leading_subspace", "second_moment"]

_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Subspace:
    """An orthonormal basis of the directions in which the differences vary most.

    Attributes
    ----------
    basis : ndarray of float32 (d, r)
        Orthonormal columns, by decreasing variance.
    scale : ndarray of float32 (r,)
        Root mean square of the differences along each column.
    """

    basis: NDArray[np.float32]
    scale: NDArray[np.float32]


def second_moment(differences: NDArray[np.float32], weights: NDArray[np.float32]) -> NDArray[np.float32]:
    """Weighted mean of ``x x'`` over rows, float32 (d, d), summed in float64 over chunks of rows."""
    n, d = differences.shape
    total = np.zeros((d, d))
    root = np.sqrt(weights / weights.sum())[:, None]
    for start in range(0, n, _CHUNK):
        chunk = differences[start : start + _CHUNK] * root[start : start + _CHUNK]
        total += chunk.T @ chunk
    return total.astype(np.float32)


def leading_subspace(
    differences: NDArray[np.float32], weights: NDArray[np.float32], rank: int, *, max_rows: int | None = None
) -> Subspace:
    """Return the ``rank`` leading principal directions of the uncentred differences.

    Swapping the sides of a pair changes the sign of a row, which leaves the uncentred second moment, and
    so the subspace, as it was.

    Parameters
    ----------
    differences : ndarray of float32 (n, d)
    weights : ndarray of float32 (n,)
    rank : int
        Upper bound; directions without variance are left out.
    max_rows : int, optional
        Use evenly spaced rows, at most so many. The default is every row up to 768 columns, and
        ``12 d`` rows for wider differences, where the product would cost more than all that follows.

    Examples
    --------
    >>> x = np.array([[3.0, 0.0], [-3.0, 0.0], [0.0, 1.0]], dtype=np.float32)
    >>> np.abs(leading_subspace(x, np.ones(3, dtype=np.float32), rank=1).basis).tolist()
    [[1.0], [0.0]]
    """
    from scipy.linalg import eigh

    n, d = differences.shape
    most = max_rows or (n if d <= 768 else 12 * d)
    step = -(-n // most)
    moment = second_moment(differences[::step], weights[::step])
    keep = min(rank, d)
    values, vectors = eigh(moment, subset_by_index=[d - keep, d - 1], check_finite=False)
    values, vectors = values[::-1], vectors[:, ::-1]
    alive = values > max(float(values[0]), 1e-30) * 1e-6
    return Subspace(
        basis=np.ascontiguousarray(vectors[:, alive], dtype=np.float32),
        scale=np.sqrt(values[alive]).astype(np.float32),
    )
