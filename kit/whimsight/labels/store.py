"""`LabelStore`: what people made of a study's features, every edit kept."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimsight.errors import LabelsError
from whimsight.labels import database
from whimsight.labels.clean import clean_answer, clean_author, clean_changes, clean_feature, default_author
from whimsight.labels.database import Database
from whimsight.labels.events import Event, new_event
from whimsight.labels.fold import Label, State, differs, fold
from whimsight.labels.views import history_table, judgments_table, labels_table

if TYPE_CHECKING:
    import sqlite3

    import pandas as pd

__all__ = ["LabelStore"]

_UNSET: Any = object()
_YOUNG_SECONDS = 3.0  # coarser than the clocks of the file systems in use
_MEMORY = ":memory:"


class LabelStore:
    """People's names, statuses, notes, tags and judgments: one SQLite file to which events are only added.

    Safe for several threads, notebooks and machines at once and for a kill at any moment: an edit is on disk
    when `edit` returns. The file is made by the first edit, not by looking.

    Undo takes back the author's own last edit and nothing else: what another person set later in the same
    field stands, and what they had set before shows again.

    Parameters
    ----------
    path : str or Path
        ``"mt-bench.labels"``; ``":memory:"`` for one that is not kept.
    study : str, optional
        `Study.fingerprint` of the study it belongs to; written into a new file, compared with an old one.
    features : sequence of str, optional
        The study's features; an edit of another one is then an error.
    author : str, optional
        Who works here; ``$WHIMSIGHT_AUTHOR`` or the user's name by default. Can be set.

    Raises
    ------
    LabelsError
        When the file belongs to another study, is damaged, or was written by a newer version.

    Examples
    --------
    >>> store = LabelStore(":memory:", author="Ann")
    >>> store.edit("d07", name="gives a worked example", tags=["teaching"])
    >>> store.labels.loc["d07", ["name", "status", "author"]].tolist()
    ['gives a worked example', 'named', 'Ann']
    >>> store.undo()
    'd07'
    >>> len(store.labels), len(store.history)
    (0, 2)
    """

    def __init__(
        self,
        path: str | Path,
        *,
        study: str | None = None,
        features: Sequence[str] | None = None,
        author: str | None = None,
        _check: bool = True,
        _begin_with: Sequence[Event] = (),
    ) -> None:
        self._path = None if str(path) == _MEMORY else Path(path).expanduser().absolute()
        self._author = default_author() if author is None else clean_author(author)
        self._study = study
        self._features = None if features is None else [str(f) for f in features]
        self._begin_with = list(_begin_with)
        self._database = Database(self._path)
        self._lock = threading.RLock()
        self._process = os.getpid()
        self._version = 0
        self._events: list[Event] = []
        self._about: dict[str, str] = {}
        self._seen: database.Position = (0, "")
        self._folded: State | None = None
        self._stamp: tuple[int, ...] | None = None
        self._forget()
        if _check and self._path is not None and self._path.exists():
            self._refresh()

    # -- what it is --------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Where the file is or will be; None in memory."""
        return self._path

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self._database.name

    @property
    def study(self) -> str | None:
        """Fingerprint of the study that it belongs to, when known."""
        self._refresh()
        return self._study or self._about.get("study")

    @property
    def author(self) -> str:
        """Who works here when an edit does not say."""
        return self._author

    @author.setter
    def author(self, name: str) -> None:
        self._author = clean_author(name)

    @property
    def version(self) -> int:
        """A number that changes whenever anybody, in another process too, added something; cheap to poll."""
        with self._locked():
            if not self._is_unchanged():
                self._refresh()
            return self._version

    # -- reading -----------------------------------------------------------------------------------

    @property
    def labels(self) -> pd.DataFrame:
        """What people made of the features they touched.

        Returns
        -------
        DataFrame
            Index ``feature``; columns ``name``, ``status`` (draft, named, verified, rejected), ``note``,
            ``tags`` (tuple of str), ``turned`` (bool), ``author`` and ``time`` (ISO 8601, UTC) of the last
            edit. Field by field the last word counts, whoever said it.
        """
        return labels_table(self._state().labels)

    @property
    def judgments(self) -> pd.DataFrame:
        """People's blind answers: for each author, pair and name the last one.

        Returns
        -------
        DataFrame
            Columns ``feature``, ``row`` (int64), ``answer`` (+1.0 more is A, -1.0 B, 0.0 neither),
            ``name``, ``author``, ``time``, ``seconds``; in the order in which they were given.
        """
        return judgments_table(self._state())

    @property
    def history(self) -> pd.DataFrame:
        """Every event, the oldest first.

        Returns
        -------
        DataFrame
            Columns ``uuid``, ``tick``, ``time``, ``author``, ``kind`` (edit, undo, redo, judgment),
            ``feature``, ``payload`` (dict), ``target``; see `whimsight.labels.events.Event`.
        """
        return history_table(self.events())

    def events(self) -> list[Event]:
        """Return every event, the oldest first."""
        with self._locked():
            self._refresh()
            return list(self._events)

    def can_undo(self, author: str | None = None) -> bool:
        """Return whether the author has an edit to take back."""
        return bool(self._state().done.get(self._who(author)))

    def can_redo(self, author: str | None = None) -> bool:
        """Return whether the author took back an edit and made none since."""
        return bool(self._state().undone.get(self._who(author)))

    # -- writing -----------------------------------------------------------------------------------

    def edit(
        self,
        feature: str,
        *,
        name: str | None = _UNSET,
        status: str | None = _UNSET,
        note: str | None = _UNSET,
        tags: Sequence[str] | None = _UNSET,
        turned: bool | None = _UNSET,
        author: str | None = None,
    ) -> None:
        """Change what is given; one step for undo. None means back to untouched.

        A name makes a draft ``named``, and so does a new name for a verified feature, for it was the old
        name that was verified; without a name a feature is a draft again. A given status is kept as given.

        Parameters
        ----------
        feature : str
            Id from ``study.features.index``.
        name : str
            One line of at most 200 characters.
        status : {"draft", "named", "verified", "rejected"}
        note : str
            At most 10,000 characters.
        tags : sequence of str
        turned : bool
            The feature is read the other way round: more of it is less of the code.
        author : str, optional
            Instead of `author`.

        Raises
        ------
        LabelsError
            When a value cannot be used, or the file cannot be written; nothing is then changed.
        """
        given = {"name": name, "status": status, "note": note, "tags": tags, "turned": turned}
        given = {field: value for field, value in given.items() if value is not _UNSET}
        if not given:
            raise LabelsError(f"Nothing to change in {feature!r}: give a name, status, note, tags or turned.")
        self._edit_many({feature: given}, author)

    def undo(self, author: str | None = None) -> str | None:
        """Take back the author's own last edit; return its feature, or None when there is none."""
        return self._move("undo", author)

    def redo(self, author: str | None = None) -> str | None:
        """Make again what the author took back last; return its feature, or None when there is none."""
        return self._move("redo", author)

    def judge(
        self,
        feature: str,
        row: int,
        answer: float,
        *,
        name: str,
        author: str | None = None,
        seconds: float | None = None,
    ) -> None:
        """Write down a person's blind answer: which response of a pair has more of what a name says.

        Parameters
        ----------
        feature : str
        row : int
            Position in ``study.pairs``.
        answer : {1, -1, 0}
            +1 response A, -1 response B, 0 neither.
        name : str
            The name that was judged.
        author : str, optional
        seconds : float, optional
            How long the person looked.
        """
        known, payload = clean_feature(feature, self._known()), clean_answer(row, answer, name, seconds)
        who = self._who(author)
        self._add(lambda state: [new_event("judgment", known, payload, author=who, after=state.tick)])

    def _edit_many(self, changes: dict[str, dict[str, Any]], author: str | None) -> int:
        """Write changes of several features as one step; return how many features changed."""
        known, who = self._known(), self._who(author)
        cleaned = {clean_feature(f, known): clean_changes(f, given) for f, given in changes.items()}

        def make(state: State) -> list[Event]:
            events: list[Event] = []
            for feature, given in cleaned.items():
                label = state.labels.get(feature, Label())
                full = _with_status(label, given)
                own = state.own.get(who, {}).get(feature)
                if feature in state.labels and not differs(label, full) and own and not differs(own, full):
                    continue
                first = events[0].uuid if events else ""
                tick = events[-1].tick if events else state.tick
                events.append(new_event("edit", feature, full, author=who, after=tick, target=first))
            return events

        return len(self._add(make))

    def _take(self, events: Sequence[Event]) -> int:
        """Add events of other stores that are not here yet; return how many."""
        here = {event.uuid for event in self.events()}
        new = [event for event in events if event.uuid not in here]
        self._add(lambda state: new)
        return len(new)

    def _move(self, kind: Any, author: str | None) -> str | None:
        who = self._who(author)
        touched: list[str] = []

        def make(state: State) -> list[Event]:
            touched.clear()
            steps = (state.done if kind == "undo" else state.undone).get(who)
            if not steps:
                return []
            touched.append(state.steps[who, steps[-1]][0].feature)
            return [new_event(kind, touched[0], {}, author=who, after=state.tick, target=steps[-1])]

        self._add(make)
        return touched[0] if touched else None

    # -- keeping in step with the file -------------------------------------------------------------

    def _add(self, make: Callable[[State], list[Event]]) -> list[Event]:
        """Add what ``make`` makes of the newest state; all in one transaction."""
        with self._locked():
            made: list[Event] = []

            def work(connection: sqlite3.Connection) -> None:
                made.clear()
                self._catch_up(connection)
                self._folded = self._folded or fold(self._events)
                made.extend(make(self._folded))
                if made or self._begin_with:
                    said = {"study": self._study, "features": self._features and json.dumps(self._features)}
                    database.say(connection, {k: v for k, v in said.items() if v})
                    database.insert(connection, [*self._begin_with, *made])

            if self._path is not None and not self._path.parent.exists():
                self._make_folder()
            if self._nothing_to_write(make):
                return []
            try:
                self._database.write(work)
            except BaseException:
                self._forget()
                raise
            self._stamp = None
            self._refresh()
            return made

    def _nothing_to_write(self, make: Callable[[State], list[Event]]) -> bool:
        """Whether there is no file and none is needed: undoing nothing makes no file."""
        return self._path is not None and not self._path.exists() and not make(self._state())

    def _make_folder(self) -> None:
        assert self._path is not None
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LabelsError(
                f"Cannot write {self.name!r}: its folder cannot be made ({error.strerror}). "
                "Work elsewhere: study.labels = ws.LabelStore('my.labels'), or set WHIMSIGHT_DATA to a folder "
                "of yours."
            ) from error

    def _state(self) -> State:
        with self._locked():
            self._refresh()
            if self._folded is None:
                self._folded = fold(self._events)
            return self._folded

    def _refresh(self) -> None:
        """Read what was added since the last look."""
        with self._locked():
            if self._is_unchanged():
                return
            stamp = self._look()
            seen = self._seen
            found = self._database.read(self._catch_up, None)
            if found is None:
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
            new = database.events_after(connection, self._seen[0])
            known = {event.uuid for event in self._events} if self._begin_with else set()
            self._events.extend(event for event in new if event.uuid not in known)
            self._events.sort(key=lambda event: event.order)
            self._seen, self._folded = last, None
        self._check_study()
        return True

    def _check_study(self) -> None:
        other = self._about.get("study")
        if self._study is not None and other is not None and other != self._study:
            raise LabelsError(
                f"{self.name!r} holds the labels of another study: other pairs, settings or a dictionary learned "
                "anew, whose features are other ones. It is untouched; choose another path."
            )

    def _forget(self) -> None:
        self._events = sorted(self._begin_with, key=lambda event: event.order)
        self._about, self._seen, self._folded, self._stamp = {}, (0, ""), None, None

    def _look(self) -> tuple[int, ...] | None:
        """Return how the file looks from outside; None when it must be read to be sure.

        A file changed a moment ago may change again within one tick of its file system's clock.
        """
        if self._path is None:
            return None
        try:
            seen = os.stat(self._path)  # noqa: PTH116 - polled thousands of times
        except FileNotFoundError:
            return (0,)
        except OSError:
            return None
        if abs(time.time() - seen.st_mtime) < _YOUNG_SECONDS:
            return None
        return seen.st_mtime_ns, seen.st_size, seen.st_ino, seen.st_dev

    def _is_unchanged(self) -> bool:
        return self._stamp is not None and self._stamp == self._look()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._process != os.getpid():  # forked: the parent's lock may be held by a thread that is not here
            self._lock, self._process = threading.RLock(), os.getpid()
        with self._lock:
            yield

    # -- small things ------------------------------------------------------------------------------

    def _known(self) -> list[str] | None:
        if self._features is not None:
            return self._features
        self._refresh()
        listed = self._about.get("features")
        return None if listed is None else [str(f) for f in json.loads(listed)]

    def _who(self, author: str | None) -> str:
        return self._author if author is None else clean_author(author)

    def _attach(self, study: str, features: Sequence[str]) -> None:
        """Bind the store to a study; it must not be another's."""
        before = self._study, self._features
        if self._study not in (None, study):
            self._about = {"study": self._study or ""}
        self._study, self._features = study, [str(f) for f in features]
        try:
            self._stamp = None
            self._refresh()
            self._check_study()
        except LabelsError:
            self._study, self._features = before
            raise

    def __len__(self) -> int:
        return len(self._state().labels)

    def __repr__(self) -> str:
        try:
            state = self._state()
        except LabelsError as error:
            return f"<LabelStore {self.name!r}: {error}>"
        people = len({event.author for event in self._events})
        return (
            f"<LabelStore {self.name!r}: {len(state.labels)} features touched, {len(state.judgments)} judgments, "
            f"{len(self._events)} events of {people} {'person' if people == 1 else 'people'}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        kept = self.events() if self._path is None else self._begin_with
        named = {"study": self._study, "features": self._features, "author": self._author}
        return {**named, "path": self._path or _MEMORY, "_check": False, "_begin_with": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _with_status(label: Label, given: dict[str, Any]) -> dict[str, Any]:
    """Add the status that a new name brings along."""
    if "name" not in given or "status" in given or given["name"] == label.name:
        return given
    if not given["name"]:
        return {**given, "status": "draft"} if label.status in ("named", "verified") else given
    return {**given, "status": "named"} if label.status in ("draft", "verified") else given
