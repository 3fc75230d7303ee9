"""How far people agree beyond chance: Krippendorff's alpha.

Krippendorff, *Content Analysis* (2018, 4th ed.), chapter 12: alpha = 1 - D_o / D_e, observed over expected
disagreement; 1 is perfect agreement, 0 what chance gives, below 0 systematic disagreement. It takes any number
of people and missing values.

Statuses and polarities are compared as names (nominal). Answers of the blind test, A more, neither, B more, have
an order but no known distances (ordinal): to say "neither" where another says A is less of a disagreement than
to say B.
"""

from __future__ import annotations

import warnings
from collections.abc import Hashable, Iterable
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from whimsight.errors import LabelsError
from whimsight.labels.fold import State, fold
from whimsight.labels.merging import By, Voices, voices_of
from whimsight.labels.paths import quoted
from whimsight.labels.sources import read_all
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.labels.sources import Source

__all__ = ["agreement", "agreement_of", "alpha_with_interval"]

Level = Literal["nominal", "ordinal"]
Ratings = dict[tuple[str, Hashable], float]
"""(person, unit) to a value."""

_STATUS = {"draft": 0.0, "named": 1.0, "verified": 2.0, "rejected": 3.0}
_COLUMNS = ("alpha", "low", "high", "units", "people", "values")
_FEWEST_UNITS = 10
_RESAMPLES = 1000


def agreement(sources: Source | Iterable[Source], *, by: By = "author", seed: int = 0) -> pd.DataFrame:
    """Return Krippendorff's alpha between the people whose work stores hold.

    Parameters
    ----------
    sources : stores or paths
        As in `LabelStore.merge`.
    by : {"author", "file"}
        As in `LabelStore.merge`.
    seed : int
        Of the bootstrap.

    Returns
    -------
    DataFrame
        Index (``what``, ``feature``): ``status`` and ``turned`` over the features that at least two people
        touched (what each would say alone), ``answers`` over the pairs that at least two people judged under
        the same name of the feature, for all features together (``all``) and for each. Columns ``alpha``,
        ``low`` and ``high`` (95 %, percentiles of 1,000 resamples of the units; NaN with fewer than 10 units,
        where the bootstrap says too little), ``units``, ``people``, ``values``. Alpha is NaN without a unit
        of two values, or where all values are the same: there was nothing to disagree about.

    Raises
    ------
    LabelsError
        When a source cannot be used; `LabelStore.merge` leaves such ones out.
    """
    read, refused = read_all(sources, "compare")
    for name, why in refused.items():
        raise LabelsError(f"Cannot compare {name!r}: {why}")
    of_study = {handed.study: name for name, handed in read.items() if handed.study is not None}
    if len(of_study) > 1:
        raise LabelsError(
            f"Cannot compare {quoted(of_study.values(), 'and')}: they belong to different studies, whose features are "
            "different ones. Give those of one study."
        )
    return agreement_of(voices_of({n: handed.events for n, handed in read.items()}, by)[0], seed=seed)


def agreement_of(voices: Voices, *, seed: int = 0) -> pd.DataFrame:
    """Return the table of `agreement` for people whose events are known."""
    states = {person: fold(events) for person, events in voices.items()}
    answers = _answers(states)
    wanted: list[tuple[str, str, Ratings, Level]] = [
        ("status", "all", _own(states, "status"), "nominal"),
        ("turned", "all", _own(states, "turned"), "nominal"),
        ("answers", "all", answers, "ordinal"),
    ]
    for feature in sorted({unit[0] for _, unit in answers}):  # type: ignore[index]
        part = {key: value for key, value in answers.items() if key[1][0] == feature}  # type: ignore[index]
        wanted.append(("answers", feature, part, "ordinal"))
    rows = [_row(ratings, level, seed) for _, _, ratings, level in wanted]
    index = pd.MultiIndex.from_tuples([(what, f) for what, f, _, _ in wanted], names=["what", "feature"])
    return Table(rows, index=index, columns=list(_COLUMNS))


