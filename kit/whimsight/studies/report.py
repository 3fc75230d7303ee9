"""The report: a study as one HTML file that needs neither network nor Python.

What tells of the study as a whole stands there as text and drawings (SVG); the features are the living widget of the
notebook, read-only, with people's names, statuses, notes and tags, and without who gave them and when.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, NamedTuple

from whimsight.errors import StudyError
from whimsight.files import as_path, atomic_write
from whimsight.labels.paths import is_folder
from whimsight.studies._report import sections
from whimsight.studies._report.fitting import reduced
from whimsight.studies._report.markup import Html, join, tag, text
from whimsight.studies._report.words import without_paths
from whimsight.studies.charts import features_chart, prediction_chart, surest
from whimsight.studies.page import STUDY_MARK, bounded, living_widget, own_style, whole_page
from whimsight.studies.paths import no_folder
from whimsight.studies.snapshot import labels_dict, snapshot

if TYPE_CHECKING:
    from pathlib import Path

    import altair as alt

    from whimsight.studies._study import Study

__all__ = ["ReportOf", "drawing", "name_in_report", "report_html", "report_of", "write_page", "write_report"]

_TOP = 30
_EXAMPLES, _CHARACTERS = 20, 8_000
_AFTER_NAME = " · Whimsight"
_HEAD = 65_536  # characters in which a page has said what it is
_SAYS = re.compile(
    rf'<meta name="([a-z-]+)" content="([0-9a-f]+)"/><title>(.*?){_AFTER_NAME}</title>', re.DOTALL
)
_SNAPSHOT = 4_300_000
"""Bytes for the features and their examples: with the front end and the drawings the page stays below 5 MB."""


def write_report(study: Study, path: str | Path, *, names_only: bool = False) -> Path:
    """Write a study as one HTML file that works offline.

    Parameters
    ----------
    study : Study
    path : str or Path
        Replaced in one step when it exists.
    names_only : bool
        Leave out every prompt and response, and what drafts quote of them. Names of features stay, and so do
        the notes and tags that people wrote.

    Returns
    -------
    Path
        Where the report is.

    Raises
    ------
    StudyError
        If the file cannot be written (an older report is then intact), or the front end is not built.
    """
    return write_page(path, report_html(study, names_only=names_only))


def write_page(path: str | Path, page: str) -> Path:
    """Write a page in one step; an older one stays intact where that fails.

    Raises
    ------
    StudyError
        If the file cannot be written.
    """
    target = as_path(path, "where to write the report, such as 'report.html'", StudyError)
    if is_folder(target):
        raise StudyError(f"Cannot write the report to {str(target)!r}: it is a folder. Name a file in it.")
    if wrong := no_folder(target):
        raise StudyError(f"Cannot write the report to {target.name!r}: {wrong}")
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
    body = join(
        tag(
            "main",
            tag(
                "div",
                sections.header(study),
                sections.findings(study),
                sections.rewarded(study, _features_drawing(study, shown), shown),
                sections.prediction(study, _prediction_drawing(study)),
                class_="prose",
            ),
            sections.all_features(_widget(study, names_only=names_only), names_only=names_only),
            tag("div", sections.glossary(), sections.about(study), class_="prose"),
            class_="report",
        )
    )
    title = f"{without_paths(study.name)}{_AFTER_NAME}"
    return whole_page(title, body, style=own_style("style.css"), mark=(STUDY_MARK, study.pairs_fingerprint))


class ReportOf(NamedTuple):
    """What a report says of the study, or the comparison, that it is about.

    Attributes
    ----------
    name : str
        As `name_in_report` gives it.
    fingerprint : str
        See `Study.pairs_fingerprint`, and `whimsight.comparisons.report.fingerprint_of`.
    """

    name: str
    fingerprint: str


def report_of(path: Path, mark: str = STUDY_MARK) -> ReportOf | None:
    """Return which study a file is the report of; None where it is anything else, or cannot be read.

    Parameters
    ----------
    path : Path
    mark : str
        Name of the meta element that reports of this kind have.
    """
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            said = _SAYS.search(file.read(_HEAD))
    except OSError:
        return None
    return ReportOf(unescape(said[3]), said[2]) if said is not None and said[1] == mark else None


def name_in_report(name: str) -> str:
    r"""Return a study's name as its report has it: without folders and without what no page may hold.

    Examples
    --------
    >>> name_in_report("/srv/votes/mt-bench & \x07")
    'mt-bench & �'
    """
    return unescape(text(without_paths(name)))


def _widget(study: Study, *, names_only: bool) -> Html:
    picture = snapshot(
        study, examples=_EXAMPLES, characters=_CHARACTERS, names_only=names_only, max_bytes=_SNAPSHOT
    )
    fits = bounded(picture, _SNAPSHOT) or reduced(picture, 0, 0)
    return living_widget(fits, labels_dict(study, report=True), selected=surest(study))


def _features_drawing(study: Study, top: int) -> Html:
    return join(
        drawing(features_chart(study, top, width=600, label_width=260, ink="currentColor"), "wide"),
        drawing(features_chart(study, top, width=200, label_width=140, ink="currentColor"), "narrow"),
    )


def _prediction_drawing(study: Study) -> Html | None:
    if study.prediction.empty:
        return None
    return join(
        drawing(prediction_chart(study, width=600, label_width=260, ink="currentColor"), "wide"),
        drawing(prediction_chart(study, width=200, label_width=140, ink="currentColor"), "narrow"),
    )


def drawing(chart: alt.LayerChart, name: str, *, of: str = "") -> Html:
    """Return a chart as SVG, with ids of its own, for several drawings share the page.

    Parameters
    ----------
    chart : LayerChart
    name : str
        "wide" or "narrow": which screens see it.
    of : str
        What it draws, where a page has several charts.
    """
    from whimsight.studies._offline import chart_svg

    own = f"{of}-{name}" if of else name
    svg = re.sub(r'\bid="([\w-]+)"', rf'id="{own}-\1"', chart_svg(chart))
    svg = re.sub(r"url\(#([\w-]+)\)", rf"url(#{own}-\1)", svg)
    return tag("div", Html(svg), class_=f"drawing {name}")
