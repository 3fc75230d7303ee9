"""One feature at a time: its beta and its delta-win, with what their uncertainty comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters
from whimsight.effects.davidson import fit_davidson
from whimsight.effects.logit import Fit, fit_firth, fit_logit, sigmoid
from whimsight.effects.rows import FEWEST, Votes, check_matrix, standardise, votes
from whimsight.effects.spread import Correction, Spread, spread
from whimsight.errors import FitError

__all__ = ["Effect", "Effects", "OneAtATime"]


@dataclass(frozen=True, slots=True)
class Effect:
    """One estimate.

    Attributes
    ----------
    value : float
    spread : Spread
        Of the one value.
    rows : ndarray
        int64 (m,): the rows that it comes from.
    clusters : Clusters
        Of these rows; the moves in ``spread`` are its clusters'.
    note : str
        What is unusual about it, or nothing.
    """

    value: float
    spread: Spread
    rows: NDArray[np.int64]
    clusters: Clusters
    note: str


@dataclass(frozen=True, slots=True)
class Effects:
    """What one feature does to the choice; a sentence in place of what could not be estimated.

    Attributes
    ----------
    beta, delta_win : Effect or str
    n : int
        Rows with a code other than 0 that carry a decided vote.
    prompts : int
        Clusters of the first way, the prompts, that these rows are in.
    """

    beta: Effect | str
    delta_win: Effect | str
    n: int
    prompts: int


class OneAtATime:
    """Estimates the effect of each feature on the choice; see `whimsight.effects.effects` for what is estimated.

    Parameters
    ----------
    codes, preference, clusters, controls, own_control, weights, ties, correction
        As for `whimsight.effects.effects`.
    scale : ndarray, optional
        float64 (F,): the unit of each feature for beta, above 0, in place of the standard deviation over the
        rows used. What is to be compared between tables needs one.

    Attributes
    ----------
    used : Votes or None
        The rows that carry a vote, None where there are none.
    """

    def __init__(
        self,
        codes: NDArray[np.float32],
        preference: NDArray[np.float64],
        *,
        clusters: Sequence[NDArray[np.int64]],
        controls: NDArray[np.float64] | None = None,
        own_control: NDArray[np.int64] | None = None,
        weights: NDArray[np.float64] | None = None,
        ties: Literal["drop", "davidson"] = "drop",
        correction: Correction = "CR2",
        scale: NDArray[np.float64] | None = None,
    ) -> None:
        n_features = codes.shape[1]
        check_matrix("codes", codes, preference.size)
        self.used = votes(
            preference, clusters=clusters, controls=controls, weights=weights, with_ties=ties == "davidson"
        )
        self._own = np.full(n_features, -1) if own_control is None else np.asarray(own_control)
        if self._own.shape != (n_features,):
            raise FitError(f"own_control must have one entry for each of the {n_features} features.")
        self.scale = scale
        self._davidson = ties == "davidson"
        self._correction: Correction = correction
        if self.used is not None:
            self._decided = np.flatnonzero(self.used.y != 0.5)
            self._columns = np.asfortranarray(codes[self.used.rows])

    def measure(self, j: int) -> Effects:
        """Estimate both effects of feature ``j``."""
        if self.used is None:
            return Effects("no vote is decided.", "no vote is decided.", 0, 0)
        z = self._columns[:, j].astype(np.float64)
        active = self._decided[z[self._decided] != 0]
        n, prompts = int(active.size), np.unique(self.used.clusters.ways[0].codes[active]).size
        if n < FEWEST:
            few = f"{n} active rows with a decided vote; at least {FEWEST} are needed."
            return Effects(few, few, n, prompts)
        keep = np.arange(self.used.controls.shape[1]) != self._own[j]
        unit = None if self.scale is None else float(self.scale[j])
        return Effects(self._beta(z, unit, keep), self._delta_win(z, active, keep), n, prompts)

    def _beta(self, z: NDArray[np.float64], unit: float | None, keep: NDArray[np.bool_]) -> Effect | str:
        used = self.used
        assert used is not None
        if used.clusters.fewest < 2:
            return "all rows with a vote belong to one cluster."
        X, scale = standardise(np.column_stack([z, used.controls[:, keep]]))
        if scale[0] == 0:
            return "the code is constant over the rows with a vote."
        if unit is not None:
            X[:, 0] = z / unit
        X = np.column_stack([np.ones(z.size), X[:, scale > 0]])
        fit, note = _fit(X, used, davidson=self._davidson)
        if fit is None:
            return note
        gradient = np.zeros((fit.theta.size, 1))
        gradient[1] = 1.0
        around = spread(fit, gradient, used.clusters, correction=self._correction)
        around = _at_least(around, fit, gradient, note)
        return Effect(float(fit.theta[1]), around, used.rows, used.clusters, note)

    def _delta_win(
        self, z: NDArray[np.float64], active: NDArray[np.int64], keep: NDArray[np.bool_]
    ) -> Effect | str:
        assert self.used is not None
        part = self.used.take(active)
        a_has_more = (z[active] > 0).astype(np.float64)
        if np.ptp(a_has_more) == 0:
            return "the code has the same sign in every active row."
        if part.clusters.fewest < 2:
            return "all active rows belong to one cluster."
        if np.unique(part.y).size < 2:
            return "every active row has the same vote."
        controls, scale = standardise(part.controls[:, keep])
        X = np.column_stack([np.ones(a_has_more.size), a_has_more, controls[:, scale > 0]])
        fit, note = _fit(X, part, davidson=False)
        if fit is None:
            return note
        rest = X @ fit.theta - a_has_more * fit.theta[1]
        p1, p0 = sigmoid(rest + fit.theta[1]), sigmoid(rest)
        share = part.weights / part.weights.sum()
        change = float(share @ (p1 - p0))
        slope1, slope0 = share * p1 * (1 - p1), share * p0 * (1 - p0)
        gradient = (slope1 - slope0) @ X
        gradient[1] = slope1.sum()
        around = spread(
            fit,
            gradient[:, None],
            part.clusters,
            correction=self._correction,
            average=share * (p1 - p0 - change),
        )
        around = _at_least(around, fit, gradient[:, None], note)
        return Effect(change, around, part.rows, part.clusters, note)


def _fit(X: NDArray[np.float64], used: Votes, *, davidson: bool) -> tuple[Fit | None, str]:
    if davidson and (used.y == 0.5).any():
        fit = fit_davidson(X, used.y, used.weights)
        return fit, "" if fit is not None else "Davidson's model has no maximum: the votes are separated."
    fit = fit_logit(X, used.y, used.weights)
    if fit is not None:
        return fit, ""
    fit = fit_firth(X, used.y, used.weights)
    if fit is None:
        return None, "the controls leave nothing of the feature."
    return fit, "the feature (with the controls) tells all votes apart: Firth's estimate."


def _at_least(around: Spread, fit: Fit, gradient: NDArray[np.float64], note: str) -> Spread:
    """Under separation residuals are near 0 and say nothing about the spread; the curvature still does."""
    if not note:
        return around
    likely = np.sqrt(np.einsum("ij,ik,kj->j", gradient, fit.inverse, gradient))
    return Spread(np.maximum(around.se, likely), around.degrees, around.moved)
