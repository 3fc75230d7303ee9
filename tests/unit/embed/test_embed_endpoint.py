"""Against a real server on this machine."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest

from whimsight.embed import embedder
from whimsight.errors import EmbeddingError

KEY = "sk-secret-4711"


def vector(text):
    return [len(text), text.count("a"), 1.0, 0.5]


class Server(ThreadingHTTPServer):
    """Answers in reverse order; ``plan`` holds what to do with the next requests instead."""

    def __init__(self):
        self.plan, self.inputs, self.keys, self.change = [], [], [], lambda data: data
        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_port}/v1"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.keys.append(self.headers.get("Authorization"))
        status, answer = 200, None
        if self.path != "/v1/embeddings":
            status, answer = 404, {"error": {"message": "no such page"}}
        elif self.server.plan:
            status, answer = self.server.plan.pop(0)
        elif body["model"] != "small":
            status = 404
            answer = {"error": {"message": f"The model {body['model']} does not exist. Your key: {KEY}"}}
        if answer is None:
            self.server.inputs.append(body["input"])
            data = [
                {"object": "embedding", "index": i, "embedding": vector(t)}
                for i, t in enumerate(body["input"])
            ]
            answer = {"object": "list", "model": "small", "data": self.server.change(data[::-1]),
                      "usage": {"prompt_tokens": 1, "total_tokens": 1}}  # fmt: skip
        raw = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.send_header("retry-after-ms", "1")
        self.end_headers()
        self.wfile.write(raw)

    def log_message(self, *arguments):
        pass


@pytest.fixture
def server(monkeypatch):
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def make(server, **options):
    options = {"base_url": server.url, "api_key": KEY, "cache": False, "retries": 2, **options}
    return embedder("openai:small", **options)


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


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server, status):
    made = make(server)
    server.plan = [(status, {"error": {"message": "busy"}})] * 2
    np.testing.assert_allclose(made.embed(["abc"]), unit(["abc"]), rtol=1e-5)


def test_a_server_that_stays_busy_is_an_error_that_says_so(server):
    made = make(server)
    server.plan = [(429, {"error": {"message": "slow down"}})] * 9
    with pytest.raises(EmbeddingError, match=r"status 429.*slow down"):
        made.embed(["abc"])


def test_an_unknown_model_is_named(server):
    with pytest.raises(EmbeddingError, match=r"'huge'.*does not exist") as caught:
        embedder("openai:huge", base_url=server.url, api_key=KEY, cache=False)
    assert KEY not in str(caught.value)


def test_a_dead_endpoint_is_an_error(server):
    with pytest.raises(EmbeddingError, match=r"APIConnectionError.*server up"):
        embedder("openai:small", base_url="http://127.0.0.1:9/v1", api_key=KEY, retries=0)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda data: data[1:], "1 vectors for 2 texts"),
        (lambda data: [{**d, "index": 0} for d in data], "which belongs to which"),
        (lambda data: [{**d, "embedding": [1.0] * (3 + d["index"])} for d in data], "different lengths"),
        (lambda data: [{**d, "embedding": [1.0] * 7} for d in data], "of 7 numbers"),
        (lambda data: [{**d, "embedding": [float("nan")] * 4} for d in data], "NaN"),
    ],
)
def test_a_wrong_answer_is_refused(server, change, message):
    made = make(server)
    server.change = change
    with pytest.raises(EmbeddingError, match=message):
        made.embed(["a", "b"])


@pytest.mark.parametrize("answer", [b"<html>hello</html>", b"{}", b'{"data": [{"x": 1}]}', b"[]"])
def test_a_page_that_is_no_embeddings_service_is_refused(server, answer):
    made = make(server)
    server.plan = [(200, answer)] * 3
    with pytest.raises(EmbeddingError):
        made.embed(["a"])


def test_the_key_is_sent_and_shown_nowhere(server, tmp_path):
    made = make(server, cache=tmp_path)
    made.embed(["a", "b"])
    assert server.keys[-1] == f"Bearer {KEY}"
    inner = made._inner
    for thing in (made, inner, made._cache):
        assert KEY not in repr(thing)
        assert KEY not in repr(vars(thing))
        assert not any(KEY in repr(getattr(value, "__dict__", "")) for value in vars(thing).values())
    assert KEY not in made.fingerprint
    assert all(KEY.encode() not in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def test_a_password_in_the_address_is_not_in_the_fingerprint(server):
    made = make(server, base_url=server.url.replace("//", "//me:pass-4711@"))
    assert "4711" not in made.fingerprint
    assert str(server.server_port) in made.fingerprint


def test_the_key_comes_from_the_environment(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-other")
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    embedder("openai:small", cache=False)
    assert server.keys[-1] == "Bearer sk-other"


def test_without_a_key_nothing_is_asked(monkeypatch, server):
    with pytest.raises(EmbeddingError, match="OPENAI_API_KEY"):
        embedder("openai:small")
    assert server.inputs == []


def test_an_answered_request_is_kept_when_the_next_one_fails(server, tmp_path):
    made = make(server, cache=tmp_path, batch_size=2)
    asked = server.inputs
    server.change = lambda data: data if len(asked) < 4 else data[1:]
    with pytest.raises(EmbeddingError):
        made.embed(["a", "b", "c", "d", "e", "f"])
    server.change = lambda data: data
    del asked[:]
    make(server, cache=tmp_path, batch_size=2).embed(["a", "b", "c", "d", "e", "f"])
    assert asked == [["."], ["e", "f"]]
