"""Vectors from a real server on this machine."""

import copy
import json
import pickle

import numpy as np
import pytest

from tests.unit.embed.endpoints import elsewhere, make, server
from tests.unit.endpoints.fake_embeddings import vector
from tests.unit.endpoints.settings import no_settings
from whimsight.embed import embedder
from whimsight.embed.vectors import most_bytes
from whimsight.errors import EmbeddingError

__all__ = ["elsewhere", "no_settings", "server"]


def unit(texts):
    rows = np.array([vector(t) for t in texts])
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def test_vectors_come_back_in_the_order_of_the_texts(server):
    made = make(server, batch_size=3)
    texts = ["a", "banana", "cc", "dddd", "aa", "x" * 50, "y"]
    seen = []
    out = made.embed(texts, progress=lambda *now: seen.append(now))
    np.testing.assert_allclose(out, unit(texts), rtol=1e-5)
    assert out.dtype == np.float32
    assert made.dimensions == 4
    assert [len(part) for part in server.inputs[1:]] == [3, 3, 1]
    assert seen[-1] == ("embed", 7, 7)


def test_empty_and_broken_texts_are_sent_as_text(server):
    out = make(server).embed(["", "\ud800", "שלום", "😀"])
    assert server.inputs[-1] == [" ", "?", "שלום", "😀"]
    assert out.shape == (4, 4)


def test_long_texts_are_sent_in_windows_and_averaged_by_length(server):
    text = "a" * 10 + "b" * 15
    out = make(server, window_bytes=10).embed([text, "short"])
    parts = server.inputs[-1][:-1]
    assert "".join(parts) == text
    assert max(map(len, parts)) <= 10
    pooled = (unit(parts) * [[len(p)] for p in parts]).sum(axis=0)
    np.testing.assert_allclose(out[0], pooled / np.linalg.norm(pooled), rtol=1e-5)
    make(server, window_bytes=10, windows="cut").embed([text])
    assert server.inputs[-1] == [text[:10]]


def test_windows_never_cut_a_character_in_two(server):
    make(server, window_bytes=10).embed(["語" * 20])
    assert set("".join(server.inputs[-1])) == {"語"}


def test_a_request_never_holds_too_many_bytes(server):
    make(server).embed(["x" * 16_000] * 60)
    assert max(sum(map(len, part)) for part in server.inputs) <= 400_000


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[1:], "1 vectors for 2 texts"),
        (lambda data: [{**d, "index": 0} for d in data], "which belongs to which"),
        (lambda data: [{**d, "embedding": [1.0] * (3 + d["index"])} for d in data], "different lengths"),
        (lambda data: [{**d, "embedding": [1.0] * 7} for d in data], "of 7 numbers"),
        (lambda data: [{**d, "embedding": [float("nan")] * 4} for d in data], "NaN.*as the server runs it"),
        (lambda data: [{**d, "embedding": [1e300] * 4} for d in data], "infinity.*as the server runs it"),
    ],
)
def test_a_wrong_answer_is_refused(server, change, message):
    made = make(server)
    server.change = change
    with pytest.raises(EmbeddingError, match=message):
        made.embed(["a", "b"])


@pytest.mark.parametrize(
    "data",
    [5, {}, [3], [{"x": 1}], [{"index": 0}], [{"index": "0", "embedding": [1.0]}], [{"index": 0, "embedding": "AAAA"}],
     [{"index": 0, "embedding": []}], [{"index": 0, "embedding": [[1.0, 2.0]]}],
     [{"index": 0, "embedding": ["one"]}], [{"index": 0, "embedding": [{}]}], [{"index": 0, "embedding": [10**400]}]],
    ids=lambda data: json.dumps(data)[:50],
)  # fmt: skip
def test_what_is_no_list_of_vectors_is_refused(server, data):
    made = make(server)
    server.change = lambda _: data
    with pytest.raises(EmbeddingError, match=r"something else than embeddings.*/v1"):
        made.embed(["a"])


