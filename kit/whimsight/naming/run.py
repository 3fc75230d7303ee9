"""Several features on their way to their names at once."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from whimsight.language.base import Answer, Failure

if TYPE_CHECKING:
    from whimsight.language import Asker
    from whimsight.naming.course import Course

__all__ = ["UNBOUGHT", "drive", "resumed"]

UNBOUGHT = "unbought"
"""Why an answer is missing in a replay."""


def drive(
    courses: Iterable[Course],
    asker: Asker,
    *,
    stepped: Callable[[Sequence[Course]], None] = lambda _: None,
    answered: Callable[[int, int], None] = lambda _done, _total: None,
    replay: bool = False,
) -> None:
    """Take courses to their ends, or until a budget or a person stops it.

    Some go side by side, so that as many calls are on their way as the model takes, and few, so that the first
    features are finished early.

    Parameters
    ----------
    courses : iterable of Course
    asker : Asker
    stepped : callable
        Told the courses that took answers, after each step.
    answered : callable
        Told (answers, calls) of the step that is on its way.
    replay : bool
        Nothing may be bought: a step most of whose answers are there goes on without the others, which count as
        missing for the reason `UNBOUGHT`.
    """
    waiting, active = deque(courses), list[Any]()
    width = 1 + asker.model.in_flight // 4
    while True:
        active = [c for c in active if not c.done]
        while waiting and len(active) < width:
            course = waiting.popleft()
            (active if not course.done else []).append(course)
        wanted = [(c, c.wants()) for c in active]
        requests = [r for _, several in wanted for r in several]
        if not requests:
            return
        said: list[Answer | Failure] = [Failure("stopped")] * len(requests)
        with closing(asker.ask(requests)) as answers:  # an interrupt in here, too, sends nothing more
            for done, (position, outcome) in enumerate(answers, 1):
                said[position] = outcome
                answered(done, len(requests))
        start = 0
        for course, several in wanted:
            part = said[start : start + len(several)]
            course.take(_unbought(part) if replay else part)
            start += len(several)
        stepped(active)
        if not replay and any(c.halted for c in active):
            return
        active = [c for c in active if not c.halted]


def resumed(course: Course, again: Callable[[], Course], before: Asker) -> Course:
    """Return ``course``, or the same begun with the proposals that were paid for before.

    The latter where some proposals are missing and the questions that follow from the others were asked already.

    Parameters
    ----------
    course : Course
        Not begun.
    again : callable
        Makes another one of the same feature.
    before : Asker
        May buy nothing.
    """
    wanted = course.wants()
    there = before.peek(wanted) if course.stage == "describe" else []
    if not any(there) or all(there):
        return course
    known = [r for r, is_there in zip(wanted, there, strict=True) if is_there]
    with closing(before.ask(known)) as answers:
        said = dict(answers)
    other = again()
    other.take([said[i] for i in range(len(known))])
    asked = before.peek(other.wants())
    return other if sum(asked) > len(asked) / 2 else course


def _unbought(said: list[Answer | Failure]) -> list[Answer | Failure]:
    """Let the answers that are there stand for all, where most are."""
    lacking = [isinstance(s, Failure) for s in said]
    if sum(lacking) > len(said) / 2:
        return said
    return [Failure(UNBOUGHT) if lacks else s for s, lacks in zip(said, lacking, strict=True)]
