"""A planted key is looked for wherever something of a model could be shown, kept or sent."""

import base64
import contextlib
import copy
import io
import logging
import os
import pickle
import warnings
from operator import attrgetter

import openai
import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.endpoints.hiding import ECHOES, GATEWAY, KEY, PASSWORD, USER, assert_hidden, traces
from tests.unit.language.asking_helpers import all_of, oracle, pairs
from whimsight.endpoints.secrets import Secret
from whimsight.errors import LanguageError
from whimsight.language import Asker, EndpointModel, Fault, LocalModel, language_model


@pytest.fixture
def server():
    with FakeServer(oracle) as running:
        yield running


@pytest.fixture
def model(server):
    return language_model("tiny", base_url=server.base_url, api_key=KEY)


def test_the_key_is_used(server, model):
    all_of(Asker(model, cache=False), pairs(1))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_no_attribute_shows_it(model):
    asker = Asker(model, cache=False)
    for one in (model, asker, asker.tally, asker.budget, asker._cache):
        assert_hidden(repr(one) + repr(getattr(one, "__dict__", "")) + str(one) + f"{dir(one)}")


def test_a_model_with_a_key_is_not_pickled_and_its_copies_are_itself(model):
    with pytest.raises(LanguageError, match="cannot be pickled") as caught:
        pickle.dumps(model)
    assert_hidden(traces(caught.value))
    assert copy.copy(model) is copy.deepcopy(model) is model
    with pytest.raises(TypeError, match="pickled"):
        pickle.dumps(Secret(KEY))


def test_a_local_model_has_no_key_and_can_be_pickled(tmp_path):
    model = LocalModel(str(tmp_path))
    assert pickle.loads(pickle.dumps(model)).name == model.name


OWN_ECHOES = [
    faults.status(500, {"detail": [{"msg": f"bad {KEY}", "input": {"headers": {"Authorization": KEY}}}]}),
    faults.status(400, {"error": f"Incorrect API key provided: {KEY[:8]}********{KEY[-4:]}"}),
]


@pytest.mark.parametrize("fault", [*ECHOES, *OWN_ECHOES], ids=attrgetter("name"))
def test_no_error_shows_it_even_when_the_server_repeats_it(server, model, fault):
    server.faults = lambda *_: fault
    with pytest.raises(Fault) as caught:
        model.complete(pairs(1)[0])
    assert_hidden(traces(caught.value))
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("code", [401, 404, 500])
def test_no_error_of_a_run_shows_it(server, model, code):
    server.faults = lambda *_: faults.echoes_key(code)
    with pytest.raises(LanguageError) as caught:
        all_of(Asker(model, cache=False, tries=1), pairs(5))
    assert_hidden(traces(caught.value))


def test_a_wrong_argument_beside_it_does_not_show_it():
    wrong = [
        {"price": (1,)},
        {"extra": 3},
        {"timeout": "x"},
        {"in_flight": 0},
        {"timeout": -1},
        {"base_url": f"http://{USER}@:x/"},
        {"device": "cuda"},
    ]
    for more in wrong:
        with pytest.raises(LanguageError) as caught:
            language_model("m", **{"base_url": "https://x.example/v1", "api_key": KEY, **more})
        assert_hidden(traces(caught.value))


@pytest.mark.parametrize(
    "rest", ["[bad/v1", "host:port/v1", "/v1", "host/v1?a=b", "host/\x00v1", "h" * 70_000]
)
def test_a_password_in_an_address_that_is_none_is_not_shown(rest):
    for make in (language_model, EndpointModel):
        with pytest.raises(LanguageError) as caught:
            make("m", base_url=f"http://{USER}:{KEY}@{rest}")
        assert_hidden(traces(caught.value), USER, KEY)


def test_a_key_of_another_type_is_an_error_without_it():
    for make in (language_model, EndpointModel):
        for option in ("api_key", "base_url"):
            with pytest.raises(
                LanguageError, match=f"{option}= must be a text; found one of type bytes"
            ) as caught:
                make("m", **{"base_url": "https://x.example/v1", option: KEY.encode()})
            assert_hidden(traces(caught.value))


