"""Whether people agree on a feature or differ in it, in plain sentences with their uncertainty."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from whimsight.studies._report.words import feature_name, number, points
from whimsight.studies.sentences import NAME

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.personalization._personalization import Personalization

__all__ = [
    "SMALL",
    "Verdict",
    "feature_sentence",
    "named",
    "own_name",
    "plain",
    "range_text",
    "share_text",
    "spread_sentence",
    "verdict",
    "verdicts",
    "weight_sentence",
]

Verdict = Literal["differ", "agree", "unclear", "shared", "absent"]

SMALL = 0.1
"""A spread below it is little: it moves an even choice by 2.5 points for somebody one tau from the mean."""

_LEVEL = 0.05
_SHARE_OF_MEAN = 1 / 3


def verdict(row: Any) -> Verdict:
    """Say in a word whether people differ in a feature.

    - ``"differ"``: tau is above 0 beyond chance, after correction for all features tested (q of at most .05), and so it
      is when only votes on the same pairs are compared (p_permuted of at most .05, where it could be made).
    - ``"agree"``: it is not, and the upper end of its interval is small: at most .1, or at most a third of the mean
      weight (the end of its interval that is nearer to 0), where all but about 1 in 700 lean the same way.
    - ``"unclear"``: neither; people may differ or not.
    - ``"shared"``: everyone has the same weight, for the analyst did not make the feature personal.
    - ``"absent"``: no two responses that were voted on differ in it.

    Parameters
    ----------
    row : Series or mapping
        A row of `Personalization.subjectivity`.

    Examples
    --------
    >>> verdict({"personal": True, "mean": 0.3, "tau": 0.26, "tau_high": 0.37, "q": 0.001})
    'differ'
    >>> verdict({"personal": True, "mean": 0.3, "tau": 0.04, "tau_high": 0.09, "q": 0.6})
    'agree'
    """
    mean, high, q = (plain(row[c]) for c in ("mean", "tau_high", "q"))
    borne_out = not plain(row.get("p_permuted")) > _LEVEL
    if not bool(row["personal"]):
        return "shared" if mean == mean and mean != 0 else "absent"
    if q <= _LEVEL and borne_out:
        return "differ"
    low, top = (plain(row.get(c, row["mean"])) for c in ("mean_low", "mean_high"))
    surely = min(abs(low), abs(top), abs(mean)) if low * top > 0 else 0.0
    return "agree" if high <= max(SMALL, _SHARE_OF_MEAN * surely) else "unclear"


def verdicts(table: pd.DataFrame) -> list[Verdict]:
    """Return `verdict` of every row of `Personalization.subjectivity`."""
    return [verdict(row) for row in table.to_dict("records")]


def feature_sentence(row: Any, *, turned: bool = False) -> str:
    """Say what a feature weighs on average, and whether people agree on that.

    Parameters
    ----------
    row : Series or mapping
        A row of `Personalization.subjectivity`.
    turned : bool
        Read the feature the other way round than the row does.

    Returns
    -------
    str
        With `NAME` where the name goes, in single quotation marks.

    Examples
    --------
    >>> row = {
    ...     "personal": True, "mean": 0.31, "mean_low": 0.22, "mean_high": 0.40,
    ...     "tau": 0.26, "tau_low": 0.18, "tau_high": 0.37, "p": 1e-5, "q": 1e-4,
    ...     "share_opposed": 0.12, "share_opposed_low": 0.05, "share_opposed_high": 0.2,
    ... }
    >>> first, _, second = feature_sentence(row).partition(". ")
    >>> first
    'On average more of ‘NAME’ goes with being preferred (weight 0.31, 0.22 to 0.40)'
    >>> second
    'People differ in it beyond chance: two thirds of them lie between 0.05 and 0.57 (tau 0.26, 0.18 to 0.37), and 12 % (5 to 20) lean the other way.'
    """  # noqa: E501
    if verdict(row) == "absent":
        return f"No two responses that were voted on differ in ‘{NAME}’."
    return f"{weight_sentence(row, turned=turned)} {spread_sentence(row, turned=turned)}"


def weight_sentence(row: Any, *, turned: bool = False) -> str:
    """Say which way a feature goes on average; see `feature_sentence`."""
    mean, low, high = _mean(row, turned=turned)
    if mean != mean:
        return f"Too little is known to say whether more of ‘{NAME}’ goes with being preferred."
    sure = f"(weight {range_text(mean, low, high)})"
    if low <= 0 <= high:
        return f"It is not clear that on average more of ‘{NAME}’ goes with being preferred or not {sure}."
    how = "being preferred" if mean > 0 else "not being preferred"
    return f"On average more of ‘{NAME}’ goes with {how} {sure}."


def spread_sentence(row: Any, *, turned: bool = False) -> str:
    """Say whether people differ in a feature, and by how much; see `feature_sentence`."""
    said = verdict(row)
    if said == "shared":
        return "Everyone has the same weight here."
    tau, low, high, p = (plain(row[c]) for c in ("tau", "tau_low", "tau_high", "p"))
    spread = f"tau {range_text(tau, low, high)}"
    if tau != tau:
        return "Too little is known to say whether people differ."
    if said == "differ":
        mean = _mean(row, turned=turned)[0]
        least, most = number(mean - tau), number(mean + tau)
        little = ", but little" if high <= SMALL else ""
        return (
            f"People differ in it beyond chance{little}: two thirds of them lie between {least} and {most} ({spread})"
            f"{_opposed(row, turned=turned)}."
        )
    if said == "agree":
        small = "" if high <= SMALL else ", little beside the weight"
        return f"No sign that people differ in it (tau at most {number(high)}{small})."
    if plain(row["q"]) <= _LEVEL:
        return f"People may differ in it, but votes of several people on the same pairs do not bear it out ({spread})."
    if p <= _LEVEL:
        return f"People may differ in it, but among all the features tested this could be chance ({spread})."
    return f"Too little is known to say whether people differ ({spread})."


def _opposed(row: Any, *, turned: bool) -> str:
    """Say how many lean the other way, or, where it is not clear which way that is, which way they lean."""
    share, low, high = (plain(row[f"share_opposed{end}"]) for end in ("", "_low", "_high"))
    if share != share:
        return ""
    mean, mean_low, mean_high = _mean(row, turned=turned)
    if mean_low <= 0 <= mean_high:
        way = "prefer less of it" if mean >= 0 else "prefer more of it"
        return f", and {share_text(share, low, high)} {way}"
    if high < 0.01:
        return ", and fewer than 1 % lean the other way"
    return f", and {share_text(share, low, high)} lean the other way"


def range_text(value: float, low: float, high: float) -> str:
    """Return a number with its interval.

    Examples
    --------
    >>> range_text(-0.314, -0.4, -0.221), range_text(-0.031, -0.058, -0.004)
    ('−0.31, −0.40 to −0.22', '−0.031, −0.058 to −0.004')
    """
    if high == float("inf"):
        return f"{number(value)}, {number(low)} or more"
    decimals = 3 if any(0 < abs(end) < 0.005 for end in (low, high)) else 2
    if low != low or high != high:
        return number(value)
    return f"{number(value, decimals)}, {number(low, decimals)} to {number(high, decimals)}"


def share_text(share: float, low: float, high: float) -> str:
    """Return a share with its interval, in percent.

    Examples
    --------
    >>> share_text(0.118, 0.05, 0.2), share_text(0.004, 0.0001, 0.02)
    ('12 % (5 to 20)', '0.4 % (0.0 to 2.0)')
    """
    decimals = 1 if high < 0.095 else 0
    return f"{points(share, decimals)} % ({points(low, decimals)} to {points(high, decimals)})"


def own_name(people: Personalization, feature: str) -> str:
    """Return what to call a feature; with its id where another one has the same name."""
    study = people.study
    name, names = feature_name(study, feature), study.features["name"]
    unnamed = name.startswith("unnamed ")
    shared = not unnamed and int((names == names[feature]).sum()) > 1
    return f"{name} ({feature})" if shared else name


def named(sentence: str, *names: str) -> str:
    """Put names where `NAME` stands, in their order.

    Examples
    --------
    >>> named("More of ‘NAME’ than of ‘NAME’.", "NAME DAYS", "lists")
    'More of ‘NAME DAYS’ than of ‘lists’.'
    """
    if not names:
        return sentence
    first, *parts = sentence.split(NAME)
    return first + "".join(f"{name}{part}" for name, part in zip(names, parts, strict=True))


def _mean(row: Any, *, turned: bool) -> tuple[float, float, float]:
    mean, low, high = (plain(row[c]) for c in ("mean", "mean_low", "mean_high"))
    return (-mean, -high, -low) if turned else (mean, low, high)


def plain(value: Any) -> float:
    """Return a number, NaN for none."""
    return float("nan") if value is None or value != value else float(value)
