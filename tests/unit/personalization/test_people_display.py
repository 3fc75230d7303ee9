"""How people and one of them look in a notebook."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest

import whimsight as ws
from tests.unit.personalization.peopling import peopled_study
from tests.unit.studies.making import make_study
from tests.unit.studies.test_studies_report import HOSTILE, Page
from whimsight.pairs import Pairs
from whimsight.personalization.display import interval_text, person_html, personalization_html
from whimsight.personalization.summary import summary


@pytest.fixture(scope="module")
def people() -> Any:
    return peopled_study()[0].personalize()


def hostile(tmp_path) -> Any:
    study = peopled_study(people=len(HOSTILE), votes=30)[0]
    frame = study.pairs.frame
    who = np.resize(np.array(HOSTILE, dtype=object), len(frame))
    study = make_study(Pairs(frame.assign(annotator=who), name=HOSTILE[0]))
    study.labels = ws.LabelStore(tmp_path / "w.labels")
    study.labels.edit("m_words", name=HOSTILE[1])
    study.labels.edit("d00", name=HOSTILE[0])
    return study.personalize()


def test_it_says_what_the_summary_says_and_shows_the_widest_spread_first(people):
    shown = personalization_html(people)
    text = Page(shown).text.replace("‘ ", "‘").replace(" ’", "’")
    for line in summary(people)[1:]:
        assert line in text
    assert "24 annotators" in text
    first = re.search(r"<tbody>.*?<td[^>]*>(.*?)</td>", shown, re.DOTALL)
    assert first
    assert "words" in first[1]


def test_people_together_show_nobody_by_name(people):
    shown = personalization_html(people)
    assert not [one for one in people.annotators if one in shown]


def test_a_person_shows_own_weights_beside_everyones(people):
    shown = Page(person_html(people.person("person 05"))).text
    row = people.person("person 05").table.loc["m_words"]
    assert "person 05" in shown
    for value in (row["weight"], row["everyone"]):
        assert f"{value:+.2f}".replace("-", "−") in shown
    assert people.stated in shown


def test_somebody_of_whom_nothing_is_known_is_not_set_apart(people):
    assert "0 votes · not set apart from everyone yet" in Page(person_html(people.everyone())).text


def test_an_interval_ends_where_it_ends_and_shows_its_side_of_zero():
    assert interval_text(-0.25, -0.004) == "−0.250 to −0.004"
    assert interval_text(0.0004, 0.0031, 4) == "0.0004 to 0.0031"


def test_hostile_names_and_ids_are_text(tmp_path):
    people = hostile(tmp_path)
    for shown in (personalization_html(people), *(person_html(people.person(a)) for a in people.annotators)):
        parts = Page(shown)
        assert {tag for tag, _ in parts.elements} <= {
            "div", "p", "strong", "b", "ul", "li", "span", "table", "thead", "tbody", "tr", "th", "td", "svg", "line",
            "circle",
        }  # fmt: skip
        assert not [name for _, a in parts.elements for name in a if name.startswith("on")]
        shown.encode("utf-8")
        assert "\x00" not in shown
        assert "\uffff" not in shown
