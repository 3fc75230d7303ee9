"""The file formats: text or bytes to a frame, with errors that say where a file is broken."""

from __future__ import annotations

import csv
import io
import json
import warnings
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import numpy as np
import pandas as pd

from whimsight.errors import PairsError

__all__ = ["FORMATS", "columnar", "delimited", "json_lines", "json_table", "mend", "records"]

FORMATS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "ipc")
"""File name endings that can be read; ``.gz`` may follow the text ones."""


def records(rows: list[dict[str, Any]]) -> pd.DataFrame:
    """Make a frame of dictionaries; texts that no file can hold (half of a character) stay as they are."""
    frame = pd.DataFrame(rows, dtype=object)
    for column in frame.columns:
        with suppress(UnicodeEncodeError):
            frame[column] = frame[column].infer_objects()
    return frame


def mend(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[int]]:
    r"""Replace halves of characters (lone surrogates), which neither Parquet nor a browser can hold.

    Returns
    -------
    frame : DataFrame
        With ``?`` for each half, also inside lists and dictionaries.
    rows : list of int
        Rows that had one.

    Examples
    --------
    >>> mended, rows = mend(pd.DataFrame({"text": pd.Series(["fine", "broken \ud83d"], dtype=object)}))
    >>> mended["text"].tolist(), rows
    (['fine', 'broken ?'], [1])
    """
    out, broken = frame.copy(deep=False), np.zeros(len(frame), dtype=bool)
    for column in [c for c in frame.columns if frame[c].dtype == object]:
        before = frame[column].to_numpy(dtype=object)
        after = [_mended(v) for v in before]
        here = np.fromiter((a is not b for a, b in zip(before, after, strict=True)), dtype=bool)
        if here.any():
            out[column] = pd.Series(after, index=frame.index)
            broken |= here
    return out, np.flatnonzero(broken).tolist()


def _mended(value: Any) -> Any:
    """Return the value itself where nothing is broken."""
    if isinstance(value, str):
        if value.isascii():
            return value
        try:
            value.encode("utf-8")
        except UnicodeEncodeError:
            return value.encode("utf-8", "replace").decode("utf-8")
        return value
    if isinstance(value, dict):
        parts = {k: _mended(v) for k, v in value.items()}
        return parts if any(parts[k] is not value[k] for k in value) else value
    if isinstance(value, list):
        items = [_mended(v) for v in value]
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value


def json_lines(text: str, name: str) -> pd.DataFrame:
    """Read one JSON object a line."""
    rows = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line or line.isspace():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise PairsError(
                f"{name!r}, line {number}: not JSON ({error}); found {line[:40]!r}. Each line must be one "
                "JSON object."
            ) from error
        if not isinstance(row, dict):
            raise PairsError(
                f"{name!r}, line {number}: expected a JSON object, found {type(row).__name__} {line[:40]!r}."
            )
        rows.append(row)
    return records(rows)


