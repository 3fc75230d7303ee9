"""A server on this machine for ``/embeddings``: four numbers a text, answered in reverse order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from tests.unit.endpoints.fake_faults import Fault, Refusal
from tests.unit.endpoints.fake_server import FakeServer, Handler, Payload

__all__ = ["EmbeddingServer", "vector"]

Items = list[dict[str, Any]]


def vector(text: str) -> list[float]:
    """Return the numbers of a text."""
    return [len(text), text.count("a"), 1.0, 0.5]


class EmbeddingServer(FakeServer):
    """As `FakeServer`, with texts for messages; ``change`` is done to the vectors of each answer."""

    path = "/v1/embeddings"

    def __init__(self, *, faults: Iterable[Fault | None] = (), key: str | None = None) -> None:
        self.change: Callable[[Items], Items] = lambda items: items
        super().__init__(_items, faults=faults, models=("small",), key=key, handler=_Handler)

    @property
    def inputs(self) -> list[list[str]]:
        """The texts of every request."""
        return [asked.payload["input"] for asked in self.requests]

    @property
    def keys(self) -> list[str]:
        """What stood in the header of every request."""
        return [asked.headers["authorization"] for asked in self.requests]


def _items(payload: Payload) -> Any:
    return [
        {"object": "embedding", "index": number, "embedding": vector(text)}
        for number, text in enumerate(payload["input"])
    ][::-1]


class _Handler(Handler):
    server: EmbeddingServer

    def check(self) -> None:
        model, texts = self.payload.get("model"), self.payload.get("input")
        if model not in self.server.models:
            raise Refusal(404, f"The model `{model}` does not exist.", code="model_not_found")
        if not texts or not all(texts) or self.payload.get("encoding_format") != "float":
            raise Refusal(400, "'input' must be texts that are not empty.", param="input")

    def whole(self, content: Any, *, lost: bool = False) -> dict[str, Any]:
        size = sum(map(len, self.payload["input"]))
        self.server.charge(size, 0, lost=lost)
        usage = {"prompt_tokens": size, "total_tokens": size}
        return {"object": "list", "model": "small", "data": self.server.change(content), "usage": usage}
