"""The file under a `LabelStore`: SQLite with its rollback journal, opened anew for every operation.

The rollback journal is safe on network home directories, where write-ahead logging is not. A connection that
lives for one operation cannot be carried into another thread or a forked process, and notices when the file
was deleted or replaced. Rows are only ever added.
"""

from __future__ import annotations

import contextlib
import os
import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote

from whimsight.errors import LabelsError
from whimsight.labels.events import COLUMNS, Event, canonical
from whimsight.labels.paths import is_folder
from whimsight.labels.received import checked_event

__all__ = [
    "APPLICATION",
    "ELSEWHERE",
    "SCHEMA",
    "TABLES",
    "Database",
    "explained",
    "is_store",
    "row_of",
    "uri",
]

APPLICATION = 0x57484D4C  # "WHML", in the file's header
SCHEMA = 1
TABLES = {
    "about": "CREATE TABLE about (key TEXT PRIMARY KEY NOT NULL, value TEXT NOT NULL)",
    "events": (
        "CREATE TABLE events (seq INTEGER PRIMARY KEY, uuid TEXT NOT NULL UNIQUE, tick INTEGER NOT NULL, "
        "time TEXT NOT NULL, author TEXT NOT NULL, kind TEXT NOT NULL, feature TEXT NOT NULL, "
        "payload TEXT NOT NULL, target TEXT NOT NULL)"
    ),
}

_INSERT = f"INSERT OR IGNORE INTO events ({', '.join(COLUMNS)}) VALUES ({', '.join('?' * len(COLUMNS))})"
_SELECT = f"SELECT seq, {', '.join(COLUMNS)} FROM events WHERE seq > ? ORDER BY seq"
ELSEWHERE = (
    "Work elsewhere: study.labels = ws.LabelStore('my.labels'), or set WHIMSIGHT_DATA to a folder of yours"
)
_LAYOUT = "SELECT name, sql FROM sqlite_master WHERE NOT (type = 'index' AND sql IS NULL) ORDER BY name"
_BUSY_SECONDS = 5.0
_PATIENCE_SECONDS = 30.0

_Result = TypeVar("_Result")
Position = tuple[int, str]
"""The last row's number and uuid: enough to know that nothing was added or replaced."""


def uri(path: Path, mode: str) -> str:
    """Return how SQLite is told to open a file: ``ro``, ``rw`` (must exist) or ``rwc`` (made if missing)."""
    return f"file:{quote(str(path))}?mode={mode}"


class Database:
    """Where the events lie.

    Parameters
    ----------
    path : Path or None
        Absolute; None keeps them in memory.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self._memory: sqlite3.Connection | None = None
        if path is None:
            self._memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)

    def read(self, work: Callable[[sqlite3.Connection], _Result], nothing: _Result) -> _Result:
        """Run ``work`` on a connection; where there is no file, or an empty one, return ``nothing``."""

        def reading() -> _Result:
            if self.path is not None and not exists(self.path):
                return nothing
            with self._connection("rw") as connection:
                return work(connection) if is_store(connection, self.name) else nothing

        return self._patiently(reading, "read")

    def write(self, work: Callable[[sqlite3.Connection], _Result]) -> _Result:
        """Run ``work`` in a transaction of its own: all of it is on disk afterwards, or nothing."""

        def writing() -> _Result:
            with self._connection("rwc") as connection:
                is_store(connection, self.name)  # before anything is set in a file that is not ours
                connection.execute("PRAGMA journal_mode=DELETE")
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("BEGIN IMMEDIATE")
                try:
                    if not is_store(connection, self.name):
                        _lay_out(connection)
                    result = work(connection)
                    connection.execute("COMMIT")
                except BaseException:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                    raise
                return result

        return self._patiently(writing, "write")

    @contextlib.contextmanager
    def _connection(self, mode: str) -> Iterator[sqlite3.Connection]:
        if self._memory is not None:
            yield self._memory
            return
        assert self.path is not None
        connection = sqlite3.connect(
            uri(self.path, mode), uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
        try:
            connection.execute("PRAGMA trusted_schema=OFF")
            yield connection
        finally:
            connection.close()

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return "labels in memory" if self.path is None else self.path.name

    def _patiently(self, work: Callable[[], _Result], doing: str) -> _Result:
        """Run ``work`` again while others hold the file; turn what SQLite says into `LabelsError`."""
        end = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return work()
            except sqlite3.Error as error:
                if self.path is not None and is_folder(self.path):
                    raise LabelsError(
                        f"Cannot {doing} {self.name!r}: it is a folder. Name a file in it, such as "
                        f"{str(Path(self.name) / 'my.labels')!r}."
                    ) from error
                code = getattr(error, "sqlite_errorcode", 0) & 0xFF
                if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED) or time.monotonic() > end:
                    raise explained(error, self.name, doing) from error
            time.sleep(random.uniform(0.005, 0.05))


def exists(path: Path) -> bool:
    """Return whether there is a file; what may not be looked at is not there for us."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder may not be entered


