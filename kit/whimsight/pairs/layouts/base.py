"""What a layout is: how to recognise a table and how to turn it into drafts of pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import pandas as pd

__all__ = ["Draft", "Layout", "rest_of"]


@dataclass(slots=True)
class Draft:
    """Rows on their way to becoming pairs; nothing is checked yet.

    Attributes
    ----------
    frame : DataFrame
        ``prompt``, ``response_a``, ``response_b``, ``preference`` as they stand in the source, columns to
        keep, and ``_row``, the source row of each draft.
    chosen_first : bool
        The layout always puts the chosen response into A; reading then shuffles the sides.
    dropped : dict of str to list of int
        Source rows that cannot become pairs, by reason.
    notes : list of str
        What the layout had to assume.
    """

    frame: pd.DataFrame
    chosen_first: bool = False
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


def rest_of(frame: pd.DataFrame, used: set[str], rename: dict[str, str] | None = None) -> pd.DataFrame:
    """Return the columns that a layout keeps as they are, some under their canonical names."""
    rename = {old: new for old, new in (rename or {}).items() if old in frame.columns and old not in used}
    taken = set(rename.values())
    keep = [c for c in frame.columns if c not in used and (c in rename or c not in taken)]
    return frame[keep].rename(columns=rename)
