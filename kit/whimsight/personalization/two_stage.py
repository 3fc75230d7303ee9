"""The paper's subjectivity: one logit per annotator and feature, pooled over annotators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.effects.adjust import benjamini_hochberg
from whimsight.effects.pooling import PoolBy, pool
from whimsight.tables import Table

__all__ = ["Logit", "Slopes", "slopes", "two_stage"]

Logit = Literal["firth", "ordinary"]

FEWEST_VOTES = 20
"""An annotator with fewer votes is left out."""

_STEPS = 100
_TOLERANCE = 1e-8
_LARGEST_STEP = 2.0
"""How far a step may move the log odds of any vote."""
_LARGEST = 15.0
_SINGULAR = 1e-10
_FLAT = 1e-6


@dataclass(frozen=True, slots=True)
class Slopes:
    """Every annotator's own slope of every feature.

    Attributes
    ----------
    value, variance : ndarray
        float64 (A, F): log odds per unit of the feature and squared standard error; NaN where there is none.
    votes : ndarray
        int64 (A,).
    few, flat, separated : ndarray
        int64 (F,): annotators without a slope, because of too few votes; because the feature or a control does not
        vary, or not apart from the others, in their votes; because a column tells all their votes apart.
    """

    value: NDArray[np.float64]
    variance: NDArray[np.float64]
    votes: NDArray[np.int64]
    few: NDArray[np.int64]
    flat: NDArray[np.int64]
    separated: NDArray[np.int64]


def slopes(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    annotator: NDArray[np.int64],
    *,
    controls: NDArray[np.float64] | None = None,
    logit: Logit = "ordinary",
    fewest: int = FEWEST_VOTES,
) -> Slopes:
    """Fit a logit of the choice on one feature and the controls for every annotator and feature.

    Parameters
    ----------
    X : ndarray
        float (n, F): features of the voted rows, A minus B, in the units of the slopes.
    y : ndarray
        float64 (n,), 1 (A preferred) or 0.
    annotator : ndarray
        int64 (n,), 0 to A - 1; rows with -1 are left out.
    controls : ndarray, optional
        float64 (n, C). A feature that is a control itself (an equal column) is fitted without this control.
    logit : {"ordinary", "firth"}
        Maximum likelihood, which leaves out annotators whose votes are separated (often the ones with the strongest
        preferences), or Firth's (1993) estimate, which is finite for all of them.
    fewest : int
        Annotators with fewer votes are left out.

    Returns
    -------
    Slopes

    Notes
    -----
    Newton's method for all annotators at once, feature by feature; a column is scaled to its root mean square within
    an annotator, and counts as separating when its coefficient passes 15 in that unit.

    Examples
    --------
    >>> X, y = np.array([[1.0], [1.0], [1.0], [-1.0], [-1.0], [-1.0]]), np.array([1.0, 1, 0, 0, 0, 1])
    >>> found = slopes(X, y, np.zeros(6, dtype=int), logit="ordinary", fewest=1)
    >>> round(float(found.value[0, 0]), 4)      # log 2, half the log odds ratio
    0.6931
    """
    n_annotators, n_features = int(annotator.max(initial=-1)) + 1, X.shape[1]
    votes = np.bincount(annotator[annotator >= 0], minlength=n_annotators)
    rows = np.flatnonzero(annotator >= 0)
    rows = rows[votes[annotator[rows]] >= fewest]
    rows = rows[np.argsort(annotator[rows], kind="stable")]
    C = np.zeros((rows.size, 0)) if controls is None else np.asarray(controls, dtype=np.float64)[rows]
    found = Slopes(
        np.full((n_annotators, n_features), np.nan),
        np.full((n_annotators, n_features), np.nan),
        votes.astype(np.int64),
        np.full(n_features, int(((votes > 0) & (votes < fewest)).sum())),
        np.zeros(n_features, dtype=np.int64),
        np.zeros(n_features, dtype=np.int64),
    )
    who, start = np.unique(annotator[rows], return_index=True)
    for j in range(n_features if rows.size else 0):
        x = np.asarray(X[rows, j], dtype=np.float64)
        others = C[:, [c for c in range(C.shape[1]) if not np.array_equal(C[:, c], x)]]
        design = np.column_stack([np.ones(rows.size), x, others]).T
        value, variance, state = fit_each(design, y[rows], start, firth=logit == "firth")
        found.value[who, j], found.variance[who, j] = value[1], variance[1]
        found.flat[j], found.separated[j] = (state == _FLAT_STATE).sum(), (state == _APART_STATE).sum()
    return found


def two_stage(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    annotator: NDArray[np.int64],
    *,
    controls: NDArray[np.float64] | None = None,
    logit: Logit = "ordinary",
    by: PoolBy = "reml",
    fewest: int = FEWEST_VOTES,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Subjectivity of every feature: how much annotators' own slopes differ beyond chance.

    Parameters
    ----------
    X, y, annotator, controls, logit, fewest
        As in `slopes`.
    by : {"reml", "paule-mandel"}
        How tau is estimated from the slopes (`whimsight.effects.pooling.pool`).
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    DataFrame
        F rows, RangeIndex: ``mean``, ``mean_low``, ``mean_high`` (of annotators' slopes, Hartung-Knapp), ``tau``,
        ``tau_low``, ``tau_high`` (their standard deviation, Q-profile), ``Q``, ``p`` (of tau = 0, Cochran's),
        ``q`` (Benjamini-Hochberg over features), ``annotators`` (with a slope), ``few``, ``flat``, ``separated``
        (annotators without one, see `Slopes`). NaN with fewer than two annotators.

    Notes
    -----
    Method: Movva et al. (2026), section 4. Each annotator needs enough votes for a logit of their own. The standard
    error of a slope grows with the slope, which pulls mean and tau towards 0; maximum likelihood errs the other
    way, so that it does better here than Firth's. In simulations with 120 annotators of 20 to 100 votes and tau .6
    the mean tau was .56 to .61 by maximum likelihood and .50 to .54 by Firth's logit. For a feature that differs in
    only 15 % of the pairs it was .25 to .33 and .18 to .23, and the interval held the truth in a tenth of cases
    or less: such features need the hierarchical model (`whimsight.personalization.hierarchy`).

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> who = np.repeat(np.arange(60), 80)
    >>> X = rng.normal(size=(who.size, 2))
    >>> own = np.column_stack([rng.normal(0.5, 0.6, 60), np.full(60, 0.5)])     # opinions differ on the first only
    >>> y = (rng.random(who.size) < 1 / (1 + np.exp(-(own[who] * X).sum(axis=1)))).astype(float)
    >>> two_stage(X, y, who)[["tau", "p"]].round(2).to_numpy().tolist()
    [[0.58, 0.0], [0.06, 0.28]]
    """
    found = slopes(X, y, annotator, controls=controls, logit=logit, fewest=fewest)
    rows = []
    for value, variance in zip(found.value.T, found.variance.T, strict=True):
        given = np.isfinite(value) & np.isfinite(variance)
        pooled = pool(value[given], variance[given], by=by, alpha=alpha)
        rows.append({name: getattr(pooled, name) for name in _COLUMNS} | {"annotators": pooled.n})
    table = Table(rows, columns=[*_COLUMNS, "annotators"])
    table.insert(len(_COLUMNS), "q", benjamini_hochberg(table["p"].to_numpy(dtype=np.float64)))
    return table.assign(few=found.few, flat=found.flat, separated=found.separated)


