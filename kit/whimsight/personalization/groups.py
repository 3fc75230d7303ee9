"""Whether groups of votes or of annotators weigh a feature differently."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from whimsight._threads import one_thread
from whimsight.effects.adjust import benjamini_hochberg, bonferroni
from whimsight.effects.logit import fit_logit
from whimsight.effects.rows import FEWEST
from whimsight.errors import FitError
from whimsight.tables import Table

__all__ = ["GroupDifferences", "group_differences"]

FEWEST_ANNOTATORS = 5
FEWEST_VOTES = 30

_ROUNDS = 30
_FLAT = 1e-6

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GroupDifferences:
    """How groups differ in their weights.

    Attributes
    ----------
    table : DataFrame
        F rows, RangeIndex. ``chi2``, ``df``, ``degrees``, ``p``: likelihood-ratio test of one weight in all groups
        (``df``: groups less one; ``degrees``: annotators less groups). ``q``: after
        Benjamini and Hochberg over features; ``significant``: p under alpha over the number of tests (Bonferroni).
        ``p_naive``: as if all votes were independent. NaN where fewer than two groups can tell.
    offsets : DataFrame
        Index (feature number, ``group``): ``offset``, ``low``, ``high``, the group's weight less the mean over
        annotators, log odds per unit; ``weight``; ``annotators``, ``votes``: int.
    left_out : DataFrame
        ``group``, ``annotators``, ``votes``, ``reason``.
    """

    table: pd.DataFrame
    offsets: pd.DataFrame
    left_out: pd.DataFrame


@one_thread()
def group_differences(
    X: Array,
    y: Array,
    annotator: NDArray[np.int64],
    group: Sequence[object] | NDArray[np.object_],
    *,
    controls: Array | None = None,
    fewest_annotators: int = FEWEST_ANNOTATORS,
    fewest_votes: int = FEWEST_VOTES,
    alpha: float = 0.05,
) -> GroupDifferences:
    """Test for every feature whether groups weigh it differently.

    Parameters
    ----------
    X : ndarray
        float (n, F): features of the voted rows, A minus B, in the units of the weights.
    y : ndarray
        float64 (n,), 1 (A preferred) or 0.
    annotator : ndarray
        int64 (n,), 0 to A - 1; rows with -1 are left out.
    group : sequence
        (n,): the group of each row, a property of the annotator (country) or of the row (topic); missing ones are
        left out.
    controls : ndarray, optional
        float64 (n, C), such as length; kept in the model with weights of every group's and annotator's own. A control
        that is the feature itself is left out of its test.
    fewest_annotators, fewest_votes : int
        Groups with fewer are left out. A group with fewer than 10 rows that have a feature is also left out of that
        feature's test (NaN in ``offsets``).
    alpha : float
        Intervals are of level 1 - ``alpha``.

    Returns
    -------
    GroupDifferences

    Raises
    ------
    FitError
        If fewer than two groups are large enough.

    Notes
    -----
    The model of annotator a's vote in group g is a logit on intercept, feature and controls with weights
    b_g + u_a, u_a ~ N(0, diag(T)): people have slopes of their own around those of their group, or else votes of one
    person count as if they were those of many, and a group that happens to hold a person with strong tastes differs
    "significantly". The null model has one weight of the feature for all groups; intercepts and controls keep theirs.

    Each person's likelihood is taken to second order around the weights of everybody (its score r and information I),
    which gives the marginal likelihood in closed form (with V = (I + T^-1)^-1):
    log L = sum over a of [r'b - b'Ib / 2 + (r - Ib)' V (r - Ib) / 2 - log det(1 + T I) / 2]. T maximises the restricted
    likelihood of the larger model, and chi2 is twice the difference of log L between the models at this T. Because T is
    estimated, chi2 / df stands on F(df, degrees), which is chi^2 with many annotators; intervals are on t(degrees).
    With T = 0 it is the naive test, on chi^2.

    In simulations with 60 annotators in two groups who differ in how they take a feature (tau .5, 40 votes each, no
    group difference) the naive test rejected in 24 % of cases at the 5 % level and this one in 6 %; with five groups
    of 12 annotators with 5 to 200 votes in 65 % and 6 %. A difference of .5 was found in 83 % and estimated as .46:
    expanding around everybody's weights pulls offsets a little towards 0. People are the only clusters: where
    groups saw different pairs (or few prompts), what is peculiar to the pairs counts as a difference of the groups.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> who = np.repeat(np.arange(60), 40)
    >>> country = np.array(["here", "there"])[who % 2]
    >>> x = rng.normal(size=who.size)
    >>> own = rng.normal(0, 0.3, 60) + 0.8 * (np.arange(60) % 2)
    >>> y = (rng.random(who.size) < 1 / (1 + np.exp(-own[who] * x))).astype(float)
    >>> found = group_differences(x[:, None], y, who, country)
    >>> found.offsets[["offset", "low", "high"]].round(2).to_numpy().tolist()
    [[-0.39, -0.48, -0.31], [0.39, 0.31, 0.48]]
    """
    names, codes = _coded(group)
    rows, kept, left_out = _large_enough(names, codes, np.asarray(annotator), fewest_annotators, fewest_votes)
    if len(kept) < 2:
        raise FitError(
            f"A comparison of groups needs two with {fewest_annotators} annotators and {fewest_votes} votes or more; "
            f"found {len(kept)} of {len(names)}. Group by a column with fewer, larger groups, or lower "
            "fewest_annotators and fewest_votes."
        )
    g = np.searchsorted(kept, codes[rows])
    _, a = np.unique(annotator[rows], return_inverse=True)
    votes = y[rows]
    C = np.zeros((rows.size, 0)) if controls is None else np.asarray(controls, dtype=np.float64)[rows]
    people = _people(a, g, len(kept))
    share = people / people.sum()
    table, offsets = [], []
    for j in range(X.shape[1]):
        x = np.asarray(X[rows, j], dtype=np.float64)
        others = C[:, [c for c in range(C.shape[1]) if not np.array_equal(C[:, c], x)]]
        tested = _test(np.column_stack([x, np.ones(rows.size), others]), votes, a, g, len(kept), share, alpha)
        table.append(tested[0])
        for name, effect, m, k in zip(
            [names[i] for i in kept], tested[1], people, np.bincount(g), strict=True
        ):
            offsets.append((j, name, *effect, int(m), int(k)))
    p = Table(table, columns=["chi2", "df", "degrees", "p", "p_naive"])
    p.insert(4, "q", benjamini_hochberg(p["p"].to_numpy()))
    p.insert(5, "significant", bonferroni(p["p"].to_numpy(), alpha))
    columns = ["feature", "group", "offset", "low", "high", "weight", "annotators", "votes"]
    return GroupDifferences(p, Table(offsets, columns=columns).set_index(["feature", "group"]), left_out)


def _coded(group: Sequence[object] | NDArray[np.object_]) -> tuple[list[object], NDArray[np.int64]]:
    codes, found = pd.factorize(np.asarray(group, dtype=object))
    order = np.argsort(np.asarray([str(v) for v in found], dtype=object), kind="stable")
    place = np.append(np.argsort(order), -1)
    return [found[i] for i in order], np.asarray(place[codes], dtype=np.int64)


def _people(a: NDArray[np.int64], g: NDArray[np.int64], n_groups: int) -> NDArray[np.int64]:
    cells = np.unique(a * n_groups + g) % n_groups
    return np.bincount(cells, minlength=n_groups)


def _large_enough(
    names: list[object],
    codes: NDArray[np.int64],
    annotator: NDArray[np.int64],
    fewest_annotators: int,
    fewest_votes: int,
) -> tuple[NDArray[np.int64], NDArray[np.int64], pd.DataFrame]:
    """Rows of groups that are large enough, their codes, and the others with the reason."""
    given = (codes >= 0) & (annotator >= 0)
    n = len(names)
    votes = np.bincount(codes[given], minlength=n)
    people = _people(annotator[given], codes[given], n) if given.any() else np.zeros(n, dtype=np.int64)
    few_people, few_votes = people < fewest_annotators, votes < fewest_votes
    left = [
        (
            names[i],
            int(people[i]),
            int(votes[i]),
            f"fewer than {fewest_annotators} annotators"
            if few_people[i]
            else f"fewer than {fewest_votes} votes",
        )
        for i in np.flatnonzero(few_people | few_votes)
    ]
    if not given.all():
        lost = np.unique(annotator[~given & (annotator >= 0)]).size
        left.append((None, int(lost), int((~given).sum()), "no group or no annotator"))
    kept = np.flatnonzero(~few_people & ~few_votes)
    table = Table(left, columns=["group", "annotators", "votes", "reason"])
    return np.flatnonzero(given & np.isin(codes, kept)), kept, table


@dataclass(frozen=True, slots=True)
class _Told:
    """What each person's votes in each group say of d weights, around the weights of everybody.

    score (A, G, d) and information (A, G, d, d) of each person in each group.
    """

    score: Array
    information: Array

    def parts(self, T: Array) -> tuple[Array, Array, Array, Array]:
        """Score (G d,) and information (G d, G d) of the groups' weights with people's own integrated out.

        Also each person's V, (A, d, d), and the log likelihood without the groups' part, (1,).
        """
        people, n_groups, d = self.score.shape
        total = self.information.sum(axis=1)
        root = np.sqrt(T)
        inner = np.eye(d) + root[:, None] * total * root
        V = root[:, None] * np.linalg.inv(inner) * root
        across = self.information.transpose(0, 2, 1, 3).reshape(people, d, n_groups * d)
        own = self.score.sum(axis=1)
        lost = V @ across
        M = -np.einsum("adx,ady->xy", across, lost, optimize=True)
        sums = self.information.sum(axis=0)
        for k in range(n_groups):
            M[k * d : (k + 1) * d, k * d : (k + 1) * d] += sums[k]
        r = self.score.sum(axis=0).reshape(-1) - np.einsum("adx,ad->x", lost, own)
        level = 0.5 * np.einsum("ad,ade,ae->", own, V, own) - 0.5 * np.linalg.slogdet(inner)[1].sum()
        return r, M, V, np.asarray([level])


def _test(
    design: Array,
    y: Array,
    a: NDArray[np.int64],
    g: NDArray[np.int64],
    n_groups: int,
    share: Array,
    alpha: float,
) -> tuple[tuple[float, int, int, float, float], Array]:
    """chi2, df, degrees, p and naive p of one feature; (offset, low, high, weight) of each group."""
    from scipy.special import chdtrc, fdtrc, stdtrit

    nothing = (np.nan, n_groups - 1, 0, np.nan, np.nan), np.full((n_groups, 4), np.nan)
    fit = fit_logit(design, y, np.ones(y.size)) if np.ptp(design[:, 0]) > 0 else None
    if fit is None:
        return nothing
    told = _told(design, fit.residual, fit.curve, a, g, n_groups)
    used = _usable(told, np.bincount(g[design[:, 0] != 0], minlength=n_groups))
    if used.size < 2:
        return nothing
    people = told.information[:, used].any(axis=(1, 2, 3))
    told = _Told(told.score[people][:, used], told.information[people][:, used])
    same = _same(used.size, design.shape[1])
    r0, M0, _, _ = told.parts(np.zeros(design.shape[1]))
    naive = _statistic(r0, M0, same)
    r, M, _, _ = told.parts(_spreads(told))
    chi2 = _statistic(r, M, same)
    df, degrees = used.size - 1, max(int(people.sum()) - used.size, 1)
    reach = float(stdtrit(degrees, 1 - alpha / 2))
    effects = np.full((n_groups, 4), np.nan)
    effects[used] = _effects(r, M, design.shape[1], share[used] / share[used].sum(), reach)
    effects[:, 3] += fit.theta[0]
    p, p_naive = float(fdtrc(df, degrees, chi2 / df)), float(chdtrc(df, naive))
    return (chi2, df, degrees, p, p_naive), effects


def _usable(told: _Told, active: NDArray[np.int64]) -> NDArray[np.int64]:
    """Groups that can tell their weight: with enough rows that have the feature, apart from the other columns."""
    sums = told.information.sum(axis=0)
    scale = np.sqrt(np.maximum(np.einsum("gii->gi", sums), 1e-300))
    apart = np.linalg.eigvalsh(sums / (scale[:, :, None] * scale[:, None, :]))[:, 0] > _FLAT
    return np.flatnonzero(apart & (active >= FEWEST))


def _effects(r: Array, M: Array, d: int, share: Array, reach: float) -> Array:
    """Offset, low, high and weight of each group, float64 (G, 4)."""
    weight = np.linalg.solve(M, r)[::d]
    centre = np.eye(share.size) - share
    offset = centre @ weight
    se = np.sqrt(np.einsum("ij,jk,ik->i", centre, np.linalg.inv(M)[::d, ::d], centre))
    return np.column_stack([offset, offset - reach * se, offset + reach * se, weight])


def _told(
    design: Array, residual: Array, curve: Array, a: NDArray[np.int64], g: NDArray[np.int64], n_groups: int
) -> _Told:
    d = design.shape[1]
    cell = a * n_groups + g
    cells = (int(a.max()) + 1) * n_groups
    score, information = np.empty((cells, d)), np.empty((cells, d, d))
    for i in range(d):
        score[:, i] = np.bincount(cell, residual * design[:, i], cells)
        for j in range(i, d):
            sums = np.bincount(cell, curve * design[:, i] * design[:, j], cells)
            information[:, i, j] = information[:, j, i] = sums
    return _Told(score.reshape(-1, n_groups, d), information.reshape(-1, n_groups, d, d))


def _same(n_groups: int, d: int) -> Array:
    """Basis of the null model: one weight of the feature (first of d), the other d - 1 of each group's own."""
    keep = np.delete(np.eye(n_groups * d), np.arange(0, n_groups * d, d), axis=1)
    one = np.zeros(n_groups * d)
    one[::d] = 1.0
    return np.column_stack([one, keep])


def _statistic(r: Array, M: Array, same: Array) -> float:
    """Twice the difference of the largest log likelihoods."""
    small = same.T @ r
    less = small @ np.linalg.solve(same.T @ M @ same, small)
    return max(float(r @ np.linalg.solve(M, r) - less), 0.0)


def _spreads(told: _Told) -> Array:
    """T of the largest restricted likelihood, by L-BFGS on its logarithm with 0 allowed: float64 (d,)."""
    from scipy.optimize import minimize

    d = told.score.shape[2]

    def lack(root: Array) -> float:
        r, M, _, level = told.parts(root**2)
        return -float(level[0] + 0.5 * r @ np.linalg.solve(M, r) - 0.5 * np.linalg.slogdet(M)[1])

    start = np.full(d, 0.2)
    found = minimize(
        lack, start, method="L-BFGS-B", bounds=[(0.0, 5.0)] * d, options={"maxiter": _ROUNDS, "ftol": 1e-7}
    )
    return np.square(found.x)
