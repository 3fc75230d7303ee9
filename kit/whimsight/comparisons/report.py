"""The report of a comparison: one HTML file that needs neither network nor Python.

What tells of the comparison as a whole stands there as text and drawings (SVG); the features are the living widget of
the notebook, read-only, with people's names, statuses and notes, and without who gave them and when.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np

from whimsight.comparisons import sections
from whimsight.comparisons.charts import comparison_chart, furthest_apart, most_telling
from whimsight.comparisons.snapshot import comparison_snapshot
from whimsight.studies._report.fitting import reduced
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import without_paths
from whimsight.studies.page import bounded, living_widget, own_style, whole_page
from whimsight.studies.report import drawing, write_page
from whimsight.studies.snapshot import labels_dict

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path
    from typing import Literal

    from whimsight.comparisons._comparison import Comparison
    from whimsight.pairs import Pairs

__all__ = ["COMPARISON_MARK", "comparison_report", "fingerprint_of", "write_report"]

COMPARISON_MARK = "whimsight-comparison"
"""Name of the meta element that says of which comparison a page is the report."""

_MODULE = "comparison"
_EXAMPLES, _CHARACTERS = 6, 8_000
_SNAPSHOT = 4_200_000
"""Bytes for the features and their examples: with the front end and the drawings the page stays below 5 MB."""
_INTERVALS = 72
_LEAST, _MOST = 6, 30


def write_report(comparison: Comparison, path: str | Path, *, names_only: bool = False) -> Path:
    """Write a comparison as one HTML file that works offline.

    Parameters
    ----------
    comparison : Comparison
    path : str or Path
        Replaced in one step when it exists.
    names_only : bool
        Leave out every prompt and response, and what drafts quote of them. Names of features and datasets stay.

    Returns
    -------
    Path
        Where the report is.

    Raises
    ------
    StudyError
        If the file cannot be written (an older report is then intact), or the front end is not built.
    """
    return write_page(path, comparison_report(comparison, names_only=names_only))


def comparison_report(comparison: Comparison, *, names_only: bool = False) -> str:
    """Return the report as a text; see `write_report`."""
    total, k = len(comparison.study.found), len(comparison.slices)
    shown = min(total, max(_LEAST, min(_MOST, _INTERVALS // k)))
    measured = None if comparison.by == "votes" else _drawings(comparison, "prevalence", shown)
    body = tag(
        "main",
        tag(
            "div",
            sections.header(comparison),
            sections.short(comparison),
            sections.expressed(comparison, _drawings(comparison, "effects", shown), shown),
            sections.measured(comparison, measured, shown),
            sections.silent(comparison),
            sections.mixed(comparison),
            class_="prose",
        ),
        sections.features(_widget(comparison, names_only=names_only), names_only=names_only),
        tag("div", sections.glossary(), sections.about(comparison), class_="prose"),
        class_="report",
    )
    style = own_style("style.css") + own_style("compare.css")
    title = f"{without_paths(comparison.name)} · Whimsight"
    mark = (COMPARISON_MARK, fingerprint_of([comparison.study.pairs]))
    return whole_page(title, body, style=style, module=_MODULE, mark=mark)


def fingerprint_of(pairs: Iterable[Pairs]) -> str:
    """Return sha256 of the responses and votes that are compared: known before the work, and the same after it.

    Parameters
    ----------
    pairs : iterable of Pairs
        The datasets in their order, or what they were pooled to.
    """
    digests = [hashlib.sha256() for _ in range(3)]
    for part in pairs:
        for digest, column in zip(digests, ("response_a", "response_b"), strict=False):
            for text in part.frame[column]:
                digest.update(f"{text}\0".encode("utf-8", "surrogatepass"))
        digests[2].update(np.nan_to_num(part.preference, nan=-1.0).tobytes())
    return hashlib.sha256(b"".join(digest.digest() for digest in digests)).hexdigest()


def _widget(comparison: Comparison, *, names_only: bool) -> Html:
    picture = comparison_snapshot(
        comparison,
        examples=_EXAMPLES,
        characters=_CHARACTERS,
        names_only=names_only,
        max_bytes=_SNAPSHOT,
    )
    selected = most_telling(comparison)[0]
    return living_widget(
        bounded(picture, _SNAPSHOT) or reduced(picture, 0, 0),
        labels_dict(comparison.study, report=True),
        selected=selected,
        module=_MODULE,
        traits={
            "shown": list(furthest_apart(comparison, selected)),
            "weights": [1.0] * len(comparison.slices),
        },
    )


def _drawings(comparison: Comparison, kind: Literal["effects", "prevalence"], top: int) -> Html:
    return join(
        *(
            drawing(
                comparison_chart(comparison, kind, top, width=width, label_width=beside, ink="currentColor"),
                name,
                of=kind,
            )
            for name, width, beside in (("wide", 600, 260), ("narrow", 200, 140))
        )
    )
