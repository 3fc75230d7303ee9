"""A real Jupyter server on 127.0.0.1, and a person's hands on it."""

from __future__ import annotations

import json
import os
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self
from urllib.error import URLError
from urllib.request import urlopen

import nbformat

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Locator, Page

INDICATOR = ".jp-Notebook-ExecutionIndicator"
IDLE = f"{INDICATOR}[data-status=idle]"
PROMPTS = ".jp-Notebook .jp-CodeCell .jp-InputPrompt"
# A prompt writes its text anew when its cell is sent and when it has run: a text that was marked is an old one.
MARK = "prompts => prompts.forEach((p) => { if (p.firstChild) p.firstChild.old = true; })"
WRITTEN = "prompts => prompts.map((p) => p.firstChild && !p.firstChild.old ? p.textContent : '')"
SECONDS = 120
AGAIN = 10
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

    def sessions(self) -> list[dict]:
        """The notebooks that are open here, each with its kernel, as the Jupyter server lists them."""
        with urlopen(f"{self.url}/api/sessions?token={self.token}", timeout=SECONDS) as answer:
            return json.load(answer)

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


def until_connected(page: Page, server: Server) -> None:
    """Wait for the notebook's kernel; a page says "idle" before it has asked for one, too."""
    until = time.monotonic() + SECONDS
    while not any(session["kernel"]["connections"] for session in server.sessions()):
        assert time.monotonic() < until, "The page has not connected to a kernel."
        page.wait_for_timeout(100)
    page.wait_for_selector(IDLE, timeout=SECONDS * 1000)


def until_ran(page: Page, prompts: Locator, start: Callable[[], None]) -> None:
    """Do what runs the cells of ``prompts``; again where nothing came of it, as in a page that has not settled."""
    prompts.first.wait_for(state="attached", timeout=SECONDS * 1000)
    prompts.evaluate_all(MARK)
    until, again = time.monotonic() + SECONDS, 0.0
    while time.monotonic() < until:
        written = prompts.evaluate_all(WRITTEN)
        if all(re.search(r"\d", text) for text in written):
            return
        if not any("*" in text for text in written) and time.monotonic() > again:
            start()
            again = time.monotonic() + AGAIN
        page.wait_for_timeout(100)
    raise AssertionError(f"Cells did not run in {SECONDS} s; what their prompts said since: {written}")


def run_by_keyboard(prompt: Locator) -> None:
    prompt.click()
    prompt.page.keyboard.press("Control+Enter")


class Lab:
    """One notebook, open in JupyterLab."""

    def __init__(self, page: Page, server: Server, notebook: str) -> None:
        self.page = page
        page.goto(f"{server.url}/lab/tree/{notebook}?reset&token={server.token}")
        until_connected(page, server)

    def wait_until_idle(self) -> None:
        self.page.wait_for_selector(IDLE, timeout=SECONDS * 1000)

    def menu(self, *path: str) -> None:
        bar, *rest = path
        self.page.locator(".lm-MenuBar-item", has_text=bar).first.click()
        for label in rest:
            self.page.locator(".lm-Menu-item", has_text=label).first.click()

    def run_all(self) -> None:
        self._run(self.page.locator(PROMPTS), lambda: self.menu("Run", "Run All Cells"))

    def run_cell(self, cell: int) -> None:
        """Run one code cell, by the keyboard."""
        prompt = self.page.locator(PROMPTS).nth(cell)
        self._run(prompt, lambda: run_by_keyboard(prompt))

    def restart(self) -> None:
        """Restart the kernel; it is still starting when this returns."""
        self.menu("Kernel", "Restart Kernel")
        self.page.locator(".jp-Dialog button.jp-mod-accept").click()
        self.page.wait_for_selector(f"{INDICATOR}:not([data-status=idle])", timeout=SECONDS * 1000)

    def restart_and_run_all(self) -> None:
        def start() -> None:
            self.menu("Kernel", "Restart Kernel and Run All Cells")
            self.page.locator(".jp-Dialog button.jp-mod-accept").click()

        self.wait_until_idle()  # cells sent into a restart that is still under way stay at [*] for good
        self._run(self.page.locator(PROMPTS), start)

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

    def _run(self, prompts: Locator, start: Callable[[], None]) -> None:
        until_ran(self.page, prompts, start)
        self.wait_until_idle()
