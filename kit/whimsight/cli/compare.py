"""``whimsight compare``: datasets, or parts of one, side by side."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from whimsight.cli.errors import clear_errors, require_places
from whimsight.cli.options import Force, Quiet, Seed
from whimsight.cli.overwriting import require_comparison_file, require_comparison_report
from whimsight.cli.printing import print_comparison
from whimsight.cli.reading import kept_comparison, named_columns, study_or_pairs
from whimsight.cli.terminal import progress_bars

if TYPE_CHECKING:
    from collections.abc import Sequence

    from whimsight.pairs import Pairs
    from whimsight.studies import Study

__all__ = ["compare"]


def compare(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="Two or more datasets: `.whim` files, files of votes, Hugging Face ids or shipped samples. One "
            "with --by or --votes.",
            show_default=False,
        ),
    ],
    by: Annotated[
        str | None,
        typer.Option(
            help="Compare parts of one dataset: a column, `model`, or `topics`.", show_default=False
        ),
    ] = None,
    votes: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare several votes on the same pairs (repeat): `--votes humans=preference --votes "
            "gpt-4=gpt4_label`.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Keep the comparison as a `.whim` file.", show_default=False),
    ] = None,
    report: Annotated[Path, typer.Option(help="Where the report goes.")] = Path("compare.html"),
    names_only: Annotated[
        bool, typer.Option("--names-only", help="Leave out every text of the datasets.")
    ] = False,
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Put datasets side by side: what each can measure, what it rewards, where they contradict each other."""
    with clear_errors():
        from whimsight.comparisons import compare as make_comparison
        from whimsight.comparisons.grouping import distinct

        require_places(out=out, report=report)
        sliced = by is not None or bool(votes)
        if sliced and len(sources) > 1:
            raise typer.BadParameter(f"--by and --votes slice one dataset; found {len(sources)}.")
        columns = named_columns(votes)
        if not sliced and len(sources) == 1:
            made = kept_comparison(sources[0])
            _require_free(made.study.name, made.name, [made.study], out, report, force=force)
        else:
            given = [study_or_pairs(source, seed) for source in sources]
            data = " + ".join(distinct([one.name for one in given])) if len(given) > 1 else given[0].name
            name = f"{data} by {by or 'votes'}" if sliced else data
            _require_free(data, name, given, out, report, force=force)
            with progress_bars(quiet=quiet) as progress:
                made = make_comparison(given[0] if sliced else given, by=by, votes=columns, progress=progress)
        print_comparison(made)
        if out is not None:
            typer.echo(f"\nWrote {made.save(out)}")
        typer.echo(f"\nWrote {made.report(report, names_only=names_only)}   (open it in a browser)")


def _require_free(
    data: str, name: str, given: Sequence[Study | Pairs], out: Path | None, report: Path, *, force: bool
) -> None:
    """Refuse, before the work, to write over what is no older comparison of the same data.

    Parameters
    ----------
    data, name : str
        What the pairs are called, and the comparison.
    given : sequence of Study or Pairs
    out, report : Path
    force : bool
    """
    if out is not None:
        require_comparison_file("--out", out, data, given, force=force)
    require_comparison_report("--report", report, name, given, force=force)
