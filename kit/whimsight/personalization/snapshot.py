"""Bounded pictures of a personalization, ready for JSON: what the mixer and the calibrator need without Python."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.personalization.evidence import standardised
from whimsight.personalization.picture import about, cells, features, numbers, packed_votes, preset_json
from whimsight.personalization.pool import pool as choose_pool
from whimsight.personalization.presets import asked_presets
from whimsight.personalization.sets import response_sets
from whimsight.studies.snapshot import clean, size_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person
    from whimsight.personalization.presets import Preset
    from whimsight.personalization.sets import ResponseSet

__all__ = ["CONSENT", "calibrator_snapshot", "mixer_snapshot"]

CONSENT = (
    "Your choices, when you made them and how long each took, with the name that you give: any name, or none. They are "
    "kept in a file beside the study, on the computer that runs this notebook, where those who may read your files can "
    "read it. You may stop at any time, take votes back, or delete them all, and the file with them."
)
_CHOICES = (
    {"id": "private", "label": "Keep my votes for myself alone"},
    {"id": "class", "label": "My votes may be used with those of others, under the name I give"},
)

_SHORTEST = 200
_LEAST_VOTES = 200


def mixer_snapshot(
    people: Personalization,
    *,
    annotators: Sequence[str] = (),
    groups: Any = None,
    types: Any = False,
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
    half the scale times the size of the weight (`whimsight.personalization.picture.quantised`). On MT-Bench and on
    convincing arguments (80 features) they are off by .02 in the root mean square, and shares of flips and of agreement
    by .2 points at most.

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
    number, own = cells(people, presets)
    facts = {
        "schema": 1,
        "study": about(people, names_only=names_only),
        "stated": clean(people.stated),
        "features": features(people, quotes=not names_only),
        "presets": [preset_json(one, mine) for one, mine in zip(presets, own, strict=True)],
    }
    room = max_bytes - size_of(facts | {"sets": [], "votes": {}})
    each = len(people.features) * 4 / 3 + 13
    cast = max(int(0.5 * room / each), _LEAST_VOTES)
    facts["votes"] = packed_votes(people, number, votes, cast, seed)
    room = max_bytes - size_of(facts | {"sets": []})
    if room < 0:
        raise StudyError(
            f"A snapshot of {counted(len(people.features), 'feature')} and {counted(len(presets), 'preset')} needs at "
            f"least {max_bytes - room:,} bytes; max_bytes is {max_bytes:,}. Give it more, or ask for fewer annotators."
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
    prior = people.prior
    facts = {
        "schema": 1,
        "study": about(people, names_only=names_only),
        "stated": clean(people.stated),
        "features": features(people, quotes=not names_only),
        "prior": {
            "mean": numbers(prior.mean),
            "covariance": [numbers(line) for line in prior.covariance],
            "sd": numbers(prior.sd),
            "spread": numbers(people.hierarchy.shrinkage[1:]),
        },
        "consent": {"words": CONSENT, "choices": [dict(one) for one in _CHOICES]},
        "ask": ask,
    }
    room = max_bytes - size_of(facts | {"pool": []})
    if room < 0:
        raise StudyError(
            f"A snapshot of {counted(len(people.features), 'feature')} needs at least {max_bytes - room:,} bytes; "
            f"max_bytes is {max_bytes:,}. Give it more."
        )
    rows = choose_pool(people, pool, seed=seed) if not names_only else np.empty(0, dtype=np.int64)
    pairs = _pool_pairs(people, rows)
    ends = np.cumsum([size_of(pair) + 2 for pair in pairs])
    return facts | {"pool": pairs[: int(np.searchsorted(ends, room, side="right"))]}


def _fitting_sets(
    people: Personalization, found: Sequence[ResponseSet], characters: int, room: int
) -> list[dict[str, Any]]:
    """Lay out sets in ``room`` bytes: shorter texts first, then fewer sets."""
    prompts = people.study.pairs.shown_prompts(np.array([one.row for one in found], dtype=np.int64))

    def laid(n: int, limit: int) -> list[dict[str, Any]]:
        return [_set_json(one, str(prompts[i]), limit) for i, one in enumerate(found[:n])]

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
            "row": row,
            "side": side,
            "label": clean(label),
            "codes": numbers(codes),
            "won": int(won) if votes else None,
            "votes": int(votes),
        }
        for text, (row, side), label, codes, won, votes in zip(
            one.texts, one.places, one.labels, one.codes, one.won, one.votes, strict=True
        )
    ]
    return out


def _pool_pairs(people: Personalization, rows: NDArray[np.int64]) -> list[dict[str, Any]]:
    pairs = people.study.pairs
    some = pairs.frame[["response_a", "response_b"]].iloc[rows]
    codes = standardised(people, rows)
    return [
        {
            "row": int(row),
            "prompt": clean(prompt),
            "a": clean(a),
            "b": clean(b),
            "a_length": len(a),
            "b_length": len(b),
            "codes": numbers(x),
        }
        for row, prompt, (a, b), x in zip(
            rows, pairs.shown_prompts(rows), some.itertuples(index=False), codes, strict=True
        )
    ]
