"""Formulas as describers and judges: measured attributes, and lists of phrases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whimsight.names.protocols import Candidate, Evidence
from whimsight.names.texts import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AttributeDescriber", "FormulaJudge", "combined", "other_end"]

_TOP = 5
_LEAN = 0.15
_TOGETHER = 0.25  # lean of each attribute in a combination
_ALIKE = 0.4  # an attribute that goes along with length more than this has to beat it
_APART = 0.25  # attributes that go together more than this are not named together
_LENGTH = "m_words"
_LONGEST_NAME = 40
_MORE, _LESS = "the side with more of the feature", "the side with less of the feature"


class AttributeDescriber:
    """Names a discovered feature after the measured attributes that go along with it.

    Parameters
    ----------
    values : ndarray
        float32 (n_texts, p), as `whimsight.attributes.measure` returns them.
    """

    def __init__(self, values: NDArray[np.float32]) -> None:
        from whimsight.attributes import ATTRIBUTES

        self._values = values
        self._names = list(ATTRIBUTES.values())
        self._length = list(ATTRIBUTES).index(_LENGTH)

    def describe(self, evidence: Sequence[Evidence]) -> list[list[Candidate]]:
        """Return the attributes in which the two sides differ most consistently, alone and two together.

        An attribute that goes along with length is proposed only where it leans further than length does.
        """
        out: list[list[Candidate]] = []
        for e in evidence:
            if e.more.size < 4:
                out.append([])
                continue
            side = np.sign(self._values[e.more] - self._values[e.less])
            lean = side.mean(axis=0)
            out.append(self._propose(side, lean))
        return out

    def _propose(self, side: NDArray[np.float32], lean: NDArray[np.float32]) -> list[Candidate]:
        best = [j for j in np.argsort(-np.abs(lean), kind="stable")[:_TOP].tolist() if abs(lean[j]) > _LEAN]
        length = self._length
        if abs(lean[length]) > _LEAN:
            best = [j for j in best if j == length or not self._stands_in(side, lean, j)]
            best += [length] if length not in best else []
        out = [self._candidate(j, float(lean[j])) for j in best]
        for i, j in enumerate(best):
            for k in best[i + 1 :]:
                enough = min(abs(lean[j]), abs(lean[k])) > _TOGETHER
                if enough and abs(_alike(side[:, j], side[:, k])) < _APART:
                    out += combined(self._candidate(j, float(lean[j])), self._candidate(k, float(lean[k])))
        return out

    def _stands_in(self, side: NDArray[np.float32], lean: NDArray[np.float32], j: int) -> bool:
        """Whether an attribute says little more than that one side is longer."""
        alike = abs(_alike(side[:, j], side[:, self._length])) > _ALIKE
        return bool(alike and abs(lean[j]) < abs(lean[self._length]) + 0.1)

    def _candidate(self, j: int, lean: float) -> Candidate:
        attribute = self._names[j]
        share = (1 + abs(lean)) / 2
        end = _MORE if lean > 0 else _LESS
        note = f"{end} has more of “{attribute.name}” in {share:.0%} of pairs (ties half)"
        return Candidate(attribute.name, "attribute", (attribute.id,), 1 if lean > 0 else -1, note)


def other_end(note: str) -> str:
    """Return a candidate's note for the feature turned round.

    Examples
    --------
    >>> other_end("the side with less of the feature has more of “length” in 72% of pairs (ties half)")
    'the side with more of the feature has more of “length” in 72% of pairs (ties half)'
    """
    return _MORE.join(part.replace(_MORE, _LESS) for part in note.split(_LESS))


def combined(first: Candidate, second: Candidate) -> list[Candidate]:
    """Join two candidates into one that either may speak for, where a short true name can be made.

    The end of the feature is the first's. A second that fits the other end is turned round only if it is
    length, whose opposite has a word.

    Examples
    --------
    >>> length = Candidate("length", "attribute", ("m_words",), -1)
    >>> combined(Candidate("says “sorry”", "phrases", ("sorry",)), length)[0].name
    'says “sorry”, in fewer words'
    """
    if first.kind == second.kind == "attribute" and first.terms == (_LENGTH,):
        first, second = second, first
    opposite = first.sign != second.sign
    is_length = second.terms == (_LENGTH,) and second.kind == "attribute"
    if first.kind == "phrases":
        tail = ("fewer words" if opposite else "more words") if is_length else second.name
        name = f"{first.name}, {'in' if is_length else 'with'} {tail}"
    else:
        name = f"{first.name} and {'brevity' if opposite else second.name}"
    if (opposite and not is_length) or len(name) > _LONGEST_NAME:
        return []
    parts = (first, second)
    return [
        Candidate(
            name, "together", (*first.terms, *second.terms), first.sign, f"{first.note}; {second.note}", parts
        )
    ]


def _alike(x: NDArray[np.float32], y: NDArray[np.float32]) -> float:
    spread = float(x.std() * y.std())
    return float(np.mean((x - x.mean()) * (y - y.mean())) / spread) if spread > 0 else 0.0


class FormulaJudge:
    """Judges attributes by their value, phrases by how many of them a text holds, two together by both.

    Where the parts of a combination contradict each other it has no more of one side than of the other.

    Parameters
    ----------
    texts : sequence of str
    values : ndarray
        float32 (n_texts, p).
    """

    name = "formula"

    def __init__(self, texts: Sequence[str], values: NDArray[np.float32]) -> None:
        from whimsight.attributes import ATTRIBUTES

        self._texts = texts
        self._values = values
        self._column = {name: j for j, name in enumerate(ATTRIBUTES)}
        self._plain: dict[int, str] = {}

    def judge(self, candidate: Candidate, a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float64]:
        """Return float64 (m,): +1, -1 or 0; a formula always answers."""
        return np.asarray(self.judge_all([candidate], a, b)[0])

    def judge_all(
        self, candidates: Sequence[Candidate], a: NDArray[np.int64], b: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return float64 (n_candidates, m); a phrase that several candidates share is looked for once."""
        whole, where = np.unique(np.concatenate([a, b]), return_inverse=True)
        in_a, in_b = where[: a.size], where[a.size :]
        single = [part for c in candidates for part in (c.parts or (c,))]
        terms = list(dict.fromkeys(t for c in single if c.kind != "attribute" for t in c.terms))
        row = {term: i for i, term in enumerate(terms)}
        held = np.zeros((len(terms), whole.size), dtype=np.float64)
        wanted = [f" {term} " for term in terms]
        for k, i in enumerate(whole.tolist()) if terms else ():
            text = self._text(i)
            held[:, k] = [w in text for w in wanted]

        def answer(c: Candidate) -> NDArray[np.float64]:
            if c.parts:
                both = [c.sign * part.sign * answer(part) for part in c.parts]
                return np.asarray(np.sign(np.sum(both, axis=0)))
            if c.kind == "attribute":
                values = self._values[:, self._column[c.terms[0]]]
                return np.asarray(np.sign(values[a] - values[b]), dtype=np.float64)
            count = held[[row[term] for term in c.terms]].sum(axis=0)
            return np.asarray(np.sign(count[in_a] - count[in_b]), dtype=np.float64)

        return np.array([answer(c) for c in candidates], dtype=np.float64).reshape(len(candidates), a.size)

    def _text(self, i: int) -> str:
        if i not in self._plain:
            self._plain[i] = plain(self._texts[i])
        return self._plain[i]
