"""When the next request may leave: one gate that a rate limit closes for everybody."""

from __future__ import annotations

import math
import threading

from whimsight.endpoints.waiting import Clock

__all__ = ["Gate"]

_WORTH_TELLING = 1.0  # second that it lasts


class Gate:
    """Lets so many requests through at once; after a rate limit none until its moment, and then half as many.

    Parameters
    ----------
    most : int
        At once.
    clock : Clock
    """

    def __init__(self, most: int, clock: Clock) -> None:
        self._most, self._clock = most, clock
        self._width = float(most)
        self._inside = 0
        self._not_before = clock.now()
        self._limited_since: float | None = None  # nothing was answered since
        self._changed = threading.Condition()

    @property
    def waiting(self) -> str:
        """What everybody waits for, in words; empty where nobody does, or not for long."""
        with self._changed:
            now = self._clock.now()
            left = self._not_before - now
            lasted = 0.0 if self._limited_since is None else now - self._limited_since
        if max(left, lasted) < _WORTH_TELLING:
            return ""
        when = f"next try in {math.ceil(left)} s" if left > 0 else "trying again"
        return f"the endpoint asks to wait: rate limit, {when}"

    def enter(self, halt: threading.Event) -> bool:
        """Wait for a place; False when ``halt`` is set."""
        while not halt.is_set():
            with self._changed:
                delay = self._not_before - self._clock.now()
                if delay <= 0:
                    if self._inside < max(1, int(self._width)):
                        self._inside += 1
                        return True
                    self._changed.wait(0.1)
            if delay > 0:
                self._clock.wait(delay, halt)
        return False

    def leave(self, *, answered: bool = False, wait: float | None = None) -> None:
        """Give the place back.

        Parameters
        ----------
        answered : bool
            It went well: after a rate limit one more at a time is let through again.
        wait : float, optional
            It was a rate limit: seconds until the next request of anybody.
        """
        with self._changed:
            self._inside -= 1
            if answered:
                self._limited_since = None
                self._width = min(float(self._most), self._width + 1.0 / self._width)
            if wait is not None:
                now = self._clock.now()
                self._not_before = max(self._not_before, now + wait)
                if self._limited_since is None:
                    self._limited_since = now
                self._width = max(1.0, self._width / 2)
            self._changed.notify_all()
