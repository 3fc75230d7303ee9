"""The winner's fidelity, on pairs that share no prompt with those that chose it, with no more of them than it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from whimsight.effects.clusters import Clusters
from whimsight.errors import StudyError
from whimsight.names.fidelity import fidelity
from whimsight.naming.boundaries import repeated_boundary, repeated_p

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["FEWEST_PAIRS", "LOOKS", "Look", "Scoring", "bar"]

LOOKS = (40, 80, 160, 300)
"""Pairs that have been asked at each look."""

FEWEST_PAIRS = 40
"""Answered pairs that a name must have to be kept: with fewer, intervals are too narrow (see `Scoring`)."""

_LEAST = 0.2  # as for drafts: a name that fits worse says nothing, however sure that is
_REVERSED = 0.02
_MUTE = 30
_CENTRAL = 0.9  # a narrow interval, whose ends tell the standard error without rounding at 1


def bar(pairs: int, tests: int, *, least: float = _LEAST, alpha: float = 0.05) -> float:
    """Return the fidelity that a name must reach on this many pairs to be kept, about.

    Fisher's scale without clusters; what an election should hold its candidates against. Infinite where there are
    too few pairs for any name to be kept.

    Examples
    --------
    >>> round(bar(300, 32), 3), round(bar(100, 32), 3), bar(39, 32)
    (0.2, 0.311, inf)
    """
    from scipy.special import ndtri

    if pairs < FEWEST_PAIRS:
        return float("inf")
    surely = -float(ndtri(alpha / max(tests, 1) / 2)) / np.sqrt(pairs - 3)
    return max(least, float(np.tanh(surely)))


class Look(NamedTuple):
    """What is known of a name's fidelity after some pairs.

    Attributes
    ----------
    r, low, high : float
        Correlation of the code with the answers and its repeated confidence interval.
    p : float
        Repeated two-sided p of 0.
    n : int
        Pairs with an answer.
    asked : int
        Pairs that were asked.
    kept : bool
        p is below alpha over the number of tests, r at least `least`, n at least `FEWEST_PAIRS`.
    """

    r: float
    low: float
    high: float
    p: float
    n: int
    asked: int
    kept: bool


class Scoring:
    """Measures how well one name fits, by looks at 40, 80, 160 and 300 pairs.

    After each look, the pairs of the next are asked only if something is left to learn. It ends

    - when the name is kept and the interval narrow: ``"kept"``;
    - when the name is not kept and all pairs would hardly or cannot change that: ``"not kept"``;
    - when all pairs were asked: ``"asked all"``.

    Parameters
    ----------
    codes : ndarray
        float32 (m,): codes of pairs in which the feature is active, in random order; those beyond the last look
        are not used.
    clusters : ndarray, optional
        int64 (m,): pairs that share a prompt.
    tests : int
        A name is kept when p < alpha / tests (Bonferroni, as in the paper), r at least ``least`` and at least
        `FEWEST_PAIRS` pairs were answered. The number of features that could be named, not that of one run, so that
        a name is not kept or dropped by what else was asked that day.
    least : float
    alpha : float
        1 - level of the interval, and of all tests together.
    width : float
        Half of the interval that is narrow enough for a name that is kept.
    looks : tuple of int

    Notes
    -----
    Looks spend the error with the square of the share of pairs asked (Lan and DeMets 1983; `boundaries.squared`). The
    interval is the repeated one (Jennison and Turnbull 1989): r on Fisher's scale, plus and minus the look's boundary
    times the standard error of `fidelity` (clustered by prompt), the boundary turned from a normal to a t quantile.
    So interval and p hold whenever and why ever one stops, with enough pairs. In simulations (exponential codes, a
    prompt for each pair) 95 % intervals held the truth in 92 to 99 % of cases from 60 pairs on, up to a fidelity of
    .8; of 60 pairs in 87 to 92 % above. Of 40 pairs in all they did in 93 to 95 % for fidelities up to .6, in 91 % at
    .76 and 87 % at .88; of 10 to 30 pairs in 88 to 90 % at .76. So no name is kept by fewer than 40 answers; one that
    little more have kept fits, though perhaps less well than its interval says: what misses lies too high. With codes
    of real votes intervals of 300 pairs held it in 96 to 99 %; with lognormal ones, whose tail is heavier than any
    that was seen, in 90 % at .72 and 73 % at .8.

    Whether all pairs would reverse the decision: given n of N pairs, r of all N is normal on Fisher's scale around
    that of the n, with variance se^2 (1 - n / N) (stochastic curtailment, Lan, Simon and Halperin 1982, at the
    trend seen). Under 2 % counts as hardly. Stopping for this reason only takes names away, so it costs no error.

    A failure is no answer: it is left out, and never a tie.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> z = rng.normal(size=300).astype(np.float32)
    >>> judged = np.sign(z + rng.normal(size=300))
    >>> scoring = Scoring(z, tests=32, width=0.2)
    >>> while (pairs := scoring.next()) is not None:
    ...     scoring.add(pairs, judged[pairs])
    >>> scoring.reason, scoring.result.asked, scoring.result.kept
    ('kept', 160, True)
    """

    def __init__(
        self,
        codes: NDArray[np.float32],
        *,
        clusters: NDArray[np.int64] | None = None,
        tests: int = 1,
        least: float = _LEAST,
        alpha: float = 0.05,
        width: float = 0.15,
        looks: tuple[int, ...] = LOOKS,
    ) -> None:
        most = min(codes.size, looks[-1])
        self._codes = codes[:most]
        self._clusters = np.arange(most) if clusters is None else clusters[:most]
        self._looks = (*(n for n in looks if n < most), most) if most else ()
        self._times = tuple(n / most for n in self._looks)
        self._answers = np.full(most, np.nan)
        self._level = alpha / max(tests, 1)
        self._least, self._alpha, self._width = least, alpha, width
        self._z: list[float] = []
        self.looks: list[Look] = []
        """What each look found."""
        self.reason = "" if most else "no pairs"
        """Why it ended; empty while it goes on."""

    @property
    def result(self) -> Look:
        """The last look; NaN before the first."""
        return self.looks[-1] if self.looks else Look(np.nan, np.nan, np.nan, np.nan, 0, 0, False)

    def next(self) -> NDArray[np.int64] | None:
        """Return the pairs to ask for the next look, int64 positions; None when it has ended."""
        if self.reason:
            return None
        done = len(self.looks)
        return np.arange(self.looks[-1].asked if done else 0, self._looks[done], dtype=np.int64)

    def add(self, pairs: NDArray[np.int64], answers: NDArray[np.float64]) -> None:
        """Take the answers for the pairs of `next`.

        Parameters
        ----------
        pairs : ndarray
            int64 (m,), as they came from `next`.
        answers : ndarray
            float64 (m,): 1, -1, 0, or NaN for no answer.

        Raises
        ------
        StudyError
            If these are not the pairs that were to be asked.
        """
        wanted = self.next()
        if wanted is None or not np.array_equal(wanted, pairs) or answers.shape != wanted.shape:
            raise StudyError(
                "The answers must be those for the pairs that Scoring.next() returned, in order."
            )
        self._answers[pairs] = answers
        self._look(int(pairs[-1]) + 1)

    def _look(self, asked: int) -> None:
        from scipy.special import ndtr, ndtri, stdtr, stdtrit

        k = len(self.looks)
        codes, answers, clusters = self._codes[:asked], self._answers[:asked], self._clusters[:asked]
        found = fidelity(codes, answers, clusters=clusters, alpha=_CENTRAL)
        centre = float(np.arctanh(np.clip(found.r, -0.9999, 0.9999)))
        degrees = Clusters([clusters[np.isfinite(answers) & (codes != 0)]]).fewest - 1.0
        se = (
            (np.arctanh(found.high) - centre) / float(stdtrit(degrees, 1 - _CENTRAL / 2))
            if degrees > 0
            else np.nan
        )
        # As surprising on the normal's scale as on t's, for which the boundaries are made; infinite from some 37 on.
        self._z.append(-float(ndtri(float(stdtr(degrees, -abs(centre / se))))) if se > 0 else np.nan)
        p = np.nan if np.isnan(self._z).all() else repeated_p(np.array(self._z), self._times)
        boundary = repeated_boundary(k, self._times, self._alpha)
        reach = -float(stdtrit(degrees, float(ndtr(-boundary)))) * se
        low, high = float(np.tanh(centre - reach)), float(np.tanh(centre + reach))
        kept = bool(p < self._level and found.r >= self._least and found.n >= FEWEST_PAIRS)
        self.looks.append(Look(found.r, low, high, p, found.n, asked, kept))
        self.reason = self._why(centre, se)

    def _why(self, centre: float, se: float) -> str:
        """Why it ends here, or nothing."""
        from scipy.special import ndtr, ndtri

        now = self.result
        if now.asked == self._looks[-1]:
            return "asked all"
        if now.n + self._looks[-1] - now.asked < FEWEST_PAIRS:
            return "not kept"  # too few would be answered
        if not se > 0:
            return "not kept" if now.n >= _MUTE else ""  # the same answer every time
        share = now.asked / self._looks[-1]
        significant = -float(ndtri(self._level / 2)) * se * np.sqrt(share)
        bar = max(float(np.arctanh(self._least)), significant)
        in_the_end = float(ndtr((centre - bar) / (se * np.sqrt(1 - share))))
        if not now.kept and in_the_end < _REVERSED:
            return "not kept"
        narrow = now.high - now.low <= 2 * self._width
        return "kept" if now.kept and narrow and in_the_end > 1 - _REVERSED else ""
