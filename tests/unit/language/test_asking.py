"""Many requests to one model: read as they are needed, answered as they come, and what plans ask beforehand."""

import itertools
import json
import threading
import time

import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.language.asking_helpers import (
    PRICE,
    all_of,
    answered,
    asker_at,
    number_of,
    oracle,
    pair,
    pairs,
    right,
)
from whimsight.errors import LanguageError
from whimsight.language import Answer, Asker, Budget, Failure, Fault, Price, Reply
from whimsight.language.estimate import size


@pytest.fixture
def server():
    with FakeServer(oracle) as running:
        yield running


class Oracle:
    """A model without a server: answers what is right, or what it is told."""

    name, where, fingerprint = "oracle", "nowhere", "oracle:1"

    def __init__(self, *, price=PRICE, in_flight=4, reply=None):
        self.price, self.in_flight = price, in_flight
        self.asked = []
        self._reply = reply

    def complete(self, request):
        self.asked.append(request)
        if self._reply is not None:
            return self._reply(request)
        number = int(request.user.removeprefix("Pair ").removesuffix("."))
        return Reply(json.dumps(right(number)), 20, 8, 0.5)


def test_requests_are_read_as_they_are_needed():
    """Of a list without an end, too."""
    read = itertools.count()
    outcomes = Asker(Oracle(), cache=False).ask(pair(next(read)) for _ in itertools.count())
    came = dict(itertools.islice(outcomes, 1000))
    outcomes.close()
    assert len(answered(came)) == 1000
    assert next(read) < 1000 + 600


def test_answers_come_before_the_last_request_is_read():
    moments = []

    def requests():
        for number in range(2000):
            moments.append(len(came))
            yield pair(number)

    came = []
    came.extend(Asker(Oracle(), cache=False).ask(requests()))
    assert len(answered(dict(came))) == 2000
    assert moments[-1] > 1000


def test_no_request_is_no_outcome(server):
    assert all_of(asker_at(server), []) == {}


def test_trouble_of_who_makes_the_requests_reaches_them_and_ends_the_threads():
    def requests():
        yield from pairs(300)
        raise KeyError("my own bug")

    before = threading.active_count()
    with pytest.raises(KeyError, match="my own bug"):
        list(Asker(Oracle(), cache=False).ask(requests()))
    for _ in range(100):
        if threading.active_count() == before:
            break
        time.sleep(0.01)
    assert threading.active_count() == before


def test_trouble_that_is_no_fault_reaches_who_asks():
    def broken(request):
        raise ZeroDivisionError("a bug of the model's")

    with pytest.raises(ZeroDivisionError, match="a bug"):
        list(Asker(Oracle(reply=broken), cache=False).ask(pairs(20)))


def test_two_may_ask_one_asker_at_once():
    asker = Asker(Oracle(in_flight=3), cache=False)
    found = {}

    def ask(first):
        found[first] = dict(asker.ask(pair(n) for n in range(first, first + 200)))

    threads = [threading.Thread(target=ask, args=(first,)) for first in (0, 1000)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for first, outcomes in found.items():
        assert all(outcomes[n].values == right(first + n) for n in range(200))
    assert asker.tally.calls == 400


def test_the_same_request_is_bought_once_wherever_it_stands():
    model = Oracle()
    asker = Asker(model, cache=False)
    outcomes = dict(asker.ask(pair(n % 7) for n in range(2000)))
    assert all(outcomes[n].values == right(n % 7) for n in range(2000))
    assert len(model.asked) == asker.tally.calls == 7
    assert asker.tally.cached == 1993
    assert sum(not outcome.cached for outcome in outcomes.values()) == 7


def test_another_sample_of_the_same_words_is_another_request():
    from dataclasses import replace

    model = Oracle()
    list(Asker(model, cache=False).ask(replace(pair(1), sample=sample) for sample in (0, 1, 0)))
    assert len(model.asked) == 2


# Answers that are bought again.


def thinking(payload):
    """Answer as a model does that thinks two thousand bytes before."""
    if (payload.get("max_tokens") or 0) < 600:
        return faults.says("", "length", reasoning_content="Hm. " * 40)
    return oracle(payload)


def test_a_model_that_thinks_gets_more_room_and_the_next_requests_have_it_from_the_start(server):
    server.answer = thinking
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(10)))) == 10
    assert server.calls == 11
    rooms = [asked.payload["max_tokens"] for asked in server.requests]
    assert rooms == [40] + [4096] * 10


