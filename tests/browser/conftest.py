"""A real Chromium, once for all tests of this folder."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.browser.chromium import HOW, find, launch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    from playwright.sync_api import expect, sync_playwright

    expect.set_options(timeout=20_000)  # other tests may keep the machine busy
    with sync_playwright() as playwright:
        path = find(playwright.chromium)
        if path is None:
            # Where the browser must be there, as in CI, its absence is a failure and not a skip.
            (pytest.fail if os.environ.get("WHIMSIGHT_NEEDS_CHROMIUM") else pytest.skip)(HOW)
        browser = launch(playwright.chromium, path)
        yield browser
        browser.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A page that fails its test when a script runs into an error or a dialog opens."""
    return context.new_page()


@pytest.fixture(scope="package")
def study_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped MT-Bench votes as a study."""
    import whimsight as ws

    return ws.study(ws.load("mt-bench")).save(tmp_path_factory.mktemp("study") / "mt-bench.whim")
