"""Both widgets on one page: each looks as it does alone, whichever stylesheet comes first; and no table is cut off."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.test_comparison_file import made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

    from whimsight.comparisons import Comparison

STATIC = Path(ws.__file__).parent / "static"
CLASSES = {"comparison": "cp", "labeler": "fl"}
OTHER = {"comparison": "labeler", "labeler": "comparison"}
# What once changed with the order of the stylesheets, and what stands for each part of a widget.
NAMED = {
    "comparison": (
        ".lb-bar .lb-study .lb-saving .lb-iconbutton .cp-legend .cp-show .cp-counts .cp-share .lb-panes .lb-list "
        ".lb-toolbar .lb-search .lb-filters .lb-statuses .cp-views .cp-order .lb-headgroup .cp-row .cp-name "
        ".cp-pill .lb-main .lb-detail .lb-title .lb-what .lb-sentence .cp-conflictnote .cp-forest "
        ".cp-forestrow .cp-verdict .cp-sidehead .ws-pair .ws-side"
    ),
    "labeler": (
        ".lb-bar .lb-study .lb-saving .lb-iconbutton .lb-panes .lb-list .lb-toolbar .lb-search .lb-filters "
        ".lb-headgroup .lb-row .lb-line .lb-name .lb-main .lb-detail .lb-title .lb-what .lb-statuses .lb-tags "
        ".lb-sentence .lb-facts .lb-fact .lb-tabline .lb-tabs .lb-pairs .lb-pair .ws-pair .ws-side"
    ),
}
# Every computed style of two elements of each kind, and of what stands before and after them.
STYLES = """named => {
  const root = document.querySelector('.whimsight'), seen = {}, found = {};
  const missing = named.filter(one => !root.querySelector(one));
  if (missing.length) throw new Error('not on the page: ' + missing);
  for (const element of [root, ...root.querySelectorAll('*')]) {
    const states = ['aria-pressed', 'aria-selected', 'data-status'].map(name => element.getAttribute(name));
    const kind = [element.tagName, element.getAttribute('class'), ...states].join(' ')
      + (element.querySelector?.(':scope > :checked') ? ' checked' : '');
    seen[kind] = (seen[kind] ?? 0) + 1;
    if (seen[kind] > 2) continue;
    for (const pseudo of [null, '::before', '::after']) {
      const style = getComputedStyle(element, pseudo), all = {};
      if (pseudo && style.content === 'none') continue;
      for (const property of style) all[property] = style.getPropertyValue(property);
      found[`${kind} ${seen[kind]} ${pseudo ?? ''}`] = all;
    }
  }
  return JSON.stringify(found);  // a hundred thousand values cross over as one text, and quickly
}"""
CUT = """() => {
  const table = document.querySelector('.cp-forest'), box = table.getBoundingClientRect();
  const main = document.querySelector('.lb-main');
  const cells = [...table.querySelectorAll('[role=cell], [role=columnheader], [role=rowheader]')];
  const labels = [...table.querySelectorAll('.cp-foresthead text')].map(one => one.getBoundingClientRect())
    .filter(one => one.width > 0);
  return {
    wider: main.scrollWidth - main.clientWidth,
    beyond: cells.filter(one => one.getBoundingClientRect().right > box.right + 0.5
      || one.scrollWidth > one.clientWidth + 1).map(one => one.className + ' ' + one.textContent),
    touching: labels.slice(1).filter((one, k) => one.left < labels[k].right + 3).length,
  };
}"""


@pytest.fixture(scope="module")
def comparison() -> Comparison:
    return made("first", "a second one with a long name")


@pytest.fixture(scope="module")
def files(comparison: Comparison, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return a page of each widget; it believes that it can be edited, so that all of it is drawn."""
    folder = tmp_path_factory.mktemp("together")
    paths = {
        "comparison": ws.DatasetComparison(comparison).to_html(folder / "comparison.html"),
        "labeler": ws.FeatureLabeler(comparison.study).to_html(folder / "labeler.html"),
    }
    for path in paths.values():
        text = path.read_text(encoding="utf-8")
        assert text.count('"editable":false') == 1
        path.write_text(text.replace('"editable":false', '"editable":true'), encoding="utf-8")
    return paths


@contextmanager
def shown(browser: Browser, path: Path, **choices: Any) -> Iterator[Page]:
    context = browser.new_context(bypass_csp=True, reduced_motion="reduce", **choices)
    context.set_offline(True)
    page = context.new_page()
    try:
        page.goto(path.as_uri())
        expect(page.locator(".whimsight .lb-main .lb-title")).to_be_visible(timeout=20_000)
        yield page
    finally:
        context.close()


def styles(page: Page, widget: str) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = json.loads(page.evaluate(STYLES, NAMED[widget].split()))
    return found


def changed(before: dict[str, dict[str, str]], after: dict[str, dict[str, str]]) -> list[str]:
    assert before.keys() == after.keys()
    return [
        f"{kind}: {name} {value} -> {after[kind][name]}"
        for kind, all_of_it in before.items()
        for name, value in all_of_it.items()
        if after[kind][name] != value
    ]


