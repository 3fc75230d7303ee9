"""The posteriors of many people with the same prior at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.sites import Sites, cavities, flat_sites, matched

__all__ = ["update_together"]

_STEPS = 200
_PLAIN = 40
_DAMPING = 0.5
_TOLERANCE = 1e-8
_NUMBERS = 4_000_000
_ALIKE = 0.75
"""People are updated side by side whose numbers of votes are at least this part of the largest."""

Array = NDArray[np.float64]


def update_together(prior: Gaussian, X: Array, y: Array, people: Sequence[NDArray[np.int64]]) -> Array:
    """Posterior mean weights of many people, each by expectation propagation from the same prior.

    Parameters
    ----------
    prior : Gaussian
        mean (F,), covariance (F, F).
    X, y : ndarray
        float64 (n, F) and (n,): votes, as in `whimsight.personalization.posterior.update`.
    people : sequence of ndarray
        int64 (k_i,) each: the rows of every person's votes.

    Returns
    -------
    ndarray
        float64 (len(people), F).

    Notes
    -----
    The fixed point of `update`. People with like numbers of votes are filled up with votes of weight 0
    and updated side by side.

    Examples
    --------
    >>> prior = Gaussian(np.zeros(1), np.eye(1))
    >>> X, y = np.array([[1.0], [1.0], [-0.5]]), np.array([1.0, 1.0, 0.0])
    >>> update_together(prior, X, y, [np.array([0, 1, 2]), np.array([2])]).round(3).tolist()
    [[0.847], [0.236]]
    """
    sizes = np.array([rows.size for rows in people], dtype=np.int64)
    out = np.tile(prior.mean, (len(people), 1))
    order = np.argsort(sizes, kind="stable")
    order = order[sizes[order] > 0]
    while order.size:
        largest = int(sizes[order[-1]])
        many = max(1, _NUMBERS // (largest * (largest + 2 * prior.mean.size)))
        many = min(many, int((sizes[order] >= _ALIKE * largest).sum()))
        part, order = order[-many:], order[:-many]
        k = sizes[part]
        rows = np.zeros((part.size, largest), dtype=np.int64)
        power = (np.arange(largest) < k[:, None]).astype(np.float64)
        rows[power > 0] = np.concatenate([people[i] for i in part])
        design = X[rows] * power[:, :, None]
        out[part] += _pull(prior, design, y[rows], power)
    return out


@dataclass(frozen=True, slots=True)
class _AmongVotes:
    """Moments of the log odds by way of votes × votes: for few votes."""

    start: Array
    spread: Array
    kernel: Array

    def moments(self, precision: Array, shift: Array) -> tuple[Array, Array, Array]:
        """Mean and variance of log odds, (b, k) each, and how far the weights move, (b, F)."""
        root = np.sqrt(precision)
        inner = root[:, :, None] * self.kernel * root[:, None, :] + np.eye(root.shape[1])
        inverse = root[:, :, None] * np.linalg.inv(inner) * root[:, None, :]
        reach = self.kernel @ inverse
        straight = shift - precision * self.start
        pull = straight - np.einsum("bij,bi->bj", reach, straight)
        mean = self.start + np.einsum("bij,bj->bi", self.kernel, pull)
        variance = np.einsum("bii->bi", self.kernel) - np.einsum("bij,bij->bi", reach, self.kernel)
        return mean, variance, np.einsum("bkf,bk->bf", self.spread, pull)


@dataclass(frozen=True, slots=True)
class _AmongWeights:
    """The same by way of weights × weights: for many votes. Weights are prior mean + root z, z ~ N(0, 1)."""

    start: Array
    white: Array
    root: Array

    def moments(self, precision: Array, shift: Array) -> tuple[Array, Array, Array]:
        """Mean and variance of log odds, (b, k) each, and how far the weights move, (b, F)."""
        turned = self.white.transpose(0, 2, 1)
        inner = turned @ (precision[:, :, None] * self.white) + np.eye(self.white.shape[2])
        inverse = np.linalg.inv(inner)
        z = np.einsum("bij,bj->bi", inverse, np.einsum("bik,bk->bi", turned, shift - precision * self.start))
        variance = np.einsum("bkf,bkf->bk", self.white @ inverse, self.white)
        return self.start + np.einsum("bkf,bf->bk", self.white, z), variance, z @ self.root.T


def _pull(prior: Gaussian, design: Array, y: Array, power: Array) -> Array:
    """How far the votes (b, k) of design (b, k, F) move the mean weights: float64 (b, F)."""
    b, k, n_features = design.shape
    start = design @ prior.mean
    way: _AmongVotes | _AmongWeights
    if k <= n_features:
        spread = design @ prior.covariance
        way = _AmongVotes(start, spread, spread @ design.transpose(0, 2, 1))
    else:
        values, vectors = np.linalg.eigh(prior.covariance)
        root = vectors * np.sqrt(np.maximum(values, 0.0))
        way = _AmongWeights(start, design @ root, root)
    flat, weight = y.reshape(-1), power.reshape(-1)
    sites = flat_sites(flat, weight)
    for turn in range(_STEPS):
        precision, shift = (part.reshape(b, k) for part in sites)
        mean, variance, moved = way.moments(np.maximum(precision, 0.0), shift)
        new = matched(flat, weight, *cavities(mean.reshape(-1), np.maximum(variance, 0.0).reshape(-1), sites))
        far = max(float(np.abs(after - before).max()) for before, after in zip(sites, new, strict=True))
        if far < _TOLERANCE:
            break
        step = 1.0 if turn < _PLAIN else _DAMPING
        sites = Sites(*(before + step * (after - before) for before, after in zip(sites, new, strict=True)))
    return moved
