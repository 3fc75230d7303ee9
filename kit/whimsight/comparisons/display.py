"""How a comparison looks in a notebook: what is compared, and where it contradicts itself or agrees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from whimsight.comparisons.charts import look_of
from whimsight.comparisons.sentences import Compared, left_out_said, own_name, those
from whimsight.comparisons.snapshot import about_slice
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import listed
from whimsight.studies.charts import telling
from whimsight.studies.sentences import NAME
from whimsight.tables import VERBATIM

if TYPE_CHECKING:
    from whimsight.comparisons._comparison import Comparison

__all__ = ["agreeing", "as_read", "comparison_html", "conflict_lines", "count_said", "sign", "with_name"]

_SHOWN = 6
_LEVEL = 0.05
_INK = "color:var(--jp-content-font-color1,inherit)"
_SOFT = "color:var(--jp-content-font-color2,#767676)"
_CELL = f"{_INK};padding:2px 14px 2px 0;background:none;border:0;text-align:left"
_NUMBER = f"{_CELL};text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
_SIGNS = {
    "circle": "M0-4.2a4.2 4.2 0 1 1 0 8.4a4.2 4.2 0 0 1 0-8.4z",
    "square": "M-3.7-3.7h7.4v7.4h-7.4z",
    "triangle-up": "M0-4.6L4.7 3.6h-9.4z",
    "triangle-down": "M0 4.6L4.7-3.6h-9.4z",
    "triangle-right": "M4.6 0L-3.6 4.7v-9.4z",
    "triangle-left": "M-4.6 0L3.6 4.7v-9.4z",
    "diamond": "M0-5L5 0L0 5L-5 0z",
    "cross": "M-1.6-4.6h3.2v3h3v3.2h-3v3h-3.2v-3h-3v-3.2h3z",
}


def comparison_html(comparison: Comparison) -> str:
    """Return a compact view for notebooks: escaped, without scripts, at home in light and dark themes.

    Examples
    --------
    >>> comparison    # doctest: +SKIP
    """
    lines = [line for _, line in conflict_lines(comparison, _SHOWN)]
    title = "In conflict"
    if not lines:
        title = "In agreement"
        said = as_read(comparison)
        lines = [
            with_name(comparison, said.agreement(comparison.study.column(f)), f)
            for f in agreeing(comparison)[:_SHOWN]
        ]
    items = [tag("li", line, style=f"{_INK};margin:3px 0") for line in lines]
    view = [
        tag("p", tag("strong", comparison.name, dir="auto"), style=f"{_INK};margin:0 0 6px"),
        _datasets(comparison),
        tag(
            "p",
            f"{count_said(comparison)} {left_out_said(comparison.left_out)}",
            style=f"{_INK};margin:8px 0 4px",
        ),
        tag("p", tag("strong", title), style=f"{_INK};margin:8px 0 2px") if lines else None,
        tag("ul", *items, style="margin:0;padding-left:1.2em") if lines else None,
        tag("p", _caption(comparison), style=f"{_SOFT};margin:6px 0 0;font-size:0.9em"),
    ]
    style = "font-family:system-ui,sans-serif;max-width:52rem"
    return str(tag("div", *view, class_=f"whimsight-comparison {VERBATIM}", style=style))


def as_read(comparison: Comparison) -> Compared:
    """Return what the datasets say of the features as people turned them."""
    effects = comparison.measured.delta_win.turned(comparison.study.polarity.astype(np.float64))
    q = comparison.features["q"].to_numpy(dtype=np.float64)
    return Compared.of(comparison.datasets, comparison.by, effects, q)


def with_name(comparison: Comparison, sentence: str, feature: str) -> Html:
    """Put the name that a feature has now into a sentence; nothing in it is markup."""
    name = own_name(comparison, feature)
    quoted = f"‘{NAME}’"
    before, found, after = sentence.partition(quoted)
    if not found:
        return join(sentence)
    marked = tag("b", name, dir="auto")
    return join(before, marked if name.startswith("unnamed ") else join("‘", marked, "’"), after)


def conflict_lines(comparison: Comparison, most: int) -> list[tuple[str, Html]]:
    """Return the largest conflicts as (place, sentence), without those of features that people rejected.

    The place is what stands behind # in a page's address to see the feature in the two datasets: ``d07~0~2``.
    """
    said, status = as_read(comparison), comparison.study.features["status"]
    found = comparison.conflicts
    kept = found[(status.reindex(found["feature"]) != "rejected").to_numpy()]
    lines = []
    for row in kept.head(most).to_dict("records"):
        feature = str(row["feature"])
        plus, minus = comparison.position(row["for"]), comparison.position(row["against"])
        sentence = said.conflict(comparison.study.column(feature), plus, minus)
        lines.append((f"{feature}~{plus}~{minus}", with_name(comparison, sentence, feature)))
    return lines


def agreeing(comparison: Comparison) -> list[str]:
    """Return features that at least two datasets say the same of, beyond chance, and none something else.

    Where most datasets say so first, then the surest.
    """
    said, table = as_read(comparison), comparison.features
    sure = said.q_single <= _LEVEL
    plus, minus = (sure & (said.low > 0)).sum(axis=0), (sure & (said.high < 0)).sum(axis=0)
    opposed = ((said.low > 0).any(axis=0)) & ((said.high < 0).any(axis=0))
    count = np.maximum(plus, minus)
    alike = (count == len(said.datasets)) | ~(said.q <= _LEVEL)
    kept = (count >= 2) & ~opposed & alike & (table["status"] != "rejected").to_numpy()
    rank = telling(comparison.study.features).fillna(-9.0).to_numpy()
    order = np.lexsort((-rank, -count))
    return [str(table.index[j]) for j in order if kept[j]]


def count_said(comparison: Comparison) -> str:
    """Say in how many features the datasets differ and contradict."""
    table = comparison.features
    what = those(comparison.by)
    differ = int((table["q"] <= _LEVEL).sum())
    opposed = comparison.conflicts["feature"].nunique()
    if not table["datasets"].ge(2).any():
        return f"Fewer than two of the {what} say anything of what is preferred: there is nothing to compare."
    where = "by" if what == "judges" else "in"
    said = (
        f"The effects of {differ} of {len(table)} features differ between the {what} beyond chance"
        if differ
        else f"Of {len(table)} features none has an effect that differs between the {what} beyond chance"
    )
    if not opposed:
        return f"{said}; none is preferred {where} one and avoided {where} another beyond chance."
    end = "goes" if opposed == 1 else "go"
    return f"{said}; {opposed} {end} with being preferred {where} one and with not being preferred {where} another."


def sign(place: int, k: int) -> Html:
    """Draw the mark of a dataset."""
    colour, shape = look_of(k)[place]
    drawn = tag("path", d=_SIGNS[shape], fill=colour)
    return tag("svg", drawn, viewBox="-7 -7 14 14", width=13, height=13, aria_hidden="true")


def _datasets(comparison: Comparison) -> Html:
    about = [about_slice(comparison, part) for part in comparison.slices]
    columns = [("pairs", "distinct pairs"), ("rows", "votes")]
    columns += [(what, what) for what in ("prompts", "annotators") if any(one[what] for one in about)]
    head = tag(
        "tr",
        tag("th", "", style=_CELL),
        *(tag("th", title, style=f"{_NUMBER};{_SOFT};font-weight:400") for _, title in columns),
    )
    rows = [
        tag(
            "tr",
            tag("td", sign(i, len(about)), " ", tag("span", one["name"], dir="auto"), style=_CELL),
            *(tag("td", f"{one[key]:,}" if one[key] else "–", style=_NUMBER) for key, _ in columns),
        )
        for i, one in enumerate(about)
    ]
    style = "border-collapse:collapse;border:0;font-size:0.95em;margin:0"
    return tag("table", tag("thead", head), tag("tbody", *rows), style=style)


def _caption(comparison: Comparison) -> str:
    controls = comparison.study.settings.controls
    adjusted = f", adjusted for {listed(controls)}" if controls else ""
    return (
        "Points: how much more often the response with more of it was preferred (delta-win, 95 % interval)"
        f"{adjusted}. Associations, not causes. See comparison.conflicts, comparison.table and comparison.report(path)."
    )
