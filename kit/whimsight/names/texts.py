"""Texts made comparable: lower case, words apart by single spaces, a space at both ends."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

__all__ = ["displayed", "plain", "quoted"]

_KEEP = 4_000
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"  # Thai, Lao, Burmese, Khmer
    "\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # kana, Han
)
_MARKS = (
    "\u0e31\u0e34-\u0e3a\u0e47-\u0e4e\u0eb1\u0eb4-\u0ebc\u0ec8-\u0ecd\u102b-\u103e\u17b4-\u17d3\u3099\u309a"
)
_LETTER = re.compile(rf"[{_UNSPACED}][{_MARKS}]*")
_INSIDE = re.compile(rf"(?<=[{_UNSPACED}]) (?=[{_UNSPACED}])")


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
    if not kept.isascii():
        kept = unicodedata.normalize("NFC", kept)
    kept = kept.translate(_TABLE)
    if not kept.isascii() and _LETTER.search(kept):
        kept = _LETTER.sub(r" \g<0> ", kept)
    if "'" in kept:  # inside a word it belongs to it, elsewhere it is a quotation mark
        kept = f" {kept} "
        while " '" in kept or "' " in kept:
            kept = kept.replace(" '", " ").replace("' ", " ")
    return f" {' '.join(kept.split())} "


def displayed(phrase: str) -> str:
    """Return a phrase as a reader knows it: printable, without the spaces that `plain` put between letters.

    Examples
    --------
    >>> displayed("天 气"), displayed("good idea")
    ('天气', 'good idea')
    """
    if phrase.isascii() and phrase.isprintable():
        return phrase
    return "".join(c for c in _INSIDE.sub("", phrase) if c.isprintable())


def quoted(phrases: Sequence[str]) -> str:
    r"""Join phrases in quotation marks.

    Examples
    --------
    >>> quoted(["sorry", "i can't"])
    "“sorry”, “i can't”"
    """
    return ", ".join(f"“{displayed(phrase)}”" for phrase in phrases)


class _Table(dict[int, str]):
    """What becomes of a character; filled as characters are met."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        if character in "'’":
            value = "'"
        elif character.isalnum() or unicodedata.category(character) in ("Mn", "Mc"):
            value = character
        else:
            value = " "
        self[code] = value
        return value


_TABLE = _Table()
