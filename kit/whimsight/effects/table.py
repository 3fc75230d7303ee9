"""What a feature does to the choice, one at a time: one row a feature, with intervals."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import in_threads
from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.one import Effect, OneAtATime
from whimsight.effects.prevalence import prevalence
from whimsight.effects.spread import Correction

__all__ = ["effects"]

_EFFECTS = ("beta", "beta_low", "beta_high", "delta_win", "delta_win_low", "delta_win_high", "p")


def effects(
    codes: NDArray[np.float32],
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    own_control: NDArray[np.int64] | None = None,
    weights: NDArray[np.float64] | None = None,
    ties: Literal["drop", "davidson"] = "drop",
    alpha: float = 0.05,
    correction: Correction = "CR2",
) -> pd.DataFrame:
    """Estimate the effect of each feature on the choice, one feature at a time.

    beta: P(A preferred) = sigmoid(a + b z + g x), with the code z and the controls x divided by their
    standard deviations over the rows used, so that b is the change in log odds for one standard deviation
    of the code. Not centred: a is then the log odds for A of two responses that do not differ.

    delta-win (version 2 of the paper): the same over the rows with z != 0, with D = 1 where z > 0 and 0 where
    z < 0 in place of z; the mean over those rows of sigmoid(a + b + g x) - sigmoid(a + g x), which is how much
    oftener A is preferred when A has more than when B has. Where no side is favoured and no control matters,
    that is the win rate of the responses with more, less that of the responses with less.

    Parameters
    ----------
    codes : ndarray
        float32 (n, F), signed.
    preference : ndarray
        float64 (n,): 1 A, 0 B, 0.5 tie, NaN unlabelled (left out). A share of votes for A in between is
        one observation, a fractional logit (Papke and Wooldridge 1996); exactly 0.5 counts as a tie.
    clusters : sequence of ndarray
        One or two int64 (n,): prompt, and annotator where there is one; -1 is a cluster of its own.
        Prevalence uses the first alone.
    controls : ndarray, optional
        float64 (n, C).
    own_control : ndarray, optional
        int64 (F,): the control that *is* the feature and is left out for it; -1 for none.
    weights : ndarray, optional
        float64 (n,).
    ties : {"drop", "davidson"}
        Leave ties out, or model them (Davidson 1970); delta-win leaves them out in both cases.
    alpha : float
        Intervals of level 1 - ``alpha``; ``significant`` is p < ``alpha`` over the number of tests.
    correction : {"CR2", "CR1"}
        How standard errors respect clusters. ``"CR2"``, bias-reduced, keeps its level with few
        clusters and with rare features; ``"CR1"`` is the plain sandwich, as in statsmodels. See `spread`.

    Returns
    -------
    DataFrame
        F rows: ``prevalence``, ``beta``, ``delta_win``, each with ``_low`` and ``_high``, ``p`` (of beta),
        ``q`` (Benjamini-Hochberg), ``significant`` (Bonferroni), ``n`` (rows with a code other than 0 that
        carry a decided vote). An effect is NaN where fewer than 10 such rows, or a single cluster, carry
        the feature, or where the controls leave nothing of it. Where a feature tells all votes apart, the
        effect is Firth's (1993) and its interval at least as wide as his likelihood says. Which rows these
        are and why: ``attrs["notes"]``, a dictionary from the row's number to a sentence.

    Raises
    ------
    FitError
        If every decided vote says the same, or arguments have other sizes or are not finite.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> codes = rng.normal(size=(500, 1)).astype(np.float32)
    >>> wins = (rng.random(500) < 1 / (1 + np.exp(-codes[:, 0]))).astype(float)
    >>> table = effects(codes, wins, clusters=[np.arange(500)])
    >>> bool(table.beta_low[0] < 1 < table.beta_high[0]), bool(table.significant[0])
    (True, True)
    """
    one = OneAtATime(
        codes,
        preference,
        clusters=clusters,
        controls=controls,
        own_control=own_control,
        weights=weights,
        ties=ties,
        correction=correction,
    )
    # Who votes changes nothing in how responses differ: only the first way, the prompts, matters here.
    table = prevalence(codes, clusters=clusters[:1], weights=weights, alpha=alpha)
    n_features = codes.shape[1]
    out = {name: np.full(n_features, np.nan) for name in _EFFECTS}
    count = np.zeros(n_features, dtype=np.int64)
    notes: dict[int, str] = {}

    def measure(j: int) -> None:
        found = one.measure(j)
        count[j] = found.n
        for name, one_effect in (("beta", found.beta), ("delta_win", found.delta_win)):
            _enter(out, j, name, one_effect, alpha, notes)

    if one.used is not None:
        deque(in_threads(measure, range(n_features)), maxlen=0)
    for name in _EFFECTS:
        table[name] = out[name]
    table["q"] = benjamini_hochberg(out["p"])
    table["significant"] = bonferroni(out["p"], alpha)
    table["n"] = count
    table.attrs["notes"] = dict(sorted(notes.items()))
    return table


def _enter(
    out: dict[str, NDArray[np.float64]],
    j: int,
    name: str,
    found: Effect | str,
    alpha: float,
    notes: dict[int, str],
) -> None:
    if isinstance(found, str):
        notes.setdefault(j, found)
        return
    if found.note:
        notes.setdefault(j, found.note)
    value, reach = found.value, float(found.spread.reach(alpha)[0])
    bound = 1.0 if name == "delta_win" else np.inf
    out[name][j] = value
    out[f"{name}_low"][j], out[f"{name}_high"][j] = max(value - reach, -bound), min(value + reach, bound)
    if name == "beta":
        out["p"][j] = float(found.spread.p(np.array([value]))[0])
