"""Pictures of a personalization: the numbers of its tables, nobody who was not asked for, bounded, ready for JSON."""

from __future__ import annotations

import base64
import json
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.personalization.mixing import HOSTILE, decoded, several, standard
from tests.unit.personalization.peopling import peopled_study
from tests.unit.studies.making import make_study
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.personalization.asked import AnnotatorTypes
from whimsight.personalization.picture import _spread, quantised
from whimsight.personalization.presets import annotator_preset, group_presets, type_presets
from whimsight.personalization.report import people_report
from whimsight.personalization.sentences import verdicts
from whimsight.personalization.snapshot import calibrator_snapshot, mixer_snapshot
from whimsight.studies.reading import reading_split

NUMBERS = ("mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high", "p", "q")
SHARES = ("share_opposed", "share_opposed_low", "share_opposed_high")


@pytest.fixture(scope="module")
def people():
    study, _ = peopled_study()
    frame = study.pairs.frame
    frame["cohort"] = np.where(frame["annotator"] < "person 10", "early", "late")
    return study.personalize(features=["m_words", "d00", "d01"])


@pytest.fixture(scope="module")
def picture(people):
    return mixer_snapshot(people)


@pytest.fixture(scope="module")
def hostile():
    names = ["</script><b>", "\udc00 half", "/srv/people/ann"]
    study = several(list(combinations(range(3), 2)), texts=HOSTILE, prompts=20)
    study.pairs.frame["annotator"] = pd.Series(names * (len(study.pairs) // 3), dtype=object)
    return study.personalize()


# -- features


def test_features_are_those_of_the_table_of_subjectivity(people, picture):
    table = people.subjectivity
    assert [f["feature"] for f in picture["features"]] == list(table.index)
    for found, row in zip(picture["features"], table.to_dict("records"), strict=True):
        assert found["personal"] is row["personal"]
        for column in (*NUMBERS, *SHARES):
            if np.isfinite(row[column]):
                assert found[column] == pytest.approx(row[column], rel=1e-6), column
            else:
                assert found[column] is None, column
        assert "NAME" in found["sentence"]
        assert found["sentence"] != found["sentence_turned"] or found["mean_low"] <= 0 <= found["mean_high"]


def test_the_spread_counts_every_annotator_once_where_a_feature_is_personal(people, picture):
    for j, feature in enumerate(picture["features"]):
        spread = feature["spread"]
        if not feature["personal"]:
            assert spread["counts"] == []
            continue
        own = people.hierarchy.weights[:, j]
        assert sum(spread["counts"]) == len(people.annotators)
        edges = np.linspace(spread["low"], spread["high"], len(spread["counts"]) + 1)
        for k, edge in enumerate(edges[1:-1]):
            assert sum(spread["counts"][: k + 1]) == (own < edge - 1e-12).sum()


def test_the_ends_of_a_spread_are_round_and_leave_the_farthest_people_to_the_outer_bins():
    rng = np.random.default_rng(0)
    some = np.concatenate([rng.normal(0.25, 0.2, 398), [-7.123456, 9.876543]])
    spread = _spread(some, {})
    first, last = np.quantile(some, [0.01, 0.99])
    step = (spread["high"] - spread["low"]) / len(spread["counts"])
    assert step == pytest.approx(0.05)
    assert spread["low"] == pytest.approx(np.floor(first / 0.05) * 0.05)
    assert spread["high"] == pytest.approx(np.ceil(last / 0.05) * 0.05)
    assert spread["counts"][0] == (some < spread["low"] + step).sum()
    assert spread["counts"][-1] == (some >= spread["high"] - step).sum()
    assert sum(spread["counts"]) == 400


@pytest.mark.parametrize(
    "values", [[0.123456] * 30, [0.1], [0.0, 0.0], [-3e-9, 4e-9], [-250.123, 310.7, 12.0]]
)
def test_a_spread_of_few_or_equal_people_has_few_bins_between_round_ends(values):
    spread = _spread(np.array(values), {})
    assert spread["low"] < spread["high"]
    assert 1 <= len(spread["counts"]) <= 2 * np.sqrt(len(values)) + 4
    assert sum(spread["counts"]) == len(values)
    for end in (spread["low"], spread["high"]):
        assert f"{end:.2g}" == f"{end:.7g}".rstrip("0").rstrip(".") or end == int(end)


def test_a_feature_carries_the_verdict_of_the_sentences(people, picture):
    assert [f["verdict"] for f in picture["features"]] == verdicts(people.subjectivity)
    assert {"differ", "shared"} <= {f["verdict"] for f in picture["features"]}


def test_what_people_turn_and_name_changes_nothing_in_the_pictures(tmp_path):
    study, _ = peopled_study(people=6, votes=40)
    study.labels = ws.LabelStore(tmp_path / "work.labels")
    people = study.personalize()
    before = mixer_snapshot(people, annotators=["person 01"]), calibrator_snapshot(people)
    for feature in study.found.index:
        study.labels.edit(str(feature), name="something else", turned=True)
    assert (people.sign == -1).all()
    assert (mixer_snapshot(people, annotators=["person 01"]), calibrator_snapshot(people)) == before


def test_a_feature_in_which_no_two_responses_differ_is_said_to_be_one():
    study, _ = peopled_study(people=6, votes=40)
    study.pair_codes = study.pair_codes.copy()
    study.pair_codes[:, 2] = 0
    feature = mixer_snapshot(study.personalize())["features"][2]
    assert (feature["mean"], feature["mean_low"], feature["mean_high"], feature["personal"]) == (
        0,
        0,
        0,
        False,
    )
    assert "No two responses" in feature["sentence"]
    assert feature["verdict"] == "absent"


# -- presets


def test_everyone_comes_first_with_the_weights_that_people_share(people, picture):
    (only,) = picture["presets"]
    assert (only["id"], only["kind"], only["annotator"], only["held_out"]) == (
        "everyone",
        "everyone",
        -1,
        None,
    )
    assert only["weights"] == pytest.approx(people.hierarchy.mean, rel=1e-6)
    assert only["votes"] == people.ballots.y.size
    triangle = np.frombuffer(base64.b64decode(only["covariance"]), dtype="<f4")
    made = people.hierarchy.mean_covariance
    assert triangle == pytest.approx(
        [made[i, j] for i in range(5) for j in range(i + 1)], rel=1e-6, abs=1e-12
    )


def test_an_annotator_comes_with_all_own_votes_and_their_held_out_agreement(people):
    names = ["person 03", "person 11"]
    picture = mixer_snapshot(people, annotators=names, votes=100)
    votes = decoded(picture)
    for preset, name in zip(picture["presets"][1:], names, strict=True):
        person = people.person(name)
        assert (preset["id"], preset["kind"], preset["label"]) == (f"annotator:{name}", "annotator", name)
        assert preset["weights"] == pytest.approx(person.belief.mean, rel=1e-6)
        assert preset["sd"] == pytest.approx(person.belief.sd, rel=1e-6)
        mine = people.ballots.annotator == people.annotators.index(name)
        assert (votes["annotator"] == preset["annotator"]).sum() == mine.sum() == preset["votes"]
        held_out = preset["held_out"]
        fitted = (
            people.ballots.X[mine] @ person.belief.mean + people.hierarchy.intercept > 0
        ) == people.ballots.y[mine]
        assert held_out["agreement"] <= fitted.mean()
        assert held_out["low"] < held_out["agreement"] < held_out["high"]
    assert picture["votes"]["sampled"] == 100
    assert (votes["annotator"][100:] >= 0).all()


def test_held_out_means_on_prompts_that_the_weights_have_not_seen():
    study, _ = peopled_study(people=6, votes=60)
    frame = study.pairs.frame
    coin = np.random.default_rng(4).integers(0, 2, len(frame)).astype(float)
    # Votes by lot, the same for all who see a pair: known by heart, they would be predicted.
    prompt, pair = frame["prompt"].to_numpy(), study.pairs.matchups()[0]
    people = make_study(Pairs(frame.assign(preference=coin[pair]), name="by lot")).personalize()
    shares = [annotator_preset(people, name).held_out for name in people.annotators]
    assert np.unique(prompt).size > 50
    assert 0.38 < np.mean([one.value for one in shares]) < 0.62


def test_a_group_is_the_mean_of_its_members_and_shares_their_numbers(people):
    early = [i for i, name in enumerate(people.annotators) if name < "person 10"]
    picture = mixer_snapshot(people, groups={"cohort": ["early"]}, annotators=["person 03"])
    group, person = picture["presets"][1:]
    assert (group["id"], group["label"], group["kind"]) == ("group:cohort=early", "early", "group")
    assert (group["column"], group["note"]) == ("cohort", "mean of 10 annotators")
    assert group["weights"] == pytest.approx(people.hierarchy.weights[early].mean(axis=0), rel=1e-6)
    shared = np.diag(people.hierarchy.mean_covariance)
    variance = (9 * shared + np.square(people.hierarchy.sd[early]).mean(axis=0)) / 10
    assert group["sd"] == pytest.approx(np.sqrt(variance), rel=1e-6)
    assert person["annotator"] in group["annotators"]
    votes = decoded(picture)
    mine = np.isin(people.ballots.annotator, early)
    assert np.isin(votes["annotator"], group["annotators"]).sum() == mine.sum() == group["votes"]
    both = mixer_snapshot(people, groups="cohort")["presets"]
    assert [p["label"] for p in both[1:]] == ["late", "early"]


def test_a_group_of_which_the_mean_is_all_that_is_known_is_surer_than_one_member(people):
    group = mixer_snapshot(people, groups={"cohort": "late"})["presets"][1]
    one = mixer_snapshot(people, annotators=["person 15"])["presets"][1]
    personal = people.personal
    assert (np.array(group["sd"])[personal] < np.array(one["sd"])[personal]).all()


def test_types_to_which_annotators_belong_surely_are_groups_and_unsure_ones_lie_between(people):
    early = np.array([name < "person 10" for name in people.annotators], dtype=float)
    sure = type_presets(people, np.column_stack([early, 1 - early]))
    groups = group_presets(people, {"cohort": ["early", "late"]})
    for found, expected in zip(sure, groups, strict=True):
        assert found.weights == pytest.approx(expected.weights)
        assert found.sd == pytest.approx(expected.sd)
        assert found.annotators.tolist() == expected.annotators.tolist()
    belongs = 0.2 + 0.6 * early
    between = type_presets(people, np.column_stack([belongs, 1 - belongs]))[0].weights
    own = people.hierarchy.weights
    assert between == pytest.approx(np.average(own, axis=0, weights=belongs))
    assert [p.id for p in sure] == ["type:1", "type:2"]
    with pytest.raises(StudyError, match="a row for each of 24 annotators"):
        type_presets(people, np.ones((3, 2)))
    with pytest.warns(UserWarning, match="do not fall into types"):
        assert type_presets(people, np.ones((24, 1))) == []


def test_types_that_were_found_before_are_presets(people):
    early = np.array([name < "person 10" for name in people.annotators], dtype=float)
    shares, none = pd.Series([10 / 24, 14 / 24], index=[1, 2]), pd.DataFrame()
    membership = pd.DataFrame({1: early, 2: 1 - early}, index=list(people.annotators))
    found = AnnotatorTypes(2, none, shares, none, membership)
    picture = mixer_snapshot(people, types=found)
    own = people.hierarchy.weights
    assert [p["id"] for p in picture["presets"]] == ["everyone", "type:1", "type:2"]
    assert picture["presets"][1]["weights"] == pytest.approx(own[early == 1].mean(axis=0), rel=1e-6)
    assert picture["presets"][2]["weights"] == pytest.approx(own[early == 0].mean(axis=0), rel=1e-6)


def test_somebody_new_is_a_preset_with_what_their_votes_say(people):
    me = people.new_person([0, 8, 16], [1, 0, 1], name="</script>me")
    preset = mixer_snapshot(people, persons=[me])["presets"][1]
    assert (preset["kind"], preset["label"], preset["votes"]) == ("person", "</script>me", 3)
    assert preset["weights"] == pytest.approx(me.belief.mean, rel=1e-6)
    assert preset["annotator"] == -1


# -- nobody who was not asked for


def test_no_annotator_is_in_a_picture_unless_asked_for(people):
    said = json.dumps([mixer_snapshot(people, groups="cohort"), calibrator_snapshot(people)])
    assert "person" not in said.replace('"personal"', "").replace("persons", "").replace("a person", "")
    for name in people.annotators:
        assert name not in said
    assert (decoded(mixer_snapshot(people))["annotator"] == -1).all()
    asked = json.dumps(mixer_snapshot(people, annotators=["person 05"]))
    assert [name for name in people.annotators if name in asked] == ["person 05"]


def test_of_the_members_of_a_group_a_vote_does_not_tell_which(people):
    votes = decoded(mixer_snapshot(people, groups="cohort"))
    assert set(votes["annotator"].tolist()) == {0, 1}


def test_more_than_twenty_annotators_or_somebody_unknown_are_refused(people):
    with pytest.raises(StudyError, match="at most 20 annotators; found 24"):
        mixer_snapshot(people, annotators=list(people.annotators))
    with pytest.raises(StudyError, match="No annotator 'person 99'"):
        mixer_snapshot(people, annotators=["person 99"])
    with pytest.raises(StudyError, match=r"no column 'cohrt'.*'cohort'"):
        mixer_snapshot(people, groups="cohrt")
    with pytest.raises(StudyError, match=r"'cohort' is 'erly'.*'early'"):
        mixer_snapshot(people, groups={"cohort": ["erly"]})


# -- votes


def test_codes_of_votes_are_off_by_half_a_step_at_most_and_0_stays_0(people, picture):
    found, scale = decoded(picture), np.array(picture["votes"]["scale"])
    exact = standard(people, people.ballots.rows)
    assert np.abs(found["codes"] - exact).max(axis=0) == pytest.approx(scale / 2, rel=0.2)
    assert (np.abs(found["codes"] - exact) <= scale / 2 + 1e-6).all()
    assert ((exact == 0) <= (found["codes"] == 0)).all()
    weights = people.hierarchy.mean
    off = np.abs((found["codes"] - exact) @ weights)
    assert off.max() <= np.abs(weights) @ scale / 2 + 1e-6


def test_choices_and_prompts_of_votes_are_those_of_the_study(people, picture):
    votes, ballots = decoded(picture), people.ballots
    assert (picture["votes"]["n"], picture["votes"]["total"]) == (ballots.y.size, ballots.y.size)
    assert votes["choice"].tolist() == ballots.y.tolist()
    pairs = set(zip(votes["prompt"].tolist(), ballots.prompt.tolist(), strict=True))
    assert len(pairs) == len(set(votes["prompt"].tolist())) == len(set(ballots.prompt.tolist()))
    assert picture["votes"]["intercept"] == pytest.approx(people.hierarchy.intercept, rel=1e-6)


def test_a_sample_of_votes_is_of_all_votes_and_the_same_for_a_seed(people):
    first, again, other = (mixer_snapshot(people, votes=300, seed=s)["votes"] for s in (1, 1, 2))
    assert first == again != other
    assert first["n"] == first["sampled"] == 300
    assert first["total"] == people.ballots.y.size


def test_whole_numbers_keep_zeros_and_ends():
    codes, scale = quantised(np.array([[0.0, 5.0, 0.0], [-2.54, -5.0, 0.0], [0.009, 2.51, 0.0]]))
    assert scale.tolist() == [0.02, pytest.approx(5 / 127, rel=1e-6), 0.0]
    assert codes.tolist() == [[0, 127, 0], [-127, -127, 0], [0, 64, 0]]


# -- sets, pool and prior


def test_sets_hold_responses_with_the_codes_that_scores_are_made_of(people, picture):
    pair = next(one for one in picture["sets"] if len(one["responses"]) == 2)
    code = standard(people, [pair["row"]])[0]
    first, second = (r["codes"] for r in pair["responses"])
    assert first == pytest.approx(-np.array(second))
    assert 2 * np.abs(first) == pytest.approx(np.abs(code), rel=1e-5)
    held_out = people.study.pairs.frame["prompt"].iloc[reading_split(people.study)[1]]
    assert not set(held_out) & {one["prompt"] for one in picture["sets"]}


def test_the_calibrators_pairs_stand_as_in_the_study_with_their_codes_and_the_prior_of_somebody_new(people):
    picture = calibrator_snapshot(people, ask=7, pool=30)
    prior = people.prior
    assert picture["ask"] == 7
    assert picture["prior"]["mean"] == pytest.approx(prior.mean, rel=1e-6)
    assert np.array(picture["prior"]["covariance"]) == pytest.approx(prior.covariance, rel=1e-6, abs=1e-12)
    assert picture["prior"]["sd"] == pytest.approx(prior.sd, rel=1e-6)
    assert len({pair["row"] for pair in picture["pool"]}) == len(picture["pool"]) == 30
    for pair in picture["pool"]:
        row = people.study.pairs.frame.iloc[pair["row"]]
        assert (pair["prompt"], pair["a"], pair["b"]) == (row["prompt"], row["response_a"], row["response_b"])
        assert (pair["a_length"], pair["b_length"]) == (len(pair["a"]), len(pair["b"]))
        assert pair["codes"] == pytest.approx(standard(people, [pair["row"]])[0], rel=1e-5)
    assert [choice["id"] for choice in picture["consent"]["choices"]] == ["private", "class"]


# -- ready for JSON


@pytest.mark.parametrize("max_bytes", [30_000, 120_000, 1_000_000])
def test_pictures_of_hostile_texts_are_json_within_their_bound(hostile, max_bytes):
    for made in (
        mixer_snapshot(
            hostile, annotators=["</script><b>", "\udc00 half"], max_bytes=max_bytes, characters=9_000
        ),
        calibrator_snapshot(hostile, max_bytes=max_bytes),
    ):
        sent = json.dumps(made, ensure_ascii=False, allow_nan=False).encode("utf-8")
        assert len(sent) <= max_bytes
        assert json.loads(sent)["schema"] == 1


def test_a_smaller_bound_shortens_texts_alike_before_it_leaves_out_sets(hostile):
    large, small = (mixer_snapshot(hostile, max_bytes=b)["sets"] for b in (1_000_000, 22_000))
    assert [one["row"] for one in small] == [one["row"] for one in large]
    cut = {len(r["text"]) for one in small for r in one["responses"] if len(r["text"]) < r["length"]}
    assert len(cut) == 1
    assert 0 < len(mixer_snapshot(hostile, max_bytes=14_000)["sets"]) < len(large)


def test_a_bound_too_small_says_how_much_is_needed(people):
    with pytest.raises(StudyError, match=r"5 features and 1 preset needs at least [\d,]+ bytes"):
        mixer_snapshot(people, max_bytes=900)
    with pytest.raises(StudyError, match=r"5 features needs at least [\d,]+ bytes"):
        calibrator_snapshot(people, max_bytes=900)
    with pytest.raises(StudyError, match="1 or more"):
        calibrator_snapshot(people, ask=0)


def test_names_only_holds_no_text_of_the_dataset(people):
    for make in (mixer_snapshot, calibrator_snapshot):
        said = json.dumps(make(people, names_only=True), ensure_ascii=False)
        assert "Question" not in said
        assert "Answer" not in said
        assert "I am sorry" not in said  # what a draft quotes
    assert mixer_snapshot(people, names_only=True)["sets"][0]["responses"][0]["length"] > 0
    assert calibrator_snapshot(people, names_only=True)["pool"] == []


def test_no_path_is_in_a_picture(tmp_path):
    study, _ = peopled_study(people=6, votes=40)
    study.pairs.name, study.path = "/srv/people/ann/votes", tmp_path / "votes.whim"
    said = json.dumps([mixer_snapshot(study.personalize()), calibrator_snapshot(study.personalize())])
    for word in ("/srv/", str(tmp_path), str(Path.home()) + "/"):
        assert word not in said


def test_numbers_have_seven_digits(picture):
    for one in picture["sets"][0]["responses"]:
        assert all(value == float(f"{value:.7g}") for value in one["codes"])


# -- data without prompts


def test_no_made_up_prompt_is_shown_where_data_has_none(people):
    study, _ = peopled_study()
    frame = study.pairs.frame
    frame = frame.assign(prompt=[f"(pair {code})" for code in study.pairs.prompt_codes])
    study.pairs = Pairs(frame, name=study.pairs.name)
    bare = study.personalize(features=["m_words", "d00", "d01"])
    mixer, calibrator = mixer_snapshot(bare), calibrator_snapshot(bare)
    assert mixer["sets"]
    assert calibrator["pool"]
    assert {one["prompt"] for one in (*mixer["sets"], *calibrator["pool"])} == {""}
    assert (mixer["study"]["prompts"], calibrator["study"]["prompts"]) == (0, 0)
    assert set(bare.informative(3)["prompt"]) == {""}
    assert "(pair" not in json.dumps([mixer, calibrator])
    page = people_report(bare)
    assert "(pair" not in page
    assert "<dt>prompts</dt>" not in page
    assert "<dt>prompts</dt>" in people_report(people)