def is_store(connection: sqlite3.Connection, name: str) -> bool:
    """Return whether the file holds a store; False when it is empty.

    Raises
    ------
    LabelsError
        When it holds something else, or what a newer version wrote.
    """
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (schema,) = connection.execute("PRAGMA user_version").fetchone()
    laid_out = connection.execute(_LAYOUT).fetchall()
    if application == APPLICATION and schema == SCHEMA and laid_out == sorted(TABLES.items()):
        return True
    if application == APPLICATION and schema > SCHEMA:
        raise LabelsError(
            f"{name!r} was written by a newer Whimsight (layout {schema}; this one knows {SCHEMA}). "
            "Install the newer version: pip install --upgrade whimsight. The file is untouched."
        )
    if not laid_out and application == 0:
        return False
    raise LabelsError(
        f"{name!r} is a database, but not one of labels as Whimsight lays it out. It is untouched; "
        "choose another path."
    )


def explained(error: sqlite3.Error, name: str, doing: str) -> LabelsError:
    """Return what SQLite says as an error that tells what to do."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LabelsError(
            f"Cannot {doing} {name!r}: another program has held it for {_PATIENCE_SECONDS:.0f} seconds. "
            "Close what else has it open and try again. Nothing was lost."
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT):
        return LabelsError(
            f"Cannot {doing} {name!r}: it is damaged or not a file of labels ({error}). It is kept as it "
            "is: move it away, or restore it from a copy; work can then go on in a new one."
        )
    if code == sqlite3.SQLITE_FULL:
        why, what = "the disk is full", "Make room and try again"
    elif code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        why = "its folder is missing or may not be written to"
        what = ELSEWHERE
    else:
        why, what = str(error), "Check that the disk has room and the folder can be written"
    return LabelsError(f"Cannot {doing} {name!r}: {why}. {what}. What was there is intact.")


def _lay_out(connection: sqlite3.Connection) -> None:
    for sql in TABLES.values():
        connection.execute(sql)
    connection.execute(f"PRAGMA application_id={APPLICATION}")
    connection.execute(f"PRAGMA user_version={SCHEMA}")


def position(connection: sqlite3.Connection) -> Position:
    """Return the last row's number and uuid; (0, "") when there is none."""
    row = connection.execute("SELECT seq, uuid FROM events ORDER BY seq DESC LIMIT 1").fetchone()
    return (0, "") if row is None else (int(row[0]), str(row[1]))


def uuid_at(connection: sqlite3.Connection, seq: int) -> str:
    """Return the uuid of a row, or an empty text."""
    row = connection.execute("SELECT uuid FROM events WHERE seq = ?", (seq,)).fetchone()
    return "" if row is None else str(row[0])


def events_after(connection: sqlite3.Connection, seq: int, most: int = -1) -> tuple[list[Event], list[str]]:
    """Return the whole events in rows after ``seq``, at most so many, and what is wrong with the others."""
    events, bad = [], []
    for row in connection.execute(f"{_SELECT} LIMIT ?", (seq, most)):
        try:
            events.append(checked_event(dict(zip(COLUMNS, row[1:], strict=True))))
        except LabelsError as error:
            bad.append(str(error))
    return events, bad


def insert(connection: sqlite3.Connection, events: Iterable[Event]) -> None:
    """Add events; those that are there already (by uuid) are left."""
    connection.executemany(_INSERT, map(row_of, events))


def about(connection: sqlite3.Connection) -> dict[str, str]:
    """Return what the store says of itself: ``study`` (fingerprint), ``features`` (JSON list)."""
    return {str(k): str(v) for k, v in connection.execute("SELECT key, value FROM about")}


def say(connection: sqlite3.Connection, facts: dict[str, str]) -> None:
    """Write down what is not written down yet."""
    connection.executemany("INSERT OR IGNORE INTO about (key, value) VALUES (?, ?)", facts.items())


def row_of(event: Event) -> tuple[str | int, ...]:
    """Return an event as a row, in the order of `COLUMNS`."""
    return (
        event.uuid,
        event.tick,
        event.time,
        event.author,
        event.kind,
        event.feature,
        canonical(event.payload),
        event.target,
    )
