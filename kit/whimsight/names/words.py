"""Which words say something of their own, and which are forms of one word."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["content_words", "glue_words", "stem"]

_COVERS = 0.35
_FREQUENT = 0.15


def _listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


_ENGLISH = _listed("""
    a about above after again all also although am an and another any anything are aren't as at be
    because been before being between both but by could couldn't did didn't do does doesn't doing don't
    done down each either else etc even ever every few for from further get gets getting go goes going
    got had hadn't has hasn't have haven't having he he'd he'll he's her here hers herself him himself
    his i i'd i'll i'm i've if in instead into is isn't it it'll it's its itself just least let let's
    like made make makes many may me might mine more most much must my myself neither no nor not now of
    off on once one ones only onto or other others our ours ourselves out over own per quite rather
    really same s shall she she'd she'll she's should shouldn't since so some someone something still
    such t than that that'd that'll that's the their theirs them themselves then there there's these
    they they'd they'll they're they've thing things this those though through thus to too under until
    up upon us used using very via was wasn't way we we'd we'll we're we've well were weren't what
    what's when where which while who whose will with within without won't would wouldn't yet you you'd
    you'll you're you've your yours yourself
""")
"""Words that hold sentences together. English only, and the last resort: frequency finds most of them, and
those of other languages, but not in a small set of short texts."""

_GLUE = _listed("""
    a about all also an and any are as at be been but by for from had has have if in into is it its just
    more of on or so some such than that the their then there these this those to very was were which
    will with
""")


def content_words(words: Sequence[str], share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which words can name something alone.

    Left out are the words that many texts (15 %) hold and that are among the most frequent ones, those which
    together make up 35 % of all occurrences: in any language these are its function words and the
    set's common ground. Further a short English list, numbers and single letters.

    Parameters
    ----------
    words : sequence of str
    share : ndarray
        float64 (n_words,): the share of texts with the word.

    Examples
    --------
    >>> content_words(["the", "7", "sorry"], np.array([0.9, 0.1, 0.1])).tolist()
    [False, False, True]
    """
    plain = np.array([w not in _ENGLISH and len(w) > 1 and not w.isdigit() for w in words], dtype=bool)
    return plain & ~_frequent(share)


def glue_words(words: Sequence[str], share: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return which words no phrase in a name should begin or end with: "to kill" is "kill".

    Those of a short English list; elsewhere frequent words of at most three letters.

    Examples
    --------
    >>> glue_words(["of", "de", "why"], np.array([0.3, 0.6, 0.1])).tolist()
    [True, True, False]
    """
    short = np.array([len(w) <= 3 and w not in _ENGLISH for w in words], dtype=bool)
    listed = np.array([w in _GLUE for w in words], dtype=bool)
    return listed | (short & _frequent(share))


def _frequent(share: NDArray[np.float64]) -> NDArray[np.bool_]:
    order = np.argsort(-share, kind="stable")
    before = np.cumsum(share[order]) - share[order]
    frequent = np.zeros(share.size, dtype=bool)
    frequent[order] = before < _COVERS * share.sum()
    return frequent & (share > _FREQUENT)


def stem(word: str) -> str:
    """Return what regular English forms of a word share; other words come back as they are.

    Examples
    --------
    >>> [stem(w) for w in ("feelings", "feeling", "steal", "stealing", "studies", "study", "class", "voilà")]
    ['feel', 'feel', 'steal', 'steal', 'studi', 'studi', 'class', 'voilà']
    """
    word = word.removesuffix("'s")
    if not word.isascii() or len(word) < 4:
        return word
    if word.endswith("ies"):
        word = word[:-3] + "y"
    elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
        word = word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word[: -len(ending)]
            if word[-1] == word[-2] and word[-1] not in "lsz":
                word = word[:-1]
            break
    word = word.removesuffix("e") if len(word) > 4 else word
    return word[:-1] + "i" if word.endswith("y") else word
