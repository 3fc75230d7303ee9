"""Slices: the parts of a study's rows that are compared."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.errors import StudyError

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.comparisons.grouping import Groups
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["Slice", "check_columns", "slices_by", "slices_of_votes"]

_MOST = 12
_FEWEST = 30
_TOLD = 100  # slices left out that are told one by one
_ONE_VERDICT = 0.95


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


def slices_by(
    study: Study,
    by: str | Mapping[Any, Any] | Any,
    *,
    most: int | None = None,
    fewest: int = _FEWEST,
    progress: Progress | None = None,
) -> tuple[list[Slice], dict[str, Any]]:
    """Cut a study into slices.

    Parameters
    ----------
    study : Study
    by : str, array-like or mapping
        - A column of the pairs. Texts, categories, booleans: a slice for each value. Numbers and dates (as
          datetimes or ISO texts): the same up to twelve values, beyond them quarters by quantiles, named by
          their range. Lists of texts: a slice for each text, so that a row may be in several.
        - ``"model"``: for each model the rows in which it is one of the two. Slices overlap.
        - ``"topics"``: what the prompts are about, see `whimsight.comparisons.topics.topics`.
        - An array of labels, one for each row; rows without one are in no slice.
        - ``{name: mask or positions}``; slices may overlap.

        A column that is called "model" or "topics" is taken as it is.
    most : int, optional
        At most so many slices, those with most rows; 12 by default. A column of more than fifty texts needs it
        said.
    fewest : int
        Slices with fewer decided votes are left out; without any labels, those with fewer rows.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    slices : list of Slice
        The largest first; numbers, dates and booleans in their own order, masks in the given one.
    told : dict
        JSON-ready: ``by``, ``kind`` ("values", "quartiles", "lists", "masks", "models", "topics"), ``overlap``
        (whether rows are in several slices), ``outside`` (rows in no slice), ``left_out`` (for each slice left
        out its ``rows``, decided ``votes`` and ``reason``; the hundred largest), ``left_out_count``.

    Raises
    ------
    StudyError
        Where ``by`` fits no column and no rows, or fewer than two slices are left.

    Examples
    --------
    >>> slices, told = slices_by(study, "category")       # doctest: +SKIP
    >>> [s.name for s in slices][:2], told["left_out"]    # doctest: +SKIP
    (['writing', 'roleplay'], {})
    """
    largest = _whole("most", most, 2) if most is not None else _MOST
    fewest = _whole("fewest", fewest, 1)
    groups = _groups(study, by, many=most is not None, n_topics=largest, progress=progress)
    kept, left_out = _chosen(study.pairs, groups, largest, fewest)
    name = by if isinstance(by, str) else "masks" if isinstance(by, Mapping) else "labels"
    if len(kept) < 2:
        raise StudyError(_too_few(name, groups, left_out, len(kept), fewest))
    preference = study.pairs.preference
    slices = [Slice(groups.names[g], groups.rows[g], preference[groups.rows[g]]) for g in kept]
    times = np.bincount(np.concatenate([s.rows for s in slices]), minlength=len(study.pairs))
    told = {
        "by": name,
        "kind": groups.kind,
        "overlap": bool((times > 1).any()),
        "outside": int((times == 0).sum()),
        "left_out": dict(list(left_out.items())[:_TOLD]),
        "left_out_count": len(left_out),
    }
    return slices, told


def slices_of_votes(study: Study, votes: Mapping[str, Any]) -> list[Slice]:
    """Take several votes on the same rows as slices, such as people's and a model's.

    Only rows on which all of them have a vote are used (a tie is a vote), so that the slices differ in who voted
    and in nothing else. A verdict on a pair that stands on every row of the pair (as GPT-4's in MT-Bench, where
    several people voted on one pair) is one vote, not several: where the values of a column agree, turned to
    one order of A and B, in at least 95 % of the pairs with several rows, only the first row of each pair is
    used for it. People's own votes, ``"preference"``, always count row by row.

    Parameters
    ----------
    study : Study
    votes : mapping of str to str or array-like
        For each name a column of the pairs, or an array (n_pairs,): 1 for A, 0 for B, 0.5 for a tie, or a share
        of votes for A between them; missing where there is none.

    Returns
    -------
    list of Slice
        In the given order.

    Raises
    ------
    StudyError
        Names the vote whose column is unknown or whose values are not votes; or if no row has all of them.

    Examples
    --------
    >>> slices_of_votes(study, {"humans": "preference", "GPT-4": "gpt4_label"})    # doctest: +SKIP
    """
    from whimsight.comparisons.grouping import distinct

    if not isinstance(votes, Mapping) or len(votes) < 2:
        found = len(votes) if isinstance(votes, Mapping) else type(votes).__name__
        raise StudyError(
            "votes= compares at least two votes on the same rows, such as {'humans': 'preference', 'GPT-4': "
            f"'gpt4_label'}}; found {found}."
        )
    pairs = study.pairs
    given = [_votes(pairs, str(name), source) for name, source in votes.items()]
    shared = np.flatnonzero(np.isfinite(given).all(axis=0))
    if not shared.size:
        counts = ", ".join(
            f"{name} on {int(np.isfinite(v).sum()):,}" for name, v in zip(votes, given, strict=True)
        )
        raise StudyError(f"No row has all of the votes: {counts}. Compare votes on the same rows.")
    slices = []
    for name, source, vote in zip(distinct([str(v) for v in votes]), votes.values(), given, strict=True):
        own = isinstance(source, str) and source == "preference"
        rows = shared if own else _once_a_pair(pairs, shared, vote)
        slices.append(Slice(name, rows, vote[rows]))
    return slices


def _whole(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise StudyError(f"{name} must be a whole number, at least {least}; found {value!r}.")
    return int(value)


def _groups(study: Study, by: Any, *, many: bool, n_topics: int, progress: Progress | None) -> Groups:
    from whimsight.comparisons.grouping import Groups, by_column, by_masks, split

    pairs = study.pairs
    n = len(pairs)
    if isinstance(by, Mapping):
        return by_masks(by, n)
    if not isinstance(by, str):
        values = _labels(by, n)
        return by_column(values, None if values.name is None else str(values.name), many=many)
    if by in ("preference", "weight"):
        raise StudyError(f"{by!r} is not something to slice by: it says how rows count, not what they are.")
    if by in pairs.frame.columns:
        return by_column(pairs.frame[by], by, many=many)
    if by == "model":
        return _models(pairs)
    if by == "topics":
        from whimsight.comparisons.topics import topics

        found = topics(pairs, n=min(8, n_topics), seed=study.settings.seed, progress=progress)
        return Groups("topics", found.names, split(found.of_row, np.arange(n), len(found.names)))
    raise _no_column(pairs, by)


def check_columns(pairs: Pairs, by: Any, votes: Any) -> None:
    """Find out before anything is embedded that a column to slice by, or of votes, is not there.

    Raises
    ------
    StudyError
    """
    if isinstance(by, str) and by not in (*pairs.frame.columns, "model", "topics"):
        raise _no_column(pairs, by)
    for name, source in votes.items() if isinstance(votes, Mapping) else ():
        if isinstance(source, str):
            _vote_column(pairs, str(name), source)


def _no_column(pairs: Pairs, by: str) -> StudyError:
    from whimsight._suggest import nearest

    known = [str(c) for c in pairs.frame.columns]
    return StudyError(
        f"No column {by!r} in {pairs.name!r} to slice by.{nearest(by, [*known, 'model', 'topics'])} Columns: "
        f"{', '.join(known)}; or 'model', 'topics', an array of labels, {{name: mask}}."
    )


def _labels(by: Any, n: int) -> pd.Series:
    import pandas as pd

    try:
        values = by.reset_index(drop=True) if isinstance(by, pd.Series) else pd.Series(by)
    except (TypeError, ValueError):
        values = pd.Series([by])
    if isinstance(by, bytes | int | float) or by is None or callable(by) or not hasattr(by, "__len__"):
        raise StudyError(
            "by must be a column, 'model', 'topics', an array with a label for each row, or {name: mask}; found "
            f"{type(by).__name__}."
        )
    if len(values) != n:
        raise StudyError(
            f"The array of labels has {len(values):,} entries; the study has {n:,} pairs, one label for each."
        )
    return values


def _models(pairs: Pairs) -> Groups:
    import pandas as pd

    from whimsight.comparisons.grouping import Groups, distinct, split

    missing = [c for c in ("model_a", "model_b") if c not in pairs.frame.columns]
    if missing:
        raise StudyError(
            f"by='model' needs the columns model_a and model_b; {pairs.name!r} has no {' and no '.join(missing)}. "
            "Use whimsight.read to name them, or slice by another column."
        )
    n = len(pairs)
    both = pd.concat([pairs.frame["model_a"], pairs.frame["model_b"]], ignore_index=True)
    label, found = pd.factorize(both)
    known = np.flatnonzero(label >= 0)
    if len(found) < 2:
        raise StudyError(f"by='model' needs at least two models; found {len(found)} in {pairs.name!r}.")
    rows = [np.unique(r) for r in split(label[known].astype(np.int64), known % n, len(found))]
    return Groups("models", distinct([str(m) for m in found]), rows)


def _chosen(
    pairs: Pairs, groups: Groups, most: int, fewest: int
) -> tuple[list[int], dict[str, dict[str, Any]]]:
    """Return which groups stay, in their order, and what is told of the others."""
    preference = pairs.preference
    counts = np.isfinite(preference) & (preference != 0.5) & (pairs.weight > 0)
    what = "decided votes" if pairs.labelled else "pairs"
    votes = np.array([int(counts[rows].sum()) for rows in groups.rows])
    size = np.array([rows.size for rows in groups.rows])
    enough = (votes if pairs.labelled else size) >= fewest
    by_size = np.argsort(-size, kind="stable")
    kept = [int(g) for g in by_size if enough[g]][:most]
    left_out: dict[str, dict[str, Any]] = {}
    for g in (int(g) for g in by_size if g not in set(kept)):
        reason = f"not among the {most} with most pairs" if enough[g] else f"fewer than {fewest} {what}"
        left_out[groups.names[g]] = {"rows": int(size[g]), "votes": int(votes[g]), "reason": reason}
    own_order = groups.ordered or groups.kind == "masks"
    return (sorted(kept) if own_order else kept), left_out


def _too_few(name: str, groups: Groups, left_out: dict[str, dict[str, Any]], n_kept: int, fewest: int) -> str:
    largest = ", ".join(
        f"{slice_!r} has {about['votes']:,} in {counted(about['rows'], 'pair')}"
        for slice_, about in list(left_out.items())[:2]
    )
    return (
        f"Only {n_kept} of the {len(groups.names)} slices by {name!r} have at least {fewest} decided votes, and a "
        f"comparison needs two. Too few votes: {largest}. Choose coarser slices, or lower fewest=."
    )


def _votes(pairs: Pairs, name: str, source: Any) -> NDArray[np.float64]:
    import pandas as pd

    n = len(pairs)
    if isinstance(source, str):
        values, where = _vote_column(pairs, name, source), f"column {source!r}"
    else:
        if np.ndim(source) != 1:
            raise StudyError(
                f"Votes of {name!r} must be a column or an array with one vote a pair; found an array of shape "
                f"{np.shape(source)}."
            )
        values, where = pd.Series(source).reset_index(drop=True), "the array"
        if len(values) != n:
            raise StudyError(
                f"Votes of {name!r}: the array has {len(values):,} entries; the study has {n:,} pairs, one vote for "
                "each."
            )
    numbers = pd.to_numeric(values, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    bad = np.flatnonzero(values.notna().to_numpy() & ~((numbers >= 0) & (numbers <= 1)))
    if bad.size:
        found = values.iloc[int(bad[0])]
        shown = repr(found) if isinstance(found, str) else str(found)
        raise StudyError(
            f"Votes of {name!r}: {where} holds {shown} at row {bad[0]} ({counted(bad.size, 'such row')}). "
            "A vote is 1 (A), 0 (B), 0.5 (tie), a share of votes for A between them, or missing."
        )
    return numbers


def _vote_column(pairs: Pairs, name: str, column: str) -> pd.Series:
    from whimsight._suggest import nearest

    if column not in pairs.frame.columns:
        known = [str(c) for c in pairs.frame.columns]
        raise StudyError(
            f"Votes of {name!r}: no column {column!r} in {pairs.name!r}.{nearest(column, known)} Columns: "
            f"{', '.join(known)}."
        )
    return pairs.frame[column]


def _once_a_pair(pairs: Pairs, rows: NDArray[np.int64], vote: NDArray[np.float64]) -> NDArray[np.int64]:
    """Keep the first row of each pair if a vote is one verdict on the pair, else all rows."""
    matchup, swapped = pairs.matchups()
    turned = np.where(swapped, 1 - vote, vote)[rows]
    _, first, place, size = np.unique(
        matchup[rows], return_index=True, return_inverse=True, return_counts=True
    )
    differs = np.bincount(place, weights=np.abs(turned - turned[first][place]) > 1e-9) > 0
    several = size > 1
    if not several.any() or differs[several].mean() > 1 - _ONE_VERDICT:
        return rows
    return rows[np.sort(first)]
