"""One hierarchical logistic model of all votes: global weights, each person's offsets and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whimsight._threads import one_thread
from whimsight.errors import FitError
from whimsight.personalization.crowd import Crowd
from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.profile import profile_tau
from whimsight.personalization.sites import Sites, averaged, cavities, flat_sites, matched

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Hierarchy", "fit_hierarchy"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hierarchy:
    """A fitted hierarchical model of A annotators' votes on F features.

    P(A preferred) = sigmoid(intercept + o_0 + x · (mean + o)), with offsets o_j ~ N(0, tau_j²) of each annotator.

    Attributes
    ----------
    intercept, tau_intercept : float
        Log odds for the first response at equal codes, and how far people's own spread around it.
    mean : ndarray
        float64 (F,): global weights, log odds per unit of each feature.
    mean_covariance : ndarray
        float64 (F, F).
    personal : ndarray
        bool (F,): which features have offsets.
    tau, tau_low, tau_high : ndarray
        float64 (F,): spread of people's weights, with 95 % interval; 0 for features that are not personal.
    p : ndarray
        float64 (F,): of the test of tau = 0; NaN where that cannot be asked.
    weights, sd : ndarray
        float64 (A, F): posterior mean and standard deviation of everybody's own weights, mean + offset.
    votes : ndarray
        int64 (A,).
    held_out : ndarray
        float64 (n,): P(A preferred) of every vote given all other votes (its cavity).
    """

    intercept: float
    tau_intercept: float
    mean: Array
    mean_covariance: Array
    personal: NDArray[np.bool_]
    tau: Array
    tau_low: Array
    tau_high: Array
    p: Array
    weights: Array
    sd: Array
    votes: NDArray[np.int64]
    held_out: Array
    shrinkage: Array
    """float64 (1 + F,): the spreads that people's weights are shrunk with, the intercept's first."""
    _people: Callable[[int], Gaussian] = field(repr=False)
    _global: Gaussian = field(repr=False)

    def person(self, a: int, *, intercept: bool = False) -> Gaussian:
        """Posterior of annotator ``a``'s weights (F,), or (1 + F,) with their intercept first."""
        belief = self._people(a)
        return belief if intercept else Gaussian(belief.mean[1:], belief.covariance[1:, 1:])

    def prior(self, *, intercept: bool = False) -> Gaussian:
        """What is believed of somebody new (F,), or (1 + F,) with their intercept first."""
        covariance = self._global.covariance + np.diag(self.shrinkage**2)
        at = 0 if intercept else 1
        return Gaussian(self._global.mean[at:], covariance[at:, at:])


_ROUNDS = 200
_FLAT = 1e-4  # precision of the intercept's prior


def fit_hierarchy(
    X: ArrayLike,
    y: ArrayLike,
    annotator: ArrayLike,
    *,
    personal: ArrayLike | None = None,
    weights: ArrayLike | None = None,
) -> Hierarchy:
    """Fit the model of :class:`Hierarchy` by expectation propagation and restricted maximum likelihood.

    Parameters
    ----------
    X : array_like
        (n, F): codes of the pairs, A minus B, in units of comparable size (standard deviations).
    y : array_like
        (n,): 1 where A was preferred, 0 where B was.
    annotator : array_like
        int (n,), 0 to A - 1.
    personal : array_like, optional
        bool (F,): which features people may differ on; all by default.
    weights : array_like, optional
        (n,): powers of the likelihoods.

    Raises
    ------
    FitError
        If there is nothing to fit: one annotator, all votes the same, numbers that are not finite.
    """
    with one_thread():
        return _Fit(*_checked(X, y, annotator, personal, weights)).result()


