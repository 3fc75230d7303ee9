"""What every Unicode character is, as one table of flags: letter, capital, digit, space, vowel, script."""

from __future__ import annotations

import unicodedata
from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "DIGIT",
    "LETTER",
    "OTHER_SCRIPT",
    "SEPARATOR",
    "SPACE",
    "UNSPACED",
    "UPPER",
    "VOWEL",
    "WORD",
    "flags",
    "lower",
]

LETTER, UPPER, DIGIT, SPACE, WORD, VOWEL, UNSPACED, OTHER_SCRIPT = (1 << bit for bit in range(8))

SEPARATOR = 0x110000
"""Stands between two texts; one more than the largest code point, so that no text can contain it."""

_TABLED = 0x20000
"""Every cased letter, digit, space, mark and emoji lies below; above are ideographs and unassigned points."""

# Large uniform blocks, filled without asking for each point: Han, Hangul, and what no text should hold.
_HAN = ((0x3400, 0x4DC0), (0x4E00, 0xA000), (0x20000, 0x323B0))
_HANGUL = (0xAC00, 0xD7A4)
_PRIVATE = (0xD800, 0xF900)

_LATIN = (
    (0x41, 0x250),
    (0x1E00, 0x1F00),
    (0x2C60, 0x2C80),
    (0xA720, 0xA800),
    (0xAB30, 0xAB70),
    (0xFB00, 0xFB07),
    (0xFF21, 0xFF5B),
)
_VOWELS = "aeiouyAEIOUYæÆœŒøØ"

# Scripts written without spaces between words: Thai, Lao, Myanmar, Khmer, kana, Han and their extensions.
_WITHOUT_SPACES = (
    (0x0E00, 0x0F00),
    (0x1000, 0x10A0),
    (0x1780, 0x1800),
    (0x3005, 0x3008),
    (0x3040, 0x3100),
    (0x31F0, 0x3200),
    (0x3400, 0x4DC0),
    (0x4E00, 0xA000),
    (0xF900, 0xFB00),
    (0xFF66, 0xFFA0),
)


def _within(code: int, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= code < high for low, high in ranges)


def _flag(code: int) -> int:
    character = chr(code)
    category = unicodedata.category(character)
    flag = 0
    if character.isspace():
        flag |= SPACE
    if category[0] == "L":
        flag |= LETTER | WORD
        if category in ("Lu", "Lt"):
            flag |= UPPER
        if code in (0xAA, 0xBA) or _within(code, _LATIN):
            if unicodedata.normalize("NFKD", character)[0] in _VOWELS:
                flag |= VOWEL
        else:
            flag |= OTHER_SCRIPT
            if _within(code, _WITHOUT_SPACES):
                flag |= UNSPACED
    elif category[0] == "M":
        flag |= WORD
    elif category == "Nd":
        flag |= DIGIT | WORD
    return flag


@cache
def flags() -> NDArray[np.uint8]:
    """Return the flags of every code point, uint8 (0x110001,); the separator counts as a space.

    Examples
    --------
    >>> bool(flags()[ord("É")] & UPPER), bool(flags()[ord("é")] & VOWEL), bool(flags()[ord("字")] & UNSPACED)
    (True, True, True)
    """
    table = np.zeros(SEPARATOR + 1, dtype=np.uint8)
    for block in _HAN:
        table[slice(*block)] = LETTER | WORD | UNSPACED | OTHER_SCRIPT
    table[slice(*_HANGUL)] = LETTER | WORD | OTHER_SCRIPT
    single = np.flatnonzero(table[:_TABLED] == 0)
    single = single[(single < _PRIVATE[0]) | (single >= _PRIVATE[1])]
    table[single] = np.fromiter(map(_flag, single.tolist()), dtype=np.uint8, count=single.size)
    table[SEPARATOR] = SPACE
    table.setflags(write=False)
    return table


@cache
def lower() -> NDArray[np.uint32]:
    """Return the lower-case code point of every code point, uint32 (0x110001,); ’ becomes '.

    Examples
    --------
    >>> chr(lower()[ord("Ä")]), chr(lower()[ord("’")])
    ('ä', "'")
    """
    table = np.arange(SEPARATOR + 1, dtype=np.uint32)
    for code in np.flatnonzero(flags() & UPPER).tolist():
        small = chr(code).lower()
        if len(small) == 1:
            table[code] = ord(small)
    table[0x2019] = ord("'")
    table.setflags(write=False)
    return table
