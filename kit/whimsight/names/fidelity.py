"""How well a name says what a feature is."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.effects.clusters import Clusters
from whimsight.effects.spread import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Fidelity", "fidelity"]

_FEWEST = 10


class Fidelity(NamedTuple):
    """Correlation of a code with a judge's answers.

    Attributes
    ----------
    r, low, high : float
        Pearson correlation with its interval.
    p : float
        Two-sided test of 0.
    n : int
        Pairs used.
    """

    r: float
    low: float
    high: float
    p: float
    n: int

    def reversed(self) -> Fidelity:
        """Return the same for the feature read the other way round.

        Examples
        --------
        >>> Fidelity(0.5, 0.25, 0.75, 0.01, 80).reversed()
        Fidelity(r=-0.5, low=-0.75, high=-0.25, p=0.01, n=80)
        """
        return Fidelity(-self.r, -self.high, -self.low, self.p, self.n)


def fidelity(
    code: NDArray[np.float32],
    judged: NDArray[np.float64],
    *,
    clusters: NDArray[np.int64] | None = None,
    alpha: float = 0.05,
) -> Fidelity:
    """Correlate a code with a judge's answers over the pairs in which the feature is active.

    Parameters
    ----------
    code : ndarray
        float32 (m,); pairs with code 0 are left out.
    judged : ndarray
        float64 (m,): +1, -1, 0, or NaN for no answer, which is left out.
    clusters : ndarray, optional
        int64 (m,): pairs that share a prompt.

    Notes
    -----
    Answers are ternary and codes heavy-tailed, so the textbook variance (1 - r^2)^2 / n does not hold. The
    variance comes from the influence function of r, z_x z_y - r (z_x^2 + z_y^2) / 2 (Devlin, Gnanadesikan
    and Kettenring 1975, equation 2.3), summed by cluster; the interval is symmetric on Fisher's scale.

    Where a judge answers other than 0 for a few pairs only, those pull the line towards themselves and the
    plain sum of squares is too small; so each cluster's influence is divided by sqrt(1 - h) with the leverage
    h of its answers (MacKinnon and White 1985, HC2). With codes that are noise, 95 % intervals of drafts on the
    samples cover 0 in 92 to 97 % of cases, by kind of noise, and in as few as 85 % without this.

    Examples
    --------
    >>> z = np.array([1, 2, -1, -2, 3, -3, 1, -1, 2, -2], dtype=np.float32)
    >>> round(fidelity(z, np.sign(z).astype(float)).r, 3)
    0.923
    """
    use = np.flatnonzero((code != 0) & np.isfinite(judged))
    nothing = Fidelity(np.nan, np.nan, np.nan, np.nan, int(use.size))
    if use.size < _FEWEST:
        return nothing
    x, y = code[use].astype(np.float64), judged[use]
    sx, sy = x.std(), y.std()
    if sx == 0 or sy == 0:
        return Fidelity(0.0, np.nan, np.nan, np.nan, int(use.size))
    zx, zy = (x - x.mean()) / sx, (y - y.mean()) / sy
    r = float(np.mean(zx * zy))
    grouped = Clusters([clusters[use] if clusters is not None else np.arange(use.size)])
    if grouped.fewest < 3:
        return nothing
    inside = min(max(r, -0.9999), 0.9999)
    spread = _spread(zx, zy, inside, grouped)
    centre = np.arctanh(inside)
    reach, p = float(spread.reach(alpha)[0]), float(spread.p(np.array([centre]))[0])
    return Fidelity(r, float(np.tanh(centre - reach)), float(np.tanh(centre + reach)), p, int(use.size))


def _spread(zx: NDArray[np.float64], zy: NDArray[np.float64], r: float, clusters: Clusters) -> Spread:
    """Spread of a correlation on Fisher's scale."""
    way = clusters.ways[0]
    leverage = np.minimum(way.sums((1 + zy**2) / zx.size), 0.99)
    influence = way.sums(zx * zy - r * (zx**2 + zy**2) / 2) / (zx.size * (1 - r**2))
    return Spread(np.sqrt([np.sum(influence**2 / (1 - leverage))]), np.array([way.n_clusters - 1.0]))
