"""How pairs look in a notebook."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from whimsight.pairs.table import Pairs

__all__ = ["pairs_html"]

_SHOWN = 3
_CUT = 280
_CELL = "text-align:left;vertical-align:top;white-space:pre-wrap"
_COLUMNS = ("prompt", "response_a", "response_b", "preference")


def pairs_html(pairs: Pairs) -> str:
    """Return one line of facts, the first few pairs and the reading report; every text escaped and cut."""
    head = f"<p><strong>{escape(repr(pairs)[1:-1])}</strong></p>"
    columns = [column for column in _COLUMNS if column != "prompt" or pairs.has_prompts]
    shown = pairs.frame[columns].head(_SHOWN)
    rows = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in shown.itertuples(index=False))
    titles = "".join(f"<th>{c}</th>" for c in columns)
    table = f"<table><thead><tr>{titles}</tr></thead><tbody>{rows}</tbody></table>"
    return f"{head}{table}<details><summary>How it was read</summary>{pairs.report._repr_html_()}</details>"


def _cell(value: object) -> str:
    return f'<td dir="auto" style="{_CELL}">{_cut(str(value))}</td>'


def _cut(text: str) -> str:
    return escape(text if len(text) <= _CUT else text[:_CUT] + " …")
