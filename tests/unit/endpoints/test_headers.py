"""A gateway that wants a header of its own gets it, nobody else does, and its value is shown nowhere."""

import base64
import contextlib
import copy
import pickle

import pytest

import whimsight
from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.clock import Clock
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.endpoints.hiding import ECHOES, KEY, assert_hidden, at_its_loudest, traces
from tests.unit.endpoints.rooms import REQUEST, Chat, headers, room, server
from tests.unit.endpoints.settings import no_settings
from whimsight.embed import embedder
from whimsight.embed.endpoint import OpenAIEmbedder
from whimsight.endpoints.addresses import address_of
from whimsight.endpoints.headers import Headers
from whimsight.endpoints.secrets import Secret
from whimsight.errors import EmbeddingError, LanguageError, WhimsightError
from whimsight.language import Asker, EndpointModel, Fault, language_model

__all__ = ["no_settings", "room", "server"]

GIVEN = {"api-key": KEY, "HTTP-Referer": "https://study.example"}
ARRIVED = {"api-key": KEY, "http-referer": "https://study.example"}
CUSTOM = f"api-key: {KEY}\r\n\nHTTP-Referer:https://study.example \n"


# Where they go: those that are given.


def test_headers_that_are_given_go_where_they_are_given(room, server):
    room.ask(base_url=server.base_url, api_key="key-1234", headers=GIVEN)
    assert headers(server) == (ARRIVED, "Bearer key-1234")


def test_without_a_key_there_is_no_authorization_that_a_gateway_could_pass_on(room, server):
    room.ask(base_url=server.base_url, headers={"cf-aig-authorization": f"Bearer {KEY}"})
    assert headers(server) == ({"cf-aig-authorization": f"Bearer {KEY}"}, None)
    room.ask(base_url=server.base_url, headers={})
    assert headers(server) == ({}, "Bearer none")


def test_a_password_of_the_address_goes_beside_them(room, server):
    room.ask(base_url=server.base_url.replace("//", "//user:password@"), headers=GIVEN)
    assert headers(server) == (ARRIVED, f"Basic {base64.b64encode(b'user:password').decode()}")


def test_white_space_around_a_value_is_none_of_it(room, server):
    room.ask(base_url=server.base_url, headers={"api-key": f" {KEY}\n"})
    assert headers(server) == ({"api-key": KEY}, None)


def test_whoever_is_asked_for_its_models_gets_them_too():
    with FakeServer() as server:
        seen = []
        note = faults.status(404)
        server.models_fault = faults.Fault(
            "notes", lambda request: (seen.append(dict(request.headers)), note.happen(request))
        )
        with pytest.raises(LanguageError):
            Chat.ask("other", base_url=server.base_url, headers=GIVEN)
    assert seen[0]["api-key"] == KEY
    assert "Authorization" not in seen[0]


# Where they go: those of the environment.


@pytest.fixture
def custom(monkeypatch):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", CUSTOM)


