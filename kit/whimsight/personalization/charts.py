"""Altair charts of people: where they differ, and what one of them weighs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.personalization.sentences import own_name, verdicts
from whimsight.studies._report.words import chart_label
from whimsight.studies.charts import DISCOVERED, MEASURED, label_expression, neutral

if TYPE_CHECKING:
    import altair as alt

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.person import Person

__all__ = ["SIGNED", "by_spread", "person_chart", "subjectivity_chart"]

_INK = "#7b7b7b"
_ROW, _TALL = 19, 34
_WEIGHT = "weight (log odds for one standard deviation more)"
SIGNED = "datum.value == 0 ? '0' : datum.label"
_GRID = 60
_HEIGHT = 0.42
_LEAST_PEOPLE = 10
_RANK = {"differ": 0, "unclear": 1, "agree": 2, "shared": 3, "absent": 4}


def by_spread(people: Personalization) -> list[str]:
    """Order features: those in which people differ, widest spread first; then what is unclear; then agreement.

    Features that are not personal come after them, and what people rejected or no pair differs in comes last.
    """
    table = people.subjectivity
    rank = pd.DataFrame(
        {
            "rejected": (people.study.features["status"] == "rejected").to_numpy(),
            "verdict": [_RANK[v] for v in verdicts(table)],
            "tau": -table["tau"].fillna(-1.0).to_numpy(),
            "mean": -table["mean"].abs().fillna(0.0).to_numpy(),
        },
        index=table.index,
    )
    return [str(f) for f in rank.sort_values(["rejected", "verdict", "tau", "mean"], kind="stable").index]


def subjectivity_chart(
    people: Personalization,
    top: int = 20,
    *,
    width: int = 430,
    label_width: int = 260,
    ink: str = _INK,
) -> alt.LayerChart:
    """Draw for each feature everyone's weight with its 95 % interval, and how people spread around it.

    Parameters
    ----------
    people : Personalization
    top : int
        So many features, those with the widest spread beyond chance first (`by_spread`).
    width, label_width : int
        Pixels of the plot and of the names beside it.
    ink : str
        Colour of text and axes; the default can be read on white and on black.

    Returns
    -------
    altair.LayerChart
        The band holds two thirds of all people (mean ± tau); its paler and darker parts are what it would be at both
        ends of the interval of tau. The hill on it is the density of the annotators' own weights, shrunk towards
        everyone's as far as their votes leave open; with fewer than 10 annotators there is none. Grey bands: no
        difference between people beyond chance.

    Raises
    ------
    StudyError
        If ``top`` is less than 1.

    Examples
    --------
    >>> subjectivity_chart(people, top=12).save("people.svg")    # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    if top < 1:
        raise StudyError(f"top must be at least 1; found {top}.")
    order = by_spread(people)[:top]
    data = _spread_data(people, order, ink)
    hills = _hills(people, order)
    y = _rows_axis(data, len(order))
    x = _weight("mean", width)
    base = alt.Chart(data).encode(y=y)
    bands = [
        alt.Chart(part)
        .mark_rule(strokeWidth=9, opacity=opacity, color=str(colour))
        .encode(y=y, x=_weight(f"{end}_from", width), x2=f"{end}_to:Q")
        for colour, part in data[data["tau"].notna()].groupby("colour", sort=False)
        for end, opacity in (("tau_high", 0.14), ("tau", 0.22), ("tau_low", 0.25))
    ]
    hill = (
        alt.Chart(hills)
        .mark_area(opacity=0.35, color=ink)
        .encode(x=_weight("weight", width), y=y, y2="floor:Q", detail="feature:N")
    )
    interval = base.mark_rule(strokeWidth=1.6).encode(x="mean_low:Q", x2="mean_high:Q", color=_kinds())
    point = base.mark_point(size=40, opacity=1, strokeWidth=1.6).encode(
        x=x,
        color=_kinds(),
        shape=_kind_shapes(),
        fill=alt.Fill("fill:N", scale=None),
        tooltip=[
            "name:N",
            *(alt.Tooltip(f"{c}:Q", format="+.2f") for c in ("mean", "mean_low", "mean_high")),
            *(alt.Tooltip(f"{c}:Q", format=".2f") for c in ("tau", "tau_low", "tau_high")),
        ],
    )
    layers = [_zero(ink), *bands, *([hill] if len(hills) else []), interval, point]
    chart = OfflineChart(layer=layers).properties(
        width=width,
        height=_TALL * len(order),
        description=f"Features of {chart_label(people.name)}: how far people differ",
    )
    return neutral(chart, ink, label_width)


