"""Sums over clusters: the ways in which rows belong together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clusters", "Way"]


@dataclass(frozen=True, slots=True)
class Way:
    """One way in which rows belong together.

    Attributes
    ----------
    codes : ndarray
        int64 (n,), 0 to ``n_clusters - 1``.
    n_clusters : int
    """

    codes: NDArray[np.int64]
    n_clusters: int

    def sums(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum the rows of ``values`` (n,) or (n, m) within clusters: float64 (n_clusters,) or (.., m)."""
        from scipy.sparse import csr_array

        if values.ndim == 1:
            return np.asarray(np.bincount(self.codes, values, self.n_clusters), dtype=np.float64)
        n = self.codes.size
        if n == self.n_clusters:
            out = np.empty_like(values)
            out[self.codes] = values
            return out
        indicator = csr_array((np.ones(n), (self.codes, np.arange(n))), shape=(self.n_clusters, n))
        return np.asarray(indicator @ values)


class Clusters:
    """One or two ways in which rows belong together, and where they meet.

    Parameters
    ----------
    codes : sequence of ndarray
        int64 (n,) each, one or two of them; -1 makes the row a cluster of its own.

    Attributes
    ----------
    ways : tuple of Way
        One, or three: the two that were given and their intersection, whose variance is subtracted
        (Cameron, Gelbach and Miller 2011, equation 2.13).

    Examples
    --------
    >>> both = Clusters([np.array([0, 0, 1, 1]), np.array([5, 7, 7, 7])])
    >>> [way.n_clusters for way in both.ways]
    [2, 2, 3]
    """

    def __init__(self, codes: Sequence[NDArray[np.int64]]) -> None:
        if not 1 <= len(codes) <= 2:
            raise ValueError(f"Clusters are one- or two-way; found {len(codes)}.")
        ways = [_way(_alone(np.asarray(c))) for c in codes]
        if len(ways) == 2:
            ways.append(_way(ways[0].codes * ways[1].n_clusters + ways[1].codes))
        self.ways = tuple(ways)

    @property
    def fewest(self) -> int:
        """The number of clusters of the coarser way."""
        return min(way.n_clusters for way in self.ways[:2])

    def take(self, rows: NDArray[np.int64]) -> Clusters:
        """Return the clusters of some rows."""
        return Clusters([way.codes[rows] for way in self.ways[:2]])


def _alone(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    missing = codes < 0
    if not missing.any():
        return codes
    out = codes.astype(np.int64)
    out[missing] = out.max(initial=0) + 1 + np.arange(int(missing.sum()))
    return out


def _way(codes: NDArray[np.int64]) -> Way:
    """Number the clusters anew; by counting where the numbers are small, by sorting where not."""
    top = int(codes.max(initial=-1)) + 1
    if top <= 4 * codes.size + 1024:
        present = np.zeros(top, dtype=np.bool_)
        present[codes] = True
        dense = (np.cumsum(present) - 1)[codes]
        return Way(dense.astype(np.int64), int(present.sum()))
    found, dense = np.unique(codes, return_inverse=True)
    return Way(dense.astype(np.int64), found.size)
