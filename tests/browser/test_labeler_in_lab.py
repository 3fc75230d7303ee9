"""The labeler in a real JupyterLab: a person names, undoes, verifies, restarts the kernel and finds the work."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.watching import only_local_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Locator, Page

CELLS = (
    "import whimsight as ws\nstudy = ws.open('mt-bench.whim')",
    "labeler = ws.FeatureLabeler(study, author='Ada')\nlabeler",
    "print(labeler.labels['name'].to_dict())",
    "print('selected', labeler.selected)",
)
WIDGET, LABELS, SELECTED = 1, 2, 3

CUT_OFF = """widget => {
    const end = widget.getBoundingClientRect().right;
    return [...widget.querySelectorAll(".lb-bar *, .lb-toolbar *, .lb-line .lb-number, .lb-statuses *")]
        .filter(one => one.getBoundingClientRect().right > end)
        .map(one => one.textContent);
}"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.jupyter(tmp_path_factory.mktemp("lab"), "lab") as server:
        yield server


@pytest.fixture
def open_lab(page: Page, server: Server, study_file: Path, tmp_path: Path) -> Callable[[], Lab]:
    """Open a notebook with a labeler, in a folder of its own, and run it."""

    def opened() -> Lab:
        folder = server.folder / tmp_path.name
        if not folder.exists():
            folder.mkdir()
            shutil.copy(study_file, folder)
            write_notebook(folder / "label.ipynb", *CELLS)
        lab = Lab(page, server, f"{tmp_path.name}/label.ipynb")
        lab.run_all()
        return lab

    return opened


def widget(lab: Lab) -> Locator:
    return lab.output(WIDGET).get_by_role("region", name="Feature labeler")


def choose(labeler: Locator, feature: str) -> None:
    """Find a feature by its id and take it with the keyboard."""
    search = labeler.get_by_role("searchbox", name="Search features")
    search.fill(feature)
    search.press("Enter")
    expect(labeler.get_by_role("region", name="Chosen feature").locator("code")).to_have_text(feature)


def labels_of(lab: Lab) -> str:
    lab.run_cell(LABELS)
    return lab.output(LABELS).inner_text()


def test_a_name_is_kept_undone_redone_and_found_again_after_the_kernel_restarts(open_lab, page, server):
    with only_local_requests(page, server.url):
        lab = open_lab()
        labeler = widget(lab)
        choose(labeler, "m_bullets")
        lab.run_cell(SELECTED)
        assert "selected m_bullets" in lab.output(SELECTED).inner_text()

        labeler.get_by_role("row", name="bullet points").focus()
        page.keyboard.press("e")
        page.keyboard.press("Control+a")
        page.keyboard.type("lists with bullets")
        page.keyboard.press("Enter")
        expect(labeler.get_by_text("1 of 80 done")).to_be_visible()
        assert "'m_bullets': 'lists with bullets'" in labels_of(lab)

        labeler.get_by_role("button", name="Undo").click()
        expect(labeler.get_by_text("0 of 80 done")).to_be_visible()
        assert "lists with bullets" not in labels_of(lab)
        labeler.get_by_role("button", name="Redo").click()
        expect(labeler.get_by_text("1 of 80 done")).to_be_visible()

        lab.restart_and_run_all()
        expect(widget(lab).get_by_text("1 of 80 done")).to_be_visible()
        assert "'m_bullets': 'lists with bullets'" in labels_of(lab)


def test_ten_pairs_are_verified_by_keyboard_and_the_person_becomes_a_judge(open_lab, page, server, tmp_path):
    lab = open_lab()
    labeler = widget(lab)
    choose(labeler, "m_paragraphs")
    labeler.get_by_role("row", name="paragraphs").first.focus()
    page.keyboard.press("v")
    for answered in range(1, 11):
        expect(labeler.get_by_text("Which has more of")).to_be_visible()
        expect(labeler.locator("[aria-busy=true]")).to_have_count(0)
        page.keyboard.press("102"[answered % 3])
        expect(labeler.get_by_text(f"{answered} answered")).to_be_visible()
    person = labeler.get_by_role("row", name="person")
    expect(person.get_by_role("cell").last).to_have_text("10")
    page.keyboard.press("Escape")
    expect(labeler.get_by_role("button", name="Verify")).to_be_visible()
    judged = ws.open(server.folder / tmp_path.name / "mt-bench.whim").labels.judgments
    assert len(judged) == 10
    assert set(judged["author"]) == {"Ada"}
    assert set(judged["feature"]) == {"m_paragraphs"}
    assert set(judged["answer"]) <= {-1.0, 0.0, 1.0}


def test_labs_shortcuts_do_not_fire_inside_and_work_outside_in_both_themes(open_lab, page):
    lab = open_lab()
    labeler = widget(lab)
    before = lab.cells()
    labeler.get_by_role("row", name="paragraphs").first.click()
    for key in ("a", "b", "x", "d", "d", "z", "o", "s", "y", "l", "c", "Shift+m", "Escape"):
        page.keyboard.press(key)
    assert lab.cells() == before
    light = labeler.evaluate("e => getComputedStyle(e).backgroundColor")
    lab.menu("Settings", "Theme", "JupyterLab Dark")
    expect(page.locator("body[data-jp-theme-light=false]")).to_have_count(1)
    expect(labeler).not_to_have_css("background-color", light)
    lab.menu("Settings", "Theme", "JupyterLab Light")
    expect(labeler).to_have_css("background-color", light)
    page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last.click()
    page.keyboard.press("b")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(before + 1)


def test_beside_another_document_nothing_is_cut_off_or_covered(open_lab):
    labeler = widget(open_lab())
    for width in (480, 320):
        labeler.evaluate("(e, width) => { e.parentElement.style.width = `${width}px`; }", width)
        assert labeler.evaluate(CUT_OFF) == [], width
        labeler.get_by_role("button", name="Filter").click()
        labeler.get_by_role("checkbox", name="recurring only").click(trial=True)
        labeler.get_by_role("row", name="paragraphs").first.click(trial=True)
        labeler.get_by_role("button", name="Turn round").click(trial=True)
        labeler.get_by_title("rejected (key 4)").click(trial=True)
        labeler.get_by_role("button", name="Filter").click()


def test_without_a_kernel_it_says_so_and_keeps_what_is_typed_until_the_kernel_is_back(open_lab, page):
    lab = open_lab()
    labeler = widget(lab)
    choose(labeler, "m_bullets")
    lab.shut_down_kernel()
    choose(labeler, "m_words")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("written at length")
    page.keyboard.press("Enter")
    expect(labeler.get_by_text("does not answer").first).to_be_visible(timeout=20_000)
    expect(labeler.get_by_role("row").filter(has_text="written at length")).to_have_count(1)
    lab = open_lab()  # the tab was closed, with the edit unsent
    expect(widget(lab).get_by_text("1 of 80 done")).to_be_visible(timeout=20_000)
    assert "written at length" in labels_of(lab)
