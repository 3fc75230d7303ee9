"""Weights to begin from: everyone's, a group's, a type's, an annotator's, those of somebody new."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight._suggest import nearest
from whimsight.errors import StudyError
from whimsight.personalization.tally import Share, agreement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person

__all__ = [
    "MOST_ANNOTATORS",
    "Preset",
    "annotator_preset",
    "asked_presets",
    "everyone_preset",
    "group_presets",
    "members",
    "person_preset",
    "type_presets",
]

MOST_ANNOTATORS = 20
"""Annotators of one mixer."""

_MOST_GROUPS = 12
_FOLDS, _KNOWN = 5, 300

Kind = Literal["everyone", "group", "type", "annotator", "person"]


@dataclass(frozen=True, eq=False)
class Preset:
    """Weights with what is known of them, features as computed.

    Attributes
    ----------
    id, kind, label, note : str
    votes : int
        How many decided votes they rest on.
    weights, sd : ndarray
        float64 (F,).
    covariance : ndarray or None
        float64 (F, F); None takes weights as independent.
    held_out : Share or None
        Share of the votes that the weights, fitted without them, agree with.
    column : str
        Of a group: the column of the pairs that it is a value of.
    annotators : ndarray
        int64: positions in `Personalization.annotators` of those whose votes they rest on; empty for everyone and for
        people who are not in the study.
    """

    id: str
    kind: Kind
    label: str
    note: str
    votes: int
    weights: NDArray[np.float64]
    sd: NDArray[np.float64]
    covariance: NDArray[np.float64] | None = None
    held_out: Share | None = None
    annotators: NDArray[np.int64] | None = None
    column: str = ""


def asked_presets(
    people: Personalization,
    *,
    annotators: Sequence[str] = (),
    groups: Any = None,
    types: Any = False,
    persons: Sequence[Person] = (),
) -> list[Preset]:
    """Return everyone's weights and those asked for.

    Parameters
    ----------
    people : Personalization
    annotators : sequence of str
        Whose weights and votes are shown; at most 20.
    groups : str, sequence of str, or mapping; optional
        See `group_presets`.
    types : bool or AnnotatorTypes
        Whether types of annotators are presets: those that `Personalization.types` finds, or that it returned.
    persons : sequence of Person
        Other people.

    Raises
    ------
    StudyError
        If there is no such annotator, group or value.
    """
    given = [annotators] if isinstance(annotators, str) else list(dict.fromkeys(map(str, annotators)))
    if len(given) > MOST_ANNOTATORS:
        raise StudyError(f"A mixer shows at most {MOST_ANNOTATORS} annotators; found {len(given)}.")
    return [
        everyone_preset(people),
        *(group_presets(people, groups) if groups is not None else ()),
        *(() if types is False else type_presets(people, None if types is True else types)),
        *(annotator_preset(people, one) for one in given),
        *(person_preset(one) for one in persons),
    ]


def everyone_preset(people: Personalization) -> Preset:
    """Return the weights that people share."""
    made = people.hierarchy
    return Preset(
        id="everyone",
        kind="everyone",
        label="everyone",
        note="the weights that people share",
        votes=int(people.ballots.y.size),
        weights=made.mean,
        sd=np.sqrt(np.diag(made.mean_covariance)),
        covariance=made.mean_covariance,
    )


def _on_other_prompts(people: Personalization, mine: NDArray[np.int64]) -> Share | None:
    """Agreement of an annotator's votes with weights that were learned from their votes on other prompts.

    Five folds of prompts; 300 known votes at most. None for somebody who voted on one prompt alone.
    """
    from whimsight.personalization.together import update_together

    ballots, rng = people.ballots, np.random.default_rng(0)
    X, y, prompt = ballots.X[mine].astype(np.float64), ballots.y[mine], ballots.prompt[mine]
    prompts, which = np.unique(prompt, return_inverse=True)
    if prompts.size < 2:
        return None
    fold = rng.permutation(prompts.size)[which] % _FOLDS
    known = [rng.permutation(np.flatnonzero(fold != f))[:_KNOWN] for f in range(_FOLDS)]
    weights = update_together(people.prior, X, y, known)
    odds = people.hierarchy.intercept + np.einsum("ij,ij->i", X, weights[fold])
    return agreement(odds, y, prompt)


def annotator_preset(people: Personalization, annotator: str) -> Preset:
    """Return an annotator's weights, with how they agree with the annotator's votes on prompts that were left out."""
    where = people.position(annotator)
    ballots, belief = people.ballots, people.hierarchy.person(where)
    mine = np.flatnonzero(ballots.annotator == where)
    return Preset(
        id=f"annotator:{annotator}",
        kind="annotator",
        label=str(annotator),
        note="",
        votes=mine.size,
        weights=belief.mean,
        sd=belief.sd,
        covariance=belief.covariance,
        held_out=_on_other_prompts(people, mine),
        annotators=np.array([where]),
    )


def person_preset(person: Person) -> Preset:
    """Return a person's weights; somebody of the study is known by `annotator_preset`."""
    known = person.known
    return Preset(
        id=f"person:{person.name}",
        kind="person",
        label=person.name,
        note="",
        votes=person.votes,
        weights=known.mean,
        sd=known.sd,
        covariance=known.covariance,
    )


