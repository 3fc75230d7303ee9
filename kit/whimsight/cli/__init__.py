"""The command line: ``whimsight inspect | study | name | compare | report | demo``, one module a command.

What the commands share: `options` that several take, `reading` of what was given, `errors` as one clear line,
`printing` of results, and the `terminal` they are printed on. What is heavy is imported when a command runs, so
that ``--help`` is there at once.

Exit codes: 0 done, 1 something unexpected, 2 wrong usage (choices included), 3 the data cannot be read or used,
4 a ``.whim`` file cannot be read or written, 5 texts cannot be embedded, 6 a language model cannot be asked,
130 interrupted.
"""

from __future__ import annotations

import io
import sys
from typing import Annotated

import typer

from whimsight.cli import compare, demo, inspect, name, report, study

__all__ = ["app"]

app = typer.Typer(
    help=(
        "See what is really in human preference data.\n\n"
        "Start with `whimsight demo`; then `whimsight inspect votes.csv` on your own file, and "
        "`whimsight study votes.csv` when what it says is right."
    ),
    epilog="Exit codes: 0 done, 2 usage, 3 data, 4 study file, 5 embedding, 6 language model, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)


def _say_version(asked: bool) -> None:
    if asked:
        from whimsight import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def _main(
    _: Annotated[
        bool,
        typer.Option("--version", callback=_say_version, is_eager=True, help="Say the version and stop."),
    ] = False,
) -> None:
    # Redirected output has the system's encoding, on Windows not one for every text: better a ? than an error.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


# In the order in which `whimsight --help` lists them.
app.command()(inspect.inspect)
app.command()(study.study)
app.command()(name.name)
app.command()(compare.compare)
app.command()(report.report)
app.command()(demo.demo)