def person_chart(
    person: Person,
    top: int = 15,
    *,
    width: int = 430,
    label_width: int = 260,
    ink: str = _INK,
) -> alt.LayerChart:
    """Draw one person's weights with 95 % intervals, on those of everyone.

    Parameters
    ----------
    person : Person
    top : int
        So many features, those that set the person apart most surely first.

    Returns
    -------
    altair.LayerChart
        The bar behind each interval holds two thirds of all people, the stroke in it is their mean. Filled marks:
        the interval leaves everyone's weight out.

    Raises
    ------
    StudyError
        If ``top`` is less than 1.

    Examples
    --------
    >>> person_chart(people.person("ann"))    # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    if top < 1:
        raise StudyError(f"top must be at least 1; found {top}.")
    data = _person_data(person, top, ink)
    y = alt.Y("feature:N", sort=None, title=None, axis=alt.Axis(labelExpr=label_expression(data)))
    base = alt.Chart(data).encode(y=y)
    band = (
        base.transform_filter("isValid(datum.least)")
        .mark_rule(strokeWidth=9, opacity=0.28, color=ink)
        .encode(x=_weight("least", width), x2="most:Q")
    )
    everyone = base.mark_tick(thickness=2, size=13, color=ink).encode(x=_weight("everyone", width))
    interval = base.mark_rule(strokeWidth=1.6).encode(x="low:Q", x2="high:Q", color=_kinds())
    point = base.mark_point(size=52, opacity=1, strokeWidth=1.6).encode(
        x=_weight("weight", width),
        color=_kinds(),
        shape=_kind_shapes(),
        fill=alt.Fill("fill:N", scale=None),
        tooltip=[
            "name:N",
            *(alt.Tooltip(f"{c}:Q", format="+.2f") for c in ("weight", "low", "high", "everyone")),
        ],
    )
    chart = OfflineChart(layer=[_zero(ink), band, everyone, interval, point]).properties(
        width=width,
        height=_ROW * len(data),
        description=f"Weights of {chart_label(person.name)} with intervals, and everyone's",
    )
    return neutral(chart, ink, label_width)


# -- what they draw --------------------------------------------------------------------------------


def _spread_data(people: Personalization, order: list[str], ink: str) -> pd.DataFrame:
    table = people.subjectivity.loc[order]
    data = table[["kind", "mean", "mean_low", "mean_high", "tau", "tau_low", "tau_high"]].reset_index()
    data["name"] = [chart_label(own_name(people, f)) for f in order]
    data["row"] = [str(i) for i in range(len(order))]
    data["place"] = np.arange(len(order))
    for end in ("tau", "tau_low", "tau_high"):
        data[f"{end}_from"], data[f"{end}_to"] = data["mean"] - data[end], data["mean"] + data[end]
    differ = np.array([v == "differ" for v in verdicts(table)], dtype=bool)
    own = np.where(data["kind"] == "measured", MEASURED, DISCOVERED)
    data["colour"] = np.where(differ, own, ink)
    sure = (data["mean_low"] > 0) | (data["mean_high"] < 0)
    data["fill"] = np.where(sure, own, "transparent")
    return data


def _hills(people: Personalization, order: list[str]) -> pd.DataFrame:
    """Return the density of annotators' own weights: feature, weight, place (top of the hill) and floor (its foot)."""
    weights = people.weights[order].to_numpy()
    if len(weights) < _LEAST_PEOPLE:  # of few people each would be seen
        return pd.DataFrame()
    parts = []
    for i, feature in enumerate(order):
        own = weights[:, i]
        spread = float(own.std())
        if not spread > 1e-6:
            continue
        width = 1.06 * min(spread, float(np.subtract(*np.quantile(own, [0.75, 0.25]))) / 1.34 or spread)
        width = max(width * own.size**-0.2, spread / 8)
        # Without the outermost people: nobody stands out as one.
        ends = np.quantile(own, [0.02, 0.98]) + np.array([-2, 2]) * width
        at = np.linspace(float(ends[0]), float(ends[1]), _GRID)
        density = np.exp(-0.5 * ((at[:, None] - own) / width) ** 2).mean(axis=1)
        tall = _HEIGHT * density / density.max()
        parts.append(pd.DataFrame({"feature": feature, "weight": at, "place": i - tall, "floor": float(i)}))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()


def _person_data(person: Person, top: int, ink: str) -> pd.DataFrame:
    people = person.people
    table = person.table.iloc[:top]
    data = table[["weight", "low", "high", "everyone"]].reset_index()
    features = [str(f) for f in table.index]
    data["name"] = [chart_label(own_name(people, f)) for f in features]
    found = people.subjectivity.loc[features]
    data["kind"] = found["kind"].to_numpy()
    data["least"] = data["everyone"] - found["tau"].to_numpy()
    data["most"] = data["everyone"] + found["tau"].to_numpy()
    apart = (data["low"] > data["everyone"]) | (data["high"] < data["everyone"])
    data["fill"] = np.where(apart, np.where(data["kind"] == "measured", MEASURED, DISCOVERED), "transparent")
    return data


def _rows_axis(data: pd.DataFrame, n: int) -> alt.Y:
    """Features as rows of one height, the first on top, with room for a hill on each."""
    import altair as alt

    labels = label_expression(pd.DataFrame({"feature": data["row"], "name": data["name"]}))
    axis = alt.Axis(values=list(range(n)), labelExpr=labels.replace("datum.value", "'' + datum.value"))
    return alt.Y(
        "place:Q", title=None, axis=axis, scale=alt.Scale(domain=[-0.6, n - 0.4], reverse=True, nice=False)
    )


def _weight(column: str, width: int) -> alt.X:
    import altair as alt

    axis = alt.Axis(format="+.1f", tickCount=max(3, width // 80), labelExpr=SIGNED)
    return alt.X(f"{column}:Q", title=_WEIGHT, axis=axis, scale=alt.Scale(zero=True))


def _zero(ink: str) -> alt.Chart:
    import altair as alt

    chart: alt.Chart = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=ink, strokeWidth=1)
    return chart.encode(x="zero:Q")


def _kinds() -> alt.Color:
    import altair as alt

    scale = alt.Scale(domain=["measured", "discovered"], range=[MEASURED, DISCOVERED])
    return alt.Color("kind:N", scale=scale, title=None)


def _kind_shapes() -> alt.Shape:
    import altair as alt

    scale = alt.Scale(domain=["measured", "discovered"], range=["circle", "diamond"])
    return alt.Shape("kind:N", scale=scale, title=None)
