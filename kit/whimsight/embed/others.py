"""Embedders that other libraries and services provide."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.embed.base import Progress, normalise
from whimsight.embed.cache import cache_folder
from whimsight.embed.quiet import quiet
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Callback", "OpenAIEmbedder", "SentenceTransformer", "Static"]

_STATIC_VERSION = 1


class Static:
    """A static embedding distilled from MiniLM with model2vec: no attention, thousands of texts a second.

    Built once from the MiniLM weights and kept in the cache folder.
    """

    name = "static"
    dimensions = 256

    def __init__(self, *, windows: str = "pool") -> None:  # reads texts of any length: nothing to cut
        self.fingerprint = f"static:minilm:{self.dimensions}:{_STATIC_VERSION}"
        self._model: Any = None

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, 256), rows of length 1."""
        if self._model is None:
            self._model = self._load()
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        step = 4_096
        for start in range(0, len(texts), step):
            part = [t.encode("utf-8", "replace").decode("utf-8") for t in texts[start : start + step]]
            out[start : start + step] = normalise(
                self._model.encode(part, max_length=None, use_multiprocessing=False, show_progress_bar=False)
            )
            if progress is not None:
                progress("embed", min(start + step, len(texts)), len(texts))
        return out

    def _load(self) -> Any:
        try:
            from model2vec import StaticModel
        except ImportError:
            raise EmbeddingError(
                "The static embedder needs: pip install 'whimsight[static,minilm]'"
            ) from None
        folder = cache_folder() / f"static-minilm-{self.dimensions}-{_STATIC_VERSION}"
        if not (folder / "model.safetensors").exists():
            self._build(folder)
        return StaticModel.from_pretrained(str(folder))

    def _build(self, folder: Path) -> None:
        import shutil
        import tempfile

        from model2vec.distill import distill_from_model
        from transformers import AutoModel, AutoTokenizer

        from whimsight.embed.transformer import _from_hub, _weights

        path = _weights()[0] or _from_hub()
        tokenizer: Any = AutoTokenizer
        with quiet():
            model = distill_from_model(
                AutoModel.from_pretrained(path, use_safetensors=True, local_files_only=True),
                tokenizer.from_pretrained(path, local_files_only=True),
                pca_dims=self.dimensions,
                device="cpu",
            )
        folder.parent.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
        try:
            model.save_pretrained(str(temporary))
            temporary.replace(folder)
        except OSError:
            if not (folder / "model.safetensors").exists():  # another process was not first either
                raise
        finally:
            shutil.rmtree(temporary, ignore_errors=True)


class SentenceTransformer:
    """Any sentence-transformers model, by hub id or path."""

    def __init__(
        self, source: str, *, windows: str = "cut", device: str | None = None, batch_size: int = 32
    ) -> None:
        try:
            import sentence_transformers
        except ImportError:
            raise EmbeddingError(
                f"{source!r} is loaded through sentence-transformers: pip install 'whimsight[sentence-transformers]'"
            ) from None
        self.name = source if not Path(source).exists() else Path(source).name
        try:
            self._model: Any = sentence_transformers.SentenceTransformer(source, device=device)
        except Exception as error:  # the library raises many kinds
            raise EmbeddingError(
                f"Cannot load the embedder {source!r}: {type(error).__name__}: {str(error).splitlines()[0]} "
                "Use 'minilm', 'static', a local path, or an id that the hub has."
            ) from error
        self._batch_size = batch_size
        self.dimensions = int(self._model.get_embedding_dimension() or self._model.encode(["."]).shape[1])
        self.fingerprint = f"st:{self.name}:{_weights_digest(self._model)}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1; long texts are cut as the model says."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        order = np.argsort([-len(t) for t in texts], kind="stable")
        for start in range(0, len(texts), 512):
            rows = order[start : start + 512]
            part = [texts[i] for i in rows.tolist()]
            out[rows] = normalise(
                self._model.encode(
                    part, batch_size=self._batch_size, show_progress_bar=False, convert_to_numpy=True
                )
            )
            if progress is not None:
                progress("embed", min(start + 512, len(texts)), len(texts))
        return out


class OpenAIEmbedder:
    """Any OpenAI-compatible ``/embeddings`` endpoint.

    The key comes from the argument or ``OPENAI_API_KEY`` and is handed to the client only: it is in no
    attribute, fingerprint, file or message.
    """

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        batch_size: int = 128,
        max_chars: int = 24_000,
        timeout: float = 60.0,
    ) -> None:
        try:
            import openai
        except ImportError:
            raise EmbeddingError(
                "An OpenAI-compatible endpoint needs: pip install 'whimsight[openai]'"
            ) from None
        key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        if key is None:
            raise EmbeddingError(
                "No key: set OPENAI_API_KEY, or give base_url= for an endpoint that needs none."
            )
        self._client = openai.OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=5)
        self._error: type[Exception] = openai.OpenAIError
        self._model, self._batch_size, self._max_chars = model, batch_size, max_chars
        self.name = model
        self.dimensions = self._ask(["."]).shape[1]
        self.fingerprint = f"openai:{base_url or ''}:{model}:{self.dimensions}:{max_chars}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1; texts are cut at ``max_chars``."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for start in range(0, len(texts), self._batch_size):
            part = [t[: self._max_chars] or " " for t in texts[start : start + self._batch_size]]
            out[start : start + len(part)] = normalise(self._ask(part))
            if progress is not None:
                progress("embed", start + len(part), len(texts))
        return out

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        try:
            answer = self._client.embeddings.create(model=self._model, input=texts, encoding_format="float")
        except self._error as error:
            raise EmbeddingError(
                f"The endpoint failed for model {self._model!r}: {type(error).__name__}. "
                "Is the address right, the server up, the key valid, the model's name known there?"
            ) from None
        rows = sorted(answer.data, key=lambda item: item.index)
        if len(rows) != len(texts):
            raise EmbeddingError(f"The endpoint answered {len(rows)} vectors for {len(texts)} texts.")
        return np.asarray([item.embedding for item in rows], dtype=np.float32)


class Callback:
    """Any function from a list of texts to a matrix."""

    def __init__(self, function: Callable[[list[str]], Any], *, name: str = "function") -> None:
        self._function = function
        self.name = name
        self.dimensions = int(np.asarray(function(["."])).shape[1])
        self.fingerprint = f"function:{name}:{self.dimensions}"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        matrix = np.asarray(self._function(list(texts)), dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape != (len(texts), self.dimensions):
            raise EmbeddingError(
                f"The function must return a matrix ({len(texts)}, {self.dimensions}); found {matrix.shape}."
            )
        return normalise(matrix)


def _weights_digest(model: Any) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for name, tensor in sorted(model.state_dict().items()):
        digest.update(name.encode())
        digest.update(tensor.detach().float().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
