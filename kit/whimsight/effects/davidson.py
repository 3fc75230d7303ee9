"""Davidson's model of ties."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.logit import Fit, scaled_inverse

__all__ = ["fit_davidson"]

_STEPS = 60
_TOLERANCE = 1e-9
_LARGEST = 30.0


def fit_davidson(X: NDArray[np.float64], y: NDArray[np.float64], weights: NDArray[np.float64]) -> Fit | None:
    """Fit a logit that knows ties.

    With u = X theta / 2: P(A) = e^u / D, P(B) = e^-u / D, P(tie) = nu / D, D = e^u + e^-u + nu (Davidson
    1970, equation 2.1, in log odds; nu is his), so that theta is the log odds of A against B among decided
    votes and P(tie) = nu sqrt(P(A) P(B)).

    Parameters
    ----------
    X : ndarray
        float64 (n, p), a column of ones first.
    y : ndarray
        float64 (n,): 1, 0.5 (tie) or 0.
    weights : ndarray
        float64 (n,).

    Returns
    -------
    Fit or None
        ``theta`` is (p + 1,): the coefficients, then log nu. Each row has two parts (see `Fit`): the
        Cholesky factors of its 2 x 2 covariance of side and tie. None when there is no maximum.
    """
    p = X.shape[1]
    half = X / 2
    tie = (y == 0.5).astype(np.float64)
    side = np.where(y == 0.5, 0.0, np.where(y > 0.5, 1.0, -1.0))
    theta = np.zeros(p + 1)
    share = float(weights @ tie / weights.sum())
    theta[-1] = np.log(2 * max(share, 1e-3) / max(1 - share, 1e-3))
    for _ in range(_STEPS):
        mean, ties = _moments(half @ theta[:p], float(theta[-1]))
        lower = _factors(mean, ties)
        design = np.vstack(
            [
                np.column_stack([half * lower[0][:, None], lower[1]]),
                np.column_stack([np.zeros_like(half), lower[2]]),
            ]
        )
        first = (side - mean) / lower[0]
        second = (tie - ties - lower[1] * first) / lower[2]
        doubled = np.concatenate([weights, weights])
        residual = doubled * np.concatenate([first, second])
        inverse = scaled_inverse(design.T @ (doubled[:, None] * design))
        if inverse is None or np.abs(theta).max() > _LARGEST:
            return None
        step = inverse @ (design.T @ residual)
        largest = float(np.abs(step).max())
        if largest < _TOLERANCE:
            return Fit(theta, design, residual, doubled, doubled, inverse)
        theta = theta + step * min(1.0, 4.0 / largest)
    return None


def _moments(u: NDArray[np.float64], log_nu: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the side (+1, -1, 0 for a tie), and probability of a tie."""
    top = np.maximum(np.abs(u), log_nu)
    a, b, nu = np.exp(u - top), np.exp(-u - top), np.exp(log_nu - top)
    total = a + b + nu
    return (a - b) / total, nu / total


def _factors(
    mean: NDArray[np.float64], ties: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Cholesky factor (l11, l21, l22) of [[1 - t - m^2, -m t], [-m t, t (1 - t)]], row by row."""
    tiny = 1e-12
    first = np.sqrt(np.maximum(1 - ties - mean * mean, tiny))
    cross = -mean * ties / first
    second = np.sqrt(np.maximum(ties * (1 - ties) - cross * cross, tiny))
    return first, cross, second
