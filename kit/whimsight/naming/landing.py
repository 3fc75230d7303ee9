"""What courses found, in a study's tables as it comes."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.effects.adjust import benjamini_hochberg
from whimsight.errors import StudyError, StudyFileError
from whimsight.studies.judged import check_judged, merged, no_judgments, no_suggestions

if TYPE_CHECKING:
    from whimsight.naming.course import Course
    from whimsight.studies import Study

__all__ = ["land"]

_JUDGMENT = ("feature", "name", "row", "judge", "part")
_SUGGESTION = ("feature", "name", "source")
_SCORE = ["fidelity", "fidelity_low", "fidelity_high", "p", "n"]


def land(study: Study, courses: Sequence[Course]) -> None:
    """Write what courses found into a study's tables.

    What an earlier run scored stands until its name is scored again, and its winners until another one is found.

    Raises
    ------
    StudyError
        If no file could hold it; the tables are then as before.
    """
    with _landing:
        _land(study, courses)


_landing = threading.Lock()
"""Runs in several threads may name one study."""


def _land(study: Study, courses: Sequence[Course]) -> None:
    judgments = [row for c in courses for row in c.judgments()]
    before = study.suggestions.set_index(list(_SUGGESTION))
    rows = [_after(row, before) for c in courses for row in c.suggestions()]
    _require_keepable(study, rows, judgments)
    study.judgments = _in_order(merged(study.judgments, judgments, _JUDGMENT), study)
    if not rows:
        return
    table = merged(study.suggestions, rows, _SUGGESTION)
    for course in courses:
        _crown(table, course)
    scored = (table["winner"] & table["p"].notna()).to_numpy(dtype=np.bool_)
    table["q"] = _q(
        np.where(scored, table["p"].to_numpy(dtype=np.float64), np.nan),
        table["source"].to_numpy(dtype=object),
    )
    study.suggestions = _in_order(table, study)


def _in_order(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Order rows by feature, not by how many calls went side by side; within one they stay as they came."""
    place = study.found.index.get_indexer(pd.Index(table["feature"]))
    return table.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def _require_keepable(study: Study, rows: list[dict[str, Any]], judgments: list[dict[str, Any]]) -> None:
    """Require that a study with these rows can be opened again once it is saved."""
    features = [str(f) for f in study.found.index]
    suggested = merged(no_suggestions(), rows, _SUGGESTION)
    judged = merged(no_judgments(), judgments, _JUDGMENT)
    try:
        check_judged(suggested, judged, features, len(study.pairs))
    except StudyFileError as error:
        raise StudyError(f"What the model said cannot be kept in a study's file: {error}") from error


def _crown(table: pd.DataFrame, course: Course) -> None:
    """Say which name won, in place; the winner of an earlier run is none once this one has ended."""
    if course.winner is None:
        return
    ours = (table["feature"] == course.feature) & (table["source"] == course.source)
    this = ours & (table["name"] == course.candidates[course.winner].name)
    if course.proposes and (course.done or not table.loc[ours, "winner"].any()):
        table.loc[ours & table["winner"] & ~this, "kept"] = False
        table.loc[ours, "winner"] = this[ours]
    if course.done:
        table.loc[this, "kept"] = course.kept


def _after(row: dict[str, Any], before: pd.DataFrame) -> dict[str, Any]:
    """Return a new row with what is known of it from before and not yet known anew."""
    key = (row["feature"], row["name"], row["source"])
    if key not in before.index:
        return row | {"winner": False}
    old: Any = before.loc[[key]].iloc[0]
    known = ["winner", "kept"]
    known += [] if np.isfinite(row["fit"]) else ["fit", "n_fit"]
    known += [] if np.isfinite(row["fidelity"]) else _SCORE
    return row | {c: old[c] for c in known}


def _q(p: np.ndarray[Any, Any], source: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """False-discovery rates over the names that each model scored."""
    q = np.full(p.size, np.nan)
    for model in set(source):
        q[source == model] = benjamini_hochberg(p[source == model])
    return q
