"""What is to be said of people as a whole: how far they differ, in what, and whether personal weights help."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.errors import StudyError
from whimsight.personalization.sentences import named, own_name, plain, range_text, share_text, verdicts
from whimsight.studies._report.words import listed, number
from whimsight.studies.sentences import NAME

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.personalization._personalization import Personalization

__all__ = ["gain_sentence", "gains", "summary", "summary_lines"]

_MANY, _MOST = 2, 6
_LITTLE_CARRIED = 0.5
_LITTLE = 0.01


def summary(people: Personalization, gain: Any = None) -> list[str]:
    r"""Say in three to six plain sentences whose votes these are and how far their preferences differ.

    Parameters
    ----------
    people : Personalization
    gain : Gain or DataFrame, optional
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


def summary_lines(people: Personalization, gain: Any = None) -> list[tuple[str, ...]]:
    """Return the sentences of `summary`, each with `NAME` in it for the features that follow it."""
    table = people.subjectivity
    said: list[tuple[str, ...]] = [(_who(people),), (_how_many(table),), *_furthest(table)]
    if people.hierarchy.carry <= _LITTLE_CARRIED:
        said.append((_carried(people.hierarchy.carry),))
    if gain is not None:
        said.append((gain_sentence(gain),))
    if "shared" in verdicts(table):
        said.append((people.stated,))
    return said[:_MOST]


def _who(people: Personalization) -> str:
    votes = people.votes.to_numpy()
    middle = int(np.median(votes))
    return (
        f"{len(votes):,} annotators cast {int(votes.sum()):,} decided votes, half of them cast {middle:,} or more "
        f"(fewest {int(votes.min()):,}, most {int(votes.max()):,})."
    )


def _carried(factor: float) -> str:
    return (
        "Part of what tells people's votes apart belongs to the texts they voted on and does not carry over to other "
        "prompts: votes there are predicted best when people's own weights are drawn closer to everyone's, as if tau "
        f"were {factor:g} times as large, and so they are."
    )


def _how_many(table: pd.DataFrame) -> str:
    found = verdicts(table)
    differ, agree, unclear = (found.count(v) for v in ("differ", "agree", "unclear"))
    n = differ + agree + unclear
    features = "the 1 feature" if n == 1 else f"{n} features"
    if not differ:
        first = f"In none of {features} do these people differ beyond chance"
        if n == 1:
            first = f"In {features} these people do not differ beyond chance"
        if not unclear:
            return f"{first}, and any spread is small: these people agree."
        every = "but" if n == 1 else "but for all of them"
        rest = f"in {agree} any spread is small, and for {unclear}" if agree else every
        return f"{first}; {rest} too little is known to say that they agree."
    parts = [f"People differ beyond chance in {differ} of {features}"]
    parts += [f"they agree in {agree}"] if agree else []
    parts += [f"too little is known of {unclear} other{'' if unclear == 1 else 's'}"] if unclear else []
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
        said.append(
            (
                f"On average they prefer {way} of ‘{NAME}’, yet {opposed} lean the other way in these votes.",
                feature,
            )
        )
    return said


def gains(gain: Any) -> pd.DataFrame:
    """Return a gain as rows of ``method``, ``votes`` (str), ``gain``, ``low``, ``high`` and ``people``.

    Parameters
    ----------
    gain : Gain or DataFrame
        From `Personalization.gain`, or its ``table``. Everyone's weights, which gain nothing over themselves, are left
        out.

    Raises
    ------
    StudyError
        If the table is another one.
    """
    table: pd.DataFrame = getattr(gain, "table", gain)
    rows = table.reset_index().rename(columns={"gain_low": "low", "gain_high": "high"})
    columns = ["method", "votes", "gain", "low", "high", "people"]
    missing = [c for c in columns if c not in rows.columns]
    if missing:
        raise StudyError(f"A table of gains has no {listed(missing)}; give what people.gain() returns.")
    rows = rows.loc[rows["method"] != "everyone", columns].reset_index(drop=True)
    rows["votes"] = rows["votes"].astype(str)
    return rows


def gain_sentence(gain: Any) -> str:
    """Say whether personal weights predict a person's other votes better than everyone's weights do.

    Parameters
    ----------
    gain : Gain or DataFrame
        From `Personalization.gain`.

    Examples
    --------
    >>> import pandas as pd
    >>> table = pd.DataFrame({"method": "personal", "votes": ["4", "32"], "gain": [0.0, 0.02], "people": 90})
    >>> gain_sentence(table.assign(gain_low=[-0.01, 0.01], gain_high=[0.01, 0.03]))
    "Personal weights help: with 32 of a person's votes known, AUC on the person's other votes is 0.0200 higher (0.0100 to 0.0300) than with everyone's weights."
    """  # noqa: E501
    table = gains(gain)
    table = table[(table["method"] == "personal") & table["gain"].notna()]
    if table.empty:
        return "Whether personal weights help could not be measured."
    row: Any = table.iloc[-1]  # decided beforehand: with the most votes known
    value, low, high = (plain(row[c]) for c in ("gain", "low", "high"))
    votes = str(row["votes"])
    known = "1 of a person's votes" if votes == "1" else f"{votes} of a person's votes"
    on = f"with {known} known, AUC on the person's other votes is"
    much = f"{number(abs(value), 4)} {'higher' if value >= 0 else 'lower'}"
    ends = (low, high) if value >= 0 else (-high, -low)
    told = f"{on} {much} ({number(ends[0], 4)} to {number(ends[1], 4)}) than with everyone's weights"
    if low > 0:
        return f"Personal weights help{'' if high > _LITTLE else ', but little'}: {told}."
    if high < 0:
        return f"Personal weights do harm here: {told}."
    return f"Personal weights do not help beyond chance: {told}, which serve as well."
