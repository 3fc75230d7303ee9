"""How many times as often slices differ in a feature as a slice of reference."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.comparisons.degrees import satterthwaite
from whimsight.effects.adjust import benjamini_hochberg
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.comparisons.estimates import Estimates

__all__ = ["ratios"]


def ratios(
    prevalence: Estimates,
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    reference: int,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Ratios of every slice's prevalences to those of one slice.

    Parameters
    ----------
    prevalence : Estimates
        value float64 (K, F) in [0, 1], with covariance (F, K, K) and degrees (K, F).
    low, high : ndarray
        float64 (K, F): Wilson intervals of the prevalences; the ratios' intervals have their level.
    reference : int
        Position of the slice in the denominator.
    alpha : float
        Level of ``low`` and ``high``; kept in ``attrs``.

    Returns
    -------
    DataFrame
        K times F rows, RangeIndex, slice after slice: ``slice``, ``feature`` (int, positions), ``ratio``, ``low``,
        ``high``, ``p`` (of the ratio 1), ``q``. A ratio is inf where only the reference is 0 and NaN where both are;
        ``low`` is 0 where the slice's interval begins at 0, ``high`` inf where the reference's does. The reference
        itself has 1, without p.

    Notes
    -----
    The interval is that of Donner and Zou (2012, MOVER-R, equation 9; Newcombe's way of putting two intervals
    together): the R for which 0 lies in the interval of numerator - R denominator, put together from those of the
    two, with the correlation r of the two estimates:
    (R b - a)^2 = A^2 + R^2 B^2 - 2 r R A B, where (A, B) = (a - low_a, high_b - b) for the lower and
    (high_a - a, b - low_b) for the upper end. p is of log a - log b by the delta method, with t and Satterthwaite's
    degrees of freedom (the smaller one where slices are linked); NaN where one prevalence is 0. q is Benjamini and
    Hochberg's over all slices and features.

    Examples
    --------
    >>> from whimsight.comparisons.estimates import Estimates
    >>> value, degrees = np.array([[0.10], [0.20]]), np.full((2, 1), 399.0)
    >>> variance = (value * (1 - value) / 400)[:, 0]
    >>> low, high = np.array([[0.0741], [0.1638]]), np.array([[0.1335], [0.2421]])
    >>> ratios(Estimates(value, np.diag(variance)[None], degrees), low, high, reference=0).round(3).values.tolist()
    [[0.0, 0.0, 1.0, 1.0, 1.0, nan, nan], [1.0, 0.0, 2.0, 1.406, 2.85, 0.0, 0.0]]
    """
    value = prevalence.value
    k, n_features = value.shape
    a, b = value, value[reference]
    variance = np.einsum("jkk->kj", prevalence.covariance)
    common = prevalence.covariance[:, :, reference].T
    with np.errstate(divide="ignore", invalid="ignore"):
        related = np.nan_to_num(common / np.sqrt(variance * variance[reference]), posinf=0.0, neginf=0.0)
        ratio = a / b
        found_low, found_high = _mover(a, b, low, high, reference, np.clip(related, -1.0, 1.0))
        parts = np.stack([variance / a**2, np.broadcast_to(variance[reference] / b**2, a.shape)])
        se = np.sqrt(np.maximum(parts.sum(axis=0) - 2 * common / (a * b), 0.0))
    p = _p(
        ratio,
        se,
        parts,
        np.stack(np.broadcast_arrays(prevalence.degrees, prevalence.degrees[reference])),
        common,
    )
    itself = np.where(b > 0, 1.0, np.nan)
    ratio[reference], found_low[reference], found_high[reference], p[reference] = (
        itself,
        itself,
        itself,
        np.nan,
    )
    unknown = np.isnan(ratio)
    found_low[unknown], found_high[unknown] = np.nan, np.nan
    table = Table(
        {
            "slice": np.repeat(np.arange(k), n_features),
            "feature": np.tile(np.arange(n_features), k),
            "ratio": ratio.ravel(),
            "low": found_low.ravel(),
            "high": found_high.ravel(),
            "p": p.ravel(),
            "q": benjamini_hochberg(p.ravel()),
        }
    )
    table.attrs["alpha"] = alpha
    return table


def _mover(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    reference: int,
    related: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Both ends, float64 (K, F); written so that no end divides by a difference that may be 0."""
    A, B = a - low, high[reference] - b
    square, half, constant = b**2 - B**2, a * b - related * A * B, a**2 - A**2
    root = np.sqrt(np.maximum(half**2 - square * constant, 0.0))
    found_low = np.where(low > 0, np.maximum(constant, 0.0) / (half + root), 0.0)
    A, B = high - a, b - low[reference]
    square, half, constant = b**2 - B**2, a * b - related * A * B, a**2 - A**2
    root = np.sqrt(np.maximum(half**2 - square * constant, 0.0))
    found_high = np.where(low[reference] > 0, (half + root) / square, np.inf)
    return found_low, found_high


def _p(
    ratio: NDArray[np.float64],
    se: NDArray[np.float64],
    parts: NDArray[np.float64],
    degrees: NDArray[np.float64],
    common: NDArray[np.float64],
) -> NDArray[np.float64]:
    from scipy.special import stdtr

    with np.errstate(divide="ignore", invalid="ignore"):
        distance = np.abs(np.log(ratio))
        t = np.where(distance > 0, distance / se, 0.0)
        p = 2 * stdtr(satterthwaite(parts, degrees, common != 0), -np.minimum(t, 1e150))
    return np.asarray(np.where((ratio > 0) & np.isfinite(ratio), p, np.nan))
