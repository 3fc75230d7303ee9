"""Rewards: the study's own numbers without the study, honest scores of sets, files that hold no more than they must."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from tests.unit.personalization.rewarding import (
    N_FEATURES,
    Counted,
    made_study,
    some_weights,
)
from whimsight.errors import StudyError, StudyFileError
from whimsight.personalization.reward import Reward
from whimsight.studies import Study

FOUR = [
    "Yes.",
    "No, because\n- it depends\n- on YOU!",
    "perhaps `x` is so",
    "sure sure sure, the answer is a list",
]


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHIMSIGHT_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


@pytest.fixture(scope="module")
def reward(study: Study) -> Reward:
    factor = np.random.default_rng(2).normal(size=(len(study.found),) * 2) * 0.05
    return Reward.from_study(
        study, some_weights(), covariance=factor @ factor.T, title="me", embedder=Counted()
    )


def scores_of_rows(made: Reward, pairs: Any, **choices: Any) -> np.ndarray:
    frame = pairs.frame
    texts = (frame[c].tolist() for c in ("prompt", "response_a", "response_b"))
    return made.pair_scores(*texts, **choices)


def standardised(study: Study) -> tuple[np.ndarray, np.ndarray]:
    """The study's codes over their standard deviations, by plain NumPy."""
    codes = study.codes.astype(np.float64)
    decided = np.isin(study.pairs.preference, [0.0, 1.0])
    unit = codes[decided].std(axis=0)
    return np.divide(codes, unit, out=np.zeros_like(codes), where=unit > 0), unit


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"train_on": "residuals"},
        {"template": "Q: {prompt}\nA: {response}"},
        {"train_on": "residuals", "template": "{prompt} | {response}"},
    ],
)
def test_the_score_of_a_pair_is_weights_times_the_studys_codes(settings: dict[str, str]) -> None:
    study = made_study(**settings)
    assert 0.1 < (study.pair_codes[:, :N_FEATURES] != 0).mean() < 0.9
    made = Reward.from_study(study, some_weights(), embedder=Counted())
    expected = standardised(study)[0] @ some_weights()
    assert np.abs(expected).max() > 1
    np.testing.assert_allclose(scores_of_rows(made, study.pairs), expected, atol=2e-5)
    row = study.pairs.frame.iloc[7]
    one = made.pair_score(row["prompt"], row["response_a"], row["response_b"])
    assert one == pytest.approx(expected[7], abs=2e-5)


@pytest.mark.parametrize("settings", [{}, {"train_on": "residuals"}])
def test_weights_are_for_features_as_people_turned_them(settings: dict[str, str]) -> None:
    study = made_study(**settings)
    before = standardised(study)[0]
    for feature in ("d00", "d03", "m_words"):
        study.labels.edit(feature, turned=True)
    expected = standardised(study)[0] @ some_weights()
    assert np.abs(expected - before @ some_weights()).max() > 0.5
    made = Reward.from_study(study, some_weights(), embedder=Counted())
    np.testing.assert_allclose(scores_of_rows(made, study.pairs), expected, atol=2e-5)
    again = Reward.from_json(made.to_json(), embedder=Counted())
    np.testing.assert_array_equal(scores_of_rows(again, study.pairs), scores_of_rows(made, study.pairs))


def test_swapping_the_responses_turns_the_sign_and_nothing_else(reward: Reward) -> None:
    assert reward.pair_score("Why?", FOUR[0], FOUR[1]) == -reward.pair_score("Why?", FOUR[1], FOUR[0]) != 0


def test_a_study_of_several_datasets_reads_each_in_its_own_factor() -> None:
    study = made_study()
    study.facts["difference_factors"] = {"one": 2.0, "two": 0.5}
    made = Reward.from_study(study, {"d00": 1.0}, unit=np.ones(len(study.found)), embedder=Counted())
    frame = study.pairs.frame
    differences = np.subtract(*(Counted().embed(frame[c].tolist()) for c in ("response_a", "response_b")))
    activation = differences.astype(np.float64) @ study.autoencoder.encoder[:, 0]
    for dataset, factor in (("one", 2.0), ("two", 0.5), (None, 1.0)):
        expected = np.where(np.abs(factor * activation) > study.autoencoder.threshold, factor * activation, 0)
        np.testing.assert_allclose(scores_of_rows(made, study.pairs, dataset=dataset), expected, atol=1e-6)
    with pytest.raises(StudyError, match=r"no dataset 'three'. Datasets: 'one', 'two'"):
        made.pair_score("Q", "a", "b", dataset="three")


