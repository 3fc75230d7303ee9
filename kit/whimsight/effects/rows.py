"""The rows that can say something about the choice, and the columns that a regression on them can bear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.clusters import Clusters
from whimsight.errors import FitError

__all__ = ["FEWEST", "Votes", "check_matrix", "independent", "standardise", "votes"]

FEWEST = 10
"""A feature with fewer active rows says nothing about the choice: its effect is NaN."""


@dataclass(frozen=True, slots=True)
class Votes:
    """Decided votes (and ties, where they are modelled).

    Attributes
    ----------
    rows : ndarray
        int64 (m,): which rows of the table these are.
    y, weights : ndarray
        float64 (m,); ``y`` is 1, 0, 0.5 (tie) or a share of votes for A.
    controls : ndarray
        float64 (m, C).
    clusters : Clusters
        Of these m rows.
    """

    rows: NDArray[np.int64]
    y: NDArray[np.float64]
    weights: NDArray[np.float64]
    controls: NDArray[np.float64]
    clusters: Clusters

    def take(self, part: NDArray[np.int64]) -> Votes:
        """Return some of them."""
        return Votes(
            self.rows[part],
            self.y[part],
            self.weights[part],
            self.controls[part],
            self.clusters.take(part),
        )


def votes(
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    with_ties: bool = False,
) -> Votes | None:
    """Select the labelled rows of weight above 0; None when no vote is decided.

    Raises
    ------
    FitError
        If every decided vote says the same, or the arguments do not fit together.
    """
    n = preference.size
    w = np.ones(n) if weights is None else np.asarray(weights, dtype=np.float64)
    x = np.zeros((n, 0)) if controls is None else np.asarray(controls, dtype=np.float64)
    check_matrix("controls", x, n)
    check_matrix("weights", w, n)
    for position, way in enumerate(clusters):
        check_matrix(f"clusters[{position}]", np.asarray(way), n)
    if (w < 0).any():
        row = int(np.flatnonzero(w < 0)[0])
        raise FitError(f"Weights must not be negative; found {w[row]:g} at row {row}.")
    labelled = np.isfinite(preference) & (w > 0)
    decided = labelled & (preference != 0.5)
    sides = np.unique(preference[decided])
    if sides.size == 0:
        return None
    odd = sides[(sides < 0) | (sides > 1)]
    if odd.size:
        raise FitError(
            f"A preference is 1 (A), 0 (B), 0.5 (tie), a share of votes for A between them or NaN (unlabelled); "
            f"found {odd[0]:g}."
        )
    shares = sides[(sides > 0) & (sides < 1)]
    if with_ties and shares.size:
        raise FitError(
            f"Ties are modelled for single votes; found a share of votes, {shares[0]:g}. Use ties='drop', or give "
            "one row a vote."
        )
    if sides.size == 1:
        raise FitError(
            f"All {int(decided.sum()):,} decided votes are for {'A' if sides[0] > 0.5 else 'B'}: nothing can "
            "be learned about the choice. If the chosen response always stands first, call the columns chosen "
            "and rejected, so that reading shuffles the sides; or set preference to NaN to study the pairs "
            "without labels."
        )
    rows = np.flatnonzero(labelled if with_ties else decided)
    return Votes(rows, preference[rows], w[rows], x[rows], Clusters([np.asarray(c)[rows] for c in clusters]))


def check_matrix(name: str, values: NDArray[np.generic], n: int) -> None:
    """Refuse an argument with another number of rows, or with NaN or infinity."""
    if values.shape[0] != n:
        raise FitError(
            f"{name} must have one row for each of the {n:,} preferences; found {values.shape[0]:,}."
        )
    if values.dtype.kind == "f" and not np.isfinite(values).all():
        row = int(np.argwhere(~np.isfinite(values))[0][0])
        raise FitError(f"{name} must be finite; row {row} is not. Fill it in or leave the row out.")


def standardise(X: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Divide columns by their standard deviation (uncentred result); constant ones stay as they are.

    Returns
    -------
    X, scale : ndarray
        float64 (n, p) and (p,); ``scale`` is 0 where a column is constant.
    """
    scale = X.std(axis=0)
    scale = np.where(scale > 1e-9 * np.abs(X).max(axis=0, initial=1e-300), scale, 0.0)
    return X / np.where(scale > 0, scale, 1.0), scale


def independent(X: NDArray[np.float64], allowed: NDArray[np.bool_], least: float = 1e-6) -> NDArray[np.int64]:
    """Columns that are not nearly a combination (unexplained share under ``least``) of those before them."""
    centred = X - X.mean(axis=0)
    gram = centred.T @ centred
    keep: list[int] = []
    basis = np.zeros((0, X.shape[1]))
    for j in np.flatnonzero(allowed).tolist():
        row = gram[j] - basis[:, j] @ basis
        if row[j] > least * max(gram[j, j], 1e-300):
            basis = np.vstack([basis, row / np.sqrt(row[j])])
            keep.append(j)
    return np.asarray(keep, dtype=np.int64)
