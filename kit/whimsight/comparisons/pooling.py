"""Several datasets as one study: one dictionary learned on all of them with equal weight, one unit a measure."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.comparisons.slices import Slice
from whimsight.errors import FitError, StudyError
from whimsight.pairs import Pairs
from whimsight.pairs.table import Texts
from whimsight.studies import Study
from whimsight.studies.features import empty_features
from whimsight.studies.inputs import residual_map
from whimsight.studies.stages import draft_names, recurrence

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.comparisons.sources import Source
    from whimsight.embed import Embedder
    from whimsight.progress import Progress
    from whimsight.studies.settings import Settings

__all__ = ["DATASET", "pool", "pool_pairs"]

DATASET = "dataset"
"""Column of the pooled pairs that says where a row comes from."""

_MOST_ROWS = 16_384
"""Pairs of a dataset, at most, that the dictionary is learned from; small sets are repeated up to the largest."""
_MOST_NAMING = 4_000
"""Pairs of a dataset, at most, that names are drafted from."""
_OWN = ("id", "conversation", "annotator")
"""Columns whose values mean something within one dataset only."""


def pool_pairs(pairs: Sequence[tuple[str, Pairs]], groups: Sequence[str] = ()) -> Pairs:
    """Stack pairs, with a column that says where each row comes from.

    Prompts with the same text are one prompt, wherever they come from. Annotators, conversations, ids and ``groups``
    are those of their dataset: the same value in two datasets is not the same person.

    Examples
    --------
    >>> import whimsight as ws
    >>> frame = pd.DataFrame({"prompt": ["Hi"], "response_a": ["a"], "response_b": ["b"], "annotator": ["1"]})
    >>> pool_pairs([("x", ws.Pairs(frame)), ("y", ws.Pairs(frame))]).frame[["dataset", "annotator"]].to_numpy().tolist()
    [['x', 'x/1'], ['y', 'y/1']]
    """
    frames = []
    for name, part in pairs:
        frame = part.frame.copy(deep=False)
        for column in dict.fromkeys([*_OWN, *groups]):
            if column in frame.columns:
                given = frame[column].notna()
                frame[column] = (name + "/" + frame[column].astype(str)).where(given, None)
        frame[DATASET] = name
        frames.append(frame)
    pooled = pd.concat(frames, ignore_index=True)
    return Pairs(pooled, name=" + ".join(name for name, _ in pairs))


def pool(
    sources: list[Source],
    settings: Settings,
    model: Embedder | None,
    *,
    features: Study | None = None,
    progress: Progress | None = None,
) -> tuple[Study, list[Slice]]:
    """Make one study of several datasets, and its slices.

    The dictionary is learned on as many pairs of each dataset (at most 16,384; the pairs of smaller ones are repeated),
    weighted so that the squared length of the differences adds up to the same for each: every dataset's share of
    reconstruction counts the same. The threshold leaves ``k`` features active in an average pair of an average
    dataset. Attributes are measured in the root mean square over datasets of their scales.

    Parameters
    ----------
    sources : list of Source
        Emptied as they are used, to hold one copy of the embeddings.
    settings : Settings
    model : Embedder or None
    features : Study, optional
        Use this study's dictionary, units and names in place of learning them.

    Returns
    -------
    study : Study
        Without effects: these are the comparison's.
    slices : list of Slice
    """
    clock, start = {}, perf_counter()

    def lap(stage: str) -> None:
        nonlocal start
        now = perf_counter()
        clock[stage] = now - start
        start = now

    pairs = pool_pairs([(s.name, s.pairs) for s in sources], settings.groups)
    pair_of_row, slices, of_pair = _rows(sources, pairs)
    component = pairs.components(settings.groups)
    prompt = np.concatenate([component[part.rows][s.first] for part, s in zip(slices, sources, strict=True)])
    scale = _scale(sources) if features is None else features.attribute_scale
    names = [s.name for s in sources]
    measured = _stack([_rescaled(s, scale) for s in sources])
    for_names = _Naming.of(sources, prompt, settings.seed) if features is None else None
    dimensions = sources[0].differences.shape[1]
    seen = np.empty((of_pair.size, dimensions), dtype=np.float32)
    for i, source in enumerate(sources):
        if source.differences.shape[1] != dimensions:
            raise StudyError(
                f"The embeddings of {source.name!r} have {source.differences.shape[1]} dimensions, those of "
                f"{sources[0].name!r} {dimensions}. Embed all datasets with one model."
            )
        seen[of_pair == i] = source.differences
        source.differences = np.empty((0, 0), dtype=np.float32)
    lap("pool")
    if features is not None:
        _require_same_space(features, dimensions)
        autoencoder, explained = features.autoencoder, features.residual_map
        if explained is not None:
            seen -= measured @ explained
        table, drafts, chance = _taken_over(features)
    else:
        rows, heft = _balanced(seen, of_pair, names, settings.seed)
        explained = residual_map(measured[rows], seen[rows]) if settings.train_on == "residuals" else None
        if explained is not None:
            seen -= measured @ explained
            rows, heft = _balanced(seen, of_pair, names, settings.seed)
        autoencoder = _fit(seen[rows], heft, prompt[rows], settings, progress)
        lap("discover features")
        table = empty_features(autoencoder.n_features)
        found, chance = recurrence(seen[rows], autoencoder, prompt[rows], settings, weights=heft)
        table["stability"] = np.concatenate([found, np.ones(measured.shape[1])])
        lap("stability")
    codes = np.hstack([autoencoder.encode(seen), measured])
    if for_names is not None:
        drafts, sign = for_names.draft(table, codes, autoencoder, model, settings, progress)
        autoencoder = replace(
            autoencoder, encoder=autoencoder.encoder * sign, decoder=autoencoder.decoder * sign[:, None]
        )
        codes[:, : sign.size] *= sign
        lap("draft names")
    elif features is not None:
        turned = features.polarity[: autoencoder.n_features]
        autoencoder = replace(
            autoencoder, encoder=autoencoder.encoder * turned, decoder=autoencoder.decoder * turned[:, None]
        )
        codes[:, : turned.size] *= turned
    study = Study(
        pairs=pairs,
        settings=settings,
        found=table,
        prediction=pd.DataFrame(),
        found_joint=_no_effects(table),
        lasso=pd.DataFrame(),
        drafts=drafts,
        pair_codes=codes,
        pair_of_row=pair_of_row,
        autoencoder=autoencoder,
        attribute_scale=scale,
        residual_map=explained,
        facts=_facts(pairs, seen, autoencoder, model, of_pair.size) | {"chance_stability": chance},
        seconds=clock,
    )
    return study, slices


def _rows(sources: list[Source], pairs: Pairs) -> tuple[NDArray[np.int64], list[Slice], NDArray[np.int64]]:
    """Return the unique pair of every row, the datasets as slices, and the dataset of every unique pair."""
    preference = pairs.preference
    pair_of_row, slices, of_pair = [], [], []
    row = pair = 0
    for i, source in enumerate(sources):
        n = source.inverse.size
        pair_of_row.append(source.inverse + pair)
        rows = np.arange(row, row + n)
        slices.append(Slice(source.name, rows, preference[rows]))
        of_pair.append(np.full(source.first.size, i))
        row, pair = row + n, pair + source.first.size
    return np.concatenate(pair_of_row), slices, np.concatenate(of_pair)


def _scale(sources: list[Source]) -> NDArray[np.float32]:
    squares = np.stack([np.square(s.scale, dtype=np.float64) for s in sources])
    return np.asarray(np.sqrt(squares.mean(axis=0)), dtype=np.float32)


def _rescaled(source: Source, scale: NDArray[np.float32]) -> NDArray[np.float32]:
    factor = np.divide(source.scale, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(source.measured * factor, dtype=np.float32)


def _stack(parts: list[NDArray[np.float32]]) -> NDArray[np.float32]:
    return np.ascontiguousarray(np.vstack(parts), dtype=np.float32)


def _balanced(
    seen: NDArray[np.float32], of_pair: NDArray[np.int64], names: list[str], seed: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """As many rows of each dataset, and weights under which each has the same squared length in all."""
    rng = np.random.default_rng(seed)
    size = min(int(np.bincount(of_pair).max()), _MOST_ROWS)
    rows, heft = [], []
    for i in range(int(of_pair.max()) + 1):
        chosen = np.resize(rng.permutation(np.flatnonzero(of_pair == i)), size)
        energy = float(np.einsum("ij,ij->", seen[chosen], seen[chosen], dtype=np.float64))
        if energy <= 0:
            raise FitError(
                f"The responses of {names[i]!r} do not differ in their embeddings; nothing can be learned "
                "from it."
            )
        rows.append(chosen)
        heft.append(np.full(size, size / energy))
    weights = np.concatenate(heft)
    return np.concatenate(rows), weights / weights.mean()


def _fit(
    seen: NDArray[np.float32],
    heft: NDArray[np.float64],
    prompt: NDArray[np.int64],
    settings: Settings,
    progress: Progress | None,
) -> SparseAutoencoder:
    from whimsight.autoencoder import SparseAutoencoder

    return SparseAutoencoder.fit(
        seen,
        n_features=settings.n_features,
        k=settings.k,
        prefixes=settings.prefixes,
        groups=prompt,
        weights=heft,
        seed=settings.seed,
        progress=progress,
    )


def _require_same_space(features: Study, dimensions: int) -> None:
    if features.autoencoder.dimensions != dimensions:
        raise StudyError(
            f"The features of {features.name!r} were learned from embeddings of {features.autoencoder.dimensions} "
            f"dimensions; these have {dimensions}. Embed with {features.settings.embedder!r}."
        )


def _taken_over(features: Study) -> tuple[pd.DataFrame, pd.DataFrame, float]:
    """The table of another study without what it says of its own pairs."""
    shown = features.features
    table = empty_features(features.autoencoder.n_features)
    for column in ("kind", "name", "judge", "stability", "fidelity", "fidelity_low", "fidelity_high"):
        table[column] = shown[column]
    return table, features.drafts, float(features.facts.get("chance_stability", float("nan")))


def _no_effects(table: pd.DataFrame) -> pd.DataFrame:
    columns = [f"{name}{end}" for name in ("beta", "delta_win") for end in ("", "_low", "_high")]
    return pd.DataFrame(np.nan, index=table.index, columns=[*columns, "p", "q"])


class _Naming:
    """The pairs that names are drafted from: as many of each dataset, with their texts and attributes."""

    def __init__(
        self,
        rows: NDArray[np.int64],
        texts: Texts,
        prompt: NDArray[np.int64],
        attributes: NDArray[np.float32],
    ) -> None:
        self._rows, self._texts, self._prompt, self._attributes = rows, texts, prompt, attributes

    @classmethod
    def of(cls, sources: list[Source], prompt: NDArray[np.int64], seed: int) -> _Naming:
        from whimsight.attributes import measure

        rng = np.random.default_rng(seed)
        rows, attributes, sides = [], [], []
        texts: list[str] = []
        pair = 0
        for source in sources:
            u = source.first.size
            chosen = np.sort(rng.permutation(u)[:_MOST_NAMING])
            own = source.pairs.texts()
            both = np.concatenate([own.a[source.first[chosen]], own.b[source.first[chosen]]])
            used, place = np.unique(both, return_inverse=True)
            sides.append(place.reshape(2, -1) + len(texts))
            said = [own.unique[i] for i in used]
            texts += said
            attributes.append(measure(said) if source.attributes is None else source.attributes[used])
            rows.append(chosen + pair)
            pair += u
        a, b = np.hstack(sides)
        chosen = np.concatenate(rows)
        return cls(chosen, Texts(unique=texts, a=a, b=b), prompt[chosen], np.vstack(attributes))

    def draft(
        self,
        table: pd.DataFrame,
        codes: NDArray[np.float32],
        autoencoder: SparseAutoencoder,
        model: Embedder | None,
        settings: Settings,
        progress: Progress | None,
    ) -> tuple[pd.DataFrame, NDArray[np.float32]]:
        return draft_names(
            table,
            codes[self._rows],
            self._texts,
            self._prompt,
            self._attributes,
            autoencoder,
            model,
            settings,
            progress,
        )


def _facts(
    pairs: Pairs, seen: NDArray[np.float32], autoencoder: SparseAutoencoder, model: Embedder | None, u: int
) -> dict[str, Any]:
    frame = pairs.frame
    codes = autoencoder.encode(seen)
    return {
        "rows": len(pairs),
        "distinct_pairs": u,
        "prompts": int(np.unique(pairs.prompt_codes).size),
        "annotators": int(frame["annotator"].nunique()) if "annotator" in frame else 0,
        "labelled": int(np.isfinite(pairs.preference).sum()),
        "ties": int((pairs.preference == 0.5).sum()),
        "position_bias": None,
        "reconstruction_error": float(autoencoder.reconstruction_error(seen)),
        "active_features": float(np.count_nonzero(codes) / max(1, u)),
        "embedder": getattr(model, "fingerprint", "ready embeddings"),
        "dimensions": int(seen.shape[1]),
        "pairs_fingerprint": pairs.fingerprint,
        "versions": {name: version(name) for name in ("whimsight", "numpy", "torch", "transformers")},
    }
