"""Sentences about people: whether they agree or differ, by how much, how surely, and nothing that is not so."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

import whimsight as ws
from tests.unit.personalization.gaining import gained
from tests.unit.personalization.peopling import peopled_study
from whimsight.errors import StudyError
from whimsight.personalization.sentences import (
    feature_sentence,
    named,
    own_name,
    range_text,
    spread_sentence,
    verdict,
    weight_sentence,
)
from whimsight.personalization.summary import gain_sentence, summary, summary_lines
from whimsight.studies.sentences import NAME


def row(**given: Any) -> dict[str, Any]:
    usual = {
        "personal": True, "mean": 0.31, "mean_low": 0.22, "mean_high": 0.40, "tau": 0.26, "tau_low": 0.18,
        "tau_high": 0.37, "p": 1e-5, "q": 1e-4, "share_opposed": 0.12, "share_opposed_low": 0.05,
        "share_opposed_high": 0.20,
    }  # fmt: skip
    return {**usual, **given}


ALIKE = {"tau": 0.03, "tau_low": 0.0, "tau_high": 0.09, "p": 0.4, "q": 0.6}
OPEN = {"tau": 0.2, "tau_low": 0.0, "tau_high": 0.6, "p": 0.3, "q": 0.5}
NONE = {c: np.nan for c in row() if c.startswith(("tau", "share", "p", "q")) and c != "personal"}
CHOSEN = {"personal": False, **NONE}
FAR = {"mean": -1.1, "mean_low": -1.2, "mean_high": -1.0}


# -- a word


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ({}, "differ"),
        ({"q": 0.05}, "differ"),
        ({"p": 0.01, "q": 0.06}, "unclear"),
        (ALIKE, "agree"),
        ({**ALIKE, "tau_high": 0.1001, "mean": 0.2}, "unclear"),
        ({**ALIKE, "tau_high": 0.33, **FAR}, "agree"),
        ({**ALIKE, "tau_high": 0.34, **FAR}, "unclear"),
        ({**ALIKE, "tau_high": 0.33, **FAR, "mean_high": 0.1}, "unclear"),
        ({"p_permuted": 0.04}, "differ"),
        ({"p_permuted": 0.06}, "unclear"),
        (OPEN, "unclear"),
        (NONE, "unclear"),
        (CHOSEN, "shared"),
        ({**CHOSEN, "mean": 0.0}, "absent"),
        ({**CHOSEN, "mean": np.nan}, "absent"),
    ],
)
def test_the_word_follows_the_corrected_test_and_then_how_large_tau_can_be(given, word):
    assert verdict(row(**given)) == word


def test_where_tau_is_at_most_a_third_of_the_weight_hardly_anybody_leans_the_other_way():
    assert norm.cdf(-3) < 1 / 700


def test_a_small_tau_moves_an_even_choice_by_two_and_a_half_points():
    assert 1 / (1 + np.exp(-0.1)) - 0.5 == pytest.approx(0.025, abs=0.0005)


# -- a sentence


def test_where_people_differ_the_spread_is_told_with_its_interval_and_who_leans_the_other_way():
    assert feature_sentence(row()) == (
        "On average more of ‘NAME’ goes with being preferred (weight 0.31, 0.22 to 0.40). People differ in it beyond "
        "chance: two thirds of them lie between 0.05 and 0.57 (tau 0.26, 0.18 to 0.37), and 12 % (5 to 20) lean the "
        "other way."
    )


def test_two_thirds_lie_within_one_tau():
    assert norm.cdf(1) - norm.cdf(-1) == pytest.approx(2 / 3, abs=0.02)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (ALIKE, "No sign that people differ in it (tau at most 0.09)."),
        (
            {**ALIKE, "tau_high": 0.3, **FAR},
            "No sign that people differ in it (tau at most 0.30, little beside the weight).",
        ),
        (OPEN, "Too little is known to say whether people differ (tau 0.20, 0.00 to 0.60)."),
        (
            {**OPEN, "p": 0.02, "q": 0.2},
            "People may differ in it, but among all the features tested this could be chance (tau 0.20, 0.00 to 0.60).",
        ),
        (
            {"p_permuted": 0.3},
            "People may differ in it, but votes of several people on the same pairs do not bear it out (tau 0.26, "
            "0.18 to 0.37).",
        ),
        (
            {**OPEN, "tau_high": np.inf},
            "Too little is known to say whether people differ (tau 0.20, 0.00 or more).",
        ),
        (NONE, "Too little is known to say whether people differ."),
        (CHOSEN, "Everyone has the same weight here."),
    ],
)
def test_agreement_ignorance_and_choice_are_told_apart(given, said):
    assert spread_sentence(row(**given)) == said


def test_a_spread_that_is_sure_but_small_is_called_little():
    said = spread_sentence(row(tau=0.05, tau_low=0.03, tau_high=0.08, share_opposed_high=0.004))
    assert said == (
        "People differ in it beyond chance, but little: two thirds of them lie between 0.26 and 0.36 (tau 0.05, 0.03 "
        "to 0.08), and fewer than 1 % lean the other way."
    )


def test_where_it_is_not_clear_which_way_people_lean_the_way_of_the_others_is_named():
    unsure = {"mean": 0.02, "mean_low": -0.05, "mean_high": 0.09, "share_opposed": 0.47}
    assert weight_sentence(row(**unsure)).startswith("It is not clear that on average more of ‘NAME’")
    assert spread_sentence(row(**unsure)).endswith("47 % (5 to 20) prefer less of it.")
    assert spread_sentence(row(**unsure), turned=True).endswith("47 % (5 to 20) prefer more of it.")


def test_what_no_pair_differs_in_is_not_said_to_be_anybodys_choice():
    assert feature_sentence(row(**CHOSEN) | {"mean": 0.0}) == (
        "No two responses that were voted on differ in ‘NAME’."
    )


@pytest.mark.parametrize("given", [{}, ALIKE, OPEN, CHOSEN])
def test_turned_it_says_what_the_opposite_feature_would_say(given):
    one = row(**given)
    opposite = {**one, "mean": -one["mean"], "mean_low": -one["mean_high"], "mean_high": -one["mean_low"]}
    assert feature_sentence(one, turned=True) == feature_sentence(opposite)


def test_an_interval_that_ends_close_to_zero_shows_on_which_side():
    assert range_text(-0.031, -0.058, -0.004) == "−0.031, −0.058 to −0.004"
    assert range_text(0.2, 0.0, 0.4) == "0.20, 0.00 to 0.40"


# -- the whole


@pytest.fixture(scope="module")
def people() -> Any:
    return peopled_study()[0].personalize()


def test_the_summary_counts_people_and_names_the_feature_in_which_they_were_made_to_differ(people):
    said = summary(people)
    assert said[0] == (
        f"24 annotators cast {people.ballots.y.size:,} decided votes, half of them cast "
        f"{int(np.median(people.votes))} or more (fewest {people.votes.min()}, most {people.votes.max()})."
    )
    assert said[1].startswith("People differ beyond chance in 1 of 5 features")
    assert any(line.startswith("They differ most in ‘words’ (tau 0.") for line in said)
    assert 3 <= len(said) <= 6


def test_the_analysts_choice_is_part_of_the_summary():
    chosen = peopled_study(people=6, votes=40)[0].personalize(features=["m_words"])
    assert summary(chosen)[-1] == chosen.stated
    assert "1 of 5" in chosen.stated


def test_every_sentence_has_as_many_places_as_names(people):
    for sentence, *features in summary_lines(people, gained({"personal": [0.0, 0.01, 0.02]})):
        assert sentence.count(NAME) == len(features)


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ([ALIKE, ALIKE], "In none of 2 features do these people differ beyond chance, and any spread is small: these "
         "people agree."),
        ([OPEN], "In the 1 feature these people do not differ beyond chance; but too little is known to say that they "
         "agree."),
        ([ALIKE, OPEN], "In none of 2 features do these people differ beyond chance; in 1 any spread is small, and for "
         "1 too little is known to say that they agree."),
        ([OPEN, OPEN], "In none of 2 features do these people differ beyond chance; but for all of them too little is "
         "known to say that they agree."),
        ([{}, ALIKE, OPEN, CHOSEN], "People differ beyond chance in 1 of 3 features; they agree in 1; too little is "
         "known of 1 other."),
    ],
)  # fmt: skip
def test_that_people_agree_is_said_only_where_they_are_known_to(kinds, said):
    table = pd.DataFrame([row(**kind) for kind in kinds], index=[f"d{i:02d}" for i in range(len(kinds))])
    some = SimpleNamespace(
        subjectivity=table,
        votes=pd.Series([3, 5]),
        stated="By choice.",
        annotators=("a", "b"),
        hierarchy=SimpleNamespace(carry=1.0),
    )
    assert summary_lines(some)[1][0] == said


def test_spreads_that_do_not_carry_over_to_other_prompts_are_said_to_be_shrunk():
    some = SimpleNamespace(
        subjectivity=pd.DataFrame([row()], index=["d00"]),
        votes=pd.Series([3, 5]),
        stated="By choice.",
        annotators=("a", "b"),
        hierarchy=SimpleNamespace(carry=0.25),
    )
    assert any("as if tau were 0.25 times as large" in line[0] for line in summary_lines(some))


def test_a_name_that_looks_like_the_place_of_a_name_stays_as_it_is(tmp_path):
    study = peopled_study(people=6, votes=40)[0]
    study.labels = ws.LabelStore(tmp_path / "w.labels")
    study.labels.edit("m_words", name=f"{NAME} and {NAME}")
    study.labels.edit("d00", name="worked")
    study.labels.edit("d01", name="worked")
    people = study.personalize(features=["m_words"])
    assert own_name(people, "m_words") == f"{NAME} and {NAME}"
    assert own_name(people, "d00") == "worked (d00)"
    assert own_name(people, "d02") == "unnamed feature d02"
    assert named(f"‘{NAME}’ or ‘{NAME}’", f"{NAME} and {NAME}", "b") == f"‘{NAME} and {NAME}’ or ‘b’"
    assert summary(people)[-1] == people.stated


def test_never_because():
    for given in ({}, ALIKE, OPEN, CHOSEN):
        said = feature_sentence(row(**given)).lower()
        assert "cause" not in said
        assert "effect" not in said


# -- whether personal weights help


def test_help_is_told_with_the_most_votes_with_which_it_is_beyond_chance():
    said = gain_sentence(gained({"personal": [0.001, 0.004, 0.02], "no pooling": [-0.1, -0.1, 0.3]}))
    assert said == (
        "Personal weights help: with 80 % of a person's votes known, AUC on the person's other votes is 0.0200 higher "
        "(0.0180 to 0.0220) than with everyone's weights."
    )


def test_a_small_help_is_called_little():
    assert gain_sentence(gained({"personal": [0.0, 0.0, 0.004]})).startswith(
        "Personal weights help, but little: with 80 % of a person's votes known"
    )


def test_where_personal_weights_do_not_help_that_is_said_plainly():
    said = gain_sentence(gained({"personal": [0.001, 0.0, -0.001]}))
    assert said == (
        "Personal weights do not help beyond chance: with 80 % of a person's votes known, AUC on the person's other "
        "votes is 0.0010 lower (−0.0010 to 0.0030) than with everyone's weights, which serve as well."
    )
    assert "do harm here" in gain_sentence(gained({"personal": [-0.1, -0.1, -0.1]}))
    assert "could not be measured" in gain_sentence(gained({"personal": [np.nan] * 3}))


def test_another_table_is_no_table_of_gains():
    with pytest.raises(StudyError, match=r"has no method, votes, gain, low, high and people; .*people.gain"):
        gain_sentence(pd.DataFrame({"k": [1]}))
