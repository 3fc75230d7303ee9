"""Mixer and calibrator for people who hear them, see them in other colours, have no mouse, or a narrow screen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.crowd import crowd_study
from tests.browser.opening import opened
from tests.browser.test_accessibility import MOVING, nameless, readable, walk

if TYPE_CHECKING:
    from pathlib import Path

    from playwright.sync_api import Browser, Locator, Page

    from whimsight.personalization import Personalization

MIXER = """
- region "Preference mixer, saved copy":
  - region "Whose weights":
    - group "Whose weights":
      - radio "Everyone" [checked]
    - button "Reset" [disabled]
  - region "Weights of features":
    - searchbox "Search features"
    - combobox "Order of the sliders"
    - list "Personal features":
      - listitem:
        - text: /words measured people differ/
        - slider "Weight of words"
        - button "Lock words"
        - button /Reset words to/ [disabled]
    - region "Chosen feature"
  - region "What these weights lead to":
    - region "Agreement with votes":
      - term: /Flip against everyone/
      - definition
      - term: /Agree with everyone/
      - definition
    - region "Ranking":
      - heading /4 responses, ranked/ [level=3]
      - button "Previous prompt" [disabled]
      - status: /prompt 1 of/
      - button "Next prompt"
      - list:
        - listitem /1st/:
          - list "What the score is made of"
"""

START = """
- region "Calibrator":
  - article:
    - heading "What do you prefer?" [level=2]
    - term: What is kept
    - group "What may become of your votes?":
      - radio "Keep my votes for myself alone"
      - radio /My votes may be used with those of others/
    - button "Begin" [disabled]
"""

JUDGE = """
- region "Calibrator":
  - progressbar "Pairs judged"
  - button "Take the last vote back" [disabled]
  - 'button "Help: all keys"'
  - region "The pair to judge":
    - region "Prompt":
      - heading "Prompt" [level=3]
    - region "Response 1":
      - heading "Response 1" [level=3]
    - region "Response 2":
      - heading "Response 2" [level=3]
    - group "Which do you prefer?":
      - button "Response 1"
      - button "No preference"
      - button "Skip"
      - button "Response 2"
"""

RESULT = """
- region "Calibrator":
  - article "What your votes say":
    - heading [level=2]
    - region "Your weights":
      - list:
        - listitem:
          - paragraph: /words .* of the annotators/
          - img /Your weight .* before the first vote .* everyone/
    - region "How well you were guessed":
      - heading "Before each vote the model guessed it" [level=3]
    - button "Download votes (CSV)"
    - button "Delete my votes"
"""


@pytest.fixture(scope="module")
def people() -> Personalization:
    return crowd_study().personalize(features=["m_words", "d01"])


@pytest.fixture(scope="module")
def mixer_file(people: Personalization, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ws.PreferenceMixer(people).to_html(tmp_path_factory.mktemp("mixer") / "mixer.html")


@pytest.fixture(scope="module")
def calibrator_file(people: Personalization, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ws.Calibrator(people, ask=3).to_html(tmp_path_factory.mktemp("calibrator") / "calibrator.html")


def only_tab_and(page: Page, what: Locator, key: str) -> None:
    """Go to a control by the tabulator, and press a key there."""
    for _ in range(60):
        if what.evaluate("e => e === document.activeElement"):
            page.keyboard.press(key)
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"The tabulator does not lead to {what}")


def narrow(page: Page) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"]  # type: ignore[index]


def thumb_is_seen(slider: Locator) -> None:
    """Tell by the picture whether a slider has the focus: the style of its thumb is not told to scripts."""
    slider.press("Home")
    focused = slider.screenshot()
    slider.blur()
    assert slider.screenshot() != focused
    slider.focus()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1400), ("dark", 480)])
def test_the_mixer_is_named_readable_and_driven_by_keys(
    browser: Browser, mixer_file: Path, scheme: str, width: int
):
    choices = {
        "color_scheme": scheme,
        "viewport": {"width": width, "height": 900},
        "reduced_motion": "reduce",
    }
    with opened(browser, mixer_file, **choices) as page:
        mixer = page.get_by_role("region", name="Preference mixer, saved copy")
        expect(page.locator("body")).to_match_aria_snapshot(MIXER)
        only_tab_and(page, mixer.get_by_role("slider", name="Weight of words"), "End")
        expect(mixer.get_by_text("1 weight differs")).to_be_visible()
        only_tab_and(page, mixer.get_by_role("button", name="Lock words"), "Space")
        expect(mixer.get_by_role("button", name="Lock words")).to_have_attribute("aria-pressed", "true")
        readable(mixer)
        narrow(page)
        assert nameless(mixer) == []
        assert mixer.evaluate(MOVING) == []
        mixer.get_by_role("button", name="Same for everyone").press("Enter")
        expect(mixer.get_by_role("slider")).to_have_count(5)
        mixer.evaluate("root => root.focus()")
        stops = walk(page, mixer, "Tab")
        assert {what for what, seen in stops if not seen} <= {"input range mx-range"}
        page.keyboard.press("Shift+Tab")
        thumb_is_seen(mixer.get_by_role("slider", name="Weight of words"))
        page.keyboard.press("?")
        expect(mixer.get_by_role("dialog", name="Keys")).to_be_visible()
        readable(mixer)
        page.keyboard.press("Escape")
        narrow(page)


@pytest.mark.parametrize(("scheme", "width"), [("dark", 1400), ("light", 480)])
def test_the_calibrator_is_named_readable_and_driven_by_keys(
    browser: Browser, calibrator_file: Path, scheme: str, width: int
):
    choices = {
        "color_scheme": scheme,
        "viewport": {"width": width, "height": 900},
        "reduced_motion": "reduce",
    }
    with opened(browser, calibrator_file, **choices) as page:
        calibrator = page.get_by_role("region", name="Calibrator")

        def is_right(snapshot: str, words: int, focusable: int) -> None:
            expect(page.locator("body")).to_match_aria_snapshot(snapshot)
            readable(calibrator, words)
            narrow(page)
            assert calibrator.evaluate(MOVING) == []
            calibrator.evaluate("root => root.focus()")
            stops = walk(page, calibrator, "Tab")
            assert len(stops) >= focusable
            assert [what for what, seen in stops if not seen] == []

        is_right(START, 12, 1)
        only_tab_and(page, calibrator.get_by_role("radio").first, "Space")
        only_tab_and(page, calibrator.get_by_role("button", name="Begin"), "Enter")
        expect(calibrator.get_by_role("region", name="The pair to judge")).to_be_focused()
        is_right(JUDGE, 12, 5)
        assert nameless(calibrator) == []
        only_tab_and(page, calibrator.get_by_role("button", name="Response 2"), "Enter")
        expect(calibrator.get_by_text("2 of 3", exact=True)).to_be_visible()
        page.keyboard.press("?")
        expect(calibrator.get_by_role("dialog", name="Keys")).to_be_visible()
        readable(calibrator, 20)
        page.keyboard.press("Escape")
        page.keyboard.press("ArrowLeft")
        page.keyboard.press("1")
        expect(calibrator.get_by_role("article", name="What your votes say")).to_be_focused()
        is_right(RESULT, 30, 5)
        assert nameless(calibrator) == []
        only_tab_and(page, calibrator.get_by_role("button", name="Delete my votes"), "Enter")
        only_tab_and(page, calibrator.get_by_role("button", name="Delete", exact=True), "Enter")
        expect(calibrator.get_by_role("heading", name="What do you prefer?")).to_be_visible()
