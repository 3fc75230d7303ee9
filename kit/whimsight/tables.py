"""Tables and views whose texts a notebook leaves as they are: "from $5 to $10" is money, not mathematics."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["VERBATIM", "Table", "verbatim"]

# JupyterLab, Jupyter Notebook and pages that nbconvert writes set what stands between dollar signs as mathematics,
# links in it included, except in elements of these classes (MathJax 2 knows the first one, MathJax 3 the second).
VERBATIM = "tex2jax_ignore mathjax_ignore"


class Table(pd.DataFrame):
    """A `pandas.DataFrame` whose texts a notebook shows as they are.

    What pandas makes of a table (rows, columns, sorted, joined, grouped) is one again; what it makes of a single
    column or of numbers (``to_frame``, ``describe``) is a DataFrame. To compare one with a DataFrame in a test:
    ``assert_frame_equal(..., check_frame_type=False)``.

    Examples
    --------
    >>> prices = Table({"response": ["from $5 to $10"]})
    >>> "mathjax_ignore" in prices.head()._repr_html_()
    True
    """

    @property
    def _constructor(self) -> Callable[..., Table]:
        return Table

    def _repr_html_(self) -> str | None:
        drawn: str | None = super()._repr_html_()  # type: ignore[misc]
        # The first of these is the table's own: a style stands before it, what the cells hold after it.
        return drawn and drawn.replace('class="dataframe"', f'class="dataframe {VERBATIM}"', 1)


def verbatim(html: str) -> str:
    """Return a view of HTML in which a notebook looks for no mathematics.

    Examples
    --------
    >>> verbatim("<p>from $5 to $10</p>")
    '<div class="tex2jax_ignore mathjax_ignore"><p>from $5 to $10</p></div>'
    """
    return f'<div class="{VERBATIM}">{html}</div>'
