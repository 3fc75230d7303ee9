"""Altair charts of a comparison: features by datasets, as intervals one under the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._suggest import nearest
from whimsight.comparisons.sentences import own_name
from whimsight.errors import StudyError
from whimsight.studies._report.words import chart_label, without_paths
from whimsight.studies.charts import label_expression, neutral, telling

if TYPE_CHECKING:
    import altair as alt

    from whimsight.comparisons._comparison import Comparison

__all__ = ["comparison_chart", "furthest_apart", "look_of", "most_telling", "most_unlike"]

_KINDS = ("effects", "prevalence")
_INK = "#7b7b7b"
_COLOURS = ("#2f86c6", "#dd6b20", "#1b9e77", "#c766a0", "#b08a1e", "#5aaee0", "#8a7cd0", "#8a9097")
_SHAPES = (
    "circle",
    "square",
    "triangle-up",
    "triangle-down",
    "triangle-right",
    "triangle-left",
    "diamond",
    "cross",
)
"""The widget's, in tones that can be read on white and on black."""
_LEVEL = 0.05
_STEP, _GAP = 9, 9
_ROWS = 60
_WORDS = 4  # of more datasets, those that say nothing get a dash instead of words
_TOO_FEW = "too few"


def look_of(k: int) -> list[tuple[str, str]]:
    """Return a colour and a shape for each of k datasets; from the ninth on they repeat.

    Examples
    --------
    >>> look_of(2)
    [('#2f86c6', 'circle'), ('#dd6b20', 'square')]
    """
    return [(_COLOURS[i % len(_COLOURS)], _SHAPES[i % len(_SHAPES)]) for i in range(k)]


def most_telling(comparison: Comparison) -> list[str]:
    """Order features: contradictions by size, differences beyond chance by q, then what is surest in all together.

    Features that people rejected come last.
    """
    table, overall = comparison.features, comparison.study.features
    conflicts = comparison.conflicts.groupby("feature")["difference"].max()
    q = table["q"].fillna(1.0).to_numpy()
    rank = pd.DataFrame(
        {
            "rejected": (table["status"] == "rejected").to_numpy(),
            "apart": -conflicts.reindex(table.index).fillna(0.0).to_numpy(),
            "q": np.where(q <= _LEVEL, q, 1.0),
            "sure": -telling(overall).fillna(-9.0).to_numpy(),
        },
        index=table.index,
    )
    ordered = rank.sort_values(["rejected", "apart", "q", "sure"], kind="stable").index
    return [str(f) for f in ordered]


def most_unlike(comparison: Comparison) -> list[str]:
    """Order features by how surely their prevalence differs: the interval of its ratio farthest from 1.

    The largest difference between any dataset and the first one counts. Rejected features come last.
    """
    found = comparison.prevalence_ratios()
    with np.errstate(divide="ignore", invalid="ignore"):
        low, high = np.log(found["low"]), np.log(found["high"])
    sure = np.where(low > 0, low, np.where(high < 0, -high, -np.minimum(-low, high)))
    sure = np.where(np.isfinite(found["q"]) & (found["q"] <= _LEVEL), sure, np.minimum(sure, 0.0))
    best = pd.Series(np.nan_to_num(sure, nan=-np.inf), found.index).groupby(level="feature").max()
    table = comparison.study.features
    rank = pd.DataFrame({"rejected": table["status"] == "rejected", "sure": -best.reindex(table.index)})
    return [str(f) for f in rank.sort_values(["rejected", "sure"], kind="stable").index]


def furthest_apart(comparison: Comparison, feature: str) -> tuple[int, int]:
    """Return the positions of the two datasets that contradict each other most in a feature, or differ most."""
    conflicts = comparison.conflicts
    own = conflicts[conflicts["feature"] == feature]
    if len(own):
        return comparison.position(own["for"].iloc[0]), comparison.position(own["against"].iloc[0])
    effect = comparison.measured.delta_win.value[:, comparison.study.column(feature)]
    if np.isfinite(effect).sum() < 2:
        return 0, 1
    first, second = sorted((int(np.nanargmax(effect)), int(np.nanargmin(effect))))
    return (first, second) if first != second else (0, 1)