@pytest.mark.parametrize("width", [1400, 700])
@pytest.mark.parametrize("place", ["page", "notebook"])
@pytest.mark.parametrize("widget", ["comparison", "labeler"])
def test_the_others_stylesheet_changes_nothing_whether_it_comes_before_or_after(
    browser: Browser, files: dict[str, Path], widget: str, place: str, width: int
):
    with shown(browser, files[widget], viewport={"width": width, "height": 1000}) as page:
        page.get_by_role("button", name="Filter").click()
        if place == "notebook":
            page.evaluate("document.querySelector('.whimsight').classList.remove('lb-page')")
        page.wait_for_timeout(300)
        alone = styles(page, widget)
        assert len(alone) > 80
        other = (STATIC / f"{OTHER[widget]}.css").read_text(encoding="utf-8")
        for where in ("prepend", "append"):
            page.evaluate(
                "([where, css]) => { const sheet = document.createElement('style'); sheet.textContent = css;"
                " document.head[where](sheet); window.sheet = sheet; }",
                [where, other],
            )
            page.wait_for_timeout(100)
            assert changed(alone, styles(page, widget)) == []
            page.evaluate("window.sheet.remove()")


@pytest.mark.parametrize("widget", ["comparison", "labeler"])
def test_every_rule_holds_within_its_own_widget_alone(browser: Browser, files: dict[str, Path], widget: str):
    with shown(browser, files[widget]) as page:
        selectors = page.evaluate(
            """css => {
              const sheet = new CSSStyleSheet();
              sheet.replaceSync(css);
              const walk = rules => [...rules].flatMap(rule => rule instanceof CSSKeyframesRule ? []
                : [...(rule.selectorText ? [rule.selectorText] : []), ...(rule.cssRules ? walk(rule.cssRules) : [])]);
              return walk(sheet.cssRules);
            }""",
            (STATIC / f"{widget}.css").read_text(encoding="utf-8"),
        )
        assert len(selectors) > 100
        own = CLASSES[widget]
        for selector in selectors:
            plain = selector
            while "(" in plain:  # what stands in parentheses is within the rest
                plain = re.sub(r"\([^()]*\)", "", plain)
            assert all(f".{own}" in re.split(r"[ :]", part.strip())[0] for part in plain.split(",")), selector
        assert page.locator(f".whimsight.lb.{own}").count() == 1


@pytest.mark.parametrize("by", ["", "many"])
def test_the_forest_table_is_never_wider_than_its_pane(browser: Browser, files: dict[str, Path], by: str):
    with shown(browser, files["comparison"], viewport={"width": 1600, "height": 1000}) as page:
        if by:  # numbers as long as they come
            page.evaluate(
                """() => {
                  for (const one of document.querySelectorAll('.cp-also'))
                    one.textContent = 'n 46,801 · 12,345 prompts';
                  for (const one of document.querySelectorAll('.cp-forestrow .lb-fine.cp-ratio > .cp-ofit'))
                    one.textContent = '× 12.5 (10.4 to 15.7)';
                }"""
            )
        for width in (*range(340, 560, 40), *range(560, 640, 5), *range(640, 1000, 40)):
            page.evaluate(
                "width => { const pane = document.querySelector('.lb-main');"
                " pane.style.width = `${width}px`; }",
                width,
            )
            assert page.evaluate(CUT) == {"wider": 0, "beyond": [], "touching": 0}, width


def test_in_a_narrow_notebook_the_list_has_half_of_the_height_and_shows_what_is_chosen(
    browser: Browser, files: dict[str, Path]
):
    with shown(browser, files["comparison"], viewport={"width": 760, "height": 900}) as page:
        last = page.locator("[data-feature]").last
        last.click()
        page.evaluate("document.querySelector('.whimsight').classList.remove('lb-page')")
        page.wait_for_timeout(300)
        panes, listed, scroll = (
            page.locator(one).first.bounding_box() for one in (".lb-panes", ".lb-list", ".lb-list .lb-scroll")
        )
        row = page.locator('[data-feature][aria-selected="true"]').bounding_box()
        assert panes is not None
        assert listed is not None
        assert scroll is not None
        assert row is not None
        assert 0.45 < listed["height"] / panes["height"] < 0.65
        assert scroll["y"] <= row["y"]
        assert row["y"] + row["height"] <= scroll["y"] + scroll["height"] + 1


def test_no_lane_of_a_strip_is_cut_at_an_edge_of_its_row(browser: Browser, files: dict[str, Path]):
    with shown(browser, files["comparison"], viewport={"width": 1400, "height": 1000}) as page:
        for view in ("Effects", "Prevalence"):
            page.locator(".cp-views").get_by_text(view, exact=True).click()
            cut = page.evaluate(
                """() => [...document.querySelectorAll('.lb-line')].slice(0, 6).flatMap(row => {
                  const box = row.getBoundingClientRect();
                  return [...row.querySelectorAll('.cp-strip path, .cp-strip text')].filter(one => {
                    const { top, bottom } = one.getBoundingClientRect();
                    return top < box.top + 1 || bottom > box.bottom - 1;
                  }).map(one => row.dataset.feature + ' ' + one.outerHTML);
                })"""
            )
            assert cut == []
