"""The events of a store kept in step with their file, to which other people and processes write as well."""

from __future__ import annotations

import json
import os
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from whimsight._plural import counted
from whimsight.errors import LabelsError
from whimsight.labels import database
from whimsight.labels.database import Database
from whimsight.labels.events import Event
from whimsight.labels.fold import State, fold

if TYPE_CHECKING:
    import sqlite3

__all__ = ["Ledger", "listed"]

_YOUNG_SECONDS = 3.0  # coarser than the clocks of the file systems in use


def listed(about: dict[str, str]) -> list[str] | None:
    """Return the features that a store names; None when it does not."""
    try:
        features = json.loads(about["features"])
    except (KeyError, ValueError, RecursionError):
        return None
    return [str(f) for f in features] if isinstance(features, list) else None


class Ledger:
    """What `LabelStore` shows, without its face.

    Parameters
    ----------
    path : Path or None
        Absolute; None keeps the events in memory.
    study : str, optional
        Fingerprint of the study that the events must belong to.
    features : sequence of str, optional
        The study's features.
    begin_with : sequence of Event
        Events of a file that may only be read: shown, and copied by the first event of one's own.
    """

    def __init__(
        self,
        path: Path | None,
        *,
        study: str | None = None,
        features: Sequence[str] | None = None,
        begin_with: Sequence[Event] = (),
    ) -> None:
        self.path = path
        self.expected = study
        self.features = None if features is None else [str(f) for f in features]
        self.begin_with = list(begin_with)
        self.database = Database(path)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._version = 0
        self._events: list[Event] = []
        self._about: dict[str, str] = {}
        self._seen: database.Position = (0, "")
        self._folded: State | None = None
        self._stamp: tuple[int, ...] | None = None
        self._forget()

    @property
    def version(self) -> int:
        """A number that changes when anybody added something. A look at the file's date is often enough."""
        with self._locked():
            self._refresh()
            return self._version

    @property
    def study(self) -> str | None:
        """Fingerprint of the study, as expected or as the file says."""
        with self._locked():
            self._refresh()
            return self.expected or self._about.get("study")

    def events(self) -> list[Event]:
        """Return every event, the oldest first."""
        with self._locked():
            self._refresh()
            return list(self._events)

    def state(self) -> State:
        """Return what the events come to; not to be changed."""
        with self._locked():
            self._refresh()
            if self._folded is None:
                self._folded = fold(self._events)
            return self._folded

    def known(self) -> list[str] | None:
        """Return the study's features, where they are known."""
        with self._locked():
            if self.features is None:
                self._refresh()
                return listed(self._about)
            return self.features

    def add(self, make: Callable[[State], Sequence[Event]]) -> list[Event]:
        """Add what ``make`` makes of the newest state; reading, making and adding are one transaction."""
        with self._locked():
            if self.path is not None and not database.exists(self.path) and not make(self.state()):
                return []  # nothing to write makes no file
            made: list[Event] = []

            def work(connection: sqlite3.Connection) -> None:
                made.clear()
                self._catch_up(connection)
                self._folded = self._folded or fold(self._events)
                made.extend(make(self._folded))
                if made:
                    said = {"study": self.expected, "features": self.features and json.dumps(self.features)}
                    database.say(connection, {key: value for key, value in said.items() if value})
                    database.insert(connection, [*self.begin_with, *made])

            self._make_folder()
            try:
                self.database.write(work)
            except BaseException:
                self._forget()
                raise
            self._stamp = None
            self._refresh()
            return made

    def attach(self, study: str, features: Sequence[str]) -> None:
        """Bind the events to a study; they must not be another's."""
        with self._locked():
            found = self.study
            if found not in (None, study):
                raise self._belongs_elsewhere()
            self.expected, self.features = study, [str(f) for f in features]

    def _refresh(self) -> None:
        """Read what was added since the last look."""
        stamp = self._look()
        if stamp is not None and stamp == self._stamp:
            return
        seen = self._seen
        if self.database.read(self._catch_up, None) is None:
            self._forget()
        if self._seen != seen:
            self._version += 1
        self._stamp = stamp

    def _catch_up(self, connection: sqlite3.Connection) -> bool:
        """Take over new rows; start afresh when the file is not the one seen before."""
        last = database.position(connection)
        if last != self._seen:
            if self._seen[0] == 0 or database.uuid_at(connection, self._seen[0]) != self._seen[1]:
                self._forget()
            self._about = database.about(connection)
            new, bad = database.events_after(connection, self._seen[0])
            known = {event.uuid for event in self._events}
            self._events.extend(event for event in new if event.uuid not in known)
            self._events.sort(key=lambda event: event.order)
            self._seen, self._folded = last, None
            if bad:
                warnings.warn(
                    f"Left out of {self.database.name!r}: {counted(len(bad), 'event')} that Whimsight did not write "
                    f"or that changed since. The first: {bad[0]}",
                    stacklevel=2,
                )
        if self.expected is not None and self._about.get("study", self.expected) != self.expected:
            raise self._belongs_elsewhere()
        return True

    def _belongs_elsewhere(self) -> LabelsError:
        return LabelsError(
            f"{self.database.name!r} holds the labels of another study: other pairs, settings or a dictionary "
            "learned anew, whose features are other ones. It is untouched; choose another path."
        )

    def _forget(self) -> None:
        self._events = sorted(self.begin_with, key=lambda event: event.order)
        self._about, self._seen, self._folded, self._stamp = {}, (0, ""), None, None

    def _look(self) -> tuple[int, ...] | None:
        """Return how the file looks from outside; None when it must be read to be sure.

        A file changed a moment ago may change again within one tick of its file system's clock.
        """
        if self.path is None:
            return None
        try:
            seen = os.stat(self.path)  # noqa: PTH116 - polled thousands of times
        except OSError:
            return (0,)
        if abs(time.time() - seen.st_mtime) < _YOUNG_SECONDS:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino, seen.st_dev

    def _make_folder(self) -> None:
        if self.path is None or database.exists(self.path.parent):
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LabelsError(
                f"Cannot write {self.database.name!r}: its folder cannot be made ({error.strerror}). "
                f"{database.ELSEWHERE}."
            ) from error

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._process != os.getpid():  # forked: the parent's lock may be held by a thread that is not here
            self._lock, self._process = threading.RLock(), os.getpid()
        with self._lock:
            yield
