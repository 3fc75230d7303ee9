"""One hierarchical logistic model of all votes: global weights, each person's offsets and how far they spread."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whimsight._threads import one_thread
from whimsight.personalization.carrying import carried
from whimsight.personalization.checks import checked
from whimsight.personalization.fitting import Fitting
from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.profile import profile_tau
from whimsight.personalization.sites import averaged
from whimsight.personalization.spreads import Grouped

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
        float64 (F,): spread of people's weights, with 95 % interval; 0 for features that are not personal. An upper end
        is infinite where the votes set none.
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
    carry: float
    """What the spreads were multiplied by for weights to carry over to other prompts; 1 where that was not asked."""
    crossed: tuple[Array, ...]
    """Spreads of the offsets of the other groupings."""
    _people: _People = field(repr=False)

    def person(self, a: int, *, intercept: bool = False) -> Gaussian:
        """Posterior of annotator ``a``'s weights (F,), or (1 + F,) with their intercept first."""
        belief = self._people.one(a)
        return belief if intercept else Gaussian(belief.mean[1:], belief.covariance[1:, 1:])

    def prior(self, *, intercept: bool = False) -> Gaussian:
        """What is believed of somebody new (F,), or (1 + F,) with their intercept first."""
        covariance = self._people.everyone.covariance + np.diag(self.shrinkage**2)
        at = 0 if intercept else 1
        return Gaussian(self._people.everyone.mean[at:], covariance[at:, at:])


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
    clusters: ArrayLike | None = None,
    prompt: ArrayLike | None = None,
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
    clusters : array_like, optional
        int (n,), such as pairs or prompts: votes that share what is in no feature. Only the covariance of the global
        weights (and with it everybody's) becomes robust to it, by adding what different people's votes of one
        cluster have in common (a sandwich, two-way with annotators); quicker than ``pair`` or ``also``.
    prompt : array_like, optional
        int (n,): what a vote was on. People's weights are then shrunk further, as far as they predict votes on other
        prompts best with; see :func:`whimsight.personalization.carrying.carried`. tau, its interval and p stay.

    Returns
    -------
    Hierarchy

    Raises
    ------
    FitError
        If there is nothing to fit: one annotator, all votes the same, a number that is not finite; or too few votes for
        the offsets of ``also`` or ``pair``.

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
        return _result(
            Fitting(checked(X, y, annotator, personal, weights, also, pair, turned, clusters, prompt))
        )


def _result(fit: Fitting) -> Hierarchy:
    """Fit, and tell of every spread what the votes leave possible."""
    fit.converge()
    people = fit.people
    tau, low, high, p, square = people.tau, *np.zeros((4, fit.columns))
    p[:] = np.nan
    keep, ridge = people.keep(), fit.ridge
    for j in np.flatnonzero(people.free):
        found = profile_tau(
            *people.alone(int(j)),
            sure=float(ridge[j]),
            pull=float(-ridge[j] * people.mean[j]),
            keep=float(keep[j]),
        )
        low[j], high[j] = min(found.low, tau[j]), max(found.high, tau[j])
        p[j], square[j] = found.p, found.square
    people.tau, carry = np.sqrt(square), 1.0
    fit.settle()
    data = fit.data
    if data.prompt is not None and people.tau[1:].any():
        everyone = Gaussian(people.mean, people.covariance)
        carry = carried(data.X, data.y, data.annotator, data.prompt, everyone, people.tau)
        if carry < 1:
            people.tau = carry * people.tau
            fit.settle()
    beliefs = _People(people, Gaussian(people.mean, fit.covariance()))
    weights, sd = beliefs.all()
    own, beside = people.cavity(), fit.beside(people)
    return Hierarchy(
        intercept=float(people.mean[0]),
        tau_intercept=float(tau[0]),
        mean=people.mean[1:],
        mean_covariance=beliefs.everyone.covariance[1:, 1:],
        personal=people.free[1:],
        tau=tau[1:],
        tau_low=low[1:],
        tau_high=high[1:],
        p=p[1:],
        weights=weights[:, 1:],
        sd=sd[:, 1:],
        votes=people.crowd.votes,
        held_out=averaged(own[0] + beside[0], own[1] + beside[1]),
        shrinkage=people.tau,
        carry=carry,
        crossed=tuple(other.tau for other in fit.groupings[1:]),
        _people=beliefs,
    )


@dataclass(frozen=True, slots=True)
class _People:
    """Posteriors of people's weights (P,), the intercept's first, made when asked."""

    grouped: Grouped
    everyone: Gaussian

    def all(self) -> tuple[Array, Array]:
        """Means and standard deviations, float64 (A, P) both; somebody without votes has the prior's."""
        tau = self.grouped.tau
        mean = np.tile(self.everyone.mean, (self.grouped.size, 1))
        sd = np.tile(np.sqrt(np.diag(self.everyone.covariance) + tau**2), (self.grouped.size, 1))
        for people, information, score in self.grouped.crowd.pulls(self.grouped.sites, tau):
            mean[people], covariance = self._beliefs(information, score)
            sd[people] = np.sqrt(np.diagonal(covariance, axis1=1, axis2=2))
        return mean, sd

    def one(self, a: int) -> Gaussian:
        """Posterior of one person's weights."""
        information, score = self.grouped.crowd.pull(self.grouped.sites, self.grouped.tau, a)
        mean, covariance = self._beliefs(information[None], score[None])
        return Gaussian(mean[0], covariance[0])

    def _beliefs(self, information: Array, score: Array) -> tuple[Array, Array]:
        """Means (b, P) and covariances (b, P, P), what is not known of the global weights included."""
        square = self.grouped.tau**2
        held = square[:, None] * information
        keep = np.eye(square.size) - held
        offset = square * (score - information @ self.everyone.mean)
        spread = np.diag(square) - held * square + keep @ self.everyone.covariance @ keep.transpose(0, 2, 1)
        return self.everyone.mean + offset, spread
