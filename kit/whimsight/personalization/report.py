"""The report of a personalization: one HTML file that needs neither network nor Python.

It tells of people together. No single annotator is in it, by id, by weights or by votes, but those asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.personalization import sections
from whimsight.personalization.charts import by_spread, person_chart, subjectivity_chart
from whimsight.personalization.gain_charts import gain_chart
from whimsight.personalization.snapshot import mixer_snapshot
from whimsight.studies._report.markup import Html, join, tag
from whimsight.studies._report.words import without_paths
from whimsight.studies.page import json_text, living_widget, own_style, whole_page
from whimsight.studies.report import drawing, write_page
from whimsight.studies.snapshot import labels_dict

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import altair as alt

    from whimsight.personalization._personalization import Personalization

__all__ = ["people_report", "write_report"]

_MODULE = "mixer"
_TOP = 20
_SNAPSHOT = 3_800_000
"""Bytes for the mixer's weights, votes and texts: with the front end and the drawings the page stays below 5 MB."""
_CHARACTERS = 6_000


def write_report(
    people: Personalization,
    path: str | Path,
    *,
    annotators: Sequence[str] = (),
    names_only: bool = False,
    gain: Any = None,
    groups: Any = None,
    mixer: bool = True,
) -> Path:
    """Write who agrees and who differs as one HTML file that works offline.

    Parameters
    ----------
    people : Personalization
    path : str or Path
        Replaced in one step when it exists.
    annotators : sequence of str
        Whose weights are shown, each by name. Nobody's by default: then the file holds no id, and nobody's weights or
        votes under one.
    names_only : bool
        Leave out every prompt and response. Names of features stay.
    gain : Gain or DataFrame, optional
        From `Personalization.gain`: whether personal weights help.
    groups : str, sequence of str, or mapping; optional
        Groups to choose from in the mixer: columns of the pairs.
    mixer : bool
        Whether the living `PreferenceMixer` is on the page. A page without it needs no script.

    Returns
    -------
    Path
        Where the report is.

    Raises
    ------
    StudyError
        If the file cannot be written (an older report is then intact), nobody of such a name voted, or the front end is
        not built.
    """
    page = people_report(
        people, annotators=annotators, names_only=names_only, gain=gain, groups=groups, mixer=mixer
    )
    return write_page(path, page)


def people_report(
    people: Personalization,
    *,
    annotators: Sequence[str] = (),
    names_only: bool = False,
    gain: Any = None,
    groups: Any = None,
    mixer: bool = True,
) -> str:
    """Return the report as a text; see `write_report`."""
    found = sections.verdict_groups(people)
    asked = [people.person(str(one)) for one in dict.fromkeys(map(str, annotators))]
    shown = min(_TOP, max(1, int(people.personal.sum())))
    parts = {
        "short": sections.short(people, gain),
        "differ": sections.differ(
            people,
            found["differ"],
            _drawings(lambda **sizes: subjectivity_chart(people, shown, **sizes), "spread"),
            shown,
            linked=mixer,
        ),
        "agree": sections.agree(people, found, linked=mixer),
        "unclear": sections.unclear(people, found["unclear"], linked=mixer),
        "gain": None if gain is None else sections.gain_section(gain, _gain_drawings(gain)),
        "persons": sections.persons(
            [
                (one, _drawings(lambda one=one, **sizes: person_chart(one, **sizes), f"person{i}"))
                for i, one in enumerate(asked)
            ],
            linked=mixer,
        ),
    }
    present = [
        *(name for name, part in parts.items() if part is not None),
        *(["features"] if mixer else []),
        "glossary",
        "limits",
        "about",
    ]
    living = (
        sections.mixer_section(
            _widget(people, annotators=annotators, groups=groups, names_only=names_only),
            names_only=names_only,
        )
        if mixer
        else None
    )
    body = tag(
        "main",
        tag("div", sections.header(people, present), *parts.values(), class_="prose"),
        living,
        tag("div", sections.glossary(), sections.about(people), class_="prose"),
        class_="report",
    )
    style = own_style("style.css") + own_style("compare.css") + own_style("people.css")
    title = f"{without_paths(people.name)} · whose preferences? · Whimsight"
    return whole_page(title, body, style=style, module=_MODULE if mixer else None)


def _widget(people: Personalization, *, annotators: Sequence[str], groups: Any, names_only: bool) -> Html:
    return living_widget(
        _snapshot(people, annotators=annotators, groups=groups, names_only=names_only),
        labels_dict(people.study, report=True),
        selected=by_spread(people)[0],
        module=_MODULE,
        traits={"weights": [], "preset": "everyone", "locked": [], "set": 0},
    )


def _snapshot(people: Personalization, **choices: Any) -> dict[str, Any]:
    """Return the mixer's picture; smaller where what a page must escape makes it too large."""
    room = _SNAPSHOT
    while True:
        picture = mixer_snapshot(people, characters=_CHARACTERS, max_bytes=room, **choices)
        size = len(json_text(picture).encode("utf-8"))
        if size <= _SNAPSHOT or room < _SNAPSHOT // 8:
            return picture
        room = int(room * 0.95 * _SNAPSHOT / size)


def _drawings(chart: Callable[..., alt.LayerChart], of: str) -> Html:
    return join(
        *(
            drawing(chart(width=width, label_width=beside, ink="currentColor"), name, of=of)
            for name, width, beside in (("wide", 600, 260), ("narrow", 200, 140))
        )
    )


def _gain_drawings(gain: Any) -> Html:
    return join(
        *(
            drawing(gain_chart(gain, width=width, height=height, ink="currentColor"), name, of="gain")
            for name, width, height in (("wide", 700, 240), ("narrow", 300, 220))
        )
    )
