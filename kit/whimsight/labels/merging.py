"""Many people's stores in one: the union of their events, who did what, and where they differ.

Events carry ids that no two different events share, so merging is the same in any order and merging again
changes nothing. Files that cannot be used are refused by name and do not stop the others (`read_all`).
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import pandas as pd

from whimsight._plural import counted
from whimsight.errors import LabelsError
from whimsight.labels.events import Event, now_ms
from whimsight.labels.fold import fold
from whimsight.labels.handed_in import HandedIn
from whimsight.labels.sources import read_all
from whimsight.tables import Table, verbatim

if TYPE_CHECKING:
    from pathlib import Path

    from whimsight.labels.sources import Source
    from whimsight.labels.store import LabelStore

__all__ = ["MergeHere", "Merged", "Voices", "merge_stores", "voices_of"]

By = Literal["author", "file"]
Voices = dict[str, list[Event]]
"""Who speaks, and what they did, in order."""

_FARTHEST_MS = 10 * 365 * 86_400_000


@dataclass(frozen=True, slots=True, repr=False)
class Merged:
    """What a merge did.

    Attributes
    ----------
    store : LabelStore
        Where the events are now.
    files : DataFrame
        Index ``file``; columns ``people`` (their names), ``events``, ``new`` (how many were not there yet),
        ``refused`` (why it was left out; empty for those that were taken).
    people : DataFrame
        Index ``person``; columns ``files``, ``features`` (touched), ``named``, ``verified``, ``rejected``,
        ``edits``, ``judgments``, ``first``, ``last`` (time).
    conflicts : DataFrame
        Features that people named differently or turned differently: one row a person, columns ``feature``,
        ``person``, ``name``, ``status``, ``turned``, ``time``, and ``shown``: whether it is what the merged
        store says (there the last word counts).
    notes : tuple of str
        What to know about the tables, such as several files signed with one name.
    voices : dict
        person to events: what `agreement` compares.
    """

    store: LabelStore
    files: pd.DataFrame
    people: pd.DataFrame
    conflicts: pd.DataFrame
    notes: tuple[str, ...]
    voices: Voices

    def agreement(self, *, seed: int = 0) -> pd.DataFrame:
        """Return how far the people agree; see `whimsight.labels.agreement`."""
        from whimsight.labels.agreement import agreement_of

        return agreement_of(self.voices, seed=seed)

    def __repr__(self) -> str:
        refused = self.files["refused"] != ""
        lines = [
            f"<Merged into {self.store.name!r}: {int((~refused).sum())} of {counted(len(self.files), 'file')}, "
            f"{counted(len(self.people), 'person', 'people')}, {counted(int(self.files['new'].sum()), 'new event')}, "
            f"{counted(self.conflicts['feature'].nunique(), 'feature')} in conflict>"
        ]
        lines += [f"refused {file!r}: {why}" for file, why in self.files.loc[refused, "refused"].items()]
        return "\n".join([*lines, *self.notes])

    def _repr_html_(self) -> str:
        from html import escape

        parts = [f"<pre>{escape(repr(self))}</pre>", self.people.to_html(border=0)]
        if len(self.conflicts):
            parts.append(self.conflicts.to_html(border=0, index=False))
        return verbatim("".join(parts))


class MergeHere:
    """`merge_stores` as a method: ``store.merge(files)`` adds to the store, ``LabelStore.merge(files)`` does not."""

    def __get__(self, store: LabelStore | None, owner: type[LabelStore]) -> Callable[..., Merged]:
        @functools.wraps(merge_stores)
        def merge(sources: Any, *, into: LabelStore | str | Path | None = store, by: By = "author") -> Merged:
            return merge_stores(sources, into=into, by=by)

        return merge


def merge_stores(
    sources: Source | Iterable[Source], *, into: LabelStore | str | Path | None = None, by: By = "author"
) -> Merged:
    """Bring the work of many people together: the union of all events.

    Parameters
    ----------
    sources : paths or stores
        Files of `LabelStore` (opened for reading only) or of `LabelStore.to_json`, stores, or a folder, in
        which all ``.labels`` and ``.json`` files are read.
    into : LabelStore or path, optional
        Where the events go: a new file, or one that holds work already. In memory by default.
    by : {"author", "file"}
        Who counts as a person in the tables. With ``"file"`` every file is a person's: for courses in which
        everybody is called the same, as on a JupyterHub.

    Returns
    -------
    Merged

    Raises
    ------
    LabelsError
        When ``into`` cannot be written, a path leads nowhere, or there is nothing to merge; nothing is then
        changed. Files that are there and cannot be used do not raise; see `Merged.files`.

    Examples
    --------
    >>> from whimsight.labels import LabelStore
    >>> ann, bob = LabelStore(":memory:", author="Ann"), LabelStore(":memory:", author="Bob")
    >>> ann.edit("d07", name="says sorry")
    >>> bob.edit("d07", name="apologises")
    >>> merged = LabelStore.merge([ann, bob])
    >>> merged.people["features"].to_dict()
    {'Ann': 1, 'Bob': 1}
    >>> merged.conflicts[["feature", "person", "name"]].to_numpy().tolist()
    [['d07', 'Ann', 'says sorry'], ['d07', 'Bob', 'apologises']]
    """
    from whimsight.labels.store import LabelStore

    target = LabelStore(":memory:") if into is None else into
    if not isinstance(target, LabelStore):
        target = LabelStore(target)
    read, refused = read_all(sources)
    study = target.study or _commonest(handed.study for handed in read.values())
    known = target._ledger.known()
    for name in list(read):
        why = _unusable(read[name], study, known)
        if why:
            del read[name]
            refused[name] = why
    if study is not None and target.study is None:
        target._ledger.expected = study
    voices, notes = voices_of({name: handed.events for name, handed in read.items()}, by)
    new = {event.uuid for event in target.take([e for handed in read.values() for e in handed.events])}
    rows = []
    for name in [*sorted(read), *sorted(refused)]:
        events = read[name].events if name in read else []
        people = ", ".join(sorted({event.author for event in events}))
        held = {event.uuid for event in events}
        rows.append((name, people, len(held), len(held & new), refused.get(name, "")))
        new -= held  # an event that two files hold is new once
    files = Table(rows, columns=["file", "people", "events", "new", "refused"]).set_index("file")
    return Merged(target, files, people_table(voices, read), conflicts_table(voices, target), notes, voices)


def voices_of(files: dict[str, list[Event]], by: By) -> tuple[Voices, tuple[str, ...]]:
    """Return whose events are whose, each once and in order, and what to know about that."""
    if by not in ("author", "file"):
        raise LabelsError(f"by must be 'author' or 'file'; found {by!r}.")
    voices: dict[str, dict[str, Event]] = {}
    seen: dict[str, list[set[str]]] = {}
    for name, events in files.items():
        authors = sorted({event.author for event in events})
        for author in authors:
            own = {event.uuid: event for event in events if event.author == author}
            seen.setdefault(author, []).append(set(own))
            person = author if by == "author" else name if len(authors) == 1 else f"{author} in {name}"
            voices.setdefault(person, {}).update(own)
    notes = []
    for author, parts in sorted(seen.items()):
        strangers = sum(not any(part & other for other in parts if other is not part) for part in parts)
        if by == "author" and strangers > 1:
            notes.append(
                f"{strangers} files that share no work are signed {author!r} and count as one person; "
                "where they are several people's, merge with by='file'."
            )
    ordered = {p: sorted(voices[p].values(), key=lambda event: event.order) for p in sorted(voices)}
    return ordered, tuple(notes)


def people_table(voices: Voices, read: dict[str, HandedIn]) -> pd.DataFrame:
    """Return who did what."""
    where = {name: {event.uuid for event in handed.events} for name, handed in read.items()}
    rows = []
    for person, events in voices.items():
        state, kinds = fold(events), Counter(event.kind for event in events)
        labels = [label for own in state.own.values() for label in own.values()]
        status = Counter(label.status for label in labels)
        uuids = {event.uuid for event in events}
        rows.append(
            {
                "person": person,
                "files": sum(bool(held & uuids) for held in where.values()),
                "features": len(labels),
                **{s: status[s] for s in ("named", "verified", "rejected")},
                "edits": kinds["edit"],
                "judgments": len(state.judgments),
                "first": min(event.time for event in events),
                "last": max(event.time for event in events),
            }
        )
    columns = ["person", "files", "features", "named", "verified", "rejected", "edits", "judgments"]
    return Table(rows, columns=[*columns, "first", "last"]).set_index("person")


def conflicts_table(voices: Voices, store: LabelStore) -> pd.DataFrame:
    """Return the features of which people say different things, a row a person."""
    shown = store._ledger.state().labels
    said: dict[str, list[dict[str, Any]]] = {}
    for person, events in voices.items():
        for own in fold(events).own.values():
            for feature, label in own.items():
                now = shown.get(feature)
                same = now is not None and (label.name, label.turned) == (now.name, now.turned)
                row: dict[str, Any] = {
                    "feature": feature,
                    "person": person,
                    "name": label.name,
                    "status": label.status,
                }
                row |= {"turned": label.turned, "time": label.time, "shown": same}
                said.setdefault(feature, []).append(row)
    rows = []
    for feature in sorted(said):
        named = [row for row in said[feature] if row["name"]]
        meant = {(row["name"].casefold(), row["turned"]) for row in named}
        if len(meant) > 1:
            rows += named
    return Table(rows, columns=["feature", "person", "name", "status", "turned", "time", "shown"])


def _unusable(handed: HandedIn, study: str | None, known: list[str] | None) -> str:
    if handed.study is not None and study is not None and handed.study != study:
        return "it belongs to another study, whose features are other ones."
    last = max((event.tick for event in handed.events), default=0)
    if last > now_ms() + _FARTHEST_MS:
        return (
            "one of its events is dated more than ten years from now, and all later work would have to be "
            "dated after it. Hand its labels in as to_csv writes them."
        )
    foreign = sorted({event.feature for event in handed.events} - set(known or ()))
    if known is not None and foreign:
        return f"it labels {foreign[0]!r}, which the study does not have."
    return ""


def _commonest(studies: Iterable[str | None]) -> str | None:
    count = Counter(study for study in studies if study is not None)
    return min(count, key=lambda study: (-count[study], study)) if count else None
