"""One hierarchical logistic model of all votes: global weights, each person's offsets and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whimsight._threads import one_thread
from whimsight.errors import FitError
from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.profile import profile_tau
from whimsight.personalization.sites import Sites, averaged, flat_sites, slopes
from whimsight.personalization.spreads import Grouped

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
    crossed: tuple[Array, ...]
    """Spreads of the offsets of the other groupings."""
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
_PLAIN = 60
_CLOSE = 1e-4
_FLAT = 1e-4  # precision of the intercept's prior


def fit_hierarchy(
    X: ArrayLike,
    y: ArrayLike,
    annotator: ArrayLike,
    *,
    personal: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    also: ArrayLike | None = None,
    pair: ArrayLike | None = None,
    turned: ArrayLike | None = None,
) -> Hierarchy:
    """Fit the model of :class:`Hierarchy`: which weights all share, and how far each person's lie from them.

    Parameters
    ----------
    X : array_like
        (n, F): codes of the pairs, A minus B, in units of comparable size (standard deviations).
    y : array_like
        (n,): 1 where A was preferred, 0 where B was.
    annotator : array_like
        int (n,), 0 to A - 1. A number without votes is somebody new: the prior.
    personal : array_like, optional
        bool (F,): which features people may differ on; all by default. Everybody has an intercept of their own.
    weights : array_like, optional
        (n,): powers of the likelihoods; 1 by default.
    also : array_like, optional
        int (n,), such as prompts: groups of votes with offsets of their own on all features. Where features work
        differently by prompt, people who saw few prompts would else seem to differ. The global weights are then
        averages over prompts and their intervals widen by how far prompts differ. Takes two to three times as long.
    pair : array_like, optional
        int (n,): votes on the same two responses, which get one offset of the log odds (what makes one of
        them better for everybody and is in no feature).
    turned : array_like, optional
        bool (n,): rows that show their pair the other way round.

    Returns
    -------
    Hierarchy

    Raises
    ------
    FitError
        If there is nothing to fit: one annotator, all votes the same, a number that is not finite.

    Notes
    -----
    Votes stand as Gaussians of their log odds by expectation propagation (Minka 2001), all people side by side;
    with them this is a linear mixed model, whose restricted likelihood sets tau² (Fisher scoring, kept at 0 or
    above). At the fixed point its gradient is that of expectation propagation's marginal likelihood. A Laplace
    approximation would pull tau towards 0 where people have few votes. The global weights have a Gaussian prior
    whose variance is learned too. Crossed groupings are updated in turn, each vote's log odds a sum of
    independent parts.

    Intervals and p of tau: :func:`profile_tau`, on what is left of the information once the other spreads are not known
    either. People's weights are shrunk with the root of the mean of tau² over what the votes leave possible
    (:attr:`Hierarchy.shrinkage`), not with the estimate: an estimate of 0 would claim to know that all are the same.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> annotator = np.repeat(np.arange(40), 50)
    >>> X = rng.normal(size=(2000, 2))
    >>> own = np.column_stack([rng.normal(1.0, 0.8, 40), np.full(40, -0.5)])  # people differ on the first
    >>> y = rng.random(2000) < 1 / (1 + np.exp(-(X * own[annotator]).sum(axis=1)))
    >>> fit = fit_hierarchy(X, y, annotator)
    >>> bool(fit.tau_low[0] < 0.8 < fit.tau_high[0]), bool(fit.p[0] < 1e-6), bool(fit.p[1] > 0.05)
    (True, True, True)
    """
    with one_thread():
        return _Fit(_checked(X, y, annotator, personal, weights, also, pair, turned)).result()


@dataclass(frozen=True, slots=True)
class _Data:
    """What is fitted: X with a column of ones first, and other groupings as (codes, columns)."""

    X: Array
    y: Array
    annotator: NDArray[np.int64]
    free: NDArray[np.bool_]
    weights: Array
    crossed: tuple[tuple[NDArray[np.int64], Array], ...]


class _Fit:
    """The state of a fit: people's offsets and those of other groupings, each with its sites, in turn."""

    def __init__(self, data: _Data) -> None:
        self.data = data
        sites = flat_sites(data.y, data.weights)
        self.people = Grouped(data.X, data.annotator, data.free, sites, central=True)
        self.groupings = [self.people]
        none = Sites(np.zeros_like(data.y), np.zeros_like(data.y))
        for codes, X in data.crossed:
            free = np.ones(X.shape[1], dtype=np.bool_)
            self.groupings.append(Grouped(X, codes, free, none, central=X.shape[1] > 1))
        self.columns = data.X.shape[1]
        self.wide = 1.0
        self.people.settle(self.ridge, learn=False)

    @property
    def ridge(self) -> Array:
        """Precision of the global weights' prior, the intercept's first: float64 (P,)."""
        out = np.full(self.columns, 1 / self.wide)
        out[0] = _FLAT
        return out

    def _widen(self) -> None:
        """Variance of the global weights' prior (MacKay 1992), with one weight of 0.5 as if seen before."""
        spread = np.diag(self.people.covariance)[1:]
        used = spread.size - float(spread.sum()) / self.wide
        total = float(np.square(self.people.mean[1:]).sum())
        self.wide = float(np.clip((total + 0.25) / (used + 1), 1e-4, 100.0))

    def _beside(self, grouping: Grouped) -> tuple[Array, Array]:
        """What the other groupings explain of each vote's log odds, without the vote itself."""
        mean, variance = np.zeros((2, self.data.y.size))
        for other in self.groupings:
            if other is not grouping:
                both = grouping.central or other is not self.people
                part = other.offsets() if both else other.cavity()
                mean, variance = mean + part[0], variance + part[1]
        return mean, variance

    def _sweep(self, step: float, *, learn: bool) -> float:
        """Set all sites and global weights anew, grouping by grouping; how far they moved."""
        moved = 0.0
        for grouping in self.groupings[::-1]:
            mean, variance = self._beside(grouping)
            own = grouping.cavity()
            found = slopes(self.data.y, self.data.weights, own[0] + mean, own[1] + variance)
            moved = max(moved, grouping.answer(found, own, step))
            flat = np.full(grouping.columns, _FLAT)
            grouping.settle(self.ridge if grouping is self.people else flat, learn=learn)
        self._widen()
        return moved

    def converge(self) -> None:
        """Spreads, sites and global weights together."""
        for turn in range(_ROUNDS):
            moved = self._sweep(1.0 if turn < _PLAIN else 0.5, learn=True)
            changed = max(g.rescale() for g in self.groupings) if turn > 1 else 1.0
            if moved < _CLOSE and changed < _CLOSE:
                break
        self.rounds = turn + 1

    def settle(self) -> None:
        """Sites and global weights for the spreads as they are."""
        for turn in range(_ROUNDS):
            if self._sweep(1.0 if turn < _PLAIN else 0.5, learn=False) < _CLOSE:
                break

    def result(self) -> Hierarchy:
        self.converge()
        people = self.people
        tau, low, high, p, square = people.tau, *np.zeros((4, self.columns))
        p[:] = np.nan
        keep, ridge = people.keep(), self.ridge
        for j in np.flatnonzero(people.free):
            found = profile_tau(
                *people.alone(int(j)),
                sure=float(ridge[j]),
                pull=float(-ridge[j] * people.mean[j]),
                keep=float(keep[j]),
            )
            low[j], high[j], p[j], square[j] = found.low, found.high, found.p, found.square
        people.tau = np.sqrt(square)
        self.settle()
        self.global_ = Gaussian(people.mean, self._covariance())
        weights, sd = self._everybody()
        parts = [people.cavity(), self._beside(people)]
        return Hierarchy(
            intercept=float(people.mean[0]),
            tau_intercept=float(tau[0]),
            mean=people.mean[1:],
            mean_covariance=self.global_.covariance[1:, 1:],
            personal=people.free[1:],
            tau=tau[1:],
            tau_low=low[1:],
            tau_high=high[1:],
            p=p[1:],
            weights=weights[:, 1:],
            sd=sd[:, 1:],
            votes=people.crowd.votes,
            held_out=averaged(*(np.sum([part[i] for part in parts], axis=0) for i in (0, 1))),
            shrinkage=people.tau,
            crossed=tuple(other.tau for other in self.groupings[1:]),
            _people=self._person,
            _global=self.global_,
        )

    def _covariance(self) -> Array:
        """Covariance of the global weights: over people, and over the groups of other groupings."""
        out = self.people.covariance
        for other in self.groupings[1:]:
            if other.central:
                X = self.data.X
                votes = X.T @ (other.sites.precision[:, None] * X) + np.diag(self.ridge)
                extra = other.covariance - np.linalg.inv(votes)
                values, vectors = np.linalg.eigh((extra + extra.T) / 2)
                out = out + (vectors * np.clip(values, 0.0, None)) @ vectors.T
        return np.asarray(out)

    def _everybody(self) -> tuple[Array, Array]:
        tau = self.people.tau
        weights = np.tile(self.global_.mean, (self.people.size, 1))
        sd = np.tile(np.sqrt(np.diag(self.global_.covariance) + tau**2), (self.people.size, 1))
        for people, information, score in self.people.crowd.pulls(self.people.sites, tau):
            belief = _beliefs(information, score, tau, self.global_.mean, self.global_.covariance)
            weights[people] = belief[0]
            sd[people] = np.sqrt(np.diagonal(belief[1], axis1=1, axis2=2))
        return weights, sd

    def _person(self, a: int) -> Gaussian:
        tau = self.people.tau
        information, score = self.people.crowd.pull(self.people.sites, tau, a)
        mean, covariance = _beliefs(
            information[None], score[None], tau, self.global_.mean, self.global_.covariance
        )
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
    X: ArrayLike,
    y: ArrayLike,
    annotator: ArrayLike,
    personal: ArrayLike | None,
    weights: ArrayLike | None,
    also: ArrayLike | None = None,
    pair: ArrayLike | None = None,
    turned: ArrayLike | None = None,
) -> _Data:
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
    design = np.column_stack([np.ones(votes.size), codes])
    crossed = []
    if also is not None:
        crossed.append((_numbered(also, votes.size, "also"), design))
    if pair is not None:
        side = (
            design[:, :1] if turned is None else np.where(np.asarray(turned, dtype=bool), -1.0, 1.0)[:, None]
        )
        crossed.append((_numbered(pair, votes.size, "pair"), side))
    return _Data(design, votes, people, np.concatenate([[True], free]), power, tuple(crossed))


def _numbered(groups: ArrayLike, n: int, name: str) -> NDArray[np.int64]:
    codes = np.asarray(groups)
    if codes.shape != (n,):
        raise FitError(f"{name} must be one group for each of the {n} votes; found shape {codes.shape}.")
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
