"""Learning the discovered features of a study and laying out its table."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.studies._study import FEATURE_COLUMNS
from whimsight.studies.inputs import residual_map
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.progress import Progress
    from whimsight.studies.inputs import Inputs
    from whimsight.studies.settings import Settings

__all__ = ["empty_features", "encode", "fit_autoencoder", "unexplained"]


def fit_autoencoder(
    inputs: Inputs, settings: Settings, *, progress: Progress | None = None
) -> tuple[SparseAutoencoder, NDArray[np.float32] | None]:
    """Learn the dictionary; also the residual map when it is trained on residuals."""
    from whimsight.autoencoder import SparseAutoencoder

    explained = (
        residual_map(inputs.measured, inputs.differences) if settings.train_on == "residuals" else None
    )
    model = SparseAutoencoder.fit(
        unexplained(inputs, explained),
        n_features=settings.n_features,
        k=settings.k,
        prefixes=settings.prefixes,
        groups=inputs.prompt,
        seed=settings.seed,
        progress=progress,
    )
    return model, explained


def unexplained(inputs: Inputs, explained: NDArray[np.float32] | None) -> NDArray[np.float32]:
    """What the autoencoder sees: the differences, or what the measured codes leave of them."""
    return inputs.differences if explained is None else inputs.differences - inputs.measured @ explained


def encode(
    inputs: Inputs, model: SparseAutoencoder, explained: NDArray[np.float32] | None
) -> NDArray[np.float32]:
    """Discovered codes of the unique pairs, float32 (u, n_features)."""
    return model.encode(unexplained(inputs, explained))


def empty_features(n_discovered: int) -> pd.DataFrame:
    """Lay out the features table: ids, kinds and the measured names, NaN everywhere else."""
    from whimsight.attributes import ATTRIBUTES

    width = max(2, len(str(n_discovered - 1)))
    ids = [f"d{j:0{width}d}" for j in range(n_discovered)]
    table = Table(np.nan, index=pd.Index([*ids, *ATTRIBUTES], name="feature"), columns=list(FEATURE_COLUMNS))
    measured = np.arange(len(table)) >= n_discovered
    table["kind"] = np.where(measured, "measured", "discovered")
    table["name"] = [*ids, *(a.name for a in ATTRIBUTES.values())]
    table["status"] = "draft"
    table["judge"] = "formula"
    table["significant"] = False
    table["n"] = 0
    for column in ("kind", "name", "status", "judge"):
        table[column] = table[column].astype("str")
    return table
