"""Names and notes out of a model's answers: one clean line each, or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from whimsight.labels.clean import clean_line
from whimsight.names.protocols import Candidate
from whimsight.naming.wording.sections import cleaned

__all__ = ["NAME", "NOTE", "candidate", "merged", "named"]

NAME, NOTE = 60, 500
"""Characters that a name and its note may have."""
_READ = 2_000  # characters of an answer that are looked at

_NOTHING = frozenset({
    "", "n a", "na", "name", "name here", "nil", "no common quality", "no difference", "none", "not clear",
    "nothing", "null", "quality", "the name", "tie", "unclear", "undefined", "unknown", "unnamed", "untitled",
})  # fmt: skip
_ACTIVE = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>|</?[a-z!?][^<>]*[\s=/][^<>]*>", re.I | re.S)
_COLOURS = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")  # of a terminal
_WRAPPED = re.compile(r"<([a-z][a-z0-9]*)>(.*)</\1>", re.I | re.S)
_ASIDE = re.compile(
    r"^(?:(?:short )?name\s*[:=]\s*|(?:the )?response with more(?: of (?:this|it|the quality))?\s*[:,]?\s+)",
    re.I,
)
_ENDS = " |~.,;:!?-–—…"
_PAIRS = [('"', '"'), ("'", "'"), ("`", "`"), ("“", "”"), ("„", "“"), ("‘", "’"), ("«", "»"), ("**", "**"),
          ("*", "*"), ("__", "__"), ("_", "_"), ("(", ")"), ("[", "]"), ("{", "}")]  # fmt: skip
_HANGING = re.compile(
    r"\s+(?:an?|and|as|by|for|from|in|its|of|on|or|such|that|the|their|to|which|with)$", re.I
)


def named(text: str) -> str:
    r"""Return a name as it may stand in a table: one line, at most 60 characters; empty where it names nothing.

    Examples
    --------
    >>> named('**"Gives a Worked Example."**')
    'gives a worked example'
    >>> named("The response with more of this uses JSON")
    'uses JSON'
    >>> named("Says “sorry” or “I can't”")
    "says “sorry” or “I can't”"
    >>> named("N/A")
    ''
    >>> named("\x1b[31muses colours\x1b[0m")
    'uses colours'
    """
    name = _stripped(_line(text))
    name = _lower(_stripped(_ASIDE.sub("", name)))
    if len(name) > NAME:
        name = _stripped(_at_a_word(name, NAME))
        while _HANGING.search(name):
            name = _stripped(_HANGING.sub("", name))
    return "" if _same(name) in _NOTHING else name


def candidate(values: Mapping[str, str]) -> Candidate | None:
    """Return the concept that a describer's answer proposes; None where it proposes nothing.

    Examples
    --------
    >>> candidate({"name": "Apologizes.", "note": "It says sorry."})
    Candidate(name='apologizes', kind='concept', terms=(), sign=1, note='It says sorry.', parts=())
    """
    name = named(values.get("name", ""))
    note = _line(values.get("note", ""))
    if len(note) > NOTE:
        note = f"{_at_a_word(note, NOTE - 1).rstrip(' ,;:')}…"
    return Candidate(name, "concept", (), 1, "" if _same(note) in _NOTHING else note) if name else None


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Return each name once, those proposed most often first; capitals and punctuation do not count.

    Examples
    --------
    >>> said = ["refuses", "gives an example", "Gives an example!", "refuses,", "gives an-example"]
    >>> [c.name for c in merged(Candidate(name, "concept", ()) for name in said)]
    ['gives an example', 'refuses']
    """
    first: dict[str, Candidate] = {}
    count: dict[str, int] = {}
    for c in candidates:
        key = _same(c.name)
        first.setdefault(key, c)
        count[key] = count.get(key, 0) + 1
    return [first[key] for key in sorted(first, key=lambda key: -count[key])]


def _line(text: str) -> str:
    """Return the beginning of a model's text as one line without markup."""
    return clean_line(_ACTIVE.sub(" ", cleaned(_COLOURS.sub("", text[:_READ]))))


def _stripped(name: str) -> str:
    """Take away what a name is wrapped in (quotation marks, markup, brackets) and punctuation at its ends."""
    while True:
        inner = name.lstrip(f"{_ENDS}#").rstrip(_ENDS)  # a heading loses its mark, C# keeps it
        wrapped = _WRAPPED.fullmatch(inner)
        if wrapped:
            inner = wrapped[2]
        for left, right in _PAIRS:
            inner = _without(inner, left, right)
        if inner == name:
            return name
        name = inner


def _without(name: str, left: str, right: str) -> str:
    """Take away a pair of marks around the whole, or one of them that has no other; “a” or “b” keeps them."""
    opened, closed = name.startswith(left), name.endswith(right) and len(name) > len(left)
    inside = name[len(left) if opened else 0 : len(name) - len(right) if closed else len(name)]
    if opened and closed:
        return name if left in inside or right in inside else inside
    alone = (opened and right not in inside) or (closed and left not in inside)
    return inside if alone else name


def _lower(name: str) -> str:
    """Make a title or a sentence's beginning small, and leave acronyms and "I" as they are."""
    words = name.split(" ")
    titled = len(words) > 1 and sum(w[:1].isupper() for w in words) > len(words) / 2
    return " ".join(w.lower() if _plain_title(w) and (titled or i == 0) else w for i, w in enumerate(words))


def _plain_title(word: str) -> bool:
    return (
        word[:1].isupper() and word[1:2].islower() and word[1:].replace("-", "").replace("'", "").islower()
    ) or word == "A"


def _at_a_word(text: str, most: int) -> str:
    """Cut a text to at most so many characters, at the end of a word where there is one."""
    cut = text[: most + 1].rsplit(" ", 1)[0] if " " in text[: most + 1] else text[:most]
    return cut[:most]


def _same(text: str) -> str:
    """The key under which names are the same."""
    return " ".join(re.sub(r"[\W_]+", " ", text.casefold()).split())
