"""The many ways to write down a choice, as numbers."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["UNKNOWN", "to_preference"]

UNKNOWN = -1.0
"""Stands for a value that no rule knows."""

_A = {
    "a",
    "response_a",
    "text_a",
    "model_a",
    "left",
    "model a",
    "response a",
    "[[a]]",
    "assistant a",
    "a>b",
    "a>>b",
}
_B = {
    "b",
    "response_b",
    "text_b",
    "model_b",
    "right",
    "model b",
    "response b",
    "[[b]]",
    "assistant b",
    "b>a",
    "b>>a",
}
_TIE = {
    "tie", "ties", "tied", "both", "neither", "equal", "draw", "same", "[[c]]", "a=b", "tie (bothbad)", "bothbad",
    "both bad", "tie (both bad)", "tie (bothgood)", "both_bad", "both_good", "both_equal", "no preference",
}  # fmt: skip
_MISSING = {"", "nan", "none", "null", "na", "n/a", "<na>"}


def to_preference(values: pd.Series, *, missing: float = np.nan) -> tuple[NDArray[np.float64], str]:
    """Turn labels into preferences.

    Recognised: 0/1 and True/False (1 is A), 1/2 (1 is A, 2 is B; 0 or 3 beside them is a tie), numbers
    between 0 and 1, -1/0/1 (tie in the middle), and the usual words for A, B and a tie in any case.

    Parameters
    ----------
    values : Series
        One label a row.
    missing : float
        What an empty cell stands for: NaN (unlabelled) or 0.5 (a tie).

    Returns
    -------
    preference : ndarray
        float64 (n,): 1.0 A, 0.0 B, 0.5 tie, NaN unlabelled, `UNKNOWN` for what no rule knows.
    how : str
        The rule in words.
    """
    text = (
        values.astype(object)
        .where(values.notna(), "")
        .map(lambda v: str(v).strip().lower())
        .to_numpy(dtype=object)
    )
    given = ~np.isin(text, list(_MISSING))
    text = np.where(text == "true", "1", np.where(text == "false", "0", text))
    numbers = pd.to_numeric(pd.Series(text), errors="coerce").to_numpy(dtype=np.float64)
    out = np.full(len(values), UNKNOWN)
    numeric = given & np.isfinite(numbers)
    seen = set(np.unique(numbers[numeric]).tolist())
    how = "A, B and tie in words"
    if seen:
        if 2.0 in seen and seen <= {0.0, 1.0, 2.0, 3.0}:
            how = "1 is A, 2 is B" + (", 0 and 3 are ties" if seen & {0.0, 3.0} else "")
            table = {1.0: 1.0, 2.0: 0.0, 0.0: 0.5, 3.0: 0.5}
            out[numeric] = [table[v] for v in numbers[numeric]]
        elif -1.0 in seen and seen <= {-1.0, 0.0, 1.0}:
            how = "1 is A, -1 is B, 0 is a tie"
            out[numeric] = (numbers[numeric] + 1) / 2
        else:
            how = "1 is A, 0 is B" + (", between them a share of votes" if seen - {0.0, 1.0} else "")
            inside = numeric & (numbers >= 0) & (numbers <= 1)
            out[inside] = numbers[inside]
    for words, value in ((_A, 1.0), (_B, 0.0), (_TIE, 0.5)):
        out[np.isin(text, list(words))] = value
    out[~given] = missing
    return out, how
