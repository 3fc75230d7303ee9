"""A comparison as its users meet it: tables, names, mixtures, files."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

import whimsight as ws
from tests.unit.comparisons.planting import directions, plant
from whimsight.comparisons import Comparison, compare
from whimsight.comparisons._comparison import COMPARED_COLUMNS, TABLE_COLUMNS
from whimsight.errors import StudyError

CHOICES = {"n_features": 4, "k": 1, "prefixes": (4,), "names": False, "controls": ()}


@pytest.fixture
def opposed() -> Comparison:
    """Two datasets that reward direction 0 and penalise it; direction 1 is rewarded in both, 2 in none."""
    first, at_first, _ = plant(1500, name="first", effects={0: 1.0, 1: 1.0}, seed=1)
    second, at_second, _ = plant(1500, name="second", effects={0: -1.0, 1: 1.0}, seed=2)
    at = {"first": at_first, "second": at_second}
    return compare([first, second], embeddings=at, **CHOICES)


def _feature(made: Comparison, direction: int) -> tuple[str, float]:
    """The feature that lies along a planted direction, and 1 or -1."""
    along = made.study.autoencoder.decoder @ directions(8)[direction]
    j = int(np.abs(along).argmax())
    return str(made.study.found.index[j]), float(np.sign(along[j]))


def test_the_tables_have_the_promised_rows_and_columns(opposed):
    table = opposed.table
    assert tuple(table.columns) == TABLE_COLUMNS
    assert table.index.names == ["dataset", "feature"]
    assert list(table.loc["first"].index) == list(opposed.study.features.index)
    assert tuple(opposed.features.columns) == COMPARED_COLUMNS
    assert {"feature", "name", "for", "against", "difference", "difference_low", "difference_high", "q"} <= {
        *opposed.conflicts.columns
    }
    assert (table["delta_win_low"].dropna() >= -1).all()


def test_what_one_dataset_rewards_and_the_other_penalises_is_the_one_conflict(opposed):
    feature, sign = _feature(opposed, 0)
    found = opposed.conflicts
    assert found["feature"].tolist() == [feature]
    assert found[["for", "against"]].iloc[0].tolist() == (
        ["first", "second"] if sign > 0 else ["second", "first"]
    )
    # sigmoid(1) - sigmoid(-1) in the one and its opposite in the other; codes find nearly all that was planted.
    assert found["difference"].iloc[0] == pytest.approx(2 * np.tanh(0.5), abs=0.12)


def test_what_both_reward_does_not_differ_and_what_none_rewards_is_little(opposed):
    feature, _ = _feature(opposed, 1)
    assert opposed.features.loc[feature, "q"] > 0.05
    assert set(opposed.table.xs(feature, level="feature")["verdict"]) in ({"for"}, {"against"})
    nothing, _ = _feature(opposed, 2)
    assert set(opposed.table.xs(nothing, level="feature")["verdict"]) <= {"little", "unclear"}


def test_a_turned_feature_changes_the_sides_of_its_conflict_everywhere(opposed, tmp_path):
    opposed.study.labels = ws.LabelStore(tmp_path / "both.labels")
    feature, _ = _feature(opposed, 0)
    before, mixed, pooled = opposed.conflicts.iloc[0], opposed.mixture(), opposed.features
    opposed.labels.edit(feature, name="the other end", turned=True)
    after = opposed.conflicts.iloc[0]
    assert (after["for"], after["against"]) == (before["against"], before["for"])
    assert after["name"] == "the other end"
    assert after["difference_high"] == pytest.approx(before["difference_high"])
    assert opposed.mixture().loc[feature, "delta_win_low"] == pytest.approx(
        -mixed.loc[feature, "delta_win_high"]
    )
    assert opposed.features.loc[feature, "pooled"] == pytest.approx(-pooled.loc[feature, "pooled"])
    assert opposed.features.loc[feature, "Q"] == pytest.approx(pooled.loc[feature, "Q"])
    row = opposed.table.loc[("first", feature)]
    assert row["delta_win_low"] <= row["delta_win"] <= row["delta_win_high"]


def test_a_mixture_goes_from_the_one_dataset_to_the_other(opposed):
    feature, _ = _feature(opposed, 0)
    effect = opposed.table["delta_win"].xs(feature, level="feature")
    alone = opposed.mixture({"first": 2.0})
    assert alone.loc[feature, "delta_win"] == pytest.approx(effect["first"])
    assert not alone.loc[feature, "washes_out"]
    half = opposed.mixture()
    assert bool(half.loc[feature, "washes_out"])
    assert min(effect) < half.loc[feature, "delta_win"] < max(effect)
    with pytest.raises(StudyError, match=r"No dataset 'frist'.*first"):
        opposed.mixture({"frist": 1.0})
    with pytest.raises(StudyError, match="one weight for each of the 2 datasets"):
        opposed.mixture([1.0, 2.0, 3.0])


def test_ratios_turn_over_with_their_reference(opposed):
    there, here = opposed.prevalence_ratios(), opposed.prevalence_ratios("second")
    feature, _ = _feature(opposed, 0)
    assert there.index.get_level_values("dataset").unique().tolist() == ["second"]
    assert there.loc[("second", feature), "ratio"] == pytest.approx(1 / here.loc[("first", feature), "ratio"])


def test_examples_are_those_of_one_dataset(opposed):
    feature, _ = _feature(opposed, 0)
    shown = opposed.examples(feature, "second", n=5)
    assert shown["prompt"].str.startswith("second").all()
    rows = shown["row"].to_numpy()
    np.testing.assert_allclose(np.abs(opposed.study.code(feature)[rows]), shown["code"])
    assert (rows >= 1500).all()


def test_a_comparison_comes_back_from_its_file(opposed, tmp_path):
    path = opposed.save(tmp_path / "both.whim")
    again = Comparison.open(path)
    pd.testing.assert_frame_equal(again.table, opposed.table)
    pd.testing.assert_frame_equal(again.conflicts, opposed.conflicts)
    assert ws.open(path).pairs.frame["dataset"].nunique() == 2


def test_slices_by_a_column_come_back_from_their_file_and_masks_say_that_they_do_not(tmp_path):
    pairs, at, _ = plant(800, name="votes", effects={0: 1.0}, seed=3)
    frame = pairs.frame.assign(subject=np.resize(["law", "tax"], 800))
    study = ws.study(ws.Pairs(frame, name="votes"), embeddings=at, **CHOICES)
    made = compare(study, by="subject")
    again = Comparison.open(made.save(tmp_path / "subject.whim"))
    assert again.by == "subject"
    pd.testing.assert_frame_equal(again.table, made.table)
    assert "comparison" not in study.facts
    masks = compare(study, by={"first": np.arange(800) < 400, "last": np.arange(800) >= 400})
    with pytest.raises(StudyError, match="column of the pairs"):
        masks.save(tmp_path / "masks.whim")
    study.save(tmp_path / "alone.whim")
    with pytest.raises(StudyError, match=r"'alone.whim' holds a study and no comparison"):
        Comparison.open(tmp_path / "alone.whim")


def test_names_go_with_the_file_of_every_comparison(opposed, tmp_path):
    pairs, at, _ = plant(800, name="votes", effects={0: 1.0}, seed=3)
    frame = pairs.frame.assign(subject=np.resize(["law", "tax"], 800))
    study = ws.study(ws.Pairs(frame, name="votes"), embeddings=at, **CHOICES)
    study.labels = ws.LabelStore(tmp_path / "own.labels")
    for made in (opposed, compare(study, by="subject")):
        made.labels.edit("m_words", name="how long it is")
        path = made.save(tmp_path / f"{made.by}.whim")
        assert Comparison.open(path).features.loc["m_words", "name"] == "how long it is"
        made.labels.edit("m_words", name="length of it")
        made.save(path)
        assert Comparison.open(path).features.loc["m_words", "name"] == "length of it"
    assert study.labels.path == tmp_path / "own.labels"


def test_a_mixture_can_be_fitted_anew_and_is_then_what_a_study_of_the_mixed_pairs_says():
    (p, at_p, _), (q, at_q, _) = (
        plant(1500, name=n, effects={0: b}, seed=s) for n, b, s in (("p", 1.0, 1), ("q", -0.4, 2))
    )
    at = {"p": at_p, "q": at_q}
    made = compare([p, q], embeddings=at, **(CHOICES | {"controls": ("length",)}))
    weights = {"p": 3.0, "q": 1.0}
    feature, _ = _feature(made, 0)
    # Three of p for each of q, really: every row of p three times.
    rows = np.concatenate([np.tile(made.slices[0].rows, 3), made.slices[1].rows])
    pairs = made.study.pairs.take(rows)
    y, z = pairs.preference, made.study.code(feature)[rows]
    length = made.study.code("m_words")[rows]
    active = z != 0
    x = np.column_stack([np.ones(active.sum()), z[active] > 0, length[active]]).astype(float)
    x = x[:, x.std(axis=0) + (np.arange(3) == 0) > 0]
    theta = sm.Logit(y[active], x).fit(disp=0).params
    rest = x @ theta - x[:, 1] * theta[1]
    expected = (1 / (1 + np.exp(-rest - theta[1])) - 1 / (1 + np.exp(-rest))).mean()
    refitted = made.mixture(weights, refit=True)
    assert refitted.loc[feature, "delta_win"] == pytest.approx(expected, abs=1e-6)
    # Without a control that the datasets see differently, the mean of their effects is nearly the same.
    assert made.mixture(weights).loc[feature, "delta_win"] == pytest.approx(expected, abs=0.03)


def test_weights_are_told_by_name_however_they_come(opposed):
    expected = opposed.mixture({"second": 1.0})["delta_win"]
    series = opposed.mixture(pd.Series([1.0, 0.0], index=["second", "first"]))["delta_win"]
    pd.testing.assert_series_equal(series, expected)
    with pytest.raises(StudyError, match="numbers"):
        opposed.mixture({"first": "much"})


def test_people_and_a_model_on_the_same_pairs_are_compared_as_pairs(tmp_path):
    pairs, at, codes = plant(2000, name="judged", effects={0: 1.0}, seed=3)
    rng = np.random.default_rng(0)
    model = (rng.random(2000) < 1 / (1 + np.exp(-1.0 * codes[:, 0] - 1.5 * codes[:, 1]))).astype(float)
    study = ws.study(ws.Pairs(pairs.frame.assign(model=model), name="judged"), embeddings=at, **CHOICES)
    made = compare(study, votes={"people": "preference", "model": "model"})
    assert made.linked
    assert made.datasets == ["people", "model"]
    differ = set(made.features.index[made.features["q"] <= 0.05])
    assert _feature(made, 1)[0] in differ
    assert _feature(made, 0)[0] not in differ


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ([], "at least two datasets; found 0"),
        (["mt-bench"], "at least two datasets; found 1"),
        (3, "found int"),
    ],
)
def test_what_cannot_be_compared_is_refused_with_a_way_on(given, message):
    with pytest.raises(ws.WhimsightError, match=message):
        compare(given)


def test_one_study_alone_asks_what_to_compare_it_with():
    pairs, at, _ = plant(300, name="alone", seed=3)
    study = ws.study(pairs, embeddings=at, **CHOICES)
    with pytest.raises(StudyError, match="by='column'"):
        compare(study)
    with pytest.raises(StudyError, match="not both"):
        compare(study, by="model", votes={"a": "preference"})
    with pytest.raises(TypeError, match=r"no choice 'controlls'.*controls"):
        compare([study, study], controlls=())


def test_two_studies_of_one_name_are_told_apart():
    pairs, at, _ = plant(300, name="votes", seed=3)
    other, at_other, _ = plant(300, name="votes", seed=4)
    made = compare([pairs, other], embeddings={"votes": at, "votes (2)": at_other}, **CHOICES)
    assert made.datasets == ["votes", "votes (2)"]


def test_a_study_that_kept_no_embeddings_says_so():
    pairs, at, _ = plant(300, name="one", seed=3)
    study = ws.study(pairs, embeddings=at, **CHOICES)
    other = ws.study(
        plant(300, name="two", seed=4)[0], embeddings=plant(300, name="two", seed=4)[1], **CHOICES
    )
    with pytest.raises(StudyError, match="ready embeddings, which they do not keep"):
        compare([study, other])


def test_two_halves_of_one_dataset_contradict_each_other_no_more_than_chance():
    """Eight random halvings of real votes, 80 features each: one in twenty may hold a conflict."""
    study = ws.study(ws.load("creative-writing"), embedder="static", names=False)
    component = study.pairs.components()
    with_any = 0
    for seed in range(8):
        half = np.random.default_rng(seed).permutation(component.max() + 1) % 2
        made = compare(study, by={"one": half[component] == 0, "other": half[component] == 1})
        with_any += not made.conflicts.empty
    assert with_any <= 2  # more has a chance of .6 % where each has one of 5 %


def test_features_belong_to_the_space_that_they_were_learned_in():
    few = ws.load("hh-harmless").take(np.arange(300))
    study = ws.study(few, embedder=_hashed, **CHOICES)
    other = ws.Pairs(few.frame.head(200), name="other")
    assert compare([study, other], features=study, embedder=_hashed).datasets == ["hh-harmless", "other"]
    with pytest.raises(StudyError, match="in whose space they mean nothing"):
        compare([study, other], features=study, embedder="static")
    with pytest.raises(StudyError, match="leave out n_features"):
        compare([study, other], features=study, embedder=_hashed, n_features=8)
    with pytest.raises(ws.EmbeddingError, match=r"Hand it in: ws\.compare\(\.\.\., embedder=\.\.\.\)"):
        compare([study, other])


def _hashed(texts):
    """An embedder that means nothing and is always the same."""
    return np.stack([np.random.default_rng([len(t), *t.encode()[:40]]).normal(size=16) for t in texts])


def test_a_dataset_inside_one_prompt_has_no_interval_that_pretends_to_know_others():
    pairs, at, _ = plant(400, name="one", seed=3, prompts=4)
    single = ws.Pairs(pairs.frame.assign(prompt="the only one"), name="single")
    other, at_other, _ = plant(400, name="other", seed=4)
    made = compare([single, other], embeddings={"single": at, "other": at_other}, **CHOICES)
    here = made.table.loc["single"]
    assert (here["prevalence_high"] - here["prevalence_low"] > 0.5).all()
    assert here["beta"].isna().all()
    assert set(here["verdict"]) == {"too few"}
    assert made.prevalence_ratios()["p"].isna().all()


def test_a_dataset_without_annotators_is_estimated_as_alone_whoever_stands_beside_it():
    (p, at_p, _), (q, at_q, _) = plant(500, name="p", seed=4, effects={0: 1.0}), plant(300, name="q", seed=5)
    people = ws.Pairs(q.frame.assign(annotator=np.resize(["a", "b", "c"], 300)), name="q")
    at = {"p": at_p, "q": at_q}
    beside, alone = (compare([p, x], embeddings=at, **CHOICES).table.loc["p"] for x in (people, q))
    pd.testing.assert_frame_equal(beside, alone)


def test_samples_and_study_files_are_taken_by_name(tmp_path):
    pairs, at, _ = plant(300, name="mine", seed=3)
    study = ws.study(pairs, embeddings=at, **CHOICES)
    path = study.save(tmp_path / "mine.whim")
    with pytest.raises(StudyError, match="ready embeddings"):
        compare([str(path), str(path)])
    with pytest.raises(StudyError, match="found a Comparison"):
        compare([compare([pairs, pairs], embeddings={"mine": at, "mine (2)": at}, **CHOICES), pairs])
    with pytest.raises(ws.WhimsightError, match=r"[Nn]o column 'no-such-column'"):
        compare(str(path), by="no-such-column")
