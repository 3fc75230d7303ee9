"""The report of people: one offline page that says where they differ and shows nobody who was not asked for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import whimsight as ws
from tests.unit.personalization.gaining import gained
from tests.unit.personalization.peopling import peopled_study
from tests.unit.studies.making import make_study
from tests.unit.studies.test_studies_report import HOSTILE, Page, state
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.personalization.report import people_report, write_report
from whimsight.personalization.summary import gain_sentence, summary

GAIN = gained({"personal": [0.001, 0.01, 0.02], "no pooling": [-0.2, -0.15, -0.1]})


def with_ids(ids: list[str], **choices: Any) -> Any:
    """People of the planted study under other ids; the one of row i is ids[i % len(ids)]."""
    study = peopled_study(people=len(ids), votes=40)[0]
    who = np.resize(np.array(ids, dtype=object), len(study.pairs))
    return make_study(Pairs(study.pairs.frame.assign(annotator=who), name="planted votes")).personalize(
        **choices
    )


@pytest.fixture(scope="module")
def people() -> Any:
    return with_ids([f"zz{i:02d}-quill" for i in range(16)], features=["m_words", "m_bullets", "d00"])


@pytest.fixture(scope="module")
def page(people) -> str:
    return people_report(people)


@pytest.fixture(scope="module")
def asked(people) -> str:
    """With one annotator asked for, and what personal weights gain."""
    return people_report(people, annotators=["zz03-quill"], gain=GAIN)


# -- what it says


def test_the_report_is_one_file_below_five_megabytes(people, page, tmp_path):
    path = write_report(people, tmp_path / "people.html")
    assert path == tmp_path / "people.html"
    assert 200_000 < path.stat().st_size < 5_000_000
    assert path.read_text(encoding="utf-8") == page  # the same people give the same page


def test_it_says_what_the_summary_says_and_which_features_were_made_personal(people, page):
    text = Page(page).text.replace("‘ ", "‘").replace(" ’", "’")
    for line in summary(people):
        assert line in text
    assert people.stated in text
    assert "Whose preferences? planted votes" in text


def test_every_feature_stands_in_one_section(people, page):
    section = {
        name: page.split(f'id="section-{name}"')[1].split("</section>")[0]
        for name in ("differ", "agree", "unclear")
    }
    table = people.subjectivity
    assert 'href="#m_words"' in section["differ"]
    for feature in table.index:
        assert sum(f'href="#{feature}"' in part for part in section.values()) == 1
    assert 'href="#d01"' in section["agree"]
    assert "The same for everyone, by choice" in section["agree"]


def test_it_has_the_sections_that_it_links_to(people, asked):
    parts = Page(asked)
    places = {f"#{a['id']}" for tag, a in parts.elements if tag == "section"}
    links = {a["href"] for tag, a in parts.elements if tag == "a"}
    assert links <= places | {f"#{f}" for f in people.features}
    assert places - links == {"#section-short"}


def test_whether_personal_weights_help_is_said_where_it_was_measured(page, asked):
    told = Page(asked).text
    assert told.count(gain_sentence(GAIN)) == 2
    assert "+0.0200 0.0180 to 0.0220" in told
    assert "Whether personal weights help" not in Page(page).text


def test_what_was_left_out_is_counted(people, page):
    assert f"ties ({people.ballots.left_out['ties']:,})" in Page(page).text


def test_the_mixer_lives_on_the_page_and_opens_with_everyone(people, page):
    opened = state(page)
    assert opened["preset"] == "everyone"
    assert opened["weights"] == []
    assert opened["work"]["editable"] is False
    assert opened["selected"] == "m_words"
    assert [p["id"] for p in opened["snapshot"]["presets"]] == ["everyone"]
    static = Path(ws.__file__).parent / "static"
    assert (static / "mixer.css").read_text(encoding="utf-8") in page


def test_without_the_mixer_no_script_is_on_the_page_and_none_may_run(people):
    page = people_report(people, mixer=False)
    parts = Page(page)
    assert "<script" not in page
    policy = next(str(a["content"]) for tag, a in parts.elements if a.get("http-equiv"))
    assert "script-src" not in policy
    assert "default-src 'none'" in policy
    assert "Mix the weights yourself" not in parts.text
    assert {a["href"] for tag, a in parts.elements if tag == "a"} <= {
        f"#{a['id']}" for tag, a in parts.elements if tag == "section"
    }


def test_names_only_leaves_out_every_text(people, page):
    bare = people_report(people, names_only=True)
    assert "Answer A to" in page
    assert "Answer A to" not in bare
    assert "Question 1" not in bare
    assert "leaves out the texts" in Page(bare).text


# -- whom it does not show


def test_nobodys_id_is_in_the_file(people, page):
    assert [one for one in people.annotators if one in page] == []
    assert "quill" not in page
    assert "The annotators asked for" not in page


def test_the_one_who_was_asked_for_is_shown_and_nobody_else(people, asked):
    assert [one for one in people.annotators if one in asked] == ["zz03-quill"]
    text = Page(asked).text
    assert f"zz03-quill {people.votes['zz03-quill']} decided votes" in text
    row = people.person("zz03-quill").table.loc["m_words"]
    assert f"{row['weight']:+.2f}".replace("-", "−") in text


def test_nobodys_own_weights_are_in_the_file(people, page, asked):
    own = np.abs(people.hierarchy.weights[:, people.study.column("m_words")])

    def told(text: str) -> list[str]:
        numbers = np.array([float(v) for v in re.findall(r"\d\.\d{5,}", text)])
        near = np.abs(own[:, None] - numbers).min(axis=1) < 5e-7
        return [one for one, found in zip(people.annotators, near, strict=True) if found]

    assert told(page) == []
    assert told(asked) == ["zz03-quill"]


def test_somebody_who_did_not_vote_cannot_be_asked_for(people):
    with pytest.raises(StudyError, match=r"No annotator 'zz99-quill' with decided votes"):
        people_report(people, annotators=["zz99-quill"])


# -- hostile texts


def test_no_text_becomes_markup_and_nothing_is_fetched(tmp_path):
    people = with_ids(HOSTILE)
    people.study.labels = ws.LabelStore(tmp_path / "work.labels", author="Ann Example")
    people.labels.edit("d00", name=HOSTILE[1])
    people.labels.edit("m_words", name=HOSTILE[0])
    page = people_report(people, annotators=[HOSTILE[0], HOSTILE[4]], gain=GAIN)
    parts = Page(page)
    assert not [1 for _, a in parts.elements for name in a if name.startswith("on")]
    assert not [a for tag, a in parts.elements if tag in ("img", "iframe", "object", "embed", "link", "base")]
    assert page.count("<script") == page.count("</script") == 3
    urls = [v for _, a in parts.elements for k, v in a.items() if k in ("src", "href", "action")]
    assert all(str(u).startswith("#") for u in urls)
    assert "Ann Example" not in page
    assert str(tmp_path) not in page
    assert not re.search(r"20\d\d-\d\d-\d\dT\d\d:\d\d", page)
    page.encode("utf-8")


def test_rejected_features_are_not_told(tmp_path):
    people = with_ids([f"p{i:03d}" for i in range(8)])
    people.study.labels = ws.LabelStore(tmp_path / "work.labels")
    people.labels.edit("m_words", status="rejected")
    page = people_report(people, mixer=False)
    section = page.split('id="section-differ"')[1].split("<table")[-1].split("</section>")[0]
    assert "words" not in section
