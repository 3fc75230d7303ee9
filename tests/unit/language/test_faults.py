"""Every fault that an endpoint has, through everything that asks: how often is asked, what counts, what is kept."""

import json
import random
import threading
import time
from collections import Counter

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
)
from whimsight.errors import LanguageError
from whimsight.language import Budget, Failure, Price


@pytest.fixture
def server():
    with FakeServer(oracle) as running:
        yield running


def cursed(fault, *numbers):
    """Return the schedule on which only these pairs have a fault, always."""
    return lambda _, payload: fault if number_of(payload) in numbers else None


def fill(came, outcomes):
    """Fill ``came`` as they come, so that an error on the way takes nothing away."""
    for position, outcome in outcomes:
        came[position] = outcome


PASSING = [
    faults.rate_limited(),
    faults.rate_limited(2),
    faults.broken(500),
    faults.broken(502, html=True),
    faults.broken(503),
    faults.resets(),
    faults.resets_midway(),
    faults.cut_off(),
    faults.chunks_cut_off(),
    faults.not_json(),
    faults.broken_json(),
    faults.no_completion(),
]

BOUGHT_AGAIN = [
    faults.wrong_json(),
    faults.says("I think A is better."),
    faults.says('{"verdict": "C", "pair": "x"}'),
    faults.says('{"verdict": "A", "pair": "x"} {"verdict": "B", "pair": "x"}'),
    faults.says('{"verdict": "A"'),
    faults.says('<think>{"verdict": "A", "pair": "x"}'),
    faults.no_choices(),
    faults.empty(),
    faults.null(),
    faults.runs_out(),
]

READABLE = [faults.fenced(), faults.in_prose(), faults.thinks_first(), faults.drips()]


def name(fault):
    return fault.name


@pytest.mark.parametrize("fault", PASSING, ids=name)
def test_what_passes_is_waited_for_and_costs_no_second_answer(server, fault):
    server.faults = [None, fault]
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(3)))) == 3
    assert server.calls == 4
    assert asker.tally.calls == 3
    assert not asker.tally.failures
    assert len(asker._clock.waits) == 1


def test_a_server_that_hangs_is_given_up_and_asked_again(server):
    server.faults = [faults.hangs()]
    asker = asker_at(server, timeout=0.3)
    assert len(answered(all_of(asker, pairs(2)))) == 2
    assert server.calls == 3
    assert asker.tally.unsure > 0, "it may have been charged for"


@pytest.mark.parametrize("fault", BOUGHT_AGAIN, ids=name)
def test_what_cannot_be_read_is_bought_once_more_and_both_are_counted(server, fault):
    server.faults = [fault]
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(2)))) == 2
    assert server.calls == asker.tally.calls == 3
    assert (asker.tally.prompt_tokens, asker.tally.completion_tokens) == server.spent
    assert asker.tally.cost == pytest.approx(PRICE.of(*server.spent))


@pytest.mark.parametrize("fault", READABLE, ids=name)
def test_the_right_answer_in_other_clothes_is_an_answer(server, fault):
    server.faults = [fault]
    assert len(answered(all_of(asker_at(server), pairs(1)))) == 1
    assert server.calls == 1


ALWAYS = [
    (faults.broken(500), "server error", 5),
    (faults.resets(), "connection", 5),
    (faults.cut_off(), "connection", 5),
    (faults.not_json(), "server error", 5),
    (faults.too_long(), "too long", 1),
    (faults.refuses(), "refusal", 1),
    (faults.filtered(), "refusal", 1),
    (faults.empty(), "empty", 2),
    (faults.null(), "empty", 2),
    (faults.no_choices(), "empty", 2),
    (faults.wrong_json(), "unreadable", 2),
    (faults.says("A"), "unreadable", 2),
    (faults.says("tie"), "unreadable", 2),
    (faults.runs_out(), "cut short", 2),
]


@pytest.mark.parametrize(("fault", "kind", "calls"), ALWAYS, ids=[fault.name for fault, _, _ in ALWAYS])
def test_what_never_passes_is_a_failure_of_its_kind_and_of_one_request(server, fault, kind, calls):
    server.faults = cursed(fault, 1)
    asker = asker_at(server)
    outcomes = all_of(asker, pairs(4))
    assert outcomes[1] == Failure(kind)
    assert outcomes[1].message.count("\n") == 0
    assert list(answered(outcomes)) == [0, 2, 3]
    assert server.calls == 3 + calls
    assert asker.tally.failures == Counter({kind: 1})


