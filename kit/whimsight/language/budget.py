"""What may be spent, and what was."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

from whimsight.errors import LanguageError
from whimsight.language.base import Price

__all__ = ["Budget", "Tally"]


@dataclass(slots=True)
class Tally:
    """What was asked and what it cost.

    Attributes
    ----------
    calls : int
        Replies that were paid for, readable or not.
    cached : int
        Answers that were there already.
    prompt_tokens, completion_tokens : int
        Of the calls.
    cost : float or None
        Of the calls; None where the price is not known.
    lost : int
        Requests without a reply that the endpoint may count (time-outs, answers that broke off).
    unsure : float
        The most that these may have cost.
    failures : Counter
        Kind to number of requests that ended without an answer.
    seconds : float
        Of all calls together.
    """

    calls: int = 0
    cached: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float | None = None
    lost: int = 0
    unsure: float = 0.0
    failures: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0


class Budget:
    """The most that may be spent; never exceeded.

    The worst case of each request is set aside before it is sent, and settled when its reply says what it took.

    Parameters
    ----------
    cost : float, optional
        In the currency of the price.
    calls : int, optional
        Requests that are answered, or that may have been: what an endpoint turns away at once is not counted.

    Attributes
    ----------
    cost, calls : float or None, int or None
    ended : str
        What a request did not fit any more: ``"cost"`` or ``"calls"``; empty while all of them fit.

    Raises
    ------
    LanguageError
        For a number below zero.

    Examples
    --------
    >>> Budget(cost=0.5, calls=1000)
    Budget(cost=0.5, calls=1000)
    """

    def __init__(self, cost: float | None = None, calls: int | None = None) -> None:
        for name, value in (("cost", cost), ("calls", calls)):
            if value is not None and not value >= 0:
                raise LanguageError(f"A budget's {name} must be 0 or more; found {value!r}.")
        self.cost, self.calls = cost, calls
        self.ended: Literal["", "cost", "calls"] = ""
        self._spent = 0.0
        self._used = 0
        self._set_aside = 0.0
        self._open = 0
        self._changed = threading.Condition()

    def __repr__(self) -> str:
        return f"Budget(cost={self.cost!r}, calls={self.calls!r})"

    def check(self, price: Price | None) -> None:
        """Refuse a limit on a cost that nobody knows."""
        if self.cost is not None and price is None:
            raise LanguageError(
                "A budget in money needs the model's price: give language_model(..., price=(prompt, completion)) per "
                "million tokens, or set WHIMSIGHT_PRICE='0.15,0.60'. Or limit calls=."
            )

    def reserve(self, most: float, stopped: Callable[[], bool] = lambda: False) -> bool:
        """Set a request's worst case aside; wait while others' may yet come back; False when it does not fit.

        Parameters
        ----------
        most : float
            What the request may cost.
        stopped : callable
            Says whether to give up waiting.
        """
        with self._changed:
            while exceeded := self._exceeded(most):
                if stopped():
                    return False
                if self._open == 0:
                    self.ended = exceeded
                    return False
                self._changed.wait(0.1)
            self._open += 1
            self._set_aside += most
            return True

    def settle(self, most: float, cost: float | None) -> None:
        """Give back what was set aside and count what it took; None for a request that was not taken at all."""
        with self._changed:
            self._open -= 1
            self._set_aside = self._set_aside - most if self._open else 0.0
            if cost is not None:
                self._used += 1
                self._spent += cost
            self._changed.notify_all()

    def _exceeded(self, most: float) -> Literal["", "cost", "calls"]:
        """Return which limit one more request would exceed, empty where it fits."""
        if self.calls is not None and self._used + self._open + 1 > self.calls:
            return "calls"
        within = self.cost is None or self._spent + self._set_aside + most <= self.cost
        return "" if within else "cost"
