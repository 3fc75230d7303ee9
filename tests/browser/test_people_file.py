"""Mixer, calibrator and report as files, opened without network or Python: they are used, not only read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np
import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.crowd import PEOPLE, ROUNDED, crowd_study, shares_sent, shares_shown
from tests.browser.exporting import exported, has_saved_widgets, nbconvert
from tests.browser.lab import write_notebook
from tests.browser.opening import opened
from tests.browser.watching import no_trouble

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, FrameLocator, Locator, Page

    from whimsight.personalization import Personalization

IDS = [f"ukp_{1000 + i}" for i in range(PEOPLE)]
KEYS = ("ArrowLeft", "2", "0", "1", "ArrowRight")


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Personalization:
    study = crowd_study(ids=IDS)
    study.save(tmp_path_factory.mktemp("crowd") / "crowd.whim")
    return study.personalize()


@pytest.fixture(scope="module")
def files(people: Personalization, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("files")
    return {
        "mixer": ws.PreferenceMixer(people).to_html(folder / "mixer.html"),
        "calibrator": ws.Calibrator(people, ask=5).to_html(folder / "calibrator.html"),
        "report": people.report(folder / "report.html"),
    }


def mixer_in(page: Page | FrameLocator) -> Locator:
    mixer = page.get_by_role("region", name="Preference mixer, saved copy")
    expect(mixer.get_by_role("region", name="Ranking")).to_be_visible(timeout=60_000)
    return mixer


def calibrator_in(page: Page | FrameLocator) -> Locator:
    calibrator = page.get_by_role("region", name="Calibrator")
    expect(calibrator.get_by_role("heading").first).to_be_visible(timeout=60_000)
    return calibrator


def slider(mixer: Locator, feature: str) -> Locator:
    return mixer.locator(f"input[data-feature={feature}]")


def shown_scores(mixer: Locator) -> dict[str, float]:
    """Return the score of each response, in the order of the ranking."""
    rows = mixer.locator(".mx-responses > li")
    labels = rows.locator(".mx-label").all_inner_texts()
    scores = rows.locator(".mx-score b").all_inner_texts()
    return {k: float(v.replace("−", "-")) for k, v in zip(labels, scores, strict=True)}


def flips_and_agrees(page: Page, mixer: Locator, people: Personalization) -> None:
    """Set a weight by hand: the ranking, the flips and the agreement are those that Python works out."""
    python = ws.PreferenceMixer(people)
    slider(mixer, "m_words").focus()
    page.keyboard.press("Home")
    python.weights = {"m_words": float(slider(mixer, "m_words").input_value())}
    shown = python.snapshot["sets"][0]
    codes = np.array([one["codes"] for one in shown["responses"]])
    scores = codes @ python.weights.found
    order = np.argsort(-scores)
    labels = [shown["responses"][i]["label"] for i in order]
    expect(mixer.locator(".mx-label")).to_have_text(labels)
    assert list(shown_scores(mixer).values()) == pytest.approx(scores[order], abs=0.0051)
    sent = shares_sent(python.snapshot, python.weights.found)
    for shown_share, share in zip(shares_shown(mixer), sent, strict=False):
        assert shown_share == pytest.approx(share, abs=ROUNDED)


@pytest.mark.parametrize("kind", ["mixer", "report"])
def test_sliders_work_and_the_numbers_follow(
    browser: Browser, people: Personalization, files: dict[str, Path], kind: str
):
    with opened(browser, files[kind]) as page:
        mixer = mixer_in(page)
        flips_and_agrees(page, mixer, people)
        mixer.get_by_role("button", name="Next prompt").click()
        expect(mixer.get_by_text("prompt 2 of")).to_be_visible()
        page.keyboard.press("Control+z")
        expect(mixer.get_by_text("weights are everyone’s")).to_be_visible()


@pytest.mark.parametrize("kind", ["mixer", "calibrator", "report"])
def test_nobodys_id_is_in_the_file(files: dict[str, Path], kind: str):
    text = files[kind].read_text(encoding="utf-8")
    assert [name for name in IDS if name in text] == []


def begin(calibrator: Locator) -> None:
    calibrator.get_by_label("Keep my votes for myself alone").check(force=True)
    calibrator.get_by_role("button", name="Begin").click()
    expect(calibrator.get_by_role("region", name="Response 1")).to_be_visible()


def judge(page: Page, calibrator: Locator, keys: tuple[str, ...]) -> Iterator[tuple[str, str, str]]:
    """Press a key for each pair; yield the prompt, the response that was chosen, and the other."""
    for key in keys:
        shown = calibrator.locator(".cb-read")
        pair, before = shown.locator(".cb-text").all_inner_texts(), shown.inner_text()
        page.keyboard.press(key)
        expect(shown).not_to_have_text(before, use_inner_text=True)
        turned = key in ("2", "ArrowRight")
        yield pair[0], pair[1 + turned], pair[2 - turned]


def test_pairs_are_judged_found_again_after_a_reload_and_read_by_python(
    browser: Browser, people: Personalization, files: dict[str, Path], tmp_path: Path
):
    with opened(browser, files["calibrator"]) as page:
        calibrator = calibrator_in(page)
        begin(calibrator)
        said = list(judge(page, calibrator, KEYS[:3]))
        page.reload()
        earlier = calibrator.get_by_role("region", name="An earlier visit")
        expect(earlier).to_contain_text("This browser kept 3 votes without a name")
        earlier.get_by_role("button", name="Go on with them").click()
        expect(calibrator.get_by_text("4 of 5", exact=True)).to_be_visible()
        said += judge(page, calibrator, KEYS[3:4])
        last = calibrator.locator(".cb-text").all_inner_texts()
        page.keyboard.press(KEYS[4])
        said.append((last[0], last[2], last[1]))
        expect(calibrator.get_by_role("article", name="What your votes say")).to_be_visible()
        expect(calibrator.get_by_role("button", name="Use in the mixer")).to_have_count(0)
        with page.expect_download() as download:
            calibrator.get_by_role("button", name="Download votes").click()
        path = tmp_path / download.value.suggested_filename
        download.value.save_as(path)
        told = calibrator.locator(".cb-numbers").all_inner_texts()
    votes = ws.read(path)
    assert votes.frame["preference"].tolist()[2] == 0.5
    read = [
        (row.prompt, row.response_a, row.response_b)
        if row.preference >= 0.5
        else (row.prompt, row.response_b, row.response_a)
        for row in votes.frame.itertuples()
    ]
    assert [one[0] for one in read] == [one[0] for one in said]
    assert [one for k, one in enumerate(read) if k != 2] == [one for k, one in enumerate(said) if k != 2]
    decided = votes.frame["preference"] != 0.5
    rows = [int(name.split(":")[1]) for name in votes.frame.loc[decided, "id"]]
    person = people.new_person(rows, votes.frame.loc[decided, "preference"].tolist())
    here = sorted(re.search(r"you ([+−]?[\d.]+)", text)[1].replace("−", "-") for text in told)  # type: ignore[index]
    python = [f"{w:+.2f}" if f"{w:.2f}" not in ("0.00", "-0.00") else "0.00" for w in person.table["weight"]]
    assert here == sorted(python)


def test_widgets_in_a_notebook_live_on_in_an_export_with_nobodys_votes(
    browser: Browser, people: Personalization, tmp_path: Path
):
    cells = (
        "import whimsight as ws\npeople = ws.open('crowd.whim').personalize()",
        "mixer = ws.PreferenceMixer(people)\nmixer",
        "calibrator = ws.Calibrator(people, mixer=mixer)\n"
        "calibrator.consent = {'choice': 'class', 'author': 'Ada Analyst'}\n"
        "row = calibrator.snapshot['pool'][0]['row']\n"
        "calibrator.votes = [{'row': row, 'choice': 'a', 'shown': 'ab', 'seconds': 1.0,\n"
        "    'time': '2026-03-01T10:00:00Z'}]\ncalibrator",
    )
    people.study.save(tmp_path / "crowd.whim")
    notebook = write_notebook(tmp_path / "people.ipynb", *cells)
    page_file = nbconvert(notebook, "--execute", to="whimsight")
    with exported(browser, page_file) as (page, _), no_trouble(page):
        expect(page.locator("iframe[sandbox]")).to_have_count(2)
        flips_and_agrees(page, mixer_in(page.frame_locator("iframe >> nth=0")), people)
        calibrator = calibrator_in(page.frame_locator("iframe >> nth=1"))
        expect(calibrator).to_contain_text("Nothing once this page is closed")
        begin(calibrator)
        assert len(list(judge(page, calibrator, KEYS))) == 5
        expect(calibrator.get_by_text("6 of 16", exact=True)).to_be_visible()
    assert not has_saved_widgets(notebook)
    text = page_file.read_text(encoding="utf-8")
    assert [name for name in IDS if name in text] == []
    frames = re.findall(r'srcdoc="([^"]*)"', text)
    assert len(frames) == 2
    assert not [frame for frame in frames if "Ada Analyst" in frame]
