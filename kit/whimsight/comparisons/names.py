"""Names that people gave in the studies of single datasets, carried over to what they share."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from whimsight.studies import Study

__all__ = ["SAME", "carry_names"]

SAME = 0.7
"""Cosine of two decoder directions from which on a name is taken over; chance gives .1 to .3."""


def carry_names(pooled: Study, studies: Mapping[str, Study]) -> None:
    """Take over what people named in the studies, in place; the first study that has a name for a feature gives it.

    Measured features are the same everywhere. A discovered feature takes the name of a study's feature whose
    decoder direction has a cosine of at least .7 with its own, and is turned the way that one is read. What a
    discovered feature is called then was never tested on it: it has no fidelity here, and is named, not verified.
    """
    table = pooled.found
    taken: set[str] = set()
    for name, study in studies.items():
        given = {f for f, n in study.labels.labels["name"].items() if isinstance(n, str) and n}
        if not given:
            continue
        shown, polarity = study.features, study.polarity
        known = list(study.found.index)
        model = pooled.autoencoder
        same_space = study.autoencoder.dimensions == model.dimensions
        along = model.decoder @ study.autoencoder.decoder.T if same_space else None
        for feature in [f for f in known if f in given]:
            column = known.index(feature)
            if shown.loc[feature, "kind"] == "measured":
                # Turned round it would be the name of the other end of what is measured here.
                if feature in table.index and feature not in taken and polarity[column] > 0:
                    table.loc[feature, ["name", "status"]] = [shown.loc[feature, "name"], "named"]
                    taken.add(feature)
                continue
            if along is None:
                continue
            found = along[:, column] * polarity[column]
            best = int(np.abs(found).argmax())
            here = str(table.index[best])
            if abs(found[best]) < SAME or here in taken:
                continue
            taken.add(here)
            if found[best] < 0:
                _turn(pooled, best)
            table.loc[here, ["name", "status"]] = [shown.loc[feature, "name"], "named"]
            table.loc[here, ["fidelity", "fidelity_low", "fidelity_high"]] = np.nan
            if here in pooled.drafts.index:
                pooled.drafts.loc[here, "note"] = (
                    f"So named in {name}, where {feature} points the same way (cosine {abs(found[best]):.2f})."
                )


def _turn(study: Study, column: int) -> None:
    """Read a discovered feature the other way round, as found."""
    sign = np.ones(study.autoencoder.n_features, dtype=np.float32)
    sign[column] = -1
    study.autoencoder = study.autoencoder.turned(sign)
    study.pair_codes[:, column] = 0.0 - study.pair_codes[:, column]
