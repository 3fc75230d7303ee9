"""Markup that cannot be forgotten to escape: whatever is not `Html` already is escaped on its way in."""

from __future__ import annotations

import re
from html import escape

__all__ = ["Html", "join", "tag", "text"]

_EMPTY = {"meta", "input", "line", "circle", "path"}
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Html(str):
    """A text that is markup already. Only `tag`, `text`, `join` and constants of this package make one."""

    __slots__ = ()


def text(value: object) -> Html:
    r"""Escape a text; characters that HTML does not allow become "�".

    Examples
    --------
    >>> text("<img src=x onerror=alert(1)> & \x00")
    '&lt;img src=x onerror=alert(1)&gt; &amp; �'
    """
    return value if isinstance(value, Html) else Html(escape(_CONTROL.sub("\ufffd", str(value)), quote=True))


def join(*parts: object) -> Html:
    """Put parts one after the other, escaping those that are not markup; None is left out."""
    return Html("".join(text(p) for p in parts if p is not None))


def tag(name: str, /, *children: object, **attributes: object) -> Html:
    """Build an element. A trailing underscore of an attribute is dropped, others become hyphens.

    Examples
    --------
    >>> tag("td", "a < b", class_="number", data_value=0.5, hidden=None)
    '<td class="number" data-value="0.5">a &lt; b</td>'
    """
    given = "".join(
        f" {key.rstrip('_').replace('_', '-')}" + ("" if value is True else f'="{text(value)}"')
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    return Html(f"<{name}{given}/>" if name in _EMPTY else f"<{name}{given}>{join(*children)}</{name}>")
