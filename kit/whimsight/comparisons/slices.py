"""Slices: the parts of a study's rows that are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Slice"]


@dataclass(frozen=True, slots=True)
class Slice:
    """Some rows of a study, and the votes on them.

    Attributes
    ----------
    name : str
    rows : ndarray
        int64 (m,): positions in the study's pairs, rising.
    preference : ndarray
        float64 (m,): the votes on them, as `Pairs.preference`.
    """

    name: str
    rows: NDArray[np.int64]
    preference: NDArray[np.float64]
