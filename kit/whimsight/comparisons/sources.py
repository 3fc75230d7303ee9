"""What a dataset brings into a comparison: its pairs, what was measured on them, their embedding differences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.studies import Study
from whimsight.studies.inputs import embedding_differences, prepare, ready_differences

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress
    from whimsight.studies.settings import Settings

__all__ = ["Source", "check_embeddings", "named_sources", "opened", "read_source"]


@dataclass(slots=True)
class Source:
    """One dataset, ready to be pooled; u unique pairs.

    Attributes
    ----------
    name : str
    pairs : Pairs
    first, inverse : ndarray
        As `Pairs.unique_pairs`.
    measured : ndarray
        float32 (u, p), differences of the attributes in units of ``scale``.
    scale : ndarray
        float32 (p,).
    differences : ndarray
        float32 (u, d).
    attributes : ndarray or None
        float32 (t, p) on the unique responses, where they were measured just now.
    """

    name: str
    pairs: Pairs
    first: NDArray[np.int64]
    inverse: NDArray[np.int64]
    measured: NDArray[np.float32]
    scale: NDArray[np.float32]
    differences: NDArray[np.float32]
    attributes: NDArray[np.float32] | None = None


def named_sources(given: Any) -> tuple[dict[str, Pairs | Study], dict[str, str]]:
    """Return what is compared under distinct, printable names, and by what name each was given.

    Parameters
    ----------
    given : mapping or sequence
        Studies, `Pairs`, names of shipped samples, ``.whim`` files, or what `whimsight.read` takes; a mapping names
        them.

    Raises
    ------
    StudyError
        With fewer than two, or something that cannot be compared.
    """
    from collections.abc import Mapping, Sequence

    from whimsight.comparisons.grouping import distinct

    if isinstance(given, Mapping):
        parts = [(str(name), opened(value)) for name, value in given.items()]
    elif isinstance(given, Sequence) and not isinstance(given, str):
        read = [opened(value) for value in given]
        parts = [(value.name, value) for value in read]
    else:
        raise StudyError(
            "compare takes several datasets, as a list or as a mapping from names, or one study and by=... or "
            f"votes=...; found {type(given).__name__}."
        )
    if len(parts) < 2:
        raise StudyError(
            f"A comparison needs at least two datasets; found {len(parts)}. To compare parts of one: "
            "ws.compare(study, by='...')."
        )
    names = distinct([name for name, _ in parts])
    for name, (_, value) in zip(names, parts, strict=True):
        pairs = value.pairs if isinstance(value, Study) else value
        if not (pairs.weight > 0).any():
            raise StudyError(
                f"{name!r} has no rows that count: {counted(len(pairs), 'row')}, none with a weight above 0. "
                "Leave it out."
            )
    in_list = not isinstance(given, Mapping)
    keys = {name: name if in_list else said for name, (said, _) in zip(names, parts, strict=True)}
    return {name: value for name, (_, value) in zip(names, parts, strict=True)}, keys


def opened(value: Any) -> Pairs | Study:
    """Return a study or pairs as they are, and read what stands for one: a file, a sample's name, a table.

    Raises
    ------
    StudyError
        For a `Comparison`.
    """
    from pathlib import Path

    from whimsight.comparisons._comparison import Comparison
    from whimsight.pairs import Pairs, load, read, samples

    if isinstance(value, Pairs | Study):
        return value
    if isinstance(value, Comparison):
        raise StudyError(
            "compare takes studies and pairs; found a Comparison. Its datasets lie in comparison.study: compare that "
            "by=..., or name its datasets again."
        )
    if isinstance(value, str | Path) and str(value).endswith(".whim"):
        return Study.open(value)
    if isinstance(value, str) and value in samples().index and not Path(value).exists():
        return load(value)
    return read(value)


def read_source(
    name: str,
    given: Pairs | Study,
    model: Embedder | None,
    settings: Settings,
    *,
    embeddings: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
) -> Source:
    """Measure and embed one dataset; what a study has measured already is taken from it."""
    if not isinstance(given, Study):
        made = prepare(
            given,
            model,
            template=settings.template,
            groups=settings.groups,
            embeddings=embeddings,
            progress=progress,
        )
        return Source(
            name,
            given,
            made.first,
            made.inverse,
            made.measured,
            made.scale,
            made.differences,
            made.attributes,
        )
    pairs, texts = given.pairs, given.pairs.texts()
    first, inverse = pairs.unique_pairs()
    if embeddings is not None:
        differences = ready_differences(embeddings, texts, first)
    else:
        assert model is not None
        differences = embedding_differences(pairs, texts, first, model, settings.template, progress)
    measured = given.pair_codes[:, given.autoencoder.n_features :]
    return Source(
        name, pairs, first, inverse, measured[given.pair_of_row[first]], given.attribute_scale, differences
    )


def check_embeddings(given: Any, keys: Mapping[str, str]) -> dict[str, NDArray[np.float32]] | None:
    """Return ready embeddings by the names of the datasets.

    Raises
    ------
    StudyError
        If they are not there for every dataset.
    """
    if given is None:
        return None
    from collections.abc import Mapping

    if not isinstance(given, Mapping):
        raise StudyError(
            "embeddings must be a mapping from the name of each dataset to its matrix (one row for each text of "
            f"pairs.texts().unique); found {type(given).__name__}."
        )
    by_name = {str(name): matrix for name, matrix in given.items()}
    missing = [key for key in keys.values() if key not in by_name]
    if missing:
        raise StudyError(
            f"embeddings lacks {', '.join(map(repr, missing))}; it needs one matrix a dataset: "
            f"{', '.join(keys.values())}."
        )
    return {name: by_name[key] for name, key in keys.items()}
