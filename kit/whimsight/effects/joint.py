"""What features do to the choice when all of them are in one regression."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import one_thread
from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.logit import fit_firth, fit_logit
from whimsight.effects.rows import FEWEST, check_matrix, independent, standardise, votes
from whimsight.effects.spread import Correction, spread
from whimsight.tables import Table

__all__ = ["joint_effects"]


@one_thread()
def joint_effects(
    codes: NDArray[np.float32],
    preference: NDArray[np.float64],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64] | None = None,
    weights: NDArray[np.float64] | None = None,
    alpha: float = 0.05,
    correction: Correction = "CR2",
) -> pd.DataFrame:
    """Estimate the effects of all features in one regression.

    Parameters
    ----------
    codes, preference, clusters, controls, weights, alpha, correction
        As in `effects`; ties are left out. ``"CR2"`` goes with Firth's (1993) estimate, which takes away the
        bias that maximum likelihood has when columns are many (away from 0, by about their number over that
        of the rows) and exists under separation; ``"CR1"`` with maximum likelihood, as in statsmodels.

    Returns
    -------
    DataFrame
        F rows: ``beta``, ``beta_low``, ``beta_high``, ``p``, ``q``, ``significant``. NaN for columns with
        fewer than 10 active rows, constant ones, and those that are nearly a combination of columns before
        them (controls come first); NaN everywhere with fewer than two rows a column.
    """
    n_features = codes.shape[1]
    check_matrix("codes", codes, preference.size)
    used = votes(preference, clusters=clusters, controls=controls, weights=weights)
    out = {name: np.full(n_features, np.nan) for name in ("beta", "beta_low", "beta_high", "p")}
    if used is not None:
        C = used.controls.shape[1]
        X, scale = standardise(np.column_stack([used.controls, codes[used.rows].astype(np.float64)]))
        keep = independent(X, (scale > 0) & (np.count_nonzero(X, axis=0) >= FEWEST))
        X = np.column_stack([np.ones(used.y.size), X[:, keep]])
        fit = None
        if used.y.size >= 2 * X.shape[1] and used.clusters.fewest > 1:
            fit = (fit_firth if correction == "CR2" else fit_logit)(X, used.y, used.weights)
        if fit is not None:
            around = spread(fit, np.eye(fit.theta.size)[:, 1:], used.clusters, correction=correction)
            beta, reach = fit.theta[1:], around.reach(alpha)
            mine = keep >= C
            where = keep[mine] - C
            for name, values in (
                ("beta", beta),
                ("beta_low", beta - reach),
                ("beta_high", beta + reach),
                ("p", around.p(beta)),
            ):
                out[name][where] = values[mine]
    table = Table(out)
    table["q"] = benjamini_hochberg(out["p"])
    table["significant"] = bonferroni(out["p"], alpha)
    return table
