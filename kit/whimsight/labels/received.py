"""Events that come from a file: only what Whimsight could have written itself is taken."""

from __future__ import annotations

import json
import re
from typing import Any, cast

from whimsight.errors import LabelsError
from whimsight.labels.clean import clean_answer, clean_author, clean_changes, clean_feature
from whimsight.labels.events import COLUMNS, KINDS, Event, uuid_of

__all__ = ["checked_event"]

_UUID = re.compile(r"[0-9a-f]{32}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", re.ASCII)
_LAST_TICK = 2**63  # as far as SQLite counts: what was written here after a wrong clock must be read again


def checked_event(found: dict[str, Any]) -> Event:
    """Return an event whose every part is as `LabelStore` would have written it.

    Parameters
    ----------
    found : dict
        The columns of an event; ``payload`` is JSON text or a dict.

    Raises
    ------
    LabelsError
        Says what is wrong with it, also when it was changed after it was made.
    """
    named = f"event {str(found.get('uuid'))[:32]!r}"
    try:
        if set(found) != set(COLUMNS):
            raise LabelsError(f"it has the fields {sorted(map(str, found))[:12]}")
        payload = found["payload"]
        payload = json.loads(payload) if isinstance(payload, str) else payload
        event = Event(**{**found, "payload": payload})
        _check(event)
    # A hostile payload may fail in many ways (nesting, numbers without end); all of them mean one thing.
    except (LabelsError, ValueError, TypeError, KeyError, RecursionError) as error:
        raise LabelsError(f"{named} cannot be used: {str(error)[:200]}") from error
    return event


def _check(event: Event) -> None:
    texts = (event.uuid, event.time, event.author, event.kind, event.feature, event.target)
    if not all(isinstance(text, str) for text in texts) or not isinstance(event.payload, dict):
        raise LabelsError("one of its fields is not a text")
    if type(event.tick) is not int or not 0 <= event.tick < _LAST_TICK:
        raise LabelsError(f"its tick is {event.tick!r}")
    if not _UUID.fullmatch(event.uuid) or not _TIME.fullmatch(event.time) or event.kind not in KINDS:
        raise LabelsError("its uuid, time or kind is of another form")
    if clean_author(event.author) != event.author:
        raise LabelsError("its author's name holds control characters")
    clean_feature(event.feature, None)
    _check_payload(event)
    if event.target and not _UUID.fullmatch(event.target):
        raise LabelsError("its target is not a uuid")
    if uuid_of(event.uuid[:16], event) != event.uuid:
        raise LabelsError("it was changed after it was made")


def _check_payload(event: Event) -> None:
    found = event.payload
    if event.kind == "edit":
        same = bool(found) and clean_changes(event.feature, found) == found
    elif event.kind == "judgment":
        given = cast("dict[str, Any]", {"seconds": None, **found})
        same = clean_answer(**given) == found
    else:
        same = not found and bool(event.target)
    if not same:
        raise LabelsError(f"its payload does not belong to {event.kind!r}")
