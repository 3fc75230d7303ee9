"""From whatever holds a table (a file, a frame, a dataset id) to a pandas frame."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from whimsight.errors import PairsError
from whimsight.pairs.formats import FORMATS, columnar, delimited, json_lines, json_table, records

__all__ = ["Source", "to_frame"]

_SAYS_NOTHING = ("pairs", "data", "dataset", "train", "test", "validation")


@dataclass(frozen=True, slots=True)
class Source:
    """A table and where it came from.

    Attributes
    ----------
    frame : DataFrame
        The table as it stands.
    name : str
        What to call the pairs if nobody says.
    label : str
        What the report calls the source: a file's name without its folders, or a kind of object.
    untyped : bool
        The format has no types, so that a text may have been read as a number.
    notes : list of str
        What had to be done to read it.
    """

    frame: pd.DataFrame
    name: str = "pairs"
    label: str = "table"
    untyped: bool = False
    notes: list[str] = field(default_factory=list)


def to_frame(source: Any, *, split: str | None = None) -> Source:
    """Return the table that a source holds.

    Raises
    ------
    PairsError
        Naming the source, what is wrong with it and what to do.
    """
    if split is not None and not _may_have_splits(source):
        raise PairsError(f"split={split!r} is for a dataset with splits; this source has none.")
    if isinstance(source, pd.DataFrame):
        return Source(source)
    if isinstance(source, (str, Path)):
        return _path_or_hub(source, split)
    if hasattr(source, "collect") and hasattr(source, "collect_schema"):  # a polars LazyFrame
        source = source.collect()
    if hasattr(source, "to_pandas"):  # polars, pyarrow, datasets.Dataset
        return Source(source.to_pandas())
    if hasattr(source, "column_names") and isinstance(source, Mapping):  # datasets.DatasetDict
        return _of_splits(source, split, "pairs")
    if isinstance(source, Sequence) and all(isinstance(r, Mapping) for r in source):
        return Source(records([dict(r) for r in source]))
    raise PairsError(
        f"Cannot read pairs from {type(source).__name__}. Give a file, a pandas or polars frame, a datasets "
        "object (not a streaming one), or a list of dictionaries."
    )


def _may_have_splits(source: Any) -> bool:
    if isinstance(source, (str, Path)):
        return not _path(source).exists()
    return hasattr(source, "column_names") and isinstance(source, Mapping)


def _path(source: str | Path) -> Path:
    try:
        path = Path(source).expanduser()
        path.is_dir()
    except (OSError, RuntimeError, ValueError) as error:  # too long, nobody's home
        said = error.strerror if isinstance(error, OSError) else str(error)
        raise PairsError(
            f"No file {str(source)[:60]!r} can be here ({said}). Give the path of a file."
        ) from None
    return path


def _path_or_hub(source: str | Path, split: str | None) -> Source:
    path = _path(source)
    if path.is_dir():
        raise PairsError(f"{str(path)!r} is a folder; name a file in it ({', '.join(FORMATS)}).")
    if path.is_file():
        return _file(path)
    is_id = isinstance(source, str) and source.count("/") == 1 and not source.startswith((".", "~", "/"))
    if is_id and path.suffix.lower().lstrip(".") not in (*FORMATS, "gz"):
        return _hub(str(source), split)
    raise PairsError(
        f"No file {path.name!r} here. whimsight.read takes a file ({', '.join(FORMATS)}; .gz too), a data "
        "frame, a datasets object, or a hub id such as 'org/name'; whimsight.load takes a shipped sample."
    )


def _file(path: Path) -> Source:
    stem, _, ending = path.name.removesuffix(".gz").rpartition(".")
    ending = ending.lower()
    if ending not in FORMATS or not stem:
        raise PairsError(
            f"{path.name!r}: cannot tell the format from the name. Endings: {', '.join(FORMATS)}; .gz may "
            "follow."
        )
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PairsError(f"Cannot read {path.name!r}: {error.strerror}.") from error
    if data[:2] == b"\x1f\x8b":
        data = _gunzip(data, path.name)
    if not data.strip():
        raise PairsError(f"{path.name!r} is empty.")
    folder = path.absolute().parent.name
    name = folder if stem.lower() in _SAYS_NOTHING and folder else stem
    if ending in ("parquet", "pq", "arrow", "feather", "ipc"):
        return Source(_with_rows(columnar(data, ending, path.name), path.name), name, path.name)
    text, notes = _decode(data, path.name)
    del data
    if ending in ("jsonl", "ndjson"):
        frame = json_lines(text, path.name)
    elif ending == "json":
        frame = json_table(text, path.name)
    else:
        if nul := text.count("\x00"):
            text = text.replace("\x00", "")
            notes.append(f"repaired: {nul:,} NUL characters removed from the file")
        frame = delimited(text, "\t" if ending == "tsv" else ",", path.name)
    untyped = ending in ("csv", "tsv")
    return Source(_with_rows(frame, path.name), name, path.name, untyped=untyped, notes=notes)


def _with_rows(frame: pd.DataFrame, name: str) -> pd.DataFrame:
    if len(frame):
        return frame
    columns = f" below its columns ({', '.join(map(str, frame.columns))})" if len(frame.columns) else ""
    raise PairsError(f"{name!r} has no rows{columns}.")


def _gunzip(data: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(data)
    except (EOFError, OSError, zlib.error) as error:
        raise PairsError(
            f"{name!r} is a damaged or cut-off gzip file ({error}). Fetch it again, or unpack what is there "
            "with `gzip -dc` and read the plain file."
        ) from error


def _decode(data: bytes, name: str) -> tuple[str, list[str]]:
    """Return the text of a file and what had to be assumed: UTF-32 and UTF-16, UTF-8, then Windows-1252."""
    wide = _wide_encoding(data)
    if wide is not None:
        try:
            return data.decode(wide), [f"repaired: the file was {wide.upper()}, not UTF-8"]
        except UnicodeDecodeError as error:
            raise PairsError(
                f"{name!r} looks like {wide.upper()} but is not ({error.reason} at byte {error.start:,}); save it as "
                "UTF-8."
            ) from error
    try:
        return data.decode("utf-8-sig"), []
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        note = (
            f"repaired: the file is not UTF-8 (first at line {line}, byte 0x{data[error.start]:02x}) and was "
            "read as Windows-1252; if letters look wrong, save it as UTF-8"
        )
        return data.decode("cp1252", errors="replace"), [note]


def _wide_encoding(data: bytes) -> str | None:
    """Recognise UTF-32 and UTF-16 by their marks, or UTF-16 by every second byte of its beginning being zero."""
    if data[:4] in (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff"):
        return "utf-32"
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    head = data[:200]
    if len(head) >= 20:
        if head[1::2].count(0) > 0.8 * len(head) / 2:
            return "utf-16-le"
        if head[::2].count(0) > 0.8 * len(head) / 2:
            return "utf-16-be"
    return None


def _hub(source: str, split: str | None) -> Source:
    try:
        import datasets
    except ImportError:
        raise PairsError(
            f"No file {source!r} here, and it looks like a dataset id on a hub; reading one needs: "
            "pip install 'whimsight[datasets]'"
        ) from None
    try:
        found = datasets.load_dataset(source)
    except Exception as error:  # the library raises many kinds: all mean that it cannot be had
        said = (str(error).splitlines() or [""])[0]
        raise PairsError(
            f"No file {source!r} here, and no such dataset can be had ({type(error).__name__}: {said}). Is "
            "there a network, is the name right, does it need a login? A downloaded file works too."
        ) from error
    return _of_splits(found, split, source.split("/")[-1])


def _of_splits(found: Any, split: str | None, name: str) -> Source:
    names = list(found)
    if split is not None and split not in names:
        raise PairsError(f"No split {split!r} in this dataset; there are {', '.join(names)}.")
    chosen = split or ("train" if "train" in names else names[0])
    notes = [f"split {chosen!r} of {', '.join(names)}"] if len(names) > 1 else []
    return Source(found[chosen].to_pandas(), name, name if name != "pairs" else "dataset", notes=notes)
