"""One answer: sent again where that helps, paid for within the budget, kept before it is given out."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass, field, replace

from whimsight.endpoints.faults import Fault
from whimsight.endpoints.telling import hopeless, told, unanswered
from whimsight.endpoints.waiting import LONGEST_WAIT, Clock, Tries
from whimsight.errors import LanguageError
from whimsight.language.answers import AnswerCache
from whimsight.language.base import Answer, Failure, LanguageModel, Reply, Request
from whimsight.language.budget import Budget, Tally
from whimsight.language.estimate import Estimator, size
from whimsight.language.pacing import Gate
from whimsight.language.reading import Unreadable, read

__all__ = ["Buyer", "Errand", "Outcome", "kept"]

Outcome = Answer | Failure

_ROOM = 4_096  # tokens that a second try of a cut answer may have: models that think first need them
_DEAD = 3  # requests in a row that got nothing but faults of the endpoint
_BROKEN = 10  # the same where it is known to answer others: a few odd texts may be too much for it
_LOST = ("connection", "time-out", "server error")
_IN_VAIN = 90.0  # seconds of rate limits, where nothing ever got through
_SPENT = 600.0  # the same where something did, or it is said how long to wait: a quota of the hour or the day is spent


@dataclass
class Errand:
    """What holds for all requests of one run.

    Attributes
    ----------
    halt : threading.Event
        Send nothing more.
    broke : bool
        The budget is spent.
    """

    halt: threading.Event = field(default_factory=threading.Event)
    broke: bool = False


class Buyer:
    """Gets one answer at a time from a model; called from several threads at once.

    Parameters
    ----------
    model : LanguageModel
    cache : AnswerCache
    budget : Budget
    tally : Tally
        Is written to.
    clock : Clock
    tries, asks, seed : int
        As in `whimsight.language.Asker`.
    """

    def __init__(
        self,
        model: LanguageModel,
        cache: AnswerCache,
        budget: Budget,
        tally: Tally,
        clock: Clock,
        *,
        tries: int,
        asks: int,
        seed: int,
    ) -> None:
        self.model, self.cache, self.budget, self.tally, self.clock = model, cache, budget, tally, clock
        self._tries, self._asks = tries, asks
        self._chance = random.Random(seed)
        self._gate = Gate(model.in_flight, clock)
        self._lock = threading.Lock()
        self._lost: list[str] = []  # what was said to requests in a row that got nothing
        self._turned_away = 0
        self._turned_away_since: float | None = None  # the first rate limit since the last reply
        self._said_how_long = False
        self._alive = self._roomy = False
        self._room: int = getattr(model, "room", _ROOM)

    @property
    def waiting(self) -> str:
        """What is waited for, in words; empty where nothing is."""
        return self._gate.waiting

    def buy(self, request: Request, run: Errand) -> Outcome:
        """Return an answer, or why there is none; raise `LanguageError` where no request will get one."""
        outcome: Outcome = Failure("stopped")
        asked = self._with_room(request) if self._roomy else request
        for number in range(self._asks):
            got = self._reply(request, asked, run)
            if isinstance(got, Failure):
                again = number > 0 and got.kind in ("stopped", "budget", "too long")
                return outcome if again else got
            outcome = _outcome(got, request)
            if isinstance(outcome, Answer):
                self._roomy = self._roomy or asked.max_tokens > request.max_tokens
                return outcome
            if outcome.kind == "refusal":
                return outcome
            if outcome.kind == "cut short":
                if asked.max_tokens > request.max_tokens or request.max_tokens >= self._room:
                    return outcome
                asked = self._with_room(request)
            else:  # at temperature 0 the same would come again
                asked = replace(asked, temperature=max(asked.temperature, 0.5))
        return outcome

    def _with_room(self, request: Request) -> Request:
        return replace(request, max_tokens=max(request.max_tokens, self._room))

    def finish(self) -> None:
        """Raise `LanguageError` if nothing but faults of the endpoint ever came."""
        if self._lost and not self._answers_others():
            raise self._dead(self._lost[-1])

    def _reply(self, request: Request, asked: Request, run: Errand) -> Reply | Failure:
        """Buy a reply, readable or not, and keep it."""
        tries = Tries(self._chance)
        price = self.model.price
        most = price.of(Estimator.prompt_most(asked), asked.max_tokens) if price else 0.0
        while True:
            if not self._gate.enter(run.halt):
                return Failure("stopped")
            if run.broke or not self.budget.reserve(most, run.halt.is_set):
                self._gate.leave()
                if run.halt.is_set():
                    return Failure("stopped")
                run.broke = True
                return Failure("budget", "the budget is spent")
            cost: float | None = most  # whatever happens to this thread
            fault: Fault | None = None
            wait, limited = 0.0, False
            try:
                reply = self.model.complete(asked)
                cost = price.of(reply.prompt_tokens, reply.completion_tokens) if price else 0.0
                self.cache.put(request.key, reply, size(asked), asked.max_tokens)
                self._count(reply, cost)
                return reply
            except Fault as error:
                fault = error
                cost = most if fault.billed else None
                wait = tries.wait(fault)
                limited = fault.kind == "rate limit"
            finally:
                self.budget.settle(most, cost)
                self._gate.leave(answered=fault is None, wait=min(wait, LONGEST_WAIT) if limited else None)
            self._noticed(fault, most)
            if self._over(fault, tries):
                return Failure(fault.kind, fault.message)
            if not limited:
                self.clock.wait(wait, run.halt)

    def _over(self, fault: Fault, tries: Tries) -> bool:
        """Say whether to give a request up; raise where every other would have to be, too."""
        if hopeless(fault):
            raise LanguageError(told(fault, where=self.model.where, model=self.model.name))
        if fault.kind == "rate limit":
            self._bear(fault)
        if not fault.retry:
            return True
        if not tries.over(self._tries, alive=self._alive):
            return False
        if fault.kind in _LOST:
            with self._lock:
                self._lost.append(fault.message)
                lost = len(self._lost)
            there = fault.kind == "server error" or (fault.kind == "connection" and fault.billed)
            if lost >= (_BROKEN if there and self._answers_others() else _DEAD) or not (
                there or fault.kind == "time-out"
            ):
                raise self._dead(fault.message, slow=fault.kind == "time-out")
        return True

    def _bear(self, fault: Fault) -> None:
        """Count a rate limit; raise where nothing but these came for long."""
        with self._lock:
            now = self.clock.now()
            if self._turned_away_since is None:
                self._turned_away_since = now
            self._turned_away += 1
            self._said_how_long = self._said_how_long or bool(fault.wait)
            lasted, times = now - self._turned_away_since, self._turned_away
            patient = self._said_how_long or self.tally.calls > 0
            if lasted < (_SPENT if patient else _IN_VAIN):
                return
            self._turned_away, self._turned_away_since = 0, None  # who asks again later begins anew
        vague = "" if self._said_how_long else ", and does not say how long to wait"
        paid = f" {self._kept}" if self.tally.calls else "" if self.tally.lost else " Nothing was paid."
        fewer = "ask for fewer at once (in_flight=2), " if self.model.in_flight > 2 else ""
        later = "try later, which buys only what is missing" if self.tally.calls else "try later"
        raise LanguageError(
            f"The endpoint at {self.model.where} is busy: in {lasted:.0f} s it answered none of {times:,} requests to "
            f"{self.model.name!r}{vague} ({fault.message.rstrip('.')}).{paid} "
            f"What to do: {fewer}{later}, or take another model."
        )

    @property
    def _kept(self) -> str:
        n = self.tally.calls
        return "" if n == 0 else "1 reply is kept." if n == 1 else f"{n:,} replies are kept."

    def _answers_others(self) -> bool:
        return self._alive or self.cache.totals().replies > 0

    def _dead(self, said: str, *, slow: bool = False) -> LanguageError:
        ask = "A slow one needs language_model(..., timeout=300), and a small one fewer calls at once (in_flight=2)."
        slow_one = ask if slow else ""
        return LanguageError(
            unanswered(said, where=self.model.where, alive=self._alive, slow=slow_one, kept=self._kept)
        )

    def _noticed(self, fault: Fault, most: float) -> None:
        with self._lock:
            if fault.billed:
                self.tally.lost += 1
                self.tally.unsure += most
            if fault.kind not in _LOST:
                self._lost, self._alive = [], True

    def _count(self, reply: Reply, cost: float) -> None:
        with self._lock:
            tally = self.tally
            tally.calls += 1
            tally.prompt_tokens += reply.prompt_tokens
            tally.completion_tokens += reply.completion_tokens
            tally.seconds += reply.seconds
            if tally.cost is not None:
                tally.cost += cost
            self._lost, self._alive = [], True
            self._turned_away, self._turned_away_since, self._said_how_long = 0, None, False


def kept(reply: Reply, request: Request) -> Answer | None:
    """Return the answer in a reply that was paid for earlier, None where it holds none."""
    outcome = _outcome(reply, request)
    return replace(outcome, cached=True) if isinstance(outcome, Answer) else None


def _outcome(reply: Reply, request: Request) -> Outcome:
    """Read a reply."""
    if reply.finish in ("refusal", "filter"):
        return Failure(
            "refusal", "the model refuses" if reply.finish == "refusal" else "a filter withheld the answer"
        )
    try:
        return Answer(read(reply.text, request.fields), reply)
    except Unreadable as error:
        if reply.finish == "length":
            return Failure("cut short", f"no whole answer in {reply.completion_tokens} tokens")
        if not reply.text.strip():
            return Failure("empty", "the answer is empty")
        return Failure("unreadable", f"the answer {error}")
