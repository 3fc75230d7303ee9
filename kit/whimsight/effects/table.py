"""What a feature does to the choice: one row a feature, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.clusters import Clusters
from whimsight.effects.logit import Fit, fit_davidson, fit_logit
from whimsight.errors import FitError

__all__ = ["PositionBias", "effects", "joint_effects", "position_bias"]

_FEWEST = 10
"""A feature with fewer active rows, or clusters with any, says nothing: its effect is NaN."""


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
) -> pd.DataFrame:
    """Estimate the effect of each feature on the choice, one feature at a time.

    beta: P(A preferred) = sigmoid(a + b z + g x), with the code z and the controls x divided by their
    standard deviations over the rows used. delta-win (version 2 of the paper): the same with sign(z) in
    place of z over the rows with z != 0; the mean over those rows of sigmoid(a + b + g x) - sigmoid(a + g x).

    Parameters
    ----------
    codes : ndarray
        float32 (n, F), signed.
    preference : ndarray
        float64 (n,): 1 A, 0 B, 0.5 tie, NaN unlabelled (left out).
    clusters : sequence of ndarray
        One or two int64 (n,): prompt, and annotator where there is one. Standard errors are
        cluster-robust (CR1: G / (G - 1) times (n - 1) / (n - p), statsmodels' ``cov_type="cluster"``);
        intervals and p use Student's t with the smallest number of clusters less 1 degrees of freedom.
        The interval of delta-win counts the sampling of the rows it averages over as well.
    controls : ndarray, optional
        float64 (n, C).
    own_control : ndarray, optional
        int64 (F,): the control that *is* the feature and is left out for it; -1 for none.
    weights : ndarray, optional
        float64 (n,).
    ties : {"drop", "davidson"}
        Leave ties out, or model them (Davidson 1970); delta-win leaves them out in both cases.

    Returns
    -------
    DataFrame
        F rows: ``prevalence``, ``beta``, ``delta_win``, each with ``_low`` and ``_high``, ``p`` (of beta),
        ``q`` (Benjamini-Hochberg), ``significant`` (Bonferroni), ``n`` (rows with a code other than 0 that
        carry a decided vote). NaN where a feature has too few active rows or separates the votes.

    Raises
    ------
    FitError
        If every decided vote says the same.
    """
    n, n_features = codes.shape
    rows = _Rows(preference, controls, clusters, weights, ties)
    table = prevalence(codes, clusters, weights)
    names = ("beta", "beta_low", "beta_high", "delta_win", "delta_win_low", "delta_win_high", "p")
    out = {name: np.full(n_features, np.nan) for name in names}
    count = np.zeros(n_features, dtype=np.int64)
    if rows.any:
        own = np.full(n_features, -1) if own_control is None else own_control
        for j in range(n_features):
            z = codes[:, j].astype(np.float64)
            count[j] = int(np.count_nonzero(z[rows.decided]))
            keep = np.arange(rows.controls.shape[1]) != own[j]
            found = _beta(z, rows, keep, alpha)
            if found is not None:
                out["beta"][j], out["beta_low"][j], out["beta_high"][j], out["p"][j] = found
            change = _delta_win(z, rows, keep, alpha)
            if change is not None:
                out["delta_win"][j], out["delta_win_low"][j], out["delta_win_high"][j] = change
    for name in names:
        table[name] = out[name]
    table["q"] = benjamini_hochberg(out["p"])
    table["significant"] = bonferroni(out["p"], alpha)
    table["n"] = count
    return table


def joint_effects(
    codes: NDArray[np.float32],
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Estimate the effects of all features in one regression.

    Parameters
    ----------
    codes, preference, clusters, controls, weights, alpha
        As in `effects`; ties are left out. Columns that repeat others (a control that is a feature) must
        not be given twice: columns that are constant or nearly a combination of earlier ones are NaN.

    Returns
    -------
    DataFrame
        F rows: ``beta``, ``beta_low``, ``beta_high``, ``p``, ``q``, ``significant``.
    """
    from scipy.stats import t as student

    rows = _Rows(preference, controls, clusters, weights, "drop")
    n_features = codes.shape[1]
    out = {name: np.full(n_features, np.nan) for name in ("beta", "beta_low", "beta_high", "p")}
    if rows.any:
        used = rows.decided
        X = np.column_stack([rows.controls[used], codes[used].astype(np.float64)])
        X, scale = _standardise(X)
        enough = np.count_nonzero(X, axis=0) >= _FEWEST
        keep = _independent(X, (scale > 0) & enough)
        fit = fit_logit(np.column_stack([np.ones(used.size), X[:, keep]]), rows.y[used], rows.weights[used])
        if fit.converged:
            n, p = used.size, keep.size + 1
            grouped = Clusters([c[used] for c in rows.clusters])
            se = np.sqrt(grouped.variance(fit.influence, (n - 1) / max(n - p, 1)))[1:]
            beta = fit.theta[1:]
            reach = student.ppf(1 - alpha / 2, max(grouped.degrees, 1)) * se
            where = keep - rows.controls.shape[1]
            mine = where >= 0
            for name, values in (
                ("beta", beta),
                ("beta_low", beta - reach),
                ("beta_high", beta + reach),
                ("p", 2 * student.sf(np.abs(beta / se), max(grouped.degrees, 1))),
            ):
                out[name][where[mine]] = values[mine]
    table = pd.DataFrame(out)
    table["q"] = benjamini_hochberg(out["p"])
    table["significant"] = bonferroni(out["p"], alpha)
    return table


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often A would win if the responses were equal.

    Attributes
    ----------
    share, low, high : float
        Probability that A is preferred at equal features, with a 95 % interval; 0.5 is no bias.
    p : float
        Test of 0.5.
    """

    share: float
    low: float
    high: float
    p: float


def position_bias(
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
) -> PositionBias | None:
    """Estimate the intercept of a logit on the controls, which are differences and so 0 at equality.

    Returns
    -------
    PositionBias or None
        None without labels, or when they are all the same.
    """
    from scipy.stats import t as student

    rows = _Rows(preference, controls, clusters, weights, "drop", strict=False)
    if not rows.any:
        return None
    used = rows.decided
    X, _ = _standardise(rows.controls[used])
    fit = fit_logit(np.column_stack([np.ones(used.size), X]), rows.y[used], rows.weights[used])
    if not fit.converged:
        return None
    grouped = Clusters([c[used] for c in rows.clusters])
    n, p = used.size, fit.theta.size
    se = float(np.sqrt(grouped.variance(fit.influence, (n - 1) / (n - p))[0]))
    degrees = max(grouped.degrees, 1)
    reach = float(student.ppf(1 - alpha / 2, degrees)) * se
    a = float(fit.theta[0])
    low, mid, high = (float(1 / (1 + np.exp(-v))) for v in (a - reach, a, a + reach))
    return PositionBias(mid, low, high, float(2 * student.sf(abs(a) / se, degrees)))


def prevalence(
    codes: NDArray[np.float32],
    clusters: Sequence[NDArray[np.int64]],
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
) -> pd.DataFrame:
    """Share of pairs with a code other than 0, with a cluster-robust interval on the logit scale.

    Returns
    -------
    DataFrame
        F rows: ``prevalence``, ``prevalence_low``, ``prevalence_high``.
    """
    from scipy.stats import t as student

    w = np.ones(codes.shape[0]) if weights is None else weights
    active = (codes != 0).astype(np.float64)
    share = w @ active / w.sum()
    grouped = Clusters(clusters)
    se = np.sqrt(grouped.variance((active - share) * (w / w.sum())[:, None]))
    reach = student.ppf(1 - alpha / 2, max(grouped.degrees, 1)) * se
    inside = (share > 0) & (share < 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        centre = np.log(share / (1 - share))
        spread = reach / (share * (1 - share))
        low = np.where(inside, 1 / (1 + np.exp(-(centre - spread))), share)
        high = np.where(inside, 1 / (1 + np.exp(-(centre + spread))), share)
    return pd.DataFrame({"prevalence": share, "prevalence_low": low, "prevalence_high": high})


class _Rows:
    """The rows that can say something about the choice."""

    def __init__(
        self,
        preference: NDArray[np.float64],
        controls: NDArray[np.float64] | None,
        clusters: Sequence[NDArray[np.int64]],
        weights: NDArray[np.float64] | None,
        ties: str,
        *,
        strict: bool = True,
    ) -> None:
        n = preference.size
        self.y = preference
        self.controls = np.zeros((n, 0)) if controls is None else np.asarray(controls, dtype=np.float64)
        self.weights = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
        self.clusters = list(clusters)
        self.davidson = ties == "davidson"
        labelled = np.isfinite(preference)
        self.decided = np.flatnonzero(labelled & (preference != 0.5))
        self.used = np.flatnonzero(labelled) if self.davidson else self.decided
        self.any = self.decided.size > 0
        if self.any and np.unique(preference[self.decided] > 0.5).size < 2:
            self.any = False
            if strict:
                side = "A" if preference[self.decided[0]] > 0.5 else "B"
                raise FitError(
                    f"All {self.decided.size:,} decided votes are for {side}: nothing can be learned about the "
                    "choice. If the chosen response always stands first, call the columns chosen and rejected, so "
                    "that reading shuffles the sides; or set preference to NaN to study the pairs without labels."
                )


def _standardise(X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    scale = X.std(axis=0)
    return X / np.where(scale > 0, scale, 1.0), scale


def _beta(
    z: NDArray[np.float64], rows: _Rows, keep: NDArray[np.bool_], alpha: float
) -> tuple[float, float, float, float] | None:
    used = rows.used
    if np.count_nonzero(z[used]) < _FEWEST:
        return None
    X, scale = _standardise(np.column_stack([z[used], rows.controls[used][:, keep]]))
    X = X[:, scale > 0]
    fit = (fit_davidson if rows.davidson else fit_logit)(
        np.column_stack([np.ones(used.size), X]), rows.y[used], rows.weights[used]
    )
    return _interval(fit, 1, [c[used] for c in rows.clusters], alpha)


def _interval(
    fit: Fit, position: int, clusters: list[NDArray[np.int64]], alpha: float
) -> tuple[float, float, float, float] | None:
    from scipy.stats import t as student

    if not fit.converged:
        return None
    n, p = fit.influence.shape
    grouped = Clusters(clusters)
    if grouped.degrees < 1:
        return None
    se = float(np.sqrt(grouped.variance(fit.influence[:, [position]], (n - 1) / max(n - p, 1))[0]))
    beta = float(fit.theta[position])
    reach = float(student.ppf(1 - alpha / 2, grouped.degrees)) * se
    return beta, beta - reach, beta + reach, float(2 * student.sf(abs(beta) / se, grouped.degrees))


def _delta_win(
    z: NDArray[np.float64], rows: _Rows, keep: NDArray[np.bool_], alpha: float
) -> tuple[float, float, float] | None:
    from scipy.stats import t as student

    used = rows.decided[z[rows.decided] != 0]
    if used.size < _FEWEST:
        return None
    sign = np.sign(z[used])
    controls, scale = _standardise(rows.controls[used][:, keep])
    controls = controls[:, scale > 0]
    X = np.column_stack([np.ones(used.size), sign, controls])
    w = rows.weights[used]
    fit = fit_logit(X, rows.y[used], w)
    if not fit.converged:
        return None
    with_, without = X.copy(), X.copy()
    with_[:, 1], without[:, 1] = 1.0, 0.0
    p1, p0 = (1 / (1 + np.exp(-(m @ fit.theta))) for m in (with_, without))
    share = w / w.sum()
    change = float(share @ (p1 - p0))
    gradient = (share * p1 * (1 - p1)) @ with_ - (share * p0 * (1 - p0)) @ without
    influence = share * (p1 - p0 - change) + fit.influence @ gradient
    grouped = Clusters([c[used] for c in rows.clusters])
    if grouped.degrees < 1:
        return None
    n, p = X.shape
    se = float(np.sqrt(grouped.variance(influence[:, None], (n - 1) / max(n - p, 1))[0]))
    reach = float(student.ppf(1 - alpha / 2, grouped.degrees)) * se
    return change, max(change - reach, -1.0), min(change + reach, 1.0)


def _independent(X: NDArray[np.float64], allowed: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Columns that are not nearly a combination of those before them (residual share under 1e-6)."""
    centred = X - X.mean(axis=0)
    gram = centred.T @ centred
    keep: list[int] = []
    basis = np.zeros((0, X.shape[1]))
    left = np.diag(gram).copy()
    for j in np.flatnonzero(allowed).tolist():
        row = gram[j].copy()
        if keep:
            row -= basis[:, j] @ basis
        rest = row[j]
        if rest > 1e-6 * max(left[j], 1e-300):
            basis = np.vstack([basis, row / np.sqrt(rest)])
            keep.append(j)
    return np.asarray(keep, dtype=np.int64)
