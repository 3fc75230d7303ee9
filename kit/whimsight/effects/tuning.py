"""Penalties chosen on inner folds."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from whimsight._threads import in_threads
from whimsight.effects.ridge import PENALTIES, RidgePath, log_loss

__all__ = ["Design", "scores_of_fold", "scores_of_folds"]

STRETCHES = (1.0, 0.35, 0.12)
"""How columns after the first block may be shrunk: their penalty is that of the first over the square."""

_MANY = 20_000
_THINNED = 10_000
"""With more than ``_MANY`` rows, penalties are chosen on one inner fold from about ``_THINNED`` rows."""


@dataclass(frozen=True, slots=True)
class Design:
    """Columns for a prediction.

    Attributes
    ----------
    X : ndarray
        float32 (n, p).
    first : int
        The number of columns in the first block.
    """

    X: NDArray[np.float32]
    first: int

    def stretches(self) -> list[NDArray[np.float64]]:
        """Each choice of stretch for all columns, float64 (p,)."""
        rest = self.X.shape[1] - self.first
        if rest == 0 or self.first == 0:
            return [np.ones(self.X.shape[1])]
        return [np.concatenate([np.ones(self.first), np.full(rest, s)]) for s in STRETCHES]


@dataclass(frozen=True, slots=True)
class _Choice:
    stretch: NDArray[np.float64]
    penalty: float


def scores_of_folds(
    design: Design, y: NDArray[np.float64], w: NDArray[np.float64], fold: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Log odds of each row from models that did not see its fold: float64 (n,)."""
    X = design.X
    names = np.unique(fold).tolist()
    out = np.zeros(y.size)
    grams = dict(zip(names, in_threads(lambda f: _gram(X[fold == f], w[fold == f]), names), strict=True))
    total = np.sum(list(grams.values()), axis=0)

    def score(held: int, choice: _Choice) -> None:
        rest = fold != held
        out[~rest] = _final(choice, X[rest], y[rest], w[rest], X[~rest], total - grams[held])

    if y.size > _MANY or len(names) < 3:

        def score_alone(held: int) -> None:
            rest = fold != held
            score(held, _chosen(Design(X[rest], design.first), y[rest], w[rest], fold[rest]))

        deque(in_threads(score_alone, names), maxlen=0)
        return out

    def losses_without(both: tuple[int, int]) -> tuple[float, list[NDArray[np.float64]]]:
        a, b = both
        train = (fold != a) & (fold != b)
        paths = _paths(design, X[train], y[train], w[train], total - grams[a] - grams[b])
        return float(w[train].sum()), [
            _losses(paths, X[fold == inner], y[fold == inner], w[fold == inner]) for inner in (b, a)
        ]

    # The model without a and b serves both: a held out and b inner, and the reverse.
    losses: dict[int, list[NDArray[np.float64]]] = {f: [] for f in names}
    sizes: dict[int, list[float]] = {f: [] for f in names}
    both = list(combinations(names, 2))
    for two, (size, found) in zip(both, in_threads(losses_without, both), strict=True):
        for held, loss in zip(two, found, strict=True):
            losses[held].append(loss)
            sizes[held].append(size)
    shares = {f: float(np.mean(sizes[f]) / w[fold != f].sum()) for f in names}
    deque(
        in_threads(lambda f: score(f, _choose(design, np.mean(losses[f], axis=0), shares[f])), names),
        maxlen=0,
    )
    return out


def scores_of_fold(
    train: Design,
    test: Design,
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    fold: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Log odds of the rows of ``test`` from a model of ``train``, whose rows have ``y``, ``w`` and ``fold``."""
    return _final(_chosen(train, y, w, fold), train.X, y, w, test.X, None)


def _chosen(
    train: Design, y: NDArray[np.float64], w: NDArray[np.float64], fold: NDArray[np.int64]
) -> _Choice:
    """Stretch and penalty chosen on the folds of the training rows."""
    X = train.X
    names = np.unique(fold).tolist()
    losses, sizes = [], []
    for inner in names[:1] if y.size > _MANY else names:
        seen = np.flatnonzero(fold != inner)
        if y.size > _MANY:
            seen = seen[:: max(1, seen.size // _THINNED)]
        if seen.size == 0 or np.unique(y[seen]).size < 2:
            continue
        paths = _paths(train, X[seen], y[seen], w[seen], _gram(X[seen], w[seen]))
        losses.append(_losses(paths, X[fold == inner], y[fold == inner], w[fold == inner]))
        sizes.append(float(w[seen].sum()))
    if not losses:
        return _Choice(np.ones(X.shape[1]), PENALTIES[len(PENALTIES) // 2])
    return _choose(train, np.mean(losses, axis=0), float(np.mean(sizes) / w.sum()))


def _gram(X: NDArray[np.float32], w: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(X.T @ (w[:, None].astype(np.float32) * X), dtype=np.float64)


def _paths(
    design: Design,
    X: NDArray[np.float32],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    gram: NDArray[np.float64],
) -> list[RidgePath]:
    return [RidgePath.fit(X, y, w, gram=gram, stretch=s) for s in design.stretches()]


def _losses(
    paths: list[RidgePath], X: NDArray[np.float32], y: NDArray[np.float64], w: NDArray[np.float64]
) -> NDArray[np.float64]:
    return np.stack([log_loss(y, path.decision(X), w) for path in paths])


def _choose(design: Design, losses: NDArray[np.float64], share: float) -> _Choice:
    """The best stretch and penalty; a penalty per row holds for a sample of its size, so it shrinks by ``share``."""
    stretch, penalty = np.unravel_index(int(np.argmin(losses)), losses.shape)
    return _Choice(design.stretches()[int(stretch)], PENALTIES[int(penalty)] * share)


def _final(
    choice: _Choice,
    X: NDArray[np.float32],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    X_test: NDArray[np.float32],
    gram: NDArray[np.float64] | None,
) -> NDArray[np.float64]:
    path = RidgePath.fit(X, y, w, (choice.penalty,), gram=gram, stretch=choice.stretch)
    return path.decision(X_test)[:, 0]
