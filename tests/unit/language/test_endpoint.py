"""What is sent to an endpoint and what is read of its answer, each against a real server on this machine."""

import json
import traceback
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256

import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.fake_server import FakeServer, schema_fields, tokens
from whimsight.errors import LanguageError
from whimsight.language import EndpointModel, Fault, Field, Price, Request

KEY = "sk-secret-4711-abcdef"
VERDICT = Field("verdict", ("A", "B", "tie"))
REQUEST = Request("You compare texts.", "Which is longer?", (VERDICT, Field("why")), max_tokens=60)


def model_at(server, **options):
    return EndpointModel("tiny", **{"base_url": server.base_url, "api_key": KEY, "timeout": 20.0, **options})


def trouble(model, request=REQUEST):
    with pytest.raises(Fault) as caught:
        model.complete(request)
    return caught.value


# What is sent.


def test_the_words_the_limit_and_the_fields_are_sent_as_they_were_asked(server):
    model_at(server).complete(REQUEST)
    asked = server.requests[0]
    assert asked.payload["model"] == "tiny"
    assert asked.payload["max_tokens"] == 60
    assert asked.payload["temperature"] == 0
    assert [message["role"] for message in asked.payload["messages"]] == ["system", "user"]
    assert asked.system.startswith("You compare texts.")
    assert asked.user == "Which is longer?"
    assert schema_fields(asked.payload) == {"verdict": ("A", "B", "tie"), "why": ()}
    assert asked.payload["response_format"]["json_schema"]["strict"] is True
    assert not asked.payload.get("stream")


def test_nothing_is_sent_before_something_is_asked(server):
    model_at(server)
    assert server.calls == server.models_asked == 0


def test_the_fields_are_told_in_words_too(server):
    """A server may ignore the schema without a word, as ``transformers serve`` does."""
    model_at(server).complete(REQUEST)
    for word in ("JSON", '"verdict"', '"A"', '"B"', '"tie"', '"why"'):
        assert word in server.requests[0].system


@pytest.mark.parametrize(
    "text",
    ["a\u2028b\x00c\x1b", "שלום 語 😀", '"}], "model": "other", "x": [{"', "word " * 40_000],
    ids=["control characters", "other scripts", "JSON", "long"],
)
def test_a_text_arrives_whole_and_changes_nothing_else(server, text):
    model_at(server).complete(Request("s", text, (VERDICT,), 10))
    assert server.requests[0].user == text
    assert server.requests[0].payload["model"] == "tiny"


def test_half_a_surrogate_is_sent_as_a_question_mark(server):
    model_at(server).complete(Request("s", "a\ud800b", (VERDICT,), 10))
    assert server.requests[0].user == "a?b"


def test_another_sample_is_asked_with_another_seed_and_the_same_one_with_the_same(server):
    model = model_at(server)
    for sample in (0, 1, 0):
        model.complete(Request("s", "u", (VERDICT,), 10, temperature=1.0, sample=sample))
    first, second, again = (asked.payload["seed"] for asked in server.requests)
    assert first == again != second


def test_more_entries_can_be_given(server):
    model_at(server, extra={"reasoning_effort": "low"}).complete(REQUEST)
    assert server.requests[0].payload["reasoning_effort"] == "low"


def test_the_key_is_sent_to_the_endpoint_and_to_no_other_host():
    with FakeServer() as other, FakeServer(key=KEY) as server:
        model_at(server).complete(REQUEST)
        assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"
        server.faults = [faults.redirects(f"{other.base_url}/chat/completions")]
        fault = trouble(model_at(server))
        assert fault.fatal
        assert "redirect" in fault.message
        assert other.calls == 0, "neither the key nor the texts go where nobody sent them"


def test_requests_go_out_beside_each_other_and_every_one_gets_its_own_answer(server):
    server.answer = lambda payload: {"verdict": "A", "why": payload["messages"][-1]["content"]}
    model = model_at(server)
    requests = [Request("s", f"text {i}", (VERDICT, Field("why")), 60) for i in range(40)]
    server.pause()
    with ThreadPoolExecutor(8) as pool:
        replies = [pool.submit(model.complete, request) for request in requests]
        server.until(in_flight=8)
        server.go()
        for i, reply in enumerate(replies):
            assert json.loads(reply.result().text)["why"] == f"text {i}"
    assert server.most_at_once == 8


