"""Several datasets as one study: one dictionary learned on all of them with equal weight, one unit a measure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.comparisons.slices import Slice
from whimsight.errors import FitError, StudyError
from whimsight.pairs import Pairs
from whimsight.pairs.placeholders import placeholders
from whimsight.pairs.table import Texts
from whimsight.studies import Study
from whimsight.studies.features import empty_features
from whimsight.studies.inputs import DATASET, DIFFERENCE_FACTORS, residual_map
from whimsight.studies.reading import held_out_rows
from whimsight.studies.stages import Clock, draft_names, pair_facts, recurrence
from whimsight.tables import Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.comparisons.sources import Source
    from whimsight.embed import Embedder
    from whimsight.progress import Progress
    from whimsight.studies.settings import Settings

__all__ = ["DATASET", "pool", "pool_pairs"]

_FEWEST_ROWS, _MOST_ROWS = 4_096, 16_384
"""Pairs of a dataset that the dictionary is learned from, if it has as many."""
_REPEATS = 5
"""How often a pair may be repeated for that: more would teach the dictionary the pairs of a small set by heart."""
_MOST_NAMING = 4_000
"""Pairs of a dataset, at most, that names are drafted from."""
_OWN = ("id", "conversation", "annotator")
"""Columns whose values mean something within one dataset only."""


def pool_pairs(pairs: Sequence[tuple[str, Pairs]], groups: Sequence[str] = ()) -> Pairs:
    """Stack pairs, with a column that says where each row comes from.

    Prompts with the same text are one prompt, wherever they come from; where datasets have none, rows with the same
    two responses share one. Annotators, conversations, ids and ``groups`` are those of their dataset: the same value in
    two datasets is not the same person. A column ``dataset`` that was there already goes on as ``dataset_before``.

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
        if DATASET in frame.columns:
            frame = frame.rename(columns={DATASET: f"{DATASET}_before"})
        for column in dict.fromkeys([*_OWN, *groups]):
            if column in frame.columns:
                given = frame[column].notna()
                frame[column] = (name + "/" + frame[column].astype(str)).where(given, None)
        frame[DATASET] = name
        frames.append(frame)
    pooled = pd.concat(frames, ignore_index=True)
    without = np.concatenate([part.made_up_prompts for _, part in pairs])
    if without.any():  # each dataset counts its own pairs from 0
        some = pooled.loc[without, ["response_a", "response_b"]]
        pooled.loc[without, "prompt"] = placeholders(some["response_a"], some["response_b"])
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

    The differences of each dataset are divided by their root mean square, so that a dataset whose responses lie close
    together in the embedding is heard like one whose responses lie far apart: what is active in a pair is what sets its
    two responses apart, for that dataset. (All are then multiplied by one number, their typical size.) The dictionary
    is learned on as many pairs of each: 4,096 to 16,384, as five times the smallest dataset has; pairs of smaller ones
    are repeated, five times at most, so that a dataset of fewer than 820 pairs counts less. The threshold leaves ``k``
    features active in an average pair of these. Attributes are measured in the root mean square over datasets of their
    scales.

    Parameters
    ----------
    sources : list of Source
        Emptied as they are used, to hold one copy of the embeddings.
    settings : Settings
    model : Embedder or None
    features : Study, optional
        Use this study's dictionary, units and names in place of learning them, on differences as they are.

    Returns
    -------
    study : Study
        Without effects: these are the comparison's.
    slices : list of Slice
    """
    clock = Clock()
    pairs = pool_pairs([(s.name, s.pairs) for s in sources], settings.groups)
    pair_of_row, slices, blocks = _rows(sources, pairs)
    component = pairs.components(settings.groups)
    first = np.concatenate([part.rows[s.first] for part, s in zip(slices, sources, strict=True)])
    prompt = component[first]
    scale = _scale(sources) if features is None else features.attribute_scale
    names = [s.name for s in sources]
    measured = np.vstack([_rescaled(s, scale) for s in sources])
    held_out = held_out_rows(pairs, settings)[first]
    for_names = _Naming.of(sources, prompt, held_out, settings.seed) if features is None else None
    dimensions = sources[0].differences.shape[1]
    seen = np.empty((measured.shape[0], dimensions), dtype=np.float32)
    for source, block in zip(sources, blocks, strict=True):
        if source.differences.shape[1] != dimensions:
            raise StudyError(
                f"The embeddings of {source.name!r} have {source.differences.shape[1]} dimensions, those of "
                f"{sources[0].name!r} {dimensions}. Embed all datasets with one model."
            )
        seen[block] = source.differences
        source.differences = np.empty((0, 0), dtype=np.float32)
    factors = _equalised(seen, blocks, names) if features is None else _known_factors(features, names)
    for name, block in zip(names, blocks, strict=True):
        if factors[name] != 1.0:
            seen[block] *= np.float32(factors[name])
    clock.lap("pool")
    if features is not None:
        _require_same_space(features, dimensions)
        autoencoder, explained = features.autoencoder, features.residual_map
        if explained is not None:
            seen -= measured @ explained
        table, drafts, chance = _taken_over(features)
        sign = features.polarity[: autoencoder.n_features]
    else:
        rows = _balanced(blocks, settings.seed)
        explained = residual_map(measured[rows], seen[rows]) if settings.train_on == "residuals" else None
        if explained is not None:
            seen -= measured @ explained
        autoencoder = _fit(seen[rows], prompt[rows], settings, progress)
        clock.lap("discover features")
        table = empty_features(autoencoder.n_features)
        found, chance = recurrence(seen[rows], autoencoder, prompt[rows], settings)
        table["stability"] = np.concatenate([found, np.ones(measured.shape[1])])
        clock.lap("stability")
    codes = np.hstack([autoencoder.encode(seen), measured])
    if for_names is not None:
        drafts, sign = for_names.draft(table, codes, autoencoder, model, settings, progress)
        clock.lap("draft names")
    autoencoder = autoencoder.turned(sign)
    codes[:, : sign.size] *= sign
    study = Study(
        pairs=pairs,
        settings=settings,
        found=table,
        prediction=Table(),
        found_joint=_no_effects(table),
        lasso=Table(),
        drafts=drafts,
        pair_codes=codes,
        pair_of_row=pair_of_row,
        autoencoder=autoencoder,
        attribute_scale=scale,
        residual_map=explained,
        facts={
            **pair_facts(pairs),
            **_facts(seen, codes, autoencoder, model, dict(zip(names, blocks, strict=True))),
            "chance_stability": chance,
            DIFFERENCE_FACTORS: factors,
        },
        seconds=clock.seconds,
    )
    return study, slices


def _rows(sources: list[Source], pairs: Pairs) -> tuple[NDArray[np.int64], list[Slice], list[slice]]:
    """Return the unique pair of every row, the datasets as slices, and where the unique pairs of each lie."""
    preference = pairs.preference
    pair_of_row, slices, blocks = [], [], []
    row = pair = 0
    for source in sources:
        n = source.inverse.size
        pair_of_row.append(source.inverse + pair)
        rows = np.arange(row, row + n)
        slices.append(Slice(source.name, rows, preference[rows]))
        blocks.append(slice(pair, pair + source.first.size))
        row, pair = row + n, pair + source.first.size
    return np.concatenate(pair_of_row), slices, blocks


def _scale(sources: list[Source]) -> NDArray[np.float32]:
    squares = np.stack([np.square(s.scale, dtype=np.float64) for s in sources])
    return np.asarray(np.sqrt(squares.mean(axis=0)), dtype=np.float32)


def _rescaled(source: Source, scale: NDArray[np.float32]) -> NDArray[np.float32]:
    factor = np.divide(source.scale, scale, out=np.zeros_like(scale), where=scale > 0)
    return np.asarray(source.measured * factor, dtype=np.float32)


def _equalised(seen: NDArray[np.float32], blocks: list[slice], names: list[str]) -> dict[str, float]:
    """What the differences of each dataset are multiplied by to have the same mean square."""
    squares = []
    for name, block in zip(names, blocks, strict=True):
        part = seen[block]
        square = float(np.einsum("ij,ij->", part, part, dtype=np.float64)) / max(part.shape[0], 1)
        if square <= 0:
            raise FitError(
                f"The responses of {name!r} do not differ in their embeddings; nothing can be learned from it."
            )
        squares.append(square)
    typical = np.sqrt(np.mean(squares))
    return {name: float(typical / np.sqrt(square)) for name, square in zip(names, squares, strict=True)}


def _known_factors(features: Study, names: list[str]) -> dict[str, float]:
    """Those of a pooled study for its own datasets; others are taken as they are."""
    known = features.facts.get(DIFFERENCE_FACTORS)
    return {name: float(known[name]) if isinstance(known, dict) and name in known else 1.0 for name in names}


def _balanced(blocks: list[slice], seed: int) -> NDArray[np.int64]:
    """As many rows of each dataset, as far as repeating them goes."""
    rng = np.random.default_rng(seed)
    counts = [block.stop - block.start for block in blocks]
    size = min(max(counts), _MOST_ROWS, max(_REPEATS * min(counts), _FEWEST_ROWS))
    chosen = [
        np.resize(rng.permutation(np.arange(block.start, block.stop)), min(size, _REPEATS * n))
        for block, n in zip(blocks, counts, strict=True)
    ]
    return np.concatenate(chosen)


def _fit(
    seen: NDArray[np.float32], prompt: NDArray[np.int64], settings: Settings, progress: Progress | None
) -> SparseAutoencoder:
    from whimsight.autoencoder import SparseAutoencoder

    return SparseAutoencoder.fit(
        seen,
        n_features=settings.n_features,
        k=settings.k,
        prefixes=settings.prefixes,
        groups=prompt,
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
    """The table of another study: kinds, names, stability. How well a name fits was measured on its pairs alone."""
    shown = features.features
    table = empty_features(features.autoencoder.n_features)
    for column in ("kind", "name", "judge", "stability"):
        table[column] = shown[column]
    measured = table["kind"] == "measured"
    table.loc[measured, ["fidelity", "fidelity_low", "fidelity_high"]] = 1.0
    # A measured feature is not turned here, so it keeps the name of the end that its formula counts.
    turned = measured & (features.polarity < 0)
    table.loc[turned, "name"] = features.found.loc[turned, "name"]
    table.loc[shown["status"].isin(["named", "verified"]) & ~turned, "status"] = "named"
    return table, features.drafts, float(features.facts.get("chance_stability", float("nan")))


def _no_effects(table: pd.DataFrame) -> pd.DataFrame:
    columns = [f"{name}{end}" for name in ("beta", "delta_win") for end in ("", "_low", "_high")]
    return Table(np.nan, index=table.index, columns=[*columns, "p", "q"])


class _Naming:
    """The pairs that names are drafted from, at most 4,000 of each dataset, with their texts and attributes."""

    def __init__(
        self,
        rows: NDArray[np.int64],
        texts: Texts,
        prompt: NDArray[np.int64],
        attributes: NDArray[np.float32],
        held_out: NDArray[np.bool_],
    ) -> None:
        self._rows, self._texts, self._prompt, self._attributes = rows, texts, prompt, attributes
        self._held_out = held_out

    @classmethod
    def of(
        cls, sources: list[Source], prompt: NDArray[np.int64], held_out: NDArray[np.bool_], seed: int
    ) -> _Naming:
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
        drawn = Texts(unique=texts, a=a, b=b)
        return cls(chosen, drawn, prompt[chosen], np.vstack(attributes), held_out[chosen])

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
            held_out=self._held_out,
        )


def _facts(
    seen: NDArray[np.float32],
    codes: NDArray[np.float32],
    autoencoder: SparseAutoencoder,
    model: Embedder | None,
    blocks: dict[str, slice],
) -> dict[str, Any]:
    """Facts about the dictionary; error and active features are means over datasets, and told for each."""
    m = autoencoder.n_features
    error = {name: float(autoencoder.reconstruction_error(seen[block])) for name, block in blocks.items()}
    active = {
        name: float(np.count_nonzero(codes[block, :m]) / max(1, block.stop - block.start))
        for name, block in blocks.items()
    }
    return {
        "distinct_pairs": int(seen.shape[0]),
        "position_bias": None,
        "reconstruction_error": float(np.mean(list(error.values()))),
        "active_features": float(np.mean(list(active.values()))),
        "reconstruction_error_by_dataset": error,
        "active_features_by_dataset": active,
        "embedder": getattr(model, "fingerprint", "ready embeddings"),
        "dimensions": int(seen.shape[1]),
    }
