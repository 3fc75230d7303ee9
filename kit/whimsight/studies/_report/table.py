"""Tables of the report, and the small drawing of an interval in a row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.studies._report.markup import Html, tag
from whimsight.studies._report.words import number, points

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = ["interval_drawing", "prediction_table"]

_USING = {
    "length": "length alone",
    "measured": "measured features",
    "discovered": "discovered features",
    "all": "all features",
    "embedding": "whole embedding",
    "embedding+measured": "embedding and measured",
}
_WIDTH, _HEIGHT = 132, 16


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


def _percent(value: Any) -> str:
    return "–" if value != value else f"{points(value)} %"


def _range(low: Any, high: Any) -> str:
    return "" if low != low or high != high else f"{points(low)} to {points(high)}"