class _Fit:
    """The state of a fit: sites of the votes, global weights, spreads."""

    def __init__(
        self, X: Array, y: Array, annotator: NDArray[np.int64], free: NDArray[np.bool_], weights: Array
    ) -> None:
        self.people = int(annotator.max()) + 1
        self.y, self.w, self.free = y, weights, free
        self.crowd = Crowd(X, annotator, self.people)
        self.n, self.P = X.shape
        self.tau = np.where(free, 0.2, 0.0)
        self.wide = 1.0
        self.sites = flat_sites(y, weights)
        self.mean: Array = np.zeros(self.P)
        self.covariance: Array = np.zeros((self.P, self.P))
        self._summed(self.tau, learn=False)

    def _ridge(self) -> Array:
        out = np.full(self.P, 1 / self.wide)
        out[0] = _FLAT
        return out

    def _summed(self, tau: Array, *, learn: bool) -> None:
        """Collect what people's votes say; set the global weights; where ``learn``, the spreads too."""
        total, told = np.zeros((self.P, self.P)), np.zeros(self.P)
        squares, slope = np.zeros((self.P, self.P)), np.zeros(self.P)
        self.own = np.zeros((self.people, self.P))
        self.left = np.zeros((self.people, self.P))
        for people, information, score in self.crowd.pulls(self.sites, tau):
            total += information.sum(axis=0)
            told += score.sum(axis=0)
            if learn:
                left = score - information @ self.mean
                own = np.diagonal(information, axis1=1, axis2=2)
                lost = np.einsum("bpq,bpq->bp", information @ self.covariance, information)
                slope += 0.5 * (left**2 - own + lost).sum(axis=0)
                squares += 0.5 * np.einsum("bpq,bpq->pq", information, information)
                self.own[people], self.left[people] = own, left
        ridge = self._ridge()
        self.covariance = np.linalg.inv(total + np.diag(ridge))
        self.mean = self.covariance @ told
        used = (self.P - 1) - ridge[1] * np.trace(self.covariance[1:, 1:])
        self.wide = float(np.clip((np.square(self.mean[1:]).sum() + 0.25) / (used + 1), 1e-4, 100.0))
        if learn:
            self.squares, self.slope = squares, slope

    def _sweep(self, tau: Array, step: float) -> float:
        """Set all votes' sites anew; how far the log odds moved."""
        mean, variance = self.crowd.odds(self.sites, tau, self.mean, self.covariance)
        new = matched(self.y, self.w, *cavities(mean, variance, self.sites))
        moved = max(float(np.abs(b - a).max()) for a, b in zip(self.sites, new, strict=True))
        self.sites = Sites(*(a + step * (b - a) for a, b in zip(self.sites, new, strict=True)))
        return moved

    def _spreads(self) -> float:
        """Fisher scoring for tau², kept at 0 or above (a small quadratic programme); how far tau moved."""
        from scipy.optimize import nnls

        at = np.flatnonzero(self.free & (np.diag(self.squares) > 1e-9))
        before = self.tau.copy()
        t = self.tau[at] ** 2
        squares = self.squares[np.ix_(at, at)]
        squares = squares + np.diag(1e-9 * np.diag(squares) + 1e-12)
        root = np.linalg.cholesky(squares)
        goal = np.linalg.solve(root, self.slope[at] + squares @ t)
        new = nnls(root.T, goal, maxiter=50 * at.size)[0]
        self.tau = np.zeros(self.P)
        self.tau[at] = np.sqrt(np.minimum(new, 4 * t + 0.25))
        return float(np.abs(self.tau - before).max())

    def converge(self) -> None:
        for turn in range(_ROUNDS):
            moved = self._sweep(self.tau, 1.0 if turn < 40 else 0.5)
            self._summed(self.tau, learn=True)
            changed = self._spreads() if turn > 1 else 1.0
            if moved < 1e-4 and changed < 1e-4:
                break
        self.rounds = turn + 1

    def settle(self, tau: Array) -> None:
        """Sites and global weights for given spreads."""
        for turn in range(_ROUNDS):
            self._summed(tau, learn=False)
            if self._sweep(tau, 1.0 if turn < 40 else 0.5) < 1e-6:
                break
        self._summed(tau, learn=False)

    def result(self) -> Hierarchy:
        self.converge()
        low, high, p, square = (np.zeros(self.P) for _ in range(4))
        p[:] = np.nan
        keep = self._keep()
        ridge = self._ridge()
        for j in np.flatnonzero(self.free):
            left = np.maximum(1 - self.tau[j] ** 2 * self.own[:, j], 1e-9)
            found = profile_tau(
                self.own[:, j] / left,
                self.left[:, j] / left,
                sure=float(ridge[j]),
                pull=float(-ridge[j] * self.mean[j]),
                keep=float(keep[j]),
            )
            low[j], high[j], p[j], square[j] = found.low, found.high, found.p, found.square
        shrinkage = np.sqrt(square)
        self.settle(shrinkage)
        weights, sd = self._everybody(shrinkage)
        mean, variance = self.crowd.odds(self.sites, shrinkage, self.mean, self.covariance)
        return Hierarchy(
            intercept=float(self.mean[0]),
            tau_intercept=float(self.tau[0]),
            mean=self.mean[1:],
            mean_covariance=self.covariance[1:, 1:],
            personal=self.free[1:],
            tau=self.tau[1:],
            tau_low=low[1:],
            tau_high=high[1:],
            p=p[1:],
            weights=weights[:, 1:],
            sd=sd[:, 1:],
            votes=self.crowd.votes,
            held_out=averaged(*cavities(mean, variance, self.sites)),
            shrinkage=shrinkage,
            _people=lambda a: self._person(a, shrinkage),
            _global=Gaussian(self.mean, self.covariance),
        )

    def _keep(self) -> Array:
        """Share of the information on each tau² that does not depend on knowing the others."""
        out = np.ones(self.P)
        at = np.flatnonzero(self.free & (np.diag(self.squares) > 1e-9))
        squares = self.squares[np.ix_(at, at)]
        own = np.diag(squares)
        scale = np.sqrt(own)
        scaled = squares / np.outer(scale, scale) + 1e-6 * np.eye(at.size)
        out[at] = 1 / np.diag(np.linalg.inv(scaled))
        return np.clip(out, 0.0, 1.0)

    def _everybody(self, tau: Array) -> tuple[Array, Array]:
        weights = np.tile(self.mean, (self.people, 1))
        sd = np.tile(np.sqrt(np.diag(self.covariance) + tau**2), (self.people, 1))
        for people, information, score in self.crowd.pulls(self.sites, tau):
            belief = _beliefs(information, score, tau, self.mean, self.covariance)
            weights[people] = belief[0]
            sd[people] = np.sqrt(np.diagonal(belief[1], axis1=1, axis2=2))
        return weights, sd

    def _person(self, a: int, tau: Array) -> Gaussian:
        information, score = self.crowd.pull(self.sites, tau, a)
        mean, covariance = _beliefs(information[None], score[None], tau, self.mean, self.covariance)
        return Gaussian(mean[0], covariance[0])


