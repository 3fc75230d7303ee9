"""Formulas as describers and judges: measured attributes, and lists of phrases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whimsight.names.protocols import Candidate, Evidence
from whimsight.names.texts import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AttributeDescriber", "FormulaJudge"]

_TOP = 3


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

    def describe(self, evidence: Sequence[Evidence]) -> list[list[Candidate]]:
        """Return the attributes in which the two sides differ most consistently."""
        out: list[list[Candidate]] = []
        for e in evidence:
            if e.more.size < 4:
                out.append([])
                continue
            side = np.sign(self._values[e.more] - self._values[e.less])
            lean = side.mean(axis=0)
            best = np.argsort(-np.abs(lean), kind="stable")[:_TOP]
            out.append(
                [self._candidate(int(j), float(lean[j])) for j in best.tolist() if abs(lean[j]) > 0.15]
            )
        return out

    def _candidate(self, j: int, lean: float) -> Candidate:
        attribute = self._names[j]
        share = (1 + abs(lean)) / 2
        note = f"the side with more of the feature has more of “{attribute.name}” in {share:.0%} of pairs (ties half)"
        return Candidate(attribute.name, "attribute", (attribute.id,), 1 if lean > 0 else -1, note)


class FormulaJudge:
    """Judges attributes by their value and phrases by how many of them a text holds.

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
        if candidate.kind == "attribute":
            values = self._values[:, self._column[candidate.terms[0]]]
            return np.asarray(np.sign(values[a] - values[b]), dtype=np.float64)
        wanted = [f" {term} " for term in candidate.terms]
        hits = {
            i: sum(w in self._text(i) for w in wanted) for i in np.unique(np.concatenate([a, b])).tolist()
        }
        count = np.vectorize(hits.__getitem__, otypes=[np.float64])
        return np.asarray(np.sign(count(a) - count(b)), dtype=np.float64) if a.size else np.zeros(0)

    def _text(self, i: int) -> str:
        if i not in self._plain:
            self._plain[i] = plain(self._texts[i])
        return self._plain[i]
