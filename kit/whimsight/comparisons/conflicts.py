"""Where slices contradict each other, with the share of false finds controlled."""

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

__all__ = ["conflicts", "turns"]


def conflicts(estimates: Estimates, alpha: float = 0.05) -> pd.DataFrame:
    """Features that are preferred in one slice and avoided in another.

    Parameters
    ----------
    estimates : Estimates
        Effects with 0 for none: value and degrees float64 (K, F), covariance float64 (F, K, K).
    alpha : float
        Rows have q of at most ``alpha``; intervals are of level 1 - ``alpha``.

    Returns
    -------
    DataFrame
        One row for each feature and pair of slices in conflict, the largest ``difference`` first. ``feature``,
        ``for``, ``against``: int, positions of the feature, of the slice with the positive and of the one with the
        negative effect. ``difference``, ``difference_low``, ``difference_high``: effect in the one minus effect in
        the other, more than 0. ``p``, ``q``. ``attrs["tests"]``: int, how many pairs of slices were tested.

    Notes
    -----
    That one effect is positive and the other negative is shown when both are shown (intersection-union test, Berger
    1982): p is the larger of the two two-sided p where the signs differ, and 1 where they agree. It holds however
    the two estimates hang together, and is at worst twice what it need be, as either slice may be the positive one
    only if both effects are near 0. q is Benjamini and Hochberg's (1995) over all features and pairs of slices with
    both estimates.

    The difference has the variance V_a + V_b - 2 V_ab and Satterthwaite's degrees of freedom, for linked slices the
    smaller of the two. Its interval is of one difference: it is not widened for having looked at many.

    Examples
    --------
    >>> from whimsight.comparisons.estimates import Estimates
    >>> value = np.array([[0.10, 0.02], [-0.08, -0.01]])
    >>> found = conflicts(Estimates(value, np.tile(np.eye(2) * 0.02**2, (2, 1, 1)), np.full((2, 2), 300.0)))
    >>> found.round(3).to_dict("list")  # doctest: +NORMALIZE_WHITESPACE
    {'feature': [0], 'for': [0], 'against': [1], 'difference': [0.18], 'difference_low': [0.124],
     'difference_high': [0.236], 'p': [0.0], 'q': [0.0]}
    >>> found.attrs["tests"]
    2
    """
    from scipy.special import stdtrit

    value, degrees = estimates.value, estimates.degrees
    single = np.nan_to_num(estimates.p, nan=1.0)
    a, b = np.triu_indices(value.shape[0], 1)
    both = np.isfinite(value[a]) & np.isfinite(value[b])
    opposed = value[a] * value[b] < 0
    p = np.where(both, np.where(opposed, np.maximum(single[a], single[b]), 1.0), np.nan)
    q = benjamini_hochberg(p.ravel()).reshape(p.shape)
    pair, feature = np.nonzero(opposed & (q <= alpha))
    a_first = value[a[pair], feature] > 0
    plus, minus = np.where(a_first, a[pair], b[pair]), np.where(a_first, b[pair], a[pair])
    difference = value[plus, feature] - value[minus, feature]
    v_plus, v_minus, common = (
        estimates.covariance[feature, i, j] for i, j in ((plus, plus), (minus, minus), (plus, minus))
    )
    reach = stdtrit(
        satterthwaite(
            np.stack([v_plus, v_minus]),
            np.stack([degrees[plus, feature], degrees[minus, feature]]),
            common != 0,
        ),
        1 - alpha / 2,
    ) * np.sqrt(np.maximum(v_plus + v_minus - 2 * common, 0.0))
    table = Table(
        {
            "feature": feature.astype(np.int64),
            "for": plus.astype(np.int64),
            "against": minus.astype(np.int64),
            "difference": difference,
            "difference_low": difference - reach,
            "difference_high": difference + reach,
            "p": p[pair, feature],
            "q": q[pair, feature],
        }
    )
    table = table.sort_values("difference", ascending=False, kind="stable", ignore_index=True)
    table.attrs["tests"] = int(both.sum())
    return table


def turns(estimates: Estimates, overall_value: NDArray[np.float64], alpha: float = 0.05) -> pd.DataFrame:
    """Slices in which a feature's effect is turned round against its effect overall.

    Parameters
    ----------
    estimates : Estimates
        Effects with 0 for none, as in `conflicts`.
    overall_value : ndarray
        float64 (F,): each feature's effect in all rows; only its sign counts. NaN for none.
    alpha : float

    Returns
    -------
    DataFrame
        ``feature``, ``slice`` (int, positions), ``effect``, ``low``, ``high`` (interval of level 1 - ``alpha``) and
        ``q``; the largest effect first. ``attrs["tests"]``: int, how many effects were tested.

    Notes
    -----
    p is the slice's own two-sided p where its sign is the other one, and 1 where it is the same; q is Benjamini and
    Hochberg's over all features and slices with an estimate. The sign overall is taken as known.

    Examples
    --------
    >>> from whimsight.comparisons.estimates import Estimates
    >>> value = np.array([[0.10, 0.02], [-0.08, -0.01]])
    >>> slices = Estimates(value, np.tile(np.eye(2) * 0.02**2, (2, 1, 1)), np.full((2, 2), 300.0))
    >>> turns(slices, np.array([0.05, 0.01])).round(4).to_dict("list")
    {'feature': [0], 'slice': [1], 'effect': [-0.08], 'low': [-0.1194], 'high': [-0.0406], 'q': [0.0003]}
    """
    value, reach = estimates.value, estimates.reach(alpha)
    sign = np.sign(np.asarray(overall_value, dtype=np.float64))[None, :]
    tested = np.isfinite(value) & np.isfinite(sign)
    turned = value * sign < 0
    p = np.where(tested, np.where(turned, np.nan_to_num(estimates.p, nan=1.0), 1.0), np.nan)
    q = benjamini_hochberg(p.ravel()).reshape(p.shape)
    slice_, feature = np.nonzero(turned & (q <= alpha))
    at = (slice_, feature)
    table = Table(
        {
            "feature": feature.astype(np.int64),
            "slice": slice_.astype(np.int64),
            "effect": value[at],
            "low": value[at] - reach[at],
            "high": value[at] + reach[at],
            "q": q[at],
        }
    )
    table = table.iloc[np.argsort(-np.abs(table["effect"].to_numpy()), kind="stable")].reset_index(drop=True)
    table.attrs["tests"] = int(tested.sum())
    return table
