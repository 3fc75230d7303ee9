"""A dataset made to break out of the page: nothing of it runs, and all of it can be read."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.exporting import WITHOUT_STATE, exported, nbconvert
from tests.browser.lab import Lab, Server, write_notebook
from tests.browser.opening import detail, opened, widget_in
from tests.browser.watching import only_local_requests
from tests.unit.studies.making import make_study

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from playwright.sync_api import Browser, Frame, Locator, Page

    from whimsight.studies import Study

RUN = "window.__pwned=1,alert(1)"
HOSTILE = (
    f"<script>{RUN}</script>",
    f"</script><script>{RUN}</script>",
    f"</textarea></title></style></noscript></template><script>{RUN}</script>",
    f"<!-- <script> --><img src=x onerror='{RUN}'>",
    f"]]>--></iframe><svg onload='{RUN}'><!--",
    f"\" onmouseover='{RUN}' autofocus onfocus='{RUN}' x=\"",
    f"'><iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"<a href='javascript:{RUN}'>javascript:{RUN}</a> [here](javascript:{RUN})",
    f"<object data='https://example.invalid/x'></object><link rel=stylesheet href='//example.invalid/{RUN}'>",
    "<style>* { display: none !important }</style><base href='https://example.invalid/'>",
    f"<form action='javascript:{RUN}'><button>go</button></form><math><mtext></form><form><mglyph><style></math>",
    f"${{{RUN}}} {{{{constructor.constructor('{RUN}')()}}}} {{% raw %}} `{RUN}` \\u003cscript>",
    f"&lt;script&gt;{RUN}&lt;/script&gt; &amp; &#60;b&#62; &nbsp;",
    "lines\u2028and\u2029paragraphs\u0085and \x1b[31mcontrols\x07\x08 \ufeff\ufffe\uffff",
    "\u202ereversed\u202c \u2067isolated\u2069 مرحبا بالعالم שלום",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽 e\u0301 Z\u0351\u036b\u0343\u0357 𝒳",
    "__proto__ constructor toString NAME “NAME” ‘NAME’ $& $1 \\0 %s {0}",
    f"from $5 to $10 $\\href{{javascript:{RUN}}}{{here}}$ \\(x^2\\) $$y^2$$ \\[z^2\\]",
)
REPAIRED = {
    "half \ud83d of a pair \udc00": "half ? of a pair ?",
    "before\x00after": "beforeafter",
}
LONG = "<b>long</b> & </script> " * 8_400  # 200 kB
LONG_AT = 4  # a pair to read, not one of the blind test
SIDE = re.compile(r"More of .*, response ([AB])|More, response ([AB])", re.DOTALL)
WRONG = """(scope) => {
    const all = [...document.querySelectorAll(scope)];
    const attributes = all.flatMap((e) => [...e.attributes]);
    const made = ":is(script, style, img, iframe, a, form, object, link, base, svg svg, b b)";
    return {
        ran: window.__pwned !== undefined,
        handlers: attributes.filter(({name}) => name.startsWith("on")).map((a) => `${a.name}=${a.value}`),
        links: attributes.filter(({name}) => ["href", "src", "action", "data", "xlink:href"].includes(name))
            .map(({value}) => value).filter((to) => /^\\s*javascript:|example\\.invalid/i.test(to)),
        elements: [...document.querySelectorAll(`.whimsight ${made}`)].map((e) => e.outerHTML),
    };
}"""
RIGHT = {"ran": False, "handlers": [], "links": [], "elements": []}


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """Return a study whose prompts, responses, names, notes, tags and own name are hostile."""
    texts = (*HOSTILE, *REPAIRED)
    n = 4 * len(texts)
    votes = [
        {
            "prompt": f"{texts[i // 4]} prompt {i // 4}",
            "response_a": f"{LONG if i == LONG_AT else ''}{texts[i % len(texts)]} a{i}",
            "response_b": f"{texts[(i + 7) % len(texts)]} b{i}",
            "preference": (1.0, 0.0, 1.0, 0.5)[i % 4],
        }
        for i in range(n)
    ]
    pairs = ws.read(votes, name=f"{HOSTILE[1]} {HOSTILE[3]}")
    assert len(pairs) == n
    made = make_study(pairs, names={"d01": HOSTILE[0], "d02": HOSTILE[7]})
    folder = tmp_path_factory.mktemp("hostile")
    made.save(folder / "hostile.whim")
    made.labels.edit("d00", name=HOSTILE[3], note="\n".join(HOSTILE), tags=[HOSTILE[1][:60], HOSTILE[7][:60]])
    made.labels.edit("m_words", name=HOSTILE[5], note=HOSTILE[8], tags=[HOSTILE[0], HOSTILE[4][:60]])
    return made


def source(study: Study, row: int, what: str) -> str:
    text: str = study.pairs.frame.loc[row, what]
    return text


def as_read(study: Study, pair: Locator) -> Iterable[tuple[str, str]]:
    """Return each text of a pair on the screen with the text of the dataset that it should be."""
    row = int(re.findall(r"\d+", pair.get_attribute("aria-label") or "")[0])
    sides = pair.get_by_role("article")
    shown = pair.locator(".ws-text").evaluate_all("boxes => boxes.map((box) => box.textContent)")
    more = SIDE.match(sides.first.get_attribute("aria-label") or "")
    assert more
    first = more[1] or more[2]
    for what, text in zip(
        ("prompt", f"response_{first.lower()}", f"response_{'ab'[first == 'A']}"), shown, strict=True
    ):
        yield text, source(study, row, what)


def everything_reads_as_it_was_written(study: Study, widget: Locator, cut_at: int) -> None:
    """Read the pairs of two features: every hostile text is among them, unharmed."""
    read = ""
    for feature in ("m_words", "d00"):
        widget.locator(f"[data-feature={feature}]").click()
        right = detail(widget)
        label = study.labels.labels.loc[feature]
        heading = right.get_by_role("heading", level=2).locator("[dir=auto]")
        expect(heading).to_have_text(label["name"], use_inner_text=False)
        assert heading.evaluate("e => e.textContent") == label["name"]
        right.get_by_role("button", name="Show more").click()
        pairs = right.get_by_role("article", name="Pair in row")
        expect(pairs).to_have_count(20)
        for pair in pairs.all():
            for shown, text in as_read(study, pair):
                assert shown == text if len(text) <= cut_at else shown.startswith(text[:cut_at])
                read += shown
    assert [text for text in (*HOSTILE, *REPAIRED.values()) if text not in read] == []


def wrong_in(frame: Page | Frame, scope: str = "*") -> dict[str, object]:
    """Return what a page's script did, and markup in the scope that could do something."""
    found: dict[str, object] = frame.evaluate(WRONG, scope)
    return found