def test_the_scores_of_two_responses_differ_by_their_pair_score(reward: Reward) -> None:
    scores = reward.score("Why?", FOUR[:2])
    assert scores[0] - scores[1] == pytest.approx(reward.pair_score("Why?", *FOUR[:2]), rel=1e-12)
    assert scores.sum() == pytest.approx(0.0, abs=1e-12)


def test_scores_of_many_responses_are_the_least_squares_of_all_pair_scores(reward: Reward) -> None:
    pairs = [(i, j) for i in range(4) for j in range(4) if i < j]
    between = [reward.pair_score("Why?", FOUR[i], FOUR[j]) for i, j in pairs]
    design = np.zeros((len(pairs), 4))
    for k, (i, j) in enumerate(pairs):
        design[k, i], design[k, j] = 1, -1
    expected = np.linalg.lstsq(design, np.array(between), rcond=None)[0]
    np.testing.assert_allclose(reward.score("Why?", FOUR), expected, atol=1e-12)


def test_of_measured_features_alone_all_scores_differ_by_their_pair_scores() -> None:
    made = Reward.of_measures({"m_words": 0.3, "m_bullets": 1.5})
    scores = made.score("Why?", FOUR)
    for i in range(4):
        for j in range(4):
            assert scores[i] - scores[j] == pytest.approx(
                made.pair_score("Why?", FOUR[i], FOUR[j]), abs=1e-12
            )


def test_a_single_response_needs_a_reference(reward: Reward) -> None:
    with pytest.raises(StudyError, match="Give two or more, or a reference"):
        reward.score("Why?", FOUR[:1])
    assert reward.score("Why?", FOUR[:1], reference=FOUR[1])[0] == reward.pair_score("Why?", *FOUR[:2])
    assert len(reward.rank("Why?", FOUR[:3], reference=FOUR[3])) == 3


def test_the_position_is_left_out_of_scores(study: Study) -> None:
    fair, shifted = (
        Reward.from_study(study, some_weights(), intercept=position, embedder=Counted())
        for position in (0.0, 3.0)
    )
    np.testing.assert_array_equal(shifted.score("Why?", FOUR), fair.score("Why?", FOUR))
    assert Reward.from_json(shifted.to_json()).intercept == 3.0


def test_many_prompts_at_once_give_the_same_and_ask_for_each_text_once(study: Study) -> None:
    embedder = Counted()
    made = Reward.from_study(study, some_weights(), embedder=embedder)
    sets = [FOUR, FOUR[:2], FOUR[1:]]
    together = made.scores(["One?", "Two?", "One?"], sets)
    assert sorted(embedder.asked) == sorted(FOUR)
    for scores, prompt, responses in zip(together, ["One?", "Two?", "One?"], sets, strict=True):
        np.testing.assert_allclose(scores, made.score(prompt, responses), atol=1e-12)
    assert made.scores([], []) == []


def test_ranking_puts_the_highest_score_first_with_the_chance_of_beating_the_next(reward: Reward) -> None:
    table = reward.rank("Why?", FOUR)
    scores = reward.score("Why?", FOUR)
    assert table.index.tolist() == np.argsort(-scores).tolist()
    assert table["response"].tolist() == [FOUR[i] for i in table.index]
    np.testing.assert_allclose(table["score"], np.sort(scores)[::-1])
    assert table["rank"].tolist() == [1, 2, 3, 4]
    assert reward.covariance is not None
    rng = np.random.default_rng(0)
    weights = rng.multivariate_normal(reward.weights, reward.covariance, size=40_000)
    places = reward.coder.place(["Why?"] * 2, [FOUR[i] for i in table.index[:2]], Counted())
    code = reward.coder.codes(places[0], places[1]) / reward.unit
    drawn = expit(weights @ code)
    first = table.iloc[0]
    assert first["over_next"] == pytest.approx(drawn.mean(), abs=0.01)
    assert first["over_next_low"] == pytest.approx(np.quantile(drawn, 0.025), abs=0.02)
    assert first["over_next_high"] == pytest.approx(np.quantile(drawn, 0.975), abs=0.02)
    assert np.isnan(table["over_next"].iloc[-1])


