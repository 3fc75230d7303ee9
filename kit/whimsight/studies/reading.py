"""Pairs to read and pairs to be tested on: pages of examples, quickly, from a study of any size."""

from __future__ import annotations

from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import PairsError, StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from whimsight.pairs import Pairs
    from whimsight.studies._study import Study
    from whimsight.studies.settings import Settings

__all__ = ["HELD_OUT", "Reading", "Shown", "held_out_rows", "reading_split"]

HELD_OUT = 0.3
"""Share of the rows that nobody reads before being tested on them."""


def reading_split(study: Study) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Part the rows of a study into those to read and those to be tested on blindly.

    Rows that share a prompt, a conversation or one of the study's groups stay together.

    Returns
    -------
    (reading, held_out) : tuple of ndarray
        int64 row positions, increasing. Where all rows hang together nothing is held out.

    Examples
    --------
    >>> reading, held_out = reading_split(study)    # doctest: +SKIP
    """
    held_out = held_out_rows(study.pairs, study.settings)
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def held_out_rows(pairs: Pairs, settings: Settings) -> NDArray[np.bool_]:
    """Return which rows nobody reads before being tested on them, bool (n_pairs,).

    Formulas' drafts are not suggested or chosen by them either, so that a blind test of a draft is one.
    """
    out = np.zeros(len(pairs), dtype=np.bool_)
    with suppress(PairsError):  # one group of rows: no part of it is independent of the rest
        out[pairs.split(HELD_OUT, seed=settings.seed, columns=settings.groups)[1]] = True
    return out


@dataclass(frozen=True, slots=True)
class Shown:
    """One pair, turned so that the response with more of the feature, as found, comes first.

    Attributes
    ----------
    row : int
        Position in the pairs.
    more_is : str
        "A" or "B".
    code : float
        ``|code|``.
    preferred : float or None
        Share of the votes for the response with more, ties half; None without votes.
    votes : int
    """

    row: int
    more_is: str
    code: float
    preferred: float | None
    votes: int


class Reading:
    """Finds examples of features; what all features share is computed once.

    A pair that several people voted on is one candidate, whichever side its responses stood on.

    Parameters
    ----------
    study : Study

    Attributes
    ----------
    read, held_out : ndarray
        int64: the first row of each pair to read, and of each that blind tests ask about.

    Examples
    --------
    >>> reading = Reading(study)                                        # doctest: +SKIP
    >>> reading.rows("m_bullets", {"kind": "top"})[:3]                  # doctest: +SKIP
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.matchup, self.swapped = study.pairs.matchups()
        self._to_read, held_out = reading_split(study)
        self.read, self.held_out = self._first(self._to_read), self._first(held_out)
        self._count(study.pairs.preference)

    def part(self, rows: NDArray[np.int64], preference: NDArray[np.float64]) -> Reading:
        """Return the reading of some rows alone, with votes of their own.

        What is held out is what is held out of the whole.

        Parameters
        ----------
        rows : ndarray
            int64 (m,), rising.
        preference : ndarray
            float64 (m,): the votes that are shown; no other row's count.
        """
        other = copy(self)
        other.__dict__.pop("columns", None)
        other.read = self._first(np.intersect1d(rows, self._to_read, assume_unique=True))
        votes = np.full(len(self.study.pairs), np.nan)
        votes[rows] = preference
        other._count(votes)
        return other

    def _count(self, preference: NDArray[np.float64]) -> None:
        """Add up the votes on each pair, for the response that comes first in it."""
        for_first = np.where(self.swapped, 1.0 - preference, preference)
        cast = np.flatnonzero(np.isfinite(preference))
        size = int(self.matchup.max(initial=-1)) + 1
        self._total = np.bincount(self.matchup[cast], weights=for_first[cast], minlength=size)
        self._votes = np.bincount(self.matchup[cast], minlength=size)

    def _first(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the first row of each distinct pair among some rows."""
        _, first = np.unique(self.matchup[rows], return_index=True)
        return np.asarray(rows[np.sort(first)], dtype=np.int64)

    def code(self, feature: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """Return signed codes as found, float32 (n_rows,): what people turned round is not turned here."""
        study = self.study
        return np.asarray(study.pair_codes[study.pair_of_row[rows], study.column(feature)])

    @cached_property
    def columns(self) -> NDArray[np.float32]:
        """Codes of the pairs to read, float32 (n_read, n_features), each feature in one piece of memory."""
        study = self.study
        return np.asfortranarray(study.pair_codes[study.pair_of_row[self.read]])

    def top(self, column: int, n: int) -> NDArray[np.int64]:
        """Return the rows with the largest ``|code|`` of a feature, int64 (<= n,), without sorting all."""
        size = np.abs(self.columns[:, column])
        if 0 < n < size.size:
            least = max(float(np.partition(size, size.size - n)[size.size - n]), np.finfo(np.float32).tiny)
        else:
            least = np.finfo(np.float32).tiny
        chosen = np.flatnonzero(size >= least)
        return np.asarray(self.read[chosen[np.argsort(-size[chosen], kind="stable")[:n]]], dtype=np.int64)

    def rows(self, feature: str, where: Mapping[str, Any]) -> NDArray[np.int64]:
        """Return all the rows to read that ``where`` describes, in the order in which they are shown.

        Parameters
        ----------
        feature : str
        where : mapping
            ``{"kind": "top"}``; ``{"kind": "random", "seed": 3}``; ``{"kind": "quantile", "low": 0.4,
            "high": 0.6}`` of ``|code|`` among the active; ``{"kind": "range", "low": -2, "high": -1}`` of
            signed codes. The largest ``|code|`` comes first, but at random where ``random`` is asked.

        Raises
        ------
        StudyError
            For another kind, or bounds that are not numbers in order.
        """
        code = self.columns[:, self.study.column(feature)]
        active = np.flatnonzero(code)
        size = np.abs(code[active])
        kind = where.get("kind")
        if kind == "random":
            seed = _number(where, "seed")
            shuffled = np.random.default_rng(abs(int(seed))).permutation(active)
            return np.asarray(self.read[shuffled], dtype=np.int64)
        if kind == "quantile":
            low, high = _bounds(where)
            rank = np.empty(active.size)
            rank[np.argsort(size, kind="stable")] = (np.arange(active.size) + 0.5) / max(active.size, 1)
            active = active[(rank >= low) & (rank <= high)]
        elif kind == "range":
            low, high = _bounds(where)
            active = active[(code[active] >= low) & (code[active] <= high)]
        elif kind != "top":
            raise StudyError(f"Examples come from 'top', 'random', 'quantile' or 'range'; found {kind!r}.")
        order = np.argsort(-np.abs(code[active]), kind="stable")
        return np.asarray(self.read[active[order]], dtype=np.int64)

    def show(self, feature: str, rows: NDArray[np.int64]) -> list[Shown]:
        """Turn rows so that the response with more comes first, with what people chose."""
        code = self.code(feature, rows)
        votes = self._votes[self.matchup[rows]]
        share = np.divide(self._total[self.matchup[rows]], votes, out=np.zeros(rows.size), where=votes > 0)
        share = np.where(self.swapped[rows] == (code > 0), 1.0 - share, share)
        return [
            Shown(int(row), "A" if z > 0 else "B", abs(float(z)), float(s) if v else None, int(v))
            for row, z, s, v in zip(rows, code, share, votes, strict=True)
        ]


def _number(where: Mapping[str, Any], key: str) -> float:
    value = where.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not np.isfinite(value):
        raise StudyError(f"Examples by {where.get('kind')!r} need the number {key!r}; found {value!r}.")
    return float(value)


def _bounds(where: Mapping[str, Any]) -> tuple[float, float]:
    low, high = _number(where, "low"), _number(where, "high")
    if low > high:
        raise StudyError(f"'low' must not exceed 'high'; found {low:g} and {high:g}.")
    return low, high
