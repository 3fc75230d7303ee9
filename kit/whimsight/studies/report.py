"""The report: a study as one HTML file that needs neither network nor Python.

Everything is inside: the charts as drawings (SVG), the style, and a short script that sorts and searches the
table. The page forbids itself to load anything, and to run any script but that one, by its hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from whimsight.errors import StudyError
from whimsight.files import atomic_write
from whimsight.studies._report import sections
from whimsight.studies._report.details import feature_details
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import without_paths
from whimsight.studies.charts import features_chart, prediction_chart, telling

if TYPE_CHECKING:
    import altair as alt

    from whimsight.studies._study import Study

__all__ = ["report_html", "write_report"]

_TOP = 30
_EXAMPLES = 3


def write_report(study: Study, path: str | Path, *, names_only: bool = False) -> Path:
    """Write a study as one HTML file that works offline.

    Parameters
    ----------
    study : Study
    path : str or Path
        Replaced in one step when it exists.
    names_only : bool
        Leave out every prompt and response, and what drafts quote of them; names of features stay.

    Returns
    -------
    Path
        Where the report is.

    Raises
    ------
    StudyError
        If the file cannot be written; an older report is then intact.
    """
    target = Path(path)
    page = report_html(study, names_only=names_only)
    try:
        atomic_write(target, page.encode("utf-8"))
    except OSError as error:
        raise StudyError(
            f"Cannot write the report to {target.name!r}: {error.strerror or error}. Give the path of a file in an "
            "existing folder that you may write to."
        ) from error
    return target


def report_html(study: Study, *, names_only: bool = False) -> str:
    """Return the report as a text; see `write_report`."""
    shown = min(_TOP, len(study.features))
    labelled = bool(study.features["delta_win"].notna().any())
    rank = telling(study.features) if labelled else study.features["prevalence"]
    order = rank.sort_values(ascending=False, kind="stable", na_position="last").index
    details = [feature_details(study, str(f), n_examples=0 if names_only else _EXAMPLES) for f in order]
    aside = (
        "This report leaves out the texts of the dataset."
        if names_only
        else "The pairs in which each feature is strongest. Long texts are cut; the cut says so."
    )
    body = join(
        sections.header(study),
        sections.findings(study),
        sections.rewarded(study, _features_drawing(study, shown), shown),
        sections.prediction(study, _prediction_drawing(study)),
        sections.all_features(study),
        tag(
            "section",
            tag("h2", "Feature by feature"),
            tag("p", aside, class_="note"),
            *details,
            id="section-details",
        ),
        sections.glossary(),
        sections.about(study),
    )
    return _page(f"{without_paths(study.name)} · Whimsight", body)


def _page(title: str, body: Html) -> str:
    style, script = _resource("style.css"), _resource("table.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(style)),
    )
    page = tag("html", head, tag("body", tag("main", body), tag("script", Html(script))), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def _features_drawing(study: Study, top: int) -> Html:
    return join(
        _drawing(features_chart(study, top, width=600, label_width=260, ink="currentColor"), "wide"),
        _drawing(features_chart(study, top, width=200, label_width=140, ink="currentColor"), "narrow"),
    )


def _prediction_drawing(study: Study) -> Html | None:
    if study.prediction.empty:
        return None
    return join(
        _drawing(prediction_chart(study, width=600, label_width=260, ink="currentColor"), "wide"),
        _drawing(prediction_chart(study, width=200, label_width=140, ink="currentColor"), "narrow"),
    )


def _drawing(chart: alt.LayerChart, name: str) -> Html:
    """Return a chart as SVG, with ids of its own, for several drawings share the page."""
    from whimsight.studies._offline import chart_svg

    svg = re.sub(r'\bid="([\w-]+)"', rf'id="{name}-\1"', chart_svg(chart))
    svg = re.sub(r"url\(#([\w-]+)\)", rf"url(#{name}-\1)", svg)
    return tag("div", Html(svg), class_=f"drawing {name}")


def _resource(name: str) -> str:
    return (files("whimsight.studies._report") / name).read_text(encoding="utf-8")
