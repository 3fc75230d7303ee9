"""The rounds of a fit: sites of the votes, offsets of people and of other groupings, global weights."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters
from whimsight.errors import FitError
from whimsight.personalization.checks import Data
from whimsight.personalization.sites import Sites, flat_sites, slopes
from whimsight.personalization.spreads import Grouped

__all__ = ["Fitting"]

Array = NDArray[np.float64]

_ROUNDS = 200
_ASTRAY = 15.0
"""Log odds for one standard deviation that no votes can tell from still more: the fit has lost its hold."""
_PLAIN = 60
_CLOSE = 1e-4
_FLAT = 1e-4  # precision of the intercept's prior


class Fitting:
    """The state of a fit: people's offsets and those of other groupings, each with its sites, in turn."""

    def __init__(self, data: Data) -> None:
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

    def beside(self, grouping: Grouped) -> tuple[Array, Array]:
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
            mean, variance = self.beside(grouping)
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
            self._require_sane()
            if moved < _CLOSE and changed < _CLOSE:
                break
        self.rounds = turn + 1

    def _require_sane(self) -> None:
        """Stop a fit that runs away from what the votes can carry."""
        sizes = np.concatenate([np.append(np.abs(g.mean), g.tau) for g in self.groupings])
        votes, others = self.data.y.size, len(self.groupings) > 1
        if not np.isfinite(sizes).all():
            raise FitError(
                f"The fit of {votes:,} votes on {self.columns - 1} features went astray; codes of very different sizes "
                "do this: divide each feature by its standard deviation."
            )
        if others and sizes.max() > _ASTRAY:
            raise FitError(
                f"There are too few votes on each prompt or pair to tell these apart too: {votes:,} votes. Leave "
                "by_prompt=True (also, pair) out."
            )

    def settle(self) -> None:
        """Sites and global weights for the spreads as they are."""
        for turn in range(_ROUNDS):
            if self._sweep(1.0 if turn < _PLAIN else 0.5, learn=False) < _CLOSE:
                break

    def covariance(self) -> Array:
        """Covariance of the global weights over people, over the groups of other groupings and over clusters."""
        known = self.people.covariance
        out = known.copy()
        X = self.data.X
        for other in self.groupings[1:]:
            if other.central:
                votes = X.T @ (other.sites.precision[:, None] * X) + np.diag(self.ridge)
                out += _positive(other.covariance - np.linalg.inv(votes))
        if self.data.clusters is not None:
            people = self.people
            moves = people.crowd.influence(people.sites, people.tau, people.mean) @ known
            both = Clusters([self.data.clusters, self.data.annotator])
            shared, _, alone = (way.sums(moves) for way in both.ways)
            out += _positive(shared.T @ shared - alone.T @ alone)
        return out


def _positive(matrix: Array) -> Array:
    """The nearest matrix that is the covariance of something."""
    values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
    return np.asarray((vectors * np.maximum(values, 0.0)) @ vectors.T)
