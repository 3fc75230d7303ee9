"""The report as a file: opened from a folder, without network or Python, it is read, sorted, searched and printed."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.opening import chosen, detail, listed, opened, widget_in
from tests.browser.quick import quick_study
from tests.unit.studies.making import make_pairs, make_study
from whimsight.labels import LabelStore

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from whimsight.studies import Study

SUREST = ["m_words", "d00", "m_bullets", "d01", "d02"]  # by the end of the interval that is nearer to 0
DELTA_WIN = ["m_words", "m_bullets", "d01", "d02", "d00"]
NAME = "says sorry first"
EDIT_KEYS = ("e", "n", "t", "m", "h", "r", "v", "1", "2", "3", "4", "Control+z", "Control+Shift+z")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Five features with known numbers, and what a person made of two of them."""
    long = pd.Series([f"Long answer {i}. " + "It goes on and on. " * 100 + f"End {i}." for i in range(80)])
    made = make_study(make_pairs(80, response_b=long))
    made.labels = LabelStore(tmp_path_factory.mktemp("work") / "ann.labels", author="Ann Analyst")
    made.labels.edit("d00", name=NAME, status="verified", note="Clear in most pairs.", tags=["tone", "form"])
    made.labels.edit("m_bullets", status="rejected")
    return made


@pytest.fixture(scope="module")
def report(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return study.report(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def widget_file(study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ws.FeatureLabeler(study).to_html(tmp_path_factory.mktemp("widget") / "features.html")


@pytest.fixture(params=["report", "widget_file"])
def file(request: pytest.FixtureRequest) -> Path:
    """Return each of the two kinds of files."""
    path: Path = request.getfixturevalue(request.param)
    return path


def header(widget: Locator, title: str) -> Locator:
    return widget.get_by_role("columnheader", name=title).get_by_role("button")


def test_a_click_on_a_header_sorts_one_way_then_the_other_then_as_before(browser: Browser, file: Path):
    with opened(browser, file) as page:
        widget = widget_in(page)
        assert listed(widget) == SUREST
        header(widget, "Delta-win").click()
        expect(widget.get_by_role("columnheader", name="Delta-win")).to_have_attribute(
            "aria-sort", "descending"
        )
        assert listed(widget) == DELTA_WIN
        header(widget, "Delta-win").click()
        assert listed(widget) == DELTA_WIN[::-1]
        header(widget, "Delta-win").click()
        assert listed(widget) == SUREST


def test_it_is_filtered_and_searched_and_says_how_many_are_left(browser: Browser, file: Path):
    with opened(browser, file) as page:
        widget = widget_in(page)
        search = widget.get_by_role("searchbox", name="Search features")
        search.fill("tone")  # a tag
        expect(widget.get_by_text("1 of 5 features")).to_be_visible()
        assert listed(widget) == ["d00"]
        search.fill("nothing has this name")
        expect(widget.get_by_text("No feature matches")).to_be_visible()
        widget.get_by_role("button", name="Clear search and filters").click()
        assert listed(widget) == SUREST

        widget.get_by_role("button", name="Filter").click()
        widget.get_by_role("combobox", name="Kind", exact=True).select_option("discovered")
        assert listed(widget) == ["d00", "d01", "d02"]
        widget.get_by_role("combobox", name="Direction").select_option("down")
        assert listed(widget) == ["d00"]
        widget.get_by_role("button", name="Clear").click()
        widget.get_by_role("combobox", name="Status").select_option("rejected")
        assert listed(widget) == ["m_bullets"]
        widget.get_by_role("button", name="Clear").click()
        widget.get_by_label("significant only").check()
        assert listed(widget) == ["m_words", "d00", "m_bullets"]


def test_a_click_chooses_a_feature_and_shows_its_name_numbers_and_examples(browser: Browser, file: Path):
    with opened(browser, file) as page:
        widget = widget_in(page)
        widget.get_by_role("row").filter(has_text=NAME).click()
        right = detail(widget)
        expect(right.get_by_role("heading", name=NAME)).to_be_visible()
        effect = f"More of ‘{NAME}’ is associated with being preferred 12.0 points less often"
        expect(right.get_by_text(effect)).to_contain_text("95 % interval 9.0 to 15.0")
        expect(right.get_by_text("Clear in most pairs.")).to_be_visible()
        expect(right.get_by_role("list", name="Tags").get_by_role("listitem")).to_have_text(["tone", "form"])
        pairs = right.get_by_role("list", name="Pairs").get_by_role("article", name="Pair in row")
        expect(pairs.first).to_contain_text("Question ")
        expect(pairs.first.get_by_role("article")).to_have_count(2)


def test_it_is_worked_by_the_keyboard_alone(browser: Browser, file: Path):
    with opened(browser, file) as page:
        widget = widget_in(page)
        press = page.keyboard.press
        for _ in range(40):
            press("Tab")
            if chosen(widget).evaluate("row => row === document.activeElement"):
                break
        expect(chosen(widget)).to_be_focused()
        press("Home")
        press("ArrowDown")
        expect(chosen(widget)).to_have_attribute("data-feature", SUREST[1])
        expect(chosen(widget)).to_be_focused()
        press("End")
        expect(chosen(widget)).to_have_attribute("data-feature", SUREST[-1])
        press("/")
        page.keyboard.type("worked example")
        press("Enter")
        expect(chosen(widget)).to_be_focused()
        expect(detail(widget).get_by_role("heading", name="gives a worked example")).to_be_visible()
        press("j")
        press("j")
        expect(widget.locator("[data-pair='1']")).to_be_focused()
        press("?")
        expect(widget.get_by_role("dialog", name="Keys")).to_be_visible()
        expect(widget.get_by_role("dialog").get_by_text("undo")).to_have_count(0)
        press("Escape")
        expect(widget.get_by_role("dialog")).to_have_count(0)


def test_a_range_of_codes_is_chosen_by_keyboard_and_left_through_the_tabs(browser: Browser, file: Path):
    with opened(browser, file, at="#d00") as page:
        right = detail(widget_in(page))
        tabs = right.get_by_role("tablist", name="Which pairs").get_by_role("tab")
        expect(tabs).to_have_count(1)
        pairs = right.get_by_role("article", name="Pair in row")
        before = pairs.evaluate_all("pairs => pairs.map((pair) => pair.ariaLabel)")
        right.get_by_role("slider", name="lowest code").focus()
        page.keyboard.press("End")  # the last bin: the largest code alone
        expect(tabs).to_have_count(2)
        expect(right.get_by_role("tab", name="Range 8.55 to 9.00")).to_have_attribute("aria-selected", "true")
        within = pairs.evaluate_all("pairs => pairs.map((pair) => pair.ariaLabel)")
        assert 1 <= len(within) < len(before)
        assert set(within) < set(before)
        right.get_by_role("tab", name="Strongest").click()
        expect(pairs).to_have_count(len(before))
        page.keyboard.press("ArrowRight")
        expect(pairs).to_have_count(len(within))
        expect(right.get_by_role("tab", name="Range")).to_be_focused()
        right.get_by_role("button", name="clear range").click()
        expect(tabs).to_have_count(1)
        expect(pairs).to_have_count(len(before))


def test_a_long_response_unfolds_to_its_end(browser: Browser, report: Path):
    with opened(browser, report) as page:
        pair = detail(widget_in(page)).get_by_role("article", name="Pair in row").first
        pair.get_by_role("button", name=re.compile("Show all of the response with")).click()
        shown = pair.get_by_role("region", name=re.compile("the response with"))
        text = shown.evaluate("element => element.textContent")
        number = text.split()[2].strip(".")
        assert text == f"Long answer {number}. " + "It goes on and on. " * 100 + f"End {number}."
        pair.get_by_role("button", name=re.compile("Fold")).click()
        expect(shown).to_have_count(0)


@pytest.mark.parametrize("feature", ["d01", "m_bullets"])
def test_a_link_to_a_feature_opens_the_file_with_it(browser: Browser, file: Path, feature: str):
    with opened(browser, file, at=f"#{feature}") as page:
        expect(chosen(widget_in(page))).to_have_attribute("data-feature", feature)


def test_the_findings_lead_to_their_features_each_time(browser: Browser, report: Path):
    with opened(browser, report) as page:
        widget = widget_in(page)
        link = page.get_by_role("link", name=NAME)
        for _ in range(2):
            link.click()
            expect(chosen(widget)).to_have_attribute("data-feature", "d00")
            expect(widget).to_be_in_viewport()
            widget.get_by_role("row").filter(has_text="bullet points").click()
            expect(chosen(widget)).to_have_attribute("data-feature", "m_bullets")


def luminance(color: str) -> float:
    red, green, blue = (int(c) / 255 for c in re.findall(r"\d+", color)[:3])
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (red, green, blue)]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_it_is_dark_where_the_person_wants_it_dark(browser: Browser, file: Path, scheme: str, dark: bool):
    with opened(browser, file, color_scheme=scheme) as page:
        for place in (page.locator("body"), widget_in(page)):
            paper, ink = place.evaluate(
                "e => [getComputedStyle(e).backgroundColor, getComputedStyle(e).color]"
            )
            assert (luminance(paper) < 0.05) is dark
            assert (luminance(ink) > 0.5) is dark


def too_wide(page: Page) -> list[str]:
    """Return what reaches past the page's edge, or scrolls sideways within itself."""
    reaching: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("body, body *")]
            .filter((e) => e.scrollWidth > e.clientWidth + 1
              && ["auto", "scroll"].includes(getComputedStyle(e).overflowX)
              || e === document.body && document.documentElement.scrollWidth > innerWidth)
            .map((e) => `${e.tagName}.${e.className} ${e.scrollWidth} > ${e.clientWidth}`)"""
    )
    return reaching


def test_on_480_pixels_nothing_scrolls_sideways_and_everything_is_at_hand(browser: Browser, file: Path):
    with opened(browser, file, viewport={"width": 480, "height": 900}) as page:
        widget = widget_in(page)
        assert too_wide(page) == []
        widget.get_by_role("row").filter(has_text=NAME).click()
        expect(detail(widget).get_by_role("heading", name=NAME)).to_be_visible()
        widget.get_by_role("button", name="Filter").click()
        widget.get_by_role("combobox", name="Order").select_option("delta-win, lowest")
        assert listed(widget) == DELTA_WIN[::-1]
        assert too_wide(page) == []


def test_it_is_read_only(browser: Browser, file: Path):
    with opened(browser, file, at="#d00") as page:
        widget = widget_in(page)
        for role in ("textbox", "radio", "combobox"):
            expect(widget.get_by_role(role)).to_have_count(0)
        named = re.compile("undo|redo|rename|verify|turn round|note|tag|suggest|kept|saved", re.IGNORECASE)
        expect(widget.get_by_role("button", name=named)).to_have_count(0)
        chosen(widget).click()
        expect(detail(widget).get_by_role("article", name="Pair in row").first).to_be_visible()
        page.wait_for_timeout(500)  # until nothing moves any more by itself
        before = widget.inner_text()
        for key in EDIT_KEYS:
            page.keyboard.press(key)
        page.wait_for_timeout(500)
        assert widget.inner_text() == before
        expect(widget.get_by_role("textbox")).to_have_count(0)


def test_on_paper_all_features_stand_and_nothing_to_press(browser: Browser, tmp_path: Path):
    study = quick_study(ws.load("mt-bench"))
    assert len(study.features) == 80
    with opened(browser, study.report(tmp_path / "report.html"), color_scheme="dark") as page:
        widget = widget_in(page)
        assert len(page.pdf()) > 50_000
        page.emulate_media(media="print", color_scheme="dark")
        rows = widget.locator("[data-feature]")
        expect(rows).to_have_count(len(study.features))
        cut = rows.evaluate_all(
            """rows => rows.filter((row) => {
                const box = row.getBoundingClientRect();
                if (box.height < 10 || !row.checkVisibility()) return true;
                for (let e = row.parentElement; e; e = e.parentElement) {
                    const around = e.getBoundingClientRect();
                    const clips = getComputedStyle(e).overflowY !== "visible" && e !== document.body;
                    if (clips && (box.bottom > around.bottom + 1 || box.top < around.top - 1)) return true;
                }
                return false;
            }).map((row) => row.dataset.feature)"""
        )
        assert cut == []
        for name in ("Filter", "Help: all keys"):
            expect(widget.get_by_role("button", name=name)).to_have_count(0)
        expect(widget.get_by_role("searchbox")).to_have_count(0)
        expect(page.get_by_role("article", name="Pair in row").first).to_be_visible()
        assert luminance(page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor")) > 0.9


def test_with_names_only_no_text_of_the_dataset_is_in_the_file(
    browser: Browser, study: Study, tmp_path: Path
):
    frame = study.pairs.frame
    texts = {*frame["prompt"], *frame["response_a"], *frame["response_b"]}
    labeler = ws.FeatureLabeler(study)
    files = (
        study.report(tmp_path / "report.html", names_only=True),
        labeler.to_html(tmp_path / "features.html", names_only=True),
    )
    for path in files:
        page = path.read_text(encoding="utf-8")
        for text in texts:
            assert text not in page
            assert json.dumps(text)[1:-1] not in page
        assert "I am sorry" not in page  # what the draft quotes
        with opened(browser, path, at="#d00") as tab:
            right = detail(widget_in(tab))
            expect(right.get_by_role("heading", name=NAME)).to_be_visible()
            expect(right.get_by_text("names and numbers only; the texts were left out")).to_be_visible()
            expect(right.get_by_role("article")).to_have_count(0)


def test_who_worked_on_it_and_where_is_not_in_the_file(file: Path, study: Study, tmp_path_factory):
    page = file.read_text(encoding="utf-8")
    where = [str(tmp_path_factory.getbasetemp()), str(study.labels.path), "ann.labels"]
    for secret in ("Ann Analyst", *where, *study.labels.labels["time"].astype(str)):
        assert secret not in page
