"""What personal weights gain in predicting people's other votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import one_thread
from whimsight.effects.auc import auc_with_influence
from whimsight.errors import FitError
from whimsight.personalization.crowd import rows_of_each
from whimsight.personalization.hierarchy import Hierarchy, fit_hierarchy
from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.together import update_together
from whimsight.tables import Table

__all__ = ["KS", "METHODS", "Gain", "gain"]

KS = (1, 2, 4, 8, 16, 32)
METHODS = {
    "everyone": "global weights",
    "personal": "hierarchical: each feature with its own spread",
    "one spread": "ridge towards the global weights, one spread for all personal features",
    "no pooling": "the person's votes alone",
}

_SPREADS = (0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.5)
_TUNED_ON = 60
_ALONE = 1.0

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Gain:
    """How well weights predict people's other votes, after some of their votes.

    Attributes
    ----------
    table : DataFrame
        Index ``method`` (`METHODS`) and ``votes`` (how many were known: "1", ..., "80 %"). ``auc``, ``auc_low``,
        ``auc_high``: mean over people of the AUC within a person; ``gain``, ``gain_low``, ``gain_high``: less that of
        the global weights on the same votes; ``people``: int.
    of_person : DataFrame
        Same index, one column a person (their number): gain in AUC, mean over repeats; NaN where left out.
    left_out : DataFrame
        ``reason`` and ``count``: annotators with too few votes; further votes of a person on the same pair; people
        whose scored votes were all of one kind, so that no AUC can be told, by number of known votes.
    """

    table: pd.DataFrame
    of_person: pd.DataFrame
    left_out: pd.DataFrame


@dataclass(frozen=True, slots=True)
class _Split:
    """Some of a person's votes, which are known, and the others, which are scored: rows."""

    known: NDArray[np.int64]
    scored: NDArray[np.int64]


@one_thread()
def gain(
    X: Array,
    y: Array,
    annotator: NDArray[np.int64],
    *,
    pair: NDArray[np.int64] | None = None,
    prompt: NDArray[np.int64] | None = None,
    apart: bool = True,
    personal: NDArray[np.bool_] | None = None,
    ks: Sequence[int] = KS,
    share: float | None = 0.8,
    least: int = 50,
    folds: int = 5,
    repeats: int = 10,
    seed: int = 0,
    alpha: float = 0.05,
) -> Gain:
    """Measure on held-out people what their own weights gain over everyone's.

    Parameters
    ----------
    X : ndarray
        float (n, F): features of the voted rows, A minus B, in the units of the weights.
    y : ndarray
        float64 (n,), 1 (A preferred) or 0.
    annotator : ndarray
        int64 (n,), 0 to A - 1.
    pair : ndarray, optional
        int64 (n,): which pair of responses a row is, whatever its order. Only a person's first vote on a pair
        counts, so that no pair is known and scored. Every row is a pair of its own by default.
    prompt : ndarray, optional
        int64 (n,): what a vote was on, for the fit (see `fit_hierarchy`) and for ``apart``.
    apart : bool
        With ``prompt``: no prompt is known and scored. Half of a person's prompts are kept for scoring (of ``share``,
        what it leaves), and the known votes are on the others. Otherwise votes on the same responses, such as the
        three pairs of a ranking, stand on both sides, and weights learn the responses by heart.
    personal : ndarray, optional
        bool (F,): features with offsets; all by default.
    ks : sequence of int
        How many of a person's votes are known.
    share : float, optional
        Also this share of them; None for no.
    least : int
        People with fewer votes are not scored; their votes still teach the global weights and the spreads.
    folds : int
        Groups of people. The global weights and the spreads are learned without the votes of the group that is scored.
    repeats : int
        Random choices of the known votes for each person.
    seed : int
        Of the groups and choices.
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    Gain

    Raises
    ------
    FitError
        If fewer people than ``folds`` or fewer than two have ``least`` votes, or a k leaves none of them to be scored.

    Notes
    -----
    All methods see the same known votes and are scored on the same others: all that are not known, or with ``apart``
    all on the prompts that were kept. The spread of "one spread" is the one of seven (.02 to .5) with the least log
    loss for as many known votes of up to 60 people of the other groups; "no pooling" has a wide prior, N(0, 1) for
    every weight. Scores are mean log odds.

    Intervals are of the mean over people (t with one degree of freedom less than people, repeats averaged first). They
    take people as the sample and the learned global weights as given.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> who = np.repeat(np.arange(40), 60)
    >>> X = rng.normal(size=(who.size, 3))
    >>> own = rng.normal(0, [1.0, 0.0, 0.0], (40, 3)) + 0.5         # they differ on the first feature only
    >>> y = (rng.random(who.size) < 1 / (1 + np.exp(-(own[who] * X).sum(axis=1)))).astype(float)
    >>> found = gain(X, y, who, ks=(8,), share=None, folds=2, repeats=3).table
    >>> bool(found.loc[("personal", "8"), "gain_low"] > 0)
    True
    """
    codes = np.asarray(X, dtype=np.float64)
    design = np.column_stack([np.ones(y.size), codes])
    rows, again = _once(annotator, pair)
    votes = np.bincount(annotator[rows], minlength=int(annotator.max(initial=-1)) + 1)
    people = np.flatnonzero(votes >= least)
    _check(people, folds, least, ks, votes)
    rng = np.random.default_rng(seed)
    beside = prompt if apart else None
    group = np.empty(votes.size, dtype=np.int64)
    group[people] = rng.permutation(np.arange(people.size) % folds)
    of = [rows[own] for own in rows_of_each(annotator[rows], votes.size)]
    names = [*map(str, ks), *([] if share is None else [f"{share * 100:g} %"])]
    splits = {
        (a, name): [_split(order, name, share, beside) for order in orders]
        for a in people.tolist()
        for orders in [[_shuffled(of[a], beside, rng) for _ in range(repeats)]]
        for name in names
    }
    auc = {(m, name): np.full(people.size, np.nan) for m in METHODS for name in names}
    for f in range(folds):
        scored = people[group[people] == f]
        training = ~np.isin(annotator, scored)
        h = fit_hierarchy(
            codes[training],
            y[training],
            _dense(annotator[training]),
            personal=personal,
            prompt=None if prompt is None else prompt[training],
        )
        others = rng.permutation(people[group[people] != f])[:_TUNED_ON].tolist()
        for name in names:
            spread = _best_spread([splits[a, name][0] for a in others], design, y, h)
            for method, prior in _priors(h, spread).items():
                mine = [s for a in scored.tolist() for s in splits[a, name]]
                each = _aucs(mine, design, y, prior).reshape(scored.size, repeats)
                auc[method, name][np.searchsorted(people, scored)] = _mean(each)
    return _told(auc, people, votes, least, again, alpha)


