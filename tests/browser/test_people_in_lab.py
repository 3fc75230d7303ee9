"""Mixer and calibrator in a real JupyterLab: a reward steered by hand, and somebody who says what she prefers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.crowd import WEIGHTS, crowd_study, shares_shown
from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.watching import only_local_requests
from whimsight.personalization.votes_file import read_sitting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Locator, Page

SHE = "<b onclick=alert(1)>Ada</b>"
CELLS = (
    "import json\nimport whimsight as ws\nstudy = ws.open('crowd.whim')\n"
    "people = study.personalize(features=['m_words', 'd01', 'd02'])",
    "mixer = ws.PreferenceMixer(people, annotators=['person 03'])\nmixer",
    "calibrator = ws.Calibrator(people, mixer=mixer, ask=5)\ncalibrator",
    "labeler = ws.FeatureLabeler(study, author='Ada')\nlabeler",
    "print(json.dumps([dict(mixer.weights), mixer.preset, mixer.tally.to_dict('index')]))",
    "table, pairs = calibrator.person.table, calibrator.pairs\n"
    "print(json.dumps([[vote.to_dict() for vote in calibrator.votes], pairs.frame['preference'].tolist(),\n"
    "    calibrator.file and calibrator.file.name, table['weight'].to_dict()]))",
    "mixer.weights = {'m_words': -0.75, 'd02': 0.25}",
    "study.labels.edit('m_words', name='how long it is', author='Ben')",
)
MIXER, CALIBRATOR, LABELER, MIXED, VOTED, FROM_PYTHON, NAMED = 1, 2, 3, 4, 5, 6, 7
LABS_KEYS = ("a", "b", "x", "d", "d", "z", "o", "y", "c", "v", "m", "Shift+m", "Shift+l", "Escape", "Enter")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("lab")
    crowd_study().save(folder / "crowd.whim")
    write_notebook(folder / "people.ipynb", *CELLS)
    with Server.jupyter(folder, "lab") as server:
        yield server


@pytest.fixture(scope="module")
def lab(browser: Browser, server: Server) -> Iterator[Lab]:
    """Return a lab that all tests of this file share, one after the other, as one person's morning."""
    context = browser.new_context(viewport={"width": 1500, "height": 1100}, reduced_motion="reduce")
    page = context.new_page()
    trouble: list[str] = []
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    with only_local_requests(page, server.url):
        lab = Lab(page, server, "people.ipynb")
        lab.run_all()
        yield lab
    context.close()
    assert trouble == []


@pytest.fixture
def page(lab: Lab) -> Page:
    return lab.page


@pytest.fixture
def mixer(lab: Lab) -> Locator:
    return lab.output(MIXER).get_by_role("region", name="Preference mixer", exact=True)


@pytest.fixture
def calibrator(lab: Lab) -> Locator:
    return lab.output(CALIBRATOR).get_by_role("region", name="Calibrator", exact=True)


def said(lab: Lab, cell: int) -> Any:
    lab.page.wait_for_timeout(500)  # what a slider says is told once it rests
    lab.run_cell(cell)
    return json.loads(lab.output(cell).inner_text())


def slider(mixer: Locator, feature: str) -> Locator:
    return mixer.locator(f"input[data-feature={feature}]")


def ranked(mixer: Locator) -> list[str]:
    named = mixer.locator(".mx-responses > li").evaluate_all("all => all.map((e) => e.ariaLabel)")
    return [re.sub(r"^\w+: ", "", label) for label in named]


def scores(mixer: Locator) -> list[float]:
    shown = mixer.locator(".mx-response .mx-score b").all_inner_texts()
    return [float(score.replace("−", "-")) for score in shown]


def number(text: str) -> float:
    return float(text.replace("−", "-"))


def test_what_python_sets_the_sliders_follow(lab, mixer):
    # The cells that set it ran with all the others.
    expect(slider(mixer, "m_words")).to_have_value("-0.75")
    expect(slider(mixer, "d02")).to_have_value("0.25")
    weights, _, _ = said(lab, MIXED)
    assert weights["m_words"] == -0.75


