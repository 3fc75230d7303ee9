"""One vote as a Gaussian of its own log odds: the site of expectation propagation."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["NODES", "POINTS", "Sites", "averaged", "cavities", "flat_sites", "matched"]

POINTS = 32
"""Points of the Gauss-Hermite rule, for the weight exp(-x²/2): a rule that any language can repeat."""

NODES: tuple[NDArray[np.float64], NDArray[np.float64]]


def _rule() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    nodes, mass = np.polynomial.hermite_e.hermegauss(POINTS)
    return nodes, mass / mass.sum()


NODES = _rule()

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

    Notes
    -----
    With Z = E[sigmoid(±h)^w] under the cavity N(m, v) and its log's derivatives by m, d1 = E'[l'] and
    d2 = E'[l''] + Var'[l'] (E' under cavity times likelihood, l = w log sigmoid(±h)), the site has the precision
    -d2 / (1 + v d2) and the shift (d1 - m d2) / (1 + v d2) (Rasmussen and Williams 2006, equation 3.55-3.59).
    In these terms nothing cancels where v is near 0. The integrals are Gauss-Hermite sums of 32 points.
    """
    nodes, mass = NODES
    precision, shift = np.empty_like(mean), np.empty_like(mean)
    for start in range(0, mean.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        sign, w, v = 2 * y[part] - 1, weights[part, None], variance[part]
        odds = sign[:, None] * (mean[part, None] + np.sqrt(v)[:, None] * nodes)
        tail = np.exp(-np.abs(odds))
        wrong = np.where(odds > 0, tail, 1.0) / (1 + tail)  # sigmoid(-odds)
        log = w * (np.minimum(odds, 0.0) - np.log1p(tail))
        tilted = mass * np.exp(log - log.max(axis=1, keepdims=True))
        tilted /= tilted.sum(axis=1, keepdims=True)
        first = np.einsum("ij,ij->i", tilted, wrong)
        second = np.einsum("ij,ij,ij->i", tilted, wrong, wrong)
        w = w[:, 0]
        slope = sign * w * first
        curve = -w * (first - second) + w**2 * (second - first**2)
        curve = np.minimum(curve, -1e-12)
        left = np.maximum(1 + v * curve, _LEFT)  # above 0 but for the rule's own error with a huge v
        precision[part] = -curve / left
        shift[part] = (slope - mean[part] * curve) / left
    return Sites(precision, shift)


def averaged(mean: NDArray[np.float64], variance: NDArray[np.float64]) -> NDArray[np.float64]:
    """P(A preferred) with the log odds N(mean, variance) integrated out, by the same rule: float64 (n,)."""
    nodes, mass = NODES
    out = np.empty_like(mean)
    for start in range(0, mean.size, _CHUNK):
        part = slice(start, start + _CHUNK)
        odds = mean[part, None] + np.sqrt(variance[part])[:, None] * nodes
        out[part] = 0.5 + 0.5 * (np.tanh(0.5 * odds) @ mass)
    return out
