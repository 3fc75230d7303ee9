"""A model's words to the values of the fields, or `Unreadable`: never a guess."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from whimsight.language.base import Field

__all__ = ["MOST", "Unreadable", "read", "schema", "spelled"]

MOST = 200_000  # characters of a reply that are looked at
_MARK = re.compile(r"<(/?)(think|thinking|reasoning)>", re.IGNORECASE)


class Unreadable(ValueError):  # noqa: N818 - a state of the reply, not an error of the program
    """A reply that does not say, once and clearly, what each field is."""


def read(text: str, fields: Sequence[Field]) -> dict[str, str]:
    r"""Return what a reply says of each field.

    Code fences, prose around the object and what a reasoning model thinks aloud are passed over. An answer that
    is missing, is none of the allowed values, or stands there twice and differently is not guessed.

    Parameters
    ----------
    text : str
    fields : sequence of Field

    Returns
    -------
    dict
        Field's name to its value, in the order of the fields; allowed values as they were given.

    Raises
    ------
    Unreadable
        Says what is missing or not clear.

    Examples
    --------
    >>> read('Sure!\n```json\n{"winner": "a"}\n```', [Field("winner", ("A", "B", "tie"))])
    {'winner': 'A'}
    """
    said = _spoken(text)
    found: list[dict[str, str]] = []
    reason = "holds no JSON object" if said.strip() else "is empty"
    for item in _objects(said):
        try:
            values = _values(item, fields)
        except Unreadable as error:
            reason = str(error)
            continue
        if values not in found:
            found.append(values)
    if len(found) == 1:
        return found[0]
    raise Unreadable("gives two different answers" if found else reason)


def schema(fields: Sequence[Field]) -> dict[str, Any]:
    """Return the JSON schema of the object that is asked for."""
    kinds: dict[str, Any] = {
        f.name: {"type": "string", "enum": list(f.allowed)} if f.allowed else {"type": "string"}
        for f in fields
    }
    return {
        "type": "object",
        "properties": kinds,
        "required": list(kinds),
        "additionalProperties": False,
    }


def spelled(fields: Sequence[Field]) -> str:
    """Return the sentence that tells a model what to answer.

    Examples
    --------
    >>> spelled([Field("winner", ("A", "B")), Field("why")])
    'Answer with one JSON object and nothing else: {"winner": "A" or "B", "why": "..."}'
    """
    parts = [
        f"{json.dumps(f.name)}: " + (" or ".join(json.dumps(a) for a in f.allowed) if f.allowed else '"..."')
        for f in fields
    ]
    return "Answer with one JSON object and nothing else: {" + ", ".join(parts) + "}"


def _spoken(text: str) -> str:
    """Leave out what was thought aloud; thinking that was never closed leaves nothing."""
    text = _without_thinking(text[:MOST])
    _, closed, rest = text.rpartition("</think>")  # some servers leave out the opening mark
    if closed:
        text = rest
    return re.split(r"<(?:think|thinking|reasoning)>", text, maxsplit=1, flags=re.IGNORECASE)[0]


def _without_thinking(text: str) -> str:
    """Leave out what stands between an opening mark and the next closing one of its kind.

    In one pass: a pattern would look through the whole rest of the text at every mark that is never closed.
    """
    marks = [(m.start(), m.end(), bool(m[1]), m[2].lower()) for m in _MARK.finditer(text)]
    last = {kind: start for start, _, closing, kind in marks if closing}
    parts: list[str] = []
    position, inside = 0, ""
    for start, end, closing, kind in marks:
        if closing and kind == inside:
            position, inside = end, ""
        elif not closing and not inside and last.get(kind, -1) > start:
            parts.append(text[position:start])
            inside = kind
    return " ".join([*parts, text[position:]])


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Yield the outermost JSON objects in a text."""
    decoder = json.JSONDecoder(object_pairs_hook=_once, strict=False)
    position = text.find("{")
    for _ in range(200):
        if position < 0:
            return
        try:
            item, end = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            end = position + 1
        else:
            if isinstance(item, dict):
                yield item
        position = text.find("{", end)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that names a field twice and differently."""
    out: dict[str, Any] = {}
    for name, value in pairs:
        if name in out and out[name] != value:
            raise ValueError("a field twice")
        out[name] = value
    return out


def _values(item: dict[str, Any], fields: Sequence[Field]) -> dict[str, str]:
    exact = {one.name for one in fields}
    out = {}
    for one in fields:
        # The name as it was asked for, or spelled a little differently; two that disagree are none.
        said = [v for k, v in item.items() if k == one.name or (k not in exact and _alike(k, one.name))]
        if any(v != said[0] for v in said[1:]):
            raise Unreadable(f"says {one.name!r} twice and differently")
        value = said[0] if said else None
        if value is None:
            raise Unreadable(f"says nothing of {one.name!r}")
        if isinstance(value, (dict, list, bool)) or not isinstance(value, (str, int, float)):
            raise Unreadable(f"says {str(value)[:40]!r} of {one.name!r}")
        out[one.name] = _allowed(str(value).strip(), one)
    return out


def _alike(found: str, name: str) -> bool:
    return found.strip().casefold() == name.casefold()


def _allowed(value: str, one: Field) -> str:
    if not one.allowed:
        if not value:
            raise Unreadable(f"leaves {one.name!r} empty")
        return value
    if value in one.allowed:
        return value
    plain = value.strip(" .\"'*`").casefold()
    matching = [a for a in one.allowed if a.casefold() == plain]
    if len(matching) != 1:
        raise Unreadable(f"says {value[:40]!r} of {one.name!r}, which is none of {', '.join(one.allowed)}")
    return matching[0]
