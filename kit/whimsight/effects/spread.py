"""Standard errors that respect clusters, one- and two-way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters, Way
from whimsight.effects.logit import Fit

__all__ = ["Correction", "Spread", "mean_spread", "spread"]

Correction = Literal["CR2", "CR1"]

_EXACT_UP_TO = 1024
_HEAVY = 0.3
_TERMS = 12
_FLOOR = 1e-6
_FEW_COLUMNS = 8


@dataclass(frozen=True, slots=True)
class Spread:
    """Standard errors and the degrees of freedom of their t distribution, both float64 (m,).

    ``moved`` holds what they come from: for each way, float64 (n_clusters, m), how far each cluster moves the
    estimates. The products of two estimates' moves, summed over the clusters that they share, are their covariance.
    """

    se: NDArray[np.float64]
    degrees: NDArray[np.float64]
    moved: tuple[NDArray[np.float64], ...] = ()

    def reach(self, alpha: float) -> NDArray[np.float64]:
        """Half the width of the interval of level 1 - ``alpha``."""
        from scipy.special import stdtrit

        return np.asarray(stdtrit(self.degrees, 1 - alpha / 2) * self.se)

    def p(self, estimate: NDArray[np.float64]) -> NDArray[np.float64]:
        """Two-sided p of ``estimate`` (m,) against 0."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stdtr(self.degrees, -np.abs(estimate / self.se)))


def spread(
    fit: Fit,
    gradients: NDArray[np.float64],
    clusters: Clusters,
    *,
    correction: Correction = "CR2",
    average: NDArray[np.float64] | None = None,
) -> Spread:
    """Spread of functions of the coefficients over samples of clusters.

    Parameters
    ----------
    fit : Fit
    gradients : ndarray
        float64 (p, m): derivatives of m functions by the coefficients.
    clusters : Clusters
        Of the n rows.
    correction : {"CR2", "CR1"}
        ``"CR1"`` is the plain sandwich times G / (G - 1) times (n - 1) / (n - p), with G - 1 degrees of
        freedom: statsmodels' ``cov_type="cluster"`` with ``use_t``. ``"CR2"`` (Bell and McCaffrey 2002, on the
        working residuals of the logit) makes up for how far each cluster pulls the fit towards itself,
        which matters with few clusters and for features that few clusters carry, with G* - 1 degrees of
        freedom, where G* = (sum v)^2 / sum v^2 is the effective number of clusters and v what each is
        expected to contribute to the variance.
    average : ndarray, optional
        float64 (n,): influence of each row on the functions beside the coefficients', summing to 0.

    Notes
    -----
    Two ways: V1 + V2 - V12. CR1 takes the larger of V1 and V2 where that is not positive and the smaller
    number of clusters; CR2 takes the largest of the three ("max-se", MacKinnon, Nielsen and Webb 2024), with
    Satterthwaite's degrees of freedom for V1 and what the second way adds to it.

    In simulations on the shipped data with prompts drawn anew (160 prompts and 65 annotators; 100 and 4), 95 %
    intervals by CR2 covered one-at-a-time, joint and delta-win effects in 95 to 97 % of cases; by CR1 in 93,
    90 and 95 %, and in 82 % for the betas of features with fewer than 100 active rows.
    """
    n = clusters.ways[0].codes.size
    copies = fit.residual.size // n
    moves, degrees = [], []
    for way in clusters.ways:
        tiled = way if copies == 1 else Way(np.tile(way.codes, copies), way.n_clusters)
        extra = None if average is None else way.sums(average)
        g = way.n_clusters
        if correction == "CR1":
            moved = tiled.sums(fit.design * fit.residual[:, None]) @ fit.inverse @ gradients
            moved += 0.0 if extra is None else extra[:, None]
            factor = g / max(g - 1, 1) * (n - 1) / max(n - fit.theta.size, 1)
            moves.append(np.sqrt(factor) * moved)
            degrees.append(np.full(gradients.shape[1], float(g - 1)))
        else:
            moved = _corrected(fit, tiled) @ gradients
            moved += 0.0 if extra is None else (extra * np.sqrt(g / max(g - 1, 1)))[:, None]
            moves.append(moved)
            degrees.append(_effective(fit, gradients, tiled) - 1)
    return _combine(moves, degrees, correction)


def mean_spread(influence: NDArray[np.float64], clusters: Clusters) -> Spread:
    """Spread of the column sums of ``influence`` (n, m), such as a mean's or an AUC's.

    The plain sandwich times G / (G - 1); two ways by "max-se"; one less degree of freedom than clusters.
    """
    moves, degrees = [], []
    for way in clusters.ways:
        g = way.n_clusters
        moves.append(np.sqrt(g / max(g - 1, 1)) * way.sums(influence))
        degrees.append(np.full(influence.shape[1], float(g - 1)))
    return _combine(moves, degrees, "CR2")