_COLUMNS = ("mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high", "Q", "p")
_FITTED, _FLAT_STATE, _APART_STATE = 0, 1, 2


def fit_each(
    design: NDArray[np.float64], y: NDArray[np.float64], start: NDArray[np.int64], *, firth: bool
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.int64]]:
    """Fit one logit to each run of columns.

    Parameters
    ----------
    design : ndarray
        float64 (p, n), the columns of one annotator side by side, ones in the first row.
    y : ndarray
        float64 (n,).
    start : ndarray
        int64 (G,): where each annotator's columns start.

    Returns
    -------
    value, variance : ndarray
        float64 (p, G), NaN where there is no fit.
    state : ndarray
        int64 (G,): 0 fitted, 1 flat (collinear), 2 separated.
    """
    p, n = design.shape
    n_groups = start.size
    sizes = np.diff(np.append(start, n))
    scale = np.sqrt(np.add.reduceat(design**2, start, axis=1) / sizes)
    scale = np.where(scale > 0, scale, 1.0)
    design = design / np.repeat(scale, sizes, axis=1)
    state = np.where(_flat(design, start, sizes), _FLAT_STATE, _APART_STATE)
    value, variance = np.full((p, n_groups), np.nan), np.full((p, n_groups), np.nan)
    theta = np.zeros((p, n_groups))
    active = np.flatnonzero(state == _APART_STATE)
    for _ in range(_STEPS):
        if active.size == 0:
            break
        taken = np.concatenate(
            [np.arange(s, s + m) for s, m in zip(start[active], sizes[active], strict=True)]
        )
        part, votes, m = design[:, taken], y[taken], sizes[active]
        first = np.concatenate([[0], np.cumsum(m)[:-1]])
        for _ in range(5):
            step, inverse = _step(part, votes, np.repeat(theta[:, active], m, axis=1), first, m, firth=firth)
            done = np.abs(step).max(axis=0) < _TOLERANCE
            moved = np.abs(np.einsum("pn,pn->n", part, np.repeat(step, m, axis=1)))
            farthest = np.maximum.reduceat(moved, first)
            theta[:, active] += step * np.minimum(1.0, _LARGEST_STEP / np.maximum(farthest, 1e-300))
        good = active[done]
        value[:, good] = theta[:, good] / scale[:, good]
        variance[:, good] = np.einsum("gii->ig", inverse[done]) / scale[:, good] ** 2
        state[good] = _FITTED
        active = active[~done & (firth | (np.abs(theta[:, active]).max(axis=0) < _LARGEST))]
    return value, variance, state


