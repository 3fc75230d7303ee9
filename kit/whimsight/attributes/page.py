"""Many texts laid out as one array of characters, with the layers that attributes look at.

Each layer (words, lines, sentences, hashes) is computed when first asked for, for all texts at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes import characters as ch

if TYPE_CHECKING:
    from whimsight.attributes.wording import Hits

__all__ = ["Matches", "Page", "members"]

Positions = NDArray[np.int64]
Flags = NDArray[np.bool_]

_PAD = 8
"""Separators before and behind the texts, so that neighbours can be looked at without checking bounds."""

_CLOSING = "\"'”’)]*_»」』`"
_HASHED = 64
_BLOCK = 1 << 19
_BASE = 0x9E3779B97F4A7C15
_BASE_INVERSE = pow(_BASE, -1, 1 << 64)


class Matches(NamedTuple):
    """Where something occurs: ``start`` and ``end``, int64 (m,) each, in the order of ``start``."""

    start: Positions
    end: Positions

    def keep(self, which: Flags) -> Matches:
        """Return the matches for which ``which`` is true."""
        return Matches(self.start[which], self.end[which])


class Page:
    """Texts as one array of code points, ``SEPARATOR`` between them.

    Parameters
    ----------
    texts : sequence of str
        Lone surrogates and NUL are characters like others.

    Attributes
    ----------
    codes : ndarray
        uint32 (N,), code points.
    start, end : ndarray
        int64 (n,), where each text begins and ends in ``codes``.
    kinds : ndarray
        uint8 (N,), the flags of ``characters.flags``.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        lengths = np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))
        pad = " " * _PAD
        joined = (pad + " ".join(texts) + pad).encode("utf-32-le", "surrogatepass")
        self.codes: NDArray[np.uint32] = np.frombuffer(joined, dtype="<u4").copy()
        self.start: Positions = _PAD + np.concatenate(([0], np.cumsum(lengths + 1)[:-1])).astype(np.int64)
        if not len(texts):
            self.start = np.zeros(0, dtype=np.int64)
        self.end: Positions = self.start + lengths
        self.codes[:_PAD] = ch.SEPARATOR
        self.codes[self.codes.size - _PAD :] = ch.SEPARATOR
        self.codes[self.end] = ch.SEPARATOR
        self.kinds: NDArray[np.uint8] = ch.flags().take(self.codes)

    def __len__(self) -> int:
        return int(self.start.size)

    # Counting -------------------------------------------------------------------------------------------

    def count(self, positions: Positions) -> Positions:
        """Number of sorted ``positions`` inside each text, int64 (n,)."""
        return np.searchsorted(positions, self.end) - np.searchsorted(positions, self.start)

    def total(self, positions: Positions, values: NDArray[np.int64]) -> Positions:
        """Sum of ``values`` at sorted ``positions`` inside each text, int64 (n,)."""
        sums = np.concatenate(([0], np.cumsum(values)))
        return sums[np.searchsorted(positions, self.end)] - sums[np.searchsorted(positions, self.start)]

    def count_kind(self, kind: int) -> Positions:
        """Number of characters of a kind in each text, int64 (n,)."""
        edges = np.stack([self.start, self.end], axis=1).ravel()
        if not edges.size:
            return np.zeros(0, dtype=np.int64)
        flagged = (self.kinds & kind != 0).view(np.uint8)
        sums = np.add.reduceat(flagged, edges, dtype=np.int64)[::2]
        return np.where(self.end > self.start, sums, 0)

    def where(self, characters: str) -> Positions:
        """Positions of any of the given characters, sorted."""
        found = self.codes == ord(characters[0])
        for character in characters[1:]:
            found |= self.codes == ord(character)
        return np.flatnonzero(found)

    def is_space(self, positions: Positions) -> Flags:
        """Whether white space (or a text's end) is at each position."""
        return np.asarray(self.kinds[positions] & ch.SPACE != 0)

    # Words ----------------------------------------------------------------------------------------------

    @cached_property
    def stretches(self) -> Matches:
        """Stretches between white space, as ``str.split`` cuts them."""
        return _runs(self.kinds & ch.SPACE == 0)

    @property
    def tokens(self) -> Positions:
        """Starts of the stretches between white space."""
        return self.stretches.start

    @cached_property
    def has_unspaced(self) -> bool:
        """Whether any script without spaces between words occurs."""
        return bool((self.kinds & ch.UNSPACED).any())

    @cached_property
    def letter_counts(self) -> Positions:
        """Letters of each text."""
        return self.count_kind(ch.LETTER)

    @cached_property
    def word_counts(self) -> Positions:
        """Words of each text: its stretches between white space; letters of unspaced scripts one by one."""
        if not self.has_unspaced:
            return self.count(self.tokens)
        starts = np.zeros(self.codes.size, dtype=np.bool_)
        starts[self.tokens] = True
        unspaced = self.kinds & ch.UNSPACED != 0
        starts |= unspaced
        other = (self.kinds & (ch.LETTER | ch.DIGIT) != 0) & ~unspaced
        starts[1:] |= other[1:] & unspaced[:-1]
        return self.count(np.flatnonzero(starts))

    @cached_property
    def words(self) -> Matches:
        """Runs of letters, marks and digits; an apostrophe between two letters belongs to the word."""
        inside = self.kinds & ch.WORD != 0
        apostrophes = self.where("'’")
        letters = self.kinds & ch.LETTER != 0
        inside[apostrophes[letters[apostrophes - 1] & letters[apostrophes + 1]]] = True
        if not self.has_unspaced:
            return _runs(inside)
        unspaced = self.kinds & ch.UNSPACED != 0
        mark = inside & (self.kinds & (ch.LETTER | ch.DIGIT) == 0)
        begins = inside.copy()
        begins[1:] &= ~inside[:-1] | unspaced[1:] | (unspaced[:-1] & ~mark[1:])
        ends = inside[:-1] & (~inside[1:] | begins[1:])
        return Matches(np.flatnonzero(begins), np.flatnonzero(ends) + 1)

    @cached_property
    def word_edges(self) -> tuple[Positions, Positions]:
        """For each text, the index of its first word and of the first word behind it."""
        start = self.words.start
        return np.searchsorted(start, self.start), np.searchsorted(start, self.end)

    @cached_property
    def hashes(self) -> NDArray[np.uint64]:
        """64-bit hash of each word in lower case (its first 64 characters), uint64 (n_words,)."""
        start = self.words.start
        end = np.minimum(self.words.end, start + _HASHED)
        power, inverse = _powers()
        hashes = np.empty(start.size, dtype=np.uint64)
        for low in range(0, self.codes.size, _BLOCK):
            first, last = np.searchsorted(start, (low, low + _BLOCK))
            prefix = _letter_hashes().take(self.codes[low : low + _BLOCK + _HASHED])
            prefix[1:] = np.cumsum(prefix[:-1] * power[: prefix.size - 1])
            prefix[0] = 0
            begin = start[first:last] - low
            hashes[first:last] = (prefix[end[first:last] - low] - prefix[begin]) * inverse[begin]
        hashes ^= hashes >> np.uint64(29)
        return hashes

    @cached_property
    def joined(self) -> Flags:
        """Whether one white-space character or full stop parts a word from the next, bool (n_words,)."""
        start, end = self.words
        near = np.zeros(start.size, dtype=np.bool_)
        near[:-1] = start[1:] - end[:-1] == 1
        near &= (self.is_space(end) & (self.codes[end] != ch.SEPARATOR)) | (self.codes[end] == ord("."))
        return near

    @cached_property
    def hits(self) -> Hits:
        """Occurrences of the entries of the lexicons."""
        from whimsight.attributes.wording import lexicon_hits

        return lexicon_hits(self)

    # Lines and sentences --------------------------------------------------------------------------------

    @cached_property
    def breaks(self) -> Positions:
        """Line feeds and separators."""
        return np.flatnonzero((self.codes == 10) | (self.codes == ch.SEPARATOR))

    @cached_property
    def lines(self) -> Matches:
        """Lines with something on them, from their first visible character to the line's end."""
        first = np.searchsorted(self.tokens, self.breaks)
        filled = first[1:] > first[:-1]
        return Matches(self.tokens[first[:-1][filled]], self.breaks[1:][filled])

    @cached_property
    def last(self) -> Positions:
        """Last visible character of each text, closing quotes, brackets and marks of Markdown left out.

        A separator's position where a text has none.
        """
        solid = self.kinds & ch.SPACE == 0
        closing = self.where(_CLOSING)
        solid[closing] = False
        solid[0] = True
        visible = np.flatnonzero(solid)
        last = visible[np.searchsorted(visible, self.end) - 1]
        return np.where(last >= self.start, last, 0)

    @cached_property
    def paragraphs(self) -> Matches:
        """Stretches of lines between blank lines, by their first line."""
        first = np.searchsorted(self.tokens, self.breaks)
        filled = first[1:] > first[:-1]
        fresh = self.codes[self.breaks[:-1]] == ch.SEPARATOR
        fresh[1:] |= ~filled[:-1]
        keep = filled & fresh
        return Matches(self.tokens[first[:-1][keep]], self.breaks[1:][keep])

    @cached_property
    def code_blocks(self) -> Matches:
        """Blocks between fences (lines that begin with three ` or ~); an open one ends with the text."""
        start, end = self.lines
        first = self.codes[start]
        fence = ((first == ord("`")) | (first == ord("~"))) & (self.codes[start + 1] == first)
        fence &= self.codes[start + 2] == first
        start, end = start[fence], end[fence]
        text = np.searchsorted(self.start, start, side="right") - 1
        fresh = np.ones(start.size, dtype=np.bool_)
        fresh[1:] = text[1:] != text[:-1]
        first_of_text = np.maximum.accumulate(np.where(fresh, np.arange(start.size), 0))
        opening = np.flatnonzero((np.arange(start.size) - first_of_text) % 2 == 0)
        closes = self.end[text[opening]]
        closing = opening + 1
        inside = closing < start.size
        inside[inside] &= ~fresh[closing[inside]]
        closes[inside] = end[closing[inside]]
        return Matches(start[opening], closes)

    @cached_property
    def sentence_borders(self) -> Positions:
        """Ends of lines and texts, and . ! ? … before white space or a closing mark, sorted."""
        marks = self.where(".!?…。！？।")
        following = self.codes[marks + 1]
        ends = self.is_space(marks + 1) | members(following, _CLOSING) | members(self.codes[marks], "。！？।")
        ends &= ~members(following, ".!?…。！？।")
        return np.sort(np.concatenate([marks[ends], self.breaks]), kind="stable")

    @cached_property
    def sentences(self) -> Matches:
        """Stretches between borders that have a word with a letter in front, from that word on."""
        border = self.sentence_borders
        start = self.words.start
        start = start[self.kinds[start] & ch.LETTER != 0]
        first = np.searchsorted(start, border)
        filled = first[1:] > first[:-1]
        stop = border[1:][filled]
        return Matches(start[first[:-1][filled]], stop + ~self.is_space(stop))

    @cached_property
    def sentence_words(self) -> Positions:
        """Words of each sentence, numbers in front of it too."""
        start, end = self.sentences
        border = self.sentence_borders
        low = border[np.searchsorted(border, start) - 1]
        return np.searchsorted(self.words.start, end) - np.searchsorted(self.words.start, low)


