"""Embeddings kept on disk: one SQLite file a model, one transaction a batch.

SQLite with its rollback journal is safe under a kill at any moment and for two processes at once, also on
network home directories where write-ahead logging is not. Each row carries a checksum; a row or a file that
is damaged is made again, never trusted. A disk that is full or read-only costs the cache, not the run.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
import warnings
import zlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EmbeddingCache", "cache_folder", "text_key"]

_MOST = 500  # variables in one query; old SQLite builds allow 999


def cache_folder() -> Path:
    """Return ``$WHIMSIGHT_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    return Path(os.environ.get("WHIMSIGHT_CACHE") or user_cache_path("whimsight"))


def text_key(text: str) -> bytes:
    """Return 16 bytes that stand for a text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()


class EmbeddingCache:
    """Vectors of one embedder by text.

    Parameters
    ----------
    fingerprint : str
        Of the embedder: another model has another file.
    dimensions : int
    folder : Path, optional
        `cache_folder` by default.
    """

    def __init__(self, fingerprint: str, dimensions: int, folder: Path | None = None) -> None:
        name = hashlib.blake2b(fingerprint.encode(), digest_size=10).hexdigest()
        self.path = (folder or cache_folder()) / f"embeddings-{name}.sqlite"
        self.dimensions = dimensions
        self._usable = True

    def get(self, keys: Sequence[bytes]) -> dict[bytes, NDArray[np.float32]]:
        """Return the vectors that are there and whole."""
        found: dict[bytes, NDArray[np.float32]] = {}
        if not self.path.exists():
            return found
        with self._trouble(), contextlib.closing(self._connect()) as db:
            for start in range(0, len(keys), _MOST):
                part = keys[start : start + _MOST]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, vector, checksum FROM embedding WHERE key IN ({marks})"
                for key, vector, checksum in db.execute(query, part):
                    if len(vector) == 4 * self.dimensions and zlib.crc32(vector) == checksum:
                        found[key] = np.frombuffer(vector, dtype="<f4")
        return found

    def put(self, items: Iterable[tuple[bytes, NDArray[np.float32]]]) -> None:
        """Keep vectors, all or none of them."""
        if not self._usable:
            return
        rows = []
        for key, vector in items:
            data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
            rows.append((key, data, zlib.crc32(data)))
        with self._trouble():
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.closing(self._connect()) as db, db:
                db.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)

    def _connect(self) -> sqlite3.Connection:
        db = sqlite3.connect(self.path, timeout=30)
        try:
            db.execute(
                "CREATE TABLE IF NOT EXISTS embedding (key BLOB PRIMARY KEY, vector BLOB, checksum INTEGER)"
            )
        except BaseException:
            db.close()
            raise
        return db

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read-only
            self._give_up(error)
        except sqlite3.DatabaseError:  # not a database, or a damaged one
            with contextlib.suppress(OSError):
                self.path.unlink()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        if self._usable:
            warnings.warn(
                f"Embeddings cannot be kept in {self.path.parent.name!r} ({error}); going on without. "
                "Set WHIMSIGHT_CACHE to a folder that can be written.",
                stacklevel=4,
            )
        self._usable = False
