"""All attributes of all texts, in chunks, without a Python loop over texts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.attributes.catalogue import ATTRIBUTES, PATTERNS
from whimsight.attributes.lexicons import LEXICONS
from whimsight.attributes.tokens import Tokens, tokenise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

__all__ = ["code", "measure"]

_CHUNK_TEXTS = 4_096
_CHUNK_BYTES = 4_000_000
_BYTES = {
    "m_exclamations": b"!",
    "m_questions": b"?",
    "m_colons": b":;",
    "m_commas": b",",
    "m_parentheses": b"([",
    "m_lines": b"\n",
    "m_digits": b"0123456789",
}
_YES_NO = ("m_ends_question", "m_unfinished", "m_opener")


def measure(
    texts: Sequence[str],
    ids: Sequence[str] | None = None,
    *,
    progress: Callable[[str, int, int], None] | None = None,
) -> NDArray[np.float32]:
    """Measure texts.

    Parameters
    ----------
    texts : sequence of str
    ids : sequence of str, optional
        Some of `ATTRIBUTES`; all of them by default.
    progress : callable, optional
        Called with ("measure", texts done, texts in all).

    Returns
    -------
    ndarray
        float32 (n_texts, n_attributes), columns in the order of ``ids`` or `ATTRIBUTES`. An empty text
        measures 0 everywhere.

    Raises
    ------
    TypeError
        If something is not a text.

    Examples
    --------
    >>> measure(["One, two!", "- a\\n- b"], ["m_words", "m_bullets"]).round(3).tolist()
    [[2.0, 0.0], [4.0, 1.0989999771118164]]
    """
    from concurrent.futures import ThreadPoolExecutor

    out = np.zeros((len(texts), len(ATTRIBUTES)), dtype=np.float32)
    chunks = list(_chunks(texts))
    done = 0
    with ThreadPoolExecutor(max_workers=2) as pool:  # Arrow's kernels release the interpreter lock
        for (start, stop), values in zip(
            chunks, pool.map(lambda c: _measure(texts[c[0] : c[1]]), chunks), strict=True
        ):
            out[start:stop] = values
            done = stop
            if progress is not None:
                progress("measure", done, len(texts))
    if ids is None:
        return out
    order = list(ATTRIBUTES)
    unknown = [i for i in ids if i not in ATTRIBUTES]
    if unknown:
        from whimsight._suggest import nearest

        raise KeyError(f"No attribute {unknown[0]!r}.{nearest(unknown[0], order)} See whimsight.ATTRIBUTES.")
    return np.ascontiguousarray(out[:, [order.index(i) for i in ids]])


def code(a: NDArray[np.float32], b: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Turn the attributes of two sides into measured codes.

    Parameters
    ----------
    a, b : ndarray
        float32 (n_pairs, p).

    Returns
    -------
    codes : ndarray
        float32 (n_pairs, p): ``(a - b) / scale``, exactly 0 where the sides do not differ, and with the
        opposite sign when they are swapped.
    scale : ndarray
        float32 (p,): root mean square of ``a - b``, which is its standard deviation around the 0 that
        swapping sides makes the mean; 0 where an attribute never differs.

    Examples
    --------
    >>> codes, scale = code(np.array([[3.0], [1.0]], np.float32), np.array([[1.0], [1.0]], np.float32))
    >>> codes.round(3).tolist(), scale.round(3).tolist()
    ([[1.4140000343322754], [0.0]], [1.4140000343322754])
    """
    difference = a - b
    scale = np.sqrt(np.mean(np.square(difference, dtype=np.float64), axis=0)).astype(np.float32)
    return difference / np.where(scale > 0, scale, np.float32(1)), scale