def test_weights_set_by_hand_have_no_interval(study: Study) -> None:
    made = Reward.from_study(study, {"m_words": 1.0, "d02": -1.0}, embedder=Counted())
    table = made.rank("Why?", FOUR)
    assert table[["score_low", "score_high", "over_next_low", "over_next_high"]].isna().all(axis=None)
    between = made.pair_score("Why?", *table["response"][:2])
    assert table["over_next"].iloc[0] == pytest.approx(1 / (1 + np.exp(-between)))


def test_contributions_sum_to_the_scores_the_largest_first(reward: Reward) -> None:
    table = reward.explain("Why?", FOUR)
    np.testing.assert_allclose(table[[0, 1, 2, 3]].sum(), reward.score("Why?", FOUR), atol=1e-12)
    largest = table[[0, 1, 2, 3]].abs().max(axis=1)
    assert largest.is_monotonic_decreasing
    assert set(table.index) == set(reward.ids)
    assert (table["low"] < table["weight"]).all()


def test_features_without_a_weight_are_left_out(study: Study) -> None:
    made = Reward.from_study(study, {"m_words": 1.0, "d02": 0.0})
    assert made.ids == ("m_words",)
    assert made.needs is None
    known = Reward.from_study(study, {"m_words": 1.0, "d02": 0.0}, sd={"m_words": 0.1, "d02": 0.2})
    assert known.ids == ("d02", "m_words")
    assert known.sd is not None
    np.testing.assert_allclose(known.sd, [0.2, 0.1], rtol=1e-6)


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"weights": {"m_wrods": 1.0}}, "No feature 'm_wrods' in this study. Did you mean 'm_words'"),
        ({"weights": {"m_words": np.nan}}, "weights must be finite; that of 'm_words'"),
        ({"weights": np.ones(3)}, r"54 numbers in the order of study.features; found shape \(3,\)"),
        ({"weights": {"m_words": 1.0}, "sd": {"m_words": -1.0}}, "sd must be 0 or more"),
        ({"weights": {}, "covariance": np.ones((2, 2))}, "covariance must be a symmetric matrix"),
        ({"weights": {}, "intercept": np.inf}, "intercept must be a finite number"),
    ],
)
def test_wrong_weights_are_refused_by_name(study: Study, choices: dict[str, Any], said: str) -> None:
    with pytest.raises(StudyError, match=said):
        Reward.from_study(study, **choices)


@pytest.mark.parametrize(
    ("prompt", "responses", "said"),
    [
        ("Q", "one text", "responses must be a list of texts"),
        ("Q", ["a", 3], "responses, number 1: expected a text, found int"),
        (["Q"], ["a", "b"], "The prompt must be a text"),
    ],
)
def test_what_is_no_text_is_refused(reward: Reward, prompt: Any, responses: Any, said: str) -> None:
    with pytest.raises(StudyError, match=said):
        reward.score(prompt, responses)


# --- files ---------------------------------------------------------------------------------------------------------


def test_what_was_saved_scores_the_same_and_says_the_same(reward: Reward, tmp_path: Path) -> None:
    path = reward.save(tmp_path / "me.json")
    again = Reward.open(path, embedder=Counted())
    pd.testing.assert_frame_equal(again.rank("Why?", FOUR), reward.rank("Why?", FOUR))
    pd.testing.assert_frame_equal(again.explain("Why?", FOUR), reward.explain("Why?", FOUR))
    assert again.to_json() == reward.to_json() == path.read_text()
    assert (again.title, again.stated, again.origin) == (reward.title, reward.stated, reward.origin)


