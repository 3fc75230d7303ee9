"""What a fit refuses, each with one clear error."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["checked_differences", "checked_groups", "checked_shape", "checked_weights"]


def checked_differences(differences: Any) -> NDArray[np.float32]:
    """Return differences as a float32 matrix, or say which row cannot be used."""
    x = np.ascontiguousarray(differences, dtype=np.float32)
    if x.ndim != 2 or x.shape[1] == 0:
        raise FitError(
            f"differences must be a matrix with a row for each pair and a column for each dimension of the "
            f"embedding; found shape {x.shape}."
        )
    if not np.isfinite(x).all():
        row, column = (int(i[0]) for i in np.nonzero(~np.isfinite(x)))
        raise FitError(
            f"differences must be finite; found {x[row, column]} in row {row}, column {column}. "
            "Leave that pair out or embed its responses again."
        )
    return x


def checked_shape(n_features: int, k: int, prefixes: Sequence[int] | None) -> tuple[int, ...]:
    """Return the Matryoshka prefixes, or say which of the sizes is impossible."""
    if n_features < 1:
        raise FitError(f"n_features must be at least 1; found {n_features}.")
    if not 1 <= k <= n_features:
        raise FitError(f"k must lie between 1 and n_features = {n_features}; found {k}.")
    if prefixes is None:
        return tuple(sorted({min(8, n_features), n_features}))
    ends = tuple(int(end) for end in prefixes)
    if not ends or ends[0] < 1 or ends[-1] != n_features or any(b <= a for a, b in pairwise(ends)):
        raise FitError(
            f"prefixes must rise from at least 1 to n_features = {n_features}; found {ends}. "
            f"Use for example {(min(8, n_features), n_features) if n_features > 8 else (n_features,)}."
        )
    return ends


def checked_groups(groups: Any, n: int) -> NDArray[np.int64]:
    """Return group codes 0.., one a row; every row its own group where none are given."""
    if groups is None:
        return np.arange(n, dtype=np.int64)
    names = np.asarray(groups)
    if names.shape != (n,):
        raise FitError(f"groups must have one entry for each of the {n} pairs; found shape {names.shape}.")
    _, codes = np.unique(names, return_inverse=True)
    return codes.astype(np.int64)


def checked_weights(weights: Any, n: int) -> NDArray[np.float32]:
    """Return weights with mean 1, or say which row's weight cannot be used."""
    if weights is None:
        return np.ones(n, dtype=np.float32)
    w = np.asarray(weights, dtype=np.float64)
    if w.shape != (n,):
        raise FitError(f"weights must have one entry for each of the {n} pairs; found shape {w.shape}.")
    bad = ~np.isfinite(w) | (w < 0)
    if bad.any():
        row = int(np.argmax(bad))
        raise FitError(f"weights must be finite and not negative; found {w[row]} in row {row}.")
    if w.sum() <= 0:
        raise FitError("weights must not all be 0: no pair would count.")
    return np.asarray(w / w.mean(), dtype=np.float32)
