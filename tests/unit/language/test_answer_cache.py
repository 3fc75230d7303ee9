"""Paid replies stay: through kills, two processes, damage; a full disk costs the cache, not the run."""

import os
import signal
import sqlite3
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from whimsight.language import AnswerCache, Reply

ROOT = Path(__file__).parents[3]


def key(number):
    return f"{number:064x}"


def reply(text="{}", finish="stop"):
    return Reply(text, 12, 3, 0.25, finish)


def keep(cache, number, one=None):
    cache.put(key(number), one or reply(f"reply {number}"), sent=40, most=60)


@pytest.fixture
def cache(tmp_path):
    return AnswerCache("model 1", tmp_path)


def test_replies_come_back_as_they_were_in_the_order_they_were_paid_for(cache, tmp_path):
    first, second = Reply("naïve\n\x00\U0001f600'\"", 5, 0, 1 / 3, "refusal"), reply("", "length")
    keep(cache, 1, first)
    keep(cache, 2)
    keep(cache, 1, second)
    again = AnswerCache("model 1", tmp_path)
    assert again.get([key(1), key(3), key(1)]) == {key(1): [first, second]}


def test_another_model_has_answers_of_its_own(cache, tmp_path):
    keep(cache, 1)
    assert AnswerCache("model 2", tmp_path).get([key(1)]) == {}


def test_many_keys_are_looked_up_together(cache):
    for number in range(0, 60, 3):
        keep(cache, number)
    found = cache.get([key(n) for n in range(2000)])
    assert set(found) == {key(n) for n in range(0, 60, 3)}


def test_totals_add_up_what_was_kept(cache):
    assert cache.totals() == (0, 0, 0, 0, 0, 0.0)
    keep(cache, 1)
    keep(cache, 1)
    assert cache.totals() == (2, 80, 120, 24, 6, 0.5)


def test_without_a_disk_replies_are_kept_in_memory(tmp_path):
    cache = AnswerCache("model 1", tmp_path, on_disk=False)
    keep(cache, 1)
    assert cache.get([key(1)]) == {key(1): [reply("reply 1")]}
    assert cache.totals().replies == 1
    assert list(tmp_path.iterdir()) == []


def test_a_text_that_is_not_unicode_is_kept_as_well_as_can_be(cache):
    keep(cache, 1, reply("half \ud800 a pair"))
    assert cache.get([key(1)])[key(1)][0].text == "half ? a pair"


WRITE = """
import sys
from pathlib import Path
from whimsight.language import AnswerCache, Reply

cache = AnswerCache("model 1", Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[2]), int(sys.argv[3])):
    cache.put(f"{number:064x}", Reply(f"reply {number}", 12, 3, 0.25), sent=40, most=60)
    print(number, flush=True)
"""


def writer(folder, first, end):
    settings = {**os.environ, "PYTHONPATH": str(ROOT / "kit")}
    command = [sys.executable, "-c", WRITE, str(folder), str(first), str(end)]
    return subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True)


def test_two_processes_and_this_one_write_at_once(cache, tmp_path):
    running = [writer(tmp_path, 0, 40), writer(tmp_path, 20, 60)]
    for one in running:
        assert one.stdout.readline() == "ready\n"
    for number in range(60, 90):
        keep(cache, number)
    for one in running:
        one.communicate()
        assert one.returncode == 0
    found = cache.get([key(n) for n in range(90)])
    assert all(found[key(n)][0].text == f"reply {n}" for n in range(90))
    assert all(len(found[key(n)]) == (2 if 20 <= n < 40 else 1) for n in range(90)), "both were paid for"


