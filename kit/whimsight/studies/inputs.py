"""From pairs to matrices: embedding differences and measured codes of the unique pairs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight._plural import counted
from whimsight.errors import EmbeddingError, StudyError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs, Texts
    from whimsight.progress import Progress
    from whimsight.studies._study import Study

__all__ = [
    "DATASET",
    "DIFFERENCE_FACTORS",
    "Inputs",
    "control_matrix",
    "difference_factor",
    "embedding_differences",
    "find_control",
    "own_controls",
    "prepare",
    "ready_differences",
    "residual_map",
    "study_controls",
]

DATASET = "dataset"
"""Column of the pairs of several datasets that says where a row comes from."""
DIFFERENCE_FACTORS = "difference_factors"
"""Fact of a study of several datasets: what the embedding differences of each are multiplied by."""

_CHUNK = 16_384


@dataclass(frozen=True, slots=True)
class Inputs:
    """What the features are made of; u unique pairs, t unique responses, p attributes, d dimensions.

    Attributes
    ----------
    first, inverse : ndarray
        int64 (u,), a row of the pairs for each unique pair; int64 (n_pairs,), the unique pair of each row.
    texts : Texts
        The unique responses and, for every row of the pairs, which of them are A and B.
    attributes : ndarray
        float32 (t, p), measured on every unique response.
    measured : ndarray
        float32 (u, p), A minus B in units of ``scale``; exactly 0 where the two do not differ.
    scale : ndarray
        float32 (p,).
    differences : ndarray
        float32 (u, d), embedding of A minus embedding of B.
    prompt : ndarray
        int64 (u,): rows with the same number are never separated by a split.
    """

    first: NDArray[np.int64]
    inverse: NDArray[np.int64]
    texts: Texts
    attributes: NDArray[np.float32]
    measured: NDArray[np.float32]
    scale: NDArray[np.float32]
    differences: NDArray[np.float32]
    prompt: NDArray[np.int64]


def prepare(
    pairs: Pairs,
    embedder: Embedder | None,
    *,
    template: str = "{response}",
    groups: tuple[str, ...] = (),
    embeddings: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
) -> Inputs:
    """Measure and embed the unique responses of the pairs.

    Parameters
    ----------
    embeddings : ndarray, optional
        float32 (t, d): ready embeddings of ``pairs.texts().unique``, in that order; the embedder is then
        not asked.

    Raises
    ------
    EmbeddingError
        If ready embeddings do not fit the texts or are not finite.
    """
    from whimsight.attributes import code, measure

    first, inverse = pairs.unique_pairs()
    texts = pairs.texts()
    values = measure(texts.unique, progress=progress)
    measured, scale = code(values[texts.a[first]], values[texts.b[first]])
    if embeddings is None:
        if embedder is None:
            raise EmbeddingError("Neither an embedder nor ready embeddings were given.")
        differences = embedding_differences(pairs, texts, first, embedder, template, progress)
    else:
        differences = ready_differences(embeddings, texts, first)
    return Inputs(
        first=first,
        inverse=inverse,
        texts=texts,
        attributes=values,
        measured=measured,
        scale=scale,
        differences=differences,
        prompt=pairs.components(groups)[first],
    )


def ready_differences(
    embeddings: NDArray[np.float32], texts: Texts, first: NDArray[np.int64]
) -> NDArray[np.float32]:
    """Subtract ready embeddings of ``texts.unique`` (t, d): A minus B for the rows ``first``, float32 (u, d).

    Raises
    ------
    EmbeddingError
        If they do not fit the texts or are not finite.
    """
    return _subtract(_ready(embeddings, len(texts.unique)), texts.a[first], texts.b[first])


def embedding_differences(
    pairs: Pairs,
    texts: Texts,
    first: NDArray[np.int64],
    embedder: Embedder,
    template: str,
    progress: Progress | None,
) -> NDArray[np.float32]:
    """Embed each distinct text once; return A minus B for the rows ``first``, float32 (u, d)."""
    from whimsight.embed import Template

    form = Template(template)
    if not form.needs_prompt:
        rendered = (
            texts.unique if template == "{response}" else form.render([""] * len(texts.unique), texts.unique)
        )
        return _subtract(embedder.embed(rendered, progress=progress), texts.a[first], texts.b[first])
    prompt = pairs.prompt_codes[first]
    prompt_texts = pairs.frame["prompt"].to_numpy(dtype=object)[first]
    width = np.int64(len(texts.unique))
    keys = np.concatenate([prompt * width + texts.a[first], prompt * width + texts.b[first]])
    _, where, place = np.unique(keys, return_index=True, return_inverse=True)
    n = first.size
    responses = np.concatenate([texts.a[first], texts.b[first]])[where]
    rendered = form.render(
        list(prompt_texts[where % n]),
        [texts.unique[i] for i in responses],
    )
    return _subtract(embedder.embed(rendered, progress=progress), place[:n], place[n:])


def difference_factor(study: Study, row: int) -> float:
    """What the embedding difference of a row is multiplied by before it is encoded; 1 in a study of one dataset."""
    factors = study.facts.get(DIFFERENCE_FACTORS)
    if not isinstance(factors, dict) or DATASET not in study.pairs.frame:
        return 1.0
    found = factors.get(study.pairs.frame[DATASET].iat[row], 1.0)
    return float(found) if isinstance(found, int | float) and np.isfinite(found) else 1.0


def residual_map(
    measured: NDArray[np.float32], differences: NDArray[np.float32], *, penalty: float = 1e-3
) -> NDArray[np.float32]:
    """Least-squares map from measured codes to embedding differences, float32 (p, d).

    No intercept, so that ``differences - measured @ map`` is as odd in A and B as the differences are. A
    ridge of ``penalty`` times the number of pairs keeps attributes that say the same from blowing up.
    """
    gram = measured.T.astype(np.float64) @ measured
    cross = measured.T.astype(np.float64) @ differences
    gram[np.diag_indices_from(gram)] += penalty * measured.shape[0]
    return np.asarray(np.linalg.solve(gram, cross), dtype=np.float32)


def _subtract(matrix: NDArray[np.float32], a: NDArray[np.int64], b: NDArray[np.int64]) -> NDArray[np.float32]:
    out = np.empty((a.size, matrix.shape[1]), dtype=np.float32)
    for start in range(0, a.size, _CHUNK):
        rows = slice(start, start + _CHUNK)
        np.subtract(matrix[a[rows]], matrix[b[rows]], out=out[rows])
    return out


def _ready(embeddings: NDArray[np.float32], n_texts: int) -> NDArray[np.float32]:
    from whimsight.embed.base import normalise

    try:
        matrix = np.asarray(embeddings, dtype=np.float32)
    except (TypeError, ValueError):
        raise EmbeddingError(
            f"Ready embeddings must be a matrix of numbers; found {type(embeddings).__name__}. A function that "
            "embeds texts goes where the embedder goes: embedder=..."
        ) from None
    if matrix.ndim != 2 or matrix.shape[0] != n_texts:
        raise EmbeddingError(
            f"Ready embeddings must be a matrix with one row for each of the {n_texts:,} texts of "
            f"pairs.texts().unique; found shape {matrix.shape}."
        )
    bad = np.flatnonzero(~np.isfinite(matrix).all(axis=1))
    if bad.size:
        raise EmbeddingError(
            f"The ready embeddings hold NaN or infinity in {counted(bad.size, 'row')}, first in row {bad[0]}."
        )
    return normalise(matrix)


def control_matrix(
    pairs: Pairs,
    measured: NDArray[np.float32],
    pair_of_row: NDArray[np.int64],
    controls: tuple[str, ...],
    *,
    attributes: Sequence[str] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the controls of every row and which attribute each of them is.

    Parameters
    ----------
    pairs : Pairs
    measured : ndarray
        float32 (u, p), measured codes of the unique pairs.
    pair_of_row : ndarray
        int64 (n_pairs,).
    controls : tuple of str
    attributes : sequence of str, optional
        Ids of the columns of ``measured``; all attributes by default.

    Returns
    -------
    values : ndarray
        float64 (n_pairs, n_controls).
    attribute : ndarray
        int64 (n_controls,): column of the measured codes, -1 where the control is a column of the pairs.
    """
    from whimsight.attributes import ATTRIBUTES

    known = list(ATTRIBUTES if attributes is None else attributes)
    columns: list[NDArray[np.float64]] = []
    attribute: list[int] = []
    for control in controls:
        found = find_control(pairs, control)
        if isinstance(found, int):
            column = known.index(list(ATTRIBUTES)[found])
            columns.append(measured[pair_of_row, column].astype(np.float64))
            attribute.append(column)
        else:
            columns.append(found)
            attribute.append(-1)
    stacked = np.column_stack(columns) if columns else np.zeros((len(pairs), 0))
    return stacked, np.asarray(attribute, dtype=np.int64)


