"""Several datasets as one study: equal weight, one unit, nobody mistaken for somebody else."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from tests.unit.comparisons.planting import directions, plant
from whimsight.comparisons import compare
from whimsight.comparisons.pooling import pool_pairs
from whimsight.errors import FitError, StudyError
from whimsight.pairs import Pairs

CHOICES = {"n_features": 4, "k": 1, "prefixes": (4,), "names": False}


@pytest.fixture(scope="module")
def unequal():
    """A large and a small dataset, each of which differs along four directions of its own."""
    here, there = dict.fromkeys(range(4), 0.25), dict.fromkeys(range(4, 8), 0.25)
    large, at_large, _ = plant(3000, name="large", active=here, effects={0: 1.0}, seed=1)
    small, at_small, _ = plant(300, name="small", active=there, effects={4: -1.0}, seed=2)
    given = {"large": large, "small": small}
    choices = CHOICES | {"n_features": 8, "prefixes": (8,)}
    return compare(given, embeddings={"large": at_large, "small": at_small}, **choices)


def test_a_small_dataset_has_the_same_say_in_the_dictionary(unequal):
    cosines = np.abs(directions(8) @ unequal.study.autoencoder.decoder.T)
    assert cosines.max(axis=1).min() > 0.95


def test_what_a_dataset_measures_is_what_was_planted_in_it(unequal):
    decoder, share = unequal.study.autoencoder.decoder, unequal.table["prevalence"]
    for direction in range(8):
        feature = unequal.study.found.index[np.abs(decoder @ directions(8)[direction]).argmax()]
        here, there = ("large", "small") if direction < 4 else ("small", "large")
        assert share[here, feature] > 0.2
        assert share[there, feature] < 0.02


def test_the_dictionary_leaves_k_features_active_in_the_average_dataset(unequal):
    made = unequal
    rows = [(made.study.codes[part.rows, :8] != 0).sum(axis=1).mean() for part in made.slices]
    assert np.mean(rows) == pytest.approx(1.0, abs=0.25)


def test_the_same_comparison_twice_is_the_same():
    sets = [plant(300, name=n, seed=s)[:2] for n, s in (("x", 1), ("y", 2))]
    given = {p.name: p for p, _ in sets}
    at = {p.name: e for p, e in sets}
    one, two = (compare(given, embeddings=at, **CHOICES) for _ in range(2))
    assert one.table.equals(two.table)
    assert one.study.fingerprint == two.study.fingerprint


def test_people_ids_and_conversations_of_two_datasets_are_not_the_same_ones():
    frame = ws.load("mt-bench").frame.head(40)
    pooled = pool_pairs([("one", ws.Pairs(frame)), ("two", ws.Pairs(frame))])
    assert pooled.frame["annotator"].nunique() == 2 * frame["annotator"].nunique()
    assert pooled.frame["id"].is_unique
    conversations = pooled.frame["conversation"]
    assert set(conversations[:40]).isdisjoint(conversations[40:])
    assert pooled.frame["prompt"].nunique() == frame["prompt"].nunique()
    assert pooled.frame["dataset"].tolist() == ["one"] * 40 + ["two"] * 40


def test_a_conversation_that_one_dataset_lacks_links_nothing():
    frame = ws.load("mt-bench").frame.head(12)
    alone = ws.Pairs(frame.drop(columns="conversation").assign(prompt=[f"p{i}" for i in range(12)]))
    pooled = pool_pairs([("with", ws.Pairs(frame)), ("without", alone)])
    assert np.unique(pooled.components()[12:]).size == 12


def test_a_study_brings_what_it_measured_and_its_settings():
    (p, at_p, _), (q, at_q, _) = plant(300, name="p", seed=4), plant(260, name="q", seed=5)
    one = ws.study(p, embeddings=at_p, controls=(), **CHOICES)
    two = ws.study(q, embeddings=at_q, controls=(), **CHOICES)
    from_studies = compare([one, two], embeddings={"p": at_p, "q": at_q})
    from_pairs = compare([p, q], embeddings={"p": at_p, "q": at_q}, controls=(), **CHOICES)
    assert from_studies.study.settings == from_pairs.study.settings
    np.testing.assert_allclose(
        from_studies.table["prevalence"].to_numpy(), from_pairs.table["prevalence"].to_numpy(), atol=1e-9
    )
    np.testing.assert_allclose(
        from_studies.table["delta_win"].to_numpy(), from_pairs.table["delta_win"].to_numpy(), atol=1e-6
    )


def test_studies_with_other_settings_are_refused_until_one_is_named():
    (p, at_p, _), (q, at_q, _) = plant(300, name="p", seed=4), plant(260, name="q", seed=5)
    one = ws.study(p, embeddings=at_p, **CHOICES)
    two = ws.study(q, embeddings=at_q, controls=(), **CHOICES)
    at = {"p": at_p, "q": at_q}
    with pytest.raises(StudyError, match=r"controls=\('length',\).*controls=\(\)"):
        compare([one, two], embeddings=at)
    made = compare([one, two], embeddings=at, controls=("length",))
    assert made.study.settings.controls == ("length",)


def test_the_features_of_one_study_are_applied_to_others():
    (p, at_p, _), (q, at_q, _) = plant(400, name="p", seed=4), plant(300, name="q", seed=5)
    one = ws.study(p, embeddings=at_p, **CHOICES)
    made = compare([one, q], features=one, embeddings={"p": at_p, "q": at_q})
    np.testing.assert_array_equal(made.study.codes[: len(p)], one.codes)
    np.testing.assert_allclose(
        made.table.loc["p"]["delta_win"].to_numpy(), one.found["delta_win"].to_numpy(), rtol=1e-6
    )
    assert list(made.study.found["name"]) == list(one.found["name"])


def test_features_that_people_named_and_turned_keep_both_elsewhere(tmp_path):
    (p, at_p, _), (q, at_q, _) = plant(400, name="p", seed=4), plant(300, name="q", seed=5)
    one = ws.study(p, embeddings=at_p, **CHOICES)
    one.labels = ws.LabelStore(tmp_path / "p.labels")
    one.labels.edit("d00", name="the first direction", turned=True)
    made = compare([one, q], features=one, embeddings={"p": at_p, "q": at_q})
    assert made.study.found.loc["d00", "name"] == "the first direction"
    np.testing.assert_array_equal(made.study.codes[: len(p), 0], one.codes[:, 0])
    assert made.table.loc["p"].loc["d00", "delta_win"] == pytest.approx(one.features.loc["d00", "delta_win"])


def test_embeddings_of_other_widths_are_refused_by_name():
    (p, at_p, _), (q, at_q, _) = plant(300, name="p", seed=4), plant(260, name="q", seed=5)
    with pytest.raises(StudyError, match=r"'q' have 8 dimensions, those of 'p' 16"):
        compare([p, q], embeddings={"p": at_p, "q": at_q[:, :8]}, **CHOICES)


def test_a_dataset_whose_responses_never_differ_is_refused():
    (p, at_p, _), (q, at_q, _) = plant(300, name="p", seed=4), plant(260, name="q", seed=5)
    with pytest.raises(FitError, match="'q'"):
        compare([p, q], embeddings={"p": at_p, "q": np.ones_like(at_q)}, **CHOICES)


def test_the_pooled_study_shows_what_all_datasets_express_together(unequal):
    made = unequal
    mixed = made.mixture()
    shown = made.study.features
    np.testing.assert_allclose(shown["delta_win"].to_numpy(), mixed["delta_win"].to_numpy())
    prevalence = made.table["prevalence"].groupby("feature").mean()
    np.testing.assert_allclose(shown["prevalence"].to_numpy(), prevalence[shown.index].to_numpy(), atol=1e-12)
    assert (shown["prevalence_low"] <= shown["prevalence"]).all()


def test_a_dataset_whose_votes_all_say_the_same_is_refused_by_name():
    (p, at_p, _), (q, at_q, _) = plant(300, name="p", seed=4), plant(260, name="q", seed=5)
    chosen = ws.Pairs(q.frame.assign(preference=1.0), name="q")
    with pytest.raises(FitError, match=r"In 'q': All 260 decided votes are for A"):
        compare([p, chosen], embeddings={"p": at_p, "q": at_q}, **CHOICES)


def test_names_that_people_gave_in_a_study_are_carried_over_where_the_feature_is_the_same(tmp_path):
    (p, at_p, _), (q, at_q, _) = plant(800, name="p", seed=4), plant(700, name="q", seed=5)
    at = {"p": at_p, "q": at_q}
    studies = [ws.study(x, embeddings=at[x.name], **CHOICES) for x in (p, q)]
    for study in studies:
        study.labels = ws.LabelStore(tmp_path / f"{study.name}.labels")
    studies[0].labels.edit("d02", name="the planted one", turned=True)
    studies[1].labels.edit("m_words", name="how long it is")
    made = compare(studies, embeddings=at).study
    assert made.found.loc["m_words", "name"] == "how long it is"
    (here,) = made.found.index[made.found["name"] == "the planted one"]
    # Read the same way: in the rows of that study the codes go up and down together.
    together = np.corrcoef(made.code(here)[: len(p)], studies[0].code("d02"))[0, 1]
    assert together > 0.95
    assert np.isnan(made.found.loc[here, "fidelity"])


def test_datasets_without_prompts_share_pairs_and_not_the_numbers_of_their_pairs():
    one, two = (
        Pairs(pd.DataFrame({"prompt": ["(pair 0)", "(pair 1)"], "response_a": a, "response_b": b}))
        for a, b in ((["x", "v"], ["y", "w"]), (["s", "y"], ["t", "x"]))
    )
    asked = Pairs(pd.DataFrame({"prompt": ["What?", "Why?"], "response_a": "x", "response_b": "y"}))
    pooled = pool_pairs([("one", one), ("asked", asked), ("two", two)])
    assert pooled.prompt_codes.tolist() == [0, 1, 2, 3, 4, 0]
