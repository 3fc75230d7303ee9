"""Annotators' ids leave no trace in what is read with ``hash_annotators``."""

from __future__ import annotations

import json
import zipfile
from io import BytesIO
from pathlib import Path

import pandas as pd
import pytest

from tests.unit.studies.making import make_study
from whimsight.errors import PairsError
from whimsight.pairs import Pairs, read

SALT = "a secret of this lab"


def votes(n: int = 24, **columns: object) -> list[dict[str, object]]:
    """Votes of three people, whose ids stand in all the places where tables keep them."""
    rows = []
    for i in range(n):
        who = ["worker-Ada", "worker-Bob", "worker-Cy"][i % 3]
        rows.append(
            {
                "prompt": f"Question {i // 3}",
                "response_a": f"Answer {i} at length",
                "response_b": f"Reply {i}",
                "label": i % 2,
                "annotator_id": who,
                "labelled_by": who,
                "user_id": f"u{i % 3}",
                "vote": f"{who}/{i}",
                "reviewer": "worker-Bob" if i % 4 else None,
                "meta": {"by": who, "tags": ["easy", who], "seconds": i},
                "turn": 1,
                **columns,
            }
        )
    return rows


def everything(pairs: Pairs) -> str:
    return pairs.frame.to_json() + str(pairs.report) + json.dumps(pairs.report.to_dict()) + repr(pairs)


def test_no_id_is_left_in_any_column_or_in_the_report() -> None:
    assert "worker-Ada" in everything(read(votes()))
    pairs = read(votes(), hash_annotators=True)
    for one in ("worker-Ada", "worker-Bob", "worker-Cy", '"u0"', '"u1"'):
        assert one not in everything(pairs)
    assert pairs.frame["turn"].tolist() == [1] * 24
    assert [meta["seconds"] for meta in pairs.frame["meta"]] == list(range(24))


def test_people_are_still_told_apart_and_their_columns_still_agree() -> None:
    plain, hashed = read(votes()).frame, read(votes(), hash_annotators=True).frame
    assert pd.factorize(hashed["annotator"])[0].tolist() == pd.factorize(plain["annotator"])[0].tolist()
    assert hashed["labelled_by"].tolist() == hashed["annotator"].tolist()
    assert [meta["by"] for meta in hashed["meta"]] == hashed["annotator"].tolist()
    assert pd.factorize(hashed["user_id"])[0].tolist() == pd.factorize(plain["user_id"])[0].tolist()
    bob = hashed["annotator"][1]
    assert hashed["reviewer"].dropna().unique().tolist() == [bob]
    assert hashed["vote"][1] == f"{bob}/1"


def test_numbers_with_gaps_are_ids_as_they_were_written() -> None:
    rows = [{**row, "annotator_id": [101, 102, None][i % 3]} for i, row in enumerate(votes())]
    gaps = pd.DataFrame(rows)
    assert pd.api.types.is_float_dtype(gaps["annotator_id"])
    assert set(read(gaps).frame["annotator"].dropna()) == {"101", "102"}
    assert read(gaps).frame["annotator"].isna().sum() == 8


def test_the_report_says_which_columns_were_hashed() -> None:
    (note,) = [n for n in read(votes(), hash_annotators=True).report.notes if "hashed" in n]
    assert "the key was not kept" in note
    for column in ("labelled_by", "user_id", "vote", "reviewer", "meta"):
        assert repr(column) in note


def test_a_key_is_drawn_for_each_reading_and_a_salt_makes_two_files_match() -> None:
    first, second = (read(votes(), hash_annotators=True).frame["annotator"] for _ in range(2))
    assert not set(first) & set(second)
    first, second = (read(votes(), hash_annotators=SALT).frame["annotator"] for _ in range(2))
    assert first.tolist() == second.tolist()
    other = read(votes(), hash_annotators="another").frame["annotator"]
    assert not set(first) & set(other)


def test_the_salt_stands_nowhere() -> None:
    pairs = read(votes(), hash_annotators=SALT)
    assert SALT not in everything(pairs)
    assert any("with the given salt" in note for note in pairs.report.notes)


def test_a_number_is_the_same_id_however_a_file_writes_it() -> None:
    made = [
        read(
            [
                {**row, "annotator_id": who}
                for row in votes(6, user_id=None, labelled_by=None, vote=None, meta=None)
            ],
            hash_annotators=SALT,
        ).frame["annotator"][0]
        for who in (7, "7", 7.0)
    ]
    assert len(set(made)) == 1


def test_short_numbers_are_not_looked_for_in_other_values() -> None:
    rows = [{**row, "annotator_id": i % 3, "user_id": None, "turn": i % 2} for i, row in enumerate(votes())]
    frame = read(rows, hash_annotators=True).frame
    assert frame["turn"].tolist() == [i % 2 for i in range(24)]
    assert frame["vote"].tolist() == [row["vote"] for row in rows]


def test_an_id_in_a_text_is_left_and_counted() -> None:
    rows = votes()
    rows[3]["response_a"] = "Signed, worker-Ada."
    pairs = read(rows, hash_annotators=True)
    assert pairs.frame["response_a"][3] == "Signed, worker-Ada."
    assert any("in the prompt or a response of 1 row," in note for note in pairs.report.notes)


def test_a_table_without_a_known_annotator_is_refused_as_nothing_would_be_hashed() -> None:
    rows = [{k: v for k, v in row.items() if k not in ("annotator_id", "user_id")} for row in votes()]
    with pytest.raises(PairsError, match=r"nothing would be hashed.*annotator=\.\.\."):
        read(rows, hash_annotators=True)
    assert "worker-Ada" not in everything(read(rows, annotator="labelled_by", hash_annotators=True))


@pytest.mark.parametrize("wrong", ["", 3, b"salt", None])
def test_what_is_no_salt_is_refused(wrong: object) -> None:
    with pytest.raises(PairsError, match="hash_annotators is True, False or a text"):
        read(votes(), hash_annotators=wrong)  # type: ignore[arg-type]


def test_a_saved_study_and_its_report_hold_no_id(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHIMSIGHT_DATA", str(tmp_path))
    study = make_study(read(votes(), hash_annotators=True))
    with zipfile.ZipFile(study.save(tmp_path / "v.whim")) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    shown = [
        pd.read_parquet(BytesIO(data)).to_json()
        for name, data in members.items()
        if name.endswith(".parquet")
    ]
    shown += [members["manifest.json"].decode(), study.report(tmp_path / "v.html").read_text()]
    assert any("Question 3" in content for content in shown)
    for one in ("worker-Ada", "worker-Bob", "worker-Cy"):
        assert not any(one in content for content in shown)
