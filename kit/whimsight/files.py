"""Paths that people give, and files written so that a crash or a second writer never leaves half of one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from whimsight.errors import WhimsightError

__all__ = ["as_path", "atomic_write"]


def as_path(value: Any, what: str, kind: type[WhimsightError]) -> Path:
    """Return a path that somebody gave; a leading ``~`` is the user's own folder.

    Parameters
    ----------
    value : str or path
    what : str
        What it is the path of, with an example.
    kind : type
        Of the error.

    Raises
    ------
    WhimsightError
        Of that kind, when it is none.

    Examples
    --------
    >>> from whimsight.errors import StudyError
    >>> as_path("mt-bench.whim", "a study", StudyError).name
    'mt-bench.whim'
    """
    if not isinstance(value, str | os.PathLike) or not os.fspath(value) or "\0" in str(value):
        raise kind(f"A path is needed of {what}; found {value!r} ({type(value).__name__}).")
    path = Path(value)
    try:
        return path.expanduser()
    except RuntimeError:  # nobody of that name has a folder here: then it is a file's name
        return path


def atomic_write(path: Path, data: bytes) -> None:
    """Write bytes beside ``path``, flush them to disk, and put them in its place in one step.

    Whoever opens ``path`` sees the old content or the new, never a part of either.

    Raises
    ------
    OSError
        If the folder cannot be written or the disk is full; ``path`` is then as it was.
    """
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent or Path())
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        umask = os.umask(0)
        os.umask(umask)
        Path(temporary).chmod(0o666 & ~umask)
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
