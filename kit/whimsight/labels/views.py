"""The work as tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.labels.events import COLUMNS, Event
from whimsight.tables import Table

if TYPE_CHECKING:
    from whimsight.labels.fold import Label, State

__all__ = ["LABEL_COLUMNS", "history_table", "judgments_table", "labels_table"]

LABEL_COLUMNS = ("name", "status", "note", "tags", "turned", "author", "time")
"""Columns of `LabelStore.labels`."""


def labels_table(labels: Mapping[str, Label]) -> pd.DataFrame:
    """Lay out labels, one row a touched feature, sorted by id."""
    order = sorted(labels)
    table = Table(index=pd.Index(order, name="feature", dtype="str"))
    for column in LABEL_COLUMNS:
        values = [getattr(labels[feature], column) for feature in order]
        if column == "turned":
            table[column] = np.array(values, dtype=np.bool_)
        elif column == "tags":
            table[column] = pd.Series(values, index=table.index, dtype=object)
        else:
            table[column] = pd.Series(values, index=table.index, dtype="str")
    return table


def judgments_table(state: State) -> pd.DataFrame:
    """Lay out the last answers, in the order in which they were given."""
    events = sorted(state.judgments.values(), key=lambda event: event.order)
    return Table(
        {
            "feature": pd.Series([e.feature for e in events], dtype="str"),
            "row": np.array([e.payload["row"] for e in events], dtype=np.int64),
            "answer": np.array([e.payload["answer"] for e in events], dtype=np.float64),
            "name": pd.Series([e.payload["name"] for e in events], dtype="str"),
            "author": pd.Series([e.author for e in events], dtype="str"),
            "time": pd.Series([e.time for e in events], dtype="str"),
            "seconds": np.array([e.payload.get("seconds", np.nan) for e in events], dtype=np.float64),
        }
    )


def history_table(events: Iterable[Event]) -> pd.DataFrame:
    """Lay out events."""
    rows = [tuple(getattr(event, column) for column in COLUMNS) for event in events]
    return Table(rows, columns=list(COLUMNS))
