"""The sections of a comparison's report, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from whimsight._plural import counted
from whimsight.comparisons.display import agreeing, as_read, conflict_lines, count_said, with_name
from whimsight.comparisons.sentences import those
from whimsight.comparisons.tables import datasets_table, shares_table, verdicts_table, washed_table
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.sections import GLOSSARY, figure, lines
from whimsight.studies._report.words import flat, listed, without_paths

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
_CONFLICTS, _AGREEING, _WASHED, _LEFT_OUT = 12, 6, 12, 12

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
        tag("div", datasets_table(comparison), class_="scroll compared"),
        *(tag("p", line, class_="note") for line in _asides(comparison)),
        tag(
            "nav",
            *(tag("a", _TITLES[name], href=f"#section-{name}") for name in names),
            aria_label="Sections",
        ),
    )


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
        said.append(f"In none of them: {counted(int(told['outside']), 'row')}.")
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
    items = [tag("li", line, " ", tag("a", "see pairs", href=f"#{place}")) for place, line in lines]
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
    return _section("measured", figure(chart, caption), tag("div", shares_table(comparison), class_="scroll"))


def silent(comparison: Comparison) -> Html:
    """Return of how many features each dataset says something, and what was left out."""
    why = (
        "“Too few to say”: no estimate, for nearly all pairs that differ in it share a prompt or there are none, or an "
        "interval that spans 0 and is wider than 40 points. That is no effect of zero. By single 95 % intervals; of "
        "many features some leave 0 out by chance."
    )
    return _section(
        "silent",
        tag("div", verdicts_table(comparison), class_="scroll"),
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
            f": {counted(about.get('rows', 0), 'pair')}, {about.get('reason', '')}",
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
    sides = table[table["verdict"].isin(["for", "against"])]
    size = sides["delta_win"].abs().groupby(level="feature").max()
    washed.sort(key=lambda feature: -float(size.get(feature, 0.0)))
    sure = int(((found["delta_win_low"] > 0) | (found["delta_win_high"] < 0)).sum())
    lead = (
        f"With as many rows of each, {sure} of {len(found)} features would show an association with the choice (single "
        f"95 % intervals). {_washing(len(washed))}"
    )
    if not washed:
        return _section("mixed", tag("p", lead))
    rest = f"The {_WASHED} with the largest effects. " if len(washed) > _WASHED else ""
    note = f"{rest}Other shares: move the sliders below, or comparison.mixture(weights)."
    return _section(
        "mixed",
        tag("p", lead),
        tag("div", washed_table(comparison, washed[:_WASHED]), class_="scroll"),
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


def _section(name: str, *children: object) -> Html:
    return tag("section", tag("h2", _TITLES[name]), *children, id=f"section-{name}")