def test_what_was_kept_with_more_room_is_found_again(server, tmp_path):
    server.answer = thinking
    all_of(asker_at(server, tmp_path), pairs(3))
    calls = server.calls
    assert len(answered(all_of(asker_at(server, tmp_path), pairs(3)))) == 3
    assert server.calls == calls


def test_more_room_is_not_bought_beyond_the_budget(server):
    server.answer = thinking
    one = PRICE.of(300, 40)
    asker = asker_at(server, budget=Budget(cost=2 * one))
    assert all_of(asker, pairs(1))[0] == Failure("cut short")
    assert server.calls == 1


def test_an_unreadable_answer_is_asked_again_a_little_warmer(server):
    server.faults = [faults.wrong_json()]
    all_of(asker_at(server), pairs(1))
    first, second = server.requests
    assert first.payload["temperature"] == 0
    assert second.payload["temperature"] > 0
    assert first.payload["messages"] == second.payload["messages"]


def test_what_could_not_be_read_is_kept_and_is_no_answer(server, tmp_path):
    server.answer = lambda payload: "no JSON here"
    assert all_of(asker_at(server, tmp_path), pairs(1))[0] == Failure("unreadable")
    asker = asker_at(server, tmp_path)
    assert asker.peek(pairs(1)) == [False]
    assert asker.estimator().source.startswith("assumed")
    assert asker._cache.totals().replies == 2
    server.answer = oracle
    assert len(answered(all_of(asker, pairs(1)))) == 1
    assert server.calls == 3


# Endpoints that die, and requests that only look like it.


def test_one_request_that_breaks_the_server_does_not_stop_the_others(server):
    server.faults = lambda _, payload: faults.broken(500) if number_of(payload) % 10 == 3 else None
    outcomes = all_of(asker_at(server, tries=2), pairs(40))
    assert [n for n, o in sorted(outcomes.items()) if isinstance(o, Failure)] == [3, 13, 23, 33]
    assert len(answered(outcomes)) == 36


def test_when_nothing_but_faults_comes_it_ends_and_says_so_even_for_one_request(server):
    server.faults = lambda *_: faults.broken(500)
    with pytest.raises(LanguageError, match="does not answer"):
        all_of(asker_at(server), pairs(1))
    assert server.calls <= 5


def test_a_form_that_is_refused_for_no_reason_ends_the_run_when_nothing_was_ever_answered(server):
    server.faults = lambda *_: faults.status(400, faults.problem("I do not like this."))
    with pytest.raises(LanguageError, match="I do not like this"):
        all_of(asker_at(server), pairs(50))
    assert server.calls < 10


def test_a_request_that_is_refused_later_is_its_own_failure(server):
    server.faults = lambda _, payload: (
        faults.status(400, faults.problem("I do not like this.")) if number_of(payload) == 2 else None
    )
    outcomes = all_of(asker_at(server), pairs(5))
    assert isinstance(outcomes[2], Failure)
    assert "I do not like this" in outcomes[2].message
    assert len(answered(outcomes)) == 4


# Stopping.


def test_who_was_stopped_sends_nothing_more_and_still_knows_what_is_kept(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(3))
    asker = asker_at(server, tmp_path)
    asker.stop()
    outcomes = all_of(asker, pairs(6))
    assert list(answered(outcomes)) == [0, 1, 2]
    assert [outcomes[n] for n in (3, 4, 5)] == [Failure("stopped")] * 3
    assert server.calls == 3


def test_a_long_wait_ends_when_it_is_stopped(server):
    server.faults = [faults.rate_limited(200)]
    asker = asker_at(server, clock=None)
    threading.Timer(0.2, asker.stop).start()
    begun = time.monotonic()
    assert set(all_of(asker, pairs(5)).values()) == {Failure("stopped")}
    assert time.monotonic() - begun < 20, "and not 200 s"


