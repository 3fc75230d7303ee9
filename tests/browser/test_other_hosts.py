"""The labeler outside JupyterLab: Notebook 7, marimo, and what VS Code asks of a module."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

import whimsight as ws
from tests.browser.lab import (
    PROMPTS,
    SECONDS,
    Server,
    run_by_keyboard,
    until_connected,
    until_ran,
    write_notebook,
)
from tests.browser.opening import chosen, detail, widget_in
from tests.browser.watching import only_local_requests
from tests.unit.studies.making import make_pairs, make_study

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from whimsight.studies import Study

NAME = "says sorry first"


def save_study(folder: Path) -> Study:
    """Save a study with a working labels file; return it as another process sees it."""
    make_study(make_pairs(80)).save(folder / "votes.whim")
    return ws.open(folder / "votes.whim")


def name_a_feature(widget: Locator) -> None:
    """Choose d00 by a click, type its name, and wait until it is kept."""
    widget.locator("[data-feature=d00]").click()
    expect(detail(widget).get_by_role("heading", name="apologises before answering")).to_be_visible()
    expect(detail(widget).get_by_role("article", name="Pair in row").first).to_contain_text("Question ")
    press = widget.page.keyboard.press
    press("e")
    press("Control+a")
    widget.page.keyboard.type(NAME)
    press("Enter")
    expect(chosen(widget)).to_contain_text(NAME)
    expect(widget.get_by_text("1 of 5 done")).to_be_visible()
    expect(widget.get_by_text("Kept in votes.labels as Ada")).to_be_visible()


@pytest.mark.skipif(find_spec("notebook") is None, reason="Notebook is not installed")
def test_in_notebook_7_a_feature_is_chosen_and_named_and_python_sees_it(page: Page, tmp_path: Path):
    study = save_study(tmp_path)
    write_notebook(
        tmp_path / "label.ipynb",
        "import whimsight as ws\nlabeler = ws.FeatureLabeler(ws.open('votes.whim'), author='Ada')\nlabeler",
        "print('selected', labeler.selected, labeler.labels['name'].to_dict())",
    )
    with Server.jupyter(tmp_path, "notebook") as server, only_local_requests(page, server.url):
        page.goto(f"{server.url}/notebooks/label.ipynb?token={server.token}")
        until_connected(page, server)
        first, second = (page.locator(PROMPTS).nth(i) for i in range(2))
        until_ran(page, first, lambda: run_by_keyboard(first))
        widget = widget_in(page, "Feature labeler")
        name_a_feature(widget)
        for key in ("d", "d", "b", "x"):  # none of them reaches the notebook
            page.keyboard.press(key)
        expect(page.locator(".jp-Notebook .jp-CodeCell")).to_have_count(2)
        until_ran(page, second, lambda: run_by_keyboard(second))
        expect(page.locator(".jp-Notebook .jp-CodeCell").nth(1).locator(".jp-OutputArea")).to_contain_text(
            f"selected d00 {{'d00': '{NAME}'}}"
        )
    assert study.labels.labels.loc["d00", "name"] == NAME


APP = """
import marimo

app = marimo.App()


@app.cell
def _():
    import marimo as mo
    import whimsight as ws
    return mo, ws


@app.cell
def _(mo, ws):
    labeler = LABELER
    labeler
    return (labeler,)


@app.cell
def _(labeler, mo):
    mo.md(f"selected in Python: {SELECTED}")
    return


if __name__ == "__main__":
    app.run()
"""
WIDGET = "ws.FeatureLabeler(ws.open('votes.whim'), author='Ada')"


@pytest.mark.skipif(find_spec("marimo") is None, reason="marimo is not installed")
@pytest.mark.parametrize(
    ("labeler", "selected"),
    [(f"mo.ui.anywidget({WIDGET})", "labeler.value['selected']"), (WIDGET, "labeler.selected")],
    ids=["wrapped", "as it is"],
)
def test_in_marimo_a_feature_is_chosen_and_named_and_the_store_has_it(
    page: Page, tmp_path: Path, labeler: str, selected: str
):
    study = save_study(tmp_path)
    app = APP.replace("LABELER", labeler).replace("SELECTED", selected)
    (tmp_path / "app.py").write_text(app)
    command = (
        "marimo",
        "run",
        "app.py",
        "--headless",
        "--host",
        "127.0.0.1",
        "--port",
        "{port}",
        "--no-token",
    )
    with Server(tmp_path, *command, ready="/health") as server, only_local_requests(page, server.url):
        page.goto(server.url)
        expect(page.get_by_text("selected in Python: m_words")).to_be_visible(timeout=SECONDS * 1000)
        widget = widget_in(page, "Feature labeler")
        name_a_feature(widget)
        if selected != "labeler.selected":  # marimo runs a cell again only for what it wrapped
            expect(page.get_by_text("selected in Python: d00")).to_be_visible()
    assert study.labels.labels.loc["d00", "name"] == NAME
    assert study.labels.labels.loc["d00", "author"] == "Ada"


# -- VS Code makes a Blob of the module's text and imports it: no folder beside it, no network, a policy of its own


def module() -> str:
    return (files("whimsight") / "static" / "labeler.js").read_text(encoding="utf-8")


def test_the_module_is_imported_from_its_text_alone_and_touches_no_page(tmp_path: Path):
    own = Path(sys.executable).parent
    node = shutil.which("node", path=f"{own}{os.pathsep}{os.environ.get('PATH', '')}")
    if node is None:
        pytest.skip("Node is not installed; it comes with whimsight[test]")
    check = """
        const text = (await import("node:fs")).readFileSync("module.js");
        const module = await import("data:text/javascript;base64," + text.toString("base64"));
        const { default: widget, ...others } = module;
        console.log(JSON.stringify({ others: Object.keys(others), render: typeof widget.render }));
    """
    (tmp_path / "module.js").write_text(module(), encoding="utf-8")
    done = subprocess.run(
        [node, "--input-type=module", "-e", check], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"others": [], "render": "function"}


def test_the_module_imports_nothing_asks_for_nothing_and_makes_no_code_of_texts():
    text = module()
    assert re.findall(r"\bimport\b\s*[({*\"'\w]", text) == []
    assert re.findall(r"\bexport\b[^;]*\bfrom\b", text) == []
    assert re.findall(r"\b(?:fetch|eval|Function|importScripts)\s*\(", text) == []
    assert re.findall(r"\b(?:XMLHttpRequest|WebSocket|EventSource|Worker|sendBeacon)\b", text) == []
    names = (
        "http://www.w3.org/2000/svg",
        "http://www.w3.org/1998/Math/MathML",
        "http://www.w3.org/1999/xhtml",
    )
    assert set(re.findall(r"\w+://[^\"'`\s]+", text)) <= set(names)
    assert not re.search(r"sourceMappingURL|import\.meta", text)


def test_the_styles_ask_for_nothing():
    styles = (files("whimsight") / "static" / "labeler.css").read_text(encoding="utf-8")
    assert re.findall(r"@import|url\(|@font-face|expression\(", styles) == []
