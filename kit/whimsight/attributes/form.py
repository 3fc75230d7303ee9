"""Where the visible form of a text shows: marks, lists, headings, tables, code, links, emoji, capitals."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes import characters as ch
from whimsight.attributes.page import Matches, Page, members

__all__ = [
    "bold",
    "bullets",
    "code",
    "emoji",
    "headings",
    "links",
    "marks",
    "math",
    "numbered",
    "numbers",
    "quotations",
    "table_rows",
]

_BULLETS = "-*+•‣◦▪●○–—·∙"
_EMOJI = ((0x1F300, 0x1F3FB), (0x1F400, 0x1FB00), (0x2600, 0x27C0), (0x2B05, 0x2B56), (0x1F1E6, 0x1F200))
_JOINER = 0x200D


def _single(positions: NDArray[np.int64]) -> Matches:
    return Matches(positions, positions + 1)


def _merged(one: Matches, other: Matches) -> Matches:
    """Both, in the order of their starts."""
    start = np.concatenate([one.start, other.start])
    order = np.argsort(start, kind="stable")
    return Matches(start[order], np.concatenate([one.end, other.end])[order])


def _outside_code(page: Page, matches: Matches) -> Matches:
    """Leave out what begins inside a code block."""
    start, end = page.code_blocks
    inside = np.searchsorted(start, matches.start, side="right") > np.searchsorted(
        end, matches.start, side="right"
    )
    return matches.keep(~inside)


def marks(page: Page, characters: str) -> Matches:
    """Each of the given characters."""
    return _single(page.where(characters))


def _pairs(positions: NDArray[np.int64], group: NDArray[np.int64], width: int) -> Matches:
    """First with second, third with fourth, ... of the marks of one group; ``width`` characters a mark."""
    if not positions.size:
        return Matches(positions, positions)
    fresh = np.ones(positions.size, dtype=np.bool_)
    fresh[1:] = group[1:] != group[:-1]
    first = np.maximum.accumulate(np.where(fresh, np.arange(positions.size), 0))
    opens = (np.arange(positions.size) - first) % 2 == 0
    opens[:-1] &= ~fresh[1:]
    opens[-1] = False
    opening = np.flatnonzero(opens)
    return Matches(positions[opening], positions[opening + 1] + width)


def _line_of(page: Page, positions: NDArray[np.int64]) -> NDArray[np.int64]:
    return np.searchsorted(page.breaks, positions)


def bullets(page: Page) -> Matches:
    """Lines that begin with a bullet and white space, with something behind it; none in code blocks."""
    start = page.lines.start
    found = page.lines.keep(members(page.codes[start], _BULLETS) & page.is_space(start + 1))
    behind = np.append(page.tokens, page.codes.size)[np.searchsorted(page.tokens, found.start) + 1]
    return _outside_code(page, found.keep(behind < found.end))


def numbered(page: Page) -> Matches:
    """Lines that begin with at most three digits, a dot or bracket, and a space; none in code blocks."""
    start, end = page.lines
    bracket = (page.codes[start] == ord("(")).astype(np.int64)
    at = start + bracket
    digits = np.zeros(start.size, dtype=np.int64)
    for _ in range(3):
        digits += page.kinds[at + digits] & ch.DIGIT != 0
    behind = at + digits
    keep = (digits > 0) & members(page.codes[behind], ".):、") & page.is_space(behind + 1)
    return _outside_code(page, Matches(start, end).keep(keep))


def headings(page: Page) -> Matches:
    """Lines that begin with one to six # and a space; none in code blocks."""
    start, end = page.lines
    hashes = np.zeros(start.size, dtype=np.int64)
    for _ in range(6):
        hashes += page.codes[np.minimum(start + hashes, page.codes.size - 1)] == ord("#")
    return _outside_code(page, Matches(start, end).keep((hashes > 0) & page.is_space(start + hashes)))


def table_rows(page: Page) -> Matches:
    """Lines that begin with |."""
    start, end = page.lines
    return Matches(start, end).keep(page.codes[start] == ord("|"))


