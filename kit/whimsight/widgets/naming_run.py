"""A run that suggests names beside the kernel's own work: in a thread, stopped from outside, told of as it goes on."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
import time
from collections.abc import Callable
from contextvars import Context, copy_context
from typing import TYPE_CHECKING, Any, Protocol
from weakref import ref

from whimsight.errors import StudyError, WhimsightError
from whimsight.studies.snapshot import clean
from whimsight.widgets.answers import error_of

if TYPE_CHECKING:
    from whimsight.naming import Naming, Plan
    from whimsight.studies._study import Study

__all__ = ["Listener", "NamingRun", "Voice", "last_run_of", "listen", "listeners", "run_of", "unlisten"]

_BETWEEN = 0.25
"""Seconds between two words about a run."""
_STEPS = 1000
_MOST = 0.95
"""Of its way a run is said to have behind it before it has ended, whatever the plan told."""


_log = logging.getLogger(__name__)


class Listener(Protocol):
    """Is told when a run of its study has got on.

    Attributes
    ----------
    run : NamingRun or None
        The last that it knows of.
    """

    study: Study
    run: NamingRun | None

    def tell(self, *, last: bool = False) -> None:
        """Look at the run; called in its thread, the last time once it has ended."""


# A widget may be collected wherever Python runs, also in a thread that holds this lock, and then takes it itself.
_lock = threading.RLock()
_running: list[NamingRun] = []
_listening: set[ref[Listener]] = set()


def listen(listener: Listener) -> None:
    """Tell somebody of all runs of its study from now on."""
    _listening.add(ref(listener, _listening.discard))


def unlisten(listener: Listener) -> None:
    """Tell it no more."""
    _listening.discard(ref(listener))


def listeners(study: Study) -> list[Listener]:
    """Return who is told of a study's runs."""
    # A copy, made in one step: a listener whose last holder this is goes on the way, and takes itself out.
    return [one for there in tuple(_listening) if (one := there()) is not None and one.study is study]


def run_of(study: Study) -> NamingRun | None:
    """Return the run that goes on, if any; there is at most one a study."""
    with _lock:
        return next((run for run in _running if run.study is study), None)


def last_run_of(study: Study) -> NamingRun | None:
    """Return the run that goes on or, as far as those who are told of them know, the one that began last."""
    known = [one.run for one in listeners(study) if one.run is not None]
    return run_of(study) or max(known, key=lambda run: run.began, default=None)


