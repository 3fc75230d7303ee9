"""``whimsight name``: names from a language model, at a price that is told first."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from whimsight.cli.errors import clear_errors
from whimsight.cli.options import Quiet, Seed, Whim
from whimsight.cli.printing import names_text
from whimsight.cli.reading import two_numbers
from whimsight.cli.terminal import shown

if TYPE_CHECKING:
    from whimsight.language import LanguageModel

__all__ = ["name"]

_WORDS = (
    (
        "give language_model(..., price=(prompt, completion)) per million tokens",
        "say --price 0.15,0.60 (of a million)",
    ),
    ("Or limit calls=", "Or limit --calls"),
    ("language_model(..., timeout=300)", "--timeout 300"),
    ("(in_flight=2)", "(--in-flight 2)"),
    ("features=['d03'], or features='discovered' for all", "--feature d03, or --feature discovered for all"),
    ("features= takes", "--feature takes"),
    ("give base_url=", "give --base-url"),
    ("base_url= alone", "--base-url alone"),
    ("base_url=", "--base-url"),
    ("base_url", "--base-url"),
)


def name(
    whim: Whim,
    model: Annotated[
        str | None,
        typer.Option(
            help="As the endpoint calls it, or `transformers:<hub id or path>` [default: $WHIMSIGHT_MODEL].",
            show_default=False,
        ),
    ] = None,
    base_url: Annotated[
        str | None,
        typer.Option(
            help="An OpenAI-compatible endpoint, up to and with /v1 [default: $OPENAI_BASE_URL, else OpenAI]. Its key "
            "comes from $OPENAI_API_KEY, other headers that a gateway wants from $OPENAI_CUSTOM_HEADERS (a line `Name: "
            "value` each); they go to a server on this machine only where $OPENAI_BASE_URL names it.",
            show_default=False,
        ),
    ] = None,
    price: Annotated[
        str | None,
        typer.Option(
            help="Of a million prompt and completion tokens, such as `0.15,0.60` [default: $WHIMSIGHT_PRICE].",
            show_default=False,
        ),
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(
            help="Which ones (repeat): an id, `unnamed` or `discovered` [default: those nobody has named].",
            show_default=False,
        ),
    ] = None,
    candidates: Annotated[int, typer.Option(help="Names that are proposed for each feature.")] = 5,
    budget: Annotated[
        float | None, typer.Option(help="The most that may be paid now.", show_default=False)
    ] = None,
    calls: Annotated[int | None, typer.Option(help="The most calls now.", show_default=False)] = None,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that an answer may take.")] = 60.0,
    in_flight: Annotated[int, typer.Option(min=1, help="Requests on their way at once.")] = 8,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show one request, tell the price, and send nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Send without asking once more.", show_default=False)
    ] = False,
    accept: Annotated[bool, typer.Option("--accept", help="Give features the names that fit.")] = False,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Let a language model propose names and judge them, at a price that is told first."""
    with clear_errors("What was paid for is kept; run the same command to go on.", words=_WORDS):
        from whimsight.studies import Study

        made = Study.open(whim)
        naming = made.naming(
            _model(model, base_url, two_numbers(price), timeout, in_flight),
            features=feature[0] if feature and len(feature) == 1 else feature,
            candidates=candidates,
            seed=seed,
        )
        if (budget is not None and budget < 0) or (calls is not None and calls < 0):
            raise typer.BadParameter("--budget and --calls are 0 or more.")
        plan = naming.plan()
        if dry_run:
            # The price last: that is what stays in sight.
            typer.echo(f"One of the requests\n\n{shown(naming.show(), 20_000)}\n\n{plan}")
            return
        typer.echo(str(plan))
        if not yes and plan.calls:
            _ask(made.name, naming.model.where)
        try:
            found = naming.run(budget=budget, calls=calls, progress=not quiet)
        finally:
            # What was found before an interruption is kept, too.
            if len(made.suggestions):
                if accept:
                    naming.accept()
                made.save(whim)
        typer.echo(f"\n{names_text(found)}\n\n{found.attrs['told']}\n\nWrote {whim}")


def _model(
    name: str | None,
    base_url: str | None,
    price: tuple[float, float] | None,
    timeout: float,
    in_flight: int,
) -> LanguageModel:
    """Make the model that was named, here or in the environment."""
    from whimsight.language import language_model

    name = name or os.environ.get("WHIMSIGHT_MODEL")
    if not name:
        raise typer.BadParameter(
            "which model? Say --model and the name that the endpoint knows, or transformers:<hub id or path> for one "
            "on this machine, or set WHIMSIGHT_MODEL."
        )
    return language_model(name, base_url=base_url, price=price, timeout=timeout, in_flight=in_flight)


def _ask(dataset: str, where: str) -> None:
    """Ask whether texts may leave, and stop without a yes."""
    if not sys.stdin.isatty():
        raise typer.BadParameter(
            f"nobody is here to be asked whether texts of {dataset!r} may go to {where}: say --yes, or --dry-run to "
            "send nothing."
        )
    typer.confirm(f"Send texts of {dataset!r} to {where}?", abort=True)
