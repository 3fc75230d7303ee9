"""One run: its threads, what is on its way, and what comes of it."""

from __future__ import annotations

import atexit
import contextlib
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import islice
from weakref import WeakSet

from whimsight.language.base import Answer, Failure, Request
from whimsight.language.buying import Buyer, Errand, Outcome, kept

__all__ = ["BATCH", "Run"]

BATCH = 256  # requests looked up in the cache together

_runs: WeakSet[Run] = WeakSet()  # a thread at work holds its run
_lock = threading.Lock()  # of these
_ending = threading.Event()  # the process is: nothing more is sent


class Run:
    """Requests on their way to one model, and their answers on their way back.

    Parameters
    ----------
    buyer : Buyer
    patience : float
        Seconds that a run which breaks off, or the end of the process, waits for what is on its way.
    idle : callable
        Called about five times a second while nothing comes.
    """

    def __init__(self, buyer: Buyer, patience: float, idle: Callable[[], None] = lambda: None) -> None:
        self._buyer, self._patience, self._idle = buyer, patience, idle
        self._errand = Errand()
        self.halt = self._errand.halt
        with _lock:
            _runs.add(self)
            if _ending.is_set():
                self.halt.set()
        self._jobs: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[str, Outcome | BaseException]] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._open = 0
        self._until: float | None = None  # as long as this a run that breaks off waits
        self._waiting: dict[str, list[int]] = {}  # request's key to the positions that wait for it

    def outcomes(self, requests: Iterable[Request]) -> Iterator[tuple[int, Outcome]]:
        """Yield (position, outcome) as they come."""
        model, tally = self._buyer.model, self._buyer.tally
        source = enumerate(requests)
        todo: deque[Request] = deque()
        most = model.in_flight
        more = True
        while more or todo or self._open:
            if more and len(todo) < most:
                batch = list(islice(source, BATCH))
                more = bool(batch)
                for position, request, answer in self._known(batch):
                    if answer is not None:
                        tally.cached += 1
                        yield position, answer
                    elif request.key in self._waiting:
                        self._waiting[request.key].append(position)
                    else:
                        self._waiting[request.key] = [position]
                        todo.append(request)
            while todo and self._open < 2 * most:  # a second one for each thread, so that none waits for us
                self._submit(todo.popleft())
            if self._open:
                yield from self._finished()
        self._buyer.finish()

    def _known(self, batch: list[tuple[int, Request]]) -> Iterator[tuple[int, Request, Answer | None]]:
        replies = self._buyer.cache.get([r.key for _, r in batch])
        for position, request in batch:
            found = (kept(reply, request) for reply in replies.get(request.key, ()))
            yield position, request, next((a for a in found if a is not None), None)

    def _finished(self) -> Iterator[tuple[int, Outcome]]:
        key, outcome = self._next(None)
        if isinstance(outcome, BaseException):
            yield from self._last()
            raise outcome
        for number, position in enumerate(self._waiting.pop(key)):
            if isinstance(outcome, Failure):
                self._buyer.tally.failures[outcome.kind] += 1
            elif number:  # the same request again
                self._buyer.tally.cached += 1
            yield (
                position,
                outcome if isinstance(outcome, Failure) or not number else replace(outcome, cached=True),
            )

    def _last(self) -> Iterator[tuple[int, Outcome]]:
        """Yield the answers that come while an error is about to be raised."""
        self.halt.set()
        while self._open and (left := self._left()) > 0:
            try:
                key, outcome = self._next(left)
            except queue.Empty:
                return
            if isinstance(outcome, Answer):
                for position in self._waiting.pop(key):
                    yield position, outcome

    def _left(self) -> float:
        """Return how many seconds to wait yet for what is on its way."""
        now = time.monotonic()
        if self._until is None:
            self._until = now + self._patience
        return max(0.0, self._until - now)

    def linger(self) -> None:
        """Wait a little for what is on its way, so that it is kept."""
        for _ in self._last():
            pass

    def end(self) -> None:
        """Let what is on its way be kept before the process ends, which ends these threads."""
        self.close()
        for thread in self._threads:
            if thread.is_alive():
                thread.join(self._left())

    def close(self) -> None:
        """Send nothing more, and let the threads end."""
        self.halt.set()
        for _ in self._threads:
            self._jobs.put(None)

    def _submit(self, request: Request) -> None:
        self._open += 1
        self._jobs.put(request)
        if len(self._threads) < min(self._open, self._buyer.model.in_flight):
            # Daemons: a process that ends waits for an endpoint as long as it was told, no longer.
            thread = threading.Thread(target=self._work, name="whimsight-asker", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _next(self, timeout: float | None) -> tuple[str, Outcome | BaseException]:
        end = None if timeout is None else time.monotonic() + timeout
        while True:  # in short waits, which Ctrl-C ends on every system
            try:
                found = self._done.get(timeout=0.2 if timeout is None else max(0.0, min(0.2, timeout)))
            except queue.Empty:
                if end is not None and time.monotonic() >= end:
                    raise
                if end is None:
                    self._idle()
                continue
            self._open -= 1
            return found

    def _work(self) -> None:
        while (request := self._jobs.get()) is not None:
            try:
                outcome: Outcome | BaseException = self._buyer.buy(request, self._errand)
            except BaseException as error:  # given on to the one who asked
                self.halt.set()  # here already, before another one is sent
                outcome = error
            self._done.put((request.key, outcome))


@atexit.register
def _end() -> None:
    """Keep what is on its way for a process that ends with an open run, or with one that it gave up in the middle."""
    with contextlib.suppress(KeyboardInterrupt):  # again: at once, then
        with _lock:
            _ending.set()
            runs = list(_runs)
        for run in runs:
            run.halt.set()
        for run in runs:
            run.end()
