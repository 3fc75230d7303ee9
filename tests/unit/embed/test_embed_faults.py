"""What an embedder does when its endpoint is busy, broken, endless or not there."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.unit.embed.endpoints import make, server
from tests.unit.endpoints import fake_faults as faults
from tests.unit.endpoints.fake_embeddings import EmbeddingServer, vector
from tests.unit.endpoints.settings import no_settings
from whimsight.embed import embedder
from whimsight.errors import EmbeddingError

__all__ = ["no_settings", "server"]

ROOT = Path(__file__).parents[3]
TEXT = "banana"
UNIT = np.array([vector(TEXT)]) / np.linalg.norm(vector(TEXT))


def name(fault):
    return fault.name


def trouble(made):
    """Return the error that embedding a text ends in."""
    with pytest.raises(EmbeddingError) as caught:
        made.embed([TEXT])
    assert caught.value.__cause__ is caught.value.__context__ is None
    return str(caught.value)


PASSING = [
    *(faults.broken(code) for code in (500, 502, 503, 529)),
    faults.broken(502, html=True),
    faults.status(408),
    faults.status(409),
    faults.rate_limited(),
    faults.rate_limited(0),
    faults.resets(),
    faults.resets_midway(),
    faults.cut_off(),
    faults.chunks_cut_off(),
    faults.not_json(),
    faults.broken_json(),
    faults.no_completion(),
    faults.no_completion([]),
    faults.no_completion({"error": {"message": "try again", "code": 503}}),
]


@pytest.mark.parametrize("fault", PASSING, ids=[f"{i} {one.name}" for i, one in enumerate(PASSING)])
def test_what_passes_is_asked_again_with_the_same_request(server, fault):
    made = make(server)
    server.faults = [fault, fault]
    np.testing.assert_allclose(made.embed([TEXT]), UNIT, rtol=1e-5)
    _, *sent = [asked.payload for asked in server.requests]
    assert sent == [{"model": "small", "input": [TEXT], "encoding_format": "float"}] * 3
    assert len(made._clock.waits) == 2


@pytest.mark.parametrize("fault", [faults.drips(), faults.gzipped()], ids=name)
def test_an_answer_that_is_odd_and_whole_is_read(server, fault):
    made = make(server)
    server.faults = [fault]
    np.testing.assert_allclose(made.embed([TEXT]), UNIT, rtol=1e-5)


@pytest.mark.parametrize(
    "fault", [faults.endless(), faults.drips_on(), faults.drips_headers(), faults.bomb(), faults.hangs()], ids=name
)  # fmt: skip
def test_an_answer_without_an_end_is_given_up(server, fault):
    made = make(server, timeout=0.3, retries=1)
    server.faults = [fault, fault]
    assert "timeout=300" in trouble(made)
    assert server.calls == 3
    np.testing.assert_allclose(make(server).embed([TEXT]), UNIT, rtol=1e-5)


def test_an_answer_that_is_far_too_long_is_given_up_before_its_time(server):
    made = make(server, timeout=600, retries=0)
    server.faults = [faults.endless()]
    assert "did not end in 600 s and 753,128 bytes" in trouble(made)


@pytest.mark.parametrize(
    "fault", [faults.endless, faults.drips_on, faults.bomb], ids=lambda fault: fault.__name__
)
def test_a_refusal_without_an_end_is_told_by_its_status(server, fault):
    made = make(server, timeout=1.0, retries=0)  # the status comes at once, the rest never
    server.faults = [fault(401)]
    assert "turns us away" in trouble(made)


@pytest.mark.parametrize("retries", [0, 4])
def test_a_busy_server_is_waited_for_whatever_other_faults_are_worth(server, retries):
    made = make(server, retries=retries)
    server.faults = [faults.rate_limited()] * 9
    np.testing.assert_allclose(made.embed([TEXT]), UNIT, rtol=1e-5)


def test_a_server_that_stays_busy_is_asked_twelve_times_and_then_told_of(server):
    made = make(server)
    server.faults = [faults.status(429, faults.problem("slow down"))] * 20
    assert "lets no more through for 'small': status 429, it says: slow down." in trouble(made)
    assert server.calls == 1 + 12


@pytest.mark.parametrize("retries", [0, 1, 4])
def test_a_server_that_stays_broken_is_asked_again_so_many_times(server, retries):
    made = make(server, retries=retries)
    server.faults = [*[faults.rate_limited()] * 5, *[faults.broken(500)] * 9]
    assert "stopped answering" in trouble(made)
    assert server.calls == 1 + 5 + retries + 1


def test_waits_grow_and_are_drawn_by_chance(server):
    made = make(server, retries=8)
    server.faults = [faults.broken(503)] * 8
    made.embed([TEXT])
    waits = made._clock.waits
    assert all(0 <= wait <= min(30, 0.5 * 2**number) for number, wait in enumerate(waits))
    assert len(set(waits)) == 8


@pytest.mark.parametrize("fault", [faults.rate_limited(7), faults.status(503, retry_after="7")], ids=name)
def test_the_wait_that_the_server_asks_for_is_kept(server, fault):
    made = make(server)
    server.faults = [fault]
    made.embed([TEXT])
    assert made._clock.waits == [7.0]


def test_a_wait_of_a_day_is_an_error_at_once(server):
    made = make(server)
    server.faults = [faults.rate_limited(90_000)]
    assert "asks to wait for 90,000 s" in trouble(made)
    assert made._clock.waits == []
    assert server.calls == 2


FATAL = [
    (faults.wrong_key(), "turns us away.*api_key=.*OPENAI_BASE_URL"),
    (faults.forbidden(), "turns us away"),
    (faults.no_such_model(), r"no model 'small'.*does not exist.*It has small\..*/v1"),
    (faults.out_of_money(), "wants money.*quota"),
    (faults.too_long(), r"maximum context length.*window_bytes="),
    (faults.status(400, faults.problem("odd")), "cannot be asked for 'small': status 400, it says: odd"),
]


@pytest.mark.parametrize(("fault", "said"), FATAL, ids=[fault.name for fault, _ in FATAL])
def test_what_no_request_mends_is_an_error_at_once(server, fault, said):
    made = make(server)
    server.faults = [fault]
    with pytest.raises(EmbeddingError, match=said):
        made.embed([TEXT])
    assert server.calls == 2


def test_an_unknown_model_is_named_with_those_that_are_known(server):
    with pytest.raises(EmbeddingError, match=r"no model 'smal'.*does not exist.*Did you mean 'small'"):
        embedder("openai:smal", base_url=server.base_url, cache=False)
    assert server.calls == 1


def test_a_redirect_is_not_followed(server):
    made = make(server)
    with EmbeddingServer() as other:
        server.faults = [faults.redirects(f"{other.base_url}/embeddings")]
        assert "redirects elsewhere (status 307)" in trouble(made)
        assert other.calls == 0


def test_an_endpoint_that_was_never_there_is_asked_three_times(monkeypatch):
    with EmbeddingServer() as gone:
        pass
    waits = []
    monkeypatch.setattr("whimsight.embed.endpoint.RealClock.wait", lambda *wait: waits.append(wait))
    with pytest.raises(
        EmbeddingError, match=rf"127.0.0.1:{gone.server_port} does not answer.*server up.*/v1"
    ):
        embedder("openai:small", base_url=gone.base_url, retries=9)
    assert len(waits) == 2


def test_an_endpoint_that_is_busy_when_it_is_first_asked_is_there(server, monkeypatch):
    monkeypatch.setattr("whimsight.embed.endpoint.RealClock.wait", lambda *_: None)
    server.faults = [faults.rate_limited()] * 4
    assert embedder("openai:small", base_url=server.base_url, retries=4, cache=False).dimensions == 4


def test_an_endpoint_that_dies_on_the_way_stopped_answering():
    with EmbeddingServer() as server:
        made = make(server)
    assert "stopped answering" in trouble(made)


def test_another_service_behind_the_address_is_told_of(server):
    made = make(server)
    server.faults = [faults.not_json()] * 3
    assert "something else than embeddings" in trouble(made)


# Ctrl-C, in a process of its own.

EMBED = """
import sys
from whimsight.embed import embedder

made = embedder("openai:small", base_url=sys.argv[1], cache=False, timeout=500.0)
print("made", flush=True)
made.embed(["banana"])
"""


@pytest.mark.parametrize(
    "fault", [faults.hangs(), faults.rate_limited(290)], ids=["while asking", "while waiting"]
)
def test_ctrl_c_ends_it(server, fault):
    server.faults = [None, fault]
    settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "kit")])}
    with subprocess.Popen(
        [sys.executable, "-c", EMBED, server.base_url], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    ) as running:  # fmt: skip
        try:
            server.until(calls=2)
            running.send_signal(signal.SIGINT)
            _, said = running.communicate(timeout=60)
        finally:
            running.kill()
    assert running.returncode in (-signal.SIGINT, 130)
    assert said.strip().endswith("KeyboardInterrupt")
    assert server.calls == 2