def alpha_with_interval(
    counts: NDArray[np.float64], level: Level, *, seed: int = 0
) -> tuple[float, float, float]:
    """Return alpha and its 95 % bootstrap interval over units.

    Parameters
    ----------
    counts : ndarray
        float64 (n_units, n_values): how many people gave a unit each of the values, in their order.
    level : {"nominal", "ordinal"}
    seed : int

    Returns
    -------
    tuple of float
        alpha, low, high; NaN where they do not exist (see `agreement`).

    Examples
    --------
    >>> from math import isnan
    >>> alpha, low, high = alpha_with_interval(np.array([[2.0, 0.0], [0.0, 2.0], [1.0, 1.0]]), "nominal")
    >>> round(alpha, 4), isnan(low)
    (0.4444, True)
    """
    import krippendorff

    counts = counts[counts.sum(axis=1) >= 2]
    counts = counts[:, counts.any(axis=0)]
    if counts.shape[1] < 2:
        return float("nan"), float("nan"), float("nan")
    alpha = float(
        krippendorff.alpha(
            value_counts=counts.astype(np.int64),
            value_domain=np.arange(counts.shape[1], dtype=np.float64),
            level_of_measurement=level,
        )
    )
    if len(counts) < _FEWEST_UNITS:
        return alpha, float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), size=_RESAMPLES)
    drawn = _alphas(counts, weights.astype(np.float64), level)
    drawn = drawn[np.isfinite(drawn)]
    low, high = np.quantile(drawn, [0.025, 0.975]) if drawn.size else (np.nan, np.nan)
    return alpha, float(low), float(high)


def _alphas(counts: NDArray[np.float64], weights: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Alpha of every resample, float64 (n_resamples,), from weights of the units (n_resamples, n_units).

    A unit with m values adds to the coincidences of values c and k, o_ck, each ordered pair of its values
    divided by m - 1 (Krippendorff's equation for o_ck); a resample is a weighted sum of these.
    """
    values = counts.shape[1]
    pairs = counts[:, :, None] * counts[:, None, :] - counts[:, :, None] * np.eye(values)
    each = (pairs / (counts.sum(axis=1) - 1.0)[:, None, None]).reshape(len(counts), -1)
    seen = (weights @ each).reshape(-1, values, values)
    n_c = seen.sum(axis=2)
    n = n_c.sum(axis=1)
    distance = _distance(n_c, level)
    expected = n_c[:, :, None] * n_c[:, None, :] - n_c[:, :, None] * np.eye(values)
    with np.errstate(divide="ignore", invalid="ignore"):
        alphas: NDArray[np.float64] = 1.0 - (n - 1.0) * (seen * distance).sum(axis=(1, 2)) / (
            expected * distance
        ).sum(axis=(1, 2))
    return alphas


def _distance(n_c: NDArray[np.float64], level: Level) -> NDArray[np.float64]:
    """Squared distances of values, (n_resamples, n_values, n_values).

    Ordinal: how many values lie between the two, their own counted half; so it depends on the resample.
    """
    if level == "nominal":
        return np.broadcast_to(1.0 - np.eye(n_c.shape[1]), (len(n_c), n_c.shape[1], n_c.shape[1]))
    middle = np.cumsum(n_c, axis=1) - n_c / 2.0
    squared: NDArray[np.float64] = (middle[:, :, None] - middle[:, None, :]) ** 2
    return squared


def _own(states: dict[str, State], field: str) -> Ratings:
    """What each person would say of a feature alone."""
    ratings: Ratings = {}
    for person, state in states.items():
        for own in state.own.values():
            for feature, label in own.items():
                ratings[person, feature] = _STATUS[label.status] if field == "status" else float(label.turned)
    return ratings


def _answers(states: dict[str, State]) -> Ratings:
    """Answers by (feature, judged name, row): another name is another question."""
    ratings: Ratings = {}
    for person, state in states.items():
        for (_, feature, row, name), event in sorted(state.judgments.items(), key=lambda item: item[1].order):
            ratings[person, (feature, name.casefold(), row)] = float(event.payload["answer"])
    return ratings


def _row(ratings: Ratings, level: Level, seed: int) -> dict[str, float]:
    units: dict[Hashable, list[tuple[str, float]]] = {}
    for (person, unit), value in ratings.items():
        units.setdefault(unit, []).append((person, value))
    shared = [given for given in units.values() if len(given) > 1]
    domain = sorted({value for given in shared for _, value in given})
    counts = np.zeros((len(shared), max(1, len(domain))))
    for row, given in enumerate(shared):
        for _, value in given:
            counts[row, domain.index(value)] += 1.0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        alpha, low, high = alpha_with_interval(counts, level, seed=seed)
    return {
        "alpha": alpha,
        "low": low,
        "high": high,
        "units": len(shared),
        "people": len({person for given in shared for person, _ in given}),
        "values": sum(len(given) for given in shared),
    }
