"""Ridge logistic regression along a path of penalties, from one Gram matrix."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["PENALTIES", "RidgePath", "log_loss"]

PENALTIES: tuple[float, ...] = tuple(float(v) for v in np.geomspace(3e-4, 3.0, 9))
"""Penalties per row, from hardly any to nearly everything, for columns of unit root mean square."""

_STEPS = 60
_TOLERANCE = 1e-4


@dataclass(frozen=True, slots=True)
class RidgePath:
    """Coefficients for each penalty.

    Attributes
    ----------
    coefficients : ndarray
        float64 (n_penalties, p).
    intercepts : ndarray
        float64 (n_penalties,): position bias, not penalised.
    scale : ndarray
        float64 (p,): root mean square of the columns in training, over their stretch.
    """

    coefficients: NDArray[np.float64]
    intercepts: NDArray[np.float64]
    scale: NDArray[np.float64]

    @classmethod
    def fit(
        cls,
        X: NDArray[np.float32],
        y: NDArray[np.float64],
        weights: NDArray[np.float64],
        penalties: tuple[float, ...] = PENALTIES,
        *,
        gram: NDArray[np.float64] | None = None,
        stretch: NDArray[np.float64] | None = None,
    ) -> RidgePath:
        """Fit the whole path with warm starts, the strongest penalty first.

        Parameters
        ----------
        X : ndarray
            float32 (n, p). Columns are divided by their root mean square, not centred, so that swapping A
            and B in a row turns its features round and nothing else.
        y, weights : ndarray
            float64 (n,).
        gram : ndarray, optional
            float64 (p, p): ``X.T @ (weights * X)``, when it is known already.
        stretch : ndarray, optional
            float64 (p,): the penalty of a column is divided by its square.

        Notes
        -----
        Each step solves the quadratic that bounds the loss from above (Boehning and Lindsay 1988, theorem
        4.1: the curvature of the logistic function is at most 1/4), with one eigendecomposition for all
        penalties and steps, and Nesterov's momentum (restarted) on top. Near chance, where preferences
        live, the bound is tight and a few steps suffice.
        """
        total = weights.sum()
        gram = (X.T @ (weights[:, None].astype(np.float32) * X)).astype(np.float64) if gram is None else gram
        square = np.diag(gram) / total
        scale = np.sqrt(np.where(square > 1e-12, square, 1.0))
        if stretch is not None:
            scale = scale / stretch
        values, vectors = np.linalg.eigh(gram / total / np.outer(scale, scale) / 4)
        values = np.maximum(values, 0)
        beta, intercept = np.zeros(X.shape[1]), 0.0
        w = weights / total
        out, intercepts = [], []
        for penalty in sorted(penalties, reverse=True):
            beta, intercept = _solve(X, y, w, scale, values, vectors, penalty, beta, intercept)
            out.append(beta)
            intercepts.append(intercept)
        order = np.argsort(np.argsort(-np.asarray(penalties)))
        return cls(np.stack(out)[order], np.asarray(intercepts)[order], scale)

    def decision(self, X: NDArray[np.float32]) -> NDArray[np.float64]:
        """Log odds for A: float64 (n, n_penalties)."""
        weights = (self.coefficients / self.scale).T.astype(np.float32)
        return (X @ weights).astype(np.float64) + self.intercepts


def _solve(
    X: NDArray[np.float32],
    y: NDArray[np.float64],
    w: NDArray[np.float64],
    scale: NDArray[np.float64],
    values: NDArray[np.float64],
    vectors: NDArray[np.float64],
    penalty: float,
    beta: NDArray[np.float64],
    intercept: float,
) -> tuple[NDArray[np.float64], float]:
    at, at0, momentum = beta, intercept, 1.0
    for _ in range(_STEPS):
        eta = (X @ (at / scale).astype(np.float32)).astype(np.float64) + at0
        residual = w * (y - 0.5 * (1 + np.tanh(0.5 * eta)))
        gradient = (X.T @ residual.astype(np.float32)).astype(np.float64) / scale - penalty * at
        new = at + vectors @ ((vectors.T @ gradient) / (values + penalty))
        new0 = at0 + 4 * residual.sum()
        step, step0 = new - beta, new0 - intercept
        if step @ gradient < 0:  # the momentum overshot
            momentum = 1.0
        nxt = (1 + np.sqrt(1 + 4 * momentum**2)) / 2
        push = (momentum - 1) / nxt
        at, at0 = new + push * step, new0 + push * step0
        moved = np.sqrt(step @ step) + abs(step0)
        beta, intercept, momentum = new, float(new0), nxt
        if moved < _TOLERANCE * (1 + np.sqrt(beta @ beta)):
            break
    return beta, intercept


def log_loss(
    y: NDArray[np.float64], eta: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean logistic loss of log odds ``eta`` (n, m): float64 (m,)."""
    loss = np.logaddexp(0, eta) - y[:, None] * eta
    return np.asarray(weights @ loss / weights.sum())
