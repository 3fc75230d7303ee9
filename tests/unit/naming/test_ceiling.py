"""What a plan calls the most is the most: of what follows, and of what was paid before with it."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.unit.naming.apologies import planted_study
from whimsight.language import Fault, Price, Reply, Request
from whimsight.naming import Naming, PracticeModel
from whimsight.studies import Study

FEATURES = ["d01", "d02"]


class Scripted:
    """A model that answers by a script."""

    name, where, fingerprint, in_flight = "scripted", "nowhere", "scripted:1", 4
    price: Price | None = Price(1.0, 2.0)

    def __init__(self, script: Callable[[Request], dict[str, str]]) -> None:
        self._script = script

    def complete(self, request: Request) -> Reply:
        return Reply(json.dumps(self._script(request)), 100, 10, 0.01)


def describes(request: Request) -> bool:
    return "name" in {field.name for field in request.fields}


def chance(request: Request) -> random.Random:
    return random.Random(request.key)


def the_same_of_all(request: Request) -> dict[str, str]:
    """Propose one name, and find it in response A."""
    if describes(request):
        return {"note": "It is so.", "name": "longer"}
    return {field.name: "A" for field in request.fields}


def nothing(request: Request) -> dict[str, str]:
    """Propose nothing."""
    return {"note": "none", "name": "none"}


def by_dice(request: Request) -> dict[str, str]:
    """Propose another name each time, and judge by chance."""
    dice = chance(request)
    if describes(request):
        return {"note": "It is so.", "name": f"quality {dice.randrange(10**6)}"}
    return {field.name: dice.choice(["A", "B", "tie"]) for field in request.fields}


def ties(request: Request) -> dict[str, str]:
    """Propose another name each time, and find each in both."""
    return by_dice(request) if describes(request) else {field.name: "tie" for field in request.fields}


def two_names(request: Request) -> dict[str, str]:
    """Propose one of two names or none, and judge by formula with errors."""
    if describes(request):
        return {
            "note": "It is so.",
            "name": chance(request).choice(["exclamation marks", "apologies", "none"]),
        }
    said: dict[str, str] = json.loads(PracticeModel(wrong=0.3).complete(request).text)
    return said


@pytest.fixture(scope="module")
def study() -> Study:
    return planted_study()


def naming(study: Study, model: object, folder: Path, **choices: int) -> Naming:
    return Naming(study, model, features=FEATURES, cache=folder, **choices)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("script", "choices"),
    [
        *((script, {}) for script in (the_same_of_all, nothing, by_dice, ties, two_names)),
        (by_dice, {"candidates": 12}),
        (two_names, {"candidates": 1}),
        (ties, {"pairs": 50}),
    ],
)
def test_a_run_that_was_stopped_raises_no_ceiling(
    study: Study, tmp_path: Path, script: Callable[[Request], dict[str, str]], choices: dict[str, int]
) -> None:
    """Stopped again and again until it has ended."""
    run = naming(study, Scripted(script), tmp_path, **choices)
    first = run.plan()
    paid, ceilings = 0, []
    for calls in [1, 1, 1, 1, 3, 4, 5, 6, 7, 8, 9, 11, 30, 60, 10_000]:
        run.run(calls=calls, progress=False)
        paid += run.progress["calls"]
        plan = run.plan()
        assert plan.calls <= plan.calls_most
        assert plan.calls_most + paid <= first.calls_most, f"after {paid} calls"
        assert (plan.table["calls"] <= plan.table["calls_most"]).all()
        ceilings.append(paid + plan.calls_most)
    assert run.progress["state"] == "done"
    assert plan.calls_most == 0
    assert paid <= min(ceilings)


@pytest.mark.parametrize("calls", [0, 5, 10, 20, 37, 50, 60])
def test_nor_does_one_that_was_stopped_once(study: Study, tmp_path: Path, calls: int) -> None:
    run = naming(study, Scripted(two_names), tmp_path)
    before = run.plan()
    run.run(calls=calls, progress=False)
    after = run.plan()
    assert run.progress["calls"] == calls
    assert after.calls_most <= before.calls_most - calls
    run.run(progress=False)
    assert run.progress["calls"] <= after.calls_most


class Failing(Scripted):
    """Loses some answers of its first run."""

    fails = True

    def complete(self, request: Request) -> Reply:
        if self.fails and chance(request).random() < 0.1:
            raise Fault("refusal", "no")
        return super().complete(request)


@pytest.mark.parametrize("calls", [10, 55, 10_000])
@pytest.mark.parametrize("script", [by_dice, two_names], ids=lambda script: script.__name__)
def test_what_comes_of_missing_answers_stays_below_the_next_plan(
    study: Study, tmp_path: Path, calls: int, script: Callable[[Request], dict[str, str]]
) -> None:
    model = Failing(script)
    run = naming(study, model, tmp_path)
    first = run.plan()
    run.run(calls=calls, progress=False)
    model.fails = False
    plan = run.plan()
    assert plan.calls <= plan.calls_most <= first.calls_most
    run.run(progress=False)
    assert run.progress["calls"] <= plan.calls_most
