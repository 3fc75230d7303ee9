"""The sections of a comparison's report, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.comparisons.charts import most_unlike
from whimsight.comparisons.display import agreeing, as_read, conflict_lines, count_said, sign, with_name
from whimsight.comparisons.sentences import own_name, shown_points, those
from whimsight.comparisons.snapshot import about_slice
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.sections import GLOSSARY, figure, lines
from whimsight.studies._report.words import flat, listed, number, points, without_paths

if TYPE_CHECKING:
    from whimsight.comparisons._comparison import Comparison

__all__ = ["about", "expressed", "features", "glossary", "header", "measured", "mixed", "short", "silent"]

_TITLES = {
    "short": "In short",
    "expressed": "What they express",
    "measured": "What they measure",
    "silent": "Where little can be said",
    "mixed": "Mixed in equal parts",
    "features": "All features",
    "glossary": "How to read the numbers",
    "limits": "What this does not say",
    "about": "Settings and versions",
}
_CONFLICTS, _AGREEING, _RATIOS, _WASHED, _LEFT_OUT = 12, 6, 12, 12, 12
_LEVEL = 0.05
_COLUMNS = 4  # of more datasets, those alone that say something are told

_OWN_TERMS = (
    (
        "Differ beyond chance",
        "A test that all datasets have the same delta-win (Welch's; Hotelling's where they share prompts or "
        "annotators), with the share of false finds among all features held at 5 % (q, Benjamini-Hochberg).",
    ),
    (
        "Conflict",
        "A feature that goes with being preferred in one dataset and with not being preferred in another, both "
        "beyond chance. Of all conflicts listed at most 5 % are expected to be false.",
    ),
    (
        "Too few",
        "There is no estimate, or its interval spans 0 and is wider than 40 points: no news about the dataset, and not "
        "an effect of zero.",
    ),
    (
        "Mixture",
        "What data would show of which each dataset makes up a part: datasets count by how many of their pairs differ "
        "in the feature. An effect that a dataset has washes out when the mixture's interval holds 0 and less than "
        "half of the effect is left.",
    ),
    (
        "Mean over datasets, τ and I²",
        "Random-effects mean of delta-win, as one more dataset of the kind might have it; τ is how far true effects "
        "scatter around it, I² the share of the scatter that is not chance.",
    ),
)
_TERMS = ("Feature", "In % of pairs", "Delta-win", "95 % interval", "Fidelity", "Stability")
_LIMITS = (
    "These are associations in sets of votes. A feature that goes with being preferred need not be why a response was "
    "preferred; datasets differ in prompts, in models and in who voted, and any of these may be why effects differ.",
    "That no difference was found does not show that there is none: small datasets have wide intervals.",
    "Effects are measured one feature at a time. Two features that say the same each show the effect of both.",
    "Names of discovered features are drafts unless their status says otherwise; read the examples before you trust "
    "one.",
)


def header(comparison: Comparison) -> Html:
    """Return the title, what is compared and links to the sections."""
    what = those(comparison.by)
    titles = {
        "datasets": "What these datasets measure and express",
        "judges": "What these judges prefer",
        "slices": f"What is preferred, by {comparison.by}",
    }
    title = titles.get(what, f"What is preferred, by {comparison.by}")
    names = [n for n in _TITLES if n != "short" and not (n == "measured" and _same_pairs(comparison))]
    return tag(
        "header",
        tag("p", "Whimsight comparison", class_="kicker"),
        tag("h1", title, tag("span", without_paths(comparison.name), dir="auto", class_="dataset")),
        tag("div", _datasets(comparison), class_="scroll compared"),
        *(tag("p", line, class_="note") for line in _asides(comparison)),
        tag(
            "nav",
            *(tag("a", _TITLES[name], href=f"#section-{name}") for name in names),
            aria_label="Sections",
        ),
    )


def _datasets(comparison: Comparison) -> Html:
    about = [about_slice(comparison, part) for part in comparison.slices]
    columns = [("rows", "votes"), ("pairs", "distinct pairs"), ("prompts", "prompts")]
    if any(one["annotators"] for one in about):
        columns.append(("annotators", "annotators"))
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


def _asides(comparison: Comparison) -> list[str]:
    what = those(comparison.by)
    said = []
    if _same_pairs(comparison):
        said.append(
            "All voted on the same pairs, so they measure the same; what puts them side by side uses that."
        )
    elif comparison.linked:
        said.append(
            f"Some of the {what} share prompts or annotators; what puts them side by side allows for that."
        )
    told = comparison.left_out
    if told.get("overlap"):
        said.append("Some rows are in several of them.")
    if told.get("outside"):
        said.append(f"{int(told['outside']):,} rows are in none of them.")
    return said


def short(comparison: Comparison) -> Html:
    """Return the conflicts in sentences, and what the datasets agree on."""
    said = as_read(comparison)
    conflicts = conflict_lines(comparison, _CONFLICTS)
    total = len(comparison.conflicts)
    agreed = [
        (f, with_name(comparison, said.agreement(comparison.study.column(f)), f))
        for f in agreeing(comparison)[:_AGREEING]
    ]
    rest = f"The {len(conflicts)} largest of {total}. " if len(conflicts) < total else ""
    controls = comparison.study.settings.controls
    adjusted = f", adjusted for {listed(controls)}" if controls else ""
    how = (
        f"{rest}Points: among pairs that differ in a feature{adjusted}, how much more often the response with more of "
        "it was preferred than the other; 95 % intervals."
    )
    return _section(
        "short",
        tag("p", count_said(comparison)),
        tag("p", how, class_="note") if conflicts or agreed else None,
        tag("h3", "In conflict") if conflicts else None,
        _told(conflicts) if conflicts else None,
        tag("h3", "In agreement") if agreed else None,
        _told(agreed) if agreed else None,
    )


def _told(lines: list[tuple[str, Html]]) -> Html:
    """Return sentences, each with a link to its feature in the widget below."""
    items = [tag("li", line, " ", tag("a", "see pairs", href=f"#{feature}")) for feature, line in lines]
    return tag("ul", *items, class_="told")


def expressed(comparison: Comparison, chart: Html, shown: int) -> Html:
    """Return the chart of effects."""
    total = len(comparison.study.found)
    which = "all features" if shown >= total else f"{shown} of {total} features"
    caption = (
        f"Delta-win with 95 % intervals for {which}: contradictions first, then what differs most surely, then what "
        "is surest in all together. Right of the line: the response with more of it was preferred more often. Hollow "
        "marks: the interval holds 0. “Too few” or a dash: nothing can be said."
    )
    return _section("expressed", figure(chart, caption))


def measured(comparison: Comparison, chart: Html | None, shown: int) -> Html | None:
    """Return in what the responses of each dataset differ."""
    if chart is None:
        return None
    total = len(comparison.study.found)
    which = (
        "all features"
        if shown >= total
        else f"the {shown} of {total} features that set them apart most surely"
    )
    caption = (
        f"Prevalence with 95 % intervals for {which}: in how many pairs the two responses differ in it. What seldom "
        "differs a dataset can hardly measure, whatever its people prefer."
    )
    return _section("measured", figure(chart, caption), tag("div", _ratios(comparison), class_="scroll"))


def _ratios(comparison: Comparison) -> Html:
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


def silent(comparison: Comparison) -> Html:
    """Return of how many features each dataset says something, and what was left out."""
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
    why = (
        "“Too few to say”: no estimate, for nearly all pairs that differ in it share a prompt or there are none, or an "
        "interval that spans 0 and is wider than 40 points. That is no effect of zero. By single 95 % intervals; of "
        "many features some leave 0 out by chance."
    )
    return _section(
        "silent",
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows)), class_="scroll"),
        tag("p", why, class_="note"),
        _left_out(comparison),
    )


def _left_out(comparison: Comparison) -> Html | None:
    told = comparison.left_out.get("left_out") or {}
    if not told:
        return None
    said = [
        join(
            tag("b", without_paths(str(name)), dir="auto"),
            f": {about.get('rows', 0):,} pairs, {about.get('reason', '')}",
        )
        for name, about in list(told.items())[:_LEFT_OUT]
    ]
    more = int(comparison.left_out.get("left_out_count", len(told))) - len(said)
    items = [tag("li", line) for line in [*said, *([f"and {more:,} more"] if more > 0 else [])]]
    return join(tag("h3", "Left out"), tag("ul", *items))


def mixed(comparison: Comparison) -> Html:
    """Return what data of equal parts would express, and what washes out in it."""
    found, table = comparison.mixture(), comparison.table
    status = comparison.study.features["status"]
    washed = [
        str(f) for f in found.index[found["washes_out"].to_numpy(dtype=bool)] if status[f] != "rejected"
    ]
    size = {f: max(abs(float(v)) for v in table.xs(f, level="feature")["delta_win"].dropna()) for f in washed}
    washed.sort(key=lambda f: -size[f])
    sure = int(((found["delta_win_low"] > 0) | (found["delta_win_high"] < 0)).sum())
    lead = (
        f"With as many rows of each, {sure} of {len(found)} features would show an association with the choice (single "
        f"95 % intervals). {_washing(len(washed))}"
    )
    if not washed:
        return _section("mixed", tag("p", lead))
    names = [without_paths(name) for name in comparison.datasets]
    wide = len(names) <= _COLUMNS
    titles = [*names, "mixture"] if wide else ["where it is associated", "mixture"]
    head = tag(
        "tr",
        tag("th", "Delta-win, points", scope="col"),
        *(tag("th", title, scope="col", class_="number", dir="auto") for title in titles),
    )
    rows = []
    for feature in washed[:_WASHED]:
        own: Any = table.xs(feature, level="feature")
        each = [own.loc[name] for name in comparison.datasets]
        cells = [tag("td", _effect(row), class_="number") for row in each] if wide else [_where(each, names)]
        mixed_cell = tag("td", _effect(found.loc[feature]), class_="number")
        rows.append(tag("tr", tag("th", _link(comparison, feature), scope="row"), *cells, mixed_cell))
    rest = f"The {_WASHED} with the largest effects. " if len(washed) > _WASHED else ""
    note = f"{rest}Other shares: move the sliders below, or comparison.mixture(weights)."
    return _section(
        "mixed",
        tag("p", lead),
        tag("div", tag("table", tag("thead", head), tag("tbody", *rows), class_="shares"), class_="scroll"),
        tag("p", note, class_="note"),
    )


def _washing(count: int) -> str:
    if not count:
        return "No effect washes out."
    features = "1 feature washes" if count == 1 else f"{count} features wash"
    return (
        f"{features} out: associated with the choice in one of them, while mixed the interval holds 0 and less than "
        "half of the effect is left."
    )


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


def features(widget: Html, *, names_only: bool) -> Html:
    """Return the living widget."""
    aside = (
        "This report leaves out the texts of the datasets."
        if names_only
        else "With pairs in which each is strong, from two of them side by side. Long texts are cut; the cut says so."
    )
    return _section("features", tag("p", aside, class_="note"), widget)


def glossary() -> Html:
    """Return what every number means."""
    known = {term.replace("\u00a0", " "): meaning for term, meaning in GLOSSARY}
    terms = [*((term, known[term]) for term in _TERMS), *_OWN_TERMS]
    entries = [join(tag("dt", term), tag("dd", meaning)) for term, meaning in terms]
    return join(
        _section("glossary", tag("dl", *entries, class_="glossary")),
        _section("limits", tag("ul", *(tag("li", limit) for limit in _LIMITS))),
    )


def about(comparison: Comparison) -> Html:
    """Return settings and facts, so that the comparison can be made again."""
    import whimsight

    study = comparison.study
    settings = flat(without_paths(study.settings.to_dict()))
    known = {key: value for key, value in study.facts.items() if value is not None}
    facts = {"whimsight": whimsight.__version__, **known, "comparison": {"by": comparison.by}}
    recipe = [("datasets", ", ".join(without_paths(comparison.datasets)))]
    return _section(
        "about",
        tag(
            "div",
            lines("Settings", settings),
            lines("Facts", [*recipe, *flat(without_paths(facts))]),
            class_="columns",
        ),
    )


def _same_pairs(comparison: Comparison) -> bool:
    """Return whether only the votes differ: then all measure the same."""
    return comparison.by == "votes"


def _link(comparison: Comparison, feature: str) -> Html:
    return tag("a", own_name(comparison, feature), href=f"#{feature}", dir="auto")


def _section(name: str, *children: object) -> Html:
    return tag("section", tag("h2", _TITLES[name]), *children, id=f"section-{name}")
