"""From differences to a fitted autoencoder: subspace, start, training, detectors, threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._threads import one_thread
from whimsight.autoencoder.checks import (
    checked_differences,
    checked_groups,
    checked_shape,
    checked_weights,
)
from whimsight.autoencoder.independent import independent_components
from whimsight.autoencoder.selection import cut_for
from whimsight.autoencoder.subspace import Subspace, leading_subspace
from whimsight.autoencoder.training import Dictionary, Objective, Rows, descend, reencode
from whimsight.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.progress import Progress

__all__ = ["Fitted", "fit_dictionary", "held_out_rows"]

_HELD_OUT = 0.2
"""Share of the rows (whole groups) that stop the training and set the threshold."""

_LARGE = 20_000_000
"""Entries of the differences above which a second thread pays for the products with all columns."""

_EPOCHS = 50
"""At most; training stops when the held-out loss has not fallen for three."""

_START_ROWS = 16_384
"""Rows from which the start is estimated; more of them changed nothing that could be measured."""


def held_out_rows(groups: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Mark whole groups, in random order, until about a share of the rows is marked.

    Parameters
    ----------
    groups : ndarray of int64 (n,)
        Codes 0.. of the groups.
    share : float
    rng : Generator

    Returns
    -------
    ndarray of bool (n,)
    """
    sizes = np.bincount(groups)
    order = rng.permutation(sizes.size)
    middle = np.cumsum(sizes[order]) - sizes[order] / 2
    marked = np.zeros(sizes.size, dtype=bool)
    marked[order[middle <= share * groups.size]] = True
    return np.asarray(marked[groups])


class Fitted:
    """What a fit leaves behind: encoder, decoder, threshold and epochs in the space of the embedding."""

    def __init__(
        self,
        space: Subspace,
        words: Dictionary,
        threshold: float,
        prefixes: tuple[int, ...],
        history: list[dict[str, float]],
    ) -> None:
        decoder = words.decoder @ space.basis.T
        decoder /= np.linalg.norm(decoder, axis=1, keepdims=True)
        # The sign of a feature is arbitrary; this one is the same whatever the signs of rows and bases.
        sign = np.where(np.sum(decoder.astype(np.float64) ** 3, axis=1) < 0, -1, 1).astype(np.float32)
        self.encoder = (space.basis @ words.encoder) * sign
        self.decoder = decoder * sign[:, None]
        self.threshold = threshold
        self.prefixes = prefixes
        self.history = history


def fit_dictionary(
    differences: Any,
    *,
    n_features: int,
    k: int,
    prefixes: Sequence[int] | None,
    groups: Any,
    weights: Any,
    seed: int,
    progress: Progress | None,
) -> Fitted:
    """Fit; the parameters are those of `SparseAutoencoder.fit`."""
    x = checked_differences(differences)
    objective = Objective(k, checked_shape(n_features, k, prefixes))
    names, heft = checked_groups(groups, x.shape[0]), checked_weights(weights, x.shape[0])
    counts = heft > 0
    if not counts.all():
        x, heft, names = x[counts], heft[counts], checked_groups(names[counts], int(counts.sum()))
    length = np.einsum("ij,ij->i", x, x)
    _require_enough(length, names, n_features)
    size = float(np.sqrt(length.mean()))
    rng = np.random.default_rng(seed)

    held = held_out_rows(names, _HELD_OUT, rng)
    if held.all() or not held.any():
        raise FitError(
            f"The pairs cannot be split into a part to learn from and a part to check on: {names.max() + 1} "
            "groups (prompts). At least two groups of comparable size are needed."
        )
    small = x.size < _LARGE
    with one_thread(small):
        space = leading_subspace(x, heft, 4 * n_features, rows=np.flatnonzero(~held))
        if space.basis.shape[1] < n_features:
            raise FitError(
                f"The differences vary along {space.basis.shape[1]} directions only, so {n_features} features "
                f"cannot be learnt. Ask for n_features={space.basis.shape[1]} or fewer."
            )
        y = (x @ space.basis) / np.float32(size)
        length /= np.float32(size**2)
        train, check = (
            Rows(y[rows], heft[rows] / heft[rows].mean(), float(np.average(length[rows], weights=heft[rows])))
            for rows in (~held, held)
        )
        with one_thread(not small):
            words = _start(train, space.scale / np.float32(size), objective, rng)
            words, history = descend(train, check, words, objective, rng, epochs=_EPOCHS, progress=progress)
            words = reencode(train, check, words, objective)
            words = _ordered(words, train, objective, blocks=objective.prefixes)
        threshold = cut_for(check.x @ words.encoder, k * check.x.shape[0]) * size
        if progress is not None:
            progress("autoencoder", _EPOCHS, _EPOCHS)
        return Fitted(space, words, threshold, objective.prefixes, history)


def _require_enough(length: NDArray[np.float32], groups: NDArray[np.int64], n_features: int) -> None:
    usable = int((length > 0).sum())
    if usable < 4 * n_features:
        raise FitError(
            f"{n_features} features need at least {4 * n_features} pairs whose responses differ; "
            f"found {usable} of {length.size}. Ask for n_features={max(usable // 4, 1)} or fewer, "
            "or bring more pairs."
        )
    if groups.max() < 1:
        raise FitError(
            "All pairs are in one group (prompt), so nothing can be held out to check on. "
            "Bring pairs of several prompts, or leave groups out."
        )


def _start(
    train: Rows, spread: NDArray[np.float32], objective: Objective, rng: np.random.Generator
) -> Dictionary:
    """Independent components of the leading principal directions, with their least-squares decoder."""
    m, r = objective.prefixes[-1], spread.size
    step = -(-train.x.shape[0] // _START_ROWS)
    scale = np.maximum(spread[:m], np.float32(1e-12))
    found = independent_components(
        np.asarray(train.x[::step, :m] / scale, dtype=np.float32), train.weights[::step], rng
    )
    encoder = np.zeros((r, m), dtype=np.float32)
    encoder[:m] = found / scale[:, None]
    component = train.x[::step] @ encoder
    weighted = component * train.weights[::step, None]
    moment = component.T @ weighted
    moment[np.diag_indices_from(moment)] *= 1.0 + 1e-4
    decoder = np.linalg.solve(moment, weighted.T @ train.x[::step]).astype(np.float32)
    words = Dictionary(encoder, decoder)
    words.normalise()
    return _ordered(words, train, objective, blocks=(m,))


def _ordered(words: Dictionary, rows: Rows, objective: Objective, *, blocks: tuple[int, ...]) -> Dictionary:
    """Order features by the energy of their codes, within each block."""
    codes = objective.codes(rows.x, words)
    energy = np.einsum("ij,ij,i->j", codes, codes, rows.weights)
    block = np.searchsorted(np.asarray(blocks), np.arange(energy.size), side="right")
    return words.reordered(np.lexsort((-energy, block)))
