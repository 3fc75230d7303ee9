"""An embedder that computes a text once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from whimsight.embed.base import Embedder, Progress, check_texts, normalise
from whimsight.embed.cache import EmbeddingCache, text_key
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cached"]

_STEP = 256  # texts between two saves, for embedders that do not say when a batch is finished


class Cached:
    """An embedder that looks on disk first and keeps what it computes.

    Equal texts are embedded once. Each batch of the embedder is saved as soon as it is finished: a run that is
    killed at any moment loses the batch in the works and no other, and the next run goes on from there.
    """

    def __init__(self, inner: Embedder, folder: Path | None = None) -> None:
        self._inner = inner
        self.fingerprint = inner.fingerprint
        self.dimensions = inner.dimensions
        self.name = str(getattr(inner, "name", "embedder"))
        self._cache = EmbeddingCache(inner.fingerprint, inner.dimensions, folder)

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions); ``progress`` counts the distinct texts, kept ones included."""
        check_texts(texts)
        row_of: dict[bytes, int] = {}
        row = np.fromiter((row_of.setdefault(text_key(t), len(row_of)) for t in texts), np.int64, len(texts))
        keys = list(row_of)
        del row_of
        out = np.zeros((len(keys), self.dimensions), dtype=np.float32)
        todo = np.flatnonzero(~self._cache.fill(keys, out))
        done = len(keys) - todo.size
        if progress is not None and done:
            progress("embed", done, len(keys))
        if todo.size:
            _, place = np.unique(row, return_index=True)  # where each distinct text is first
            for rows, vectors in self._stream([texts[i] for i in place[todo].tolist()]):
                where = todo[rows]
                out[where] = vectors
                self._cache.put([keys[i] for i in where.tolist()], vectors)
                done += where.size
                if progress is not None:
                    progress("embed", done, len(keys))
        return out if len(keys) == len(texts) else out[row]

    def _stream(self, texts: list[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        stream = getattr(self._inner, "stream", None)
        if stream is not None:
            yield from stream(texts)
            return
        for start in range(0, len(texts), _STEP):
            part = texts[start : start + _STEP]
            vectors = np.asarray(self._inner.embed(part))
            if vectors.shape != (len(part), self.dimensions):
                raise EmbeddingError(
                    f"The embedder {self.name!r} returned {vectors.shape} for {len(part)} texts; it must be "
                    f"({len(part)}, {self.dimensions})."
                )
            yield np.arange(start, start + len(part)), normalise(vectors)
