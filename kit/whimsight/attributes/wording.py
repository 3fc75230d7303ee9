"""Where the words and phrases of the lexicons occur, found through word hashes, all lexicons at once."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes.lexicons import LEXICONS
from whimsight.attributes.page import Matches, Page

__all__ = ["Hits", "first_plural", "lexicon_hits", "lexicon_matches", "opening_matches"]

_MULTIPLIER = np.uint64(0xD6E8FEB86659FD93)
_SHIFT = np.uint64(48)


class Hits(NamedTuple):
    """Occurrences of entries: first word, number of words and the lexicons (one bit each) it stands in."""

    word: NDArray[np.int64]
    length: NDArray[np.int64]
    lexicons: NDArray[np.uint64]


class _Index(NamedTuple):
    """Entries by hash.

    ``slots`` maps the upper 16 bits of a word's hash to a place in ``heads`` (-1: none); ``single`` are the
    lexicons of the word alone; ``pairs`` says for the upper 16 bits of a hash of two words whether a phrase
    may begin so; ``phrases[n]`` are the sorted hashes of phrases of n words and their lexicons.
    """

    slots: NDArray[np.int16]
    heads: NDArray[np.uint64]
    single: NDArray[np.uint64]
    pairs: NDArray[np.bool_]
    phrases: dict[int, tuple[NDArray[np.uint64], NDArray[np.uint64]]]


def _extend(hashes: NDArray[np.uint64], following: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Hash of a phrase made longer by one word."""
    return (hashes ^ (hashes >> np.uint64(31))) * _MULTIPLIER + following


@cache
def _index() -> _Index:
    entries: dict[str, int] = {}
    for bit, lexicon in enumerate(LEXICONS.values()):
        for entry in lexicon:
            entries[entry] = entries.get(entry, 0) | 1 << bit
    page = Page(list(entries))
    first, last = page.word_edges
    hashes = page.hashes
    lexicons = np.array(list(entries.values()), dtype=np.uint64)
    length = last - first
    heads, place = np.unique(hashes[first], return_inverse=True)
    single = np.zeros(heads.size, dtype=np.uint64)
    single[place[length == 1]] = lexicons[length == 1]
    several = first[length > 1]
    pairs = np.zeros(1 << 16, dtype=np.bool_)
    pairs[_extend(hashes[several], hashes[several + 1]) >> _SHIFT] = True
    phrases = {}
    for n in range(2, int(length.max()) + 1):
        these = np.flatnonzero(length == n)
        if not these.size:  # keeps the loop over lengths simple: a hash that nothing has
            phrases[n] = (np.zeros(1, dtype=np.uint64), np.zeros(1, dtype=np.uint64))
            continue
        value = hashes[first[these]]
        for k in range(1, n):
            value = _extend(value, hashes[first[these] + k])
        order = np.argsort(value)
        phrases[n] = (value[order], lexicons[these][order])
    return _Index(_slots(heads), heads, single, pairs, phrases)


def _slots(heads: NDArray[np.uint64]) -> NDArray[np.int16]:
    """First head of each value of the upper 16 bits; sorted heads of one value are neighbours."""
    slots = np.full(1 << 16, -1, dtype=np.int16)
    upper = (heads >> _SHIFT).astype(np.int64)
    slots[upper[::-1]] = np.arange(heads.size, dtype=np.int16)[::-1]
    return slots


def _heads_of(index: _Index, hashes: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Words that begin an entry, and which head they are."""
    slot = index.slots.take((hashes >> _SHIFT).astype(np.uint16))
    word = np.flatnonzero(slot >= 0)
    head = slot[word].astype(np.int64)
    wanted = hashes[word]
    for _ in range(4):  # neighbours that share their upper 16 bits
        head += (index.heads[head] != wanted) & (head < index.heads.size - 1)
    found = index.heads[head] == wanted
    return word[found], head[found]


def lexicon_hits(page: Page) -> Hits:
    """Find every occurrence of every entry of every lexicon.

    Returns
    -------
    Hits
        Sorted by word; at one word the longer entries come first.
    """
    index = _index()
    hashes = page.hashes
    word, head = _heads_of(index, hashes)
    alone = index.single[head] != 0
    words = [word[alone]]
    lengths = [np.ones(words[0].size, dtype=np.int64)]
    lexicons = [index.single[head[alone]]]
    joined = page.joined
    word = word[joined[word]]
    value = _extend(hashes[word], hashes[word + 1])
    may = index.pairs.take((value >> _SHIFT).astype(np.uint16))
    word, value = word[may], value[may]
    for n, (known, belongs) in index.phrases.items():
        if n > 2:
            go_on = joined[word + n - 2]
            word = word[go_on]
            value = _extend(value[go_on], hashes[word + n - 1])
        place = np.minimum(np.searchsorted(known, value), known.size - 1)
        found = known[place] == value
        words.append(word[found])
        lengths.append(np.full(words[-1].size, n, dtype=np.int64))
        lexicons.append(belongs[place[found]])
    word, length, lexicon = np.concatenate(words), np.concatenate(lengths), np.concatenate(lexicons)
    order = np.argsort(word * 16 - length)
    return Hits(word[order], length[order], lexicon[order])


def lexicon_matches(page: Page, name: str) -> Matches:
    """Return where a lexicon's entries occur, at most one (the longest) at each word.

    Parameters
    ----------
    page : Page
        The texts.
    name : str
        A key of ``LEXICONS``.
    """
    hits = page.hits
    bit = np.uint64(1 << list(LEXICONS).index(name))
    mine = np.flatnonzero(hits.lexicons & bit)
    word = hits.word[mine]
    fresh = np.ones(word.size, dtype=np.bool_)
    fresh[1:] = word[1:] != word[:-1]
    word = word[fresh]
    return Matches(page.words.start[word], page.words.end[word + hits.length[mine][fresh] - 1])


def opening_matches(page: Page, name: str) -> Matches:
    """Return where a lexicon's entries begin a sentence."""
    matches = lexicon_matches(page, name)
    return matches.keep(np.isin(matches.start, page.sentences.start, assume_unique=True))


def first_plural(page: Page) -> Matches:
    """Return where the lexicon "we" occurs, but not the country US."""
    matches = lexicon_matches(page, "we")
    start, end = matches
    country = (page.codes[start] == ord("U")) & (page.codes[start + 1] == ord("S")) & (end - start == 2)
    return matches.keep(~country)
