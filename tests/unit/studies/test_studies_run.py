"""The whole way from pairs to a study, on real votes and on planted truth, with a small hashing embedder."""

import zlib

import numpy as np
import pandas as pd
import pytest

import whimsight as ws
from whimsight.errors import EmbeddingError
from whimsight.studies import FEATURE_COLUMNS


def hashed(texts: list[str]) -> np.ndarray:
    """Words hashed to 48 signed sums: deterministic, and blind to nothing that these tests plant."""
    out = np.zeros((len(texts), 48))
    for row, text in enumerate(texts):
        for word in text.lower().split():
            h = zlib.crc32(word.encode())
            out[row, h % 48] += 1 if h & 1024 else -1
    return out


@pytest.fixture(scope="module")
def pairs() -> ws.Pairs:
    whole = ws.load("mt-bench")
    return whole.take(whole.prompt_codes < 60)


@pytest.fixture(scope="module")
def study(pairs) -> ws.Study:
    return ws.study(pairs, embedder=hashed, n_features=12, k=3)


def test_the_features_table_has_the_promised_shape(study):
    assert tuple(study.features.columns) == FEATURE_COLUMNS
    assert list(study.features.index) == [*(f"d{j:02d}" for j in range(12)), *ws.ATTRIBUTES]
    assert study.codes.shape == (len(study.pairs), 12 + len(ws.ATTRIBUTES))
    assert study.codes.dtype == np.float32


def test_prevalence_is_the_share_of_rows_with_a_code_other_than_0(study):
    np.testing.assert_allclose(study.features["prevalence"], (study.codes != 0).mean(axis=0), atol=1e-6)


def test_measured_codes_are_differences_in_units_of_their_root_mean_square(study):
    frame = study.pairs.frame
    # Scripts without spaces are counted otherwise: ASCII rows are checked, and the unit over all of them.
    plain = (frame["response_a"].map(str.isascii) & frame["response_b"].map(str.isascii)).to_numpy()
    words = (frame["response_a"].str.split().str.len() - frame["response_b"].str.split().str.len()).to_numpy()
    unit = study.attribute_scale[list(ws.ATTRIBUTES).index("m_words")]
    np.testing.assert_allclose(study.code("m_words")[plain], words[plain] / unit, rtol=1e-5, atol=1e-6)
    first, _ = study.pairs.unique_pairs()
    measured = study.codes[:, study.column("m_words")][first]
    assert np.sqrt(np.mean(measured.astype(float) ** 2)) == pytest.approx(1, abs=1e-5)


def test_swapping_all_sides_changes_no_beta_and_flips_every_code(pairs, study):
    frame = pairs.frame.rename(columns={"response_a": "response_b", "response_b": "response_a"})
    frame["preference"] = 1 - frame["preference"]
    other = ws.study(ws.Pairs(frame, name="swapped"), embedder=hashed, n_features=12, k=3)
    for column in ("prevalence", "beta", "p"):
        measured = study.features["kind"] == "measured"
        np.testing.assert_allclose(
            other.features[column][measured], study.features[column][measured], rtol=1e-3, atol=1e-4
        )
    np.testing.assert_allclose(other.code("m_words"), -study.code("m_words"), rtol=1e-6)


def test_without_labels_a_study_says_what_could_be_measured(pairs):
    frame = pairs.frame.assign(preference=np.nan)
    blind = ws.study(ws.Pairs(frame, name="blind"), embedder=hashed, n_features=12, k=3)
    assert blind.features["prevalence"].notna().all()
    assert blind.features[["beta", "delta_win", "p", "q"]].isna().all(axis=None)
    assert not blind.features["significant"].any()
    assert blind.prediction.empty
    assert "0 with a significant effect" in repr(blind)


def test_the_same_seed_gives_the_same_study(pairs, study):
    again = ws.study(pairs, embedder=hashed, n_features=12, k=3)
    pd.testing.assert_frame_equal(again.features, study.features)
    pd.testing.assert_frame_equal(again.prediction, study.prediction)
    np.testing.assert_array_equal(again.pair_codes, study.pair_codes)


@pytest.fixture(scope="module")
def planted() -> tuple[ws.Study, np.ndarray]:
    """Votes drawn with weight 1 on a trait: seven times the word zebra in one of the responses."""
    rng = np.random.default_rng(0)
    words = np.array([f"word{k}" for k in range(12)])
    n = 1_500
    sides = [[" ".join(rng.choice(words, 25)) for _ in range(n)] for _ in range(2)]
    trait = rng.choice([-1, 0, 1], size=n)
    for i in np.flatnonzero(trait):
        side = sides[0] if trait[i] > 0 else sides[1]
        side[i] = " ".join(["zebra"] * 7 + side[i].split()[7:])
    wins = rng.random(n) < 1 / (1 + np.exp(-1.0 * trait))
    frame = pd.DataFrame(
        {
            "prompt": [f"p{i % 300}" for i in range(n)],
            "response_a": sides[0],
            "response_b": sides[1],
            "preference": wins.astype(float),
        }
    )
    return ws.study(ws.Pairs(frame), embedder=hashed, n_features=8, k=2, controls=()), trait


