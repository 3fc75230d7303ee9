"""Both that are asked at an endpoint, for answers and for vectors, for a test that holds for either."""

import pytest

from tests.unit.endpoints.fake_embeddings import EmbeddingServer
from tests.unit.endpoints.fake_server import FakeServer
from whimsight.embed import embedder
from whimsight.language import Asker, Field, Request, language_model

REQUEST = Request("You compare texts.", "Which is longer?", (Field("verdict", ("A", "B")),), max_tokens=60)
PLAIN = {"host", "connection", "accept", "accept-encoding", "user-agent", "content-type", "content-length",
         "authorization",
         # What the client says of how it was called.
         "x-stainless-raw-response", "x-stainless-read-timeout", "x-stainless-retry-count"}  # fmt: skip


class Chat:
    serve, name = FakeServer, "tiny"

    @staticmethod
    def ask(model="tiny", **options):
        asker = Asker(language_model(model, **options), cache=False, tries=1)
        return next(iter(asker.ask([REQUEST])))[1]


class Vectors:
    serve, name = EmbeddingServer, "small"

    @staticmethod
    def ask(model="small", **options):
        return embedder(f"openai:{model}", cache=False, **{"retries": 0, **options})


@pytest.fixture(params=[Chat, Vectors], ids=["chat", "vectors"])
def room(request):
    return request.param


@pytest.fixture
def server(room):
    with room.serve() as running:
        yield running


def headers(server):
    """Return what the last request held beside what every request holds, and its key, None without any."""
    last = server.requests[-1].headers
    return {name: value for name, value in last.items() if name not in PLAIN}, last.get("authorization")
