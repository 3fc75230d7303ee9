"""Matching the features of studies that were fitted apart, against features that are known to be the same."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from whimsight.autoencoder import SparseAutoencoder
from whimsight.comparisons.matching import match
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.studies import Study
from whimsight.studies.features import empty_features
from whimsight.studies.settings import Settings

M, D = 6, 24


@pytest.fixture(autouse=True)
def _own_labels(tmp_path, monkeypatch):
    monkeypatch.setenv("WHIMSIGHT_DATA", str(tmp_path))


def planted(seed: int, traits: np.ndarray, n: int = 300) -> tuple[Pairs, np.ndarray]:
    """Pairs whose responses carry traits, and the embeddings of their texts."""
    rng = np.random.default_rng(seed)
    pairs = Pairs(
        pd.DataFrame(
            {
                "prompt": [f"question {seed} {i // 2}" for i in range(n)],
                "response_a": [f"answer {seed} {i} a" for i in range(n)],
                "response_b": [f"answer {seed} {i} b" for i in range(n)],
                "preference": rng.integers(0, 2, n).astype(float),
            }
        ),
        name=f"planted {seed}",
    )
    has = (rng.random((2 * n, len(traits))) < 0.2) * rng.choice([1.0, 1.5], (2 * n, len(traits)))
    vectors = 0.05 * rng.standard_normal((2 * n, D)) + has @ traits
    vectors[:, -1] = 5.0  # what all texts share, so that lengths hardly differ
    return pairs, vectors.astype(np.float32)


def study_of(pairs: Pairs, vectors: np.ndarray, decoder: np.ndarray | None = None, **changes) -> Study:
    """A study with a given dictionary, or one fitted to the pairs."""
    first, inverse = pairs.unique_pairs()
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    texts = pairs.texts()
    x = unit[texts.a[first]] - unit[texts.b[first]]
    if decoder is None:
        model = SparseAutoencoder.fit(x, n_features=M, k=2, groups=pairs.prompt_codes[first])
    else:
        decoder = (decoder / np.linalg.norm(decoder, axis=1, keepdims=True)).astype(np.float32)
        model = SparseAutoencoder(
            encoder=decoder.T.copy(), decoder=decoder, threshold=0.1, k=2, prefixes=(len(decoder),)
        )
    found = empty_features(model.n_features)
    measured = np.random.default_rng(5).standard_normal((first.size, len(found) - model.n_features))
    settings = Settings(embedder="ready", n_features=model.n_features, k=2, prefixes=(2,))
    made = {
        "found": found,
        "prediction": pd.DataFrame(),
        "found_joint": pd.DataFrame(),
        "lasso": pd.DataFrame(),
        "drafts": pd.DataFrame(),
        "pair_codes": np.hstack([model.encode(x), measured]).astype(np.float32),
        "attribute_scale": np.ones(measured.shape[1], dtype=np.float32),
    }
    made |= {"settings": settings, "autoencoder": model, "pair_of_row": inverse, **changes}
    return Study(pairs=pairs, **made)


TRAITS = np.eye(M, D) + 0.1 * np.random.default_rng(9).standard_normal((M, D))


@pytest.fixture(scope="module")
def one() -> tuple[Study, np.ndarray]:
    pairs, vectors = planted(0, TRAITS)
    return study_of(pairs, vectors, TRAITS), vectors


def discovered(table: pd.DataFrame) -> pd.DataFrame:
    return table[table["kind"] == "discovered"]


def test_a_study_matches_itself(one):
    study, vectors = one
    table = match(study, study, embeddings=(vectors, vectors))
    assert table.index.tolist() == table["match"].tolist() == study.features.index.tolist()
    np.testing.assert_allclose(table["score"], 1, atol=1e-5)
    np.testing.assert_allclose(discovered(table)["cosine"], 1, atol=1e-5)
    assert table["good"].all()
    assert not table["turned"].any()
    assert table["name"].tolist() == table["match_name"].tolist()
    assert table.attrs["unmatched"] == []
    assert "note" not in table.attrs


def test_permuted_and_negated_features_are_recovered(one):
    study, vectors = one
    order = np.array([3, 0, 5, 1, 4, 2])
    sign = np.array([1, -1, -1, 1, 1, -1])
    decoder = study.autoencoder.decoder[order] * sign[:, None]
    table = discovered(match(study, study_of(study.pairs, vectors, decoder), embeddings=(vectors, vectors)))
    place = np.argsort(order)  # feature j of one is feature place[j] of the other
    assert table["match"].tolist() == [f"d{p:02d}" for p in place]
    assert table["turned"].tolist() == (sign[place] < 0).tolist()
    for column in ("cosine", "correlation", "score"):
        np.testing.assert_allclose(table[column], 1, atol=1e-5)


def test_turned_is_what_people_see(one):
    study, vectors = one
    other = study_of(study.pairs, vectors, TRAITS * np.array([[-1], [1], [1], [1], [1], [1]]))
    other.labels.edit("d00", turned=True)
    other.labels.edit("d03", turned=True)
    other.labels.edit("m_words", turned=True)
    table = match(study, other, embeddings=(vectors, vectors))
    assert table.index[table["turned"].astype(bool)].tolist() == ["d03", "m_words"]


def test_features_of_two_samples_with_the_same_traits_are_good_matches():
    parts = [planted(seed, TRAITS, n=1_500) for seed in (1, 2)]
    one, other = (study_of(*part) for part in parts)
    table = discovered(match(one, other, embeddings=[vectors for _, vectors in parts]))
    assert table["good"].all()
    assert (table["score"] > 0.8).all()
    assert (table["score"] > table["chance"]).all()
    # each feature and its match stand for the same trait
    unit = TRAITS / np.linalg.norm(TRAITS, axis=1, keepdims=True)
    here = np.abs(one.autoencoder.decoder @ unit.T).argmax(axis=1)
    there = np.abs(other.autoencoder.decoder @ unit.T).argmax(axis=1)
    assert [there[other.column(f)] for f in table["match"]] == here.tolist()


def test_features_of_samples_with_nothing_in_common_are_not_good():
    elsewhere = np.roll(np.eye(M, D), 10, axis=1)
    parts = [planted(1, TRAITS), planted(2, elsewhere)]
    one, other = study_of(*parts[0], TRAITS), study_of(*parts[1], elsewhere)
    table = discovered(match(one, other, embeddings=[vectors for _, vectors in parts]))
    assert not table["good"].any()


def test_features_mixed_anew_in_the_same_subspace_are_mostly_chance(one):
    """Sharing a subspace is not sharing features: random mixtures seldom exceed what chance gives."""
    study, vectors = one
    good = []
    for seed in range(8):
        mixed = np.random.default_rng(seed).standard_normal((M, M)) @ study.autoencoder.decoder
        other = study_of(study.pairs, vectors, mixed)
        table = discovered(match(study, other, embeddings=(vectors, vectors)))
        good += (table["score"] > table.attrs["limit"]).tolist()
    assert np.mean(good) < 0.15  # 5 % expected of 48, which hang together in each draw


def test_codes_are_compared_over_both_datasets_each_counting_the_same(one):
    study, vectors = one
    pairs, more = planted(3, TRAITS[::-1], n=80)
    rng = np.random.default_rng(0)
    other = study_of(pairs, more, TRAITS[[1, 0, 2, 3, 4, 5]] + 0.4 * rng.standard_normal((M, D)))
    table = discovered(match(study, other, embeddings=(vectors, more)))

    def differences(of: Study, matrix: np.ndarray) -> np.ndarray:
        unit = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
        texts = of.pairs.texts()
        return unit[texts.a] - unit[texts.b]

    x = np.vstack([differences(study, vectors), differences(other, more)])
    weight = np.repeat([1 / 300, 1 / 80], [300, 80])
    for feature, row in table.iterrows():
        j, k = study.column(feature), other.column(row["match"])
        a, b = study.autoencoder.encode(x)[:, j], other.autoencoder.encode(x)[:, k]
        r = np.sum(weight * a * b) / np.sqrt(np.sum(weight * a**2) * np.sum(weight * b**2))
        cosine = study.autoencoder.decoder[j] @ other.autoencoder.decoder[k]
        assert abs(r) == pytest.approx(abs(row["correlation"]), abs=1e-5)
        assert abs(cosine) == pytest.approx(abs(row["cosine"]), abs=1e-5)
        assert row["score"] == pytest.approx(abs(r + cosine) / 2, abs=1e-5)


def test_features_without_a_partner_have_none(one):
    study, vectors = one
    fewer = study_of(study.pairs, vectors, TRAITS[[4, 1]])
    table = match(study, fewer, embeddings=(vectors, vectors))
    found = discovered(table)
    assert found["match"].dropna().to_dict() == {"d04": "d00", "d01": "d01"}
    alone = found[found["match"].isna()]
    assert len(alone) == M - 2
    assert alone[["match_name", "cosine", "correlation", "score", "turned", "chance"]].isna().all(axis=None)
    assert not alone["good"].any()
    back = match(fewer, study, embeddings=(vectors, vectors))
    assert back.attrs["unmatched"] == ["d00", "d02", "d03", "d05"]
    assert back.loc[["d00", "d01"], "match"].tolist() == ["d04", "d01"]


def test_units_of_measured_codes_do_not_matter_to_what_they_explain():
    """Dictionaries of residuals are applied to the other's pairs in the units of their own study."""
    pairs, vectors = planted(0, TRAITS)
    p = len(empty_features(M)) - M
    explained = (0.02 * np.random.default_rng(1).standard_normal((p, D))).astype(np.float32)
    one = study_of(pairs, vectors, TRAITS, residual_map=explained)
    other = study_of(pairs, vectors, TRAITS, residual_map=2 * explained)
    other.attribute_scale = 2 * one.attribute_scale
    other.pair_codes[:, M:] /= 2
    same = discovered(match(one, other, embeddings=(vectors, vectors)))
    np.testing.assert_allclose(same["correlation"], 1, atol=1e-5)
    raw = study_of(pairs, vectors, TRAITS)
    assert (discovered(match(one, raw, embeddings=(vectors, vectors)))["correlation"] < 0.999).all()


