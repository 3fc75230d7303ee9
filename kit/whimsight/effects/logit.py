"""Logistic regression by Newton's method, and by Firth's when the likelihood has no maximum."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Fit", "fit_firth", "fit_logit", "scaled_inverse", "sigmoid"]

_STEPS = 50
_TOLERANCE = 1e-9
_LARGEST = 30.0
_WORST_CONDITION = 1e10


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted model, as much of it as variances need.

    Attributes
    ----------
    theta : ndarray
        float64 (p,): coefficients, the intercept first.
    design : ndarray
        float64 (m, p). The score of a row is ``residual * design``, its information
        ``curve * outer(design, design)``; m is n, or 2 n where a row has two parts (Davidson).
    residual, curve, weights : ndarray
        float64 (m,); the first two include the weights.
    inverse : ndarray
        float64 (p, p): of the summed information.
    """

    theta: NDArray[np.float64]
    design: NDArray[np.float64]
    residual: NDArray[np.float64]
    curve: NDArray[np.float64]
    weights: NDArray[np.float64]
    inverse: NDArray[np.float64]


def fit_logit(
    X: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    *,
    start: NDArray[np.float64] | None = None,
) -> Fit | None:
    """Fit P(y = 1) = sigmoid(X theta) by maximum likelihood.

    Parameters
    ----------
    X : ndarray
        float64 (n, p), a column of ones first, columns of comparable size.
    y : ndarray
        float64 (n,), between 0 and 1.
    weights : ndarray
        float64 (n,).
    start : ndarray, optional
        float64 (p,).

    Returns
    -------
    Fit or None
        None when there is no maximum: separation (a column tells all votes apart) or collinearity.

    Examples
    --------
    >>> fit = fit_logit(np.ones((4, 1)), np.array([1.0, 1.0, 1.0, 0.0]), np.ones(4))
    >>> round(float(fit.theta[0]), 4)       # log(3 / 1)
    1.0986
    """
    theta = np.zeros(X.shape[1]) if start is None else start
    loss = np.inf
    step = np.zeros_like(theta)
    for _ in range(_STEPS):
        eta = X @ theta
        now = float(weights @ (np.logaddexp(0.0, eta) - y * eta))
        if now > loss + 1e-9 * abs(loss):  # Newton overshot
            step = step / 2
            theta = theta - step
            continue
        loss = now
        mean = sigmoid(eta)
        residual = weights * (y - mean)
        curve = weights * mean * (1 - mean)
        inverse = scaled_inverse(X.T @ (curve[:, None] * X))
        if inverse is None or np.abs(theta).max() > _LARGEST:
            return None
        step = inverse @ (X.T @ residual)
        if np.abs(step).max() < _TOLERANCE:
            return Fit(theta, X, residual, curve, weights, inverse)
        theta = theta + step
    return None


def fit_firth(X: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Fit | None:
    """Maximise the likelihood penalised by Jeffreys' prior, which is finite under separation too.

    Firth (1993); Heinze and Schemper (2002): residuals become y - p + h (1/2 - p) with the leverage h.
    Weights count as observations.
    """
    theta = np.zeros(X.shape[1])
    for _ in range(4 * _STEPS):
        mean = sigmoid(X @ theta)
        curve = weights * mean * (1 - mean)
        inverse = scaled_inverse(X.T @ (curve[:, None] * X))
        if inverse is None:
            return None
        leverage = curve * np.einsum("ij,ij->i", X @ inverse, X)
        residual = weights * (y - mean) + leverage * (0.5 - mean)
        step = inverse @ (X.T @ residual)
        largest = float(np.abs(step).max())
        if largest < 1e-7:
            return Fit(theta, X, weights * (y - mean), curve, weights, inverse)
        theta = theta + step * min(1.0, 2.0 / largest)
    return None


def scaled_inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Invert a positive definite matrix; None if it is singular once its diagonal is scaled to ones."""
    diagonal = np.diag(matrix)
    if not (np.isfinite(diagonal).all() and (diagonal > 1e-300).all()):
        return None
    scale = np.sqrt(diagonal)
    scaled = matrix / np.outer(scale, scale)
    try:
        inverse = np.linalg.inv(scaled)
    except np.linalg.LinAlgError:
        return None
    if np.abs(inverse).max() * np.abs(scaled).max() > _WORST_CONDITION:
        return None
    return np.asarray(inverse / np.outer(scale, scale))


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return 1 / (1 + exp(-x)) without overflow."""
    return np.asarray(0.5 * (1 + np.tanh(0.5 * x)))
