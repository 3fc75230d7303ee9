"""One feature's way from its pairs to a scored name, in steps that each ask a number of questions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.labels.clean import clean_line
from whimsight.language.base import Answer, Failure
from whimsight.naming.election import Election, Round
from whimsight.naming.scoring import FEWEST_PAIRS, LOOKS, Scoring, bar
from whimsight.naming.wording.proposals import candidate, merged
from whimsight.studies.judged import agreed, as_line
from whimsight.studies.verification import FORMULA, PERSON

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.language.base import Request
    from whimsight.names import Candidate
    from whimsight.naming.dealing import Deal, Part
    from whimsight.naming.describer import LanguageDescriber
    from whimsight.naming.judge import LanguageJudge, Question

__all__ = ["BOTH", "FIRST_CHOOSE", "MOST_CHOOSE", "Course", "both_orders", "source_of"]

MOST_CHOOSE = 300
FIRST_CHOOSE = 40
"""Pairs of an election's first round, the only one where no name can be kept."""

BOTH = 8  # one pair in so many is asked in both orders where the winner is scored
_HALTED = ("budget", "stopped")

Outcome = Answer | Failure


def source_of(name: str) -> str:
    """Return what a model is called in a study's tables: one line, and never as another kind of judge is."""
    called = clean_line(name)[:250].rstrip() or "model"
    return f"{called} (model)" if called in (FORMULA, PERSON) else called


