"""What is sent to an endpoint, and which way: the same for those that are asked for answers and for vectors."""

import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.hiding import KEY
from tests.unit.endpoints.rooms import headers, room, server
from tests.unit.endpoints.settings import no_settings
from whimsight.errors import WhimsightError

__all__ = ["no_settings", "room", "server"]

# Headers of the environment.

OURS = {"openai-organization": "org-planted", "openai-project": "proj-planted"}


@pytest.fixture
def planted(monkeypatch):
    monkeypatch.setenv("OPENAI_ORG_ID", " org-planted\n")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-planted")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "admin-planted")


@pytest.mark.usefixtures("planted")
def test_an_address_that_is_given_gets_no_header_of_the_environment(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-planted")
    room.ask(base_url=server.base_url)
    assert headers(server) == ({}, "Bearer none")
    assert "planted" not in str(server.requests[-1].headers)
    room.ask(base_url=server.base_url, api_key=KEY)
    assert headers(server) == ({}, f"Bearer {KEY}")


@pytest.mark.usefixtures("planted")
def test_organisation_and_project_go_where_the_key_of_the_environment_goes(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    room.ask()
    assert headers(server) == ({}, "Bearer none")
    monkeypatch.setenv("OPENAI_API_KEY", "key-planted")
    room.ask()
    assert headers(server) == (OURS, "Bearer key-planted")
    room.ask(base_url=f"{server.base_url}/")
    assert headers(server) == (OURS, "Bearer key-planted")
    room.ask(api_key=KEY)
    assert headers(server) == ({}, f"Bearer {KEY}")


@pytest.mark.parametrize("name", ["OPENAI_ORG_ID", "OPENAI_PROJECT_ID"])
def test_an_organisation_that_cannot_be_sent_is_named(room, server, monkeypatch, name):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv(name, "org-1\nX-Other: 2")
    with pytest.raises(WhimsightError, match=f"^{name} holds characters that cannot be sent"):
        room.ask()
    assert server.calls == 0


# Proxies.


@pytest.fixture
def proxy(room, monkeypatch):
    """Answers whatever is asked through it at http://models.example."""
    with room.serve() as running:
        running.path = f"http://models.example{running.path}"
        for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, running.base_url.removesuffix("/v1"))
        yield running


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_what_is_on_this_machine_is_asked_without_a_proxy(room, server, proxy, host):
    proxy.path = f"{server.base_url.replace('127.0.0.1', host)}{server.path.removeprefix('/v1')}"
    room.ask(base_url=server.base_url.replace("127.0.0.1", host), api_key=KEY)
    assert (server.calls, proxy.calls) == (1, 0)


def test_another_machine_is_asked_through_the_proxy(room, proxy):
    room.ask(base_url="http://models.example/v1", api_key=KEY)
    assert proxy.calls == 1


def test_a_proxy_of_an_unknown_kind_is_named_as_what_is_wrong(room, server, monkeypatch):
    monkeypatch.setenv("ALL_PROXY", "gopher://127.0.0.1:9")
    with pytest.raises(
        WhimsightError, match=r"no way to the address at models\.example.*proxy of the environment"
    ):
        room.ask(base_url="https://models.example/v1", api_key=KEY)
    room.ask(base_url=server.base_url)
    assert server.calls == 1


# What servers say.


@pytest.mark.parametrize(
    ("path", "said", "shown"),
    [
        ("openai/deployments/{}", "`{}-large` is no model", "`{}-large` is no model"),
        (
            "text-embedding-3-large",
            "text-embedding-3 is not text-embedding-3-large",
            "text-embedding-3 is not ***",
        ),
        ("gateway/onlyletters", "no /onlyletters here", "no /*** here"),
    ],
)
def test_parts_of_a_path_are_taken_out_of_messages_whole_or_not_at_all(room, server, path, said, shown):
    path, said, shown = (text.format(room.name) for text in (path, said, shown))
    server.path = f"/{path}/{server.path.removeprefix('/v1/')}"
    server.faults = lambda *_: faults.status(402, faults.problem(said))
    with pytest.raises(WhimsightError) as caught:
        room.ask(base_url=server.base_url.replace("/v1", f"/{path}"))
    assert f"it says: {shown}" in str(caught.value)
