"""From a draft to rows that are pairs: everything left out or repaired on the way is counted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._plural import counted
from whimsight.errors import PairsError
from whimsight.pairs.layouts import UNKNOWN, Draft, to_preference
from whimsight.pairs.placeholders import placeholders
from whimsight.pairs.report import ReadReport

__all__ = ["clean"]

_TEXTS = ("prompt", "response_a", "response_b")


def clean(
    draft: Draft,
    report: ReadReport,
    *,
    missing: str,
    labels: Mapping[Any, str] | None = None,
    max_characters: int | None = None,
    untyped: bool = False,
) -> pd.DataFrame:
    """Check every row of a draft; the report is filled on the way.

    Parameters
    ----------
    draft : Draft
        Rows as a layout made them.
    report : ReadReport
        Receives counts, examples and notes.
    missing : {"unlabelled", "tie"}
        What an empty label stands for.
    labels : mapping, optional
        What labels mean, before every rule.
    max_characters : int, optional
        Rows with a longer response are left out.
    untyped : bool
        The source has no types (CSV), so that a column of numbers may be a column of short texts.

    Returns
    -------
    DataFrame
        Rows that are pairs, with ``_row``, the row of the source.

    Raises
    ------
    PairsError
        If a column holds no text at all, most labels are unknown, or nothing is left.
    """
    table = draft.frame.reset_index(drop=True)
    rows = table["_row"].to_numpy(dtype=np.int64)
    keep = np.ones(len(table), dtype=bool)

    def leave_out(reason: str, bad: NDArray[np.bool_]) -> None:
        bad = bad & keep
        report.drop(reason, rows[bad].tolist())
        keep[bad] = False

    if not len(table):
        raise PairsError(_nothing_left(report))
    _require_weights(table, rows, draft)
    values = {c: table[c].to_numpy(dtype=object) for c in _TEXTS}
    before = dict(values)
    other, empty = np.zeros(len(table), dtype=bool), np.zeros(len(table), dtype=bool)
    for column in _TEXTS[1:]:
        values[column] = _as_text(values[column], column, draft, report, numbers_are_text=untyped)
        text, given = _is_text(values[column])
        other |= given & ~text
        empty |= ~given | _blank(values[column], text)
    leave_out("response that is not text", other)
    leave_out("empty response", empty)
    values["prompt"] = _prompts(values, draft, report)
    text, given = _is_text(values["prompt"])
    leave_out("prompt that is not text", given & ~text)
    leave_out("missing prompt", ~given | _blank(values["prompt"], text))
    if keep.any():
        for column in _TEXTS:
            values[column] = _without_nul(values[column], keep, rows, column.replace("_", " "), report)
        leave_out("pair of identical responses", values["response_a"] == values["response_b"])
        if max_characters is not None:
            long = _longest(values, keep) > max_characters
            leave_out(f"response of more than {max_characters:,} characters", long)
    if not keep.any():
        raise PairsError(_nothing_left(report))
    preference = _preferences(table, values, draft, keep, rows, report, missing, labels)
    unknown = preference == UNKNOWN
    if (unknown & keep).any():
        raw = table["preference"].to_numpy(dtype=object)[unknown & keep]
        shown = ", ".join(repr(v) for v in sorted({str(v)[:40] for v in raw})[:3])
        leave_out(f"label that no rule knows, such as {shown}", unknown)
    changed = {c: values[c] for c in _TEXTS if values[c] is not before[c]}
    out = table.assign(preference=preference, **changed)
    del values, before, changed  # the texts need not be held twice
    leave_out("duplicate of an earlier row", _duplicates(out, keep))
    if not keep.any():
        raise PairsError(_nothing_left(report))
    return out if keep.all() else out[keep].reset_index(drop=True)


def _require_weights(table: pd.DataFrame, rows: NDArray[np.int64], draft: Draft) -> None:
    if "weight" not in table:
        return
    numbers = pd.to_numeric(table["weight"], errors="coerce").to_numpy(dtype=np.float64)
    bad = np.flatnonzero(~(np.isfinite(numbers) & (numbers >= 0)))
    if bad.size:
        raise PairsError(
            f"Column {draft.columns.get('weight', 'weight')!r}, row {rows[bad[0]]}: a weight is a number, 0 "
            f"or more; found {str(table['weight'].iloc[bad[0]])[:40]!r} ({counted(bad.size, 'such row')}). Fill them "
            "in, or rename the column if it is no weight."
        )


def _is_text(values: NDArray[np.object_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which values are text, and which are there at all."""
    given = ~np.asarray(pd.isna(pd.Series(values, dtype=object)))
    if pd.api.types.infer_dtype(values, skipna=True) == "string":
        return given.copy(), given
    return np.fromiter((isinstance(v, str) for v in values), dtype=bool, count=values.size), given


def _blank(values: NDArray[np.object_], text: NDArray[np.bool_]) -> NDArray[np.bool_]:
    pairs = zip(values, text.tolist(), strict=True)
    return np.fromiter((t and _says_nothing(v) for v, t in pairs), dtype=bool, count=values.size)


def _says_nothing(text: str) -> bool:
    return not text or text.isspace() or (text[0] == "\x00" and not text.replace("\x00", "").strip())


