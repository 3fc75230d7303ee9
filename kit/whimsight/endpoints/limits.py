"""Limits in bytes and in seconds for whatever a server sends, however it sends it."""

from __future__ import annotations

import queue
import threading
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

from whimsight.endpoints.silence import unheard

__all__ = ["read", "within"]

_T = TypeVar("_T")
_SLICE = 0.2  # seconds; between two of them Ctrl-C is heard on every system


def within(seconds: float, work: Callable[[], _T]) -> _T | None:
    """Return what ``work`` returns, or None after so many seconds.

    It runs in a thread of its own, as a server that drips its headers outlasts every limit of a client. A thread
    that is given up ends with its connection, at the latest with the process, which does not wait for it.

    Parameters
    ----------
    seconds : float
    work : callable
        Raises nothing: a thread that dies silently would be waited for.
    """
    done: queue.SimpleQueue[_T] = queue.SimpleQueue()

    def run() -> None:
        unheard()
        done.put(work())

    threading.Thread(target=run, name="whimsight-request", daemon=True).start()
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        try:
            return done.get(timeout=min(left, _SLICE))
        except queue.Empty:
            continue
    return None


def read(parts: Iterable[bytes], most: int, seconds: float) -> tuple[bytes, bool]:
    """Return at most so many bytes that come in at most so many seconds, and whether that was everything.

    Examples
    --------
    >>> read([b"abc", b"def"], 4, seconds=1.0)
    (b'abcd', False)
    """
    end = time.monotonic() + seconds
    out: list[bytes] = []
    size = 0
    for part in _unpacked(parts, most + 1):
        out.append(part)
        size += len(part)
        if size > most or time.monotonic() > end:
            return b"".join(out)[:most], False
    return b"".join(out), True


def _unpacked(parts: Iterable[bytes], most: int) -> Iterator[bytes]:
    """Unpack gzip where it is, never more than ``most`` bytes of a part: a thousandth of them may be sent."""
    gzip = None
    for number, part in enumerate(parts):
        if number == 0 and part.startswith(b"\x1f\x8b"):
            gzip = zlib.decompressobj(31)
        yield gzip.decompress(part, most) if gzip else part
