"""The linear algebra of many people's votes at once: a Gaussian mixed model with a slope of each feature a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from whimsight.personalization.sites import Sites

__all__ = ["Crowd", "Pull", "rows_of_each"]

_ENTRIES = 4_000_000
Array = NDArray[np.float64]


def rows_of_each(annotator: NDArray[np.int64], people: int) -> list[NDArray[np.int64]]:
    """Return the rows of each of so many annotators, int64 (k,) in their order; none for somebody without votes.

    Examples
    --------
    >>> [rows.tolist() for rows in rows_of_each(np.array([1, 0, 1]), 3)]
    [[1], [0, 2], []]
    """
    ends = np.cumsum(np.bincount(annotator, minlength=people))
    return np.split(np.argsort(annotator, kind="stable"), ends[:-1])


@dataclass(frozen=True, slots=True)
class _Batch:
    """People with about the same number of votes: ``rows`` int64 (b, k) of the padded table, ``people`` int64 (b,)."""

    people: NDArray[np.int64]
    rows: NDArray[np.int64]
    dual: bool


class Pull(NamedTuple):
    """What people's votes say of their weights, given sites and the spreads (P = columns, the intercept's first).

    With C the covariance of somebody's Gaussian votes z around the mean weights: ``information`` X' C^-1 X
    (b, P, P) and ``score`` X' C^-1 z (b, P), for ``people`` int64 (b,).
    """

    people: NDArray[np.int64]
    information: Array
    score: Array


class Crowd:
    """Votes by person, in batches of people with similar numbers of votes.

    Parameters
    ----------
    X : ndarray
        float64 (n, P): a column of ones and the codes.
    annotator : ndarray
        int64 (n,), 0 to ``people - 1``.
    people : int
    """

    def __init__(self, X: Array, annotator: NDArray[np.int64], people: int) -> None:
        self.n, self.columns = X.shape
        self.X = np.vstack([X, np.zeros((1, self.columns))])  # the last row stands for no vote
        self.votes = np.bincount(annotator, minlength=people).astype(np.int64)
        self._order = np.argsort(annotator, kind="stable")
        self._starts = np.concatenate([[0], np.cumsum(self.votes)])
        self._batches = list(self._batched())

    def _batched(self) -> Iterator[_Batch]:
        by_votes = np.argsort(self.votes, kind="stable")
        by_votes = by_votes[self.votes[by_votes] > 0]
        at = 0
        while at < by_votes.size:
            fewest = int(self.votes[by_votes[at]])
            limit = int(fewest * 1.25)
            end = int(np.searchsorted(self.votes[by_votes], limit, side="right"))
            most = max(limit, 1)
            end = min(end, at + max(1, _ENTRIES // (self.columns * max(self.columns, most))))
            people = by_votes[at:end]
            longest = int(self.votes[people].max())
            rows = np.full((people.size, longest), self.n, dtype=np.int64)
            for i, person in enumerate(people):
                own = self.rows_of(int(person))
                rows[i, : own.size] = own
            yield _Batch(people, rows, longest <= self.columns)
            at = end

    def pulls(self, sites: Sites, tau: Array) -> Iterator[Pull]:
        """What each batch of people says, the offsets N(0, diag(tau²)) integrated out."""
        precision, shift = (np.append(v, 0.0) for v in sites)
        for batch in self._batches:
            X = self.X[batch.rows]
            scaled = X * tau
            own = precision[batch.rows]
            if batch.dual:
                inverse, kernel = _dual(scaled, own)
                through = inverse @ X
                information = X.transpose(0, 2, 1) @ through
                part = shift[batch.rows][..., None]
                score = X.transpose(0, 2, 1) @ (part - inverse @ (kernel @ part))
                yield Pull(batch.people, information, score[..., 0])
            else:
                gram = X.transpose(0, 2, 1) @ (own[..., None] * X)
                told = np.einsum("bkp,bk->bp", X, shift[batch.rows])
                spread = _primal(gram, tau)
                through = gram @ spread
                information = gram - through @ gram
                score = told - np.einsum("bpq,bq->bp", through, told)
                yield Pull(batch.people, information, score)

    def pull(self, sites: Sites, tau: Array, person: int) -> tuple[Array, Array]:
        """What one person's votes say: information (P, P) and score (P,)."""
        rows = self.rows_of(person)
        X = self.X[rows]
        gram = X.T @ (sites.precision[rows, None] * X)
        spread = _primal(gram[None], tau)[0]
        through = gram @ spread
        told = X.T @ sites.shift[rows]
        return gram - through @ gram, told - through @ told

    def rows_of(self, person: int) -> NDArray[np.int64]:
        """int64 (votes,): the person's rows."""
        return self._order[self._starts[person] : self._starts[person + 1]]

    def odds(self, sites: Sites, tau: Array, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Mean and variance of the log odds of every vote, float64 (n,) both.

        ``mean`` (P,) and ``covariance`` (P, P) are those of the global weights given all votes.
        """
        precision, shift = (np.append(v, 0.0) for v in sites)
        centre, variance = np.zeros(self.n + 1), np.zeros(self.n + 1)
        for batch in self._batches:
            X = self.X[batch.rows]
            own = precision[batch.rows]
            if batch.dual:
                inverse, kernel = _dual(X * tau, own)
                reach = kernel @ inverse
                start = X @ mean
                part = shift[batch.rows]
                straight = part - own * start
                pull = straight - np.einsum("bkl,bk->bl", reach, straight)
                centre[batch.rows] = start + np.einsum("bkl,bl->bk", kernel, pull)
                left = X - reach @ X
                within = np.diagonal(kernel, axis1=1, axis2=2) - np.einsum("bkl,blk->bk", reach, kernel)
            else:
                gram = X.transpose(0, 2, 1) @ (own[..., None] * X)
                spread = _primal(gram, tau)
                told = np.einsum("bkp,bk->bp", X, shift[batch.rows] - own * (X @ mean))
                offsets = np.einsum("bpq,bq->bp", spread, told)
                centre[batch.rows] = np.einsum("bkp,bp->bk", X, mean + offsets)
                along = X @ spread
                left = X - along @ gram
                within = np.einsum("bkp,bkp->bk", along, X)
            variance[batch.rows] = within + np.einsum("bkp,bkp->bk", left @ covariance, left)
        return centre[:-1], np.maximum(variance[:-1], 1e-12)

    def influence(self, sites: Sites, tau: Array, mean: Array) -> Array:
        """Each vote's part of the score of the global weights, float64 (n, P): (C^-1 X)_i (z_i - x_i · mean)."""
        precision, shift = (np.append(v, 0.0) for v in sites)
        out = np.zeros_like(self.X)
        for batch in self._batches:
            X = self.X[batch.rows]
            own = precision[batch.rows]
            if batch.dual:
                inverse, kernel = _dual(X * tau, own)
                left = X - kernel @ (inverse @ X)
            else:
                gram = X.transpose(0, 2, 1) @ (own[..., None] * X)
                left = X - X @ (_primal(gram, tau) @ gram)
            out[batch.rows] = left * (shift[batch.rows] - own * (X @ mean))[..., None]
        return out[:-1]


def _dual(scaled: Array, precision: Array) -> tuple[Array, Array]:
    """C^-1 = root(L) (1 + root(L) K root(L))^-1 root(L) and the kernel K = X T² X', both (b, k, k)."""
    kernel = scaled @ scaled.transpose(0, 2, 1)
    root = np.sqrt(precision)
    inner = root[:, :, None] * kernel * root[:, None, :]
    at = np.arange(inner.shape[1])
    inner[:, at, at] += 1.0
    return root[:, :, None] * np.linalg.inv(inner) * root[:, None, :], kernel


def _primal(gram: Array, tau: Array) -> Array:
    """Covariance of the offsets, T (1 + T G T)^-1 T (b, P, P): also where some tau are 0."""
    inner = tau[:, None] * gram * tau
    at = np.arange(tau.size)
    inner[:, at, at] += 1.0
    return np.asarray(tau[:, None] * np.linalg.inv(inner) * tau)