def test_a_key_that_cannot_be_sent_is_an_error_without_it(server):
    for odd in (f"{KEY}\n{KEY}", f"{KEY}é", f"{KEY}\x00"):
        with pytest.raises(LanguageError, match="characters") as caught:
            EndpointModel("tiny", base_url=server.base_url, api_key=odd)
        assert_hidden(traces(caught.value))
    assert server.calls == 0


def test_a_key_with_line_ends_around_it_is_meant_without_them(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", f" {KEY}\n")
    monkeypatch.setenv("OPENAI_BASE_URL", f"{server.base_url}/ ")
    all_of(Asker(language_model("tiny"), cache=False), pairs(1))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_user_and_password_of_an_address_are_sent_and_shown_nowhere(server, tmp_path):
    login = f"{USER}:planted-pass%3Aword%2FWq"
    model = language_model("tiny", base_url=server.base_url.replace("//", f"//{login}@"))
    asker = Asker(model, cache=tmp_path)
    all_of(asker, pairs(1))
    sent = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert server.requests[0].headers["authorization"] == f"Basic {sent}"
    hidden = (PASSWORD, "planted-pass%3A", sent)
    shown = repr(model) + repr(vars(model)) + model.fingerprint + model.where
    assert_hidden(shown, USER, *hidden)
    server.faults = lambda *_: faults.echoes_key(500)
    with pytest.raises(Fault) as caught:
        model.complete(pairs(2)[1])
    assert_hidden(traces(caught.value), *hidden)


def test_no_log_warning_or_print_shows_it_even_at_its_loudest(server, model, tmp_path):
    echo = faults.status(400, {"error": f"bad key {KEY}"})
    told = io.StringIO()
    handler = logging.StreamHandler(told)
    root = logging.getLogger()
    level = root.level
    named = [logging.getLogger(name) for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2")]
    before = [one.level for one in named]
    root.addHandler(handler)
    for one in (root, *named):
        one.setLevel(logging.DEBUG)
    server.faults = [faults.broken(500), faults.rate_limited(0), faults.echoes_key(500), None, echo]
    login = server.base_url.replace("//", f"//{USER}:planted-password@")
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
            warnings.simplefilter("always")
            all_of(Asker(model, cache=tmp_path), pairs(4))
            all_of(Asker(language_model("tiny", base_url=login), cache=tmp_path), pairs(1))
            gateway = server.base_url.replace("/v1", f"/{GATEWAY}/v1")
            with pytest.raises(LanguageError) as caught:
                all_of(Asker(language_model("tiny", base_url=gateway), cache=False), pairs(1))
            assert_hidden(traces(caught.value), GATEWAY)
            with openai.OpenAI(api_key="x", base_url=server.base_url) as other:
                other.models.list()
    finally:
        root.removeHandler(handler)
        root.setLevel(level)
        for one, old in zip(named, before, strict=True):
            one.setLevel(old)
    assert "HTTP Request: GET" in told.getvalue(), "what others send is logged as before"
    assert "POST" not in told.getvalue()
    assert_hidden(told.getvalue(), KEY, "planted-password", GATEWAY)


def test_asking_leaves_logging_and_the_environment_as_they_were(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    names = ("", "openai", "httpx", "httpx2", "whimsight")
    before = (
        dict(os.environ),
        [(logging.getLogger(n).level, list(logging.getLogger(n).handlers)) for n in names],
    )
    all_of(Asker(language_model("tiny", base_url=server.base_url), cache=False), pairs(2))
    after = (
        dict(os.environ),
        [(logging.getLogger(n).level, list(logging.getLogger(n).handlers)) for n in names],
    )
    assert before == after


def test_no_file_holds_it_even_when_the_model_itself_says_it(server, model, tmp_path):
    server.answer = lambda payload: {"verdict": "A", "pair": f"my key is {KEY}"}
    server.faults = [faults.says(f"Authorization: Bearer {KEY}"), faults.says(None, refusal=f"No: {KEY}")]
    outcomes = all_of(Asker(model, cache=tmp_path), pairs(4))
    assert_hidden(repr(outcomes))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert KEY.encode() not in path.read_bytes()
        assert KEY not in path.name


def test_the_key_of_the_environment_stays_in_the_environment(server, monkeypatch, tmp_path):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    model = language_model("tiny")
    asker = Asker(model, cache=tmp_path)
    all_of(asker, pairs(2))
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert_hidden(repr(model) + repr(vars(model)) + model.fingerprint + repr(vars(asker)))
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_word_that_is_used_as_no_key_is_not_taken_out_of_answers(server):
    server.answer = lambda payload: {"verdict": "A", "pair": "none of the ollamas is sk-learning"}
    for word in ("none", "ollama", "EMPTY", "x"):
        model = EndpointModel("tiny", base_url=server.base_url, api_key=word)
        assert "none of the ollamas is sk-learning" in model.complete(pairs(1)[0]).text


@pytest.mark.parametrize("login", ["assistant:pass-4711x", "pass-4711x"], ids=["both", "a key as user"])
def test_a_password_is_taken_out_of_answers_and_a_user_is_not(server, login):
    model = EndpointModel("tiny", base_url=server.base_url.replace("//", f"//{login}@"))
    server.answer = lambda payload: {"verdict": "A", "pair": "The assistant says pass-4711x"}
    assert "The assistant says ***" in model.complete(pairs(1)[0]).text


# Where a key of the environment goes.


def authorization(server, **given):
    """Return what the server was sent as key."""
    language_model("tiny", **given).complete(pairs(1)[0])
    return server.requests[-1].headers["authorization"]


def test_the_key_of_the_environment_is_not_for_whatever_listens_on_this_machine(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    assert_hidden(authorization(server, base_url=server.base_url))
    monkeypatch.setenv("OPENAI_BASE_URL", "https://models.example/v1")
    assert_hidden(authorization(server, base_url=server.base_url))
    assert authorization(server, base_url=server.base_url, api_key=KEY) == f"Bearer {KEY}"


def test_the_key_of_the_environment_is_for_the_address_of_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)
    assert authorization(server) == f"Bearer {KEY}"
    assert authorization(server, base_url=f"{server.base_url}/") == f"Bearer {KEY}"


@pytest.mark.parametrize("named", [True, False])
def test_the_key_of_the_environment_does_not_travel_where_anybody_can_read_it(monkeypatch, named):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    address = "http://10.0.0.7:8000/v1"
    given = {} if named else {"base_url": address}
    if named:
        monkeypatch.setenv("OPENAI_BASE_URL", address)
    with pytest.raises(LanguageError, match=r"10\.0\.0\.7:8000 over http://.*api_key=") as caught:
        language_model("m", **given)
    assert_hidden(traces(caught.value))
    assert language_model("m", **given, api_key="none").where == "10.0.0.7:8000"
    assert language_model("m", base_url="https://10.0.0.7:8000/v1").where == "10.0.0.7:8000"


@pytest.mark.parametrize("before", ["", "B", "Be", "Bearer "])
@pytest.mark.parametrize("code", [200, 400])
def test_a_key_in_base64_is_a_key(server, model, before, code):
    coded = base64.b64encode(f"{before}{KEY} x".encode()).decode()
    inner = base64.b64encode(f"{' ' * (len(before) % 3)}{KEY}".encode()).decode().rstrip("=")[4:-2]
    assert inner in coded
    body = {"error": {"message": f"bad {coded}", "type": f"Bearer {KEY} {coded} " + "t" * 500, "code": 404}}
    server.faults = lambda *_: faults.status(code, body)
    with pytest.raises(Fault) as caught:
        model.complete(pairs(1)[0])
    assert_hidden(traces(caught.value), KEY, inner)
    assert "t" * 200 not in traces(caught.value)


def test_a_login_in_base64_is_a_login(server, tmp_path):
    coded = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    login = f"{USER}:{PASSWORD.replace(':', '%3A').replace('/', '%2F')}"
    model = language_model("tiny", base_url=server.base_url.replace("//", f"//{login}@"))
    server.answer = lambda payload: {"verdict": "A", "pair": f"they are {coded}"}
    all_of(Asker(model, cache=tmp_path), pairs(1))
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or coded.encode() not in path.read_bytes()
    server.faults = [faults.status(400, {"error": f"what is {coded}?"})]
    with pytest.raises(Fault) as caught:
        model.complete(pairs(2)[1])
    assert_hidden(traces(caught.value), coded)
