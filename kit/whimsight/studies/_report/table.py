"""The features table: one row a feature, with its interval drawn in the row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.studies._report.markup import Html, tag
from whimsight.studies._report.words import feature_name, number, points
from whimsight.studies.charts import telling

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = ["features_table", "interval_drawing", "prediction_table"]

_USING = {
    "length": "length alone",
    "measured": "measured features",
    "discovered": "discovered features",
    "all": "all features",
    "embedding": "whole embedding",
    "embedding+measured": "embedding and measured",
}
_WIDTH, _HEIGHT = 132, 16


def features_table(study: Study) -> Html:
    """Return the table with buttons that sort it; without labels the columns of effects are left out."""
    table = study.features
    labelled = bool(table["delta_win"].notna().any())
    rank = telling(table) if labelled else table["prevalence"]
    order = rank.sort_values(ascending=False, kind="stable", na_position="last").index
    columns = [("Feature", "label"), ("In % of pairs", "number")]
    if labelled:
        columns += [("Delta-win, points", "number"), ("", "line"), ("Beta", "number"), ("q", "number")]
    columns += [("Fidelity", "number"), ("Stability", "number")]
    scale = _scale(table) if labelled else (0.0, 1.0)
    head = [_header(title, kind, place) for place, (title, kind) in enumerate(columns)]
    body = [_row(study, str(feature), labelled=labelled, scale=scale) for feature in order]
    return tag(
        "table",
        tag("thead", tag("tr", *head)),
        tag("tbody", *body),
        class_="features",
        id="features-table",
    )


def prediction_table(study: Study) -> Html:
    """Return held-out AUC and share of signal captured, with intervals."""
    head = tag(
        "tr",
        *(
            tag("th", title, scope="col", class_=None if place == 0 else "number")
            for place, title in enumerate(("Predicted from", "AUC", "95 %", "Captured", "95 %"))
        ),
    )
    rows = []
    for using, row in study.prediction.iterrows():
        auc = (number(row["auc"], 3), f"{number(row['auc_low'], 3)} to {number(row['auc_high'], 3)}")
        captured = (_percent(row["captured"]), _range(row["captured_low"], row["captured_high"]))
        cells = [tag("td", value, class_="number") for value in (*auc, *captured)]
        rows.append(tag("tr", tag("th", _USING.get(str(using), str(using)), scope="row"), *cells))
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="prediction")


def interval_drawing(low: float, middle: float, high: float, scale: tuple[float, float], kind: str) -> Html:
    """Draw an interval as a small line with a point on it; a hollow point where the interval holds 0."""
    if not np.isfinite([low, middle, high]).all():
        return Html("")
    start, end = scale

    def place(value: float) -> str:
        share = (value - start) / (end - start) if end > start else 0.5
        return f"{4 + (_WIDTH - 8) * min(max(share, 0.0), 1.0):.1f}"

    middle_y = _HEIGHT / 2
    sure = low > 0 or high < 0
    return tag(
        "svg",
        tag("line", x1=place(0), x2=place(0), y1=0, y2=_HEIGHT, class_="zero", stroke="#8c8c8c"),
        tag("line", x1=place(low), x2=place(high), y1=middle_y, y2=middle_y),
        _mark(float(place(middle)), middle_y, kind),
        viewBox=f"0 0 {_WIDTH} {_HEIGHT}",
        width=_WIDTH,
        height=_HEIGHT,
        class_=f"interval {kind}{'' if sure else ' unsure'}",
        aria_hidden="true",
    )


def _mark(x: float, y: float, kind: str) -> Html:
    if kind == "measured":
        return tag("circle", cx=f"{x:.1f}", cy=y, r="3.4")
    return tag("path", d=f"M{x - 4.4:.1f} {y}L{x:.1f} {y - 4.4}L{x + 4.4:.1f} {y}L{x:.1f} {y + 4.4}Z")


def _header(title: str, kind: str, place: int) -> Html:
    if kind == "line":
        return tag("td", title, class_="line")
    button = tag("button", title, tag("span", aria_hidden="true", class_="arrow"), type="button")
    return tag("th", button, scope="col", aria_sort="none", class_=kind, data_column=place)


def _row(study: Study, feature: str, *, labelled: bool, scale: tuple[float, float]) -> Html:
    row: Any = study.features.loc[feature]
    kind = "measured" if row["kind"] == "measured" else "discovered"
    significant = not pd.isna(row["significant"]) and bool(row["significant"])
    name = tag(
        "th",
        tag("a", feature_name(study, feature), href=f"#{feature}", dir="auto"),
        tag("span", f"{kind} {feature}", class_=f"kind {kind}"),
        scope="row",
        data_value=feature_name(study, feature).casefold(),
    )
    cells = [_cell(row, "prevalence", points)]
    if labelled:
        low, middle, high = (row[c] for c in ("delta_win_low", "delta_win", "delta_win_high"))
        cells += [
            _cell(row, "delta_win", points, 1, sign=True, strong=significant),
            tag("td", interval_drawing(low, middle, high, scale, kind), class_="line"),
            _cell(row, "beta", number, sign=True),
            _cell(row, "q", _probability),
        ]
    if kind == "measured":
        cells += [tag("td", "–", class_="number none", data_value="")] * 2
    else:
        cells += [_cell(row, "fidelity", number), _cell(row, "stability", number)]
    return tag("tr", name, *cells, data_significant="yes" if significant else "no")


def _cell(row: Any, column: str, form: Any, *decimals: int, sign: bool = False, strong: bool = False) -> Html:
    """Return a number with its interval, where it has one, on a second line."""
    value = row[column]
    known = value is not None and value == value
    shown = tag("strong" if strong else "span", form(value, *decimals, **({"sign": True} if sign else {})))
    low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
    ends = None
    if known and low is not None and low == low:
        ends = tag("span", f"{form(low, *decimals)} to {form(high, *decimals)}", class_="ends")
    return tag("td", shown, ends, class_="number", data_value=f"{float(value):.10g}" if known else "")


def _scale(table: pd.DataFrame) -> tuple[float, float]:
    """Return one scale for all drawings; a few intervals of great length do not squeeze the others."""
    low = table["delta_win_low"].to_numpy(dtype=np.float64)
    high = table["delta_win_high"].to_numpy(dtype=np.float64)
    reach = np.nanquantile(np.maximum(np.abs(low), np.abs(high)), 0.95)
    return -float(reach), float(reach)


def _probability(value: Any) -> str:
    if value != value:
        return "–"
    return "< .001" if value < 0.001 else f"{value:.3f}".lstrip("0")


def _percent(value: Any) -> str:
    return "–" if value != value else f"{points(value)} %"


def _range(low: Any, high: Any) -> str:
    return "" if low != low or high != high else f"{points(low)} to {points(high)}"
