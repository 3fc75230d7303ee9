"""What tests of asking share: small requests that carry their number, and who asks them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from tests.unit.endpoints.clock import Clock
from tests.unit.endpoints.fake_server import FakeServer, Payload, said
from whimsight.language import Answer, Asker, EndpointModel, Failure, Field, Price, Request

VERDICT = Field("verdict", ("A", "B", "tie"))
PRICE = Price(1.0, 2.0)


def pair(number: int) -> Request:
    """Ask about pair ``number``."""
    return Request("Which is longer?", f"Pair {number}.", (VERDICT, Field("pair")), max_tokens=40)


def pairs(count: int) -> list[Request]:
    """Ask about pairs 0 to ``count`` - 1."""
    return [pair(number) for number in range(count)]


def number_of(payload: Payload) -> int:
    """Return the pair that a request is about."""
    found = re.search(r"Pair (\d+)\.", said(payload))
    assert found
    return int(found[1])


def right(number: int) -> dict[str, str]:
    """Return the answer that belongs to a pair, and to few others."""
    return {"verdict": VERDICT.allowed[number % 3], "pair": f"of {number}"}


def oracle(payload: Payload) -> dict[str, str]:
    """Answer as is right, for a server."""
    return right(number_of(payload))


def asker_at(server: FakeServer, folder: Path | bool = False, **options: Any) -> Asker:
    """Return one who asks this server, with a clock that never waits."""
    of_model = {
        name: options.pop(name) for name in ("in_flight", "timeout", "api_key", "price") if name in options
    }
    settings = {"in_flight": 1, "timeout": 20.0, "price": PRICE, **of_model}
    model = EndpointModel("tiny", base_url=server.base_url, **settings)
    return Asker(model, **{"cache": folder, "clock": Clock(), **options})


def all_of(asker: Asker, requests: list[Request]) -> dict[int, Answer | Failure]:
    """Ask everything; every position comes once."""
    out: dict[int, Answer | Failure] = {}
    for position, outcome in asker.ask(requests):
        assert position not in out
        out[position] = outcome
    return out


def answered(outcomes: dict[int, Answer | Failure]) -> dict[int, Answer]:
    """Return the answers, each checked to be the one that belongs to its pair."""
    found = {n: outcome for n, outcome in sorted(outcomes.items()) if isinstance(outcome, Answer)}
    assert {n: answer.values for n, answer in found.items()} == {n: right(n) for n in found}
    return found