def _beliefs(
    information: Array, score: Array, tau: Array, mean: Array, covariance: Array
) -> tuple[Array, Array]:
    """Posterior means (b, P) and covariances (b, P, P) of people's weights, the global weights' own included."""
    square = tau**2
    held = square[:, None] * information
    keep = np.eye(tau.size) - held
    offset = square * (score - information @ mean)
    spread = np.diag(square) - held * square + keep @ covariance @ keep.transpose(0, 2, 1)
    return mean + offset, spread


def _checked(
    X: ArrayLike, y: ArrayLike, annotator: ArrayLike, personal: ArrayLike | None, weights: ArrayLike | None
) -> tuple[Array, Array, NDArray[np.int64], NDArray[np.bool_], Array]:
    codes = np.asarray(X, dtype=np.float64)
    votes = np.asarray(y, dtype=np.float64)
    people = np.asarray(annotator, dtype=np.int64)
    if codes.ndim != 2 or votes.shape != codes.shape[:1] or people.shape != votes.shape:
        raise FitError(
            f"X must be (n, F) with y and annotator (n,); found {codes.shape}, {votes.shape} and {people.shape}."
        )
    power = np.ones(votes.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if power.shape != votes.shape or not np.isfinite(power).all() or (power < 0).any():
        raise FitError("weights must be one number of at least 0 for each vote.")
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        raise FitError(
            f"X has {codes[row, column]} in row {row}, column {column}; leave out votes without codes."
        )
    if not np.isin(votes, (0.0, 1.0)).all():
        row = int(np.flatnonzero(~np.isin(votes, (0.0, 1.0)))[0])
        raise FitError(
            f"A vote is 1 or 0; found {votes[row]} in row {row}. Leave ties and unlabelled rows out."
        )
    if votes.size == 0 or votes.min() == votes.max():
        raise FitError(f"All {votes.size} votes are for the same side: nothing tells what is preferred.")
    if people.min() < 0 or np.unique(people).size < 2:
        raise FitError("The spread between people needs at least two annotators, numbered from 0.")
    free = (
        np.ones(codes.shape[1], dtype=np.bool_) if personal is None else np.asarray(personal, dtype=np.bool_)
    )
    if free.shape != codes.shape[1:]:
        raise FitError(f"personal must be bool of shape ({codes.shape[1]},); found {free.shape}.")
    free = np.concatenate([[True], free])
    return np.column_stack([np.ones(votes.size), codes]), votes, people, free, power