def study_controls(study: Study) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return the controls of all rows, float64 (n_pairs, C), and which of them is which feature, int64 (F,)."""
    m = study.autoencoder.n_features
    controls, attribute = control_matrix(
        study.pairs,
        study.pair_codes[:, m:],
        study.pair_of_row,
        study.settings.controls,
        attributes=[str(f) for f in study.found.index[m:]],
    )
    return controls, own_controls(attribute, m, study.pair_codes.shape[1])


def own_controls(attribute: NDArray[np.int64], n_discovered: int, n_features: int) -> NDArray[np.int64]:
    """Return for each feature the control that *is* the feature, int64 (F,), -1 for none."""
    own = np.full(n_features, -1, dtype=np.int64)
    for position, column in enumerate(attribute.tolist()):
        if column >= 0:
            own[n_discovered + column] = position
    return own


def find_control(pairs: Pairs, control: str) -> int | NDArray[np.float64]:
    """Return the column of the measured codes that a control is, or its values in the pairs, (n_pairs,).

    Raises
    ------
    StudyError
        If it is neither a measured attribute nor a column of finite numbers.
    """
    from whimsight._suggest import nearest
    from whimsight.attributes import ATTRIBUTES

    ids = list(ATTRIBUTES)
    wanted = "m_words" if control == "length" else control
    if wanted in ATTRIBUTES:
        return ids.index(wanted)
    if wanted not in pairs.frame.columns:
        hint = nearest(control, ["length", *ids, *map(str, pairs.frame.columns)])
        raise StudyError(
            f"No control {control!r}: use 'length', the id of a measured attribute, or a numeric column of the "
            f"pairs.{hint}"
        )
    try:
        values = pairs.frame[wanted].to_numpy(dtype=np.float64)
    except (TypeError, ValueError):
        raise StudyError(f"Control {control!r} is a column of the pairs but not a numeric one.") from None
    if not np.isfinite(values).all():
        row = int(np.flatnonzero(~np.isfinite(values))[0])
        raise StudyError(f"Control {control!r} is missing or infinite at row {row}; fill it or drop the row.")
    return values
