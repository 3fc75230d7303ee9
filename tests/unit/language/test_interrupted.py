"""A process that is interrupted, breaks off or is killed: what was paid for is there when the next one asks."""

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
exec(sys.argv[4])
from pathlib import Path
from tests.unit.language.asking_helpers import pairs
from whimsight.language import Asker, EndpointModel

model = EndpointModel("tiny", base_url=sys.argv[1], in_flight=4)
asker = Asker(model, cache=Path(sys.argv[2]), patience=float(sys.argv[3]))
for position, _ in asker.ask(pairs(40)):
    print(position, flush=True)
    exec(sys.argv[5])
"""


@pytest.fixture
def server():
    with FakeServer(oracle) as server:
        yield server


def hold(server, answered):
    """Let the server answer so many requests, up to three fewer, and no other before ``go``."""
    server.faults = lambda number, _: server.pause() if number == answered else None


@pytest.fixture
def process(server, tmp_path):
    """Asks the server, which is held, about forty pairs; prints each that is answered and does ``then``.

    ``first`` is done before anything is imported.
    """
    made = []

    def start(patience=20.0, then="pass", answered=4, first="pass"):
        hold(server, answered)
        command = [sys.executable, "-c", ASK, server.base_url, str(tmp_path), str(patience), first, then]
        settings = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "kit")])}
        made.append(
            subprocess.Popen(
                command,
                env=settings,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        return made[0]

    yield start
    server.go()
    for one in made:
        one.kill()
        one.communicate()


def kept_of(server, folder):
    """Return which pairs' answers a new process would find."""
    return [number for number, there in enumerate(asker_at(server, folder).peek(pairs(PAIRS))) if there]


def finish(server, folder):
    """Run again, here; return how many were bought."""
    server.go()
    before = server.calls
    assert len(answered(all_of(asker_at(server, folder, in_flight=4), pairs(PAIRS)))) == PAIRS
    return server.calls - before


def test_ctrl_c_ends_the_process_and_keeps_what_was_paid_for_and_on_its_way(server, process, tmp_path):
    running = process()
    server.until(calls=5, in_flight=4)
    running.send_signal(signal.SIGINT)
    server.go()
    out, err = running.communicate(timeout=30)
    assert running.returncode in (-signal.SIGINT, 130)
    assert err.strip().endswith("KeyboardInterrupt")
    kept = kept_of(server, tmp_path)
    assert len(kept) == server.calls < PAIRS
    assert set(map(int, out.split())) <= set(kept)
    assert finish(server, tmp_path) == PAIRS - len(kept)


def test_ctrl_c_in_the_caller_s_own_work_keeps_what_is_on_its_way(server, process, tmp_path):
    running = process(then="sys.stdin.readline()")
    server.until(calls=5, in_flight=4)
    running.send_signal(signal.SIGINT)
    server.go()
    _, err = running.communicate(timeout=30)
    assert running.returncode in (-signal.SIGINT, 130)
    assert err.strip().endswith("KeyboardInterrupt")
    assert len(kept_of(server, tmp_path)) == server.calls < PAIRS


@pytest.mark.parametrize(
    ("then", "status"), [("sys.exit(3)", 3), ("raise ValueError('a bug')", 1)], ids=["exit", "bug"]
)
def test_a_process_that_ends_in_the_middle_keeps_what_is_on_its_way(server, process, tmp_path, then, status):
    running = process(then=f"sys.stdin.readline(); {then}")
    server.until(calls=5, in_flight=4)
    print(file=running.stdin, flush=True)
    with pytest.raises(subprocess.TimeoutExpired):  # it waits for its answers
        running.wait(timeout=1)
    server.go()
    _, err = running.communicate(timeout=30)
    assert running.returncode == status
    assert "atexit" not in err
    assert len(kept_of(server, tmp_path)) == server.calls < PAIRS


def test_a_process_that_is_ending_sends_nothing_more(server, process):
    go_on = "atexit.register(lambda: print([outcome.kind for _, outcome in Asker(model, cache=False).ask(pairs(3))]))"
    running = process(first=f"import atexit; {go_on}", then="sys.exit()", answered=PAIRS)
    out, err = running.communicate(timeout=30)
    assert out.splitlines()[-1] == str(["stopped"] * 3), err
    assert server.calls < PAIRS


@pytest.mark.parametrize("then", ["pass", "sys.stdin.readline(); sys.exit()"], ids=["ctrl-c", "exit"])
def test_a_silent_server_is_waited_for_no_longer_than_it_was_told(server, process, tmp_path, then):
    running = process(patience=0.2, then=then)
    server.until(calls=5, in_flight=4)
    if then == "pass":
        running.send_signal(signal.SIGINT)
    out, _ = running.communicate("\n", timeout=10)
    assert running.returncode in (-signal.SIGINT, 130) if then == "pass" else running.returncode == 0
    assert set(map(int, out.split())) <= set(kept_of(server, tmp_path))


def test_a_process_that_is_killed_leaves_every_answer_that_it_gave_out(server, process, tmp_path):
    running = process(answered=20)
    printed = [int(running.stdout.readline()) for _ in range(17)]
    server.until(calls=21, in_flight=4)
    running.kill()
    running.communicate()
    kept = kept_of(server, tmp_path)
    assert set(printed) <= set(kept)
    assert finish(server, tmp_path) == PAIRS - len(kept)
