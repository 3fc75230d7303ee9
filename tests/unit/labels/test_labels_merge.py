"""A course hands in its files: all work comes together, once, whatever the order and whoever spoils a file."""

from __future__ import annotations

import os
import random
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whimsight as ws
from whimsight.labels import LabelStore, agreement
from whimsight.labels.database import row_of
from whimsight.labels.events import COLUMNS, Event, new_event

STUDY = "f" * 64
FEATURES = [f"d{i:02d}" for i in range(6)]


def hand_in(folder: Path, who: str, *names: str, study: str = STUDY) -> Path:
    path = folder / f"{who}.labels"
    store = LabelStore(path, study=study, features=FEATURES, author=who)
    for feature, name in zip(FEATURES, names, strict=False):
        store.edit(feature, name=name)
    return path


# -- the laws -------------------------------------------------------------------------------------


WORK = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.sampled_from(["edit", "edit", "undo", "redo", "judge"]),
        st.sampled_from(["Ann", "Bob"]),
        st.sampled_from(FEATURES[:2]),
    ),
    max_size=18,
)


@settings(max_examples=50, deadline=None)
@given(work=WORK, order=st.permutations([0, 1, 2]))
def test_merging_is_the_same_in_any_order_in_steps_and_again(
    work: list[tuple[int, str, str, str]], order: list[int]
) -> None:
    stores = [LabelStore(":memory:") for _ in range(3)]
    for number, (which, action, who, feature) in enumerate(work):
        if action == "edit":
            stores[which].edit(feature, note=str(number), author=who)
        elif action == "judge":
            stores[which].judge(feature, 1, number % 3 - 1, name="x", author=who)
        else:
            getattr(stores[which], action)(who)
    together = LabelStore.merge(stores).store
    step_by_step = LabelStore(":memory:")
    for which in [*order, order[0]]:
        step_by_step.merge([stores[which]])
    assert step_by_step.history.to_dict() == together.history.to_dict()
    assert step_by_step.labels.to_dict() == together.labels.to_dict()
    pd.testing.assert_frame_equal(step_by_step.judgments, together.judgments)
    assert len(together.history) == sum(len(store.history) for store in stores)


def test_a_redo_stands_although_the_same_person_edited_on_another_machine_meanwhile() -> None:
    laptop, lab = LabelStore(":memory:", author="Ann"), LabelStore(":memory:", author="Ann")
    laptop.edit("d00", name="a")
    laptop.undo()
    lab.edit("d01", name="b")
    laptop.redo()
    assert LabelStore.merge([laptop, lab]).store.labels["name"].to_dict() == {"d00": "a", "d01": "b"}


def test_nobody_undoes_another_person_s_edit() -> None:
    ann, eve = LabelStore(":memory:", author="Ann"), LabelStore(":memory:", author="Eve")
    ann.edit("d00", name="a")
    edit = ann.events()[0]
    undo = new_event("undo", "d00", {}, author="Eve", after=edit.tick, target=edit.uuid)
    joined = new_event("edit", "d01", {"name": "x"}, author="Eve", after=undo.tick, target=edit.uuid)
    eve.take([undo, joined])
    merged = LabelStore.merge([ann, eve]).store
    assert merged.labels["name"].to_dict() == {"d00": "a", "d01": "x"}
    assert merged.undo("Ann") == "d00"
    assert merged.labels["name"].to_dict() == {"d01": "x"}


# -- a course -------------------------------------------------------------------------------------


def test_a_course_of_thirty_is_merged_in_one_line_with_who_did_what(tmp_path: Path) -> None:
    folder = tmp_path / "handed-in"
    folder.mkdir()
    for number in range(30):
        path = hand_in(folder, f"student {number:02d}", "says sorry", f"name {number % 2}")
        LabelStore(path, author=f"student {number:02d}").judge("d00", number % 4, 1, name="says sorry")
    before = {path: path.read_bytes() for path in folder.iterdir()}
    merged = ws.LabelStore.merge(folder.glob("*.labels"), into=tmp_path / "all.labels")
    assert len(merged.files) == len(merged.people) == 30
    assert merged.files["events"].tolist() == merged.files["new"].tolist() == [3] * 30
    assert merged.people.loc["student 07", ["files", "features", "named", "edits", "judgments"]].tolist() == [
        1,
        2,
        2,
        2,
        1,
    ]
    assert merged.conflicts["feature"].unique().tolist() == ["d01"]
    assert len(merged.conflicts) == 30
    assert merged.conflicts.groupby("name")["shown"].all().sum() == 1
    assert merged.store.study == STUDY
    assert LabelStore(tmp_path / "all.labels").labels.loc["d00", "name"] == "says sorry"
    assert {path: path.read_bytes() for path in folder.iterdir()} == before
    again = ws.LabelStore.merge(folder, into=tmp_path / "all.labels")
    assert again.files["new"].sum() == 0
    assert merged.agreement().loc[("status", "all"), "people"] == 30


