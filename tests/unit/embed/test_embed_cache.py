import os
import signal
import sqlite3
import subprocess
import sys
import time
import tracemalloc

import numpy as np
import pytest

from whimsight.embed import embedder
from whimsight.embed.cache import cache_folder, text_key

TEXTS = ["a", "bb", "", "\x00", "aaa \ud800", "😀", "bb"]


def only_file(folder):
    (path,) = folder.glob("embeddings-*.sqlite")
    return path


def check(folder):
    with sqlite3.connect(only_file(folder)) as db:
        return db.execute("PRAGMA integrity_check").fetchone()[0]


def test_each_distinct_text_is_computed_once_and_comes_back_equal(counting, tmp_path):
    first = embedder(counting, cache=tmp_path).embed(TEXTS)
    assert sorted(counting.asked) == sorted(set(TEXTS))
    again = embedder(counting, cache=str(tmp_path)).embed(TEXTS[::-1])
    assert len(counting.asked) == len(set(TEXTS))
    np.testing.assert_array_equal(first[::-1], again)
    np.testing.assert_allclose(first[1] * np.sqrt(5), [2, 0, 1], rtol=1e-6)


def test_no_texts_give_no_rows(counting, tmp_path):
    assert embedder(counting, cache=tmp_path).embed([]).shape == (0, 3)


def test_progress_starts_where_the_last_run_stopped(counting, tmp_path):
    embedder(counting, cache=tmp_path).embed(["a", "b"])
    seen = []
    embedder(counting, cache=tmp_path).embed(["a", "b", "c"], progress=lambda *now: seen.append(now))
    assert seen == [("embed", 2, 3), ("embed", 3, 3)]


def test_another_fingerprint_never_sees_the_vectors(counting, tmp_path):
    embedder(counting, cache=tmp_path).embed(["a"])
    counting.fingerprint = "counting:2"
    embedder(counting, cache=tmp_path).embed(["a"])
    assert counting.asked == ["a", "a"]


def test_a_cached_embedder_is_not_wrapped_again(counting, tmp_path):
    once = embedder(counting, cache=tmp_path)
    assert embedder(once) is once


def test_the_folder_is_named_by_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("WHIMSIGHT_CACHE", str(tmp_path))
    assert cache_folder() == tmp_path


SLOW = """
import sys, time
import numpy as np
from whimsight.embed import embedder
class Slow:
    fingerprint, dimensions = "slow:1", 8
    def embed(self, texts, *, progress=None):
        with open(sys.argv[2], "a") as log:
            log.write("".join(text + "\\n" for text in texts))
        time.sleep(float(sys.argv[4]))
        out = np.ones((len(texts), 8), dtype=np.float32)
        out[:, 0] = [len(text) for text in texts]
        return out / np.linalg.norm(out, axis=1, keepdims=True)
texts = [f"text {i} " + "x" * (i % 50) for i in range(int(sys.argv[3]))]
out = embedder(Slow(), cache=sys.argv[1]).embed(texts)
assert np.allclose(out[:, 0] / out[:, 1], [len(text) for text in texts], rtol=1e-4)
"""


def start(*arguments):
    return subprocess.Popen([sys.executable, "-c", SLOW, *map(str, arguments)], stderr=subprocess.PIPE)


def finish(process):
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error.decode()


@pytest.mark.parametrize("more", [0.0, 0.013, 0.031])
def test_a_killed_run_loses_one_batch_at_most(tmp_path, more):
    log = tmp_path / "log"
    process = start(tmp_path / "cache", log, 5000, 0.02)
    while not log.exists() or log.read_text().count("\n") < 5 * 256:
        time.sleep(0.002)
    time.sleep(more)
    process.send_signal(signal.SIGKILL)
    process.wait()
    asked = log.read_text().count("\n")
    assert asked < 5000
    finish(start(tmp_path / "cache", log, 5000, 0))
    again = log.read_text().count("\n") - 5000
    assert 0 <= again <= 256
    assert check(tmp_path / "cache") == "ok"


def test_two_processes_share_a_file(tmp_path):
    both = [start(tmp_path / "cache", tmp_path / "log", 3000, 0.005) for _ in range(2)]
    for process in both:
        finish(process)
    assert check(tmp_path / "cache") == "ok"
    before = (tmp_path / "log").read_text()
    finish(start(tmp_path / "cache", tmp_path / "log", 3000, 0))
    assert (tmp_path / "log").read_text() == before


def many(n=3000):
    return [f"text {i}" for i in range(n)]


