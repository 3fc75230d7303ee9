"""Attributes of a text as a whole: lengths, shares, variety, repetition, readability, its ending."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.attributes import characters as ch
from whimsight.attributes.page import Page, members
from whimsight.attributes.scaling import ratio
from whimsight.attributes.wording import lexicon_matches

__all__ = [
    "capitals",
    "ends_with_question",
    "lowercase_starts",
    "other_scripts",
    "past",
    "readability",
    "repetition",
    "sentence_length",
    "sentence_variation",
    "tone",
    "unfinished",
    "vocabulary",
    "word_length",
    "words",
]

Floats = NDArray[np.float64]


def words(page: Page) -> Floats:
    """Words between white space."""
    return page.word_counts.astype(np.float64)


def capitals(page: Page) -> Floats:
    """Capital letters per hundred letters."""
    return ratio(page.count_kind(ch.UPPER), page.letter_counts, 100.0)


def other_scripts(page: Page) -> Floats:
    """Letters outside the Latin script per hundred letters."""
    return ratio(page.count_kind(ch.OTHER_SCRIPT), page.letter_counts, 100.0)


def word_length(page: Page) -> Floats:
    """Letters and digits per word."""
    return ratio(page.letter_counts, page.word_counts)


def sentence_length(page: Page) -> Floats:
    """Words per sentence."""
    return ratio(page.word_counts, page.count(page.sentences.start))


def sentence_variation(page: Page) -> Floats:
    """Standard deviation of the words per sentence."""
    start = page.sentences.start
    n = page.count(start)
    size = page.sentence_words
    mean = ratio(page.total(start, size), n)
    square = ratio(page.total(start, size * size), n)
    return np.sqrt(np.maximum(square - mean * mean, 0.0))


def _distinct(page: Page, keys: NDArray[np.uint64], text: NDArray[np.int64]) -> NDArray[np.int64]:
    """Number of distinct keys in each text."""
    bits = max(1, len(page).bit_length())
    keys = (keys >> np.uint64(bits)) | (text.astype(np.uint64) << np.uint64(64 - bits))
    keys.sort()
    fresh = np.ones(keys.size, dtype=np.bool_)
    fresh[1:] = keys[1:] != keys[:-1]
    owner = (keys[fresh] >> np.uint64(64 - bits)).astype(np.int64)
    return np.bincount(owner, minlength=len(page))


def _text_of_words(page: Page) -> NDArray[np.int64]:
    first, last = page.word_edges
    return np.repeat(np.arange(len(page)), last - first)


def vocabulary(page: Page) -> Floats:
    """Distinct words divided by the root of the words (Guiraud's index)."""
    first, last = page.word_edges
    return ratio(_distinct(page, page.hashes, _text_of_words(page)), np.sqrt(last - first))


def repetition(page: Page) -> Floats:
    """Share of three-word sequences that occurred before in the text, per hundred."""
    hashes = page.hashes
    first, last = page.word_edges
    runs = np.maximum(last - first - 2, 0)
    if hashes.size < 3:
        return np.zeros(len(page))
    text = _text_of_words(page)
    key = hashes[:-2] * np.uint64(0xD6E8FEB86659FD93)
    key ^= key >> np.uint64(32)
    key += hashes[1:-1]
    key *= np.uint64(0x9E3779B97F4A7C15)
    key ^= key >> np.uint64(32)
    key += hashes[2:]
    key *= np.uint64(0xD6E8FEB86659FD93)
    inside = text[:-2] == text[2:]
    return ratio(runs - _distinct(page, key[inside], text[:-2][inside]), runs, 100.0)


def readability(page: Page) -> Floats:
    """Flesch reading ease, syllables estimated."""
    start = page.words.start
    n = page.count(page.sentences.start)
    lettered = page.kinds[start] & ch.LETTER != 0
    counted = page.count(start[lettered])
    per_word = ratio(page.total(start, _syllables(page)), counted)
    ease = 206.835 - 1.015 * ratio(counted, n) - 84.6 * per_word
    return np.where(counted > 0, np.clip(ease, -100.0, 121.0), 0.0)


def _syllables(page: Page) -> NDArray[np.int64]:
    """Syllables of each word: groups of vowels, less a silent e at its end; 0 for a number."""
    start, end = page.words
    vowel = page.kinds & ch.VOWEL != 0
    begins = np.zeros(vowel.size, dtype=np.int32)
    begins[1:] = vowel[1:] & ~vowel[:-1]
    np.cumsum(begins, out=begins)
    groups = (begins[end - 1] - begins[start - 1]).astype(np.int64)
    silent = members(page.codes[end - 1], "eE") & ~vowel[end - 2] & (groups > 1)
    silent &= ~members(page.codes[end - 2], "lL")
    lettered = page.kinds[start] & ch.LETTER != 0
    return np.where(lettered, np.maximum(groups - silent, 1), 0)


def tone(page: Page) -> Floats:
    """Positive less negative words per hundred words."""
    balance = page.count(lexicon_matches(page, "positive").start)
    balance = balance - page.count(lexicon_matches(page, "negative").start)
    return ratio(balance, page.word_counts, 100.0)


def past(page: Page) -> Floats:
    """Words in -ed and frequent past forms per hundred words."""
    start, end = page.words
    ed = (page.codes[end - 1] == ord("d")) & (page.codes[end - 2] == ord("e")) & (end - start > 4)
    return ratio(
        page.count(start[ed]) + page.count(lexicon_matches(page, "past").start), page.word_counts, 100.0
    )


def ends_with_question(page: Page) -> Floats:
    """1 where the last visible character is a question mark."""
    return members(page.codes[page.last], "?？؟").astype(np.float64)


def unfinished(page: Page) -> Floats:
    """1 where the text ends in a letter, digit, comma or the like instead of closing punctuation."""
    word = page.kinds[page.last] & ch.WORD != 0
    return np.asarray(word | members(page.codes[page.last], ",;:-–—(，、"), dtype=np.float64)


def lowercase_starts(page: Page) -> Floats:
    """Sentences that begin with a small Latin letter, per hundred."""
    start = page.sentences.start
    small = page.kinds[start] & (ch.UPPER | ch.OTHER_SCRIPT) == 0
    return ratio(page.count(start[small]), page.count(start), 100.0)
