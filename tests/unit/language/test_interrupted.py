"""Ctrl-C and kill -9 in a process of its own: what was paid for is there when the next one asks."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.endpoints.fake_server import FakeServer
from tests.unit.language.asking_helpers import all_of, answered, asker_at, oracle, pairs

ROOT = Path(__file__).parents[3]
PAIRS = 40

ASK = """
import sys
from contextlib import closing
from pathlib import Path
from tests.unit.language.asking_helpers import pairs
from whimsight.language import Asker, EndpointModel

model = EndpointModel("tiny", base_url=sys.argv[1], in_flight=4)
asker = Asker(model, cache=Path(sys.argv[2]), patience=float(sys.argv[3]))
with closing(asker.ask(pairs(40))) as answers:  # or an interrupt while it prints would leave what is on its way
    for position, _ in answers:
        print(position, flush=True)
"""


@pytest.fixture
def server():
    """Answers ten requests and then no other before ``go``."""
    with FakeServer(lambda payload: (server.calls >= 10 and server.pause(), oracle(payload))[1]) as server:
        yield server


def resume(server):
    """Answer everything from now on."""
    server.answer = oracle
    server.go()


@pytest.fixture
def process(server, tmp_path):
    """Asks the server about forty pairs and prints each that is answered."""
    made = []

    def start(patience=20.0):
        command = [sys.executable, "-c", ASK, server.base_url, str(tmp_path), str(patience)]
        settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "kit")])}
        made.append(
            subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        )
        return made[0]

    yield start
    resume(server)
    for one in made:
        one.kill()
        one.communicate()


def kept_of(server, folder):
    """Return which pairs' answers a new process would find."""
    return [number for number, there in enumerate(asker_at(server, folder).peek(pairs(PAIRS))) if there]


def finish(server, folder):
    """Run again, here; return how many were bought."""
    resume(server)
    before = server.calls
    assert len(answered(all_of(asker_at(server, folder, in_flight=4), pairs(PAIRS)))) == PAIRS
    return server.calls - before


def test_ctrl_c_ends_the_process_and_keeps_what_was_paid_for_and_on_its_way(server, process, tmp_path):
    running = process()
    server.until(calls=12, in_flight=1)
    running.send_signal(signal.SIGINT)
    resume(server)
    out, err = running.communicate(timeout=30)
    assert running.returncode in (-signal.SIGINT, 130)
    assert err.strip().endswith("KeyboardInterrupt")
    kept = kept_of(server, tmp_path)
    assert len(kept) == server.calls < PAIRS
    assert set(map(int, out.split())) <= set(kept)
    assert finish(server, tmp_path) == PAIRS - len(kept)


def test_ctrl_c_waits_for_a_silent_server_no_longer_than_it_was_told(server, process, tmp_path):
    running = process(patience=0.2)
    server.until(calls=12, in_flight=1)
    running.send_signal(signal.SIGINT)
    out, _ = running.communicate(timeout=10)
    assert running.returncode in (-signal.SIGINT, 130)
    assert set(map(int, out.split())) <= set(kept_of(server, tmp_path))


def test_a_process_that_is_killed_leaves_every_answer_that_it_gave_out(server, process, tmp_path):
    running = process()
    printed = [int(running.stdout.readline()) for _ in range(8)]
    running.kill()
    running.communicate()
    kept = kept_of(server, tmp_path)
    assert set(printed) <= set(kept)
    assert finish(server, tmp_path) == PAIRS - len(kept)
