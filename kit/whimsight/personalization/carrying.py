"""How far people's weights carry over to prompts that they have not voted on."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from whimsight.personalization.crowd import rows_of_each
from whimsight.personalization.posterior import Gaussian
from whimsight.personalization.together import update_together

__all__ = ["FACTORS", "carried"]

FACTORS = (0.1, 0.25, 0.5, 0.75, 1.0)
"""What spreads may be multiplied by."""

_PEOPLE, _VOTES, _FOLDS = 200, 60, 3
_FEWEST, _MANY = 8, 20
_SEED = 0

Array = NDArray[np.float64]


def carried(
    X: Array,
    y: Array,
    annotator: NDArray[np.int64],
    prompt: NDArray[np.int64],
    everyone: Gaussian,
    spread: Array,
) -> float:
    """Choose what people's spreads are multiplied by, so that weights predict votes on other prompts best.

    Votes of one person on the same texts hang together for more reasons than the person's weights: a ranking gives
    three votes on three responses, and a response that somebody likes wins each time. Spreads that are estimated from
    all votes take this for taste; what is taste carries over to other prompts. So up to 200 people with votes on two
    prompts or more (with 20 votes or more where 40 people have them; drawn by a fixed seed) have their prompts dealt
    into three folds. For each factor a person's weights are learned from two folds and the third is predicted, 60 votes
    at most each. The factor with the least log loss wins, the largest among equals.

    Parameters
    ----------
    X, y, annotator, prompt : ndarray
        float64 (n, F), float64 (n,), int64 (n,) and int64 (n,): decided votes; X with the intercept's column.
    everyone : Gaussian
        Of the global weights (F,).
    spread : ndarray
        float64 (F,): people's spreads, before.

    Returns
    -------
    float
        One of `FACTORS`; 1 where fewer than 8 people have votes on two prompts.
    """
    rng = np.random.default_rng(_SEED)
    each = rows_of_each(annotator, int(annotator.max()) + 1)
    several = [rows for rows in each if np.unique(prompt[rows]).size > 1]
    if len(several) < _FEWEST:
        return 1.0
    many = [rows for rows in several if rows.size >= _MANY]
    several = many if len(many) >= 2 * _MANY else several
    known, scored = [], []
    for number in np.sort(rng.permutation(len(several))[:_PEOPLE]).tolist():
        rows = several[number]
        _, which = np.unique(prompt[rows], return_inverse=True)
        fold = rng.permutation(int(which.max()) + 1)[which] % _FOLDS
        for held in range(_FOLDS):
            if (fold == held).any():
                known.append(rng.permutation(rows[fold != held])[:_VOTES])
                scored.append(rng.permutation(rows[fold == held])[:_VOTES])
    losses = []
    for factor in FACTORS:
        prior = Gaussian(everyone.mean, everyone.covariance + np.diag((factor * spread) ** 2))
        losses.append(_loss(prior, X, y, known, scored))
    return max(f for f, loss in zip(FACTORS, losses, strict=True) if loss <= min(losses) + 1e-12)


def _loss(
    prior: Gaussian, X: Array, y: Array, known: list[NDArray[np.int64]], scored: list[NDArray[np.int64]]
) -> float:
    weights = update_together(prior, X, y, known)
    of = np.repeat(np.arange(len(scored)), [rows.size for rows in scored])
    rows = np.concatenate(scored)
    odds = np.einsum("ij,ij->i", X[rows], weights[of])
    return float(np.mean(np.logaddexp(0.0, odds * (1 - 2 * y[rows]))))