def _as_text(
    values: NDArray[np.object_], column: str, draft: Draft, report: ReadReport, *, numbers_are_text: bool
) -> NDArray[np.object_]:
    """Write a column of nothing but numbers as text where that is sensible; refuse it where it is not."""
    text, given = _is_text(values)
    if text.any() or not given.any():
        return values
    row = int(np.flatnonzero(given)[0])
    numbers = pd.api.types.infer_dtype(values[given]) in ("integer", "floating", "mixed-integer-float")
    if not (numbers and numbers_are_text):
        name = draft.columns.get(column, column)
        raise PairsError(
            f"Column {name!r} (the {column.replace('_', ' ')}), row {row}: expected text, found "
            f"{str(values[row])[:40]!r} ({type(values[row]).__name__}), and no other row holds text. Name "
            "the columns with the texts: read(source, prompt=..., response_a=..., response_b=...)."
        )
    report.notes.append(f"the {column.replace('_', ' ')} holds only numbers; they are read as text")
    out = values.copy()
    out[given] = [str(v) for v in values[given]]
    return out


def _prompts(
    values: Mapping[str, NDArray[np.object_]], draft: Draft, report: ReadReport
) -> NDArray[np.object_]:
    """Return the prompts; where there are none at all, every distinct pair becomes one of its own."""
    prompts = values["prompt"]
    text, given = _is_text(prompts)
    if not draft.own_prompt and (given & ~_blank(prompts, text)).any():
        return _as_text(prompts, "prompt", draft, report, numbers_are_text=True)
    report.notes.append("there are no prompts: every distinct pair of responses counts as one of its own")
    return placeholders(values["response_a"], values["response_b"])


def _without_nul(
    values: NDArray[np.object_],
    keep: NDArray[np.bool_],
    rows: NDArray[np.int64],
    what: str,
    report: ReadReport,
) -> NDArray[np.object_]:
    """Remove NUL characters, which databases and browsers do not take."""
    pairs = zip(values, keep.tolist(), strict=True)
    nul = np.fromiter((k and "\x00" in v for v, k in pairs), dtype=bool, count=values.size)
    if not nul.any():
        return values
    out = values.copy()
    out[nul] = [v.replace("\x00", "") for v in values[nul]]
    report.repair(f"NUL characters removed from the {what}", rows[nul].tolist())
    return out


def _longest(values: Mapping[str, NDArray[np.object_]], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
    sides = zip(values["response_a"], values["response_b"], keep.tolist(), strict=True)
    return np.fromiter(
        (max(len(a), len(b)) if k else 0 for a, b, k in sides), dtype=np.int64, count=keep.size
    )


def _preferences(
    table: pd.DataFrame,
    values: Mapping[str, NDArray[np.object_]],
    draft: Draft,
    keep: NDArray[np.bool_],
    rows: NDArray[np.int64],
    report: ReadReport,
    missing: str,
    labels: Mapping[Any, str] | None,
) -> NDArray[np.float64]:
    raw = table["preference"]
    preference, how = to_preference(raw, labels={**draft.labels, **(labels or {})})
    unknown = (preference == UNKNOWN) & keep
    if unknown.any():  # a label may also be the name of the winner, or its text
        said = raw.to_numpy(dtype=object)
        sides = [("response_a", "response_b")]
        if {"model_a", "model_b"} <= set(table.columns):
            sides.append(("model_a", "model_b"))
        for a, b in sides:
            first, second = (
                said == (values[c] if c in values else table[c].to_numpy(dtype=object)) for c in (a, b)
            )
            preference[unknown & first & ~second] = 1.0
            preference[unknown & second & ~first] = 0.0
        unknown = (preference == UNKNOWN) & keep
    if unknown.sum() > keep.sum() / 2:
        row = int(np.flatnonzero(unknown)[0])
        column, value = draft.columns.get("preference", "preference"), str(raw.iloc[row])[:60]
        raise PairsError(
            f"Column {column!r}, row {rows[row]}: cannot tell A from B in {value!r}; so in {unknown.sum():,} of "
            f"{counted(int(keep.sum()), 'row')}. Use 1/0, A/B, 1/2 or model_a/model_b/tie, or say what the "
            "labels mean: labels={'better': 'a', 'worse': 'b'}."
        )
    empty = np.isnan(preference)
    if missing == "tie":
        preference = np.where(empty, 0.5, preference)
    if not draft.chosen_first and not empty[keep].all():
        report.notes.append(f"labels: {how}")
    if empty[keep].any():
        count = int((empty & keep).sum())
        means = "ties" if missing == "tie" else "unlabelled"
        other = "unlabelled" if missing == "tie" else "tie"
        report.notes.append(f"{count:,} empty labels count as {means} (missing={other!r} changes that)")
    return preference


def _duplicates(table: pd.DataFrame, keep: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Rows that repeat an earlier one in every column; votes of two people on one pair are no duplicates."""
    kept = table.loc[keep, [*_TEXTS, "preference"]]
    codes = pd.DataFrame({c: pd.factorize(kept[c])[0] for c in kept}, index=kept.index)
    alike = codes[codes.duplicated(keep=False)]
    out = np.zeros(len(table), dtype=bool)
    if alike.empty:
        return out
    own = {*_TEXTS, "preference", "_row", "_set"}
    rest = table.loc[alike.index, [c for c in table.columns if c not in own]]
    for column in rest.columns:
        alike = alike.assign(**{f"_{column}": _codes(rest[column])})
    out[alike.index.to_numpy()[alike.duplicated().to_numpy()]] = True
    return out


def _codes(values: pd.Series) -> NDArray[np.int64]:
    try:
        return pd.factorize(values)[0].astype(np.int64)
    except TypeError:  # lists and dictionaries
        return pd.factorize(values.map(repr))[0].astype(np.int64)


def _nothing_left(report: ReadReport) -> str:
    reasons = "; ".join(f"{n:,} for {reason}" for reason, n in report.dropped.items())
    left_out = f": left out {reasons}" if reasons else ""
    return (
        f"No pair is left of {counted(report.read, 'row')} read as {report.layout}{left_out}. If the columns are "
        "wrong, name them: read(source, prompt=..., response_a=..., response_b=..., preference=...)."
    )
