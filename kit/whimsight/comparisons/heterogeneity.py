"""Whether datasets agree on a feature's effect, and what they say together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.effects.adjust import benjamini_hochberg
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.comparisons.estimates import Estimates

__all__ = ["heterogeneity"]

_COLUMNS = (
    "pooled",
    "pooled_low",
    "pooled_high",
    "tau",
    "tau_low",
    "tau_high",
    "Q",
    "i2",
    "i2_low",
    "i2_high",
    "p",
)
_RELATIVE_ZERO = 1e-9
"""Variances below this part of the largest are rounding: two slices that are copies of each other."""


def heterogeneity(estimates: Estimates, alpha: float = 0.05, *, bound: float = np.inf) -> pd.DataFrame:
    """Random-effects meta-analysis of every feature over K slices.

    The true effects of the slices are taken to scatter around a mean with standard deviation tau. Slices without an
    estimate are left out, feature by feature; with fewer than two there is nothing to compare and all is NaN.

    Parameters
    ----------
    estimates : Estimates
        value and degrees float64 (K, F), covariance float64 (F, K, K).
    alpha : float
        Intervals are of level 1 - ``alpha``.
    bound : float
        What the values cannot exceed in size (1 for delta-win), nor their standard deviation; intervals end there.

    Returns
    -------
    DataFrame
        F rows, RangeIndex. ``pooled``, ``pooled_low``, ``pooled_high``: the mean over the slices' population, in the
        unit of the values. ``tau``, ``tau_low``, ``tau_high``: in the same unit. ``Q``. ``i2``, ``i2_low``,
        ``i2_high``: share of the scatter that is not sampling error, 0 to 1. ``p``: of the same effect in all
        slices. ``q``: p after Benjamini and Hochberg over features. ``datasets``: int, slices with an estimate.

    Notes
    -----
    With S the covariance of a feature's estimates theta:

    - Q(t) = min over m of (theta - m)' (S + t I)^-1 (theta - m) and Q = Q(0): Cochran's Q where S is diagonal, a
      Wald statistic of all contrasts where slices share prompts or annotators.
    - tau^2 solves Q(tau^2) = K - 1 (Paule and Mandel 1982); its interval is where Q(tau^2) lies between the
      quantiles of chi^2(K - 1) (Q-profile, Viechtbauer 2007), clipped at 0.
    - pooled is the generalised least squares mean under S + tau^2 I. Its interval is Hartung and Knapp's (2001;
      Sidik and Jonkman 2002) with a factor of at least 1 (Röver, Knapp and Friede 2015) and t with K - 1 degrees of
      freedom. The factor is Q(tau^2) / (K - 1), which Paule and Mandel's tau makes 1 or less, so it is always 1.
      With two slices the t quantile is 12.7 (``alpha`` .05) and the interval very wide: two datasets say little
      about a third. It is no interval of the mean of these two.
    - i2 is max(0, 1 - (K - 1) / Q) (Higgins and Thompson 2002), its interval tau^2 / (tau^2 + s^2) over that of tau,
      s^2 the typical variance of a contrast (harmonic mean), widened to hold i2 where tau's does not.
    - p is Welch's (1951) for independent slices: Q / (K - 1) / c on F(K - 1, v), L = sum (1 - w_k / W)^2 / d_k with
      weights w_k = 1 / S_kk and d_k ``degrees``, c = 1 + 2 (K - 2) L / (K^2 - 1), v = (K^2 - 1) / (3 L). For two
      slices this is Welch's t test.
    - For linked slices p is Hotelling's: Q (v - K + 2) / (v (K - 1)) on F(K - 1, v - K + 2), with v the smaller of
      Welch's and the smallest degrees of freedom of a linked slice (the approximation of Pustejovsky and Tipton
      2018, equation 13). For two slices this is the paired t test. With less than two degrees of freedom a contrast
      (and K > 2) a covariance matrix says too little to be inverted: then slices are compared as if independent,
      which takes differences for less certain than they are where slices vary together.
    - A contrast with no variance in which the slices do not differ (one slice twice) is not counted.

    Examples
    --------
    Four datasets, the last of which differs in the second feature:

    >>> from whimsight.comparisons.estimates import Estimates
    >>> value = np.array([[0.10, 0.10], [0.12, 0.12], [0.09, 0.09], [0.11, -0.20]])
    >>> se, degrees = np.full((4, 2), 0.03), np.full((4, 2), 400.0)
    >>> table = heterogeneity(Estimates(value, np.einsum("kj,kl->jkl", se**2, np.eye(4)), degrees))
    >>> table[["pooled", "pooled_low", "pooled_high", "tau", "Q", "i2", "p"]].round(3).to_numpy().tolist()
    [[0.105, 0.057, 0.153, 0.0, 0.556, 0.0, 0.907], [0.027, -0.215, 0.27, 0.149, 77.194, 0.961, 0.0]]
    """
    given = np.isfinite(estimates.value)
    n_features = given.shape[1]
    counts = given.sum(axis=0)
    found = {name: np.full(n_features, np.nan) for name in _COLUMNS}
    for k in np.unique(counts[counts > 1]):
        features = np.flatnonzero(counts == k)
        slices = np.nonzero(given[:, features].T)[1].reshape(-1, k)
        at = features[:, None]
        part = _pooled(
            estimates.value[slices, at],
            estimates.covariance[at[:, :, None], slices[:, :, None], slices[:, None, :]],
            estimates.degrees[slices, at],
            alpha,
        )
        for name, column in part.items():
            found[name][features] = column
    table = Table(found)
    for end in ("pooled_low", "pooled_high", "tau_high"):
        table[end] = table[end].clip(-bound, bound)
    table["q"] = benjamini_hochberg(found["p"])
    table["datasets"] = counts.astype(np.int64)
    return table


def _pooled(
    theta: NDArray[np.float64], covariance: NDArray[np.float64], degrees: NDArray[np.float64], alpha: float
) -> dict[str, NDArray[np.float64]]:
    """All columns but q for features with k slices each; theta and degrees (f, k), covariance (f, k, k)."""
    from scipy.special import chdtri, stdtrit

    degrees = np.minimum(degrees, 1e10)
    variance = np.einsum("jkk->jk", covariance)
    zero = np.maximum(_RELATIVE_ZERO * variance.max(axis=1), 1e-24 * np.square(theta).max(axis=1) + 1e-300)
    linked, fewest = _links(covariance, degrees)
    contrasts = theta.shape[1] - 1
    thin = linked & (contrasts > 1) & (fewest < 2 * contrasts)
    work = np.where(thin[:, None, None], covariance * np.eye(contrasts + 1), covariance)
    square, spread, rank = _contrasts(theta, work, zero)
    count = rank.astype(np.float64)
    Q = np.where(rank > 0, (square / spread).sum(axis=1), 0.0)
    tau2 = _solve(square, spread, count)
    low = _solve(square, spread, np.asarray(chdtri(count, alpha / 2), dtype=np.float64))
    high = _solve(square, spread, np.asarray(chdtri(count, 1 - alpha / 2), dtype=np.float64))
    mean, se = _mean(theta, covariance, work, tau2, zero)
    reach = stdtrit(np.where(rank > 0, rank, degrees.min(axis=1)), 1 - alpha / 2) * se
    with np.errstate(divide="ignore", invalid="ignore"):
        i2 = np.where(rank > 0, np.maximum(0.0, 1 - rank / Q), 0.0)
        typical = rank / (1 / spread).sum(axis=1)
        i2_low, i2_high = (np.where(t > 0, t / (t + typical), 0.0) for t in (low, high))
    return {
        "pooled": mean,
        "pooled_low": mean - reach,
        "pooled_high": mean + reach,
        "tau": np.sqrt(tau2),
        "tau_low": np.sqrt(low),
        "tau_high": np.sqrt(high),
        "Q": Q,
        "i2": i2,
        "i2_low": np.minimum(i2, i2_low),
        "i2_high": np.maximum(i2, i2_high),
        "p": _p(Q, rank, np.maximum(variance, zero[:, None]), degrees, linked & ~thin, fewest),
    }


def _links(
    covariance: NDArray[np.float64], degrees: NDArray[np.float64]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Whether any two slices are linked (f,), and the fewest degrees of freedom of one that is (f,), else inf."""
    beside = (covariance * (1 - np.eye(covariance.shape[1])) != 0).any(axis=2)
    return beside.any(axis=1), np.where(beside, degrees, np.inf).min(axis=1)


