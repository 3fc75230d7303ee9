"""A notebook made a page by nbconvert, without network or kernel: the widget in it lives in a frame of its own."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.exporting import HTML_FIRST, WITHOUT_STATE, exported, has_saved_widgets, nbconvert
from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.opening import chosen, detail, widget_in
from tests.unit.studies.making import make_pairs, make_study

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Page

CELLS = (
    "import whimsight as ws\nstudy = ws.open('votes.whim')",
    "ws.FeatureLabeler(study)",
)
NAME = "says sorry first"


def make_notebook(folder: Path) -> Path:
    study = make_study(make_pairs(80))
    study.save(folder / "votes.whim")
    study.labels.edit("d00", name=NAME, author="Ann Analyst")
    return write_notebook(folder / "label.ipynb", *CELLS)


@pytest.fixture
def notebook(tmp_path: Path) -> Path:
    return make_notebook(tmp_path)


def a_living_widget_is_in(browser: Browser, page_file: Path) -> None:
    """Choose, search and read in the frame; the rest of the page is out of its reach."""
    with exported(browser, page_file) as (page, frame):
        widget = widget_in(frame)
        expect(page.locator("iframe")).to_have_count(1)
        expect(page.locator("iframe")).to_have_attribute("sandbox", "allow-scripts allow-downloads")
        expect(page.locator("iframe")).to_have_attribute("title", "Features of tiny votes")
        assert "Ann Analyst" not in (page.locator("iframe").get_attribute("srcdoc") or "Ann Analyst")
        widget.get_by_role("row").filter(has_text="gives a worked example").click()
        expect(detail(widget).get_by_role("heading", name="gives a worked example")).to_be_visible()
        expect(detail(widget).get_by_role("article", name="Pair in row").first).to_contain_text("Question ")
        widget.get_by_role("searchbox", name="Search features").fill("sorry")
        page.keyboard.press("Enter")
        expect(chosen(widget)).to_have_attribute("data-feature", "d00")
        expect(detail(widget).get_by_role("heading", name=NAME)).to_be_visible()
        reached = widget.evaluate(
            "() => { try { return parent.document.title } catch (e) { return e.name } }"
        )
        assert reached == "SecurityError"
        assert page.evaluate("() => document.querySelector('iframe').contentDocument") is None


def test_our_own_exporter_needs_no_choices_and_tells_no_author(browser: Browser, notebook: Path):
    page = nbconvert(notebook, "--execute", to="whimsight")
    a_living_widget_is_in(browser, page)
    assert "Ann Analyst" not in page.read_text(encoding="utf-8")


def test_an_export_that_runs_the_notebook_without_keeping_the_state_of_widgets(
    browser: Browser, notebook: Path
):
    a_living_widget_is_in(browser, nbconvert(notebook, "--execute", WITHOUT_STATE))


def test_an_export_with_the_state_of_widgets_lives_when_told_to_prefer_html(browser: Browser, notebook: Path):
    a_living_widget_is_in(browser, nbconvert(notebook, "--execute", HTML_FIRST))


def test_an_export_of_a_notebook_that_was_run_and_saved_in_jupyterlab(
    browser: Browser, page: Page, tmp_path_factory: pytest.TempPathFactory
):
    folder = tmp_path_factory.mktemp("lab")
    notebook = make_notebook(folder)
    with Server.jupyter(folder, "lab") as server:
        lab = Lab(page, server, notebook.name)
        lab.run_all()
        expect(widget_in(page, "Feature labeler")).to_be_visible()
        expect(page.locator("iframe[sandbox]")).to_have_count(0)  # beside Python the frame is not needed
        saved = notebook.stat().st_mtime
        lab.save()
        until = time.monotonic() + 20
        while notebook.stat().st_mtime == saved and time.monotonic() < until:
            page.wait_for_timeout(200)
    assert not has_saved_widgets(notebook)
    outputs = nbformat.read(notebook, as_version=4).cells[1].outputs
    assert set(outputs[0].data) == {
        "application/vnd.jupyter.widget-view+json", "text/html", "text/plain",
    }  # fmt: skip
    a_living_widget_is_in(browser, nbconvert(notebook))