@pytest.mark.usefixtures("custom")
def test_those_of_the_environment_are_for_the_address_of_the_environment(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    room.ask()
    assert headers(server) == (ARRIVED, None)
    room.ask(base_url=f"{server.base_url}/")
    assert headers(server) == (ARRIVED, None)
    monkeypatch.setenv("OPENAI_API_KEY", "key-1234")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1234")
    room.ask()
    assert headers(server) == ({**ARRIVED, "openai-organization": "org-1234"}, "Bearer key-1234")


@pytest.mark.usefixtures("custom")
def test_those_of_the_environment_are_not_for_whatever_listens_on_this_machine(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "key-1234")
    for other in (None, "https://models.example/v1"):
        if other:
            monkeypatch.setenv("OPENAI_BASE_URL", other)
        room.ask(base_url=server.base_url)
        assert headers(server) == ({}, "Bearer none")


@pytest.mark.usefixtures("custom")
def test_where_a_key_or_headers_are_given_those_of_the_environment_are_not_sent(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    room.ask(api_key="key-1234")
    assert headers(server) == ({}, "Bearer key-1234")
    room.ask(headers={"x-team": "blue"})
    assert headers(server) == ({"x-team": "blue"}, None)
    room.ask(headers={})
    assert headers(server) == ({}, "Bearer none")


def test_an_organisation_that_is_given_goes_before_that_of_the_environment(room, server, monkeypatch):
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    monkeypatch.setenv("OPENAI_API_KEY", "key-1234")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-1234")
    room.ask(headers={"openai-organization": "org-5678"})
    assert headers(server) == ({"openai-organization": "org-5678"}, "Bearer key-1234")


@pytest.fixture
def elsewhere(room, server, monkeypatch):
    """Let whatever address is asked be this server's."""
    from whimsight.embed import endpoint as embedding
    from whimsight.language import endpoint as language

    for module in (embedding, language):

        def channel(resource, model, address, *more, real=module.channel, **options):
            return real(resource, model, address_of(Secret(server.base_url), ValueError), *more, **options)

        monkeypatch.setattr(module, "channel", channel)
    return server


@pytest.mark.usefixtures("custom")
@pytest.mark.parametrize("named", [True, False])
def test_those_of_the_environment_are_for_an_address_with_https(room, elsewhere, monkeypatch, named):
    if named:
        monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")
    room.ask(**({} if named else {"base_url": "https://models.example/v1"}))
    assert headers(elsewhere) == (ARRIVED, None)


@pytest.mark.usefixtures("custom")
@pytest.mark.parametrize("named", [True, False])
def test_those_of_the_environment_do_not_travel_where_anybody_can_read_them(
    room, elsewhere, monkeypatch, named
):
    address = "http://10.0.0.7:8000/v1"
    given = {} if named else {"base_url": address}
    if named:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(
        WhimsightError, match=r"OPENAI_CUSTOM_HEADERS would go to 10\.0\.0\.7.*headers="
    ) as caught:
        room.ask(**given)
    assert_hidden(traces(caught.value))
    assert elsewhere.calls == 0
    room.ask(**given, headers={})
    assert headers(elsewhere) == ({}, "Bearer none")


@pytest.mark.usefixtures("custom")
def test_headers_are_no_key_for_openai_itself(room):
    with pytest.raises(WhimsightError, match=r"^No key: set OPENAI_API_KEY, or ") as caught:
        room.ask()
    assert_hidden(traces(caught.value))


# What cannot be sent.

WRONG = [
    ({"api-key": f"{KEY}\r\nX-Other: 1"}, "^headers= has a value for 'api-key' with characters that no header can"),
    ({"api-key": f"{KEY}\x00"}, "characters"),
    ({"api-key": f"{KEY}é"}, "characters"),
    ({"api-key": " "}, "empty value for 'api-key'"),
    ({"api-key": KEY.encode()}, "^headers= has a value of type bytes for 'api-key'; it must be a text"),
    ({"api-key": None}, "value of type NoneType"),
    ({"api-key": KEY, "API-Key": KEY}, "holds 'API-Key' twice"),
    ({f"api-key: {KEY}": "x"}, "^headers= holds a name that no header can have"),
    ({f"api-key\n{KEY}": "x"}, "name that no header"),
    ({"": KEY}, "name that no header"),
    ({3: KEY}, "name that no header"),
    ({"authorization": f"Bearer {KEY}"}, "must not hold 'authorization': give the key as api_key="),
    ({"Host": KEY}, "must not hold 'Host': base_url= says"),
    ({"Content-Length": KEY}, "must not hold 'Content-Length': leave it out"),
    ({"User-Agent": KEY}, "leave it out"),
    ({"Proxy-Authorization": KEY}, "of a proxy stand in its address"),
    (f"api-key: {KEY}", "^headers= must be a dictionary of names to values; found str"),
    ([("api-key", KEY)], "found list"),
]  # fmt: skip
MAKERS = [
    language_model,
    EndpointModel,
    OpenAIEmbedder,
    lambda name, **options: embedder(f"openai:{name}", **options),
]


@pytest.mark.parametrize(
    "make", MAKERS, ids=["language_model", "EndpointModel", "OpenAIEmbedder", "embedder"]
)
@pytest.mark.parametrize(
    ("given", "said"), WRONG, ids=lambda one: str(one)[:20] if isinstance(one, str) else ""
)
def test_what_cannot_be_sent_is_an_error_without_it_before_anything_is_sent(make, given, said):
    with FakeServer() as server:
        with pytest.raises(WhimsightError, match=said) as caught:
            make("tiny", base_url=server.base_url, headers=given)
        assert_hidden(traces(caught.value))
        assert server.calls == 0


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (f"x-team: blue\n{KEY}", "^Line 2 of OPENAI_CUSTOM_HEADERS is not of the form 'Name: value'"),
        (
            f"Authorization: Bearer {KEY}",
            "OPENAI_CUSTOM_HEADERS must not hold 'Authorization'.*OPENAI_API_KEY",
        ),
        (f"api-key: {KEY}\x07", "^OPENAI_CUSTOM_HEADERS has a value for 'api-key' with characters"),
        (f"api-key: {KEY}\nAPI-Key: {KEY}", "twice"),
        (f"{KEY} x: y", "name that no header"),
        ("api-key:", "empty value"),
    ],
)
def test_those_of_the_environment_are_checked_where_they_are_meant_to_go(
    room, server, monkeypatch, lines, said
):
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", lines)
    room.ask(base_url=server.base_url)
    assert headers(server) == ({}, "Bearer none")
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    with pytest.raises(WhimsightError, match=said) as caught:
        room.ask()
    assert_hidden(traces(caught.value))
    assert server.calls == 1