def _check(
    people: NDArray[np.int64], folds: int, least: int, ks: Sequence[int], votes: NDArray[np.int64]
) -> None:
    if people.size < max(folds, 2):
        raise FitError(
            f"{people.size} annotators have {least} votes or more; {max(folds, 2)} are needed to hold some out. "
            "Lower least, or collect more votes from the same people."
        )
    too_many = [k for k in ks if k >= votes.max() - 1]
    if too_many:
        raise FitError(
            f"With {too_many[0]} votes known nobody has two left to be scored; the most votes are {votes.max()}."
        )


def _once(annotator: NDArray[np.int64], pair: NDArray[np.int64] | None) -> tuple[NDArray[np.int64], int]:
    """Each person's first vote on each pair: rows, and how many further ones there are."""
    if pair is None:
        return np.arange(annotator.size), 0
    _, dense = np.unique(pair, return_inverse=True)
    first = np.sort(np.unique(annotator * (dense.max(initial=0) + 1) + dense, return_index=True)[1])
    return first, int(annotator.size - first.size)


def _shuffled(
    rows: NDArray[np.int64], prompt: NDArray[np.int64] | None, rng: np.random.Generator
) -> NDArray[np.int64]:
    """Rows in any order; with prompts, prompt after prompt in any order."""
    order = rng.permutation(rows)
    if prompt is None:
        return order
    _, which = np.unique(prompt[order], return_inverse=True)
    return order[np.argsort(rng.permutation(int(which.max()) + 1)[which], kind="stable")]


def _split(
    order: NDArray[np.int64], name: str, share: float | None, prompt: NDArray[np.int64] | None
) -> _Split:
    """So many votes, or so large a share of them, are known: any, or such that no prompt is on both sides."""
    part = share if name.endswith("%") else None
    if prompt is None:
        k = int(name) if part is None else round(part * order.size)
        return _Split(order[:k], order[k:])
    ends = np.flatnonzero(np.append(np.diff(prompt[order]) != 0, True)) + 1
    cut = int(ends[np.argmin(np.abs(ends - (0.5 if part is None else part) * order.size))])
    before, after = order[:cut], order[cut:]
    if part is not None:
        return _Split(before, after)
    k = int(name)
    if before.size < k:
        return _Split(order[:0], order[:0])
    return _Split(np.random.default_rng(before).permutation(before)[:k], after)