def test_a_rate_limit_that_never_ends_is_a_failure_in_the_end(server):
    server.faults = cursed(faults.rate_limited(1), 1)
    outcomes = all_of(asker_at(server), pairs(3))
    assert outcomes[1] == Failure("rate limit")
    assert list(answered(outcomes)) == [0, 2]
    assert server.calls == 2 + 12


def test_no_failure_has_a_value_that_could_be_counted(server):
    kinds = [faults.refuses(), faults.empty(), faults.wrong_json(), faults.too_long(), faults.broken(500)]
    server.faults = lambda _, payload: kinds[number_of(payload)] if number_of(payload) < len(kinds) else None
    outcomes = all_of(asker_at(server), pairs(8))
    for number in range(len(kinds)):
        assert isinstance(outcomes[number], Failure)
        assert not hasattr(outcomes[number], "values")
    assert len(answered(outcomes)) == 3


# What no request mends ends the run at once, and what was paid for is kept.

FATAL = [
    (faults.wrong_key(), "key"),
    (faults.forbidden(), "key"),
    (faults.no_such_model(), "no model 'tiny'"),
    (faults.out_of_money(), "quota"),
    (faults.redirects("http://127.0.0.1:9/v1/chat/completions"), "redirect"),
    (faults.rate_limited(90_000), "wait for 90,000 s"),
]


@pytest.mark.parametrize(("fault", "said"), FATAL, ids=[said for _, said in FATAL])
def test_what_no_request_mends_is_raised_at_once(server, tmp_path, fault, said):
    server.faults = [None, None, fault]
    asker = asker_at(server, tmp_path)
    came = {}
    with pytest.raises(LanguageError, match=said):
        fill(came, asker.ask(pairs(20)))
    assert len(answered(came)) == 2
    assert server.calls == 3
    again = asker_at(server, tmp_path)
    assert len(answered(all_of(again, pairs(20)))) == 20
    assert again.tally.cached == 2
    assert server.calls == 3 + 18


def test_no_more_than_what_was_on_its_way_is_sent_after_a_fatal_fault(server):
    server.faults = lambda *_: faults.wrong_key()
    with pytest.raises(LanguageError, match="key"):
        all_of(asker_at(server, in_flight=4), pairs(100))
    assert server.calls <= 4


def test_an_endpoint_that_was_never_there_is_dead_after_few_tries():
    with FakeServer(oracle) as gone:
        pass
    asker = asker_at(gone, in_flight=2)
    with pytest.raises(LanguageError, match=f"127.0.0.1:{gone.server_port} does not answer"):
        all_of(asker, pairs(50))
    assert asker.tally.calls == 0
    assert len(asker._clock.waits) < 10


def test_an_endpoint_that_dies_on_the_way_ends_the_run_and_what_it_answered_is_kept(tmp_path):
    with FakeServer(oracle) as server:
        asker = asker_at(server, tmp_path)
        outcomes = asker.ask(pairs(50))
        came = dict([next(outcomes), next(outcomes)])
    with pytest.raises(LanguageError, match=r"stopped answering.*replies are kept"):
        fill(came, outcomes)
    kept = asker_at(server, tmp_path).peek(pairs(50))
    assert sum(kept) == asker.tally.calls <= len(server.requests)
    assert all(kept[number] for number in answered(came))


@pytest.mark.parametrize("fault", [faults.broken(500), faults.resets_midway()], ids=name)
def test_a_few_texts_that_a_server_always_stumbles_over_end_no_run(server, tmp_path, fault):
    """The second run asks for nothing else: three failures in a row are no dead endpoint."""
    server.faults = cursed(fault, 1, 2, 3, 4)
    first = all_of(asker_at(server, tmp_path), pairs(12))
    assert len(answered(first)) == 8
    again = all_of(asker_at(server, tmp_path), pairs(12))
    assert len(answered(again)) == 8
    assert sum(isinstance(outcome, Failure) for outcome in again.values()) == 4


def test_a_slow_endpoint_is_told_to_need_time(server):
    server.faults = lambda *_: faults.hangs()
    with pytest.raises(LanguageError, match=r"timeout=300"):
        all_of(asker_at(server, timeout=0.05), pairs(20))


@pytest.mark.parametrize(
    "fault", [faults.broken(500), faults.resets(), faults.broken(502, html=True)], ids=name
)
def test_a_server_that_only_fails_is_dead(server, fault):
    server.faults = lambda *_: fault
    with pytest.raises(LanguageError, match="does not answer"):
        all_of(asker_at(server), pairs(200))
    assert server.calls < 20


