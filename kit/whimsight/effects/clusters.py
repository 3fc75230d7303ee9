"""Sums over clusters, and variances that respect them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Clusters"]


@dataclass(frozen=True, slots=True)
class _Way:
    sign: float
    indicator: Any  # csr (G, n)
    n_clusters: int


class Clusters:
    """One or two ways in which rows belong together.

    Parameters
    ----------
    codes : sequence of ndarray
        int64 (n,) each, one or two of them; -1 makes the row a cluster of its own.

    Notes
    -----
    The variance of a sum of influence values is the sum over clusters of squared cluster sums, times
    ``G / (G - 1)``. Two ways are combined as V1 + V2 - V12, where 12 is their intersection (Cameron,
    Gelbach and Miller 2011, equation 2.13); if that is not positive, the larger of V1 and V2 stands.
    """

    def __init__(self, codes: Sequence[NDArray[np.int64]]) -> None:
        if not 1 <= len(codes) <= 2:
            raise ValueError(f"Clusters are one- or two-way; found {len(codes)}.")
        filled = [_own_clusters(c) for c in codes]
        self.ways = [_way(1.0, c) for c in filled]
        if len(filled) == 2:
            both = filled[0] * (int(filled[1].max(initial=0)) + 1) + filled[1]
            self.ways.append(_way(-1.0, np.unique(both, return_inverse=True)[1]))
        self.degrees = min(w.n_clusters for w in self.ways[:2]) - 1

    def variance(self, influence: NDArray[np.float64], factor: float = 1.0) -> NDArray[np.float64]:
        """Variance of the column sums of ``influence`` (n, m): float64 (m,)."""
        parts = []
        for way in self.ways:
            sums = way.indicator @ influence
            g = way.n_clusters
            parts.append(way.sign * factor * g / max(g - 1, 1) * np.square(sums).sum(axis=0))
        total = np.sum(parts, axis=0)
        return np.where(total > 0, total, np.max(np.stack(parts[:2] if len(parts) > 1 else parts), axis=0))


def _own_clusters(codes: NDArray[np.int64]) -> NDArray[np.int64]:
    _, dense = np.unique(codes, return_inverse=True)
    alone = codes < 0
    if alone.any():
        dense = dense.copy()
        dense[alone] = dense.max() + 1 + np.arange(int(alone.sum()))
        _, dense = np.unique(dense, return_inverse=True)
    return dense.astype(np.int64)


def _way(sign: float, codes: NDArray[np.int64]) -> _Way:
    from scipy.sparse import csr_array

    n, g = codes.size, int(codes.max(initial=-1)) + 1
    return _Way(sign, csr_array((np.ones(n), (codes, np.arange(n))), shape=(g, n)), g)
