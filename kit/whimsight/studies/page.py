"""A page with a living widget in it: one HTML file that loads nothing and needs no Python.

The page carries the widget's own module and a picture of what it shows (a study, a comparison) as two JSON texts; a
short script (``host.js``) puts them together in the browser. The page's policy lets that script run, by its hash, and
the module that it makes a Blob of; everything else is forbidden: other scripts, frames, and every request.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.studies._report.fitting import fitted, reduced
from whimsight.studies._report.markup import Html, join, tag

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "LABELER",
    "STUDY_MARK",
    "bounded",
    "built",
    "living_widget",
    "own_style",
    "sandboxed_iframe",
    "whole_page",
    "widget_page",
]

LABELER = "labeler"
"""The front-end module that shows a study; a comparison has one of its own."""

STUDY_MARK = "whimsight-study"
"""Name of the meta element that says of which study's pairs a page is the report."""

_LABEL = ("name", "status", "note", "tags", "turned", "fidelity")
_RISKY = re.compile("[<>\u2028\u2029\ud800-\udfff]")
_WAITING = "The features appear here in a current browser that may run scripts. This viewer shows none yet."
_NO_SCRIPT = "To sort, filter and read the features, open this file in a browser that may run scripts."


def widget_page(
    snapshot: Mapping[str, Any],
    labels: Mapping[str, Mapping[str, Any]],
    *,
    title: str,
    max_bytes: int | None = None,
    selected: str | None = None,
    module: str = LABELER,
    traits: Mapping[str, Any] | None = None,
) -> str:
    """Return one HTML document with a live, read-only widget.

    Parameters
    ----------
    snapshot : mapping
        From `whimsight.studies.snapshot.snapshot`, or what another module shows.
    labels : mapping
        From `whimsight.studies.snapshot.labels_dict`; authors and times are left out here.
    title : str
        What the page is called.
    max_bytes : int, optional
        Of the page in UTF-8. Where it would be larger, texts are shortened and examples left out.
    selected : str, optional
        Id of the feature to open with; the first one otherwise.
    module : str
        Name of the front-end module.
    traits : mapping, optional
        What the module's model holds beside snapshot, labels, work and selected.

    Returns
    -------
    str
        Works from a file, from a server, and in a sandboxed frame (`sandboxed_iframe`); offline.

    Raises
    ------
    StudyError
        If the front end is not built, or ``max_bytes`` does not even hold the features.

    Examples
    --------
    >>> page = widget_page(snapshot(study), labels_dict(study), title="mt-bench")    # doctest: +SKIP
    """

    def page(picture: Mapping[str, Any]) -> str:
        widget = living_widget(picture, labels, selected=selected, module=module, traits=traits)
        body = tag("main", tag("h1", title, dir="auto"), widget, class_="alone")
        return whole_page(title, body, module=module)

    whole = page(snapshot)
    if max_bytes is None or _size(whole) <= max_bytes:
        return whole
    frame = _size(whole) - _size(json_text(snapshot))
    picture = bounded(snapshot, max_bytes - frame)
    if picture is None:
        raise StudyError(
            f"A page with {counted(len(snapshot['features']), 'feature')} does not fit in max_bytes={max_bytes:,}; "
            f"give it at least {_size(page(reduced(snapshot, 0, 0))):,}."
        )
    return page(picture)


def bounded(snapshot: Mapping[str, Any], room: int) -> Mapping[str, Any] | None:
    """Return a snapshot that takes at most ``room`` bytes in a page, None where there is none.

    What a page must escape counts, so a snapshot of so many bytes may still have to be made smaller.
    """

    def size(value: Mapping[str, Any]) -> int:
        return _size(json_text(value))

    return snapshot if size(snapshot) <= room else fitted(snapshot, room, size)


