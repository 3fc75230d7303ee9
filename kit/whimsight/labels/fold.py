"""The state of the work: a fold over the events in order.

An edit is *done* or *undone*. Undoing takes the author's own last edit out of the fold; everything else stays,
so what another person set later in the same field stands, and what they had set earlier shows again. A new
edit drops what its author had undone. Undo and redo of somebody else's edit have no effect.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from whimsight.labels.events import Event

__all__ = ["Label", "State", "differs", "fold"]


@dataclass(frozen=True, slots=True)
class Label:
    """What people made of a feature."""

    name: str = ""
    status: str = "draft"
    note: str = ""
    tags: tuple[str, ...] = ()
    turned: bool = False
    author: str = ""
    time: str = ""


@dataclass(slots=True)
class State:
    """What the history comes to.

    Attributes
    ----------
    labels : dict
        feature to `Label`: the last word of anybody, field by field.
    own : dict
        author to feature to `Label`: what each person would have alone.
    done, undone : dict
        author to steps, oldest first: what undo and redo would take. The steps are keys, so that one is
        found and taken out at once, in a history of any length.
    steps : dict
        (author, step) to its edits; nobody joins another person's step.
    judgments : dict
        (author, feature, row, name) to the last answer's event.
    tick : int
        The largest tick.
    """

    labels: dict[str, Label] = field(default_factory=dict)
    own: dict[str, dict[str, Label]] = field(default_factory=dict)
    done: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    undone: dict[str, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    steps: dict[tuple[str, str], list[Event]] = field(default_factory=dict)
    judgments: dict[tuple[str, str, int, str], Event] = field(default_factory=dict)
    tick: int = 0


def fold(events: Iterable[Event]) -> State:
    """Return the state after events that stand in order."""
    state = State()
    edits: list[Event] = []
    for event in events:
        state.tick = max(state.tick, event.tick)
        if event.kind == "edit":
            edits.append(event)
            _edit(state, event)
        elif event.kind == "judgment":
            p = event.payload
            state.judgments[event.author, event.feature, p["row"], p["name"]] = event
        else:
            _move(state, event)
    active = {(author, step) for author, steps in state.done.items() for step in steps}
    edits = [event for event in edits if (event.author, event.step) in active]
    state.labels = _labels(edits)
    by_author: dict[str, list[Event]] = defaultdict(list)
    for event in edits:
        by_author[event.author].append(event)
    state.own = {author: _labels(own) for author, own in by_author.items()}
    return state


def _labels(edits: Iterable[Event]) -> dict[str, Label]:
    """Return what edits in force come to: field by field the last word."""
    fields: dict[str, dict[str, Any]] = {}
    for event in edits:
        said = fields.setdefault(event.feature, {})
        said.update(event.payload)
        said["author"], said["time"] = event.author, event.time
    return {f: Label(**{**said, "tags": tuple(said.get("tags", ()))}) for f, said in fields.items()}


def _edit(state: State, event: Event) -> None:
    key = event.author, event.step
    together = state.steps.setdefault(key, [])
    together.append(event)
    if len(together) == 1:
        state.done[event.author][event.step] = None
        state.undone[event.author].clear()


def _move(state: State, event: Event) -> None:
    """Undo or redo a step of the event's author; of anybody else, or what is not there, nothing."""
    done, undone = state.done[event.author], state.undone[event.author]
    if (event.author, event.target) not in state.steps:
        return
    if event.kind == "undo" and event.target in done:
        del done[event.target]
        undone[event.target] = None
    # Whether a redo was still on offer was settled when it was made: here an edit of the same person on
    # another machine may stand in between.
    if event.kind == "redo" and event.target not in done:
        done[event.target] = None
        undone.pop(event.target, None)


def differs(label: Label, changes: dict[str, Any]) -> bool:
    """Whether changes would change a label."""
    now = {name: getattr(label, name) for name in changes}
    return {**now, "tags": list(now.get("tags", ()))} != {**changes, "tags": list(changes.get("tags", ()))}