def test_a_planted_preference_is_discovered_and_its_effect_is_the_closed_form(planted):
    made, trait = planted
    discovered = list(made.features.index[:8])
    r = [abs(np.corrcoef(made.code(f), trait)[0, 1]) for f in discovered]
    best = discovered[int(np.argmax(r))]
    assert max(r) > 0.8
    row = made.features.loc[best]
    assert row["significant"]
    # Without controls the logit on the sign is saturated: its fit are the two shares of wins.
    code, wins = made.code(best), made.pairs.preference
    closed = wins[code > 0].mean() - wins[code < 0].mean()
    assert row["delta_win"] == pytest.approx(closed, abs=1e-6)
    assert row["delta_win_low"] < closed < row["delta_win_high"]


def test_a_feature_is_turned_so_that_its_name_speaks_of_the_side_with_more(planted):
    made, trait = planted
    discovered = made.features[made.features["kind"] == "discovered"]
    named = discovered[discovered["name"].str.contains("zebra")]
    assert len(named) > 0
    for feature in named.index:
        assert np.corrcoef(made.code(feature), trait)[0, 1] > 0


def test_controls_may_be_attributes_or_columns_and_wrong_ones_get_a_suggestion(pairs):
    made = ws.study(
        pairs, embedder=hashed, n_features=4, k=2, controls=("length", "m_bullets", "turn"), names=False
    )
    assert made.features["beta"].notna().any()
    with pytest.raises(ws.StudyError, match="Did you mean 'm_bullets'"):
        ws.study(pairs, embedder=hashed, n_features=4, k=2, controls=("m_bulets",), names=False)


def test_an_unknown_choice_is_refused_by_name(pairs):
    with pytest.raises(TypeError, match="Did you mean 'n_features'"):
        ws.study(pairs, n_feature=8)


def test_votes_that_all_say_the_same_are_refused_with_what_to_do(pairs):
    frame = pairs.frame.assign(preference=1.0)
    with pytest.raises(ws.FitError, match="chosen and rejected"):
        ws.study(ws.Pairs(frame), embedder=hashed, n_features=4, k=2)


@pytest.mark.parametrize(
    ("change", "choices", "message"),
    [
        ({"preference": 1.0}, {}, "decided votes are for A"),
        ({"weight": 0.0}, {}, "Every row has weight 0"),
        ({"preference": 0.3}, {"ties": "davidson"}, "single votes; found a share of votes, 0.3"),
        ({}, {"controls": "m_bulets"}, "Did you mean 'm_bullets'"),
        ({}, {"groups": "annotater"}, "Did you mean 'annotator'"),
        ({}, {"template": "{respones}"}, "must hold"),
        ({}, {"seed": -1}, "seed must be 0 or more"),
        ({}, {"n_features": 0}, "n_features must be at least 1"),
        ({}, {"k": 2.5}, "k must be a whole number; found 2.5"),
        ({}, {"prefixes": (0, 8)}, "prefixes must be at least 1; found 0"),
        ({}, {"prefixes": 8}, "prefixes must be whole numbers"),
        ({}, {"controls": None}, "controls must be names"),
        ({}, {"template": None}, "template must be a text"),
        ({}, {"names": "yes"}, "names must be True or False"),
        ({}, {"groups": "gpt4_label"}, "hang together through prompt, conversation, gpt4_label"),
    ],
)
def test_what_would_stop_a_study_stops_it_before_anything_is_embedded(pairs, change, choices, message):
    def never(texts):
        raise AssertionError("embedded")

    with pytest.raises(ws.WhimsightError, match=message):
        ws.study(ws.Pairs(pairs.frame.assign(**change)), embedder=never, **choices)


def test_shares_of_votes_are_studied(pairs, study):
    share = pairs.preference * 0.8 + 0.1
    made = ws.study(
        ws.Pairs(pairs.frame.assign(preference=share)), embedder=hashed, n_features=12, k=3, names=False
    )
    both = made.features["beta"].notna() & study.features["beta"].notna() & (study.features["p"] < 0.01)
    assert (np.sign(made.features["beta"]) == np.sign(study.features["beta"]))[both].all()
    assert made.features["beta"].abs()[both].mean() < study.features["beta"].abs()[both].mean()


def test_votes_that_nearly_all_say_the_same_leave_effects_and_no_prediction(pairs):
    lone = np.where(np.arange(len(pairs)) < len(pairs) - 2, 1.0, 0.0)
    made = ws.study(
        ws.Pairs(pairs.frame.assign(preference=lone)), embedder=hashed, n_features=4, k=2, names=False
    )
    assert made.prediction.empty
    assert made.features["beta"].notna().any()


