"""Where in a text an attribute is seen, for highlighting."""

from __future__ import annotations

import re

from whimsight.attributes.catalogue import ATTRIBUTES, PATTERNS
from whimsight.attributes.lexicons import LEXICONS
from whimsight.attributes.tokens import TRIM

__all__ = ["spans"]

_SIGNS = {
    "m_exclamations": r"!",
    "m_questions": r"\?",
    "m_colons": r"[:;]",
    "m_commas": r",",
    "m_parentheses": r"[(\[]",
    "m_lines": r"\n",
    "m_digits": r"[0-9]",
    "m_all_caps": r"(?<!\S)[^A-Za-z0-9\s]*[A-Z]{2,}[^A-Za-z0-9\s]*(?!\S)",
}


def spans(text: str, attribute: str) -> list[tuple[int, int]]:
    """Return the (start, end) places, in characters, that an attribute counts.

    Global attributes such as the number of words have no places: the list is empty.

    Examples
    --------
    >>> spans("Sorry, I can't.", "m_apologies")
    [(0, 5)]
    """
    if attribute not in ATTRIBUTES:
        raise KeyError(f"No attribute {attribute!r}. See whimsight.ATTRIBUTES.")
    if attribute in LEXICONS:
        return _lexicon(text, LEXICONS[attribute])
    pattern = _SIGNS.get(attribute) or PATTERNS.get(attribute)
    if pattern is None:
        return []
    return [m.span() for m in re.finditer(_python(pattern), text) if m.end() > m.start()]


def _python(pattern: str) -> str:
    """Write an RE2 pattern for Python: wide code points, and flags at the start."""
    pattern = re.sub(r"\\x\{([0-9A-F]+)\}", lambda m: chr(int(m[1], 16)), pattern)
    return "(?m)" + pattern.replace("(?m)", "") if "(?m)" in pattern else pattern.replace(r"\s*$", r"\s*\Z")


def _lexicon(text: str, entries: tuple[str, ...]) -> list[tuple[int, int]]:
    words = []
    for match in re.finditer(r"\S+", text):
        raw = match.group()
        word = raw.lower().replace("’", "'").strip(TRIM)
        if word:
            start = match.start() + len(raw) - len(raw.lstrip(TRIM))
            words.append((word, start, match.start() + len(raw.rstrip(TRIM))))
    out = []
    for entry in entries:
        parts = entry.split()
        for i in range(len(words) - len(parts) + 1):
            if all(words[i + k][0] == part for k, part in enumerate(parts)):
                out.append((words[i][1], words[i + len(parts) - 1][2]))
    return sorted(out)
