"""Any OpenAI-compatible ``/embeddings`` endpoint."""

from __future__ import annotations

import random
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from whimsight.embed.base import Progress, check_texts, normalise, printable
from whimsight.embed.vectors import most_bytes, vectors
from whimsight.embed.windows import check_windows, cuts
from whimsight.endpoints.access import access, check_kinds
from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.faults import Fault
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.holding import KeyHolder
from whimsight.endpoints.secrets import Secret
from whimsight.endpoints.sending import Refused, Resource, channel
from whimsight.endpoints.settings import seconds, whole
from whimsight.endpoints.telling import hopeless, sentence, told, unanswered
from whimsight.endpoints.waiting import Clock, RealClock, Tries
from whimsight.errors import EmbeddingError

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["OpenAIEmbedder"]

_EMBEDDINGS = Resource("embeddings", entry="data", answer="embeddings")
_REQUEST_BYTES = 400_000  # of text; OpenAI refuses more than 300,000 tokens in one request


class OpenAIEmbedder(KeyHolder):
    """A model behind an OpenAI-compatible ``/embeddings`` endpoint; one word is sent when it is made.

    Key and headers go where `whimsight.embedder` says. An address on this machine is asked without a proxy.

    Parameters
    ----------
    model : str
        As the endpoint calls it.
    base_url : str or Secret, optional
        An OpenAI-compatible endpoint, up to and with ``/v1``; ``OPENAI_BASE_URL`` or OpenAI's own by default. A
        user and a password in it are sent as such.
    api_key : str or Secret, optional
        ``OPENAI_API_KEY`` by default, but see above. It is handed to the client only: it is in no attribute,
        fingerprint, file or message.
    headers : mapping or Headers, optional
        For a gateway that wants another header than the key's: names to values, which are hidden as a key is.
        Without a key no ``Authorization`` is sent then. ``OPENAI_CUSTOM_HEADERS`` by default, but see above; ``{}``
        for none.
    windows : {"pool", "cut"}
        Texts beyond ``window_bytes`` are embedded in windows, averaged by their length; or cut.
    window_bytes : int
        Bytes (UTF-8) of a text that are sent as one input. OpenAI's models read 8,191 tokens: about 32,000
        bytes of English, fewer of other scripts. Make it smaller for a local model that reads less.
    batch_size : int
        Inputs in one request; each request's answer is saved when it comes.
    timeout : float
        Seconds that an answer may take; one that drips is given up after about twice as many.
    retries : int
        After a lost connection, an answer that does not end, 408, 409, 425 or 5xx the same request is sent again so
        often, after waits that grow and are drawn by chance; twice at most where the endpoint never answered.
        Rate limits (429) are not counted: eleven of them are sat out. What ``Retry-After`` asks for, up to five
        minutes, is waited for.

    Raises
    ------
    EmbeddingError
        Without a key, for an address or another setting that is none, for headers that cannot be sent, for a key
        or headers of the environment that would go to another machine unencrypted, for a missing package, or when
        the endpoint fails or answers something else than one vector a text.
    """

    _unpicklable = (
        EmbeddingError,
        "An embedder behind an endpoint holds a key and cannot be pickled; make it anew with embedder(...).",
    )

    def __init__(
        self,
        model: str = "text-embedding-3-small",
        *,
        base_url: str | Secret | None = None,
        api_key: str | Secret | None = None,
        headers: Mapping[str, str] | Headers | None = None,
        windows: str = "pool",
        window_bytes: int = 16_000,
        batch_size: int = 128,
        timeout: float = 60.0,
        retries: int = 5,
    ) -> None:
        place, key, more = Secret(base_url), Secret(api_key), Headers(headers)
        del base_url, api_key, headers  # so that no traceback shows them
        self.name, self.where = model, "?"
        check_kinds(place, key, more, EmbeddingError)
        if not isinstance(model, str) or not model.strip():
            raise EmbeddingError("Which model? Write 'openai:' and a name that the endpoint knows.")
        self._pool = check_windows(windows)
        self._window = whole("window_bytes", window_bytes, 4, EmbeddingError)
        self._batch_size = whole("batch_size", batch_size, 1, EmbeddingError)
        self._retries = whole("retries", retries, 0, EmbeddingError)
        limit = seconds("timeout", timeout, EmbeddingError)
        place, key, more = access(
            place, key, more, EmbeddingError, instead=", or 'minilm' for a model on this machine"
        )
        address = address_of(place, EmbeddingError)
        self.where = address.place
        ways = channel(_EMBEDDINGS, model, address, key, more, timeout=limit, error=EmbeddingError)
        self._send, self._fault = ways.send, ways.fault
        weakref.finalize(self, ways.close).atexit = False
        self._clock: Clock = RealClock()
        self._chance = random.Random()
        self._answered = False
        self.dimensions = int(self._ask(["."]).shape[1])
        at = address.told_apart(model) if place else ""
        self.fingerprint = f"openai:{at}:{model}:{self.dimensions}:{windows}:{self._window}:2"

    def __repr__(self) -> str:
        return f"OpenAIEmbedder({self.name!r}, where={self.where!r})"

    def embed(self, texts: Sequence[str], *, progress: Progress | None = None) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), rows of length 1."""
        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        done = 0
        for rows, part in self.stream(texts):
            out[rows] = part
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
        found = self._ask(inputs)
        if found.shape[1] != self.dimensions:
            raise EmbeddingError(
                f"The endpoint answered vectors of {found.shape[1]} numbers for model {self.name!r}, and of "
                f"{self.dimensions} before; is more than one model behind it?"
            )
        weights = np.asarray([len(part) for part in inputs], dtype=np.float32)
        np.add.at(sums, owners, normalise(found) * weights[:, None])

    def _windows(self, text: str) -> list[str]:
        data = printable(text).encode()
        parts = [
            data[a:b].decode("utf-8", "ignore") for a, b in cuts(len(data), self._window, pool=self._pool)
        ]
        return [part if part.strip() else " " for part in parts]  # an empty input is refused

    def _ask(self, texts: list[str]) -> NDArray[np.float32]:
        """Return float32 (n_texts, dimensions), as they come; the same request again where that helps."""
        body = {"input": texts, "encoding_format": "float"}
        most = most_bytes(len(texts))
        tries = Tries(self._chance)
        while isinstance(found := self._send(body, most), Refused):
            fault = self._fault(found)
            wait = tries.wait(fault)
            if hopeless(fault) or not fault.retry or tries.over(self._retries + 1, alive=self._answered):
                raise EmbeddingError(self._given_up(fault))
            self._clock.wait(wait, threading.Event())
        out = vectors(found, len(texts), self.name)
        del found  # so that no traceback shows what it holds
        if isinstance(out, str):
            raise EmbeddingError(out)
        if not np.isfinite(out).all():
            raise EmbeddingError(
                f"The endpoint answered a vector with NaN or infinity in it for model {self.name!r}; the model or its "
                "precision is at fault, as the server runs it."
            )
        self._answered = True
        return out

    def _given_up(self, fault: Fault) -> str:
        """Return what happened and what to do."""
        if not fault.retry or hopeless(fault):
            less = " Make window_bytes= or batch_size= smaller." if fault.kind == "too long" else ""
            return told(fault, where=self.where, model=self.name) + less
        if fault.kind == "rate limit":
            return (
                f"The endpoint at {self.where} lets no more through for {self.name!r}: {sentence(fault.message)} "
                "What was paid for is kept; run again later."
            )
        slow = "A slow one needs embedder(..., timeout=300), or fewer texts at once (batch_size=16)."
        return unanswered(
            fault.message,
            where=self.where,
            alive=self._answered,
            slow=slow if fault.kind == "time-out" else "",
        )
