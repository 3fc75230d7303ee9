"""The whole history as JSON: readable anywhere, read back event by event."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from whimsight.errors import LabelsError
from whimsight.files import atomic_write
from whimsight.labels.database import SCHEMA
from whimsight.labels.events import Event
from whimsight.labels.paths import cannot_write
from whimsight.labels.received import checked_event

__all__ = ["read_json", "write_json"]

_FORMAT = "whimsight-labels"


def write_json(
    path: Path, events: Sequence[Event], *, study: str | None, features: Sequence[str] | None
) -> Path:
    """Write a history; replaced atomically."""
    content = {
        "format": _FORMAT,
        "schema": SCHEMA,
        "study": study,
        "features": None if features is None else list(features),
        "events": [asdict(event) for event in events],
    }
    try:
        atomic_write(path, json.dumps(content, ensure_ascii=False, indent=1).encode("utf-8"))
    except OSError as error:
        raise cannot_write(path, error) from error
    return path


def read_json(data: bytes) -> tuple[str | None, list[Event]]:
    """Return the study's fingerprint and the events of a history.

    Raises
    ------
    LabelsError
        When it is not a history, or one of its events was changed by hand.
    """
    try:
        content = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise LabelsError(f"it is not JSON ({str(error)[:100]}).") from error
    if not isinstance(content, dict) or content.get("format") != _FORMAT:
        raise LabelsError("it is not a history of labels as to_json writes it.")
    if content.get("schema") != SCHEMA:
        raise LabelsError(
            f"it has layout {content.get('schema')!r}; this Whimsight knows {SCHEMA}. Install a newer one."
        )
    events, study = content.get("events"), content.get("study")
    if not isinstance(events, list) or not all(isinstance(event, dict) for event in events):
        raise LabelsError("its events are not a list of objects.")
    return (study if isinstance(study, str) else None), [checked_event(event) for event in events]
