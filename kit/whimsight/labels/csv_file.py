"""Labels as a table for spreadsheets.

A spreadsheet runs a cell that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line break as a formula, so
such a cell is written with an apostrophe before it; so is one that begins with apostrophes before these. Reading
takes that one apostrophe away again, and leaves all others: what was written comes back exactly.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from whimsight._suggest import nearest
from whimsight.errors import LabelsError
from whimsight.files import atomic_write
from whimsight.labels.clean import clean_changes, clean_feature
from whimsight.labels.fold import Label
from whimsight.labels.paths import cannot_write
from whimsight.labels.views import LABEL_COLUMNS

__all__ = ["COLUMNS", "guard", "read_csv", "unguard", "write_csv"]

COLUMNS = ("feature", *LABEL_COLUMNS)
"""Columns of the table, in order; only ``feature`` must be there."""

_READ = ("name", "status", "note", "tags", "turned")
_GUARDED = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")
_TRUE = {"true", "yes", "1", "x", "wahr", "vrai", "verdadero", "vero"}
_FALSE = {"", "false", "no", "0", "falsch", "faux", "falso"}
_MOST_BYTES = 64 * 2**20
_MOST_SHOWN = 5


def guard(cell: str) -> str:
    """Return a cell that no spreadsheet runs.

    Examples
    --------
    >>> [guard(cell) for cell in ("=1+1", "-5", "plain", "'=x", "'tis")]
    ["'=1+1", "'-5", 'plain', "''=x", "'tis"]
    """
    return f"'{cell}" if _GUARDED.match(cell) else cell


def unguard(cell: str) -> str:
    """Return what `guard` was given.

    Examples
    --------
    >>> unguard("'=1+1"), unguard("'tis")
    ('=1+1', "'tis")
    """
    return cell[1:] if cell.startswith("'") and _GUARDED.match(cell) else cell


def write_csv(path: Path, labels: Mapping[str, Label], features: Sequence[str] | None) -> Path:
    """Write labels in UTF-8 with a byte order mark, so that spreadsheets read it; replaced atomically."""
    order = [*(features or ()), *sorted(set(labels) - set(features or ()))]
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(COLUMNS)
    for feature in order:
        writer.writerow([guard(cell) for cell in _cells(feature, labels.get(feature))])
    try:
        atomic_write(path, text.getvalue().encode("utf-8-sig"))
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def read_csv(path: Path, features: list[str] | None) -> dict[str, dict[str, Any]]:
    """Return the changes that a table asks for, by feature.

    Commas, semicolons or tabs between cells; columns in any order.

    Raises
    ------
    LabelsError
        Names every row and column that cannot be used (the first five), as a spreadsheet counts them.
    """
    rows = _rows(path)
    header = _header(path, next(rows, []))
    changes: dict[str, dict[str, Any]] = {}
    row_of: dict[str, int] = {}
    wrong: list[str] = []
    try:
        for number, row in enumerate(rows, start=2):
            if not any(cell.strip() for cell in row):
                continue
            try:
                feature, given = _row(header, row, features)
                if feature in row_of:
                    raise LabelsError(
                        f"{feature!r} stands in row {row_of[feature]} already; keep one of them."
                    )
                row_of[feature], changes[feature] = number, given
            except LabelsError as error:
                wrong.append(f"Row {number}: {error}")
    except csv.Error as error:
        raise LabelsError(f"Cannot import {path.name!r}: it breaks off as a table ({error}).") from error
    if wrong:
        more = f" And {len(wrong) - _MOST_SHOWN} more." if len(wrong) > _MOST_SHOWN else ""
        raise LabelsError(
            f"Cannot import {path.name!r}; nothing was changed. " + " ".join(wrong[:_MOST_SHOWN]) + more
        )
    return changes


def _cells(feature: str, label: Label | None) -> list[str]:
    if label is None:
        return [feature, *[""] * len(LABEL_COLUMNS)]
    turned = "true" if label.turned else "false"
    tags = "; ".join(label.tags)
    return [feature, label.name, label.status, label.note, tags, turned, label.author, label.time]


def _rows(path: Path) -> Iterator[list[str]]:
    """Return the cells of a table; the separator is the one under which the first row names ``feature``."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise LabelsError(f"Cannot import {path.name!r}: it has more than {_MOST_BYTES >> 20} MB.")
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise LabelsError(f"Cannot import {path.name!r}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise LabelsError(
            f"Cannot import {path.name!r}: it is not in UTF-8 (byte {error.start + 1:,}). "
            'Save it as "CSV UTF-8" in the spreadsheet.'
        ) from error
    for separator in ",;\t":
        try:
            first = next(csv.reader(io.StringIO(text, newline=""), delimiter=separator), [])
        except csv.Error:  # a cell without end: not the separator, or not a table
            continue
        if "feature" in [cell.strip().casefold() for cell in first]:
            return csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    raise LabelsError(
        f"Cannot import {path.name!r}: row 1 must name the columns, among them 'feature'; "
        f"found {text[:60].splitlines()[:1]}. Columns: {', '.join(COLUMNS)}."
    )


def _header(path: Path, row: list[str]) -> list[str]:
    header = [cell.strip().casefold() for cell in row]
    for place, column in enumerate(header):
        if column and column not in COLUMNS:
            raise LabelsError(
                f"Cannot import {path.name!r}: row 1 names a column {row[place].strip()!r}."
                f"{nearest(column, list(COLUMNS))} Columns: {', '.join(COLUMNS)}. Rename or remove it."
            )
        if column and column in header[:place]:
            raise LabelsError(f"Cannot import {path.name!r}: row 1 names {column!r} twice; remove one.")
    return header


def _row(header: list[str], row: list[str], features: list[str] | None) -> tuple[str, dict[str, Any]]:
    if any(cell.strip() for place, cell in enumerate(row) if place >= len(header) or not header[place]):
        raise LabelsError("there are cells under no column's name; is a quotation mark missing?")
    cells = {column: unguard(cell) for column, cell in zip(header, row, strict=False) if column}
    feature = clean_feature(cells.get("feature", "").strip(), features)
    given: dict[str, Any] = {column: cells[column] for column in _READ if column in cells}
    if "status" in given:
        given["status"] = given["status"].strip().casefold()
        if not given["status"]:
            del given["status"]
    if "tags" in given:
        given["tags"] = given["tags"].split(";")
    if "turned" in given:
        given["turned"] = _truth(feature, given["turned"])
    return feature, clean_changes(feature, given)


def _truth(feature: str, cell: str) -> bool:
    said = cell.strip().casefold()
    if said not in _TRUE | _FALSE:
        raise LabelsError(f"turned of {feature!r} must be true or false; found {cell!r}.")
    return said in _TRUE
