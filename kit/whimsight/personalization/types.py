"""Types of annotators: a small mixture over people's weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import one_thread
from whimsight.errors import FitError
from whimsight.personalization.crowd import rows_of_each
from whimsight.personalization.hierarchy import Hierarchy
from whimsight.personalization.sites import cavities, flat_sites, matched
from whimsight.tables import Table

__all__ = ["Told", "Types", "annotator_types", "told_by_people"]

_STEPS = 300
_TOLERANCE = 1e-5
_STARTS = 4
_SHORT = 12
_ROUNDS = 50

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Told:
    """What every person's votes say of their own weights w: log likelihood = score'w - w' information w / 2 + constant.

    Attributes
    ----------
    score : ndarray
        float64 (A, F).
    information : ndarray
        float64 (A, F, F).
    """

    score: Array
    information: Array


@dataclass(frozen=True, slots=True)
class Types:
    """Types of annotators.

    Attributes
    ----------
    number : int
        Chosen number of types.
    held_out : DataFrame
        Index ``types``: ``log_likelihood`` (mean over held-out annotators, in nats), ``more`` (than with one type),
        ``se`` (of more), ``chosen``.
    shares : ndarray
        float64 (K,), largest first.
    centres, low, high : ndarray
        float64 (K, F): mean weights of each type with interval.
    within : ndarray
        float64 (F,): standard deviation of weights within a type.
    apart : ndarray
        float64 (F,): share of the variance of weights that lies between types, 0 to 1: what sets them apart.
    membership : ndarray
        float64 (A, K): each annotator's probability of each type.
    """

    number: int
    held_out: pd.DataFrame
    shares: Array
    centres: Array
    low: Array
    high: Array
    within: Array
    apart: Array
    membership: Array


@dataclass(frozen=True, slots=True)
class _Mixture:
    shares: Array
    centres: Array
    square: Array


def told_by_people(
    people: Hierarchy,
    X: Array,
    y: Array,
    annotator: NDArray[np.int64],
    features: NDArray[np.int64],
    *,
    weights: Array | None = None,
) -> Told:
    """What every annotator's votes say of their weights of some features.

    Parameters
    ----------
    people : Hierarchy
        Fitted to these votes.
    X, y, annotator, weights
        As they were given to `whimsight.personalization.hierarchy.fit_hierarchy`.
    features : ndarray
        int64 (f,): the features in question. The others stay at each person's posterior mean.

    Returns
    -------
    Told
        Of A people and f features.

    Notes
    -----
    A vote's likelihood stands as the Gaussian of its log odds that expectation propagation gives it in the posterior
    of its annotator (its site).
    """
    mean, variance = _log_odds(people, X, annotator)
    power = np.ones(y.size) if weights is None else weights
    sites = flat_sites(y, power)
    for _ in range(_ROUNDS):
        new = matched(y, power, *cavities(mean, variance, sites))
        moved = float(np.abs(new.shift - sites.shift).max())
        sites = new
        if moved < 1e-6:
            break
    x = X[:, features]
    own = np.einsum("nf,nf->n", x, people.weights[annotator][:, features])
    pull = sites.shift - sites.precision * (mean - own)
    return _summed(x, annotator, pull, sites.precision, people.weights.shape[0])


def _summed(x: Array, annotator: NDArray[np.int64], pull: Array, precision: Array, n_people: int) -> Told:
    f = x.shape[1]
    score, information = np.empty((n_people, f)), np.empty((n_people, f, f))
    for i in range(f):
        score[:, i] = np.bincount(annotator, pull * x[:, i], n_people)
        for j in range(i, f):
            sums = np.bincount(annotator, precision * x[:, i] * x[:, j], n_people)
            information[:, i, j] = information[:, j, i] = sums
    return Told(score, information)


def _log_odds(people: Hierarchy, X: Array, annotator: NDArray[np.int64]) -> tuple[Array, Array]:
    """Mean and variance of every vote's log odds in its annotator's posterior, float64 (n,) each."""
    mean, variance = np.empty(annotator.size), np.empty(annotator.size)
    for a, rows in enumerate(rows_of_each(annotator, people.weights.shape[0])):
        if rows.size:
            belief = people.person(a, intercept=True)
            design = np.column_stack([np.ones(rows.size), X[rows]])
            mean[rows] = design @ belief.mean
            variance[rows] = np.einsum("ij,ij->i", design @ belief.covariance, design)
    return mean, variance


@one_thread()
def annotator_types(
    told: Told, *, most: int = 4, folds: int = 5, seed: int = 0, alpha: float = 0.05
) -> Types:
    """Fit mixtures of 1 to ``most`` types and keep the number that predicts held-out annotators.

    Parameters
    ----------
    told : Told
        Of the features in question: a handful, those on which people differ. With more the types drown.
    most : int
        The largest number of types that is tried.
    folds : int
        Groups of annotators for the held-out likelihood.
    seed : int
        Of folds and starts.
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    Types

    Raises
    ------
    FitError
        If there are fewer annotators than twice the folds.

    Notes
    -----
    w_a ~ N(centre_k, diag(within^2)) with probability share_k; of w_a the votes say ``told``, so that somebody with few
    votes counts for little. EM, with generalised least squares for the centres, from four random starts.

    One type wins unless another number's held-out log likelihood is larger by more than its standard error (of the mean
    paired difference over annotators). Among those that are, the smallest number within one standard error of the best.
    In simulations with 150 people of about 40 votes (3 features, within .3) one cloud stayed one type in 15 of 16 draws
    and two types 1.2 apart were seen in 16 of 16; with about 20 votes in 15 and 10 of 16.

    Intervals of the centres come from the observed information (Louis 1982), which knows that membership is uncertain,
    with shares and within taken as given; they say nothing of the choice of the number. Types are centres of one cloud
    rather than kinds of people when clouds overlap; see ``membership``.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> own = np.where(np.arange(80) < 30, 1.0, -0.6)[:, None] + rng.normal(0, 0.2, (80, 1))
    >>> precision = np.full((80, 1, 1), 12.0)                     # each weight is known to within .29
    >>> seen = own + rng.normal(0, 12 ** -0.5, (80, 1))
    >>> found = annotator_types(Told(seen * 12, precision))
    >>> found.number, found.centres.round(1).ravel().tolist(), found.shares.round(2).tolist()
    (2, [-0.6, 0.9], [0.63, 0.37])
    """
    n = told.score.shape[0]
    if n < 2 * folds:
        raise FitError(
            f"Types need at least {2 * folds} annotators; found {n}. Lower folds or add annotators."
        )
    rng = np.random.default_rng(seed)
    fold = rng.permutation(np.arange(n) % folds)
    held = np.empty((most, n))
    for f in range(folds):
        train, test = _taken(told, fold != f), _taken(told, fold == f)
        for k in range(1, most + 1):
            mixture = _fit(train, k, rng)
            held[k - 1, fold == f] = _log_sum(_densities(_solved(test, mixture.square), mixture))
    more = held - held[0]
    se = more.std(axis=1, ddof=1) / np.sqrt(n)
    number = _chosen(held, more.mean(axis=1), se)
    mixture = _fit(told, number, rng)
    order = np.argsort(-mixture.shares, kind="stable")
    mixture = _Mixture(mixture.shares[order], mixture.centres[order], mixture.square)
    reach = _reach(told, mixture, alpha)
    spread = mixture.shares @ np.square(mixture.centres - mixture.shares @ mixture.centres)
    table = Table(
        {"log_likelihood": held.mean(axis=1), "more": more.mean(axis=1), "se": se},
        index=pd.RangeIndex(1, most + 1, name="types"),
    )
    table["chosen"] = table.index == number
    return Types(
        number=number,
        held_out=table,
        shares=mixture.shares,
        centres=mixture.centres,
        low=mixture.centres - reach,
        high=mixture.centres + reach,
        within=np.sqrt(mixture.square),
        apart=spread / np.maximum(spread + mixture.square, 1e-300),
        membership=_membership(_densities(_solved(told, mixture.square), mixture)),
    )


def _chosen(held: Array, more: Array, se: Array) -> int:
    better = np.flatnonzero(more > se)
    better = better[better > 0]
    if better.size == 0:
        return 1
    best = int(better[np.argmax(more[better])])
    for k in better.tolist():
        behind = held[best] - held[k]
        if behind.mean() <= behind.std(ddof=1) / np.sqrt(behind.size):
            return int(k) + 1
    return best + 1


def _taken(told: Told, which: NDArray[np.bool_]) -> Told:
    return Told(told.score[which], told.information[which])


@dataclass(frozen=True, slots=True)
class _Solved:
    """What votes say of the centres with people's own offsets integrated out, for one spread within types.

    spread (A, F, F) is V = (information + T^-1)^-1, score (A, F) and kept (A, F, F) the centres', level (A,) the log
    likelihood at centres of 0.
    """

    spread: Array
    score: Array
    kept: Array
    level: Array


def _solved(told: Told, square: Array) -> _Solved:
    root = np.sqrt(square)
    inner = np.eye(square.size) + root[:, None] * told.information * root
    V = root[:, None] * np.linalg.inv(inner) * root
    lost = told.information @ V
    pull = (V @ told.score[:, :, None])[:, :, 0]
    level = 0.5 * (told.score * pull).sum(axis=1) - 0.5 * np.linalg.slogdet(inner)[1]
    score = told.score - (told.information @ pull[:, :, None])[:, :, 0]
    return _Solved(V, score, told.information - lost @ told.information, level)


def _densities(solved: _Solved, mixture: _Mixture) -> Array:
    """log(share_k p(votes of a | type k)) up to a constant of a, float64 (A, K)."""
    fit = solved.score @ mixture.centres.T
    n, f = solved.score.shape
    outer = (mixture.centres[:, :, None] * mixture.centres[:, None, :]).reshape(-1, f * f)
    fit -= 0.5 * solved.kept.reshape(n, f * f) @ outer.T
    with np.errstate(divide="ignore"):
        return np.asarray(fit + solved.level[:, None] + np.log(mixture.shares))


def _log_sum(log: Array) -> Array:
    top = log.max(axis=1)
    return np.asarray(top + np.log(np.exp(log - top[:, None]).sum(axis=1)))


def _membership(log: Array) -> Array:
    return np.asarray(np.exp(log - _log_sum(log)[:, None]))


def _fit(told: Told, k: int, rng: np.random.Generator) -> _Mixture:
    """EM from a few starts for some steps, and from there on with the best."""
    alone = _em(told, _beginning(told), _STEPS)
    if k == 1:
        return alone
    runs = [_em(told, _scattered(told, alone, k, rng), _SHORT) for _ in range(_STARTS)]
    best = max(runs, key=lambda m: float(_log_sum(_densities(_solved(told, m.square), m)).sum()))
    return _em(told, best, _STEPS)


def _beginning(told: Told) -> _Mixture:
    n_features = told.score.shape[1]
    total = told.information.sum(axis=0) + 1e-9 * np.eye(n_features)
    centre = np.linalg.solve(total, told.score.sum(axis=0))
    return _Mixture(np.ones(1), centre[None], np.full(n_features, 0.1))


def _scattered(told: Told, alone: _Mixture, k: int, rng: np.random.Generator) -> _Mixture:
    """Centres at the expected weights of k well-known annotators, far from each other with some chance."""
    weights = _expected(told, _solved(told, alone.square), alone.centres[0])
    spread = np.maximum(weights.std(axis=0), 1e-6)
    chance = np.trace(told.information, axis1=1, axis2=2) ** 0.5
    first = int(rng.choice(weights.shape[0], p=chance / chance.sum()))
    chosen = [first]
    for _ in range(k - 1):
        far = np.min([np.square((weights - weights[c]) / spread).sum(axis=1) for c in chosen], axis=0)
        far = far * chance + 1e-12
        chosen.append(int(rng.choice(weights.shape[0], p=far / far.sum())))
    return _Mixture(np.full(k, 1 / k), weights[chosen], np.maximum(alone.square / 2, 1e-4))


def _expected(told: Told, solved: _Solved, centre: Array) -> Array:
    """Expected weights given one centre, float64 (A, F)."""
    left = told.score - told.information @ centre
    return np.asarray(centre + (solved.spread @ left[:, :, None])[:, :, 0])


def _em(told: Told, mixture: _Mixture, steps: int) -> _Mixture:
    before = -np.inf
    n, f = told.score.shape
    for _ in range(steps):
        solved = _solved(told, mixture.square)
        log = _densities(solved, mixture)
        now = float(_log_sum(log).sum())
        if now - before < _TOLERANCE * n:
            break
        before = now
        member = _membership(log)
        weight = (member.T @ solved.kept.reshape(n, f * f)).reshape(-1, f, f) + 1e-8 * np.eye(f)
        centres = np.asarray(np.linalg.solve(weight, (member.T @ solved.score)[:, :, None])[:, :, 0])
        square = np.einsum("aii->i", solved.spread)
        for k, centre in enumerate(centres):
            square = square + member[:, k] @ np.square(_expected(told, solved, centre) - centre)
        mixture = _Mixture(member.mean(axis=0), centres, np.maximum(square / n, 1e-8))
    return mixture


def _reach(told: Told, mixture: _Mixture, alpha: float) -> Array:
    """Half the width of the centres' intervals, float64 (K, F); NaN where the information is not positive."""
    from scipy.special import ndtri

    solved = _solved(told, mixture.square)
    score, kept = solved.score, solved.kept
    member = _membership(_densities(solved, mixture))
    k, f = mixture.centres.shape
    pulls = member[:, :, None] * (score[:, None, :] - np.einsum("aij,kj->aki", kept, mixture.centres))
    seen = np.einsum("aki,alj->kilj", pulls, pulls, optimize=True).reshape(k * f, k * f)
    for c in range(k):
        part = slice(c * f, (c + 1) * f)
        seen[part, part] += np.einsum("a,aij->ij", member[:, c], kept)
        own = pulls[:, c] / np.sqrt(np.maximum(member[:, c], 1e-300))[:, None]
        seen[part, part] -= own.T @ own
    values, vectors = np.linalg.eigh(seen)
    if values[0] <= 1e-9 * values[-1]:
        return np.full((k, f), np.nan)
    variance = np.einsum("ij,j,ij->i", vectors, 1 / values, vectors)
    return np.asarray(float(ndtri(1 - alpha / 2)) * np.sqrt(variance).reshape(k, f))
