"""What is to be said of people as a whole: how far they differ, in what, and whether personal weights help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.personalization.sentences import named, own_name, plain, range_text, share_text, verdicts
from whimsight.studies._report.words import number
from whimsight.studies.sentences import NAME

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.personalization._personalization import Personalization

__all__ = ["gain_sentence", "own_method", "summary", "summary_lines"]

_MANY, _MOST = 2, 5


def summary(people: Personalization, gain: pd.DataFrame | None = None) -> list[str]:
    r"""Say in three to five plain sentences whose votes these are and how far their preferences differ.

    Parameters
    ----------
    people : Personalization
    gain : DataFrame, optional
        From `Personalization.gain`: whether personal weights help.

    Returns
    -------
    list of str

    Examples
    --------
    >>> print(*summary(people), sep="\n")    # doctest: +SKIP
    """
    return [
        named(sentence, *(own_name(people, f) for f in features))
        for sentence, *features in summary_lines(people, gain)
    ]


def summary_lines(people: Personalization, gain: pd.DataFrame | None = None) -> list[tuple[str, ...]]:
    """Return the sentences of `summary`, each with `NAME` in it for the features that follow it."""
    table = people.subjectivity
    said: list[tuple[str, ...]] = [(_who(people),), (_how_many(table),), *_furthest(table)]
    if gain is not None and len(gain):
        said.append((gain_sentence(gain),))
    if "shared" in verdicts(table):
        said.append((people.stated,))
    return said[:_MOST]


def _who(people: Personalization) -> str:
    votes = people.votes.to_numpy()
    middle = int(np.median(votes))
    return (
        f"{len(votes):,} annotators cast {int(votes.sum()):,} decided votes, half of them {middle:,} or more "
        f"(fewest {int(votes.min()):,}, most {int(votes.max()):,})."
    )


def _how_many(table: pd.DataFrame) -> str:
    found = verdicts(table)
    differ, agree, unclear = (found.count(v) for v in ("differ", "agree", "unclear"))
    n = differ + agree + unclear
    features = "the 1 feature" if n == 1 else f"{n} features"
    if not differ:
        first = f"In none of {features} do these people differ beyond chance"
        if not unclear:
            return f"{first}, and any spread is small: these people agree."
        rest = f"in {agree} any spread is small, and for {unclear}" if agree else "but for all of them"
        return f"{first}; {rest} too little is known to say that they agree."
    parts = [f"People differ beyond chance in {differ} of {features}"]
    parts += [f"they agree in {agree}"] if agree else []
    parts += [f"too little is known of {unclear} others"] if unclear else []
    return "; ".join(parts) + "."


def _furthest(table: pd.DataFrame) -> list[tuple[str, ...]]:
    """Name the features in which people differ most, and one that matters in which many lean the other way."""
    sure = table[np.array([v == "differ" for v in verdicts(table)], dtype=bool)]
    if sure.empty:
        return []
    widest = sure.sort_values("tau", ascending=False, kind="stable").iloc[:_MANY]
    told = [
        f"‘{NAME}’ (tau {range_text(*(plain(row[c]) for c in ('tau', 'tau_low', 'tau_high')))})"
        for row in widest.to_dict("records")
    ]
    said: list[tuple[str, ...]] = [
        (f"They differ most in {' and in '.join(told)}.", *(str(f) for f in widest.index))
    ]
    clear = sure[(sure["mean_low"] > 0) | (sure["mean_high"] < 0)]
    matters = clear["mean"].abs() * clear["share_opposed_low"]
    if (matters > 0).any():
        feature = str(matters.idxmax())
        row: Any = clear.loc[feature]
        opposed = share_text(*(plain(row[f"share_opposed{end}"]) for end in ("", "_low", "_high")))
        way = "more" if row["mean"] > 0 else "less"
        said.append((f"On average they prefer {way} of ‘{NAME}’, yet {opposed} lean the other way.", feature))
    return said


def gain_sentence(gain: pd.DataFrame) -> str:
    """Say whether personal weights predict a person's held-out votes better than everyone's weights do.

    Parameters
    ----------
    gain : DataFrame
        From `Personalization.gain`: columns ``method``, ``k`` (votes known of a person), ``gain`` (held-out AUC less
        that of everyone's weights), ``low`` and ``high``.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"k": [4, 32], "gain": [0.0, 0.02], "low": [-0.01, 0.01], "high": [0.01, 0.03]})
    >>> gain_sentence(table.assign(method="personal"))
    "Personal weights help: with 32 votes known of a person, held-out AUC is 0.020 higher (0.010 to 0.030) than with everyone's weights."
    """  # noqa: E501
    table = own_method(gain)
    sure = table[table["low"] > 0]
    row: Any = (sure if len(sure) else table).sort_values("k", kind="stable").iloc[-1]
    value, low, high = (plain(row[c]) for c in ("gain", "low", "high"))
    votes = "1 vote" if int(row["k"]) == 1 else f"{int(row['k']):,} votes"
    known = f"with {votes} known of a person, held-out AUC is"
    if len(sure):
        higher = f"{number(value, 3)} higher ({number(low, 3)} to {number(high, 3)})"
        return f"Personal weights help: {known} {higher} than with everyone's weights."
    change = f"{number(abs(value), 3)} {'higher' if value >= 0 else 'lower'}"
    ends = f"({number(low, 3)} to {number(high, 3)} higher)"
    if high < 0:
        return f"Personal weights do harm here: {known} {change} {ends} than with everyone's; use everyone's."
    return (
        f"Personal weights do not help beyond chance: {known} {change} {ends} than with everyone's weights, which "
        "serve as well."
    )


def own_method(gain: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table of gains that are of the model itself, the first method."""
    return gain[gain["method"] == gain["method"].iloc[0]] if "method" in gain.columns else gain
