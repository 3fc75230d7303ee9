"""Where a Chromium is, and how it is started for tests."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserType

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
QUIET = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
HOW = (
    "No Chromium found. Install one (`apt-get install chromium`, `playwright install chromium`, or your own browser) "
    "or name it in WHIMSIGHT_CHROMIUM."
)


def find(kind: BrowserType) -> str | None:
    """Return the path of the Chromium to use: the one named, an installed one, or Playwright's own."""
    named = os.environ.get("WHIMSIGHT_CHROMIUM")
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    own = kind.executable_path
    return named or installed or (own if Path(own).exists() else None)


def launch(kind: BrowserType, path: str) -> Browser:
    return kind.launch(executable_path=path, args=list(QUIET))