def json_table(text: str, name: str) -> pd.DataFrame:
    """Read a list of objects, an object with one such list, columns, or the annotated-pairs format."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith("{") and "\n{" in text.strip():  # JSON lines under another name
            return json_lines(text, name)
        raise PairsError(f"{name!r}: not JSON ({error}).") from error
    if isinstance(value, dict):
        if isinstance(value.get("comparisons"), list):
            return _annotated_pairs(value, name)
        lists = [k for k, v in value.items() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if len(lists) == 1:
            value = value[lists[0]]
        elif len(lists) > 1:
            raise PairsError(
                f"{name!r}: an object with {len(lists)} lists of objects ({', '.join(lists[:5])}); keep the one "
                "that holds the pairs."
            )
        elif len(value) > 1 and all(isinstance(v, (list, dict)) for v in value.values()):
            try:
                return pd.DataFrame(value)
            except (ValueError, TypeError) as error:
                raise PairsError(f"{name!r}: columns of different lengths ({error}).") from error
    if not isinstance(value, list) or not all(isinstance(r, dict) for r in value):
        raise PairsError(
            f"{name!r}: expected a list of objects (one a pair), found {_what(value)}. One JSON object a "
            "line (.jsonl) is fine too."
        )
    return records(value)


def _what(value: Any) -> str:
    if isinstance(value, dict):
        keys = ", ".join(list(value)[:5])
        return f"one object with the keys {keys}" if keys else "an empty object"
    if isinstance(value, list):
        first = next((type(r).__name__ for r in value if not isinstance(r, dict)), "nothing")
        return f"a list that holds {first}"
    return type(value).__name__


def _annotated_pairs(value: Mapping[str, Any], name: str) -> pd.DataFrame:
    """Flatten the annotated-pairs format (1.0 and 2.0): a row a comparison, a column for each person."""
    about = value.get("metadata") or {}
    people = {k: v for k, v in (value.get("annotators") or {}).items() if isinstance(v, Mapping)}
    default = about.get("default_annotator") or next(
        (k for k, v in people.items() if v.get("type") in ("human", "unknown")), None
    )
    others = {
        k: str(v.get("name") or k)
        for k, v in people.items()
        if k != default and v.get("type") != "principle"  # a principle is a model's judgement, not a person's
    }
    rows = []
    for number, item in enumerate(value["comparisons"]):
        if not isinstance(item, Mapping):
            raise PairsError(
                f"{name!r}, comparison {number}: expected an object, found {type(item).__name__}."
            )
        notes = item.get("annotations") or {}
        row: dict[str, Any] = {"id": item.get("id"), "prompt": item.get("prompt")}
        for side in ("a", "b"):
            given = item.get(f"response_{side}", item.get(f"text_{side}"))
            row[f"text_{side}"] = given.get("text") if isinstance(given, Mapping) else given
            if isinstance(given, Mapping) and given.get("model"):
                row[f"model_{side}"] = given["model"]
        row["_pref"] = _annotation(notes.get(default))
        row.update({column: _annotation(notes[k]) for k, column in others.items() if k in notes})
        extra = item.get("metadata")
        if isinstance(extra, Mapping):
            row.update({str(k): v for k, v in extra.items() if k not in row})
        rows.append(row)
    return records(rows)


def _annotation(note: Any) -> Any:
    if not isinstance(note, Mapping):
        return note
    found = note.get("pref")
    return "tie" if found is None and "tie" in str(note.get("no_pref_reason", "")) else found


def delimited(text: str, separator: str, name: str) -> pd.DataFrame:
    """Read CSV or TSV; only an empty cell is missing, because ``None`` and ``NA`` are answers too."""
    head = text[: text.find("\n")] if "\n" in text else text
    if separator == ",":
        separator = max((",", ";", "\t"), key=head.count)
    try:
        columns = next(csv.reader(io.StringIO(text), delimiter=separator))
    except (csv.Error, StopIteration):
        columns = []
    twice = next((c for c in columns if columns.count(c) > 1), None)
    if twice is not None:
        raise PairsError(f"{name!r}: two columns are called {twice!r}; rename one of them.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", pd.errors.ParserWarning)  # rows longer than the header
            frame = pd.read_csv(
                io.StringIO(text),
                sep=separator,
                low_memory=False,
                index_col=False,
                keep_default_na=False,
                na_values=[""],
            )
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError, ValueError) as error:
        raise PairsError(
            f"{name!r}: not a regular table ({str(error).strip()}). Quote texts that hold separators or line "
            "breaks."
        ) from error
    return frame[[c for c in frame.columns if not str(c).startswith("Unnamed: ")]]  # row numbers, no data


def columnar(data: bytes, ending: str, name: str) -> pd.DataFrame:
    """Read Parquet, Feather, or an Arrow file or stream."""
    import pyarrow as pa
    from pyarrow import feather, ipc, parquet

    source = pa.BufferReader(data)
    try:
        if ending in ("parquet", "pq"):
            table = parquet.read_table(source)
        elif data[:6] == b"ARROW1" or data[:4] == b"FEA1":
            table = feather.read_table(source)
        else:
            table = ipc.open_stream(source).read_all()
        frame: pd.DataFrame = table.to_pandas()
        return frame
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PairsError(f"{name!r} is not a readable {ending} file, or was cut off: {error}") from error
