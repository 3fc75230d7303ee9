"""What a person does to a feature is kept, shown, taken back and made again."""

from __future__ import annotations

import os
import pickle
import sqlite3
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import whimsight as ws
from whimsight.labels import LabelStore
from whimsight.labels.events import new_event, uuid_of
from whimsight.labels.fold import fold

FEATURES = ["d00", "d01", "m_words"]


@pytest.fixture
def store(tmp_path: Path) -> LabelStore:
    return LabelStore(tmp_path / "tiny.labels", study="f" * 64, features=FEATURES, author="Ann")


def row(store: LabelStore, feature: str) -> dict[str, Any]:
    return store.labels.loc[feature].to_dict()


# -- edits ----------------------------------------------------------------------------------------


def test_an_edit_is_on_disk_with_author_and_time_when_it_returns(store: LabelStore) -> None:
    store.edit("d01", name="says sorry", note="see row 7\nand 9", tags=["tone", "tone", "länge"], turned=True)
    again = LabelStore(store.path or "")
    found = row(again, "d01")
    time = found.pop("time")
    assert found == {
        "name": "says sorry",
        "status": "named",
        "note": "see row 7\nand 9",
        "tags": ("tone", "länge"),
        "turned": True,
        "author": "Ann",
    }
    assert time.endswith("Z")
    assert len(time) == len("2026-01-02T03:04:05.678Z")
    assert again.study == "f" * 64


def test_looking_makes_no_file_and_neither_does_undoing_nothing(store: LabelStore) -> None:
    assert store.labels.empty
    assert store.judgments.empty
    assert store.history.empty
    assert store.version == store.version
    assert (store.undo(), store.redo(), store.can_undo(), store.can_redo()) == (None, None, False, False)
    assert list((store.path or Path()).parent.iterdir()) == []


