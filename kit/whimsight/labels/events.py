"""One event of the history: what a person did to a feature, when, and how it is told from every other."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

__all__ = ["COLUMNS", "KINDS", "Event", "Kind", "canonical", "new_event", "now_ms", "uuid_of"]

Kind = Literal["edit", "undo", "redo", "judgment"]
KINDS: tuple[Kind, ...] = ("edit", "undo", "redo", "judgment")

COLUMNS = ("uuid", "tick", "time", "author", "kind", "feature", "payload", "target")
"""Columns of an event, the same in SQLite, in JSON and in `LabelStore.history`."""


@dataclass(frozen=True, slots=True)
class Event:
    """What a person did, once; never changed afterwards.

    Attributes
    ----------
    uuid : str
        32 hexadecimal digits: 16 at random, and 16 that are a hash of these and the content. Equal ids are
        therefore equal events, whoever hands them in, and a changed event no longer fits its id.
    tick : int
        Milliseconds since 1970, but always larger than every tick that its store knew: an edit made after
        seeing another one comes after it, even when a clock is wrong. Events are ordered by (tick, uuid).
    time : str
        What the clock said, ISO 8601 in UTC with milliseconds.
    author : str
    kind : {"edit", "undo", "redo", "judgment"}
    feature : str
    payload : dict
        For an edit the changed fields and their new values; for a judgment row, answer, name, seconds.
    target : str
        For undo and redo the uuid of the edit that is meant; for an edit that belongs to a step of several
        (an import), the uuid of the step's first; else empty.
    """

    uuid: str
    tick: int
    time: str
    author: str
    kind: Kind
    feature: str
    payload: dict[str, Any]
    target: str = ""

    @property
    def step(self) -> str:
        """The uuid that undo and redo name for this edit."""
        return self.target or self.uuid

    @property
    def order(self) -> tuple[int, str]:
        """Where it stands in the history, the same in every store that holds it."""
        return self.tick, self.uuid


def now_ms() -> int:
    """Return the clock's milliseconds since 1970."""
    return int(datetime.now(UTC).timestamp() * 1000)


def canonical(payload: dict[str, Any]) -> str:
    """Return a payload as the one text that stands for it."""
    return json.dumps(payload, ensure_ascii=True, sort_keys=True, separators=(",", ":"), allow_nan=False)


def uuid_of(nonce: str, event: Event) -> str:
    """Return the id of an event: 16 given random digits and a hash of these and of its content."""
    content = [event.tick, event.time, event.author, event.kind, event.feature, event.target]
    text = json.dumps([nonce, *content, canonical(event.payload)], ensure_ascii=True, separators=(",", ":"))
    return nonce + hashlib.blake2b(text.encode("ascii"), digest_size=8).hexdigest()


def new_event(
    kind: Kind, feature: str, payload: dict[str, Any], *, author: str, after: int, target: str = ""
) -> Event:
    """Make an event of this moment that comes after tick ``after``."""
    now = now_ms()
    time = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    event = Event("", max(now, after + 1), time, author, kind, feature, payload, target)
    return Event(
        uuid_of(secrets.token_hex(8), event), event.tick, time, author, kind, feature, payload, target
    )
