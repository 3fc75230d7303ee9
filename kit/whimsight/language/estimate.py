"""What a request takes, before it is sent."""

from __future__ import annotations

import json
from dataclasses import dataclass

from whimsight.language.answers import Totals
from whimsight.language.base import Price, Request
from whimsight.language.reading import schema, spelled

__all__ = ["AROUND", "Estimate", "Estimator", "size"]

AROUND = 64  # tokens that a chat template adds, at most
_BYTES_A_TOKEN = 4.0  # of English
_SECONDS = 1.5
_ENOUGH = 5  # replies before they are believed


def size(request: Request) -> int:
    """Return the bytes (UTF-8) of everything that a model is sent.

    Examples
    --------
    >>> size(Request("", "", (), 10))
    131
    """
    text = request.system + request.user + spelled(request.fields) + json.dumps(schema(request.fields))
    return len(text.encode("utf-8", "replace"))


@dataclass(frozen=True, slots=True)
class Estimator:
    """Tokens and seconds of requests, from earlier replies of the same model where there are some.

    Attributes
    ----------
    tokens_a_byte : float
        Of the prompt.
    completion : float or None
        Share of the tokens that an answer may have; None where no reply is known: then a third.
    seconds : float
        Of a call.
    source : str
        Where these numbers come from, for people.
    """

    tokens_a_byte: float = 1 / _BYTES_A_TOKEN
    completion: float | None = None
    seconds: float = _SECONDS
    source: str = "assumed: 4 bytes a token, a third of the tokens that an answer may have"

    @classmethod
    def of(cls, totals: Totals, seconds: float | None = None) -> Estimator:
        """Return the estimator that earlier replies make; without them a call takes ``seconds``, if they are known."""
        if totals.replies < _ENOUGH or totals.sent == 0:
            return cls(seconds=_SECONDS if seconds is None else seconds)
        return cls(
            totals.prompt_tokens / totals.sent,
            totals.completion_tokens / max(1, totals.most),
            totals.seconds / totals.replies,
            f"from {totals.replies:,} earlier replies of this model",
        )

    def prompt_tokens(self, request: Request) -> float:
        """Return the tokens that a request probably has."""
        return size(request) * self.tokens_a_byte

    def completion_tokens(self, request: Request) -> float:
        """Return the tokens that its answer probably has."""
        return request.max_tokens * self.share

    @property
    def share(self) -> float:
        """Of the tokens that an answer may have, those that it probably has."""
        return min(1.0, 1 / 3 if self.completion is None else self.completion)

    @staticmethod
    def prompt_most(request: Request) -> int:
        """Return the tokens that a request has at the most: no tokenizer makes more of them than bytes."""
        return size(request) + AROUND


@dataclass(slots=True)
class Estimate:
    """What requests would take.

    Attributes
    ----------
    calls, cached : int
        To be sent, and there already.
    prompt_tokens, completion_tokens, completion_most : float
        Of the calls: probably, and of the answers at the most.
    seconds : float
        With as many at once as the model takes.
    price : Price or None
    source : str
        Where these numbers come from.
    """

    calls: int = 0
    cached: int = 0
    prompt_tokens: float = 0.0
    completion_tokens: float = 0.0
    completion_most: float = 0.0
    seconds: float = 0.0
    price: Price | None = None
    source: str = ""

    @property
    def cost(self) -> float | None:
        """Probably; None where the price is not known."""
        return None if self.price is None else self.price.of(self.prompt_tokens, self.completion_tokens)

    @property
    def cost_most(self) -> float | None:
        """When every answer is as long as it may be."""
        return None if self.price is None else self.price.of(self.prompt_tokens, self.completion_most)

    def add(self, request: Request, estimator: Estimator, in_flight: int) -> None:
        """Count one more request."""
        self.calls += 1
        self.prompt_tokens += estimator.prompt_tokens(request)
        self.completion_tokens += estimator.completion_tokens(request)
        self.completion_most += request.max_tokens
        self.seconds += estimator.seconds / in_flight
