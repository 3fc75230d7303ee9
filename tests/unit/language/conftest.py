"""A server that speaks the protocol, and no settings of the person who runs the tests."""

import pytest

from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.endpoints.settings import no_settings

__all__ = ["no_settings", "server"]


@pytest.fixture
def server():
    """Fills in the first allowed value of each field; ``server.answer`` and ``server.faults`` change that."""
    with FakeServer() as running:
        yield running
