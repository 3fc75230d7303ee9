"""Which features of two studies that were fitted apart are the same, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import EmbeddingError, FitError, StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["match"]

_CHUNK = 16_384
_DRAWS = 20
_DRAWN_ROWS = 2_048
_GOOD = 0.5
_APART = (
    "The studies were made with different embedders, whose directions cannot be compared: features are matched "
    "by their codes alone."
)


@dataclass(frozen=True, slots=True)
class _Agreement:
    """float64 (M_one, M_other): signed cosine of directions (NaN between spaces), correlation of codes."""

    cosine: NDArray[np.float64]
    correlation: NDArray[np.float64]

    @property
    def score(self) -> NDArray[np.float64]:
        """Signed mean of the two, in [-1, 1]."""
        if np.isnan(self.cosine).all():
            return self.correlation
        return (self.cosine + self.correlation) / 2


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
    same = _same_space(one, other, embeddings)
    parts = _differences(one, other, same, embeddings, progress)
    agreement = _agreement(one, other, parts, same)
    size = np.abs(agreement.score)
    rows, columns = _assigned(size)
    chance, limit = _chance(one, other, parts, same, one.settings.seed, progress)
    return _table(one, other, agreement, (rows, columns), chance, limit, same)


def _same_space(one: Study, other: Study, embeddings: Any) -> bool:
    """Whether vectors of the two studies are of one embedder."""
    dimensions = [study.autoencoder.dimensions for study in (one, other)]
    if embeddings is not None:
        if len(embeddings) != 2:
            raise StudyError(f"embeddings must be two matrices, one for each study; found {len(embeddings)}.")
        for position, (matrix, wanted) in enumerate(zip(embeddings, dimensions, strict=True)):
            shape = np.shape(matrix)
            if len(shape) != 2 or dimensions[0] != dimensions[1] or shape[1] != wanted:
                raise StudyError(
                    f"embeddings[{position}] has shape {shape}, the studies' dictionaries {dimensions[0]} and "
                    f"{dimensions[1]} dimensions: all must come from one embedder. Fit both studies with the same one."
                )
        return True
    for study in (one, other):
        if study.settings.embedder == "ready":
            raise StudyError(
                f"{study.name!r} was made from ready embeddings, so its texts cannot be embedded again. Give the "
                "matrices of both studies: match(one, other, embeddings=(matrix_one, matrix_other))."
            )
    made = [
        (study.settings.template, study.facts.get("embedder", study.settings.embedder))
        for study in (one, other)
    ]
    return made[0] == made[1] and dimensions[0] == dimensions[1]


@dataclass(frozen=True, slots=True)
class _Part:
    """The unique pairs of one dataset, as each of the two dictionaries reads them.

    Attributes
    ----------
    seen : tuple of two ndarrays
        float32 (u, d): what the dictionary of ``one`` sees, and that of ``other``.
    """

    seen: tuple[NDArray[np.float32], NDArray[np.float32]]


def _differences(
    one: Study, other: Study, same: bool, embeddings: Any, progress: Progress | None
) -> list[_Part]:
    models = [None, None] if embeddings is not None else [_embedder(study) for study in (one, other)]
    parts = []
    for position, data in enumerate((one, other)):
        ready = None if embeddings is None else embeddings[position]
        first = _embedded(data, one, models[0], ready, progress)
        second = first if same else _embedded(data, other, models[1], ready, progress)
        parts.append(_Part((_unexplained(data, one, first), _unexplained(data, other, second))))
    return parts


def _embedder(study: Study) -> Embedder:
    from whimsight.embed import embedder

    wanted = str(study.facts.get("embedder", ""))
    try:
        model = embedder(study.settings.embedder, windows=study.settings.windows)
    except EmbeddingError as error:
        raise StudyError(
            f"The embedder of {study.name!r}, {study.settings.embedder!r}, cannot be made here: {error} Or embed the "
            "texts yourself: match(one, other, embeddings=(matrix_one, matrix_other))."
        ) from error
    if wanted and model.fingerprint != wanted:
        raise StudyError(
            f"{study.name!r} was made with the embedder {wanted!r}; here is {model.fingerprint!r}, whose vectors "
            "differ. Install the same model and precision, or give embeddings=."
        )
    return model


def _embedded(
    data: Study, reader: Study, model: Embedder | None, ready: Any, progress: Progress | None
) -> NDArray[np.float32]:
    """Embedding differences of the unique pairs of ``data`` as ``reader`` was made, float32 (u, d)."""
    from whimsight.studies.inputs import embedding_differences, ready_differences

    texts = data.pairs.texts()
    _, first = np.unique(data.pair_of_row, return_index=True)
    try:
        if model is None:
            return ready_differences(ready, texts, first)
        return embedding_differences(data.pairs, texts, first, model, reader.settings.template, progress)
    except EmbeddingError as error:
        raise StudyError(f"The texts of {data.name!r} cannot be embedded: {error}") from error


def _unexplained(data: Study, reader: Study, differences: NDArray[np.float32]) -> NDArray[np.float32]:
    """What the dictionary of ``reader`` sees of the pairs of ``data``."""
    if reader.residual_map is None:
        return differences
    wanted = [str(f) for f in reader.found.index[reader.autoencoder.n_features :]]
    have = {str(f): j for j, f in enumerate(data.found.index)}
    missing = [f for f in wanted if f not in have]
    if missing:
        raise StudyError(
            f"{reader.name!r} was trained on what measured attributes leave, and {data.name!r} lacks {missing[0]!r}, "
            "one of them. Make both studies with the same version."
        )
    columns = np.array([have[f] for f in wanted])
    unit = data.attribute_scale[columns - data.autoencoder.n_features].astype(np.float64)
    own = reader.attribute_scale.astype(np.float64)
    factor = np.divide(unit, own, out=np.zeros_like(own), where=own > 0)
    out = differences.copy()
    for start in range(0, len(out), _CHUNK):
        rows = slice(start, start + _CHUNK)
        measured = (data.pair_codes[rows][:, columns] * factor).astype(np.float32)
        out[rows] -= measured @ reader.residual_map
    return out


def _agreement(one: Study, other: Study, parts: list[_Part], same: bool) -> _Agreement:
    encoders = (one.autoencoder.encode, other.autoencoder.encode)
    moments = [np.zeros((a.n_features, b.n_features)) for a, b in _pairings(one, other)]
    try:
        for part in parts:
            first, second = part.seen
            for start in range(0, len(first), _CHUNK):
                rows = slice(start, start + _CHUNK)
                x, y = encoders[0](first[rows]), encoders[1](second[rows])
                for moment, (a, b) in zip(moments, ((x, y), (x, x), (y, y)), strict=True):
                    moment += (a.T @ b).astype(np.float64) / len(first)
    except FitError as error:
        raise StudyError(
            f"The texts of {one.name!r} and {other.name!r} cannot be compared: {error}"
        ) from error
    correlation = _correlated(moments[0], np.diag(moments[1]), np.diag(moments[2]))
    if same:
        cosine = np.clip(one.autoencoder.decoder.astype(np.float64) @ other.autoencoder.decoder.T, -1, 1)
    else:
        cosine = np.full_like(correlation, np.nan)
    return _Agreement(cosine, correlation)


def _pairings(one: Study, other: Study) -> list[tuple[Any, Any]]:
    a, b = one.autoencoder, other.autoencoder
    return [(a, b), (a, a), (b, b)]


def _correlated(
    cross: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Uncentred correlations; 0 for features that no pair has."""
    length = np.sqrt(np.outer(one, other))
    return np.clip(np.divide(cross, length, out=np.zeros_like(cross), where=length > 0), -1, 1)


def _assigned(size: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    from scipy.optimize import linear_sum_assignment

    rows, columns = linear_sum_assignment(-size)
    return rows.astype(np.int64), columns.astype(np.int64)


def _chance(
    one: Study, other: Study, parts: list[_Part], same: bool, seed: int, progress: Progress | None
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
        score = _correlated(cross, np.asarray(own), length)
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
    agreement: _Agreement,
    matched: tuple[NDArray[np.int64], NDArray[np.int64]],
    chance: NDArray[np.float64],
    limit: float,
    same: bool,
) -> pd.DataFrame:
    import pandas as pd

    features, others = one.features, other.features
    table = pd.DataFrame(index=pd.Index([str(f) for f in features.index], name="feature"))
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
