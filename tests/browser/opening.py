"""A file opened as somebody opens it who has neither network nor Python."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from playwright.sync_api import expect

from tests.browser.watching import no_trouble, only_local_requests

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Frame, FrameLocator, Locator, Page

CHOICES = {"viewport": {"width": 1400, "height": 1000}}


@contextmanager
def opened(browser: Browser, path: Path, *, at: str = "", **choices: Any) -> Iterator[Page]:
    """Open a file with the network off; fail when it asks for anything, complains or opens a dialog."""
    context = browser.new_context(**{**CHOICES, **choices})
    context.set_offline(True)
    page = context.new_page()
    try:
        with only_local_requests(page, path.as_uri()), no_trouble(page):
            page.goto(path.as_uri() + at)
            yield page
    finally:
        context.close()


def widget_in(page: Page | FrameLocator | Frame, name: str = "Feature report") -> Locator:
    """Return the widget of a page, once it is there."""
    widget = page.get_by_role("region", name=name)
    expect(widget.get_by_role("grid", name="Features")).to_be_visible(timeout=60_000)
    return widget


def listed(widget: Locator) -> list[str]:
    """Return the ids of the features in the list, in its order."""
    return widget.locator("[data-feature]").evaluate_all("rows => rows.map((row) => row.dataset.feature)")


def chosen(widget: Locator) -> Locator:
    """Return the row of the chosen feature."""
    return widget.get_by_role("row", selected=True)


def detail(widget: Locator) -> Locator:
    """Return the part that tells of the chosen feature."""
    return widget.get_by_role("region", name="Chosen feature")
