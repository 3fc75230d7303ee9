"""From a column or a table of masks to groups of rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Groups", "by_column", "by_masks", "distinct", "split"]

_FEW = 12  # a column of numbers or dates with more values is cut at its quartiles
_MANY = 50  # texts: beyond so many values the person should say how many to compare
_WIDEST = 80  # characters of a name
_LISTS = (list, tuple, set, frozenset, np.ndarray)
_ISO = r"\d{4}-\d{2}(?:-\d{2})?(?:[T ].*)?"


@dataclass(frozen=True, slots=True)
class Groups:
    """Named groups of rows.

    Attributes
    ----------
    kind : {"values", "quartiles", "lists", "masks", "models", "topics"}
    names : list of str
        Distinct, printable.
    rows : list of ndarray
        int64, rising.
    ordered : bool
        Whether the groups have an order of their own (numbers, dates, no before yes).
    """

    kind: str
    names: list[str]
    rows: list[NDArray[np.int64]]
    ordered: bool = False


def by_column(values: pd.Series, column: str | None, *, many: bool = False) -> Groups:
    """Group the rows by their value; missing values are in no group.

    Parameters
    ----------
    values : Series
        (n_pairs,) of texts, categories, booleans, numbers, dates or lists of texts. Numbers and dates with more
        than twelve values are cut at their quartiles.
    column : str, optional
        What numbers and booleans are called, and what errors speak of.
    many : bool
        Whether more than fifty texts are fine.

    Raises
    ------
    StudyError
        With no value, one value, or about as many values as rows.

    Examples
    --------
    >>> groups = by_column(pd.Series([2, 1, None, 2]), "turn")
    >>> groups.names, [rows.tolist() for rows in groups.rows]
    (['turn 1', 'turn 2'], [[1], [0, 3]])
    """
    what = f"Column {column!r}" if column is not None else "The array of labels"
    values = values.reset_index(drop=True)
    kept = values[values.notna()]
    kind = pd.api.types.infer_dtype(kept, skipna=True) if kept.dtype == object else ""
    if kept.dtype == object and kept.map(lambda v: isinstance(v, _LISTS)).any():
        flat = kept.map(lambda v: list(v) if isinstance(v, _LISTS) else [v]).explode().dropna()
        groups = _texts(flat, what, column, many=many, kind="lists")
    elif pd.api.types.is_bool_dtype(kept.dtype) or kind == "boolean":
        groups = _values(kept.astype(bool), lambda v: _yes_or_no(v, column))
    elif pd.api.types.is_numeric_dtype(kept.dtype) or kind in _NUMBERS:
        numbers = pd.to_numeric(kept, errors="coerce").astype(np.float64)
        groups = _numbers(numbers[np.isfinite(numbers)], column)
    elif (dates := _dates(kept, kind)) is not None:
        groups = _of_dates(dates)
    else:
        groups = _texts(kept, what, column, many=many, kind="values")
    if len(groups.names) < 2:
        found = f"only one, {groups.names[0]!r}" if groups.names else "none: all are missing"
        raise StudyError(
            f"{what} must hold at least two values to compare; found {found}. Choose another column, or give "
            "masks: by={'name': mask, ...}."
        )
    return groups


_NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal")


def by_masks(masks: Mapping[Any, Any], n: int) -> Groups:
    """Take groups of rows as they are given: masks (booleans, or 0 and 1 for each pair) or positions.

    Raises
    ------
    StudyError
        Names the mask that is empty, of another length, out of range or of another kind.
    """
    if len(masks) < 2:
        raise StudyError(f"At least two masks are needed to compare; found {len(masks)}.")
    rows = [_positions(str(name), mask, n) for name, mask in masks.items()]
    return Groups("masks", distinct([str(name) for name in masks]), rows)


def _positions(name: str, mask: Any, n: int) -> NDArray[np.int64]:
    values = pd.Series(mask, dtype=object if not hasattr(mask, "dtype") else None).reset_index(drop=True)
    kind = pd.api.types.infer_dtype(values, skipna=True)
    if kind == "boolean":
        if len(values) != n:
            raise StudyError(
                f"Mask {name!r} has {len(values):,} entries; the study has {n:,} pairs, one entry for each."
            )
        found = np.flatnonzero(values.fillna(False).to_numpy(dtype=bool))
    elif kind == "integer" and len(values) == n > 2 and values.isin([0, 1]).all():
        found = np.flatnonzero(values.to_numpy(dtype=np.int64))
    elif kind == "integer" and not values.isna().any():
        found = np.unique(values.to_numpy(dtype=np.int64))
        if found.size and (found[0] < 0 or found[-1] >= n):
            bad = found[0] if found[0] < 0 else found[-1]
            raise StudyError(f"Mask {name!r} names position {bad}; the study's pairs are 0 to {n - 1:,}.")
    elif len(values) == 0:
        found = np.zeros(0, dtype=np.int64)
    else:
        raise StudyError(
            f"Mask {name!r} must be booleans, one for each pair, or positions of pairs; found {kind} values, "
            f"the first {values.iloc[0]!r}."
        )
    if not found.size:
        raise StudyError(f"Mask {name!r} is empty: no pair is in it. Leave it out or correct it.")
    return found.astype(np.int64)


def split(label: NDArray[np.int64], rows: NDArray[np.int64], k: int) -> list[NDArray[np.int64]]:
    """Rows of each of the labels 0..k-1, rising."""
    order = np.argsort(label, kind="stable")
    ends = np.cumsum(np.bincount(label, minlength=k))
    return [np.sort(part).astype(np.int64) for part in np.split(rows[order], ends[:-1])]


def distinct(names: list[str]) -> list[str]:
    r"""Make names printable lines of at most eighty characters, no two the same.

    Examples
    --------
    >>> distinct(["a\nb", "a b", ""])
    ['a b', 'a b (2)', '(blank)']
    """
    from whimsight.labels.clean import clean_line

    taken: set[str] = set()
    out = []
    for given in names:
        line = "".join(c for c in clean_line(given) if c.isprintable()) or "(blank)"
        line = line if len(line) <= _WIDEST else line[: _WIDEST - 1].rstrip() + "…"
        name, number = line, 1
        while name in taken:
            number += 1
            name = f"{line} ({number})"
        taken.add(name)
        out.append(name)
    return out


def _values(values: pd.Series, name: Callable[[Any], str]) -> Groups:
    label, found = pd.factorize(values, sort=True)
    rows = split(label.astype(np.int64), values.index.to_numpy(dtype=np.int64), len(found))
    return Groups("values", distinct([name(v) for v in found]), rows, ordered=True)


def _texts(values: pd.Series, what: str, column: str | None, *, many: bool, kind: str) -> Groups:
    dtype = values.dtype
    categories = dtype.categories if isinstance(dtype, pd.CategoricalDtype) and dtype.ordered else None
    try:
        raw, unique = pd.factorize(values)
    except TypeError:
        raise StudyError(
            f"{what} holds values such as {str(values.iloc[0])[:40]!r} ({type(values.iloc[0]).__name__}), which are "
            "no groups to compare. Make a text of each, or give masks: by={'name': mask, ...}."
        ) from None
    as_text = pd.Series([str(v).strip() for v in unique.tolist()], dtype=object).replace("", None)
    place_of, texts = pd.factorize(as_text)  # 1 and "1" are one group, a blank is none
    label, rows_of, found = place_of[raw], values.index.to_numpy(dtype=np.int64), list(texts)
    label, rows_of = label[label >= 0], rows_of[label >= 0]
    k, n = len(found), np.unique(rows_of).size
    if k > 20 and k > n / 2:
        raise StudyError(
            f"{what} holds {k:,} values in {n:,} pairs, such as {str(found[0])[:40]!r}: free text or an id, not "
            f"groups to compare.{_INSTEAD.get(column or '', '')}"
        )
    if k > _MANY and not many:
        raise StudyError(
            f"{what} holds {k:,} values; a comparison is of a few. Say how many: most=12 compares the twelve with "
            f"most pairs.{_INSTEAD.get(column or '', '')}"
        )
    order = np.arange(k)
    if categories is not None:
        place = {str(c).strip(): i for i, c in enumerate(categories)}
        order = np.argsort(np.array([place[str(v)] for v in found]))
    rows = split(label.astype(np.int64), rows_of, k)
    rows = [np.unique(r) for r in rows] if kind == "lists" else rows
    return Groups(
        kind,
        distinct([str(found[i]) for i in order.tolist()]),
        [rows[i] for i in order.tolist()],
        ordered=categories is not None,
    )


_INSTEAD = {
    "annotator": " How single people weigh the features is what personal weights are for.",
    "prompt": " by='topics' groups the prompts by what they are about.",
}


def _numbers(values: pd.Series, column: str | None) -> Groups:
    found = np.unique(values.to_numpy())
    before = f"{column} " if column is not None else ""
    for digits in (3, 4, 6, 9, 17):
        kind, label, shown = _cut(values.to_numpy(), found, lambda v: _shown(v, digits))  # noqa: B023
        if len(set(shown)) == len(shown):
            break
    rows = split(label, values.index.to_numpy(dtype=np.int64), len(shown))
    return Groups(kind, distinct([before + name for name in shown]), rows, ordered=True)


def _cut(
    values: NDArray[Any], found: NDArray[Any], show: Callable[[Any], str]
) -> tuple[str, NDArray[np.int64], list[str]]:
    """Return the kind, the group of each value and what groups are called: values, or quartiles if many."""
    if found.size <= _FEW:
        return "values", np.searchsorted(found, values).astype(np.int64), [show(v) for v in found]
    at = np.searchsorted(found, values)
    edges = np.unique(np.quantile(at, [0.25, 0.5, 0.75], method="inverted_cdf"))
    _, label = np.unique(np.searchsorted(edges, at, side="left"), return_inverse=True)
    names = []
    for group in range(int(label.max()) + 1):
        low, high = show(found[at[label == group].min()]), show(found[at[label == group].max()])
        names.append(low if low == high else f"{low} to {high}")
    return "quartiles", label.astype(np.int64), names


def _shown(value: float, digits: int) -> str:
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return np.format_float_positional(value, precision=digits, fractional=False, trim="-")


def _dates(values: pd.Series, kind: str) -> pd.Series | None:
    """Return datetimes in UTC where the values are dates, in ISO 8601 if texts."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype) or kind in ("datetime", "datetime64", "date"):
        return pd.to_datetime(values, utc=True)
    if isinstance(values.dtype, pd.PeriodDtype):
        return pd.Series(pd.to_datetime(values.dt.start_time, utc=True))
    if not len(values) or pd.api.types.infer_dtype(values) != "string":
        return None
    texts = values.astype(object).str.strip()
    if not re.fullmatch(_ISO, texts.iloc[0]) or not texts.str.fullmatch(_ISO).all():
        return None
    found = pd.to_datetime(texts, format="ISO8601", utc=True, errors="coerce").dropna()
    return found if len(found) == len(values) else None


def _of_dates(dates: pd.Series) -> Groups:
    moments = dates.to_numpy(dtype="datetime64[s]")
    found = np.unique(moments)
    days = np.unique(found.astype("datetime64[D]"))
    if 1 < days.size <= _FEW:
        moments, found = moments.astype("datetime64[D]"), days
    for unit in ("D", "m", "s"):
        kind, label, shown = _cut(moments, found, lambda v: _moment(v, unit))  # noqa: B023
        if len(set(shown)) == len(shown):
            break
    rows = split(label, dates.index.to_numpy(dtype=np.int64), len(shown))
    return Groups(kind, distinct(shown), rows, ordered=True)


def _moment(value: np.datetime64, unit: Any) -> str:
    return str(np.datetime_as_string(value, unit=unit)).replace("T", " ")


def _yes_or_no(value: bool, column: str | None) -> str:
    if column is None:
        return str(bool(value))
    return column if value else f"not {column}"
