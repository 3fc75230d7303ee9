"""Which phrase occurs in which text, as one sparse table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.names.texts import plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Terms", "count_terms"]

_LONGEST = 4  # words of a phrase
_MOST = 30_000  # phrases of one length
_WIDEST = 30  # characters of a word; longer ones are codes, links and noise


@dataclass(frozen=True, slots=True)
class Terms:
    """Phrases of one to four words and the texts that hold them.

    Attributes
    ----------
    present : csr array
        float32 (n_texts, n_phrases) of 0 and 1.
    phrases : list of str
        First the single words.
    n_words : int
        How many of the phrases are single words.
    sizes : ndarray
        float64 (n_texts,): distinct words of each text, rare ones too.
    """

    present: Any
    phrases: list[str]
    n_words: int
    sizes: NDArray[np.float64]


def count_terms(texts: Sequence[str], *, fewest: int = 3) -> Terms:
    """Find all phrases of one to four words that at least ``fewest`` texts hold.

    A phrase grows word by word from phrases that are frequent enough themselves, so that the work stays
    near the number of words.

    Examples
    --------
    >>> terms = count_terms(["I am sorry", "I am late", "so sorry"], fewest=2)
    >>> terms.phrases
    ['i', 'am', 'sorry', 'i am']
    >>> terms.present.toarray().tolist()
    [[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    """
    from scipy.sparse import csr_array

    number: dict[str, int] = {}
    flat: list[int] = []
    lengths = np.zeros(len(texts), dtype=np.int64)
    for i, text in enumerate(texts):
        words = plain(text).split()
        flat += [number.setdefault(word, len(number)) for word in words]
        lengths[i] = len(words)
    names = list(number)
    word = np.array(flat, dtype=np.int64)
    text_of = np.repeat(np.arange(len(texts)), lengths)
    usable = np.array([len(name) <= _WIDEST for name in names], dtype=bool)

    label, kept, pairs, sizes = _level(word, text_of, len(names), len(texts), fewest, usable)
    n_words = kept.size
    single, at = label, label
    phrases = [names[k] for k in kept.tolist()]
    level = phrases
    all_texts, all_terms = [pairs[0]], [pairs[1]]
    place = np.arange(word.size)
    for n in range(1, _LONGEST):
        inside = place + n < word.size
        place, at = place[inside], at[inside]
        follows = single[place + n]
        good = (at >= 0) & (follows >= 0) & (text_of[place] == text_of[np.minimum(place + n, word.size - 1)])
        place, at, follows = place[good], at[good], follows[good]
        if not place.size:
            break
        codes, grown = np.unique(at * n_words + follows, return_inverse=True)
        at, kept, pairs, _ = _level(grown, text_of[place], codes.size, len(texts), fewest)
        level = [f"{level[c // n_words]} {phrases[c % n_words]}" for c in codes[kept].tolist()]
        all_texts.append(pairs[0])
        all_terms.append(pairs[1] + len(phrases))
        phrases = phrases + level
    row, column = np.concatenate(all_texts), np.concatenate(all_terms)
    present = csr_array((np.ones(row.size, np.float32), (row, column)), shape=(len(texts), len(phrases)))
    return Terms(present, phrases, n_words, sizes)


def _level(
    gram: NDArray[np.int64],
    text: NDArray[np.int64],
    n_grams: int,
    n_texts: int,
    fewest: int,
    usable: NDArray[np.bool_] | None = None,
) -> tuple[
    NDArray[np.int64], NDArray[np.int64], tuple[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float64]
]:
    """Keep the grams that enough texts hold, the most frequent first to stay.

    Returns
    -------
    label of the kept gram at each position (-1 where it fell out), the kept grams, (text, label) of each
    occurrence, distinct grams of each text
    """
    both = np.sort(gram * n_texts + text)  # np.unique would go through a hash table, at five times the time
    both = both[np.flatnonzero(np.diff(both, prepend=-1))]
    of, where = both // n_texts, both % n_texts
    texts_with = np.bincount(of, minlength=n_grams)
    good = texts_with >= fewest
    if usable is not None:
        good &= usable
    kept = np.flatnonzero(good)
    if kept.size > _MOST:
        kept = np.sort(kept[np.argsort(-texts_with[kept], kind="stable")[:_MOST]])
    relabel = np.full(n_grams, -1, dtype=np.int64)
    relabel[kept] = np.arange(kept.size)
    label = relabel[of]
    stays = label >= 0
    sizes = np.bincount(where, minlength=n_texts).astype(np.float64)
    return relabel[gram], kept, (where[stays], label[stays]), sizes
