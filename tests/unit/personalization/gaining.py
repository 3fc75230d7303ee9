"""Tables of gains made by hand, as `people.gain()` gives them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd


def gained(
    gains: Mapping[str, Sequence[float]], half: float = 0.002, votes: Sequence[str] = ("4", "32", "80 %")
) -> pd.DataFrame:
    """Return gains of methods by votes known, each with an interval of ``half`` to both sides."""
    rows = [
        (method, known, 0.8 + value, value, value - half, value + half, 90)
        for method, values in {"everyone": [0.0] * len(votes), **gains}.items()
        for known, value in zip(votes, values, strict=True)
    ]
    columns = ["method", "votes", "auc", "gain", "gain_low", "gain_high", "people"]
    table = pd.DataFrame(rows, columns=columns).set_index(["method", "votes"])
    return table.assign(auc_low=np.nan, auc_high=np.nan)
