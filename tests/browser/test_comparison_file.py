"""A comparison as a file: opened from a folder, without network or Python, it is read, sorted and mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.opening import opened
from tests.browser.test_hostile_texts import HOSTILE, RIGHT, WRONG
from tests.unit.comparisons.planting import directions, plant
from whimsight.comparisons import Comparison

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

CHOICES = {"n_features": 4, "k": 1, "prefixes": (4,), "names": False, "controls": ()}
NAME = "the planted conflict"
OURS = WRONG.replace("svg svg, ", "")  # a strip holds drawings within its drawing


def made(first: str, second: str) -> Comparison:
    """Two datasets that contradict each other along one planted direction."""
    one, at_one, _ = plant(900, name=first, effects={0: 1.0, 1: 1.0}, seed=1)
    two, at_two, _ = plant(900, name=second, effects={0: -1.0, 1: 1.0}, seed=2)
    return ws.compare({first: one, second: two}, embeddings={first: at_one, second: at_two}, **CHOICES)


def conflicting(comparison: Comparison) -> str:
    along = comparison.study.autoencoder.decoder @ directions(8)[0]
    return str(comparison.study.found.index[abs(along).argmax()])


@pytest.fixture(scope="module")
def comparison(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    comparison = made("first", "second")
    comparison.study.labels = ws.LabelStore(
        tmp_path_factory.mktemp("work") / "a.labels", author="Ann Analyst"
    )
    comparison.labels.edit(conflicting(comparison), name=NAME, note="Seen in most pairs.")
    return comparison


@pytest.fixture(scope="module")
def report(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return comparison.report(tmp_path_factory.mktemp("report") / "compare.html")


@pytest.fixture(scope="module")
def widget_file(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ws.DatasetComparison(comparison).to_html(tmp_path_factory.mktemp("widget") / "view.html")


@pytest.fixture(params=["report", "widget_file"])
def file(request: pytest.FixtureRequest) -> Path:
    """Return each of the two kinds of files."""
    path: Path = request.getfixturevalue(request.param)
    return path


def view_in(page: Page) -> Locator:
    view = page.get_by_role("region", name="Dataset comparison, read only")
    expect(view.get_by_role("grid", name="Effects of features by dataset")).to_be_visible(timeout=20_000)
    return view


def about(view: Locator) -> Locator:
    return view.get_by_role("region", name="Chosen feature")


def mixed(view: Locator) -> Locator:
    table = view.get_by_role("table", name="Effect and prevalence in each dataset")
    row = table.get_by_role("row").filter(has=view.page.get_by_role("rowheader", name="Mixture"))
    return row.get_by_role("cell").nth(1)


def test_it_opens_with_the_conflict_and_pairs_of_both_datasets(browser: Browser, file: Path):
    with opened(browser, file) as page:
        view = view_in(page)
        expect(about(view).get_by_role("heading", name=NAME)).to_be_visible()
        expect(about(view)).to_contain_text("People prefer more of")
        for side, dataset in (("left", "first"), ("right", "second")):
            pair = view.get_by_role("region", name=f"Example pairs, {side}").get_by_role(
                "article", name="Pair in row"
            )
            expect(pair).to_contain_text("question")
            expect(view.get_by_role("combobox", name=f"Dataset on the {side}")).to_contain_text(dataset)


def test_sliders_mix_without_python_as_python_does(browser: Browser, comparison: Comparison, file: Path):
    feature = conflicting(comparison)
    with opened(browser, file) as page:
        view = view_in(page)
        columns = ["delta_win", "delta_win_low", "delta_win_high"]
        value, low, high = 100 * comparison.mixture().loc[feature, columns].to_numpy(dtype=float)
        for said in (f"{value:+.1f}", f"{low:+.1f} to {high:+.1f}"):
            expect(mixed(view)).to_contain_text(said.replace("-", "−"))
        view.get_by_role("slider", name="Weight of second in the mixture").focus()
        page.keyboard.press("Home")
        alone = 100 * comparison.mixture({"first": 1}).loc[feature, "delta_win"]
        expect(mixed(view)).to_contain_text(f"{alone:+.1f}".replace("-", "−"))


def test_it_is_searched_and_shows_prevalences(browser: Browser, file: Path):
    with opened(browser, file) as page:
        view = view_in(page)
        view.get_by_role("searchbox").fill("planted")
        expect(view.locator("[data-feature]")).to_have_count(1)
        view.get_by_text("Prevalence", exact=True).first.click()
        expect(view.get_by_role("grid", name="Prevalence of features by dataset")).to_be_visible()


def test_a_link_into_the_file_chooses_its_feature(browser: Browser, file: Path):
    with opened(browser, file, at="#m_words") as page:
        expect(about(view_in(page)).locator("code").first).to_have_text("m_words")


def test_a_conflict_in_the_reports_prose_leads_to_pairs_of_its_two_datasets(browser: Browser, report: Path):
    with opened(browser, report, at="#m_words~1~0") as page:
        view = view_in(page)
        expect(view.get_by_role("combobox", name="Dataset on the left")).to_have_value("1")
        page.get_by_role("link", name="see pairs").first.click()
        expect(about(view).get_by_role("heading", name=NAME)).to_be_visible()
        sides = [
            view.get_by_role("combobox", name=f"Dataset on the {s}").input_value() for s in ("left", "right")
        ]
        assert sorted(sides) == ["0", "1"]


def test_nothing_can_be_changed_and_nobody_is_named(browser: Browser, file: Path):
    assert "Ann Analyst" not in file.read_text(encoding="utf-8")
    with opened(browser, file) as page:
        view = view_in(page)
        view.get_by_role("row").nth(1).click()
        for key in ("e", "n", "t", "r", "Control+z"):
            page.keyboard.press(key)
        expect(view.get_by_role("textbox")).to_have_count(0)
        expect(view.get_by_role("button", name="Undo")).to_have_count(0)


def test_with_names_only_it_holds_no_text_of_the_datasets(
    browser: Browser, comparison: Comparison, tmp_path: Path
):
    path = comparison.report(tmp_path / "names.html", names_only=True)
    page_text = path.read_text(encoding="utf-8")
    texts = comparison.study.pairs.frame[["prompt", "response_a", "response_b"]].to_numpy().ravel()
    assert not [text for text in texts if text in page_text]
    with opened(browser, path) as page:
        expect(about(view_in(page)).get_by_role("heading", name=NAME)).to_be_visible()


def test_datasets_made_to_break_out_of_the_page_are_only_read(browser: Browser, tmp_path: Path):
    names = [" ".join(HOSTILE[0:17:2]), " ".join(HOSTILE[1:17:2])]
    comparison = made(*names)
    comparison.study.labels = ws.LabelStore(tmp_path / "a.labels")
    for feature, name in zip(comparison.study.found.index, HOSTILE, strict=False):
        comparison.labels.edit(str(feature), name=name[:200], note=name)
    for path in (
        comparison.report(tmp_path / "report.html"),
        ws.DatasetComparison(comparison).to_html(tmp_path / "view.html"),
    ):
        with opened(browser, path) as page:
            view = view_in(page)
            view.get_by_text("Conflicts", exact=False).first.click()
            for choice in view.locator("button[aria-pressed]").all():
                choice.hover()
            assert page.evaluate(OURS, ".whimsight *") == RIGHT
            expect(view.get_by_role("region", name="Datasets and their mixture")).to_contain_text(
                "window.__pwned"
            )


def test_on_a_narrow_page_the_chosen_feature_follows_the_list_at_once(browser: Browser, file: Path):
    with opened(browser, file, viewport={"width": 480, "height": 1000}) as page:
        view = view_in(page)
        listed = view.get_by_role("region", name="List of features").bounding_box()
        chosen = about(view).bounding_box()
        assert listed is not None
        assert chosen is not None
        assert 0 <= chosen["y"] - (listed["y"] + listed["height"]) < 30
        assert page.evaluate("document.documentElement.scrollWidth") <= 480