# Waits.


def test_the_wait_that_the_server_asks_for_is_kept_by_everybody(server):
    """One request of eight is told to wait for 7 s: none leaves before that, so the clock stands at 7 or later."""
    asker = asker_at(server, in_flight=8)
    clock, moments = asker._clock, []

    def answer(payload):
        moments.append(clock.now())
        return oracle(payload)

    server.answer = answer
    server.faults = [faults.rate_limited(7)]
    assert len(answered(all_of(asker, pairs(60)))) == 60
    early = [moment for moment in moments if moment < 7]
    assert len(early) <= 7, "only those that were on their way already"
    assert 7 <= clock.now() < 8


def test_a_date_to_wait_for_is_waited_for(server):
    server.faults = [None, faults.rate_limited_until(time.time() + 100)]
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(3)))) == 3
    assert 90 <= asker._clock.now() <= 100


@pytest.mark.parametrize(
    "fault", [faults.rate_limited(0), faults.rate_limited_until(0)], ids=["0 s", "a past date"]
)
def test_a_server_that_says_now_and_means_later_is_not_hammered(server, fault):
    server.faults = cursed(fault, 1)
    asker = asker_at(server)
    assert all_of(asker, pairs(3))[1] == Failure("rate limit")
    assert asker._clock.now() > 10


def test_waits_grow_and_are_drawn_by_chance(server):
    server.faults = cursed(faults.broken(503), 1)
    asker = asker_at(server, tries=9)
    all_of(asker, pairs(2))
    waits = asker._clock.waits
    assert len(waits) == 8
    assert all(0 <= wait <= min(30, 0.5 * 2**number) for number, wait in enumerate(waits))
    assert len(set(waits)) == 8
    assert max(waits[4:]) > max(waits[:2])


def test_a_server_error_that_asks_for_a_wait_gets_it(server):
    server.faults = [None, faults.status(503, retry_after="11")]
    asker = asker_at(server)
    assert len(answered(all_of(asker, pairs(2)))) == 2
    assert sum(asker._clock.waits) >= 11


# In flight.


@pytest.mark.parametrize("in_flight", [1, 3, 8])
def test_no_more_are_in_flight_than_the_model_takes_and_so_many_really_are(server, in_flight):
    server.pause()
    opener = threading.Thread(target=lambda: (server.until(in_flight=in_flight), server.go()))
    opener.start()
    assert len(answered(all_of(asker_at(server, in_flight=in_flight), pairs(60)))) == 60
    opener.join()
    assert server.most_at_once == in_flight


@pytest.mark.parametrize("seed", range(4))
def test_a_bad_day_costs_time_and_no_answer(server, seed, tmp_path):
    """Two of five requests go wrong, in any way that passes; every answer is the right one, each paid for once."""
    chance = random.Random(seed)
    bad = [fault for fault in PASSING if fault.name != "status 429"] + [faults.rate_limited(1)]
    server.faults = [None] * 8 + [chance.choice(bad) if chance.random() < 0.4 else None for _ in range(400)]
    asker = asker_at(server, tmp_path, in_flight=8, tries=20)
    assert len(answered(all_of(asker, pairs(150)))) == 150
    assert asker.tally.calls == 150
    assert (asker.tally.prompt_tokens, asker.tally.completion_tokens) == server.spent
    assert server.most_at_once <= 8
    before = server.calls
    again = asker_at(server, tmp_path)
    assert len(answered(all_of(again, pairs(150)))) == 150
    assert server.calls == before
    assert again.tally.cost == 0


def test_a_second_run_buys_only_what_is_missing(server, tmp_path):
    missing = {2: faults.refuses(), 5: faults.wrong_json(), 7: faults.too_long(), 9: faults.broken(500)}
    server.faults = lambda _, payload: missing.get(number_of(payload))
    first = all_of(asker_at(server, tmp_path), pairs(12))
    assert sorted(n for n, outcome in first.items() if isinstance(outcome, Failure)) == sorted(missing)
    asker = asker_at(server, tmp_path)
    assert asker.peek(pairs(12)) == [number not in missing for number in range(12)]
    server.faults, before = [], server.calls
    assert len(answered(all_of(asker, pairs(12)))) == 12
    assert server.calls == before + len(missing)
    assert {number_of(asked.payload) for asked in server.requests[before:]} == set(missing)


