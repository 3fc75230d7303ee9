"""Keys: taken once, shown nowhere."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterable, Iterator
from urllib.parse import quote

__all__ = ["Secret", "eraser", "forms", "one_line", "scrubber"]

_WORD = re.compile(r"[^\s'\"<>(){}\[\],;:]{4,}")
_STARS = re.compile(r"[*.…]{2,}")
_KEYLIKE = re.compile(r"\bsk-[\w*.-]{6,}|\bBearer\s+\S+|\bBasic\s+\S{8,}", re.IGNORECASE)


class Secret:
    """A key, or an address with one, that no ``repr``, ``str``, ``vars`` or pickle shows.

    Parameters
    ----------
    text : str or Secret, optional

    Attributes
    ----------
    reveal : callable
    odd : str
        The type of what it was made of, if that was no text; ``""`` if it was.
    """

    __slots__ = ("odd", "reveal")

    def __init__(self, text: object) -> None:
        if isinstance(text, Secret):
            self.reveal: Callable[[], str | None] = text.reveal
            self.odd: str = text.odd
            return
        # A line end from a shell is none of it.
        kept = text.strip() or None if isinstance(text, str) else None
        self.reveal = lambda: kept
        self.odd = "" if text is None or isinstance(text, str) else type(text).__name__

    @property
    def sendable(self) -> bool:
        """Whether it can stand in a header."""
        text = self.reveal() or ""
        return text.isascii() and text.isprintable()

    def __bool__(self) -> bool:
        return bool(self.reveal())

    def __repr__(self) -> str:
        return "Secret(***)"

    def __reduce__(self) -> str:
        raise TypeError("A key cannot be pickled.")


def forms(
    secret: Secret, login: tuple[Secret, Secret] | None = None, more: Iterable[str] = ()
) -> Iterator[str]:
    """Yield a key, a password and more as they are, and in the forms in which a server may repeat them.

    In base64 by itself, and as a part of something longer: there its form depends on the bytes before it. A user
    without a password is a key.
    """
    user, password = (part.reveal() or "" for part in login or (Secret(None), Secret(None)))
    for text in (secret.reveal() or "", password or user, f"{user}:{password}", *more):
        yield text
        yield quote(text, safe="")
        raw = text.encode("utf-8", "replace")
        for before in range(3) if raw else ():
            whole = base64.b64encode(b" " * before + raw).decode().rstrip("=")
            # Characters that hold bits of what stands before or behind it are none of its own.
            inner = whole[-(-before * 8 // 6) : (before + len(raw)) * 8 // 6]
            yield from {inner, inner.replace("+", "-").replace("/", "_")}


def one_line(text: object, most: int = 300) -> str:
    r"""Return a text's printable characters in one line, cut to ``most``.

    Examples
    --------
    >>> one_line("a\n  b\x1b[0m")
    'a b[0m'
    """
    line = " ".join(str(text)[: 8 * most].split())
    line = "".join(c for c in line if c.isprintable())
    return line if len(line) <= most else line[: most - 1] + "…"


def scrubber(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that takes keys, and long parts of them, out of a text.

    Examples
    --------
    >>> scrubber(["top-secret-key"])("the key top-secret-key (top-secr...) is wrong")
    'the key *** (***) is wrong'
    """
    known = sorted({s for s in secrets if len(s) >= 5}, key=len, reverse=True)

    def hidden(match: re.Match[str]) -> str:
        word = match.group()
        parts = [part for part in _STARS.split(word) if part]
        if len(parts) > 1 and any(s.startswith(parts[0]) or s.endswith(parts[-1]) for s in known):
            return "***"
        return "***" if any(len(p) >= 6 and _shared(p, s) for p in parts for s in known) else word

    def scrub(text: str) -> str:
        for secret in known:
            text = text.replace(secret, "***")
        return _WORD.sub(hidden, _KEYLIKE.sub("***", text)) if known else _KEYLIKE.sub("***", text)

    return scrub


def eraser(secrets: Iterable[str]) -> Callable[[str], str]:
    """Return a function that takes whole keys out of a text and leaves everything else as it is."""
    known = sorted({s for s in secrets if len(s) >= 8}, key=len, reverse=True)

    def erase(text: str) -> str:
        for secret in known:
            text = text.replace(secret, "***")
        return text

    return erase


def _shared(word: str, secret: str, length: int = 8) -> bool:
    """Say whether a word is a part of a secret, or eight characters in a row stand in both."""
    return word in secret or any(secret[i : i + length] in word for i in range(len(secret) - length + 1))
