"""Re-labelling: the votes that somebody's weights stand for, counted and told."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import norm, t

from tests.unit.personalization.rewarding import Counted, made_pairs, made_study, some_weights
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.personalization import scoring
from whimsight.personalization.reward import Reward
from whimsight.studies import Study

TERSE = Reward.of_measures({"m_words": -1.0}, title="likes it short")


def votes() -> Pairs:
    """Six votes; the shorter response is A, B, A, A, neither, B."""
    frame = pd.DataFrame(
        {
            "prompt": ["p", "q", "r", "s", "t", "u"],
            "response_a": ["one", "one two three", "one", "one", "one two", "one two"],
            "response_b": ["one two", "one", "one two three four", "one two", "two one", "one"],
            "preference": [1.0, 1.0, 0.0, np.nan, 1.0, 0.5],
            "annotator": list("xyzxyz"),
        }
    )
    return Pairs(frame, name="six")


@pytest.fixture(autouse=True)
def data_folder(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WHIMSIGHT_DATA", str(tmp_path_factory.mktemp("data")))


@pytest.fixture(scope="module")
def study() -> Study:
    return made_study()


def test_each_row_gets_the_side_that_the_weights_prefer() -> None:
    frame = TERSE.relabel(votes()).frame
    assert frame["preference"].tolist() == [1.0, 0.0, 1.0, 1.0, 0.5, 0.0]
    pd.testing.assert_series_equal(frame["preference_before"], votes().frame["preference"], check_names=False)
    # m_words is ln(1 + words) or words; either way the probability is that of the margin
    np.testing.assert_allclose(frame["probability"], 1 / (1 + np.exp(-frame["margin"])))
    assert frame["annotator"].tolist() == list("xyzxyz")


def test_the_report_counts_flips_with_their_interval() -> None:
    notes = str(TERSE.relabel(votes()).report)
    assert "2 of 4 decided votes flip (50.0%, 95 % interval" in notes
    assert "relabelled with the weights of 'likes it short'" in notes
    assert "1 row had no label" in notes
    assert "1 row alike in every feature with a weight: tied" in notes


def test_the_interval_of_flips_is_wilsons_for_votes_of_prompts_of_their_own() -> None:
    n = 80
    frame = pd.DataFrame(
        {"prompt": [f"p{i}" for i in range(n)], "response_a": "one", "response_b": "one two"}
    )
    frame["preference"] = np.where(np.arange(n) < 20, 0.0, 1.0)
    notes = str(TERSE.relabel(Pairs(frame)).report)
    found = re.search(r"20 of 80 decided votes flip \(25.0%, 95 % interval ([\d.]+)% to ([\d.]+)%", notes)
    assert found is not None
    z2, size = t.ppf(0.975, n - 1) ** 2, n - 1  # p (1 - p) / V with V = p (1 - p) / (n - 1)
    centre = (0.25 + z2 / (2 * size)) / (1 + z2 / size)
    half = np.sqrt(z2) / (1 + z2 / size) * np.sqrt(0.25 * 0.75 / size + z2 / (4 * size**2))
    assert [float(v) for v in found.groups()] == pytest.approx(
        [100 * (centre - half), 100 * (centre + half)], abs=0.06
    )


def test_votes_of_one_prompt_make_the_interval_wider() -> None:
    def width(prompts: int) -> float:
        n = 80
        frame = pd.DataFrame(
            {"prompt": [f"p{i % prompts}" for i in range(n)], "response_a": "one", "response_b": "one two"}
        )
        frame["preference"] = np.where(np.arange(n) % prompts < prompts // 4, 0.0, 1.0)
        notes = str(TERSE.relabel(Pairs(frame)).report)
        low, high = re.findall(r"interval ([\d.]+)% to ([\d.]+)%", notes)[0]
        return float(high) - float(low)

    assert width(8) > 2 * width(80)


@pytest.mark.parametrize(
    ("unsure", "expected"),
    [("keep", [1, 0, 1, 1, 0.5, 0]), ("tie", [0.5, 0, 1, 0.5, 0.5, 0.5]), ("drop", [0, 1])],
)
def test_unsure_rows_are_kept_made_ties_or_left_out(unsure: str, expected: list[float]) -> None:
    plain = TERSE.relabel(votes()).frame
    sure = np.maximum(plain["probability"], 1 - plain["probability"])
    least = float((sure[0] + sure[1]) / 2)  # between a difference of one word and of two
    pairs = TERSE.relabel(votes(), unsure=unsure, least=least)  # type: ignore[arg-type]
    assert pairs.preference.tolist() == expected
    assert pairs.report.kept == (2 if unsure == "drop" else None)
    assert "3 rows unsure" in str(pairs.report)


def test_soft_labels_are_the_probabilities() -> None:
    frame = TERSE.relabel(votes(), soft=True).frame
    assert frame["preference"].tolist() == frame["probability"].tolist()


def test_nothing_left_and_wrong_choices_are_refused() -> None:
    with pytest.raises(StudyError, match="All 6 rows are unsure"):
        TERSE.relabel(votes(), unsure="drop", least=1.0)
    with pytest.raises(StudyError, match="unsure must be one of"):
        TERSE.relabel(votes(), unsure="guess")  # type: ignore[arg-type]
    with pytest.raises(StudyError, match=r"least must lie between 0.5 and 1"):
        TERSE.relabel(votes(), least=0.2)


def test_what_is_not_known_of_the_weights_is_integrated_out(study: Study) -> None:
    made = Reward.from_study(study, {"m_words": 1.0}, sd={"m_words": 0.5})
    frame = made.relabel(study.pairs).frame
    row = frame.iloc[int(np.argmax(frame["margin"]))]

    def density(z: float) -> float:
        return float(norm.pdf(z) / (1 + np.exp(-row["margin"] * (1 + 0.5 * z))))

    assert row["probability"] == pytest.approx(quad(density, -9, 9)[0], abs=1e-4)
    assert row["probability"] < 1 / (1 + np.exp(-row["margin"])) - 0.02


def test_margins_are_the_studys_own_and_each_text_is_embedded_once(study: Study) -> None:
    embedder = Counted()
    made = Reward.from_study(study, some_weights(), embedder=embedder)
    pairs = made.relabel(study.pairs)
    assert sorted(embedder.asked) == sorted(study.pairs.texts().unique)
    columns = [study.column(feature) for feature in made.ids]
    expected = (study.codes[:, columns] / made.unit) @ made.weights
    np.testing.assert_allclose(pairs.frame["margin"], expected, atol=2e-5)


def test_a_pair_shown_the_other_way_round_gets_the_other_label(study: Study) -> None:
    made = Reward.from_study(study, some_weights(), embedder=Counted())
    frame = study.pairs.frame
    swapped = Pairs(frame.assign(response_a=frame["response_b"], response_b=frame["response_a"]))
    np.testing.assert_allclose(
        made.relabel(swapped).frame["probability"],
        1 - made.relabel(study.pairs).frame["probability"],
        atol=1e-12,
    )


def test_responses_are_read_with_their_prompt_where_the_template_says_so() -> None:
    study = made_study(template="{prompt}: {response}")
    embedder = Counted()
    made = Reward.from_study(study, some_weights(), embedder=embedder)
    margin = made.relabel(study.pairs).frame["margin"]
    assert all(text.startswith("Question ") for text in embedder.asked)
    columns = [study.column(feature) for feature in made.ids]
    np.testing.assert_allclose(margin, (study.codes[:, columns] / made.unit) @ made.weights, atol=2e-5)


def test_rows_of_several_datasets_are_read_each_in_its_own_factor() -> None:
    study = made_study()
    study.facts["difference_factors"] = {"one": 1.0, "two": 3.0}
    made = Reward.from_study(study, {"d00": 1.0, "d01": 1.0}, embedder=Counted())
    n = len(study.pairs)
    where = np.array(["one", "two", "else"])[np.arange(n) % 3]
    margin = made.relabel(Pairs(study.pairs.frame.assign(dataset=where))).frame["margin"].to_numpy()
    frame = study.pairs.frame
    texts = (frame["prompt"].tolist(), frame["response_a"].tolist(), frame["response_b"].tolist())
    for dataset, rows in (("one", where != "two"), ("two", where == "two")):
        np.testing.assert_allclose(margin[rows], made.pair_scores(*texts, dataset=dataset)[rows], atol=1e-12)


def test_the_size_of_the_pieces_changes_nothing(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Reward.from_study(study, some_weights(), embedder=Counted())
    whole = made.relabel(study.pairs).frame["margin"]
    monkeypatch.setattr(scoring, "_TEXTS", 7)
    monkeypatch.setattr("whimsight.personalization.relabel._PAIRS", 5)
    np.testing.assert_allclose(made.relabel(study.pairs).frame["margin"], whole, atol=1e-12)


def test_pairs_without_labels_get_them() -> None:
    pairs = made_pairs()
    bare = Pairs(pairs.frame.drop(columns=["preference", "annotator"]))
    made = TERSE.relabel(bare)
    assert made.labelled
    assert made.frame["preference_before"].isna().all()
    assert "120 rows had no label" in str(made.report)
    assert "flip" not in str(made.report)
