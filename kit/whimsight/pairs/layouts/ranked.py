"""Several responses to one prompt, with scores, a ranking or one choice, as weighted pairs."""

from __future__ import annotations

import numpy as np
import pandas as pd

__all__ = ["pairs_of_responses"]


def pairs_of_responses(
    long: pd.DataFrame, *, set_column: str, score: str = "score", only_best: bool = False
) -> pd.DataFrame:
    """Compare the responses within each set.

    Parameters
    ----------
    long : DataFrame
        One row a response: the set it belongs to, ``prompt``, ``response``, a score (higher is better),
        ``_row``, optionally ``model``, and columns that are the same within a set.
    set_column : str
        Rows with the same value answer the same prompt for the same person.
    only_best : bool
        Compare only the responses with the best score with the others (one choice among many).

    Returns
    -------
    DataFrame
        ``prompt``, ``response_a``, ``response_b``, ``preference`` (equal scores are ties), ``weight``, and
        the rest of the first response's columns, the set's too. The weights of a set add up to 1, so that a prompt with
        many responses counts as much as a prompt with two.
    """
    long = long.reset_index(drop=True)
    group = pd.factorize(long[set_column])[0]
    order = np.argsort(group, kind="stable")
    sizes = np.bincount(group)
    starts = np.cumsum(sizes) - sizes
    firsts, seconds = [], []
    for size in np.unique(sizes[sizes > 1]).tolist():  # one vectorised step for every size of set
        i, j = np.triu_indices(size, k=1)
        base = starts[sizes == size][:, None]
        firsts.append(order[(base + i).ravel()])
        seconds.append(order[(base + j).ravel()])
    a = np.concatenate(firsts) if firsts else np.zeros(0, dtype=np.int64)
    b = np.concatenate(seconds) if seconds else np.zeros(0, dtype=np.int64)
    scores = long[score].to_numpy(dtype=np.float64)
    if only_best:
        best = pd.Series(scores).groupby(group).transform("max").to_numpy()
        one = (scores[a] == best[a]) != (scores[b] == best[b])
        a, b = a[one], b[one]
    keep = np.argsort(a, kind="stable")
    a, b = a[keep], b[keep]
    gap = scores[a] - scores[b]
    preference = np.where(np.isnan(gap), np.nan, np.where(gap > 0, 1.0, np.where(gap < 0, 0.0, 0.5)))
    counts = np.bincount(group[a], minlength=sizes.size)
    rest = long.drop(columns=["response", score, "prompt", *(["model"] if "model" in long else [])])
    out = rest.iloc[a].reset_index(drop=True)
    out.insert(0, "prompt", long["prompt"].to_numpy(dtype=object)[a])
    out.insert(1, "response_a", long["response"].to_numpy(dtype=object)[a])
    out.insert(2, "response_b", long["response"].to_numpy(dtype=object)[b])
    out.insert(3, "preference", preference)
    out["weight"] = 1.0 / counts[group[a]]
    if "model" in long:
        out["model_a"] = long["model"].to_numpy(dtype=object)[a]
        out["model_b"] = long["model"].to_numpy(dtype=object)[b]
    return out
