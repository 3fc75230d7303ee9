"""Independent components: directions along which the differences are furthest from Gaussian."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["independent_components"]


def _orthogonal(weights: NDArray[np.float32]) -> NDArray[np.float32]:
    left, _, right = np.linalg.svd(weights, full_matrices=False)
    return np.asarray(left @ right, dtype=np.float32)


def independent_components(
    white: NDArray[np.float32],
    start: NDArray[np.float32],
    *,
    iterations: int = 60,
    tolerance: float = 1e-3,
) -> NDArray[np.float32]:
    """Rotate white data to components that are as far from Gaussian as possible.

    The symmetric fixed point of Hyvärinen (1999, "Fast and robust fixed-point algorithms for independent
    component analysis", equation 20) with ``g = tanh``. As ``g`` is odd, the sign of a row does not
    matter, and no centring is needed.

    Parameters
    ----------
    white : ndarray of float32 (n, r)
        Data with identity second moment.
    start : ndarray of float32 (r, m)
        Where the rotation begins; orthonormalised first.
    iterations, tolerance
        Stop after so many rounds, or when no component turns by more (one minus the cosine).

    Returns
    -------
    ndarray of float32 (r, m)
        Orthonormal columns.
    """
    n = white.shape[0]
    weights = _orthogonal(start)
    for _ in range(iterations):
        bent = np.tanh(white @ weights)
        slope = 1.0 - np.mean(bent * bent, axis=0)
        fresh = _orthogonal(white.T @ bent / np.float32(n) - weights * slope)
        turned = 1.0 - np.min(np.abs(np.sum(fresh * weights, axis=0)))
        weights = fresh
        if turned < tolerance:
            break
    return weights
