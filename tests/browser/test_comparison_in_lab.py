"""The comparison of datasets in a real JupyterLab: looked through, mixed, named, and read from Python."""

from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.watching import only_local_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

CELLS = (
    "import whimsight as ws\ncomparison = ws.Comparison.open('three.whim')",
    "view = ws.DatasetComparison(comparison, author='Ada')\nview",
    "print('selected', view.selected, 'shown', view.shown)",
    "print('mixed', f\"{100 * view.mixture.loc['m_words', 'delta_win']:+.1f}\", view.weights)",
    "print(view.features.loc['m_words', 'name'], '/', comparison.study.features.loc['m_words', 'name'])",
    "labeler = ws.FeatureLabeler(comparison.study, author='Ada')\nlabeler",
    "comparison.labels.edit('m_words', name='how long it is', author='Ben')",
    "view.selected, view.shown, view.weights = 'm_quotes', ('hh-harmless', 'mt-bench'), [1, 0, 0]",
)
WIDGET, SELECTED, MIXED, NAMED, LABELER, EDIT, FROM_PYTHON = 1, 2, 3, 4, 5, 6, 7
NAMES = ("mt-bench", "creative-writing", "hh-harmless")


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three shipped datasets; what is discovered in random embeddings means nothing, what is measured is real."""
    pairs = {name: ws.load(name) for name in NAMES}
    noise = np.random.default_rng(0)
    matrices = {
        name: noise.normal(size=(len(p.texts().unique), 32)).astype(np.float32) for name, p in pairs.items()
    }
    made = ws.compare(pairs, embeddings=matrices, names=False)
    return made.save(tmp_path_factory.mktemp("three") / "three.whim")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with Server.jupyter(tmp_path_factory.mktemp("lab"), "lab") as server:
        yield server


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server, three: Path) -> Iterator[Lab]:
    """Return a lab that all tests of this file share, for to start one takes longer than any of them."""
    shutil.copy(three, server.folder)
    write_notebook(server.folder / "compare.ipynb", *CELLS)
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    page = context.new_page()
    with only_local_requests(page, server.url):
        lab = Lab(page, server, "compare.ipynb")
        lab.run_all()
        yield lab
    context.close()


@pytest.fixture
def view(lab: Lab) -> Locator:
    return lab.output(WIDGET).get_by_role("region", name="Dataset comparison", exact=True)


@pytest.fixture
def page(lab: Lab) -> Page:
    return lab.page


def choose(view: Locator, feature: str) -> None:
    """Find a feature by its id and take it with the keyboard."""
    search = view.get_by_role("searchbox")
    search.fill(feature)
    search.press("Enter")
    expect(view.get_by_role("region", name="Chosen feature").locator("code").first).to_have_text(feature)


def said(lab: Lab, cell: int) -> str:
    lab.run_cell(cell)
    return lab.output(cell).inner_text().strip()


def forest_row(view: Locator, name: str) -> Locator:
    table = view.get_by_role("table", name="Effect and prevalence in each dataset")
    return table.get_by_role("row").filter(has=view.page.get_by_role("rowheader", name=name))


def pair(side: Locator) -> Locator:
    return side.get_by_role("article", name="Pair in row")


def test_python_chooses_feature_datasets_and_weights(view):
    # The last cell ran with all the others.
    about = view.get_by_role("region", name="Chosen feature")
    expect(about.locator("code").first).to_have_text("m_quotes")
    expect(about.get_by_role("combobox", name="Dataset on the left")).to_have_value("2")
    expect(about.get_by_role("combobox", name="Dataset on the right")).to_have_value("0")
    expect(view.get_by_role("slider", name="Weight of mt-bench in the mixture")).to_have_attribute(
        "aria-valuetext", "100% of the mixture"
    )


def test_a_conflict_is_read_in_a_sentence_and_in_pairs_of_both_datasets(lab, view):
    view.get_by_text(re.compile("^Conflicts")).click()
    conflicts = view.get_by_role("list", name="Conflicts between datasets")
    first = conflicts.get_by_role("button").filter(has_text="how long it is").first
    expect(first).to_contain_text(
        re.compile(
            r"in mt-bench \(\+\d+ points, \d+ to \d+\) and less of it in .* \(−\d+ points, −\d+ to −\d+\)\."
        )
    )
    first.click()
    about = view.get_by_role("region", name="Chosen feature")
    expect(about.locator("code").first).to_have_text("m_words")
    left, right = (about.get_by_role("region", name=f"Example pairs, {side}") for side in ("left", "right"))
    expect(left.get_by_role("combobox")).to_have_value("0")
    assert "selected m_words shown (0, " in said(lab, SELECTED)
    expect(pair(left)).to_be_visible()
    expect(pair(right)).to_be_visible()
    before = pair(left).inner_text()
    for _ in range(8):  # further than what was sent ahead
        left.get_by_role("button", name="Next pair on the left").click()
    expect(left.get_by_role("status")).to_contain_text("pair 9")
    expect(pair(left)).not_to_have_text(before)
    view.get_by_text("Effects", exact=True).click()


def test_a_slider_moves_the_mixture_here_and_in_python_to_the_same_number(lab, view, page):
    choose(view, "m_words")
    alone = forest_row(view, "mt-bench").get_by_role("cell").nth(1).inner_text().split()[0]
    for name in NAMES[1:]:
        slider = view.get_by_role("slider", name=f"Weight of {name} in the mixture")
        slider.focus()
        page.keyboard.press("Home")
    mixed = forest_row(view, "Mixture").get_by_role("cell").nth(1)
    expect(mixed).to_contain_text(alone)
    page.wait_for_timeout(500)
    assert said(lab, MIXED).startswith(f"mixed {alone.replace('−', '-')} (")
    slider = view.get_by_role("slider", name="Weight of hh-harmless in the mixture")
    slider.focus()
    for _ in range(3):
        page.keyboard.press("PageUp")
    expect(mixed).not_to_contain_text(alone)
    page.wait_for_timeout(500)
    here = mixed.inner_text().split()[0].replace("−", "-")
    assert said(lab, MIXED).startswith(f"mixed {here} (")


def test_a_name_given_here_is_the_labelers_and_the_other_way_round(lab, view, page):
    expect(view.get_by_role("row").filter(has_text="how long it is")).to_have_count(1)
    choose(view, "m_words")
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("number of words")
    page.keyboard.press("Enter")
    labeler = lab.output(LABELER).get_by_role("region", name="Feature labeler")
    expect(labeler.get_by_role("row").filter(has_text="number of words")).to_have_count(1)
    assert said(lab, NAMED) == "number of words / number of words"
    lab.run_cell(EDIT)
    expect(view.get_by_role("row").filter(has_text="how long it is")).to_have_count(1)


def test_labs_shortcuts_do_not_fire_inside_and_it_follows_the_theme(lab, view, page):
    before = lab.cells()
    view.get_by_role("row").nth(2).click()
    for key in ("a", "b", "x", "d", "d", "z", "o", "s", "y", "l", "c", "j", "k", "Shift+m", "Escape"):
        page.keyboard.press(key)
    assert lab.cells() == before
    light = view.evaluate("e => getComputedStyle(e).backgroundColor")
    lab.menu("Settings", "Theme", "JupyterLab Dark")
    expect(view).not_to_have_css("background-color", light)
    lab.menu("Settings", "Theme", "JupyterLab Light")
    expect(view).to_have_css("background-color", light)


def test_without_a_kernel_it_is_still_read_and_mixed(lab, view, page):
    lab.shut_down_kernel()
    choose(view, "m_words")
    mixed = forest_row(view, "Mixture").get_by_role("cell").nth(1)
    before = mixed.inner_text()
    view.get_by_role("slider", name="Weight of mt-bench in the mixture").focus()
    page.keyboard.press("Home")
    expect(mixed).not_to_have_text(before)
    left = view.get_by_role("region", name="Example pairs, left")
    expect(pair(left)).to_be_visible()
