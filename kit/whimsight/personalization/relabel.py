"""Pairs with the choices that somebody's weights stand for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.personalization._reward.tables import chances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.pairs import Pairs
    from whimsight.personalization.reward import Reward
    from whimsight.progress import Progress

__all__ = ["relabel"]

_UNSURE = ("keep", "tie", "drop")
_PAIRS = 16_384  # pairs whose codes are held at a time


def relabel(
    reward: Reward,
    pairs: Pairs,
    *,
    unsure: Literal["keep", "tie", "drop"] = "keep",
    least: float = 0.5,
    soft: bool = False,
    progress: Progress | None = None,
) -> Pairs:
    """Return pairs with the choices that a reward stands for, as if the sides had been drawn by lot.

    Parameters
    ----------
    reward : Reward
    pairs : Pairs
        With or without labels. Each distinct response is embedded and measured once, each distinct pair scored once.
    unsure : {"keep", "tie", "drop"}
        What becomes of rows whose more probable side has a probability below ``least``, or where none is more
        probable: they keep the more probable side, become ties, or are left out. (Where none is more probable, and they
        are kept, they are ties.)
    least : float
        0.5 to 1.
    soft : bool
        Write the probability that A is preferred in place of 1 and 0.
    progress : callable, optional

    Returns
    -------
    Pairs
        With the columns ``preference_before`` (as it was), ``probability`` (that A is preferred, what is not known of
        the weights integrated out) and ``margin`` (the log odds). The rows are the votes that they were, those who cast
        them included: on one pair all now say the same. ``report`` says how many votes flip.

    Raises
    ------
    StudyError
        For choices that are none, or if nothing is left.

    Examples
    --------
    >>> import pandas as pd
    >>> from whimsight.pairs import Pairs
    >>> from whimsight.personalization.reward import Reward
    >>> votes = {"prompt": ["Why?"], "response_a": ["So."], "response_b": ["It is so."], "preference": [1.0]}
    >>> terse = Reward.of_measures({"m_words": -1.0})
    >>> terse.relabel(Pairs(pd.DataFrame(votes))).preference
    array([1.])
    """
    from whimsight.pairs import Pairs

    if unsure not in _UNSURE:
        raise StudyError(f"unsure must be one of {', '.join(map(repr, _UNSURE))}; found {unsure!r}.")
    if isinstance(least, bool) or not 0.5 <= least <= 1:
        raise StudyError(f"least must lie between 0.5 and 1; found {least!r}.")
    margin, probability = _scored(reward, pairs, progress)
    doubt = (np.maximum(probability, 1 - probability) < least) | (margin == 0)
    preference = probability if soft else np.where(margin == 0, 0.5, (margin > 0).astype(np.float64))
    if unsure == "tie":
        preference = np.where(doubt, 0.5, preference)
    frame = pairs.frame.assign(
        preference=preference, preference_before=pairs.preference, probability=probability, margin=margin
    )
    before = pairs.report
    notes = [*before.notes, *_said(reward, pairs, preference, margin, doubt, unsure, least)]
    report = replace(before, notes=notes)
    name = f"{pairs.name}, relabelled"
    if unsure != "drop":
        return Pairs(frame, name=name, report=report, texts=pairs.texts())
    if doubt.all():
        raise StudyError(
            f"All {len(pairs):,} rows are unsure at least={least:g}, so nothing is left. Lower least."
        )
    return Pairs(
        frame[~doubt].reset_index(drop=True), name=name, report=replace(report, kept=int((~doubt).sum()))
    )


def _scored(
    reward: Reward, pairs: Pairs, progress: Progress | None
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return margin and probability of every row, float64 (n,) each."""
    first, inverse = pairs.unique_pairs()
    a, b, places = _places(reward, pairs, first, progress)
    margin, probability = np.empty(first.size), np.empty(first.size)
    for start in range(0, first.size, _PAIRS):
        rows = slice(start, start + _PAIRS)
        codes = reward.coder.codes(places[a[rows]], places[b[rows]])
        margin[rows] = codes @ reward.per_code
        probability[rows] = chances(reward, codes)[0]
    return margin[inverse], probability[inverse]