def _combine(
    moves: list[NDArray[np.float64]], degrees: list[NDArray[np.float64]], correction: Correction
) -> Spread:
    variances, moved = [np.square(m).sum(axis=0) for m in moves], tuple(moves)
    if len(variances) == 1:
        return Spread(np.sqrt(variances[0]), np.maximum(degrees[0], 1.0), moved)
    first, second, both = variances
    total = first + second - both
    larger = np.maximum(first, second)
    if correction == "CR1":
        total = np.where(total > 0, total, larger)
        return Spread(np.sqrt(total), np.maximum(np.minimum(degrees[0], degrees[1]), 1.0), moved)
    total = np.maximum(total, larger)
    added = total - first
    with np.errstate(divide="ignore", invalid="ignore"):
        satterthwaite = total**2 / (
            first**2 / np.maximum(degrees[0], 1.0) + added**2 / np.maximum(degrees[1], 1.0)
        )
    return Spread(np.sqrt(total), np.maximum(np.nan_to_num(satterthwaite, nan=1.0), 1.0), moved)


def _corrected(fit: Fit, way: Way) -> NDArray[np.float64]:
    """How far each cluster moves the coefficients, made up for its own pull on the fit: float64 (G, p).

    In white coordinates (I - A_g)^(-1/2) s_g with the cluster's share A_g of the information: exactly for up
    to a thousand clusters. Of more, exactly for those that hold much of the information (the traces of all
    A_g sum to p, so they are few), and for the rest by the binomial series, which then converges at once.
    """
    root = np.linalg.cholesky(fit.inverse)  # white columns: the information of design @ root is 1
    white = fit.design @ root
    pulls = way.sums(white * fit.residual[:, None])
    if way.n_clusters <= _EXACT_UP_TO:
        return np.asarray(_stretched(white, fit.curve, pulls, way) @ root.T)
    heavy = np.flatnonzero(way.sums(fit.curve * np.einsum("ij,ij->i", white, white)) > _HEAVY)
    light = pulls.copy()
    light[heavy] = 0.0
    moved = _series(white, fit.curve, light, way)
    if heavy.size:
        rows = np.flatnonzero(np.isin(way.codes, heavy))
        part = Way(np.searchsorted(heavy, way.codes[rows]), heavy.size)
        moved[heavy] = _stretched(white[rows], fit.curve[rows], pulls[heavy], part)
    return np.asarray(moved @ root.T)


def _stretched(
    white: NDArray[np.float64], curve: NDArray[np.float64], pulls: NDArray[np.float64], way: Way
) -> NDArray[np.float64]:
    values, vectors = np.linalg.eigh(_shares(white, curve, way))
    stretch = 1 / np.sqrt(np.maximum(1 - values, _FLOOR))
    turned = np.einsum("gij,gi->gj", vectors, pulls) * stretch
    return np.asarray(np.einsum("gij,gj->gi", vectors, turned))


def _shares(white: NDArray[np.float64], curve: NDArray[np.float64], way: Way) -> NDArray[np.float64]:
    """Each cluster's information in white coordinates, float64 (G, p, p); with all clusters they sum to 1."""
    p = white.shape[1]
    held = np.empty((way.n_clusters, p, p))
    if p <= _FEW_COLUMNS:
        upper = np.triu_indices(p)
        packed = way.sums(curve[:, None] * white[:, upper[0]] * white[:, upper[1]])
        held[:, upper[0], upper[1]] = held[:, upper[1], upper[0]] = packed
        return held
    order = np.argsort(way.codes, kind="stable")
    ends = np.cumsum(np.bincount(way.codes, minlength=way.n_clusters))
    for g, rows in enumerate(np.split(order, ends[:-1])):
        part = white[rows]
        held[g] = part.T @ (curve[rows, None] * part)
    return held


def _series(
    white: NDArray[np.float64],
    curve: NDArray[np.float64],
    pulls: NDArray[np.float64],
    way: Way,
) -> NDArray[np.float64]:
    total, term = pulls, pulls
    for k in range(1, _TERMS + 1):
        along = curve * np.einsum("ij,ij->i", white, term[way.codes])
        term = way.sums(white * along[:, None]) * ((k - 0.5) / k)
        total = total + term
        if np.abs(term).max() <= 1e-3 * np.abs(total).max():
            break
    return total


def _effective(fit: Fit, gradients: NDArray[np.float64], way: Way) -> NDArray[np.float64]:
    along = np.square(fit.design @ (fit.inverse @ gradients)) * (fit.curve * fit.weights)[:, None]
    expected = way.sums(along)
    return np.asarray(np.square(expected.sum(axis=0)) / np.maximum(np.square(expected).sum(axis=0), 1e-300))
