"""Blind tests by a person."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.unit.studies.making import make_pairs, make_study
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.names.fidelity import fidelity
from whimsight.studies import Study
from whimsight.studies.reading import reading_split
from whimsight.studies.snapshot import labels_dict
from whimsight.studies.verification import PERSON, BlindTest


@pytest.fixture
def study(tmp_path: Path) -> Study:
    made = make_study(make_pairs(400))
    made.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    return made


def answered(study: Study, author: str, n: int, wrong: int = 0, feature: str = "d00") -> BlindTest:
    """Answer n questions by the code, the last ``wrong`` of them the other way round."""
    test = BlindTest(study, author=author)
    first_of = {text: row for row, text in enumerate(study.pairs.frame["response_a"])}
    for i in range(n):
        asked = test.question(feature, seed=i)
        assert asked is not None
        first = asked["first"]["text"]
        row = first_of[first] if first in first_of else first_of[asked["second"]["text"]]
        a_has_more = study.code(feature)[row] > 0
        right = "first" if a_has_more == (first in first_of) else "second"
        other = "second" if right == "first" else "first"
        test.answer(feature, asked["token"], other if i >= n - wrong else right)
    return test


def person(said: dict[str, Any], judge: str = PERSON) -> dict[str, Any]:
    return next(j for j in said["judges"] if j["judge"] == judge)


def test_questions_show_held_out_pairs_in_which_the_feature_is_active_each_once(study: Study) -> None:
    answered(study, "Ann", 25)
    rows = study.labels.judgments["row"].to_numpy()
    assert set(rows) <= set(reading_split(study)[1].tolist())
    assert (study.code("d00")[rows] != 0).all()
    pairs = study.pairs.matchups()[0][rows]
    assert len(set(pairs)) == 25


def test_a_question_tells_nothing_but_three_texts_and_a_token_that_says_nothing(study: Study) -> None:
    test = BlindTest(study, author="Ann")
    one, again = test.question("d00", seed=3), test.question("d00", seed=3)
    assert one is not None
    assert again is not None
    assert set(one) == {"token", "prompt", "first", "second"}
    assert one["token"] != again["token"]  # not made from the row or the seed
    assert {k: one[k] for k in ("prompt", "first", "second")} == {
        k: again[k] for k in ("prompt", "first", "second")
    }
    assert json.loads(json.dumps(one)) == one


def test_either_response_can_come_first_and_it_does_not_depend_on_the_code(study: Study) -> None:
    test = BlindTest(study, author="Ann")
    code = study.code("d00")
    a = {text: row for row, text in enumerate(study.pairs.frame["response_a"])}
    first_has_more = []
    for seed in range(200):
        asked = test.question("d00", seed=seed)
        assert asked is not None
        shown = asked["first"]["text"]
        row = a.get(shown, a.get(asked["second"]["text"]))
        assert row is not None
        first_has_more.append((shown in a) == (code[row] > 0))
    assert 0.4 < np.mean(first_has_more) < 0.6


def test_an_answer_is_kept_as_more_in_a_or_b_whatever_came_first(study: Study) -> None:
    answered(study, "Ann", 20)
    kept = study.labels.judgments
    assert (kept["answer"].to_numpy() == np.sign(study.code("d00")[kept["row"]])).all()
    assert set(kept["name"]) == {"apologises before answering"}


def test_r_is_the_fidelity_of_the_answers_clustered_by_prompt(study: Study) -> None:
    said = answered(study, "Ann", 30, wrong=6).verification("d00")
    kept = study.labels.judgments
    rows = kept["row"].to_numpy()
    expected = fidelity(
        study.code("d00")[rows], kept["answer"].to_numpy(), clusters=study.pairs.prompt_codes[rows]
    )
    mine = person(said)
    assert (mine["r"], mine["low"], mine["high"]) == pytest.approx((expected.r, expected.low, expected.high))
    assert np.corrcoef(study.code("d00")[rows], kept["answer"])[0, 1] == pytest.approx(mine["r"])
    assert (mine["n"], said["answered"]) == (30, 30)


def test_a_name_that_people_tested_has_their_fidelity_in_the_features_table(study: Study) -> None:
    study.labels.edit("d00", name="regret")
    assert np.isnan(study.features.loc["d00", "fidelity"])
    answered(study, "Ann", 12, wrong=3)
    answered(study, "Ben", 12, wrong=1)
    kept = study.labels.judgments
    rows = kept["row"].to_numpy()
    everyone = fidelity(
        study.code("d00")[rows], kept["answer"].to_numpy(), clusters=study.pairs.prompt_codes[rows]
    )
    row = study.features.loc["d00"]
    assert row["judge"] == PERSON
    assert row[["fidelity", "fidelity_low", "fidelity_high"]].tolist() == pytest.approx(list(everyone[:3]))
    assert labels_dict(study, report=True)["d00"]["fidelity"] == pytest.approx(list(everyone[:3]))
    study.labels.edit("d00", name="sorrow")
    assert np.isnan(study.features.loc["d00", "fidelity"])
    assert "fidelity" not in labels_dict(study)["d00"]


def test_judges_can_be_read_as_a_table(study: Study) -> None:
    answered(study, study.labels.author, 12, wrong=3)
    table = study.verification("d00")
    assert list(table.columns) == ["r", "low", "high", "n"]
    assert table.loc[PERSON, "n"] == 12
    assert table.loc[PERSON, "r"] == pytest.approx(study.features.loc["d00", "fidelity"])
    assert "alpha" in table.attrs


def test_fewer_than_ten_answers_have_no_r(study: Study) -> None:
    mine = person(answered(study, "Ann", 9).verification("d00"))
    assert mine == {"judge": PERSON, "r": None, "low": None, "high": None, "n": 9}


def test_the_formula_stands_beside_with_its_own_fidelity(study: Study) -> None:
    said = BlindTest(study).verification("m_bullets")
    assert said == {
        "judges": [{"judge": "formula", "r": 1.0, "low": None, "high": None, "n": 30}],
        "alpha": None,
        "answered": 0,
    }


def test_the_formula_of_a_draft_says_so_where_a_person_gave_another_name(study: Study) -> None:
    study.labels.edit("d00", name="regrets")
    judges = BlindTest(study).verification("d00")["judges"]
    assert [j["judge"] for j in judges] == ["formula (of the draft “apologises before answering”)"]
    assert judges[0]["r"] == 0.5


def test_a_new_name_is_tested_anew(study: Study) -> None:
    test = answered(study, "Ann", 12)
    study.labels.edit("d00", name="regrets")
    assert test.verification("d00")["answered"] == 0
    study.labels.edit("d00", name="apologises before answering")
    assert test.verification("d00")["answered"] == 12


def test_turning_a_feature_round_turns_its_code(study: Study) -> None:
    test = answered(study, "Ann", 20)
    before = person(test.verification("d00"))
    study.labels.edit("d00", turned=True, name="apologises before answering")
    after = person(test.verification("d00"))
    assert after["r"] == pytest.approx(-before["r"])
    assert (after["low"], after["high"]) == pytest.approx((-before["high"], -before["low"]))


def test_other_people_are_judges_by_their_names_and_agree_as_far_as_they_answer_alike(study: Study) -> None:
    everything = 30
    answered(study, "Ann", everything)
    answered(study, "Bea", everything)
    mine = BlindTest(study, author="Ann").verification("d00")
    assert [j["judge"] for j in mine["judges"]] == [PERSON, "Bea", "formula"]
    assert mine["alpha"] == pytest.approx(1.0)
    theirs = BlindTest(study, author="Bea").verification("d00")
    assert [j["judge"] for j in theirs["judges"]] == [PERSON, "Ann", "formula"]


def test_the_formula_of_an_attribute_agrees_with_a_person_who_counts(study: Study) -> None:
    said = answered(study, "Ann", 12, feature="m_bullets").verification("m_bullets")
    assert said["alpha"] == pytest.approx(1.0)
    assert answered(study, "Ann", 12, wrong=12, feature="m_words").verification("m_words")["alpha"] < 0


def test_a_name_that_fits_the_other_end_is_judged_by_what_it_says(study: Study) -> None:
    study.labels.edit("m_bullets", turned=True, name="bullet points")
    against = answered(study, "Ann", 12, feature="m_bullets").verification("m_bullets")
    formula = against["judges"][-1]
    assert formula["r"] == -1.0
    assert person(against)["r"] > 0.5
    assert against["alpha"] < 0  # Ann goes with the turned code, the formula with the name
    study.labels.edit("m_bullets", name=None)
    opposite = answered(study, "Ann", 12, feature="m_bullets").verification("m_bullets")
    assert opposite["alpha"] == pytest.approx(1.0)


def test_agreement_needs_ten_pairs_that_two_judged(study: Study) -> None:
    answered(study, "Ann", 9)
    answered(study, "Bea", 9)
    assert BlindTest(study, author="Ann").verification("d00")["alpha"] is None


def test_no_question_is_left_when_all_are_answered(study: Study) -> None:
    held = reading_split(study)[1]
    left = len({*study.pairs.matchups()[0][held[study.code("d00")[held] != 0]]})
    test = answered(study, "Ann", left)
    assert test.question("d00", seed=1) is None
    assert BlindTest(study, author="Bea").question("d00", seed=1) is not None


def test_answering_a_question_again_replaces_the_answer(study: Study) -> None:
    test = BlindTest(study, author="Ann")
    asked = test.question("d00", seed=1)
    assert asked is not None
    for answer in ("first", "tie"):
        said = test.answer("d00", asked["token"], answer)
    assert said["answered"] == 1
    assert study.labels.judgments["answer"].tolist() == [0.0]


def test_an_unknown_token_and_an_unknown_answer_are_errors_and_write_nothing(study: Study) -> None:
    test = BlindTest(study, author="Ann")
    asked = test.question("d00", seed=1)
    assert asked is not None
    with pytest.raises(StudyError, match="no longer known"):
        test.answer("d00", "made up", "first")
    with pytest.raises(StudyError, match="no longer known"):
        test.answer("d01", asked["token"], "first")
    with pytest.raises(StudyError, match="'first', 'second' or 'tie'; found 'A'"):
        test.answer("d00", asked["token"], "A")
    assert study.labels.judgments.empty


def test_a_feature_without_a_name_cannot_be_tested(tmp_path: Path) -> None:
    unnamed = make_study(make_pairs(40), names={"d00": "unnamed"})
    unnamed.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    with pytest.raises(StudyError, match="has no name yet"):
        BlindTest(unnamed).question("d00", seed=1)
    unnamed.labels.edit("d00", name="regrets")
    assert BlindTest(unnamed).name("d00") == "regrets"


def test_nothing_is_asked_where_nothing_is_held_out(tmp_path: Path) -> None:
    one = make_study(make_pairs(40, prompt=["the same"] * 40))
    one.labels = LabelStore(tmp_path / "work.labels", author="Ann")
    assert BlindTest(one).question("d00", seed=1) is None


def test_a_made_up_prompt_is_not_shown_where_data_has_none(study: Study, tmp_path: Path) -> None:
    bare = make_study(make_pairs(400, prompt=[f"(pair {i // 2})" for i in range(400)]))
    bare.labels = LabelStore(tmp_path / "bare.labels", author="Ann")
    without, asked = BlindTest(bare).question("d00", seed=1), BlindTest(study).question("d00", seed=1)
    assert without is not None
    assert without["prompt"] == {"text": "", "length": 0}
    assert without["first"]["text"].startswith("Answer ")
    assert asked is not None
    assert asked["prompt"]["text"].startswith("Question ")


def test_a_feature_that_does_not_exist_is_told_whatever_is_asked_of_it(study: Study) -> None:
    test = BlindTest(study)
    for ask in (test.name, test.answers, test.verification, study.agreement):
        with pytest.raises(StudyError, match=r"No feature 'bullet points' .* It is the name of 'm_bullets'"):
            ask("bullet points")
