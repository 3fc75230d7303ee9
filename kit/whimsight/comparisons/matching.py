"""Which features of two studies that were fitted apart are the same, and how sure that is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.comparisons.agreement import agree, correlated, read_both, same_space
from whimsight.errors import StudyError
from whimsight.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.comparisons.agreement import Agreement, Part
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["match"]

_DRAWS = 20
_DRAWN_ROWS = 2_048
_GOOD = 0.5
_APART = (
    "The studies were made with different embedders, whose directions cannot be compared: features are matched "
    "by their codes alone."
)


def match(
    one: Study,
    other: Study,
    *,
    embeddings: Sequence[NDArray[np.float32]] | None = None,
    progress: Progress | None = None,
) -> pd.DataFrame:
    """Match the features of two studies one to one.

    Discovered features are alike as far as their directions agree (cosine of the decoder rows) and their codes do:
    both dictionaries are applied to the pairs of both studies, and the correlation is that of the codes over
    both datasets, each counting the same. The score is the size of the mean of the two; the matching is the one to
    one assignment with the largest sum (Hungarian method). A measured feature is the same in any study.

    Parameters
    ----------
    one, other : Study
    embeddings : sequence of two ndarrays, optional
        For studies made from ready embeddings: float32 (n_texts, d) of ``pairs.texts().unique`` of the one and of
        the other, of the same embedder. Without it the studies' embedder is asked again; vectors are
        cached on disk.
    progress : callable, optional
        Called with (stage, done, total).

    Returns
    -------
    DataFrame
        Index ``feature``, those of ``one``.

        - ``match``: the feature of ``other``; NaN without a partner, as when that has fewer features.
        - ``kind``, ``name``, ``match_name``.
        - ``cosine``, ``correlation``: after turning, so that both are positive where they agree with each other.
          Codes have mean 0 whichever response is called A, so the correlation is uncentred.
        - ``score``: 0..1.
        - ``turned``: whether more of the feature is less of its match, as people see both (see `Study.polarity`).
        - ``chance``: the score that this feature's match reaches on average if the other dictionary is replaced
          by random mixtures of its directions, which span and weigh the same subspace.
        - ``good``: the score exceeds 95 % of what chance gives and is at least .5. With 32 features expect one
          or two above chance by luck, hence the second condition.

        ``.attrs``: ``limit`` (95 % of chance), ``unmatched`` (features of ``other`` without a partner), ``note``
        where directions could not be compared.

    Raises
    ------
    StudyError
        If the texts cannot be embedded as the studies' were.

    Examples
    --------
    >>> found = match(mt_bench, creative_writing)             # doctest: +SKIP
    >>> found[found["good"] & (found["kind"] == "discovered")]    # doctest: +SKIP
    """
    for position, study in enumerate((one, other)):
        if not hasattr(study, "pair_codes"):
            raise StudyError(
                f"match takes two studies; found {type(study).__name__} as the {('first', 'second')[position]}."
            )
    same = same_space(one, other, embeddings)
    parts = read_both(one, other, same, embeddings, progress)
    agreement = agree(one, other, parts, same)
    size = np.abs(agreement.score)
    rows, columns = _assigned(size)
    chance, limit = _chance(one, other, parts, same, one.settings.seed, progress)
    return _table(one, other, agreement, (rows, columns), chance, limit, same)


def _assigned(size: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-size)
    return rows.astype(np.int64), columns.astype(np.int64)


def _chance(
    one: Study, other: Study, parts: list[Part], same: bool, seed: int, progress: Progress | None
) -> tuple[NDArray[np.float64], float]:
    """Return the mean score of each feature of ``one`` with dictionaries by chance, and 95 % of all of them.

    A dictionary by chance has the size of the other, its directions are normal mixtures of the other's (so that
    they have the covariance of its decoder), and of its activations as many are kept in an average pair. Codes
    are those of at most 2,048 pairs of each dataset.
    """
    rng = np.random.default_rng(seed)
    m = other.autoencoder.n_features
    samples = []
    for part in parts:
        n = len(part.seen[0])
        rows = np.sort(rng.permutation(n)[:_DRAWN_ROWS])
        samples.append((one.autoencoder.encode(part.seen[0][rows]), part.seen[1][rows]))
    own = sum(np.square(z, dtype=np.float64).mean(axis=0) for z, _ in samples)
    scores = np.full((_DRAWS, one.autoencoder.n_features), np.nan)
    for draw in range(_DRAWS):
        drawn = rng.standard_normal((m, m), dtype=np.float32) @ other.autoencoder.decoder
        drawn /= np.maximum(np.linalg.norm(drawn, axis=1, keepdims=True), 1e-30)
        codes = [x @ drawn.T for _, x in samples]
        everything = np.abs(np.concatenate([c.ravel() for c in codes]))
        keep = min(everything.size, other.autoencoder.k * sum(len(c) for c in codes))
        threshold = np.partition(everything, everything.size - keep)[everything.size - keep]
        codes = [np.where(np.abs(c) >= threshold, c, np.float32(0)) for c in codes]
        cross = np.zeros((one.autoencoder.n_features, m))
        length = np.zeros(m)
        for (z, _), c in zip(samples, codes, strict=True):
            cross += (z.T @ c).astype(np.float64) / len(c)
            length += np.square(c, dtype=np.float64).mean(axis=0)
        score = correlated(cross, np.asarray(own), length)
        if same:
            score = (score + one.autoencoder.decoder.astype(np.float64) @ drawn.T) / 2
        rows, columns = _assigned(np.abs(score))
        scores[draw, rows] = np.abs(score[rows, columns])
        if progress is not None:
            progress("chance", draw + 1, _DRAWS)
    taken = np.isfinite(scores)
    mean = np.divide(
        np.nansum(scores, axis=0),
        taken.sum(axis=0),
        out=np.full(scores.shape[1], np.nan),
        where=taken.any(axis=0),
    )
    return mean, float(np.quantile(scores[taken], 0.95))


def _table(
    one: Study,
    other: Study,
    agreement: Agreement,
    matched: tuple[NDArray[np.int64], NDArray[np.int64]],
    chance: NDArray[np.float64],
    limit: float,
    same: bool,
) -> pd.DataFrame:
    import pandas as pd

    features, others = one.features, other.features
    table = Table(index=pd.Index([str(f) for f in features.index], name="feature"))
    m = one.autoencoder.n_features
    partner = np.full(len(table), -1, dtype=np.int64)
    partner[matched[0]] = matched[1]
    place = {str(f): j for j, f in enumerate(others.index)}
    for j, feature in enumerate(table.index[m:], start=m):
        partner[j] = place.get(feature, -1)
    has = partner >= 0
    ids = np.array([*place, None], dtype=object)
    table["match"] = pd.Series(ids[partner], index=table.index, dtype="str")
    table["kind"] = features["kind"].to_numpy()
    table["name"] = features["name"].to_numpy()
    names = np.array([*others["name"], None], dtype=object)
    table["match_name"] = pd.Series(names[partner], index=table.index, dtype="str")

    values = np.full((4, len(table)), np.nan)
    found = agreement.score[matched]
    sign = np.where(found < 0, -1.0, 1.0)
    values[:3, matched[0]] = (
        agreement.cosine[matched] * sign,
        agreement.correlation[matched] * sign,
        abs(found),
    )
    values[3, :m] = np.where(has[:m], chance, np.nan)
    values[1:3, m:] = np.where(has[m:], 1.0, np.nan)
    table["cosine"], table["correlation"], table["score"] = values[:3]
    turn = np.ones(len(table))
    turn[matched[0]] = sign
    turn *= one.polarity * other.polarity[partner]
    table["turned"] = pd.array(np.where(has, turn < 0, False), dtype="boolean")
    table.loc[~has, "turned"] = pd.NA
    table["chance"] = values[3]
    good = (values[2] > limit) & (values[2] >= _GOOD)
    good[m:] = has[m:]
    table["good"] = good
    taken = set(partner[has].tolist())
    table.attrs["limit"] = limit
    table.attrs["unmatched"] = [f for f, j in place.items() if j not in taken]
    if not same:
        table.attrs["note"] = _APART
    return table
