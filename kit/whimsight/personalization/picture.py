"""What people, presets and votes look like as JSON, in the pictures that widgets show."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.personalization.sentences import feature_sentence, verdict
from whimsight.studies._report.words import without_paths
from whimsight.studies.snapshot import clean, note, plain_number, word

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike, NDArray

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.presets import Preset

__all__ = [
    "about",
    "brief",
    "cells",
    "features",
    "numbers",
    "own_votes",
    "packed",
    "packed_votes",
    "preset_json",
    "quantised",
]

_DIGITS = 7
_BINS, _FEWEST_BINS = 24, 4
_STEPS = [base * 10.0**power for power in range(-2, 6) for base in (1, 2, 5)]
_MIDDLE = (0.01, 0.99)
_SEED_OF_VOTES = 1
_NUMBERS = ("mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high", "p", "q")
_SHARES = ("share_opposed", "share_opposed_low", "share_opposed_high")


def about(people: Personalization, *, names_only: bool) -> dict[str, Any]:
    """Return what is looked at, as ``study`` of both pictures."""
    pairs = people.study.pairs
    return {
        "name": clean(without_paths(people.name)),
        "rows": len(pairs),
        "prompts": pairs.count_prompts(),
        "annotators": len(people.annotators),
        "votes": int(people.ballots.y.size),
        "names_only": names_only,
    }


def features(people: Personalization, *, quotes: bool) -> list[dict[str, Any]]:
    """Return the features as found, as ``MixedFeature`` of ``contract.ts``; without ``quotes`` of the dataset."""
    table = people.subjectivity
    turned = people.sign < 0
    ends = table.loc[turned, ["mean", "mean_high", "mean_low"]].to_numpy()
    table.loc[turned, ["mean", "mean_low", "mean_high"]] = -ends
    found, absent = people.study.found, people.ballots.unit == 0
    table.loc[absent, ["mean", "mean_low", "mean_high"]] = 0.0  # no vote says anything of it
    table["name"] = found["name"]
    own = people.hierarchy.weights
    out = []
    for j, (feature, row) in enumerate(zip(table.index, table.to_dict("records"), strict=True)):
        personal = bool(row["personal"])
        out.append(
            {
                "feature": str(feature),
                "kind": word(row["kind"]),
                "name": word(row["name"]),
                "note": note(people.study, str(feature), quotes=quotes),
                "personal": personal,
                "verdict": verdict(row),
                **{c: brief(row[c]) for c in (*_NUMBERS, *_SHARES)},
                "spread": _spread(own[:, j] if personal else None, row),
                "sentence": clean(feature_sentence(row)),
                "sentence_turned": clean(feature_sentence(row, turned=True)),
            }
        )
    return out


def _spread(weights: NDArray[np.float64] | None, row: dict[Any, Any]) -> dict[str, Any]:
    """Count annotators' weights in bins between round numbers.

    The bins reach over the middle 98 % of people; who lies outside is counted in the first or the last, so that neither
    end is anybody's weight. Few people are counted in few bins.
    """
    if weights is None:
        return {"low": brief(row["mean_low"]), "high": brief(row["mean_high"]), "counts": []}
    first, last = np.quantile(weights, _MIDDLE)
    wanted = np.clip(2 * np.sqrt(weights.size), _FEWEST_BINS, _BINS)
    step = next(s for s in _STEPS if s * wanted >= last - first or s == _STEPS[-1])
    low = np.floor(first / step + 1e-9)
    high = max(np.ceil(last / step - 1e-9), low + 1)
    counts, _ = np.histogram(np.clip(weights / step, low, high), bins=int(high - low), range=(low, high))
    return {"low": brief(low * step), "high": brief(high * step), "counts": counts.tolist()}


def preset_json(preset: Preset, own: Sequence[int] = ()) -> dict[str, Any]:
    """Return a preset as ``Preset`` of ``contract.ts``.

    Parameters
    ----------
    preset : Preset
    own : sequence of int
        The numbers in ``votes.annotator`` of the votes that it rests on.
    """
    held_out = preset.held_out
    out: dict[str, Any] = {
        "id": clean(preset.id),
        "kind": preset.kind,
        "label": clean(preset.label),
        "note": clean(preset.note),
        "votes": int(preset.votes),
        "weights": numbers(preset.weights),
        "sd": numbers(preset.sd),
        "held_out": None
        if held_out is None or not held_out.votes
        else {key: brief(v) for key, v in zip(("agreement", "low", "high"), held_out[:3], strict=True)},
        "annotator": int(own[0]) if preset.kind == "annotator" and own else -1,
    }
    if preset.covariance is not None:
        out["covariance"] = packed(preset.covariance[np.tril_indices(preset.weights.size)], "<f4")
    if preset.kind in ("group", "type"):
        out["annotators"] = [int(one) for one in own]
    if preset.column:
        out["column"] = clean(preset.column)
    return out


def cells(people: Personalization, presets: Sequence[Preset]) -> tuple[NDArray[np.int64], list[list[int]]]:
    """Number annotators by the presets that rest on their votes, and on no more: int64 (A,), -1 for none.

    So a vote tells which presets it belongs to, but not which of two members of the same groups cast it.
    """
    asked = [one.annotators for one in presets]
    belongs = np.zeros((len(people.annotators), len(presets)), dtype=bool)
    for column, who in enumerate(asked):
        if who is not None:
            belongs[who, column] = True
    patterns, number = np.unique(belongs, axis=0, return_inverse=True)
    number = np.asarray(number).reshape(-1)
    some = patterns.any(axis=1)
    name = np.where(some, np.cumsum(some) - 1, -1)
    own = [np.unique(name[patterns[:, column]]).tolist() for column in range(len(presets))]
    return name[number], own


def packed_votes(
    people: Personalization, number: NDArray[np.int64], sampled: int, most: int, seed: int
) -> dict[str, Any]:
    """Return a sample of all votes, then further votes of annotators with a number, ``most`` in all."""
    ballots = people.ballots
    n = ballots.y.size
    order = np.random.default_rng([seed, _SEED_OF_VOTES]).permutation(n)
    size = min(sampled, most, n)
    sample, rest = np.sort(order[:size]), order[size:]
    more = np.sort(rest[number[ballots.annotator[rest]] >= 0][: most - size])
    return _votes(people, np.concatenate([sample, more]), number) | {"sampled": int(sample.size)}


def own_votes(people: Personalization, annotator: int, most: int = 2_000, seed: int = 0) -> dict[str, Any]:
    """Return one annotator's votes alone (position in `Personalization.annotators`), ``most`` of them by chance."""
    rows = np.flatnonzero(people.ballots.annotator == annotator)
    if rows.size > most:
        rows = np.sort(np.random.default_rng([seed, _SEED_OF_VOTES]).permutation(rows)[:most])
    return _votes(people, rows, np.zeros(len(people.annotators), dtype=np.int64))


