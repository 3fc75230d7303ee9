"""`Personalization`: what people share, where they differ, and what each of them weighs how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.effects import benjamini_hochberg
from whimsight.errors import StudyError
from whimsight.personalization.hierarchy import fit_hierarchy
from whimsight.personalization.person import Person
from whimsight.personalization.posterior import update
from whimsight.personalization.subjectivity import SUBJECTIVITY_COLUMNS, share_opposed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.labels import LabelStore
    from whimsight.pairs import Pairs
    from whimsight.personalization.ballots import Ballots
    from whimsight.personalization.hierarchy import Hierarchy
    from whimsight.personalization.reward import Reward
    from whimsight.studies import Study

__all__ = ["Personalization"]

_REACH = 1.959963984540054
_LEVEL = 0.05


class Personalization:
    """Whose preferences: one hierarchical logistic model over the votes of a study.

    P(A preferred) = sigmoid(position + x · w), where x are the codes of a row (A minus B, in standard deviations) and w
    the weights of the one who votes: ``mean`` for everybody, and for each annotator an offset from N(0, tau²) on the
    *personal* features, which the analyst chose. Made by `Study.personalize`.

    Attributes
    ----------
    study : Study
    annotator : str
        The column of the pairs that says who voted.
    personal : ndarray
        bool (F,): the features whose weights may differ between people.
    ballots : Ballots
        The votes, as arrays.
    hierarchy : Hierarchy
        The fit, as arrays, features as computed.

    Notes
    -----
    Ties, unlabelled rows, rows of weight 0 and rows without an annotator are left out. All tables follow people's work
    in ``study.labels``: names, and features that they turned round. Weights are associations: what goes along with a
    person's choice among these pairs, not what moves them.

    Examples
    --------
    >>> people = study.personalize()                     # doctest: +SKIP
    >>> people.subjectivity.sort_values("tau").tail()    # doctest: +SKIP
    """

    def __init__(
        self, study: Study, ballots: Ballots, personal: NDArray[np.bool_], *, annotator: str = "annotator"
    ) -> None:
        self.study = study
        self.ballots = ballots
        self.annotator = annotator
        self.personal = personal & (ballots.unit > 0)
        self.hierarchy: Hierarchy = fit_hierarchy(
            ballots.X,
            ballots.y,
            ballots.annotator,
            personal=self.personal,
            weights=ballots.weights,
        )
        self._position = {name: i for i, name in enumerate(ballots.ids)}
        self._cache: dict[Any, Any] = {}

    # -- what is looked at -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.study.name

    @property
    def labels(self) -> LabelStore:
        """People's names, statuses and notes; those of `study`."""
        return self.study.labels

    @property
    def features(self) -> pd.Index:
        """Ids of the features, in the order of ``study.features``."""
        return self.study.found.index

    @property
    def names(self) -> NDArray[np.object_]:
        """Names of the features as they are now, object (F,)."""
        return np.asarray(self.study.features["name"].to_numpy(dtype=object))

    @property
    def sign(self) -> NDArray[np.float64]:
        """-1 for features that people turned round, else 1: float64 (F,)."""
        return self.study.polarity.astype(np.float64)

    @property
    def annotators(self) -> tuple[str, ...]:
        """Who voted."""
        return self.ballots.ids

    @property
    def stated(self) -> str:
        """Which features are personal, in a sentence that goes with every output."""
        return stated(self)

    # -- what people share, and where they differ --------------------------------------------------

    @property
    def mean(self) -> pd.Series:
        """The weights that people share, float64, index ``feature``."""
        return pd.Series(self.sign * self.hierarchy.mean, index=self.features, name="everyone")

    @property
    def subjectivity(self) -> pd.DataFrame:
        """One row a feature, index ``feature``, columns `SUBJECTIVITY_COLUMNS`.

        ``mean`` is the weight that people share (log odds for one standard deviation more, all features in one model)
        and ``tau`` the standard deviation of people's own weights around it, with 95 % intervals; p and q test tau
        against 0 (q: Benjamini-Hochberg over the personal features). ``share_opposed`` is the share of all people whose
        weight has the other sign; see `whimsight.personalization.subjectivity.share_opposed`. Features that are not
        personal have a mean only.
        """
        made, shown = self.hierarchy, self.study.features
        se = np.sqrt(np.diag(made.mean_covariance))
        tau, low, high, p = (
            np.where(self.personal, v, np.nan) for v in (made.tau, made.tau_low, made.tau_high, made.p)
        )
        share, share_low, share_high = share_opposed(made.mean, se, tau, low, high)
        mean = self.sign * made.mean
        table = pd.DataFrame(
            {
                "kind": shown["kind"],
                "name": shown["name"],
                "personal": self.personal,
                "mean": mean,
                "mean_low": mean - _REACH * se,
                "mean_high": mean + _REACH * se,
                "tau": tau,
                "tau_low": low,
                "tau_high": high,
                "p": p,
                "q": benjamini_hochberg(p),
                "share_opposed": share,
                "share_opposed_low": share_low,
                "share_opposed_high": share_high,
            },
            index=self.features,
        )
        return table[list(SUBJECTIVITY_COLUMNS)]

    @property
    def weights(self) -> pd.DataFrame:
        """Each annotator's weights, float64 (A, F): shrunk towards everyone's as far as their votes leave open."""
        return self._by_annotator(self.hierarchy.weights * self.sign)

    @property
    def weights_sd(self) -> pd.DataFrame:
        """Standard deviations of `weights`, float64 (A, F)."""
        return self._by_annotator(self.hierarchy.sd)

    @property
    def votes(self) -> pd.Series:
        """How many decided votes each annotator cast, int64, index ``annotator``."""
        counts = np.bincount(self.ballots.annotator, minlength=len(self.annotators))
        return pd.Series(counts, index=pd.Index(self.annotators, name="annotator"), name="votes")

    def _by_annotator(self, values: NDArray[np.float64]) -> pd.DataFrame:
        return pd.DataFrame(
            values, index=pd.Index(self.annotators, name="annotator"), columns=self.features
        )

    # -- people ------------------------------------------------------------------------------------

    def person(self, annotator: str) -> Person:
        """Return what an annotator's votes say of their weights.

        Raises
        ------
        StudyError
            If nobody of that name voted.
        """
        where = self.position(annotator)
        votes = int((self.ballots.annotator == where).sum())
        return Person(str(annotator), votes, self.hierarchy.person(where), self)

    def everyone(self) -> Person:
        """Return somebody of whom nothing is known: everyone's weights, as uncertain as people differ."""
        return Person("somebody new", 0, self.hierarchy.prior(), self)

    def new_person(self, rows: Any, choices: Any = None, *, name: str = "new") -> Person:
        """Return what votes of somebody new say of their weights.

        Parameters
        ----------
        rows : sequence of int, or mapping from row to choice, or Pairs
            Positions in ``study.pairs`` of the pairs that were judged; or labelled pairs of the study's texts.
        choices : sequence of float
            1 for A, 0 for B; ties (0.5) and NaN say nothing here and are left out.
        name : str
            Who it is.

        Returns
        -------
        Person

        Examples
        --------
        >>> me = people.new_person([10, 42, 7], [1, 0, 1], name="me")    # doctest: +SKIP
        >>> me.table.head()                                             # doctest: +SKIP
        """
        X, y = self.evidence(rows, choices)
        return Person(name, int(y.size), update(self.hierarchy.prior(), X, y), self)

    def position(self, annotator: str) -> int:
        """Return the position of an annotator in `annotators`.

        Raises
        ------
        StudyError
        """
        found = self._position.get(str(annotator))
        if found is None:
            raise StudyError(
                f"No annotator {str(annotator)[:60]!r} with decided votes."
                f"{nearest(str(annotator), list(self.annotators))} See people.annotators."
            )
        return found

    # -- rows --------------------------------------------------------------------------------------

    def standardised(self, rows: Any) -> NDArray[np.float64]:
        """Return the codes of rows of ``study.pairs`` in standard deviations, as computed: float64 (n, F)."""
        where = np.asarray(rows, dtype=np.int64)
        n = len(self.study.pairs)
        bad = where[(where < 0) | (where >= n)]
        if bad.size:
            raise StudyError(f"Row {int(bad[0])} is not in the study's pairs; they have the rows 0 to {n - 1:,}.")
        unit = self.ballots.unit
        raw = self.study.pair_codes[self.study.pair_of_row[where]].astype(np.float64)
        return np.divide(raw, unit, out=np.zeros_like(raw), where=unit > 0)

    def evidence(self, rows: Any, choices: Any = None) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the codes (k, F) and choices (k,) of decided votes; see `new_person`.

        Raises
        ------
        StudyError
            If rows and choices do not fit together.
        """
        from whimsight.pairs import Pairs

        if isinstance(rows, Pairs):
            return self._evidence_of(rows)
        if isinstance(rows, Mapping | pd.Series) and choices is None:
            rows, choices = [int(r) for r in rows.keys()], list(rows.values() if isinstance(rows, Mapping) else rows)
        if choices is None:
            raise StudyError("Votes take the rows that were judged and the choices: 1 for A, 0 for B.")
        y = np.asarray(choices, dtype=np.float64)
        X = self.standardised(rows)
        if y.shape != (X.shape[0],):
            raise StudyError(f"{X.shape[0]} rows were judged, but there are {y.size} choices. Give one choice a row.")
        decided = np.isfinite(y) & (y != 0.5)
        odd = y[decided & (y != 0) & (y != 1)]
        if odd.size:
            raise StudyError(f"A choice is 1 (A), 0 (B), 0.5 (tie) or NaN; found {odd[0]:g}.")
        return X[decided], y[decided]

    def _evidence_of(self, pairs: Pairs) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Find labelled pairs among the study's, in either order."""
        known = {}
        frame = self.study.pairs.frame
        columns = ("prompt", "response_a", "response_b")
        for row, key in enumerate(zip(*(frame[c].to_numpy(dtype=object) for c in columns), strict=True)):
            known.setdefault(key, row)
        rows, choices = [], []
        theirs = (pairs.frame[c].to_numpy(dtype=object) for c in columns)
        for place, ((prompt, a, b), choice) in enumerate(zip(zip(*theirs, strict=True), pairs.preference, strict=True)):
            row, turned = known.get((prompt, a, b)), False
            if row is None:
                row, turned = known.get((prompt, b, a)), True
            if row is None:
                raise StudyError(
                    f"Row {place} of the votes is on a pair that is not in {self.name!r}. Use "
                    "people.reward().relabel(pairs) to look at other pairs with these weights."
                )
            rows.append(row)
            choices.append(1 - choice if turned else choice)
        return self.evidence(rows, choices)

    def __repr__(self) -> str:
        differ = int((self.subjectivity["q"] <= _LEVEL).sum())
        return (
            f"<Personalization of {self.name!r}: {self.ballots.y.size:,} votes of {len(self.annotators):,} annotators; "
            f"people differ in {differ} of {int(self.personal.sum())} personal features>"
        )


def stated(people: Personalization) -> str:
    """Return which features are personal, in a sentence."""
    n, total = int(people.personal.sum()), len(people.features)
    if n == total or n == int((people.ballots.unit > 0).sum()):
        return "Weights may differ between people on all features."
    names = [str(v) for v in people.names[people.personal]]
    shown = ", ".join(names[:6]) + (f" and {n - 6} more" if n > 6 else "")
    return (
        f"By the analyst's choice weights may differ between people on {n} of {total} features ({shown}); on all others "
        "everyone has the same weight."
    )
