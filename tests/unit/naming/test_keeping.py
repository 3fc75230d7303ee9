"""What a run keeps in a study can be saved and opened again."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.naming.apologies import planted_study
from whimsight.errors import StudyError
from whimsight.names import Candidate
from whimsight.naming import Naming, PracticeModel
from whimsight.naming.course import Course, source_of
from whimsight.naming.landing import land
from whimsight.studies import Study

NOTE = "says sorry,\n  or regrets\tsomething\n"


def test_a_note_of_several_lines_is_kept_as_one_and_the_study_opens(tmp_path: Path) -> None:
    study = planted_study()
    study.labels.edit("d00", name="apologies", note=NOTE)
    naming = Naming(study, PracticeModel(), features=["d00"], propose=False, cache=tmp_path)
    asked = naming.show()
    found = naming.run()
    opened = Study.open(study.save(tmp_path / "planted.whim"))
    assert found["note"]["d00"] == opened.suggestions["note"][0] == "says sorry, or regrets something"
    assert opened.suggestions["fidelity"][0] == found["fidelity"]["d00"]
    assert study.labels.labels["note"]["d00"] == NOTE, "a person's note stays as it was written"
    assert "says sorry,\n  or regrets" in asked, "as it was asked, and paid for, before"


def test_a_file_that_was_saved_with_such_a_note_opens(tmp_path: Path) -> None:
    study = planted_study()
    Naming(study, PracticeModel(), features=["d00"], cache=tmp_path).run()
    table = study.suggestions.copy()
    table.loc[0, "note"], table["source"] = NOTE, "m" * 249 + " "
    study.suggestions = table
    study.judgments = study.judgments.assign(judge=table["source"][0])
    opened = Study.open(study.save(tmp_path / "planted.whim"))
    assert opened.suggestions["note"][0] == "says sorry, or regrets something"
    assert opened.suggestions["note"][1:].tolist() == table["note"][1:].tolist()
    assert set(opened.suggestions["source"]) == set(opened.judgments["judge"]) == {"m" * 249}


def test_what_no_file_could_hold_is_refused_and_changes_nothing() -> None:
    study = planted_study()
    naming = Naming(study, PracticeModel(), features=["d00"])
    judge = naming._judge(naming._nobody())
    course = Course("d00", naming._deal, None, judge, tests=1, known=[Candidate("two\nlines", "concept", ())])
    with pytest.raises(StudyError, match="cannot be kept in a study's file: its suggestions"):
        land(study, [course])
    assert study.suggestions.empty
    assert study.judgments.empty


@pytest.mark.parametrize(
    ("name", "called"),
    [
        ("x" * 249 + " y", "x" * 249),
        ("  two\nlines ", "two lines"),
        ("formula", "formula (model)"),
        ("\n", "model"),
    ],
)
def test_a_model_is_called_by_one_line_that_does_not_end_in_a_space(name: str, called: str) -> None:
    assert source_of(name) == called
