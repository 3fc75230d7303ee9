"""The votes that people can be told apart by, as arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from whimsight._suggest import nearest
from whimsight.errors import FitError, StudyError
from whimsight.pairs.hashing import written

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.studies import Study

__all__ = ["Ballots"]

_FEWEST_PAIRS = 20
_FEWEST_PEOPLE = 2


@dataclass(frozen=True, slots=True)
class Ballots:
    """Decided votes of known annotators: n votes of A annotators, F features.

    Attributes
    ----------
    rows : ndarray
        int64 (n,): positions in ``study.pairs``.
    X : ndarray
        float32 (n, F): codes as computed, A minus B, in units of their standard deviation over these rows; 0 where a
        code does not vary.
    y : ndarray
        float64 (n,): 1 where A was preferred, 0 where B was. A share of votes counts for its majority.
    annotator : ndarray
        int64 (n,): position in ``ids``.
    weights : ndarray
        float64 (n,): of the rows; several votes of one annotator on one pair count as one together.
    prompt : ndarray
        int64 (n,): rows with the same number share a prompt or conversation.
    pair : ndarray
        int64 (n,): rows with the same number show the same two responses, in either order.
    turned : ndarray
        bool (n,): rows that show their pair the other way round than its first row does.
    unit : ndarray
        float64 (F,): the standard deviation of each code; 0 for a code that does not vary.
    ids : tuple of str
        (A,): the annotators.
    left_out : dict
        How many rows were left out, by reason.
    """

    rows: NDArray[np.int64]
    X: NDArray[np.float32]
    y: NDArray[np.float64]
    annotator: NDArray[np.int64]
    weights: NDArray[np.float64]
    prompt: NDArray[np.int64]
    pair: NDArray[np.int64]
    turned: NDArray[np.bool_]
    unit: NDArray[np.float64]
    ids: tuple[str, ...]
    left_out: dict[str, int]

    @classmethod
    def of(cls, study: Study, annotator: str) -> Self:
        """Collect them from a study.

        Raises
        ------
        StudyError
            If there is no such column, or fewer than two annotators.
        FitError
            If no vote is decided, or all say the same.
        """
        from whimsight.effects.rows import standardise, votes

        pairs = study.pairs
        if annotator not in pairs.frame.columns:
            raise StudyError(
                f"The pairs have no column {annotator!r} that says who voted."
                f"{nearest(annotator, [str(c) for c in pairs.frame.columns])} Name the column, "
                "study.personalize(annotator=...); without one, people cannot be told apart."
            )
        prompt = pairs.components(study.settings.groups)
        made = votes(pairs.preference, clusters=[prompt], weights=pairs.weight)
        if made is None:
            raise FitError("The pairs carry no decided vote: there is nothing to tell people apart by.")
        who = pairs.codes(annotator)
        named = who[made.rows] >= 0
        rows = made.rows[named]
        present, first, codes = np.unique(who[rows], return_index=True, return_inverse=True)
        if present.size < 2:
            raise StudyError(
                f"The column {annotator!r} names {present.size} annotator(s) with a decided vote; it takes at least "
                "two to tell people apart."
            )
        matchup, swapped = pairs.matchups()
        X, unit = standardise(study.pair_codes[study.pair_of_row[rows]].astype(np.float64))
        X[:, unit == 0] = 0.0
        _, repeat, times = np.unique(
            codes * (int(matchup.max()) + 1) + matchup[rows], return_inverse=True, return_counts=True
        )
        names = pairs.frame[annotator].iloc[rows[first]]
        labelled = np.isfinite(pairs.preference) & (pairs.weight > 0)
        return cls(
            rows=rows,
            X=X.astype(np.float32),
            y=(pairs.preference[rows] > 0.5).astype(np.float64),
            annotator=codes.astype(np.int64),
            weights=made.weights[named] / times[repeat],
            prompt=prompt[rows],
            pair=matchup[rows],
            turned=swapped[rows],
            unit=unit,
            ids=tuple(written(names)),
            left_out={
                "ties": int((pairs.preference[labelled] == 0.5).sum()),
                "unlabelled": int((~labelled).sum()),
                "without annotator": int((~named).sum()),
            },
        )

    def telling(self) -> NDArray[np.bool_]:
        """Return which features can tell people apart at all: bool (F,).

        Those in which the responses of at least 20 pairs differ, and of which at least two people judged two or more.
        """
        _, first, pair = np.unique(self.pair, return_index=True, return_inverse=True)
        active = self.X[first] != 0
        person, judged = np.divmod(np.unique(self.annotator * first.size + pair), first.size)
        starts = np.flatnonzero(np.diff(person, prepend=-1))
        of_person = np.add.reduceat(active[judged].astype(np.int64), starts, axis=0)
        pairs, people = active.sum(axis=0), (of_person >= 2).sum(axis=0)
        return np.asarray((pairs >= _FEWEST_PAIRS) & (people >= _FEWEST_PEOPLE))
