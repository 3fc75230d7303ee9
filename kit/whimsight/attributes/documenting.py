"""The attributes as a table to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimsight.attributes.catalogue import ATTRIBUTES

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["documentation"]


def documentation() -> pd.DataFrame:
    """Return what each attribute is.

    Returns
    -------
    DataFrame
        Index ``attribute`` (ids in the order of `measure`), columns name, formula, unit, phrase.

    Examples
    --------
    >>> documentation().loc["m_words", "unit"]
    'words'
    """
    import pandas as pd

    from whimsight.tables import Table

    return Table(
        [(a.name, a.formula, a.unit, a.phrase) for a in ATTRIBUTES.values()],
        columns=["name", "formula", "unit", "phrase"],
        index=pd.Index(list(ATTRIBUTES), name="attribute"),
    )
