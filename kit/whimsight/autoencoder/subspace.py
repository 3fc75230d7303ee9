"""The leading principal subspace of the differences, without centring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Subspace", "leading_subspace"]

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
    energy : float
        Mean squared norm of a difference, the part outside of the subspace included.
    """

    basis: NDArray[np.float32]
    scale: NDArray[np.float32]
    energy: float


def second_moment(differences: NDArray[np.float32]) -> NDArray[np.float64]:
    """Mean of ``x x'`` over rows, float64 (d, d), accumulated in chunks of float32 products."""
    n, d = differences.shape
    total = np.zeros((d, d))
    for start in range(0, n, _CHUNK):
        chunk = differences[start : start + _CHUNK]
        total += chunk.T @ chunk
    return total / n


def leading_subspace(differences: NDArray[np.float32], rank: int) -> Subspace:
    """Return the ``rank`` leading principal directions of the uncentred differences.

    Swapping the sides of any pair changes the sign of a row, which leaves the uncentred second moment,
    and so the subspace, exactly as it was.

    Parameters
    ----------
    differences : ndarray of float32 (n, d)
    rank : int
        Upper bound; directions without variance are left out.
    """
    moment = second_moment(differences)
    values, vectors = np.linalg.eigh(moment)
    keep = min(rank, values.size)
    values, vectors = values[::-1][:keep], vectors[:, ::-1][:, :keep]
    alive = values > max(values[0], 0.0) * 1e-7
    return Subspace(
        basis=np.ascontiguousarray(vectors[:, alive], dtype=np.float32),
        scale=np.sqrt(values[alive]).astype(np.float32),
        energy=float(np.trace(moment)),
    )