def _places(
    reward: Reward, pairs: Pairs, first: NDArray[np.int64], progress: Progress | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Place the distinct responses, and say where A and B of the rows ``first`` are among them.

    A response has one place for each prompt where the embedder reads the prompt, and for each dataset where the
    study was made of several.
    """
    from whimsight.studies.inputs import DATASET

    coder, texts = reward.coder, pairs.texts()
    frame = pairs.frame.iloc[first]
    n, both = first.size, np.concatenate([texts.a[first], texts.b[first]])
    width = np.int64(len(texts.unique))
    prompt = pairs.prompt_codes[first] if coder.needs_prompt else np.zeros(n, dtype=np.int64)
    factor = np.ones(n)
    if coder.factors and DATASET in frame:
        factor = np.array([coder.factors.get(str(d), 1.0) for d in frame[DATASET]])
    kinds, kind = np.unique(factor, return_inverse=True)
    key = (np.tile(prompt * kinds.size + kind, 2)) * width + both
    _, where, place = np.unique(key, return_index=True, return_inverse=True)
    prompts = frame["prompt"].to_numpy(dtype=object)
    found = coder.place(
        [prompts[i] for i in where % n],
        [texts.unique[i] for i in both[where]],
        reward.model(),
        factor=factor[where % n],
        progress=progress,
    )
    return place[:n], place[n:], found


def _said(
    reward: Reward,
    pairs: Pairs,
    preference: NDArray[np.float64],
    margin: NDArray[np.float64],
    doubt: NDArray[np.bool_],
    unsure: str,
    least: float,
) -> list[str]:
    """Say what re-labelling did, in sentences."""
    before = pairs.preference
    decided = np.isfinite(before) & (before != 0.5)
    sure = decided if unsure == "keep" else decided & ~doubt
    notes = [
        f"relabelled with the weights of {reward.title!r}" + (f". {reward.stated}" if reward.stated else "")
    ]
    if sure.any():
        flips = (margin[sure] > 0) != (before[sure] > 0.5)
        flips &= margin[sure] != 0
        low, high = _interval(flips, pairs.components()[sure])
        notes.append(
            f"{int(flips.sum()):,} of {counted(flips.size, 'decided vote')} flip ({flips.mean():.1%}, 95 % interval "
            f"{low:.1%} to {high:.1%}, clustered by prompt)"
        )
    fresh = int((~np.isfinite(before)).sum())
    if fresh:
        notes.append(f"{counted(fresh, 'row')} had no label")
    return [*notes, *_doubts(margin, doubt, unsure, least)]


def _doubts(margin: NDArray[np.float64], doubt: NDArray[np.bool_], unsure: str, least: float) -> list[str]:
    level = int((margin == 0).sum())
    leaning = int(doubt.sum()) - level
    notes = []
    if level:
        became = "left out" if unsure == "drop" else "tied"
        notes.append(f"{counted(level, 'row')} alike in every feature with a weight: {became}")
    if leaning:
        became = {"keep": "the more probable side kept", "tie": "tied", "drop": "left out"}[unsure]
        notes.append(
            f"{counted(leaning, 'row')} unsure, the more probable side with less than {least:.0%}: {became}"
        )
    return notes


def _interval(flips: NDArray[np.bool_], cluster: NDArray[np.int64]) -> tuple[float, float]:
    """Wilson's interval for the effective number of votes; see `whimsight.effects.prevalence`."""
    from whimsight.effects.clusters import Clusters
    from whimsight.effects.prevalence import share_of, wilson

    grouped = Clusters([cluster])
    share, spread = share_of(flips[:, None], grouped, np.ones(flips.size))
    low, high = wilson(share, spread, grouped.fewest, 0.05)
    return float(low[0]), float(high[0])
