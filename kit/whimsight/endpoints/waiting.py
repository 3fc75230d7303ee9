"""How often to ask again and how long to wait before it, and a clock to wait by."""

from __future__ import annotations

import random
import threading
import time
from typing import Protocol

from whimsight.endpoints.faults import Fault

__all__ = ["LONGEST_WAIT", "Clock", "RealClock", "Tries", "jittered"]

LONGEST_WAIT = 300.0  # seconds that an endpoint may ask for
_FIRST, _LONGEST = 0.5, 30.0  # seconds
_LIMITS = 12  # rate limits after which one request is given up
_FEW = 3  # times that one is asked who never answered: more often not there than busy
_SLICE = 0.2  # seconds; between two of them Ctrl-C is heard on every system


class Clock(Protocol):
    """Tells the time and waits."""

    def now(self) -> float:
        """Return seconds since some moment."""
        ...

    def wait(self, seconds: float, halt: threading.Event) -> None:
        """Return after so many seconds, or when ``halt`` is set."""
        ...


class RealClock:
    """The machine's."""

    def now(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()

    def wait(self, seconds: float, halt: threading.Event) -> None:
        """Return after so many seconds, or when ``halt`` is set."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and not halt.wait(min(left, _SLICE)):
            pass


class Tries:
    """How often one request was sent in vain: rate limits are counted apart.

    Parameters
    ----------
    chance : random.Random
        Draws the waits.
    """

    def __init__(self, chance: random.Random) -> None:
        self._failed = self._limited = 0
        self._chance = chance

    def wait(self, fault: Fault) -> float:
        """Count a fault; return the seconds to wait after it."""
        if fault.kind == "rate limit":
            self._limited += 1
        else:
            self._failed += 1
        count = self._limited if fault.kind == "rate limit" else self._failed
        return max(fault.wait or 0.0, jittered(count, self._chance))

    def over(self, most: int, *, alive: bool) -> bool:
        """Say whether to give the request up.

        Parameters
        ----------
        most : int
            Times that it may be sent, rate limits apart.
        alive : bool
            The endpoint did answer.
        """
        return self._failed >= (most if alive else min(most, _FEW)) or self._limited >= _LIMITS


def jittered(failed: int, chance: random.Random) -> float:
    """Return seconds to wait after so many failures: anything up to a bound that doubles ("full jitter").

    Parameters
    ----------
    failed : int
        At least 1.
    chance : random.Random

    Examples
    --------
    >>> all(jittered(3, random.Random(s)) <= 2.0 for s in range(100))
    True
    """
    return chance.uniform(0.0, min(_LONGEST, _FIRST * 2.0 ** min(failed - 1, 20)))