def test_the_same_question_twice_is_bought_once(server):
    asker = asker_at(server, in_flight=4)
    outcomes = all_of(asker, [pair(0), pair(1), pair(0), pair(0)])
    assert outcomes[0].values == outcomes[2].values == outcomes[3].values
    assert server.calls == asker.tally.calls == 2


# Money.


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9])
@pytest.mark.parametrize(
    "fault", [None, faults.cut_off(), faults.wrong_json()], ids=lambda f: getattr(f, "name", "none")
)
def test_a_budget_is_not_exceeded_by_what_the_server_counts(server, share, fault):
    """Also when answers that nobody got are charged for, and some have to be bought twice."""
    all_of(asker_at(server), pairs(60))
    whole = PRICE.of(*server.spent)
    server.spent, before = type(server.spent)(), server.calls
    server.faults = lambda number, _: fault if number % 3 == 0 else None
    asker = asker_at(server, in_flight=8, budget=Budget(cost=share * whole))
    outcomes = all_of(asker, pairs(60))
    counted = PRICE.of(*server.spent) + PRICE.of(*server.lost)
    assert counted <= share * whole
    left = [outcome for outcome in outcomes.values() if isinstance(outcome, Failure)]
    assert len(left) > 0
    assert {outcome.kind for outcome in left} <= {"budget", "unreadable"}
    assert len(answered(outcomes)) + len(left) == 60
    if share == 0:
        assert server.calls == before


def test_a_budget_holds_when_every_answer_is_as_long_as_it_may_be(server):
    """Ten and a half of the dearest answers fit ten times, whatever is in flight beside them."""
    server.answer = lambda payload: json.dumps({**oracle(payload), "more": "x" * 200})[: 4 * 40 - 2] + '"}'
    dearest = Price(0.0, 2.0)
    asker = asker_at(server, in_flight=8, price=dearest, budget=Budget(cost=dearest.of(0, 10.5 * 40)))
    outcomes = all_of(asker, pairs(60))
    assert server.spent.completion_tokens == 10 * 40
    assert len(answered(outcomes)) == server.calls == 10


def test_a_budget_of_calls_is_a_number_of_calls(server):
    asker = asker_at(server, in_flight=8, budget=Budget(calls=17))
    outcomes = all_of(asker, pairs(60))
    assert server.calls == len(answered(outcomes)) == 17
    assert asker.tally.failures == Counter({"budget": 43})


def test_what_was_paid_for_earlier_needs_no_budget(server, tmp_path):
    all_of(asker_at(server, tmp_path), pairs(20))
    asker = asker_at(server, tmp_path, budget=Budget(cost=0.0))
    assert len(answered(all_of(asker, pairs(20)))) == 20


# Stopping.


def test_stop_from_another_thread_keeps_what_was_on_its_way(server, tmp_path):
    asker = asker_at(server, tmp_path, in_flight=4)
    server.answer = lambda payload: (
        (asker.stop(), oracle(payload))[1] if server.calls >= 10 else oracle(payload)
    )
    outcomes = all_of(asker, pairs(80))
    kinds = Counter(type(outcome).__name__ for outcome in outcomes.values())
    assert kinds["Answer"] == server.calls < 20
    assert {outcome.kind for outcome in outcomes.values() if isinstance(outcome, Failure)} == {"stopped"}
    assert sum(asker_at(server, tmp_path).peek(pairs(80))) == server.calls


def test_who_stops_listening_loses_nothing_that_was_on_its_way(server, tmp_path):
    asker = asker_at(server, tmp_path, in_flight=4)
    outcomes = asker.ask(pairs(80))
    next(outcomes)
    outcomes.close()
    settled = threading.Event()
    for _ in range(200):
        if server.in_flight == 0 and asker.tally.calls == server.calls:
            break
        settled.wait(0.01)
    assert sum(asker_at(server, tmp_path).peek(pairs(80))) == server.calls < 80


# Keys.


@pytest.mark.parametrize("code", [400, 401, 404, 429, 500])
def test_a_key_that_the_server_repeats_is_in_no_failure_no_error_and_no_file(server, tmp_path, code):
    key = "sk-secret-4711-abcdef"
    server.faults = cursed(faults.echoes_key(code), 1)
    asker = asker_at(server, tmp_path, api_key=key)
    told = ""
    try:
        told = repr(all_of(asker, pairs(3)))
    except LanguageError as error:
        told = f"{error!r} {error.__cause__!r} {error.__context__!r}"
    assert server.requests[0].headers["authorization"] == f"Bearer {key}"
    assert key not in told
    assert "4711" not in told
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert all(b"4711" not in path.read_bytes() for path in files)
