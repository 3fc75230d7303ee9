"""Training of an odd BatchTopK Matryoshka dictionary inside a subspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from whimsight.autoencoder.selection import cut_for, largest

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.progress import Progress

__all__ = ["Dictionary", "Objective", "Rows", "descend", "reencode"]

_REVIVAL_SHARE = 0.002
"""A feature that is active in fewer rows than this over an epoch counts as dead."""

_RIDGE = 0.3
"""Penalty of the refitted encoder, in units of the mean variance of a coordinate."""


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

    def reordered(self, order: NDArray[np.intp]) -> Dictionary:
        """Return the features in another order."""
        return Dictionary(np.ascontiguousarray(self.encoder[:, order]), self.decoder[order])


@dataclass(frozen=True, slots=True)
class Rows:
    """Differences in subspace coordinates, with what is needed to weigh their errors.

    Attributes
    ----------
    x : ndarray of float32 (n, r)
    weights : ndarray of float32 (n,)
        Mean 1.
    energy : float
        Weighted mean squared length of the rows, the part outside of the subspace included: no dictionary
        inside the subspace reaches that part, but it belongs to the error.
    """

    x: NDArray[np.float32]
    weights: NDArray[np.float32]
    energy: float


@dataclass(frozen=True, slots=True)
class Objective:
    """What is minimised: the mean over prefixes of the error with the first features alone."""

    k: int
    prefixes: tuple[int, ...]

    def codes(self, x: NDArray[np.float32], words: Dictionary) -> NDArray[np.float32]:
        """Signed activations, the ``k n`` largest of the batch kept."""
        scores = x @ words.encoder
        return largest(scores, cut_for(scores, self.k * x.shape[0]))

    def errors(self, rows: Rows, codes: NDArray[np.float32], words: Dictionary) -> list[float]:
        """Squared error with each prefix as a share of the squared length of the rows."""
        weighted = codes * rows.weights[:, None]
        along = np.einsum("ij,ij->j", weighted, rows.x @ words.decoder.T).astype(np.float64)
        moment = np.asarray((codes.T @ weighted) * (words.decoder @ words.decoder.T), dtype=np.float64)
        total = rows.x.shape[0] * rows.energy
        return [
            float(1.0 + (moment[:end, :end].sum() - 2.0 * along[:end].sum()) / total) for end in self.prefixes
        ]

    def gradients(
        self, x: NDArray[np.float32], weights: NDArray[np.float32], energy: float, words: Dictionary
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
        """Gradients for encoder and decoder, and how often each feature was active.

        Written out so that the batch meets four thin products only: residuals are never formed, since
        ``R D' = Z D D' - X D'`` for every prefix.
        """
        codes = self.codes(x, words)
        weighted = codes * weights[:, None]
        gram = words.decoder @ words.decoder.T
        along = x @ words.decoder.T
        moment = codes.T @ weighted
        to_codes = np.zeros_like(codes)
        pulled = np.zeros_like(moment)
        times = np.zeros(codes.shape[1], dtype=np.float32)
        share = np.float32(2.0 / (len(self.prefixes) * energy * x.shape[0]))
        for end in self.prefixes:
            to_codes[:, :end] += codes[:, :end] @ gram[:end, :end] - along[:, :end]
            pulled[:end, :end] += moment[:end, :end]
            times[:end] += 1.0
        active = codes != 0
        to_codes *= active
        to_codes *= weights[:, None]
        to_encoder = np.asarray(share * (x.T @ to_codes), dtype=np.float32)
        to_decoder = share * (pulled @ words.decoder - times[:, None] * (weighted.T @ x))
        return (
            to_encoder,
            np.asarray(to_decoder, dtype=np.float32),
            np.count_nonzero(active, axis=0).astype(np.int64),
        )


@dataclass(slots=True)
class _Adam:
    """Kingma and Ba (2015), algorithm 1."""

    rate: float
    first: list[NDArray[np.float32]] = field(default_factory=list)
    second: list[NDArray[np.float32]] = field(default_factory=list)
    steps: int = 0

    def step(self, values: list[NDArray[np.float32]], gradients: list[NDArray[np.float32]]) -> None:
        if not self.first:
            self.first = [np.zeros_like(value) for value in values]
            self.second = [np.zeros_like(value) for value in values]
        self.steps += 1
        rate = np.float32(self.rate * np.sqrt(1 - 0.999**self.steps) / (1 - 0.9**self.steps))
        for value, gradient, first, second in zip(values, gradients, self.first, self.second, strict=True):
            first += np.float32(0.1) * (gradient - first)
            second += np.float32(0.001) * (gradient * gradient - second)
            value -= rate * first / (np.sqrt(second) + np.float32(1e-8))


def descend(
    train: Rows,
    held_out: Rows,
    start: Dictionary,
    objective: Objective,
    rng: np.random.Generator,
    *,
    rate: float = 5e-3,
    epochs: int = 50,
    patience: int = 3,
    progress: Progress | None = None,
) -> tuple[Dictionary, list[dict[str, float]]]:
    """Train in batches until the held-out error stops falling; return the best dictionary and the epochs.

    Epoch 0 is the start itself. On sets of about 2,000 pairs it usually stays the best: gradient steps
    then only fit the training prompts (MT-Bench .815 before and after). On 6,000 planted pairs they
    lower the held-out error from .701 to .693.
    """
    words, adam = start.copy(), _Adam(rate)
    best, best_error, waited = words.copy(), float("inf"), 0
    history: list[dict[str, float]] = []
    n = train.x.shape[0]
    batch = min(n, 512 if n < 16_384 else 1024)
    for epoch in range(epochs + 1):
        if epoch:
            fired = np.zeros(words.encoder.shape[1], dtype=np.int64)
            order = rng.permutation(n)
            for first in range(0, n - batch + 1, batch):
                rows = order[first : first + batch]
                to_encoder, to_decoder, active = objective.gradients(
                    train.x[rows], train.weights[rows], train.energy, words
                )
                fired += active
                adam.step([words.encoder, words.decoder], [to_encoder, to_decoder])
                words.decoder /= np.linalg.norm(words.decoder, axis=1, keepdims=True)
            revive(train, words, objective, fired < _REVIVAL_SHARE * n, rng)
        codes = objective.codes(held_out.x, words)
        errors = objective.errors(held_out, codes, words)
        error = float(np.mean(errors))
        history.append(
            {"epoch": epoch, "held_out_loss": error, "held_out_error": errors[-1]}
            | {"dead": float((~codes.any(axis=0)).sum())}
        )
        if progress is not None:
            progress("autoencoder", epoch, epochs)
        waited = 0 if error < best_error - 1e-5 else waited + 1
        if waited == 0:
            best, best_error = words.copy(), error
        elif waited >= patience:
            break
    return best, history


def revive(
    rows: Rows, words: Dictionary, objective: Objective, dead: NDArray[np.bool_], rng: np.random.Generator
) -> None:
    """Point dead features at rows that the others reconstruct worst, in place.

    The auxiliary loss of the reference revives features through their positive activations only. Here a
    dead feature takes the direction of the residual of a row, drawn in proportion to its squared length;
    the sign of the row plays no part, as codes are signed.
    """
    if not dead.any() or dead.all():
        return
    codes = objective.codes(rows.x, words)
    codes[:, dead] = 0
    residual = rows.x - codes @ words.decoder
    lost = np.einsum("ij,ij->i", residual, residual).astype(np.float64) * rows.weights
    if np.count_nonzero(lost) < int(dead.sum()):
        return
    chosen = rng.choice(lost.size, size=int(dead.sum()), replace=False, p=lost / lost.sum())
    direction = residual[chosen] / np.linalg.norm(residual[chosen], axis=1, keepdims=True)
    reach = np.median(np.linalg.norm(words.encoder[:, ~dead], axis=0)).astype(np.float32)
    words.decoder[dead] = direction
    words.encoder[:, dead] = reach * direction.T


def reencode(
    train: Rows,
    held_out: Rows,
    words: Dictionary,
    objective: Objective,
    *,
    rounds: int = 5,
    tolerance: float = 0.005,
) -> Dictionary:
    """Let the encoder leave the decoder: alternate between sparse codes and the best detector of each.

    A direction reconstructs best along its own mean, but is detected best along the inverse covariance
    times that mean. Each round regresses the sparse codes on the differences (ridge), takes that as the
    encoder, and refits the decoder by least squares for all prefixes at once. A round is kept while the
    held-out loss stays within ``tolerance`` of the lowest seen. On two sets of planted content the mean
    correlation of a trait with its best feature rose from .45 to .51 and from .65 to .76, at the same error;
    on small sets (MT-Bench) the first round already costs .01 and is refused.
    """
    best = _loss(held_out, words, objective)
    weighted_x = train.x * train.weights[:, None]
    covariance = (train.x.T @ weighted_x).astype(np.float64)
    covariance[np.diag_indices_from(covariance)] += _RIDGE * np.trace(covariance) / covariance.shape[0]
    for _ in range(rounds):
        codes = objective.codes(train.x, words)
        if not codes.any(axis=0).all():
            break
        encoder = np.linalg.solve(covariance, weighted_x.T @ codes).astype(np.float32)
        scores = train.x @ encoder
        moment = scores.T @ (scores * train.weights[:, None])
        encoder /= np.sqrt(np.diag(moment) / train.x.shape[0])
        # What a standardised score explains alone is the size of its contribution to a reconstruction.
        encoder *= np.linalg.norm(weighted_x.T @ (train.x @ encoder), axis=0) / train.x.shape[0]
        fresh = Dictionary(encoder, words.decoder.copy())
        fresh.decoder = _least_squares_decoder(train, objective.codes(train.x, fresh), objective)
        fresh.normalise()
        loss = _loss(held_out, fresh, objective)
        if not loss < best + tolerance:
            break
        best, words = min(best, loss), fresh
    return words


def _loss(rows: Rows, words: Dictionary, objective: Objective) -> float:
    return float(np.mean(objective.errors(rows, objective.codes(rows.x, words), words)))


def _least_squares_decoder(
    rows: Rows, codes: NDArray[np.float32], objective: Objective
) -> NDArray[np.float32]:
    """The decoder that minimises the Matryoshka loss for given codes, in closed form."""
    weighted = codes * rows.weights[:, None]
    moment = (codes.T @ weighted).astype(np.float64)
    cross = (weighted.T @ rows.x).astype(np.float64)
    pulled, times = np.zeros_like(moment), np.zeros((moment.shape[0], 1))
    for end in objective.prefixes:
        pulled[:end, :end] += moment[:end, :end]
        times[:end] += 1.0
    pulled[np.diag_indices_from(pulled)] += 1e-3 * np.trace(pulled) / pulled.shape[0]
    return np.linalg.solve(pulled, times * cross).astype(np.float32)
