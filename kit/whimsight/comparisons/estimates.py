"""What each slice says of each feature, and how far the slices' estimates hang together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Estimates"]


@dataclass(frozen=True, slots=True)
class Estimates:
    """One quantity (delta-win, beta, a prevalence) of F features in K slices.

    Attributes
    ----------
    value : ndarray
        float64 (K, F); NaN where a slice says nothing of a feature.
    covariance : ndarray
        float64 (F, K, K), positive semidefinite over the slices with a value: the squared standard errors, and
        beside the diagonal what slices that share prompts or annotators have in common. NaN in the rows and columns
        of slices without a value.
    degrees : ndarray
        float64 (K, F): degrees of freedom of each value's t interval; NaN where there is none.
    """

    value: NDArray[np.float64]
    covariance: NDArray[np.float64]
    degrees: NDArray[np.float64]

    @property
    def se(self) -> NDArray[np.float64]:
        """Standard errors, float64 (K, F)."""
        return np.sqrt(np.einsum("jkk->kj", self.covariance))

    @property
    def p(self) -> NDArray[np.float64]:
        """Two-sided p against 0, float64 (K, F)."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stdtr(self.degrees, -np.abs(self.value / self.se)))

    def reach(self, alpha: float = 0.05) -> NDArray[np.float64]:
        """Half the width of the interval of level 1 - ``alpha``, float64 (K, F)."""
        from scipy.special import stdtrit

        return np.asarray(stdtrit(self.degrees, 1 - alpha / 2) * self.se)
