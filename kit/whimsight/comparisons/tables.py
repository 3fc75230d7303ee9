"""Tables of a comparison's report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.comparisons.charts import most_unlike
from whimsight.comparisons.display import sign
from whimsight.comparisons.sentences import own_name, shown_points
from whimsight.comparisons.snapshot import about_slice
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import number, points, without_paths

if TYPE_CHECKING:
    from whimsight.comparisons._comparison import Comparison

__all__ = ["datasets_table", "shares_table", "verdicts_table", "washed_table"]

_LEVEL = 0.05
_RATIOS = 12
_COLUMNS = 4  # of more datasets, those alone that say something are told


def datasets_table(comparison: Comparison) -> Html:
    """Return what each dataset holds."""
    about = [about_slice(comparison, part) for part in comparison.slices]
    columns = [("rows", "votes"), ("pairs", "distinct pairs")]
    columns += [(what, what) for what in ("prompts", "annotators") if any(one[what] for one in about)]
    if any(one["labelled"] < one["rows"] for one in about):
        columns.append(("labelled", "with a label"))
    head = tag(
        "tr",
        tag("th", "", scope="col"),
        *(tag("th", title, scope="col", class_="number") for _, title in columns),
    )
    rows = [
        tag(
            "tr",
            tag(
                "th",
                sign(i, len(about)),
                " ",
                tag("span", one["name"], dir="auto"),
                scope="row",
            ),
            *(tag("td", f"{one[key]:,}" if one[key] else "–", class_="number") for key, _ in columns),
        )
        for i, one in enumerate(about)
    ]
    return tag("table", tag("thead", head), tag("tbody", *rows))


def shares_table(comparison: Comparison) -> Html:
    """Return the prevalences that set the datasets apart most surely, as multiples of those of the first."""
    table, found = comparison.table, comparison.prevalence_ratios()
    first, *others = comparison.datasets
    head = tag(
        "tr",
        tag("th", "% of pairs", scope="col"),
        *(tag("th", name, scope="col", class_="number", dir="auto") for name in (first, *others)),
    )
    rows = []
    for feature in most_unlike(comparison)[:_RATIOS]:
        cells = [tag("td", _share(table.loc[(first, feature)]), class_="number")]
        for name in others:
            ratio = _times(found.loc[(name, feature)])
            share = _share(table.loc[(name, feature)])
            cells.append(tag("td", share, tag("span", ratio, class_="sure times"), class_="number"))
        rows.append(tag("tr", tag("th", _link(comparison, feature), scope="row"), *cells))
    said = f"Below each share: how many times that of {without_paths(first)}, with its 95 % interval; bold: q ≤ .05."
    return join(
        tag("table", tag("thead", head), tag("tbody", *rows), class_="shares"),
        tag("p", said, class_="note"),
    )


def verdicts_table(comparison: Comparison) -> Html:
    """Return of how many features each dataset says what."""
    verdict = comparison.table["verdict"]
    kinds = [
        ("for", "preferred more often"),
        ("against", "preferred less often"),
        ("little", "little either way"),
        ("unclear", "could be chance"),
        ("too few", "too few to say"),
    ]
    head = tag(
        "tr",
        tag("th", "Number of features", scope="col"),
        *(tag("th", title, scope="col", class_="number") for _, title in kinds),
        tag("th", "decided votes", scope="col", class_="number"),
    )
    rows = []
    for i, part in enumerate(comparison.slices):
        counts = [int((verdict.xs(part.name, level="dataset") == kind).sum()) for kind, _ in kinds]
        decided = int((np.isfinite(part.preference) & (part.preference != 0.5)).sum())
        name = join(sign(i, len(comparison.slices)), " ", tag("span", without_paths(part.name), dir="auto"))
        cells = [tag("td", f"{count:,}", class_="number") for count in (*counts, decided)]
        rows.append(tag("tr", tag("th", name, scope="row"), *cells))
    return tag("table", tag("thead", head), tag("tbody", *rows))


def washed_table(comparison: Comparison, washed: list[str]) -> Html:
    """Return what each dataset says of features that wash out in equal parts, and what the mixture says."""
    found, table = comparison.mixture(), comparison.table
    names = [without_paths(name) for name in comparison.datasets]
    wide = len(names) <= _COLUMNS
    titles = [*names, "mixture"] if wide else ["where it is associated", "mixture"]
    head = tag(
        "tr",
        tag("th", "Delta-win, points", scope="col"),
        *(tag("th", title, scope="col", class_="number", dir="auto") for title in titles),
    )
    rows = []
    for feature in washed:
        own: Any = table.xs(feature, level="feature")
        each = [own.loc[name] for name in comparison.datasets]
        cells = [tag("td", _effect(row), class_="number") for row in each] if wide else [_where(each, names)]
        mixed_cell = tag("td", _effect(found.loc[feature]), class_="number")
        rows.append(tag("tr", tag("th", _link(comparison, feature), scope="row"), *cells, mixed_cell))
    return tag("table", tag("thead", head), tag("tbody", *rows), class_="shares")


def _share(row: Any) -> Html:
    low, middle, high = (points(row[f"prevalence{end}"], 1) for end in ("_low", "", "_high"))
    return join(middle, tag("span", f" ({low} to {high})", class_="sure"))


def _times(row: Any) -> Html:
    ratio, low, high = (float(row[c]) for c in ("ratio", "low", "high"))
    if ratio != ratio:
        return Html("")
    middle = f"× {_factor(ratio)}" if np.isfinite(ratio) else "×"
    ends = f" ({_factor(low)} to {_factor(high)})" if np.isfinite(high) else f" ({_factor(low)} or more)"
    return join(tag("b" if row["q"] <= _LEVEL else "span", middle), ends)


def _factor(value: float) -> str:
    if value >= 100:
        return "over 100"
    if 0 < value < 0.01:
        return "under 0.01"
    return number(value, 0 if value >= 9.95 or value == 0 else 1 if value >= 0.995 else 2)


def _effect(row: Any) -> Html:
    low, middle, high = (float(row[f"delta_win{end}"]) for end in ("_low", "", "_high"))
    if middle != middle or row.get("verdict") == "too few":
        return tag("span", "too few", class_="sure")
    much, _, ends = shown_points(middle, low, high).partition(" ")
    bold = "b" if low > 0 or high < 0 else "span"
    return join(tag(bold, much), tag("span", f" ({ends.partition(', ')[2]})", class_="sure"))


def _where(rows: list[Any], names: list[str]) -> Html:
    """Return, of many datasets, those with an effect, one a line."""
    sure = [
        (name, row) for name, row in zip(names, rows, strict=True) if row["verdict"] in ("for", "against")
    ]
    lines = [
        tag("span", tag("span", name, dir="auto", class_="sure"), " ", _effect(row), class_="times")
        for name, row in sure
    ]
    return tag("td", *lines, class_="number")


def _link(comparison: Comparison, feature: str) -> Html:
    return tag("a", own_name(comparison, feature), href=f"#{feature}", dir="auto")
