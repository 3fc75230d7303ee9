"""From texts to the matrix of attributes, in bounded pieces on a few threads."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from whimsight._suggest import nearest
from whimsight.attributes.attribute import Attribute
from whimsight.attributes.catalogue import ATTRIBUTES
from whimsight.attributes.page import Page
from whimsight.errors import WhimsightError

__all__ = ["measure", "spans"]

Progress = Callable[[str, int, int], None]

_PAGE_CHARACTERS = 1 << 19
_PAGE_TEXTS = 1 << 16


def measure(
    texts: Sequence[str], ids: Sequence[str] | None = None, progress: Progress | None = None
) -> NDArray[np.float32]:
    """Measure attributes of texts.

    Parameters
    ----------
    texts : sequence of str
        n texts; any language, empty ones too.
    ids : sequence of str, optional
        Ids of the attributes, in the order of the columns wanted; by default all of ``ATTRIBUTES``.
    progress : callable, optional
        Called with (stage, texts done, n).

    Returns
    -------
    ndarray
        float32 (n, p).

    Raises
    ------
    WhimsightError
        An unknown id, or a text that is not a ``str``.

    Examples
    --------
    >>> measure(["One two. Three!", ""], ids=["m_words", "m_sentence_length"]).tolist()
    [[3.0, 1.5], [0.0, 0.0]]
    """
    wanted = [attribute(key) for key in (ATTRIBUTES if ids is None else ids)]
    _check(texts)
    texts = list(texts)
    out = np.empty((len(texts), len(wanted)), dtype=np.float32)
    workers = min(4, os.cpu_count() or 1)

    def fill(low: int, high: int) -> int:
        page = Page(texts[low:high])
        for column, one in enumerate(wanted):
            out[low:high, column] = one.value(page)
        return high

    waiting: deque[Future[int]] = deque()
    with ThreadPoolExecutor(workers) as pool:
        for low, high in _pieces(texts):
            waiting.append(pool.submit(fill, low, high))
            if len(waiting) > 2 * workers:
                _finish(waiting, progress, len(texts))
        while waiting:
            _finish(waiting, progress, len(texts))
    return out


def _finish(waiting: deque[Future[int]], progress: Progress | None, total: int) -> None:
    done = waiting.popleft().result()
    if progress is not None:
        progress("attributes", done, total)


def _check(texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise WhimsightError("measure takes a sequence of texts; found one str. Put it into a list: [text].")
    if set(map(type, texts)) <= {str}:
        return
    for row, text in enumerate(texts):
        if not isinstance(text, str):
            raise WhimsightError(
                f"Text {row} is not a str: found {type(text).__name__} ({text!r:.60}). "
                "Leave the row out, or use '' for an empty response."
            )


def _pieces(texts: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut the texts into pieces of about equal size; a text is never cut."""
    sizes = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)) + 1)
    low = 0
    while low < len(texts):
        before = sizes[low - 1] if low else 0
        high = int(np.searchsorted(sizes, before + _PAGE_CHARACTERS, side="right"))
        high = min(max(high, low + 1), low + _PAGE_TEXTS)
        yield low, high
        low = high


def attribute(attribute_id: str) -> Attribute:
    """Return an attribute by id, or say which ids are like it."""
    try:
        return ATTRIBUTES[attribute_id]
    except KeyError:
        raise WhimsightError(
            f"There is no attribute {attribute_id!r}.{nearest(attribute_id, ATTRIBUTES)}"
        ) from None


def spans(text: str, attribute_id: str) -> list[tuple[int, int]]:
    """Where an attribute occurs in a text.

    Parameters
    ----------
    text : str
        The text.
    attribute_id : str
        An id in ``ATTRIBUTES``.

    Returns
    -------
    list of (int, int)
        Start and end (exclusive) as positions in ``text``; empty for an attribute of the text as a whole.

    Examples
    --------
    >>> spans("Maybe so. Or perhaps not.", "m_hedges")
    [(0, 5), (13, 20)]
    """
    matches = attribute(attribute_id).matches
    _check([text])
    if matches is None:
        return []
    page = Page([text])
    start, end = matches(page)
    offset = int(page.start[0])
    return list(zip((start - offset).tolist(), (end - offset).tolist(), strict=True))
