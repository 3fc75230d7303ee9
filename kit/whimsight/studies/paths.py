"""Paths that people give of studies and reports: what is not there, said in words."""

from __future__ import annotations

import os
from pathlib import Path

from whimsight._suggest import nearest
from whimsight.labels.paths import contents, is_folder

__all__ = ["no_file", "no_folder"]


def no_file(path: Path) -> str:
    """Say that there is no file, and what there is in its place.

    Examples
    --------
    >>> no_file(Path("no/such/votes.whim"))
    "There is no file 'votes.whim' here, for there is no folder 'no/such'. Check the path."
    """
    folder = path.parent
    if not is_folder(folder):
        return f"There is no file {path.name!r} here, for there is no folder {str(folder)!r}. Check the path."
    called = f"The folder {str(folder)!r}" if folder.name else "The working folder"
    near = nearest(path.name, [one.name for one in folder.iterdir()] if os.access(folder, os.R_OK) else [])
    return f"There is no file {path.name!r} here.{near} {called} {contents(folder, path.suffix)}. Check the path."


def no_folder(path: Path) -> str | None:
    """Say that the folder of a file to write is not there; None where it is.

    Examples
    --------
    >>> no_folder(Path("no/such/votes.whim"))
    "there is no folder 'no/such'. Make it first, or choose another."
    """
    if is_folder(path.parent):
        return None
    return f"there is no folder {str(path.parent)!r}. Make it first, or choose another."
