"""A data frame as Parquet, back again with every type as it was.

What pandas would need to know is written down by us (the column's ``kind`` and ``dtype``) and read against
a list of what is allowed, so nothing in a file can make the reader build, import or run anything else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyFileError
from whimsight.studies._file.archive import allowed_size, from_json, to_json
from whimsight.tables import Table

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["table_from_bytes", "table_to_bytes"]

_NUMPY = {
    "bool",
    *(f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)),
    "float32",
    "float64",
    *(f"{kind}64[{unit}]" for kind in ("datetime", "timedelta") for unit in ("s", "ms", "us", "ns")),
}
_NULLABLE = {
    "boolean": pd.BooleanDtype,
    "Int8": pd.Int8Dtype,
    "Int16": pd.Int16Dtype,
    "Int32": pd.Int32Dtype,
    "Int64": pd.Int64Dtype,
    "UInt8": pd.UInt8Dtype,
    "UInt16": pd.UInt16Dtype,
    "UInt32": pd.UInt32Dtype,
    "UInt64": pd.UInt64Dtype,
    "Float32": pd.Float32Dtype,
    "Float64": pd.Float64Dtype,
}
_BATCH = 16_384


def table_to_bytes(frame: pd.DataFrame) -> tuple[bytes, dict[str, Any]]:
    """Return a frame as the bytes of a Parquet file, and the description that reads it back.

    Numbers, nullable numbers, dates, categories and text keep their type; an ``object`` column of anything
    else is written as JSON (lists and dictionaries come back as such, other values as text).

    Examples
    --------
    >>> frame = pd.DataFrame({"a": [1.5, None], "b": [["x"], None]}, index=pd.Index([3, 5], name="k"))
    >>> data, about = table_to_bytes(frame)
    >>> table_from_bytes(data, about).equals(frame), [c["kind"] for c in about["columns"]]
    (True, ['numpy', 'json'])
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays: dict[str, pa.Array] = {}
    index = _describe_index(frame.index, arrays)
    columns = []
    for place, label in enumerate(frame.columns):
        array, about = _encode(frame.iloc[:, place])
        field = str(label)
        while field in arrays:
            field += "_"
        arrays[field] = array
        columns.append({"label": label if isinstance(label, int) else str(label), "field": field, **about})
    table = pa.table(arrays) if arrays else pa.table({"": pa.nulls(len(frame), pa.int8())})
    sink = pa.BufferOutputStream()
    pq.write_table(
        table, sink, compression="zstd", compression_level=6, store_schema=False, row_group_size=2**20
    )
    about_table = {"rows": len(frame), "bytes": _decoded_bytes(table), "index": index, "columns": columns}
    kind = "range" if isinstance(frame.columns, pd.RangeIndex) else str(frame.columns.dtype)
    about_table["labels"] = kind if kind in ("object", "range") else "inferred"
    return sink.getvalue().to_pybytes(), about_table


def table_from_bytes(data: bytes, about: dict[str, Any]) -> pd.DataFrame:
    """Read what `table_to_bytes` wrote.

    Raises
    ------
    StudyFileError
        Where content and description do not fit, or more comes out than was declared.
    """
    table = _read_bounded(data, about)
    rows = about["rows"]
    index = about["index"]
    labels: pd.Index[Any]
    if index["kind"] == "range":
        labels = pd.RangeIndex(rows, name=index["name"])
    else:
        values = _decode(table, index)
        labels = pd.Index(values, dtype=values.dtype, name=index["name"])
    # Given without a type, pandas 3 would turn an object column of texts into one of strings.
    decoded = (_decode(table, column) for column in about["columns"])
    columns = {place: pd.Series(v, dtype=v.dtype, index=labels) for place, v in enumerate(decoded)}
    frame = Table(columns, index=labels)
    names = [column["label"] for column in about["columns"]]
    if about["labels"] != "range":
        frame.columns = pd.Index(names, dtype=object if about["labels"] == "object" else None)
    elif not names:
        frame.columns = pd.RangeIndex(0)
    return frame


def _decoded_bytes(table: pa.Table) -> int:
    """Bound what reading the table takes, from its content alone: the same table says the same."""
    import pyarrow as pa
    import pyarrow.compute as pc

    total = 9 * len(table) * table.num_columns
    for column in table.columns:
        if pa.types.is_large_string(column.type):
            total += pc.sum(pc.binary_length(column)).as_py() or 0
    return int(total)


def _describe_index(index: pd.Index[Any], arrays: dict[str, pa.Array]) -> dict[str, Any]:
    if isinstance(index, pd.MultiIndex):
        raise StudyFileError("a table with an index of several levels cannot be saved; reset_index() first.")
    name = index.name if index.name is None else str(index.name)
    if isinstance(index, pd.RangeIndex) and index.equals(pd.RangeIndex(len(index))):
        return {"kind": "range", "name": name}
    field = name or "index"
    arrays[field], about = _encode(index.to_series())
    return {"name": name, "field": field, **about}


