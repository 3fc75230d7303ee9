"""Whether standing first helps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from whimsight.effects.logit import fit_logit, sigmoid
from whimsight.effects.rows import standardise, votes
from whimsight.effects.spread import Correction, spread
from whimsight.errors import FitError

__all__ = ["PositionBias", "position_bias"]


@dataclass(frozen=True, slots=True)
class PositionBias:
    """How often A would win if the responses were equal.

    Attributes
    ----------
    share, low, high : float
        Probability that A is preferred at equal features, with its interval; 0.5 is no bias.
    p : float
        Test of 0.5.
    """

    share: float
    low: float
    high: float
    p: float


def position_bias(
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
    correction: Correction = "CR2",
) -> PositionBias | None:
    """Estimate the intercept of a logit on the controls, which are differences and so 0 at equality.

    Parameters
    ----------
    preference, clusters, controls, weights, correction
        As in `effects`; ties are left out.

    Returns
    -------
    PositionBias or None
        None without labels, when they are all the same, or when the controls separate them.

    Examples
    --------
    >>> votes = np.array([1.0] * 60 + [0.0] * 40)
    >>> round(position_bias(votes, clusters=[np.arange(100)]).share, 3)
    0.6
    """
    try:
        used = votes(preference, clusters=clusters, controls=controls, weights=weights)
    except FitError:
        if np.unique(preference[np.isfinite(preference) & (preference != 0.5)]).size > 1:
            raise
        return None
    if used is None or used.clusters.fewest < 2:
        return None
    X, scale = standardise(used.controls)
    fit = fit_logit(np.column_stack([np.ones(used.y.size), X[:, scale > 0]]), used.y, used.weights)
    if fit is None:
        return None
    found = spread(fit, np.eye(fit.theta.size)[:, :1], used.clusters, correction=correction)
    a, reach = fit.theta[:1], found.reach(alpha)
    low, share, high = (float(sigmoid(v)[0]) for v in (a - reach, a, a + reach))
    return PositionBias(share, low, high, float(found.p(a)[0]))
