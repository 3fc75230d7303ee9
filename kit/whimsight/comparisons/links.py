"""Which clusters slices share, and what their estimates have in common through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight.effects.clusters import Clusters

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.comparisons.slices import Slice

__all__ = ["Links", "Shared"]


@dataclass(frozen=True, slots=True)
class Shared:
    """How far clusters that other slices have, too, move F estimates; one entry a way.

    Attributes
    ----------
    moves : list of ndarray
        float64 (n_shared, F).
    variance : list of ndarray
        float64 (F,): over all of the slice's clusters, the shared and the others.
    """

    moves: list[NDArray[np.float64]]
    variance: list[NDArray[np.float64]]


class Links:
    """The clusters that at least two slices share.

    Parameters
    ----------
    clusters : sequence of ndarray
        One or two int64 (n,) over all rows; -1 is a cluster of its own.
    slices : sequence of Slice

    Attributes
    ----------
    any : bool
        Whether there are such clusters.

    Examples
    --------
    >>> from whimsight.comparisons.slices import Slice
    >>> votes = np.array([1.0, 0.0])
    >>> halves = [Slice("first", np.array([0, 1]), votes), Slice("second", np.array([2, 3]), votes)]
    >>> Links([np.array([0, 1, 1, 2])], halves).any, Links([np.arange(4)], halves).any
    (True, False)
    """

    def __init__(self, clusters: Sequence[NDArray[np.int64]], slices: Sequence[Slice]) -> None:
        self._rows = [part.rows for part in slices]
        self._place: list[NDArray[np.int64]] = []
        self._sizes: list[int] = []
        for way in Clusters(clusters).ways:
            seen = np.zeros(way.n_clusters, dtype=np.int64)
            for part in slices:
                seen[np.unique(way.codes[part.rows])] += 1
            several = seen > 1
            place = np.where(several, np.cumsum(several) - 1, -1)
            self._place.append(place[way.codes])
            self._sizes.append(int(several.sum()))
        self.any = any(self._sizes)

    def shared(
        self,
        slice_: int,
        rows: NDArray[np.int64],
        clusters: Clusters,
        moved: Sequence[NDArray[np.float64]],
    ) -> Shared:
        """Find the shared clusters among those that moved some estimates of a slice.

        Parameters
        ----------
        slice_ : int
        rows : ndarray
            int64 (m,): positions among the slice's rows that the estimates come from.
        clusters : Clusters
            Of these rows.
        moved : sequence of ndarray
            float64 (n_clusters, F) for each way, from `Spread`.
        """
        if not self.any:
            return Shared([], [])
        whole = self._rows[slice_][rows]
        found = Shared([], [])
        for way, moves, place, size in zip(clusters.ways, moved, self._place, self._sizes, strict=False):
            of_cluster = np.full(way.n_clusters, -1, dtype=np.int64)
            of_cluster[way.codes] = place[whole]
            have = of_cluster >= 0
            out = np.zeros((size, moves.shape[1]))
            out[of_cluster[have]] = moves[have]
            found.moves.append(out)
            found.variance.append(np.square(moves).sum(axis=0))
        return found

    def covariances(
        self, estimates: Sequence[tuple[NDArray[np.float64], Shared]], n_features: int
    ) -> NDArray[np.float64]:
        """Return covariances between K slices' estimates, float64 (F, K, K).

        Parameters
        ----------
        estimates : sequence of (ndarray, Shared)
            Standard errors, float64 (F,), and shared moves of each slice.

        Notes
        -----
        Standard errors may hold more than the moves (separation), so the moves give the correlations, and the
        covariance is the correlation times both standard errors. What is not positive semidefinite then is made so
        by leaving out the negative eigenvalues.
        """
        k = len(estimates)
        se = np.stack([one for one, _ in estimates])
        related = np.broadcast_to(np.eye(k), (n_features, k, k)).copy()
        if self.any:
            for a in range(k):
                for b in range(a):
                    related[:, a, b] = related[:, b, a] = _correlation(estimates[a][1], estimates[b][1])
            related = _positive(related)
        return np.asarray(np.einsum("aj,jab,bj->jab", se, related, se))


def _correlation(one: Shared, other: Shared) -> NDArray[np.float64]:
    """Correlation of two slices' estimates, float64 (F,), from the variance of their difference.

    That variance is the largest over the ways of clustering and their combination ("max-se"), as it is for the
    estimates themselves: ways that disagree must not make a difference surer than each of them.
    """
    ways = min(len(one.moves), len(other.moves))  # without annotators in the one there are none to share
    products = [
        np.einsum("ij,ij->j", a, b) for a, b in zip(one.moves[:ways], other.moves[:ways], strict=True)
    ]
    apart = [
        a + b - 2 * c for a, b, c in zip(one.variance[:ways], other.variance[:ways], products, strict=True)
    ]
    v1, v2, difference = (_largest(v) for v in (one.variance[:ways], other.variance[:ways], apart))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = (v1 + v2 - difference) / (2 * np.sqrt(v1 * v2))
    return np.asarray(np.clip(np.nan_to_num(found), -1.0, 1.0))


def _largest(ways: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    if len(ways) == 1:
        return ways[0]
    first, second, both = ways
    return np.asarray(np.maximum.reduce([first, second, first + second - both]))


def _positive(related: NDArray[np.float64]) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(related)
    if (values >= -1e-12).all():
        return related
    fixed = np.einsum("jab,jb,jcb->jac", vectors, np.maximum(values, 0.0), vectors)
    size = np.sqrt(np.einsum("jaa->ja", fixed))
    positive: NDArray[np.float64] = fixed / (size[:, :, None] * size[:, None, :])
    return positive
