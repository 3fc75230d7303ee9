"""Where training starts: directions along which the differences are furthest from Gaussian.

Why not random directions or principal components (30 % of the prompts held out, M = 32, four active, error
as a share of the squared length; MiniLM): principal components .853 on MT-Bench, random rows .852 after
training, independent components .815; creative writing .881, .912, .844; HH .814, .818, .805; convincing
arguments .885, .880, .855. Of twelve content traits planted in real responses the principal components find
3, independent components 5, and 6 after training.
"""

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
    weights: NDArray[np.float32],
    rng: np.random.Generator,
    *,
    iterations: int = 100,
    tolerance: float = 1e-3,
) -> NDArray[np.float32]:
    """Find as many directions as there are columns, each as far from Gaussian as possible.

    The symmetric fixed point of Hyvärinen (1999, "Fast and robust fixed-point algorithms for independent
    component analysis", equation 20) with ``g = tanh``. As ``g`` is odd the sign of a row does not matter,
    and no centring is needed. The cube costs error (.705 against .701) and finds fewer planted traits;
    ``u exp(-u²/2)`` gives the same error and traits, but recurs less (HH .36 against .38, MT-Bench .29
    against .32).

    Parameters
    ----------
    white : ndarray of float32 (n, r)
        Data with identity second moment.
    weights : ndarray of float32 (n,)
    rng : Generator
        Draws the rotation from which the search starts.
    iterations, tolerance
        Stop after so many rounds, or when no component turns by more (one minus the cosine).

    Returns
    -------
    ndarray of float32 (r, r)
        Orthonormal, one direction a column; ``white @ result`` are the components.
    """
    share = (weights / weights.sum()).astype(np.float32)
    weighted = white * share[:, None]
    rotation = _orthogonal(rng.standard_normal((white.shape[1], white.shape[1]), dtype=np.float32))
    for _ in range(iterations):
        component = white @ rotation
        np.tanh(component, out=component)
        slope = 1.0 - share @ (component * component)
        fresh = _orthogonal(weighted.T @ component - rotation * slope)
        turned = 1.0 - float(np.min(np.abs(np.sum(fresh * rotation, axis=0))))
        rotation = fresh
        if turned < tolerance:
            break
    return rotation
