"""Makes a snapshot smaller, for a page that may only be so large: shorter texts first, then fewer examples."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["fitted", "reduced"]

_STEPS = (
    *((20, characters) for characters in (2_000, 1_400, 1_000, 700, 500)),
    *((examples, 500) for examples in (14, 10, 7)),
    *((examples, 300) for examples in (7, 5, 3, 2, 1)),
    (1, 120),
    (0, 0),
)
"""(examples a feature, characters a text), each smaller than the one before."""


def fitted(
    snapshot: Mapping[str, Any], room: int, size: Callable[[Mapping[str, Any]], int]
) -> dict[str, Any] | None:
    """Return the largest of a few reductions that fits, None where none does.

    Parameters
    ----------
    snapshot : mapping
        As `whimsight.studies.snapshot.snapshot` makes it.
    room : int
        Bytes.
    size : callable
        Bytes that a snapshot takes.
    """
    low, high = 0, len(_STEPS)
    while low < high:
        middle = (low + high) // 2
        if size(reduced(snapshot, *_STEPS[middle])) <= room:
            high = middle
        else:
            low = middle + 1
    return reduced(snapshot, *_STEPS[low]) if low < len(_STEPS) else None


def reduced(snapshot: Mapping[str, Any], examples: int, characters: int) -> dict[str, Any]:
    """Keep the first examples of each feature and the beginnings of their texts.

    Parameters
    ----------
    snapshot : mapping
    examples : int
        At most so many a feature.
    characters : int
        At most so many code points a text; ``length`` still tells how long it is.

    Examples
    --------
    >>> texts = [{"text": "abc", "length": 3}, {"text": "xyz", "length": 9}]
    >>> pair = {"prompt": 1, "more": 1, "less": 1}
    >>> small = reduced({"examples": {"d00": [pair, pair]}, "texts": texts}, 1, 2)
    >>> small["examples"], small["texts"]
    ({'d00': [{'prompt': 0, 'more': 0, 'less': 0}]}, [{'text': 'xy', 'length': 9}])
    """
    place: dict[int, int] = {}

    def moved(example: Mapping[str, Any]) -> dict[str, Any]:
        return {
            **example,
            **{key: place.setdefault(example[key], len(place)) for key in ("prompt", "more", "less")},
        }

    def first(several: list[Any]) -> list[Any]:
        if several and isinstance(several[0], list):  # a list for each of several datasets
            return [first(part) for part in several]
        return [moved(example) for example in several[:examples]]

    kept = {feature: first(several) for feature, several in snapshot["examples"].items()}
    texts = [{**snapshot["texts"][old], "text": snapshot["texts"][old]["text"][:characters]} for old in place]
    return {**snapshot, "examples": kept, "texts": texts}
