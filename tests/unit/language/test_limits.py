"""Servers that never end what they say: every answer has a limit in bytes and in seconds, and a stop is a stop."""

import threading

import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.language.asking_helpers import oracle, pairs
from whimsight.errors import LanguageError
from whimsight.language import Asker, EndpointModel, Failure, Fault, Field, Request
from whimsight.language.reading import MOST

REQUEST = Request("You compare texts.", "Which is longer?", (Field("verdict", ("A", "B")),), max_tokens=60)


@pytest.fixture
def server():
    with FakeServer(oracle) as running:
        yield running


def model_at(server, timeout=0.3):
    return EndpointModel("tiny", base_url=server.base_url, timeout=timeout)


def trouble(model):
    with pytest.raises(Fault) as caught:
        model.complete(REQUEST)
    return caught.value


@pytest.mark.parametrize(
    "fault", [faults.endless(), faults.drips_on(), faults.bomb()], ids=lambda fault: fault.name
)
def test_an_answer_without_an_end_is_a_time_out(server, fault):
    server.faults = [fault]
    found = trouble(model_at(server))
    assert (found.kind, found.retry, found.billed) == ("time-out", True, True)


@pytest.mark.parametrize(
    ("code", "kind"), [(401, "key"), (404, "model"), (429, "rate limit"), (503, "server error")]
)
@pytest.mark.parametrize(
    "fault", [faults.endless, faults.drips_on, faults.bomb], ids=lambda fault: fault.__name__
)
def test_a_refusal_without_an_end_is_told_by_its_status(server, fault, code, kind):
    server.faults = lambda *_: fault(code)
    found = trouble(model_at(server, timeout=1.0))  # the status comes at once, the rest never
    assert found.kind == kind
    assert len(found.message) < 500


@pytest.mark.parametrize("code", [200, 500])
def test_what_is_packed_twice_is_not_unpacked(server, code):
    server.faults = [faults.bomb(code, times=2)]
    assert trouble(model_at(server, timeout=10.0)).kind == "server error"


def test_what_is_packed_once_although_nobody_asked_is_read(server):
    server.faults = [faults.gzipped()]
    assert model_at(server, timeout=10.0).complete(pairs(1)[0]).finish == "stop"
    assert server.requests[0].headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("code", [200, 500])
def test_headers_without_an_end_are_a_time_out(server, code):
    server.faults = [faults.drips_headers(code)]
    model = model_at(server, timeout=0.1)
    found = trouble(model)
    assert (found.kind, found.retry, found.billed) == ("time-out", True, True)
    assert model_at(server, timeout=10.0).complete(pairs(1)[0]).finish == "stop"


@pytest.mark.parametrize(
    "fault",
    [faults.endless(), faults.endless(500), faults.drips_on(), faults.drips_on(404), faults.drips_headers(),
     faults.bomb(), faults.no_completion({"data": 5}), faults.no_completion({"data": [3, {"id": 4}]})],
    ids=lambda fault: fault.name,
)  # fmt: skip
def test_a_list_of_models_without_an_end_is_none(server, fault):
    server.faults = lambda *_: faults.no_such_model()
    server.models_fault = fault
    found = trouble(model_at(server, timeout=1.0))
    assert found.kind == "model"
    assert "It has" not in found.message
    assert server.models_asked == 1


@pytest.mark.parametrize(
    "fault", [faults.drips_on(500), faults.drips_on(400), faults.drips_headers(), faults.endless(500)],
    ids=lambda fault: fault.name,
)  # fmt: skip
def test_a_stop_is_a_stop_whatever_the_server_does(server, fault):
    server.faults = lambda *_: fault
    asker = Asker(model_at(server, timeout=0.2), cache=False)
    came = []

    def run():
        try:
            came.extend(outcome for _, outcome in asker.ask(pairs(3)))
        except LanguageError as error:
            came.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    server.until(calls=1)
    asker.stop()
    thread.join(20)
    assert not thread.is_alive()
    assert came
    assert all(isinstance(one, (Failure, LanguageError)) for one in came)


def test_a_server_that_is_slow_to_refuse_one_form_is_asked_in_another_next_time(server):
    """Not at once: a request may take as long as its time-out, not eight times that."""
    server.without = ()
    model = model_at(server, timeout=0.1)
    server.faults = [faults.drips_on(422)]
    found = trouble(model)
    assert (found.kind, found.retry, server.calls) == ("time-out", True, 1)
    model.timeout = 10.0
    assert model.complete(pairs(1)[0]).finish == "stop"
    assert server.calls == 2


def test_a_reply_is_kept_no_longer_than_it_is_read(server):
    server.faults = [faults.says('{"verdict": "A", "pair": "p"}' + " " * (3 * MOST))]
    request = Request("s", "u", REQUEST.fields, max_tokens=MOST)
    assert len(model_at(server, timeout=10.0).complete(request).text) == MOST
