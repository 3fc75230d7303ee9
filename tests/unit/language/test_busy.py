"""An endpoint that lets everybody wait: it is told and borne for a while; what was lost on the way is counted."""

import itertools
import threading

import pytest

from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.clock import Clock
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.language.asking_helpers import PRICE, all_of, answered, asker_at, oracle, pair, pairs
from whimsight.errors import LanguageError
from whimsight.language import Answer, Budget, Estimator, Failure
from whimsight.language.pacing import Gate


@pytest.fixture
def server():
    with FakeServer(oracle) as running:
        yield running


def name(fault):
    return fault.name


# A rate limit that never ends.


def test_nothing_but_rate_limits_that_do_not_say_how_long_end_the_run_after_a_minute_and_a_half(server):
    server.faults = lambda *_: faults.rate_limited()
    asker = asker_at(server, in_flight=1)
    with pytest.raises(
        LanguageError, match=r"is busy: in \d+ s it answered none of \d+ requests to 'tiny'"
    ) as told:
        all_of(asker, pairs(200))
    assert 90 <= asker._clock.now() <= 90 + 30
    assert f"none of {server.calls} requests" in str(told.value)
    assert "Rate limit reached" in str(told.value)
    assert str(told.value).endswith("Nothing was paid. What to do: try later, or take another model.")


def test_who_asks_for_many_at_once_is_told_to_ask_for_fewer(server):
    server.faults = lambda *_: faults.rate_limited()
    with pytest.raises(LanguageError, match=r"ask for fewer at once \(in_flight=2\)"):
        all_of(asker_at(server, in_flight=8), pairs(200))


def test_an_endpoint_that_says_how_long_is_waited_for(server):
    """Ten times 20 s, and nothing before."""
    server.faults = [faults.rate_limited(20)] * 10
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(3)))) == 3
    assert asker._clock.now() >= 200


def test_an_endpoint_that_answered_is_borne_for_ten_minutes_without_an_answer(server):
    """As where the quota of the day is spent: 40 requests would take more than an hour."""
    server.faults = lambda number, _: faults.rate_limited() if number else None
    asker = asker_at(server, in_flight=1)
    with pytest.raises(LanguageError) as told:
        all_of(asker, pairs(40))
    assert 600 <= asker._clock.now() <= 600 + 30
    assert f"answered none of {server.calls - 1} requests to 'tiny', and does not say how long" in str(
        told.value
    )
    assert "Nothing was paid" not in str(told.value)
    assert str(told.value).endswith(
        "1 reply is kept. What to do: try later, which buys only what is missing, or take another model."
    )


def test_one_request_alone_is_given_up_before_that(server):
    server.faults = lambda number, _: faults.rate_limited() if number else None
    outcomes = all_of(asker_at(server), pairs(5))
    assert sorted(answered(outcomes)) == [0]
    assert [outcomes[n] for n in range(1, 5)] == [Failure("rate limit")] * 4


def test_an_answer_now_and_then_is_enough_to_go_on(server):
    """Four answers, each after 200 s of rate limits: 800 s in all, but never 600 s without an answer."""
    server.faults = lambda number, _: None if number % 11 == 10 else faults.rate_limited(20)
    asker = asker_at(server, in_flight=1)
    assert len(answered(all_of(asker, pairs(4)))) == 4
    assert asker._clock.now() >= 800


def test_an_endpoint_that_says_how_long_again_and_again_is_believed_for_ten_minutes(server):
    server.faults = lambda *_: faults.rate_limited(60)
    asker = asker_at(server, in_flight=1)
    with pytest.raises(LanguageError, match="is busy") as told:
        all_of(asker, pairs(40))
    assert 600 <= asker._clock.now() <= 600 + 60
    assert "does not say how long" not in str(told.value)


def test_who_asks_again_after_that_begins_anew(server):
    server.faults = lambda *_: faults.rate_limited()
    asker = asker_at(server, in_flight=1)
    with pytest.raises(LanguageError, match="is busy"):
        all_of(asker, pairs(200))
    server.faults = [faults.rate_limited()] * 3
    assert len(answered(all_of(asker, pairs(3)))) == 3


# What is told while it lasts.


