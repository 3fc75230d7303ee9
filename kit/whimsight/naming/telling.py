"""What a run says of itself: numbers while it goes on, a bar, and sentences at its end."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from whimsight.naming.scoring import FEWEST_PAIRS

if TYPE_CHECKING:
    from whimsight.language import Budget, Tally
    from whimsight.naming.course import Course

__all__ = ["drawing", "progress", "told"]

_UNTOLD = {
    "few pairs": f"too few pairs show {{it}} ({{pairs}}; {FEWEST_PAIRS} are needed)",
    "few asked": f"too few pairs were asked for ({{pairs}}; {FEWEST_PAIRS} are needed)",
    "few prompts": "pairs of too few prompts show {it}",
    "few answers": "too little was answered",
    "one answer": "the model answered the same each time",
}
"""Why it cannot be told whether a name fits, for people; see `Course.untold`."""


def progress(
    features: int,
    *,
    state: str,
    courses: Sequence[Course] = (),
    tally: Tally | None = None,
    done: int = 0,
    total: int = 0,
    waiting: str = "",
    message: str = "",
) -> dict[str, Any]:
    """Return how far a run is, as `Naming.progress` documents it.

    Parameters
    ----------
    features : int
        How many are to be named.
    state : str
    courses : sequence of Course
    tally : Tally, optional
        Of what was asked; None before anything was.
    done, total : int
        Answers of the step that is on its way.
    waiting : str
        What it waits for.
    message : str
    """
    failures = sum((c.missing for c in courses), Counter[str]())
    untold = Counter(c.untold for c in courses if c.done and c.candidates and c.untold)
    return {
        "state": state,
        "stage": next((c.stage for c in courses if not c.done), ""),
        "done": done,
        "total": total,
        "features_done": sum(c.done for c in courses),
        "kept": [c.feature for c in courses if c.kept],
        "unproposed": sum(c.done and not c.candidates for c in courses),
        "untold": sum(untold.values()),
        "untold_for": dict(untold),
        "features": features,
        "calls": tally.calls if tally else 0,
        "cached": tally.cached if tally else 0,
        "failed": sum(failures.values()),
        "failures": dict(failures),
        "cost": tally.cost if tally else None,
        "lost": tally.lost if tally else 0,
        "unsure": tally.unsure if tally else 0.0,
        "waiting": waiting,
        "message": message,
    }


@contextmanager
def drawing(features: int, *, shown: bool) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Yield what draws how far a run is, where a person sees it; in logs, one line once it has to wait."""
    from tqdm.auto import tqdm

    if not shown:
        yield lambda _: None
        return
    if not (sys.stderr.isatty() or "ipykernel" in sys.modules):
        yield _once()
        return
    with tqdm(total=features, desc="Names", unit="feature") as bar:

        def draw(said: dict[str, Any]) -> None:
            bar.n = said["features_done"]
            cost = "" if said["cost"] is None else f", paid {said['cost']:.4g}"
            if said["cost"] is not None and said["unsure"]:
                cost += f", perhaps {said['cost'] + said['unsure']:.4g}"
            failed = f", {said['failed']:,} failed" if said["failed"] else ""
            waits = f"; {said['waiting']}" if said["waiting"] else ""
            bar.set_postfix_str(f"{said['stage']}, {said['calls']:,} calls{cost}{failed}{waits}")
            if said["state"] in ("done", "stopped") and "ipykernel" in sys.modules:
                bar.write(said["message"])  # a table below tells nothing of what is unfinished

        yield draw


def _once() -> Callable[[dict[str, Any]], None]:
    """Return what says the first wait of a run on the error stream, and nothing else."""
    silent = True

    def say(said: dict[str, Any]) -> None:
        nonlocal silent
        if silent and said["waiting"]:
            silent = False
            print(f"Names: {said['waiting']}.", file=sys.stderr, flush=True)

    return say


def told(courses: Sequence[Course], tally: Tally, budget: Budget) -> str:
    """Return what a run came to, in sentences for people."""
    features = len(courses)
    ended = [c for c in courses if c.done and c.candidates]
    kept, untold = sum(c.kept for c in ended), [c for c in ended if c.untold]
    parts = [f"{kept} of {features} {'feature has' if features == 1 else 'features have'} a name that fits"]
    if weak := len(ended) - kept - len(untold):
        parts.append(
            f"{weak} {'has one that does' if weak == 1 else 'have names that do'} not fit well enough"
        )
    for cause, why in _UNTOLD.items():
        if of := [len(c.to_score) for c in untold if c.untold == cause]:
            least, most = min(of), max(of)
            pairs = f"{least}" if least == most else f"{least} to {most}"
            said = why.format(pairs=pairs, it=_it(len(of)))
            parts.append(f"of {len(of)} it cannot be told: {said}")
    if unasked := sum(c.unasked for c in courses):
        parts.append(f"for {unasked} nothing was asked: too few pairs to read show {_it(unasked)}")
    if none := sum(c.done and not c.candidates and not c.unasked for c in courses):
        parts.append(f"for {none} nothing was proposed")
    if left := features - sum(c.done for c in courses):
        parts.append(f"{left} {'is' if left == 1 else 'are'} unfinished")
    missing: Counter[str] = Counter()
    for course in courses:
        missing.update(course.missing)
    text = "; ".join(parts) + "."
    if missing:
        why = ", ".join(f"{kind} {n:,}" for kind, n in missing.most_common())
        text += f" {sum(missing.values()):,} answers are missing ({why}); run again to ask for them."
    halted = any(c.halted for c in courses)
    if not tally.calls and not tally.lost and halted and not tally.failures["stopped"]:
        return f"{text} Nothing was asked: the limit does not pay for one call at its longest; see plan()."
    there = f"; {tally.cached:,} answers needed none" if tally.cached else ""
    return f"{text} {_spent(tally)}{there}{_limit(budget) if halted else ''}."


def _spent(tally: Tally) -> str:
    """Return what was paid, and what may have been paid for nothing."""
    said = f"{tally.calls:,} calls" + (f", {_amount(tally.cost)} paid" if tally.cost else "")
    if not tally.lost:
        return said
    lost = f"{tally.lost:,} {'answer that was' if tally.lost == 1 else 'answers that were'} lost"
    if tally.unsure:
        return f"{said}, up to {_amount(tally.unsure)} more perhaps charged for {lost}"
    return f"{said}, perhaps more for {lost}"


def _limit(budget: Budget) -> str:
    """Return which limit ended a run, empty where none did."""
    if budget.ended == "cost" and budget.cost is not None:
        return f"; stopped by the budget of {_amount(budget.cost)}"
    return f"; stopped by the limit of {budget.calls:,} calls" if budget.ended == "calls" else ""


def _amount(amount: float) -> str:
    """Return an amount as it is, with four digits where it has so many."""
    return f"{amount:.2f}" if round(amount, 2) == amount else f"{amount:.4g}"


def _it(features: int) -> str:
    return "it" if features == 1 else "them"