def test_between_embedders_only_codes_count_and_the_table_says_so():
    from whimsight.embed import embedder

    pairs, _ = planted(0, TRAITS, n=60)
    vectors = embedder("minilm").embed(pairs.texts().unique)
    decoder = np.random.default_rng(2).standard_normal((M, 384))
    made = study_of(pairs, vectors, decoder)
    made.autoencoder = replace(made.autoencoder, threshold=0.01)
    settings = replace(made.settings, embedder="minilm")
    one = replace(made, settings=settings, facts={"embedder": embedder("minilm").fingerprint})
    cut = replace(settings, windows="cut")
    other = replace(made, settings=cut, facts={"embedder": embedder("minilm", windows="cut").fingerprint})
    table = discovered(match(one, other))
    assert table["cosine"].isna().all()
    assert table["match"].tolist() == table.index.tolist()
    np.testing.assert_allclose(table["correlation"], 1, atol=1e-4)  # the texts are too short to be cut
    np.testing.assert_allclose(table["score"], table["correlation"])
    assert "codes alone" in table.attrs["note"]
    assert not discovered(match(one, one))["cosine"].isna().any()


def test_what_cannot_be_matched_is_refused(one):
    study, vectors = one
    narrow = study_of(study.pairs, vectors[:, :12], TRAITS[:, :12])
    with pytest.raises(StudyError, match=r"'planted 0' was made from ready embeddings.*embeddings=\("):
        match(study, study)
    with pytest.raises(StudyError, match="two matrices, one for each study; found 1"):
        match(study, study, embeddings=[vectors])
    with pytest.raises(StudyError, match="two matrices, one for each study; found dict"):
        match(study, study, embeddings={"one": vectors, "other": vectors})
    with pytest.raises(StudyError, match=r"embeddings\[0\].*24 and 12 dimensions.*Fit both"):
        match(study, narrow, embeddings=(vectors, vectors[:, :12]))
    with pytest.raises(StudyError, match=r"'planted 0' cannot be embedded: .*one row for each"):
        match(study, study, embeddings=(vectors[1:], vectors))
    with pytest.raises(StudyError, match="takes two studies; found Pairs as the second"):
        match(study, study.pairs)
    lost = replace(study, settings=replace(study.settings, embedder="minilmm"))
    with pytest.raises(StudyError, match=r"'minilmm', cannot be made here.*embeddings="):
        match(lost, lost)
    changed = replace(study, settings=replace(study.settings, embedder="minilm"), facts={"embedder": "old:1"})
    with pytest.raises(StudyError, match="made with the embedder 'old:1'; here is"):
        match(changed, changed)
