"""Votes of somebody, as codes and choices."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.pairs import Pairs
    from whimsight.personalization._personalization import Personalization

__all__ = ["evidence", "standardised"]


def standardised(people: Personalization, rows: Any) -> NDArray[np.float64]:
    """Return the codes of rows of ``people.study.pairs`` in standard deviations, as computed: float64 (n, F).

    Raises
    ------
    StudyError
        For a row that is not there.
    """
    where = np.atleast_1d(np.asarray(rows))
    n = len(people.study.pairs)
    if where.size and where.dtype.kind not in "iu":
        raise StudyError(f"Rows are positions in the study's pairs, 0 to {n - 1:,}; found {where.flat[0]!r}.")
    where = where.astype(np.int64)
    bad = where[(where < 0) | (where >= n)]
    if bad.size:
        raise StudyError(f"Row {int(bad[0])} is not in the study's pairs; they have the rows 0 to {n - 1:,}.")
    unit = people.ballots.unit
    raw = people.study.pair_codes[people.study.pair_of_row[where]].astype(np.float64)
    out: NDArray[np.float64] = np.divide(raw, unit, out=np.zeros_like(raw), where=unit > 0)
    return out


def evidence(
    people: Personalization, given: Any, choices: Any = None, *, embedder: Any = None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return codes (k, F), as computed, and choices (k,) of the decided votes among those given.

    Parameters
    ----------
    people : Personalization
    given : sequence of int, mapping from row to choice, or Pairs
        See `Personalization.new_person`.
    choices : sequence of float
        1 (A), 0 (B), .5 (tie) or NaN.
    embedder : str, Embedder or callable, optional
        For pairs whose texts are not in the study.

    Raises
    ------
    StudyError
        If rows and choices do not fit together.
    """
    from whimsight.pairs import Pairs

    if isinstance(given, Pairs):
        X, y = _codes_of(people, given, embedder), given.preference
    else:
        rows, said = _split(given, choices)
        try:
            y = np.atleast_1d(np.asarray(said, dtype=np.float64))
        except (TypeError, ValueError):
            raise StudyError(
                f"A choice is 1 (A), 0 (B), 0.5 (tie) or NaN (no vote); found {said!r:.60}."
            ) from None
        X = standardised(people, rows)
    if y.shape != (X.shape[0],):
        raise StudyError(
            f"{X.shape[0]} rows were judged, but there are {y.size} choices. Give one choice a row."
        )
    decided = np.isfinite(y) & (y != 0.5)
    odd = y[decided & (y != 0) & (y != 1)]
    if odd.size:
        raise StudyError(f"A choice is 1 (A), 0 (B), 0.5 (tie) or NaN (no vote); found {odd[0]:g}.")
    return X[decided], y[decided]


def _split(given: Any, choices: Any) -> tuple[Any, Any]:
    if choices is not None:
        return given, choices
    if isinstance(given, pd.Series):
        return given.index.to_numpy(), given.to_numpy()
    if isinstance(given, Mapping):
        return list(given.keys()), list(given.values())
    raise StudyError("Votes are the rows that were judged and the choices: 1 for A, 0 for B.")


def _codes_of(people: Personalization, pairs: Pairs, embedder: Any) -> NDArray[np.float64]:
    """Codes of pairs: the study's own where it holds the two responses, in either order, else computed anew."""
    columns = ["prompt", "response_a", "response_b"]
    ours, theirs = people.study.pairs.frame[columns], pairs.frame[columns]
    known = ours.assign(row=np.arange(len(ours))).drop_duplicates(columns)
    turned = known.rename(columns={"response_a": "response_b", "response_b": "response_a"})
    straight = theirs.merge(known, on=columns, how="left")["row"].to_numpy(dtype=np.float64)
    other = theirs.merge(turned, on=columns, how="left")["row"].to_numpy(dtype=np.float64)
    row = np.where(np.isfinite(straight), straight, other)
    found = np.isfinite(row)
    X = np.zeros((len(theirs), len(people.features)))
    X[found] = standardised(people, row[found].astype(np.int64))
    X[found & ~np.isfinite(straight)] *= -1
    if not found.all():
        X[~found] = _anew(people, theirs[~found], embedder)
    return X


def _anew(people: Personalization, texts: pd.DataFrame, embedder: Any) -> NDArray[np.float64]:
    """Codes of responses that the study has not seen, by what a reward knows of its features."""
    from whimsight.personalization._reward.sets import read_pairs
    from whimsight.personalization.reward import Reward

    every = np.ones(len(people.features))
    reward = Reward.from_study(people.study, every, unit=people.ballots.unit, embedder=embedder)
    prompts, a, b = (texts[column].tolist() for column in texts.columns)
    X = np.zeros((len(texts), every.size))
    X[:, people.features.get_indexer(pd.Index(reward.ids))] = (
        read_pairs(reward, prompts, a, b) * reward.per_code
    )
    return X * people.sign
