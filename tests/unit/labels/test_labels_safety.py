"""No edit is lost: two writers at once, a kill at any moment, a disk without room, a folder without rights."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import whimsight as ws
from whimsight.labels import LabelStore

resource = pytest.importorskip("resource", reason="limits of a process are a thing of Unix")

WRITER = """
import sys
from whimsight.labels import LabelStore
path, who, first, n = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
store = LabelStore(path, author=who)
print("ready", flush=True)
sys.stdin.readline()
for number in range(first, first + n):
    store.edit("d00", note=f"{number} " + "x" * 300)
    print(number, flush=True)
"""


def start(path: Path, who: str, first: int, n: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", WRITER, str(path), who, str(first), str(n)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def numbers(path: Path, who: str) -> list[int]:
    history = LabelStore(path).history
    return [int(p["note"].split()[0]) for p in history.loc[history["author"] == who, "payload"]]


def assert_sound(path: Path) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    connection.close()


def test_two_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    path = tmp_path / "both.labels"
    writers = [start(path, who, 0, 200) for who in ("Ann", "Bob")]
    for writer in writers:
        go(writer)
    for writer in writers:
        writer.communicate(timeout=120)
        assert writer.returncode == 0
    assert numbers(path, "Ann") == numbers(path, "Bob") == list(range(200))
    history = LabelStore(path).history
    assert history["uuid"].is_unique
    assert history["tick"].is_unique
    assert_sound(path)


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system has no SIGKILL")
def test_a_kill_in_the_middle_of_writing_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path, acknowledged = tmp_path / "killed.labels", -1
    for round_ in range(4):
        writer = start(path, "Ann", acknowledged + 1, 100_000)
        go(writer)
        time.sleep(0.05 + 0.07 * round_)
        writer.send_signal(signal.SIGKILL)
        told = (writer.communicate()[0] or "").split()
        acknowledged = int(told[-1]) if told else acknowledged
        kept = numbers(path, "Ann") if path.exists() else []
        assert kept == list(range(len(kept)))
        assert len(kept) - 1 in (acknowledged, acknowledged + 1)
        acknowledged = len(kept) - 1
        if path.exists():
            assert_sound(path)
    assert acknowledged > 0
    LabelStore(path, author="Ann").undo()


@pytest.fixture
def room() -> Iterator[Callable[[int], None]]:
    """Let files grow to so many bytes and no further, as on a disk that is full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_full_disk_is_an_error_and_leaves_the_file_as_it_was(
    tmp_path: Path, room: Callable[[int], None]
) -> None:
    path = tmp_path / "full.labels"
    store = LabelStore(path, author="Ann")
    store.edit("d00", note="kept")
    size = path.stat().st_size
    room(size)
    with pytest.raises(ws.LabelsError, match=r"Cannot write 'full\.labels'.*room"):
        store.edit("d01", note="é" * 10_000)
    room(resource.RLIM_INFINITY)
    kept = LabelStore(path)
    assert kept.history["payload"].tolist() == store.history["payload"].tolist()
    assert kept.labels.loc["d00", "note"] == "kept"
    assert_sound(path)
    store.edit("d01", note="room again")
    assert LabelStore(path).labels.loc["d01", "note"] == "room again"


def as_ordinary_user(work: Callable[[Path], None], folder: Path) -> None:
    """Run ``work`` in a process that root's rights do not help."""
    child = os.fork()
    if child == 0:  # pragma: no cover - the child is another process
        try:
            if os.geteuid() == 0:
                os.setgid(65534)
                os.setuid(65534)
            work(folder)
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_folder_that_may_only_be_read_can_be_looked_at_and_says_what_to_do() -> None:
    def work(folder: Path) -> None:
        store = LabelStore(folder / "work.labels", author="Ann")
        assert store.labels.loc["d00", "name"] == "kept"
        for action in (lambda: store.edit("d00", name="new"), store.undo):
            with pytest.raises(ws.LabelsError, match=r"Cannot write 'work\.labels'.*WHIMSIGHT_DATA"):
                action()
        with pytest.raises(ws.LabelsError, match=r"Cannot write 'new\.labels'.*WHIMSIGHT_DATA"):
            LabelStore(folder / "new.labels").edit("d00", name="new")
        with pytest.raises(ws.LabelsError, match=r"its folder cannot be made"):
            LabelStore(folder / "deeper" / "new.labels").edit("d00", name="new")
        assert store.labels.loc["d00", "name"] == "kept"

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        LabelStore(folder / "work.labels", author="Ann").edit("d00", name="kept")
        folder.chmod(stat.S_IRUSR | stat.S_IXUSR | stat.S_IRGRP | stat.S_IXGRP | stat.S_IROTH | stat.S_IXOTH)
        as_ordinary_user(work, folder)
        folder.chmod(stat.S_IRWXU)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_folder_that_may_not_be_entered_holds_nothing_and_says_what_to_do() -> None:
    def work(folder: Path) -> None:
        store = LabelStore(folder / "work.labels", author="Ann")
        assert store.labels.empty
        with pytest.raises(ws.LabelsError, match=r"Cannot write 'work\.labels'.*WHIMSIGHT_DATA"):
            store.edit("d00", name="new")
        refused = LabelStore.merge([folder / "work.labels"]).files["refused"]
        assert refused.tolist() == ["it cannot be read: Permission denied."]

    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0)
        as_ordinary_user(work, Path(name))
        Path(name).chmod(stat.S_IRWXU)


def test_a_folder_in_the_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ws.LabelsError, match="Cannot read"):
        LabelStore(tmp_path)


def test_a_file_that_another_program_holds_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "held.labels"
    store = LabelStore(path)
    store.edit("d00", name="a")
    holder = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import sqlite3, sys, time\n"
            "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "c.execute('BEGIN EXCLUSIVE'); print('held', flush=True); time.sleep(1); c.execute('COMMIT')",
            str(path),
        ],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    store.edit("d00", name="b")
    assert store.labels.loc["d00", "name"] == "b"
    holder.communicate()
