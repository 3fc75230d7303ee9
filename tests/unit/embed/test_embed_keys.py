"""Which key an embedder sends where; and a planted key is looked for wherever it could be shown or kept."""

import base64
import contextlib
from operator import attrgetter

import pytest

from tests.unit.embed.endpoints import elsewhere, make, server
from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.hiding import (
    ECHOES,
    GATEWAY,
    KEY,
    PASSWORD,
    USER,
    assert_hidden,
    at_its_loudest,
    traces,
)
from tests.unit.endpoints.settings import no_settings
from whimsight.embed import embedder
from whimsight.embed.endpoint import OpenAIEmbedder
from whimsight.errors import EmbeddingError

__all__ = ["elsewhere", "no_settings", "server"]

LOGIN = f"{USER}:planted-pass%3Aword%2FWq"


def sent(server, **given):
    """Return what the server was sent as key."""
    embedder("openai:small", cache=False, **given)
    return server.keys[-1]


# Where the key of the environment goes.


def test_the_key_of_the_environment_is_not_for_whatever_listens_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert sent(server, base_url=server.base_url) == "Bearer none"
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")
    assert sent(server, base_url=server.base_url) == "Bearer none"
    assert sent(server, base_url=server.base_url, api_key="another") == "Bearer another"


def test_the_key_of_the_environment_is_for_the_address_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    assert sent(server) == f"Bearer {KEY}"
    assert sent(server, base_url=f"{server.base_url}/") == f"Bearer {KEY}"
    assert sent(server, api_key="another") == "Bearer another"


@pytest.mark.parametrize("address", [None, "https://models.example/v1"])
def test_the_key_of_the_environment_is_for_an_address_with_https(elsewhere, monkeypatch, address):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert sent(elsewhere, base_url=address) == f"Bearer {KEY}"


@pytest.mark.parametrize("named", [True, False])
def test_the_key_of_the_environment_does_not_travel_where_anybody_can_read_it(elsewhere, monkeypatch, named):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    address = "http://10.0.0.7:8000/v1"
    given = {} if named else {"base_url": address}
    if named:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(EmbeddingError, match=r"10\.0\.0\.7:8000 over http://.*api_key=") as caught:
        embedder("openai:small", **given)
    assert_hidden(traces(caught.value))
    assert elsewhere.calls == 0
    assert sent(elsewhere, **given, api_key="none") == "Bearer none"


def test_without_a_key_nothing_is_asked(elsewhere):
    with pytest.raises(EmbeddingError, match=r"set OPENAI_API_KEY, or give base_url= .*'minilm'"):
        embedder("openai:small")
    assert elsewhere.calls == 0


@pytest.mark.parametrize("odd", [f"{KEY}\n{KEY}", f"{KEY}é", f"{KEY}\x00"])
def test_a_key_that_cannot_be_sent_is_an_error_without_it(server, odd):
    with pytest.raises(EmbeddingError, match="characters that no key can") as caught:
        make(server, api_key=odd)
    assert_hidden(traces(caught.value))
    assert server.calls == 0


# Where it is not shown.


def test_no_attribute_and_no_file_shows_it(server, tmp_path):
    made = make(server, cache=tmp_path)
    made.embed(["a", "b"])
    assert server.keys[-1] == f"Bearer {KEY}"
    for one in (made, made._inner, made._cache):
        assert_hidden(repr(one) + repr(vars(one)) + str(one) + f"{dir(one)}")
    assert_hidden(made.fingerprint + made._inner.where)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(KEY.encode() not in path.read_bytes() for path in files)


def test_user_and_password_of_an_address_are_sent_and_shown_nowhere(server, tmp_path):
    made = make(server, base_url=server.base_url.replace("//", f"//{LOGIN}@"), cache=tmp_path)
    coded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert server.keys[-1] == f"Basic {coded}"
    hidden = (USER, PASSWORD, "planted-pass%3A", coded)
    inner = made._inner
    assert_hidden(repr(inner) + repr(vars(inner)) + made.fingerprint + inner.where, *hidden)
    server.faults = [faults.echoes_key(400)]
    with pytest.raises(EmbeddingError) as caught:
        made.embed(["a"])
    assert_hidden(traces(caught.value), *hidden)


@pytest.mark.parametrize("key", [GATEWAY, "onlyletters", "short"])
def test_a_key_in_the_path_of_a_gateway_is_not_in_the_fingerprint(elsewhere, key):
    first, second = (
        embedder("openai:small", base_url=f"https://gate.example/{one}/v1", cache=False)
        for one in (key, f"{key}2")
    )
    assert_hidden(first.fingerprint + second.fingerprint, key)
    assert first.fingerprint != second.fingerprint


OWN_ECHOES = [
    faults.no_completion({"data": [{"index": KEY, "embedding": KEY}]}),
    faults.no_completion({"data": KEY}),
    faults.status(400, {"error": base64.b64encode(f"Bearer {KEY}".encode()).decode()}),
]


@pytest.mark.parametrize("fault", [*ECHOES, *OWN_ECHOES], ids=attrgetter("name"))
def test_no_error_shows_it_even_when_the_server_repeats_it(server, fault):
    made = make(server)
    server.faults = lambda *_: fault
    with pytest.raises(EmbeddingError) as caught:
        made.embed(["a"])
    assert_hidden(traces(caught.value))


@pytest.mark.parametrize("make_one", [embedder, OpenAIEmbedder], ids=["embedder", "OpenAIEmbedder"])
@pytest.mark.parametrize(
    "wrong",
    [
        {"windows": "all"},
        {"batch_size": 0},
        {"timeout": -1},
        {"base_url": f"http://{USER}@:x/"},
        {"api_key": f"{KEY}\n{KEY}"},
        {"api_key": KEY.encode()},
        *(
            {"base_url": f"http://{USER}:{KEY}@{rest}"}
            for rest in ("[bad/v1", "host:port/v1", "h/v1?a=b", "h/\x00")
        ),
    ],
    ids=lambda wrong: next(iter(wrong)),
)
def test_a_wrong_argument_beside_it_does_not_show_it(make_one, wrong):
    name = "openai:small" if make_one is embedder else "small"
    with pytest.raises(EmbeddingError) as caught:
        make_one(name, **{"base_url": "https://x.example/v1", "api_key": KEY, **wrong})
    assert_hidden(traces(caught.value), KEY, USER)


def test_no_log_warning_or_print_shows_it_even_at_its_loudest(server):
    with at_its_loudest() as told:
        made = make(server, base_url=server.base_url.replace("//", f"//{LOGIN}@"))
        server.faults = [faults.broken(500), faults.echoes_key(429), None, faults.echoes_key(400)]
        made.embed(["a"])
        with contextlib.suppress(EmbeddingError):
            made.embed(["a"])
        with pytest.raises(EmbeddingError) as caught:
            make(server, base_url=server.base_url.replace("/v1", f"/{GATEWAY}/v1"))
        assert_hidden(traces(caught.value), GATEWAY)
    assert "POST" not in told.getvalue()
    assert_hidden(told.getvalue(), KEY, PASSWORD, "planted-pass%3A", GATEWAY)
