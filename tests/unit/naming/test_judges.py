"""Judges of a planted study beside each other: a model that errs, a person who does not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.stats.inter_rater import cohens_kappa

from tests.unit.naming.apologies import planted_study
from whimsight.attributes import measure
from whimsight.errors import StudyError
from whimsight.labels import LabelStore
from whimsight.studies import Study
from whimsight.studies.judged import merged, no_judgments
from whimsight.studies.verification import BlindTest

NAME = "apologises"


def truth(study: Study) -> np.ndarray:
    frame = study.pairs.frame
    a, b = (measure(frame[c].tolist(), ids=["m_apologies"])[:, 0] for c in ("response_a", "response_b"))
    return np.sign(a - b)


@pytest.fixture(scope="module")
def study() -> Study:
    """A model that answers "A" to two fifths of the pairs whatever they hold; a person right on 100 of them."""
    made = planted_study(3000)
    made.labels.edit("d00", name=NAME)
    right = truth(made)
    reading = BlindTest(made).reading
    rows = reading.held_out[reading.code("d00", reading.held_out) != 0]
    rng = np.random.default_rng(1)
    said = np.where(rng.random(rows.size) < 0.4, 1.0, right[rows])
    swapped = np.where(np.arange(rows.size) % 5 == 0, np.where(said == right[rows], said, -said), np.nan)
    made.judgments = merged(
        no_judgments(),
        [
            {"feature": "d00", "name": NAME, "row": int(r), "judge": "tiny", "part": "score", "answer": a,
             "swapped": s, "a_first": True}
            for r, a, s in zip(rows, said, swapped, strict=True)
        ],
        ("row",),
    )  # fmt: skip
    for row in rng.permutation(rows)[:100].tolist():
        made.labels.judge("d00", row, float(right[row]), name=NAME)
    return made


def test_kappa_is_that_of_statsmodels(study: Study) -> None:
    said = BlindTest(study).answers("d00").dropna()
    places = [-1.0, 0.0, 1.0]
    counts = np.array([[((said["Ann"] == i) & (said["tiny"] == j)).sum() for j in places] for i in places])
    expected = cohens_kappa(counts, wt="linear").kappa
    row = study.agreement("d00").set_index(["judge", "other"]).loc[("Ann", "tiny")]
    assert row["kappa"] == pytest.approx(expected)
    assert row["low"] < row["kappa"] < row["high"]
    assert row["n"] == len(said) == 100


def test_position_bias_counts_pairs_whose_answer_stayed_in_its_place(study: Study) -> None:
    both = study.judgments.dropna()
    stayed = (both["answer"] != both["swapped"]).mean()
    row = study.position_bias().loc["tiny"]
    assert row["n"] == len(both)
    assert row["follows"] == pytest.approx(stayed)
    assert row["follows_low"] < stayed < row["follows_high"]


def test_the_model_alone_is_its_own_logit(study: Study) -> None:
    said = BlindTest(study).answers("d00")["tiny"]
    rows = said.index.to_numpy()
    found = study.judged_effect("d00", "beta")
    words = (
        measure(study.pairs.frame["response_a"].tolist(), ids=["m_words"])[:, 0]
        - measure(study.pairs.frame["response_b"].tolist(), ids=["m_words"])[:, 0]
    )
    assert np.ptp(words) == 0, "nothing to control for"
    fit = sm.Logit(study.pairs.preference[rows], sm.add_constant(said.to_numpy())).fit(disp=0)
    assert found["value"]["model"] == pytest.approx(fit.params[1], abs=1e-6)
    assert found["n"]["model"] == rows.size


def test_people_correct_what_the_model_makes_too_small(study: Study) -> None:
    """Votes follow apologies with -1 a step; of steps other than 0 two thirds are one and a third two."""
    found = study.judged_effect("d00", "delta_win")
    wins = (2 / (1 + np.exp(1)) + 1 / (1 + np.exp(2))) / 3
    true = wins - (1 - wins)
    assert true == pytest.approx(-0.562, abs=1e-3)
    assert found["low"]["model"] > true, "errors draw it to 0, and its interval knows nothing of them"
    assert found["low"]["corrected"] < true < found["high"]["corrected"]
    width = (found["high"] - found["low"]).to_dict()
    assert width["corrected"] < width["people"]
    assert found["weight"]["corrected"] > 0.1


@pytest.mark.parametrize("shared", [30, 60])
def test_people_who_came_first_are_believed_on_all_that_they_judged(study: Study, shared: int) -> None:
    """The model stopped early, after ``shared`` of the 100 pairs of the person and 90 others."""
    said, kept = BlindTest(study).answers("d00"), study.judgments
    person = said["Ann"].notna().to_numpy()
    asked, others = said.index.to_numpy()[person], said.index.to_numpy()[~person]
    study.judgments = kept[kept["row"].isin([*asked[:shared], *others[:90]])].reset_index(drop=True)
    try:
        found = study.judged_effect("d00")
    finally:
        study.judgments = kept
    wins, more = study.pairs.preference[asked], said["Ann"].to_numpy()[person]
    assert found["value"]["people"] == pytest.approx(wins[more > 0].mean() - wins[more < 0].mean())
    assert found["n"].tolist() == [shared + 90, 100, 100 if shared < 40 else 190]
    width = found["high"] - found["low"]
    assert width["corrected"] <= width["people"]
    assert (found["value"]["corrected"] == found["value"]["people"]) == (shared < 40)


@pytest.mark.parametrize("effect", ["beta", "delta_win", "fidelity"])
def test_answers_about_pairs_that_nobody_was_tested_on_do_not_count(study: Study, effect: str) -> None:
    """Whoever reads examples and writes down wrong answers to these changes nothing."""
    before, right, own = study.judged_effect("d00", effect), truth(study), study.labels
    held_out = set(BlindTest(study).reading.held_out.tolist())
    study.labels = LabelStore(":memory:", author="Ann")
    study.labels.take(own.events())
    try:
        for row in set(range(600)) - held_out:
            study.labels.judge("d00", row, -float(right[row]), name=NAME)
        pd.testing.assert_frame_equal(study.judged_effect("d00", effect), before)
    finally:
        study.labels = own


def test_a_name_that_no_model_judged_is_refused(study: Study) -> None:
    with pytest.raises(StudyError, match="propose=False"):
        study.judged_effect("d01")
    with pytest.raises(StudyError, match="tiny"):
        study.judged_effect("d00", judge="gpt")
