"""Reading responses: from texts to the codes that a reward weighs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from whimsight.errors import StudyError
from whimsight.personalization.scoring import against_others

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization.reward import Reward
    from whimsight.progress import Progress

__all__ = ["ReadSet", "read_pairs", "read_set", "read_sets"]


@dataclass(frozen=True, slots=True)
class ReadSet:
    """The n responses to a prompt.

    Attributes
    ----------
    codes : ndarray
        float64 (n, F): of each response against all n, averaged; or against the reference.
    places : ndarray
        float64 (n, F): see `Coder`.
    """

    codes: NDArray[np.float64]
    places: NDArray[np.float64]


def read_pairs(
    reward: Reward,
    prompts: Sequence[str],
    a: Sequence[str],
    b: Sequence[str],
    dataset: str | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float64]:
    """Return the codes of n pairs, A minus B, float64 (n, F)."""
    _require_texts("prompts", prompts)
    n = len(prompts)
    if not len(a) == len(b) == n:
        raise StudyError(f"There must be as many prompts as a and b; found {n}, {len(a)} and {len(b)}.")
    places = _place(reward, [*prompts, *prompts], [*a, *b], dataset, progress)
    return reward.coder.codes(places[:n], places[n:])


def read_set(
    reward: Reward, prompt: str, responses: Sequence[str], reference: str | None, dataset: str | None
) -> ReadSet:
    """Read the responses to one prompt."""
    if not isinstance(prompt, str):
        raise StudyError(
            f"The prompt must be a text; found {type(prompt).__name__}. Of many, take reward.scores."
        )
    references = None if reference is None else [reference]
    return read_sets(reward, [prompt], [responses], references, dataset)[0]


def read_sets(
    reward: Reward,
    prompts: Sequence[str],
    sets: Sequence[Sequence[str]],
    references: Sequence[str] | None,
    dataset: str | None,
    progress: Progress | None = None,
) -> list[ReadSet]:
    """Read the responses to many prompts, all of them together."""
    _check_sets(prompts, sets, references)
    if not len(sets):
        return []
    counts = [len(responses) for responses in sets]
    asked = [prompt for prompt, n in zip(prompts, counts, strict=True) for _ in range(n)]
    given = [response for responses in sets for response in responses]
    if references is not None:
        asked, given = [*asked, *prompts], [*given, *references]
    places = _place(reward, asked, given, dataset, progress)
    parts = np.split(places[: sum(counts)], np.cumsum(counts)[:-1])
    if references is None:
        return [ReadSet(against_others(reward.coder, part), part) for part in parts]
    others = places[sum(counts) :]
    return [ReadSet(reward.coder.codes(p, other), p) for p, other in zip(parts, others, strict=True)]


def _place(
    reward: Reward,
    prompts: Sequence[str],
    responses: Sequence[str],
    dataset: str | None,
    progress: Progress | None,
) -> NDArray[np.float64]:
    _require_texts("responses", responses)
    factor = reward.coder.factor(dataset)
    return reward.coder.place(prompts, responses, reward.model(), factor=factor, progress=progress)


def _check_sets(
    prompts: Sequence[str], sets: Sequence[Sequence[str]], references: Sequence[str] | None
) -> None:
    _require_texts("prompts", prompts)
    n = len(prompts)
    if len(sets) != n:
        raise StudyError(f"There must be as many sets of responses as prompts, {n}; found {len(sets)}.")
    if references is not None:
        _require_texts("references", references)
        if len(references) != n:
            raise StudyError(f"There must be a reference for each of {n} prompts; found {len(references)}.")
    for place, responses in enumerate(sets):
        where = "responses" if n == 1 else f"responses of prompt {place}"
        _require_texts(where, responses)
        if len(responses) < (2 if references is None else 1):
            raise StudyError(
                f"The {where} are {len(responses)}: a score says how a response stands among others. Give two or more, "
                "or a reference to score against."
            )


def _require_texts(what: str, texts: Sequence[str]) -> None:
    if isinstance(texts, str):
        raise StudyError(f"{what} must be a list of texts; found a single text, {texts[:60]!r}.")
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise StudyError(f"{what}, number {place}: expected a text, found {type(text).__name__}.")
