"""Paths that people give: what is no path, what is not there, and what cannot be written to."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from whimsight._plural import counted
from whimsight._suggest import nearest
from whimsight.errors import LabelsError
from whimsight.files import as_path

__all__ = ["cannot_write", "contents", "file_to_import", "is_folder", "quoted", "require_there"]

_MOST_NAMED = 5


def file_to_import(value: Any) -> Path:
    """Return the path of a file that is there.

    Raises
    ------
    LabelsError
        When it leads nowhere, or to a folder.
    """
    path = as_path(value, "what to import", LabelsError)
    require_there([path], "import")
    if is_folder(path):
        raise LabelsError(
            f"Cannot import {path.name!r}: it is a folder. Name a file in it; LabelStore.merge takes all of them."
        )
    return path


def is_folder(path: Path) -> bool:
    """Return whether there is a folder; what may not be looked at is none for us."""
    return os.path.isdir(path)  # noqa: PTH112 - Path.is_dir raises where a folder may not be entered


def require_there(paths: Sequence[Path], doing: str) -> None:
    """Refuse paths at which there is nothing at all.

    A file that is there but cannot be read is not refused here.

    Parameters
    ----------
    paths : sequence of Path
    doing : str
        What was to be done with them: "merge".

    Raises
    ------
    LabelsError
        Names them, and what lies beside the first.
    """
    missing = [path for path in paths if not _there(path)]
    if not missing:
        return
    first, *others = missing
    also = f" Nor is there {quoted([str(path) for path in others], 'or')}." if others else ""
    raise LabelsError(
        f"Cannot {doing} {str(first)!r}: there is no such file or folder.{_beside(first)}{also} "
        "Check the path; nothing was changed."
    )


def contents(folder: Path, suffix: str = "") -> str:
    """Return what a folder holds, in a few words; files with an ending are named first, hidden ones last."""
    try:
        found = sorted(
            folder.iterdir(), key=lambda path: (path.suffix != suffix, path.name.startswith("."), path.name)
        )
    except OSError as error:
        return f"cannot be looked into ({error.strerror or error})"
    return f"holds {quoted([path.name for path in found], 'and')}" if found else "is empty"


def cannot_write(path: Path, error: OSError) -> LabelsError:
    """Return what the system says of a file that it does not write as an error that tells what to do."""
    if is_folder(path):
        return LabelsError(f"Cannot write {path.name!r}: it is a folder. Name a file in it.")
    if not is_folder(path.parent):
        return LabelsError(
            f"Cannot write {path.name!r}: there is no folder {str(path.parent)!r}. Make it first, or choose another."
        )
    return LabelsError(
        f"Cannot write {path.name!r}: {error.strerror or error}. Choose a folder of yours with room."
    )


def quoted(names: Iterable[str], last: str) -> str:
    """Return names as a sentence lists them, the first few of many.

    Examples
    --------
    >>> quoted(["a", "b", "c"], "and")
    "'a', 'b' and 'c'"
    >>> quoted("abcdefgh", "and")
    "'a', 'b', 'c', 'd', 'e' and 3 others"
    """
    said = [repr(name) for name in names]
    if len(said) > _MOST_NAMED + 1:
        said = [*said[:_MOST_NAMED], counted(len(said) - _MOST_NAMED, "other")]
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} {last} {said[-1]}"


def _there(path: Path) -> bool:
    """Return whether anything is at a path, a broken link or what may not be looked at included."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last: no path can hold this character
        return False
    except OSError:
        return True
    return True


def _beside(path: Path) -> str:
    """Say what there is in place of a path that is not there."""
    folder = path.parent
    if is_folder(folder):
        return f"{nearest(path.name, _names(folder))} {_called(folder)} {contents(folder, path.suffix)}."
    above = folder.parent
    near = nearest(folder.name, _names(above)) if is_folder(above) else ""
    return f" There is no folder {str(folder)!r} either.{near}"


def _called(folder: Path) -> str:
    return f"The folder {str(folder)!r}" if folder.name else f"The working folder {folder.absolute().name!r}"


def _names(folder: Path) -> list[str]:
    try:
        return [path.name for path in folder.iterdir()]
    except OSError:
        return []