def _dense(annotator: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.asarray(np.unique(annotator, return_inverse=True)[1], dtype=np.int64)


def _priors(h: Hierarchy, spread: float) -> dict[str, Gaussian]:
    """What each method believes of somebody before their votes, intercept first."""
    everyone = np.append(h.intercept, h.mean)
    n = everyone.size
    position = np.zeros((n, n))
    position[0, 0] = h.shrinkage[0] ** 2
    return {
        "everyone": Gaussian(everyone, np.zeros((n, n))),
        "personal": h.prior(intercept=True),
        "one spread": Gaussian(
            everyone, position + np.diag(np.append(0.0, np.where(h.personal, spread**2, 0.0)))
        ),
        "no pooling": Gaussian(np.zeros(n), np.eye(n) * _ALONE**2),
    }


def _best_spread(splits: list[_Split], X: Array, y: Array, h: Hierarchy) -> float:
    losses = []
    for spread in _SPREADS:
        weights = update_together(_priors(h, spread)["one spread"], X, y, [s.known for s in splits])
        loss = [
            np.mean(np.logaddexp(0.0, X[s.scored] @ own * (1 - 2 * y[s.scored])))
            for s, own in zip(splits, weights, strict=True)
            if s.scored.size
        ]
        losses.append(np.mean(loss) if loss else np.inf)
    return _SPREADS[int(np.argmin(losses))]


def _aucs(splits: list[_Split], X: Array, y: Array, prior: Gaussian) -> Array:
    """AUC of each split's scored votes, float64 (len(splits),); NaN where they are all of one kind."""
    if prior.covariance.any():
        weights = update_together(prior, X, y, [s.known for s in splits])
    else:
        weights = np.tile(prior.mean, (len(splits), 1))
    return np.array(
        [
            auc_with_influence(y[s.scored], X[s.scored] @ own, np.ones(s.scored.size))[0]
            for s, own in zip(splits, weights, strict=True)
        ]
    )


def _mean(values: Array) -> Array:
    """Means of rows over what is not NaN; NaN where all is."""
    given = np.isfinite(values)
    with np.errstate(invalid="ignore"):
        return np.asarray(np.where(given, values, 0.0).sum(axis=1) / given.sum(axis=1))


def _interval(values: Array, alpha: float) -> tuple[float, float, float]:
    from scipy.special import stdtrit

    values = values[np.isfinite(values)]
    if values.size < 2:
        return (float(values.mean()) if values.size else np.nan), np.nan, np.nan
    mean = float(values.mean())
    reach = float(stdtrit(values.size - 1, 1 - alpha / 2) * values.std(ddof=1) / np.sqrt(values.size))
    return mean, mean - reach, mean + reach


def _told(
    auc: dict[tuple[str, str], Array],
    people: NDArray[np.int64],
    votes: NDArray[np.int64],
    least: int,
    again: int,
    alpha: float,
) -> Gain:
    rows, more = [], {}
    for (method, name), each in auc.items():
        more[method, name] = each - auc["everyone", name]
        level, low, high = _interval(each, alpha)
        gained, gained_low, gained_high = _interval(more[method, name], alpha)
        rows.append(
            (level, low, high, gained, gained_low, gained_high, int(np.isfinite(more[method, name]).sum()))
        )
    index = pd.MultiIndex.from_tuples(list(auc), names=["method", "votes"])
    columns = ["auc", "auc_low", "auc_high", "gain", "gain_low", "gain_high", "people"]
    reasons = {f"annotators with fewer than {least} votes": int(((votes > 0) & (votes < least)).sum())}
    reasons["further votes of a person on the same pair"] = again
    for name in dict.fromkeys(name for _, name in auc):
        lost = int(np.isnan(auc["everyone", name]).sum())
        reasons[f"people whose other votes are all of one kind, or none, after {name}"] = lost
    return Gain(
        Table(rows, index=index, columns=columns),
        Table(np.stack(list(more.values())), index=index, columns=people),
        Table({"reason": list(reasons), "count": list(reasons.values())}),
    )
