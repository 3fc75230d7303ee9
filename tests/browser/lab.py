"""A real Jupyter server on 127.0.0.1, and a person's hands on it."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.error import URLError
from urllib.request import urlopen

import nbformat
from playwright.sync_api import TimeoutError as NotInTime

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

PROMPTS = "[...document.querySelectorAll('.jp-InputPrompt')].map((p) => p.textContent).join()"
IDLE = ".jp-Notebook-ExecutionIndicator[data-status=idle]"
SECONDS = 120
QUIET = {"HF_HUB_OFFLINE": "1", "PYDEVD_DISABLE_FILE_VALIDATION": "1"}


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A Jupyter server (or marimo) in a folder; a context manager that stops it with all that it started.

    Its settings, such as the theme, are its own: neither the person's nor those of a server beside it.
    """

    def __init__(self, folder: Path, *command: str, ready: str, env: dict[str, str] | None = None) -> None:
        self.folder, self.port, self.token = folder, free_port(), secrets.token_hex(16)
        self.url = f"http://127.0.0.1:{self.port}"
        self._ready = ready
        words = [word.format(port=self.port, token=self.token) for word in command]
        self._log = (folder / "server.log").open("w")
        self._process = subprocess.Popen(
            [sys.executable, "-m", *words],
            cwd=folder,
            env={**os.environ, **QUIET, "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"), **(env or {})},
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    @classmethod
    def jupyter(cls, folder: Path, app: str, env: dict[str, str] | None = None) -> Self:
        """Start ``jupyter lab`` or ``jupyter notebook``."""
        return cls(
            folder,
            *("jupyter", app, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1"),
            *("--ServerApp.port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token={token}"),
            *("--LabApp.news_url=None", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"),
            ready="/api/status?token={token}",
            env=env,
        )

    def __enter__(self) -> Self:
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                urlopen(self.url + self._ready.format(token=self.token), timeout=2).close()
                return self
            except (URLError, OSError):
                time.sleep(0.2)
        self.__exit__()
        raise RuntimeError("The server did not start:\n" + (self.folder / "server.log").read_text()[-3000:])

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGTERM)
            try:
                self._process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)
                self._process.wait()
        self._log.close()


def write_notebook(path: Path, *cells: str) -> Path:
    """Write a notebook with code cells."""
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells], metadata=kernel
    )
    nbformat.write(notebook, path)
    return path


def until_it_ran(page: Page, start: Callable[[], None]) -> None:
    """Do what runs cells; again where they did not run, for a page that has not settled takes no notice."""
    page.locator(".jp-InputPrompt").first.wait_for(state="attached", timeout=SECONDS * 1000)
    before = page.evaluate(PROMPTS)
    for _ in range(6):
        start()
        with suppress(NotInTime):
            page.wait_for_function(f"before => {PROMPTS} !== before", arg=before, timeout=10_000)
        page.wait_for_function(f"() => !{PROMPTS}.includes('*')", timeout=SECONDS * 1000)
        if page.evaluate(PROMPTS) != before:
            return


class Lab:
    """One notebook, open in JupyterLab."""

    def __init__(self, page: Page, server: Server, notebook: str) -> None:
        self.page = page
        page.goto(f"{server.url}/lab/tree/{notebook}?reset&token={server.token}")
        self.wait_until_idle()
        page.wait_for_timeout(1500)  # a click on Run before Lab has settled does nothing, silently

    def wait_until_idle(self) -> None:
        self.page.wait_for_selector(IDLE, timeout=SECONDS * 1000)

    def menu(self, *path: str) -> None:
        bar, *rest = path
        self.page.locator(".lm-MenuBar-item", has_text=bar).first.click()
        for label in rest:
            self.page.locator(".lm-Menu-item", has_text=label).first.click()

    def run_all(self) -> None:
        until_it_ran(self.page, lambda: self.menu("Run", "Run All Cells"))
        self._ran()

    def run_cell(self, cell: int) -> None:
        """Run one code cell, by the keyboard."""
        self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-InputPrompt").click()
        self.page.keyboard.press("Control+Enter")
        self._ran()

    def restart_and_run_all(self) -> None:
        self.menu("Kernel", "Restart Kernel and Run All Cells")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_timeout(1500)  # until the old run's numbers are gone
        self._ran()

    def shut_down_kernel(self) -> None:
        self.menu("Kernel", "Shut Down Kernel")
        self.page.wait_for_timeout(1000)

    def save(self) -> None:
        self.page.keyboard.press("Control+s")
        self.page.wait_for_timeout(1500)

    def output(self, cell: int) -> Locator:
        return self.page.locator(".jp-Notebook .jp-CodeCell").nth(cell).locator(".jp-OutputArea")

    def cells(self) -> int:
        return self.page.locator(".jp-Notebook .jp-Cell").count()

    def _ran(self) -> None:
        self.page.wait_for_timeout(800)
        last = self.page.locator(".jp-Notebook .jp-CodeCell .jp-InputPrompt").last
        last.filter(has_text="]:").wait_for(timeout=SECONDS * 1000)
        self.page.wait_for_function(
            "() => ![...document.querySelectorAll('.jp-InputPrompt')].some((p) => p.textContent.includes('*'))",
            timeout=SECONDS * 1000,
        )
        self.wait_until_idle()
