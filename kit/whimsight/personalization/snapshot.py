"""Bounded pictures of a personalization, ready for JSON: what the mixer and the calibrator need without Python."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import StudyError
from whimsight.personalization.evidence import standardised
from whimsight.personalization.pool import pool as choose_pool
from whimsight.personalization.presets import asked_presets
from whimsight.personalization.sentences import feature_sentence
from whimsight.personalization.sets import response_sets
from whimsight.studies._report.words import without_paths
from whimsight.studies.snapshot import clean, note, plain_number, size_of, word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike, NDArray

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person
    from whimsight.personalization.presets import Preset
    from whimsight.personalization.sets import ResponseSet

__all__ = ["CONSENT", "calibrator_snapshot", "mixer_snapshot", "preset_json", "quantised"]

CONSENT = (
    "Your choices, when you made them and how long each took, with the name that you give: any name, or none. They are "
    "kept in a file beside the study, on the computer that runs this notebook, where those who may read your files can "
    "read it. You may stop at any time, take votes back, or delete them all, and the file with them."
)
_CHOICES = (
    {"id": "private", "label": "Keep my votes for myself alone"},
    {"id": "class", "label": "My votes may be used with those of others, under the name I give"},
)

_DIGITS = 7
_BINS = 24
_SHORTEST = 200
_SEED_OF_VOTES = 1
_LEAST_VOTES = 200
_NUMBERS = ("mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high", "p", "q")
_SHARES = ("share_opposed", "share_opposed_low", "share_opposed_high")


def mixer_snapshot(
    people: Personalization,
    *,
    annotators: Sequence[str] = (),
    groups: Any = None,
    types: bool = False,
    persons: Sequence[Person] = (),
    presets: Sequence[Preset] | None = None,
    sets: int = 24,
    votes: int = 4_000,
    characters: int = 2_000,
    names_only: bool = False,
    max_bytes: int = 1_700_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return features, presets, sets of responses and a sample of votes, as ``MixerSnapshot`` of ``contract.ts``.

    Numbers are those of the features as found: what people named or turned is in
    `whimsight.studies.snapshot.labels_dict`. No annotator's id is in it but of those asked for; beside these a vote
    tells at most which of the groups asked for its annotator belongs to. Where the whole is larger than allowed, there
    are fewer votes (half of the room at most is theirs), then all texts are shortened to the same length, then sets are
    left out.

    Codes of votes travel as whole numbers from -127 to 127 times a scale of their feature, the largest code over 127. A
    code is off by at most half of that, and 0 stays 0, so that log odds are off by at most the sum over features of
    half the scale times the size of the weight; see `quantised`. On MT-Bench and on convincing arguments (80 features)
    they are off by .02 in the root mean square, and shares of flips and of agreement by .2 points at most.

    Parameters
    ----------
    people : Personalization
    annotators, groups, types, persons
        What presets there are; see `whimsight.personalization.presets.asked_presets`.
    presets : sequence of Preset, optional
        The presets themselves, where they are made already.
    sets : int
        At most so many sets of responses.
    votes : int
        At most so many votes of all, by chance; those of annotators asked for are added.
    characters : int
        At most so many code points of a text.
    names_only : bool
        Leave out every text of the dataset.
    max_bytes : int
        Of the JSON in UTF-8.
    seed : int

    Returns
    -------
    dict
        Numbers have seven significant digits. Without NaN, lone surrogates or paths.

    Raises
    ------
    StudyError
        If ``max_bytes`` does not hold even the features, or there is no such annotator, group or value.

    Examples
    --------
    >>> ready = mixer_snapshot(people, annotators=["expert_3"])    # doctest: +SKIP
    """
    if presets is None:
        presets = asked_presets(people, annotators=annotators, groups=groups, types=types, persons=persons)
    number, cells = _cells(people, presets)
    facts = {
        "schema": 1,
        "study": _about(people, names_only=names_only),
        "stated": clean(people.stated),
        "features": _features(people, quotes=not names_only),
        "presets": [preset_json(one, own) for one, own in zip(presets, cells, strict=True)],
    }
    room = max_bytes - size_of(facts | {"sets": [], "votes": {}})
    each = len(people.features) * 4 / 3 + 13
    cast = max(int(0.5 * room / each), _LEAST_VOTES)
    facts["votes"] = _votes(people, number, votes, cast, seed)
    room = max_bytes - size_of(facts | {"sets": []})
    if room < 0:
        raise StudyError(
            f"A snapshot of {len(people.features)} features and {len(presets)} presets needs at least "
            f"{max_bytes - room:,} bytes; max_bytes is {max_bytes:,}. Give it more, or ask for fewer annotators."
        )
    found = response_sets(people, sets, seed=seed) if sets else []
    return facts | {"sets": _fitting_sets(people, found, 0 if names_only else characters, room)}