# What a server has never heard of is left out, once and for all.


def asked_twice(server):
    """Return the payload that was answered in the end; the second request takes one call."""
    model = model_at(server)
    model.complete(REQUEST)
    calls = server.calls
    model.complete(REQUEST)
    assert server.calls == calls + 1
    return server.requests[-1]


@pytest.mark.parametrize("status", [400, 422, 500])
def test_without_schemas_an_object_is_asked_for(status):
    with FakeServer(lambda _: '{"verdict": "B", "why": ""}', without=("json_schema", "schema"),
                    refuses_with=status) as server:  # fmt: skip
        form = asked_twice(server).payload["response_format"]
    assert form["type"] == "json_object"


@pytest.mark.parametrize("status", [400, 422, 500])
def test_a_schema_beside_an_object_is_used_where_it_is_understood(status):
    """As in llama.cpp; a small model fills in few of the fields without it."""
    with FakeServer(without=("json_schema",), refuses_with=status) as server:
        payload = asked_twice(server).payload
    assert payload["response_format"]["type"] == "json_object"
    assert schema_fields(payload) == {"verdict": ("A", "B", "tie"), "why": ()}


@pytest.mark.parametrize("without", [("response_format",), ("json_schema", "json_object")])
def test_without_response_formats_words_have_to_do(without):
    with FakeServer(lambda _: '{"verdict": "B", "why": ""}', without=without) as server:
        asked = asked_twice(server)
    assert "response_format" not in asked.payload
    assert '"verdict"' in asked.system


def test_a_server_that_knows_one_name_of_the_limit_is_told_by_that_name():
    with FakeServer(without=("max_tokens",)) as server:
        payload = asked_twice(server).payload
    assert payload["max_completion_tokens"] == 60
    assert schema_fields(payload), "what the server does know is still used"


def test_a_model_with_a_temperature_of_its_own_is_left_alone():
    with FakeServer(without=("temperature",)) as server:
        payload = asked_twice(server).payload
    assert "temperature" not in payload
    assert schema_fields(payload)


def test_a_template_without_a_system_role_gets_both_in_one_message():
    with FakeServer(without=("system",)) as server:
        asked = asked_twice(server)
    assert asked.system == ""
    assert asked.user.index("You compare texts.") < asked.user.index("Which is longer?")


def test_a_server_that_knows_nothing_of_all_that_is_asked_in_plain_words():
    without = ("response_format", "temperature", "max_tokens", "system")
    with FakeServer(lambda _: '{"verdict": "B", "why": ""}', without=without) as server:
        payload = asked_twice(server).payload
    assert set(payload) == {"model", "messages", "max_completion_tokens"}


# What is read.


def test_the_content_the_tokens_and_the_end_are_read(server):
    server.answer = lambda _: {"verdict": "B", "why": "é" * 8}
    reply = model_at(server).complete(REQUEST)
    assert json.loads(reply.text) == {"verdict": "B", "why": "é" * 8}
    assert (reply.prompt_tokens, reply.completion_tokens) == server.spent
    assert reply.finish == "stop"
    assert reply.seconds > 0


def test_tokens_are_estimated_where_the_server_does_not_count():
    with FakeServer(without=("usage",)) as server:
        reply = model_at(server).complete(REQUEST)
        assert reply.completion_tokens == tokens(reply.text)
        assert reply.prompt_tokens >= tokens(REQUEST.system) + tokens(REQUEST.user) - 2


