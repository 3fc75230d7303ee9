"""The sections of the report, in the order in which they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight._plural import counted
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.table import prediction_table
from whimsight.studies._report.words import (
    finding,
    flat,
    listed,
    number,
    points,
    variation,
    without_paths,
)
from whimsight.studies.charts import telling

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = [
    "GLOSSARY",
    "about",
    "all_features",
    "figure",
    "findings",
    "glossary",
    "header",
    "lines",
    "prediction",
    "rewarded",
]

_TITLES = {
    "short": "In short",
    "rewarded": "What people reward",
    "variation": "In what the responses differ",
    "prediction": "How much of the choice this predicts",
    "features": "All features",
    "glossary": "How to read the numbers",
    "limits": "What this does not say",
    "about": "Settings and versions",
}
_FINDINGS = 8
_EVERYWHERE = 0.985

GLOSSARY = (
    (
        "Feature",
        "Something in which two responses can differ. A measured feature is computed by a formula (bullet points, "
        "hedges, length). A discovered feature is a direction in the text embedding that an autoencoder found.",
    ),
    (
        "In % of pairs",
        "Prevalence: the share of distinct pairs whose two responses differ in the feature. It does not "
        "depend on what people chose.",
    ),
    (
        "Delta-win",
        "Among pairs that differ in the feature: how many percentage points more often the response with more "
        "of it was preferred than the response with less, at equal values of the controls. Only the sign of "
        "the difference counts here, not its size.",
    ),
    (
        "Beta",
        "The coefficient of a logistic regression of the choice on the feature, which uses the size of the "
        "difference: log-odds for one standard deviation. Beta and delta-win can disagree in sign.",
    ),
    (
        "95 % interval",
        "A range made so that 95 of 100 such ranges hold the true value. It allows for votes that share a prompt, "
        "a conversation or an annotator. Where it holds 0, the data do not tell which way the feature goes.",
    ),
    (
        "q and significant",
        "q is the share of false finds to expect among all features with this q or a smaller one "
        "(Benjamini-Hochberg). Both test beta. Bold numbers and filled marks passed the "
        "stricter Bonferroni test.",
    ),
    (
        "Fidelity",
        "How well a name says what a discovered feature does: the correlation of the feature with a judge's answers, "
        "on pairs that did not choose the name. Near 0 the name says little. A measured feature is its "
        "own name.",
    ),
    (
        "Stability",
        "How far a discovered feature comes back when it is learnt from other prompts: 1 the same, 0 not at all. "
        "Lean on features that recur.",
    ),
    (
        "AUC",
        "How often a prediction ranks a preferred response above one that was not, on held-out prompts. 0.5 is "
        "guessing.",
    ),
    (
        "Captured",
        "The part of the whole embedding's gain over guessing that a set of features keeps.",
    ),
)

_LIMITS = (
    "These are associations in one set of votes. A feature that goes with being preferred need not be why "
    "a response was preferred: features occur together, and only the controls named here are held equal.",
    "Effects are measured one feature at a time. Two features that say the same each show the effect of both.",
    "Names of discovered features are drafts unless their status says otherwise; read the examples before you "
    "trust one.",
    "What neither the attributes nor the text embedding can see is not here.",
)


def header(study: Study) -> Html:
    """Return the title and the figures of what was studied."""
    pairs = study.pairs
    preference = pairs.preference
    labelled = int(np.isfinite(preference).sum())
    counts = [("vote" if labelled else "row", len(pairs)), ("distinct pair", study.pair_codes.shape[0])]
    if pairs.has_prompts:
        counts.append(("prompt", pairs.count_prompts()))
    if "annotator" in pairs.frame:
        counts.append(("annotator", pairs.frame["annotator"].nunique()))
    figures = [(thing if number == 1 else f"{thing}s", f"{number:,}") for thing, number in counts]
    if labelled:
        figures.append(("ties", f"{points(float((preference == 0.5).sum()) / labelled)} %"))
    if labelled < len(pairs):
        figures.append(("without a label", f"{len(pairs) - labelled:,}"))
    title = "What people preferred" if labelled else "What these pairs could measure"
    return tag(
        "header",
        tag("p", "Whimsight study", class_="kicker"),
        tag("h1", title, tag("span", without_paths(study.name), dir="auto", class_="dataset")),
        tag(
            "dl",
            *(tag("div", tag("dd", value), tag("dt", name)) for name, value in figures),
            class_="figures",
        ),
        _reading(study),
        _contents("rewarded" if labelled else "variation", None if study.prediction.empty else "prediction"),
    )


def _contents(drawn: str, predicted: str | None) -> Html:
    """Return links to the sections below the first."""
    names = [drawn, predicted, "features", "glossary", "limits", "about"]
    links = [tag("a", _TITLES[name], href=f"#section-{name}") for name in names if name]
    return tag("nav", *links, aria_label="Sections")


def findings(study: Study) -> Html:
    """Return the most telling findings as sentences."""
    table = study.features
    if not table["delta_win"].notna().any():
        return _variation(study)
    sure = table["significant"].fillna(False).astype(bool)
    count = f"{sure.sum() or 'None'} of {counted(len(table), 'feature')} {'are' if sure.sum() > 1 else 'is'}"
    lead = f"{count} associated with the choice beyond chance (Bonferroni at 5 %)."
    rejected = sure & (table["status"] == "rejected")
    rank = telling(table)[sure & ~rejected].sort_values(ascending=False, kind="stable")
    controls = study.settings.controls
    adjusted = f", adjusted for {listed(controls)}" if controls else ""
    how = (
        f"Among pairs that differ in a feature{adjusted}: how many percentage points more or less often the "
        "named response was preferred than the other. 95 % intervals in brackets."
    )
    clearest = table.loc[rank.index[:_FINDINGS], "delta_win"].sort_values(ascending=False, kind="stable")
    lines = [_line(str(f), *finding(study, str(f))) for f in clearest.index]
    rest = f"The {len(lines)} clearest of them. " if len(lines) < len(rank) else ""
    if rejected.any():
        rest += f"Not listed: {rejected.sum()} that the analysts rejected. "
    return _section(
        "short",
        tag("p", lead, _captured_sentence(study), _position_sentence(study)),
        tag("p", rest, how, class_="note") if lines else None,
        tag("ul", *lines, class_="findings") if lines else None,
    )


def _variation(study: Study) -> Html:
    """Return, without labels, in what the responses differ; what differs in every pair is no news."""
    prevalence = study.features["prevalence"]
    top = prevalence[prevalence < _EVERYWHERE].sort_values(ascending=False, kind="stable").index[:_FINDINGS]
    lead = "The pairs carry no labels, so nothing is said here about what people prefer, only about how the "
    how = "In how many of the distinct pairs one response does more of it than the other. "
    lines = [_line(str(f), *variation(study, str(f))) for f in top]
    return _section(
        "short",
        tag("p", lead, "responses differ."),
        tag("p", how, "95\u00a0% intervals in brackets.", class_="note") if lines else None,
        tag("ul", *lines, class_="findings") if lines else None,
    )


def _line(feature: str, much: str, what: str, sure: str) -> Html:
    link = tag("a", what, href=f"#{feature}", dir="auto")
    return tag("li", tag("strong", much), " ", tag("span", link, tag("span", f" ({sure})", class_="sure")))


def rewarded(study: Study, chart: Html, shown: int) -> Html:
    """Return the chart of the features."""
    labelled = bool(study.features["delta_win"].notna().any())
    total = len(study.features)
    best = "clearest" if labelled else "most frequent"
    which = (
        f"the {shown} of {total} features that are {best}"
        if shown < total
        else f"all {counted(total, 'feature')}"
    )
    caption = (
        f"Delta-win with 95 % intervals for {which}. Right of the line: the response with more of it was preferred "
        "more often. Filled marks passed the Bonferroni test of beta; circles are measured, diamonds discovered."
        if labelled
        else f"Prevalence with 95 % intervals: in how many pairs the responses differ, for {which}."
    )
    return _section("rewarded" if labelled else "variation", figure(chart, caption))


def prediction(study: Study, chart: Html | None) -> Html | None:
    """Return how much of the choice the features predict."""
    if study.prediction.empty or chart is None:
        return None
    caption = (
        "Predicting held-out votes on prompts that were not used for fitting. The dashed line is guessing; "
        "“captured” is the part of the whole embedding's gain over guessing."
    )
    return _section(
        "prediction",
        figure(chart, caption),
        tag("div", prediction_table(study), class_="scroll"),
    )


def all_features(widget: Html, *, names_only: bool) -> Html:
    """Return the features to sort, filter and choose from, and to read."""
    aside = (
        "This report leaves out the texts of the dataset."
        if names_only
        else "With pairs in which each is strong. Long texts are cut; the cut says so."
    )
    paper = "On paper: the table of all features, and of the chosen one the first examples."
    return _section(
        "features",
        tag("p", aside, tag("span", f" {paper}", class_="paper"), class_="note"),
        widget,
    )


def glossary() -> Html:
    """Return what every number means."""
    entries = [join(tag("dt", term), tag("dd", meaning)) for term, meaning in GLOSSARY]
    limits = [tag("li", limit) for limit in _LIMITS]
    return join(
        _section("glossary", tag("dl", *entries, class_="glossary")),
        _section("limits", tag("ul", *limits)),
    )


def about(study: Study) -> Html:
    """Return settings and facts, so that the study can be made again."""
    import whimsight

    settings = flat(without_paths(study.settings.to_dict()))
    facts = flat(without_paths({"whimsight": whimsight.__version__, **study.facts}))
    return _section(
        "about",
        tag("div", lines("Settings", settings), lines("Facts", facts), class_="columns"),
    )


def _reading(study: Study) -> Html:
    """Say what reading left out and repaired."""
    report = study.pairs.report
    changes = [("Left out", report.dropped), ("Repaired", report.repaired)]
    lines: list[Html] = []
    for title, counts in changes:
        if counts:
            said = ", ".join(f"{reason} ({count:,})" for reason, count in counts.items())
            lines.append(
                tag("p", f"{title} while reading: ", without_paths(said), ".", class_="note", dir="auto")
            )
    source = without_paths(report.source)
    read = f"Read from {source}" if source else "Read from a table"
    first = tag(
        "p",
        f"{read}: {counted(report.read, 'row')} as {without_paths(report.layout)}.",
        class_="note",
        dir="auto",
    )
    return join(first, *lines)


def _captured_sentence(study: Study) -> str:
    if study.prediction.empty or not {"all", "embedding"} <= set(study.prediction.index):
        return ""
    row: Any = study.prediction.loc["all"]
    black_box: Any = study.prediction.loc["embedding"]
    said = f" Together the features predict held-out votes with an AUC of {number(row['auc'], 2)}"
    said += f" ({number(row['auc_low'], 2)} to {number(row['auc_high'], 2)})"
    return f"{said}; the whole embedding reaches {number(black_box['auc'], 2)}."


def _position_sentence(study: Study) -> str:
    """Say whether standing first goes along with being preferred."""
    position = study.facts.get("position_bias")
    if not isinstance(position, dict) or not {"share", "low", "high"} <= set(position):
        return ""
    share, low, high = (float(position[key]) for key in ("share", "low", "high"))
    controls = study.settings.controls
    equal = f" at equal {listed(controls)}" if controls else ""
    said = f" The response shown as A was preferred in {points(share)} % of decided votes{equal}"
    unsure = ": no sign that the place matters" if low <= 0.5 <= high else ""
    return f"{said} ({points(low)} to {points(high)}){unsure}."


def figure(chart: Html, caption: str) -> Html:
    """Return a drawing with what is to be seen in it."""
    return tag("figure", chart, tag("figcaption", caption))


def lines(title: str, given: list[tuple[str, str]]) -> Html:
    """Return settings or facts, one a row."""
    rows = [tag("tr", tag("th", key, scope="row"), tag("td", value, dir="auto")) for key, value in given]
    return tag("table", tag("caption", title), tag("tbody", *rows), class_="plain")


def _section(name: str, *children: object) -> Html:
    return tag("section", tag("h2", _TITLES[name]), *children, id=f"section-{name}")