def calibrator_snapshot(
    people: Personalization,
    *,
    ask: int = 16,
    pool: int = 100,
    names_only: bool = False,
    max_bytes: int = 1_700_000,
    seed: int = 0,
) -> dict[str, Any]:
    """Return features, the prior of somebody new and pairs to ask about, as ``CalibratorSnapshot`` of ``contract.ts``.

    Texts are whole; where the whole is larger than allowed, there are fewer pairs. It holds nobody's votes and no
    annotator's id.

    Parameters
    ----------
    people : Personalization
    ask : int
        How many pairs are asked before the result is shown in full.
    pool : int
        At most so many pairs; see `whimsight.personalization.pool.pool`.
    names_only : bool
        Leave out every text of the dataset: then there is nothing to ask.
    max_bytes : int
        Of the JSON in UTF-8.
    seed : int

    Raises
    ------
    StudyError
        If ``max_bytes`` does not hold even the features.

    Examples
    --------
    >>> ready = calibrator_snapshot(people, ask=12)    # doctest: +SKIP
    """
    if ask < 1 or pool < 1:
        raise StudyError(f"ask and pool must be 1 or more; found {ask} and {pool}.")
    prior = people.hierarchy.prior()
    facts = {
        "schema": 1,
        "study": _about(people, names_only=names_only),
        "stated": clean(people.stated),
        "features": _features(people, quotes=not names_only),
        "prior": {
            "mean": _numbers(prior.mean),
            "covariance": [_numbers(line) for line in prior.covariance],
            "sd": _numbers(prior.sd),
        },
        "consent": {"words": CONSENT, "choices": [dict(one) for one in _CHOICES]},
        "ask": ask,
    }
    room = max_bytes - size_of(facts | {"pool": []})
    if room < 0:
        raise StudyError(
            f"A snapshot of {len(people.features)} features needs at least {max_bytes - room:,} bytes; max_bytes is "
            f"{max_bytes:,}. Give it more."
        )
    rows = choose_pool(people, pool, seed=seed) if not names_only else np.empty(0, dtype=np.int64)
    pairs = _pool_pairs(people, rows)
    ends = np.cumsum([size_of(pair) + 2 for pair in pairs])
    return facts | {"pool": pairs[: int(np.searchsorted(ends, room, side="right"))]}


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
    scale = np.array(_numbers(np.abs(given).max(axis=0, initial=0.0) / 127))
    whole = np.divide(given, scale, out=np.zeros_like(given), where=scale > 0)
    return np.clip(np.rint(whole), -127, 127).astype(np.int8), scale


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
        "weights": _numbers(preset.weights),
        "sd": _numbers(preset.sd),
        "held_out": None
        if held_out is None or not held_out.votes
        else {key: _brief(v) for key, v in zip(("agreement", "low", "high"), held_out[:3], strict=True)},
        "annotator": int(own[0]) if preset.kind == "annotator" and own else -1,
    }
    if preset.covariance is not None:
        out["covariance"] = _packed(preset.covariance[np.tril_indices(preset.weights.size)], "<f4")
    if preset.kind in ("group", "type"):
        out["annotators"] = [int(one) for one in own]
    return out


def _cells(people: Personalization, presets: Sequence[Preset]) -> tuple[NDArray[np.int64], list[list[int]]]:
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


def _about(people: Personalization, *, names_only: bool) -> dict[str, Any]:
    pairs = people.study.pairs
    return {
        "name": clean(without_paths(people.name)),
        "rows": len(pairs),
        "prompts": int(pairs.prompt_codes.max(initial=-1)) + 1,
        "annotators": len(people.annotators),
        "votes": int(people.ballots.y.size),
        "names_only": names_only,
    }


def _features(people: Personalization, *, quotes: bool) -> list[dict[str, Any]]:
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
                **{c: _brief(row[c]) for c in (*_NUMBERS, *_SHARES)},
                "spread": _spread(own[:, j] if personal else None, row),
                "sentence": clean(feature_sentence(row)),
                "sentence_turned": clean(feature_sentence(row, turned=True)),
            }
        )
    return out


