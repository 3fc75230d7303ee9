"""What a fit of all votes is given, checked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whimsight.errors import FitError

__all__ = ["Data", "checked"]

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Data:
    """What is fitted: X with a column of ones first, and other groupings as (codes, columns)."""

    X: Array
    y: Array
    annotator: NDArray[np.int64]
    free: NDArray[np.bool_]
    weights: Array
    crossed: tuple[tuple[NDArray[np.int64], Array], ...]
    clusters: NDArray[np.int64] | None
    prompt: NDArray[np.int64] | None


def checked(
    X: ArrayLike,
    y: ArrayLike,
    annotator: ArrayLike,
    personal: ArrayLike | None,
    weights: ArrayLike | None,
    also: ArrayLike | None = None,
    pair: ArrayLike | None = None,
    turned: ArrayLike | None = None,
    clusters: ArrayLike | None = None,
    prompt: ArrayLike | None = None,
) -> Data:
    """Arrays as the fit takes them; the parameters are those of :func:`fit_hierarchy`.

    Raises
    ------
    FitError
        Where something does not fit, by row and column.
    """
    codes = np.asarray(X, dtype=np.float64)
    votes = np.asarray(y, dtype=np.float64)
    people = np.asarray(annotator).astype(np.int64)
    if codes.ndim != 2 or votes.shape != codes.shape[:1] or people.shape != votes.shape:
        raise FitError(
            f"X must be (n, F) with y and annotator (n,); found {codes.shape}, {votes.shape} and {people.shape}."
        )
    power = np.ones(votes.size) if weights is None else np.asarray(weights, dtype=np.float64)
    if power.shape != votes.shape or not np.isfinite(power).all() or (power < 0).any():
        raise FitError("weights must be one number of at least 0 for each vote.")
    if not np.isfinite(codes).all():
        row, column = np.argwhere(~np.isfinite(codes))[0]
        raise FitError(
            f"X has {codes[row, column]} in row {row}, column {column}; leave out votes without codes."
        )
    if not np.isin(votes, (0.0, 1.0)).all():
        row = int(np.flatnonzero(~np.isin(votes, (0.0, 1.0)))[0])
        raise FitError(
            f"A vote is 1 or 0; found {votes[row]} in row {row}. Leave ties and unlabelled rows out."
        )
    if votes.size == 0 or votes.min() == votes.max():
        raise FitError(f"All {votes.size} votes are for the same side: nothing tells what is preferred.")
    if people.min() < 0 or np.unique(people).size < 2:
        raise FitError("The spread between people needs at least two annotators, numbered from 0.")
    free = (
        np.ones(codes.shape[1], dtype=np.bool_) if personal is None else np.asarray(personal, dtype=np.bool_)
    )
    if free.shape != codes.shape[1:]:
        raise FitError(f"personal must be bool of shape ({codes.shape[1]},); found {free.shape}.")
    design = np.column_stack([np.ones(votes.size), codes])
    crossed = []
    if also is not None:
        crossed.append((_numbered(also, votes.size, "also"), design))
    if pair is not None:
        side = (
            design[:, :1] if turned is None else np.where(np.asarray(turned, dtype=bool), -1.0, 1.0)[:, None]
        )
        crossed.append((_numbered(pair, votes.size, "pair"), side))
    together = None if clusters is None else _numbered(clusters, votes.size, "clusters")
    asked = None if prompt is None else _numbered(prompt, votes.size, "prompt")
    return Data(design, votes, people, np.concatenate([[True], free]), power, tuple(crossed), together, asked)


def _numbered(groups: ArrayLike, n: int, name: str) -> NDArray[np.int64]:
    codes = np.asarray(groups)
    if codes.shape != (n,):
        raise FitError(f"{name} must be one group for each of the {n} votes; found shape {codes.shape}.")
    return np.unique(codes, return_inverse=True)[1].astype(np.int64)
