"""How people and one of them look in a notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.personalization.charts import by_spread
from whimsight.personalization.sentences import own_name, plain, share_text, verdict
from whimsight.personalization.summary import summary_lines
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import number
from whimsight.studies.charts import DISCOVERED, MEASURED
from whimsight.studies.sentences import NAME
from whimsight.tables import VERBATIM

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person

__all__ = ["interval_text", "marked", "person_html", "personalization_html", "said", "spread_drawing"]

_SHOWN = 8
_INK = "color:var(--jp-content-font-color1,inherit)"
_SOFT = "color:var(--jp-content-font-color2,#767676)"
_CELL = f"{_INK};padding:2px 12px 2px 0;background:none;border:0;text-align:left;vertical-align:middle"
_NUMBER = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
_WIDTH, _HEIGHT = 150, 18
_GREY = "#8c8c8c"


def personalization_html(people: Personalization) -> str:
    """Return a compact view for notebooks: escaped, without scripts, at home in light and dark themes.

    It shows no single annotator.

    Examples
    --------
    >>> people    # doctest: +SKIP
    """
    view = [
        tag("p", tag("strong", people.name, dir="auto"), _facts(people), style=f"{_INK};margin:0 0 6px"),
        tag(
            "ul",
            *(tag("li", line, style=f"{_INK};margin:3px 0") for line in said(people)[1:]),
            style="margin:0 0 8px;padding-left:1.2em",
        ),
        _features(people),
        tag(
            "p",
            "Weights: log odds for one standard deviation more, with 95 % intervals. The band of a row holds two "
            "thirds of all people. Associations, not causes. See people.subjectivity, people.chart() and "
            "people.report(path).",
            style=f"{_SOFT};margin:6px 0 0;font-size:0.9em",
        ),
    ]
    style = "font-family:system-ui,sans-serif;max-width:52rem"
    return str(tag("div", *view, class_=f"whimsight-people {VERBATIM}", style=style))


def person_html(person: Person) -> str:
    """Return a compact view of one person for notebooks: the weights that set the person apart first.

    Examples
    --------
    >>> people.person("ann")    # doctest: +SKIP
    """
    people = person.people
    table = person.table
    table = table[table["personal"]].iloc[:_SHOWN]
    spread = people.subjectivity.loc[table.index]
    scale = _scale(table[["low", "high"]], _band(spread))
    rows = [
        tag(
            "tr",
            _named_cell(people, str(feature)),
            *(
                tag("td", text, style=_NUMBER)
                for text in (
                    number(row["weight"], sign=True),
                    interval_text(row["low"], row["high"]),
                    number(row["everyone"], sign=True),
                )
            ),
            tag(
                "td",
                spread_drawing(
                    (row["low"], row["weight"], row["high"]),
                    (row["everyone"], plain(spread["tau"][feature])),
                    scale,
                    _colour(str(spread["kind"][feature])),
                    _GREY,
                ),
                style=_CELL,
            ),
        )
        for feature, row in zip(table.index, table.to_dict("records"), strict=True)
    ]
    titles = ("feature", "weight", "95 %", "everyone", "")
    apart = int(
        (
            (person.table["low"] > person.table["everyone"])
            | (person.table["high"] < person.table["everyone"])
        ).sum()
    )
    votes = counted(person.votes, "vote")
    count = (
        f"{counted(apart, 'weight')} apart from everyone's" if apart else "not set apart from everyone yet"
    )
    view = [
        tag(
            "p",
            tag("strong", person.name, dir="auto"),
            f" · {votes} · {count}",
            style=f"{_INK};margin:0 0 6px",
        ),
        _table(titles, rows),
        tag(
            "p",
            "Weights: log odds for one standard deviation more, with 95 % intervals; those that set the person apart "
            f"first. The grey band holds two thirds of all people. {people.stated} See person.table.",
            style=f"{_SOFT};margin:6px 0 0;font-size:0.9em",
        ),
    ]
    style = "font-family:system-ui,sans-serif;max-width:52rem"
    return str(tag("div", *view, class_=f"whimsight-person {VERBATIM}", style=style))


def said(people: Personalization, gain: Any = None) -> list[Html]:
    """Return the sentences of `summary`, the names in them marked; nothing in a name is markup."""
    return [
        marked(sentence, [own_name(people, f) for f in features])
        for sentence, *features in summary_lines(people, gain)
    ]


def marked(sentence: str, names: Sequence[str]) -> Html:
    """Put names where `NAME` stands, each in an element of its own."""
    if not names:
        return join(sentence)
    first, *parts = sentence.split(NAME)
    pairs = zip(names, parts, strict=True)
    return join(first, *(join(tag("b", name, dir="auto"), part) for name, part in pairs))


def interval_text(low: Any, high: Any, decimals: int = 2) -> str:
    """Return "low to high"; "–" where there is none.

    Examples
    --------
    >>> interval_text(-0.1, 0.25), interval_text(float("nan"), 1.0)
    ('−0.10 to 0.25', '–')
    """
    if plain(low) != plain(low) or plain(high) != plain(high):
        return "–"
    if any(0 < abs(end) < 0.5 * 10**-decimals for end in (low, high)):
        decimals += 1  # on which side of 0 it ends
    return f"{number(low, decimals)} to {number(high, decimals)}"


def spread_drawing(
    interval: tuple[float, float, float],
    band: tuple[float, float],
    scale: tuple[float, float],
    colour: str,
    behind: str = "",
) -> Html:
    """Draw a weight with its interval on the band that holds two thirds of all people.

    Parameters
    ----------
    interval : tuple of float
        Low, middle and high end of the weight.
    band : tuple of float
        Mean and tau; NaN for no band.
    scale : tuple of float
        What the left and the right edge of the drawing stand for.
    colour : str
        Of the interval.
    behind : str, optional
        Of the band; the same in a paler tone by default.
    """
    low, middle, high = (float(v) for v in interval)
    start, end = scale
    if not np.isfinite([low, middle, high, start, end]).all() or not end > start:
        return Html("")

    def place(value: float) -> str:
        return f"{5 + (_WIDTH - 10) * min(max((value - start) / (end - start), 0.0), 1.0):.1f}"

    mean, tau = band
    y = _HEIGHT / 2
    sure = low > 0 or high < 0
    around = (
        tag(
            "line", x1=place(mean - tau), x2=place(mean + tau), y1=y, y2=y,
            stroke=behind or colour, stroke_width=10, stroke_opacity="0.25",
        )
        if np.isfinite([mean, tau]).all()
        else None
    )  # fmt: skip
    return tag(
        "svg",
        tag("line", x1=place(0), x2=place(0), y1=0, y2=_HEIGHT, stroke=_GREY),
        around,
        tag("line", x1=place(low), x2=place(high), y1=y, y2=y, stroke=colour, stroke_width="1.6"),
        tag("circle", cx=place(middle), cy=y, r="3.2", stroke=colour, fill=colour if sure else "none"),
        width=_WIDTH,
        height=_HEIGHT,
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        aria_hidden="true",
        style="display:block",
    )


def _features(people: Personalization) -> Html:
    order = by_spread(people)[:_SHOWN]
    table = people.subjectivity.loc[order]
    scale = _scale(table[["mean_low", "mean_high"]], _band(table))
    rows = []
    for feature, row in zip(order, table.to_dict("records"), strict=True):
        differ = verdict(row) == "differ"
        opposed = share_text(*(plain(row[f"share_opposed{end}"]) for end in ("", "_low", "_high")))
        cells = [
            tag("td", number(row["mean"], sign=True), style=_NUMBER),
            tag("td", interval_text(row["mean_low"], row["mean_high"]), style=_NUMBER),
            tag("td", tag("strong" if differ else "span", number(row["tau"])), style=_NUMBER),
            tag("td", interval_text(row["tau_low"], row["tau_high"]), style=_NUMBER),
            tag("td", opposed if differ else "–", style=_NUMBER),
            tag(
                "td",
                spread_drawing(
                    (row["mean_low"], row["mean"], row["mean_high"]),
                    (row["mean"], plain(row["tau"])),
                    scale,
                    _colour(str(row["kind"])),
                ),
                style=_CELL,
            ),
        ]
        rows.append(tag("tr", _named_cell(people, feature), *cells))
    return _table(("feature", "weight", "95 %", "tau", "95 %", "lean the other way", ""), rows)


def _table(titles: Sequence[str], rows: Sequence[Html]) -> Html:
    head = tag(
        "tr",
        *(
            tag("th", title, style=f"{_NUMBER if i else _CELL};{_SOFT};font-weight:400")
            for i, title in enumerate(titles)
        ),
    )
    table = tag(
        "table",
        tag("thead", head),
        tag("tbody", *rows),
        style="border-collapse:collapse;border:0;font-size:0.95em;margin:0",
    )
    return tag("div", table, style="overflow-x:auto")


def _named_cell(people: Personalization, feature: str) -> Html:
    name = tag("span", own_name(people, feature), dir="auto")
    return tag("td", name, tag("span", f" {feature}", style=f"{_SOFT};font-size:0.85em"), style=_CELL)


def _facts(people: Personalization) -> str:
    total = len(people.features)
    personal = int(people.personal.sum())
    return (
        f" · {counted(len(people.annotators), 'annotator')} · {counted(int(people.votes.sum()), 'decided vote')} · "
        f"{personal} of {counted(total, 'feature')} personal"
    )


def _band(table: pd.DataFrame) -> pd.DataFrame:
    tau = table["tau"].fillna(0.0)
    return table[["mean"]].assign(least=table["mean"] - tau, most=table["mean"] + tau)


def _scale(*parts: pd.DataFrame) -> tuple[float, float]:
    """Return what holds all of these numbers, and 0."""
    values = np.concatenate([part.to_numpy(dtype=np.float64).ravel() for part in parts])
    values = values[np.isfinite(values)]
    return float(min(values.min(initial=0.0), 0.0)), float(max(values.max(initial=0.0), 0.0))


def _colour(kind: str) -> str:
    return MEASURED if kind == "measured" else DISCOVERED
