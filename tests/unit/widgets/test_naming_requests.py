"""The labeler asks a language model for names: the price first, a run beside the kernel's work, nothing of the key."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import comm
import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.endpoints.fake_faults import rate_limited, resets, resets_midway, status
from tests.unit.endpoints.fake_server import FakeServer, schema_fields
from tests.unit.widgets.planted import planted_study, scripted
from tests.unit.widgets.test_widgets import BUILT, Recorder, sent
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.widgets import FeatureLabeler, FeatureReport, view
from whimsight.widgets.naming_run import NamingRun, listen, listeners, run_of, unlisten

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from whimsight.studies import Study

KEY = "sk-planted-0123456789abcdef"
UNNAMED = {"features": "unnamed", "feature": None}
DEAR = 1_000_000.0


class Slow:
    """The scripted model, which may be told to think before it judges."""

    def __init__(self) -> None:
        self._answer = scripted()
        self.judges = threading.Event()
        self.judges.set()

    def __call__(self, payload: dict[str, Any]) -> dict[str, str]:
        if "name" not in schema_fields(payload):
            self.judges.wait(20)
        return self._answer(payload)


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr(view, "built", BUILT.__getitem__)
    monkeypatch.setenv("WHIMSIGHT_CACHE", str(tmp_path / "cache"))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "WHIMSIGHT_MODEL", "WHIMSIGHT_PRICE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def model() -> Slow:
    return Slow()


@pytest.fixture
def server(model: Slow) -> Iterator[FakeServer]:
    with FakeServer(model) as running:
        yield running
        model.judges.set()


@pytest.fixture(scope="module")
def planted() -> Study:
    return planted_study(prompts=40)


@pytest.fixture
def study(planted: Study, tmp_path: Path) -> Study:
    from copy import copy

    made = copy(planted)
    made.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    return made


@pytest.fixture
def labeler(study: Study, server: FakeServer) -> Iterator[FeatureLabeler]:
    made = opened(study, server)
    yield made
    made.close()


def opened(study: Study, server: FakeServer, **choices: Any) -> FeatureLabeler:
    return FeatureLabeler(
        study, model=ws.language_model("tiny", base_url=server.base_url, price=(1.0, 2.0), **choices)
    )


def ask(widget: Any, name: str, args: Any) -> dict[str, Any]:
    """Return the answer to a request; other messages may come beside it."""
    begun = len(sent(widget))
    content = {"kind": "request", "id": f"r{begun}", "name": name, "args": args}
    widget._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": []})
    contents = [m["data"].get("content", {}) for m in sent(widget)[begun:]]
    [answer] = [c for c in contents if c.get("kind") == "answer"]
    return dict(answer)


def result(widget: Any, name: str, **args: Any) -> Any:
    answer = ask(widget, name, args)
    assert answer["ok"], answer
    return answer["result"]


def error(widget: Any, name: str, args: Any) -> str:
    answer = ask(widget, name, args)
    assert not answer["ok"], answer
    return str(answer["error"]["message"])


def until(there: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 20
    while not there():
        assert time.monotonic() < end, f"{what} did not come"
        time.sleep(0.03)


def start(labeler: FeatureLabeler, **choices: Any) -> dict[str, Any]:
    started: dict[str, Any] = result(
        labeler, "naming_start", **{**UNNAMED, "budget": DEAR, "calls": None, **choices}
    )
    return started


def ended(labeler: FeatureLabeler) -> dict[str, Any]:
    """Wait for the end of the run; return how it is told."""
    until(lambda: result(labeler, "naming")["state"] != "running", "the end of the run")
    told: dict[str, Any] = result(labeler, "naming")
    return told


def told(labeler: FeatureLabeler) -> list[dict[str, Any]]:
    """Return what was said unasked."""
    contents = [m["data"].get("content", {}) for m in sent(labeler)]
    return [c["progress"] for c in contents if c.get("kind") == "naming"]


def names(labeler: FeatureLabeler, feature: str) -> list[str]:
    return [one["name"] for one in result(labeler, "suggest", feature=feature)["suggestions"]]


# -- the price


def test_the_price_is_told_and_nothing_is_sent(labeler: FeatureLabeler, server: FakeServer) -> None:
    priced = result(labeler, "naming_plan", **UNNAMED)
    assert (priced["model"], priced["where"]) == ("tiny", f"127.0.0.1:{server.server_port}")
    assert priced["features"] == 2
    assert 0 < priced["calls"] < priced["calls_most"]
    assert 0 < priced["cost"] < priced["cost_most"]
    one = result(labeler, "naming_plan", features="one", feature="d00")
    assert (one["features"], one["calls_most"] < priced["calls_most"]) == (1, True)
    assert (server.calls, server.models_asked) == (0, 0)


def test_a_feature_that_a_person_named_is_not_among_the_unnamed(
    labeler: FeatureLabeler, study: Study
) -> None:
    study.labels.edit("d00", name="sums it up", status="named")
    assert result(labeler, "naming_plan", **UNNAMED)["features"] == 1
    assert result(labeler, "naming_plan", features="discovered", feature=None)["features"] == 2


def test_a_run_without_a_limit_is_refused(labeler: FeatureLabeler, server: FakeServer) -> None:
    for budget in (None, 0, -1.0, float("nan"), float("inf"), "1", True):
        assert error(labeler, "naming_start", {**UNNAMED, "budget": budget, "calls": None})
    assert "whole number" in error(labeler, "naming_start", {**UNNAMED, "budget": None, "calls": 0})
    assert error(labeler, "naming_start", {"features": "all", "feature": None, "budget": 1.0})
    assert server.calls == 0


def test_numbers_beyond_all_bounds_are_refused_in_a_sentence(labeler: FeatureLabeler) -> None:
    beyond = ask(labeler, "naming_start", {**UNNAMED, "budget": 10**400, "calls": None})["error"]
    assert (beyond["type"], "too large for any" in beyond["message"]) == ("StudyError", True)
    beyond = ask(labeler, "naming_start", {**UNNAMED, "budget": None, "calls": 10**400})["error"]
    assert (beyond["type"], "whole number" in beyond["message"]) == ("StudyError", True)


def test_without_a_model_it_says_how_to_give_one(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    labeler = FeatureLabeler(study)
    assert result(labeler, "naming")["available"] is False
    assert "WHIMSIGHT_MODEL" in error(labeler, "naming_plan", UNNAMED)
    monkeypatch.setenv("WHIMSIGHT_MODEL", "tiny")
    assert result(labeler, "naming")["available"] is True
    assert "OPENAI_API_KEY" in error(labeler, "naming_plan", UNNAMED)


def test_what_is_no_model_is_refused_at_once(study: Study) -> None:
    with pytest.raises(StudyError, match=r"found int\. Make one with ws\.language_model"):
        FeatureLabeler(study, model=5)  # type: ignore[arg-type]


# -- a run


def test_suggestions_come_while_requests_are_answered_and_one_is_taken(
    labeler: FeatureLabeler, model: Slow, server: FakeServer, study: Study
) -> None:
    model.judges.clear()
    assert names(labeler, "d00") == []
    assert start(labeler)["state"] == "running"
    until(lambda: names(labeler, "d00"), "a suggestion")
    going = result(labeler, "naming")
    assert (going["state"], going["features_done"], going["model"]) == ("running", 0, "tiny")
    assert going["version"] > 0
    assert 0 < going["done"] < going["total"]
    [rough, *_] = result(labeler, "suggest", feature="d00")["suggestions"]
    assert (rough["source"], rough["n"], rough["low"], rough["kept"]) == ("tiny", None, None, None)
    result(labeler, "edit", feature="d00", changes={"name": rough["name"], "status": "named"})
    model.judges.set()

    assert ended(labeler)["state"] == "done"
    assert study.labels.labels.loc["d00", "name"] == rough["name"]
    assert study.labels.labels.loc["d00", "author"] == "Ann"


def test_a_scored_suggestion_has_its_fidelity_with_interval_and_pairs(
    labeler: FeatureLabeler, study: Study
) -> None:
    start(labeler)
    done = ended(labeler)
    assert (sorted(done["kept"]), done["unkept"], done["missing"], done["failures"]) == (
        ["d00", "d01"],
        0,
        0,
        {},
    )
    assert done["cost"] > 0
    row = study.suggestions.query("feature == 'd00' and winner").iloc[0]
    best = next(s for s in result(labeler, "suggest", feature="d00")["suggestions"] if s["kept"])
    assert best["name"] == row["name"] == "sums it up"
    assert best["note"] == "Its end says the same again, in fewer words."
    assert best["winner"]
    assert (best["fit"], best["low"], best["high"], best["n"]) == pytest.approx(
        (row["fidelity"], row["fidelity_low"], row["fidelity_high"], row["n"])
    )


def test_a_winner_that_does_not_fit_is_suggested_with_its_fidelity_and_so_are_its_rivals(
    labeler: FeatureLabeler, study: Study
) -> None:
    end = int(study.polarity[study.column("d00")])
    nothing = dict.fromkeys(("fidelity", "fidelity_low", "fidelity_high", "p", "q"), np.nan)
    rival = {
        "feature": "d00",
        "name": "rival",
        "note": "",
        "source": "tiny",
        "end": end,
        "fit": -0.1,
        "n_fit": 40,
    }
    rival |= {"winner": False, "n": 0, "kept": False, "missing": 0, **nothing}
    won = {
        "name": "won",
        "winner": True,
        "fidelity": -0.08,
        "fidelity_low": -0.3,
        "fidelity_high": 0.2,
        "n": 90,
    }
    rows = pd.DataFrame([rival, rival | won])
    study.suggestions = rows[study.suggestions.columns].astype(study.suggestions.dtypes.to_dict())

    of_rival, of_winner = result(labeler, "suggest", feature="d00")["suggestions"]
    unscored = {"low": None, "high": None, "n": None, "kept": None}
    same = {"source": "tiny", "note": None}
    assert of_rival == {"name": "rival", "fit": -0.1, "winner": False, **same, **unscored}
    scored = {"low": -0.3, "high": 0.2, "n": 90, "kept": False}
    assert of_winner == {"name": "won", "fit": -0.08, "winner": True, **same, **scored}


def test_names_of_one_end_are_not_suggested_for_the_other(labeler: FeatureLabeler, study: Study) -> None:
    start(labeler, features="one", feature="d00")
    ended(labeler)
    assert "sums it up" in names(labeler, "d00")
    study.labels.edit("d00", turned=True)
    assert names(labeler, "d00") == []


def test_it_stops_and_goes_on_later_without_buying_anything_twice(
    labeler: FeatureLabeler, model: Slow, server: FakeServer
) -> None:
    model.judges.clear()
    start(labeler)
    server.until(12, in_flight=1)
    result(labeler, "naming_stop")
    model.judges.set()
    stopped = ended(labeler)
    assert (stopped["state"], stopped["missing"]) == ("stopped", 2)
    assert stopped["message"] == "Stopped."
    paid = server.calls
    assert result(labeler, "naming_plan", **UNNAMED)["cached"] > 0
    assert server.calls == paid
    start(labeler)
    done = ended(labeler)
    assert done["state"] == "done"
    asked = [json.dumps(one.payload, sort_keys=True) for one in server.requests]
    assert len(asked) == len(set(asked)) == paid + done["calls"]


def test_a_limit_is_kept_to_and_said(labeler: FeatureLabeler, server: FakeServer) -> None:
    start(labeler, budget=None, calls=15)
    stopped = ended(labeler)
    assert (server.calls, stopped["calls"]) == (15, 15)
    assert (stopped["message"], stopped["failures"]) == ("It came to its limit.", {})


def test_a_limit_that_pays_for_no_call_is_said(labeler: FeatureLabeler, server: FakeServer) -> None:
    start(labeler, budget=1e-9)
    stopped = ended(labeler)
    assert (stopped["state"], stopped["calls"], server.calls) == ("stopped", 0, 0)
    assert stopped["message"] == "The limit does not pay for one call."


def test_how_a_run_ended_is_new_until_somebody_saw_it_on_any_page(
    labeler: FeatureLabeler, model: Slow, study: Study, server: FakeServer
) -> None:
    assert result(labeler, "naming")["seen"] is True  # there is nothing to see
    other = opened(study, server)
    model.judges.clear()
    start(labeler)
    assert result(labeler, "naming", seen=True)["seen"] is False  # it has not ended
    result(other, "naming")
    model.judges.set()
    assert ended(labeler)["seen"] is False
    assert result(labeler, "naming", seen=True)["seen"] is True
    assert told(other)[-1]["seen"] is True
    start(labeler)
    assert ended(labeler)["seen"] is False
    other.close()


def test_a_labeler_made_anew_tells_how_the_last_run_ended(
    labeler: FeatureLabeler, study: Study, server: FakeServer
) -> None:
    start(labeler)
    first = ended(labeler)
    again = opened(study, server)
    told = result(again, "naming")
    assert (told["state"], told["kept"], told["calls"]) == (first["state"], first["kept"], first["calls"])
    assert told["seen"] is False  # and points at it, until somebody looks
    result(again, "naming", seen=True)
    assert result(labeler, "naming")["seen"] is True
    start(again, features="one", feature="d00")
    ended(again)
    labeler.close()
    third = opened(study, server)
    assert (first["features"], result(third, "naming")["features"]) == (2, 1)  # the later of the two
    for one in (again, third):
        one.close()


def test_names_that_too_few_pairs_can_test_are_told_with_the_price_and_not_counted_as_bad(
    server: FakeServer, tmp_path: Path
) -> None:
    small = planted_study(prompts=20)
    small.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    labeler = opened(small, server)
    try:
        assert "No name can be kept: fewer than 40 pairs" in result(labeler, "naming_plan", **UNNAMED)["note"]
        start(labeler)
        done = ended(labeler)
        assert (done["kept"], done["unkept"], done["untold"]) == ([], 0, 2)
        assert done["untold_for"] == {"few pairs": 2}
    finally:
        labeler.close()


@pytest.mark.parametrize(
    ("more", "told"), [({"unproposed": 4, "untold": 2}, [1, 4, 2, 1]), ({}, [7, 0, 0, 1])]
)
def test_features_without_a_proposal_are_told_apart_from_those_not_kept(
    study: Study, more: dict[str, int], told: list[int]
) -> None:
    naming = study.naming(ws.PracticeModel())
    so_far = naming.progress | {"features": 9, "features_done": 8, "kept": ["d00"]} | more
    at_work: Any = SimpleNamespace(study=study, progress=so_far)
    came = NamingRun(at_work, naming.plan(), budget=1.0, calls=None).told()
    assert [came[k] for k in ("unkept", "unproposed", "untold", "missing")] == told


def test_a_second_run_on_the_same_study_is_refused(
    labeler: FeatureLabeler, model: Slow, study: Study, server: FakeServer
) -> None:
    model.judges.clear()
    start(labeler)
    other = opened(study, server)
    for one in (labeler, other):
        assert "being suggested for this study already" in error(
            one, "naming_start", {**UNNAMED, "budget": 1.0, "calls": None}
        )
    assert result(other, "naming")["state"] == "running"  # it is shown there too, and can be stopped there
    result(other, "naming_stop")
    model.judges.set()
    assert ended(labeler)["state"] == "stopped"
    other.close()


def test_a_run_ends_with_the_last_labeler_that_shows_it(
    study: Study, model: Slow, server: FakeServer
) -> None:
    one, other = opened(study, server), opened(study, server)
    model.judges.clear()
    start(one)
    server.until(1)
    one.close()
    assert result(other, "naming")["state"] == "running"
    other.close()
    paid = server.calls
    model.judges.set()
    again = opened(study, server)
    ended(again)
    assert server.calls <= paid + 8  # what was on its way
    again.close()


def test_what_is_said_unasked_comes_on_the_loop_of_the_page_and_not_too_often(
    labeler: FeatureLabeler, monkeypatch: pytest.MonkeyPatch
) -> None:
    where: set[int] = set()
    send = Recorder.publish_msg

    def noted(self: Recorder, *args: Any, **more: Any) -> None:
        where.add(threading.get_ident())
        send(self, *args, **more)

    monkeypatch.setattr(Recorder, "publish_msg", noted)

    async def page() -> float:
        begun = time.monotonic()
        start(labeler)
        while not told(labeler) or told(labeler)[-1]["state"] == "running":
            assert time.monotonic() < begun + 20
            await asyncio.sleep(0.01)
        return time.monotonic() - begun

    took = asyncio.run(page())
    said = told(labeler)
    assert where == {threading.get_ident()}
    assert said[-1]["state"] == "done"
    assert len(said) <= 2 + took / 0.25
    assert [one["done"] for one in said] == sorted(one["done"] for one in said)


def test_a_page_whose_loop_has_ended_takes_nothing_down(labeler: FeatureLabeler) -> None:
    async def page() -> None:
        start(labeler)

    asyncio.run(page())
    assert ended(labeler)["state"] == "done"


# -- what goes wrong


@pytest.mark.parametrize(
    ("code", "about", "says"),
    [
        (401, {"message": f"Incorrect API key provided: {KEY}."}, "OPENAI_API_KEY"),
        (404, {"message": "The model `tiny` does not exist."}, "no model 'tiny'"),
        (429, {"message": f"No money on {KEY}.", "code": "insufficient_quota"}, "wants money"),
    ],
)
def test_what_no_repetition_mends_ends_it_in_a_sentence_without_the_key(
    study: Study, code: int, about: dict[str, str], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with FakeServer(faults=lambda n, payload: status(code, {"error": about})) as server:
        labeler = opened(study, server)
        start(labeler)
        failed = ended(labeler)
        everything = json.dumps(sent(labeler))
        labeler.close()
    assert failed["state"] == "failed"
    assert says in failed["message"]
    assert failed["message"][-1] in ".?"
    assert says in everything
    assert KEY not in everything


def test_what_failed_is_counted_and_bought_by_the_next_run(study: Study, server: FakeServer) -> None:
    server.faults = lambda n, payload: (
        status(400, {"error": {"message": "too long", "code": "context_length_exceeded"}})
        if n == 30
        else None
    )
    labeler = opened(study, server)
    start(labeler)
    first = ended(labeler)
    assert (first["state"], first["failures"]) == ("done", {"too long": 1})
    server.faults = []
    start(labeler)
    second = ended(labeler)
    assert (second["state"], second["failures"], second["calls"]) == ("done", {}, 1)
    labeler.close()


def test_a_run_that_the_endpoint_asks_to_wait_says_so_until_it_goes_on(
    labeler: FeatureLabeler, server: FakeServer
) -> None:
    server.faults = [None, rate_limited(2)]
    start(labeler)
    until(lambda: result(labeler, "naming")["waiting"], "a wait")
    assert result(labeler, "naming")["waiting"].startswith(
        "the endpoint asks to wait: rate limit, next try in"
    )
    done = ended(labeler)
    assert (done["state"], done["waiting"], done["lost"], done["failures"]) == ("done", "", 0, {})


def test_a_wait_is_not_told_of_a_run_that_is_being_stopped(
    labeler: FeatureLabeler, server: FakeServer
) -> None:
    server.faults = lambda n, payload: rate_limited(60)
    start(labeler)
    until(lambda: result(labeler, "naming")["waiting"], "a wait")
    assert result(labeler, "naming_stop")["waiting"] == ""
    stopped = ended(labeler)
    assert (stopped["state"], stopped["waiting"], stopped["calls"]) == ("stopped", "", 0)


def test_answers_that_were_lost_on_the_way_are_told_with_what_they_may_have_cost(
    labeler: FeatureLabeler, server: FakeServer
) -> None:
    server.faults = [None, resets_midway(), None, resets_midway()]
    assert (result(labeler, "naming")["lost"], result(labeler, "naming")["unsure"]) == (0, 0)
    call = result(labeler, "naming_plan", **UNNAMED)["cost_call_most"]
    start(labeler)
    done = ended(labeler)
    assert (done["state"], done["failures"], done["lost"]) == ("done", {}, 2)  # asked again, and answered
    assert 0 < done["unsure"] <= 2 * call


def test_a_dead_endpoint_is_named(study: Study) -> None:
    with FakeServer(faults=lambda n, payload: resets()) as server:
        where = f"127.0.0.1:{server.server_port}"
    labeler = opened(study, server, timeout=2.0)
    start(labeler)
    failed = ended(labeler)
    assert failed["state"] == "failed"
    assert where in failed["message"]
    labeler.close()


# -- what nobody else sees


def test_neither_key_nor_endpoint_is_in_what_is_kept_with_a_notebook(
    study: Study, server: FakeServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    monkeypatch.setenv("OPENAI_BASE_URL", server.base_url)  # or the key would not be sent there
    server.key = KEY
    labeler = opened(study, server)
    result(labeler, "naming_plan", **UNNAMED)
    start(labeler)
    assert ended(labeler)["state"] == "done"
    bundle, _ = labeler._repr_mimebundle_() or ({}, {})
    assert len(bundle["text/html"]) > 10_000
    kept = {
        "state": json.dumps(labeler.get_state(), default=str),
        "bundle": str(bundle),
        "opened": json.dumps(sent(labeler)[0]),
    }
    for what, text in kept.items():
        assert KEY not in text, what
        for host in ("127.0.0.1", "localhost"):  # a port alone may be any number of a picture or a table
            assert f"{host}:{server.server_port}" not in text, what
    assert not any("naming" in name for name in labeler.trait_names(sync=True))
    assert KEY not in json.dumps(sent(labeler))
    for path in tmp_path.rglob("*"):
        assert path.is_dir() or KEY.encode() not in path.read_bytes()
    labeler.close()


def test_a_report_knows_nothing_of_it(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHIMSIGHT_MODEL", "tiny")
    report = FeatureReport(study)
    for name in ("naming", "naming_plan", "naming_start", "naming_stop"):
        assert "There is no request" in ask(report, name, UNNAMED)["error"]["message"]
    assert "tiny" not in json.dumps(sent(report)[0]["data"]["state"]["work"])
    assert os.environ["WHIMSIGHT_MODEL"] == "tiny"


class Fleeting:
    """A listener that takes itself out when it is collected, as a widget does."""

    def __init__(self, study: Study) -> None:
        self.study, self.run = study, None

    def tell(self, *, last: bool = False) -> None: ...

    def __del__(self) -> None:
        unlisten(self)


def test_a_listener_that_is_collected_while_others_are_looked_for_holds_nobody_up(study: Study) -> None:
    class Last(Fleeting):
        """Is let go by its last holder while it is looked at."""

        @property
        def study(self) -> Study:
            held.clear()
            return study

        @study.setter
        def study(self, given: Study) -> None: ...

    held = [Last(study)]
    listen(held[0])
    found: list[Any] = []
    thread = threading.Thread(
        target=lambda: found.append([len(listeners(study)), run_of(study)]), daemon=True
    )
    thread.start()
    thread.join(10)
    assert found == [[1, None]]
    assert listeners(study) == []