def test_the_file_has_a_rollback_journal_and_says_whose_it_is(store: LabelStore) -> None:
    store.edit("d00", status="rejected")
    with sqlite3.connect(store.path or "") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("delete",)
        assert connection.execute("PRAGMA user_version").fetchone() == (1,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert [p.name for p in (store.path or Path()).parent.iterdir()] == ["tiny.labels"]


def test_only_fields_that_are_given_change_and_none_means_untouched(store: LabelStore) -> None:
    store.edit("d00", name="a", note="n", tags=["t"], turned=True)
    store.edit("d00", note=None)
    store.edit("d00", tags=None, turned=np.bool_(False))
    assert row(store, "d00")["name"] == "a"
    assert (row(store, "d00")["note"], row(store, "d00")["tags"], row(store, "d00")["turned"]) == (
        "",
        (),
        False,
    )


def test_a_name_makes_a_draft_named_and_a_new_name_is_no_longer_verified(store: LabelStore) -> None:
    said = []
    for changes in (
        {"name": "a"},
        {"status": "verified"},
        {"note": "n"},
        {"name": "b"},
        {"status": "rejected"},
        {"name": "c"},
        {"name": "d", "status": "verified"},
        {"name": ""},
    ):
        store.edit("d00", **changes)  # type: ignore[arg-type]
        said.append(row(store, "d00")["status"])
    assert said == ["named", "verified", "verified", "named", "rejected", "rejected", "verified", "draft"]


def test_saying_again_what_one_said_already_is_no_event_but_a_second_opinion_is(store: LabelStore) -> None:
    store.edit("d00", name="a")
    store.edit("d00", name="a")
    assert len(store.history) == 1
    store.edit("d00", name="a", author="Bob")
    assert store.history["author"].tolist() == ["Ann", "Bob"]


def test_several_people_work_in_one_store_and_the_last_word_counts_field_by_field(store: LabelStore) -> None:
    store.edit("d00", name="a", note="ann's")
    store.edit("d00", name="b", author="Bob")
    assert (row(store, "d00")["name"], row(store, "d00")["note"], row(store, "d00")["author"]) == (
        "b",
        "ann's",
        "Bob",
    )


# -- what can be stored ---------------------------------------------------------------------------


def test_names_become_one_clean_line_and_keep_what_people_write(store: LabelStore) -> None:
    for given_name, kept in {
        " two\nlines\x00 ": "two lines",
        "👩‍👩‍👧 emoji": "👩‍👩‍👧 emoji",
        "\u202eevil": "evil",
        "עברית‏ עם סימן": "עברית‏ עם סימן",
        "cafe\u0301": "café",
        "half \ud83d": "half \ufffd",
        "<script>alert(1)</script>": "<script>alert(1)</script>",
    }.items():
        store.edit("d00", name=given_name)
        assert row(store, "d00")["name"] == kept
    store.edit("d00", note="a\r\nb\tc\x07")
    assert row(store, "d00")["note"] == "a\nb\tc"


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "x" * 201}, "201 characters; at most 200"),
        ({"note": "x" * 10_001}, "10,001 characters; at most 10,000"),
        ({"name": 7}, "must be a text; found 7"),
        ({"status": "veryfied"}, "draft, named, verified, rejected; found 'veryfied'.*verified"),
        ({"tags": "tone"}, "must be a list of texts"),
        ({"tags": ["a;b"]}, "semicolon"),
        ({"tags": ["a\u037eb"]}, "semicolon"),  # the Greek question mark, which composing makes a semicolon
        ({"tags": [1]}, "must be texts; found 1"),
        ({"tags": [str(i) for i in range(51)]}, "51 tags; at most 50"),
        ({"turned": "yes"}, "True or False; found 'yes'"),
        ({}, "Nothing to change in 'd00'"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_what_was_found(
    store: LabelStore, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(ws.LabelsError, match=says):
        store.edit("d00", **changes)
    assert store.history.empty


def test_a_feature_that_the_study_does_not_have_is_refused_also_by_a_store_opened_alone(
    store: LabelStore,
) -> None:
    for action in (lambda s: s.edit("d0", name="x"), lambda s: s.judge("d0", 1, 1, name="x")):
        with pytest.raises(ws.LabelsError, match=r"No feature 'd0' in this study\. Did you mean"):
            action(store)
    store.edit("d00", name="x")
    with pytest.raises(ws.LabelsError, match="No feature 'nix'"):
        LabelStore(store.path or "").edit("nix", name="x")


def test_the_author_is_the_environment_s_or_the_user_and_can_be_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("WHIMSIGHT_AUTHOR", " Ada\nLovelace ")
    store = LabelStore(":memory:")
    assert store.author == "Ada Lovelace"
    monkeypatch.delenv("WHIMSIGHT_AUTHOR")
    for variable in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.setenv(variable, "jovyan")
    assert LabelStore(":memory:").author == "jovyan"
    store.author = "Bob"
    store.edit("x", name="y")
    assert row(store, "x")["author"] == "Bob"
    with pytest.raises(ws.LabelsError, match="An author is a name; found ''"):
        store.author = ""


# -- undo and redo --------------------------------------------------------------------------------


def test_undo_takes_back_one_s_own_last_edit_and_redo_makes_it_again(store: LabelStore) -> None:
    store.edit("d00", name="a")
    store.edit("d01", note="n")
    assert (store.undo(), store.undo(), store.undo()) == ("d01", "d00", None)
    assert store.labels.empty
    assert (store.redo(), store.can_redo()) == ("d00", True)
    store.edit("m_words", note="other")
    assert (store.can_redo(), store.redo()) == (False, None)
    assert list(store.labels.index) == ["d00", "m_words"]
    assert store.history["kind"].tolist() == ["edit", "edit", "undo", "undo", "redo", "edit"]


def test_undo_leaves_what_another_person_set_in_the_same_field_meanwhile(store: LabelStore) -> None:
    store.edit("d00", name="ann's first", author="Ann")
    store.edit("d00", name="bob's", author="Bob")
    store.edit("d00", name="ann's second", author="Ann")
    store.undo("Ann")
    assert row(store, "d00")["name"] == "bob's"
    store.undo("Ann")
    assert row(store, "d00")["name"] == "bob's"
    store.undo("Bob")
    assert store.labels.empty


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["edit", "edit", "undo", "redo"]),
        st.sampled_from(["Ann", "Bob"]),
        st.sampled_from(["d00", "d01"]),
        st.sampled_from(["note", "tags", "both"]),
    ),
    max_size=25,
)


