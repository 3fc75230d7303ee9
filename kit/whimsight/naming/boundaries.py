"""How large a statistic must be at each of several looks at growing data."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["boundaries", "crossed", "repeated_boundary", "repeated_p", "squared"]

Spending = Callable[[float, float], float]
"""(information time in (0, 1], alpha) to the error spent until then."""

_NODES = 160
_REACH = 9.0  # standard deviations beyond which a normal density is nothing
_GRID = tuple(np.concatenate([np.geomspace(1e-15, 1e-3, 40), np.geomspace(2e-3, 0.999, 40)]).tolist())


def squared(time: float, alpha: float) -> float:
    """Spend error with the square of the information: Kim and DeMets (1987) with exponent 2.

    Between Pocock's (1977) constant boundary and that of O'Brien and Fleming (1979), and in the end nearly that of a
    single test: 3.32, 2.98, 2.52 and 2.03 at 40, 80, 160 and 300 pairs, where one look at 300 has 1.96.
    """
    return alpha * time**2


def boundaries(times: tuple[float, ...], alpha: float, spending: Spending = squared) -> NDArray[np.float64]:
    """Two-sided boundaries for the standardised statistic (Lan and DeMets 1983).

    Parameters
    ----------
    times : tuple of float
        Share of the largest information at each look, ascending.
    alpha : float
        Of all looks together.
    spending : callable

    Returns
    -------
    ndarray
        float64 (K,). Under the null hypothesis ``|Z|`` reaches one of them with probability ``alpha`` where the
        last time is 1.

    Notes
    -----
    By recursive numerical integration (Armitage, McPherson and Rowe 1969; Jennison and Turnbull 2000, chapter 19)
    of a Brownian motion with Gauss-Legendre nodes between the boundaries.

    Examples
    --------
    One look is the ordinary test:

    >>> boundaries((1.0,), 0.05).round(3).tolist()
    [1.96]
    """
    from scipy.optimize import brentq
    from scipy.special import ndtri

    found: list[float] = []
    path = _Path()
    spent = 0.0
    for time in times:
        now = min(spending(time, alpha), alpha)
        if now <= spent:
            found.append(np.inf)
            continue
        aim = now - spent
        highest = max(-float(ndtri(aim / 4)), 1.0)
        while path.beyond(highest, time) > aim:
            highest += 1.0
        found.append(
            float(brentq(lambda c, t=time, a=aim: path.beyond(c, t) - a, 0.0, highest, xtol=1e-10))
            if path.beyond(0.0, time) > aim
            else 0.0
        )
        path.stay(found[-1], time)
        spent = now
    return np.array(found)


def crossed(bounds: NDArray[np.float64], times: tuple[float, ...]) -> NDArray[np.float64]:
    """Probability under the null hypothesis that ``|Z|`` has reached a boundary by each look, float64 (K,).

    Examples
    --------
    Pocock's constant for four looks (Jennison and Turnbull 2000, table 2.1):

    >>> float(crossed(np.full(4, 2.361), (0.25, 0.5, 0.75, 1.0))[-1].round(3))
    0.05
    """
    path, spent = _Path(), []
    for bound, time in zip(bounds.tolist(), times, strict=True):
        spent.append(path.beyond(bound, time))
        path.stay(bound, time)
    return np.cumsum(spent)


class _Path:
    """A Brownian motion that has stayed within the boundaries until now: its density on nodes."""

    def __init__(self) -> None:
        self._at = np.zeros(1)
        self._mass = np.ones(1)  # density times the node's weight
        self._time = 0.0

    def beyond(self, bound: float, time: float) -> float:
        """Probability to be outside now and never before."""
        from scipy.special import ndtr

        edge, step = bound * np.sqrt(time), np.sqrt(time - self._time)
        return float(self._mass @ (ndtr((self._at - edge) / step) + ndtr((-self._at - edge) / step)))

    def stay(self, bound: float, time: float) -> None:
        """Go on from within."""
        edge, step = min(bound, _REACH) * np.sqrt(time), np.sqrt(time - self._time)
        at, weight = _legendre()
        at, weight = at * edge, weight * edge
        density = np.exp(-np.square((at[:, None] - self._at) / step) / 2) / (step * np.sqrt(2 * np.pi))
        self._at, self._mass, self._time = at, (density @ self._mass) * weight, time


@lru_cache(maxsize=1)
def _legendre() -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    return np.polynomial.legendre.leggauss(_NODES)


@lru_cache(maxsize=32)
def _table(times: tuple[float, ...], spending: Spending) -> NDArray[np.float64]:
    """Boundaries for a grid of levels, float64 (levels, K)."""
    return np.array([boundaries(times, alpha, spending) for alpha in _GRID])


def repeated_boundary(look: int, times: tuple[float, ...], alpha: float) -> float:
    """Boundary of level ``alpha`` at a look: ``estimate ± boundary * se`` is a repeated confidence interval.

    All looks' intervals together hold the truth with probability 1 - ``alpha``, so each does whenever one stops
    (Jennison and Turnbull 1989).

    Examples
    --------
    >>> round(repeated_boundary(0, (1.0,), 0.05), 2)
    1.96
    """
    return float(np.interp(np.log(alpha), np.log(_GRID), _table(times, squared)[:, look]))


def repeated_p(z: NDArray[np.float64], times: tuple[float, ...]) -> float:
    """Smallest level at which a repeated confidence interval of the looks so far leaves out 0.

    Parameters
    ----------
    z : ndarray
        float64 (looks so far,): standardised statistics; NaN where there was none, infinite beyond all bounds.
    times : tuple of float
        Of all looks that were planned.

    Returns
    -------
    float
        Valid whenever and for whatever reason one stops (Jennison and Turnbull 2000, section 9.2).

    Examples
    --------
    >>> round(repeated_p(np.array([1.96]), (1.0,)), 3)
    0.05
    """
    table, found = _table(times, squared), 1.0
    for look, value in enumerate(np.abs(z).tolist()):
        if not np.isnan(value):
            falling = table[::-1, look]
            level = np.exp(np.interp(value, falling, np.log(_GRID[::-1])))
            found = min(found, float(level))
    return found
