import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from whimsight.embed import embedder, transformer, weights
from whimsight.embed.pieces import PieceTable, keys, split
from whimsight.embed.static import Static, distil

TEXTS = [
    "River stones, walking & singing!",
    "",
    "don't\tdo\nthat; a.b.c  d",
    "Café naïve “quotes” — dash… NBSP\u00a0here",
    "日本語 שלום مرحبا 😀😀",
    "x" * 23 + " " + "y" * 24 + " " + "z" * 25 + " " + "w" * 200,
    "ab\x00cd\x07ef\x7fgh \x1f",
    "12345678 123456789 1234567812345678 12345678123456789",
    "   ",
    "half \ud800 pair",
    "https://example.org/a_b?c=d&e=f#g <div>{}</div> $%^*~`|\\",
]


def plainly(made, texts):
    """The definition: the sum of the vectors of the tokens of the whole text."""
    texts = [t.encode("utf-8", "replace").decode() for t in texts]
    encoded = made._tokenizer.encode_batch(texts, add_special_tokens=False)
    sums = np.array([made._token_vectors[e.ids].sum(axis=0) for e in encoded])
    norm = np.linalg.norm(sums, axis=1, keepdims=True)
    first = np.eye(1, sums.shape[1])
    return np.where(norm > 0, sums / np.where(norm > 0, norm, 1), first)


@pytest.fixture
def from_tiny(bert, monkeypatch, tmp_path):
    """Distil from a model of 37 tokens in place of MiniLM."""
    for module in (transformer, weights):
        monkeypatch.setattr(module, "minilm_folder", lambda: bert)
    monkeypatch.setenv("WHIMSIGHT_CACHE", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="module")
def table():
    """MiniLM's tokenizer with random vectors: every token tells itself apart."""
    from tokenizers import Tokenizer

    made = Static.__new__(Static)
    made._tokenizer = Tokenizer.from_file(str(weights.minilm_folder() / "tokenizer.json"))
    made._tokenizer.no_truncation()
    made._tokenizer.no_padding()
    made._token_vectors = np.random.default_rng(0).normal(size=(30_522, 256)).astype(np.float32)
    made._table = PieceTable(made._vectors_of, 256)
    return made


def test_a_text_is_the_sum_of_its_tokens_whatever_is_in_it(table):
    np.testing.assert_allclose(table.embed(TEXTS), plainly(table, TEXTS), atol=2e-5)
    np.testing.assert_allclose(table.embed(TEXTS[::-1]), plainly(table, TEXTS[::-1]), atol=2e-5)


def test_random_texts_agree_with_the_tokenizer(table):
    rng = np.random.default_rng(1)
    alphabet = np.array([*"aAbBzZ059 .,'-!\n\t\r\x01éÉßñ語字😀’“\u200d\u0301\u00a0İς"])
    texts = ["".join(rng.choice(alphabet, size=n)) for n in rng.integers(0, 80, 2000)]
    np.testing.assert_allclose(table.embed(texts), plainly(table, texts), atol=5e-5)


def test_pieces_with_the_same_key_are_the_same():
    rng = np.random.default_rng(2)
    letters = np.array([*"abcdefgh"])
    texts = ["".join(rng.choice(letters, size=n)) for n in rng.integers(1, 40, 30_000)]
    texts += [f"aaaaaaa{x}aaaaaaa{y}aaaaaaa{z}" for x in "abcdefgh" for y in "abcdefgh" for z in "abcdefgh"]
    data, start, length, first = split(texts)
    assert len(first) == len(texts) == len(start)
    assert len(set(keys(data, start, length).tolist())) == len(set(texts))


def test_a_table_that_is_full_starts_over_and_stays_right():
    made = []

    def vectors_of(pieces):
        made.extend(pieces)
        return np.array([[len(p), ord(p[0])] for p in pieces], dtype=np.float32)

    few = PieceTable(vectors_of, 2, most=50)
    rng = np.random.default_rng(3)
    for _ in range(20):
        words = ["".join(chr(97 + i) for i in rng.integers(0, 26, 3)) for _ in range(40)]
        rows, matrix = few.rows(*split(words)[:3])
        np.testing.assert_array_equal(matrix[rows], [[len(w), ord(w[0])] for w in words])
        assert len(matrix) <= 50
    assert len(made) > 100


