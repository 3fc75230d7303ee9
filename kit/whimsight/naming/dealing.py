"""Which pairs suggest a name, which choose among candidates and which score the winner.

No prompt is in two parts, and no pair of responses, whatever prompts it stands under.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from whimsight.errors import StudyError
from whimsight.names.protocols import Evidence
from whimsight.naming.scoring import FEWEST_PAIRS
from whimsight.pairs.splits import connected_components
from whimsight.studies.reading import Reading

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.studies import Study

__all__ = ["Deal", "Part"]

_SUGGEST = 0.5  # of the prompts that may be read; the rest chooses
_MOST_SUGGEST = 150  # pairs with the largest codes, as formulas get
_MOST_NEAR = 40
_FEWEST_PROMPTS = 3  # that a fidelity's interval takes


@dataclass(frozen=True, slots=True)
class Part:
    """Pairs of one feature to ask about.

    Attributes
    ----------
    rows : ndarray
        int64 (m,): positions in the pairs, in a random order.
    code : ndarray
        float32 (m,): signed, for the end of the feature that is named.
    cluster : ndarray
        int64 (m,): pairs with the same number share a prompt, or are the same two responses.
    """

    rows: NDArray[np.int64]
    code: NDArray[np.float32]
    cluster: NDArray[np.int64]

    def __len__(self) -> int:
        return int(self.rows.size)

    @property
    def lacks(self) -> Literal["", "pairs", "prompts"]:
        """Of what there is too little for a name to be kept by these pairs, whatever is answered."""
        if len(self) < FEWEST_PAIRS:
            return "pairs"
        return "prompts" if np.unique(self.cluster).size < _FEWEST_PROMPTS else ""


class Deal:
    """Deals the pairs of a study to the three steps.

    People's blind tests hold out three tenths of the prompts (`reading_split`); there the winner is scored, so that a
    person and a model are asked about the same pairs. Of the other prompts one half suggests, the other chooses. Pairs
    that several people voted on are dealt once; of two responses that stand under several prompts, on both sides of
    this split, the winner is scored.

    Parameters
    ----------
    study : Study
    seed : int

    Attributes
    ----------
    responses, prompts : list of str
        The distinct ones; no prompts where the data came without, empty ones where a dataset of several did.
    """

    def __init__(self, study: Study, *, seed: int = 0) -> None:
        self.study = study
        self.reading = Reading(study)
        self._seed = seed
        self._ends = np.array(study.polarity, dtype=np.float32)
        texts = study.pairs.texts()
        self.responses: list[str] = texts.unique
        self._a, self._b = texts.a, texts.b
        same = study.pairs.response_pairs()
        self._clusters = connected_components([study.pairs.components(study.settings.groups), same])
        codes = study.pairs.prompt_codes
        _, first = np.unique(codes, return_index=True)
        self.prompts: list[str] = study.pairs.shown_prompts(first).tolist() if study.pairs.has_prompts else []
        self._prompt = codes
        read = self.reading.read
        self._suggesting, choosing = self._halve(read[~np.isin(same[read], same[self.reading.held_out])])
        # The same order for all features: they then share pairs, whose texts cost less.
        self._choosing = np.random.default_rng([seed, 21]).permutation(choosing)
        self._scoring = np.random.default_rng([seed, 22]).permutation(self.reading.held_out)

    def require_three(self) -> None:
        """Require pairs for each of the three steps.

        Raises
        ------
        StudyError
            Where too many pairs share a prompt, or hang together otherwise.
        """
        if self._suggesting.size and self._choosing.size and self._scoring.size:
            return
        size = np.bincount(self._clusters)
        most = f"one of {size.size:,} holds nearly all pairs"
        same = (
            "nearly all pairs of responses stand under several prompts, which leaves too few to name them by"
        )
        here = {1: "all pairs share one", 2: "there are two"}.get(
            size.size, most if 2 * size.max() > size.sum() else same
        )
        raise StudyError(
            "Naming takes pairs of three prompts, or of three groups of prompts that belong together: one suggests "
            f"names, one chooses among them, one scores the winner. Here {here}. Add pairs of other prompts."
        )

    def end(self, feature: str) -> int:
        """Return which end of a feature is named: 1 as found, -1 where a person turned it round."""
        return int(self._ends[self.study.column(feature)])

    def evidence(self, feature: str) -> Evidence:
        """Return the pairs of the first part in which the feature is strongest, and its near misses."""
        code = self._code(feature, self._suggesting)
        active = np.flatnonzero(code)
        top = active[np.argsort(-np.abs(code[active]), kind="stable")[:_MOST_SUGGEST]]
        rows, up = self._suggesting[top], code[top] > 0
        a, b = self._a[rows], self._b[rows]
        near, near_prompt = self._near_misses(feature, top, code)
        more, less = np.where(up, a, b), np.where(up, b, a)
        return Evidence(more, less, np.abs(code[top]), self._prompt[rows], near, near_prompt)

    def choosing(self, feature: str, most: int) -> Part:
        """Return active pairs of the second part."""
        return self._part(feature, self._choosing, most)

    def scoring(self, feature: str, most: int) -> Part:
        """Return active pairs of the third part."""
        return self._part(feature, self._scoring, most)

    def texts(
        self, rows: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Return positions of (response A, response B, prompt) of rows, int64 each."""
        return self._a[rows], self._b[rows], self._prompt[rows]

    def _halve(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        cluster = self._clusters[rows]
        known = np.unique(cluster)
        shuffled = np.random.default_rng([self._seed, 10]).permutation(known)
        first = np.isin(cluster, shuffled[: round(_SUGGEST * known.size)])
        return rows[first], rows[~first]

    def _code(self, feature: str, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        return np.asarray(self.end(feature) * self.reading.code(feature, rows), dtype=np.float32)

    def _part(self, feature: str, order: NDArray[np.int64], most: int) -> Part:
        """Return the first active rows."""
        code = self._code(feature, order)
        active = np.flatnonzero(code)[:most]
        return Part(order[active], code[active], self._clusters[order[active]])

    def _near_misses(
        self, feature: str, top: NDArray[np.int64], code: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return texts (k, 2) and prompts (k,) of pairs without the feature, like those with it in all others.

        Likeness is the cosine between a pair's other codes and the mean of the strongest pairs', turned alike.
        """
        rows = self._suggesting
        codes = self.study.pair_codes[self.study.pair_of_row[rows]].astype(np.float32)
        codes[:, self.study.column(feature)] = 0.0
        if not top.size:
            return np.empty((0, 2), dtype=np.int64), np.empty(0, dtype=np.int64)
        usual = (np.sign(code[top])[:, None] * codes[top]).mean(axis=0)
        length = np.linalg.norm(codes, axis=1) * np.linalg.norm(usual)
        likeness = np.divide(codes @ usual, length, out=np.zeros(rows.size, np.float32), where=length > 0)
        without = np.flatnonzero((code == 0) & (likeness != 0))
        nearest = without[np.argsort(-np.abs(likeness[without]), kind="stable")[:_MOST_NEAR]]
        up = likeness[nearest] > 0
        a, b = self._a[rows[nearest]], self._b[rows[nearest]]
        return np.column_stack([np.where(up, a, b), np.where(up, b, a)]), self._prompt[rows[nearest]]
