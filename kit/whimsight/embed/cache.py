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
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whimsight._sqlite import connect

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["EmbeddingCache", "cache_folder", "text_key"]

_SCHEMA = 1
_TABLE = "CREATE TABLE IF NOT EXISTS embedding (key BLOB PRIMARY KEY, vector BLOB, checksum INTEGER)"
_MOST = 500  # variables in one query; old SQLite builds allow 999


def cache_folder() -> Path:
    """Return ``$WHIMSIGHT_CACHE``, or the user's cache folder."""
    from platformdirs import user_cache_path

    given = os.environ.get("WHIMSIGHT_CACHE")
    return Path(given).expanduser() if given else user_cache_path("whimsight")


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

    def fill(self, keys: Sequence[bytes], out: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Write the vectors that are there and whole into ``out``.

        Parameters
        ----------
        keys : sequence of bytes
            All different.
        out : ndarray
            float32 (n_keys, dimensions); rows of keys that are not there stay as they are.

        Returns
        -------
        ndarray
            bool (n_keys,): which were there.
        """
        found = np.zeros(len(keys), dtype=np.bool_)
        if not self._usable or not self.path.exists():
            return found
        row_of = {key: row for row, key in enumerate(keys)}
        with self._trouble(), contextlib.closing(self._connect()) as db:
            for start in range(0, len(keys), _MOST):
                part = keys[start : start + _MOST]
                marks = ",".join("?" * len(part))
                query = f"SELECT key, vector, checksum FROM embedding WHERE key IN ({marks})"
                for key, vector, checksum in db.execute(query, part):
                    whole = isinstance(vector, bytes) and len(vector) == 4 * self.dimensions
                    if whole and _checksum(key, vector) == checksum:
                        row = row_of[key]
                        out[row] = np.frombuffer(vector, dtype="<f4")
                        found[row] = True
        return found

    def put(self, keys: Sequence[bytes], vectors: NDArray[np.float32]) -> None:
        """Keep vectors, float32 (n_keys, dimensions), all or none of them."""
        rows = []
        for key, vector in zip(keys, vectors, strict=True):
            data = np.ascontiguousarray(vector, dtype="<f4").tobytes()
            rows.append((key, data, _checksum(key, data)))
        for _ in range(2):  # a damaged file is thrown away the first time, and begun anew the second
            if not self._usable:
                return
            with self._trouble():
                self.path.parent.mkdir(parents=True, exist_ok=True)
                with contextlib.closing(self._connect()) as db, db:
                    db.executemany("INSERT OR REPLACE INTO embedding VALUES (?, ?, ?)", rows)
                return

    def _connect(self) -> sqlite3.Connection:
        return connect(self.path, _TABLE, _SCHEMA)

    @contextlib.contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.OperationalError as error:  # locked, full, read-only, another schema
            self._give_up(error)
        except sqlite3.DatabaseError:  # not a database, or a damaged one
            with contextlib.suppress(OSError):
                # With its journal, which would otherwise be played back into the file that takes its place.
                self.path.with_name(self.path.name + "-journal").unlink(missing_ok=True)
                self.path.unlink()
        except OSError as error:
            self._give_up(error)

    def _give_up(self, error: Exception) -> None:
        if self._usable:
            warnings.warn(
                f"Embeddings cannot be kept in {self.path.parent.name!r} ({error}); going on without. "
                "Set WHIMSIGHT_CACHE to a folder that can be written.",
                stacklevel=5,
            )
        self._usable = False


def _checksum(key: bytes, vector: bytes) -> int:
    """Of the vector and its key, so that a vector under another text's key is found out."""
    return zlib.crc32(vector, zlib.crc32(key))
