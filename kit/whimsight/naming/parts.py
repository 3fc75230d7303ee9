"""Estimates with what their uncertainty comes from, cluster by cluster, so that they can be combined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight.effects.clusters import Clusters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.effects.one import Effect

__all__ = ["Part", "correlation_part", "effect_part", "mean_part", "nothing", "products"]


@dataclass(frozen=True, slots=True)
class Part:
    """An estimate and what its uncertainty comes from.

    Attributes
    ----------
    value : float
        NaN where it could not be estimated; the note says why.
    moves : tuple of ndarray
        float64 (n_clusters,) for each way of clustering all rows: how far each cluster moves the estimate.
    degrees : float
        Of t.
    n : int
        Rows that it comes from.
    clusters : int
        How many clusters these rows are from, of the coarser way.
    note : str
    se : float, optional
        Standard error, where it is more than the moves say (separated votes).
    """

    value: float
    moves: tuple[NDArray[np.float64], ...]
    degrees: float
    n: int
    clusters: int
    note: str = ""
    se: float | None = None

    @property
    def error(self) -> float:
        """Standard error; of two ways of clustering the largest of theirs and their combination ("max-se")."""
        return float(np.sqrt(_variance(self.moves))) if self.se is None else self.se


def mean_part(values: NDArray[np.float64], clusters: Clusters) -> Part:
    """Return the mean of values, NaN left out, as a part.

    Examples
    --------
    >>> part = mean_part(np.array([1.0, 2.0, np.nan, 3.0]), Clusters([np.arange(4)]))
    >>> part.value, part.n
    (2.0, 3)
    """
    use = np.flatnonzero(np.isfinite(values))
    value = float(values[use].mean())
    return _of_influence(value, (values[use] - value) / use.size, use, clusters)


def effect_part(effect: Effect, rows: NDArray[np.int64], whole: Clusters) -> Part:
    """Return an effect on some rows as a part.

    Parameters
    ----------
    effect : Effect
        Of `OneAtATime` on these rows alone.
    rows : ndarray
        int64 (m,): which of all rows these are.
    whole : Clusters
        Of all rows.
    """
    here, moves = rows[effect.rows], []
    for way, own, moved in zip(whole.ways, effect.clusters.ways, effect.spread.moved, strict=True):
        out = np.zeros(way.n_clusters)
        place = np.empty(own.n_clusters, dtype=np.int64)
        place[own.codes] = way.codes[here]
        out[place] = moved[:, 0]
        moves.append(out)
    degrees = float(effect.spread.degrees[0])
    se = float(effect.spread.se[0]) if effect.note else None
    return Part(effect.value, tuple(moves), degrees, int(rows.size), _fewest(whole, rows), effect.note, se)


def correlation_part(
    codes: NDArray[np.float32], judged: NDArray[np.float64], rows: NDArray[np.int64], whole: Clusters
) -> Part:
    """Correlation on Fisher's scale; see `whimsight.names.fidelity` for influence function and leverage."""
    if rows.size < 10:
        return nothing(whole, rows, f"{rows.size} pairs; at least 10 are needed.")
    x, y = codes[rows].astype(np.float64), judged[rows]
    if x.std() == 0 or y.std() == 0:
        return nothing(whole, rows, "the same answer to every pair.")
    zx, zy = (x - x.mean()) / x.std(), (y - y.mean()) / y.std()
    r = float(np.clip(np.mean(zx * zy), -0.9999, 0.9999))
    influence = (zx * zy - r * (zx**2 + zy**2) / 2) / (rows.size * (1 - r**2))
    return _of_influence(float(np.arctanh(r)), influence, rows, whole, leverage=(1 + zy**2) / rows.size)


def nothing(whole: Clusters, rows: NDArray[np.int64], why: str) -> Part:
    """Return what stands for an estimate that could not be made from these rows."""
    none = tuple(np.zeros(way.n_clusters) for way in whole.ways)
    return Part(np.nan, none, 1.0, int(rows.size), _fewest(whole, rows), why, np.nan)


def products(one: tuple[NDArray[np.float64], ...], other: tuple[NDArray[np.float64], ...]) -> list[float]:
    """Return the covariance of two estimates by each way of clustering, from their moves."""
    return [float(a @ b) for a, b in zip(one, other, strict=True)]


def _variance(moves: tuple[NDArray[np.float64], ...]) -> float:
    ways = products(moves, moves)
    return ways[0] if len(ways) == 1 else max(ways[0], ways[1], ways[0] + ways[1] - ways[2])


def _of_influence(
    value: float,
    influence: NDArray[np.float64],
    rows: NDArray[np.int64],
    whole: Clusters,
    *,
    leverage: NDArray[np.float64] | None = None,
) -> Part:
    h = np.full(rows.size, 1 / rows.size) if leverage is None else leverage
    moves = []
    for way in whole.ways:
        sums = np.bincount(way.codes[rows], influence, way.n_clusters)
        pull = np.minimum(np.bincount(way.codes[rows], h, way.n_clusters), 0.99)
        moves.append(sums / np.sqrt(1 - pull))
    fewest = _fewest(whole, rows)
    return Part(value, tuple(moves), max(fewest - 1.0, 1.0), int(rows.size), fewest)


def _fewest(whole: Clusters, rows: NDArray[np.int64]) -> int:
    return min(np.unique(way.codes[rows]).size for way in whole.ways[:2])
