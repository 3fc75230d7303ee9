"""How a study looks in a notebook: one line of facts and the features that matter most."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.table import interval_drawing
from whimsight.studies._report.words import adjusted_for, feature_name, number, points
from whimsight.studies.charts import DISCOVERED, MEASURED, telling
from whimsight.tables import VERBATIM

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = ["study_html"]

_SHOWN = 8
_INK = "color:var(--jp-content-font-color1,inherit)"
_SOFT = "color:var(--jp-content-font-color2,#767676)"
_CELL = f"{_INK};padding:2px 10px 2px 0;background:none;border:0;vertical-align:middle"
_NUMBER = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
_COLOUR = {"measured": MEASURED, "discovered": DISCOVERED}


def study_html(study: Study) -> str:
    """Return a compact view for notebooks: escaped, without scripts, at home in light and dark themes.

    Examples
    --------
    >>> study    # doctest: +SKIP
    """
    table = study.features
    labelled = bool(table["delta_win"].notna().any())
    rank = telling(table) if labelled else table["prevalence"]
    order = rank.dropna().sort_values(ascending=False, kind="stable").index[:_SHOWN]
    view = [
        tag("p", tag("strong", study.name, dir="auto"), _facts(study), style=f"{_INK};margin:0 0 6px"),
        _table(study, [str(f) for f in order], labelled=labelled),
        tag("p", _caption(study, labelled=labelled), style=f"{_SOFT};margin:6px 0 0;font-size:0.9em"),
    ]
    return str(
        tag(
            "div",
            *view,
            class_=f"whimsight-study {VERBATIM}",
            style="font-family:system-ui,sans-serif;max-width:48rem",
        )
    )


def _facts(study: Study) -> str:
    kinds = study.features["kind"].value_counts()
    facts = [counted(len(study.pairs), "row"), counted(study.pair_codes.shape[0], "distinct pair")]
    if study.pairs.has_prompts:
        facts.append(counted(study.pairs.count_prompts(), "prompt"))
    discovered = counted(kinds.get("discovered", 0), "discovered feature")
    facts.append(f"{kinds.get('measured', 0)} measured and {discovered}")
    if not study.prediction.empty and "all" in study.prediction.index:
        row: Any = study.prediction.loc["all"]
        facts.append(
            f"held-out AUC {number(row['auc'])} ({number(row['auc_low'])} to {number(row['auc_high'])})"
        )
    return " · " + " · ".join(facts)


def _table(study: Study, order: list[str], *, labelled: bool) -> Html:
    if not order:
        return Html("")
    chosen = study.features.loc[order]
    titles = [("feature", _CELL), ("% of pairs", _NUMBER)]
    if labelled:
        titles += [("delta-win, points", _NUMBER), ("95 %", _CELL), ("", _CELL)]
        ends = chosen[["delta_win_low", "delta_win_high"]].to_numpy(dtype=np.float64)
        scale = (min(0.0, float(ends.min())), max(0.0, float(ends.max())))
    else:
        scale = (0.0, 1.0)
    head = tag(
        "tr",
        *(
            tag(
                "th",
                title,
                style=f"{style};{_SOFT};font-weight:400" + ("" if "right" in style else ";text-align:left"),
            )
            for title, style in titles
        ),
    )
    rows = [_row(study, feature, chosen.loc[feature], scale, labelled=labelled) for feature in order]
    style = "border-collapse:collapse;border:0;font-size:0.95em;margin:0"
    return tag("table", tag("thead", head), tag("tbody", *rows), style=style)


def _row(study: Study, feature: str, row: Any, scale: tuple[float, float], *, labelled: bool) -> Html:
    kind = str(row["kind"])
    colour = _COLOUR.get(kind, MEASURED)
    name = join(
        tag("span", feature_name(study, feature), dir="auto"),
        tag("span", f" {feature}", style=f"{_SOFT};font-size:0.85em"),
    )
    cells = [
        tag("td", name, style=f"{_CELL};text-align:left"),
        tag("td", points(row["prevalence"]), style=_NUMBER),
    ]
    if labelled:
        low, effect, high = (float(row[c]) for c in ("delta_win_low", "delta_win", "delta_win_high"))
        sure = not pd.isna(row["significant"]) and bool(row["significant"])
        drawing = tag(
            "span",
            interval_drawing(low, effect, high, scale, kind),
            style=f"stroke:{colour};fill:{colour if sure else 'none'};stroke-width:1.6;display:block",
        )
        cells += [
            tag("td", tag("strong" if sure else "span", points(effect, 1, sign=True)), style=_NUMBER),
            tag("td", f"{points(low, 1)} to {points(high, 1)}", style=f"{_CELL};{_SOFT};white-space:nowrap"),
            tag("td", drawing, style=_CELL),
        ]
    return tag("tr", *cells)


def _caption(study: Study, *, labelled: bool) -> str:
    if not labelled:
        return "No labels: the share of pairs whose responses differ. See study.features."
    return (
        "Delta-win: how much more often the response with more of it was preferred"
        f"{adjusted_for(study, '')}; bold passed Bonferroni. Associations, not causes. "
        "See study.features and study.report(path)."
    )