def group_presets(people: Personalization, groups: Any) -> list[Preset]:
    """Return the mean weights of groups of annotators.

    The mean over a group's m members of what their votes say of each; a person's offset is independent of another's and
    the mean of all is shared, so the variance is (m - 1) / m of that of the shared weights plus 1 / m of the mean
    variance of a member.

    Parameters
    ----------
    people : Personalization
    groups : str, sequence of str, or mapping from str to sequence
        Columns of the pairs; or columns with the values to look at. Without values the 12 with the most annotators.

    Raises
    ------
    StudyError
        If there is no such column or value.
    """
    asked: Mapping[str, Any]
    if isinstance(groups, Mapping):
        asked = groups
    else:
        asked = dict.fromkeys([groups] if isinstance(groups, str) else list(groups))
    out = []
    for column, values in asked.items():
        found = members(people, str(column))
        known = list(found)
        if values is None:
            wanted: Sequence[Any] = known[:_MOST_GROUPS]
        else:
            wanted = [values] if isinstance(values, str) or not isinstance(values, Sequence) else values
        for value in wanted:
            if str(value) not in found:
                raise StudyError(
                    f"No annotator's {column!r} is {str(value)[:60]!r}.{nearest(str(value), known)} "
                    f"Values: {', '.join(known[:12])}."
                )
            out.append(_group(people, str(column), str(value), found[str(value)]))
    return out


def members(people: Personalization, column: str) -> dict[str, NDArray[np.int64]]:
    """Return the annotators of each value of a column, the largest group first: int64 positions.

    An annotator whose votes carry several values belongs to the one that most of them carry (of as many the first).

    Raises
    ------
    StudyError
        If there is no such column.
    """
    frame, ballots = people.study.pairs.frame, people.ballots
    if column not in frame.columns:
        columns = [str(c) for c in frame.columns]
        raise StudyError(f"The pairs have no column {column!r}.{nearest(column, columns)}")
    values = frame[column].iloc[ballots.rows]
    try:
        number, known = pd.factorize(values)
    except TypeError as error:  # lists, for example
        raise StudyError(
            f"The column {column!r} holds lists or tables; groups need one value a row."
        ) from error
    counts = np.zeros((len(people.annotators), len(known)), dtype=np.int64)
    told = number >= 0
    np.add.at(counts, (ballots.annotator[told], number[told]), 1)
    most = (
        np.where(counts.any(axis=1), counts.argmax(axis=1), -1)
        if len(known)
        else np.full(counts.shape[0], -1)
    )
    found = {str(value): np.flatnonzero(most == i) for i, value in enumerate(known)}
    return dict(sorted(((k, v) for k, v in found.items() if v.size), key=lambda one: -one[1].size))


def type_presets(people: Personalization, types: Any = None) -> list[Preset]:
    """Return the mean weights of types of annotators, each annotator counting as far as belonging to the type.

    The variance is that of `group_presets` with 1 / m the sum of squared memberships over their squared sum. Votes
    count as those of the type that their annotator belongs to most.

    Parameters
    ----------
    people : Personalization
    types : AnnotatorTypes or array_like, optional
        What `Personalization.types` returned, or float64 (A, K): each annotator's probability of each type.

    Returns
    -------
    list of Preset
        None, with a warning, where annotators do not fall into more than one type.

    Raises
    ------
    StudyError
        If there is none for each annotator, or as `Personalization.types` does.
    """
    found = people.types() if types is None else types
    membership = getattr(found, "membership", found)
    belongs = np.asarray(membership, dtype=np.float64)
    if belongs.ndim != 2 or belongs.shape[0] != len(people.annotators):
        raise StudyError(
            f"Types need a row for each of {len(people.annotators)} annotators; found {belongs.shape}."
        )
    if belongs.shape[1] < 2:
        warnings.warn("Annotators do not fall into types: the votes of others speak for one.", stacklevel=2)
        return []
    best = belongs.argmax(axis=1)
    out = []
    for k in range(belongs.shape[1]):
        who = np.flatnonzero(best == k)
        weights, sd = _averaged(people, belongs[:, k])
        out.append(
            Preset(
                id=f"type:{k + 1}",
                kind="type",
                label=str(k + 1),
                note=f"{who.size:,} of {best.size:,} annotators belong to it most",
                votes=int(people.hierarchy.votes[who].sum()),
                weights=weights,
                sd=sd,
                annotators=who,
            )
        )
    return out


def _group(people: Personalization, column: str, value: str, who: NDArray[np.int64]) -> Preset:
    m = who.size
    inside = np.zeros(len(people.annotators))
    inside[who] = 1.0
    weights, sd = _averaged(people, inside)
    return Preset(
        id=f"group:{column}={value}",
        kind="group",
        label=value,
        note=f"mean of {counted(m, 'annotator')}" if m > 1 else "1 annotator",
        votes=int(people.hierarchy.votes[who].sum()),
        weights=weights,
        sd=sd,
        annotators=who,
        column=column,
    )


def _averaged(
    people: Personalization, belongs: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean weights of annotators (A,), counted as far as they belong, and its standard deviation."""
    made, share = people.hierarchy, belongs / max(belongs.sum(), np.finfo(np.float64).tiny)
    one = np.square(share).sum()
    variance = (1 - one) * np.diag(made.mean_covariance) + np.square(share) @ np.square(made.sd)
    return share @ made.weights, np.sqrt(variance)