def test_a_file_of_eighty_features_of_minilm_is_small(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    study = made_study()
    wide = rng.normal(size=(384, 80)).astype(np.float32)
    made = Reward.from_study(study, some_weights(), sd=np.ones(len(study.found)), embedder=Counted())
    content = json.loads(made.to_json())
    feature = {**content["features"][0], "name": "says what it cannot do before it answers", "weight": 1 / 3}
    content["features"] = [{**feature, "id": f"d{i:02d}", "sd": 1.0} for i in range(80)]
    content["discovered"]["encoder"] = {
        "shape": [384, 80],
        "float32": base64.b64encode(wide.tobytes()).decode(),
    }
    content["discovered"]["residual"] = None
    triangle = np.eye(80)[np.triu_indices(80)] + 1e-6
    content["covariance"] = {
        "shape": [3240],
        "float32": base64.b64encode(triangle.astype("<f4").tobytes()).decode(),
    }
    content["attributes"] = []
    path = Reward.from_json(json.dumps(content)).save(tmp_path / "wide.json")
    assert path.stat().st_size < 200_000


def test_a_file_holds_no_text_of_the_data_and_nobodys_id(study: Study, reward: Reward) -> None:
    content = reward.to_json()
    frame = study.pairs.frame
    for column in ("prompt", "response_a", "response_b", "annotator"):
        assert not [text for text in frame[column].unique() if json.dumps(text)[1:-1] in content]
    assert "annotator" not in content


def test_an_embedder_that_is_handed_in_is_used_as_it_is(study: Study) -> None:
    embedder = Counted()
    assert Reward.from_study(study, {"d00": 1.0}, embedder=embedder).model() is embedder


def test_a_file_of_another_embedder_is_refused(reward: Reward) -> None:
    class Other(Counted):
        def __init__(self) -> None:
            super().__init__()
            self.fingerprint = "function:other:12"

    with pytest.raises(StudyError, match="'function:counted:12'; this one is 'function:other:12'"):
        Reward.from_json(reward.to_json(), embedder=Other())
    with pytest.raises(StudyError, match="measured features only: it needs no embedder"):
        Reward.of_measures({"m_words": 1.0}).using(Counted())


@pytest.mark.parametrize("name", ["openai:gpt", "somebody/model", "/models/mine", "counted"])
def test_a_file_alone_calls_no_endpoint_and_loads_no_model_from_elsewhere(reward: Reward, name: str) -> None:
    content = json.loads(reward.to_json())
    content["discovered"]["embedder"]["name"] = name
    opened = Reward.from_json(json.dumps(content))
    with pytest.raises(StudyError, match="neither calls an endpoint nor loads a model"):
        opened.score("Why?", FOUR)


def _changed(content: Any, path: tuple[Any, ...], value: Any) -> Any:
    part = content
    for key in path[:-1]:
        part = part[key]
    if value is KeyError:
        del part[path[-1]]
    else:
        part[path[-1]] = value
    return content


HUGE = {"shape": [65_536, 7], "float32": "AAAA"}
NAN = {
    "shape": [12, 6],
    "float32": base64.b64encode(np.full((12, 6), np.nan, dtype="<f4").tobytes()).decode(),
}


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        (("format",), "whimsight-study", "does not say that it is a Whimsight reward"),
        (("schema",), 2, "wrote it with schema 2; this is Whimsight .* reads schemas up to 1"),
        (("schema",), 0, "schema version is 0, which is no version"),
        (("schema",), True, "'schema' of the reward must be a whole number"),
        (("title",), KeyError, "the reward lacks 'title'"),
        (("title",), "x" * 10_001, "a text of at most 10,000 characters"),
        (("intercept",), 10**400, "'intercept' of the reward must be a finite number"),
        (("features", 0), 7, r"features\[0\] is not a JSON object but int"),
        (("features", 0, "weight"), "1", r"'weight' of features\[0\] must be a finite number"),
        (("features", 0, "weight"), None, r"'weight' of features\[0\] must be a finite number"),
        (("features", 0, "polarity"), 3, "must be 1 or -1"),
        (("features", 0, "unit"), -1, "must be a number, 0 or more"),
        (("features", 0, "kind"), "dreamt", "'discovered' or 'measured'"),
        (("features", 0, "kind"), "measured", "discovered features do not come before|in which unit 'd00'"),
        (("features", 0, "id"), "d02", "names a feature twice"),
        (("features", 0, "sd"), KeyError, "only some of its features have an sd"),
        (("features", 0, "sd"), 9.0, "its covariance does not fit the sd"),
        (("attributes", 0, "id"), "m_charm", "does not measure 'm_charm'"),
        (("attributes",), [], "in which unit 'm_"),
        (("discovered",), None, "'discovered' of the reward is not a JSON object"),
        (("discovered", "encoder"), HUGE, r"has the shape \[65536, 7\]; expected \[-1, 6\]"),
        (("discovered", "encoder", "shape"), [65_536, 6], "not as long as its shape"),
        (("discovered", "encoder", "shape"), [10**30, 6], r"expected \[-1, 6\]"),
        (("discovered", "encoder", "shape"), [-12, 6], r"expected \[-1, 6\]"),
        (("discovered", "encoder", "float32"), "é" * 384, "is not base64"),
        (("discovered", "encoder"), NAN, "holds NaN or infinity"),
        (("discovered", "template"), "{response.__class__}", "Template"),
        (("discovered", "factors"), [], "'factors' of .* must be an object of numbers"),
    ],
)
def test_a_damaged_or_hostile_file_gives_one_clear_error(
    reward: Reward, path: tuple[Any, ...], value: Any, said: str
) -> None:
    content = json.dumps(_changed(json.loads(reward.to_json()), path, value))
    with pytest.raises(StudyFileError, match=said):
        Reward.from_json(content)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "not JSON, or was cut short"),
        ("[]", "the reward is not a JSON object but list"),
        ('{"format": NaN}', "holds NaN, which JSON does not have"),
        ("[" * 200_000, "nested too deeply"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"\x80\x04\x95pickle", "is not JSON"),
    ],
)
def test_what_is_no_reward_gives_one_clear_error(text: str | bytes, said: str) -> None:
    with pytest.raises(StudyFileError, match=said):
        Reward.from_json(text)


