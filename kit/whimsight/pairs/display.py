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


def pairs_html(pairs: Pairs) -> str:
    """Return one line of facts and the first few pairs; every text escaped and cut."""
    head = f"<p><strong>{escape(repr(pairs)[1:-1])}</strong></p>"
    rows = []
    for _, row in pairs.frame.head(_SHOWN).iterrows():
        cells = "".join(
            f'<td dir="auto" style="{_CELL}">{_cut(str(row[c]))}</td>'
            for c in ("prompt", "response_a", "response_b", "preference")
        )
        rows.append(f"<tr>{cells}</tr>")
    titles = "".join(f"<th>{c}</th>" for c in ("prompt", "response_a", "response_b", "preference"))
    return f"{head}<table><thead><tr>{titles}</tr></thead><tbody>{''.join(rows)}</tbody></table>"


def _cut(text: str) -> str:
    return escape(text if len(text) <= _CUT else text[:_CUT] + " …")
