"""What a run says of itself: what was paid, what may have been, what ended it, and what it waits for."""

from __future__ import annotations

import functools
import io
import itertools
import re
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import tqdm.auto

import whimsight as ws
from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.clock import Clock
from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.naming.apologies import planted_study
from tests.unit.naming.scripted import formula_model
from whimsight.errors import LanguageError
from whimsight.naming import Naming
from whimsight.naming.telling import drawing, progress


class HeldClock(Clock):
    """Waits until somebody lets go."""

    def __init__(self) -> None:
        super().__init__()
        self.go = threading.Event()

    def wait(self, seconds: float, halt: threading.Event) -> None:
        assert self.go.wait(20)
        super().wait(seconds, halt)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> HeldClock:
    """The clock of all runs; it does not wait unless a test holds it."""
    clock = HeldClock()
    clock.go.set()
    monkeypatch.setattr("whimsight.language.asking.RealClock", lambda: clock)
    return clock


def naming_by(server: FakeServer, folder: Path, **options: Any) -> Naming:
    settings: dict[str, Any] = {"price": (1.0, 2.0), "in_flight": 1, **options}
    model = ws.language_model("tiny", base_url=server.base_url, **settings)
    return Naming(planted_study(), model, features=["d00"], cache=folder)


def in_turn(*day: faults.Fault | None) -> Callable[..., faults.Fault | None]:
    """Return the schedule on which these happen again and again."""
    turns = itertools.cycle(day)
    return lambda *_: next(turns)


class TestWhatEndedIt:
    def test_a_budget_says_what_was_paid_and_what_was_set_aside_for_lost_answers(
        self, tmp_path: Path, clock: HeldClock
    ) -> None:
        day = in_turn(None, faults.rate_limited(0.2), faults.broken(500), faults.resets())
        with FakeServer(answer=formula_model, faults=day) as server:
            naming = naming_by(server, tmp_path)
            told = naming.run(budget=0.1).attrs["told"]
            paid = (server.spent.prompt_tokens + 2 * server.spent.completion_tokens) / 1e6
        assert f"{naming.progress['calls']} calls, {paid:.4g} paid, up to " in told
        found = re.search(r"up to ([\d.]+) more perhaps charged for (\d+) answers that were lost", told)
        assert found
        assert int(found[2]) == naming.progress["lost"] == pytest.approx(server.calls / 4, abs=1)
        assert float(found[1]) == pytest.approx(naming.progress["unsure"], rel=1e-3)
        most = naming.plan().cost_call_most
        assert most is not None
        assert 0.1 - most < paid + float(found[1]) <= 0.1, "that is what the budget went to"
        assert told.endswith("; stopped by the budget of 0.10.")

    def test_a_limit_of_calls_is_named(self, tmp_path: Path, clock: HeldClock) -> None:
        with FakeServer(answer=formula_model, faults=in_turn(None, faults.resets())) as server:
            naming = naming_by(server, tmp_path, price=None)
            told = naming.run(calls=20).attrs["told"]
            assert server.calls == 20
        assert told.endswith(
            "10 calls, perhaps more for 10 answers that were lost; stopped by the limit of 20 calls."
        )
        assert naming.progress["message"] == told

    def test_only_one_answer_that_was_lost_is_no_plural(self, tmp_path: Path, clock: HeldClock) -> None:
        with FakeServer(answer=formula_model, faults=[None, faults.resets()]) as server:
            told = naming_by(server, tmp_path).run(calls=3).attrs["told"]
        assert "for 1 answer that was lost; stopped by the limit of 3 calls." in told

    def test_who_comes_to_the_end_was_stopped_by_nothing(self, tmp_path: Path, clock: HeldClock) -> None:
        with FakeServer(answer=formula_model) as server:
            told = naming_by(server, tmp_path).run(budget=100.0).attrs["told"]
        assert "stopped" not in told
        assert "lost" not in told

    def test_an_answer_that_was_lost_was_asked_for(self, tmp_path: Path, clock: HeldClock) -> None:
        with FakeServer(answer=formula_model, faults=[faults.resets()]) as server:
            told = naming_by(server, tmp_path).run(calls=1).attrs["told"]
        assert "Nothing was asked" not in told
        assert "0 calls, up to 0." in told


class TestWaiting:
    def test_is_told_while_it_lasts_and_no_longer(self, tmp_path: Path, clock: HeldClock) -> None:
        seen: list[str] = []
        clock.go.clear()

        def changed() -> None:
            seen.append(naming.progress["waiting"])
            if seen[-1]:
                clock.go.set()

        with FakeServer(answer=formula_model, faults=[None, faults.rate_limited(12)]) as server:
            naming = naming_by(server, tmp_path)
            naming.run(calls=20, on_change=changed)
        assert "the endpoint asks to wait: rate limit, next try in 12 s" in seen
        assert naming.progress["waiting"] == seen[-1] == ""

    def test_for_nothing_ends_with_what_to_do(self, tmp_path: Path, clock: HeldClock) -> None:
        with FakeServer(answer=formula_model, faults=lambda *_: faults.rate_limited()) as server:
            naming = naming_by(server, tmp_path, in_flight=8)
            with pytest.raises(LanguageError, match=r"is busy.*fewer at once \(in_flight=2\), try later"):
                naming.run()
        assert naming.progress["state"] == "failed"
        assert "is busy" in naming.progress["message"]


def said(waiting: str = "", **more: Any) -> dict[str, Any]:
    return {**progress(2, state="running", waiting=waiting), **more}


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class TestDrawing:
    def test_in_a_log_is_one_line_where_it_has_to_wait(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        with drawing(2, shown=True) as draw:
            for waiting in ("", "next try in 12 s", "next try in 11 s", "", "next try in 3 s"):
                draw(said(waiting))
        assert capsys.readouterr().err == "Names: next try in 12 s.\n"

    def test_is_quiet_where_it_is_to_be(self, capsys: pytest.CaptureFixture[str]) -> None:
        with drawing(2, shown=False) as draw:
            draw(said("next try in 12 s"))
        assert capsys.readouterr().err == ""

    def test_has_what_it_waits_for_and_what_is_perhaps_paid_beside_the_bar(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delitem(sys.modules, "ipykernel", raising=False)
        # Where tests run, bars may be turned off for all ($TQDM_DISABLE).
        monkeypatch.setattr(tqdm.auto, "tqdm", functools.partial(tqdm.auto.tqdm, disable=False))
        monkeypatch.setattr(sys, "stderr", screen := Terminal())
        with drawing(2, shown=True) as draw:
            draw(said("next try in 12 s", stage="describe", cost=0.25, unsure=0.125))
        assert "describe, 0 calls, paid 0.25, perhaps 0.375; next try in 12 s" in screen.getvalue()
