"""What data mixed from several datasets would express."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.comparisons.degrees import satterthwaite
from whimsight.errors import StudyError
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from whimsight.comparisons.estimates import Estimates

__all__ = ["mixture", "washes_out"]

_ENOUGH = 0.8
"""Share of the rows that carry an effect for which it must be known."""
_GONE = 0.5
"""What is less than this share of a slice's effect has washed out."""


def mixture(
    estimates: Estimates,
    share: NDArray[np.float64],
    share_se: NDArray[np.float64],
    weights: ArrayLike,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Delta-win of every feature in data of which each slice makes up a given part.

    Parameters
    ----------
    estimates : Estimates
        Delta-win of F features in K slices.
    share, share_se : ndarray
        float64 (K, F): share of a slice's rows that carry the feature's effect (active, with a decided vote), and
        its standard error.
    weights : array_like
        float64 (K,), 0 or more: the slices' parts of the mixed rows, up to a factor.
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    DataFrame
        F rows, RangeIndex. ``delta_win``, ``delta_win_low``, ``delta_win_high``; NaN where ``covered``, the part of
        the mixture's carrying rows that lie in slices with an estimate, is less than .8. ``washes_out``: bool, the
        interval of a slice in the mixture leaves out 0, the mixture's holds it, and the mixture is less than half as
        far from 0 as that slice: the effect is gone, and not only less sure.

    Raises
    ------
    StudyError
        If the weights are not K finite numbers of 0 or more, not all 0.

    Notes
    -----
    Delta-win is a mean over the rows that carry the effect, so slice k counts r_k = w_k share_k / S with
    S = sum w_k share_k over the slices with an estimate. By the delta method (Oehlert 1992) the variance is
    r' C r + sum (w_k (value_k - mixture) / S)^2 share_se_k^2, where shares are taken to be independent of effects
    and of each other. Degrees of freedom are Satterthwaite's over r_k^2 C_kk, the smallest of all where slices are
    linked. The mixed rows are those of the slices as they are: what is associated with a choice in one slice is
    taken to stay so.

    Examples
    --------
    Half and half of two datasets that contradict each other, one of which has the feature twice as often:

    >>> from whimsight.comparisons.estimates import Estimates
    >>> effects = Estimates(np.array([[0.1], [-0.2]]), np.eye(2)[None] * 0.02**2, np.full((2, 1), 200.0))
    >>> share, share_se = np.array([[0.4], [0.2]]), np.full((2, 1), 0.01)
    >>> mixture(effects, share, share_se, [1, 1]).round(4).to_dict("list")  # doctest: +NORMALIZE_WHITESPACE
    {'delta_win': [0.0], 'delta_win_low': [-0.0302], 'delta_win_high': [0.0302], 'covered': [1.0],
     'washes_out': [True]}
    """
    from scipy.special import stdtrit

    value = estimates.value
    w = _checked(weights, value.shape[0])[:, None]
    carried = w * np.nan_to_num(share)
    known = np.isfinite(value) & (carried > 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        whole = np.where(known, carried, 0.0).sum(axis=0)
        covered = whole / carried.sum(axis=0)
        part = np.where(known, carried, 0.0) / whole
    mixed = (part * np.where(known, value, 0.0)).sum(axis=0)
    covariance = np.where(known.T[:, :, None] & known.T[:, None, :], estimates.covariance, 0.0)
    off = (value - mixed) * w / whole * share_se
    variance = np.einsum("kj,jkl,lj->j", part, covariance, part) + np.where(known, off**2, 0.0).sum(axis=0)
    linked = (covariance * (1 - np.eye(value.shape[0])) != 0).any(axis=(1, 2))
    own = np.where(known, part**2 * np.einsum("jkk->kj", covariance), np.nan)
    reach = stdtrit(satterthwaite(own, estimates.degrees, linked), 1 - alpha / 2) * np.sqrt(variance)
    mixed = np.where(covered >= _ENOUGH, mixed, np.nan)
    low, high = mixed - reach, mixed + reach
    return Table(
        {
            "delta_win": mixed,
            "delta_win_low": low,
            "delta_win_high": high,
            "covered": covered,
            "washes_out": washes_out(estimates, w[:, 0], mixed, low, high, alpha),
        }
    )


def washes_out(
    estimates: Estimates,
    weights: NDArray[np.float64],
    mixed: NDArray[np.float64],
    low: NDArray[np.float64],
    high: NDArray[np.float64],
    alpha: float = 0.05,
) -> NDArray[np.bool_]:
    """Whether an effect of a slice in a mixture is gone in it, bool (F,); see `mixture`.

    Parameters
    ----------
    estimates : Estimates
    weights : ndarray
        float64 (K,).
    mixed, low, high : ndarray
        float64 (F,): the effect in the mixture, with the ends of its interval.
    """
    sure = (weights[:, None] > 0) & (np.abs(estimates.value) > estimates.reach(alpha))
    gone = (sure & (np.abs(mixed) < _GONE * np.abs(estimates.value))).any(axis=0)
    return np.asarray(gone & (low <= 0) & (high >= 0))


def _checked(weights: ArrayLike, k: int) -> NDArray[np.float64]:
    try:
        w = np.asarray(weights, dtype=np.float64)
    except (TypeError, ValueError):
        raise StudyError(f"weights of a mixture are {k} numbers, found {weights!r}.") from None
    if w.shape != (k,):
        found = f"{w.size} numbers" if w.ndim == 1 else f"an array of shape {w.shape}"
        raise StudyError(f"weights of a mixture are one number a slice, {k} in all; found {found}.")
    if not np.isfinite(w).all():
        at = int(np.flatnonzero(~np.isfinite(w))[0])
        raise StudyError(
            f"weights[{at}] of a mixture is {w[at]}; give a finite number, 0 to leave a slice out."
        )
    if (w < 0).any():
        at = int(np.flatnonzero(w < 0)[0])
        raise StudyError(f"weights[{at}] of a mixture is {w[at]:g}; give 0 or more, 0 to leave a slice out.")
    if not (w > 0).any():
        raise StudyError("All weights of a mixture are 0; give at least one slice a weight of more than 0.")
    return np.asarray(w / w.max() / (w / w.max()).sum())
