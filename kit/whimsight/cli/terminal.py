"""The terminal that results are printed on: what may reach it, what fits, and bars where somebody looks at it."""

from __future__ import annotations

import shutil
import sys
import textwrap
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.progress import Progress

__all__ = ["fitted", "print_prose", "progress_bars", "shown"]


def shown(text: str, most: int = 400) -> str:
    r"""Cut a text, without the control characters that would drive a terminal.

    Examples
    --------
    >>> shown("red \x1b[31m text", most=9)
    'red ?[31m ...'
    """
    cut = text if len(text) <= most else text[:most] + " ..."
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in cut)


def fitted(table: pd.DataFrame, *, drop: Sequence[str] = (), index: bool = True) -> str:
    """Write a table so that its rows are not broken in a narrow terminal.

    Parameters
    ----------
    table : DataFrame
    drop : sequence of str
        The columns that may be left out, the first one first; which ones were is told below the table.
    index : bool
        Write the index, too.

    Returns
    -------
    text : str
        Where this is not enough, entries of ``name`` are cut, but for 12 characters. A file or a program is given
        everything.
    """
    columns, text = _width(), table.to_string(index=index)
    if columns is None:
        return text
    left_out: list[str] = []
    for column in drop:
        if _widest(text) <= columns:
            break
        left_out.append(column)
        text = table.drop(columns=left_out).to_string(index=index)
    over = _widest(text) - columns
    if over > 0 and "name" in table:
        most = max(int(table["name"].str.len().max()) - over, 12)
        cut = [name if len(name) <= most else f"{name[: most - 1]}…" for name in table["name"]]
        text = table.assign(name=cut).drop(columns=left_out).to_string(index=index)
    return text + (f"\n({', '.join(left_out)}: in a wider terminal, or in a file)" if left_out else "")


def print_prose(text: str) -> None:
    """Print lines as they are where they fit the terminal, else broken anew."""
    columns = _width()
    if columns is None or _widest(text) <= columns:
        typer.echo(text)
    else:
        typer.echo(textwrap.fill(" ".join(text.split()), columns) + "\n")


def progress_bars(*, quiet: bool) -> AbstractContextManager[Progress]:
    """Draw a bar a stage on standard error, unless nobody looks at it or wants to."""
    from whimsight.progress import bars

    return bars(disable=quiet or not sys.stderr.isatty())


def _width() -> int | None:
    """Return the columns of the terminal; None for a file or a program."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else None


def _widest(text: str) -> int:
    return max(len(line) for line in text.splitlines())
