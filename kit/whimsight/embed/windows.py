"""Long texts in windows, and batches without waste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from whimsight.errors import EmbeddingError

__all__ = ["MOST_WINDOWS", "batches", "check_windows", "cuts", "slices"]

MOST_WINDOWS = 64
_SLICE = 200_000  # characters tokenized at once


def check_windows(windows: str) -> bool:
    """Return whether windows are pooled.

    Raises
    ------
    EmbeddingError
        For another word than ``"pool"`` and ``"cut"``.
    """
    if windows not in ("pool", "cut"):
        raise EmbeddingError(
            f"windows must be 'pool' (all of a long text, in windows that are averaged) or 'cut' (its beginning); "
            f"found {windows!r}."
        )
    return windows == "pool"


def cuts(length: int, size: int, *, pool: bool = True, most: int = MOST_WINDOWS) -> list[tuple[int, int]]:
    """Cut ``length`` tokens into windows of at most ``size``, whose lengths differ by one at most.

    Parameters
    ----------
    pool : bool
        False gives one window, the beginning.
    most : int
        At most so many windows, spread evenly from the first to the last, so that a text of 20 MB costs no
        hour.

    Examples
    --------
    >>> cuts(5, 2)
    [(0, 1), (1, 3), (3, 5)]
    >>> cuts(5, 2, pool=False)
    [(0, 2)]
    >>> cuts(0, 2)
    [(0, 0)]
    """
    if length <= size:
        return [(0, length)]
    if not pool:
        return [(0, size)]
    count = -(-length // size)
    chosen: Sequence[int] = range(count)
    if count > most:
        chosen = np.linspace(0, count - 1, most).astype(int).tolist()
    return [(length * i // count, length * (i + 1) // count) for i in chosen]


def batches(lengths: NDArray[np.int64], budget: int) -> Iterator[NDArray[np.int64]]:
    """Group windows of similar length so that a batch holds at most ``budget`` tokens, padding included.

    Windows of equal length stay in their order, so that those of one text come together.

    Examples
    --------
    >>> [b.tolist() for b in batches(np.array([1, 4, 4, 2]), 8)]
    [[1, 2], [3, 0]]
    """
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < order.size:
        size = max(1, budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size


def slices(text: str, most: int = _SLICE) -> Iterator[str]:
    """Cut a very long text where there is white space, which changes no token, to bound the memory.

    Examples
    --------
    >>> list(slices("one two three", 8))
    ['one two', ' three']
    """
    start = 0
    while len(text) - start > most:
        stop = max(text.rfind(mark, start + 1, start + most) for mark in " \n")
        stop = stop if stop > start else start + most
        yield text[start:stop]
        start = stop
    yield text[start:]
