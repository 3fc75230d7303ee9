"""Texts made comparable: lower case, words apart by single spaces, a space at both ends."""

from __future__ import annotations

import re
from collections.abc import Sequence

__all__ = ["plain", "printable"]

_NOT_WORD = re.compile(r"[^\w']+")
_KEEP = 4_000


def plain(text: str) -> str:
    """Return the first 4,000 characters of a text in the form in which phrases are looked for.

    Examples
    --------
    >>> plain("Sorry, I can't!")
    " sorry i can't "
    """
    return f" {_NOT_WORD.sub(' ', text[:_KEEP].lower().replace('’', chr(39))).strip()} "


def printable(phrases: Sequence[str], most: int = 60) -> str:
    r"""Join phrases in quotation marks while they fit.

    Examples
    --------
    >>> printable(["sorry", "i can't"])
    "“sorry”, “i can't”"
    """
    out = ""
    for phrase in phrases:
        clean = "".join(c for c in phrase if c.isprintable())[:40]
        longer = f"{out}, “{clean}”" if out else f"“{clean}”"
        if out and len(longer) > most:
            break
        out = longer
    return out
