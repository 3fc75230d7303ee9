"""An embedder at a server on this machine."""

import pytest

from tests.unit.endpoints.clock import Clock
from tests.unit.endpoints.fake_embeddings import EmbeddingServer
from tests.unit.endpoints.hiding import KEY
from whimsight.embed import embedder
from whimsight.embed import endpoint as module
from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.secrets import Secret


@pytest.fixture
def server():
    """Answers four numbers a text; ``server.change`` and ``server.faults`` change that."""
    with EmbeddingServer() as running:
        yield running


@pytest.fixture
def elsewhere(server, monkeypatch):
    """Let whatever address is asked be this server's."""
    real = module.channel

    def channel(resource, model, address, *more, **options):
        return real(resource, model, address_of(Secret(server.base_url), ValueError), *more, **options)

    monkeypatch.setattr(module, "channel", channel)
    return server


def make(server, **options):
    """Return an embedder that never waits."""
    made = embedder(
        "openai:small",
        **{
            "base_url": server.base_url,
            "api_key": KEY,
            "cache": False,
            "retries": 2,
            "timeout": 20.0,
            **options,
        },
    )
    getattr(made, "_inner", made)._clock = Clock()
    return made