class Simple:
    """The law, written down as plainly as possible: a list of edits, each in force or not."""

    def __init__(self) -> None:
        self.edits: list[dict[str, Any]] = []
        self.offered: dict[str, list[dict[str, Any]]] = {"Ann": [], "Bob": []}

    def edit(self, who: str, feature: str, changes: dict[str, Any]) -> None:
        self.edits.append({"who": who, "feature": feature, "changes": changes, "on": True})
        self.offered[who] = []

    def undo(self, who: str) -> str | None:
        mine = [e for e in self.edits if e["who"] == who and e["on"]]
        if not mine:
            return None
        mine[-1]["on"] = False
        self.offered[who].append(mine[-1])
        return str(mine[-1]["feature"])

    def redo(self, who: str) -> str | None:
        if not self.offered[who]:
            return None
        edit = self.offered[who].pop()
        edit["on"] = True
        return str(edit["feature"])

    def shown(self) -> dict[str, dict[str, Any]]:
        state: dict[str, dict[str, Any]] = {}
        for e in self.edits:
            if e["on"]:
                state.setdefault(e["feature"], {"note": "", "tags": ()}).update(e["changes"])
        return state


@settings(max_examples=60, deadline=None)
@given(ACTIONS)
def test_any_sequence_of_edits_undos_and_redos_follows_the_law(
    actions: list[tuple[str, str, str, str]],
) -> None:
    store, law = LabelStore(":memory:"), Simple()
    for number, (action, who, feature, what) in enumerate(actions):
        if action == "edit":
            changes: dict[str, Any] = {"note": f"n{number}"} if what != "tags" else {}
            changes |= {"tags": (f"t{number}",)} if what != "note" else {}
            store.edit(feature, **changes, author=who)
            law.edit(who, feature, changes)
        else:
            assert getattr(store, action)(who) == getattr(law, action)(who)
        assert store.can_redo(who) == bool(law.offered[who])
    labels = store.labels
    assert {
        f: {"note": labels.at[f, "note"], "tags": labels.at[f, "tags"]} for f in labels.index
    } == law.shown()


# -- judgments ------------------------------------------------------------------------------------


def test_judgments_keep_each_person_s_last_answer_to_a_question(store: LabelStore) -> None:
    store.judge("d00", 3, -1, name="a")
    store.judge("d00", 3, 1, name="a", seconds=2.5)
    store.judge("d00", np.int64(3), 0.0, name="a", author="Bob")
    found = store.judgments
    assert found[["feature", "row", "answer", "name", "author"]].to_numpy().tolist() == [
        ["d00", 3, 1.0, "a", "Ann"],
        ["d00", 3, 0.0, "a", "Bob"],
    ]
    assert found["answer"].dtype == np.float64
    assert found["seconds"].tolist()[0] == 2.5
    assert store.undo() is None
    for bad in ({"row": -1}, {"row": 1.5}, {"answer": 2}, {"answer": None}, {"seconds": -1}):
        with pytest.raises(ws.LabelsError, match=f"{next(iter(bad))} must be"):
            store.judge(**{"feature": "d00", "row": 1, "answer": 1, "name": "a", **bad})  # type: ignore[arg-type]


# -- several at once ------------------------------------------------------------------------------


