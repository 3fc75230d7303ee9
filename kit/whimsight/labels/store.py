"""`LabelStore`: what people made of a study's features, every edit kept."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from whimsight._plural import counted
from whimsight.errors import LabelsError
from whimsight.files import as_path
from whimsight.labels.clean import clean_answer, clean_author, clean_edits, clean_feature, default_author
from whimsight.labels.events import Event, new_event
from whimsight.labels.fold import Label, State, differs
from whimsight.labels.ledger import Ledger
from whimsight.labels.merging import MergeHere, merge_stores
from whimsight.labels.paths import file_to_import
from whimsight.labels.views import history_table, judgments_table, labels_table

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["LabelStore"]

_UNSET: Any = object()
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
        place = (
            None
            if str(path) == _MEMORY
            else as_path(path, "labels, such as 'my.labels'", LabelsError).absolute()
        )
        if isinstance(features, str):
            raise LabelsError(f"features must be a list of ids such as ['d07']; found {features!r}.")
        self._author = default_author() if author is None else clean_author(author)
        self._ledger = Ledger(place, study=study, features=features, begin_with=_begin_with)
        if _check:
            self._ledger.state()

    # -- what it is --------------------------------------------------------------------------------

    @property
    def path(self) -> Path | None:
        """Where the file is or will be; None in memory."""
        return self._ledger.path

    @property
    def name(self) -> str:
        """The file's name without folders."""
        return self._ledger.database.name

    @property
    def study(self) -> str | None:
        """Fingerprint of the study that it belongs to, when known."""
        return self._ledger.study

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
        return self._ledger.version

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
        return labels_table(self._ledger.state().labels)

    @property
    def judgments(self) -> pd.DataFrame:
        """People's blind answers: for each author, pair and name the last one.

        Returns
        -------
        DataFrame
            Columns ``feature``, ``row`` (int64), ``answer`` (+1.0 more is A, -1.0 B, 0.0 neither),
            ``name``, ``author``, ``time``, ``seconds``; in the order in which they were given.
        """
        return judgments_table(self._ledger.state())

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
        return self._ledger.events()

    def can_undo(self, author: str | None = None) -> bool:
        """Return whether the author has an edit to take back."""
        return bool(self._ledger.state().done.get(self._who(author)))

    def can_redo(self, author: str | None = None) -> bool:
        """Return whether the author took back an edit and made none since."""
        return bool(self._ledger.state().undone.get(self._who(author)))

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
        self.edit_many({feature: given}, author)

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
        known, payload = (
            clean_feature(feature, self._ledger.known()),
            clean_answer(row, answer, name, seconds),
        )
        if not payload["name"]:
            raise LabelsError(f"name must be the name of {feature!r} that was judged; found {name!r}.")
        who = self._who(author)
        self._ledger.add(lambda state: [new_event("judgment", known, payload, author=who, after=state.tick)])

    def edit_many(
        self, changes: dict[str, dict[str, Any]], author: str | None = None, *, only_new: bool = False
    ) -> list[Event]:
        """Write changes of several features as one step for undo.

        What a feature has already is not written again, unless the author had not said so yet: then it is a
        second opinion.

        Parameters
        ----------
        changes : dict
            Feature to what changes in it; see `edit`.
        author : str, optional
            Instead of `author`.
        only_new : bool
            Leave second opinions out, too.

        Returns
        -------
        list of Event
            What was written.

        Raises
        ------
        LabelsError
            When a value cannot be used, or the file cannot be written; nothing is then changed.
        """
        known, who = self._ledger.known(), self._who(author)
        cleaned = clean_edits(changes, known)

        def make(state: State) -> list[Event]:
            events: list[Event] = []
            for feature, given in cleaned.items():
                label = state.labels.get(feature, Label())
                full = _with_status(label, given)
                if only_new:
                    full = {k: v for k, v in full.items() if differs(label, {k: v})}
                own = label if only_new else state.own.get(who, {}).get(feature)
                if not full or (own is not None and not differs(own, full) and not differs(label, full)):
                    continue
                first = events[0].uuid if events else ""
                tick = events[-1].tick if events else state.tick
                events.append(new_event("edit", feature, full, author=who, after=tick, target=first))
            return events

        return self._ledger.add(make)

    # -- other forms and other people's stores -----------------------------------------------------

    def to_csv(self, path: str | Path) -> Path:
        """Write the present labels as a table for a spreadsheet; see `whimsight.labels.csv_file`.

        One row a feature (all of the study's, where they are known) with ``feature``, ``name``, ``status``,
        ``note``, ``tags`` (with ``;`` between), ``turned``, ``author``, ``time``. Who did what, and undo, are
        in `to_json` only.
        """
        from whimsight.labels.csv_file import write_csv

        place = as_path(path, "a table, such as 'labels.csv'", LabelsError)
        return write_csv(place, self._ledger.state().labels, self._ledger.known())

    def from_csv(self, path: str | Path, *, author: str | None = None) -> int:
        """Take over a table that `to_csv` wrote, also when it was edited by hand.

        What differs from the present labels becomes edits of ``author``, together one step for undo. Columns
        that are left out, and empty cells under ``status``, change nothing; ``author`` and ``time`` are not read.

        Returns
        -------
        int
            How many features changed.

        Raises
        ------
        LabelsError
            Names the rows and columns that cannot be used; nothing is then changed.
        """
        from whimsight.labels.csv_file import read_csv

        return len(
            self.edit_many(read_csv(file_to_import(path), self._ledger.known()), author, only_new=True)
        )

    def to_json(self, path: str | Path) -> Path:
        """Write the whole history as JSON; `from_json` and `merge` read it."""
        from whimsight.labels.json_file import write_json

        place = as_path(path, "a history, such as 'my-labels.json'", LabelsError)
        return write_json(place, self.events(), study=self.study, features=self._ledger.known())

    def from_json(self, path: str | Path) -> int:
        """Take over the history that `to_json` wrote: everybody's events that are not here yet.

        Returns
        -------
        int
            How many events were new.
        """
        file = file_to_import(path)
        merged = merge_stores([file], into=self)
        refused = merged.files["refused"].iloc[0]
        if refused:
            raise LabelsError(f"Cannot import {file.name!r}: {refused}")
        return int(merged.files["new"].iloc[0])

    merge = MergeHere()

    def agreement(self, *, seed: int = 0) -> pd.DataFrame:
        """Return how far the people in this store agree; see `whimsight.labels.agreement`."""
        from whimsight.labels.agreement import agreement

        return agreement([self], seed=seed)

    def take(self, events: Sequence[Event]) -> list[Event]:
        """Add events of another store that are not here yet, in one transaction; return these."""

        def missing(state: State) -> list[Event]:
            here = {event.uuid for event in self.events()}
            return [
                event for event in {event.uuid: event for event in events}.values() if event.uuid not in here
            ]

        return self._ledger.add(missing)

    def _move(self, kind: Any, author: str | None) -> str | None:
        who = self._who(author)
        touched: list[str] = []

        def make(state: State) -> list[Event]:
            touched.clear()
            steps = (state.done if kind == "undo" else state.undone).get(who)
            if not steps:
                return []
            last = next(reversed(steps))
            touched.append(state.steps[who, last][0].feature)
            return [new_event(kind, touched[0], {}, author=who, after=state.tick, target=last)]

        self._ledger.add(make)
        return touched[0] if touched else None

    # -- small things ------------------------------------------------------------------------------

    def _who(self, author: str | None) -> str:
        return self._author if author is None else clean_author(author)

    def __len__(self) -> int:
        return len(self._ledger.state().labels)

    def __repr__(self) -> str:
        try:
            state = self._ledger.state()
        except LabelsError as error:
            return f"<LabelStore {self.name!r}: {error}>"
        events = self.events()
        people = len({event.author for event in events})
        return (
            f"<LabelStore {self.name!r}: {counted(len(state.labels), 'feature')} touched, "
            f"{counted(len(state.judgments), 'judgment')}, {counted(len(events), 'event')} of "
            f"{counted(people, 'person', 'people')}>"
        )

    def __getstate__(self) -> dict[str, Any]:
        ledger = self._ledger
        kept = ledger.events() if ledger.path is None else ledger.begin_with
        named = {"study": ledger.expected, "features": ledger.features, "author": self._author}
        return {**named, "path": ledger.path or _MEMORY, "_check": False, "_begin_with": kept}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(**state)  # type: ignore[misc]


def _with_status(label: Label, given: dict[str, Any]) -> dict[str, Any]:
    """Add the status that a new name brings along."""
    if "name" not in given or "status" in given or given["name"] == label.name:
        return given
    if not given["name"]:
        return {**given, "status": "draft"} if label.status in ("named", "verified") else given
    return {**given, "status": "named"} if label.status in ("draft", "verified") else given
