"""The stages that a study of one dataset and a study of several have in common."""

from __future__ import annotations

from dataclasses import fields
from importlib.metadata import version
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.studies.settings import Settings
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs, Texts
    from whimsight.progress import Progress

__all__ = [
    "Clock",
    "draft_names",
    "make_embedder",
    "make_settings",
    "pair_facts",
    "recurrence",
    "vote_clusters",
]


class Clock:
    """Seconds of each stage."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        """End a stage, and begin the next one."""
        now = perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now


def make_settings(
    caller: str, embedder: Any, embeddings: Any, choices: dict[str, Any], *, also: tuple[str, ...] = ()
) -> Settings:
    """Return the settings that an embedder and other choices stand for.

    Raises
    ------
    TypeError
        For a choice that is none; it names the ``caller`` and what that takes (``also`` beside settings).
    """
    known = [f.name for f in fields(Settings)]
    for name in choices:
        if name not in known:
            raise TypeError(
                f"{caller}() has no choice {name!r}.{nearest(name, [*known, *also])} Choices: "
                f"{', '.join([*also, *known])}. What an embedder takes (base_url, device ...) goes to its maker: "
                "embedder=whimsight.embedder(...)."
            )
    name = embedder if isinstance(embedder, str) else str(getattr(embedder, "name", type(embedder).__name__))
    return Settings(embedder="ready" if embeddings is not None else name, **choices)


def make_embedder(embedder: Any, embeddings: Any, settings: Settings) -> Embedder | None:
    """Return the embedder; None where the embeddings are ready."""
    if embeddings is not None:
        return None
    from whimsight.embed import embedder as make

    return make(embedder, windows=settings.windows) if isinstance(embedder, str) else make(embedder)


def recurrence(
    seen: NDArray[np.float32],
    autoencoder: SparseAutoencoder,
    prompt: NDArray[np.int64],
    settings: Settings,
) -> tuple[NDArray[np.float64], float]:
    """Return the stability of the discovered features, float64 (M,), and what chance gives them.

    NaN with fewer than four prompts.
    """
    if np.unique(prompt).size < 4:
        return np.full(autoencoder.n_features, np.nan), float("nan")
    from whimsight.autoencoder import stability

    table = stability(seen, autoencoder, groups=prompt, seed=settings.seed)
    return table["stability"].to_numpy(dtype=np.float64), float(table["chance"].mean())


def draft_names(
    features: pd.DataFrame,
    codes: NDArray[np.float32],
    texts: Texts,
    prompt: NDArray[np.int64],
    attributes: NDArray[np.float32],
    autoencoder: SparseAutoencoder,
    model: Embedder | None,
    settings: Settings,
    progress: Progress | None,
    *,
    held_out: NDArray[np.bool_],
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Draft names for the discovered features and write them with their fidelity into the table.

    Parameters
    ----------
    features : DataFrame
        Changed in place; the discovered features come first.
    codes : ndarray
        float32 (n, F) of the pairs that names are drafted from; the discovered ones first.
    texts : Texts
        With ``a`` and ``b`` for these pairs.
    prompt : ndarray
        int64 (n,).
    attributes : ndarray
        float32 (n_texts, p).
    held_out : ndarray
        bool (n,): pairs of blind tests (`held_out_rows`), on which the drafts are scored.

    Returns
    -------
    drafts : DataFrame
    sign : ndarray
        float32 (M,) of 1 and -1: which features to turn round, so that the side with more of a feature is the
        side that its name speaks of.
    """
    m = autoencoder.n_features
    measured = features.index[m:]
    features.loc[measured, ["fidelity", "fidelity_low", "fidelity_high"]] = 1.0
    if not settings.names:
        return Table(), np.ones(m, dtype=np.float32)
    from whimsight.names import UNNAMED, draft

    plain = settings.template == "{response}"
    drafts = draft(
        codes[:, :m],
        texts,
        prompt,
        attributes,
        decoder=autoencoder.decoder if plain and model is not None else None,
        embedder=model if plain else None,
        seed=settings.seed,
        held_out=held_out,
        progress=progress,
    )
    drafts.index = features.index[:m]
    features.loc[drafts.index, ["name", "judge"]] = drafts[["name", "judge"]]
    named = drafts.index[drafts["name"] != UNNAMED]
    for column in ("fidelity", "fidelity_low", "fidelity_high"):
        features.loc[named, column] = drafts.loc[named, column]
    return drafts.drop(columns="sign"), drafts["sign"].to_numpy(dtype=np.float32)


def vote_clusters(pairs: Pairs, settings: Settings) -> list[NDArray[np.int64]]:
    """Ways in which votes belong together: by prompt, and by annotator where there are several."""
    by_prompt = pairs.components(settings.groups)
    several = "annotator" in pairs.frame and pairs.codes("annotator").max() > 0
    return [by_prompt, pairs.codes("annotator")] if several else [by_prompt]


def pair_facts(pairs: Pairs) -> dict[str, Any]:
    """Return what a study tells of its pairs as a whole, and what it was made with; JSON-ready."""
    frame = pairs.frame
    return {
        "rows": len(pairs),
        "prompts": pairs.count_prompts(),
        "annotators": int(frame["annotator"].nunique()) if "annotator" in frame else 0,
        "labelled": int(np.isfinite(pairs.preference).sum()),
        "ties": int((pairs.preference == 0.5).sum()),
        "pairs_fingerprint": pairs.fingerprint,
        "versions": {name: version(name) for name in ("whimsight", "numpy", "torch", "transformers")},
    }