@pytest.mark.parametrize("indent", [None, 2, 4])
def test_an_answer_may_be_as_long_as_the_largest_vectors_of_a_batch_are(indent):
    """Every number as long as a double can be, each on a line of its own."""
    longest = [-2.2250738585072014e-308] * 16_384
    item = {"object": "embedding", "index": 127, "embedding": longest}
    one = len(json.dumps({"data": [item]}, indent=indent))
    assert one + 200 < most_bytes(1)
    assert 128 * one + 200 < most_bytes(128) < 128 * 1_000_000


def test_the_largest_vectors_of_a_batch_are_read(server):
    made = make(server, batch_size=3)
    made.dimensions = 16_384
    numbers = np.random.default_rng(0).normal(size=16_384).tolist()
    server.change = lambda items: [{**item, "embedding": numbers} for item in items]
    out = made.embed(["a", "b", "c"])
    assert out.shape == (3, 16_384)
    np.testing.assert_allclose(out[2], np.array(numbers) / np.linalg.norm(numbers), rtol=1e-4)


@pytest.mark.parametrize(
    ("address", "fingerprint"),
    [
        (None, "openai::small:4:pool:16000:2"),
        ("http://localhost:11434/v1", "openai:localhost:11434/v1:small:4:pool:16000:2"),
        ("http://127.0.0.1:8000/v1/", "openai:127.0.0.1:8000/v1/:small:4:pool:16000:2"),
        ("https://models.example/openai/v1", "openai:models.example:/openai/v1:small:4:pool:16000:2"),
        ("https://me:word@Models.example/v1", "openai:models.example:/v1:small:4:pool:16000:2"),
        (
            "https://me.example/openai/deployments/small",
            "openai:me.example:/openai/deployments/small:small:4:pool:16000:2",
        ),
    ],
)
def test_vectors_that_were_kept_earlier_are_found_again(elsewhere, address, fingerprint):
    """These stand in files of people; another one would have them pay again."""
    made = embedder("openai:small", base_url=address, api_key="key", cache=False)
    assert made.fingerprint == fingerprint


def test_settings_that_change_the_vectors_are_in_the_fingerprint(elsewhere):
    made = embedder("openai:small", api_key="key", cache=False, windows="cut", window_bytes=9, batch_size=2)
    assert made.fingerprint == "openai::small:4:cut:9:2"


def test_a_copy_is_the_embedder_itself_and_no_pickle_is_made(server):
    made = make(server)
    assert copy.copy(made) is copy.deepcopy(made) is made
    assert repr(made) == f"OpenAIEmbedder('small', where='127.0.0.1:{server.server_port}')"
    with pytest.raises(EmbeddingError, match="cannot be pickled"):
        pickle.dumps(made)


@pytest.mark.parametrize(
    ("option", "value"),
    [("timeout", 0), ("timeout", "x"), ("timeout", float("nan")), ("retries", -1), ("retries", 1.5),
     ("batch_size", 0), ("batch_size", "many"), ("window_bytes", 3), ("window_bytes", None), ("windows", "all"),
     ("base_url", 5), ("base_url", "localhost:11434"), ("api_key", b"k"), ("headers", "api-key: k")],
)  # fmt: skip
def test_a_setting_that_is_none_is_refused_by_name_and_nothing_is_sent(server, option, value):
    with pytest.raises(EmbeddingError, match=f"^{option}(=| must)"):
        make(server, **{option: value})
    assert server.calls == 0


@pytest.mark.parametrize("model", ["", " "])
def test_a_model_without_a_name_is_a_question(server, model):
    with pytest.raises(EmbeddingError, match="Which model"):
        embedder(f"openai:{model}", base_url=server.base_url)


def test_an_answered_request_is_kept_when_the_next_one_fails(server, tmp_path):
    made = make(server, cache=tmp_path, batch_size=2)
    server.change = lambda data: data if server.calls < 4 else data[1:]
    with pytest.raises(EmbeddingError):
        made.embed(["a", "b", "c", "d", "e", "f"])
    server.change = lambda data: data
    server.requests.clear()
    make(server, cache=tmp_path, batch_size=2).embed(["a", "b", "c", "d", "e", "f"])
    assert server.inputs == [["."], ["e", "f"]]
