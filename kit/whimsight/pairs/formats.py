"""The file formats: text or bytes to a frame, with errors that say where a file is broken."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from typing import Any

import pandas as pd

from whimsight.errors import PairsError

__all__ = ["FORMATS", "columnar", "delimited", "json_lines", "json_table"]

FORMATS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "ipc")
"""File name endings that can be read; ``.gz`` may follow the text ones."""


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
    return pd.DataFrame.from_records(rows)


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
    return pd.DataFrame.from_records(value)


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
    return pd.DataFrame.from_records(rows)


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
        return pd.read_csv(
            io.StringIO(text), sep=separator, low_memory=False, keep_default_na=False, na_values=[""]
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise PairsError(
            f"{name!r}: not a regular table ({str(error).strip()}). Quote texts that hold separators or line "
            "breaks."
        ) from error


def columnar(data: bytes, ending: str, name: str) -> pd.DataFrame:
    """Read Parquet, Feather, or an Arrow file or stream."""
    import pyarrow as pa  # type: ignore[import-untyped]
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
