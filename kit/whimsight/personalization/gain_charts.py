"""An Altair chart of what personal weights gain over everyone's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.personalization.charts import SIGNED
from whimsight.personalization.summary import gains
from whimsight.studies._report.words import chart_label
from whimsight.studies.charts import label_expression, neutral

if TYPE_CHECKING:
    import altair as alt

__all__ = ["gain_chart"]

_INK = "#7b7b7b"
_COLOURS = ("#2f86c6", "#dd6b20", "#1b9e77", "#c766a0", "#b08a1e", "#5aaee0")
_SHAPES = ("circle", "square", "triangle-up", "diamond", "triangle-down", "cross")
_FAR = 3.0


def gain_chart(
    gain: Any,
    *,
    width: int = 430,
    height: int = 220,
    ink: str = _INK,
) -> alt.LayerChart:
    """Draw how much better personal weights predict a person's other votes, by how many votes are known.

    Parameters
    ----------
    gain : Gain or DataFrame
        From `Personalization.gain`.

    Returns
    -------
    altair.LayerChart
        Held-out AUC less that of everyone's weights, with 95 % intervals over annotators; 0 is no gain. Methods stand
        side by side, each with a colour and a shape; marks whose interval holds 0 are hollow. What lies far below the
        others is cut off, and the legend says so.

    Raises
    ------
    StudyError
        If there is no gain in it.

    Examples
    --------
    >>> gain_chart(people.gain())    # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    data, names = _gain_data(gain)
    places = [str(i) for i in range(len(names))]
    colours, shapes = ([look[i % len(look)] for i in range(len(names))] for look in (_COLOURS, _SHAPES))
    legend = None
    if len(names) > 1:
        columns = max(1, width // (7 * max(map(len, names)) + 34))
        legend = alt.Legend(labelExpr=_legend_expression(names), columns=columns, columnPadding=22)
    colour = alt.Color("place:N", scale=alt.Scale(domain=places, range=colours), title=None, legend=legend)
    x = alt.X(
        "votes:N",
        title="votes known of a person",
        sort=list(dict.fromkeys(data["votes"])),
        axis=alt.Axis(labelAngle=0, grid=False, domain=False),
    )
    offset = alt.XOffset("place:N", sort=places, scale=alt.Scale(domain=places, paddingOuter=0.8))
    title = "gain in held-out AUC"
    axis = alt.Axis(format="+.3f", tickCount=6, grid=True, labelExpr=SIGNED)
    scale = alt.Scale(domain=_room(data), nice=False, zero=True)
    base = alt.Chart(data).encode(x=x, xOffset=offset, color=colour)
    intervals = base.mark_rule(strokeWidth=1.6, clip=True).encode(
        y=alt.Y("low:Q", title=title, axis=axis, scale=scale), y2="high:Q"
    )
    points = base.mark_point(size=44, opacity=1, strokeWidth=1.6, clip=True).encode(
        y=alt.Y("gain:Q", title=title, axis=axis, scale=scale),
        shape=alt.Shape("place:N", scale=alt.Scale(domain=places, range=shapes), title=None, legend=legend),
        fill=alt.Fill("fill:N", scale=None),
        tooltip=[
            "method:N",
            "votes:N",
            *(alt.Tooltip(f"{c}:Q", format="+.4f") for c in ("gain", "low", "high")),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=ink, strokeWidth=1).encode(y="zero:Q")
    chart = OfflineChart(layer=[zero, intervals, points]).properties(
        width=width,
        height=height,
        description="Gain in held-out AUC of personal weights, by votes known",
    )
    return neutral(chart, ink, 120)


def _gain_data(gain: Any) -> tuple[pd.DataFrame, list[str]]:
    data = gains(gain)
    data = data[data["gain"].notna()].reset_index(drop=True)
    if data.empty:
        raise StudyError("There is no gain to draw: the table has none.")
    names = list(dict.fromkeys(data["method"].astype(str)))
    place = data["method"].astype(str).map({name: i for i, name in enumerate(names)}).to_numpy(dtype=np.int64)
    data["place"] = [str(i) for i in place]
    data["method"] = [chart_label(names[i]) for i in place]
    sure = ((data["low"] > 0) | (data["high"] < 0)).to_numpy()
    data["fill"] = [
        _COLOURS[i % len(_COLOURS)] if s else "transparent" for i, s in zip(place, sure, strict=True)
    ]
    floor = _room(data)[0]
    cut = {name for name, low in zip(data["method"], data["low"], strict=True) if low < floor}
    labels = [chart_label(name) for name in names]
    return data.drop(columns="people"), [f"{n} (goes on below)" if n in cut else n for n in labels]


def _room(data: pd.DataFrame) -> list[float]:
    """Return from where to where the gains go, without those far below the others."""
    lows = data.groupby("place")[["low"]].min()["low"].dropna().to_numpy()
    high = max(float(data["high"].max()), 0.0)
    top = max(float(lows.max()), -high) if lows.size else -high
    near = lows[lows >= min(_FAR * top, -_FAR * high)]
    low = min(float(near.min(initial=0.0)), 0.0)
    edge = 0.06 * (high - low) or 0.01
    return [low - edge, high + edge]


def _legend_expression(names: list[str]) -> str:
    known = pd.DataFrame({"feature": [str(i) for i in range(len(names))], "name": names})
    return label_expression(known).replace("datum.value", "datum.label")