class NamingRun:
    """One run in a thread that ends with the kernel.

    Parameters
    ----------
    naming : Naming
    plan : Plan
        What was shown before.
    budget, calls
        As `Naming.run` takes them.

    Attributes
    ----------
    trouble : str
        Why it failed, in a sentence without keys; empty where it did not.
    stopping : bool
        A person stopped it.
    seen : bool
        A person saw how it ended, on whichever page.
    began : float
        When it was made, on the monotonic clock.
    """

    def __init__(self, naming: Naming, plan: Plan, *, budget: float | None, calls: int | None) -> None:
        self.naming, self.plan = naming, plan
        self.study: Study = naming.study
        self.trouble = ""
        self.stopping = self.seen = False
        self.began = time.monotonic()
        self._limits: dict[str, Any] = {"budget": budget, "calls": calls}
        self._thread = threading.Thread(target=self._work, name="whimsight-naming", daemon=True)

    @property
    def going(self) -> bool:
        """Whether it has not ended."""
        with _lock:
            return self in _running

    def start(self) -> None:
        """Begin.

        Raises
        ------
        StudyError
            If another run names the same study.
        """
        with _lock:
            if any(run.study is self.study for run in _running):
                raise StudyError(
                    "Names are being suggested for this study already: wait for that run, or stop it."
                )
            _running.append(self)
        try:
            self._thread.start()
        except RuntimeError:
            self._leave()
            raise

    def stop(self) -> None:
        """Let it send nothing more; it ends once what is on its way has come."""
        self.stopping = True
        self.naming.stop()

    def saw(self) -> None:
        """A person saw how it ended; the other pages need not point at it any more."""
        if not self.going and not self.seen:
            self.seen = True
            self._tell(last=True)

    def told(self) -> dict[str, Any]:
        """Return how far it is, as part of ``NamingProgress`` of ``protocol.ts``."""
        going, said = self.going, self.naming.progress
        state = "running" if going else "failed" if self.trouble else str(said["state"])
        kept, done = list(said["kept"]), int(said["features_done"])
        unproposed, untold = int(said["unproposed"]), int(said["untold"])
        return {
            "state": state,
            "stage": "stop" if going and self.stopping else clean(str(said["stage"] or "")),
            "done": round(_STEPS * self._behind(said)),
            "total": _STEPS,
            "features_done": done,
            "features": int(said["features"]),
            "calls": int(said["calls"]),
            "cached": int(said["cached"]),
            "failures": {str(kind): int(n) for kind, n in said["failures"].items()},
            "cost": None if said["cost"] is None else float(said["cost"]),
            "lost": int(said["lost"]),
            "unsure": float(said["unsure"]),
            "waiting": "" if self.stopping else clean(str(said["waiting"])),
            "cost_most": None if self.plan.cost_most is None else float(self.plan.cost_most),
            "message": clean(self.trouble or (self._why(said) if state == "stopped" else "")),
            "kept": kept,
            "unkept": max(0, done - len(kept) - unproposed - untold),
            "unproposed": unproposed,
            "untold": untold,
            "untold_for": {str(why): int(n) for why, n in said["untold_for"].items()},
            "missing": int(said["features"]) - done,
            "seen": self.seen,
        }

    def _why(self, said: dict[str, Any]) -> str:
        if self.stopping:
            return "Stopped."
        return "It came to its limit." if said["calls"] else "The limit does not pay for one call."

    def _behind(self, said: dict[str, Any]) -> float:
        features = said["features_done"] / max(1, said["features"])
        calls = (said["calls"] + said["cached"]) / max(1, self.plan.calls + self.plan.cached)
        return float(max(features, min(_MOST, calls)))

    def _work(self) -> None:
        try:
            self.naming.run(**self._limits, on_change=self._changed, progress=False)
        except Exception as error:
            if not isinstance(error, WhimsightError):
                _log.warning("Suggesting names failed: %s.", type(error).__name__)
            self.trouble = _without_key(error_of(error)["message"])
        finally:
            self._leave()
            self._tell(last=True)

    def _changed(self) -> None:
        if self.stopping:  # it may have been said before there was anything to stop
            self.naming.stop()
        self._tell()

    def _leave(self) -> None:
        with _lock:
            _running.remove(self)

    def _tell(self, *, last: bool = False) -> None:
        for listener in listeners(self.study):
            listener.tell(last=last)


class Voice:
    """Says something from whatever thread, on the loop on which the page last asked, and not too often.

    Parameters
    ----------
    say : callable
        Called on that loop; at once, or not at all, where there is none.
    """

    def __init__(self, say: Callable[[], None]) -> None:
        self._say = say
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._context: Context | None = None
        self._waits = False
        self._last = -_BETWEEN

    def follow(self) -> None:
        """Speak from now on where this is called."""
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            return
        with self._lock:
            # What waits on a loop that has stopped is never said.
            self._waits = self._waits and loop is self._loop
            self._loop, self._context = loop, copy_context()

    def speak(self, *, last: bool = False) -> None:
        """Say it soon; what is asked for meanwhile is said in one, and the last word is said in any case."""
        with self._lock:
            loop, context = self._loop, self._context
            pause = max(0.0, self._last + _BETWEEN - time.monotonic())
            if self._waits or (loop is None and pause > 0 and not last):
                return
            self._waits = True
        if loop is None:
            self._now()
            return
        try:
            loop.call_soon_threadsafe(lambda: loop.call_later(pause, self._now, context=context))
        except RuntimeError:  # closed: the next request brings another
            with self._lock:
                self._waits = False

    def _now(self) -> None:
        with self._lock:
            self._waits, self._last = False, time.monotonic()
        self._say()


def _without_key(message: str) -> str:
    """Return a message without the key of the environment, whoever put it there."""
    from whimsight.endpoints.secrets import scrubber

    return scrubber([os.environ.get("OPENAI_API_KEY", "")])(message)
