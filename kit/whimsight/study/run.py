"""`whimsight.study`: pairs in, study out, one stage after the other."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import FitError
from whimsight.study.inputs import control_matrix, prepare, residual_map
from whimsight.study.predict import predict, predict_with_lasso
from whimsight.study.settings import Settings
from whimsight.study.study import FEATURE_COLUMNS, PREDICTION_COLUMNS, Study

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.study.inputs import Inputs

    Progress = Callable[[str, int, int], None]

__all__ = ["study"]

_EFFECT_COLUMNS = FEATURE_COLUMNS[3:15]


def study(
    pairs: Pairs | Any,
    *,
    embedder: str | Embedder = "minilm",
    embeddings: NDArray[np.float32] | None = None,
    progress: Progress | None = None,
    **choices: Any,
) -> Study:
    """Embed the pairs, learn their features, measure what each does to the choice, draft names.

    Parameters
    ----------
    pairs : Pairs
        Or anything that `whimsight.read` takes.
    embedder : str or Embedder
        ``"minilm"`` (default), ``"static"``, a sentence-transformers id or path, or an `Embedder`.
    embeddings : ndarray, optional
        float32 (n_texts, d): ready embeddings of ``pairs.texts().unique``, in that order.
    progress : callable, optional
        Called with (stage, done, total); see `whimsight.progress.bars`.
    **choices
        Any other field of `Settings`: ``n_features``, ``k``, ``controls``, ``seed``, ...

    Returns
    -------
    Study
        Without labels, or with fewer than two of them, effects are NaN and ``prediction`` is empty:
        the study then says what the pairs could measure.

    Raises
    ------
    FitError
        With fewer than 10 distinct pairs, or when every label says the same.

    Examples
    --------
    >>> import whimsight as ws
    >>> made = ws.study(ws.load("mt-bench"), embedder="static")      # doctest: +SKIP
    >>> made.significant()[["name", "delta_win"]]                    # doctest: +SKIP
    """
    from whimsight.embed import embedder as make_embedder
    from whimsight.pairs import Pairs, read

    if not isinstance(pairs, Pairs):
        pairs = read(pairs)
    name = embedder if isinstance(embedder, str) else str(getattr(embedder, "name", type(embedder).__name__))
    settings = Settings(embedder=name if embeddings is None else "ready", **choices)
    clock = _Clock(progress)
    if embeddings is not None:
        model = None
    else:
        model = make_embedder(embedder, windows=settings.windows) if isinstance(embedder, str) else embedder

    inputs = prepare(
        pairs,
        model,
        template=settings.template,
        groups=settings.groups,
        embeddings=embeddings,
        progress=progress,
    )
    clock.lap("embed and measure")
    if inputs.first.size < 10:
        raise FitError(
            f"A study needs at least 10 distinct pairs; found {inputs.first.size} in {pairs.name!r}. "
            "See pairs.report for what reading left out."
        )

    autoencoder, explained = fit_autoencoder(inputs, settings, progress=progress)
    clock.lap("discover features")
    recurrence = _recurrence(inputs, autoencoder, explained, settings)
    clock.lap("stability")
    codes = np.ascontiguousarray(
        np.hstack([autoencoder.encode(_unexplained(inputs, explained)), inputs.measured]), dtype=np.float32
    )
    features = _empty_features(autoencoder.n_features)
    features["stability"] = [*recurrence, *np.ones(inputs.measured.shape[1])]

    drafts = _names(features, codes, inputs, autoencoder, model, settings, progress)
    clock.lap("draft names")

    joint, position = _effects(features, codes, pairs, inputs, settings)
    clock.lap("effects")
    prediction, lasso = predict_with_lasso(pairs, inputs, codes, settings, progress=progress)
    clock.lap("prediction")

    return Study(
        pairs=pairs,
        settings=settings,
        features=features,
        prediction=prediction,
        joint=joint,
        lasso=lasso,
        drafts=drafts,
        pair_codes=codes,
        pair_of_row=inputs.inverse,
        autoencoder=autoencoder,
        attribute_scale=inputs.scale,
        residual_map=explained,
        facts=_facts(pairs, inputs, autoencoder, explained, model, position),
        seconds=clock.seconds,
    )


def fit_autoencoder(
    inputs: Inputs, settings: Settings, *, progress: Progress | None = None
) -> tuple[SparseAutoencoder, NDArray[np.float32] | None]:
    """Learn the discovered features of some inputs; also the residual map when training on residuals."""
    from whimsight.autoencoder import SparseAutoencoder

    explained = (
        residual_map(inputs.measured, inputs.differences) if settings.train_on == "residuals" else None
    )
    model = SparseAutoencoder.fit(
        _unexplained(inputs, explained),
        n_features=settings.n_features,
        k=settings.k,
        prefixes=settings.prefixes,
        groups=inputs.prompt,
        seed=settings.seed,
        progress=progress,
    )
    return model, explained


def _unexplained(inputs: Inputs, explained: NDArray[np.float32] | None) -> NDArray[np.float32]:
    return inputs.differences if explained is None else inputs.differences - inputs.measured @ explained


def _recurrence(
    inputs: Inputs,
    autoencoder: SparseAutoencoder,
    explained: NDArray[np.float32] | None,
    settings: Settings,
) -> NDArray[np.float64]:
    from whimsight.autoencoder import stability

    table = stability(_unexplained(inputs, explained), autoencoder, groups=inputs.prompt, seed=settings.seed)
    return table["stability"].to_numpy(dtype=np.float64)


def _empty_features(n_discovered: int) -> pd.DataFrame:
    """Build the features table with ids, kinds and the measured names, and NaN everywhere else."""
    from whimsight.attributes import ATTRIBUTES

    width = max(2, len(str(n_discovered - 1)))
    ids = [f"d{j:0{width}d}" for j in range(n_discovered)]
    table = pd.DataFrame(
        np.nan, index=pd.Index([*ids, *ATTRIBUTES], name="feature"), columns=list(FEATURE_COLUMNS)
    )
    measured = np.arange(len(table)) >= n_discovered
    return table.assign(
        kind=np.where(measured, "measured", "discovered"),
        name=["", *[""] * (n_discovered - 1), *(a.name for a in ATTRIBUTES.values())],
        status="draft",
        judge="formula",
        significant=pd.array([pd.NA] * len(table), dtype="boolean"),
        n=pd.array([pd.NA] * len(table), dtype="Int64"),
    )[list(FEATURE_COLUMNS)]


class _Clock:
    """Seconds of each stage, told to the progress callback as well."""

    def __init__(self, progress: Progress | None) -> None:
        self.seconds: dict[str, float] = {}
        self._progress = progress
        self._last = perf_counter()

    def lap(self, stage: str) -> None:
        now = perf_counter()
        self.seconds[stage] = now - self._last
        self._last = now
        if self._progress is not None:
            self._progress(stage, 1, 1)
