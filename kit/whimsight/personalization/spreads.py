"""A grouping of the votes (people, prompts, pairs), each group with its own offsets, and how far these spread."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.personalization.crowd import Crowd
from whimsight.personalization.sites import Sites, cavities, sites_from

__all__ = ["Grouped"]

Array = NDArray[np.float64]
_TINY = 1e-9
_PASSES = 100
_START = 0.2


class Grouped:
    """Offsets N(0, diag(tau²)) of each group, with a site of every vote for their part of its log odds.

    Parameters
    ----------
    X : ndarray
        float64 (n, P): the columns that the offsets multiply.
    codes : ndarray
        int64 (n,): groups, from 0.
    free : ndarray
        bool (P,): columns with offsets.
    sites : Sites
        To begin with.
    central : bool
        Whether the offsets are those of the global weights (the same columns), which are then found together.
    """

    def __init__(
        self, X: Array, codes: NDArray[np.int64], free: NDArray[np.bool_], sites: Sites, *, central: bool
    ) -> None:
        self.size = int(codes.max()) + 1
        self.crowd = Crowd(X, codes, self.size)
        self.columns = X.shape[1]
        self.free = free
        self.tau: Array = np.where(free, _START, 0.0)
        self.sites = sites
        self.central = central
        self.mean: Array = np.zeros(self.columns)
        self.covariance: Array = np.zeros((self.columns, self.columns))
        self._pace: Array = np.ones(self.columns)
        self._last: Array = np.zeros(self.columns)
        self.squares: Array = np.zeros((self.columns, self.columns))
        self.slope: Array = np.zeros(self.columns)
        self.own: Array = np.zeros((self.size, self.columns))
        self.left: Array = np.zeros((self.size, self.columns))

    def cavity(self) -> tuple[Array, Array]:
        """The part of each vote's log odds that this grouping explains, without the vote itself: mean and variance."""
        return cavities(*self.crowd.odds(self.sites, self.tau, self.mean, self.covariance), self.sites)

    def offsets(self) -> tuple[Array, Array]:
        """The same of the offsets alone, the global weights held where they are."""
        centre = self.crowd.X[:-1] @ self.mean
        mean, variance = self.crowd.odds(self.sites, self.tau, self.mean, np.zeros_like(self.covariance))
        around = Sites(self.sites.precision, self.sites.shift - self.sites.precision * centre)
        return cavities(mean - centre, variance, around)

    def answer(self, slopes: tuple[Array, Array], cavity: tuple[Array, Array], step: float) -> float:
        """Set the sites anew; how far they moved."""
        new = sites_from(*slopes, *cavity)
        moved = max(float(np.abs(b - a).max()) for a, b in zip(self.sites, new, strict=True))
        self.sites = Sites(*(a + step * (b - a) for a, b in zip(self.sites, new, strict=True)))
        return moved

    def settle(self, ridge: Array, *, learn: bool) -> None:
        """Global weights given the sites, N(0, 1 / ridge) before; where ``learn``, also what is told of the spreads."""
        total, told = self.learn(self.mean, self.covariance) if learn else self.told()
        if self.central:
            self.covariance = np.asarray(np.linalg.inv(total + np.diag(ridge)))
            self.mean = np.asarray(self.covariance @ told)

    def told(self) -> tuple[Array, Array]:
        """What all votes say of the global weights: information (P, P) and score (P,)."""
        total, told = np.zeros((self.columns, self.columns)), np.zeros(self.columns)
        for _, information, score in self.crowd.pulls(self.sites, self.tau):
            total += information.sum(axis=0)
            told += score.sum(axis=0)
        return total, told

    def learn(self, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Collect what the votes say of the spreads, around these global weights; returns what :meth:`told` does.

        Of the restricted likelihood of the Gaussian votes by tau_j²: ``slope`` (P,) and the expected information
        ``squares`` (P, P), sum X' C^-1 X squared element by element over two (Harville 1977); ``own`` and ``left``
        (groups, P) hold each group's information on its own offset j and the score at 0.
        """
        total, told = np.zeros((self.columns, self.columns)), np.zeros(self.columns)
        self.squares, self.slope = np.zeros_like(total), np.zeros_like(told)
        for groups, information, score in self.crowd.pulls(self.sites, self.tau):
            total += information.sum(axis=0)
            told += score.sum(axis=0)
            left = score - information @ mean
            own = np.diagonal(information, axis1=1, axis2=2)
            lost = np.einsum("bpq,bpq->bp", information @ covariance, information)
            self.slope += 0.5 * (left**2 - own + lost).sum(axis=0)
            self.squares += 0.5 * np.einsum("bpq,bpq->pq", information, information)
            self.own[groups], self.left[groups] = own, left
        return total, told

    def rescale(self) -> float:
        """Fisher scoring for tau², kept at 0 or above (a small quadratic programme); how far tau moved."""
        at = np.flatnonzero(self.informed)
        before = self.tau
        t = before[at] ** 2
        new = np.minimum(_stepped(t, self.squares[np.ix_(at, at)], self.slope[at]), 4 * t + 0.25)
        move = new - t
        turned = move * self._last[at] < 0  # steps that swing are made shorter
        self._pace[at] = np.where(turned, 0.5, np.minimum(1.5, 1 / self._pace[at])) * self._pace[at]
        self._last[at] = move
        self.tau = np.zeros(self.columns)
        self.tau[at] = np.sqrt(t + self._pace[at] * move)
        return float(np.abs(self.tau - before).max())

    @property
    def informed(self) -> NDArray[np.bool_]:
        """Columns, bool (P,), with offsets that the votes say anything of."""
        return np.asarray(self.free & (np.diag(self.squares) > _TINY))

    def alone(self, j: int) -> tuple[Array, Array]:
        """What each group's votes say of its offset ``j`` were its spread not known: information and score."""
        left = np.maximum(1 - self.tau[j] ** 2 * self.own[:, j], _TINY)
        return self.own[:, j] / left, self.left[:, j] / left

    def keep(self) -> Array:
        """float64 (P,): share of the information on each tau² that does not depend on knowing the others."""
        out = np.ones(self.columns)
        at = np.flatnonzero(self.informed)
        scale = np.sqrt(np.diag(self.squares)[at])
        scaled = self.squares[np.ix_(at, at)] / np.outer(scale, scale) + 1e-6 * np.eye(at.size)
        out[at] = 1 / np.diag(np.linalg.inv(scaled))
        return np.clip(out, 0.0, 1.0)


def _stepped(t: Array, squares: Array, slope: Array) -> Array:
    """Maximise slope · (new - t) - (new - t) squares (new - t) / 2 over new >= 0, one coordinate after another."""
    new = t.copy()
    left = slope.copy()  # the gradient at ``new``
    own = np.diag(squares)
    for _ in range(_PASSES):
        largest = 0.0
        for j in range(t.size):
            moved = max(left[j] / own[j], -new[j])
            if moved != 0.0:
                new[j] += moved
                left -= squares[j] * moved
                largest = max(largest, abs(moved))
        if largest < 1e-7:
            break
    return new