def _encode(values: pd.Series[Any]) -> tuple[pa.Array, dict[str, Any]]:
    """Return a column as an Arrow array and how to turn it back."""
    import pyarrow as pa

    dtype = values.dtype
    name = str(dtype)
    if name in _NUMPY:
        numbers = values.to_numpy()
        return pa.array(numbers.view(np.int64) if numbers.dtype.kind in "mM" else numbers), _kind(
            "numpy", name
        )
    if name in _NULLABLE:
        return pa.array(values.array), _kind("nullable", name)
    if isinstance(dtype, pd.DatetimeTZDtype):
        instants = values.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
        return pa.array(instants.view(np.int64)), {
            **_kind("instant", f"datetime64[{dtype.unit}]"),
            "zone": str(dtype.tz),
        }
    if isinstance(dtype, pd.CategoricalDtype):
        categories = dtype.categories
        if all(isinstance(c, str | int | float | bool) for c in categories.tolist()):
            about = {**_kind("category", str(categories.dtype)), "ordered": bool(dtype.ordered)}
            return pa.array(values.cat.codes.to_numpy(np.int32)), {**about, "categories": categories.tolist()}
    if isinstance(dtype, pd.StringDtype) or (dtype.kind == "O" and _text_or_none(values)):
        try:
            storage = f"{name}[{dtype.storage}]" if isinstance(dtype, pd.StringDtype) else "object"
            return _text_array(values), _kind("text", storage)
        except (UnicodeEncodeError, pa.ArrowException):
            pass  # half of a surrogate pair, which UTF-8 cannot hold and JSON can escape
    texts = [None if v is None else to_json(v).decode() for v in values.astype(object)]
    return pa.array(texts, pa.large_string()), _kind("json", "object")


def _text_array(values: pd.Series[Any]) -> pa.Array:
    import pyarrow as pa

    array = pa.array(values.array, type=pa.large_string(), from_pandas=True)
    return array.combine_chunks() if isinstance(array, pa.ChunkedArray) else array


def _kind(kind: str, dtype: str) -> dict[str, Any]:
    return {"kind": kind, "dtype": dtype}


def _text_or_none(values: pd.Series[Any]) -> bool:
    return all(v is None or isinstance(v, str) for v in values.to_numpy(dtype=object))


def _decode(table: pa.Table, about: dict[str, Any]) -> Any:
    """Return one column as an array of the type it had; refuse kinds and types that are not on the list."""
    column = table.column(about["field"])
    kind, dtype = about["kind"], about["dtype"]
    if kind == "numpy" and dtype in _NUMPY:
        return _numbers(column, dtype)
    if kind == "nullable" and dtype in _NULLABLE:
        wanted: Any = _NULLABLE[dtype]()
        return wanted.__from_arrow__(column)
    if kind == "instant" and dtype in _NUMPY:
        instants = pd.DatetimeIndex(_numbers(column, dtype)).tz_localize("UTC")
        return instants.tz_convert(str(about["zone"])).array
    if kind == "category":
        codes = _numbers(column, "int32")
        categories = pd.Index(about["categories"])
        categories = categories if dtype not in {*_NUMPY, "object"} else categories.astype(dtype)
        return pd.Categorical.from_codes(codes, categories=categories, ordered=bool(about["ordered"]))
    if kind == "text":
        return _texts(column, dtype)
    if kind == "json":
        values = [None if v is None else from_json(v) for v in _as_large_string(column).to_pylist()]
        out = np.empty(len(values), dtype=object)
        out[:] = values
        return out
    raise StudyFileError(f"the column {about['field']!r} has the unknown type {kind!r}, {dtype!r}.")


def _numbers(column: pa.ChunkedArray, dtype: str) -> np.ndarray[Any, Any]:
    wanted = np.dtype(dtype)
    stored = np.dtype(np.int64) if wanted.kind in "mM" else wanted
    if column.null_count:
        raise StudyFileError(f"a column of {dtype} has missing values.")
    values = np.asarray(column.to_numpy())
    if values.dtype != stored:
        raise StudyFileError(f"a column holds {values.dtype} where {dtype} was declared.")
    return np.array(values).view(wanted)


def _texts(column: pa.ChunkedArray, dtype: str) -> Any:
    array = _as_large_string(column)
    if dtype == "object":
        return (
            array.to_pandas(deduplicate_objects=True)
            .astype(object)
            .where(array.is_valid().to_numpy(), None)
            .to_numpy()
        )
    known: dict[str, tuple[Any, Any]] = {
        "str[pyarrow]": ("pyarrow", np.nan),
        "str[python]": ("python", np.nan),
        "string[pyarrow]": ("pyarrow", pd.NA),
        "string[python]": ("python", pd.NA),
    }
    if dtype not in known:
        raise StudyFileError(f"a column of text has the unknown type {dtype!r}.")
    storage, missing = known[dtype]
    wanted: Any = pd.StringDtype(storage, na_value=missing)
    return wanted.__from_arrow__(array)


def _as_large_string(column: pa.ChunkedArray) -> pa.ChunkedArray:
    import pyarrow as pa

    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        raise StudyFileError(f"a column holds {column.type} where text was declared.")
    return column.cast(pa.large_string())


def _read_bounded(data: bytes, about: dict[str, Any]) -> pa.Table:
    """Read batch by batch, and stop as soon as more comes out than the description allows."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows, declared = about["rows"], about["bytes"]
    if not (isinstance(rows, int) and isinstance(declared, int) and 0 <= declared <= allowed_size(len(data))):
        raise StudyFileError(
            f"a table claims to grow from {len(data):,} to {declared!r} bytes; that is no study."
        )
    file = pq.ParquetFile(pa.BufferReader(data))
    fields = {c["field"] for c in about["columns"]} | (
        {about["index"]["field"]} if "field" in about["index"] else set()
    )
    if file.metadata.num_rows != rows or (fields and set(file.schema_arrow.names) != fields):
        raise StudyFileError("a table's rows or columns are not those that the manifest describes.")
    room = 2 * declared + 64 * len(fields) * (1 + rows // _BATCH) + 2**16
    batches = []
    for batch in file.iter_batches(batch_size=_BATCH):
        room -= batch.nbytes
        if room < 0:
            raise StudyFileError("more comes out of a table than the manifest declares.")
        batches.append(batch)
    schema = file.schema_arrow.remove_metadata()
    return pa.Table.from_batches([b.replace_schema_metadata(None) for b in batches], schema=schema)
