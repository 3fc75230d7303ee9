"""How far each feature recurs when the prompts change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.autoencoder.fitting import held_out_rows

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.autoencoder.model import SparseAutoencoder

__all__ = ["matched_cosines", "stability"]


def matched_cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    """Pair the unit rows of two dictionaries one to one and return |cos| for each row of the first.

    The pairing is the one with the largest sum (Hungarian method); rows left without a partner get 0.
    """
    from scipy.optimize import linear_sum_assignment

    cosines = np.abs(one.astype(np.float64) @ other.astype(np.float64).T)
    rows, columns = linear_sum_assignment(-cosines)
    matched = np.zeros(one.shape[0])
    matched[rows] = cosines[rows, columns]
    return np.minimum(matched, 1.0)


def stability(
    differences: NDArray[np.float32],
    autoencoder: SparseAutoencoder,
    *,
    groups: NDArray[np.int64] | None = None,
    n_halvings: int = 5,
    seed: int = 0,
    progress: Callable[[str, int, int], None] | None = None,
) -> pd.DataFrame:
    """Say for each feature how far it recurs in halves of the data that share no group.

    Returns
    -------
    DataFrame
        Index ``0..M-1``; columns ``stability``, ``chance``, ``recurs``.
    """
    import pandas as pd

    from whimsight.autoencoder.model import SparseAutoencoder

    x = np.ascontiguousarray(differences, dtype=np.float32)
    rng = np.random.default_rng(seed)
    names = groups if groups is not None else np.arange(x.shape[0])
    m = autoencoder.n_features
    found, random = [], []
    for round_ in range(n_halvings):
        half = held_out_rows(names, 0.5, rng)
        for rows in (half, ~half):
            model = SparseAutoencoder.fit(
                x[rows],
                n_features=m,
                k=autoencoder.k,
                prefixes=autoencoder.prefixes,
                groups=names[rows],
                seed=seed,
            )
            found.append(matched_cosines(autoencoder.decoder, model.decoder))
            noise = rng.standard_normal((m, x.shape[0])).astype(np.float32) @ x
            noise /= np.linalg.norm(noise, axis=1, keepdims=True)
            random.append(matched_cosines(autoencoder.decoder, noise))
        if progress is not None:
            progress("stability", round_ + 1, n_halvings)
    observed, by_chance = np.stack(found), np.stack(random)
    return pd.DataFrame(
        {
            "stability": observed.mean(axis=0),
            "chance": by_chance.mean(axis=0),
            "recurs": observed.mean(axis=0) > np.quantile(by_chance, 0.95),
        },
        index=pd.RangeIndex(m, name="feature"),
    )
