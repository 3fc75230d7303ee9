"""Logistic regressions with few columns, and the influence of each row on their coefficients."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "fit_davidson", "fit_logit"]

_STEPS = 40
_TOLERANCE = 1e-10
_LARGEST = 30.0  # a coefficient beyond this on a standardised column means separation


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model.

    Attributes
    ----------
    theta : ndarray
        float64 (p,): coefficients, the intercept first.
    influence : ndarray
        float64 (n, p): how far each row moved each coefficient; their sum is 0, and the variance of
        their (cluster) sums is the sandwich variance of ``theta``.
    converged : bool
        False under separation, collinearity or failure to converge.
    """

    theta: NDArray[np.float64]
    influence: NDArray[np.float64]
    converged: bool


def fit_logit(X: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Fit:
    """Fit P(y = 1) = sigmoid(X theta) by Newton's method.

    Parameters
    ----------
    X : ndarray
        float64 (n, p), a column of ones first.
    y : ndarray
        float64 (n,), between 0 and 1.
    weights : ndarray
        float64 (n,).
    """
    theta = np.zeros(X.shape[1])
    failed = Fit(np.full(X.shape[1], np.nan), np.zeros_like(X), converged=False)
    for _ in range(_STEPS):
        mean = _sigmoid(X @ theta)
        curve = weights * mean * (1 - mean)
        hessian = X.T @ (curve[:, None] * X)
        score = X.T @ (weights * (y - mean))
        step = _solve(hessian, score)
        if step is None:
            return failed
        theta = theta + step
        if np.abs(theta).max() > _LARGEST:
            return failed
        if np.abs(step).max() < _TOLERANCE:
            mean = _sigmoid(X @ theta)
            hessian = X.T @ ((weights * mean * (1 - mean))[:, None] * X)
            scores = X * (weights * (y - mean))[:, None]
            inverse = _solve(hessian, np.eye(theta.size))
            return failed if inverse is None else Fit(theta, scores @ inverse, converged=True)
    return failed


def fit_davidson(X: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Fit:
    """Fit Davidson's model of ties.

    With u = X theta / 2: P(A) = e^u / D, P(B) = e^-u / D, P(tie) = nu / D, D = e^u + e^-u + nu (Davidson
    1970, equation 2.1, in log odds), so that theta is the log odds of A against B among decided votes.

    Parameters
    ----------
    y : ndarray
        float64 (n,): 1, 0.5 (tie) or 0.

    Returns
    -------
    Fit
        ``theta`` is (p + 1,): the coefficients, then log nu.
    """
    p = X.shape[1]
    tie = y == 0.5
    theta = np.zeros(p + 1)
    theta[-1] = np.log(max(tie.mean(), 1e-3) * 2 / max(1 - tie.mean(), 1e-3))
    failed = Fit(np.full(p + 1, np.nan), np.zeros((X.shape[0], p + 1)), converged=False)
    side = np.where(tie, 0.0, np.where(y > 0.5, 1.0, -1.0))
    half = X / 2
    for _ in range(_STEPS):
        m, t = _davidson_moments(half @ theta[:p], theta[-1])
        scores = np.column_stack([half * (side - m)[:, None], tie - t]) * weights[:, None]
        hessian = _davidson_hessian(half, m, t, weights)
        step = _solve(hessian, scores.sum(axis=0))
        if step is None:
            return failed
        size = np.abs(step).max()
        theta = theta + step * min(1.0, 5.0 / max(size, 1e-12))
        if np.abs(theta).max() > _LARGEST:
            return failed
        if size < _TOLERANCE:
            m, t = _davidson_moments(half @ theta[:p], theta[-1])
            scores = np.column_stack([half * (side - m)[:, None], tie - t]) * weights[:, None]
            inverse = _solve(_davidson_hessian(half, m, t, weights), np.eye(p + 1))
            return failed if inverse is None else Fit(theta, scores @ inverse, converged=True)
    return failed


def _davidson_moments(
    u: NDArray[np.float64], log_nu: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the side (+1, -1, 0) and probability of a tie."""
    top = np.maximum(np.abs(u), log_nu)
    a, b, nu = np.exp(u - top), np.exp(-u - top), np.exp(log_nu - top)
    total = a + b + nu
    return (a - b) / total, nu / total


def _davidson_hessian(
    half: NDArray[np.float64], m: NDArray[np.float64], t: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    p = half.shape[1]
    hessian = np.empty((p + 1, p + 1))
    hessian[:p, :p] = half.T @ ((weights * (1 - t - m * m))[:, None] * half)
    hessian[:p, p] = hessian[p, :p] = half.T @ (weights * -m * t)
    hessian[p, p] = (weights * t * (1 - t)).sum()
    return hessian


def _solve(matrix: NDArray[np.float64], right: NDArray[np.float64]) -> NDArray[np.float64] | None:
    scale = np.sqrt(np.maximum(np.diag(matrix), 0))
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        return None
    scaled = matrix / np.outer(scale, scale)
    if np.linalg.cond(scaled) > 1e10:
        return None
    solved = np.linalg.solve(scaled, (right.T / scale).T)
    return np.asarray((solved.T / scale).T)


def _sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))
