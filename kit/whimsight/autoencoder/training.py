"""Gradient training of an odd BatchTopK Matryoshka dictionary inside a subspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whimsight.autoencoder.selection import cut_for, largest

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["Dictionary", "matryoshka_error", "refine"]


@dataclass(slots=True)
class Dictionary:
    """Encoder (r, M) and decoder (M, r, unit rows) in the coordinates of a subspace."""

    encoder: NDArray[np.float32]
    decoder: NDArray[np.float32]

    def copy(self) -> Dictionary:
        """Return an independent copy."""
        return Dictionary(self.encoder.copy(), self.decoder.copy())

    def normalise(self) -> None:
        """Give the decoder unit rows and hand their length to the encoder: the product is unchanged."""
        length = np.linalg.norm(self.decoder, axis=1).astype(np.float32)
        length[length == 0] = 1.0
        self.decoder /= length[:, None]
        self.encoder *= length[None, :]


@dataclass(slots=True)
class _Adam:
    rate: float
    first: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    second: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    steps: int = 0

    def step(self, name: str, value: NDArray[np.float32], gradient: NDArray[np.float32]) -> None:
        first = self.first.setdefault(name, np.zeros_like(value))
        second = self.second.setdefault(name, np.zeros_like(value))
        first += 0.1 * (gradient - first)
        second += 0.001 * (gradient * gradient - second)
        correction = self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps)
        value -= np.float32(correction) * first / (np.sqrt(second) + np.float32(1e-8))


def _gradients(
    x: NDArray[np.float32], words: Dictionary, k: int, prefixes: tuple[int, ...], energy: float
) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """Gradients of the Matryoshka loss for encoder and decoder, and the sparse codes of the batch."""
    scores = x @ words.encoder
    codes = largest(scores, cut_for(scores, k * x.shape[0]))
    gram = words.decoder @ words.decoder.T
    along = x @ words.decoder.T
    back_codes = np.zeros_like(codes)
    moment = codes.T @ codes
    weight_gram = np.zeros_like(moment)
    cross_weight = np.zeros(codes.shape[1], dtype=np.float32)
    share = np.float32(2.0 / (len(prefixes) * energy * x.shape[0]))
    for end in prefixes:
        back_codes[:, :end] += share * (codes[:, :end] @ gram[:end, :end] - along[:, :end])
        weight_gram[:end, :end] += share * moment[:end, :end]
        cross_weight[:end] += share
    back_codes *= codes != 0
    to_encoder = x.T @ back_codes
    to_decoder = weight_gram @ words.decoder - cross_weight[:, None] * (codes.T @ x)
    return to_encoder, to_decoder, codes


def matryoshka_error(
    x: NDArray[np.float32],
    codes: NDArray[np.float32],
    words: Dictionary,
    prefixes: tuple[int, ...],
    energy: float,
) -> float:
    """Mean over prefixes of the squared error as a share of ``energy`` a row.

    ``energy`` counts the part of the rows outside of the subspace, which no dictionary inside reaches.
    """
    along = np.sum(codes * (x @ words.decoder.T), axis=0, dtype=np.float64)
    moment = (codes.T @ codes).astype(np.float64) * (words.decoder @ words.decoder.T)
    total = x.shape[0] * energy
    errors = [1.0 + (moment[:end, :end].sum() - 2.0 * along[:end].sum()) / total for end in prefixes]
    return float(np.mean(errors))


def refine(
    train: NDArray[np.float32],
    held_out: NDArray[np.float32],
    start: Dictionary,
    *,
    k: int,
    prefixes: tuple[int, ...],
    energy: float,
    held_out_energy: float,
    batch: int,
    rate: float,
    epochs: int,
    patience: int,
    rng: np.random.Generator,
    progress: Callable[[str, int, int], None] | None = None,
) -> tuple[Dictionary, list[dict[str, float]]]:
    """Train from ``start`` until the held-out error stops falling, and return the best dictionary."""
    words = start.copy()
    adam = _Adam(rate)
    history: list[dict[str, float]] = []
    best, best_error, waited = words.copy(), float("inf"), 0
    n = train.shape[0]
    for epoch in range(epochs + 1):
        fired = np.zeros(words.encoder.shape[1], dtype=bool)
        if epoch:
            order = rng.permutation(n)
            for first in range(0, n - n % batch if n > batch else n, batch):
                rows = train[order[first : first + batch]]
                to_encoder, to_decoder, codes = _gradients(rows, words, k, prefixes, energy)
                fired |= codes.any(axis=0)
                adam.steps += 1
                adam.step("encoder", words.encoder, to_encoder)
                adam.step("decoder", words.decoder, to_decoder)
                words.decoder /= np.linalg.norm(words.decoder, axis=1, keepdims=True)
            if not fired.all():
                _revive(train, words, k, ~fired, rng)
        scores = held_out @ words.encoder
        codes = largest(scores, cut_for(scores, k * held_out.shape[0]))
        error = matryoshka_error(held_out, codes, words, prefixes, held_out_energy)
        history.append({"epoch": epoch, "held_out_error": error, "dead": int((~codes.any(axis=0)).sum())})
        if progress is not None:
            progress("autoencoder", epoch, epochs)
        if error < best_error - 1e-5:
            best, best_error, waited = words.copy(), error, 0
        else:
            waited += 1
            if waited >= patience:
                break
    return best, history


def _revive(
    x: NDArray[np.float32], words: Dictionary, k: int, dead: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Point dead features at rows that the others reconstruct worst; the sign of a row plays no part."""
    scores = x @ words.encoder
    codes = largest(scores, cut_for(scores, k * x.shape[0]))
    residual = x - codes @ words.decoder
    loss = np.einsum("ij,ij->i", residual, residual)
    alive_size = np.median(np.linalg.norm(words.encoder[:, ~dead], axis=0)) if (~dead).any() else 1.0
    chosen = rng.choice(x.shape[0], size=int(dead.sum()), replace=False, p=loss / loss.sum())
    direction = residual[chosen] / np.linalg.norm(residual[chosen], axis=1, keepdims=True)
    words.decoder[dead] = direction
    words.encoder[:, dead] = np.float32(alive_size) * direction.T