def _step(
    design: NDArray[np.float64],
    y: NDArray[np.float64],
    theta: NDArray[np.float64],
    start: NDArray[np.int64],
    sizes: NDArray[np.int64],
    *,
    firth: bool,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """One step of Newton's for every group, float64 (p, G), and the inverse information, (G, p, p)."""
    p = design.shape[0]
    mean = 0.5 * (1 + np.tanh(0.5 * np.einsum("pn,pn->n", design, theta)))
    curve = mean * (1 - mean)
    inverse = np.linalg.inv(_information(curve, design, start))
    residual, hill = y - mean, inverse
    if firth:
        upper = np.triu_indices(p)
        twice = np.where(upper[0] == upper[1], 1.0, 2.0)[:, None]
        spread = np.repeat(twice * inverse[:, upper[0], upper[1]].T, sizes, axis=1)
        leverage = curve * np.einsum("un,un,un->n", spread, design[upper[0]], design[upper[1]])
        residual = residual + leverage * (0.5 - mean)
        # The slope of the changed residuals; without the leverage a lone vote's step goes twice too far.
        hill = np.linalg.inv(_information(curve * (1 + leverage), design, start))
    pull = np.add.reduceat(design * residual, start, axis=1)
    return np.einsum("gij,jg->ig", hill, pull), np.asarray(inverse)


def _information(
    curve: NDArray[np.float64], design: NDArray[np.float64], start: NDArray[np.int64]
) -> NDArray[np.float64]:
    """X' diag(curve) X of every group, float64 (G, p, p)."""
    p = design.shape[0]
    upper = np.triu_indices(p)
    out = np.empty((start.size, p, p))
    packed = np.add.reduceat(curve * design[upper[0]] * design[upper[1]], start, axis=1)
    out[:, upper[0], upper[1]] = out[:, upper[1], upper[0]] = packed.T
    out[:, range(p), range(p)] += _SINGULAR
    return out


def _flat(
    design: NDArray[np.float64], start: NDArray[np.int64], sizes: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the columns of a group are collinear (or fewer than its rows can bear)."""
    gram = _information(np.ones(design.shape[1]), design, start) / sizes[:, None, None]
    return np.asarray((np.linalg.eigvalsh(gram)[:, 0] < _FLAT) | (sizes <= design.shape[0]))
