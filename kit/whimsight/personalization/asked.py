"""What can be asked of a `Personalization` beyond its own tables, answered with names in place of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.effects import benjamini_hochberg
from whimsight.errors import StudyError
from whimsight.personalization.sentences import verdicts
from whimsight.studies.inputs import study_controls
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization

__all__ = ["AnnotatorTypes", "Groups", "gain_of", "groups_of", "two_stage_of", "types_of"]

_LEVEL = 0.05
_MOST_FEATURES = 6
_SETTLED = 0.95
_FEW_FOR_TYPES = 30


@dataclass(frozen=True, slots=True)
class Groups:
    """Whether groups weigh features differently; see `whimsight.personalization.groups.group_differences`.

    Attributes
    ----------
    column : str
    table : DataFrame
        Index ``feature``; ``name``, ``chi2``, ``df``, ``degrees``, ``p``, ``q``, ``significant``, ``p_naive``. The
        smallest p first.
    offsets : DataFrame
        Index (``feature``, ``group``); ``name``, ``offset`` (the group's weight less the mean over annotators) with
        ``low`` and ``high``, ``weight``, ``annotators``, ``votes``.
    left_out : DataFrame
        Groups that are too small: ``group``, ``annotators``, ``votes``, ``reason``.
    """

    column: str
    table: pd.DataFrame
    offsets: pd.DataFrame
    left_out: pd.DataFrame

    def __repr__(self) -> str:
        groups = self.offsets.index.get_level_values("group").unique()
        differ = int((self.table["q"] <= _LEVEL).sum())
        return (
            f"<Groups by {self.column!r}: {len(groups)} groups, which weigh {differ} of {len(self.table)} features "
            "differently beyond chance>"
        )


@dataclass(frozen=True, slots=True)
class AnnotatorTypes:
    """Types of annotators; see `whimsight.personalization.types.annotator_types`.

    Attributes
    ----------
    number : int
        How many types held-out annotators speak for; 1 where people do not fall into types.
    held_out : DataFrame
        Index ``types``; ``log_likelihood``, ``more`` than one type with ``se``, ``chosen``.
    shares : Series
        Of annotators, index ``type`` from 1, the largest first.
    table : DataFrame
        Index (``type``, ``feature``); ``name``, ``weight``, ``low``, ``high``, ``apart`` (share of the variance of
        people's weights that lies between types).
    membership : DataFrame
        Annotators by types: the probability of each.
    """

    number: int
    held_out: pd.DataFrame
    shares: pd.Series
    table: pd.DataFrame
    membership: pd.DataFrame

    def __repr__(self) -> str:
        said = ", ".join(f"{share:.0%}" for share in self.shares)
        n = len(self.membership)
        few = f"; {n} annotators are few to tell types by" if n < _FEW_FOR_TYPES else ""
        return f"<AnnotatorTypes: {self.number} ({said}){few}>"


def two_stage_of(people: Personalization, by: Literal["reml", "paule-mandel"]) -> pd.DataFrame:
    """Return the two-stage estimate of every feature, index ``feature``; see `Personalization.two_stage`."""
    from whimsight.personalization.two_stage import two_stage

    X, ballots = people.ballots.X.astype(np.float64) * people.sign, people.ballots
    controls, own = study_controls(people.study)
    controls = controls[ballots.rows]
    parts = []
    for control in np.unique(own):  # a feature that is itself a control is not adjusted for itself
        at = np.flatnonzero(own == control)
        others = np.delete(controls, control, axis=1) if control >= 0 else controls
        part = two_stage(X[:, at], ballots.y, ballots.annotator, controls=others, by=by)
        parts.append(part.set_index(people.features[at]))
    table = pd.concat(parts).loc[people.features]
    table["q"] = benjamini_hochberg(table["p"].to_numpy(dtype=np.float64))
    table.insert(0, "name", people.names)
    return table


def groups_of(people: Personalization, column: str, **choices: Any) -> Groups:
    """Test every feature for differences between the groups of a column; see `Personalization.groups`."""
    from whimsight.personalization.groups import group_differences

    frame = people.study.pairs.frame
    if column not in frame.columns:
        hint = nearest(column, [str(c) for c in frame.columns])
        raise StudyError(f"The pairs have no column {column!r} to group by.{hint}")
    ballots = people.ballots
    X = ballots.X.astype(np.float64) * people.sign
    controls, own = study_controls(people.study)
    controls = controls[ballots.rows]
    scale = controls.std(axis=0)
    controls = controls / np.where(scale > 0, scale, 1.0)
    for feature in np.flatnonzero(own >= 0):  # to the last digit, so that it is known as the same
        controls[:, own[feature]] = X[:, feature]
    group = frame[column].to_numpy(dtype=object)[ballots.rows]
    unhashable = next((v for v in group if isinstance(v, list | dict | set | np.ndarray)), None)
    if unhashable is not None:
        raise StudyError(
            f"The column {column!r} holds several values a row ({type(unhashable).__name__}). Make a column of single "
            "values, and group by that."
        )
    _refuse_of_prompts(people, column, group)
    found = group_differences(X, ballots.y, ballots.annotator, group, controls=controls, **choices)
    table = found.table.set_index(people.features)
    table.insert(0, "name", people.names)
    number = found.offsets.index.get_level_values("feature").to_numpy(dtype=np.int64)
    groups = found.offsets.index.get_level_values("group")
    offsets = found.offsets.set_axis(
        pd.MultiIndex.from_arrays([people.features[number], groups], names=["feature", "group"])
    )
    offsets.insert(0, "name", people.names[number])
    return Groups(column, table.sort_values("p", kind="stable"), offsets, found.left_out)


def types_of(people: Personalization, features: Sequence[str] | None, **choices: Any) -> AnnotatorTypes:
    """Return types of annotators over a handful of features; see `Personalization.types`."""
    from whimsight.personalization.types import Told, annotator_types, told_by_people

    at, ballots = _in_question(people, features), people.ballots
    X = ballots.X.astype(np.float64)
    told = told_by_people(people.hierarchy, X, ballots.y, ballots.annotator, at, weights=ballots.weights)
    sign = people.sign[at]
    found = annotator_types(Told(told.score * sign, told.information * np.outer(sign, sign)), **choices)
    types = pd.Index(range(1, found.number + 1), name="type")
    table = Table(
        {
            "name": np.tile(people.names[at], found.number),
            "weight": found.centres.ravel(),
            "low": found.low.ravel(),
            "high": found.high.ravel(),
            "apart": np.tile(found.apart, found.number),
        },
        index=pd.MultiIndex.from_product([types, people.features[at]], names=["type", "feature"]),
    )
    annotators = pd.Index(people.annotators, name="annotator")
    return AnnotatorTypes(
        number=found.number,
        held_out=found.held_out,
        shares=pd.Series(found.shares, index=types, name="share"),
        table=table,
        membership=Table(found.membership, index=annotators, columns=types),
    )


def gain_of(people: Personalization, ks: Sequence[int], *, prompts: bool, **choices: Any) -> pd.DataFrame:
    """Return what personal weights gain on held-out people; see `Personalization.gain`."""
    from whimsight.personalization.gain import gain

    ballots = people.ballots
    found = gain(
        ballots.X.astype(np.float64),
        ballots.y,
        ballots.annotator,
        pair=ballots.pair,
        prompt=ballots.prompt,
        apart=prompts,
        personal=people.personal,
        ks=ks,
        **choices,
    )
    return found.table


def _in_question(people: Personalization, features: Sequence[str] | None) -> NDArray[np.int64]:
    """Positions of the named features, or of those in which people differ most beyond chance."""
    if features is not None:
        named = [features] if isinstance(features, str) else list(features)
        at = np.array([people.study.column(str(f)) for f in named], dtype=np.int64)
        fixed = at[~people.personal[at]]
        if fixed.size or not at.size:
            which = repr(str(people.features[fixed[0]])) if fixed.size else "none"
            raise StudyError(
                f"Types need features that are personal; found {which}. See people.subjectivity."
            )
        return at
    table = people.subjectivity
    differ = (
        table[[v == "differ" for v in verdicts(table)]]
        .sort_values("tau", ascending=False)
        .head(_MOST_FEATURES)
    )
    if differ.empty:
        raise StudyError(
            "In no feature do people differ beyond chance, so there are no types to be found. Name features to look "
            "all the same: people.types(features=[...])."
        )
    return np.asarray(people.features.get_indexer(differ.index), dtype=np.int64)


def _refuse_of_prompts(people: Personalization, column: str, group: NDArray[np.object_]) -> None:
    """What all votes on a prompt have in common is a property of the prompt: people cannot be compared by it."""
    value, _ = pd.factorize(pd.Series(group))
    known = value >= 0
    _, prompt = np.unique(people.ballots.prompt[known], return_inverse=True)
    _, person = np.unique(people.ballots.annotator[known], return_inverse=True)
    if _settled_by(prompt, value[known]) > _SETTLED and _settled_by(person, value[known]) <= _SETTLED:
        raise StudyError(
            f"The column {column!r} is a property of the prompts, not of people, and prompts differ by more than that. "
            f"Compare its groups as slices: ws.compare(study, by={column!r})."
        )


def _settled_by(of: NDArray[np.int64], value: NDArray[np.int64]) -> float:
    """Share of rows with the commonest value of their prompt, or person."""
    if not of.size:
        return 0.0
    counts = np.zeros((int(of.max()) + 1, int(value.max()) + 1))
    np.add.at(counts, (of, value), 1)
    return float(counts.max(axis=1).sum() / of.size)