def test_a_store_merges_others_into_itself_and_keeps_undo(tmp_path: Path) -> None:
    mine = LabelStore(tmp_path / "mine.labels", study=STUDY, features=FEATURES, author="Ann")
    mine.edit("d00", name="mine")
    mine.merge(hand_in(tmp_path, "Bob", "his"))
    assert mine.labels.loc["d00", "name"] == "his"
    assert mine.undo("Bob") == "d00"
    assert mine.labels.loc["d00", "name"] == "mine"


def test_people_who_are_all_called_the_same_are_pointed_out_and_can_be_told_apart(tmp_path: Path) -> None:
    for number in range(3):
        store = LabelStore(tmp_path / f"s{number}.labels", author="jovyan")
        store.edit("d00", name=f"name {number}")
    merged = LabelStore.merge(tmp_path)
    assert list(merged.people.index) == ["jovyan"]
    assert "3 of 3 files, 1 person, 3 new events, 0 features in conflict" in repr(merged)
    assert "3 files that share no work are signed 'jovyan'" in repr(merged)
    apart = LabelStore.merge(tmp_path, by="file")
    assert list(apart.people.index) == ["s0.labels", "s1.labels", "s2.labels"]
    assert len(apart.conflicts) == 3
    into = LabelStore(":memory:")
    with pytest.raises(ws.LabelsError, match="by must be"):
        into.merge(tmp_path, by="folder")  # type: ignore[arg-type]
    assert into.history.empty


def test_the_same_name_or_one_that_is_shown_by_all_is_no_conflict(tmp_path: Path) -> None:
    paths = [hand_in(tmp_path, "Ann", "Says sorry"), hand_in(tmp_path, "Bob", "says sorry", "only his")]
    assert LabelStore.merge(paths).conflicts.empty
    LabelStore(paths[1], author="Bob").edit("d00", turned=True)
    assert LabelStore.merge(paths).conflicts["turned"].tolist() == [False, True]


def test_names_from_strangers_are_text_in_the_notebook(tmp_path: Path) -> None:
    hand_in(tmp_path, "<img src=x onerror=alert(1)>", "<script>a</script>")
    hand_in(tmp_path, "b", "other")
    shown = LabelStore.merge(tmp_path)._repr_html_()
    assert "<script" not in shown
    assert "<img" not in shown


# -- files that must not stop the others ----------------------------------------------------------


