"""Tables of a reward: which response is first, and which features make it so."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.personalization.sites import averaged

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization.reward import Reward

__all__ = ["chances", "explain", "rank"]

_REACH = 1.959963984540054


def rank(
    reward: Reward, responses: list[str], codes: NDArray[np.float64], places: NDArray[np.float64]
) -> pd.DataFrame:
    """See `Reward.rank`; codes and places float64 (n, F) of the responses."""
    score, reach = codes @ reward.per_code, _reach(reward, codes)
    order = np.argsort(-score, kind="stable")
    table = pd.DataFrame(
        {
            "response": [responses[i] for i in order],
            "score": score[order],
            "score_low": (score - reach)[order],
            "score_high": (score + reach)[order],
            "rank": np.arange(1, len(responses) + 1),
        },
        index=pd.Index(order, name="response_number"),
    )
    against = reward.coder.codes(places[order[:-1]], places[order[1:]])
    for column, values in zip(
        ("over_next", "over_next_low", "over_next_high"), chances(reward, against), strict=True
    ):
        table[column] = np.append(values, np.nan)
    return table


def explain(reward: Reward, codes: NDArray[np.float64]) -> pd.DataFrame:
    """See `Reward.explain`; codes float64 (n, F)."""
    added = (codes * reward.per_code).T
    table = reward.table.loc[list(reward.ids), ["name", "kind", "weight", "low", "high"]]
    parts = pd.DataFrame(added, index=table.index, columns=range(codes.shape[0]))
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

    odds, variance = codes @ reward.per_code, reward.variance(codes)
    if variance is None:
        nothing = np.full(odds.size, np.nan)
        return np.asarray(expit(odds)), nothing, nothing
    reach = _REACH * np.sqrt(variance)
    return averaged(odds, variance), np.asarray(expit(odds - reach)), np.asarray(expit(odds + reach))


def _reach(reward: Reward, codes: NDArray[np.float64]) -> NDArray[np.float64]:
    variance = reward.variance(codes)
    return np.full(codes.shape[0], np.nan) if variance is None else _REACH * np.sqrt(variance)
