"""Random-effects pooling of many independent estimates: how large the effect is, and how much it differs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

__all__ = ["PoolBy", "Pooled", "pool"]

PoolBy = Literal["reml", "paule-mandel"]

_STEPS = 200
_GRID = 60


@dataclass(frozen=True, slots=True)
class Pooled:
    """A random-effects meta-analysis.

    Attributes
    ----------
    n : int
        Estimates.
    mean, mean_low, mean_high : float
        Of the effects' population, in the unit of the estimates.
    tau, tau_low, tau_high : float
        Standard deviation of the effects, in the same unit.
    Q : float
        Cochran's.
    p : float
        Of one and the same effect: Q on chi^2(n - 1).
    """

    n: int
    mean: float
    mean_low: float
    mean_high: float
    tau: float
    tau_low: float
    tau_high: float
    Q: float
    p: float


def pool(
    value: NDArray[np.float64],
    variance: NDArray[np.float64],
    *,
    by: PoolBy = "reml",
    alpha: float = 0.05,
) -> Pooled:
    """Pool independent estimates whose true effects scatter around a mean with standard deviation tau.

    Parameters
    ----------
    value, variance : ndarray
        float64 (n,): estimates and their squared standard errors, above 0.
    by : {"reml", "paule-mandel"}
        How tau is estimated.
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    Pooled
        All NaN with fewer than two estimates.

    Notes
    -----
    With weights w_i = 1 / (variance_i + t), their mean m(t) and Q(t) = sum w_i (value_i - m)^2:

    - ``"reml"``: t = tau^2 maximises -1/2 [sum log(variance_i + t) + log sum w_i + Q(t)] (Viechtbauer 2005,
      equation 10), sought on a grid and then by golden section, because the maximum need not be the only one.
      ``"paule-mandel"``: Q(tau^2) = n - 1 (Paule and Mandel 1982).
    - The interval of tau is where Q(t) lies between the quantiles of chi^2(n - 1) (Q-profile, Viechtbauer 2007),
      clipped at 0. It does not depend on ``by``, and REML's tau can lie outside it.
    - The interval of the mean is Hartung and Knapp's (2001) on t(n - 1), its factor Q(tau^2) / (n - 1) at
      least 1 (Röver, Knapp and Friede 2015).

    For estimates that share rows see `whimsight.comparisons.heterogeneity`.

    Examples
    --------
    Equal variances have a closed form, the variance of the estimates less their own: 2.5 - 1.5.

    >>> found = pool(np.array([1.0, 2.0, 3.0, 4.0, 5.0]), np.full(5, 1.5))
    >>> round(found.mean, 6), round(found.tau, 6), round(found.Q, 4)
    (3.0, 1.0, 6.6667)
    """
    from scipy.special import chdtrc, chdtri, stdtrit

    n = value.size
    if n < 2:
        return Pooled(n, *[float("nan")] * 8)
    Q = _q(value, variance, 0.0)
    t = _reml(value, variance) if by == "reml" else _solve(value, variance, n - 1.0)
    low, high = (_solve(value, variance, float(chdtri(n - 1, a))) for a in (alpha / 2, 1 - alpha / 2))
    w = 1 / (variance + t)
    mean = float(w @ value / w.sum())
    factor = max(1.0, _q(value, variance, t) / (n - 1))
    reach = float(stdtrit(n - 1, 1 - alpha / 2) * np.sqrt(factor / w.sum()))
    return Pooled(
        n=n,
        mean=mean,
        mean_low=mean - reach,
        mean_high=mean + reach,
        tau=float(np.sqrt(t)),
        tau_low=float(np.sqrt(low)),
        tau_high=float(np.sqrt(high)),
        Q=Q,
        p=float(chdtrc(n - 1, Q)),
    )


def _q(value: NDArray[np.float64], variance: NDArray[np.float64], t: float) -> float:
    w = 1 / (variance + t)
    return float(w @ np.square(value - w @ value / w.sum()))


def _solve(value: NDArray[np.float64], variance: NDArray[np.float64], target: float) -> float:
    """The t >= 0 at which Q(t) falls to ``target``, by bisection; 0 if it is less at once."""
    if _q(value, variance, 0.0) <= target:
        return 0.0
    low, high = 0.0, float(np.square(value - value.mean()).sum()) / target
    for _ in range(_STEPS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if _q(value, variance, middle) > target else (low, middle)
    return (low + high) / 2


def _restricted(value: NDArray[np.float64], variance: NDArray[np.float64], t: float) -> float:
    total = variance + t
    w = 1 / total
    return -0.5 * (float(np.log(total).sum()) + float(np.log(w.sum())) + _q(value, variance, t))


def _reml(value: NDArray[np.float64], variance: NDArray[np.float64]) -> float:
    top = float(np.square(value - value.mean()).sum())
    if top == 0:
        return 0.0
    grid = np.concatenate([[0.0], np.geomspace(min(variance.min(), top) * 1e-4, top, _GRID)])
    best = int(np.argmax([_restricted(value, variance, t) for t in grid]))
    low, high = grid[max(best - 1, 0)], grid[min(best + 1, _GRID)]
    golden = (np.sqrt(5) - 1) / 2
    for _ in range(_STEPS):
        if high - low <= 1e-10 * high:
            break
        left, right = high - golden * (high - low), low + golden * (high - low)
        if _restricted(value, variance, left) >= _restricted(value, variance, right):
            high = right
        else:
            low = left
    found = float(low + high) / 2
    return found if _restricted(value, variance, found) > _restricted(value, variance, 0.0) else 0.0
