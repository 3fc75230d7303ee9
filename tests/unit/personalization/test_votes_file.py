"""Votes on disk: exactly as cast, harmless in a spreadsheet, private ones left alone."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np
import pytest

import whimsight as ws
from tests.unit.personalization.mixing import HOSTILE, several
from whimsight.errors import StudyError
from whimsight.personalization.sitting import clean_name, read_consent, read_votes, voted_pairs
from whimsight.personalization.votes_file import (
    COLUMNS,
    gather_votes,
    new_sitting,
    read_sitting,
    votes_folder,
    write_sitting,
)

TIME = "2026-03-01T10:00:00.123Z"


@pytest.fixture(scope="module")
def study():
    return several([(0, 1), (1, 2)])


@pytest.fixture(scope="module")
def hostile():
    return several([(0, 1), (1, 2)], texts=["- a list", "@all: read this", "'quoted', \"twice\"\r\nand more"])


def cast(study, rows, choice="abts", *, consent="class", author="Ann"):
    words = {"a": "a", "b": "b", "t": "tie", "s": "skip"}
    votes = [
        {"row": r, "choice": words[choice[i % len(choice)]], "shown": "ba", "seconds": 2.5 + i, "time": TIME}
        for i, r in enumerate(rows)
    ]
    agreed = read_consent({"choice": consent, "author": author, "time": TIME})
    return voted_pairs(study, read_votes(votes, range(len(study.pairs))), agreed)


# -- votes as pairs


def test_votes_are_pairs_as_they_stand_in_the_study_and_skipped_ones_are_none(study):
    pairs = cast(study, [3, 7, 12, 20])
    frame, ours = pairs.frame, study.pairs.frame
    assert frame["preference"].tolist() == [1.0, 0.0, 0.5]
    assert frame["response_a"].tolist() == ours["response_a"].iloc[[3, 7, 12]].tolist()
    assert frame["id"].tolist() == ["several:3", "several:7", "several:12"]
    assert set(frame["shown"]) == {"ba"}
    assert set(frame["annotator"]) == {"Ann"}
    assert pairs.report.dropped == {"skipped pair": 1}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"row": 999}, "row '999', which is not in the pool"),
        ({"row": -1}, "not in the pool"),
        ({"row": True}, "not in the pool"),
        ({"row": [1]}, "not in the pool"),
        ({"row": float("nan")}, "not in the pool"),
        ({"choice": "A"}, "choices are a, b, tie, skip"),
        ({"choice": ["a"]}, "choices are"),
        ({"choice": None}, "choices are"),
        ({"shown": "aa"}, "'ab' or 'ba'"),
        ({"seconds": -1}, "from 0 to 86,400"),
        ({"seconds": float("inf")}, "from 0 to 86,400"),
        ({"seconds": "2"}, "from 0 to 86,400"),
        ({"time": "now"}, "ISO 8601"),
        ({"time": 3}, "ISO 8601"),
        ({"time": "2026-03-01" * 50}, "ISO 8601"),
    ],
)
def test_what_is_no_vote_is_refused_with_what_is_wrong(change, says):
    vote = {"row": 3, "choice": "a", "shown": "ab", "seconds": 1, "time": TIME} | change
    with pytest.raises(StudyError, match=says):
        read_votes([vote], range(10))


def test_lists_that_are_none_votes_twice_and_too_many_are_refused():
    vote = {"row": 3, "choice": "a", "shown": "ab", "seconds": 1, "time": TIME}
    for value, says in (
        ("abc", "a list"),
        ({"row": 3}, "a list"),
        (["a"], "not a vote"),
        ([vote, vote], "Row 3 is judged twice"),
        ([vote] * 11, "11 votes on a pool of 10"),
    ):
        with pytest.raises(StudyError, match=says):
            read_votes(value, range(10))


@pytest.mark.parametrize(
    "value", ["class", {"choice": "all"}, {"choice": "class", "author": 3, "time": TIME}]
)
def test_what_is_no_consent_is_refused(value):
    with pytest.raises(StudyError, match="consent"):
        read_consent(value)


def test_a_name_is_one_line_of_what_can_be_seen():
    assert clean_name("  Ann\x00\n\u202e B. \ud800 ") == "Ann B."
    assert len(clean_name("é" * 500)) == 60


# -- files


def test_a_file_comes_back_exactly(hostile, tmp_path):
    pairs = cast(hostile, range(8, 30), author='=HYPERLINK("http://x")')
    path = new_sitting(tmp_path / "deep" / "several.votes")
    write_sitting(path, pairs)
    back = read_sitting(path)
    assert list(back.columns) == list(COLUMNS)
    for column in COLUMNS:
        assert back[column].tolist() == pairs.frame[column].tolist(), column


def test_whimsight_reads_the_file(study, tmp_path):
    pairs = cast(study, range(30))
    write_sitting(tmp_path / "sitting.csv", pairs)
    back = ws.read(tmp_path / "sitting.csv")
    assert back.preference.tolist() == pairs.preference.tolist()
    for column in ("prompt", "response_a", "response_b", "annotator"):
        assert back.frame[column].tolist() == pairs.frame[column].tolist()
    people = study.personalize()
    mine, theirs = people.new_person(pairs), people.new_person(back)
    assert np.allclose(mine.belief.mean, theirs.belief.mean)


def test_no_cell_is_run_by_a_spreadsheet_and_halves_of_characters_are_no_trouble(tmp_path):
    study = several([(0, 1), (1, 2)], texts=[*HOSTILE, "+1", "=2+5", "\t-3"])
    path = tmp_path / "sitting.csv"
    write_sitting(path, cast(study, range(40), author="@SUM(A1)"))
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    assert len(rows) > 20
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")]
    assert any(row[4] == "'@SUM(A1)" for row in rows)


def test_a_private_sitting_may_be_read_by_its_owner_alone_and_without_votes_there_is_no_file(study, tmp_path):
    path = tmp_path / "sitting.csv"
    write_sitting(path, cast(study, [1, 2], consent="private"))
    assert path.stat().st_mode & 0o077 == 0
    write_sitting(path, cast(study, []))
    assert not path.exists()
    write_sitting(path, cast(study, []))


def test_files_of_two_sittings_never_meet_and_tell_nothing_of_the_person(tmp_path):
    paths = {new_sitting(tmp_path) for _ in range(50)}
    assert len(paths) == 50
    assert all(path.name.startswith("sitting-") for path in paths)


def test_votes_lie_beside_the_study_or_in_the_data_folder(study, tmp_path, monkeypatch):
    monkeypatch.setenv("WHIMSIGHT_DATA", str(tmp_path / "data"))
    folder = votes_folder(study)
    assert folder.parent == tmp_path / "data" / "votes"
    assert folder.name.startswith("several-")
    saved = several([(0, 1)])
    saved.path = tmp_path / "mt-bench.whim"
    assert votes_folder(saved) == tmp_path / "mt-bench.votes"
    saved.path = tmp_path / "gone" / "mt-bench.whim"
    assert votes_folder(saved).parent == tmp_path / "data" / "votes"


def test_a_folder_that_cannot_be_written_is_said_without_its_path(study, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StudyError, match=r"cannot be kept in 'file'.*folder=") as caught:
        write_sitting(tmp_path / "file" / "sitting.csv", cast(study, [1]))
    assert str(tmp_path) not in str(caught.value)


# -- a class


def test_a_class_is_gathered_without_those_who_keep_their_votes(study, hostile, tmp_path):
    folder = tmp_path / "several.votes"
    write_sitting(folder / "sitting-a.csv", cast(study, range(8)))
    write_sitting(folder / "sitting-b.csv", cast(hostile, range(8), author=""))
    write_sitting(folder / "sitting-c.csv", cast(study, range(8, 16), author=""))
    write_sitting(folder / "sitting-d.csv", cast(study, range(4), consent="private", author="Bea"))
    (folder / "notes.csv").write_text("a,b\n1,2\n")
    (folder / "broken.csv").write_bytes(b"\xff\xfe\x00")
    votes = gather_votes(folder, into=tmp_path / "all.csv")
    assert len(votes) == 18
    assert set(votes.frame["annotator"]) == {"Ann", "sitting-b", "sitting-c"}
    assert votes.frame["id"].is_unique
    assert "Bea" not in (tmp_path / "all.csv").read_text(encoding="utf-8-sig")
    assert votes.report.dropped == {"private vote": 3}
    assert "3 sittings for use in class; left out: 1 private sitting, 2 other files" in str(votes.report)
    assert (
        votes.frame["response_a"]
        .isin([*hostile.pairs.frame["response_a"], *study.pairs.frame["response_a"]])
        .all()
    )
    assert len(ws.read(tmp_path / "all.csv")) == 18


def test_where_nobody_consented_nothing_is_gathered(study, tmp_path):
    write_sitting(tmp_path / "sitting-d.csv", cast(study, range(4), consent="private"))
    with pytest.raises(StudyError, match=r"may be used in class \(1 private, 0 files without votes\)"):
        gather_votes(tmp_path)
    (tmp_path / "notes.csv").write_text("a\n1\n")
    with pytest.raises(StudyError, match=r"may be used in class \(1 private, 1 file without votes\)"):
        gather_votes(tmp_path)
    with pytest.raises(StudyError, match="no folder 'gone'"):
        gather_votes(Path(tmp_path) / "gone")


def test_a_file_that_was_changed_by_hand_is_not_taken_for_votes(study, tmp_path):
    path = tmp_path / "sitting.csv"
    write_sitting(path, cast(study, [1, 2]))
    text = path.read_text(encoding="utf-8-sig")
    for wrong in (
        text.replace('"class"', '"everybody"'),
        text.replace('"preference"', '"pref"'),
        text + '"x"\r\n',
    ):
        path.write_text(wrong, encoding="utf-8-sig")
        with pytest.raises(StudyError, match=r"sitting\.csv"):
            read_sitting(path)
