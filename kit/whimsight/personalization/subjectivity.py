"""How far people differ in a feature, and how many of them lean the other way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.personalization.posterior import REACH

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["SUBJECTIVITY_COLUMNS", "share_opposed"]

SUBJECTIVITY_COLUMNS: tuple[str, ...] = (
    "kind",
    "name",
    "personal",
    "mean",
    "mean_low",
    "mean_high",
    "tau",
    "tau_low",
    "tau_high",
    "p",
    "q",
    "p_permuted",
    "share_opposed",
    "share_opposed_low",
    "share_opposed_high",
)
"""Columns of `Personalization.subjectivity`, in order."""

_GRID = 64


def share_opposed(
    mean: NDArray[np.float64],
    mean_se: NDArray[np.float64],
    tau: NDArray[np.float64],
    tau_low: NDArray[np.float64],
    tau_high: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Share of all people whose weight has the other sign than the mean, with a 95 % interval.

    With weights w ~ N(mean, tau²) it is P(w < 0) = Phi(-mean / tau) where the mean is positive. The interval takes
    the mean as N(mean, se²) and log tau as two half normals that put 2.5 % below ``tau_low`` and 2.5 % above
    ``tau_high``, and reads off the quantiles of the share over both. A tau whose interval reaches 0 is uniform below
    its estimate. The side that is "the other" is that of the estimate throughout, so the interval may pass .5.

    Parameters
    ----------
    mean, mean_se, tau, tau_low, tau_high : ndarray
        float64 (F,).

    Returns
    -------
    share, low, high : ndarray
        float64 (F,), 0 to 1; NaN where tau is.

    Examples
    --------
    >>> one = np.array([1.0])
    >>> share, low, high = share_opposed(-0.37 * one, 0.02 * one, 0.42 * one, 0.36 * one, 0.50 * one)
    >>> [round(float(v[0]), 2) for v in (share, low, high)]
    [0.19, 0.15, 0.24]
    """
    from scipy.special import ndtr, ndtri

    toward = np.where(mean < 0, -1.0, 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(tau > 0, ndtr(-np.abs(mean) / tau), np.where(tau == 0, 0.0, np.nan))
    quantile = (np.arange(_GRID) + 0.5) / _GRID
    z = ndtri(quantile)
    means = (toward * mean)[:, None] + mean_se[:, None] * z
    taus = _spread_of_tau(tau, tau_low, tau_high, z)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = -means[:, :, None] / taus[:, None, :]
    # Where nobody differs, all lie on the mean's side.
    ratio = np.where(taus[:, None, :] > 0, ratio, -np.sign(means)[:, :, None] * np.inf)
    drawn = np.sort(ndtr(ratio).reshape(len(mean), -1), axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975], axis=1)
    known = np.isfinite(share)
    return (
        share,
        np.where(known, np.minimum(low, share), np.nan),
        np.where(known, np.maximum(high, share), np.nan),
    )


def _spread_of_tau(
    tau: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    z: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Quantiles of tau at the normal quantiles ``z``: float64 (F, len(z))."""
    start = np.maximum(tau, high / 20)  # a tau of 0 has an upper end all the same
    with np.errstate(divide="ignore", invalid="ignore"):
        above = np.log(high / start) / REACH
        below = np.where(low > 0, np.log(np.maximum(start, low) / low) / REACH, 0.0)
        up = start[:, None] * np.exp(above[:, None] * np.maximum(z, 0))
        down = start[:, None] * np.exp(-below[:, None] * np.maximum(-z, 0))
    from scipy.special import ndtr

    flat = start[:, None] * 2 * ndtr(np.minimum(z, 0))
    under = np.where((low > 0)[:, None], down, flat)
    out: NDArray[np.float64] = np.where(z > 0, up, under)
    return out
