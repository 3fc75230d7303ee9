"""Many requests to one model: several at once, tried again where that helps, every paid reply kept at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable
from itertools import islice
from pathlib import Path

from whimsight.endpoints.waiting import Clock, RealClock
from whimsight.errors import LanguageError
from whimsight.language.answers import AnswerCache
from whimsight.language.base import LanguageModel, Request
from whimsight.language.budget import Budget, Tally
from whimsight.language.buying import Buyer, Outcome, kept
from whimsight.language.estimate import Estimate, Estimator
from whimsight.language.running import BATCH, Run

__all__ = ["Asker"]


class Asker:
    """Asks one model many things.

    A reply is in the cache before it is given out. What failed for a moment is sent again after a wait with
    jitter; a rate limit stops everybody until its moment; an answer that cannot be read is bought once more, a
    little warmer, one that was cut short with more room. What was paid for earlier is not bought again.

    Parameters
    ----------
    model : LanguageModel
    cache : AnswerCache, Path or bool
        Where replies are kept: the person's cache folder, another folder, or (False) in memory only.
    budget : Budget, optional
    tries : int
        Times that a request is sent before its faults are taken for an answer.
    asks : int
        Replies that are bought of one request in one run while they cannot be read.
    seed : int
        Of the waits.
    clock : Clock, optional
        Tells the time and waits.
    patience : float
        Seconds that Ctrl-C, or the end of the process, waits for what is on its way.
    idle : callable, optional
        Called about five times a second while no answer comes, in the thread that asks.

    Attributes
    ----------
    model : LanguageModel
    tally : Tally
        What was asked and what it cost so far.

    Raises
    ------
    LanguageError
        For a budget in money without a price.
    """

    def __init__(
        self,
        model: LanguageModel,
        *,
        cache: AnswerCache | Path | bool = True,
        budget: Budget | None = None,
        tries: int = 5,
        asks: int = 2,
        seed: int = 0,
        clock: Clock | None = None,
        patience: float = 5.0,
        idle: Callable[[], None] = lambda: None,
    ) -> None:
        if tries < 1 or asks < 1:
            raise LanguageError(f"tries and asks must be at least 1; found {tries} and {asks}.")
        self.model = model
        self.budget = budget or Budget()
        self.budget.check(model.price)
        self.tally = Tally(cost=None if model.price is None else 0.0)
        if isinstance(cache, AnswerCache):
            self._cache = cache
        else:
            folder = cache if isinstance(cache, Path) else None
            self._cache = AnswerCache(model.fingerprint, folder, on_disk=cache is not False)
        self._clock: Clock = clock or RealClock()
        self._buyer = Buyer(
            model, self._cache, self.budget, self.tally, self._clock, tries=tries, asks=asks, seed=seed
        )
        self._patience, self._idle = patience, idle
        self._lock = threading.RLock()  # a labeler collected in a thread that holds it stops its run
        self._stopped = False
        self._runs: set[Run] = set()

    @property
    def waiting(self) -> str:
        """What is waited for now, such as the end of a rate limit, in words; empty where nothing is."""
        return self._buyer.waiting

    def ask(self, requests: Iterable[Request]) -> Generator[tuple[int, Outcome], None, None]:
        """Yield (position, Answer or Failure) of every request, as they come.

        Requests are read some hundred at a time. Closing the iterator, or Ctrl-C, sends nothing more; what is on
        its way is kept.

        Parameters
        ----------
        requests : iterable of Request

        Yields
        ------
        tuple
            Position from 0, and what came of it.

        Raises
        ------
        LanguageError
            Where no repetition helps: a key that is not valid, no such model, an endpoint that answers nobody, or
            that turns everybody away: for ten minutes, or for a minute and a half where it never answered and does
            not say how long to wait.
        """
        run = Run(self._buyer, self._patience, self._idle)
        with self._lock:
            self._runs.add(run)
            if self._stopped:
                run.halt.set()
        try:
            yield from run.outcomes(requests)
        except KeyboardInterrupt:
            run.linger()
            raise
        finally:
            run.close()
            with self._lock:
                self._runs.discard(run)

    def peek(self, requests: Iterable[Request]) -> list[bool]:
        """Say of each request whether its answer is there already."""
        out: list[bool] = []
        source = iter(requests)
        while batch := list(islice(source, BATCH)):
            replies = self._cache.get([r.key for r in batch])
            out += [any(kept(reply, r) is not None for reply in replies.get(r.key, ())) for r in batch]
        return out

    def estimator(self) -> Estimator:
        """Return what requests take, by earlier replies of this model where there are some."""
        return Estimator.of(self._cache.totals(), getattr(self.model, "seconds", None))

    def estimate(self, requests: Iterable[Request]) -> Estimate:
        """Return what these requests would take now: those that are not there yet, each once."""
        estimator, price = self.estimator(), self.model.price
        total = Estimate(price=price, source=estimator.source)
        seen: set[str] = set()
        source = iter(requests)
        while batch := list(islice(source, BATCH)):
            for request, there in zip(batch, self.peek(batch), strict=True):
                if there or request.key in seen:
                    total.cached += 1
                    continue
                seen.add(request.key)
                total.add(request, estimator, self.model.in_flight)
        return total

    def stop(self) -> None:
        """Send nothing more, from any thread; what is on its way is finished and kept, the rest is ``"stopped"``."""
        with self._lock:
            self._stopped = True
            for run in self._runs:
                run.halt.set()