def _votes(people: Personalization, rows: NDArray[np.int64], number: NDArray[np.int64]) -> dict[str, Any]:
    ballots = people.ballots
    codes, scale = quantised(ballots.X[rows])
    _, prompt = np.unique(ballots.prompt[rows], return_inverse=True)
    return {
        "n": int(rows.size),
        "codes": packed(codes, "i1"),
        "scale": numbers(scale),
        "choice": packed(ballots.y[rows], "u1"),
        "prompt": packed(prompt, "<u4"),
        "annotator": packed(number[ballots.annotator[rows]], "<i4"),
        "intercept": brief(people.hierarchy.intercept),
        "total": int(ballots.y.size),
    }


def quantised(X: ArrayLike) -> tuple[NDArray[np.int8], NDArray[np.float64]]:
    """Return whole numbers and the scale of each column, so that numbers times scale are off by half a scale at most.

    Parameters
    ----------
    X : array_like
        (n, F).

    Returns
    -------
    codes : ndarray
        int8 (n, F), -127 to 127; 0 where X is 0.
    scale : ndarray
        float64 (F,): the largest size over 127, in seven digits; 0 for columns of zeros.

    Examples
    --------
    >>> codes, scale = quantised([[1.27, 0.0], [-0.636, 0.0]])
    >>> codes.tolist(), scale.tolist()
    ([[127, 0], [-64, 0]], [0.01, 0.0])
    """
    given = np.asarray(X, dtype=np.float64)
    scale = np.array(numbers(np.abs(given).max(axis=0, initial=0.0) / 127))
    whole = np.divide(given, scale, out=np.zeros_like(given), where=scale > 0)
    return np.clip(np.rint(whole), -127, 127).astype(np.int8), scale


def packed(values: NDArray[Any], kind: str) -> str:
    """Return numbers of a kind (such as ``"<f4"``) in base64."""
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def numbers(values: NDArray[np.float64]) -> list[float]:
    """Return numbers with seven significant digits."""
    return [float(f"{value:.{_DIGITS}g}") for value in values.tolist()]


def brief(value: Any) -> float | None:
    """Return a number with seven significant digits; None where it is none or not finite."""
    found = plain_number(value)
    return None if found is None else float(f"{found:.{_DIGITS}g}")
