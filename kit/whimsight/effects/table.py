"""What a feature does to the choice, one at a time: one row a feature, with intervals."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import in_threads
from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.davidson import fit_davidson
from whimsight.effects.logit import Fit, fit_firth, fit_logit, sigmoid
from whimsight.effects.prevalence import prevalence
from whimsight.effects.rows import FEWEST, Votes, check_matrix, standardise, votes
from whimsight.effects.spread import Correction, Spread, spread
from whimsight.errors import FitError

__all__ = ["effects"]

_EFFECTS = ("beta", "beta_low", "beta_high", "delta_win", "delta_win_low", "delta_win_high", "p")


def effects(
    codes: NDArray[np.float32],
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    own_control: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
    ties: Literal["drop", "davidson"] = "drop",
    alpha: float = 0.05,
    correction: Correction = "CR2",
) -> pd.DataFrame:
    """Estimate the effect of each feature on the choice, one feature at a time.

    beta: P(A preferred) = sigmoid(a + b z + g x), with the code z and the controls x divided by their
    standard deviations over the rows used, so that b is the change in log odds for one standard deviation
    of the code. Not centred: a is then the log odds for A of two responses that do not differ.

    delta-win (version 2 of the paper): the same over the rows with z != 0, with D = 1 where z > 0 and 0 where
    z < 0 in place of z; the mean over those rows of sigmoid(a + b + g x) - sigmoid(a + g x), which is how much
    oftener A is preferred when A has more than when B has. Where no side is favoured and no control matters,
    that is the win rate of the responses with more, less that of the responses with less.

    Parameters
    ----------
    codes : ndarray
        float32 (n, F), signed.
    preference : ndarray
        float64 (n,): 1 A, 0 B, 0.5 tie, NaN unlabelled (left out). A share of votes for A in between is
        one observation, a fractional logit (Papke and Wooldridge 1996); exactly 0.5 counts as a tie.
    clusters : sequence of ndarray
        One or two int64 (n,): prompt, and annotator where there is one; -1 is a cluster of its own.
        Prevalence uses the first alone.
    controls : ndarray, optional
        float64 (n, C).
    own_control : ndarray, optional
        int64 (F,): the control that *is* the feature and is left out for it; -1 for none.
    weights : ndarray, optional
        float64 (n,).
    ties : {"drop", "davidson"}
        Leave ties out, or model them (Davidson 1970); delta-win leaves them out in both cases.
    alpha : float
        Intervals of level 1 - ``alpha``; ``significant`` is p < ``alpha`` over the number of tests.
    correction : {"CR2", "CR1"}
        How standard errors respect clusters. ``"CR2"``, bias-reduced, keeps its level with few
        clusters and with rare features; ``"CR1"`` is the plain sandwich, as in statsmodels. See `spread`.

    Returns
    -------
    DataFrame
        F rows: ``prevalence``, ``beta``, ``delta_win``, each with ``_low`` and ``_high``, ``p`` (of beta),
        ``q`` (Benjamini-Hochberg), ``significant`` (Bonferroni), ``n`` (rows with a code other than 0 that
        carry a decided vote). An effect is NaN where fewer than 10 such rows, or a single cluster, carry
        the feature, or where the controls leave nothing of it. Where a feature tells all votes apart, the
        effect is Firth's (1993) and its interval at least as wide as his likelihood says. Which rows these
        are and why: ``attrs["notes"]``, a dictionary from the row's number to a sentence.

    Raises
    ------
    FitError
        If every decided vote says the same, or arguments have other sizes or are not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> codes = rng.normal(size=(500, 1)).astype(np.float32)
    >>> wins = (rng.random(500) < 1 / (1 + np.exp(-codes[:, 0]))).astype(float)
    >>> table = effects(codes, wins, clusters=[np.arange(500)])
    >>> bool(table.beta_low[0] < 1 < table.beta_high[0]), bool(table.significant[0])
    (True, True)
    """
    n_features = codes.shape[1]
    check_matrix("codes", codes, preference.size)
    used = votes(
        preference, clusters=clusters, controls=controls, weights=weights, with_ties=ties == "davidson"
    )
    # Who votes changes nothing in how responses differ: only the first way, the prompts, matters here.
    table = prevalence(codes, clusters=clusters[:1], weights=weights, alpha=alpha)
    out = {name: np.full(n_features, np.nan) for name in _EFFECTS}
    count = np.zeros(n_features, dtype=np.int64)
    notes: dict[int, str] = {}
    if used is not None:
        own = np.full(n_features, -1) if own_control is None else np.asarray(own_control)
        if own.shape != (n_features,):
            raise FitError(f"own_control must have one entry for each of the {n_features} features.")
        decided = np.flatnonzero(used.y != 0.5)
        columns = np.asfortranarray(codes[used.rows])

        def measure(j: int) -> None:
            z = columns[:, j].astype(np.float64)
            keep = np.arange(used.controls.shape[1]) != own[j]
            active = decided[z[decided] != 0]
            count[j] = active.size
            if active.size < FEWEST:
                notes[j] = f"{active.size} active rows with a decided vote; at least {FEWEST} are needed."
                return
            found = _beta(z, used, keep, correction, davidson=ties == "davidson")
            _enter(out, j, "beta", found, alpha, notes)
            _enter(out, j, "delta_win", _delta_win(z, used, active, keep, correction), alpha, notes)

        deque(in_threads(measure, range(n_features)), maxlen=0)
    for name in _EFFECTS:
        table[name] = out[name]
    table["q"] = benjamini_hochberg(out["p"])
    table["significant"] = bonferroni(out["p"], alpha)
    table["n"] = count
    table.attrs["notes"] = dict(sorted(notes.items()))
    return table


def _enter(
    out: dict[str, NDArray[np.float64]],
    j: int,
    name: str,
    found: tuple[float, Spread, str] | str,
    alpha: float,
    notes: dict[int, str],
) -> None:
    if isinstance(found, str):
        notes.setdefault(j, found)
        return
    value, around, note = found
    if note:
        notes.setdefault(j, note)
    reach = float(around.reach(alpha)[0])
    bound = 1.0 if name == "delta_win" else np.inf
    out[name][j] = value
    out[f"{name}_low"][j], out[f"{name}_high"][j] = max(value - reach, -bound), min(value + reach, bound)
    if name == "beta":
        out["p"][j] = float(around.p(np.array([value]))[0])


def _beta(
    z: NDArray[np.float64],
    used: Votes,
    keep: NDArray[np.bool_],
    correction: Correction,
    *,
    davidson: bool,
) -> tuple[float, Spread, str] | str:
    X, scale = standardise(np.column_stack([z, used.controls[:, keep]]))
    if scale[0] == 0:
        return "the code is constant over the rows with a vote."
    X = np.column_stack([np.ones(z.size), X[:, scale > 0]])
    fit, note = _fit(X, used, davidson=davidson)
    if fit is None:
        return note
    gradient = np.zeros((fit.theta.size, 1))
    gradient[1] = 1.0
    around = spread(fit, gradient, used.clusters, correction=correction)
    return float(fit.theta[1]), _at_least(around, fit, gradient, note), note


def _delta_win(
    z: NDArray[np.float64],
    used: Votes,
    active: NDArray[np.int64],
    keep: NDArray[np.bool_],
    correction: Correction,
) -> tuple[float, Spread, str] | str:
    part = used.take(active)
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
        correction=correction,
        average=share * (p1 - p0 - change),
    )
    return change, _at_least(around, fit, gradient[:, None], note), note


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
    return Spread(np.maximum(around.se, likely), around.degrees)
