"""Which pairs show a feature, and how they are laid out for reading."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.pairs import Pairs

__all__ = ["Where", "choose_rows", "turn_examples"]

Where = Literal["top", "random"] | tuple[float, float]


def choose_rows(
    code: NDArray[np.float32],
    pair_of_row: NDArray[np.int64],
    *,
    n: int,
    where: Where = "top",
    unique: bool = True,
    seed: int = 0,
) -> NDArray[np.int64]:
    """Return positions of at most ``n`` rows with a code other than 0.

    Parameters
    ----------
    code : ndarray
        float32 (n_pairs,), one feature's signed codes.
    pair_of_row : ndarray
        int64 (n_pairs,): rows with the same number show the same pair (`Pairs.matchups`).
    n, where, unique, seed
        As in `Study.examples`.

    Returns
    -------
    ndarray
        int64 (<= n,), the largest ``|code|`` first; ties in the order of the table.

    Raises
    ------
    StudyError
        If ``n`` or ``seed`` is no whole number from 0 on, or ``where`` none of what it may be.

    Examples
    --------
    >>> code = np.array([0.0, -3.0, 1.0, 2.0, 2.0], dtype=np.float32)
    >>> choose_rows(code, np.array([0, 1, 2, 3, 3]), n=3).tolist()
    [1, 3, 2]
    """
    n, seed = _whole("n", n), _whole("seed", seed)
    active = np.flatnonzero(code)
    if unique and active.size:
        _, first = np.unique(pair_of_row[active], return_index=True)
        active = active[np.sort(first)]
    size = np.abs(code[active])
    if where == "top":
        chosen = active
    else:
        if where == "random":
            low, high = 0.0, 1.0
        elif _are_quantiles(where):
            low, high = where
        else:
            raise StudyError(
                f"where must be 'top', 'random' or a pair of quantiles such as (0.45, 0.55); found {where!r}."
            )
        rank = (np.argsort(np.argsort(size, kind="stable"), kind="stable") + 0.5) / max(size.size, 1)
        pool = active[(rank >= low) & (rank <= high)]
        chosen = np.random.default_rng(seed).permutation(pool)[:n]
    order = np.argsort(-np.abs(code[chosen]), kind="stable")
    return np.asarray(chosen[order][:n], dtype=np.int64)


def turn_examples(
    pairs: Pairs,
    matchups: tuple[NDArray[np.int64], NDArray[np.bool_]],
    code: NDArray[np.float32],
    rows: NDArray[np.int64],
) -> pd.DataFrame:
    """Lay out rows so that the response with more of the feature comes first.

    Returns
    -------
    DataFrame
        See `Study.examples`.
    """
    frame = pairs.frame
    a_has_more = code[rows] > 0
    response_a = frame["response_a"].to_numpy(dtype=object)[rows]
    response_b = frame["response_b"].to_numpy(dtype=object)[rows]
    share, votes = _votes_for_a(pairs.preference, *matchups, rows)
    return Table(
        {
            "row": rows,
            "prompt": pairs.shown_prompts(rows),
            "more": np.where(a_has_more, response_a, response_b),
            "less": np.where(a_has_more, response_b, response_a),
            "more_is": np.where(a_has_more, "A", "B"),
            "code": np.abs(code[rows]),
            "preferred": np.where(a_has_more, share, 1.0 - share),
            "votes": votes,
        }
    )


def _whole(name: str, value: Any) -> int:
    if not isinstance(value, int | np.integer) or value < 0:
        raise StudyError(
            f"{name} must be a whole number, 0 or more, such as {name}=10; found {value!r} ({type(value).__name__})."
        )
    return int(value)


def _are_quantiles(where: Any) -> bool:
    if not isinstance(where, tuple) or len(where) != 2 or not all(isinstance(end, Real) for end in where):
        return False
    return bool(0.0 <= where[0] < where[1] <= 1.0)


def _votes_for_a(
    preference: NDArray[np.float64],
    matchup: NDArray[np.int64],
    swapped: NDArray[np.bool_],
    rows: NDArray[np.int64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean preference for a row's A (ties count half) and number of votes, over all rows of its matchup."""
    for_first = np.where(swapped, 1.0 - preference, preference)
    cast = np.flatnonzero(~np.isnan(preference) & np.isin(matchup, matchup[rows]))
    size = int(matchup.max()) + 1 if matchup.size else 0
    total = np.bincount(matchup[cast], weights=for_first[cast], minlength=size)[matchup[rows]]
    votes = np.bincount(matchup[cast], minlength=size)[matchup[rows]].astype(np.int64)
    share = np.where(votes > 0, total / np.maximum(votes, 1), np.nan)
    return np.where(swapped[rows], 1.0 - share, share), votes
