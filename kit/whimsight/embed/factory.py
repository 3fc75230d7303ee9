"""`embedder`: a name, a path, a function or a matrix to an `Embedder`, with its cache."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._suggest import nearest
from whimsight.embed.base import Embedder, Progress
from whimsight.embed.cache import EmbeddingCache, text_key
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Cached", "embedder"]


def embedder(
    source: str | Embedder | Callable[[list[str]], Any] = "minilm",
    *,
    cache: bool | Path = True,
    **options: Any,
) -> Embedder:
    """Make an embedder.

    Parameters
    ----------
    source : str, Embedder or callable
        ``"minilm"``, ``"static"``, ``"openai:MODEL"`` (with ``base_url=`` for another endpoint), a
        sentence-transformers id (``"org/model"``) or path, a ready `Embedder`, or a function from a list of
        texts to a matrix.
    cache : bool or Path
        Keep vectors on disk; a path says where.
    **options
        ``windows`` ("pool" or "cut"), ``device``, ``dtype``, ``batch_size``, ``base_url``, ``api_key``,
        whichever the embedder takes.

    Raises
    ------
    EmbeddingError
        For an unknown name (with a suggestion), a missing package (with the pip line), or a model that
        cannot be loaded.

    Examples
    --------
    >>> embedder("minilm").dimensions
    384
    """
    made = _make(source, options)
    if cache is False or made.fingerprint.startswith(("static:", "function:")):
        return made  # faster than the disk, or without an identity
    return Cached(made, cache if isinstance(cache, Path) else None)


def _make(source: Any, options: dict[str, Any]) -> Embedder:
    from whimsight.embed.others import Callback, OpenAIEmbedder, SentenceTransformer, Static
    from whimsight.embed.transformer import MiniLM

    if isinstance(source, Embedder):
        return source
    try:
        if source == "minilm":
            return MiniLM(**options)
        if source == "static":
            return Static(**options)
        if isinstance(source, str) and source.startswith("openai:"):
            options.pop("windows", None)
            return OpenAIEmbedder(source.removeprefix("openai:"), **options)
        if isinstance(source, str) and ("/" in source or Path(source).exists()):
            return SentenceTransformer(source, **options)
        if callable(source):
            options.pop("windows", None)
            return Callback(source, **options)
    except TypeError as error:
        raise EmbeddingError(f"The embedder {source!r} does not take these options: {error}.") from error
    known = ["minilm", "static", "openai:MODEL", "org/model"]
    raise EmbeddingError(
        f"No embedder {source!r}.{nearest(str(source), known)} There are {', '.join(known)}, or a path."
    )


class Cached:
    """An embedder that looks on disk first and keeps what it computes, batch by batch."""

    def __init__(self, inner: Embedder, folder: Path | None = None) -> None:
        self._inner = inner
        self.fingerprint = inner.fingerprint
        self.dimensions = inner.dimensions
        self.name = str(getattr(inner, "name", "embedder"))
        self._cache = EmbeddingCache(inner.fingerprint, inner.dimensions, folder)

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions); a run that was killed goes on where it stopped."""
        keys = [text_key(t) for t in texts]
        known = self._cache.get(list(dict.fromkeys(keys)))
        fresh = list(dict.fromkeys(k for k in keys if k not in known))
        first = {key: i for i, key in reversed(list(enumerate(keys)))}
        todo = [texts[first[k]] for k in fresh]
        for rows, vectors in self._stream(todo, progress):
            part = [(fresh[i], v) for i, v in zip(rows.tolist(), vectors, strict=True)]
            self._cache.put(part)
            known.update(part)
        if not keys:
            return np.zeros((0, self.dimensions), dtype=np.float32)
        return np.stack([known[k] for k in keys]).astype(np.float32, copy=False)

    def _stream(self, texts: list[str], progress: Progress | None) -> Any:
        stream = getattr(self._inner, "stream", None)
        if stream is not None:
            yield from stream(texts, progress=progress)
            return
        step = 512
        for start in range(0, len(texts), step):
            part = texts[start : start + step]
            yield np.arange(start, start + len(part)), self._inner.embed(part)
            if progress is not None:
                progress("embed", start + len(part), len(texts))
