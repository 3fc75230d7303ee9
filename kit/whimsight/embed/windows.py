"""Long texts in windows, and batches without waste."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Window", "batches", "cut_windows"]


@dataclass(frozen=True, slots=True)
class Window:
    """A piece of a text that fits the model."""

    text: int
    ids: Sequence[int]


def cut_windows(tokens: Sequence[Sequence[int]], size: int, *, pool: bool, most: int = 64) -> list[Window]:
    """Cut token lists into pieces of nearly equal length, at most ``size`` tokens each.

    Parameters
    ----------
    tokens : sequence of sequences of int
        Without the model's own start and end tokens.
    pool : bool
        False keeps only the first piece.
    most : int
        At most so many pieces a text, spread evenly over it, so that a 20 MB text costs no hour.

    Examples
    --------
    >>> [list(w.ids) for w in cut_windows([[1, 2, 3, 4, 5]], 2, pool=True)]
    [[1, 2], [3, 4], [5]]
    """
    out: list[Window] = []
    for text, ids in enumerate(tokens):
        if len(ids) <= size:
            out.append(Window(text, ids))
        elif not pool:
            out.append(Window(text, ids[:size]))
        else:
            pieces = -(-len(ids) // size)
            step = -(-len(ids) // pieces)
            starts = range(0, len(ids), step)
            if len(starts) > most:
                starts = [starts[i] for i in np.linspace(0, len(starts) - 1, most).astype(int).tolist()]  # type: ignore[assignment]
            out.extend(Window(text, ids[s : s + step]) for s in starts)
    return out


def batches(lengths: NDArray[np.int64], budget: int) -> Iterator[NDArray[np.int64]]:
    """Group windows of similar length so that a batch holds at most ``budget`` tokens, padding included."""
    order = np.argsort(-lengths, kind="stable")
    start = 0
    while start < order.size:
        size = max(1, budget // max(1, int(lengths[order[start]])))
        yield order[start : start + size]
        start += size
