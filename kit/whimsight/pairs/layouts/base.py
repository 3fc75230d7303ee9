"""What a layout is: how to recognise a table and how to turn it into drafts of pairs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = [
    "PROMPTS",
    "Draft",
    "Layout",
    "build",
    "first_of",
    "first_value",
    "has",
    "objects",
    "rest_of",
    "values_of",
]

PROMPTS = (
    "prompt", "question", "instruction", "input", "query", "user_prompt", "opening_msg", "context", "history",
)  # fmt: skip
"""Names under which tables keep the prompt, in order of trust."""

_CANONICAL = {
    "annotator_id": "annotator", "user_id": "annotator", "worker_id": "annotator", "judge": "annotator",
    "rater_id": "annotator", "judge_hash": "annotator", "visitor_id": "annotator", "annotator": "annotator",
    "model_a_name": "model_a", "model_b_name": "model_b", "conversation": "conversation",
    "conversation_id": "conversation", "conversation_pair_id": "conversation", "question_id": "conversation",
}  # fmt: skip
"""Columns that every layout keeps under the name that the package uses."""


@dataclass(slots=True)
class Draft:
    """Rows on their way to becoming pairs; nothing is checked yet.

    Attributes
    ----------
    frame : DataFrame
        ``prompt``, ``response_a``, ``response_b``, ``preference`` as they stand in the source, columns to
        keep, ``_row``, the source row of each draft, and for pairs made of several responses ``_set``: rows
        with the same number weigh 1 together.
    chosen_first : bool
        The layout always puts the chosen response into A; reading then shuffles the sides.
    own_prompt : bool
        The source has no prompts, so that every distinct pair counts as a prompt of its own.
    labels : mapping
        What the layout's own labels mean where that is not what `to_preference` takes them for.
    columns : dict of str to str
        Source column behind ``prompt``, ``response_a``, ``response_b`` and ``preference``, for messages.
    dropped : dict of str to list of int
        Source rows that cannot become pairs, by reason.
    notes : list of str
        What the layout had to assume.
    """

    frame: pd.DataFrame
    chosen_first: bool = False
    own_prompt: bool = False
    labels: Mapping[Any, str] = field(default_factory=dict)
    columns: dict[str, str] = field(default_factory=dict)
    dropped: dict[str, list[int]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Layout:
    """A shape that people's tables have.

    Attributes
    ----------
    name : str
        What `whimsight.read` takes as ``layout=``.
    description : str
        Where it is found and which columns it has.
    matches : callable
        Whether a table (with lower-case column names) has this shape.
    convert : callable
        Turns such a table into a `Draft`.
    """

    name: str
    description: str
    matches: Callable[[pd.DataFrame], bool]
    convert: Callable[[pd.DataFrame], Draft]


def has(frame: pd.DataFrame, *columns: str) -> bool:
    """Whether a table has all of these columns."""
    return set(columns) <= set(frame.columns)


def first_of(frame: pd.DataFrame, names: Iterable[str]) -> str | None:
    """Return the first of these names that is a column."""
    return next((n for n in names if n in frame.columns), None)


def first_value(frame: pd.DataFrame, column: str) -> Any:
    """Return the first value of a column that is not missing."""
    given = frame[column].dropna()
    return given.iloc[0] if len(given) else None


def values_of(frame: pd.DataFrame, column: str) -> NDArray[np.object_]:
    """Return a column as an array of Python objects."""
    return frame[column].to_numpy(dtype=object)


def objects(values: list[Any]) -> NDArray[np.object_]:
    """Return a list as a one-dimensional array of objects, whatever the items are."""
    out = np.empty(len(values), dtype=object)
    out[:] = values
    return out


def rest_of(frame: pd.DataFrame, used: set[str]) -> pd.DataFrame:
    """Return the columns that a layout keeps as they are, known ones under the package's names."""
    rename = {old: _CANONICAL[old] for old in frame.columns if old in _CANONICAL and old not in used}
    kept: dict[str, str] = {}
    for old, new in rename.items():  # one column for each canonical name: the first
        if new not in kept.values() and (new == old or new not in frame.columns):
            kept[old] = new
    return frame[[c for c in frame.columns if c not in used]].rename(columns=kept)


def build(frame: pd.DataFrame, used: set[str], **columns: Any) -> pd.DataFrame:
    """Put the columns of a draft before the rest of the source's columns."""
    rest = rest_of(frame, used)
    out = pd.DataFrame(columns, index=frame.index)
    out["_row"] = np.arange(len(frame))
    return pd.concat([out, rest[[c for c in rest.columns if c not in out.columns]]], axis=1)