def _chunks(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    start, size = 0, 0
    for i, text in enumerate(texts):
        size += len(text)
        if i + 1 - start >= _CHUNK_TEXTS or size >= _CHUNK_BYTES:
            yield start, i + 1
            start, size = i + 1, 0
    if start < len(texts):
        yield start, len(texts)


def _arrow(texts: Sequence[str]) -> Any:
    import pyarrow as pa

    try:
        return pa.array(texts, type=pa.large_string())
    except UnicodeEncodeError:
        clean = [t.encode("utf-8", "replace").decode("utf-8") for t in texts]
        return pa.array(clean, type=pa.large_string())
    except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
        raise TypeError(f"Only texts can be measured: {error}") from error


def _measure(texts: Sequence[str]) -> NDArray[np.float32]:
    import pyarrow.compute as pc

    array = _arrow(texts)
    if array.null_count:
        raise TypeError("Only texts can be measured: found None.")
    n = len(array)
    found: dict[str, NDArray[Any]] = {}
    for name, pattern in PATTERNS.items():
        counts = pc.count_substring_regex(array, pattern=pattern).to_numpy(zero_copy_only=False)
        found[name] = np.minimum(counts, 1) if name in _YES_NO else counts
    _bytes(array, n, found)
    _words(tokenise(array, n), n, found)
    logs = {i for i, a in ATTRIBUTES.items() if a.unit == "log count" and i != "m_log_words"}
    out = np.zeros((n, len(ATTRIBUTES)), dtype=np.float32)
    for j, name in enumerate(ATTRIBUTES):
        if name == "m_log_words":
            out[:, j] = np.log1p(found["m_words"])
        elif name == "m_sentence_length":
            out[:, j] = np.log1p(found["m_words"] / np.maximum(found["m_sentences"], 1))
        else:
            out[:, j] = np.log1p(found[name]) if name in logs else found[name]
    return out


def _bytes(array: Any, n: int, found: dict[str, NDArray[Any]]) -> None:
    """Count bytes of some classes for every text: one table look-up, then running sums at the borders."""
    offsets = np.frombuffer(array.buffers()[1], dtype=np.int64, count=n + 1 + array.offset)[array.offset :]
    data = array.buffers()[2]
    size = int(offsets[-1])
    raw = (
        np.frombuffer(data, dtype=np.uint8, count=size)
        if data is not None and size
        else np.zeros(0, np.uint8)
    )

    def per_text(members: NDArray[np.uint8]) -> NDArray[np.int64]:
        table = np.zeros(256, dtype=bool)
        table[members] = True
        total = np.zeros(size + 1, dtype=np.int64)
        np.cumsum(table[raw], out=total[1:])
        return total[offsets[1:]] - total[offsets[:-1]]

    for name, members in _BYTES.items():
        found[name] = per_text(np.frombuffer(members, dtype=np.uint8))
    upper = per_text(np.arange(65, 91, dtype=np.uint8))
    letters = upper + per_text(np.arange(97, 123, dtype=np.uint8))
    found["m_capitals"] = upper / np.maximum(letters, 1)
    length = offsets[1:] - offsets[:-1]
    found["m_non_ascii"] = per_text(np.arange(128, 256, dtype=np.uint8)) / np.maximum(length, 1)


def _words(tokens: Tokens, n: int, found: dict[str, NDArray[Any]]) -> None:
    import pyarrow.compute as pc

    count = np.bincount(tokens.text, minlength=n)
    unspaced = pc.count_substring_regex(
        tokens.raw_vocabulary, pattern=r"[\x{3040}-\x{30FF}\x{3400}-\x{9FFF}\x{0E00}-\x{0E7F}]"
    )
    dense = unspaced.to_numpy(zero_copy_only=False) // 2
    extra = (
        np.bincount(tokens.text, weights=np.maximum(dense - 1, 0)[tokens.raw], minlength=n)
        if dense.any()
        else 0
    )
    words = count + extra
    found["m_words"] = words
    letters = pc.utf8_length(tokens.vocabulary).to_numpy(zero_copy_only=False)
    real = tokens.word >= 0
    text, word = tokens.text[real], tokens.word[real]
    total = np.bincount(text, weights=letters[word], minlength=n)
    per = np.bincount(text, minlength=n)
    found["m_word_length"] = total / np.maximum(per, 1)
    found["m_diversity"] = _distinct(text, word.astype(np.int64), n) / np.sqrt(np.maximum(per, 1))
    found["m_repetition"] = _repeated(text, word, len(tokens.vocabulary), n)
    caps = pc.match_substring_regex(tokens.raw_vocabulary, pattern=r"^[^A-Za-z0-9]*[A-Z]{2,}[^A-Za-z0-9]*$")
    shouted = caps.to_numpy(zero_copy_only=False)[tokens.raw]
    found["m_all_caps"] = np.bincount(tokens.text[shouted], minlength=n)
    _lexicons(text, word, tokens.vocabulary, n, found)


def _distinct(text: NDArray[np.int32], word: NDArray[np.int64], n: int) -> NDArray[np.int64]:
    if not text.size:
        return np.zeros(n, dtype=np.int64)
    width = int(word.max()) + 1
    seen = np.unique(text.astype(np.int64) * width + word)
    return np.bincount(seen // width, minlength=n)


def _repeated(
    text: NDArray[np.int32], word: NDArray[np.int32], vocabulary: int, n: int
) -> NDArray[np.float64]:
    if text.size < 3:
        return np.zeros(n)
    whole = (text[2:] == text[:-2]).nonzero()[0]
    w = word.astype(np.uint64)
    mix = (
        (w[:-2] * np.uint64(0x9E3779B97F4A7C15))
        ^ (w[1:-1] * np.uint64(0xC2B2AE3D27D4EB4F))
        ^ (w[2:] * np.uint64(0x165667B19E3779F9))
    )
    where = text[:-2][whole].astype(np.uint64)
    # 40 bits of the sequence beside the text's number: a collision changes a share by one part in many.
    keys = np.unique((where << np.uint64(40)) | (mix[whole] >> np.uint64(24)))
    all_ = np.bincount(text[:-2][whole], minlength=n)
    distinct = np.bincount((keys >> np.uint64(40)).astype(np.int64), minlength=n)
    return np.where(all_ > 0, 1.0 - distinct / np.maximum(all_, 1), 0.0)


def _lexicons(
    text: NDArray[np.int32], word: NDArray[np.int32], vocabulary: Any, n: int, found: dict[str, NDArray[Any]]
) -> None:
    """Count lexicon entries: one look-up for all single words, one comparison a step for phrases."""
    number = {w: i for i, w in enumerate(vocabulary.to_pylist())} if len(vocabulary) else {}
    for name, entries in LEXICONS.items():
        member = np.zeros(len(vocabulary) + 1, dtype=bool)
        singles = [number[e] for e in entries if " " not in e and e in number]
        member[singles] = True
        counts = np.bincount(text[member[word]], minlength=n)
        for entry in entries:
            if " " in entry:
                counts = counts + _phrase(text, word, [number.get(p, -2) for p in entry.split()], n)
        found[name] = counts


def _phrase(
    text: NDArray[np.int32], word: NDArray[np.int32], numbers: list[int], n: int
) -> NDArray[np.int64]:
    if min(numbers) < 0 or word.size < len(numbers):
        return np.zeros(n, dtype=np.int64)
    last = word.size - len(numbers) + 1
    at = np.flatnonzero(word[:last] == numbers[0])
    for step, wanted in enumerate(numbers[1:], start=1):
        at = at[word[at + step] == wanted]
    at = at[text[at + len(numbers) - 1] == text[at]]
    return np.bincount(text[at], minlength=n)