def test_long_lists_of_texts_go_in_chunks(table):
    texts = ["river stone " * 50_000, "", "cloud " * 400_000, "end"]
    seen = []
    out = table.embed(texts, progress=lambda *now: seen.append(now))
    np.testing.assert_allclose(out, plainly(table, ["river stone", "", "cloud", "end"]), atol=1e-3)
    assert seen == [("embed", 2, 4), ("embed", 3, 4), ("embed", 4, 4)]
    assert table.embed([]).shape == (0, 256)


def test_distilling_gives_principal_components_with_frequency_weights(from_tiny):
    tokens, raw = transformer.MiniLM(dtype="float32").token_vectors()
    vectors = distil(30)["vectors"].astype(float)
    special = np.array([t in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]") for t in tokens])
    assert (vectors[special] == 0).all()
    n = int((~special).sum())
    zipf = 1 / np.arange(2, n + 2)
    weight = 1e-4 / (1e-4 + zipf / zipf.sum())
    left, size, _ = np.linalg.svd(raw[~special] - raw[~special].mean(axis=0), full_matrices=False)
    expected = (left * size)[:, :30]
    np.testing.assert_allclose(np.abs(vectors[~special]) / weight[:, None], np.abs(expected), atol=0.02)


def test_texts_are_as_like_each_other_as_in_model2vec(from_tiny, bert):
    from model2vec.distill import distill_from_model
    from transformers import AutoModel, AutoTokenizer

    theirs = distill_from_model(
        model=AutoModel.from_pretrained(bert), tokenizer=AutoTokenizer.from_pretrained(bert), device="cpu",
        pca_dims=30, quantize_to="float32",
    )  # fmt: skip
    texts = [
        "river stone green",
        "walk sing cloud",
        "a cloud. a river!",
        "green stones",
        "don't sing",
        "stone",
    ]
    other = theirs.encode(texts, use_multiprocessing=False, show_progress_bar=False)
    other /= np.linalg.norm(other, axis=1, keepdims=True)
    ours = Static().embed(texts)
    apart = np.triu_indices(len(texts), 1)
    # Not the same to the last digit: two special tokens of 37 take part in their principal components.
    assert np.corrcoef((ours @ ours.T)[apart], (other @ other.T)[apart])[0, 1] > 0.99


def test_it_is_built_once_and_the_same_each_time(from_tiny, monkeypatch):
    first = embedder("static")
    (path,) = from_tiny.glob("*.safetensors")
    assert [p for p in from_tiny.iterdir() if p != path] == []
    path_again = path.read_bytes()
    monkeypatch.setattr(weights, "minilm_folder", lambda: pytest.fail("built again"))
    again = embedder("static")
    np.testing.assert_array_equal(first.embed(["river"]), again.embed(["river"]))
    assert first.fingerprint == again.fingerprint
    assert path.read_bytes() == path_again


@pytest.mark.parametrize("damage", ["cut", "flipped", "empty", "other"])
def test_a_damaged_build_is_built_again(from_tiny, damage):
    right = embedder("static").embed(["river stone"])
    (path,) = from_tiny.glob("*.safetensors")
    data = bytearray(path.read_bytes())
    if damage == "flipped":
        data[-100] ^= 255
    path.write_bytes({"cut": data[:500], "flipped": data, "empty": b"", "other": b"x" * 999}[damage])
    np.testing.assert_array_equal(embedder("static").embed(["river stone"]), right)
    assert len(path.read_bytes()) == len(data)


def test_where_nothing_can_be_kept_it_works_all_the_same(from_tiny, monkeypatch):
    (from_tiny / "file").touch()
    monkeypatch.setenv("WHIMSIGHT_CACHE", str(from_tiny / "file"))
    with pytest.warns(UserWarning, match="built again the next time"):
        made = embedder("static")
    assert made.embed(["river"]).shape == (1, 256)


BUILD = """
import sys
from pathlib import Path
from whimsight.embed import embedder, transformer, weights
transformer.minilm_folder = weights.minilm_folder = lambda: Path(sys.argv[1])
print(embedder("static").fingerprint)
"""


def test_two_processes_may_build_at_once(from_tiny, bert):
    command = [sys.executable, "-c", BUILD, str(bert)]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert said[0] == said[1] == f"{embedder('static').fingerprint}\n"
    assert len(list(Path(from_tiny).iterdir())) == 1
