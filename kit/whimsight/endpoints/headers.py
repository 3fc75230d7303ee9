"""Headers that a gateway wants beside the key: checked before anything is sent, their values shown nowhere."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from whimsight.endpoints.secrets import Secret

__all__ = ["Headers"]

_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")  # RFC 9110, section 5.1
_PIECE = re.compile(r"[^\s\"'(){}\[\],;=]{8,}")
_LONG = 20  # letters; no word has so many
_KEYED = re.compile(
    r"(?<![a-z])key|apikey|token|bearer|basic|secret|auth|pass|credential|cookie|signature|session",
    re.IGNORECASE,
)
_SURE = 16  # characters that are not all letters; dates and versions have fewer
_INSTEAD = {
    "authorization": "give the key as api_key=, or set OPENAI_API_KEY",
    "host": "base_url= says which host is asked",
    "proxy-authorization": "user and password of a proxy stand in its address",
}
_BY_ITSELF = {
    "accept", "accept-encoding", "connection", "content-encoding", "content-length", "content-type", "expect",
    "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding", "upgrade", "user-agent",
}  # fmt: skip


class Headers:
    """Names and values of headers; no ``repr``, ``str``, ``vars`` or pickle shows a value.

    Parameters
    ----------
    given : mapping or Headers, optional
        Names to values.

    Attributes
    ----------
    reveal : callable
        To a dictionary, empty where something is wrong.
    stated : bool
        They were given, be it none of them.
    wrong : str
        What is wrong with them, without a value; ``""`` where nothing is.
    """

    __slots__ = ("reveal", "stated", "wrong")

    def __init__(self, given: object = None) -> None:
        if isinstance(given, Headers):
            self.reveal: Callable[[], dict[str, str]] = given.reveal
            self.stated: bool = given.stated
            self.wrong: str = given.wrong
            return
        found: dict[str, str] = {}
        self.stated, self.wrong = given is not None, ""
        if isinstance(given, Mapping):
            self.wrong = _fill(found, given.items(), "headers=")
        elif self.stated:
            self.wrong = f"headers= must be a dictionary of names to values; found {type(given).__name__}."
        self.reveal = lambda: dict(found)

    @classmethod
    def of_lines(cls, lines: Secret, origin: str) -> Headers:
        """Return those of a text with ``Name: value`` in each line, as the ``openai`` client reads it."""
        made = cls({})
        found: dict[str, str] = {}
        parts = [line.partition(":") for line in (lines.reveal() or "").split("\n")]
        odd = [number for number, (name, colon, _) in enumerate(parts, 1) if name.strip() and not colon]
        if odd:
            made.wrong = f"Line {odd[0]} of {origin} is not of the form 'Name: value'."
        else:
            made.wrong = _fill(
                found, [(name.strip(), value) for name, colon, value in parts if colon], origin
            )
        made.reveal = lambda: dict(found)
        return made

    def beside(self, others: Mapping[str, str]) -> Headers:
        """Return these and those of the others that these do not name."""
        names = {name.lower() for name in self.reveal()}
        return Headers({**{n: v for n, v in others.items() if n.lower() not in names}, **self.reveal()})

    def words(self) -> Iterator[str]:
        """Yield the values, and such parts of them as may be keys: that behind "Bearer", those in a JSON object."""
        for value in self.reveal().values():
            yield value
            yield json.dumps(value)[1:-1]
            for part in _PIECE.findall(value):
                if not part.isalpha() or len(part) >= _LONG:
                    yield part

    def keys(self) -> Iterator[str]:
        """Yield what of `words` is a key, and not a word such as "production" that a model may use in an answer.

        Where a header's name or value tells of a key, that is all of it; elsewhere what is long and more than letters.
        """
        for name, value in self.reveal().items():
            for word in Headers({name: value}).words():
                if _KEYED.search(f"{name} {value}") or len(word) >= (_LONG if word.isalpha() else _SURE):
                    yield word

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __repr__(self) -> str:
        return "Headers(***)"

    def __reduce__(self) -> str:
        raise TypeError("Headers of an endpoint cannot be pickled.")


def _fill(found: dict[str, str], given: Iterable[tuple[object, object]], origin: str) -> str:
    """Fill in what can be sent; return what is wrong, and then nothing is filled in.

    Raises nothing: the frames of an error would show the values.
    """
    kept: dict[str, str] = {}
    for name, value in given:
        if not isinstance(name, str) or not _NAME.fullmatch(name):
            return f"{origin} holds a name that no header can have: it is of letters, digits and hyphens."
        shown = repr(name[:60])
        if name.lower() in _INSTEAD:
            return f"{origin} must not hold {shown}: {_INSTEAD[name.lower()]}."
        if name.lower() in _BY_ITSELF:
            return f"{origin} must not hold {shown}: leave it out, it is set by itself."
        if name.lower() in map(str.lower, kept):
            return f"{origin} holds {shown} twice."
        if not isinstance(value, str):
            return f"{origin} has a value of type {type(value).__name__} for {shown}; it must be a text."
        secret = Secret(value)
        if not secret:
            return f"{origin} has an empty value for {shown}; leave the header out, or give its value."
        if not secret.sendable:
            return f"{origin} has a value for {shown} with characters that no header can; was more copied than it?"
        kept[name] = secret.reveal() or ""
    found.update(kept)
    return ""
