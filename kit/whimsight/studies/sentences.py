"""What a feature does to the vote, in one plain sentence with its uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.studies._report.words import adjusted_for, number, points

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = ["NAME", "sentence"]

NAME = "NAME"
"""Stands where the name of the feature goes, for people change names; within single quotation marks."""

_LEVEL = 0.05


def sentence(study: Study, feature: str, row: Any, *, turned: bool = False) -> str:
    """Say how a feature goes along with the vote.

    Delta-win is the chance to be preferred with more of the feature less that with less of it, other
    things (the controls) as they are, among pairs that differ in it: of two responses the one with more is
    preferred so many points more often than the other.

    Parameters
    ----------
    study : Study
    feature : str
    row : Series
        The feature's row of the table as found.
    turned : bool
        Read the feature the other way round: more of it is less of the code.

    Returns
    -------
    str
        With `NAME` where the name goes.

    Examples
    --------
    >>> sentence(study, "m_bullets", study.found.loc["m_bullets"])    # doctest: +SKIP
    'More of ‘NAME’ is associated with being preferred 9.1 points more often than the other response (95 %
    interval 5.2 to 13.0), adjusted for length.'
    """
    share = f"{points(row['prevalence'], 1)} % of pairs"
    if not study.found["delta_win"].notna().any():
        return f"The two responses differ in ‘{NAME}’ in {share}; no labels say which of them is preferred."
    effect, low, high = (_float(row[c]) for c in ("delta_win", "delta_win_low", "delta_win_high"))
    if effect != effect:
        return (
            f"The two responses differ in ‘{NAME}’ in {share}: too few decided votes, or too little left beside "
            "the controls, to say whether it is associated with the vote."
        )
    if turned:
        effect, low, high = -effect, -high, -low
    direction = "more" if effect >= 0 else "less"
    ends = (low, high) if effect >= 0 else (-high, -low)
    said = (
        f"More of ‘{NAME}’ is associated with being preferred {points(abs(effect), 1)} points {direction} often "
        f"than the other response"
    )
    if low != low:
        return f"{said}{adjusted_for(study, feature)}; how sure this is could not be computed."
    said += f" (95 % interval {points(ends[0], 1)} to {points(ends[1], 1)}){adjusted_for(study, feature)}."
    q = _float(row["q"])
    if low <= 0 <= high:
        return f"{said} This could be chance."
    if q > _LEVEL:
        return f"{said} Among all the features tested it could still be chance (q = {number(q)})."
    return said


def _float(value: Any) -> float:
    return float("nan") if value is None or value != value else float(value)
