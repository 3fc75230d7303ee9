"""Where a study's labels live: beside its ``.whim`` file, or in the user's data folder until there is one."""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from whimsight.errors import LabelsError
from whimsight.labels.database import exists
from whimsight.labels.store import LabelStore

__all__ = ["data_folder", "find_home", "move_home"]

_SUFFIX = ".labels"


def data_folder() -> Path:
    """Return ``$WHIMSIGHT_DATA``, or the user's data folder."""
    from platformdirs import user_data_path

    given = os.environ.get("WHIMSIGHT_DATA")
    return Path(given).expanduser() if given else user_data_path("whimsight")


def find_home(whim: Path | None, *, name: str, study: str, features: Sequence[str]) -> LabelStore:
    """Return the store of a study; never raises and never makes a file.

    Parameters
    ----------
    whim : Path or None
        The study's file: its labels lie beside it, as ``mt-bench.labels`` beside ``mt-bench.whim``. Where
        these belong to another study (the study was made again with other settings and saved over the old
        one), as ``mt-bench-<8 digits>.labels``. Where they may only be read, work goes on in the data folder
        and begins with them.
    name : str
        The study's name, for the file in the data folder.
    study : str
        Its fingerprint.
    features : sequence of str
        Ids of its features.
    """
    kept = data_folder() / "labels" / f"{_safe(name)}-{study[:12]}{_SUFFIX}"
    if whim is None:
        return LabelStore(kept, study=study, features=features, _check=False)
    beside = whim.with_suffix(_SUFFIX)
    store = LabelStore(beside, study=study, features=features, _check=False)
    try:
        owner = LabelStore(beside).study
        if owner not in (None, study):
            beside = whim.with_name(f"{whim.stem}-{study[:8]}{_SUFFIX}")
            warnings.warn(
                f"{store.name!r} holds the labels of another study that was saved as {whim.name!r}. It is "
                f"untouched; the labels of this study are kept in {beside.name!r}.",
                stacklevel=4,
            )
            store = LabelStore(beside, study=study, features=features, _check=False)
        if _writable(beside):
            return store
        return LabelStore(kept, study=study, features=features, _check=False, _begin_with=store.events())
    except LabelsError:
        return store  # it says what is wrong whenever it is used


def move_home(store: LabelStore, whim: Path, *, name: str, study: str, features: Sequence[str]) -> LabelStore:
    """Return the store beside ``whim``, into which the events of ``store`` were merged; the old file stays."""
    home = find_home(whim, name=name, study=study, features=features)
    home.author = store.author
    try:
        events = store.events()
        if events and home.path != store.path:
            home.take(events)
    except LabelsError as error:
        warnings.warn(f"The study is saved, but its labels stay in {store.name!r}: {error}", stacklevel=4)
        return store
    return home


def _writable(path: Path) -> bool:
    """Whether SQLite can write a file here: it needs the folder too, for its journal."""
    return os.access(path.parent, os.W_OK | os.X_OK) and (not exists(path) or os.access(path, os.W_OK))


def _safe(name: str) -> str:
    """Return a name as part of a file's name."""
    return re.sub(r"[^\w.-]+", "-", name).strip("-.")[:60] or "study"
