"""Counting things in a sentence."""

from __future__ import annotations

__all__ = ["counted"]


def counted(number: int, thing: str, things: str | None = None) -> str:
    """Return a number and what it counts, in the singular where it is 1.

    Parameters
    ----------
    number : int
    thing : str
        What one is called.
    things : str, optional
        What several are called; with an s at the end by default.

    Examples
    --------
    >>> counted(1, "row"), counted(2_417, "row"), counted(0, "person", "people")
    ('1 row', '2,417 rows', '0 people')
    """
    return f"{number:,} {thing if number == 1 else things or f'{thing}s'}"