def sandboxed_iframe(page: str, *, title: str, height: int) -> str:
    r"""Return a page as a frame for ``text/html``: it runs its own script and can reach nothing around it.

    It may hand a file to who presses a button in it, such as the weights of a mixer. That opens nothing to the texts of
    a dataset: the page's policy lets no script run but the widget's own, which makes these files of what it shows, and
    the frame still has no origin, no storage, no pop-ups, no forms and no way to the page around it.

    Parameters
    ----------
    page : str
        A whole document, from `widget_page`.
    title : str
        What a screen reader says of the frame.
    height : int
        In pixels; the width is that of the place it stands in.

    Examples
    --------
    >>> sandboxed_iframe("<p title='it'>a & b</p>", title='"Votes"', height=300).partition(" ti")[2]
    "tle='&quot;Votes&quot;' srcdoc='&lt;p title=&#39;it&#39;&gt;a &amp; b&lt;/p&gt;'></iframe>"
    """
    # Single quotes around the page: JSON is full of double ones, which then need no escaping.
    inside = page.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("'", "&#39;")
    style = f"display:block;width:100%;height:{int(height)}px;border:0;color-scheme:auto"
    return (
        f"<iframe sandbox='allow-scripts allow-downloads' referrerpolicy='no-referrer' style='{style}' "
        f"title='{escape(title, quote=True)}' srcdoc='{inside}'></iframe>"
    )


def living_widget(
    snapshot: Mapping[str, Any],
    labels: Mapping[str, Mapping[str, Any]],
    *,
    selected: str | None = None,
    module: str = LABELER,
    traits: Mapping[str, Any] | None = None,
) -> Html:
    """Return a widget with its data, to stand once in a page made by `whole_page`; see `widget_page`.

    Raises
    ------
    StudyError
        If the front end is not built.
    """
    features = [str(feature["feature"]) for feature in snapshot["features"]]
    state = {
        **(traits or {}),
        "snapshot": snapshot,
        "labels": {f: {k: v for k, v in labels[f].items() if k in _LABEL} for f in features if f in labels},
        "work": {"can_undo": False, "can_redo": False, "store": "", "author": "", "editable": False},
        "selected": selected if selected in features else next(iter(features), ""),
    }
    return join(
        tag("noscript", tag("p", _NO_SCRIPT, class_="whimsight-message")),
        tag(
            "div",
            tag("p", _WAITING, class_="whimsight-message waiting"),
            id="whimsight-widget",
            tabindex="-1",
        ),
        _data("whimsight-state", state),
        _data("whimsight-module", built(f"{module}.js")),
    )


def whole_page(
    title: str,
    body: Html,
    *,
    style: str = "",
    module: str | None = LABELER,
    mark: tuple[str, str] | None = None,
) -> str:
    """Return a document around a body that may hold a `living_widget`.

    Parameters
    ----------
    title : str
    body : Html
    style : str
        Style sheet of the page, beside the widget's own.
    module : str, optional
        Name of the widget's front-end module; None for a page without a widget, on which no script may run.
    mark : (str, str), optional
        Name and content of the meta element that says what the page is the report of, such as `STUDY_MARK` and the
        fingerprint of the study's pairs.
    """
    script = built("host.js") if module else ""
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    allowed = f"script-src 'sha256-{digest}' blob:; " if module else ""
    policy = (
        f"default-src 'none'; {allowed}style-src 'unsafe-inline'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("meta", name=mark[0], content=mark[1]) if mark else None,
        tag("title", title),
        tag("style", Html(own_style("page.css") + style)),
        tag("style", Html(built(f"{module}.css"))) if module else None,
    )
    run = tag("script", Html(script), type="module") if module else None
    page = tag("html", head, tag("body", body, run), lang="en")
    return f"<!DOCTYPE html>\n{page}\n"


def json_text(value: Any) -> str:
    r"""Return JSON that can stand inside a script element, in UTF-8, whatever its texts hold.

    Examples
    --------
    >>> json_text({"text": "</script><!--"})
    '{"text":"\\u003c/script\\u003e\\u003c!--"}'
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return _RISKY.sub(lambda match: f"\\u{ord(match[0]):04x}", text)


def _data(name: str, value: Any) -> Html:
    return tag("script", Html(json_text(value)), type="application/json", id=name)


def built(name: str) -> str:
    """Return a file of the front end, which the package's build makes.

    Raises
    ------
    StudyError
        If the front end is not built.
    """
    file = files("whimsight") / "static" / name
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise StudyError(
            f"The front end is not built: whimsight/static/{name} is missing. In a checkout run `npm install` and "
            "`npm run build` in the folder widgets; an installed package should hold it, so install it again."
        ) from error


def own_style(name: str) -> str:
    """Return a style sheet of the report."""
    return (files("whimsight.studies._report") / name).read_text(encoding="utf-8")


def _size(text: str) -> int:
    return len(text.encode("utf-8"))