def _spread(weights: NDArray[np.float64] | None, row: dict[Any, Any]) -> dict[str, Any]:
    if weights is None:
        return {"low": _brief(row["mean_low"]), "high": _brief(row["mean_high"]), "counts": []}
    low, high = float(weights.min()), float(weights.max())
    if high - low < 1e-6:  # everybody's are the same
        low, high = low - 0.05, high + 0.05
    counts, _ = np.histogram(weights, bins=_BINS, range=(low, high))
    return {"low": _brief(low), "high": _brief(high), "counts": counts.tolist()}


def _votes(
    people: Personalization, number: NDArray[np.int64], sampled: int, most: int, seed: int
) -> dict[str, Any]:
    """Return a sample of all votes, then further votes of annotators with a number, ``most`` in all."""
    ballots = people.ballots
    n = ballots.y.size
    order = np.random.default_rng([seed, _SEED_OF_VOTES]).permutation(n)
    size = min(sampled, most, n)
    sample, rest = np.sort(order[:size]), order[size:]
    more = np.sort(rest[number[ballots.annotator[rest]] >= 0][: most - size])
    rows = np.concatenate([sample, more])
    codes, scale = quantised(ballots.X[rows])
    _, prompt = np.unique(ballots.prompt[rows], return_inverse=True)
    return {
        "n": int(rows.size),
        "sampled": int(sample.size),
        "codes": _packed(codes, "i1"),
        "scale": _numbers(scale),
        "choice": _packed(ballots.y[rows], "u1"),
        "prompt": _packed(prompt, "<u4"),
        "annotator": _packed(number[ballots.annotator[rows]], "<i4"),
        "intercept": _brief(people.hierarchy.intercept),
        "total": int(n),
    }


def _fitting_sets(
    people: Personalization, found: Sequence[ResponseSet], characters: int, room: int
) -> list[dict[str, Any]]:
    """Lay out sets in ``room`` bytes: shorter texts first, then fewer sets."""
    prompts = people.study.pairs.frame["prompt"].to_numpy(dtype=object)

    def laid(n: int, limit: int) -> list[dict[str, Any]]:
        return [_set_json(one, str(prompts[one.row]), limit) for one in found[:n]]

    def fits(n: int, limit: int) -> bool:
        return size_of(laid(n, limit)) <= room

    n, shortest = len(found), min(_SHORTEST, characters)
    while n and not fits(n, shortest):
        n = n * 4 // 5
    return laid(n, _largest(shortest, characters, lambda limit: fits(n, limit)))


def _largest(low: int, high: int, fits: Callable[[int], bool]) -> int:
    """Return the largest number that fits, ``low`` being one that does."""
    if fits(high):
        return high
    while high - low > 8:
        middle = (low + high) // 2
        low, high = (middle, high) if fits(middle) else (low, middle)
    return low


def _set_json(one: ResponseSet, prompt: str, limit: int) -> dict[str, Any]:
    out: dict[str, Any] = {"prompt": clean(prompt[:limit]), "row": one.row}
    if len(prompt) > limit:
        out["prompt_length"] = len(prompt)
    out["responses"] = [
        {
            "text": clean(text[:limit]),
            "length": len(text),
            "label": clean(label),
            "codes": _numbers(codes),
            "won": int(won) if votes else None,
            "votes": int(votes),
        }
        for text, label, codes, won, votes in zip(
            one.texts, one.labels, one.codes, one.won, one.votes, strict=True
        )
    ]
    return out


def _pool_pairs(people: Personalization, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    columns = ["prompt", "response_a", "response_b"]
    some = people.study.pairs.frame[columns].iloc[rows]
    codes = standardised(people, rows)
    return [
        {
            "row": int(row),
            "prompt": clean(prompt),
            "a": clean(a),
            "b": clean(b),
            "a_length": len(a),
            "b_length": len(b),
            "codes": _numbers(x),
        }
        for row, (prompt, a, b), x in zip(rows, some.itertuples(index=False), codes, strict=True)
    ]


def _packed(values: NDArray[Any], kind: str) -> str:
    return base64.b64encode(np.ascontiguousarray(values, dtype=kind).tobytes()).decode()


def _numbers(values: NDArray[np.float64]) -> list[float]:
    return [float(f"{value:.{_DIGITS}g}") for value in values.tolist()]


def _brief(value: Any) -> float | None:
    found = plain_number(value)
    return None if found is None else float(f"{found:.{_DIGITS}g}")