def test_a_second_store_on_the_same_file_sees_every_change_at_once(store: LabelStore) -> None:
    other = LabelStore(store.path or "", author="Bob")
    seen = [other.version]
    for number in range(30):
        store.edit("d00", note=str(number))
        seen.append(other.version)
        assert row(other, "d00")["note"] == str(number)
    assert len(set(seen)) == len(seen)
    assert other.version == seen[-1]


def test_an_old_file_is_looked_at_only_from_outside(store: LabelStore) -> None:
    store.edit("d00", name="a")
    os.utime(store.path or "", (1e9, 1e9))
    version = store.version
    away = (store.path or Path()).rename(f"{store.path}.away")
    assert store.labels.empty
    away.rename(store.path or "")
    assert row(store, "d00")["name"] == "a"
    assert store.version != version


def test_threads_share_a_store(store: LabelStore) -> None:
    def work(who: str) -> None:
        for number in range(20):
            store.edit("d00", note=f"{who} {number}", author=who)

    threads = [threading.Thread(target=work, args=(f"w{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.history.groupby("author").size().to_dict() == {f"w{i}": 20 for i in range(4)}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_writes_too_even_while_a_thread_of_its_parent_held_the_lock(
    store: LabelStore,
) -> None:
    store.edit("d00", name="parent")
    with store._ledger._locked():
        child = os.fork()
        if child == 0:  # pragma: no cover - the child is another process
            store.edit("d01", name="child")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert row(store, "d01")["name"] == "child"


def test_events_come_in_order_and_fit_their_ids_even_when_the_clock_runs_backwards(
    store: LabelStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    from whimsight.labels import events

    for note, clock in (("a", 5_000), ("b", 4_000), ("c", 4_000)):
        monkeypatch.setattr(events, "now_ms", lambda clock=clock: clock)
        store.edit("d00", note=note)
    assert store.history["tick"].tolist() == [5_000, 5_001, 5_002]
    assert row(store, "d00")["note"] == "c"
    assert row(store, "d00")["time"] == "1970-01-01T00:00:04.000Z"
    assert all(uuid_of(e.uuid[:16], e) == e.uuid for e in store.events())


def test_work_after_an_event_of_any_date_is_read_again(store: LabelStore) -> None:
    year_10000 = 253_402_300_800_000
    store.take([new_event("edit", "d00", {"name": "early"}, author="Eve", after=year_10000 - 2)])
    store.edit("d01", name="mine")
    assert LabelStore(store.path).labels["name"].to_dict() == {"d00": "early", "d01": "mine"}


def test_a_history_of_many_undos_is_folded_quickly() -> None:
    edits = [new_event("edit", "d00", {"note": str(i)}, author="Ann", after=i) for i in range(20_000)]
    back = [new_event("undo", "d00", {}, author="Ann", after=0, target=edit.uuid) for edit in reversed(edits)]
    begin = time.process_time()
    state = fold([*edits, *back])
    assert time.process_time() - begin < 1  # a search for each step took many times as long
    assert state.labels == {}
    assert list(state.undone["Ann"]) == [edit.uuid for edit in reversed(edits)]


def test_a_store_can_be_pickled(store: LabelStore) -> None:
    store.edit("d00", name="a")
    again = pickle.loads(pickle.dumps(store))
    again.edit("d01", name="b")
    assert (again.author, list(store.labels.index)) == ("Ann", ["d00", "d01"])
    memory = LabelStore(":memory:")
    memory.edit("x", name="kept")
    assert row(pickle.loads(pickle.dumps(memory)), "x")["name"] == "kept"


# -- files that are not as they should be ---------------------------------------------------------


def test_a_file_deleted_meanwhile_is_begun_anew(store: LabelStore) -> None:
    store.edit("d00", name="a")
    before = store.version
    (store.path or Path()).unlink()
    assert store.labels.empty
    assert store.version != before
    store.edit("d01", name="b")
    assert list(LabelStore(store.path or "").labels.index) == ["d01"]


def test_the_store_of_another_study_is_refused_and_untouched(store: LabelStore) -> None:
    store.edit("d00", name="a")
    data = (store.path or Path()).read_bytes()
    with pytest.raises(ws.LabelsError, match=r"'tiny.labels' holds the labels of another study"):
        LabelStore(store.path or "", study="0" * 64)
    assert (store.path or Path()).read_bytes() == data


@pytest.mark.parametrize("damage", ["text", "cut", "scribbled"])
def test_a_damaged_file_is_named_kept_and_can_be_moved_away(store: LabelStore, damage: str) -> None:
    path = store.path or Path()
    for number in range(200):
        store.edit("d00", note=f"{number} " + "x" * 200)
    data = path.read_bytes()
    broken = {
        "text": b"feature,name\nd00,a\n" * 100,
        "cut": data[: len(data) // 2],
        "scribbled": data[:4096] + b"\xff" * (len(data) - 4096),
    }[damage]
    path.write_bytes(broken)
    with pytest.raises(ws.LabelsError, match=r"'tiny\.labels'.*(move it away|not one of labels)"):
        LabelStore(path, author="Ann").edit("d00", name="b")
    assert path.read_bytes() == broken
    path.rename(path.with_suffix(".broken"))
    LabelStore(path, author="Ann").edit("d00", name="b")


def test_a_newer_layout_and_other_databases_are_refused_untouched(store: LabelStore, tmp_path: Path) -> None:
    store.edit("d00", name="a")
    with sqlite3.connect(store.path or "") as connection:
        connection.execute("PRAGMA user_version=2")
    connection.close()
    with pytest.raises(ws.LabelsError, match=r"newer Whimsight \(layout 2; this one knows 1\)"):
        LabelStore(store.path or "")
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE mine (x)")
    connection.close()
    data = other.read_bytes()
    for use in (lambda: LabelStore(other), lambda: LabelStore(other, _check=False).edit("d00", name="b")):
        with pytest.raises(ws.LabelsError, match="not one of labels"):
            use()
    assert other.read_bytes() == data


def test_events_that_were_changed_by_hand_are_left_out_with_a_warning(store: LabelStore) -> None:
    store.edit("d00", name="honest")
    store.edit("d01", name="changed")
    connection = sqlite3.connect(store.path or "", isolation_level=None)
    connection.execute("UPDATE events SET payload = replace(payload, 'changed', 'forged')")
    connection.close()
    with pytest.warns(UserWarning, match="'tiny.labels': 1 event that .* changed after it was made"):
        again = LabelStore(store.path or "")
    assert list(again.labels.index) == ["d00"]


def test_what_a_store_cannot_be_made_of_is_told_with_what_to_do(tmp_path: Path) -> None:
    for wrong in (5, None, "", "a\0b"):
        with pytest.raises(ws.LabelsError, match=r"A path is needed of labels, such as 'my.labels'; found"):
            LabelStore(wrong)  # type: ignore[arg-type]
    with pytest.raises(ws.LabelsError, match=r"it is a folder. Name a file in it, such as '.*my.labels'"):
        LabelStore(tmp_path)
    with pytest.raises(
        ws.LabelsError, match=r"features must be a list of ids such as \['d07'\]; found 'd00'"
    ):
        LabelStore(":memory:", features="d00")


def test_changes_of_another_form_are_told_and_nothing_is_written() -> None:
    store = LabelStore(":memory:", author="Ann")
    with pytest.raises(ws.LabelsError, match=r"The changes must be a dictionary such as .*; found \['d00'\]"):
        store.edit_many(["d00"])  # type: ignore[arg-type]
    with pytest.raises(
        ws.LabelsError, match=r"The changes of 'd01' must be a dictionary such as .*found 'x'"
    ):
        store.edit_many({"d00": {"name": "y"}, "d01": "x"})  # type: ignore[dict-item]
    with pytest.raises(ws.LabelsError, match="name must be the name of 'd00' that was judged; found ' '"):
        store.judge("d00", 0, 1, name=" ")
    assert store.history.empty
