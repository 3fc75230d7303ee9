"""What a page must not do: ask other machines, run a dataset's scripts, stumble."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Page

INSIDE = ("blob:", "data:", "about:")


@contextmanager
def only_local_requests(page: Page, *allowed: str) -> Iterator[None]:
    """Fail when the page asks for anything but what begins with one of ``allowed``."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    yield
    assert [url for url in asked if not url.startswith((*INSIDE, *allowed))] == []


@contextmanager
def no_trouble(page: Page) -> Iterator[None]:
    """Fail when a script of the page breaks, complains, or opens a dialog."""
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
    page.on(
        "console",
        lambda message: trouble.append(message.text) if message.type in ("error", "warning") else None,
    )

    def dismiss(dialog: object) -> None:
        trouble.append(f"dialog: {dialog}")
        dialog.dismiss()  # type: ignore[attr-defined]

    page.on("dialog", dismiss)
    yield
    assert trouble == []