def both_orders(pairs: int) -> int:
    """Return the calls that so many scoring pairs take: one in eight is asked twice."""
    return pairs + -(-pairs // BOTH)


class Course:
    """Describes, chooses and scores one feature.

    `wants` says what is to be asked next, `take` takes the answers; until `done` or, where a budget or a person
    stopped it, `halted`. It asks nobody itself, so that several features can share what is on its way.

    Parameters
    ----------
    feature : str
    deal : Deal
    describer : LanguageDescriber
    judge : LanguageJudge
    tests : int
        Features that could be named: a name is kept at .05 over their number.
    known : sequence of Candidate
        Names to judge; where there are some none are asked for.
    looks : tuple of int
        Pairs that score the winner at each look.

    Attributes
    ----------
    stage : str
        ``"describe"``, ``"choose"``, ``"score"`` or ``"done"``.
    proposes : bool
        Whether names were asked for, or one that was there is judged.
    halted : bool
        Something was not asked, so that the rest cannot be.
    missing : Counter
        Why answers are missing, and how many.
    source : str
        The model's name.
    to_score : Part
        Pairs that there are to score the winner, the last look's at most.
    unkeepable : bool
        These are too few, or of too few prompts, for any name to be kept.
    scores : bool
        Whether the winner is scored: where one can be kept, and where somebody said on how many pairs.
    unasked : bool
        Too few pairs show the feature for names to be asked for.
    """

    def __init__(
        self,
        feature: str,
        deal: Deal,
        describer: LanguageDescriber,
        judge: LanguageJudge,
        *,
        tests: int,
        known: Sequence[Candidate] = (),
        looks: tuple[int, ...] = LOOKS,
    ) -> None:
        self.feature = feature
        self.proposes = not known
        self.end = deal.end(feature)
        self.stage = "describe"
        self.halted = False
        self.missing: Counter[str] = Counter()
        self.candidates: list[Candidate] = []
        self.winner: int | None = None
        self.election: Election | None = None
        self.scoring: Scoring | None = None
        self._deal, self._judge, self._tests = deal, judge, tests
        self.looks = looks
        self.to_score = deal.scoring(feature, looks[-1])
        self.unkeepable = bool(self.to_score.lacks)
        self.scores = not self.unkeepable or len(looks) == 1
        self.unasked = False
        self.source = source_of(judge.name)
        self._part: Part | None = None
        self._round: Round | None = None
        self._questions: list[Question] = []
        self._judgments: list[dict[str, Any]] = []
        self._describing: list[Request] = []
        if known:
            self._begin_choice(list(known))
        else:
            self._describing = describer.requests([deal.evidence(feature)])
            if not self._describing:
                self.stage, self.unasked = "done", True

    @property
    def done(self) -> bool:
        """Whether nothing is left to ask."""
        return self.stage == "done"

    @property
    def untold(self) -> str:
        """Why it cannot be told whether the winner fits; empty where it can."""
        if self.to_score.lacks == "pairs":
            return "few asked" if self.looks[-1] < FEWEST_PAIRS else "few pairs"
        if self.to_score.lacks == "prompts":
            return "few prompts"
        if self.scoring is None:  # the election told that none would be kept
            return ""
        look = self.scoring.result
        if 2 * look.n < look.asked or look.n + len(self.to_score) - look.asked < FEWEST_PAIRS:
            return "few answers"
        if np.isfinite(look.low):
            return ""
        return "few prompts" if np.isnan(look.r) else "one answer"

    @property
    def kept(self) -> bool:
        """Whether it ended with a name that fits."""
        return self.done and self.scoring is not None and self.scoring.result.kept

    def wants(self) -> list[Request]:
        """Return what is to be asked next; the same until `take` took the answers."""
        if self.done or self.halted:
            return []
        if self.stage == "describe":
            return self._describing
        if not self._questions:
            self._ask()
        return [q.request for q in self._questions]

    def pending(self) -> list[Request]:
        """Return what was to be asked when it was halted."""
        return self._describing if self.stage == "describe" else [q.request for q in self._questions]

    @property
    def asked(self) -> int:
        """Pairs of the present stage whose answers were taken."""
        if self.stage == "choose":
            return self.election.asked if self.election is not None else 0
        return self.scoring.result.asked if self.scoring is not None else 0

    def take(self, said: Sequence[Outcome]) -> None:
        """Take the answers to what `wants` returned, in order."""
        failed = [s for s in said if isinstance(s, Failure)]
        self.missing.update(f.kind for f in failed if f.kind not in _HALTED)
        self.halted = any(f.kind in _HALTED for f in failed)
        if self.stage == "describe":
            found = merged(
                c for s in said if isinstance(s, Answer) and (c := candidate(s.values)) is not None
            )
            if self.halted:
                self.candidates = found
                return
            self._begin_choice(found)
            return
        pairs, answers = self._read(said)
        if not self.halted:  # what was answered before is kept all the same, and bought no second time
            self._count(pairs, answers)
            self._questions = []
            self._move_on()

    def suggestions(self) -> list[dict[str, Any]]:
        """Return rows of `Study.suggestions`: every candidate as far as it is known."""
        fit: dict[int, tuple[float, int]] = {}
        if self.election is not None and self.election.asked:
            table = self.election.ranking()
            fit = {int(c): (float(table["r"][c]), int(table["n"][c])) for c in table.index}
        return [self._row(i, *fit.get(i, (np.nan, 0))) for i in range(len(self.candidates))]

    def judgments(self) -> list[dict[str, Any]]:
        """Return rows of `Study.judgments` that are new since the last time."""
        new, self._judgments = self._judgments, []
        return new

    def _row(self, i: int, fit: float, n_fit: int) -> dict[str, Any]:
        look = self.scoring.result if self.scoring is not None and i == self.winner else None
        return {
            "feature": self.feature,
            "name": self.candidates[i].name,
            "note": as_line("note", self.candidates[i].note),  # a person's may have several lines
            "source": self.source,
            "end": self.end,
            "fit": fit,
            "n_fit": n_fit,
            "winner": i == self.winner,
            "fidelity": look.r if look else np.nan,
            "fidelity_low": look.low if look else np.nan,
            "fidelity_high": look.high if look else np.nan,
            "p": look.p if look else np.nan,
            "q": np.nan,
            "n": look.n if look else 0,
            "kept": bool(look) and self.kept,
            "missing": sum(self.missing.values()),
        }

    # -- choosing and scoring --------------------------------------------------------------------

    def _begin_choice(self, candidates: list[Candidate]) -> None:
        self.candidates = candidates
        if not candidates:
            self.stage = "done"
        elif len(candidates) == 1:
            self._begin_score(0)
        else:
            self.stage = "choose"
            self._part = self._deal.choosing(self.feature, MOST_CHOOSE)
            self.election = Election(
                self._part.code,
                len(candidates),
                clusters=self._part.cluster,
                # Who asks for a score of fewer pairs than keep a name asks for it whatever it comes to.
                bar=-1.0 if self.unkeepable else bar(len(self.to_score), self._tests),
                to_score=len(self.to_score),
                first=FIRST_CHOOSE,
            )
            self._move_on()

    def _begin_score(self, winner: int) -> None:
        self.winner = winner
        if not self.scores:  # no answer could make it kept: why pay for them
            self.stage = "done"
            return
        self.stage = "score"
        self._part = self.to_score
        self.scoring = Scoring(
            self._part.code, clusters=self._part.cluster, tests=self._tests, looks=self.looks
        )
        self._move_on()

    def _move_on(self) -> None:
        """Go to the next step where this one has ended."""
        if self.stage == "choose" and self.election is not None:
            if self.election.reason == "hopeless":  # on other pairs it would not be kept: why pay for them
                self.stage, self.winner = "done", self.election.winner
            elif self.election.reason or (self.election.asked and not self.scores):
                self._begin_score(self.election.winner)
        elif self.stage == "score" and self.scoring is not None and self.scoring.next() is None:
            self.stage = "done"

    def _ask(self) -> None:
        pairs, candidates = self._next()
        assert self._part is not None
        a, b, prompt = self._deal.texts(self._part.rows[pairs])
        both = (pairs % BOTH == 0) if self.stage == "score" else None
        chosen = [self.candidates[i] for i in candidates]
        self._questions = self._judge.questions(chosen, a, b, prompt, both=both)

    def _next(self) -> tuple[NDArray[np.int64], list[int]]:
        """Return positions in the part, and which candidates are judged on them."""
        if self.stage == "choose":
            assert self.election is not None
            self._round = self.election.next()
            assert self._round is not None
            return self._round.pairs, self._round.candidates.tolist()
        assert self.scoring is not None
        assert self.winner is not None
        pairs = self.scoring.next()
        assert pairs is not None
        return pairs, [self.winner]

    def _read(self, said: Sequence[Outcome]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return pairs and answers (order, candidate, pair) of this step, and hand the answers on."""
        pairs, candidates = self._next()
        answers = np.full((2, len(candidates), pairs.size), np.nan)
        first = np.zeros(pairs.size, dtype=np.bool_)
        for question, answer in zip(self._questions, said, strict=True):
            if not question.swapped:
                first[question.pair] = question.a_first
            for judged in question.read(answer):
                answers[int(judged.swapped), judged.candidate, judged.pair] = judged.answer
        self._keep(pairs, candidates, answers, first)
        return pairs, answers

    def _count(self, pairs: NDArray[np.int64], answers: NDArray[np.float64]) -> None:
        """Let the answers of this step decide."""
        together = agreed(answers[0], answers[1])
        if self.stage == "choose":
            assert self.election is not None
            assert self._round is not None
            self.election.add(self._round, together)
        else:
            assert self.scoring is not None
            self.scoring.add(pairs, together[0])

    def _keep(
        self,
        pairs: NDArray[np.int64],
        candidates: list[int],
        answers: NDArray[np.float64],
        first: NDArray[np.bool_],
    ) -> None:
        assert self._part is not None
        rows = self._part.rows[pairs]
        for k, c in enumerate(candidates):
            for m, row in enumerate(rows.tolist()):
                one, other = answers[0, k, m], answers[1, k, m]
                if np.isnan(one) and np.isnan(other):
                    continue
                a_first = bool(first[m])
                if np.isnan(one):  # the second order alone was answered
                    one, other, a_first = other, np.nan, not a_first
                self._judgments.append(
                    {
                        "feature": self.feature,
                        "name": self.candidates[c].name,
                        "row": row,
                        "judge": self.source,
                        "part": self.stage,
                        "answer": one,
                        "swapped": other,
                        "a_first": a_first,
                    }
                )
