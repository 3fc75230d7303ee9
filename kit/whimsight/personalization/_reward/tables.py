"""Tables of a reward: which response is first, and which features make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.personalization.posterior import REACH
from whimsight.personalization.sites import averaged
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._reward.sets import ReadSet
    from whimsight.personalization.reward import Reward

__all__ = ["chances", "explain", "rank"]


def rank(reward: Reward, responses: list[str], read: ReadSet) -> pd.DataFrame:
    """See `Reward.rank`."""
    score, reach = read.codes @ reward.per_code, _reach(reward, read.codes)
    order = np.argsort(-score, kind="stable")
    table = Table(
        {
            "response": [responses[i] for i in order],
            "score": score[order],
            "score_low": (score - reach)[order],
            "score_high": (score + reach)[order],
            "rank": np.arange(1, len(responses) + 1),
        },
        index=pd.Index(order, name="response_number"),
    )
    against = reward.coder.codes(read.places[order[:-1]], read.places[order[1:]])
    for column, values in zip(
        ("over_next", "over_next_low", "over_next_high"), chances(reward, against), strict=True
    ):
        table[column] = np.append(values, np.nan)
    return table


def explain(reward: Reward, read: ReadSet) -> pd.DataFrame:
    """See `Reward.explain`."""
    added = (read.codes * reward.per_code).T
    table = reward.table.loc[list(reward.ids), ["name", "kind", "weight", "low", "high"]]
    parts = Table(added, index=table.index, columns=range(read.codes.shape[0]))
    order = np.argsort(-np.abs(added).max(axis=1, initial=0.0), kind="stable")
    return pd.concat([table, parts], axis=1).iloc[order]


def chances(
    reward: Reward, codes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return the chance that A is preferred with its 95 % interval, float64 (n,) each, for codes (n, F) of pairs.

    The chance integrates out what is not known of the weights; the interval is that of the log odds, NaN where
    the weights were set by hand.
    """
    from scipy.special import expit

    odds, spread = codes @ reward.per_code, variance(reward, codes)
    if spread is None:
        nothing = np.full(odds.size, np.nan)
        return np.asarray(expit(odds)), nothing, nothing
    reach = REACH * np.sqrt(spread)
    return averaged(odds, spread), np.asarray(expit(odds - reach)), np.asarray(expit(odds + reach))


def _reach(reward: Reward, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = variance(reward, codes)
    return np.full(codes.shape[0], np.nan) if spread is None else REACH * np.sqrt(spread)


def variance(reward: Reward, codes: NDArray[np.float64]) -> NDArray[np.float64] | None:
    """Return the variance of weights times codes (n, F) for what is not known of the weights, float64 (n,)."""
    if reward.covariance is None:
        return None
    x = np.divide(codes, reward.unit, out=np.zeros_like(codes), where=reward.unit > 0)
    return np.asarray(np.maximum(np.einsum("if,if->i", x @ reward.covariance, x), 0.0))
