"""How far the features of two studies agree: directions, and codes on the pairs of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import EmbeddingError, FitError, StudyError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["Agreement", "Part", "agree", "correlated", "read_both", "same_space"]

_CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class Agreement:
    """float64 (M_one, M_other): signed cosine of directions (NaN between spaces), correlation of codes."""

    cosine: NDArray[np.float64]
    correlation: NDArray[np.float64]

    @property
    def score(self) -> NDArray[np.float64]:
        """Signed mean of the two, in [-1, 1]."""
        if np.isnan(self.cosine).all():
            return self.correlation
        return (self.cosine + self.correlation) / 2


def same_space(one: Study, other: Study, embeddings: Any) -> bool:
    """Say whether vectors of the two studies are of one embedder; refuse what cannot be embedded again."""
    dimensions = [study.autoencoder.dimensions for study in (one, other)]
    if embeddings is not None:
        if not isinstance(embeddings, list | tuple) or len(embeddings) != 2:
            found = len(embeddings) if isinstance(embeddings, list | tuple) else type(embeddings).__name__
            raise StudyError(f"embeddings must be two matrices, one for each study; found {found}.")
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
class Part:
    """The unique pairs of one dataset, as each of the two dictionaries reads them.

    Attributes
    ----------
    seen : tuple of two ndarrays
        float32 (u, d): what the dictionary of ``one`` sees, and that of ``other``.
    """

    seen: tuple[NDArray[np.float32], NDArray[np.float32]]


def read_both(one: Study, other: Study, same: bool, embeddings: Any, progress: Progress | None) -> list[Part]:
    """Return the pairs of ``one`` and those of ``other``, embedded once where the two share a space."""
    models = [None, None] if embeddings is not None else [_embedder(study) for study in (one, other)]
    parts = []
    for position, data in enumerate((one, other)):
        ready = None if embeddings is None else embeddings[position]
        first = _embedded(data, one, models[0], ready, progress)
        second = first if same else _embedded(data, other, models[1], ready, progress)
        parts.append(Part((_unexplained(data, one, first), _unexplained(data, other, second))))
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


def agree(one: Study, other: Study, parts: list[Part], same: bool) -> Agreement:
    """Compare all features of ``one`` with all of ``other``; each dataset counts the same for the codes."""
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
    correlation = correlated(moments[0], np.diag(moments[1]), np.diag(moments[2]))
    if same:
        cosine = np.clip(one.autoencoder.decoder.astype(np.float64) @ other.autoencoder.decoder.T, -1, 1)
    else:
        cosine = np.full_like(correlation, np.nan)
    return Agreement(cosine, correlation)


def _pairings(one: Study, other: Study) -> list[tuple[Any, Any]]:
    a, b = one.autoencoder, other.autoencoder
    return [(a, b), (a, a), (b, b)]


def correlated(
    cross: NDArray[np.float64], one: NDArray[np.float64], other: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Uncentred correlations; 0 for features that no pair has."""
    length = np.sqrt(np.outer(one, other))
    return np.clip(np.divide(cross, length, out=np.zeros_like(cross), where=length > 0), -1, 1)