def test_as_many_folds_as_are_asked_for(pairs, monkeypatch):
    import whimsight.effects

    seen = []
    monkeypatch.setattr(
        whimsight.effects, "prediction", lambda *_, folds, **__: seen.append(folds) or pd.DataFrame()
    )
    ws.study(pairs, embedder=hashed, n_features=4, k=2, names=False, folds=12)
    assert np.unique(seen[0]).size == 12


def test_too_few_pairs_are_refused(pairs):
    with pytest.raises(ws.FitError, match="at least 10 distinct pairs"):
        ws.study(pairs.take(np.arange(3)), embedder=hashed)


def test_ready_embeddings_take_the_embedders_place(pairs, study):
    ready = ws.study(pairs, embeddings=hashed(pairs.texts().unique), n_features=12, k=3)
    # Without an embedder drafts may read another way round, and features are turned towards their drafts.
    np.testing.assert_allclose(np.abs(ready.codes), np.abs(study.codes), atol=1e-5)
    np.testing.assert_allclose(ready.prediction["auc"], study.prediction["auc"], atol=1e-9)
    with pytest.raises(ws.EmbeddingError, match="one row for each"):
        ws.study(pairs, embeddings=np.ones((3, 4), dtype=np.float32))


def test_training_on_residuals_makes_codes_of_what_attributes_leave(pairs, tmp_path):
    made = ws.study(pairs, embedder=hashed, n_features=6, k=2, train_on="residuals", names=False)
    assert made.residual_map.shape == (len(ws.ATTRIBUTES), 48)
    back = ws.open(made.save(tmp_path / "x.whim"))
    np.testing.assert_array_equal(back.residual_map, made.residual_map)


def test_a_template_with_the_prompt_embeds_each_response_in_its_prompt(pairs):
    seen: list[str] = []

    def spy(texts):
        seen.extend(texts)
        return hashed(texts)

    ws.study(pairs, embedder=spy, template="Q: {prompt}\nA: {response}", n_features=4, k=2, names=False)
    rendered = set(seen) - {"."}
    row = pairs.frame.iloc[0]
    assert f"Q: {row['prompt']}\nA: {row['response_a']}" in rendered
    both = pd.concat(
        [
            pairs.frame[["prompt", "response_a"]].set_axis(["p", "r"], axis=1),
            pairs.frame[["prompt", "response_b"]].set_axis(["p", "r"], axis=1),
        ]
    )
    assert len(rendered) == len(both.drop_duplicates())


def test_examples_are_turned_so_that_the_side_with_more_comes_first(study):
    table = study.examples("m_words", n=5)
    more, less = (table[c].str.split().str.len() for c in ("more", "less"))
    assert (more > less).all()
    assert table["code"].is_monotonic_decreasing
    row = table.iloc[0]
    same = study.pairs.frame[
        (study.pairs.frame["response_a"] == (row["more"] if row["more_is"] == "A" else row["less"]))
        & (study.pairs.frame["response_b"] == (row["less"] if row["more_is"] == "A" else row["more"]))
    ]
    share = same["preference"].mean()
    assert row["preferred"] == pytest.approx(share if row["more_is"] == "A" else 1 - share)
    assert row["votes"] == len(same)


def test_votes_on_a_pair_shown_both_ways_round_are_counted_together():
    rng = np.random.default_rng(0)
    texts = [" ".join(rng.choice(["a", "bb", "ccc", "dddd"], 3 + i % 9)) + f" {i}" for i in range(40)]
    frame = pd.DataFrame({"prompt": [f"p{i}" for i in range(20)] * 2,
                          "response_a": texts[:20] + texts[20:], "response_b": texts[20:] + texts[:20],
                          "preference": [1.0] * 20 + [1.0] * 10 + [0.0] * 10})  # fmt: skip
    made = ws.study(ws.Pairs(frame, name="both"), embeddings=rng.normal(size=(40, 8)).astype(np.float32),
                    n_features=4, k=2, names=False)  # fmt: skip
    shown = made.examples("m_words", 40)
    assert len(shown) == shown["prompt"].nunique()
    assert (shown["votes"] == 2).all()
    number = shown["prompt"].str[1:].astype(int)
    longer_first = np.array([len(texts[i].split()) > len(texts[i + 20].split()) for i in number])
    expected = np.where(number < 10, 0.5, np.where(longer_first, 1.0, 0.0))
    assert shown["preferred"].tolist() == expected.tolist()


def test_a_function_in_the_place_of_embeddings_is_told_where_it_belongs():
    with pytest.raises(ws.EmbeddingError, match=r"found function.*embedder="):
        ws.study(ws.load("creative-writing"), embeddings=lambda texts: texts)


def test_one_bad_row_of_ready_embeddings_is_counted_as_one(pairs):
    ready = hashed(pairs.texts().unique)
    ready[5, 0] = np.nan
    with pytest.raises(EmbeddingError, match=r"hold NaN or infinity in 1 row, first in row 5\."):
        ws.study(pairs, embeddings=ready, n_features=12, k=3)