@pytest.mark.parametrize("damage", ["middle", "cut", "head", "empty"])
def test_a_damaged_file_costs_computing_and_nothing_else(counting, tmp_path, damage):
    right = embedder(counting, cache=tmp_path).embed(many())
    path = only_file(tmp_path)
    data = bytearray(path.read_bytes())
    noise = np.random.default_rng(0).bytes(20_000)
    if damage == "middle":
        data[60_000:80_000] = noise
    elif damage == "cut":
        data = data[:70_000]
    elif damage == "head":
        data[:100] = noise[:100]
    else:
        data = bytearray()
    path.write_bytes(data)
    np.testing.assert_array_equal(embedder(counting, cache=tmp_path).embed(many()), right)
    np.testing.assert_array_equal(embedder(counting, cache=tmp_path).embed(many()), right)
    asked = len(counting.asked)
    np.testing.assert_array_equal(embedder(counting, cache=tmp_path).embed(many()), right)
    assert len(counting.asked) == asked  # by now it is whole again


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE embedding SET vector = zeroblob(12)",
        "UPDATE embedding SET vector = x'00'",
        "UPDATE embedding SET vector = NULL",
        "UPDATE embedding SET vector = 'text'",
        "UPDATE embedding SET checksum = checksum + 1",
    ],
)
def test_a_damaged_row_is_computed_again(counting, tmp_path, change):
    right = embedder(counting, cache=tmp_path).embed(["a", "b"])
    with sqlite3.connect(only_file(tmp_path)) as db:
        db.execute(f"{change} WHERE key = ?", (text_key("a"),))
    np.testing.assert_array_equal(embedder(counting, cache=tmp_path).embed(["a", "b"]), right)
    assert counting.asked == ["a", "b", "a"]


def test_a_vector_under_another_texts_key_is_found_out(counting, tmp_path):
    right = embedder(counting, cache=tmp_path).embed(["a", "bbbb"])
    with sqlite3.connect(only_file(tmp_path)) as db:
        rows = dict(db.execute("SELECT key, vector FROM embedding"))
        sums = dict(db.execute("SELECT key, checksum FROM embedding"))
        other = text_key("bbbb")
        db.execute(
            "UPDATE embedding SET vector = ?, checksum = ? WHERE key = ?",
            (rows[other], sums[other], text_key("a")),
        )
    np.testing.assert_array_equal(embedder(counting, cache=tmp_path).embed(["a", "bbbb"]), right)


def test_a_file_of_a_newer_version_is_left_alone(counting, tmp_path):
    embedder(counting, cache=tmp_path).embed(["a"])
    path = only_file(tmp_path)
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    with pytest.warns(UserWarning, match="schema 99"):
        embedder(counting, cache=tmp_path).embed(["a", "b"])
    assert path.read_bytes() == before


def test_a_folder_that_cannot_be_written_costs_the_cache_and_not_the_run(counting, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.warns(UserWarning, match="WHIMSIGHT_CACHE") as warned:
        out = embedder(counting, cache=tmp_path / "file" / "cache").embed(many(1000))
    assert len(warned) == 1
    assert out.shape == (1000, 3)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere")
def test_a_read_only_folder_is_still_read(counting, tmp_path):
    embedder(counting, cache=tmp_path).embed(["a"])
    only_file(tmp_path).chmod(0o400)
    tmp_path.chmod(0o500)
    try:
        with pytest.warns(UserWarning, match="cannot be kept"):
            embedder(counting, cache=tmp_path).embed(["a", "b"])
    finally:
        tmp_path.chmod(0o700)
    assert counting.asked == ["a", "b"]


FULL = """
import resource, sys, warnings
import numpy as np
from whimsight.embed.cache import EmbeddingCache
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
vectors = np.random.default_rng(0).normal(size=(4000, 64)).astype(np.float32)
keys = [i.to_bytes(16, "big") for i in range(4000)]
cache = EmbeddingCache("full", 64, __import__("pathlib").Path(sys.argv[1]))
with warnings.catch_warnings(record=True) as seen:
    warnings.simplefilter("always")
    for start in range(0, 4000, 100):
        cache.put(keys[start : start + 100], vectors[start : start + 100])
assert len(seen) == 1 and "cannot be kept" in str(seen[0].message), seen
fresh, out = EmbeddingCache("full", 64, cache.path.parent), np.zeros_like(vectors)
found = fresh.fill(keys, out)
assert 300 <= found.sum() < 1000, found.sum()
assert np.array_equal(out[found], vectors[found])
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_a_full_disk_keeps_what_was_kept(tmp_path):
    done = subprocess.run([sys.executable, "-c", FULL, str(tmp_path)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert check(tmp_path) == "ok"


def test_an_interrupt_keeps_the_finished_batches(counting, tmp_path):
    def stop(stage, done, total):
        if done == 512:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        embedder(counting, cache=tmp_path).embed(many(1000), progress=stop)
    embedder(counting, cache=tmp_path).embed(many(1000))
    assert len(counting.asked) == 1000


@pytest.mark.parametrize("copies", [1, 2])
def test_embedding_takes_little_more_memory_than_its_matrices(tmp_path, copies):
    n, d = 30_000, 384

    class Random:
        fingerprint, dimensions = "random", d

        def embed(self, texts, *, progress=None):
            return np.random.default_rng(int(texts[0])).normal(size=(len(texts), d)).astype(np.float32)

    texts = [str(i) for i in range(n)] * copies
    peaks, results = [], []
    for _ in range(2):  # computed, and found
        tracemalloc.start()
        results.append(embedder(Random(), cache=tmp_path).embed(texts))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    np.testing.assert_array_equal(*results)
    matrices = 4 * n * d * (1 if copies == 1 else 3)  # of the distinct texts, and of all
    assert max(peaks) < 1.3 * matrices
