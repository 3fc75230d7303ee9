"""The widget for people who hear it, see it in other colours, or have no mouse: in a file and in JupyterLab."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.opening import chosen, detail, opened, widget_in
from tests.unit.studies.making import make_pairs, make_study

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Locator, Page

    from whimsight.studies import Study

NAME = "says sorry first"
CELLS = ("import whimsight as ws\nws.FeatureLabeler(ws.open('votes.whim'), author='Ada')",)
STOPS = 80  # more than there can be in the widget


def made_in(folder: Path) -> Study:
    long = [f"Long answer {i}. " + "It goes on. " * 200 if i % 5 == 0 else f"Answer {i}" for i in range(80)]
    study = make_study(make_pairs(80, response_b=long), names={"d02": "unnamed"})
    study.save(folder / "votes.whim")
    study.labels.edit("d00", name=NAME, status="verified", note="Clear in most pairs.", tags=["tone"])
    study.labels.edit("d01", turned=True)
    return study


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    return made_in(folder).report(folder / "report.html")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("lab")
    made_in(folder)
    write_notebook(folder / "label.ipynb", *CELLS)
    with Server.jupyter(folder, "lab") as server:
        yield server


@pytest.fixture(scope="module")
def reduced(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1600, "height": 1100}, reduced_motion="reduce")
    yield context
    context.close()


@pytest.fixture(scope="module")
def lab(reduced: BrowserContext, server: Server) -> Lab:
    """Return a lab that all tests of this file share; each leaves the widget as it found it."""
    lab = Lab(reduced.new_page(), server, "label.ipynb")
    lab.run_all()
    return lab


@pytest.fixture
def labeler(lab: Lab) -> Locator:
    widget = widget_in(lab.page, "Feature labeler")
    widget.locator("[data-feature=d00]").click()
    expect(detail(widget).get_by_role("article", name="Pair in row").first).to_be_visible()
    expect(
        detail(widget).get_by_text("No suggestions").or_(detail(widget).get_by_text("Suggested"))
    ).not_to_have_count(0)
    return widget


# -- what a screen reader is told

LIST = """
- region "List of features":
  - searchbox "Search features"
  - button "Filter"
  - status: 5 features
  - 'progressbar "Progress: 4 draft, 0 named, 1 verified, 0 rejected"'
  - grid "Features":
    - rowgroup:
      - row /Status Feature Kind Delta-win/:
        - columnheader "Status":
          - button "Status"
        - columnheader "Feature":
          - button "Feature"
        - columnheader "Kind":
          - button "Kind"
        - columnheader "Delta-win":
          - button "Delta-win"
    - rowgroup:
      - row:
        - gridcell "draft"
        - gridcell /words/
        - gridcell "measured"
        - gridcell "+20.0 points, 95% interval +18.0 to +22.0, significant"
      - row [selected]:
        - gridcell "verified"
        - gridcell /says sorry first/
        - gridcell "discovered"
        - gridcell "−12.0 points, 95% interval −15.0 to −9.0, significant"
      - row /bullet points/
      - row /gives a worked example.* turned round .*−6.0 points/
      - row /unnamed d02 does not recur/
"""

NUMBERS = """
- paragraph: /More of ‘says sorry first’ is associated with being preferred 12\\.0 points less often/
- term: Delta-win
- definition: −12.0 −15.0 to −9.0
- term: Beta
- definition: −0.60 −0.75 to −0.45
- term: q
- definition: <0.001 significant
- term: Prevalence
- definition: 10% 5% to 15% n 30
- term: Fidelity
- term: Stability
- definition: 0.90 recurs
"""

PAIRS = """
- region "Example pairs":
  - group "52 pairs with a code other than 0":
    - slider "lowest code"
    - slider "highest code"
  - tablist "Which pairs":
    - tab "Strongest" [selected]
  - tabpanel "Strongest":
    - list "Pairs":
      - listitem:
        - article "Pair in row 0":
          - article "More of ‘says sorry first’, response A": /✓ chosen 1 of 1 chose this/
          - article "Less of ‘says sorry first’, response B":
            - text: /0 of 1 chose this/
            - button "Show all of the response with less"
"""

READ_ONLY = """
- heading "says sorry first" [level=2]
- paragraph:
  - code: d00
- list "Tags":
  - listitem: tone
- paragraph: Clear in most pairs.
"""

EDITABLE = """
- heading "Rename says sorry first" [level=2]:
  - button "Rename says sorry first"
