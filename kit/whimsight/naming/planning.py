"""How many calls are left to a run, and how long they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.language.estimate import AROUND, size
from whimsight.names import Candidate
from whimsight.naming.course import BOTH, FIRST_CHOOSE, MOST_CHOOSE, Course, both_orders
from whimsight.naming.plan import Plan, Stage
from whimsight.naming.run import UNBOUGHT
from whimsight.naming.sizes import Sizes
from whimsight.naming.wording.proposals import NAME, NOTE

if TYPE_CHECKING:
    from whimsight.language import Asker, Estimator, LanguageModel, Request
    from whimsight.naming.dealing import Deal
    from whimsight.naming.judge import LanguageJudge
    from whimsight.naming.sizes import Questions

__all__ = ["make_plan", "most_calls"]

_LIKELY = {"choose": (0.67, 0.25), "score": (0.55, 0.2)}
"""Share of 300 pairs that is asked on average (`make bench ARGS=naming`), and how much larger it is of few pairs."""

_MANY, _FEW = 300, 60
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

    Its most is never exceeded but by repetitions, and falls by what is paid for. Questions about pairs are measured
    by the bytes of their texts as they would be cut, without being written; proposals are there to be measured.
    Names that are not proposed yet count as long as they usually are, and at the most as long as English ones may be
    or as the bytes that the tokens of a proposal make, if these are more.

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
    sizes = Sizes(deal, judge)

    def left(course: Course, stage: str) -> _Left:
        return _left(course, stage, asker, sizes, estimator, samples)

    def most_left(several: Sequence[Course]) -> _Calls:
        described = (_calls(_unpaid(c, asker)) for c in several if c.stage == "describe")
        return _total([*described, *(left(c, stage).most for c in several for stage in ("choose", "score"))])

    new = [r for c in courses if c.stage == "describe" for r in _unpaid(c, asker)]
    to_describe = sum(c.stage == "describe" for c in courses)
    stages = [_stage("describe", to_describe, _exactly(new), estimator)]
    for stage in ("choose", "score"):
        found = [one for one in (left(c, stage) for c in courses) if one.most.calls]
        together = _Left(
            _total(one.likely for one in found),
            _total(one.most for one in found),
            max((one.longest for one in found), default=0),
            max((one.longest_answer for one in found), default=0),
        )
        stages.append(_stage(stage, len(found), together, estimator))
    if again := [c for c in courses if c.missing[UNBOUGHT]]:
        calls = sum(c.missing[UNBOUGHT] for c in again)
        known = _exactly([r for c in sure for r in _unpaid(c, asker)])
        each = known.most.sent / max(1, known.most.calls), known.most.room / max(1, known.most.calls)
        likely = _Calls(calls, calls * each[0], calls * each[1])
        most = _Calls(*np.subtract(most_left(sure), most_left(again)).tolist())
        stages.append(_stage("ask again", len(again), known._replace(likely=likely, most=most), estimator))
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


class _Calls(NamedTuple):
    """Calls, the bytes of their requests and the tokens that their answers may have, all together."""

    calls: float
    sent: float
    room: float


class _Left(NamedTuple):
    """Calls to come, and the bytes of the longest of them and the tokens of its answer."""

    likely: _Calls
    most: _Calls
    longest: int
    longest_answer: int


_NOTHING = _Left(_Calls(0, 0, 0), _Calls(0, 0, 0), 0, 0)


def most_calls(feature: str, looks: tuple[int, ...], deal: Deal, judge: LanguageJudge, samples: int) -> int:
    """Return the calls that a feature takes if every pair is needed, repetitions apart."""
    groups = len(judge.requests([_USUAL] * samples, *deal.texts(deal.reading.read[:1])))
    to_score = deal.scoring(feature, looks[-1])
    scores = not to_score.lacks or len(looks) == 1
    choosing = len(deal.choosing(feature, MOST_CHOOSE if scores else FIRST_CHOOSE)) if samples > 1 else 0
    return samples + groups * choosing + (both_orders(len(to_score)) if scores else 0)


def _left(
    course: Course, stage: str, asker: Asker, sizes: Sizes, estimator: Estimator, samples: int
) -> _Left:
    """Return the calls that a feature still takes in a stage: those of all pairs, and of the first so many."""
    if course.done or (stage == "choose" and (course.stage == "score" or samples < 2)):
        return _NOTHING
    if stage == "score" and not course.scores:
        return _NOTHING
    if stage == "choose":
        part = sizes.deal.choosing(course.feature, MOST_CHOOSE if course.scores else FIRST_CHOOSE)
        share = _share(stage, len(part)) if course.scores else 1.0
        times = np.ones(len(part), dtype=np.int64)
    else:
        part = course.to_score
        share = 1.0 if len(course.looks) == 1 else _share(stage, len(part))
        times = np.where(np.arange(len(part)) % BOTH == 0, 2, 1)
    if not len(part):
        return _NOTHING
    usual, long = _names(course, stage, estimator, samples)
    about = sizes.of(usual, part.rows)
    at_most = about if long == usual else sizes.of(long, part.rows)
    here = course.stage == stage
    done, pending = (course.asked, course.pending()) if here else (0, [])
    paid = _calls([r for r, there in zip(pending, asker.peek(pending), strict=True) if there])
    calls, before = about.each * times, about.each * int(times[:done].sum())

    def unpaid(questions: Questions, stop: int) -> _Calls:
        of = slice(done, stop)
        sent, room = (times[of] * questions.sent[of]).sum(), times[of].sum() * questions.room
        return _Calls(*np.subtract((calls[of].sum(), sent, room), paid).tolist())

    most = unpaid(at_most, len(part))
    likely = max(share * int(calls.sum()) - before - paid.calls, min(most.calls, 1))
    # The first pairs come first; and all of the step that was broken off, of which some are paid for.
    stop = int(np.searchsorted(np.cumsum(calls), before + paid.calls + likely)) + 1
    first = unpaid(about, max(stop, done + len(pending)))
    weight = likely / max(1, first.calls)
    return _Left(
        _Calls(likely, weight * first.sent, weight * first.room),
        most,
        at_most.longest,
        at_most.longest_answer,
    )


def _names(
    course: Course, stage: str, estimator: Estimator, samples: int
) -> tuple[list[Candidate], list[Candidate]]:
    """Return names as long as those that a stage is probably about, and as long as they may be."""
    if course.stage == "describe":  # more may be proposed than there are now
        room = max(r.max_tokens for r in course.pending()) / estimator.tokens_a_byte
        wide = int(np.clip((room - NAME - NOTE) / 3, 0, NOTE))  # characters of four bytes
        long = Candidate("x" * NAME, "concept", (), 1, "\U0001f600" * wide + "x" * (NOTE - wide))
        k = samples if stage == "choose" else 1
        return [_USUAL] * k, [long] * k
    if stage == "choose":
        return course.candidates, course.candidates
    if course.winner is not None:
        return [course.candidates[course.winner]], [course.candidates[course.winner]]
    by_length = sorted(course.candidates, key=lambda c: len((c.name + c.note).encode("utf-8", "replace")))
    return [by_length[len(by_length) // 2]], [by_length[-1]]


def _unpaid(course: Course, asker: Asker) -> list[Request]:
    """Return what was to be asked when a course was halted, without the answers that are there."""
    pending = course.pending()
    return [r for r, there in zip(pending, asker.peek(pending), strict=True) if not there]


def _calls(requests: Sequence[Request]) -> _Calls:
    return _Calls(len(requests), sum(map(size, requests)), sum(r.max_tokens for r in requests))


def _exactly(requests: Sequence[Request]) -> _Left:
    calls = _calls(requests)
    longest, answer = (max(map(of, requests), default=0) for of in (size, lambda r: r.max_tokens))
    return _Left(calls, calls, longest, answer)


def _total(several: Iterable[_Calls]) -> _Calls:
    return _Calls(*np.sum([_NOTHING.most, *several], axis=0).tolist())


def _share(stage: str, pairs: int) -> float:
    """Return how many of the pairs that there are will probably be asked."""
    of_many, more_of_few = _LIKELY[stage]
    return min(1.0, of_many + more_of_few * max(0.0, _MANY - pairs) / (_MANY - _FEW))


def _stage(stage: str, features: int, left: _Left, estimator: Estimator) -> Stage:
    """Return a stage; a part of a token counts as one where it is about the most."""
    likely, most = left.likely, left.most
    if not likely.calls:
        return Stage(stage, features, 0.0, most.calls, 0.0, 0.0, 0.0)
    sent, room = (
        max(0.0, min(one, all_)) / likely.calls
        for one, all_ in ((likely.sent, most.sent), (likely.room, most.room))
    )
    return Stage(
        stage,
        features,
        likely.calls,
        most.calls,
        estimator.tokens_a_byte * sent,
        estimator.share * room,
        float(left.longest_answer),
        float(left.longest + AROUND),
        estimator.tokens_a_byte * most.sent + most.calls,
        most.room,
    )
