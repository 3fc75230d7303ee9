"""Cutting a text into sentences, lines and blocks of code, in any script."""

from __future__ import annotations

import re

__all__ = ["MOST_PIECES", "pieces"]

MOST_PIECES = 40

Piece = tuple[int, int]

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_LINE = re.compile(r"[^\n\r\u2028\u2029]+")
_CLOSING = r"[\"'”’»)\]}*_」』）】〉》]*+"
# A full stop needs white space after it; the stops of scripts that write without white space do not. A run of
# stops is looked at once, from its beginning: a text of nothing but stops must not take hours.
_STOP = re.compile(
    rf"(?<![.!?…‽])[.!?…‽]++{_CLOSING}(?=\s)|(?<![؟۔।॥։።፧])[؟۔।॥։።፧]++{_CLOSING}(?=\s)|[。！？．｡།၊။៕]++{_CLOSING}"
)
_ABBREVIATED = re.compile(
    r"^\s*\d{1,3}\.$|(?:^|[\s(\[\"'“‘])(?:[^\W\d_]|[a-z](?:\.[a-z])+|mr|mrs|ms|dr|prof|vs|etc|approx|cf)\.$",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w")


def pieces(text: str, most: int = MOST_PIECES) -> list[Piece]:
    r"""Cut a text into sentences; lines are cut apart and a block of code stays whole.

    Parameters
    ----------
    text : str
        In any script.
    most : int
        Beyond so many, neighbours are joined into pieces of about the same length.

    Returns
    -------
    list of (int, int)
        Start and end in code points, in order, without the white space around; empty for a blank text.

    Examples
    --------
    >>> text = "Hello, Dr. Li. I am 🙂!\n- one\n- two 好。对！"
    >>> [text[a:b] for a, b in pieces(text)]
    ['Hello, Dr. Li.', 'I am 🙂!', '- one', '- two 好。', '对！']
    """
    found: list[Piece] = []
    position = 0
    for fence in _FENCE.finditer(text):
        found += _lines(text, position, fence.start())
        found.append((fence.start(), fence.end()))
        position = fence.end()
    found += _lines(text, position, len(text))
    trimmed = [_trimmed(text, *p) for p in found if text[p[0] : p[1]].strip()]
    return _joined(_with_words(text, trimmed), len(text), most)


def _with_words(text: str, found: list[Piece]) -> list[Piece]:
    """Join what holds no word, such as a bracket on a line of its own, to what stands before it."""
    out: list[Piece] = []
    for start, end in found:
        if out and not _WORD.search(text, start, end):
            out[-1] = (out[-1][0], end)
        else:
            out.append((start, end))
    return out


def _lines(text: str, start: int, end: int) -> list[Piece]:
    return [
        p for line in _LINE.finditer(text, start, end) for p in _sentences(text, line.start(), line.end())
    ]


def _sentences(text: str, start: int, end: int) -> list[Piece]:
    found: list[Piece] = []
    for stop in _STOP.finditer(text, start, end):
        if stop.end() >= end or _goes_on(text, start, stop, end):
            continue
        found.append((start, stop.end()))
        start = stop.end()
    return [*found, (start, end)]


def _goes_on(text: str, start: int, stop: re.Match[str], end: int) -> bool:
    """Whether a stop is before a small letter, or is that of an abbreviation or an enumeration."""
    if text[stop.end() : min(end, stop.end() + 8)].lstrip()[:1].islower():
        return True
    before = text[max(start, stop.start() - 12) : stop.end()]
    return stop[0] == "." and _ABBREVIATED.search(before) is not None


def _trimmed(text: str, start: int, end: int) -> Piece:
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), end - (len(inside) - len(inside.rstrip()))


def _joined(found: list[Piece], length: int, most: int) -> list[Piece]:
    """Join neighbours whose middles lie in the same part of the text."""
    if len(found) <= most:
        return found
    parts: dict[int, Piece] = {}
    for start, end in found:
        part = (start + end) * most // (2 * length)
        parts[part] = (parts[part][0], end) if part in parts else (start, end)
    return list(parts.values())
