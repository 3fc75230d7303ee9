"""Tables of a personalization's report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.personalization.display import interval_text, spread_drawing
from whimsight.personalization.sentences import own_name, plain, share_text
from whimsight.personalization.summary import gains
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person

__all__ = ["agreeing_table", "differing_table", "gain_table", "person_table", "scale_of"]

_METHODS = {
    "personal": "Each feature its own spread",
    "one spread": "One spread for all features",
    "no pooling": "The person's votes alone",
}
_FIRST = 20
_PERSON = 15


def differing_table(
    people: Personalization, features: Sequence[str], *, linked: bool, opposed: bool = True
) -> Html:
    """Return features in which people differ, or may: weight, tau, q and the share that leans the other way.

    Parameters
    ----------
    people : Personalization
    features : sequence of str
    linked : bool
        Whether names lead to the mixer.
    opposed : bool
        With the share; where it is not known whether people differ it says nothing.
    """
    titles = (
        "Feature",
        "Weight",
        "95 %",
        "tau",
        "95 %",
        "q",
        *(["Lean the other way"] if opposed else []),
        "",
    )
    scale = scale_of(people, features)
    rows = [
        _differing_row(people, str(f), row, scale, linked=linked, opposed=opposed)
        for f, row in _rows(people, features)
    ]
    return _folded(titles, rows)


def agreeing_table(people: Personalization, features: Sequence[str], *, linked: bool) -> Html:
    """Return features with the weight that people share, and how far they differ at most where that was asked."""
    listed = list(_rows(people, features))
    asked = any(plain(row["tau_high"]) == plain(row["tau_high"]) for _, row in listed)
    titles = ("Feature", "Weight", "95 %", *(("tau at most",) if asked else ()))
    rows = [
        tag(
            "tr",
            tag("th", name_of(people, str(feature), linked=linked), scope="row"),
            *_numbers(
                _bold(row["mean"], row["mean_low"], row["mean_high"]),
                interval_text(row["mean_low"], row["mean_high"]),
                *((number(row["tau_high"]),) if asked else ()),
            ),
        )
        for feature, row in listed
    ]
    return _folded(titles, rows)


def gain_table(gain: Any) -> Html:
    """Return the gain of every method, a row for each number of votes known of a person."""
    table = gains(gain)
    methods = list(dict.fromkeys(table["method"].astype(str)))
    cells = {(str(row["votes"]), str(row["method"])): row for row in table.to_dict("records")}
    rows = [
        tag(
            "tr",
            tag("th", votes, scope="row", class_="number"),
            *(tag("td", _gained(cells.get((votes, method))), class_="number") for method in methods),
            tag("td", f"{int(part['people'].max()):,}", class_="number"),
        )
        for votes, part in ((str(v), part) for v, part in table.groupby("votes", sort=False))
    ]
    titles = ("Votes known", *(_METHODS.get(method, method) for method in methods), "Annotators")
    return _table(titles, rows)


def _gained(row: Any) -> Html:
    if row is None or plain(row["gain"]) != plain(row["gain"]):
        return tag("span", "–")
    sure = plain(row["low"]) > 0 or plain(row["high"]) < 0
    told = tag("strong" if sure else "span", number(row["gain"], 4, sign=True))
    return join(told, tag("span", interval_text(row["low"], row["high"], 4), class_="sure times"))


def person_table(person: Person, *, linked: bool) -> Html:
    """Return the weights that set a person apart most, beside everyone's."""
    table = person.table.iloc[:_PERSON]
    rows = [
        tag(
            "tr",
            tag("th", name_of(person.people, str(feature), linked=linked), scope="row"),
            *_numbers(
                _bold(
                    row["weight"], plain(row["low"]) - row["everyone"], plain(row["high"]) - row["everyone"]
                ),
                interval_text(row["low"], row["high"]),
                number(row["everyone"], sign=True),
            ),
        )
        for feature, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    return _folded(("Feature", "Weight", "95 %", "Everyone"), rows)


def name_of(people: Personalization, feature: str, *, linked: bool) -> Html:
    """Return the name of a feature; a link to it in the mixer below where there is one."""
    name = own_name(people, feature)
    return tag("a", name, href=f"#{feature}", dir="auto") if linked else tag("span", name, dir="auto")


def scale_of(people: Personalization, features: Sequence[str]) -> tuple[float, float]:
    """Return what holds the intervals and bands of these features, and 0."""
    table = people.subjectivity.loc[list(features)]
    tau = table["tau"].fillna(0.0)
    low = min(float((table["mean"] - tau).min()), float(table["mean_low"].min()), 0.0)
    return low, max(float((table["mean"] + tau).max()), float(table["mean_high"].max()), 0.0)


def _differing_row(
    people: Personalization,
    feature: str,
    row: Any,
    scale: tuple[float, float],
    *,
    linked: bool,
    opposed: bool,
) -> Html:
    drawing = spread_drawing(
        (row["mean_low"], row["mean"], row["mean_high"]),
        (row["mean"], plain(row["tau"])),
        scale,
        "currentColor",
    )
    q = plain(row["q"])
    share = share_text(*(plain(row[f"share_opposed{end}"]) for end in ("", "_low", "_high")))
    return tag(
        "tr",
        tag("th", name_of(people, feature, linked=linked), scope="row"),
        *_numbers(
            _bold(row["mean"], row["mean_low"], row["mean_high"]),
            interval_text(row["mean_low"], row["mean_high"]),
            number(row["tau"]),
            interval_text(row["tau_low"], row["tau_high"]),
            "< .001" if q < 0.001 else "1" if q >= 0.9995 else number(q, 3).removeprefix("0"),
            *([share] if opposed else []),
        ),
        tag("td", tag("span", drawing, class_=str(row["kind"]))),
    )


def _rows(people: Personalization, features: Sequence[str]) -> list[tuple[str, Any]]:
    table = people.subjectivity.loc[list(features)]
    return list(zip(map(str, table.index), table.to_dict("records"), strict=True))


def _numbers(*cells: object) -> list[Html]:
    return [tag("td", cell, class_="number") for cell in cells]


def _bold(value: Any, low: Any, high: Any) -> Html:
    """Return a number, bold where its interval leaves 0 out."""
    return tag("strong" if low > 0 or high < 0 else "span", number(value, sign=True))


def _folded(titles: Sequence[str], rows: Sequence[Html], first: int = _FIRST) -> Html:
    """Return a table; what goes beyond its first rows is folded away."""
    shown = _table(titles, rows[:first])
    if len(rows) <= first + 2:
        return _table(titles, rows)
    more = tag("summary", f"{len(rows) - first} more")
    return join(shown, tag("details", more, _table(titles, rows[first:])))


def _table(titles: Sequence[str], rows: Sequence[Html]) -> Html:
    head = tag(
        "tr",
        *(tag("th", title, scope="col", class_="number" if i else None) for i, title in enumerate(titles)),
    )
    return tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="people"), class_="scroll")
