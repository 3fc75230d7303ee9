"""``whimsight demo``: a study of a shipped sample."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whimsight.cli.errors import clear_errors, require_place
from whimsight.cli.options import Force, Quiet
from whimsight.cli.overwriting import keep_named, older_study, require_report
from whimsight.cli.printing import print_pairs, print_study
from whimsight.cli.terminal import progress_bars

__all__ = ["demo"]


def demo(
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = Path(),
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Study the shipped MT-Bench votes: two tables here, `mt-bench.whim` and `report.html`."""
    with clear_errors():
        if folder.is_file():
            raise typer.BadParameter(f"--folder {folder}: it is a file; name a folder.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise typer.BadParameter(f"--folder {folder}: {error.strerror}.") from None
        whim, page = folder / "mt-bench.whim", folder / "report.html"
        require_place("--folder", whim)
        from whimsight.pairs import load
        from whimsight.studies import study
        from whimsight.studies.settings import Settings

        pairs, otherwise = load("mt-bench"), "Choose another folder"
        older = older_study("--folder", whim, pairs, Settings(), otherwise=otherwise, force=force)
        require_report("--folder", page, pairs.name, pairs.fingerprint, otherwise=otherwise, force=force)
        print_pairs(pairs)
        with progress_bars(quiet=quiet) as progress:
            made = study(pairs, progress=progress)
        print_study(made)
        typer.echo(f"\nWrote {made.save(keep_named(made, older, whim, force=force))}")
        typer.echo(f"Wrote {made.report(page)}   (open it in a browser)")
