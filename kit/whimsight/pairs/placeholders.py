"""What stands in the place of prompts where data has none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import ArrayLike, NDArray

__all__ = ["are_placeholders", "made_up", "placeholders"]

_PLACEHOLDER = re.compile(r"\(pair [0-9]+\)")


def placeholders(response_a: ArrayLike, response_b: ArrayLike) -> NDArray[np.object_]:
    """Return a made-up prompt for each row, the same for rows with the same two responses, whichever is A.

    Examples
    --------
    >>> placeholders(["x", "y", "z"], ["y", "x", "x"]).tolist()
    ['(pair 0)', '(pair 0)', '(pair 1)']
    """
    a, b = (np.asarray(response, dtype=object) for response in (response_a, response_b))
    place, _ = pd.factorize(pd.Series(np.concatenate([a, b]), dtype=object).map(str))
    a_at, b_at = place[: a.size], place[a.size :]
    pair = pd.factorize(pd.MultiIndex.from_arrays([np.minimum(a_at, b_at), np.maximum(a_at, b_at)]))[0]
    return np.array([f"(pair {i})" for i in range(int(pair.max(initial=-1)) + 1)], dtype=object)[pair]


def are_placeholders(prompts: Iterable[str]) -> bool:
    """Whether all prompts are made up: they say so themselves, in whatever file they were since.

    Examples
    --------
    >>> are_placeholders(["(pair 0)", "(pair 12)"]), are_placeholders(["(pair 0)", "What is a pair?"])
    (True, False)
    """
    return all(_PLACEHOLDER.fullmatch(prompt) for prompt in prompts)


def made_up(prompts: NDArray[np.object_], dataset: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Return which prompts are made up, those of datasets that have none of their own; bool (n,).

    Parameters
    ----------
    prompts : ndarray
        Texts (n,).
    dataset : ndarray
        int64 (n,): rows with the same number are of one dataset.

    Examples
    --------
    >>> made_up(np.array(["(pair 0)", "Why?", "(pair 0)", "(pair 1)"], dtype=object), np.array([0, 0, 1, 1])).tolist()
    [False, False, True, True]
    """
    out = np.zeros(prompts.size, dtype=np.bool_)
    order = np.argsort(dataset, kind="stable")
    starts = np.flatnonzero(np.diff(dataset[order])) + 1
    for rows in np.split(order, starts):
        out[rows] = are_placeholders(prompts[rows])
    return out
