"""Trouble on the command line: one clear line, an exit code of its own, and as early as it can be known."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from whimsight.errors import (
    EmbeddingError,
    FitError,
    LanguageError,
    PairsError,
    StudyError,
    StudyFileError,
    WhimsightError,
)

__all__ = ["clear_errors", "require_place", "require_places"]

_EXIT = (
    (PairsError, 3),
    (FitError, 3),
    (StudyFileError, 4),
    (EmbeddingError, 5),
    (LanguageError, 6),
    (StudyError, 2),
    (WhimsightError, 1),
)
"""Which code a kind of trouble ends with: the first that it is one of."""

_SHELL = (
    ("Give api_key=, or set", "Set"),
    (
        "or give api_key= (the key, if it may go there; 'none' for an endpoint that needs none)",
        "or unset OPENAI_API_KEY for an endpoint that needs none",
    ),
    ("give a key as api_key=", "a key comes from OPENAI_API_KEY"),
    ("give the key as api_key=, or set", "set"),
    ("takes it from headers=, or from", "takes it from"),
    ("or give headers= (those that may go there; {} for none)", "or unset OPENAI_CUSTOM_HEADERS"),
    ("give base_url=", "set OPENAI_BASE_URL"),
    ("base_url= alone", "its address alone"),
    ("base_url=", "OPENAI_BASE_URL"),
    ("base_url", "OPENAI_BASE_URL"),
)
"""What the library says of endpoints, and how that is said here; a command with options of its own says so first."""


@contextmanager
def clear_errors(
    kept: str = "What was embedded so far is kept; run the same command to go on.",
    *,
    words: tuple[tuple[str, str], ...] = (),
) -> Iterator[None]:
    """Say one clear line instead of a traceback for the troubles that have a name.

    Parameters
    ----------
    kept : str
        What somebody who interrupts is told.
    words : tuple of (str, str)
        What the library calls something, and how it is said at this command.
    """
    try:
        yield
    except WhimsightError as error:
        line = f"{type(error).__name__}: {_in_shell(str(error), words)}"
        typer.echo(line if os.environ.get("NO_COLOR") else typer.style(line, fg="red"), err=True)
        raise typer.Exit(next(code for kind, code in _EXIT if isinstance(error, kind))) from None
    except KeyboardInterrupt:
        typer.secho(f"Interrupted. {kept}", err=True)
        raise typer.Exit(130) from None


def _in_shell(message: str, words: tuple[tuple[str, str], ...]) -> str:
    """Return what to do in the words of the command line: it takes no key, which a shell would remember."""
    for python, shell in (*words, *_SHELL):
        message = message.replace(python, shell)
    return message


def require_places(*, out: Path | None, report: Path | None) -> None:
    """Refuse, before the work, where a study or its report cannot be written."""
    if out is not None:
        if out.suffix.lower() in (".html", ".htm"):  # a browser would show nothing
            raise typer.BadParameter(f"--out {out}: that is a .whim file; a page is written by --report.")
        require_place("--out", out)
    if report is not None:
        require_place("--report", report)


def require_place(option: str, path: Path) -> None:
    """Refuse a path that nothing can be written to, before the work and not after it."""
    folder = path.parent
    if path.is_dir():
        raise typer.BadParameter(f"{option} {path}: it is a folder; name a file in it.")
    if not folder.is_dir():
        raise typer.BadParameter(f"{option} {path}: there is no folder {str(folder)!r}; make it first.")
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{option} {path}: the folder {str(folder)!r} cannot be written to.")
