"""A request as people read it, for a dry run."""

from __future__ import annotations

from whimsight.language.base import Request

__all__ = ["show"]


def show(request: Request) -> str:
    """Return everything that would be sent, as text.

    Examples
    --------
    >>> from whimsight.language.base import Field
    >>> print(show(Request("Be brief.", "Is it so?", (Field("1", ("yes", "no")), Field("why")), 20)))
    ==== system ====
    Be brief.
    <BLANKLINE>
    ==== user ====
    Is it so?
    <BLANKLINE>
    ==== answer ====
    One JSON object: "1" (yes, no), "why" (text). At most 20 tokens, temperature 0.
    """
    fields = ", ".join(f'"{f.name}" ({", ".join(f.allowed) or "text"})' for f in request.fields)
    sample = f", sample {request.sample}" if request.sample else ""
    return (
        f"==== system ====\n{request.system}\n\n==== user ====\n{request.user}\n\n==== answer ====\n"
        f"One JSON object: {fields}. At most {request.max_tokens:,} tokens, "
        f"temperature {request.temperature:g}{sample}."
    )