def test_when_the_budget_is_spent_what_is_kept_still_comes(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(5))
    asker = asker_at(server, tmp_path, budget=Budget(calls=2))
    outcomes = all_of(asker, [pair(n) for n in (10, 11, 12, 0, 1, 2, 3, 4)])
    assert sorted(n for n, o in outcomes.items() if isinstance(o, Answer)) == [0, 1, 3, 4, 5, 6, 7]
    assert outcomes[2] == Failure("budget")


def test_an_interrupt_while_asking_waits_for_what_is_on_its_way_and_goes_on(monkeypatch, tmp_path):
    started, go = threading.Event(), threading.Event()

    def slow(request):
        started.set()
        go.wait(10)
        return Reply(json.dumps(right(0)), 20, 8, 0.5)

    asker = Asker(Oracle(reply=slow, in_flight=1), cache=tmp_path)
    outcomes = asker.ask(pairs(5))
    inner = {}

    def interrupted(self, timeout):
        if timeout is None:
            started.wait(10)
            go.set()
            raise KeyboardInterrupt
        return original(self, timeout)

    from whimsight.language import running

    original = running.Run._next
    monkeypatch.setattr(running.Run, "_next", interrupted)
    with pytest.raises(KeyboardInterrupt):
        inner.update(outcomes)
    assert asker.peek(pairs(2)) == [True, False], "it was paid for"


# What plans ask.


def test_peeking_sends_nothing_and_takes_any_number(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(3))
    calls = server.calls
    assert asker_at(server, tmp_path).peek(pair(n) for n in range(1500)) == [True] * 3 + [False] * 1497
    assert server.calls == calls


def test_an_estimate_counts_what_is_not_there_once_and_its_price(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(3))
    asker = asker_at(server, tmp_path)
    estimate = asker.estimate([*pairs(5), pair(4)])
    assert (estimate.calls, estimate.cached) == (2, 4)
    assert estimate.prompt_tokens == pytest.approx((size(pair(3)) + size(pair(4))) / 4)
    assert estimate.completion_most == 80
    assert estimate.cost_most == pytest.approx(PRICE.of(estimate.prompt_tokens, 80))
    assert "assumed" in estimate.source


def test_an_estimate_learns_from_what_was_answered(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(20))
    asker = asker_at(server, tmp_path)
    estimate = asker.estimate(pair(n) for n in range(20, 40))
    before = server.spent
    all_of(asker, [pair(n) for n in range(20, 40)])
    took = [after - earlier for after, earlier in zip(server.spent, before, strict=True)]
    assert estimate.prompt_tokens == pytest.approx(took[0], rel=0.05)
    assert estimate.completion_tokens == pytest.approx(took[1], rel=0.1)
    assert estimate.cost == pytest.approx(asker.tally.cost, rel=0.05)


def test_without_a_price_costs_are_not_known_and_calls_can_be_limited():
    asker = Asker(Oracle(price=None), cache=False, budget=Budget(calls=3))
    assert asker.estimate(pairs(5)).cost is None
    list(asker.ask(pairs(5)))
    assert asker.tally.cost is None
    assert asker.tally.calls == 3
    with pytest.raises(LanguageError, match="price"):
        Asker(Oracle(price=None), budget=Budget(cost=1.0))


def test_a_model_of_one_s_own_may_fault_as_it_likes():
    """Any object with `complete` will do; its faults say whether to try again."""
    left = [Fault("server error", "busy", retry=True), Fault("refusal", "no")]

    def moody(request):
        if left:
            raise left.pop(0)
        return Reply(json.dumps(right(1)), 20, 8, 0.5)

    model = Oracle(reply=moody, in_flight=1, price=Price(0, 0))
    asker = Asker(model, cache=False)
    first, second = dict(asker.ask([pair(0), pair(1)])).values()
    assert first == Failure("refusal")
    assert second.values == right(1)
    assert len(model.asked) == 3
