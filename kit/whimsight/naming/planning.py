"""How many calls are left to a run, and how long they are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.names import Candidate
from whimsight.naming.course import FIRST_CHOOSE, MOST_CHOOSE, Course, both_orders
from whimsight.naming.plan import Plan, Stage
from whimsight.naming.run import UNBOUGHT
from whimsight.naming.scoring import LOOKS

if TYPE_CHECKING:
    from whimsight.language import Asker, Estimator, LanguageModel, Request
    from whimsight.naming.dealing import Deal
    from whimsight.naming.judge import LanguageJudge

__all__ = ["make_plan", "most_calls"]

_LIKELY = {"choose": (0.67, 0.25), "score": (0.55, 0.2)}
"""Share of 300 pairs that is asked on average (`make bench ARGS=naming`), and how much larger it is of few pairs."""

_MANY, _FEW = 300, 60
_LOOKED_AT = 12  # requests whose length stands for that of the others
_USUAL = Candidate("x" * 40, "concept", (), 1, "x" * 160)  # as long as names and notes are


def make_plan(
    model: LanguageModel,
    asker: Asker,
    courses: Sequence[Course],
    sure: Sequence[Course],
    deal: Deal,
    judge: LanguageJudge,
    samples: int,
) -> Plan:
    """Return the plan of a run whose courses went as far as paid answers take them.

    Its most is never exceeded but by repetitions, and falls by what is paid for.

    Parameters
    ----------
    model : LanguageModel
    asker : Asker
        That the courses were driven with.
    courses : sequence of Course
        Gone on where a few answers are missing, as a run probably will.
    sure : sequence of Course
        Those of them with missing answers, halted at the first: what comes now may turn an election, and then other
        pairs and candidates are asked.
    deal : Deal
    judge : LanguageJudge
    samples : int
        Candidates for a feature that was not described yet.
    """
    estimator = asker.estimator()
    asked = [r for c in courses if c.stage == "describe" for r in c.pending()]
    new = [r for r, there in zip(asked, asker.peek(asked), strict=True) if not there]
    to_describe = sum(c.stage == "describe" for c in courses)
    stages = [_stage("describe", to_describe, len(new), len(new), new, estimator)]
    for stage in ("choose", "score"):
        left = [_left(c, stage, asker, deal, judge, samples) for c in courses]
        left = [one for one in left if one.most]
        requests = [r for one in left[: _LOOKED_AT // 4] for r in one.requests]
        likely, most = sum(one.likely for one in left), sum(one.most for one in left)
        stages.append(_stage(stage, len(left), likely, most, requests, estimator))
    if again := [c for c in courses if c.missing[UNBOUGHT]]:
        calls = sum(c.missing[UNBOUGHT] for c in again)
        in_all, told = (
            sum(_most_left(c, asker, deal, judge, samples) for c in several) for several in (sure, again)
        )
        part = deal.scoring(again[0].feature, LOOKS[-1])
        requests = judge.requests([_USUAL], *deal.texts(part.rows[:_LOOKED_AT]))
        stages.append(_stage("ask again", len(again), calls, in_all - told, requests, estimator))
    return Plan(
        model=model.name,
        where=model.where,
        features=len(courses),
        stages=tuple(stages),
        price=model.price,
        seconds_a_call=estimator.seconds,
        measured=estimator.completion is not None,
        in_flight=model.in_flight,
        cached=asker.tally.cached,
        unkeepable=sum(c.unkeepable for c in courses),
    )


class _Left(NamedTuple):
    likely: float
    most: int
    requests: list[Request]


def most_calls(feature: str, looks: tuple[int, ...], deal: Deal, judge: LanguageJudge, samples: int) -> int:
    """Return the calls that a feature takes if every pair is needed, repetitions apart."""
    groups = len(judge.requests([_USUAL] * samples, *deal.texts(deal.reading.read[:1])))
    to_score = deal.scoring(feature, looks[-1])
    scores = not to_score.lacks or len(looks) == 1
    choosing = len(deal.choosing(feature, MOST_CHOOSE if scores else FIRST_CHOOSE)) if samples > 1 else 0
    return samples + groups * choosing + (both_orders(len(to_score)) if scores else 0)


def _most_left(course: Course, asker: Asker, deal: Deal, judge: LanguageJudge, samples: int) -> int:
    """Return the calls that a feature still takes if every pair is needed."""
    describing = course.pending() if course.stage == "describe" else []
    left = (_left(course, stage, asker, deal, judge, samples).most for stage in ("choose", "score"))
    return len(describing) - sum(asker.peek(describing)) + sum(left)


def _left(course: Course, stage: str, asker: Asker, deal: Deal, judge: LanguageJudge, samples: int) -> _Left:
    """Return the calls that a feature still takes in a stage, and some of the requests."""
    nothing = _Left(0.0, 0, [])
    if course.done or (stage == "choose" and (course.stage == "score" or samples < 2)):
        return nothing
    if stage == "score" and not course.scores:
        return nothing
    here = course.stage == stage
    done = course.asked if here else 0
    paid = sum(asker.peek(course.pending())) if here else 0  # of the step that was broken off
    if stage == "choose":
        part = deal.choosing(course.feature, MOST_CHOOSE if course.scores else FIRST_CHOOSE)
        described = course.stage != "describe"  # else more may be proposed than there are now
        names = course.candidates if described else [_USUAL] * samples
        requests = judge.requests(names, *deal.texts(part.rows[:4]))
        each = -(-len(requests) // max(1, min(4, len(part))))
        share = _share(stage, len(part)) if course.scores else 1.0
        most, was = each * len(part), each * done + paid
    else:
        part = course.to_score
        requests = judge.requests([_USUAL], *deal.texts(part.rows[:4]))
        share = 1.0 if len(course.looks) == 1 else _share(stage, len(part))
        most, was = both_orders(len(part)), both_orders(done) + paid
    return _Left(max(share * most - was, min(most - was, 1)), most - was, requests)


def _share(stage: str, pairs: int) -> float:
    """Return how many of the pairs that there are will probably be asked."""
    of_many, more_of_few = _LIKELY[stage]
    return min(1.0, of_many + more_of_few * max(0.0, _MANY - pairs) / (_MANY - _FEW))


def _stage(
    stage: str, features: int, calls: float, most: float, requests: Sequence[Request], estimator: Estimator
) -> Stage:
    """Return a stage whose calls are as long as some requests are on average."""
    if not requests:
        return Stage(stage, features, calls, most, 0.0, 0.0, 0.0)
    sent, back, room = (
        float(np.mean([of(r) for r in requests]))
        for of in (estimator.prompt_tokens, estimator.completion_tokens, lambda r: r.max_tokens)
    )
    longest = float(max(estimator.prompt_most(r) for r in requests))
    return Stage(stage, features, calls, most, sent, back, room, longest)