def comparison_chart(
    comparison: Comparison,
    kind: Literal["effects", "prevalence"] = "effects",
    top: int | None = None,
    *,
    width: int = 430,
    label_width: int = 260,
    ink: str = _INK,
) -> alt.LayerChart:
    """Draw features by datasets, each with its 95 % interval.

    Parameters
    ----------
    comparison : Comparison
    kind : {"effects", "prevalence"}
        Delta-win, what the votes go along with; or in how many pairs the responses differ.
    top : int, optional
        So many features: the largest conflicts first and then those that differ most surely (`most_telling`), or
        whose prevalence does (`most_unlike`). By default about sixty intervals.
    width, label_width : int
        Pixels of the plot and of the names beside it.
    ink : str
        Colour of text and axes; the default can be read on white and on black.

    Returns
    -------
    altair.LayerChart
        A dataset has a colour and a shape; marks whose interval holds 0 are hollow; where a dataset has too few
        pairs to say anything, that is said.

    Raises
    ------
    StudyError
        For another kind, or a ``top`` less than 1.

    Examples
    --------
    >>> comparison.chart("prevalence", top=12).save("measured.svg")    # doctest: +SKIP
    """
    import altair as alt

    from whimsight.studies._offline import OfflineChart

    if kind not in _KINDS:
        raise StudyError(
            f"A comparison is drawn as 'effects' or 'prevalence'; found {kind!r}.{nearest(kind, list(_KINDS))}"
        )
    k = len(comparison.slices)
    if top is None:
        top = max(5, _ROWS // k)
    if top < 1:
        raise StudyError(f"top must be at least 1; found {top}.")
    order = (most_telling if kind == "effects" else most_unlike)(comparison)[:top]
    data = _data(comparison, kind, order)
    drawn, empty = data[data["said"]], data[~data["said"]]
    title = (
        "percentage points more often preferred"
        if kind == "effects"
        else "% of pairs in which responses differ"
    )
    scale = alt.Scale() if kind == "effects" else alt.Scale(domainMin=0)
    axis = alt.Axis(format="+.0f" if kind == "effects" else ".0f", tickCount=max(3, width // 70))
    places = [str(i) for i in range(k)]
    y = alt.Y("feature:N", sort=order, title=None, axis=alt.Axis(labelExpr=label_expression(data)))
    offset = alt.YOffset("dataset:N", sort=places, scale=alt.Scale(domain=places, paddingOuter=0.15))
    colours, shapes = (list(part) for part in zip(*look_of(k), strict=True))
    names = [chart_label(without_paths(name)) for name in comparison.datasets]
    # A browser's letters may be wider than those that the drawing was measured with.
    columns = max(1, min(k, width // (7 * max(map(len, names)) + 34)))
    legend = alt.Legend(labelExpr=_names_expression(names), columns=columns, columnPadding=22)
    colour = alt.Color("dataset:N", scale=alt.Scale(domain=places, range=colours), title=None, legend=legend)
    base = alt.Chart(drawn).encode(y=y, yOffset=offset)
    x = alt.X("middle:Q", title=title, axis=axis, scale=scale)
    intervals = base.mark_rule(strokeWidth=1.5).encode(
        x=alt.X("low:Q", title=title, axis=axis, scale=scale), x2="high:Q", color=colour
    )
    points = base.mark_point(size=34, opacity=1, strokeWidth=1.5).encode(
        x=x,
        color=colour,
        shape=alt.Shape("dataset:N", scale=alt.Scale(domain=places, range=shapes), title=None, legend=legend),
        fill=alt.Fill("fill:N", scale=None),
        tooltip=["name:N", *(alt.Tooltip(f"{c}:Q", format="+.1f") for c in ("middle", "low", "high"))],
    )
    zero = alt.Chart(pd.DataFrame({"zero": [0.0]})).mark_rule(color=ink, strokeWidth=1).encode(x="zero:Q")
    silent = (
        alt.Chart(empty)
        .mark_text(
            text=_TOO_FEW if k <= _WORDS else "–", align="left", dx=5, fontSize=9, color=ink, opacity=0.85
        )
        .encode(y=y, yOffset=offset, x=alt.X("zero:Q", title=title, axis=axis, scale=scale))
    )
    layers = [*([zero] if kind == "effects" else []), intervals, points, *([silent] if len(empty) else [])]
    chart = OfflineChart(layer=layers).properties(
        width=width,
        height=(_STEP * k + _GAP) * len(order),
        description=f"Features of {chart_label(comparison.name)} with intervals",
    )
    return neutral(chart, ink, label_width)


def _data(comparison: Comparison, kind: str, order: list[str]) -> pd.DataFrame:
    """Return feature, name, dataset (position), low, middle, high (percent), fill and whether anything is said."""
    table, names = comparison.table, comparison.datasets
    column = "delta_win" if kind == "effects" else "prevalence"
    parts = []
    for i, (dataset, (colour, _)) in enumerate(zip(names, look_of(len(names)), strict=True)):
        rows: Any = table.loc[dataset].loc[order]
        low, middle, high = (
            100 * rows[f"{column}{end}"].to_numpy(dtype=np.float64) for end in ("_low", "", "_high")
        )
        said = (rows["verdict"] != _TOO_FEW).to_numpy() if kind == "effects" else np.isfinite(middle)
        sure = (low > 0) | (high < 0) if kind == "effects" else np.ones(len(rows), dtype=bool)
        parts.append(
            pd.DataFrame(
                {
                    "feature": order,
                    "name": [chart_label(own_name(comparison, f)) for f in order],
                    "dataset": str(i),
                    "low": low,
                    "middle": middle,
                    "high": high,
                    "zero": 0.0,
                    "fill": np.where(sure, colour, "transparent"),
                    "said": said,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _names_expression(names: list[str]) -> str:
    """Return a Vega expression from positions to the names of datasets."""
    return label_expression(
        pd.DataFrame({"feature": [str(i) for i in range(len(names))], "name": names})
    ).replace("datum.value", "datum.label")
