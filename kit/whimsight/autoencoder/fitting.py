"""From differences to a fitted autoencoder: subspace, start, training, threshold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.autoencoder.independent import independent_components
from whimsight.autoencoder.model import SparseAutoencoder
from whimsight.autoencoder.selection import cut_for
from whimsight.autoencoder.subspace import leading_subspace
from whimsight.autoencoder.training import Dictionary, refine
from whimsight.errors import FitError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

__all__ = ["fit_dictionary", "held_out_rows"]


def held_out_rows(groups: NDArray[np.int64], share: float, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Mark whole groups, in random order, until a share of the rows is held out."""
    _, code = np.unique(groups, return_inverse=True)
    sizes = np.bincount(code)
    order = rng.permutation(sizes.size)
    before = np.cumsum(sizes[order]) - sizes[order]
    marked = np.zeros(sizes.size, dtype=bool)
    marked[order[before < share * code.size]] = True
    return np.asarray(marked[code])


def fit_dictionary(
    differences: NDArray[np.float32],
    *,
    n_features: int,
    k: int,
    prefixes: Sequence[int] | None,
    groups: NDArray[np.int64] | None,
    weights: NDArray[np.float64] | None,
    seed: int,
    device: str | None,
    progress: Callable[[str, int, int], None] | None,
) -> SparseAutoencoder:
    """Fit; see `SparseAutoencoder.fit`."""
    x = np.ascontiguousarray(differences, dtype=np.float32)
    ends = tuple(prefixes) if prefixes is not None else tuple(sorted({min(8, n_features), n_features}))
    rng = np.random.default_rng(seed)
    if not np.isfinite(x).all():
        raise FitError("not finite")
    if x.shape[0] < 2 * n_features:
        raise FitError("too few rows")
    held = held_out_rows(groups if groups is not None else np.arange(x.shape[0]), 0.15, rng)
    space = leading_subspace(x, 128)
    if space.basis.shape[1] < n_features:
        raise FitError("too few directions")
    y = x @ space.basis
    train, valid = y[~held], y[held]
    energy = float(np.mean(np.einsum("ij,ij->i", x[~held], x[~held])))
    valid_energy = float(np.mean(np.einsum("ij,ij->i", x[held], x[held])))
    m = n_features
    white = train[:, :m] / space.scale[:m]
    rotation = independent_components(white, rng.standard_normal((m, m)).astype(np.float32))
    encoder = np.zeros((y.shape[1], m), dtype=np.float32)
    decoder = np.zeros((m, y.shape[1]), dtype=np.float32)
    encoder[:m] = rotation / space.scale[:m, None]
    decoder[:, :m] = rotation.T * space.scale[:m]
    words = Dictionary(encoder, decoder)
    words.normalise()
    order = np.argsort(-np.var(train @ words.encoder, axis=0))
    words = Dictionary(words.encoder[:, order].copy(), words.decoder[order].copy())
    batch = 512
    words, history = refine(
        train,
        valid,
        words,
        k=k,
        prefixes=ends,
        energy=energy,
        held_out_energy=valid_energy,
        batch=batch,
        rate=2e-3,
        epochs=50,
        patience=3,
        rng=rng,
        progress=progress,
    )
    threshold = cut_for(valid @ words.encoder, k * valid.shape[0])
    return SparseAutoencoder(
        encoder=space.basis @ words.encoder,
        decoder=words.decoder @ space.basis.T,
        threshold=threshold,
        k=k,
        prefixes=ends,
        history=history,
    )
