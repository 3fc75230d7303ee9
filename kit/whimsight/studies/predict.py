"""Which columns each row of the prediction table uses."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.studies.settings import Settings
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.effects.prediction import Block, Columns
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress
    from whimsight.studies.inputs import Inputs

__all__ = ["predict", "predict_with_lasso"]

_FEWEST_GROUPS = 8
"""With fewer prompts that votes were cast on, held-out prediction would say nothing."""


def predict_with_lasso(
    pairs: Pairs,
    inputs: Inputs,
    codes: NDArray[np.float32],
    clusters: list[NDArray[np.int64]],
    settings: Settings,
    *,
    names: list[str],
    progress: Progress | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the prediction table and the L1 path of a study; both empty where there is nothing to predict."""
    from whimsight.effects import lasso_path

    table = predict(pairs, inputs, clusters, settings)
    if progress is not None:
        progress("predict", 1, 2)
    if table.empty:
        return table, Table()
    path = lasso_path(
        codes[inputs.inverse],
        pairs.preference,
        folds=_folds(pairs, settings, settings.seed),
        clusters=clusters,
        names=names,
        weights=pairs.weight,
    )
    if progress is not None:
        progress("predict", 2, 2)
    return table, path


def predict(
    pairs: Pairs,
    inputs: Inputs,
    clusters: list[NDArray[np.int64]],
    settings: Settings,
    *,
    folds_seed: int | None = None,
) -> pd.DataFrame:
    """Return the prediction table of a study.

    Every row knows the length; ``embedding`` is the whole embedding difference with length, the black box of
    which the features capture a share. The autoencoder is learned anew in each fold. The table is empty with
    votes on fewer than 8 prompts, or where without one fold all votes are the same.
    """
    from whimsight.effects import prediction

    y = pairs.preference
    decided = np.flatnonzero(np.isfinite(y) & (y != 0.5) & (pairs.weight > 0))
    if np.unique(pairs.components(settings.groups)[decided]).size < _FEWEST_GROUPS:
        return Table()
    folds = _folds(pairs, settings, settings.seed if folds_seed is None else folds_seed)
    first, fold = y[decided] > 0.5, folds[decided]
    if any(np.unique(first[fold != held]).size < 2 for held in np.unique(fold)):
        return Table()
    return prediction(_blocks(inputs, settings), y, folds=folds, clusters=clusters, weights=pairs.weight)


def _folds(pairs: Pairs, settings: Settings, seed: int) -> NDArray[np.int64]:
    n_groups = int(pairs.components(settings.groups).max()) + 1
    return pairs.folds(min(settings.folds, n_groups), seed=seed, columns=settings.groups)


def _blocks(inputs: Inputs, settings: Settings) -> dict[str, Block]:
    """Columns of each row of the table; the few sharp ones first, see `whimsight.effects.prediction`."""
    from whimsight.attributes import ATTRIBUTES

    length = inputs.measured[:, [list(ATTRIBUTES).index("m_words")]][inputs.inverse]
    measured = inputs.measured[inputs.inverse]
    embedding = inputs.differences[inputs.inverse]
    learned = _FoldCodes(inputs, settings)

    def with_codes(first: NDArray[np.float32]) -> Block:
        def columns(train: NDArray[np.int64], test: NDArray[np.int64]) -> tuple[Columns, Columns]:
            codes = learned(train)
            return [first[train], codes[train]], [first[test], codes[test]]

        return columns

    return {
        "length": length,
        "measured": measured,
        "discovered": with_codes(length),
        "all": with_codes(measured),
        "embedding": [length, embedding],
        "embedding+measured": [measured, embedding],
    }


class _FoldCodes:
    """Discovered codes of all rows from an autoencoder that saw the training rows only."""

    def __init__(self, inputs: Inputs, settings: Settings) -> None:
        self._inputs = inputs
        self._settings = settings
        self._known: dict[bytes, NDArray[np.float32]] = {}

    def __call__(self, train: NDArray[np.int64]) -> NDArray[np.float32]:
        key = np.packbits(np.isin(np.arange(self._inputs.inverse.size), train)).tobytes()
        if key not in self._known:
            self._known[key] = self._fit(train)
        return self._known[key]

    def _fit(self, train: NDArray[np.int64]) -> NDArray[np.float32]:
        from whimsight.studies.features import encode, fit_autoencoder

        seen = np.unique(self._inputs.inverse[train])
        part = replace(
            self._inputs,
            measured=self._inputs.measured[seen],
            differences=self._inputs.differences[seen],
            prompt=self._inputs.prompt[seen],
        )
        model, explained = fit_autoencoder(part, self._settings)
        return encode(self._inputs, model, explained)[self._inputs.inverse]