def _contrasts(
    theta: NDArray[np.float64], covariance: NDArray[np.float64], zero: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Uncorrelated contrasts of the estimates: their squares (f, k - 1), variances (f, k - 1), number (f,).

    Q(t) is the sum of square / (variance + t). A contrast that is not counted has square 0 and variance inf.
    """
    k = theta.shape[1]
    basis = np.linalg.svd(np.eye(k) - 1 / k)[0][:, : k - 1]
    values, vectors = np.linalg.eigh(np.einsum("ka,jkl,lb->jab", basis, covariance, basis, optimize=True))
    square = np.square(np.einsum("jab,jk,ka->jb", vectors, theta, basis, optimize=True))
    floor = zero[:, None]
    nothing = (values < floor) & (square <= floor)
    spread = np.where(nothing, np.inf, np.maximum(values, floor))
    return np.where(nothing, 0.0, square), spread, (~nothing).sum(axis=1)


def _solve(
    square: NDArray[np.float64], spread: NDArray[np.float64], target: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The t >= 0 at which the sum of square / (spread + t) falls to ``target`` (f,), by bisection; 0 if it is less."""
    low = np.zeros(square.shape[0])
    with np.errstate(divide="ignore", invalid="ignore"):
        high = np.where(
            (square / spread).sum(axis=1) > target,
            square.sum(axis=1) / target,
            0.0,
        )
    for _ in range(100):
        middle = (low + high) / 2
        above = (square / (spread + middle[:, None])).sum(axis=1) > target
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    return np.where(high > 0, (low + high) / 2, 0.0)


def _mean(
    theta: NDArray[np.float64],
    covariance: NDArray[np.float64],
    work: NDArray[np.float64],
    tau2: NDArray[np.float64],
    zero: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Generalised least squares mean and standard error under ``work`` + tau2 I, float64 (f,) each."""
    between = tau2[:, None, None] * np.eye(theta.shape[1])
    values, vectors = np.linalg.eigh(work + between)
    ones = vectors.sum(axis=1) / np.maximum(values, zero[:, None])
    weights = np.einsum("jka,ja->jk", vectors, ones)
    weights /= weights.sum(axis=1, keepdims=True)
    variance = np.einsum("jk,jkl,jl->j", weights, covariance + between, weights)
    return np.einsum("jk,jk->j", weights, theta), np.sqrt(np.maximum(variance, 0.0))


def _p(
    Q: NDArray[np.float64],
    rank: NDArray[np.int64],
    variance: NDArray[np.float64],
    degrees: NDArray[np.float64],
    joint: NDArray[np.bool_],
    fewest: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Welch's p, or Hotelling's where slices are tested ``joint``ly (f,)."""
    from scipy.special import fdtrc

    k = rank + 1
    weight = 1 / variance
    lack = (np.square(1 - weight / weight.sum(axis=1, keepdims=True)) / degrees).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        welch = np.minimum((k**2 - 1) / (3 * lack), np.minimum(fewest, 1e10))
        c = 1 + 2 * (k - 2) * lack / (k**2 - 1)
        below = np.where(joint, welch - rank + 1, welch)
        F = np.where(joint, Q * below / (welch * rank), Q / (rank * c))
        p = fdtrc(rank, below, np.minimum(F, 1e300))
    return np.asarray(np.where(rank > 0, p, 1.0))
