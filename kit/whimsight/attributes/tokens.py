"""Words of many texts at once, as integers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["TRIM", "Tokens", "tokenise"]

TRIM = ".,;:!?\"'()[]{}<>*_`#~|/\\“”‘’«»„…—–-"
"""Signs trimmed at the ends of a word before it is looked up."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a chunk of texts.

    Attributes
    ----------
    text : ndarray
        int32 (n_tokens,): the text each word stands in.
    word : ndarray
        int32 (n_tokens,): the word as a number; -1 for what is only punctuation.
    raw : ndarray
        int32 (n_tokens,): the untrimmed word as a number.
    vocabulary, raw_vocabulary : pyarrow.Array
        What the numbers stand for, lower-cased and trimmed, and as written.
    """

    text: NDArray[np.int32]
    word: NDArray[np.int32]
    raw: NDArray[np.int32]
    vocabulary: Any
    raw_vocabulary: Any


def tokenise(texts: Any, n_texts: int) -> Tokens:
    """Split an Arrow array of texts at white space and number the words.

    Lower-casing and trimming run once for every distinct word, not for every word.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    parts = pc.utf8_split_whitespace(texts)
    lengths = pc.list_value_length(parts).to_numpy(zero_copy_only=False).astype(np.int64)
    flat = pc.list_flatten(parts)
    coded = flat.dictionary_encode()
    raw = coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    text = np.repeat(np.arange(n_texts, dtype=np.int32), lengths)
    used = pc.utf8_lower(pc.replace_substring(coded.dictionary, "’", "'"))
    trimmed = pc.utf8_trim(used, TRIM)
    normal = trimmed.dictionary_encode()
    word_of_raw = normal.indices.to_numpy(zero_copy_only=False).astype(np.int32)
    empty = pc.index(normal.dictionary, pa.scalar("", type=normal.dictionary.type)).as_py()
    if empty >= 0:
        word_of_raw = np.where(word_of_raw == empty, np.int32(-1), word_of_raw)
    word = word_of_raw[raw] if raw.size else raw
    keep = raw >= 0
    return Tokens(text[keep], word[keep], raw[keep], normal.dictionary, coded.dictionary)