@pytest.mark.parametrize(
    ("fault", "finish"),
    [
        (faults.runs_out(), "length"),
        (faults.filtered(), "filter"),
        (faults.refuses(), "refusal"),
        (faults.says('{"verdict": "A", "why": ""}'), "stop"),
        (faults.says("", "length", reasoning_content="Let me think about this for a long time"), "length"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_how_an_answer_ended_is_told(server, fault, finish):
    server.faults = [fault]
    assert model_at(server).complete(REQUEST).finish == finish


@pytest.mark.parametrize("usage", [None, {}, {"prompt_tokens": None}, {"prompt_tokens": -3, "completion_tokens": True},
                                   {"prompt_tokens": "7"}, [], 1e400])  # fmt: skip
def test_a_strange_count_of_tokens_is_no_count(server, usage):
    server.faults = [
        faults.no_completion(
            {"choices": [{"message": {"content": "four bytes"}, "finish_reason": "stop"}], "usage": usage}
        )
    ]
    reply = model_at(server).complete(REQUEST)
    assert reply.prompt_tokens > 0
    assert reply.completion_tokens == 3


def test_a_content_in_parts_is_read_in_one(server):
    parts = [{"type": "text", "text": '{"verdict":'}, {"type": "text", "text": ' "A", "why": "x"}'}]
    server.faults = [faults.no_completion({"choices": [{"message": {"content": parts}}]})]
    assert json.loads(model_at(server).complete(REQUEST).text) == {"verdict": "A", "why": "x"}


def test_an_answer_in_drops_is_read(server):
    server.faults = [faults.drips()]
    assert json.loads(model_at(server).complete(REQUEST).text)["verdict"] == "A"


# What goes wrong is a Fault of a kind, whatever the libraries between make of it.

AGAIN = [
    (faults.rate_limited(), "rate limit"),
    (faults.broken(500), "server error"),
    (faults.broken(502, html=True), "server error"),
    (faults.broken(503), "server error"),
    (faults.broken(504, html=True), "time-out"),
    (faults.broken(529), "server error"),
    (faults.resets(), "connection"),
    (faults.resets_midway(), "connection"),
    (faults.cut_off(), "connection"),
    (faults.chunks_cut_off(), "connection"),
    (faults.not_json(), "server error"),
    (faults.broken_json(), "server error"),
    (faults.no_completion(), "server error"),
    (faults.no_completion([1, 2]), "server error"),
    (faults.no_completion("hello"), "server error"),
    (faults.no_completion(7), "server error"),
    (faults.no_completion({"error": {"message": "overloaded", "code": 503}}), "server error"),
    (faults.no_completion({"error": {"message": "slow down", "code": 429}}), "rate limit"),
    (faults.status(200, b""), "server error"),
    (faults.status(200, b"\xff\xfe\x00"), "server error"),
    (faults.status(200, b"[" * 100_000), "server error"),
    (faults.huge(), "time-out"),
]


@pytest.mark.parametrize(
    ("fault", "kind"), AGAIN, ids=[f"{number} {fault.name}" for number, (fault, _) in enumerate(AGAIN)]
)
def test_what_may_pass_is_worth_another_try(server, fault, kind):
    model = model_at(server)
    model.complete(REQUEST)
    server.faults = [fault]
    found = trouble(model)
    assert (found.kind, found.retry, found.fatal) == (kind, True, False)
    assert "\n" not in found.message
    assert len(found.message) < 500
    assert model.complete(REQUEST).finish == "stop", "and the next request is as good as the first"


def test_a_server_that_says_nothing_is_a_time_out(server):
    server.faults = [faults.hangs()]
    found = trouble(model_at(server, timeout=0.2))
    assert (found.kind, found.retry, found.billed) == ("time-out", True, True)


@pytest.mark.parametrize(
    "fault",
    [faults.resets_midway(), faults.cut_off(), faults.chunks_cut_off(), faults.broken_json()],
    ids=lambda fault: fault.name,
)
def test_half_an_answer_may_have_cost_something(server, fault):
    server.faults = [fault]
    assert trouble(model_at(server)).billed


@pytest.mark.parametrize("fault", [faults.rate_limited(1), faults.broken(500)], ids=lambda fault: fault.name)
def test_what_was_turned_away_cost_nothing(server, fault):
    server.faults = [fault]
    assert not trouble(model_at(server)).billed


@pytest.mark.parametrize(
    ("fault", "kind", "said"),
    [
        (faults.wrong_key(), "key", "key"),
        (faults.status(400, faults.problem("No connected db.", kind="no_db_connection")), "key", "key"),
        (faults.forbidden(), "key", "key"),
        (faults.no_such_model(), "model", "does not exist"),
        (faults.out_of_money(), "money", "quota"),
        (faults.status(402, faults.problem("Insufficient Balance")), "money", "credit"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_what_no_other_try_mends_is_fatal(server, fault, kind, said):
    server.faults = [fault]
    found = trouble(model_at(server))
    assert (found.kind, found.retry, found.fatal) == (kind, False, True)
    assert said in found.message


def test_a_wrong_name_is_answered_with_the_names_that_there_are():
    with FakeServer(models=("tiny-chat-7b", "embedder")) as server:
        found = trouble(EndpointModel("tiny-chat-8b", base_url=server.base_url))
    assert found.fatal
    assert "tiny-chat-7b" in found.message
    assert "embedder" in found.message


def test_an_address_without_a_server_is_a_connection_that_fails():
    found = trouble(EndpointModel("tiny", base_url="http://127.0.0.1:9/v1"))
    assert (found.kind, found.billed) == ("connection", False)


def test_an_address_of_another_page_is_not_asked_again_and_again(server):
    found = trouble(EndpointModel("tiny", base_url=server.base_url.removesuffix("/v1")))
    assert found.fatal


def test_a_text_that_is_too_long_says_nothing_of_the_next_one(server):
    server.faults = [faults.too_long()]
    model = model_at(server)
    found = trouble(model)
    assert (found.kind, found.retry, found.fatal) == ("too long", False, False)
    assert schema_fields(server.requests[0].payload)
    model.complete(REQUEST)
    assert server.calls == 2
    assert schema_fields(server.requests[1].payload), (
        "nor is it taken for a form that the server does not know"
    )


@pytest.mark.parametrize(
    ("body", "moment"), [("2", 2.0), ("0.25", 0.25), ("-3", 0.0), ("soon", None), ("nan", None)]
)
def test_how_long_to_wait_is_read(server, body, moment):
    server.faults = [faults.rate_limited(body)]
    assert trouble(model_at(server)).wait == moment


def test_until_when_to_wait_is_read(server):
    server.faults = [faults.rate_limited_until(4_102_444_800)]  # 2100-01-01
    assert trouble(model_at(server)).wait > 3600
    server.faults = [faults.rate_limited_until(0)]
    assert trouble(model_at(server)).wait == 0


@pytest.mark.parametrize("code", [400, 401, 403, 404, 429, 500])
def test_a_server_that_repeats_the_key_does_not_spread_it(server, code):
    server.faults = lambda number, payload: faults.echoes_key(code)
    found = trouble(model_at(server))
    assert KEY not in "".join(traceback.format_exception(found))
    assert KEY not in repr(vars(found))


# What a model says of itself.


def test_a_model_tells_its_name_and_its_place_and_not_its_key(server):
    model = model_at(server, base_url=server.base_url.replace("//", "//me:pass-4711@"), price=Price(1, 2))
    assert model.name == "tiny"
    assert model.where == f"127.0.0.1:{server.server_port}"
    assert model.price == Price(1, 2)
    for text in (repr(model), repr(vars(model)), model.fingerprint):
        assert KEY not in text
        assert "pass-4711" not in text


def test_answers_are_kept_apart_by_model_place_and_settings(server):
    def prints(name="tiny", **options):
        return EndpointModel(name, **{"base_url": server.base_url, **options}).fingerprint

    same = prints()
    assert same == prints(api_key=KEY, price=Price(1, 1), in_flight=2, timeout=3.0)
    others = {
        prints("other"),
        prints(base_url="http://127.0.0.1:9/v1"),
        prints(extra={"reasoning_effort": "low"}),
    }
    assert len(others | {same}) == 4


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("http://localhost:11434/v1/", "localhost:11434/v1"),
        ("https://me.example/openai/deployments/tiny", "me.example:/openai/deployments/tiny"),
        (
            "https://gate.example/onlyletters/v1",
            "gate.example:/" + sha256(b"/onlyletters/v1").hexdigest()[:12],
        ),
    ],
)
def test_answers_are_kept_by_an_address_without_what_may_be_a_key(address, place):
    assert EndpointModel("tiny", base_url=address).fingerprint == f"endpoint:{place}:tiny::1"


@pytest.mark.parametrize(
    "address", ["localhost:8000/v1", "ftp://x/v1", "http://", "http://x/v1?key=sk-1234567"]
)
def test_what_is_no_address_is_refused_and_not_repeated(address):
    with pytest.raises(LanguageError, match="base_url") as caught:
        EndpointModel("tiny", base_url=address)
    assert "sk-1234567" not in str(caught.value)