def test_a_slider_ranks_anew_here_and_python_follows(lab, mixer, page):
    before = ranked(mixer)
    slider(mixer, "m_words").focus()
    page.keyboard.press("End")
    assert ranked(mixer) != before
    assert scores(mixer) == sorted(scores(mixer), reverse=True)
    top = number(slider(mixer, "m_words").input_value())
    weights, _, _ = said(lab, MIXED)
    assert weights["m_words"] == top > 1

    slider(mixer, "d01").hover()
    page.mouse.down()
    box = slider(mixer, "d01").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 0.2 * box["width"], box["y"] + box["height"] / 2, steps=5)
    page.mouse.up()
    weights, _, _ = said(lab, MIXED)
    assert weights["d01"] == number(slider(mixer, "d01").input_value()) < -0.5
    assert weights.keys() == WEIGHTS.keys()


STEPS = 2.0
"""Points: three people judged each pair, codes on the page have 255 steps: two pairs of nearly even odds may differ."""


def test_the_numbers_shown_are_those_of_the_tally(lab, mixer):
    mixer.get_by_label("Annotators to begin from").select_option("person 03 (36 votes)")
    slider(mixer, "m_words").focus()
    lab.page.keyboard.press("Home")
    _, preset, tally = said(lab, MIXED)
    assert preset.endswith("person 03")
    terms = mixer.get_by_role("region", name="Agreement with votes").get_by_role("term")
    facts = (
        ("Flip against everyone", "flips", "everyone"),
        ("Agree with everyone", "agreement", "everyone"),
        ("Agree with person 03", "agreement", "person 03"),
    )
    for place, (word, name, of) in enumerate(facts):
        expect(terms.nth(place)).to_contain_text(word)
        python = [100 * tally[of][f"{name}{end}"] for end in ("", "_low", "_high")]
        assert shares_shown(mixer)[place] == pytest.approx(python, abs=STEPS)


def test_a_reward_is_saved_and_opens(lab, mixer, page, tmp_path):
    with page.expect_download() as download:
        mixer.get_by_role("button", name="Save reward").click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    assert path.suffix == ".json"
    reward = ws.Reward.open(path)
    weights, _, _ = said(lab, MIXED)
    assert dict(zip(reward.ids, reward.weights, strict=True)) == pytest.approx(weights, abs=1e-6)


def test_a_name_is_the_same_in_all_three(lab, mixer, page):
    expect(mixer.get_by_role("slider", name="Weight of how long it is")).to_have_count(1)
    labeler = lab.output(LABELER).get_by_role("region", name="Feature labeler")
    labeler.get_by_role("row").filter(has_text="gives a worked example").click()
    page.keyboard.press("e")
    page.keyboard.press("Control+a")
    page.keyboard.type("shows an example")
    page.keyboard.press("Enter")
    expect(mixer.get_by_role("slider", name="Weight of shows an example")).to_have_count(1)


def begin(calibrator: Locator, name: str) -> None:
    calibrator.get_by_text("My votes may be used with those of others").click()
    calibrator.get_by_role("textbox", name="Name").fill(name)
    calibrator.get_by_role("button", name="Begin").click()
    expect(calibrator.get_by_role("region", name="Response 1")).to_be_visible()


def judge(calibrator: Locator, *keys: str) -> None:
    pair = calibrator.locator(".cb-read")
    for key in keys:
        before = pair.inner_text()
        calibrator.page.keyboard.press(key)
        if calibrator.get_by_role("article", name="What your votes say").count() == 0:
            expect(pair).not_to_have_text(before, use_inner_text=True)


