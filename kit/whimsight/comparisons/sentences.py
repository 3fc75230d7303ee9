"""What datasets say of a feature, and where they contradict each other, in plain sentences with their uncertainty."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.comparisons.verdict import verdicts
from whimsight.studies._report.words import chart_label, feature_name, listed, number, points, without_paths
from whimsight.studies.sentences import NAME

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from whimsight.comparisons._comparison import Comparison
    from whimsight.comparisons.estimates import Estimates

__all__ = ["Compared", "named", "own_name", "q_text", "shown_points", "those"]

_LEVEL = 0.05
_NAMED = 3
_JUDGES = ("votes", "annotator", "annotators", "annotator_type", "judge", "rater", "worker", "voter")
_MANY = {"datasets": "datasets", "category": "categories", "topics": "topics", "model": "models"}


def those(by: str) -> str:
    """Return what several of the things compared are called.

    Examples
    --------
    >>> those("datasets"), those("votes"), those("turn")
    ('datasets', 'judges', 'slices')
    """
    return "judges" if by in _JUDGES else _MANY.get(by, "slices")


def left_out_said(told: Mapping[str, Any]) -> str:
    """Say how much of a study no slice shows; nothing where all of it is there.

    Parameters
    ----------
    told : mapping
        `Comparison.left_out`.

    Examples
    --------
    >>> left_out_said({"by": "app", "left_out_count": 1, "left_out": {"maps": {"rows": 20, "votes": 12}}})
    '1 value of app with 20 rows is left out: too few votes, or not among the largest.'
    """
    count = int(told.get("left_out_count") or 0)
    if not count:
        return ""
    rows = sum(int(part.get("rows", 0)) for part in told.get("left_out", {}).values())
    values = f"{counted(count, 'value')} of {chart_label(str(told.get('by', 'the slices')))}"
    are = "is" if count == 1 else "are"
    return f"{values} with {counted(rows, 'row')} {are} left out: too few votes, or not among the largest."


def named(sentence: str, name: str) -> str:
    """Put a name where `NAME` stands; the first one, for a dataset may be called so too.

    Examples
    --------
    >>> named("More of ‘NAME’ in NAME.", "bullet points")
    'More of ‘bullet points’ in NAME.'
    """
    return sentence.replace(NAME, name, 1)


def own_name(comparison: Comparison, feature: str) -> str:
    """Return what to call a feature; with its id where it was discovered and another one has the same name."""
    table = comparison.study.features
    name = feature_name(comparison.study, feature)
    discovered = table.at[feature, "kind"] == "discovered" and not name.startswith("unnamed ")
    shared = discovered and int((table["name"] == table.at[feature, "name"]).sum()) > 1
    return f"{name} ({feature})" if shared else name


def shown_points(value: float, low: float, high: float) -> str:
    """Return an effect with its interval, with a decimal only where it takes one to see on which side of 0 it is.

    Examples
    --------
    >>> shown_points(0.093, 0.05, 0.13), shown_points(-0.031, -0.06, -0.004)
    ('+9 points, 5 to 13', '−3.1 points, −6.0 to −0.4')
    """
    decimals = 1 if min(abs(low), abs(high)) < 0.015 else 0
    ends = f"{points(low, decimals)} to {points(high, decimals)}"
    much = points(value, decimals, sign=True)
    return f"{much} {'point' if much in ('+1', '−1') else 'points'}, {ends}"


def q_text(q: float, symbol: str = "q") -> str:
    """Return a q as papers write it.

    Examples
    --------
    >>> q_text(0.00004), q_text(0.0312), q_text(1.0)
    ('q < .001', 'q = .031', 'q = 1')
    """
    if q < 0.001:
        return f"{symbol} < .001"
    if q >= 0.9995:
        return f"{symbol} = 1"
    return f"{symbol} = {number(q, 3 if q < 0.0995 else 2).removeprefix('0')}"


@dataclass(frozen=True, slots=True)
class Compared:
    """Says what datasets express, with `NAME` where the name of a feature goes.

    Attributes
    ----------
    datasets : sequence of str
    by : str
        As `Comparison.by`: places ("in coding"), judges ("by GPT-4") or models ("with alpha").
    value, low, high : ndarray
        float64 (K, F): delta-win with its interval, NaN where there is none.
    q : ndarray
        float64 (F,): of the hypothesis that all datasets agree; NaN where fewer than two say anything.
    q_single : ndarray
        float64 (K, F): of each effect by itself, over all features and datasets.

    Examples
    --------
    >>> from whimsight.comparisons.estimates import Estimates
    >>> effects = Estimates(np.array([[0.09], [-0.07]]), np.eye(2)[None] * 0.02**2, np.full((2, 1), 200.0))
    >>> said = Compared.of(["mt-bench", "lamp"], "datasets", effects, np.array([0.003]))
    >>> said.conflict(0, 0, 1)
    'People prefer more of ‘NAME’ in mt-bench (+9 points, 5 to 13) and less of it in lamp (−7 points, −11 to −3).'
    """

    datasets: Sequence[str]
    by: str
    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    q: NDArray[np.float64]
    q_single: NDArray[np.float64]

    @classmethod
    def of(cls, datasets: Sequence[str], by: str, effects: Estimates, q: NDArray[np.float64]) -> Compared:
        """Take delta-win as it was estimated."""
        low, high = effects.interval(bound=1.0)
        return cls(datasets, by, effects.value, low, high, q, effects.q)

    def turned(self) -> Compared:
        """Return the same of features that are read the other way round."""
        return Compared(self.datasets, self.by, -self.value, -self.high, -self.low, self.q, self.q_single)

    def feature(self, j: int) -> str:
        """Say in which datasets a feature goes along with being preferred, in which not, and whether they differ."""
        verdict = verdicts(self.low[:, j], self.high[:, j], self.q_single[:, j])
        groups = {v: np.flatnonzero(verdict == v) for v in ("for", "against", "little", "unclear", "too few")}
        if groups["too few"].size == len(self.datasets):
            return f"There is too little of ‘{NAME}’ to say anything about any of the {those(self.by)}."
        parts = [part for part in (self._sure(groups, j), *self._unsure(groups, j)) if part]
        if not groups["for"].size + groups["against"].size:
            parts[0] = f"It is not clear that more of ‘{NAME}’ goes with being preferred or not: {parts[0]}"
        return f"{'; '.join(parts)}.{self._differ(j)}"

    def _sure(self, groups: dict[str, NDArray[np.int64]], j: int) -> str:
        said = [
            f"with {said} {self._where(groups[v], j)}"
            for v, said in (("for", "being preferred"), ("against", "not being preferred"))
            if groups[v].size
        ]
        return f"More of ‘{NAME}’ is associated {' and '.join(said)}" if said else ""

    def _unsure(self, groups: dict[str, NDArray[np.int64]], j: int) -> list[str]:
        little, unclear, few = (groups[v] for v in ("little", "unclear", "too few"))
        elsewhere = f"elsewhere ({few.size} {those(self.by)})"
        return [
            f"{self._where(little, j)} there is little of it either way" if little.size else "",
            f"{self._where(unclear, j)} it could be chance" if unclear.size else "",
            f"{self._where(few, j, effects=False) if few.size <= _NAMED else elsewhere} there is too little to say"
            if few.size
            else "",
        ]

    def agreement(self, j: int) -> str:
        """Say in which datasets a feature goes the same way, of those alone that many tests leave beyond chance."""
        sure = self.q_single[:, j] <= _LEVEL
        plus, minus = (np.flatnonzero(sure & side) for side in (self.low[:, j] > 0, self.high[:, j] < 0))
        among, how = (plus, "being preferred") if plus.size >= minus.size else (minus, "not being preferred")
        k = len(self.datasets)
        rest = "" if among.size == k else f", {among.size} of {k} {those(self.by)}"
        return f"More of ‘{NAME}’ is associated with {how} {self._where(among, j)}{rest}.{self._differ(j)}"

    def conflict(self, j: int, plus: int, minus: int) -> str:
        """Say that a feature is preferred in one dataset and avoided in another."""
        first, second = (f"{self._place(k)} ({self._effect(k, j)})" for k in (plus, minus))
        if self.by in _JUDGES:
            return f"More of ‘{NAME}’ is preferred {first}, less of it {second}."
        return f"People prefer more of ‘{NAME}’ {first} and less of it {second}."

    def _differ(self, j: int) -> str:
        q = float(self.q[j])
        if q != q:
            known = int(np.isfinite(self.value[:, j]).sum())
            return " With one estimate there is nothing to compare." if known == 1 else ""
        if q <= _LEVEL:
            alike = (self.low[:, j] > 0).all() or (self.high[:, j] < 0).all()
            how = "in strength " if alike else ""
            return f" The {those(self.by)} differ {how}by more than chance ({q_text(q)})."
        return f" No difference between the {those(self.by)} beyond chance was found ({q_text(q)})."

    def _where(self, among: NDArray[np.int64], j: int, *, effects: bool = True) -> str:
        """Name a few of many datasets, those with the largest effects."""
        size = np.nan_to_num(np.abs(self.value[among, j]))
        first = among[np.argsort(-size, kind="stable")][:_NAMED] if among.size > _NAMED + 1 else among
        said = [
            self._place(int(k), bare=i > 0) + (f" ({self._effect(int(k), j)})" if effects else "")
            for i, k in enumerate(first)
        ]
        left = among.size - first.size
        return listed([*said, f"{left} more"] if left else said)

    def _effect(self, k: int, j: int) -> str:
        return shown_points(self.value[k, j], self.low[k, j], self.high[k, j])

    def _place(self, k: int, *, bare: bool = False) -> str:
        name = chart_label(without_paths(self.datasets[k])) or f"number {k + 1}"
        if "," in name or " and " in name:
            name = f"“{name}”"
        if bare:
            return name
        return f"{'by' if self.by in _JUDGES else 'with' if self.by == 'model' else 'in'} {name}"
