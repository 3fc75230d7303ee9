"""Any OpenAI-compatible ``/embeddings`` endpoint."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise, printable
from whimsight.embed.windows import check_windows, cuts
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OpenAIEmbedder"]

_REQUEST_BYTES = 400_000  # of text; OpenAI refuses more than 300,000 tokens in one request


class OpenAIEmbedder:
    """A model behind an OpenAI-compatible ``/embeddings`` endpoint.

    The key comes from the argument or ``OPENAI_API_KEY`` and is handed to the client only: it is in no
    attribute, fingerprint, file or message.

    Parameters
    ----------
    model : str
    base_url : str, optional
        Another endpoint than ``OPENAI_BASE_URL`` or OpenAI's own.
    windows : {"pool", "cut"}
        Texts beyond ``window_bytes`` are embedded in windows, averaged by their length; or cut.
    window_bytes : int
        Bytes (UTF-8) of a text that are sent as one input. OpenAI's models read 8,191 tokens: about 32,000
        bytes of English, fewer of other scripts. Make it smaller for a local model that reads less.
    batch_size : int
        Inputs in one request; each request's answer is saved when it comes.
    timeout : float
        Seconds a request may take.
    retries : int
        After a refused connection, 408, 409, 429 or 5xx: waits grow from half a second to eight.

    Raises
    ------
    EmbeddingError
        If there is no key, the endpoint fails, or it answers something else than one vector a text.
    """

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        base_url: str | None = None,
        api_key: str | None = None,
        windows: str = "pool",
        window_bytes: int = 16_000,
        batch_size: int = 128,
        timeout: float = 60.0,
        retries: int = 5,
    ) -> None:
        try:
            import openai
        except ImportError:
            raise EmbeddingError(
                "An OpenAI-compatible endpoint needs: pip install 'whimsight[openai]'"
            ) from None
        self._pool = check_windows(windows)
        if window_bytes < 4 or batch_size < 1:
            raise EmbeddingError(
                f"window_bytes must be at least 4 and batch_size at least 1; found {window_bytes} and {batch_size}."
            )
        base_url = base_url or os.environ.get("OPENAI_BASE_URL")
        key = api_key or os.environ.get("OPENAI_API_KEY") or ("none" if base_url else None)
        if key is None:
            raise EmbeddingError(
                "No key: set OPENAI_API_KEY, or give base_url= for an endpoint that needs none."
            )
        client = openai.OpenAI(api_key=key, base_url=base_url, timeout=timeout, max_retries=retries)
        self._ask = _asker(client, model, openai.OpenAIError, key)
        self._window, self._batch_size = window_bytes, batch_size
        self.name = model
        self.dimensions = int(self._ask(["."]).shape[1])
        where = urlsplit(base_url) if base_url else None  # without a user's name, password or query
        place = f"{where.hostname}:{where.port or ''}{where.path}" if where else ""
        self.fingerprint = f"openai:{place}:{model}:{self.dimensions}:{windows}:{window_bytes}:2"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        done = 0
        for rows, vectors in self.stream(texts):
            out[rows] = vectors
            done += rows.size
            if progress is not None:
                progress("embed", done, len(texts))
        return out

    def stream(self, texts: Sequence[str]) -> Iterator[tuple[NDArray[np.int64], NDArray[np.float32]]]:
        """Yield (positions, vectors) of the texts that each request finishes."""
        check_texts(texts)
        sums = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        inputs: list[str] = []
        owners: list[int] = []
        first = size = 0
        for number, text in enumerate(texts):
            for part in self._windows(text):
                part_size = len(part.encode())
                if inputs and (len(inputs) == self._batch_size or size + part_size > _REQUEST_BYTES):
                    self._add(sums, inputs, owners)
                    inputs, owners, size = [], [], 0
                    if number > first:
                        yield np.arange(first, number), normalise(sums[first:number])
                        first = number
                inputs.append(part)
                owners.append(number)
                size += part_size
        if inputs:
            self._add(sums, inputs, owners)
            yield np.arange(first, len(texts)), normalise(sums[first:])

    def _add(self, sums: NDArray[np.float32], inputs: list[str], owners: list[int]) -> None:
        vectors = self._ask(inputs)
        if vectors.shape[1] != self.dimensions:
            raise EmbeddingError(
                f"The endpoint answered vectors of {vectors.shape[1]} numbers for model {self.name!r}, and of "
                f"{self.dimensions} before; is more than one model behind it?"
            )
        weights = np.asarray([len(part) for part in inputs], dtype=np.float32)
        np.add.at(sums, owners, normalise(vectors) * weights[:, None])

    def _windows(self, text: str) -> list[str]:
        data = printable(text).encode()
        parts = [
            data[a:b].decode("utf-8", "ignore") for a, b in cuts(len(data), self._window, pool=self._pool)
        ]
        return [part if part.strip() else " " for part in parts]  # an empty input is refused


def _asker(
    client: Any, model: str, trouble: type[Exception], key: str
) -> Callable[[list[str]], NDArray[np.float32]]:
    """Return the function that asks; the key lives in it alone, where no ``vars`` or ``repr`` shows it."""

    def ask(texts: list[str]) -> NDArray[np.float32]:
        try:
            answer = client.embeddings.create(model=model, input=texts, encoding_format="float")
            items = list(answer.data)
            indices = [item.index for item in items]
            rows = [item.embedding for item in items]
        except trouble as error:
            status = getattr(error, "status_code", None)
            said = str(error).replace(key, "***") if status not in (None, 401, 403) else ""
            raise EmbeddingError(
                f"The endpoint failed for model {model!r}: {type(error).__name__}"
                f"{f' (status {status})' if status else ''}.{f' It says: {said[:300]}' if said else ''} "
                "Is the address right, the server up, the key valid, the model's name known there?"
            ) from None
        except (AttributeError, TypeError, ValueError):
            raise EmbeddingError(
                f"The endpoint answered something else than embeddings for model {model!r}; is the address that "
                "of an OpenAI-compatible service, up to and with /v1?"
            ) from None
        if len(rows) != len(texts):
            raise EmbeddingError(f"The endpoint answered {len(rows)} vectors for {len(texts)} texts.")
        if sorted(indices) != list(range(len(texts))):
            raise EmbeddingError(
                f"The endpoint numbers its vectors {indices[:5]}..., not 0 to {len(texts) - 1}: which belongs to "
                "which text is not known."
            )
        try:
            return np.asarray([rows[i] for i in np.argsort(indices)], dtype=np.float32).reshape(
                len(texts), -1
            )
        except (TypeError, ValueError):
            raise EmbeddingError(
                f"The endpoint answered vectors of different lengths for {model!r}."
            ) from None

    return ask