def test_who_takes_no_headers_says_so():
    with pytest.raises(LanguageError, match="takes no headers"):
        language_model("transformers:some/model", headers=GIVEN)
    with pytest.raises(LanguageError, match="made already"):
        language_model(whimsight.PracticeModel(), headers=GIVEN)
    with pytest.raises(EmbeddingError, match="'minilm' has no option 'headers'") as caught:
        embedder("minilm", headers=GIVEN)
    assert_hidden(traces(caught.value))


# Where they are not shown.


@pytest.fixture
def made(room, server):
    """Whatever asks, with headers, and how it asks."""
    if room is Chat:
        model = language_model("tiny", base_url=server.base_url, headers={"api-key": KEY})
        return model, lambda: model.complete(REQUEST)
    one = embedder("openai:small", base_url=server.base_url, headers={"api-key": KEY}, cache=False, retries=0)
    one._clock = Clock()
    return one, lambda: one.embed(["a"])


def test_no_attribute_shows_them_and_nothing_with_them_is_pickled(made):
    one, _ = made
    assert_hidden(repr(one) + repr(vars(one)) + str(one) + f"{dir(one)}" + one.fingerprint)
    with pytest.raises(WhimsightError, match="cannot be pickled") as caught:
        pickle.dumps(one)
    assert_hidden(traces(caught.value))
    assert copy.copy(one) is copy.deepcopy(one) is one
    held = Headers({"api-key": KEY})
    assert_hidden(repr(held) + str(held) + f"{held.wrong}{held.stated}")
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(held)


def test_a_header_is_no_part_of_the_fingerprint():
    one, other = (
        language_model("m", base_url="https://gate.example/v1", headers=given) for given in ({}, GIVEN)
    )
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize(
    "fault",
    [*ECHOES, *(faults.echoes_key(code, "api-key") for code in (400, 401, 429, 500))],
    ids=lambda fault: fault.name,
)
def test_no_error_shows_them_even_when_the_server_repeats_them(server, made, fault):
    server.faults = lambda *_: fault
    with pytest.raises((Fault, EmbeddingError)) as caught:
        made[1]()
    assert_hidden(traces(caught.value))


PARTS = [
    (f"Bearer {KEY}", KEY),
    ("Bearer wk-Zq4711x", "wk-Zq4711x"),
    (f'{{"virtual_key": "{KEY}"}}', KEY),
    (f"team=blue; session={KEY}", KEY),
    ('with "quotes" 4711', 'with \\"quotes\\" 4711'),
    (KEY, base64.b64encode(KEY.encode()).decode().rstrip("=")),
    ("Bearer abcdefghijklmnopqrstuvwx", "abcdefghijklmnopqrstuvwx"),
]


@pytest.mark.parametrize(("value", "part"), PARTS)
def test_a_value_and_the_key_in_it_are_taken_out_of_answers(tmp_path, value, part):
    with FakeServer() as server:
        model = language_model("tiny", base_url=server.base_url, headers={"x-gate": value})
        server.faults = [faults.says(f"{{'verdict': 'A'}} {part}"), faults.says(f"it is {part}")]
        outcomes = list(Asker(model, cache=tmp_path).ask([REQUEST]))
    assert part not in repr(outcomes)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(part.encode() not in path.read_bytes() for path in files)


def test_words_of_a_value_are_not_taken_out_of_answers():
    said = "more preference for Preference and research"
    with FakeServer(lambda payload: said) as server:
        model = language_model("tiny", base_url=server.base_url, headers={"X-Title": "Preference research"})
        assert model.complete(REQUEST).text == said


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("X-Environment", "production"),
        ("x-portkey-provider", "anthropic"),
        ("anthropic-version", "2023-06-01"),
    ],
)
def test_neither_is_a_value_that_is_no_key(name, value):
    said = f"it names {value} twice"
    with FakeServer(lambda payload: said) as server:
        assert (
            language_model("tiny", base_url=server.base_url, headers={name: value}).complete(REQUEST).text
            == said
        )


def test_no_log_warning_or_print_shows_them_even_at_its_loudest(server, made):
    with at_its_loudest() as told:
        server.faults = [None, faults.broken(500), faults.echoes_key(400, "api-key")]
        for _ in range(3):
            with contextlib.suppress(Fault, EmbeddingError):
                made[1]()
    assert "POST" not in told.getvalue()
    assert_hidden(told.getvalue())
