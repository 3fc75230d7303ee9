"""People, names and texts made to break out of the page are only read: mixer, calibrator and report."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.crowd import PEOPLE, crowd_study
from tests.browser.opening import opened
from tests.browser.test_comparison_file import OURS
from tests.browser.test_hostile_texts import HOSTILE, REPAIRED, RIGHT

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from whimsight.personalization import Personalization

VISIBLE = HOSTILE[:13]  # without controls, which a name on one line loses
IDS = list(HOSTILE[:PEOPLE])
TEXT = "root => root.textContent"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Personalization:
    study = crowd_study(texts=[*HOSTILE, *REPAIRED], ids=IDS)
    study.pairs.name = f"{HOSTILE[1]} {HOSTILE[3]}"
    study.labels = ws.LabelStore(tmp_path_factory.mktemp("work") / "a.labels", author=HOSTILE[0])
    for feature, name in zip(study.found.index, HOSTILE[2:], strict=False):
        study.labels.edit(str(feature), name=name[:200], note=HOSTILE[5], tags=[HOSTILE[0]])
    return study.personalize(features=["m_words", "d00", "d01"])


def is_right(page: Page) -> None:
    for element in page.locator(".whimsight :is(input, button, li, [class*=tip])").all()[:40]:
        element.dispatch_event("mouseover")
    assert page.evaluate(OURS, ".whimsight *") == RIGHT


def test_the_mixer_and_the_report(browser: Browser, people: Personalization, tmp_path: Path):
    person = people.new_person([0, 1], [1.0, 0.0], name=HOSTILE[4][:60])
    mixer = ws.PreferenceMixer(people, annotators=IDS[:8], person=person)
    for path in (
        mixer.to_html(tmp_path / "mixer.html"),
        people.report(tmp_path / "report.html", annotators=IDS[:2]),
    ):
        with opened(browser, path) as page:
            widget = page.get_by_role("region", name="Preference mixer, saved copy")
            expect(widget.get_by_role("region", name="Ranking")).to_be_visible()
            for name in IDS[:2]:
                widget.get_by_role("combobox", name="to begin from").select_option(f"annotator:{name}")
                expect(widget.locator(".mx-tally")).to_contain_text("window.__pwned")
            for fold in widget.get_by_role("button", name="show all").all():
                fold.click()
            read = ""
            for _ in range(8):
                read += widget.evaluate(TEXT)
                widget.get_by_role("button", name="Next prompt").click()
            assert [text for text in VISIBLE if text not in read] == []
            is_right(page)
            assert page.evaluate("window.__pwned") is None
            assert page.locator("script[src], iframe, img, object, base, link").count() == 0


def test_the_calibrator_and_whoever_judges(browser: Browser, people: Personalization, tmp_path: Path):
    path = ws.Calibrator(people, ask=8).to_html(tmp_path / "calibrator.html")
    name = HOSTILE[0][:60]
    with opened(browser, path) as page:
        widget = page.get_by_role("region", name="Calibrator")
        widget.get_by_label("My votes may be used").check(force=True)
        widget.get_by_role("textbox", name="Name").fill(name)
        page.keyboard.press("Enter")
        read = ""
        for key in "12120121":
            expect(widget.get_by_role("region", name="Response 1")).to_be_visible()
            read += widget.evaluate(TEXT)
            is_right(page)
            page.keyboard.press(key)
        expect(widget.get_by_role("article", name="What your votes say")).to_be_visible()
        read += widget.evaluate(TEXT)
        assert name in widget.locator(".cb-bar").evaluate(TEXT)
        assert len([text for text in VISIBLE if text in read]) >= 8
        is_right(page)
        with page.expect_download() as download:
            widget.get_by_role("button", name="Download votes").click()
        download.value.save_as(tmp_path / "votes.csv")
        page.reload()
        expect(widget.get_by_role("region", name="An earlier visit")).to_contain_text(name)
        is_right(page)
    votes = ws.read(tmp_path / "votes.csv").frame
    assert len(votes) == 8
    assert set(votes["annotator"]) == {name}
    shown = people.study.pairs.frame["prompt"].tolist()
    assert set(votes["prompt"]) <= {text.strip() for text in shown} | set(shown)
