"""What a measured attribute is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes.page import Matches, Page

__all__ = ["Attribute"]


@dataclass(frozen=True)
class Attribute:
    """A cheap, documented, deterministic property of a text.

    Attributes
    ----------
    id : str
        Stable id, ``m_`` and a word.
    name : str
        What more of it means, for example "bullet points".
    formula : str
        How the value is computed, in plain words.
    unit : str
        Unit of the value.
    phrase : str
        Completes "the response that people preferred ...".
    value : callable
        From a page to float64 (n_texts,).
    matches : callable or None
        Where it occurs on a page; None for what belongs to a text as a whole.
    """

    id: str
    name: str
    formula: str
    unit: str
    phrase: str
    value: Callable[[Page], NDArray[np.float64]] = field(repr=False, compare=False)
    matches: Callable[[Page], Matches] | None = field(default=None, repr=False, compare=False)