def notes_and_tags_are_text(study: Study, widget: Locator) -> None:
    for feature in ("m_words", "d00"):
        widget.locator(f"[data-feature={feature}]").click()
        label = study.labels.labels.loc[feature]
        tags = detail(widget).get_by_role("list", name="Tags").get_by_role("listitem")
        assert tags.evaluate_all("tags => tags.map((tag) => tag.textContent)") == list(label["tags"])
        note = detail(widget).locator(".lb-note")
        assert note.evaluate("e => e.textContent") == label["note"]
    for draft in ("d01", "d02"):
        row = widget.locator(f"[data-feature={draft}]")
        assert (
            row.locator(".lb-name [dir=auto]").evaluate("e => e.textContent")
            == study.found.loc[draft, "name"]
        )
    assert widget.locator(".lb-study b").evaluate("e => e.textContent") == study.name


@pytest.mark.parametrize("kind", ["report", "widget"])
def test_in_a_file(browser: Browser, study: Study, tmp_path: Path, kind: str):
    path = tmp_path / "hostile.html"
    study.report(path) if kind == "report" else ws.FeatureLabeler(study).to_html(path)
    with opened(browser, path) as page:
        widget = widget_in(page)
        notes_and_tags_are_text(study, widget)
        everything_reads_as_it_was_written(study, widget, cut_at=2_000)
        assert wrong_in(page) == RIGHT
        heading = page.get_by_role("heading", level=1)
        assert study.name in (heading.evaluate("e => e.textContent") or "")
        assert page.title() == f"{study.name} · Whimsight"