def test_every_cut_of_a_file_is_noticed(reward: Reward, tmp_path: Path) -> None:
    data = reward.save(tmp_path / "me.json").read_bytes()
    for end in range(0, len(data) - 1, len(data) // 20):
        (tmp_path / "cut.json").write_bytes(data[:end])
        with pytest.raises(StudyFileError, match=r"Cannot open 'cut.json'"):
            Reward.open(tmp_path / "cut.json")


def test_a_missing_file_a_folder_and_a_place_that_cannot_be_written_say_so(
    reward: Reward, tmp_path: Path
) -> None:
    with pytest.raises(StudyFileError, match=r"There is no file 'me.json'"):
        Reward.open(tmp_path / "me.json")
    with pytest.raises(StudyFileError, match="it is not a file"):
        Reward.open(tmp_path)
    with pytest.raises(StudyFileError, match="it is a folder"):
        reward.save(tmp_path)
    with pytest.raises(StudyFileError, match="What was there is intact"):
        reward.save(tmp_path / "nowhere" / "me.json")


def test_measured_features_are_scored_without_torch_and_without_an_embedder(tmp_path: Path) -> None:
    made = Reward.from_study(made_study(), {"m_words": 0.5, "m_bullets": -0.25})
    path = made.save(tmp_path / "plain.json")
    code = (
        "import sys\n"
        "from whimsight.personalization.reward import Reward\n"
        f"made = Reward.open({str(path)!r})\n"
        f"print(made.score('Why?', {FOUR!r}).tolist())\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    np.testing.assert_allclose(json.loads(done.stdout), made.score("Why?", FOUR))


def test_the_table_and_the_repr_put_the_largest_weight_first(reward: Reward) -> None:
    assert reward.table["weight"].abs().is_monotonic_decreasing
    assert repr(reward).startswith("<Reward 'me': ")
    assert repr(Reward.of_measures({})) == "<Reward 'weights set by hand': no weights>"