def _alone(page: Page, character: str, run: int) -> NDArray[np.int64]:
    """Starts of runs of exactly ``run`` of the character."""
    found = page.where(character)
    if not found.size:
        return found
    edge = np.flatnonzero(np.diff(found) != 1)
    start = found[np.concatenate(([0], edge + 1))]
    end = found[np.concatenate((edge, [found.size - 1]))] + 1
    return np.asarray(start[end - start == run])


def _inline_code(page: Page) -> Matches:
    """Stretches between two single backticks on one line."""
    ticks = _alone(page, "`", 1)
    return _pairs(ticks, _line_of(page, ticks), 1)


def code(page: Page) -> Matches:
    """Code blocks, and inline code, also that inside a block."""
    return _merged(page.code_blocks, _inline_code(page))


def bold(page: Page) -> Matches:
    """Stretches between two ** on one line, outside code blocks."""
    stars = _alone(page, "*", 2)
    return _outside_code(page, _pairs(stars, _line_of(page, stars), 2))


def quotations(page: Page) -> Matches:
    """Stretches between straight double quotes on one line, and opening quotes; none in code blocks."""
    straight = page.where('"')
    pairs = _pairs(straight, _line_of(page, straight), 1)
    opening = page.where("“«「『")
    return _outside_code(page, _merged(pairs, _single(opening)))


def links(page: Page) -> Matches:
    """Addresses: up to white space from www. or from the word before ://."""
    codes = page.codes
    colon = page.where(":")
    colon = colon[(codes[colon + 1] == ord("/")) & (codes[colon + 2] == ord("/"))]
    colon = colon[page.kinds[colon - 1] & ch.LETTER != 0]
    word = np.searchsorted(page.words.end, colon)
    scheme = page.words.start[word]
    w = page.where("wW")
    w = w[members(codes[w + 1], "wW") & members(codes[w + 2], "wW") & (codes[w + 3] == ord("."))]
    w = w[(page.kinds[w - 1] & ch.WORD == 0) & (codes[w - 1] != ord("/"))]
    start = np.sort(np.concatenate([scheme, w]))
    stop = page.stretches.end
    return Matches(start, stop[np.searchsorted(stop, start, side="right")])


def emoji(page: Page) -> Matches:
    """Emoji and pictographs; joined ones and a flag's two letters count once."""
    high = np.flatnonzero(page.codes >= 0x2600)
    codes = page.codes[high]
    found = np.zeros(high.size, dtype=np.bool_)
    for low, stop in _EMOJI:
        found |= (codes >= low) & (codes < stop)
    high = high[found]
    high = high[page.codes[high - 1] != _JOINER]
    codes = page.codes[high]
    letter = (codes >= 0x1F1E6) & (codes < 0x1F200)
    flag = high[letter]
    if flag.size:
        fresh = np.concatenate(([True], np.diff(flag) != 1))
        first = np.maximum.accumulate(np.where(fresh, np.arange(flag.size), 0))
        high = np.sort(np.concatenate([high[~letter], flag[(np.arange(flag.size) - first) % 2 == 0]]))
    return _single(high)


def numbers(page: Page) -> Matches:
    """Words that begin with a digit, but for those right behind a digit and a dot or comma."""
    start, end = page.words
    digit = page.kinds[start] & ch.DIGIT != 0
    start, end = start[digit], end[digit]
    goes_on = members(page.codes[start - 1], ".,") & (page.kinds[start - 2] & ch.DIGIT != 0)
    return Matches(start, end).keep(~goes_on)


def math(page: Page) -> Matches:
    """LaTeX commands and openings, and signs of equations."""
    codes = page.codes
    slash = page.where("\\")
    slash = slash[(page.kinds[slash + 1] & ch.LETTER != 0) | members(codes[slash + 1], "([{")]
    signs = page.where("=≈≠≤≥×÷√∑∫∞π")
    start = np.sort(np.concatenate([slash, signs]))
    return _single(start)
