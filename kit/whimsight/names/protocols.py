"""Who drafts names and who judges them: a person, a language model or a formula behind one protocol."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Candidate", "Describer", "Evidence", "Judge"]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a describer sees of a feature: pairs turned so that the side with more comes first.

    Attributes
    ----------
    more, less : ndarray
        int64 (m,): positions of the texts with more and with less of the feature.
    strength : ndarray
        float32 (m,): ``|code|`` of each pair.
    prompt : ndarray
        int64 (m,): pairs with the same number share a prompt.
    near : ndarray
        int64 (k, 2): near misses, texts A and B of pairs that are like these in other features but in which
        this one is not active.
    near_prompt : ndarray
        int64 (k,): what they answer, as ``prompt``.
    """

    more: NDArray[np.int64]
    less: NDArray[np.int64]
    strength: NDArray[np.float32]
    prompt: NDArray[np.int64]
    near: NDArray[np.int64] = field(default_factory=lambda: np.empty((0, 2), dtype=np.int64))
    near_prompt: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, dtype=np.int64))


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name that somebody proposes for a feature.

    Attributes
    ----------
    name : str
        One short line: what the response with more of the feature has more of.
    kind : str
        ``"attribute"``, ``"phrases"`` or ``"together"`` for formulas, ``"concept"`` where the name and the note
        are all there is.
    terms : tuple of str
        The attribute's id, or the phrases.
    sign : int
        1, or -1 when the name fits the other end of the feature.
    note : str
        The long form.
    parts : tuple of Candidate
        What a name for two things together is made of.
    """

    name: str
    kind: str
    terms: tuple[str, ...]
    sign: int = 1
    note: str = field(default="", compare=False)
    parts: tuple[Candidate, ...] = ()


class Describer(Protocol):
    """Proposes names from evidence."""

    def describe(self, evidence: Sequence[Evidence]) -> list[list[Candidate]]:
        """Return candidates for each feature, the likeliest first; an empty list where nothing fits."""
        ...


class Judge(Protocol):
    """Says which of two responses has more of what a candidate names."""

    def judge(self, candidate: Candidate, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return float64 (m,): 1 where text ``a`` has more, -1 where ``b`` has, 0 where neither.

        NaN stands for no answer; a failure is never a tie.
        """
        ...
