"""Conversations: message lists, transcripts, and the part that two of them share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

__all__ = ["Turn", "as_text", "is_messages", "split_pair", "split_sides", "to_turns", "transcript_turns"]

_ROLES = {
    "human": "user",
    "gpt": "assistant",
    "model": "assistant",
    "bot": "assistant",
    "chatgpt": "assistant",
}
_SPEAKERS = {"user": "Human", "assistant": "Assistant", "system": "System"}
_SPOKEN = re.compile(r"(?:^|\n\n)(Human|Assistant): ?")


class Turn(NamedTuple):
    """One message: who says it (``user``, ``assistant``, ``system`` ...) and what."""

    role: str
    text: str


def to_turns(value: Any) -> list[Turn] | None:
    """Return the turns of a list of messages, or None if it is none.

    Messages have ``role`` and ``content``, or ``from`` and ``value``; arrays and JSON strings of such lists
    are lists too, and a content may be a list of parts of which the text is kept.

    Examples
    --------
    >>> to_turns([{"role": "user", "content": "Hi"}])
    [Turn(role='user', text='Hi')]
    """
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return None
        try:
            value = json.loads(value)
        except ValueError:
            return None
    value = _as_list(value)
    if not value:
        return None
    turns = []
    for message in value:
        if not isinstance(message, Mapping):
            return None
        role = message.get("role", message.get("from"))
        if role is None or not ({"content", "value"} & set(message)):
            return None
        role = str(role).lower()
        turns.append(Turn(_ROLES.get(role, role), _content(message.get("content", message.get("value")))))
    return turns


def is_messages(value: Any) -> bool:
    """Whether a value is a conversation."""
    return to_turns(value) is not None


def transcript_turns(text: Any) -> list[Turn] | None:
    r"""Return the turns of an HH-RLHF transcript, or None if it is none.

    Examples
    --------
    >>> transcript_turns("\n\nHuman: Hi\n\nAssistant: Hello")
    [Turn(role='user', text='Hi'), Turn(role='assistant', text='Hello')]
    """
    if not isinstance(text, str):
        return None
    found = list(_SPOKEN.finditer(text))
    if not found:
        return None
    ends = [m.start() for m in found[1:]] + [len(text)]
    return [
        Turn(_ROLES.get(m[1].lower(), m[1].lower()), text[m.end() : end].strip())
        for m, end in zip(found, ends, strict=True)
    ]


def as_text(turns: Sequence[Turn]) -> str:
    """Write turns as text: one alone as it stands, more as ``Human: ...`` / ``Assistant: ...`` paragraphs."""
    return turns[0].text if len(turns) == 1 else "\n\n".join(map(_spoken, turns))


def split_pair(
    first: Sequence[Turn] | None, second: Sequence[Turn] | None
) -> tuple[str | None, str | None, str | None, bool]:
    """Split two conversations into what they share, and what each says after that.

    Returns
    -------
    prompt, response_a, response_b : str or None
        The shared turns, up to the last one that is not an answer, and what follows on each side.
    early : bool
        The conversations part before the last answer, so that a response holds several turns.

    Examples
    --------
    >>> hi = Turn("user", "Hi")
    >>> split_pair([hi, Turn("assistant", "Hello")], [hi, Turn("assistant", "What?")])
    ('Hi', 'Hello', 'What?', False)
    """
    if first is None or second is None:
        return None, None, None, False
    shared = 0
    while shared < min(len(first), len(second)) and first[shared] == second[shared]:
        shared += 1
    while shared and first[shared - 1].role == "assistant":  # an answer belongs to what is compared
        shared -= 1
    rests = first[shared:], second[shared:]
    early = any(len(rest) > 1 for rest in rests)
    texts = [_response(rest) for rest in rests]
    return as_text(first[:shared]) if shared else "", texts[0], texts[1], early


def split_sides(
    first: Sequence[Turn] | None, second: Sequence[Turn] | None
) -> tuple[str | None, str | None, str | None, bool]:
    r"""Split two conversations that got the same user turns: those are the prompt, the answers the responses.

    Conversations whose user turns differ are split where they part, see `split_pair`.

    Examples
    --------
    >>> a = [Turn("user", "Hi"), Turn("assistant", "Yo"), Turn("user", "More"), Turn("assistant", "Yo yo")]
    >>> split_sides(a, a)[:2]
    ('Hi\n\n[Follow-up]\nMore', 'Yo\n\n[Answer to the follow-up]\nYo yo')
    """
    if first is None or second is None:
        return None, None, None, False
    asked, asked_b = ([t.text for t in turns if t.role != "assistant"] for turns in (first, second))
    if asked != asked_b:
        return split_pair(first, second)
    answers = [[t.text for t in turns if t.role == "assistant"] for turns in (first, second)]
    joined = ["\n\n[Answer to the follow-up]\n".join(answer) for answer in answers]
    return "\n\n[Follow-up]\n".join(asked), joined[0], joined[1], len(asked) > 1


def _spoken(turn: Turn) -> str:
    return f"{_SPEAKERS.get(turn.role, turn.role.capitalize())}: {turn.text}"


def _response(turns: Sequence[Turn]) -> str:
    """Write what follows the shared turns; an answer that comes first needs no speaker before it."""
    if turns and turns[0].role == "assistant":
        return "\n\n".join([turns[0].text, *map(_spoken, turns[1:])])
    return as_text(turns) if turns else ""


def _content(content: Any) -> str:
    if isinstance(content, str):
        return content
    parts = [p if isinstance(p, str) else p.get("text") for p in _as_list(content) or () if p]
    return "\n".join(p for p in parts if isinstance(p, str))


def _as_list(value: Any) -> list[Any] | None:
    if hasattr(value, "tolist"):
        value = value.tolist()
    return list(value) if isinstance(value, Sequence) and not isinstance(value, str) else None
