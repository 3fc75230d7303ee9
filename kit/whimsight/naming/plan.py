"""What a run would cost, told before anything is sent."""

from __future__ import annotations

import html
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from whimsight.language.base import HERE
from whimsight.naming.scoring import FEWEST_PAIRS
from whimsight.tables import Table, verbatim

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.language import Price

__all__ = ["Plan", "Stage", "money", "span"]


@dataclass(frozen=True, slots=True)
class Stage:
    """One step of a run.

    Attributes
    ----------
    stage : str
        ``"describe"``, ``"choose"``, ``"score"``, or ``"ask again"`` for answers that are missing.
    features : int
        How many features it is about.
    calls, calls_most : float
        Calls to come: what is likely, and what cannot be exceeded but by repeating what failed.
    prompt_tokens, completion_tokens : float
        Of one call, estimated: the mean of those that are likely.
    completion_most : float
        As long as an answer may be.
    prompt_most : float
        Of one call, if every byte of it were a token: what a budget sets aside.
    all_sent, all_back : float
        Tokens of all ``calls_most`` together, with the longest of the names that may come and answers as long as
        they may be.
    """

    stage: str
    features: int
    calls: float
    calls_most: float
    prompt_tokens: float
    completion_tokens: float
    completion_most: float
    prompt_most: float = 0.0
    all_sent: float = 0.0
    all_back: float = 0.0


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """Calls, tokens, cost and time of a run that has not begun.

    Attributes
    ----------
    model, where : str
        Who would answer, and at which host.
    features : int
        How many features would be named.
    stages : tuple of Stage
    price : Price or None
        For a million tokens; None where it is not known.
    seconds_a_call : float
    measured : bool
        Whether seconds and tokens come from earlier answers of this model; else they are assumed.
    in_flight : int
        Calls at once.
    cached : int
        Answers that were paid for earlier and cost nothing now.
    unkeepable : int
        Features that get suggestions but can keep no name: fewer than 40 pairs, or pairs of fewer than three prompts,
        are left to score them.

    Examples
    --------
    >>> stage = Stage("describe", 2, 7, 7, prompt_tokens=1000, completion_tokens=50, completion_most=200)
    >>> plan = Plan("m", "127.0.0.1:8000", 2, (stage,), None, 2.0, False, 4)
    >>> plan.calls, plan.prompt_tokens, plan.cost
    (7, 7000, None)
    """

    model: str
    where: str
    features: int
    stages: tuple[Stage, ...]
    price: Price | None
    seconds_a_call: float
    measured: bool
    in_flight: int
    cached: int = 0
    unkeepable: int = 0

    @property
    def calls(self) -> int:
        """Calls that are likely to be made."""
        return round(sum(s.calls for s in self.stages))

    @property
    def calls_most(self) -> int:
        """Calls that a run does not exceed, but for repetitions of what failed."""
        return round(sum(s.calls_most for s in self.stages))

    @property
    def prompt_tokens(self) -> int:
        """Tokens that are likely to be sent."""
        return round(sum(s.calls * s.prompt_tokens for s in self.stages))

    @property
    def completion_tokens(self) -> int:
        """Tokens that are likely to come back."""
        return round(sum(s.calls * s.completion_tokens for s in self.stages))

    @property
    def cost(self) -> float | None:
        """What is likely to be paid, in the price's currency; None where the price is not known."""
        if self.price is None:
            return None
        return float(sum(s.calls * self._each(s, self.price) for s in self.stages))

    @property
    def cost_most(self) -> float | None:
        """What is paid if every feature needs every pair and every answer is as long as it may be.

        Every request is measured in bytes. It rests on the tokens that a byte makes (assumed, or those of earlier
        answers; see ``measured``), on names in English, and on no call being repeated.
        """
        if self.price is None:
            return None
        return float(sum(self.price.of(s.all_sent, s.all_back) for s in self.stages))

    @property
    def cost_call_most(self) -> float | None:
        """What one call may cost at the most, which a budget must have left for it; None without a price."""
        if self.price is None:
            return None
        each = (self.price.of(s.prompt_most, s.completion_most) for s in self.stages if s.calls_most)
        return max(each, default=0.0)

    @property
    def seconds(self) -> float:
        """How long the likely calls take."""
        return self.calls * self.seconds_a_call / self.in_flight

    @property
    def seconds_most(self) -> float:
        """How long all calls take."""
        return self.calls_most * self.seconds_a_call / self.in_flight

    @property
    def table(self) -> pd.DataFrame:
        """Index ``stage``; ``features``, ``calls``, ``calls_most``, ``tokens`` (likely, both ways), ``cost``."""
        rows = [
            {
                "stage": s.stage,
                "features": s.features,
                "calls": round(s.calls),
                "calls_most": round(s.calls_most),
                "tokens": round(s.calls * (s.prompt_tokens + s.completion_tokens)),
                "cost": None if self.price is None else s.calls * self._each(s, self.price),
            }
            for s in self.stages
        ]
        return Table(rows).set_index("stage")

    def to_dict(self) -> dict[str, Any]:
        """Return what the labeler shows, JSON-ready; it names no key."""
        return {
            "model": self.model,
            "where": self.where,
            "features": self.features,
            "calls": self.calls,
            "calls_most": self.calls_most,
            "cached": self.cached,
            "unkeepable": self.unkeepable,
            "note": self.note,
            "prompt_tokens": self.prompt_tokens,
            "completion_tokens": self.completion_tokens,
            "cost": self.cost,
            "cost_most": self.cost_most,
            "cost_call_most": self.cost_call_most,
            "seconds": self.seconds,
            "seconds_most": self.seconds_most,
            "measured": self.measured,
            "stages": [asdict(s) for s in self.stages],
        }

    @property
    def note(self) -> str:
        """What the price does not buy, in a sentence; empty where it buys a test for every name."""
        if not self.unkeepable:
            return ""
        every = self.unkeepable == self.features
        which = (
            "No name can be kept" if every else f"{self.unkeepable:,} of {self.features:,} can keep no name"
        )
        return f"{which}: fewer than {FEWEST_PAIRS} pairs (of three prompts at least) are left to score one."

    @staticmethod
    def _each(stage: Stage, price: Price) -> float:
        return price.of(stage.prompt_tokens, stage.completion_tokens)

    def _lines(self) -> list[tuple[str, str]]:
        known = "as its earlier answers took" if self.measured else "assumed until this model has answered"
        paid = f"; {self.cached:,} are paid for already" if self.cached else ""
        return [
            ("model", f"{self.model} at {self.where}"),
            ("features", f"{self.features:,}{f' ({self.note[:-1]})' if self.note else ''}"),
            ("calls", f"about {self.calls:,}, at most {self.calls_most:,}{paid}"),
            ("tokens", f"about {self.prompt_tokens:,} sent, {self.completion_tokens:,} back"),
            ("cost", self._cost_line()),
            (
                "time",
                f"{span(self.seconds)}, at most {span(self.seconds_most)} ({self.seconds_a_call:.2g} s a call, "
                f"{known}; {self.in_flight} at once)",
            ),
        ]

    def _cost_line(self) -> str:
        if self.cost_most == 0 and self.where != HERE and self.calls_most:
            return f"free, unless something behind {self.where} charges for it: then say price="
        if self.price is None or not self.cost_most:
            return money(self.cost_most)
        return f"{money(self.cost)}, at most {money(self.cost_most)}"

    def __str__(self) -> str:
        return "\n".join(f"{k:<9}{v}" for k, v in self._lines())

    def __repr__(self) -> str:
        return "\n  ".join(["<Plan: nothing is sent yet", *str(self).split("\n")]) + ">"

    def _repr_html_(self) -> str:
        rows = "".join(
            f'<tr><th style="text-align:left">{html.escape(k)}</th>'
            f'<td style="text-align:left">{html.escape(v)}</td></tr>'
            for k, v in self._lines()
        )
        return verbatim(f"<table>{rows}</table><p>Nothing is sent yet.</p>")


def money(amount: float | None) -> str:
    """Return an amount for people; no currency, as a price has none.

    Examples
    --------
    >>> money(0.0), money(0.00021), money(1.5), money(None)
    ('free', '0.0002', '1.50', 'unknown: no price was given')
    """
    if amount is None:
        return "unknown: no price was given"
    if amount == 0:
        return "free"
    return f"{amount:.2f}" if amount >= 0.1 else f"{amount:.1g}"


def span(seconds: float) -> str:
    """Return a time for people.

    Examples
    --------
    >>> span(0.2), span(75), span(5400)
    ('under a second', '1 min 15 s', '1 h 30 min')
    """
    if seconds < 1:
        return "under a second"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if rest and minutes < 10 else f"{minutes} min"
    return f"{minutes // 60} h {minutes % 60} min"