- button "Turn round"
- button "Verify"
- group "Suggested names":
  - button "Ask a model…"
- group "Status":
  - radio "draft"
  - radio "named"
  - radio "verified" [checked]
  - radio "rejected"
- button "Remove tag tone"
- combobox "Add a tag"
- textbox "Note": Clear in most pairs.
"""

BAR = """
- text: /tiny votes/
- button "Suggest names…"
- text: /Kept in votes\\.labels as Ada/
- button "Undo" [disabled]
- button "Redo" [disabled]
- 'button "Help: all keys"'
"""

HELP = """
- dialog "Keys":
  - heading "Keys" [level=2]
  - button "Close"
  - heading "Look" [level=3]
  - term: ↑ ↓
  - definition: previous, next feature (in the list)
  - heading "Work" [level=3]
  - term: v
  - definition: verify by a blind test
  - paragraph: Keys work while the focus is in this widget and not in a text field.
"""

VERIFY = """
- region "Blind test of says sorry first":
  - 'heading "Blind test: says sorry first" [level=3]'
  - button "Esc leave"
  - progressbar "Answers needed for an interval"
  - status: 0 answered; an interval needs 10
  - heading "Prompt" [level=4]
  - region "First response":
    - heading "1 First response" [level=4]
  - region "Second response":
    - heading "2 Second response" [level=4]
  - paragraph: Which has more of says sorry first?
  - button "1 the first"
  - button "2 the second"
  - button "0 neither, or the same"
