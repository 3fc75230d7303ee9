"""Pairs to ask somebody new about: short enough to read, informative, on many prompts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.personalization.evidence import standardised
from whimsight.personalization.information import choose
from whimsight.studies.reading import reading_split

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization

__all__ = ["SHORT", "pool"]

SHORT = 900
"""Characters of a response, and of a prompt, that a person reads without hurry."""

_CANDIDATES = 2_000
_LONGER = (1.0, 1.5, 2.5, 4.0)


def pool(people: Personalization, n: int = 100, *, seed: int = 0, short: int = SHORT) -> NDArray[np.int64]:
    """Choose pairs whose votes would teach most about somebody of whom nothing is known.

    Candidates are distinct pairs to read (not those of blind tests) that differ in some personal feature and whose
    prompt and responses have at most ``short`` characters each; where these are fewer than n, up to 1.5, 2.5 and
    4 times as many. Of 2,000 of them by chance `whimsight.personalization.information.choose` takes one a prompt,
    greedily by expected information, then a second of each prompt, and so on.

    Parameters
    ----------
    people : Personalization
    n : int
        How many; fewer come where there are fewer pairs.
    seed : int
    short : int
        Characters.

    Returns
    -------
    ndarray
        int64 (at most n,): rows of the study, in the order of choosing.
    """
    rows = _candidates(people, n, seed, short)
    X = standardised(people, rows)
    prompt = people.study.pairs.prompt_codes[rows]
    prior = people.hierarchy.prior()
    chosen: list[int] = []
    left = np.arange(rows.size)
    while len(chosen) < n and left.size:
        found = choose(prior, X[left], n - len(chosen), pair=prompt[left])
        chosen += left[found].tolist()
        left = np.delete(left, found)
    return np.asarray(rows[chosen], dtype=np.int64)


def _candidates(people: Personalization, n: int, seed: int, short: int) -> NDArray[np.int64]:
    pairs = people.study.pairs
    readable, _ = reading_split(people.study)
    matchup, _ = pairs.matchups()
    _, first = np.unique(matchup[readable], return_index=True)
    rows = readable[np.sort(first)]
    texts = pairs.texts()
    rows = rows[texts.a[rows] != texts.b[rows]]
    asks = (standardised(people, rows)[:, people.personal] != 0).any(axis=1)
    rows = rows[asks]
    columns = (pairs.frame[c].iloc[rows] for c in ("prompt", "response_a", "response_b"))
    longest = np.max([column.str.len().to_numpy(dtype=np.int64) for column in columns], axis=0, initial=0)
    for factor in _LONGER:
        found = rows[longest <= factor * short]
        if found.size >= n:
            break
    return np.asarray(np.random.default_rng(seed).permutation(found)[:_CANDIDATES], dtype=np.int64)
