"""From whatever holds a table (a file, a frame, a dataset id) to a pandas frame."""

from __future__ import annotations

import gzip
import io
import json
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from whimsight.errors import PairsError

__all__ = ["FORMATS", "to_frame"]

FORMATS = ("csv", "tsv", "json", "jsonl", "ndjson", "parquet", "pq", "arrow", "feather", "ipc")
"""File name endings that can be read; ``.gz`` may follow the text ones."""

_ENCODINGS = ("utf-8-sig", "utf-16", "cp1252")


def to_frame(source: Any, *, split: str | None = None) -> tuple[pd.DataFrame, str, list[str]]:
    """Return a frame, a name for it, and notes about what had to be repaired to read it.

    Raises
    ------
    PairsError
        Naming the file, what is wrong with it and what to do.
    """
    if isinstance(source, pd.DataFrame):
        return source, "pairs", []
    if isinstance(source, (str, Path)):
        path = Path(source).expanduser()
        if path.is_dir():
            raise PairsError(f"{path.name!r} is a folder; name a file in it ({', '.join(FORMATS)}).")
        if path.is_file():
            return _file(path)
        if (
            isinstance(source, str)
            and not path.suffix
            and source.count("/") == 1
            and not source.startswith((".", "~"))
        ):
            return _hub(source, split)
        raise PairsError(
            f"No file {path.name!r} here. whimsight.read takes a file ({', '.join(FORMATS)}; .gz too), a data "
            "frame, a datasets object, or a hub id such as 'org/name'; whimsight.load takes a shipped sample."
        )
    if hasattr(source, "to_pandas"):  # polars, pyarrow, datasets.Dataset
        return source.to_pandas(), "pairs", []
    if hasattr(source, "column_names") and isinstance(source, Mapping):  # datasets.DatasetDict
        return _dataset_dict(source, split)
    if isinstance(source, Sequence) and source and all(isinstance(r, Mapping) for r in source):
        return pd.DataFrame.from_records(list(source)), "pairs", []
    raise PairsError(
        f"Cannot read pairs from {type(source).__name__}. Give a file, a pandas or polars frame, a datasets "
        "object, or a list of dictionaries."
    )


