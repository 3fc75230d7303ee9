"""A describer made of a language model: several candidates for a feature, each from other pairs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.language.base import Failure
from whimsight.naming.wording.describing import Contrast, Turned, describing
from whimsight.naming.wording.proposals import candidate, merged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.language.asking import Asker
    from whimsight.language.base import Request
    from whimsight.names.protocols import Candidate, Evidence

__all__ = ["LanguageDescriber", "Proposal"]

_FEWEST = 4  # pairs below which no common quality can be told from chance
_SELDOM = 1e-6  # of its weight: as good as never, while there are others


class Proposal(NamedTuple):
    """What one answer proposes for one feature.

    Attributes
    ----------
    feature : int
        Position in the evidence.
    sample : int
    candidate : Candidate or None
        None where the answer names nothing, or where there is none.
    failure : Failure or None
        Why there is no answer.
    cached : bool
        It was paid for earlier.
    """

    feature: int
    sample: int
    candidate: Candidate | None
    failure: Failure | None = None
    cached: bool = False


class LanguageDescriber:
    """Asks a language model what the sides with more of a feature have more of.

    Parameters
    ----------
    asker : Asker
    texts : sequence of str
        What evidence holds positions in.
    prompts : sequence of str
        What ``Evidence.prompt`` is positions in; an empty one is not shown.
    candidates : int
        How often a feature is asked for, each time with other pairs.
    pairs, near : int
        How many pairs and near misses one request shows.
    characters, prompt_characters : int
        Of each response and of the prompt that the model is given; what is longer loses its middle. Near misses
        are given with half of it.
    seed : int

    Attributes
    ----------
    name : str
        The model's.
    failures : list of Proposal
        The answers that are missing after `describe`, and why.
    """

    def __init__(
        self,
        asker: Asker,
        texts: Sequence[str],
        prompts: Sequence[str] = (),
        *,
        candidates: int = 5,
        pairs: int = 8,
        near: int = 3,
        characters: int = 1_200,
        prompt_characters: int = 500,
        seed: int = 0,
    ) -> None:
        self.name: str = asker.model.name
        self.failures: list[Proposal] = []
        self._asker = asker
        self._texts, self._prompts = texts, prompts
        self._samples, self._pairs, self._near = candidates, pairs, near
        self._characters, self._prompt_characters = characters, prompt_characters
        self._seed = seed

    def describe(self, evidence: Sequence[Evidence]) -> list[list[Candidate]]:
        """Return candidates for each feature, those proposed most often first; none where nothing was proposed.

        Raises
        ------
        LanguageError
            Where no answer can be had at all: a wrong model's name, a bad key, a dead endpoint.
        """
        said = sorted(self.describing(evidence), key=lambda p: (p.feature, p.sample))
        self.failures = [p for p in said if p.failure is not None]
        return [
            merged(p.candidate for p in said if p.feature == j and p.candidate is not None)
            for j in range(len(evidence))
        ]

    def describing(self, evidence: Sequence[Evidence]) -> Iterator[Proposal]:
        """Yield proposals as they come; nothing more is asked once the iterator is closed."""
        asked = [(j, request) for j, e in enumerate(evidence) for request in self._of(e)]
        with closing(self._asker.ask(request for _, request in asked)) as answers:
            for position, said in answers:
                feature, request = asked[position]
                if isinstance(said, Failure):
                    yield Proposal(feature, request.sample, None, said)
                else:
                    yield Proposal(feature, request.sample, candidate(said.values), None, said.cached)

    def requests(self, evidence: Sequence[Evidence]) -> list[Request]:
        """Return exactly what `describe` would send."""
        return [request for e in evidence for request in self._of(e)]

    def _of(self, evidence: Evidence) -> list[Request]:
        """Return the requests for one feature; which pairs they show depends on seed and evidence alone."""
        if evidence.more.size < _FEWEST:
            return []
        parts = evidence.more, evidence.less, evidence.strength, evidence.prompt, evidence.near
        said = hashlib.sha256(b"".join(part.tobytes() for part in parts))
        rng = np.random.default_rng([self._seed, int.from_bytes(said.digest()[:8], "big")])
        both = np.column_stack([evidence.more, evidence.less])
        drawn = draw(evidence.strength, evidence.prompt, both, self._samples, self._pairs, rng)
        held = [set(both[rows].ravel().tolist()) for rows in drawn]
        alike, near_prompt = np.ones(len(evidence.near), np.float32), _prompts_of_near(evidence)
        contrasts = draw(
            alike, near_prompt, evidence.near, self._samples, self._near, rng, held=held, again=_SELDOM
        )
        out = []
        for sample, (rows, beside) in enumerate(zip(drawn, contrasts, strict=True)):
            request = describing(
                [self._turned(evidence, row) for row in rows],
                [self._contrast(evidence, row) for row in beside],
                sample=sample,
                characters=self._characters,
                prompt_characters=self._prompt_characters,
            )
            out.append(request)
        return out

    def _turned(self, evidence: Evidence, row: int) -> Turned:
        more, less = self._texts[int(evidence.more[row])], self._texts[int(evidence.less[row])]
        return Turned(more, less, self._prompt(evidence.prompt, row))

    def _contrast(self, evidence: Evidence, row: int) -> Contrast:
        one, other = (self._texts[text] for text in evidence.near[row].tolist())
        return Contrast(one, other, self._prompt(_prompts_of_near(evidence), row))

    def _prompt(self, prompts: NDArray[np.int64], row: int) -> str | None:
        at = int(prompts[row])
        return (self._prompts[at] or None) if 0 <= at < len(self._prompts) else None


def _prompts_of_near(evidence: Evidence) -> NDArray[np.int64]:
    """Return what near misses answer, -1 for all where that is not told."""
    told = evidence.near_prompt
    return told if told.size == len(evidence.near) else np.full(len(evidence.near), -1)


def draw(
    strength: NDArray[np.float32],
    prompt: NDArray[np.int64],
    texts: NDArray[np.int64],
    samples: int,
    size: int,
    rng: np.random.Generator,
    *,
    held: Sequence[set[int]] = (),
    again: float = 1 / 3,
) -> list[list[int]]:
    """Draw pairs for several samples: strong ones rather than weak ones, each text and each prompt once if it can be.

    A text that stands in many pairs would otherwise be what a sample has in common. Within a sample a prompt comes
    again before a text does, and a pair never does.

    Parameters
    ----------
    strength : ndarray
        float32 (m,), positive.
    prompt : ndarray
        int64 (m,); -1 is no prompt and shared with nobody.
    texts : ndarray
        int64 (m, 2): the two responses, not negative.
    samples, size : int
        How many samples, of how many pairs.
    rng : Generator
    held : sequence of set of int
        Texts of each sample that stand in it already; its pairs are others, and fewer where there are too few.
    again : float
        Share of its weight that a pair keeps each time that a sample takes one of its texts.

    Returns
    -------
    list of list of int
        Rows.

    Notes
    -----
    Weighted draws without replacement by exponential keys (Efraimidis and Spirakis 2006, algorithm A).

    Examples
    --------
    Text 0 is in three pairs and prompt 0 in three others; each comes once in three pairs:

    >>> texts = np.array([[0, 1], [0, 2], [0, 3], [4, 5], [6, 7], [8, 9]])
    >>> prompt = np.array([1, 2, 3, 0, 0, 0])
    >>> drawn = draw(np.ones(6, dtype=np.float32), prompt, texts, 4, 2, np.random.default_rng(0))
    >>> [sorted(row // 3 for row in rows) for rows in drawn]
    [[0, 1], [0, 1], [0, 1], [0, 1]]
    """
    used = np.zeros(int(texts.max(initial=-1)) + 1, dtype=np.int64)
    out = []
    for sample in range(samples):
        weight = np.maximum(strength, np.finfo(np.float32).tiny) * again ** used[texts].sum(axis=1)
        left = np.argsort(rng.exponential(size=strength.size) / weight, kind="stable").tolist()
        if held:
            left = [row for row in left if not set(texts[row].tolist()) & held[sample]]
        rows: list[int] = []
        prompts: set[int] = set()
        shown: set[int] = set()
        for new_prompt, new_texts in ((True, True), (False, True), (False, False)):
            over = []
            for row in left:
                at, ends = int(prompt[row]), set(texts[row].tolist())
                if len(rows) == size or (new_prompt and at in prompts) or (new_texts and ends & shown):
                    over.append(row)
                    continue
                rows.append(row)
                shown |= ends
                if at >= 0:
                    prompts.add(at)
            left = over
        used[texts[rows].ravel()] += 1
        out.append(rows)
    return out
