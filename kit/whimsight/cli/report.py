"""``whimsight report``: a study as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whimsight.cli.errors import clear_errors, require_place
from whimsight.cli.options import Force, Whim
from whimsight.cli.overwriting import require_report

__all__ = ["report"]


def report(
    whim: Whim,
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report goes.")] = Path("report.html"),
    names_only: Annotated[
        bool, typer.Option("--names-only", help="Leave out every text of the dataset.")
    ] = False,
    force: Force = False,
) -> None:
    """Write a study as one HTML file that needs neither network nor Python."""
    with clear_errors():
        require_place("--out", out)
        from whimsight.studies import Study

        made = Study.open(whim)
        otherwise = "Say another name with --out"
        require_report("--out", out, made.name, made.pairs_fingerprint, otherwise=otherwise, force=force)
        typer.echo(f"Wrote {made.report(out, names_only=names_only)}")
