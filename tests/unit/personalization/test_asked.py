"""What can be asked of people beyond the tables, with names in place of numbers."""

from __future__ import annotations

import numpy as np
import pytest

import whimsight as ws
from tests.unit.personalization.peopling import peopled_study
from tests.unit.studies.making import make_study


@pytest.fixture(scope="module")
def planted():
    study, own = peopled_study(people=42, votes=60)
    tall = own[:, 3] > np.median(own[:, 3])
    camp = np.array(["short", "long"], dtype=object)[tall.astype(int)]
    who = study.pairs.frame["annotator"].str[-2:].astype(int).to_numpy()
    frame = study.pairs.frame.assign(camp=camp[who], coin=np.where(who % 2 == 0, "heads", "tails"))
    return make_study(ws.Pairs(frame, name="peopled")).personalize(), own


def test_the_two_stage_estimate_finds_the_one_spread_too(planted):
    people, _ = planted
    table = people.two_stage()
    assert list(table.index) == list(people.features)
    assert table["tau"].idxmax() == "m_words"
    assert table.loc["m_words", "tau_low"] <= 0.9 <= table.loc["m_words", "tau_high"]
    assert table.loc["m_words", "name"] == people.names[3]


def test_camps_that_differ_in_one_feature_are_told_apart_in_it(planted):
    people, _ = planted
    found = people.groups("camp")
    assert list(found.table.index[found.table["significant"]]) == ["m_words"]
    offset = found.offsets["offset"]
    assert offset["m_words", "short"] < 0 < offset["m_words", "long"]
    assert found.offsets.loc[("m_words", "long"), "annotators"] == 21
    assert "weigh 1 of 5 features differently" in repr(found)


def test_camps_by_lot_are_not(planted):
    people, _ = planted
    assert not people.groups("coin").table["significant"].any()


def test_groups_follow_features_that_people_turned(tmp_path):
    study, _ = peopled_study(people=12, votes=60)
    study.labels = ws.LabelStore(tmp_path / "turn.labels")
    frame = study.pairs.frame
    study = make_study(
        ws.Pairs(frame.assign(side=np.where(frame["annotator"] < "person 06", "x", "y")), name="t")
    )
    study.labels = ws.LabelStore(tmp_path / "turned.labels")
    people = study.personalize()
    before = people.groups("side").offsets["offset"]
    two = people.two_stage()["mean"]
    study.labels.edit("d00", turned=True)
    after = people.groups("side").offsets["offset"]
    assert np.allclose(after["d00"], -before["d00"])
    assert np.allclose(after["m_words"], before["m_words"])
    assert people.two_stage().loc["d00", "mean"] == pytest.approx(-two["d00"])


def test_people_of_one_cloud_are_one_type(planted):
    people, _ = planted
    found = people.types(["m_words"])
    assert found.number == 1
    assert found.shares.tolist() == [1.0]
    assert found.membership.shape == (42, 1)
    low, high = found.table.loc[(1, "m_words"), ["low", "high"]]
    assert low < people.mean["m_words"] < high


def _voted(study, frame, own, *, columns):
    """The study with other columns, and votes by everybody's own weight of the fourth feature."""
    other = make_study(ws.Pairs(frame.assign(**columns), name="voted"))
    x = other.pair_codes[other.pair_of_row, 3].astype(float)
    who = frame["annotator"].str[-2:].astype(int).to_numpy()
    chance = 1 / (1 + np.exp(-own[who] * x / x.std()))
    y = (np.random.default_rng(5).random(x.size) < chance).astype(float)
    return make_study(ws.Pairs(other.pairs.frame.assign(preference=y), name="voted"))


def test_permuting_the_votes_of_a_pair_finds_the_feature_too():
    study, _ = peopled_study(people=24, votes=60)
    block = np.arange(len(study.pairs)) // 4  # four people vote on each pair
    columns = {
        "prompt": [f"Question {b // 4}" for b in block],
        "response_a": [f"Answer A to {b}" for b in block],
        "response_b": [f"Answer B to {b}" for b in block],
    }
    own = 0.5 + 1.2 * np.random.default_rng(2).normal(size=24)
    p = _voted(study, study.pairs.frame, own, columns=columns).personalize().permutation_test(times=200)
    assert p.idxmin() == "m_words"
    assert p["m_words"] == pytest.approx(1 / 201)


def test_what_personal_weights_gain_is_told_for_each_method_and_number_of_votes():
    mean, tau = np.array([0.5, 0.0, 0.0, 0.0, 0.5]), np.array([0.0, 0.0, 0.0, 1.5, 0.0])
    people = peopled_study(people=31, votes=60, mean=mean, tau=tau)[0].personalize()
    gain = people.gain(ks=(8, 16), share=None, least=40, folds=2, repeats=2)
    assert set(gain.index.get_level_values("method")) == {"everyone", "personal", "one spread", "no pooling"}
    assert (gain.loc["everyone", "gain"] == 0).all()
    assert gain.loc[("personal", "16"), "gain_low"] > 0
    assert "weights help" in people.summary(gain)


def test_prompts_can_be_told_apart_where_there_are_votes_enough_and_else_it_says_so(planted):
    people, _ = planted
    with pytest.raises(ws.StudyError, match="by_prompt=True"):
        people.prompt_spread  # noqa: B018
    study, _ = peopled_study(people=12, votes=120)
    prompts = {"prompt": [f"Question {i // 2 % 6}" for i in range(len(study.pairs))]}
    own = 0.5 + 1.0 * np.random.default_rng(2).normal(size=12)
    told = _voted(study, study.pairs.frame, own, columns=prompts).personalize(by_prompt=True)
    assert (told.prompt_spread < 0.3).all()
    assert told.subjectivity.loc["m_words", "tau_low"] > 0.3


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda p: p.groups("country"), "no column 'country'"),
        (lambda p: p.groups("topics"), "several values a row"),
        (lambda p: p.types(["m_word"]), "No feature 'm_word'"),
        (lambda p: p.types([str(p.names[3]).upper()]), "It is the name of .*'m_words'"),
        (lambda p: p.types([]), "Types need features that are personal; found none"),
    ],
)
def test_questions_that_cannot_be_answered_say_why(planted, ask, says):
    with pytest.raises(ws.StudyError, match=says):
        ask(planted[0])
