"""`whimsight.study`: pairs in, study out, one stage after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import FitError
from whimsight.studies._study import Study
from whimsight.studies.features import empty_features, encode, fit_autoencoder, unexplained
from whimsight.studies.inputs import control_matrix, find_control, own_controls, prepare
from whimsight.studies.predict import predict_with_lasso
from whimsight.studies.reading import held_out_rows
from whimsight.studies.stages import (
    Clock,
    draft_names,
    make_embedder,
    make_settings,
    pair_facts,
    recurrence,
    vote_clusters,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress
    from whimsight.studies.inputs import Inputs
    from whimsight.studies.settings import Settings

__all__ = ["study"]

_FEWEST_PAIRS = 10


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
        Without labels effects are NaN and ``prediction`` is empty: the study then says what the pairs
        could measure.

    Raises
    ------
    FitError
        With fewer than 10 distinct pairs, or when every decided vote says the same; like errors in the
        choices, before anything is embedded.

    Examples
    --------
    >>> import whimsight as ws
    >>> made = ws.study(ws.load("mt-bench"), embedder="static")      # doctest: +SKIP
    >>> made.significant()[["name", "delta_win"]]                    # doctest: +SKIP
    """
    from whimsight.pairs import Pairs, read

    if not isinstance(pairs, Pairs):
        pairs = read(pairs)
    settings = make_settings("study", embedder, embeddings, choices)
    _refuse_early(pairs, settings)
    clock = Clock()
    model = make_embedder(embedder, embeddings, settings)
    inputs = prepare(
        pairs,
        model,
        template=settings.template,
        groups=settings.groups,
        embeddings=embeddings,
        progress=progress,
    )
    clock.lap("measure and embed")
    autoencoder, explained = fit_autoencoder(inputs, settings, progress=progress)
    clock.lap("discover features")
    features = empty_features(autoencoder.n_features)
    found, chance = recurrence(unexplained(inputs, explained), autoencoder, inputs.prompt, settings)
    # A formula recurs by definition.
    features["stability"] = np.concatenate([found, np.ones(inputs.measured.shape[1])])
    clock.lap("stability")
    codes = np.ascontiguousarray(
        np.hstack([encode(inputs, autoencoder, explained), inputs.measured]), dtype=np.float32
    )
    texts = inputs.texts
    drafts, sign = draft_names(
        features,
        codes,
        type(texts)(unique=texts.unique, a=texts.a[inputs.first], b=texts.b[inputs.first]),
        inputs.prompt,
        inputs.attributes,
        autoencoder,
        model,
        settings,
        progress,
        held_out=held_out_rows(pairs, settings)[inputs.first],
    )
    autoencoder = autoencoder.turned(sign)
    codes[:, : sign.size] *= sign
    clock.lap("draft names")

    clusters = vote_clusters(pairs, settings)
    joint, position = _effects(features, codes, pairs, inputs, clusters, settings)
    clock.lap("effects")
    prediction, lasso = predict_with_lasso(
        pairs, inputs, codes, clusters, settings, names=list(features.index), progress=progress
    )
    clock.lap("prediction")
    return Study(
        pairs=pairs,
        settings=settings,
        found=features,
        prediction=prediction,
        found_joint=joint,
        lasso=lasso,
        drafts=drafts,
        pair_codes=codes,
        pair_of_row=inputs.inverse,
        autoencoder=autoencoder,
        attribute_scale=inputs.scale,
        residual_map=explained,
        facts={**_facts(pairs, inputs, autoencoder, explained, model, position), "chance_stability": chance},
        seconds=clock.seconds,
    )


def _refuse_early(pairs: Pairs, settings: Settings) -> None:
    """Find out before anything is embedded what would stop the study after it."""
    from whimsight.effects.rows import votes
    from whimsight.embed import Template

    distinct = pairs.unique_pairs()[0].size
    if distinct < _FEWEST_PAIRS:
        raise FitError(
            f"A study needs at least {_FEWEST_PAIRS} distinct pairs; found {distinct} in {pairs.name!r}. See "
            "pairs.report for what reading left out."
        )
    if not (pairs.weight > 0).any():
        raise FitError("Every row has weight 0, so nothing counts; fill the column weight in, or drop it.")
    groups = pairs.components(settings.groups)
    if groups.max() == 0:
        linked = ", ".join(
            ["prompt", *(["conversation"] if "conversation" in pairs.frame else []), *settings.groups]
        )
        raise FitError(
            f"All pairs hang together through {linked}, so nothing can be held out to check on. Bring pairs of "
            "several prompts, or leave groups out."
        )
    Template(settings.template)
    for control in settings.controls:
        find_control(pairs, control)
    votes(
        pairs.preference,
        clusters=[groups],
        weights=pairs.weight,
        with_ties=settings.ties == "davidson",
    )


def _effects(
    features: pd.DataFrame,
    codes: NDArray[np.float32],
    pairs: Pairs,
    inputs: Inputs,
    clusters: list[NDArray[np.int64]],
    settings: Settings,
) -> tuple[pd.DataFrame, dict[str, float] | None]:
    """Fill the effect columns of the table; return the joint effects and the position bias."""
    from dataclasses import asdict

    from whimsight.effects import effects, joint_effects, position_bias

    controls, attribute = control_matrix(pairs, inputs.measured, inputs.inverse, settings.controls)
    n_discovered = codes.shape[1] - inputs.measured.shape[1]
    own = own_controls(attribute, n_discovered, codes.shape[1])
    rows = codes[inputs.inverse]
    table = effects(
        rows,
        pairs.preference,
        clusters=clusters,
        controls=controls,
        own_control=own,
        weights=pairs.weight,
        ties=settings.ties,
    )
    table.index = features.index
    for column in table.columns:
        features[column] = table[column]
    outside = controls[:, attribute < 0]
    joint = joint_effects(rows, pairs.preference, clusters=clusters, controls=outside, weights=pairs.weight)
    joint.index = features.index
    bias = position_bias(pairs.preference, clusters=clusters, controls=controls, weights=pairs.weight)
    return joint, None if bias is None else asdict(bias)


def _facts(
    pairs: Pairs,
    inputs: Inputs,
    autoencoder: SparseAutoencoder,
    explained: NDArray[np.float32] | None,
    model: Embedder | None,
    position: dict[str, float] | None,
) -> dict[str, Any]:
    seen = unexplained(inputs, explained)
    codes = autoencoder.encode(seen)
    return {
        **pair_facts(pairs),
        "distinct_pairs": int(inputs.first.size),
        "position_bias": position,
        "reconstruction_error": float(autoencoder.reconstruction_error(seen)),
        "active_features": float(np.count_nonzero(codes) / max(1, codes.shape[0])),
        "embedder": getattr(model, "fingerprint", "ready embeddings"),
        "dimensions": int(inputs.differences.shape[1]),
    }
