"""Calibrator: consent first, votes that are kept and taken back, the person they show."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import comm
import numpy as np
import pytest
import traitlets

import whimsight as ws
from tests.unit.personalization.mixing import several
from tests.unit.personalization.peopling import peopled_study
from tests.unit.widgets.test_widgets import BUILT, Recorder, sent, set_state
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.personalization import Personalization
from whimsight.personalization.snapshot import calibrator_snapshot
from whimsight.personalization.votes_file import gather_votes, read_sitting
from whimsight.widgets import Calibrator, PreferenceMixer, view

MODULES = {
    **BUILT,
    **{f"{name}.{kind}": f"{name} {kind}" for name in ("mixer", "calibrator") for kind in ("js", "css")},
}
TIME = "2026-03-01T10:00:00.123Z"
CLASS = {"choice": "class", "author": "Ann", "time": TIME}


@pytest.fixture(autouse=True)
def _no_kernel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comm, "create_comm", lambda **kwargs: Recorder(**kwargs))
    monkeypatch.setattr(view, "built", MODULES.__getitem__)


@pytest.fixture(scope="module")
def shared() -> Personalization:
    return peopled_study(people=12, votes=60)[0].personalize()


@pytest.fixture
def people(shared: Personalization, tmp_path: Path) -> Personalization:
    shared.study.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    shared.study.path = tmp_path / "peopled.whim"
    return shared


@pytest.fixture
def calibrator(people: Personalization) -> Calibrator:
    return Calibrator(people, ask=8, pool=30)


def cast(calibrator: Calibrator, choices: str, start: int = 0) -> list[dict[str, Any]]:
    """Votes on pairs of the pool: a, b, t (tie) or s (skip)."""
    words = {"a": "a", "b": "b", "t": "tie", "s": "skip"}
    rows = [pair["row"] for pair in calibrator.snapshot["pool"]]
    return [
        {"row": row, "choice": words[c], "shown": "ba" if i % 2 else "ab", "seconds": 2.5, "time": TIME}
        for i, (row, c) in enumerate(zip(rows[start:], choices, strict=False))
    ]


def last(widget: Any) -> dict[str, Any]:
    return [m["data"]["state"] for m in sent(widget) if m["data"].get("method") == "update"][-1]


# -- what is sent


def test_the_first_message_holds_what_the_page_needs_and_nobodys_votes(
    people: Personalization, calibrator: Calibrator
) -> None:
    state = sent(calibrator)[0]["data"]["state"]
    assert state["snapshot"] == json.loads(json.dumps(calibrator_snapshot(people, ask=8, pool=30)))
    assert (state["votes"], state["consent"]) == ([], None)
    assert state["_esm"] == "calibrator js"
    assert not [name for name in people.annotators if name in json.dumps(state)]
    assert len(sent(calibrator)) == 1
    assert repr(calibrator) == "<Calibrator 'peopled': 0 of 8 pairs judged>"


# -- consent


def test_without_consent_no_vote_is_taken_and_nothing_is_written(
    calibrator: Calibrator, tmp_path: Path
) -> None:
    with pytest.raises(traitlets.TraitError, match="without consent"):
        calibrator.votes = cast(calibrator, "ab")
    set_state(calibrator, votes=cast(calibrator, "ab"))
    assert calibrator.votes == ()
    assert calibrator.person.votes == 0
    calibrator.consent = {"choice": "private"}
    assert calibrator.file is None
    assert not (tmp_path / "peopled.votes").exists()


def test_votes_that_come_before_their_consent_wait_for_it(calibrator: Calibrator) -> None:
    set_state(calibrator, votes=cast(calibrator, "ab"))
    set_state(calibrator, consent=CLASS)
    assert [vote.choice for vote in calibrator.votes] == ["a", "b"]
    other = Calibrator(calibrator.people, pool=30)
    set_state(other, votes=cast(other, "ba"), consent=CLASS)
    assert [vote.choice for vote in other.votes] == ["b", "a"]


def test_withdrawing_takes_the_votes_back_and_deletes_the_file(calibrator: Calibrator) -> None:
    set_state(calibrator, consent=CLASS, votes=cast(calibrator, "abab"))
    kept = calibrator.file
    assert kept is not None
    set_state(calibrator, votes=[], consent=None)
    assert not kept.exists()
    assert (calibrator.votes, calibrator.consent, calibrator.file) == ((), None, None)
    calibrator.consent = {"choice": "class", "author": "Bea"}
    calibrator.votes = cast(calibrator, "a")
    assert calibrator.file not in (None, kept)
    calibrator.consent = None
    assert calibrator.votes == ()
    assert list(kept.parent.iterdir()) == []


# -- votes


def test_the_person_is_what_the_decided_votes_say(calibrator: Calibrator) -> None:
    calibrator.consent = CLASS
    calibrator.votes = cast(calibrator, "abtsb")
    rows = [vote.row for vote in calibrator.votes]
    expected = calibrator.people.new_person([rows[0], rows[1], rows[4]], [1, 0, 0])
    person = calibrator.person
    assert (person.name, person.votes) == ("Ann", 3)
    assert np.allclose(person.belief.mean, expected.belief.mean, atol=1e-12)
    assert np.allclose(person.belief.covariance, expected.belief.covariance, atol=1e-12)


def test_the_pairs_lead_to_the_same_person(calibrator: Calibrator) -> None:
    calibrator.consent = CLASS
    calibrator.votes = cast(calibrator, "abtsbaab")
    again = calibrator.people.new_person(calibrator.pairs)
    assert np.allclose(again.belief.mean, calibrator.person.belief.mean, atol=1e-12)
    assert len(calibrator.pairs) == 7
    assert "annotator" in calibrator.pairs.frame


def test_which_side_a_response_stood_on_changes_nothing(people: Personalization) -> None:
    one, other = Calibrator(people, pool=30), Calibrator(people, pool=30)
    votes = cast(one, "aabb")
    one.consent = other.consent = CLASS
    one.votes = votes
    other.votes = [{**v, "shown": "ba" if v["shown"] == "ab" else "ab"} for v in votes]
    assert np.array_equal(one.person.belief.mean, other.person.belief.mean)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"row": 10**9}, "not in the pool"),
        ({"choice": "left"}, "choices are a, b, tie, skip"),
        ({"shown": "xy"}, "'ab' or 'ba'"),
        ({"seconds": float("nan")}, "from 0 to 86,400"),
        ({"time": "yesterday"}, "ISO 8601"),
    ],
)
def test_what_is_no_vote_is_refused_and_a_page_is_told_what_is_true(
    calibrator: Calibrator, change: dict[str, Any], says: str
) -> None:
    calibrator.consent = CLASS
    calibrator.votes = good = cast(calibrator, "ab")
    wrong = [*good, {**cast(calibrator, "a", start=2)[0], **change}]
    with pytest.raises(traitlets.TraitError, match=says):
        calibrator.votes = wrong
    set_state(calibrator, votes=wrong)
    assert [v.to_dict() for v in calibrator.votes] == good
    assert last(calibrator) == {"votes": good}


@pytest.mark.parametrize("value", [None, 3, "ab", [None], [[]], {"row": 1}])
def test_votes_that_are_none_at_all_are_set_back(calibrator: Calibrator, value: Any) -> None:
    calibrator.consent = CLASS
    set_state(calibrator, votes=value)
    assert calibrator.votes == ()
    assert last(calibrator) == {"votes": []}


def test_more_votes_than_pairs_and_rows_outside_the_pool_are_refused(calibrator: Calibrator) -> None:
    calibrator.consent = CLASS
    many = cast(calibrator, "a" * 30)
    with pytest.raises(traitlets.TraitError, match="31 votes on a pool of 30"):
        calibrator.votes = [*many, many[0]]
    outside = next(r for r in range(720) if r not in {v["row"] for v in many})
    with pytest.raises(traitlets.TraitError, match=f"row '{outside}'"):
        calibrator.votes = [{**many[0], "row": outside}]


@pytest.mark.parametrize(
    "value", ["class", {"choice": "all", "author": "", "time": TIME}, {"choice": "class", "author": ""}, 3]
)
def test_a_consent_that_is_none_is_set_back(calibrator: Calibrator, value: Any) -> None:
    set_state(calibrator, consent=value)
    assert calibrator.consent is None
    assert last(calibrator) == {"consent": None}


def test_the_page_sets_votes_consent_and_what_is_selected_and_nothing_else(calibrator: Calibrator) -> None:
    before, count = dict(calibrator.snapshot), len(sent(calibrator))
    votes = cast(calibrator, "ab")
    set_state(calibrator, consent=CLASS, votes=votes, selected="d01", snapshot={}, work={}, _css="x")
    assert (calibrator.selected, len(calibrator.votes)) == ("d01", 2)
    assert calibrator.snapshot == before
    assert calibrator._css == "calibrator css"
    assert not [m for m in sent(calibrator)[count:] if m["data"].get("method") == "update"]


# -- files


def test_every_vote_is_on_disk_at_once_and_undo_rewrites_the_file(
    calibrator: Calibrator, tmp_path: Path
) -> None:
    votes = cast(calibrator, "abtb")
    set_state(calibrator, consent=CLASS)
    for n in (1, 2, 3, 4, 3, 2):
        set_state(calibrator, votes=votes[:n])
        assert calibrator.file is not None
        assert len(read_sitting(calibrator.file)) == n
    assert [path.parent for path in tmp_path.glob("**/*.csv")] == [tmp_path / "peopled.votes"]
    set_state(calibrator, votes=[])
    assert calibrator.file is None


def test_the_file_is_read_as_pairs(calibrator: Calibrator) -> None:
    calibrator.consent = CLASS
    calibrator.votes = cast(calibrator, "abtbaaab")
    back = ws.read(calibrator.file)
    assert back.preference.tolist() == calibrator.pairs.preference.tolist()
    person = calibrator.people.new_person(back)
    assert np.allclose(person.belief.mean, calibrator.person.belief.mean, atol=1e-12)


def test_consent_that_changes_changes_the_file(calibrator: Calibrator) -> None:
    calibrator.consent = CLASS
    calibrator.votes = cast(calibrator, "ab")
    folder = calibrator.file.parent  # type: ignore[union-attr]
    assert len(gather_votes(folder)) == 2
    calibrator.consent = {**CLASS, "choice": "private"}
    with pytest.raises(StudyError, match="1 private"):
        gather_votes(folder)


def test_a_second_calibrator_starts_afresh_in_a_file_of_its_own(people: Personalization) -> None:
    one, two = Calibrator(people, pool=30), Calibrator(people, pool=30)
    one.consent = two.consent = CLASS
    one.votes = cast(one, "aa")
    assert two.votes == ()
    two.votes = cast(two, "bbb")
    assert one.file != two.file
    assert len(read_sitting(one.file)) == 2  # type: ignore[arg-type]
    assert len(gather_votes(one.file.parent)) == 5  # type: ignore[union-attr]


def test_votes_that_a_page_brings_back_go_on_in_the_file_of_their_sitting(people: Personalization) -> None:
    before, other = Calibrator(people, pool=30), Calibrator(people, pool=30)
    before.consent = other.consent = CLASS
    before.votes = cast(before, "ab")
    other.votes = cast(other, "ba", 2)
    after = Calibrator(people, pool=30)  # the kernel was restarted
    set_state(after, consent=CLASS, votes=cast(after, "abta"))
    assert after.file == before.file
    assert len(gather_votes(before.file.parent)) == 6  # type: ignore[union-attr]
    set_state(after, consent=None, votes=[])
    assert before.file is None  # deleted for good, and nobody else's
    assert other.file is not None


def test_a_page_is_told_which_votes_came_and_why_they_are_in_no_file(
    people: Personalization, tmp_path: Path
) -> None:
    folder = tmp_path / "class"
    calibrator = Calibrator(people, pool=30, folder=folder)
    calibrator.consent, calibrator.votes = CLASS, cast(calibrator, "as")
    rows = [vote.row for vote in calibrator.votes]
    told = {"votes": [[rows[0], "a"], [rows[1], "skip"]], "trouble": ""}
    assert calibrator._answers.result("kept", {}) == told
    shutil.rmtree(folder)
    folder.write_text("a file")
    with pytest.warns(UserWarning, match="cannot be kept"):
        calibrator.votes = cast(calibrator, "a")
    assert "cannot be kept in 'class'" in calibrator._answers.result("kept", {})["trouble"]


def test_a_folder_may_be_given_and_one_that_cannot_be_written_costs_no_vote(
    people: Personalization, tmp_path: Path
) -> None:
    given = Calibrator(people, pool=30, folder=tmp_path / "class")
    given.consent, given.votes = CLASS, cast(given, "ab")
    assert given.file is not None
    assert given.file.parent == tmp_path / "class"
    (tmp_path / "taken").write_text("a file")
    lost = Calibrator(people, pool=30, folder=tmp_path / "taken")
    lost.consent = CLASS
    with pytest.warns(UserWarning, match="cannot be kept in 'taken'"):
        lost.votes = cast(lost, "ab")
    assert len(lost.votes) == 2


# -- with a mixer


def test_a_mixer_has_the_person_as_a_preset_from_the_first_vote_on(people: Personalization) -> None:
    mixer = PreferenceMixer(people)
    calibrator = Calibrator(people.study, pool=30, mixer=mixer)
    assert calibrator.people is people
    calibrator.consent = CLASS
    assert list(mixer.presets.index) == ["everyone"]
    for n in range(1, 5):
        calibrator.votes = cast(calibrator, "abab")[:n]
        assert mixer.preset == "person:Ann"
        assert mixer.presets.loc["person:Ann", "votes"] == n
        assert dict(mixer.weights) == pytest.approx(calibrator.person.mean.to_dict(), rel=1e-6)
    mixer.preset = "everyone"
    calibrator.votes = cast(calibrator, "ababa")
    assert mixer.preset == "everyone"
    assert mixer.presets.loc["person:Ann", "votes"] == 5
    calibrator.consent = {**CLASS, "author": "Bea"}
    assert list(mixer.presets.index) == ["everyone", "person:Bea"]
    mixer.preset = "Bea"
    calibrator.consent = None
    assert list(mixer.presets.index) == ["everyone"]
    assert [p["id"] for p in mixer.snapshot["presets"]] == ["everyone"]
    assert mixer.added == []
    assert dict(mixer.weights) == pytest.approx(people.mean.to_dict(), rel=1e-6)


def test_a_mixer_of_other_people_is_refused(people: Personalization, tmp_path: Path) -> None:
    study = several([(0, 1), (1, 2)])
    study.labels = LabelStore(tmp_path / "other.labels")
    with pytest.raises(StudyError, match="other people"):
        Calibrator(people, mixer=PreferenceMixer(study))
    with pytest.raises(StudyError, match="mixer is a PreferenceMixer"):
        Calibrator(people, mixer=people)  # type: ignore[arg-type]


# -- pages


def test_no_page_and_no_saved_notebook_holds_the_votes(
    calibrator: Calibrator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("whimsight.studies.page.built", lambda name: f"/* {name} */")
    calibrator.consent = {**CLASS, "author": "Bea Example"}
    calibrator.votes = cast(calibrator, "abab")
    page = calibrator.to_html(tmp_path / "page.html").read_text(encoding="utf-8")
    bundle = calibrator._repr_mimebundle_()
    assert bundle is not None
    found = re.search(r'id="whimsight-state">(.*?)</script>', page, re.DOTALL)
    assert found
    state = json.loads(found[1])
    assert (state["votes"], state["consent"]) == ([], None)
    for said in (page, bundle[0]["text/html"]):
        assert "Bea Example" not in said
        assert TIME not in said
    assert "Answer" in page
    assert "Answer" not in calibrator.to_html(tmp_path / "n.html", names_only=True).read_text("utf-8")


def test_where_nothing_can_be_asked_it_says_so(tmp_path: Path) -> None:
    study = several([(0, 1)], texts=["long " * 2_000, "longer " * 2_000])
    study.labels = LabelStore(tmp_path / "work.labels")
    with pytest.raises(StudyError, match="no pair short enough"):
        Calibrator(study)
