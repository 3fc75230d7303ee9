"""Pairs as one Parquet file: the table, its name and its report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import PairsError
from whimsight.files import atomic_write
from whimsight.pairs.report import ReadReport

if TYPE_CHECKING:
    from whimsight.pairs.table import Pairs

__all__ = ["pairs_from_bytes", "pairs_to_bytes", "plain", "read_parquet", "write_parquet"]

_KEY = b"whimsight.pairs"


def pairs_to_bytes(pairs: Pairs, *, level: int = 9) -> bytes:
    """Return the pairs as the bytes of a Parquet file; values that are lists or dictionaries become JSON."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    frame = pairs.frame.copy(deep=False)
    as_json = []
    for column in frame.columns:
        if frame[column].dtype == object and not _plain(frame[column]):
            frame[column] = frame[column].map(lambda v: None if _missing(v) else json.dumps(v, default=plain))
            as_json.append(str(column))
    about = {"name": pairs.name, "report": pairs.report.to_dict(), "json": as_json}
    table = pa.Table.from_pandas(frame, preserve_index=False)
    table = table.replace_schema_metadata({_KEY: json.dumps(about).encode(), **(table.schema.metadata or {})})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        compression="zstd",
        compression_level=level,
        row_group_size=100_000,
        dictionary_pagesize_limit=1 << 24,
    )
    return bytes(sink.getvalue())


def pairs_from_bytes(data: bytes) -> tuple[pd.DataFrame, str, ReadReport]:
    """Read what `pairs_to_bytes` wrote.

    Raises
    ------
    PairsError
        If the bytes are not such a file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(pa.BufferReader(data))
        about = json.loads((table.schema.metadata or {})[_KEY])
        frame = table.to_pandas()
        for column in about["json"]:
            frame[column] = frame[column].map(lambda v: None if _missing(v) else json.loads(v)).astype(object)
        return frame, str(about["name"]), ReadReport.from_dict(about["report"])
    except (pa.ArrowException, KeyError, TypeError, ValueError, OSError) as error:
        raise PairsError(f"Not a table that Pairs.to_parquet wrote, or a damaged one: {error}") from error


def write_parquet(pairs: Pairs, path: Path) -> Path:
    """Write pairs atomically."""
    atomic_write(path, pairs_to_bytes(pairs))
    return path


def read_parquet(path: Path) -> tuple[pd.DataFrame, str, ReadReport]:
    """Read pairs that `write_parquet` wrote."""
    try:
        return pairs_from_bytes(path.read_bytes())
    except OSError as error:
        raise PairsError(f"Cannot read {path.name}: {error.strerror}.") from error


def plain(value: Any) -> Any:
    """Return an array as a list and anything else that JSON does not know as text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)


def _plain(values: pd.Series) -> bool:
    return bool(values.map(lambda v: isinstance(v, str) or _missing(v)).all())


def _missing(value: Any) -> bool:
    return value is None or value is pd.NA or (isinstance(value, float) and np.isnan(value))
