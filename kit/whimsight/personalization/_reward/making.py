"""Rewards from a study's features and from measured attributes alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.personalization._reward.embedder import EmbedderNote
from whimsight.personalization.scoring import Coder

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization.reward import Reward
    from whimsight.studies import Study

__all__ = ["reward_from_study", "reward_of_measures"]


def reward_from_study(
    cls: type[Reward],
    study: Study,
    weights: Any,
    sd: Any,
    covariance: Any,
    unit: Any,
    *,
    intercept: float,
    title: str,
    stated: str,
) -> Reward:
    """See `Reward.from_study`."""
    import whimsight
    from whimsight.personalization.reward import Origin

    values = _per_feature(study, weights, "weights")
    spread = _covariance(study, sd, covariance)
    units = _units(study) if unit is None else _per_feature(study, unit, "unit")
    if (units < 0).any():
        raise StudyError(f"unit must be 0 or more; found {units.min():g}.")
    if not np.isfinite(intercept):
        raise StudyError(f"intercept must be a finite number; found {intercept!r}.")
    known = np.zeros(values.size, dtype=bool) if spread is None else np.diag(spread) > 0
    used = np.flatnonzero(((values != 0) | known) & (units > 0))
    features = study.features.iloc[used]
    coder = Coder.of_study(study, used)
    return cls(
        title=str(title),
        ids=tuple(map(str, features.index)),
        kinds=tuple(map(str, features["kind"])),
        names=tuple(map(str, features["name"])),
        weights=values[used],
        covariance=None if spread is None else _rounded(spread[np.ix_(used, used)]),
        unit=units[used],
        intercept=float(intercept),
        stated=str(stated),
        coder=coder,
        needs=_needs(study) if coder.needs_embedder else None,
        origin=Origin(study.name, study.fingerprint, whimsight.__version__),
    )


def reward_of_measures(
    cls: type[Reward], weights: Mapping[str, float], unit: Mapping[str, float], title: str
) -> Reward:
    """See `Reward.of_measures`."""
    import whimsight
    from whimsight._suggest import nearest
    from whimsight.attributes import ATTRIBUTES
    from whimsight.personalization.reward import Origin

    for feature in [*weights, *unit]:
        if feature not in ATTRIBUTES:
            raise StudyError(f"There is no attribute {feature!r}.{nearest(feature, ATTRIBUTES)}")
    ids = [feature for feature in weights if weights[feature] != 0]
    values = np.array([weights[feature] for feature in ids], dtype=np.float64)
    units = np.array([unit.get(feature, 1.0) for feature in ids], dtype=np.float64)
    if not (np.isfinite(values).all() and np.isfinite(units).all() and (units > 0).all()):
        raise StudyError("Weights must be finite numbers and units finite numbers above 0.")
    return cls(
        title=str(title),
        ids=tuple(ids),
        kinds=("measured",) * len(ids),
        names=tuple(ATTRIBUTES[feature].name for feature in ids),
        weights=values,
        covariance=None,
        unit=units,
        coder=Coder.of_measures(ids, np.ones(len(ids), dtype=np.float32)),
        origin=Origin("", "", whimsight.__version__),
    )


def _needs(study: Study) -> EmbedderNote:
    settings = study.settings
    return EmbedderNote(settings.embedder, settings.windows, str(study.facts.get("embedder", "")))


def _units(study: Study) -> NDArray[np.float64]:
    """Standard deviation of each code over the decided votes, float64 (F,); over all rows where there are none."""
    from whimsight.effects.rows import standardise, votes

    pairs = study.pairs
    made = (
        votes(pairs.preference, clusters=[np.arange(len(pairs))], weights=pairs.weight)
        if pairs.labelled
        else None
    )
    rows = np.arange(len(pairs)) if made is None else made.rows
    _, unit = standardise(study.pair_codes[study.pair_of_row[rows]].astype(np.float64))
    return np.asarray(unit, dtype=np.float64)


def _per_feature(study: Study, values: Any, what: str) -> NDArray[np.float64]:
    """Return numbers for all features of a study from a mapping, a Series or an array in their order."""
    n = len(study.found)
    if isinstance(values, Mapping | pd.Series):
        out = np.zeros(n)
        for feature, value in values.items():
            out[study.column(str(feature))] = value
    else:
        out = np.array(values, dtype=np.float64)
        if out.shape != (n,):
            raise StudyError(
                f"{what} must be a mapping from features, or {n} numbers in the order of study.features; found shape "
                f"{out.shape}."
            )
    if not np.isfinite(out).all():
        bad = study.found.index[int(np.flatnonzero(~np.isfinite(out))[0])]
        raise StudyError(f"{what} must be finite; that of {bad!r} is not.")
    return out


def _covariance(study: Study, sd: Any, covariance: Any) -> NDArray[np.float64] | None:
    if sd is not None and covariance is not None:
        raise StudyError("Give sd= or covariance=, not both.")
    if sd is not None:
        spread = _per_feature(study, sd, "sd")
        if (spread < 0).any():
            raise StudyError(f"sd must be 0 or more; found {spread.min():g}.")
        return np.diag(spread**2)
    if covariance is None:
        return None
    if isinstance(covariance, pd.DataFrame):
        columns = [study.column(str(feature)) for feature in covariance.index]
        if list(covariance.columns) != list(covariance.index):
            raise StudyError("covariance must have the same features in its rows and columns.")
        out = np.zeros((len(study.found),) * 2)
        out[np.ix_(columns, columns)] = covariance.to_numpy(dtype=np.float64)
    else:
        out = np.array(covariance, dtype=np.float64)
    n = len(study.found)
    if (
        out.shape != (n, n)
        or not np.isfinite(out).all()
        or not np.allclose(out, out.T)
        or (np.diag(out) < 0).any()
    ):
        raise StudyError(
            f"covariance must be a symmetric matrix ({n}, {n}) of finite numbers; found shape {out.shape}."
        )
    return out


def _rounded(covariance: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round to float32, as in a file, so that a reward and the one read back are the same."""
    return ((covariance + covariance.T) / 2).astype(np.float32).astype(np.float64)
