"""What a study's votes say of people, through the class that analysts use."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.personalization.peopling import MEAN, TAU, peopled_study
from tests.unit.studies.making import make_study
from whimsight.personalization.presets import person_preset
from whimsight.personalization.subjectivity import SUBJECTIVITY_COLUMNS


@pytest.fixture(scope="module")
def planted():
    study, own = peopled_study()
    return study.personalize(), own


@pytest.fixture
def turnable(tmp_path):
    study, _ = peopled_study(people=8, votes=40)
    study.labels = ws.LabelStore(tmp_path / "turn.labels")
    return study.personalize(features=["m_words", "d00"])


def test_every_feature_has_a_row_with_intervals_that_hold_the_planted_numbers(planted):
    people, _ = planted
    table = people.subjectivity
    assert list(table.columns) == list(SUBJECTIVITY_COLUMNS)
    assert list(table.index) == list(people.study.features.index)
    assert ((table["mean_low"] <= MEAN) & (table["mean_high"] >= MEAN)).all()
    assert ((table["tau_low"] <= TAU + 1e-9) & (table["tau_high"] + 1e-9 >= TAU)).all()


def test_the_one_feature_in_which_people_differ_is_found_and_no_other(planted):
    people, _ = planted
    q = people.subjectivity["q"]
    assert list(q.index[q <= 0.05]) == ["m_words"]


def test_own_weights_lie_nearer_to_the_truth_than_everyones(planted):
    people, own = planted
    length = people.study.column("m_words")
    order = [people.annotators.index(f"person {i:02d}") for i in range(len(own))]
    found = people.weights.to_numpy()[order, length]
    everyone = people.mean["m_words"]
    assert np.mean((found - own[:, length]) ** 2) < 0.25 * np.mean((everyone - own[:, length]) ** 2)


def test_votes_are_counted_without_ties_and_without_unlabelled_rows(planted):
    people, _ = planted
    preference = people.study.pairs.preference
    decided = np.isfinite(preference) & (preference != 0.5)
    assert people.votes.sum() == decided.sum() == people.ballots.y.size
    assert people.ballots.left_out == {
        "ties": int((preference == 0.5).sum()),
        "unlabelled": 1,
        "without annotator": 0,
    }


def test_an_annotator_is_the_row_of_the_tables_and_has_a_covariance(planted):
    people, _ = planted
    person = people.person("person 07")
    assert np.allclose(person.mean, people.weights.loc["person 07"])
    assert np.allclose(np.sqrt(np.diag(person.covariance)), people.weights_sd.loc["person 07"])
    assert person.votes == people.votes["person 07"]
    table = person.table
    assert table["apart"].abs().is_monotonic_decreasing
    assert (table["low"] < table["weight"]).all()


def test_features_that_the_analyst_did_not_choose_have_one_weight_for_all_and_the_output_says_so():
    study, _ = peopled_study(people=8, votes=40)
    people = study.personalize(features=["m_words"])
    fixed = people.features != "m_words"
    assert (
        people.subjectivity.loc[fixed, ["tau", "tau_low", "tau_high", "p", "q", "share_opposed"]]
        .isna()
        .all(axis=None)
    )
    assert np.allclose(people.weights.loc[:, fixed].std(), 0, atol=1e-12)
    assert people.weights["m_words"].std() > 0.1
    assert people.stated.startswith(
        "By the analyst's choice weights may differ between people on 1 of 5 features (words)"
    )


def test_a_kind_of_features_can_be_chosen_by_its_word():
    study, _ = peopled_study(people=8, votes=40)
    people = study.personalize(features="measured")
    assert list(people.features[people.personal]) == ["m_words", "m_bullets"]


def test_a_turned_feature_is_turned_in_every_table_and_for_every_person(turnable):
    people = turnable
    before, weights = people.subjectivity, people.weights
    covariance, reward = people.person(people.annotators[0]).covariance, people.reward()
    rows = np.flatnonzero(people.study.pairs.preference != 0.5)[:6]
    new = people.new_person(rows, [1, 0, 1, 1, 0, 1])
    people.study.labels.edit("m_words", turned=True)
    after = people.subjectivity
    assert after.loc["m_words", "mean"] == -before.loc["m_words", "mean"]
    assert after.loc["m_words", "mean_low"] == -before.loc["m_words", "mean_high"]
    assert after.loc["d00", "mean"] == before.loc["d00", "mean"]
    same = ["tau", "tau_low", "tau_high", "p", "share_opposed"]
    pd.testing.assert_series_equal(after.loc["m_words", same], before.loc["m_words", same])
    assert np.array_equal(people.weights["m_words"], -weights["m_words"])
    assert (
        people.person(people.annotators[0]).covariance.loc["m_words", "d00"]
        == -covariance.loc["m_words", "d00"]
    )
    turned = people.new_person(rows, [1, 0, 1, 1, 0, 1])
    assert turned.mean["m_words"] == pytest.approx(people.sign[3] * new.belief.mean[3])
    assert np.allclose(turned.belief.mean, new.belief.mean)
    place = {i: n for n, i in enumerate(reward.ids)}["m_words"]
    assert people.reward().weights[place] == -reward.weights[place]


def test_votes_of_somebody_new_can_be_rows_a_mapping_or_pairs_in_either_order(planted):
    people, _ = planted
    rows, choices = [3, 50, 101, 7], [1.0, 0.0, 1.0, 0.0]
    by_rows = people.new_person(rows, choices)
    frame = people.study.pairs.frame.iloc[rows][["prompt", "response_a", "response_b"]]
    straight = ws.Pairs(frame.assign(preference=choices))
    swapped = frame.rename(columns={"response_a": "response_b", "response_b": "response_a"})
    turned = ws.Pairs(swapped.assign(preference=[1 - c for c in choices]))
    for given in (dict(zip(rows, choices, strict=True)), pd.Series(choices, index=rows), straight, turned):
        person = people.new_person(given)
        assert np.allclose(person.belief.mean, by_rows.belief.mean, atol=1e-9)
    assert by_rows.votes == 4


def test_ties_and_missing_votes_say_nothing(planted):
    people, _ = planted
    person = people.new_person([3, 50, 101], [0.5, np.nan, 1.0])
    alone = people.new_person([101], [1.0])
    assert person.votes == 1
    assert np.array_equal(person.belief.mean, alone.belief.mean)


def test_learning_one_vote_after_the_other_ends_near_learning_them_at_once(planted):
    people, _ = planted
    rows, choices = [3, 50, 101, 7, 20, 31], [1.0, 0.0, 1.0, 0.0, 1.0, 1.0]
    person = people.everyone()
    for row, choice in zip(rows, choices, strict=True):
        person = person.learn([row], [choice])
    at_once = people.new_person(rows, choices)
    assert person.votes == 6
    assert np.allclose(person.belief.mean, at_once.belief.mean, atol=0.05)


def test_votes_move_personal_weights_alone_and_the_others_are_as_uncertain_as_everyones():
    study, _ = peopled_study(people=12, votes=60)
    people = study.personalize(features=["m_words"])
    others = people.features != "m_words"
    rows, choices = [3, 50, 101, 7, 20, 31], [1.0, 0.0, 1.0, 0.0, 1.0, 1.0]
    for start in (people.everyone(), people.person(people.annotators[0])):
        person = start.learn(rows, choices)
        assert np.allclose(person.mean[others], start.mean[others], atol=1e-12)
        assert person.mean["m_words"] != start.mean["m_words"]
        sd = np.sqrt(np.diag(person.covariance))[others]
        assert np.allclose(sd, np.sqrt(np.diag(people.hierarchy.mean_covariance))[others])
        assert np.array_equal(person_preset(person).sd, np.sqrt(np.diag(person.covariance)))


def test_a_vote_for_the_longer_response_moves_the_weight_of_length_up(planted):
    people, _ = planted
    longest = int(np.argmax(people.study.code("m_words")))
    liked, not_liked = (people.new_person([longest], [choice]).mean["m_words"] for choice in (1, 0))
    assert not_liked < people.mean["m_words"] < liked


def test_the_most_informative_pairs_are_distinct_and_never_asked_twice(planted):
    people, _ = planted
    somebody = people.person("person 03")
    found = people.informative(12, somebody)
    matchup = people.study.pairs.matchups()[0]
    asked = people.ballots.pair[people.ballots.annotator == people.position("person 03")]
    assert np.unique(matchup[found.index]).size == 12
    assert not np.isin(matchup[found.index], asked).any()
    assert list(found.columns) == ["information", "prompt", "response_a", "response_b"]
    assert found["information"].iloc[0] == found["information"].max() > 0


def test_informative_votes_teach_more_than_any(planted):
    people, _ = planted
    rows = {how: people.informative(8, how=how, seed=1).index for how in ("information", "random")}
    sd = {}
    for how, asked in rows.items():
        taught = [people.new_person(asked, np.resize(start, 8)) for start in ([1, 0], [0, 1], [1, 1, 0])]
        sd[how] = np.mean([np.sqrt(p.covariance.loc["m_words", "m_words"]) for p in taught])
    assert sd["information"] < sd["random"]


def test_a_reward_takes_everyone_a_person_an_annotator_or_weights_set_by_hand(planted):
    people, _ = planted
    assert np.allclose(people.reward().table["weight"].sort_index(), people.mean.sort_index())
    one, other = people.reward("person 05"), people.reward(people.person("person 05"))
    assert one.title == other.title == "an annotator"
    assert people.reward("person 05", title="the fifth").title == "the fifth"
    assert np.array_equal(one.weights, other.weights)
    by_hand = people.reward({"m_words": -2.0})
    expected = people.mean.copy()
    expected["m_words"] = -2.0
    assert np.allclose(by_hand.table["weight"].sort_index(), expected.sort_index())
    assert by_hand.stated == people.stated


def test_the_chance_that_a_person_prefers_a_is_that_of_the_weights(planted):
    people, _ = planted
    rows = np.arange(5)
    person = people.person("person 02")
    odds = (people.study.codes[rows] / people.ballots.unit) @ person.mean.to_numpy()
    spread = people.study.codes[rows] / people.ballots.unit
    variance = np.einsum("ij,jk,ik->i", spread, person.covariance.to_numpy(), spread)
    draws = np.random.default_rng(0).normal(size=200_000)
    expected = [
        np.mean(1 / (1 + np.exp(-(m + np.sqrt(v) * draws)))) for m, v in zip(odds, variance, strict=True)
    ]
    assert np.allclose(person.chance(rows), expected, atol=0.003)


def test_another_column_can_say_who_voted():
    study, _ = peopled_study(people=8, votes=40)
    frame = study.pairs.frame.assign(team=np.where(study.pairs.frame["annotator"] < "person 04", "x", "y"))
    people = make_study(ws.Pairs(frame, name="teams")).personalize(annotator="team")
    assert set(people.annotators) == {"x", "y"}


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda s: s.personalize(annotator="annotater"), "no column 'annotater'.*annotator"),
        (lambda s: s.personalize(features=["m_word"]), "No feature 'm_word'.*m_words"),
        (lambda s: s.personalize(features=[]), "features is empty"),
        (lambda s: s.personalize().person("person 99"), "No annotator 'person 99'"),
        (lambda s: s.personalize().new_person([1, 2], [1]), "2 rows were judged, but there are 1 choices"),
        (lambda s: s.personalize().new_person([10**6], [1]), "Row 1000000 is not in the study's pairs"),
        (lambda s: s.personalize().new_person([1], [0.7]), "found 0.7"),
        (lambda s: s.personalize().new_person(["x"], [1]), "positions in the study's pairs"),
        (lambda s: s.personalize().new_person([1, 2]), "rows that were judged and the choices"),
        (lambda s: s.personalize().reward({"m_word": 1.0}), "No feature 'm_word'"),
    ],
)
def test_what_cannot_be_answered_says_what_to_do(ask, says):
    study, _ = peopled_study(people=4, votes=20)
    with pytest.raises(ws.StudyError, match=says):
        ask(study)


def test_one_annotator_alone_cannot_be_told_apart():
    study, _ = peopled_study(people=4, votes=20)
    alone = make_study(ws.Pairs(study.pairs.frame.assign(annotator="only me"), name="alone"))
    with pytest.raises(ws.StudyError, match="names 1 annotator"):
        alone.personalize()


def test_without_votes_there_is_nothing_to_tell_people_apart_by():
    study, _ = peopled_study(people=4, votes=20)
    empty = make_study(ws.Pairs(study.pairs.frame.assign(preference=np.nan), name="empty"))
    with pytest.raises(ws.FitError, match="no decided vote"):
        empty.personalize()
