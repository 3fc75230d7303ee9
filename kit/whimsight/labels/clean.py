"""What a name, a status, a note, a tag and an author may be; everything that is stored went through here."""

from __future__ import annotations

import getpass
import os
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

from whimsight._suggest import nearest
from whimsight.errors import LabelsError

__all__ = [
    "FIELDS",
    "STATUSES",
    "clean_answer",
    "clean_author",
    "clean_changes",
    "clean_edits",
    "clean_feature",
    "clean_line",
    "default_author",
]

STATUSES = ("draft", "named", "verified", "rejected")
FIELDS = ("name", "status", "note", "tags", "turned")
"""What people may change of a feature."""

_NAME, _NOTE, _TAG, _TAGS, _AUTHOR, _FEATURE = 200, 10_000, 60, 50, 100, 100

# Embeddings, overrides and isolates of the writing direction would reach past the name; marks and joiners,
# which Arabic, Hebrew and emoji need, stay.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_CONTROL_IN_NOTE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_SURROGATE = re.compile("[\ud800-\udfff]")


def clean_line(text: str) -> str:
    r"""Return a text as one line: composed (NFC), without control characters, single spaces.

    Examples
    --------
    >>> clean_line("  gives\n a worked\texample ")
    'gives a worked example'
    """
    text = _CONTROL.sub(" ", _DIRECTION.sub("", _SURROGATE.sub("\ufffd", text)))
    return " ".join(unicodedata.normalize("NFC", text).split())


def clean_changes(feature: str, changes: Mapping[str, Any]) -> dict[str, Any]:
    """Return checked changes of a feature, JSON-ready; None means back to untouched.

    Raises
    ------
    LabelsError
        Names the feature, the field, what was found and what to do.
    """
    unknown = sorted(set(changes) - set(FIELDS))
    if unknown:
        hint = nearest(unknown[0], list(FIELDS))
        raise LabelsError(f"A feature has no field {unknown[0]!r}.{hint} Fields: {', '.join(FIELDS)}.")
    checks = {"name": _name, "status": _status, "note": _note, "tags": _tags, "turned": _turned}
    return {field: checks[field](feature, changes[field]) for field in FIELDS if field in changes}


def clean_edits(changes: object, known: list[str] | None) -> dict[str, dict[str, Any]]:
    """Return checked changes of several features; ``known`` are the study's, where these are known.

    Raises
    ------
    LabelsError
        As `clean_feature` and `clean_changes`, and where no changes of features were given.
    """
    given: Mapping[Any, Any] = changes if isinstance(changes, Mapping) else {"": changes}
    for feature, fields in given.items():
        if not isinstance(fields, Mapping):
            of = f" of {feature!r}" if feature else ""
            raise LabelsError(
                f"The changes{of} must be a dictionary such as {{'d07': {{'name': 'says sorry'}}}}; found {fields!r}."
            )
    return {
        clean_feature(feature, known): clean_changes(feature, fields) for feature, fields in given.items()
    }


def clean_feature(feature: str, known: list[str] | None) -> str:
    """Return a feature's id, which must be one of the study's where these are known."""
    if not isinstance(feature, str) or not feature or clean_line(feature) != feature:
        raise LabelsError(f"A feature is named by its id, such as 'd07'; found {feature!r}.")
    if len(feature) > _FEATURE:
        raise LabelsError(f"A feature's id has at most {_FEATURE} characters; found {len(feature):,}.")
    if known is not None and feature not in known:
        raise LabelsError(
            f"No feature {feature!r} in this study.{nearest(feature, known)} See study.features.index."
        )
    return feature


def clean_author(author: object) -> str:
    """Return the name under which someone works."""
    if not isinstance(author, str) or not clean_line(author):
        raise LabelsError(f"An author is a name; found {author!r}. Give for example author='Ann'.")
    return _short("author's name", clean_line(author), _AUTHOR, "Shorten it")


def default_author() -> str:
    """Return ``$WHIMSIGHT_AUTHOR``, else the user's name on this machine, else "someone"."""
    given = clean_line(os.environ.get("WHIMSIGHT_AUTHOR", ""))[:_AUTHOR].strip()
    if given:
        return given
    try:
        return clean_line(getpass.getuser())[:_AUTHOR].strip() or "someone"
    except (OSError, KeyError, ImportError):  # a container's user without an entry in the user database
        return "someone"


def clean_answer(row: object, answer: object, name: object, seconds: object) -> dict[str, Any]:
    """Return a checked judgment, JSON-ready."""
    number = _whole(row)
    if number is None or not 0 <= number < 2**53:
        raise LabelsError(f"row must be the position of a pair, a whole number from 0; found {row!r}.")
    said = _whole(answer)
    if said not in (-1, 0, 1):
        raise LabelsError(f"answer must be +1 (more is A), -1 (B) or 0 (neither); found {answer!r}.")
    if not isinstance(name, str):
        raise LabelsError(f"name must be the name that was judged; found {name!r}.")
    judged = {"row": number, "answer": said, "name": _short("judged name", clean_line(name), _NAME)}
    if seconds is None:
        return judged
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds < 1e9:
        raise LabelsError(f"seconds must be a time of 0 or more, or None; found {seconds!r}.")
    return {**judged, "seconds": round(float(seconds), 3)}


def _whole(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]
        return int(number) if number.is_integer() else None
    except (TypeError, ValueError, OverflowError):
        return None


def _name(feature: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LabelsError(f"The name of {feature!r} must be a text; found {value!r}.")
    return _short(f"name of {feature!r}", clean_line(value), _NAME, "Put the rest in its note")


def _status(feature: str, value: object) -> str:
    if value is None:
        return "draft"
    if value not in STATUSES or not isinstance(value, str):
        hint = nearest(str(value), list(STATUSES))
        raise LabelsError(
            f"The status of {feature!r} must be one of {', '.join(STATUSES)}; found {value!r}.{hint}"
        )
    return value


def _note(feature: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise LabelsError(f"The note of {feature!r} must be a text; found {value!r}.")
    text = _SURROGATE.sub("\ufffd", value.replace("\r\n", "\n").replace("\r", "\n"))
    return _short(f"note of {feature!r}", _CONTROL_IN_NOTE.sub("", text), _NOTE)


def _tags(feature: str, value: object) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str) or not isinstance(value, list | tuple | set | frozenset):
        raise LabelsError(
            f"The tags of {feature!r} must be a list of texts such as ['tone']; found {value!r}."
        )
    tags: list[str] = []
    for tag in sorted(value, key=str) if isinstance(value, set | frozenset) else value:
        if not isinstance(tag, str):
            raise LabelsError(f"The tags of {feature!r} must be texts; found {tag!r}.")
        line = _short(f"tag {tag[:20]!r} of {feature!r}", clean_line(tag), _TAG)
        if ";" in line:  # composing makes one of the Greek question mark, too
            raise LabelsError(f"A tag of {feature!r} has a semicolon, {tag!r}: make two tags of it.")
        if line and line not in tags:
            tags.append(line)
    if len(tags) > _TAGS:
        raise LabelsError(f"{feature!r} has {len(tags)} tags; at most {_TAGS} fit.")
    return tags


def _turned(feature: str, value: object) -> bool:
    if value is None:
        return False
    if type(value).__name__ not in ("bool", "bool_"):  # numpy's too
        raise LabelsError(f"turned of {feature!r} must be True or False; found {value!r}.")
    return bool(value)


def _short(what: str, text: str, most: int, then: str = "Shorten it") -> str:
    if len(text) > most:
        raise LabelsError(f"The {what} has {len(text):,} characters; at most {most:,} fit. {then}.")
    return text