def _file(path: Path) -> tuple[pd.DataFrame, str, list[str]]:
    name = path.name.removesuffix(".gz")
    stem, _, ending = name.rpartition(".")
    ending = ending.lower()
    if ending not in FORMATS or not stem:
        raise PairsError(
            f"{path.name!r}: cannot tell the format from the name. Endings: {', '.join(FORMATS)}, .gz."
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PairsError(f"Cannot read {path.name!r}: {error.strerror}.") from error
    if path.name.endswith(".gz") or data[:2] == b"\x1f\x8b":
        data = _gunzip(data, path.name)
    if not data.strip():
        raise PairsError(f"{path.name!r} is empty.")
    if ending in ("parquet", "pq", "arrow", "feather", "ipc"):
        return _columnar(data, ending, path.name), stem, []
    text, notes = _decode(data, path.name)
    if ending in ("jsonl", "ndjson"):
        frame = _jsonl(text, path.name)
    elif ending == "json":
        frame = _json(text, path.name)
    else:
        frame = _delimited(text, "\t" if ending == "tsv" else ",", path.name)
    if frame.empty:
        raise PairsError(f"{path.name!r} has no rows{_columns(frame)}.")
    return frame, stem, notes


def _gunzip(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise PairsError(
            f"{name!r} is a damaged or cut-off gzip file ({error}). Fetch it again, or unpack what is there with "
            f"`gzip -dc` and read the plain file."
        ) from error


def _decode(data: bytes, name: str) -> tuple[str, list[str]]:
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        try:
            return data.decode("utf-16"), ["repaired: the file was UTF-16"]
        except UnicodeDecodeError as error:
            raise PairsError(f"{name!r} starts like UTF-16 but is not: {error}.") from error
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        text = data.decode("cp1252", errors="replace")
        return text, [
            f"repaired: not UTF-8 (first at line {line}, byte 0x{data[error.start]:02x}); read as Windows-1252. "
            "If letters look wrong, save the file as UTF-8"
        ]


def _jsonl(text: str, name: str) -> pd.DataFrame:
    rows = []
    for number, line in enumerate(text.splitlines() if "\r\n" in text else text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except ValueError as error:
            raise PairsError(
                f"{name!r}, line {number}: not JSON ({error}). Each line must be one JSON object."
            ) from error
        if not isinstance(row, dict):
            raise PairsError(f"{name!r}, line {number}: expected a JSON object, found {type(row).__name__}.")
        rows.append(row)
    return pd.DataFrame.from_records(rows)


def _json(text: str, name: str) -> pd.DataFrame:
    try:
        value = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith("{") and "\n{" in text.strip():
            return _jsonl(text, name)
        raise PairsError(f"{name!r}: not JSON ({error}).") from error
    if isinstance(value, dict) and isinstance(value.get("comparisons"), list):
        return _annotated_pairs(value)
    if isinstance(value, dict):
        lists = [k for k, v in value.items() if isinstance(v, list) and v and isinstance(v[0], dict)]
        if len(lists) == 1:
            value = value[lists[0]]
        elif value and all(isinstance(v, (list, dict)) for v in value.values()):
            try:
                return pd.DataFrame(value)
            except ValueError as error:
                raise PairsError(f"{name!r}: columns of different lengths ({error}).") from error
    if not isinstance(value, list) or not all(isinstance(r, dict) for r in value):
        raise PairsError(
            f"{name!r}: expected a list of objects (one a pair), found {type(value).__name__}. "
            "One JSON object a line (.jsonl) is fine too."
        )
    return pd.DataFrame.from_records(value)


def _annotated_pairs(value: Mapping[str, Any]) -> pd.DataFrame:
    """Flatten the annotated-pairs format: one row a comparison, one column an annotator."""
    about = value.get("metadata") or {}
    people = value.get("annotators") or {}
    default = about.get("default_annotator") or next(
        (k for k, v in people.items() if isinstance(v, Mapping) and v.get("type") in ("human", "unknown")),
        None,
    )
    rows = []
    for item in value["comparisons"]:
        notes = item.get("annotations") or {}
        sides = {}
        for side in ("a", "b"):
            given = item.get(f"response_{side}", item.get(f"text_{side}"))
            sides[f"text_{side}"] = given.get("text") if isinstance(given, Mapping) else given
            if isinstance(given, Mapping) and given.get("model"):
                sides[f"model_{side}"] = given["model"]
        row: dict[str, Any] = {"id": item.get("id"), "prompt": item.get("prompt") or "", **sides}
        row["_pref"] = _annotation(notes.get(default))
        for key, note in notes.items():
            if (
                key != default
                and isinstance(people.get(key), Mapping)
                and people[key].get("type") != "principle"
            ):
                row[str(people[key].get("name") or key)] = _annotation(note)
        extra = item.get("metadata")
        if isinstance(extra, Mapping):
            row.update({str(k): v for k, v in extra.items() if k not in row})
        rows.append(row)
    return pd.DataFrame.from_records(rows)


def _annotation(note: Any) -> Any:
    if isinstance(note, Mapping):
        found = note.get("pref", note.get("value"))
        return None if found in ("not_applicable", "invalid") else found
    return note


def _delimited(text: str, separator: str, name: str) -> pd.DataFrame:
    if separator == ",":
        head = text[: text.find("\n")] if "\n" in text else text
        if head.count(";") > head.count(","):
            separator = ";"
        elif head.count("\t") > head.count(","):
            separator = "\t"
    try:
        frame = pd.read_csv(io.StringIO(text.replace("\x00", "")), sep=separator, low_memory=False)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, ValueError) as error:
        raise PairsError(
            f"{name!r}: not a regular table ({error}). Quote texts that hold separators or line breaks."
        ) from error
    return frame


def _columnar(data: bytes, ending: str, name: str) -> pd.DataFrame:
    import pyarrow as pa
    from pyarrow import feather, ipc, parquet

    try:
        if ending in ("parquet", "pq"):
            return parquet.read_table(pa.BufferReader(data)).to_pandas()
        if data[:6] == b"ARROW1":
            return feather.read_table(pa.BufferReader(data)).to_pandas()
        return ipc.open_stream(pa.BufferReader(data)).read_all().to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise PairsError(f"{name!r} is not a readable {ending} file, or was cut off: {error}") from error


def _hub(source: str, split: str | None) -> tuple[pd.DataFrame, str, list[str]]:
    try:
        import datasets
    except ImportError:
        raise PairsError(
            f"{source!r} looks like a dataset id on a hub; reading it needs: pip install 'whimsight[datasets]'"
        ) from None
    try:
        found = datasets.load_dataset(source)
    except Exception as error:  # the library raises many kinds: all mean that it cannot be had
        raise PairsError(
            f"Cannot fetch the dataset {source!r}: {type(error).__name__}: {str(error).splitlines()[0]} "
            "(is there a network, is the name right, does it need a login?) A downloaded file works too."
        ) from error
    frame, _, notes = _dataset_dict(found, split)
    return frame, source.split("/")[-1], notes


def _dataset_dict(found: Any, split: str | None) -> tuple[pd.DataFrame, str, list[str]]:
    names = list(found)
    if split is not None and split not in names:
        raise PairsError(f"No split {split!r} in this dataset; there are {', '.join(names)}.")
    chosen = split or ("train" if "train" in names else names[0])
    notes = [f"split {chosen!r} of {', '.join(names)}"] if len(names) > 1 else []
    return found[chosen].to_pandas(), "pairs", notes


def _columns(frame: pd.DataFrame) -> str:
    return f" (columns: {', '.join(map(str, frame.columns))})" if len(frame.columns) else ""
