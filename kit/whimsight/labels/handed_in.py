"""Reading other people's files: without writing to them, without running what is in them, within limits."""

from __future__ import annotations

import sqlite3
import stat
from dataclasses import dataclass
from pathlib import Path

from whimsight._plural import counted
from whimsight.errors import LabelsError
from whimsight.labels import database
from whimsight.labels.events import Event
from whimsight.labels.json_file import read_json

__all__ = ["HandedIn", "read_handed_in"]

_MOST_BYTES = 64 * 2**20
_MOST_EVENTS = 200_000
_SQLITE, _ROLLBACK = b"SQLite format 3\x00", b"\x01\x01"  # the header's beginning, and its bytes 18 and 19
_LONGEST = 2**20  # of one value; the longest note is a tenth of it


@dataclass(frozen=True, slots=True)
class HandedIn:
    """What a file holds.

    Attributes
    ----------
    study : str or None
        Fingerprint of its study, when it says so.
    events : list of Event
    """

    study: str | None
    events: list[Event]


def read_handed_in(path: Path) -> HandedIn:
    """Return what is in a store or in a history that `LabelStore.to_json` wrote.

    Raises
    ------
    LabelsError
        When it is anything else: a link, a folder, too large, another kind of file, a database with other
        tables, views or triggers, or with an event that Whimsight did not write.
    """
    try:
        found = path.lstat()
        if stat.S_ISLNK(found.st_mode):
            raise LabelsError("it is a link to another file; hand in the file itself.")
        if not stat.S_ISREG(found.st_mode):
            raise LabelsError("it is not a file.")
        if found.st_size > _MOST_BYTES:
            raise LabelsError(f"it has {found.st_size:,} bytes; at most {_MOST_BYTES:,} are read.")
        if found.st_size == 0:
            raise LabelsError("it is empty.")
        if path.suffix.casefold() == ".json":
            return HandedIn(*read_json(path.read_bytes()))
        with path.open("rb") as file:
            head = file.read(20)
        if not head.startswith(_SQLITE):
            raise LabelsError("it is not a file of labels.")
        if head[18:] != _ROLLBACK:  # even to read a write-ahead log, SQLite makes files beside it
            raise LabelsError("another program changed its journal mode; hand it in as to_json writes it.")
        return _read_store(path)
    except OSError as error:
        raise LabelsError(f"it cannot be read: {error.strerror or error}.") from error


def _read_store(path: Path) -> HandedIn:
    try:
        connection = sqlite3.connect(
            database.uri(path.absolute(), "ro"), uri=True, timeout=5.0, isolation_level=None
        )
    except sqlite3.Error as error:
        raise LabelsError(f"it cannot be opened ({error}).") from error
    try:
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _LONGEST)
        for setting in ("trusted_schema=OFF", "cell_size_check=ON", "mmap_size=0", "query_only=ON"):
            connection.execute(f"PRAGMA {setting}")
        connection.execute("BEGIN")
        if not database.is_store(connection, path.name):
            raise LabelsError("it is empty.")
        (sound,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if sound != "ok":
            raise LabelsError(f"it is damaged ({str(sound)[:100]}).")
        events, bad = database.events_after(connection, 0, _MOST_EVENTS + 1)
        if bad:
            raise LabelsError(f"{counted(len(bad), 'event')} in it cannot be used. The first: {bad[0]}")
        if len(events) > _MOST_EVENTS:
            raise LabelsError(f"it has more than {_MOST_EVENTS:,} events.")
        return HandedIn(database.about(connection).get("study"), events)
    except sqlite3.Error as error:
        raise LabelsError(f"it is not a file of labels, or a damaged one ({error}).") from error
    finally:
        connection.close()
