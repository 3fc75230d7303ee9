"""Do people differ? A test that trusts no model: votes on the same pair change hands."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from whimsight.errors import FitError

__all__ = ["permutation_test"]

_TYPICAL = 0.2


def permutation_test(
    X: ArrayLike,
    y: ArrayLike,
    annotator: ArrayLike,
    pair: ArrayLike,
    *,
    turned: ArrayLike | None = None,
    times: int = 400,
    seed: int = 0,
) -> NDArray[np.float64]:
    """Test for each feature that people do not differ in it, by permuting the votes of each pair among its voters.

    Where people agree but for chance, those who voted on a pair can change their votes without anyone noticing, however
    good the pair's responses are and whatever they are about. So neither a pair's own quality nor what a prompt does to
    a feature makes people seem to differ. Votes of pairs that one person voted on tell nothing here: the test is weaker
    than that of :func:`fit_hierarchy`, and stands on less.

    Parameters
    ----------
    X : array_like
        (n, F): codes of the pairs, A minus B.
    y : array_like
        (n,): 1 where A was preferred, 0 where B was.
    annotator, pair : array_like
        int (n,).
    turned : array_like, optional
        bool (n,): rows that show their pair the other way round.
    times : int
        Permutations.
    seed : int

    Returns
    -------
    ndarray
        float64 (F,): p; NaN for a feature that does not vary over pairs with several voters.

    Raises
    ------
    FitError
        If no pair has votes of two people.

    Notes
    -----
    The statistic is the score of tau_j² at an assumed spread of 0.2: the sum over people of (sum of code times what a
    vote is above the pair's mean vote)², each over (1 + 0.04 i)² with the person's information i on the feature.
    People whose votes are always read the wrong way round differ in every feature, and are found so.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> pair, annotator = np.divmod(np.arange(2000), 20)               # 20 people vote on 100 pairs
    >>> X = rng.normal(size=(100, 2))[pair]
    >>> own = np.column_stack([rng.normal(0, 1, 20), np.ones(20)])      # and differ in the first feature only
    >>> y = rng.random(2000) < 1 / (1 + np.exp(-(X * own[annotator]).sum(axis=1)))
    >>> p = permutation_test(X, y, annotator, pair)
    >>> bool(p[0] < 0.005), bool(p[1] > 0.05)
    (True, True)
    """
    from scipy.sparse import csr_array

    votes = np.asarray(y, dtype=np.float64)
    sign = np.ones(votes.size) if turned is None else np.where(np.asarray(turned, dtype=np.bool_), -1.0, 1.0)
    pairs = np.unique(np.asarray(pair), return_inverse=True)[1]
    counts = np.bincount(pairs)
    kept = np.flatnonzero(counts[pairs] > 1)
    if kept.size == 0:
        raise FitError(
            "No pair has votes of two people: there are none to permute. Use the model's own test."
        )
    order = kept[np.argsort(pairs[kept], kind="stable")]
    pairs = np.unique(pairs[order], return_inverse=True)[1]
    people = np.unique(np.asarray(annotator)[order], return_inverse=True)[1]
    first = np.flatnonzero(np.diff(pairs, prepend=-1))
    codes = np.asarray(X, dtype=np.float64)[order[first]] * sign[order[first], None]
    choice = (votes[order] - 0.5) * sign[order]  # for the pair's first response
    size = np.diff(first, append=order.size)
    choice -= np.repeat(np.add.reduceat(choice, first) / size, size)
    variance = (np.add.reduceat(choice**2, first) / np.maximum(size - 1, 1))[pairs]
    shape = (int(people.max()) + 1, first.size)
    weight = 1 / (1 + _TYPICAL**2 * (csr_array((variance, (people, pairs)), shape) @ codes**2)) ** 2

    def score(values: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = np.asarray(csr_array((values, (people, pairs)), shape) @ codes)
        return np.asarray((weight * moved**2).sum(axis=0))

    rng = np.random.default_rng(seed)
    seen = score(choice)
    as_far = np.zeros(codes.shape[1])
    for _ in range(times):
        mixed = np.lexsort((rng.random(pairs.size), pairs))  # within pairs
        as_far += score(choice[mixed]) >= seen * (1 - 1e-12)
    p = (1 + as_far) / (1 + times)
    p[codes.std(axis=0) == 0] = np.nan
    return p