CELLS = (
    "import whimsight as ws\nstudy = ws.open('hostile.whim')",
    "ws.FeatureLabeler(study, author='Eve')",
    "study",
    "study.features",
    "study.pairs",
    "study.pairs.frame.tail(8)",
    "study.labels.labels",
    # Where this one is set as mathematics, all above it has been looked at.
    "import pandas as pd\npd.DataFrame({'text': ['from $5 to $10']})",
)
MATHEMATICS = "areas => areas.map((area) => area.querySelectorAll('mjx-container').length)"


def make_notebook(study: Study) -> Path:
    assert study.path
    return write_notebook(study.path.with_name("hostile.ipynb"), *CELLS)


def test_in_an_export_by_nbconvert(browser: Browser, study: Study):
    path = nbconvert(make_notebook(study), "--execute", WITHOUT_STATE)
    with exported(browser, path) as (page, frame):
        widget = widget_in(frame)
        notes_and_tags_are_text(study, widget)
        everything_reads_as_it_was_written(study, widget, cut_at=2_000)
        (inside,) = page.main_frame.child_frames
        assert wrong_in(inside) == RIGHT
        assert wrong_in(page, ".jp-OutputArea *") == RIGHT


def test_in_jupyterlab(page: Page, study: Study):
    notebook = make_notebook(study)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
    with Server.jupyter(notebook.parent, "lab") as server, only_local_requests(page, server.url):
        lab = Lab(page, server, notebook.name)
        lab.run_all()
        widget = widget_in(page, "Feature labeler")
        everything_reads_as_it_was_written(study, widget, cut_at=2_000)
        a_long_response_is_read_to_its_end(study, widget)
        a_blind_test_shows_texts_of_the_dataset(study, widget)
        a_hostile_name_is_typed_and_kept(study, widget, HOSTILE[2])
        assert wrong_in(page, ".jp-OutputArea *") == RIGHT
        no_text_is_mathematics(lab)
    assert dialogs == []


def no_text_is_mathematics(lab: Lab) -> None:
    expect(lab.output(len(CELLS) - 1).locator("mjx-container")).to_have_count(1)
    assert lab.page.locator(".jp-OutputArea").evaluate_all(MATHEMATICS) == [0] * (len(CELLS) - 1) + [1]
    expect(lab.output(5)).to_contain_text("from $5 to $10")


def a_long_response_is_read_to_its_end(study: Study, widget: Locator) -> None:
    widget.locator("[data-feature=d00]").click()
    pair = detail(widget).get_by_role("article", name=f"Pair in row {LONG_AT}", exact=True)
    side = pair.get_by_role("article", name=re.compile("response A$"))
    side.get_by_role("button", name="Show all").click()
    text = source(study, LONG_AT, "response_a")
    assert len(text) > 200_000
    expect(side.get_by_role("region")).to_contain_text(text[-40:])
    assert side.locator(".ws-text").evaluate("e => e.textContent") == text


def a_blind_test_shows_texts_of_the_dataset(study: Study, widget: Locator) -> None:
    rows = study.pairs.frame.index
    texts = {source(study, row, what) for row in rows for what in ("prompt", "response_a", "response_b")}
    detail(widget).get_by_role("button", name="Verify").click()
    test = widget.get_by_role("region", name="Blind test of")
    expect(test.get_by_role("region", name="First response")).to_be_visible()
    shown = test.locator(".ws-text").evaluate_all("boxes => boxes.map((box) => box.textContent)")
    assert len(shown) == 3
    assert set(shown) <= texts
    widget.page.keyboard.press("Escape")
    expect(test).to_have_count(0)


def a_hostile_name_is_typed_and_kept(study: Study, widget: Locator, name: str) -> None:
    keyboard = widget.page.keyboard
    widget.locator("[data-feature=d02]").click()
    keyboard.press("e")
    keyboard.press("Control+a")
    keyboard.insert_text(name)
    keyboard.press("Enter")
    expect(widget.locator("[data-feature=d02][data-status=named]")).to_be_visible()
    expect(widget.get_by_text("Kept in hostile.labels")).to_be_visible()
    assert study.labels.labels.loc["d02", "name"] == name
    heading = detail(widget).get_by_role("heading", level=2).locator("[dir=auto]")
    assert heading.evaluate("e => e.textContent") == name
