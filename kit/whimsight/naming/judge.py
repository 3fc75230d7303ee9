"""A judge made of a language model: which of two responses has more of each of several concepts."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.language.base import Answer, Failure
from whimsight.naming.wording.judging import judging

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.language.asking import Asker
    from whimsight.language.base import Request
    from whimsight.names.protocols import Candidate

__all__ = ["Judged", "Judgment", "LanguageJudge", "Question"]


class Judgment(NamedTuple):
    """What was said of one pair and one candidate.

    Attributes
    ----------
    pair : int
        Position in ``a`` and ``b``.
    candidate : int
        Position among the candidates.
    answer : float
        1 where text ``a`` has more, -1 where ``b`` has, 0 where neither; NaN where there is no answer.
    swapped : bool
        It is the second of two answers, with the responses in the other order.
    failure : Failure or None
        Why there is no answer.
    cached : bool
        It was paid for earlier.
    """

    pair: int
    candidate: int
    answer: float
    swapped: bool
    failure: Failure | None = None
    cached: bool = False


@dataclass(frozen=True, slots=True)
class Judged:
    """What was said of all pairs and candidates.

    Attributes
    ----------
    answers : ndarray
        float64 (n_candidates, m): 1 where text ``a`` has more, -1 where ``b`` has, 0 where neither, NaN where
        there is no answer.
    swapped : ndarray
        float64 (n_candidates, m): the same with the responses in the other order, turned back to ``a`` and
        ``b``; NaN where that was not asked, too.
    failures : list of Judgment
        The answers that are missing, and why.
    """

    answers: NDArray[np.float64]
    swapped: NDArray[np.float64]
    failures: list[Judgment]


@dataclass(frozen=True, slots=True)
class Question:
    """One call: a pair in one order, and the candidates by which it is judged.

    Attributes
    ----------
    request : Request
    pair : int
        Position in ``a`` and ``b``.
    candidates : tuple of int
        The request's first field is about the first of these, and so on.
    a_first : bool
        Text ``a`` is response A.
    swapped : bool
        The second of two orders.
    """

    request: Request
    pair: int
    candidates: tuple[int, ...]
    a_first: bool
    swapped: bool

    def read(self, said: Answer | Failure) -> list[Judgment]:
        """Return one judgment for each candidate, turned back to ``a`` and ``b``."""
        if isinstance(said, Failure):
            return [Judgment(self.pair, c, np.nan, self.swapped, said) for c in self.candidates]
        toward_a = 1.0 if self.a_first else -1.0
        points = {"A": toward_a, "B": -toward_a, "tie": 0.0}
        return [
            Judgment(self.pair, c, points[said.values[field.name]], self.swapped, None, said.cached)
            for c, field in zip(self.candidates, self.request.fields, strict=True)
        ]


class LanguageJudge:
    """Asks a language model which of two responses has more of what candidates name.

    Which response stands first is decided by a hash of the seed and the texts, so that a model that prefers one
    place, or obeys a text that tells it what to answer, adds noise to every name and favours none. The same
    pair is asked in the same words whichever way it is handed in. No delimiter makes a weak model immune to
    orders in a text; with both orders asked, obedience shows up as answers that do not follow the text around.

    Parameters
    ----------
    asker : Asker
    texts : sequence of str
        What ``a`` and ``b`` are positions in.
    prompts : sequence of str
        What ``prompt`` is positions in; none are shown where there are none.
    characters, prompt_characters : int
        Of each response and of the prompt that the model is given; what is longer loses its middle.
    together : int
        The most candidates that are judged in one call.
    seed : int

    Attributes
    ----------
    name : str
        The model's.
    prompts, characters, prompt_characters
        As they were given.
    """

    def __init__(
        self,
        asker: Asker,
        texts: Sequence[str],
        prompts: Sequence[str] = (),
        *,
        characters: int = 6_000,
        prompt_characters: int = 1_500,
        together: int = 5,
        seed: int = 0,
    ) -> None:
        if together < 1:
            raise ValueError(
                f"together is how many candidates one call may hold, 1 or more; found {together}."
            )
        self.name: str = asker.model.name
        self._asker = asker
        self._texts, self.prompts = texts, prompts
        self.characters, self.prompt_characters = characters, prompt_characters
        self._together, self._seed = together, seed

    def judge(
        self,
        candidate: Candidate,
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None = None,
    ) -> NDArray[np.float64]:
        """Return float64 (m,): 1 where text ``a`` has more, -1 where ``b`` has, 0 where neither, NaN: no answer.

        Parameters
        ----------
        candidate : Candidate
        a, b : ndarray
            int64 (m,): positions of the texts.
        prompt : ndarray, optional
            int64 (m,): position of the prompt that they answer, -1 where there is none.
        """
        return np.asarray(self.judge_all([candidate], a, b, prompt).answers[0])

    def judge_all(
        self,
        candidates: Sequence[Candidate],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None = None,
        *,
        both: NDArray[np.bool_] | None = None,
        on_judgment: Callable[[Judgment], None] | None = None,
    ) -> Judged:
        """Judge every pair by every candidate, several of these in a call.

        Parameters
        ----------
        candidates : sequence of Candidate
        a, b, prompt : ndarray
            See `judge`.
        both : ndarray, optional
            bool (m,): where to ask in the other order, too.
        on_judgment : callable, optional
            Told of each judgment as it comes.

        Raises
        ------
        LanguageError
            Where no answer can be had at all: a wrong model's name, a bad key, a dead endpoint.
        """
        answers = np.full((len(candidates), a.size), np.nan)
        swapped = np.full((len(candidates), a.size), np.nan)
        failures: list[Judgment] = []
        for judgment in self.judging(candidates, a, b, prompt, both=both):
            (swapped if judgment.swapped else answers)[judgment.candidate, judgment.pair] = judgment.answer
            if judgment.failure is not None:
                failures.append(judgment)
            if on_judgment is not None:
                on_judgment(judgment)
        failures.sort(key=lambda missing: missing[:2])
        return Judged(answers, swapped, failures)

    def judging(
        self,
        candidates: Sequence[Candidate],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None = None,
        *,
        both: NDArray[np.bool_] | None = None,
    ) -> Iterator[Judgment]:
        """Yield judgments as they come; nothing more is asked once the iterator is closed.

        Parameters are those of `judge_all`.
        """
        waiting: dict[int, Question] = {}

        def requests() -> Iterator[Request]:
            for position, question in enumerate(self._questions(candidates, a, b, prompt, both)):
                waiting[position] = question
                yield question.request

        with closing(self._asker.ask(requests())) as answers:
            for position, answer in answers:
                yield from waiting.pop(position).read(answer)

    def requests(
        self,
        candidates: Sequence[Candidate],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None = None,
        *,
        both: NDArray[np.bool_] | None = None,
    ) -> list[Request]:
        """Return exactly what `judge_all` would send."""
        return [q.request for q in self.questions(candidates, a, b, prompt, both=both)]

    def questions(
        self,
        candidates: Sequence[Candidate],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None = None,
        *,
        both: NDArray[np.bool_] | None = None,
    ) -> list[Question]:
        """Return what there is to ask, for those who ask about several features at once."""
        return list(self._questions(candidates, a, b, prompt, both))

    def _questions(
        self,
        candidates: Sequence[Candidate],
        a: NDArray[np.int64],
        b: NDArray[np.int64],
        prompt: NDArray[np.int64] | None,
        both: NDArray[np.bool_] | None,
    ) -> Iterator[Question]:
        groups = _groups(len(candidates), self._together)
        for row, at in enumerate([-1] * a.size if prompt is None else prompt.tolist()):
            for swapped in (False, True) if both is not None and both[row] else (False,):
                for group in groups:
                    yield self._question(candidates, group, row, int(a[row]), int(b[row]), at, swapped)

    def _question(
        self, candidates: Sequence[Candidate], group: range, row: int, a: int, b: int, at: int, swapped: bool
    ) -> Question:
        ends = self._texts[a], self._texts[b]
        coin = _hash(self._seed, *sorted(ends))
        # Identical texts have no order of their own; whichever comes first, nothing changes.
        a_first = ((coin[0] % 2 == 0) == (ends[0] <= ends[1])) != swapped
        shuffled = sorted(group, key=lambda i: _hash(coin.hex(), candidates[i].name, candidates[i].note))
        request = judging(
            [candidates[i] for i in shuffled],
            *(ends if a_first else ends[::-1]),
            (self.prompts[at] or None) if 0 <= at < len(self.prompts) else None,
            characters=self.characters,
            prompt_characters=self.prompt_characters,
        )
        return Question(request, row, tuple(shuffled), a_first, swapped)


def _groups(k: int, most: int) -> list[range]:
    """Cut k candidates into as few groups as there must be, of nearly equal size."""
    n = -(-k // most)
    return [range(i * k // n, (i + 1) * k // n) for i in range(n)]


def _hash(*parts: object) -> bytes:
    said = hashlib.blake2b(digest_size=8)
    for part in parts:
        text = str(part).encode("utf-8", "surrogatepass")
        said.update(len(text).to_bytes(8, "big") + text)
    return said.digest()