"""


def test_the_report_has_names_and_roles(browser: Browser, report: Path):
    with opened(browser, report, at="#d00") as page:
        widget = widget_in(page)
        expect(widget).to_match_aria_snapshot("- 'button \"Help: all keys\"'")
        expect(widget).to_match_aria_snapshot(LIST)
        right = detail(widget)
        for part in (READ_ONLY, NUMBERS, PAIRS):
            expect(right).to_match_aria_snapshot(part)


def test_the_labeler_has_names_and_roles(labeler: Locator):
    expect(labeler).to_match_aria_snapshot(BAR)
    right = detail(labeler)
    for part in (EDITABLE, NUMBERS, PAIRS):
        expect(right).to_match_aria_snapshot(part)


def test_the_sheet_of_keys_has_names_and_roles(labeler: Locator):
    labeler.get_by_role("button", name="Help: all keys").click()
    expect(labeler).to_match_aria_snapshot(HELP)
    labeler.get_by_role("button", name="Close").click()


def test_the_blind_test_has_names_and_roles(labeler: Locator):
    in_blind_test(labeler)
    expect(labeler).to_match_aria_snapshot(VERIFY)
    leave_blind_test(labeler)


def in_blind_test(labeler: Locator) -> None:
    labeler.get_by_role("button", name="Verify").click()
    expect(labeler.get_by_role("button", name="1 the first")).to_be_visible()


def leave_blind_test(labeler: Locator) -> None:
    labeler.page.keyboard.press("Escape")
    expect(labeler.get_by_role("region", name="Blind test")).to_have_count(0)


READ_OUT = {"row", "generic"}  # what they hold is read, where they have no name of their own


def nameless(widget: Locator) -> list[str]:
    """Return what can take the focus inside and has nothing to be read out."""
    session = widget.page.context.new_cdp_session(widget.page)
    session.send("Accessibility.enable")
    found = session.send("Runtime.evaluate", {"expression": "document.querySelector('.whimsight')"})
    nodes = session.send("Accessibility.queryAXTree", {"objectId": found["result"]["objectId"]})["nodes"]
    text = {node["nodeId"]: node["name"]["value"].strip() for node in nodes if "name" in node}
    children = {node["nodeId"]: node.get("childIds", []) for node in nodes}

    def holds_text(node: str) -> bool:
        return bool(text.get(node)) or any(holds_text(child) for child in children.get(node, []))

    session.detach()
    # A pair takes the focus where it is in sight; below the edge of the window its content is not laid out yet.
    focusable = [
        node
        for node in nodes
        if not node["ignored"] and _has(node, "focusable") and node["role"]["value"] != "listitem"
    ]
    assert len(focusable) > 5
    return [
        node["role"]["value"]
        for node in focusable
        if not text[node["nodeId"]] and not (node["role"]["value"] in READ_OUT and holds_text(node["nodeId"]))
    ]


def _has(node: dict[str, Any], name: str) -> bool:
    return any(p["name"] == name and p["value"]["value"] for p in node.get("properties", []))


def test_whatever_takes_the_focus_has_a_name(labeler: Locator):
    assert nameless(labeler) == []
    labeler.get_by_role("button", name="Filter").click()
    assert nameless(labeler) == []
    labeler.get_by_role("button", name="Filter").click()
    detail(labeler).get_by_role("button", name="Show all of").first.click()
    detail(labeler).get_by_role("slider", name="lowest code").press("ArrowRight")
    assert nameless(labeler) == []
    detail(labeler).get_by_role("button", name="clear range").click()
    in_blind_test(labeler)
    assert nameless(labeler) == []
    leave_blind_test(labeler)


# -- focus

SEEN = """(e) => {
    const look = (x) => { const s = getComputedStyle(x);
        return [s.outlineStyle === "none" ? "" : `${s.outlineWidth} ${s.outlineColor}`, s.boxShadow].join("|"); };
    const places = [e, e.closest("label"), e.closest("li")].filter(Boolean);
    const focused = places.map(look);
    e.blur();
    const plain = places.map(look);
    e.focus({ focusVisible: true });
    return focused.some((one, i) => one !== plain[i]);
}"""
DEEPEST = """() => { let e = document.activeElement; return !e || e === document.body ? null : e; }"""


def walk(page: Page, widget: Locator, key: str) -> list[tuple[str, bool]]:
    """Press a key until the focus leaves the widget: where it stopped, and whether that was to be seen."""
    stops: list[tuple[str, bool]] = []
    for _ in range(STOPS):
        page.keyboard.press(key)
        place = page.evaluate_handle(DEEPEST).as_element()
        if place is None or not widget.evaluate("(root, e) => root.contains(e) && root !== e", place):
            return stops
        what = "(e) => e.getAttribute('role') ?? `${e.localName} ${e.type ?? ''} ${e.className}`.trim()"
        stops.append((place.evaluate(what), place.evaluate(SEEN)))
    raise AssertionError(f"The focus does not leave the widget: {stops}")


def steps_through(page: Page, widget: Locator) -> None:
    widget.evaluate("root => root.focus()")
    forward = walk(page, widget, "Tab")
    assert len(forward) >= 12
    assert [what for what, seen in forward if not seen] == []
    roles = {what.split()[0] for what, _ in forward}
    assert {"button", "input", "row", "tab", "slider"} <= roles
    page.keyboard.press("Shift+Tab")
    back = walk(page, widget, "Shift+Tab")
    assert len(back) >= len(forward) - 2


def test_tab_goes_through_the_report_and_out_of_it_and_is_always_seen(browser: Browser, report: Path):
    with opened(browser, report, at="#d00") as page:
        steps_through(page, widget_in(page))


def test_tab_goes_through_the_labeler_and_out_of_it_and_is_always_seen(labeler: Locator):
    steps_through(labeler.page, labeler)


def test_tab_stops_at_the_list_though_a_search_leaves_the_chosen_feature_out(browser: Browser, report: Path):
    with opened(browser, report, at="#d00") as page:
        widget = widget_in(page)
        widget.get_by_role("searchbox", name="Search features").fill("bullet points")
        expect(chosen(widget)).to_have_count(0)
        for _ in range(STOPS):
            page.keyboard.press("Tab")
            if widget.locator("[data-feature=m_bullets]").evaluate("row => row === document.activeElement"):
                break
        page.keyboard.press("ArrowDown")
        expect(chosen(widget)).to_have_attribute("data-feature", "m_bullets")


def test_escape_leads_from_the_sheet_of_keys_back_to_where_one_was(labeler: Locator):
    chosen(labeler).focus()
    labeler.page.keyboard.press("?")
    expect(labeler.get_by_role("dialog", name="Keys").get_by_role("button", name="Close")).to_be_focused()
    labeler.page.keyboard.press("Escape")
    expect(chosen(labeler)).to_be_focused()


# -- motion

MOVING = """(root) => [root, ...root.querySelectorAll("*")].flatMap((e) =>
    [null, "::before", "::after", "::backdrop"].flatMap((part) => {
        const s = getComputedStyle(e, part);
        const runs = s.animationName !== "none" && s.animationDuration !== "0s";
        const slides = s.transitionDuration.split(", ").some((time) => parseFloat(time) > 0);
        return runs || slides || s.scrollBehavior === "smooth" ? [`${e.localName}.${e.className}${part ?? ""}`] : [];
    }))"""
WAITING = """(root) => {
    const place = root.ownerDocument.createElement("div");
    place.className = "lb-skeleton lb-waiting-test";
    place.innerHTML = "<i></i><i class='lb-spin'></i>";
    root.append(place);
}"""


def test_nothing_moves_for_those_who_want_no_motion(labeler: Locator):
    assert labeler.evaluate(MOVING) == []
    labeler.evaluate(WAITING)  # what is drawn while something is fetched is seldom there to be looked at
    assert labeler.evaluate(MOVING) == []
    labeler.evaluate("root => root.querySelector('.lb-waiting-test').remove()")
    labeler.page.keyboard.press("?")
    assert labeler.evaluate(MOVING) == []
    labeler.page.keyboard.press("Escape")
    in_blind_test(labeler)
    assert labeler.evaluate(MOVING) == []
    leave_blind_test(labeler)


# -- contrast

FAINT = """(root) => {
    const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
    const rgba = (color) => {
        canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1);
        const [r, g, b, a] = canvas.getImageData(0, 0, 1, 1).data; return [r, g, b, a / 255];
    };
    const over = ([r, g, b, a], [R, G, B]) => [r * a + R * (1 - a), g * a + G * (1 - a), b * a + B * (1 - a)];
    const ground = (e) => {
        const own = rgba(getComputedStyle(e).backgroundColor);
        return own[3] === 1 ? own.slice(0, 3) : over(own, e.parentElement ? ground(e.parentElement) : [255, 255, 255]);
    };
    const fade = (e) => (e ? getComputedStyle(e).opacity * fade(e.parentElement) : 1);
    const light = (color) => {
        const [r, g, b] = color.map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const words = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    const faint = []; let counted = 0;
    const judge = (e, color, text) => {
        const behind = ground(e);
        const [r, g, b, a] = rgba(color);
        const [x, y] = [light(over([r, g, b, a * fade(e)], behind)), light(behind)].sort((p, q) => q - p);
        const contrast = (x + 0.05) / (y + 0.05);
        counted += 1;
        if (contrast < 4.5) faint.push([contrast.toFixed(2), e.outerHTML.slice(0, 60), text.slice(0, 40)].join(" "));
    };
    for (let node; (node = words.nextNode()); ) {
        const e = node.parentElement;
        const box = e.getBoundingClientRect();
        const seen = e.checkVisibility({ visibilityProperty: true }) && box.width > 1 && box.height > 1;
        if (!seen || !node.data.trim()) continue;
        if (e.closest(":disabled, .ws-hidden, option, title, datalist")) continue;
        const style = getComputedStyle(e);
        judge(e, e instanceof SVGElement ? style.fill : style.color, node.data);
    }
    for (const e of root.querySelectorAll("input[placeholder], textarea[placeholder]")) {
        if (e.checkVisibility() && !e.value) judge(e, getComputedStyle(e, "::placeholder").color, e.placeholder);
    }
    return { faint, counted };
}"""


def readable(widget: Locator, at_least: int = 40) -> None:
    found = widget.evaluate(FAINT)
    assert found["counted"] >= at_least
    assert found["faint"] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_report_is_readable(browser: Browser, report: Path, scheme: str):
    with opened(browser, report, at="#d00", color_scheme=scheme) as page:
        widget = widget_in(page)
        readable(page.locator("body"), 150)
        widget.get_by_role("button", name="Filter").click()
        widget.locator("[data-feature=d01]").click()  # turned round, and does not recur
        expect(detail(widget).get_by_text("turned round")).not_to_have_count(0)
        readable(widget)
        page.keyboard.press("?")
        readable(widget)
        page.keyboard.press("Escape")
        widget.get_by_role("searchbox", name="Search features").fill("no such name")
        readable(widget)


@pytest.mark.parametrize("theme", ["JupyterLab Dark", "JupyterLab Light"])
def test_the_labeler_is_readable(lab: Lab, labeler: Locator, theme: str):
    lab.menu("Settings", "Theme", theme)
    dark = theme.endswith("Dark")
    expect(lab.page.locator(f"body[data-jp-theme-light={'false' if dark else 'true'}]")).to_have_count(1)
    expect(labeler).to_have_attribute("data-theme", "dark" if dark else "light")
    readable(labeler)
    detail(labeler).get_by_role("slider", name="lowest code").press("ArrowRight")
    labeler.get_by_role("button", name="Filter").click()
    readable(labeler)
    labeler.get_by_role("button", name="Filter").click()
    detail(labeler).get_by_role("button", name="clear range").click()
    in_blind_test(labeler)
    readable(labeler, 20)
    leave_blind_test(labeler)
