"""Altair charts of a study: what people reward, and how much of their choice the features predict."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.studies._report.words import chart_label, feature_name

if TYPE_CHECKING:
    import altair as alt

    from whimsight.studies._study import Study

__all__ = ["features_chart", "label_expression", "neutral", "prediction_chart", "surest", "telling"]

MEASURED, DISCOVERED = "#3d7fd0", "#d4762a"
"""Blue and orange: apart for every kind of colour vision, readable on white and on black."""

_INK = "#7b7b7b"
_ROW = 19
_LABELS = {
    "length": "length alone",
    "measured": "measured features",
    "discovered": "discovered features",
    "all": "all features",
    "embedding": "whole embedding",
    "embedding+measured": "embedding + measured",
}

_LEVEL = 0.05


def telling(features: pd.DataFrame) -> pd.Series[float]:
    """Order features by how surely they matter: the end of the interval of delta-win that is nearer to 0.

    Positive where the interval leaves 0 out, negative where it does not, NaN without labels; less 1 where so
    many features were tested that this one may be chance (q above .05), so that such features come last.

    Examples
    --------
    >>> table = pd.DataFrame({"delta_win_low": [0.02, -0.3, -0.1], "delta_win_high": [0.4, -0.1, 0.3]})
    >>> telling(table.assign(q=[0.01, 0.01, 0.6])).tolist()
    [0.02, 0.1, -1.1]
    """
    low, high = features["delta_win_low"], features["delta_win_high"]
    nearer = np.where(low > 0, low, np.where(high < 0, -high, -np.minimum(-low, high)))
    return pd.Series(nearer - (features["q"] > _LEVEL), features.index)


def surest(study: Study) -> str:
    """Return the feature that matters most surely (see `telling`); the first one without labels."""
    rank = telling(study.found)
    return str(rank.idxmax() if rank.notna().any() else study.found.index[0])


def features_chart(
    study: Study, top: int = 30, *, width: int = 430, label_width: int = 260, ink: str = _INK
) -> alt.LayerChart:
    """Draw what each feature does to the choice: delta-win with its 95 % interval, largest on top.

    Without labels the chart shows prevalence instead: in how many pairs the responses differ.

    Parameters
    ----------
    study : Study
    top : int
        So many features, those whose interval stays farthest from 0 (see `telling`).
    width, label_width : int
        Pixels of the plot and of the names beside it.
    ink : str
        Colour of text and axes; the default can be read on white and on black.

    Returns
    -------
    altair.LayerChart
        Filled marks are significant after Bonferroni; circles are measured, diamonds discovered.

    Raises
    ------
    StudyError
        If ``top`` is less than 1.

    Examples
    --------
    >>> chart = features_chart(study, top=12)    # doctest: +SKIP
    >>> chart.save("features.svg")               # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    if top < 1:
        raise StudyError(f"top must be at least 1; found {top}.")
    labelled = bool(study.features["delta_win"].notna().any())
    data = _features_data(study, top, labelled=labelled)
    title = (
        "percentage points more often preferred" if labelled else "% of pairs in which the responses differ"
    )
    scale = alt.Scale() if labelled else alt.Scale(domainMin=0)
    base = alt.Chart(data).encode(
        y=alt.Y("feature:N", sort=None, title=None, axis=alt.Axis(labelExpr=label_expression(data)))
    )
    colour = alt.Color(
        "kind:N", scale=alt.Scale(domain=["measured", "discovered"], range=[MEASURED, DISCOVERED]), title=None
    )
    axis = alt.Axis(format="+.0f" if labelled else ".0f", tickCount=max(3, width // 70))
    intervals = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("low:Q", title=title, axis=axis, scale=scale), x2="high:Q", color=colour
    )
    points = base.mark_point(size=52, opacity=1, strokeWidth=1.6).encode(
        x=alt.X("middle:Q", title=title, axis=axis, scale=scale),
        color=colour,
        shape=alt.Shape(
            "kind:N",
            scale=alt.Scale(domain=["measured", "discovered"], range=["circle", "diamond"]),
            title=None,
        ),
        fill=alt.Fill("fill:N", scale=None),
        tooltip=[
            "name:N",
            "kind:N",
            *(alt.Tooltip(f"{c}:Q", format="+.1f") for c in ("middle", "low", "high")),
        ],
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=ink, strokeWidth=1).encode(x="zero:Q")
    chart = OfflineChart(layer=[zero, intervals, points] if labelled else [intervals, points])
    chart = chart.properties(
        width=width,
        height=_ROW * len(data),
        description=f"Features of {chart_label(study.name)} with intervals",
    )
    return neutral(chart, ink, label_width)


def prediction_chart(
    study: Study, *, width: int = 430, label_width: int = 170, ink: str = _INK
) -> alt.LayerChart:
    """Draw the held-out AUC of each set of features with its 95 % interval; 0.5 is guessing.

    Raises
    ------
    StudyError
        If the study was made without labels.

    Examples
    --------
    >>> prediction_chart(study)    # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    if study.prediction.empty:
        raise StudyError("This study has no prediction: its pairs carry no labels.")
    table = study.prediction
    data = pd.DataFrame(
        {
            "using": [_LABELS.get(str(u), str(u)) for u in table.index],
            "auc": table["auc"].to_numpy(),
            "low": table["auc_low"].to_numpy(),
            "high": table["auc_high"].to_numpy(),
            "role": np.where(["embedding" in str(u) for u in table.index], "black box", "features"),
        }
    )
    base = alt.Chart(data).encode(y=alt.Y("using:N", sort=None, title=None))
    colour = alt.Color(
        "role:N", scale=alt.Scale(domain=["features", "black box"], range=[MEASURED, ink]), title=None
    )
    low, high = min(0.48, float(data["low"].min())), float(data["high"].max())
    axis = alt.Axis(format=".2f", tickCount=max(3, width // 75))
    scale = alt.Scale(domain=[np.floor(low * 50) / 50, np.ceil(high * 50) / 50], nice=False)
    intervals = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("low:Q", title="held-out AUC", scale=scale, axis=axis), x2="high:Q", color=colour
    )
    points = base.mark_point(filled=True, size=70, opacity=1).encode(
        x=alt.X("auc:Q", title="held-out AUC", scale=scale, axis=axis),
        color=colour,
        shape=alt.Shape(
            "role:N",
            scale=alt.Scale(domain=["features", "black box"], range=["circle", "square"]),
            title=None,
        ),
        tooltip=["using:N", *(alt.Tooltip(f"{c}:Q", format=".3f") for c in ("auc", "low", "high"))],
    )
    text = base.mark_text(dy=-9, fontSize=11, color=ink).encode(
        x=alt.X("auc:Q", scale=scale), text=alt.Text("auc:Q", format=".3f")
    )
    guess = alt.Chart(pd.DataFrame({"half": [0.5]})).mark_rule(color=ink, strokeDash=[3, 3])
    guess = guess.encode(x=alt.X("half:Q", scale=scale))
    chart = OfflineChart(layer=[guess, intervals, points, text]).properties(
        width=width, height=34 * len(data), description="Held-out AUC of each set of features with intervals"
    )
    return neutral(chart, ink, label_width)


def _features_data(study: Study, top: int, *, labelled: bool) -> pd.DataFrame:
    """Return feature, name, kind, low, middle, high (percent) and fill of the most telling features."""
    table = study.features
    what = "delta_win" if labelled else "prevalence"
    rank = telling(table) if labelled else table["prevalence"]
    chosen = table.loc[rank.dropna().sort_values(ascending=False, kind="stable").index[:top]]
    chosen = chosen.sort_values(what, ascending=False, kind="stable")
    significant = chosen["significant"].fillna(False).astype(bool).to_numpy() | (not labelled)
    colour = np.where(chosen["kind"] == "measured", MEASURED, DISCOVERED)
    return pd.DataFrame(
        {
            "feature": chosen.index.astype(str),
            "name": [chart_label(feature_name(study, str(id_))) for id_ in chosen.index],
            "kind": chosen["kind"].astype(str).to_numpy(),
            "low": 100 * chosen[f"{what}_low"].to_numpy(dtype=np.float64),
            "middle": 100 * chosen[what].to_numpy(dtype=np.float64),
            "high": 100 * chosen[f"{what}_high"].to_numpy(dtype=np.float64),
            "fill": np.where(significant, colour, "transparent"),
        }
    )


def label_expression(data: pd.DataFrame) -> str:
    """Return a Vega expression from ids to names: two features may share a name, and never an id."""
    names = dict(zip(data["feature"], data["name"], strict=True))
    known = ",".join(f"{_quoted(id_)}:{_quoted(name)}" for id_, name in names.items())
    return f"({{{known}}})[datum.value]"


def _quoted(text: str) -> str:
    r"""Quote a text for a Vega expression; everything but letters, digits and spaces is written \uXXXX."""
    return "'" + re.sub(r"[^\w ]|[^\x00-\x7f]", _escape_unit, text) + "'"


def _escape_unit(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[i]:02x}{units[i + 1]:02x}" for i in range(0, len(units), 2))


def neutral(chart: Any, ink: str, label_width: int) -> alt.LayerChart:
    """No background, thin lines, the page's own letters."""
    font = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
    neutral: alt.LayerChart = (
        chart.configure(
            background="transparent", font=font, padding={"left": 24, "right": 12, "top": 4, "bottom": 4}
        )
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=ink,
            titleColor=ink,
            tickColor=ink,
            domainColor=ink,
            gridColor=ink,
            gridOpacity=0.14,
            labelFontSize=12,
            titleFontSize=12,
            titleFontWeight="normal",
            titlePadding=10,
        )
        .configure_axisY(labelLimit=label_width, domain=False, ticks=False, grid=False, labelPadding=10)
        .configure_axisX(domain=False, grid=True)
        .configure_legend(
            labelColor=ink,
            titleColor=ink,
            orient="top",
            labelFontSize=12,
            symbolSize=60,
            symbolBaseFillColor="transparent",
        )
    )
    return neutral
