"""Conversations: message lists, transcripts, and the prompt that two of them share."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

__all__ = ["is_messages", "prompt_and_response", "split_transcript", "to_messages", "to_text"]

_SPEAKERS = {
    "user": "Human",
    "human": "Human",
    "assistant": "Assistant",
    "gpt": "Assistant",
    "system": "System",
}
_LAST_ASSISTANT = re.compile(r"\n\nAssistant:(?!.*\n\nAssistant:)", re.DOTALL)


def to_messages(value: Any) -> list[Mapping[str, Any]] | None:
    """Return a list of messages (``role``/``content``, or ``from``/``value``), or None if it is none.

    Arrays and JSON strings of such lists are lists too.
    """
    if isinstance(value, str):
        if not value.lstrip().startswith("["):
            return None
        try:
            value = json.loads(value)
        except ValueError:
            return None
    if hasattr(value, "tolist"):
        value = value.tolist()
    if not isinstance(value, Sequence) or isinstance(value, str) or not value:
        return None
    ok = all(
        isinstance(m, Mapping) and ({"role", "content"} <= set(m) or {"from", "value"} <= set(m))
        for m in value
    )
    return list(value) if ok else None


def is_messages(value: Any) -> bool:
    """Whether a value is a conversation."""
    return to_messages(value) is not None


def to_text(content: Any) -> str | None:
    """Return the text of a message's content: a string, or the text parts of a list of parts."""
    if isinstance(content, str):
        return content
    if hasattr(content, "tolist"):
        content = content.tolist()
    if isinstance(content, Sequence):
        parts = [p.get("text") for p in content if isinstance(p, Mapping) and isinstance(p.get("text"), str)]
        return "\n".join(p for p in parts if p is not None) if parts else None
    return None


def prompt_and_response(value: Any) -> tuple[str | None, str | None]:
    """Split a conversation into what came before the last assistant message and that message.

    A single user message is the prompt as it stands; longer histories are written as
    ``Human: ...`` / ``Assistant: ...`` paragraphs.

    Examples
    --------
    >>> prompt_and_response([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    ('Hi', 'Hello')
    """
    messages = to_messages(value)
    if messages is None:
        return None, value if isinstance(value, str) else None
    turns = [
        (str(m.get("role", m.get("from"))).lower(), to_text(m.get("content", m.get("value"))))
        for m in messages
    ]
    last = max((i for i, (role, _) in enumerate(turns) if role in ("assistant", "gpt")), default=None)
    if last is None:
        return history(turns), None
    return history(turns[:last]), turns[last][1]


def history(turns: Sequence[tuple[str, str | None]]) -> str:
    """Write turns as text."""
    said = [(role, text or "") for role, text in turns]
    if len(said) == 1 and said[0][0] in ("user", "human"):
        return said[0][1]
    return "\n\n".join(f"{_SPEAKERS.get(role, role.capitalize())}: {text}" for role, text in said)


def split_transcript(text: Any) -> tuple[str | None, str | None]:
    """Split an HH-RLHF transcript at its last ``Assistant:``.

    Examples
    --------
    >>> split_transcript("\\n\\nHuman: Hi\\n\\nAssistant: Hello")
    ('Hi', 'Hello')
    """
    if not isinstance(text, str):
        return None, None
    found = _LAST_ASSISTANT.search(text)
    if found is None:
        return None, None
    prompt = text[: found.start()].strip()
    if prompt.startswith("Human:") and "\n\nAssistant:" not in prompt and prompt.count("\n\nHuman:") == 0:
        prompt = prompt.removeprefix("Human:").strip()
    return prompt, text[found.end() :].strip()
