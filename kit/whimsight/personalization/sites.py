"""One vote as a Gaussian of its own log odds: the site of expectation propagation."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "Sites",
    "averaged",
    "cavities",
    "flat_sites",
    "matched",
    "sites_from",
    "slopes",
]

_POINTS = 32
_WIDE = 3.0
_REACH = 8.0
_MOST = 1000


@lru_cache(maxsize=1)
def _hermite() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, mass = np.polynomial.hermite_e.hermegauss(_POINTS)
    return nodes, mass / mass.sum()


def rule(sd: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Nodes and masses that integrate functions of log odds m + sd z over z ~ N(0, 1).

    Gauss-Hermite with 32 points up to a standard deviation of 3 (errors of 1e-11 at 1, 5e-5 at 2). A larger one, which
    no sensible prior has, takes the trapezoid rule on -8 to 8 in steps of 1.5 / sd.

    Examples
    --------
    >>> [rule(sd)[0].size for sd in (1.0, 6.0)]
    [32, 65]
    """
    if sd <= _WIDE:
        return _hermite()
    half = min(int(np.ceil(_REACH * sd / 1.5)), _MOST)
    nodes = np.linspace(-_REACH, _REACH, 2 * half + 1)
    mass = np.exp(-0.5 * nodes**2)
    return nodes, mass / mass.sum()


_CHUNK = 8192
_LEFT = 0.02


class Sites(NamedTuple):
    """What each vote says of its own log odds h, as exp(-precision h²/2 + shift h): float64 (n,) both."""

    precision: NDArray[np.float64]
    shift: NDArray[np.float64]


def flat_sites(y: NDArray[np.float64], weights: NDArray[np.float64]) -> Sites:
    """Sites to begin with: the votes' own curvature and slope at even odds."""
    return Sites(weights / 4, weights * (y - 0.5))


def cavities(
    mean: NDArray[np.float64], variance: NDArray[np.float64], sites: Sites
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and variance of each vote's log odds without the vote itself, from those with all votes."""
    left = np.maximum(1 - variance * sites.precision, 1e-6)
    return (mean - variance * sites.shift) / left, variance / left


def matched(
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> Sites:
    """Sites that give the moments of cavity times likelihood: the step of expectation propagation.

    Parameters
    ----------
    y : ndarray
        float64 (n,), 1 where A was preferred and 0 where B was.
    weights : ndarray
        float64 (n,): powers of the likelihoods sigmoid(±h).
    mean, variance : ndarray
        float64 (n,): the cavities.
    """
    return sites_from(*slopes(y, weights, mean, variance), mean, variance)


def slopes(
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """First and second derivative by m of log E[sigmoid(±h)^w] for h ~ N(m, v): float64 (n,) both.

    Notes
    -----
    d1 = E'[l'] and d2 = E'[l''] + Var'[l'], where l = w log sigmoid(±h) and E' is taken under the cavity times the
    likelihood, by the sums of :func:`rule`.
    """
    nodes, mass = rule(_widest(variance))
    first, second = np.empty_like(mean), np.empty_like(mean)
    for start in range(0, mean.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        sign, w = 2 * y[part] - 1, weights[part]
        odds = sign[:, None] * (mean[part, None] + np.sqrt(variance[part])[:, None] * nodes)
        tail = np.exp(-np.abs(odds))
        wrong = np.where(odds > 0, tail, 1.0) / (1 + tail)  # sigmoid(-odds)
        log = w[:, None] * (np.minimum(odds, 0.0) - np.log1p(tail))
        tilted = mass * np.exp(log - log.max(axis=1, keepdims=True))
        tilted /= tilted.sum(axis=1, keepdims=True)
        once = np.einsum("ij,ij->i", tilted, wrong)
        twice = np.einsum("ij,ij,ij->i", tilted, wrong, wrong)
        first[part] = sign * w * once
        second[part] = w * (twice - once) + w**2 * (twice - once**2)
    return first, np.minimum(second, 0.0)


def sites_from(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    mean: NDArray[np.float64],
    variance: NDArray[np.float64],
) -> Sites:
    """Sites from the derivatives d1, d2: precision -d2 / (1 + v d2) and shift (d1 - m d2) / (1 + v d2).

    Rasmussen and Williams (2006), equations 3.55 to 3.59; in these terms nothing cancels where v is near 0. Where the
    log odds are a sum of independent parts, the derivatives are those at the sum and (m, v) the part's own cavity.
    """
    left = np.maximum(1 + variance * second, _LEFT)  # above 0 but for the rule's own error at a huge variance
    return Sites(-second / left, (first - mean * second) / left)


def averaged(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(A preferred) with the log odds N(mean, variance) integrated out, by the same rule: float64 (n,)."""
    nodes, mass = rule(_widest(variance))
    out = np.empty_like(mean)
    for start in range(0, mean.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        odds = mean[part, None] + np.sqrt(variance[part])[:, None] * nodes
        out[part] = 0.5 + 0.5 * (np.tanh(0.5 * odds) @ mass)
    return out


def _widest(variance: NDArray[np.float64]) -> float:
    return float(np.sqrt(variance.max(initial=0.0)))
