"""What several datasets, counting the same, measure and express together: the table of a pooled study."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.comparisons.degrees import satterthwaite
from whimsight.comparisons.mixture import mixture
from whimsight.effects import benjamini_hochberg, bonferroni

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.comparisons._comparison import Comparison

__all__ = ["bounded", "fill_effects"]

_ALPHA = 0.05


def bounded(mixed: pd.DataFrame) -> pd.DataFrame:
    """Cut the intervals of a mixture's delta-win at -1 and 1, in place."""
    for column in ("delta_win_low", "delta_win_high"):
        mixed[column] = mixed[column].clip(-1.0, 1.0)
    return mixed


def fill_effects(comparison: Comparison) -> None:
    """Write into a pooled study's table what all datasets, counting the same, measure and express together.

    Effects are means over the datasets that have one: of beta the plain mean, of delta-win the mixture's.
    """
    from scipy.special import stdtr, stdtrit

    study, made = comparison.study, comparison.measured
    table = study.found
    k = len(comparison.slices)
    equal = np.full(k, 1 / k)
    share = made.prevalence
    table["prevalence"] = equal @ share.value
    for end, sign in (("low", -1.0), ("high", 1.0)):
        ends = made.prevalence_low if end == "low" else made.prevalence_high
        # The ends' distances stand for standard errors (MOVER, Zou and Donner 2008): Wilson's are there at 0 and 1 too.
        apart = np.abs(ends - share.value) / k
        squared = np.einsum("aj,jab,bj->j", apart, share.correlation, apart)
        table[f"prevalence_{end}"] = table["prevalence"] + sign * np.sqrt(squared)
    have = np.isfinite(made.beta.value)
    part = have / np.maximum(have.sum(axis=0), 1)
    table["beta"] = np.where(have.any(axis=0), (part * np.nan_to_num(made.beta.value)).sum(axis=0), np.nan)
    se = np.sqrt(np.einsum("aj,jab,bj->j", part, np.nan_to_num(made.beta.covariance), part))
    independent = np.zeros(part.shape[1], dtype=np.bool_)
    own = np.where(have, np.square(part * made.beta.se), np.nan)
    degrees = satterthwaite(own, made.beta.degrees, independent)
    reach = stdtrit(degrees, 1 - _ALPHA / 2) * se
    table["beta_low"], table["beta_high"] = table["beta"] - reach, table["beta"] + reach
    with np.errstate(divide="ignore", invalid="ignore"):
        p = np.asarray(2 * stdtr(degrees, -np.abs(table["beta"].to_numpy() / se)))
    table["p"], table["q"], table["significant"] = p, benjamini_hochberg(p), bonferroni(p)
    mixed = bounded(mixture(made.delta_win, made.share, made.share_se, np.ones(k)))
    for column in ("delta_win", "delta_win_low", "delta_win_high"):
        table[column] = mixed[column].to_numpy()
    table["n"] = made.n.sum(axis=0)
