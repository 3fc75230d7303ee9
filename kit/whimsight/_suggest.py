"""Suggesting the right word in an error message."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["nearest"]


def nearest(found: str, known: Iterable[str]) -> str:
    """Return `` Did you mean 'x'?`` for the known word closest to ``found``, or an empty string.

    Examples
    --------
    >>> nearest("mtbench", ["mt-bench", "hh-harmless"])
    " Did you mean 'mt-bench'?"
    >>> nearest("zzz", ["mt-bench"])
    ''
    """
    matches = get_close_matches(str(found), [str(word) for word in known], n=1, cutoff=0.5)
    return f" Did you mean {matches[0]!r}?" if matches else ""
