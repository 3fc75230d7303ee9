"""Paid replies kept on disk: one SQLite file a model, one transaction a reply.

SQLite with its rollback journal is safe under a kill at any moment and for two processes at once. Each row
carries a checksum; a damaged row is asked again, and a damaged file is put aside with what can still be read of
it carried over. A disk that is full or read-only costs the cache, not the run: replies are then kept in memory.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import threading
import warnings
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from whimsight._sqlite import connect
from whimsight.embed.cache import cache_folder
from whimsight.language.base import Reply

__all__ = ["AnswerCache", "Totals"]

_SCHEMA = 1
_MOST = 500  # variables in one query; old SQLite builds allow 999
_TABLE = (
    "CREATE TABLE IF NOT EXISTS reply (key BLOB, attempt INTEGER, text TEXT, prompt_tokens INTEGER, "
    "completion_tokens INTEGER, seconds REAL, finish TEXT, sent INTEGER, most INTEGER, checksum INTEGER, "
    "PRIMARY KEY (key, attempt))"
)
_COLUMNS = "key, attempt, text, prompt_tokens, completion_tokens, seconds, finish, sent, most, checksum"


class Totals(NamedTuple):
    """What the replies that are kept add up to.

    Attributes
    ----------
    replies, sent, most, prompt_tokens, completion_tokens : int
        ``sent`` are bytes, ``most`` the tokens that the answers might have had.
    seconds : float
    """

    replies: int = 0
    sent: int = 0
    most: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0


class AnswerCache:
    """Replies of one model by request and attempt, every one that was paid for.

    Parameters
    ----------
    fingerprint : str
        Of the model: another one has another file.
    folder : Path, optional
        `cache_folder` by default.
    on_disk : bool
        With False replies are kept as long as this object.
    """

    def __init__(self, fingerprint: str, folder: Path | None = None, *, on_disk: bool = True) -> None:
        name = hashlib.blake2b(fingerprint.encode(), digest_size=10).hexdigest()
        self.path = (folder or cache_folder()) / f"answers-{name}.sqlite"
        self._reads = self._writes = on_disk  # a disk that is full can still be read
        self._memory: dict[str, list[tuple[Reply, int, int]]] = {}
        self._lock = threading.Lock()

    def get(self, keys: Sequence[str]) -> dict[str, list[Reply]]:
        """Return the whole replies that are there, in the order in which they were paid for.

        Parameters
        ----------
        keys : sequence of str
            `Request.key` of each.
        """
        found: dict[str, list[tuple[int, Reply]]] = {}
        if self._reads and self.path.exists():
            with self._trouble(), contextlib.closing(self._connect()) as db:
                wanted = [bytes.fromhex(key) for key in dict.fromkeys(keys)]
                for start in range(0, len(wanted), _MOST):
                    part = wanted[start : start + _MOST]
                    marks = ",".join("?" * len(part))
                    query = f"SELECT {_COLUMNS} FROM reply WHERE key IN ({marks}) ORDER BY key, attempt"
                    for row in db.execute(query, part):
                        if _checksum(row[:-1]) == row[-1]:
                            found.setdefault(row[0].hex(), []).append((row[1], Reply(*row[2:7])))
        with self._lock:
            for key in dict.fromkeys(keys):
                for reply, _, _ in self._memory.get(key, ()):
                    found.setdefault(key, []).append((-1, reply))
        return {key: [reply for _, reply in replies] for key, replies in found.items()}

    def put(self, key: str, reply: Reply, sent: int, most: int) -> None:
        """Keep a reply beside those that its request has already.

        Parameters
        ----------
        key : str
        reply : Reply
        sent : int
            Bytes of the request.
        most : int
            Tokens that the answer might have had.
        """
        with self._lock:
            for _ in range(2):  # a damaged file is put aside the first time, and begun anew the second
                if not self._writes:
                    break
                with self._trouble(writing=True):
                    self.path.parent.mkdir(parents=True, exist_ok=True)
                    with contextlib.closing(self._connect()) as db, db:
                        db.execute("BEGIN IMMEDIATE")
                        _insert(db, bytes.fromhex(key), reply, sent, most)
                    return
            self._memory.setdefault(key, []).append((reply, sent, most))

    def totals(self) -> Totals:
        """Return what all replies that are kept add up to."""
        out = Totals()
        if self._reads and self.path.exists():
            with self._trouble(), contextlib.closing(self._connect()) as db:
                row = db.execute(
                    "SELECT count(*), coalesce(sum(sent), 0), coalesce(sum(most), 0), coalesce(sum(prompt_tokens), 0), "
                    "coalesce(sum(completion_tokens), 0), coalesce(sum(seconds), 0.0) FROM reply"
                ).fetchone()
                out = Totals(*row)
        with self._lock:
            for replies in self._memory.values():
                for reply, sent, most in replies:
                    out = Totals(
                        out.replies + 1,
                        out.sent + sent,
                        out.most + most,
                        out.prompt_tokens + reply.prompt_tokens,
                        out.completion_tokens + reply.completion_tokens,
                        out.seconds + reply.seconds,
                    )
        return out

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, _TABLE, _SCHEMA)

    @contextlib.contextmanager
    def _trouble(self, *, writing: bool = False) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read-only, another schema
            self._give_up(error, writing)
        except sqlite3.DatabaseError:  # not a database, or a damaged one
            self._put_aside()
        except OSError as error:
            self._give_up(error, writing)

    def _put_aside(self) -> None:
        """Rename the damaged file, which was paid for, and carry over what can be read of it."""
        if _sound(self.path):  # another process was first
            return
        aside = self.path.with_name(f"{self.path.stem}-damaged-{os.urandom(4).hex()}.sqlite")
        try:
            self.path.replace(aside)
            # With its journal, which would otherwise be played back into the file that takes its place.
            self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
        except OSError:
            return
        warnings.warn(
            f"The kept answers in {self.path.name} were damaged; the file is now {aside.name}, what can be read of it "
            "is kept, the rest is asked again.",
            stacklevel=5,
        )
        with contextlib.suppress(sqlite3.Error, OSError), contextlib.closing(self._connect()) as db, db:
            db.executemany(
                f"INSERT OR IGNORE INTO reply ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", _readable(aside)
            )

    def _give_up(self, error: Exception, writing: bool) -> None:
        self._reads, self._writes = self._reads and writing, False
        lost = (
            "what is paid for from here on is lost when this process ends"
            if writing
            else "what was paid for earlier is not found"
        )
        warnings.warn(
            f"Answers cannot be kept in {self.path.parent.name!r} ({error}); going on, but {lost}. Set "
            "WHIMSIGHT_CACHE to a folder that can be written.",
            stacklevel=5,
        )


def _insert(db: sqlite3.Connection, key: bytes, reply: Reply, sent: int, most: int) -> None:
    (attempt,) = db.execute(
        "SELECT coalesce(max(attempt) + 1, 0) FROM reply WHERE key = ?", (key,)
    ).fetchone()
    text = reply.text.encode("utf-8", "replace").decode("utf-8")
    row = (
        key,
        attempt,
        text,
        reply.prompt_tokens,
        reply.completion_tokens,
        float(reply.seconds),
        reply.finish,
        sent,
        most,
    )
    db.execute(f"INSERT INTO reply ({_COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?,?)", (*row, _checksum(row)))


def _sound(path: Path) -> bool:
    try:
        with contextlib.closing(sqlite3.connect(path, timeout=60)) as db:
            return bool(db.execute("PRAGMA quick_check(1)").fetchone() == ("ok",))
    except sqlite3.Error:
        return False


def _readable(path: Path) -> Iterator[tuple[object, ...]]:
    """Yield the whole rows of a damaged file, from its beginning and from its end."""
    for order in ("ASC", "DESC"):
        with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(path)) as db:
            for row in db.execute(f"SELECT {_COLUMNS} FROM reply ORDER BY rowid {order}"):
                if _checksum(row[:-1]) == row[-1]:
                    yield row


def _checksum(row: Sequence[object]) -> int:
    """Of a row with its key, so that a reply under another request's key is found out."""
    return zlib.crc32(repr(tuple(row)).encode("utf-8", "surrogatepass"))
