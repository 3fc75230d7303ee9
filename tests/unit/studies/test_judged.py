"""What language models said of a study: kept in its file, shown beside people's answers, checked when it is read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyFileError
from whimsight.labels import LabelStore
from whimsight.names.fidelity import fidelity
from whimsight.studies import Study
from whimsight.studies.judged import (
    JUDGMENT_COLUMNS,
    SUGGESTION_COLUMNS,
    merged,
    no_judgments,
    no_suggestions,
)
from whimsight.studies.verification import BlindTest

NAME = "says sorry first"


def suggestion(**given: Any) -> dict[str, Any]:
    row = dict.fromkeys(SUGGESTION_COLUMNS, np.nan) | {
        "feature": "d00",
        "name": NAME,
        "note": "It apologises.",
        "source": "tiny",
        "end": 1,
        "fit": 0.5,
        "n_fit": 40,
        "winner": True,
        "fidelity": 0.6,
        "fidelity_low": 0.4,
        "fidelity_high": 0.75,
        "p": 1e-6,
        "q": 1e-5,
        "n": 60,
        "kept": True,
        "missing": 0,
    }
    return row | given


def judged(study: Study, wrong: int = 0) -> list[dict[str, Any]]:
    """Answers of a model by the code of held-out pairs, the first ``wrong`` turned round."""
    reading = BlindTest(study).reading
    code = reading.code("d00", reading.held_out)
    rows = reading.held_out[code != 0]
    answers = np.sign(code[code != 0]).astype(float)
    answers[:wrong] *= -1
    return [
        {"feature": "d00", "name": NAME, "row": int(r), "judge": "tiny", "part": "score", "answer": a,
         "swapped": np.nan, "a_first": True}
        for r, a in zip(rows, answers, strict=True)
    ]  # fmt: skip


@pytest.fixture
def study() -> Study:
    made = make_study(make_pairs(400))
    made.labels = LabelStore(":memory:", author="Ann")
    made.suggestions = merged(no_suggestions(), [suggestion()], ("feature", "name", "source"))
    made.judgments = merged(no_judgments(), judged(made), ("feature", "row"))
    return made


class TestTheFile:
    def test_gives_back_what_was_said(self, study: Study, tmp_path: Path) -> None:
        opened = Study.open(study.save(tmp_path / "tiny.whim"))
        pd.testing.assert_frame_equal(opened.suggestions, study.suggestions)
        pd.testing.assert_frame_equal(opened.judgments, study.judgments)

    def test_is_byte_for_byte_the_same_where_nobody_was_asked(self, tmp_path: Path) -> None:
        study = make_study()
        before = study.save(tmp_path / "a.whim").read_bytes()
        study.suggestions, study.judgments = no_suggestions(), no_judgments()
        assert study.save(tmp_path / "b.whim").read_bytes() == before

    @pytest.mark.parametrize(
        ("table", "change", "said"),
        [
            ("judgments", {"row": 400}, "pairs that are not there"),
            ("judgments", {"row": -1}, "pairs that are not there"),
            ("judgments", {"answer": 0.5}, "none of 1, -1 and 0"),
            ("judgments", {"answer": np.nan}, "none of 1, -1 and 0"),
            ("judgments", {"swapped": 7.0}, "none of 1, -1 and 0"),
            ("judgments", {"feature": "d99"}, "features that are not there"),
            ("suggestions", {"feature": "d99"}, "features that are not there"),
            ("suggestions", {"end": 0}, "end that is neither"),
            ("suggestions", {"fidelity": 7.0}, "numbers outside"),
            ("suggestions", {"p": -0.1}, "numbers outside"),
            ("suggestions", {"n": -5}, "numbers outside"),
            ("suggestions", {"name": "two\nlines"}, "no clean line"),
            ("suggestions", {"name": "x" * 100_000}, "no clean line"),
            ("judgments", {"judge": "a\u202eb"}, "no clean line"),
        ],
    )
    def test_with_what_no_run_writes_is_refused(
        self, study: Study, tmp_path: Path, table: str, change: dict[str, Any], said: str
    ) -> None:
        changed = getattr(study, table).copy()
        for column, value in change.items():
            changed.loc[0, column] = value
        setattr(study, table, changed)
        with pytest.raises(StudyFileError, match=said):
            Study.open(study.save(tmp_path / "odd.whim"))

    def test_with_two_winners_for_a_feature_is_refused(self, study: Study, tmp_path: Path) -> None:
        study.suggestions = merged(study.suggestions, [suggestion(name="grovels")], ("feature", "name"))
        with pytest.raises(StudyFileError, match="two winners"):
            Study.open(study.save(tmp_path / "odd.whim"))

    def test_with_other_columns_is_refused(self, study: Study, tmp_path: Path) -> None:
        study.judgments = study.judgments.assign(more=1)
        with pytest.raises(StudyFileError, match="judgments have the columns"):
            Study.open(study.save(tmp_path / "odd.whim"))
        assert "more" not in JUDGMENT_COLUMNS


class TestTheFeatures:
    def test_show_a_models_fidelity_for_a_name_that_it_judged(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME)
        row = study.features.loc["d00"]
        assert [row["fidelity"], row["fidelity_low"], row["fidelity_high"]] == [0.6, 0.4, 0.75]
        assert row["judge"] == "tiny"

    def test_show_none_for_another_name(self, study: Study) -> None:
        study.labels.edit("d00", name="grovels")
        assert np.isnan(study.features["fidelity"]["d00"])

    def test_turn_it_round_with_the_feature(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME, turned=True)
        row = study.features.loc["d00"]
        assert [row["fidelity"], row["fidelity_low"], row["fidelity_high"]] == [-0.6, -0.75, -0.4]

    def test_prefer_what_people_found(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME)
        test = BlindTest(study)
        rows = test.reading.held_out[test.reading.code("d00", test.reading.held_out) != 0][:20]
        for row in rows.tolist():
            study.labels.judge("d00", row, float(np.sign(study.code("d00")[row])), name=NAME)
        assert study.features["judge"]["d00"] == "person"


class TestJudgesSideBySide:
    def test_the_model_stands_between_people_and_formula(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME)
        study.labels.judge("d00", int(study.judgments["row"][0]), 1, name=NAME)
        table = study.verification("d00")
        assert table.index[:2].tolist() == ["person", "tiny"]
        assert table.loc["tiny"].tolist() == [0.6, 0.4, 0.75, 60]

    def test_a_person_is_asked_first_about_pairs_that_the_model_judged(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME)
        study.judgments = study.judgments.iloc[:12].reset_index(drop=True)
        test = BlindTest(study)
        for seed in range(12):
            asked = test.question("d00", seed)
            assert asked is not None
            test.answer("d00", asked["token"], "first")
        assert set(study.labels.judgments["row"]) == set(study.judgments["row"])

    def test_answers_in_both_orders_count_where_they_agree(self, study: Study) -> None:
        study.labels.edit("d00", name=NAME)
        study.judgments.loc[0, "swapped"] = study.judgments.loc[0, "answer"]
        study.judgments.loc[1, "swapped"] = -study.judgments.loc[1, "answer"]
        said = BlindTest(study).answers("d00")["tiny"]
        assert said[study.judgments["row"][0]] == study.judgments["answer"][0]
        assert said[study.judgments["row"][1]] == 0

    def test_alpha_is_krippendorffs_between_person_and_model(self, study: Study) -> None:
        import krippendorff

        study.labels.edit("d00", name=NAME)
        model = study.judgments["answer"].to_numpy()[:20]
        person = model.copy()
        person[:6] *= -1
        for row, answer in zip(study.judgments["row"][:20], person, strict=True):
            study.labels.judge("d00", int(row), float(answer), name=NAME)
        expected = krippendorff.alpha(
            reliability_data=np.vstack([person, model]), level_of_measurement="ordinal"
        )
        assert study.verification("d00").attrs["alpha"] == pytest.approx(expected)


class TestPeopleWhoAreCalledLikeAnotherJudge:
    @pytest.fixture
    def study(self, study: Study) -> Study:
        study.labels.edit("d00", name=NAME)
        for author in ("tiny", "formula", "Ben"):
            for row, answer in zip(study.judgments["row"], study.judgments["answer"], strict=True):
                study.labels.judge("d00", int(row), -float(answer), name=NAME, author=author)
        return study

    def test_keep_their_answers_beside_it(self, study: Study) -> None:
        said = BlindTest(study).answers("d00")
        assert sorted(said.columns) == ["Ben", "formula (person)", "tiny", "tiny (person)"]
        model = study.judgments.set_index("row")["answer"].sort_index()
        assert said["tiny"].tolist() == model.tolist()
        for person in ("Ben", "formula (person)", "tiny (person)"):
            assert said[person].tolist() == (-model).tolist()

    def test_stand_in_rows_of_their_own(self, study: Study) -> None:
        table = study.verification("d00")
        assert table.index.is_unique
        judged = len(study.judgments)
        expected = {"Ben": judged, "formula (person)": judged, "tiny (person)": judged, "tiny": 60}
        assert table["n"][list(expected)].to_dict() == expected

    def test_count_as_people_where_a_model_is_corrected(self, study: Study) -> None:
        corrected = study.judged_effect("d00", "fidelity")
        assert corrected["n"].to_dict()["model"] == len(study.judgments)
        assert corrected["value"]["model"] == pytest.approx(-corrected["value"]["people"])
        assert set(study.agreement("d00")["agreement"].round(6)) == {0.0, 1.0}

    def test_may_be_called_like_a_person_who_has_given_way(self, study: Study) -> None:
        study.labels.judge("d00", int(study.judgments["row"][0]), 1, name=NAME, author="tiny (person)")
        assert len(BlindTest(study).answers("d00").columns) == 5


def test_what_a_model_says_of_another_name_does_not_count(study: Study) -> None:
    study.labels.edit("d00", name="grovels")
    assert "tiny" not in study.verification("d00").index
    assert BlindTest(study).answers("d00").empty


def test_the_fidelity_that_models_get_is_that_of_their_answers(study: Study) -> None:
    code = study.code("d00")[study.judgments["row"].to_numpy()]
    assert fidelity(code, study.judgments["answer"].to_numpy()).r > 0.7