def test_a_gate_says_how_long_it_is_shut():
    clock = Clock()
    gate = Gate(4, clock)
    halt = threading.Event()
    assert gate.enter(halt)
    assert gate.waiting == ""
    gate.leave(wait=11.5)
    assert gate.waiting == "the endpoint asks to wait: rate limit, next try in 12 s"
    clock.wait(10.0, halt)
    assert gate.waiting == "the endpoint asks to wait: rate limit, next try in 2 s"
    assert gate.enter(halt)
    assert gate.waiting == "the endpoint asks to wait: rate limit, trying again"
    gate.leave(answered=True)
    assert gate.waiting == ""


def test_a_moment_is_not_worth_telling():
    gate = Gate(4, Clock())
    gate.enter(threading.Event())
    gate.leave(wait=0.5)
    assert gate.waiting == ""


def test_what_others_still_get_does_not_hide_that_everybody_waits():
    gate = Gate(4, Clock())
    for _ in range(2):
        gate.enter(threading.Event())
    gate.leave(wait=30.0)
    gate.leave(answered=True)
    assert gate.waiting.endswith("next try in 30 s")


class HeldClock(Clock):
    """Waits until somebody lets go."""

    def __init__(self):
        super().__init__()
        self.go = threading.Event()

    def wait(self, seconds, halt):
        assert self.go.wait(20)
        super().wait(seconds, halt)


def test_who_asks_is_called_while_nothing_comes_in_the_thread_that_asks(server):
    server.faults = [faults.rate_limited(12)]
    clock, heard = HeldClock(), []

    def idle():
        if asker.waiting:
            heard.append((threading.current_thread(), asker.waiting))
            clock.go.set()

    asker = asker_at(server, clock=clock, idle=idle)
    assert len(answered(all_of(asker, pairs(2)))) == 2
    assert heard[0] == (threading.current_thread(), "the endpoint asks to wait: rate limit, next try in 12 s")
    assert asker.waiting == ""


# What may have been charged for, and what surely was not.

NOT_CHARGED = [
    faults.rate_limited(1),
    faults.rate_limited(),
    faults.broken(500),
    faults.broken(502, html=True),
    faults.status(503, retry_after="1"),
    faults.status(408),
]
PERHAPS_CHARGED = [faults.resets(), faults.resets_midway(), faults.cut_off(), faults.broken(504)]
ONE = PRICE.of(Estimator.prompt_most(pair(0)), 40)


@pytest.mark.parametrize("fault", NOT_CHARGED, ids=name)
def test_what_was_surely_not_charged_is_not_set_aside(server, fault):
    """The budget pays for one call at its longest."""
    server.faults = [fault, fault]
    asker = asker_at(server, budget=Budget(cost=ONE))
    assert isinstance(all_of(asker, pairs(1))[0], Answer)
    assert (asker.tally.lost, asker.tally.unsure, asker.budget.ended) == (0, 0.0, "")


@pytest.mark.parametrize("fault", PERHAPS_CHARGED, ids=name)
def test_what_may_have_been_charged_is_set_aside_and_counted(server, fault):
    server.faults = [fault]
    asker = asker_at(server, budget=Budget(cost=1.5 * ONE))
    assert all_of(asker, pairs(1))[0] == Failure("budget")
    assert (asker.tally.lost, asker.tally.calls, asker.budget.ended) == (1, 0, "cost")
    assert asker.tally.unsure == pytest.approx(ONE)


def test_a_text_that_is_refused_is_not_charged(server):
    server.faults = [None, faults.too_long(), faults.status(400, faults.problem("I do not like this."))]
    asker = asker_at(server)
    assert sum(isinstance(outcome, Failure) for outcome in all_of(asker, pairs(5)).values()) == 2
    assert asker.tally.lost == 0


def test_a_connection_that_is_refused_is_not_charged():
    with FakeServer(oracle) as gone:
        pass
    asker = asker_at(gone, budget=Budget(cost=ONE))
    with pytest.raises(LanguageError, match="does not answer"):
        all_of(asker, pairs(3))
    assert (asker.tally.lost, asker.budget.ended) == (0, "")


def test_a_limit_of_calls_counts_those_that_were_lost(server):
    day = itertools.cycle([None, faults.resets()])
    server.faults = lambda *_: next(day)
    asker = asker_at(server, budget=Budget(calls=7))
    all_of(asker, pairs(30))
    assert (asker.tally.calls, asker.tally.lost, server.calls) == (4, 3, 7)
    assert asker.budget.ended == "calls"