def test_pairs_are_judged_by_keyboard_undone_and_at_once_in_python_and_on_disk(lab, calibrator, page, server):
    begin(calibrator, SHE)
    cells = lab.cells()
    judge(calibrator, "ArrowLeft", "2", "s", "1", "0", "ArrowRight")
    page.keyboard.press("u")
    expect(calibrator.get_by_text("5 of 5", exact=True)).to_be_visible()
    votes, preferences, file, _ = said(lab, VOTED)
    assert [vote["choice"] in ("a", "b") for vote in votes] == [True, True, False, True, False]
    firsts = [vote["shown"][0] for vote in votes]
    assert votes[0]["choice"] == firsts[0]
    assert votes[1]["choice"] != firsts[1]
    assert [vote["choice"] for vote in votes[2:5:2]] == ["skip", "tie"]
    kept = read_sitting(server.folder / "crowd.votes" / file)
    assert kept["preference"].tolist() == preferences
    assert kept["id"].tolist() == [f"several:{v['row']}" for v in votes if v["choice"] != "skip"]
    assert set(kept["annotator"]) == {SHE}
    assert lab.cells() == cells


def test_who_judged_is_a_preset_with_the_weights_that_python_has(lab, mixer, calibrator, page):
    calibrator.locator("[data-stage]").focus()
    judge(calibrator, "ArrowRight")
    expect(calibrator.get_by_role("article", name="What your votes say")).to_be_visible()
    *_, weights = said(lab, VOTED)
    for feature, told in (("m_words", "how long it is"), ("d01", "shows an example")):
        row = calibrator.get_by_role("listitem").filter(has_text=told)
        assert re.search(r"you ([+−]?[0-9.]+)", row.inner_text())[1] == f"{weights[feature]:+.2f}".replace(
            "-", "−"
        )
    mixer.get_by_role("radio", name=SHE).check(force=True)
    set_now, _, tally = said(lab, MIXED)
    assert set_now == pytest.approx(weights, abs=1e-6)
    assert tally.keys() == {"everyone"}
    for feature in ("m_words", "d01"):
        assert number(slider(mixer, feature).input_value()) == pytest.approx(weights[feature], abs=0.0051)
    expect(mixer.locator(".mx-chips")).to_have_text(f"Whose weightsEveryone{SHE}")


def test_labs_shortcuts_do_not_fire_inside(lab, mixer, calibrator, page):
    before = lab.cells()
    slider(mixer, "m_words").focus()
    for key in LABS_KEYS:
        page.keyboard.press(key)
    for stage in (calibrator, calibrator.get_by_role("button", name="Download votes")):
        stage.focus()
        for key in LABS_KEYS[:-1]:
            page.keyboard.press(key)
    assert lab.cells() == before
    expect(calibrator.get_by_role("article", name="What your votes say")).to_be_visible()


def test_when_the_kernel_restarts_both_go_on_and_votes_are_taken_up_again(
    lab, mixer, calibrator, page, server
):
    votes, _, file, _ = said(lab, VOTED)
    lab.restart()
    lab.wait_until_idle()
    calibrator.get_by_role("button", name="more pairs").click()
    judge(calibrator, "ArrowLeft", "ArrowRight")
    expect(calibrator.get_by_text("Your votes are kept in this browser until it does.")).to_be_visible()
    before = ranked(mixer), scores(mixer)
    slider(mixer, "m_words").focus()
    page.keyboard.press("Home")
    assert (ranked(mixer), scores(mixer)) != before
    assert len(read_sitting(server.folder / "crowd.votes" / file)) == 5

    lab.run_all()
    expect(slider(mixer, "m_words")).to_have_value("-0.75")
    earlier = calibrator.get_by_role("region", name="An earlier visit")
    expect(earlier).to_contain_text(f"This browser kept 8 votes of {SHE}")
    earlier.get_by_role("button", name="Go on with them").click()
    expect(calibrator.get_by_role("article", name="What your votes say")).to_be_visible()
    mixer.get_by_role("radio", name=SHE).wait_for(state="attached")
    again, _, same_file, _ = said(lab, VOTED)
    assert again[: len(votes)] == votes
    assert (len(again), same_file) == (8, file)
    assert len(read_sitting(server.folder / "crowd.votes" / file)) == 7
    expect(calibrator.get_by_text("does not answer")).to_have_count(0)
