"""What language models said of a study's features: names that they proposed and answers that they gave."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyFileError
from whimsight.labels.clean import clean_line
from whimsight.names.fidelity import Fidelity
from whimsight.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = [
    "JUDGMENT_COLUMNS",
    "SUGGESTION_COLUMNS",
    "agreed",
    "as_line",
    "check_judged",
    "mended",
    "merged",
    "no_judgments",
    "no_suggestions",
    "scored",
]

SUGGESTION_COLUMNS: dict[str, str] = {
    "feature": "object",
    "name": "object",
    "note": "object",
    "source": "object",
    "end": "int64",
    "fit": "float64",
    "n_fit": "int64",
    "winner": "bool",
    "fidelity": "float64",
    "fidelity_low": "float64",
    "fidelity_high": "float64",
    "p": "float64",
    "q": "float64",
    "n": "int64",
    "kept": "bool",
    "missing": "int64",
}
"""Columns of `Study.suggestions` and their types."""

JUDGMENT_COLUMNS: dict[str, str] = {
    "feature": "object",
    "name": "object",
    "row": "int64",
    "judge": "object",
    "part": "object",
    "answer": "float64",
    "swapped": "float64",
    "a_first": "bool",
}
"""Columns of `Study.judgments` and their types."""


def no_suggestions() -> pd.DataFrame:
    """Return `Study.suggestions` of a study that no model has named."""
    return _empty(SUGGESTION_COLUMNS)


def no_judgments() -> pd.DataFrame:
    """Return `Study.judgments` of a study that no model has judged."""
    return _empty(JUDGMENT_COLUMNS)


def agreed(answer: NDArray[np.float64], swapped: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what a judge says of pairs: where it was asked in both orders and they disagree, neither has more.

    Parameters
    ----------
    answer, swapped : ndarray
        float64, of any one shape: 1, 0, -1, or NaN for no answer in this order.

    Examples
    --------
    >>> agreed(np.array([1.0, 1.0, np.nan, np.nan]), np.array([np.nan, -1.0, -1.0, np.nan])).tolist()
    [1.0, 0.0, -1.0, nan]
    """
    one = np.where(np.isnan(answer), swapped, answer)
    other = np.where(np.isnan(swapped), one, swapped)
    return np.where(one == other, one, np.where(np.isnan(one), np.nan, 0.0))


def merged(table: pd.DataFrame, new: Sequence[dict[str, Any]], by: Sequence[str]) -> pd.DataFrame:
    """Return a table with new rows in the place of those that say the same, and at its end.

    Parameters
    ----------
    table : DataFrame
    new : sequence of dict
        One value a column each.
    by : sequence of str
        Columns in which rows that say the same are equal; of those the last one stays.
    """
    if not new:
        return table
    added = Table(list(new), columns=list(table.columns))
    both = added if table.empty else pd.concat([table, added], ignore_index=True)
    both = both.drop_duplicates(list(by), keep="last", ignore_index=True)
    return both.astype(table.dtypes.to_dict())


def scored(suggestions: pd.DataFrame, feature: str, name: str) -> tuple[str, Fidelity, int] | None:
    """Return how well a name that a model judged fits: (judge, fidelity, end as found); None where none did.

    Of several models the one that was asked last.

    Parameters
    ----------
    suggestions : DataFrame
        Columns `SUGGESTION_COLUMNS`.
    feature, name : str
    """
    if suggestions.empty:
        return None
    found = suggestions[(suggestions["feature"] == feature) & (suggestions["name"] == name)]
    found = found[np.isfinite(found["fidelity_low"].to_numpy(dtype=np.float64))]
    if found.empty:
        return None
    row: Any = found.iloc[-1]
    r, low, high, p = (float(row[c]) for c in ("fidelity", "fidelity_low", "fidelity_high", "p"))
    return str(row["source"]), Fidelity(r, low, high, p, int(row["n"])), int(row["end"])


