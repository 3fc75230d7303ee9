"""How many votes some weights agree with, and how many they would turn: the same in Python and in the browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

import numpy as np

from whimsight.effects.clusters import Clusters
from whimsight.effects.prevalence import share_of, wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Share", "agreement", "flips", "log_odds", "share"]

_LEVEL = 0.05


class Share(NamedTuple):
    """A share of votes (0 to 1) with its 95 % interval; NaN of no votes."""

    value: float
    low: float
    high: float
    votes: int


def share(values: ArrayLike, prompt: NDArray[np.int64]) -> Share:
    """Return the mean of some numbers from 0 to 1, one a vote.

    The interval is that of `whimsight.effects.prevalence`: Wilson's for the effective number of votes, with the
    variance clustered by prompt (G / (G - 1) times the sum over G prompts of the squared sum of residuals, over n²) and
    a t quantile with G - 1 degrees of freedom.

    Parameters
    ----------
    values : array_like
        float64 (n,), 0 to 1.
    prompt : ndarray
        int64 (n,): votes with the same number are on one prompt.

    Examples
    --------
    >>> found = share([1, 1, 0, 1], np.array([0, 0, 1, 2]))
    >>> found.value, found.votes, found.low < 0.75 < found.high
    (0.75, 4, True)
    """
    given = np.asarray(values, dtype=np.float64)
    if given.size == 0:
        return Share(np.nan, np.nan, np.nan, 0)
    clusters = Clusters([np.asarray(prompt)])
    found, spread = share_of(cast("Any", given[:, None]), clusters, np.ones(given.size))
    low, high = wilson(found, spread, clusters.fewest, _LEVEL)
    return Share(float(found[0]), float(low[0]), float(high[0]), given.size)


def log_odds(X: NDArray[np.floating], weights: NDArray[np.float64], intercept: float) -> NDArray[np.float64]:
    """Log odds that A is preferred, float64 (n,)."""
    return np.asarray(X.astype(np.float64) @ weights + intercept)


def agreement(odds: NDArray[np.float64], y: NDArray[np.float64], prompt: NDArray[np.int64]) -> Share:
    """Share of votes on the side that the log odds point to; odds that point nowhere count half.

    Examples
    --------
    >>> agreement(np.array([2.0, -1.0, 0.0]), np.array([1.0, 1.0, 0.0]), np.arange(3)).value
    0.5
    """
    return share(np.where(odds == 0, 0.5, (odds > 0) == (y == 1)), prompt)


def flips(odds: NDArray[np.float64], before: NDArray[np.float64], prompt: NDArray[np.int64]) -> Share:
    """Share of votes whose log odds point to another side than other log odds do."""
    return share(np.sign(odds) != np.sign(before), prompt)
