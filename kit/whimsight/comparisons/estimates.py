"""What each slice says of each feature, and how far the slices' estimates hang together."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from whimsight._threads import in_threads
from whimsight.comparisons.links import Links
from whimsight.effects.adjust import benjamini_hochberg
from whimsight.effects.clusters import Clusters
from whimsight.effects.one import Effect, OneAtATime
from whimsight.effects.prevalence import share_of, wilson

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.comparisons.slices import Slice

__all__ = ["FEWEST_PROMPTS", "Estimates", "Measured", "measure"]

FEWEST_PROMPTS = 8
"""What fewer prompts show is a story of these prompts: a handful of them may agree by chance, and then looks sure."""
_ALPHA = 0.05


@dataclass(frozen=True, slots=True)
class Estimates:
    """One quantity (delta-win, beta, a prevalence) of F features in K slices.

    Attributes
    ----------
    value : ndarray
        float64 (K, F); NaN where a slice says nothing of a feature.
    covariance : ndarray
        float64 (F, K, K), positive semidefinite over the slices with a value: the squared standard errors, and
        beside the diagonal what slices that share prompts or annotators have in common. NaN in the rows and columns
        of slices without a value.
    degrees : ndarray
        float64 (K, F): degrees of freedom of each value's t interval; NaN where there is none.
    """

    value: NDArray[np.float64]
    covariance: NDArray[np.float64]
    degrees: NDArray[np.float64]

    @property
    def se(self) -> NDArray[np.float64]:
        """Standard errors, float64 (K, F)."""
        return np.asarray(np.sqrt(np.einsum("jkk->kj", self.covariance)))

    @property
    def correlation(self) -> NDArray[np.float64]:
        """Correlations between slices' estimates, float64 (F, K, K); 0 beside the diagonal where one is certain."""
        size = self.se.T
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.nan_to_num(self.covariance / (size[:, :, None] * size[:, None, :]))
        found[:, np.arange(size.shape[1]), np.arange(size.shape[1])] = 1.0
        return np.asarray(found)

    @property
    def p(self) -> NDArray[np.float64]:
        """Two-sided p against 0, float64 (K, F)."""
        from scipy.special import stdtr

        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(2 * stdtr(self.degrees, -np.abs(self.value / self.se)))

    @property
    def q(self) -> NDArray[np.float64]:
        """The p corrected for all features and slices (Benjamini-Hochberg), float64 (K, F)."""
        p = self.p
        return benjamini_hochberg(p.ravel()).reshape(p.shape)

    def reach(self, alpha: float = 0.05) -> NDArray[np.float64]:
        """Half the width of the interval of level 1 - ``alpha``, float64 (K, F)."""
        from scipy.special import stdtrit

        return np.asarray(stdtrit(self.degrees, 1 - alpha / 2) * self.se)

    def interval(
        self, bound: float = np.inf, alpha: float = 0.05
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Ends of the intervals of level 1 - ``alpha``, float64 (K, F) each, cut at ``-bound`` and ``bound``."""
        reach = self.reach(alpha)
        return np.maximum(self.value - reach, -bound), np.minimum(self.value + reach, bound)

    def turned(self, sign: NDArray[np.float64]) -> Estimates:
        """Return the estimates with the features of ``sign`` (F,) -1 read the other way round."""
        return Estimates(self.value * sign, self.covariance, self.degrees)


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that K slices say of F features; all arrays (K, F) unless an `Estimates`.

    Attributes
    ----------
    prevalence, beta, delta_win : Estimates
        beta in units of ``scale``, the same for all slices. A delta-win whose interval reaches 1 to either side could
        be anything and is none: one cluster carries nearly all of it. One that fewer than eight prompts carry is none
        either. A slice within one prompt has prevalences without standard errors, and no effects.
    prevalence_low, prevalence_high : ndarray
        Wilson's interval; see `whimsight.effects.prevalence`.
    share, share_se : ndarray
        Share of a slice's rows that carry the effect (active, with a decided vote), and its standard error.
    n, prompts : ndarray
        int64: how many rows these are, and how many prompts they are in.
    scale : ndarray
        float64 (F,): standard deviation of the codes over rows with a vote, each slice counting the same.
    linked : bool
        Whether any two slices share a prompt or an annotator.
    """

    prevalence: Estimates
    prevalence_low: NDArray[np.float64]
    prevalence_high: NDArray[np.float64]
    beta: Estimates
    delta_win: Estimates
    share: NDArray[np.float64]
    share_se: NDArray[np.float64]
    n: NDArray[np.int64]
    prompts: NDArray[np.int64]
    scale: NDArray[np.float64]
    linked: bool


def measure(
    pair_codes: NDArray[np.float32],
    pair_of_row: NDArray[np.int64],
    slices: Sequence[Slice],
    *,
    clusters: Sequence[NDArray[np.int64]],
    controls: NDArray[np.float64],
    own_control: NDArray[np.int64],
    weights: NDArray[np.float64],
    ties: Literal["drop", "davidson"] = "drop",
    alpha: float = 0.05,
) -> Measured:
    """Measure every feature in every slice.

    Each slice is estimated by itself, as `whimsight.effects.effects` does it. Where slices share clusters (the same
    prompts judged by people and by a model, slices of one dataset with the same annotators) the covariance of two
    estimates is the sum, over the clusters that they share, of how far the cluster moves the one times how far it
    moves the other: what the pairing says without leaving out a row.

    Parameters
    ----------
    pair_codes, pair_of_row : ndarray
        As in `Study`; float32 (u, F) and int64 (n,).
    slices : sequence of Slice
    clusters : sequence of ndarray
        One or two int64 (n,): prompts, and annotators where there are several.
    controls : ndarray
        float64 (n, C).
    own_control : ndarray
        int64 (F,): the control that is the feature, -1 for none.
    weights : ndarray
        float64 (n,).

    Returns
    -------
    Measured
        A slice whose decided votes all say the same has prevalences and no effects.
    """
    k, f = len(slices), pair_codes.shape[1]
    links = Links(clusters, slices)
    value = {name: np.full((k, f), np.nan) for name in ("prevalence", "low", "high", "share", "share_se")}
    moved_prevalence, degrees_prevalence = [], np.full((k, f), np.nan)
    estimators, variance = [], np.zeros((k, f))
    for i, part in enumerate(slices):
        codes = pair_codes[pair_of_row[part.rows]]
        # A dataset without annotators has none here either, whatever stands beside it.
        ways = [way[part.rows] for w, way in enumerate(clusters) if w == 0 or (way[part.rows] >= 0).any()]
        heft = weights[part.rows]
        prompts = Clusters(ways[:1])
        share, around = share_of(codes != 0, prompts, heft)
        value["prevalence"][i] = share
        value["low"][i], value["high"][i] = wilson(share, around, prompts.fewest, alpha)
        degrees_prevalence[i] = around.degrees
        rows = np.arange(part.rows.size)
        # Rows of one prompt say nothing about how often other prompts would show a feature.
        se = around.se if prompts.fewest > 1 else np.full(f, np.nan)
        moved_prevalence.append((se, links.shared(i, rows, prompts, around.moved)))
        decided = np.isfinite(part.preference) & (part.preference != 0.5)
        value["share"][i], around = share_of((codes != 0) & decided[:, None], prompts, heft)
        value["share_se"][i] = around.se
        one_sided = np.unique(part.preference[decided & (heft > 0)]).size < 2
        estimators.append(
            OneAtATime(
                codes,
                np.full_like(part.preference, np.nan) if one_sided else part.preference,
                clusters=ways,
                controls=controls[part.rows],
                own_control=own_control,
                weights=heft,
                ties=ties,
            )
        )
        used = estimators[-1].used
        if used is not None:
            variance[i] = codes[used.rows].var(axis=0, dtype=np.float64)
    voted = [i for i, one in enumerate(estimators) if one.used is not None]
    scale = np.sqrt(variance[voted].mean(axis=0)) if voted else np.ones(f)
    scale = np.where(scale > 0, scale, 1.0)
    for one in estimators:
        one.scale = scale
    beta, delta_win = _nothing(k, f), _nothing(k, f)
    n, in_prompts = np.zeros((k, f), dtype=np.int64), np.zeros((k, f), dtype=np.int64)

    def feature(j: int) -> None:
        found = [one.measure(j) for one in estimators]
        n[:, j] = [effects.n for effects in found]
        in_prompts[:, j] = [effects.prompts for effects in found]
        _enter(beta, j, [effects.beta for effects in found], links)
        wide = [e.delta_win if e.prompts >= FEWEST_PROMPTS else "too few prompts." for e in found]
        _enter(delta_win, j, wide, links, most=1.0)

    deque(in_threads(feature, range(f)), maxlen=0)
    return Measured(
        prevalence=Estimates(value["prevalence"], links.covariances(moved_prevalence, f), degrees_prevalence),
        prevalence_low=value["low"],
        prevalence_high=value["high"],
        beta=beta,
        delta_win=delta_win,
        share=value["share"],
        share_se=value["share_se"],
        n=n,
        prompts=in_prompts,
        scale=scale,
        linked=links.any,
    )


def _nothing(k: int, f: int) -> Estimates:
    return Estimates(np.full((k, f), np.nan), np.full((f, k, k), np.nan), np.full((k, f), np.nan))


def _enter(
    into: Estimates, j: int, found: Sequence[Effect | str], links: Links, most: float = np.inf
) -> None:
    """Write one feature's estimates that reach less than ``most`` and their covariance, in place."""
    given = [
        i
        for i, one in enumerate(found)
        if isinstance(one, Effect) and np.isfinite(one.spread.se[0]) and one.spread.reach(_ALPHA)[0] < most
    ]
    moves = []
    for i in given:
        one = found[i]
        assert isinstance(one, Effect)
        into.value[i, j] = one.value
        into.degrees[i, j] = one.spread.degrees[0]
        moves.append((one.spread.se, links.shared(i, one.rows, one.clusters, one.spread.moved)))
    if given:
        into.covariance[np.ix_([j], given, given)] = links.covariances(moves, 1)
