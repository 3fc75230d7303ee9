"""Texts made comparable: lower case, words apart by single spaces, a space at both ends."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Sequence
from functools import cache

__all__ = ["displayed", "plain", "quoted"]

_KEEP = 4_000
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han
)
_INSIDE = re.compile(rf"(?<=[{_UNSPACED}])[\u0300-\u036f]* (?=[{_UNSPACED}])")


def plain(text: str) -> str:
    """Return the first 4,000 characters of a text in the form in which phrases are looked for.

    Scripts written without spaces come out letter by letter, so that a phrase of two or three "words" is
    there what a word is elsewhere.

    Examples
    --------
    >>> plain("Sorry, I can't!")
    " sorry i can't "
    >>> plain("天气很好。")
    ' 天 气 很 好 '
    """
    kept = text[:_KEEP].lower()
    if kept.isascii():
        return f" {_ASCII_GAP.sub(' ', kept).strip()} "
    not_word, letter = _patterns()
    kept = unicodedata.normalize("NFC", kept).replace("’", "'")
    return f" {not_word.sub(' ', letter.sub(_apart, kept)).strip()} "


def displayed(phrase: str) -> str:
    """Return a phrase as a reader knows it: printable, without the spaces that `plain` put between letters.

    Examples
    --------
    >>> displayed("天 气"), displayed("good idea")
    ('天气', 'good idea')
    """
    shown = _INSIDE.sub("", phrase)
    marks = "Mn", "Mc"
    return "".join(c for c in shown if c.isprintable() or unicodedata.category(c) in marks)


def quoted(phrases: Sequence[str]) -> str:
    r"""Join phrases in quotation marks.

    Examples
    --------
    >>> quoted(["sorry", "i can't"])
    "“sorry”, “i can't”"
    """
    return ", ".join(f"“{displayed(phrase)}”" for phrase in phrases)


_ASCII_GAP = re.compile(r"[^a-z0-9']+|'(?![a-z])|(?<![a-z])'")


@cache
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Return what stands between words, and a letter (with its marks) of a script without spaces."""
    marks = "".join(
        chr(i)
        for i in range(0x300, min(0x20000, sys.maxunicode))
        if unicodedata.category(chr(i)) in ("Mn", "Mc")
    )
    marks = re.escape(marks)
    return (
        re.compile(rf"(?:[^\w'{marks}]|_|(?<!\w)'|'(?!\w))+"),
        re.compile(rf"[{_UNSPACED}][{marks}]*"),
    )


def _apart(match: re.Match[str]) -> str:
    return f" {match[0]} "
