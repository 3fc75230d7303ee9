"""A budget holds, whoever spends at once; estimates are what earlier replies say."""

import random
import threading

import pytest

from whimsight.errors import LanguageError
from whimsight.language import Budget, Estimator, Field, Price, Request
from whimsight.language.answers import Totals
from whimsight.language.estimate import size


def spend(budget, chance, most, took):
    """Reserve and settle until the budget says no."""
    while budget.reserve(most):
        cost = None if chance.random() < 0.2 else most * chance.random()
        budget.settle(most, cost)
        took.append(cost)


@pytest.mark.parametrize("seed", range(3))
def test_many_threads_never_spend_more_than_there_is(seed):
    budget, took = Budget(cost=1.0), []
    threads = [
        threading.Thread(target=spend, args=(budget, random.Random(f"{seed} {i}"), 0.013, took))
        for i in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    spent = sum(cost for cost in took if cost is not None)
    assert 1.0 - 0.013 < spent <= 1.0


def test_calls_are_counted_when_they_were_taken_and_not_when_they_were_turned_away():
    budget = Budget(calls=2)
    for cost in (None, 0.0, None, 0.0):
        assert budget.reserve(0.0)
        budget.settle(0.0, cost)
    assert not budget.reserve(0.0)


def test_who_does_not_fit_beside_others_waits_for_what_they_leave():
    budget = Budget(cost=1.0)
    assert budget.reserve(0.8)
    found = []
    waiting = threading.Thread(target=lambda: found.append(budget.reserve(0.5)))
    waiting.start()
    budget.settle(0.8, 0.1)
    waiting.join()
    assert found == [True]
    budget.settle(0.5, 0.5)
    assert not budget.reserve(0.5), "0.6 of 1.0 are spent"
    assert budget.reserve(0.4)


def test_who_is_told_to_stop_does_not_wait():
    budget = Budget(calls=1)
    assert budget.reserve(0.0)
    assert not budget.reserve(0.0, lambda: True)


def test_no_limit_is_no_limit():
    assert all(Budget().reserve(1e9) for _ in range(100))


@pytest.mark.parametrize("limits", [{"cost": -1.0}, {"calls": -1}, {"cost": float("nan")}])
def test_less_than_nothing_is_refused(limits):
    with pytest.raises(LanguageError, match="0 or more"):
        Budget(**limits)


def test_money_without_a_price_is_refused_with_what_to_do():
    with pytest.raises(LanguageError, match=r"price=.*WHIMSIGHT_PRICE.*calls="):
        Budget(cost=1.0).check(None)
    Budget(calls=10).check(None)
    Budget(cost=1.0).check(Price(0.0, 0.0))


REQUEST = Request("Which is longer?", "A: ä\nB: yes", (Field("verdict", ("A", "B")),), max_tokens=30)


def test_without_earlier_replies_the_assumption_is_named():
    estimator = Estimator.of(Totals(replies=4, sent=100, prompt_tokens=50))
    assert estimator.prompt_tokens(REQUEST) == size(REQUEST) / 4
    assert estimator.completion_tokens(REQUEST) == 10
    assert "assumed" in estimator.source


def test_earlier_replies_say_what_requests_take():
    totals = Totals(replies=10, sent=4000, most=500, prompt_tokens=1600, completion_tokens=100, seconds=25.0)
    estimator = Estimator.of(totals)
    assert estimator.prompt_tokens(REQUEST) == pytest.approx(0.4 * size(REQUEST))
    assert estimator.completion_tokens(REQUEST) == pytest.approx(0.2 * 30)
    assert estimator.seconds == 2.5
    assert "10 earlier replies" in estimator.source


def test_an_answer_is_never_expected_to_be_longer_than_it_may_be():
    totals = Totals(replies=10, sent=4000, most=100, prompt_tokens=1600, completion_tokens=500, seconds=1.0)
    assert Estimator.of(totals).completion_tokens(REQUEST) == 30


def test_the_worst_case_has_a_token_for_every_byte():
    assert Estimator.prompt_most(REQUEST) > len((REQUEST.system + REQUEST.user).encode())