@pytest.mark.parametrize("after", [1, 7])
def test_a_process_that_is_killed_leaves_what_it_had_told(cache, tmp_path, after):
    running = writer(tmp_path, 0, 10_000)
    running.stdout.readline()
    told = [int(running.stdout.readline()) for _ in range(after)]
    running.send_signal(signal.SIGKILL)
    running.communicate()
    found = cache.get([key(n) for n in told])
    assert [found[key(n)][0].text for n in told] == [f"reply {n}" for n in told]
    keep(cache, 10_001)
    assert key(10_001) in cache.get([key(10_001)])


def test_a_row_that_was_changed_is_asked_again(cache):
    keep(cache, 1)
    keep(cache, 2)
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE reply SET text = 'reply 7' WHERE key = ?", (bytes.fromhex(key(1)),))
    db.close()
    assert cache.get([key(1), key(2)]) == {key(2): [reply("reply 2")]}
    keep(cache, 1)
    assert cache.get([key(1)]) == {key(1): [reply("reply 1")]}


def test_an_answer_under_another_key_is_found_out(cache):
    keep(cache, 1)
    with sqlite3.connect(cache.path) as db:
        db.execute("UPDATE reply SET key = ?", (bytes.fromhex(key(2)),))
    db.close()
    assert cache.get([key(1), key(2)]) == {}


def test_a_file_that_is_no_database_is_put_aside_and_begun_anew(cache, tmp_path):
    cache.path.write_bytes(b"this is no database, but somebody's letter" * 100)
    with pytest.warns(UserWarning, match="damaged"):
        assert cache.get([key(1)]) == {}
    keep(cache, 1)
    assert cache.get([key(1)]) == {key(1): [reply("reply 1")]}
    aside = next(tmp_path.glob("*damaged*"))
    assert aside.read_bytes().startswith(b"this is no database"), "nothing of the person's is thrown away"


def test_a_file_that_another_process_has_mended_is_left_alone(cache, tmp_path):
    keep(cache, 1)
    cache._put_aside()
    assert set(cache.get([key(1)])) == {key(1)}
    assert list(tmp_path.glob("*damaged*")) == []


def test_what_can_be_read_of_a_damaged_file_was_paid_for_and_is_kept(cache):
    for number in range(200):
        keep(cache, number, reply(f"reply {number} " + "x" * 500))
    size = cache.path.stat().st_size
    with cache.path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * 4096)
    everything = [key(n) for n in range(200)]
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        first = cache.get(everything)
        keep(cache, 1000)
        found = cache.get(everything)
    assert any("damaged" in str(w.message) for w in told) or first == found
    assert 150 <= len(found) < 200
    assert all(replies[0].text.startswith(f"reply {int(k, 16)} ") for k, replies in found.items())


def test_a_folder_that_cannot_be_made_costs_the_cache_and_not_the_run(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    cache = AnswerCache("model 1", tmp_path / "file" / "folder")
    with pytest.warns(UserWarning, match="WHIMSIGHT_CACHE"):
        keep(cache, 1)
    keep(cache, 2)
    assert set(cache.get([key(1), key(2)])) == {key(1), key(2)}, "this process still has them"


def test_a_full_disk_costs_the_cache_and_not_the_run(cache, monkeypatch):
    keep(cache, 1)
    connect = cache._connect

    def full():
        db = connect()
        db.execute(f"PRAGMA max_page_count = {db.execute('PRAGMA page_count').fetchone()[0]}")
        return db

    monkeypatch.setattr(cache, "_connect", full)
    with pytest.warns(UserWarning, match="full"):
        keep(cache, 2, reply("x" * 100_000))
    keep(cache, 3)
    assert set(cache.get([key(1), key(2), key(3)])) == {key(1), key(2), key(3)}, "the old one is still read"


def test_a_file_of_a_later_version_is_left_alone(cache):
    keep(cache, 1)
    with sqlite3.connect(cache.path) as db:
        db.execute("PRAGMA user_version = 99")
    db.close()
    before = cache.path.read_bytes()
    with pytest.warns(UserWarning, match="schema 99"):
        keep(cache, 2)
    assert cache.path.read_bytes() == before
