"""What is merged or compared: stores, files and folders of files.

What is not there is a mistake of whoever asks, and nothing is done. What is there and cannot be used is somebody
else's: it is refused by name and does not stop the others.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pandas as pd

from whimsight.errors import LabelsError
from whimsight.files import as_path
from whimsight.labels.handed_in import HandedIn, read_handed_in
from whimsight.labels.paths import contents, is_folder, require_there

if TYPE_CHECKING:
    from whimsight.labels.store import LabelStore

    Source: TypeAlias = LabelStore | str | Path

__all__ = ["read_all"]

_SUFFIXES = (".labels", ".json")


def read_all(
    sources: Source | Iterable[Source], doing: str = "merge"
) -> tuple[dict[str, HandedIn], dict[str, str]]:
    """Read all sources; return what they hold, and why the others are refused, by name.

    Parameters
    ----------
    sources : stores or paths
        As in `LabelStore.merge`.
    doing : str
        What is done with them, for messages.

    Raises
    ------
    LabelsError
        When one is neither a store nor a path, a path leads nowhere, or there is nothing to read at all.
    """
    from whimsight.labels.store import LabelStore

    listed, empty = _listed(_given(sources, doing), doing)
    names = _names([*listed, *empty])
    read: dict[str, HandedIn] = {}
    refused = dict(zip(names[len(listed) :], empty.values(), strict=True))
    for name, source in zip(names, listed, strict=False):
        try:
            if isinstance(source, LabelStore):
                read[name] = HandedIn(source.study, source.events())
            else:
                read[name] = read_handed_in(source)
        except LabelsError as error:
            refused[name] = str(error)
    return read, refused


def _given(sources: Any, doing: str) -> list[LabelStore | Path]:
    """Return stores and paths that lead somewhere."""
    from whimsight.labels.store import LabelStore

    # A table goes through its columns' names; whoever gives one means something else.
    one = (LabelStore, str, os.PathLike, pd.DataFrame)
    if isinstance(sources, one) or not isinstance(sources, Iterable):
        sources = [sources]
    given: list[LabelStore | Path] = []
    for source in sources:
        if not isinstance(source, LabelStore | str | os.PathLike):
            said = " ".join(repr(source).split())[:60]
            raise LabelsError(
                f"Cannot {doing} {said} ({type(source).__name__}). Give files, folders, or stores, such as "
                "study.labels of a study."
            )
        given.append(
            source if isinstance(source, LabelStore) else as_path(source, f"what to {doing}", LabelsError)
        )
    require_there([source for source in given if isinstance(source, Path)], doing)
    if not given:
        raise LabelsError(
            f"There is nothing to {doing}: no store, file or folder was given. A pattern such as "
            "Path('handed-in').glob('*.labels') finds nothing where the folder is called otherwise."
        )
    return given


def _listed(given: list[LabelStore | Path], doing: str) -> tuple[list[LabelStore | Path], dict[Path, str]]:
    """Return stores and files, those of folders too, and what is wrong with folders that hold none."""
    listed: list[LabelStore | Path] = []
    empty: dict[Path, str] = {}
    for source in given:
        if isinstance(source, Path) and is_folder(source):
            files = _files(source)
            listed += files
            if not files:
                empty[source] = f"no file in it ends in .labels or .json: it {contents(source)}."
        else:
            listed.append(source)
    if not listed:
        folder, why = next(iter(empty.items()))
        raise LabelsError(f"There is nothing to {doing} in {str(folder)!r}: {why}{_below(folder)}")
    return listed, empty


def _files(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.suffix.casefold() in _SUFFIXES)
    except OSError:
        return []


def _below(folder: Path) -> str:
    """Say what to give instead, one level further down where there is something."""
    for suffix in _SUFFIXES:
        if next(folder.glob(f"*/*{suffix}"), None) is not None:
            return f" There are some in its folders: give Path({str(folder)!r}).glob('*/*{suffix}')."
    return " Give the folder in which the files lie, or the files."


def _names(sources: Iterable[LabelStore | Path]) -> list[str]:
    """Return a name for each source, without folders unless two are called the same."""
    sources = list(sources)
    short = [source.name for source in sources]
    count = Counter(short)
    names: list[str] = []
    for source, name in zip(sources, short, strict=True):
        if count[name] > 1 and isinstance(source, Path):
            name = str(Path(*source.parts[-2:]))
        taken, number = name, 2
        while taken in names:
            taken, number = f"{name} ({number})", number + 1
        names.append(taken)
    return names
