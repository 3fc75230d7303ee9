"""Notebooks turned into pages by nbconvert, as people do it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import nbformat

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, FrameLocator, Page

WITHOUT_STATE = "--ExecutePreprocessor.store_widget_state=False"
HTML_FIRST = '--NbConvertBase.display_data_priority=["text/html"]'
# What nbconvert's own template asks for, widget or not: an export has no formulas without a network.
ITS_OWN = re.compile(
    r"https://(cdnjs\.cloudflare\.com/ajax/libs/(require\.js|mathjax)|cdn\.jsdelivr\.net/npm/mermaid"
    r"|unpkg\.com/@jupyter-widgets)"
)


def nbconvert(notebook: Path, *choices: str, to: str = "html") -> Path:
    """Run ``jupyter nbconvert`` on a notebook; return the page."""
    command = [sys.executable, "-m", "jupyter", "nbconvert", "--to", to, *choices, notebook.name]
    env = {**os.environ, "HF_HUB_OFFLINE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}
    done = subprocess.run(
        command, cwd=notebook.parent, env=env, capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return notebook.with_suffix(".html")


def has_saved_widgets(notebook: Path) -> bool:
    return "widgets" in nbformat.read(notebook, as_version=4).metadata


@contextmanager
def exported(browser: Browser, path: Path) -> Iterator[tuple[Page, FrameLocator]]:
    """Open an export with the network off: the page, and the frame with the widget.

    Fails when the page asks for anything beyond nbconvert's own, when a script breaks, or a dialog opens.
    """
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    context.set_offline(True)
    page = context.new_page()
    asked: list[str] = []
    trouble: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: (trouble.append(dialog.message), dialog.dismiss()))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    try:
        page.goto(path.as_uri())
        yield page, page.frame_locator("iframe[sandbox]")
    finally:
        context.close()
    inside = (path.as_uri(), "blob:", "data:", "about:")
    assert [url for url in asked if not url.startswith(inside) and not ITS_OWN.match(url)] == []
    assert trouble == []
