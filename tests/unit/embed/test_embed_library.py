import numpy as np
import pytest

from whimsight.embed import embedder
from whimsight.errors import EmbeddingError

LONG = "river stone green walks singing cloud a b c d e . " * 6  # 84 tokens; the model reads 14


@pytest.fixture(scope="module")
def theirs(sentence_model):
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(sentence_model), device="cpu")


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def test_short_texts_are_embedded_as_the_library_does(sentence_model, theirs):
    texts = ["river stone", "", "walks, singing!", "zzz", "\x00 a", "a b c d e"]
    made = embedder(str(sentence_model), cache=False, dtype="float32")
    assert made.dimensions == 32
    np.testing.assert_allclose(made.embed(texts), unit(theirs.encode(texts)), atol=1e-5)


def test_a_long_text_is_read_to_its_end_unless_it_is_to_be_cut(sentence_model, theirs):
    pooled = embedder(str(sentence_model), cache=False, dtype="float32")
    cut = embedder(str(sentence_model), cache=False, dtype="float32", windows="cut")
    other = LONG + "o o o g g g o o o g g g"
    np.testing.assert_allclose(cut.embed([LONG]), unit(theirs.encode([LONG])), atol=1e-5)
    np.testing.assert_allclose(cut.embed([LONG]), cut.embed([other]), atol=1e-5)
    assert (pooled.embed([LONG]) * pooled.embed([other])).sum() < 0.999
    assert pooled.fingerprint != cut.fingerprint


def test_windows_are_averaged_by_their_tokens(sentence_model, theirs):
    made = embedder(str(sentence_model), cache=False, dtype="float32")
    windows = made._windows(LONG)
    assert "".join("".join(part for part, _ in windows).split()) == "".join(LONG.split())
    assert sum(n for _, n in windows) == len(theirs.tokenizer(LONG, add_special_tokens=False).input_ids)
    for part, n in windows:
        assert len(theirs.tokenizer(part, add_special_tokens=False, truncation=False).input_ids) == n <= 14
    mean = sum(n * theirs.encode([part])[0] for part, n in windows)
    np.testing.assert_allclose(made.embed([LONG])[0], unit(mean), atol=1e-5)


def test_a_text_without_spaces_is_read_in_windows_as_well(sentence_model):
    made = embedder(str(sentence_model), cache=False)
    assert len(made._windows("." * 100)) >= 8
    assert len(made._windows("river " * 100_000)) == 64


def test_precision_is_part_of_the_fingerprint_and_changes_little(sentence_model):
    exact = embedder(str(sentence_model), cache=False, dtype="float32")
    rough = embedder(str(sentence_model), cache=False, dtype="bfloat16")
    assert exact.fingerprint != rough.fingerprint
    texts = ["river stone", LONG]
    assert ((exact.embed(texts) * rough.embed(texts)).sum(axis=1) > 0.999).all()


def test_the_fingerprint_follows_weights_and_settings(sentence_model, tmp_path):
    import shutil

    first = embedder(str(sentence_model), cache=False).fingerprint
    copy = shutil.copytree(sentence_model, tmp_path / sentence_model.name)
    assert embedder(copy, cache=False).fingerprint == first
    config = copy / "sentence_bert_config.json"
    config.write_text(config.read_text().replace("16", "12"))
    assert embedder(copy, cache=False).fingerprint != first


def test_a_model_that_brings_its_own_code_is_not_run(tmp_path):
    (tmp_path / "config.json").write_text(
        '{"model_type": "evil", "auto_map": {"AutoConfig": "evil.C", "AutoModel": "evil.M"}}'
    )
    (tmp_path / "evil.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w').close()")
    with pytest.raises(EmbeddingError, match="Cannot load"):
        embedder(str(tmp_path))
    assert not (tmp_path / "ran").exists()


def test_an_id_that_cannot_be_had_is_an_error_that_says_what_to_do():
    with pytest.raises(EmbeddingError, match="'minilm', 'static', a local path"):
        embedder("nobody/nothing")