def spoil(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def add_row(path: Path, event: Event, **changes: Any) -> None:
    connection = sqlite3.connect(path, isolation_level=None)
    row = dict(zip(COLUMNS, row_of(event), strict=True))
    row |= changes
    connection.execute(
        f"INSERT INTO events ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", tuple(row.values())
    )
    connection.close()


def test_hostile_files_are_refused_one_by_one_by_name_and_the_others_are_taken(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    good = hand_in(folder, "good", "says sorry")
    event = new_event("edit", "d01", {"note": "n"}, author="Eve", after=0)
    expected: dict[str, str] = {}

    def bad(name: str, why: str) -> Path:
        expected[f"{name}.labels"] = why
        return (
            hand_in(folder, name, "evil")
            if name not in ("link", "text", "folder", "empty")
            else folder / name
        )

    spoil(bad("trigger", "not one of labels"), "CREATE TRIGGER t AFTER INSERT ON events BEGIN SELECT 1; END")
    spoil(bad("view", "not one of labels"), "CREATE VIEW v AS SELECT * FROM events")
    spoil(bad("index", "not one of labels"), "CREATE INDEX i ON events (author)")
    spoil(bad("table", "not one of labels"), "DROP TABLE events", "CREATE VIEW events AS SELECT 1 AS uuid")
    spoil(bad("column", "not one of labels"), "ALTER TABLE events ADD COLUMN more TEXT")
    spoil(bad("newer", "newer Whimsight"), "PRAGMA user_version=7")
    spoil(
        bad("blob", "not a file of labels|cannot be used"), "UPDATE events SET payload = zeroblob(30000000)"
    )
    spoil(bad("forged", "changed after it was made"), "UPDATE events SET author = 'good'")
    add_row(bad("nested", "cannot be used"), event, payload='{"note":' + "[" * 9_000 + "]" * 9_000 + "}")
    add_row(bad("kind", "another form"), event, kind="drop")
    add_row(bad("tick", "its tick is"), event, tick=-1)
    add_row(bad("number", "not a text"), event, author=b"\xff\xfe")
    spoil(bad("wal", "journal mode"), "PRAGMA journal_mode=WAL")
    LabelStore(bad("future", "ten years from now.*to_csv")).take(
        [new_event("edit", "d01", {"note": "n"}, author="Eve", after=253_402_300_799_000)]
    )
    hand_in(folder, "other", "x", study="0" * 64)
    expected["other.labels"] = "another study"
    stranger = LabelStore(folder / "stranger.labels", study=STUDY)
    stranger.edit("x99", name="y")
    (folder / "text.labels").write_text("I did my homework\n" * 500)
    expected["text.labels"] = "not a file of labels"
    (folder / "empty.labels").touch()
    expected["empty.labels"] = "empty"
    (folder / "folder.labels").mkdir()
    expected["folder.labels"] = ""
    (folder / "link.labels").symlink_to(good)
    expected["link.labels"] = "a link"
    data = bytearray(hand_in(folder, "scribbled", *["x" * 190] * 6).read_bytes())
    data[8192:] = os.urandom(len(data) - 8192)
    (folder / "scribbled.labels").write_bytes(data)
    expected["scribbled.labels"] = ""

    target = LabelStore(":memory:", study=STUDY, features=FEATURES)
    paths = sorted(p for p in folder.iterdir() if p.name != "folder.labels")
    merged = target.merge(paths)
    expected["stranger.labels"] = "labels 'x99', which the study does not have"
    del expected["folder.labels"]
    refused = merged.files.loc[merged.files["refused"] != "", "refused"]
    assert set(refused.index) == set(expected)
    assert {name for name, why in expected.items() if not re.search(why, refused[name])} == set()
    assert set(target.history["author"]) == {"good"}
    assert not [p.name for p in folder.iterdir() if p.suffix != ".labels"]
    assert all(f"refused {name!r}" in repr(merged) for name in expected)


def test_a_file_that_is_too_large_is_refused_unread(tmp_path: Path) -> None:
    path = hand_in(tmp_path, "big", "x")
    with path.open("ab") as file:
        file.truncate(65 * 2**20)
    assert "at most 67,108,864 are read" in LabelStore.merge([path]).files["refused"].iloc[0]


def test_two_files_of_one_name_from_two_folders_are_told_apart(tmp_path: Path) -> None:
    paths = []
    for who in ("ann", "bob"):
        (tmp_path / who).mkdir()
        paths.append(shutil.move(hand_in(tmp_path, who, "x"), tmp_path / who / "mt-bench.labels"))
    random.Random(0).shuffle(paths)
    merged = LabelStore.merge(paths)
    assert sorted(merged.files.index) == ["ann/mt-bench.labels", "bob/mt-bench.labels"]


# -- what whoever merges got wrong ----------------------------------------------------------------


def refusal(sources: Any, store: LabelStore | None = None) -> str:
    """What merging says of sources that it does not take; nothing is merged."""
    into = store or LabelStore(":memory:")
    with pytest.raises(ws.LabelsError) as caught:
        into.merge(sources)
    assert into.history.empty
    return str(caught.value)


def test_a_file_that_is_not_there_stops_the_merge_and_what_is_there_is_told(tmp_path: Path) -> None:
    paths = [hand_in(tmp_path, who, "x") for who in ("anna", "ben")]
    said = refusal([*paths, tmp_path / "ana.labels", tmp_path / "carl.labels"])
    assert "ana.labels': there is no such file or folder. Did you mean 'anna.labels'?" in said
    assert "holds 'anna.labels' and 'ben.labels'." in said
    assert "Nor is there" in said
    assert "carl.labels'" in said
    assert said.endswith("Check the path; nothing was changed.")


def test_a_folder_that_is_not_there_is_no_empty_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "handed-in").mkdir()
    hand_in(tmp_path / "handed-in", "anna", "x")
    assert "Did you mean 'handed-in'? The working folder" in refusal("handed-inn")
    said = refusal("handed-inn/anna.labels")
    assert "There is no folder 'handed-inn' either. Did you mean 'handed-in'?" in said
    assert "no such file or folder" in refusal("handed-in/anna.labels/x")
    assert "A path is needed of what to merge; found" in refusal("nul \x00")


def test_a_folder_with_nothing_to_merge_is_refused_and_says_what_it_holds(tmp_path: Path) -> None:
    folder = tmp_path / "course"
    folder.mkdir()
    assert "ends in .labels or .json: it is empty. Give the folder" in refusal(folder)
    (folder / "readme.txt").write_text("x")
    (folder / "group").mkdir()
    assert "it holds 'group' and 'readme.txt'. Give the folder" in refusal(folder)
    hand_in(folder / "group", "anna", "x")
    said = refusal(folder)
    assert f"give Path({str(folder)!r}).glob('*/*.labels')." in said
    assert len(LabelStore.merge(folder.glob("*/*.labels")).people) == 1


def test_one_empty_folder_among_others_is_a_row_and_does_not_stop_them(tmp_path: Path) -> None:
    for who in ("anna", "ben"):
        (tmp_path / who).mkdir()
    hand_in(tmp_path / "anna", "anna", "x")
    merged = LabelStore.merge([tmp_path / "anna", tmp_path / "ben"])
    assert list(merged.people.index) == ["anna"]
    assert merged.files["refused"].to_dict() == {
        "anna.labels": "",
        "ben": "no file in it ends in .labels or .json: it is empty.",
    }


def test_a_pattern_that_finds_nothing_is_told(tmp_path: Path) -> None:
    assert "no store, file or folder was given" in refusal((tmp_path / "handed-inn").glob("*.labels"))
    with pytest.raises(ws.LabelsError, match="nothing to compare"):
        agreement([])
    with pytest.raises(ws.LabelsError, match=r"Cannot compare .*nix.labels': there is no such file"):
        agreement(tmp_path / "nix.labels")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (5, r"Cannot merge 5 \(int\)"),
        (None, r"Cannot merge None \(NoneType\)"),
        ([5], r"Cannot merge 5 \(int\)"),
        ("", "A path is needed of what to merge; found ''"),
        (pd.DataFrame({"name": ["x"]}), "DataFrame.*study.labels"),
        (object(), "Give files, folders, or stores, such as study.labels"),
    ],
)
def test_what_is_neither_a_store_nor_a_path_is_told(wrong: Any, said: str) -> None:
    assert re.search(said, refusal(wrong), re.DOTALL)


def test_a_person_s_own_folder_may_be_written_with_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    hand_in(tmp_path, "anna", "x")
    assert len(LabelStore.merge("~/anna.labels").people) == 1


def test_stores_of_different_studies_are_named_when_they_are_compared(tmp_path: Path) -> None:
    paths = [hand_in(tmp_path, "anna", "x"), hand_in(tmp_path, "ben", "x", study="0" * 64)]
    with pytest.raises(ws.LabelsError, match=r"compare 'anna.labels' and 'ben.labels'.*one study"):
        agreement(paths)


def test_one_of_each_is_counted_as_one(tmp_path: Path) -> None:
    path = hand_in(tmp_path, "anna", "x")
    LabelStore(path, author="anna").judge("d00", 0, 1, name="x")
    told = repr(LabelStore.merge(path))
    assert "1 of 1 file, 1 person, 2 new events, 0 features in conflict" in told
    assert "1 feature touched, 1 judgment, 2 events of 1 person" in repr(LabelStore(path))
    spoil(path, "UPDATE events SET author = 'eve' WHERE kind = 'judgment'")
    assert "1 event in it cannot be used" in LabelStore.merge(path).files["refused"].iloc[0]
