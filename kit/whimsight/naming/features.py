"""Which of a study's features are to be named."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from whimsight._suggest import nearest
from whimsight.errors import StudyError
from whimsight.names import UNNAMED

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.studies import Study

__all__ = ["DONE", "features_to_name"]

DONE = ("named", "verified", "rejected")
"""Statuses in which a feature's name is a person's word."""


def features_to_name(
    study: Study, features: str | Sequence[str] | None = None, *, propose: bool = True
) -> list[str]:
    """Return ids of the features that are to be named or judged, the surest effects first.

    Raises
    ------
    StudyError
        For one that is not there, and where none is left.
    """
    table = study.features
    if features is not None and not isinstance(features, str):
        chosen = list(dict.fromkeys(str(f) for f in features))
        for feature in chosen:
            study.column(feature)
        if not chosen:
            raise StudyError("features= names no feature.")
        return chosen
    if isinstance(features, str) and features not in ("unnamed", "discovered"):
        if features in table.index:
            return [features]
        raise StudyError(
            f"features= takes ids of features, 'unnamed' or 'discovered'; found {features!r}."
            f"{nearest(features, ['unnamed', 'discovered', *map(str, table.index)])}"
        )
    able = table["kind"] == "discovered"
    if features != "discovered":
        able &= ~table["status"].isin(DONE) if propose else table["status"] != "rejected"
    if features == "unnamed":
        able &= _nameless(table)
    if not propose:
        able &= ~_nameless(table)
    left = table[able]
    if left.empty:
        raise StudyError(
            "No feature is left to be named: people have named, verified or rejected all discovered ones. "
            "Say which with features=['d03'], or features='discovered' for all."
            if propose
            else "No discovered feature has a name that could be judged."
        )
    order = left["p"].fillna(1.0).sort_values(kind="stable").index
    return [str(f) for f in order]


def _nameless(table: pd.DataFrame) -> pd.Series[bool]:
    """Whether a feature has no name: none fits, or none was drafted and its id stands there."""
    return table["name"].isin([UNNAMED, ""]) | (table["name"] == table.index)
