"""A clock that never waits."""

from __future__ import annotations

import threading


class Clock:
    """Time passes only by waiting, and then at once."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self._time = 0.0
        self._lock = threading.Lock()

    def now(self) -> float:
        return self._time

    def wait(self, seconds: float, halt: threading.Event) -> None:
        with self._lock:
            self.waits.append(seconds)
            self._time += seconds