def as_line(column: str, text: str) -> str:
    r"""Return a text as it may stand in a column of these tables: one clean line, not longer than it may be.

    Examples
    --------
    >>> as_line("note", "says sorry,\noften twice ")
    'says sorry, often twice'
    """
    return clean_line(text)[: _LONGEST[column]].rstrip()


def mended(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table from a file with its notes as single lines and no space at the end of a model's name.

    A person's note may have several lines, and was once kept as it was with the name that a model judged.
    """
    for column, mend in (("note", partial(as_line, "note")), ("source", str.rstrip), ("judge", str.rstrip)):
        if column in table and all(isinstance(text, str) for text in table[column]):
            lines = [mend(text) for text in table[column]]
            table = table.assign(**{column: pd.Series(lines, index=table.index, dtype=object)})
    return table


def check_judged(
    suggestions: pd.DataFrame, judgments: pd.DataFrame, features: Sequence[str], rows: int
) -> None:
    """Require that tables are what a run writes and a file can hold.

    Raises
    ------
    StudyFileError
    """
    known = set(features)
    for title, table, columns in (
        ("suggestions", suggestions, SUGGESTION_COLUMNS),
        ("judgments", judgments, JUDGMENT_COLUMNS),
    ):
        found = {str(c): str(t) for c, t in table.dtypes.items()}
        if found != columns:
            raise StudyFileError(f"its {title} have the columns {sorted(found)[:20]}.")
        words = [c for c, kind in columns.items() if kind == "object"]
        if not all(isinstance(v, str) for c in words for v in table[c]):
            raise StudyFileError(f"its {title} hold something else than text where text belongs.")
        if not known.issuperset(table["feature"]):
            raise StudyFileError(f"its {title} speak of features that are not there.")
    _check_numbers(suggestions)
    _check_words(suggestions, judgments)
    place, answers = judgments["row"].to_numpy(), judgments[["answer", "swapped"]].to_numpy(dtype=np.float64)
    if place.size and not 0 <= place.min() <= place.max() < rows:
        raise StudyFileError("its judgments are about pairs that are not there.")
    if not _ternary(answers[:, 0], may_lack=False) or not _ternary(answers[:, 1], may_lack=True):
        raise StudyFileError("its judgments hold an answer that is none of 1, -1 and 0.")
    if not set(suggestions["end"].tolist()) <= {-1, 1}:
        raise StudyFileError("its suggestions name an end that is neither 1 nor -1.")


def _check_numbers(suggestions: pd.DataFrame) -> None:
    for columns, low, high in (
        (("fit", "fidelity", "fidelity_low", "fidelity_high"), -1.0, 1.0),
        (("p", "q"), 0.0, 1.0),
        (("n", "n_fit", "missing"), 0.0, 2.0**53),
    ):
        values = suggestions[list(columns)].to_numpy(dtype=np.float64)
        if ((values < low - 1e-9) | (values > high + 1e-9)).any():
            raise StudyFileError(f"its suggestions hold numbers outside of {low:g} to {high:g}.")
    winners = suggestions[suggestions["winner"]]
    if winners.duplicated(["feature", "source"]).any():
        raise StudyFileError("its suggestions name two winners for one feature.")


def _check_words(suggestions: pd.DataFrame, judgments: pd.DataFrame) -> None:
    for table, columns in ((suggestions, ("name", "note", "source")), (judgments, ("name", "judge", "part"))):
        for column in columns:
            most = _LONGEST[column]
            for text in set(table[column]):
                if len(text) > most or clean_line(text) != text:
                    raise StudyFileError(
                        f"its suggestions or judgments hold a {column} that is no clean line of {most} characters."
                    )


_LONGEST = {"name": 200, "note": 10_000, "source": 300, "judge": 300, "part": 20}


def _ternary(values: NDArray[np.float64], *, may_lack: bool) -> bool:
    known = values[np.isfinite(values)] if may_lack else values
    return bool(np.isin(known, (-1.0, 0.0, 1.0)).all())


def _empty(columns: dict[str, str]) -> pd.DataFrame:
    return Table({name: pd.Series([], dtype=kind) for name, kind in columns.items()})
