"""Annotators' ids replaced by keyed hashes on reading, wherever they stand in a table."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.errors import PairsError

if TYPE_CHECKING:
    from whimsight.pairs.report import ReadReport

__all__ = ["hash_ids", "written"]

_PEOPLE = (
    "annotator_id",
    "user_id",
    "worker_id",
    "rater_id",
    "visitor_id",
    "judge_hash",
    "annotator_name",
    "username",
)
"""Columns that name people, beside the one that is read as the annotator."""

_TEXTS = ("prompt", "response_a", "response_b")
_OWN = (*_TEXTS, "preference", "weight", "annotator", "_row", "_set")
_TELLING = re.compile(r"(?=.*[^\d.\s]).{4,}|\d{6,}", re.DOTALL)
"""An id that hardly stands in other values by chance: four characters, or six digits, or more."""


def hash_ids(table: pd.DataFrame, salt: bool | str, report: ReadReport) -> pd.DataFrame:
    """Return the table without the annotators' ids; the report says what was done.

    Parameters
    ----------
    table : DataFrame
        With ``annotator``, the ids. Hashed as well are other columns that name people, columns that say the same as
        ``annotator`` in every row, whole values that are somebody's id, and the row's own id inside other values
        (vote ids, nested records). Prompts and responses stay as they are; ids in them are counted.
    salt : True or str
        A text gives the same hash in every file read with it; True draws a key that is not kept.
    report : ReadReport
        Receives notes.

    Raises
    ------
    PairsError
        If no column was read as the annotator: ids may stand in another.
    """
    if "annotator" not in table or table["annotator"].isna().all():
        raise PairsError(
            "hash_annotators was asked for, and no column was read as the annotator: nothing would be hashed. Name the "
            "column with annotator=..., or leave hash_annotators out."
        )
    name = _namer(salt)
    ids = written(table["annotator"])
    names = {one: name(one) for one in pd.unique(ids.dropna())}
    out = table.assign(annotator=_mapped(ids, names))
    touched = []
    for column in out.columns:
        if column in _OWN:
            continue
        cleaned = _cleaned(str(column), out[column], ids, names, name)
        if cleaned is not None:
            out[column] = cleaned
            touched.append(str(column))
    kept = "with the given salt" if isinstance(salt, str) else "the key was not kept"
    also = f"; so were their ids in {', '.join(map(repr, touched))}" if touched else ""
    report.notes.append(f"annotator ids were hashed on reading ({kept}){also}")
    found = _in_texts(table, ids)
    if found:
        report.notes.append(
            "warning: the annotator's id stands in the prompt or a response of "
            f"{counted(found, 'row')}, where it was left"
        )
    return out


def _namer(salt: bool | str) -> Callable[[str], str]:
    """Return the keyed hash, 12 hexadecimal digits: two of 10,000 ids collide once in five million tables."""
    key = (
        hashlib.blake2b(salt.encode("utf-8", "surrogatepass")).digest()
        if isinstance(salt, str)
        else secrets.token_bytes(32)
    )
    return lambda one: hashlib.blake2b(
        one.encode("utf-8", "surrogatepass"), key=key, digest_size=6
    ).hexdigest()


def written(values: pd.Series) -> pd.Series:
    """Return ids as text, None where missing; 7, 7.0 and "7" are one id, as files of several kinds write it."""
    return pd.Series(
        [None if missing else _text(v) for v, missing in zip(values, values.isna(), strict=True)],
        index=values.index,
        dtype=object,
    )


def _text(value: Any) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _mapped(ids: pd.Series, names: Mapping[str, str]) -> pd.Series:
    return pd.Series([None if one is None else names[one] for one in ids], index=ids.index, dtype=object)


def _cleaned(
    column: str, values: pd.Series, ids: pd.Series, names: Mapping[str, str], name: Callable[[str], str]
) -> pd.Series | None:
    """Return a column without ids, None where it has none."""
    if column.lower() in _PEOPLE or _says_the_same(values, ids):
        own = written(values)
        return _mapped(own, {one: names.get(one) or name(one) for one in pd.unique(own.dropna())})
    if pd.api.types.is_numeric_dtype(values) or pd.api.types.is_datetime64_any_dtype(values):
        return None
    telling = {one: hashed for one, hashed in names.items() if _TELLING.fullmatch(one)}
    if not telling:
        return None
    before = values.to_numpy(dtype=object)
    after = np.empty(before.size, dtype=object)
    after[:] = [_replaced(value, one, telling) for value, one in zip(before, ids, strict=True)]
    changed = any(a is not b for a, b in zip(after, before, strict=True))
    return pd.Series(after, index=values.index) if changed else None


def _says_the_same(values: pd.Series, ids: pd.Series) -> bool:
    given = values.notna() & ids.notna()
    if not given.any() or ids[given].nunique() < 2:
        return False
    return bool((written(values[given]) == ids[given]).all())


def _replaced(value: Any, own: str | None, telling: Mapping[str, str]) -> Any:
    """Replace whole values that are ids, and the row's own id inside text; the value itself where there is none."""
    if isinstance(value, str):
        if value in telling:
            return telling[value]
        return value.replace(own, telling[own]) if own is not None and own in telling else value
    if isinstance(value, dict):
        flat = [part for item in value.items() for part in item]
        new = _replaced(flat, own, telling)
        return value if new is flat else dict(zip(new[::2], new[1::2], strict=True))
    if isinstance(value, list | tuple | np.ndarray):
        items = [_replaced(part, own, telling) for part in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def _in_texts(table: pd.DataFrame, ids: pd.Series) -> int:
    columns = [table[c].to_numpy(dtype=object) for c in _TEXTS]
    return sum(
        one is not None and _TELLING.fullmatch(one) is not None and any(one in text for text in texts)
        for one, *texts in zip(ids, *columns, strict=True)
    )