def members(codes: NDArray[np.uint32], characters: str) -> Flags:
    """Whether each code is one of the characters, bool of the same shape.

    Examples
    --------
    >>> members(np.array([65, 66], dtype=np.uint32), "BC").tolist()
    [False, True]
    """
    found = np.zeros(codes.shape, dtype=np.bool_)
    for character in characters:
        found |= codes == ord(character)
    return found


def _runs(inside: Flags) -> Matches:
    """Runs of true; the first and the last flag are false."""
    edges = np.flatnonzero(inside[1:] != inside[:-1]) + 1
    return Matches(edges[0::2].copy(), edges[1::2].copy())  # contiguous, as every search in them wants


@cache
def _letter_hashes() -> NDArray[np.uint64]:
    """A well mixed 64-bit number for the lower case of every code point (splitmix64)."""
    mixed = (ch.lower().astype(np.uint64) + np.uint64(1)) * np.uint64(_BASE)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return mixed ^ (mixed >> np.uint64(31))


@cache
def _powers() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Powers of the base and of its inverse, modulo 2^64, enough for one block."""
    power = np.full(_BLOCK + _HASHED, _BASE, dtype=np.uint64)
    inverse = np.full(_BLOCK + _HASHED, _BASE_INVERSE, dtype=np.uint64)
    power[0] = inverse[0] = 1
    return np.cumprod(power), np.cumprod(inverse)
