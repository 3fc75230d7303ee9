"""Arguments and options that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

__all__ = [
    "Annotator",
    "Conversation",
    "Force",
    "HashAnnotators",
    "Labels",
    "Layout",
    "MaxCharacters",
    "Missing",
    "Preference",
    "Prompt",
    "Quiet",
    "ResponseA",
    "ResponseB",
    "Seed",
    "Source",
    "Split",
    "Whim",
]

Source = Annotated[
    str,
    typer.Argument(
        help="A file (CSV, TSV, JSON, JSONL, Parquet, Arrow; .gz too), a Hugging Face dataset id, or the "
        "name of a shipped sample such as `mt-bench`.",
        show_default=False,
    ),
]
Whim = Annotated[
    Path, typer.Argument(help="A `.whim` file that `whimsight study` wrote.", show_default=False)
]

# How a source is read: the arguments of `whimsight.read`.
Layout = Annotated[
    str | None, typer.Option(help="Force a layout instead of recognising it.", show_default=False)
]
Prompt = Annotated[str | None, typer.Option(help="Column with the prompt.", show_default=False)]
ResponseA = Annotated[
    str | None, typer.Option("--response-a", help="Column with response A.", show_default=False)
]
ResponseB = Annotated[
    str | None, typer.Option("--response-b", help="Column with response B.", show_default=False)
]
Preference = Annotated[str | None, typer.Option(help="Column with the choice.", show_default=False)]
Annotator = Annotated[str | None, typer.Option(help="Column with the annotator.", show_default=False)]
Conversation = Annotated[
    str | None,
    typer.Option(help="Column that says which prompts continue each other.", show_default=False),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        help="What a value of the choice means, such as `--label left=a --label right=b --label same=tie`.",
        show_default=False,
    ),
]
Missing = Annotated[Literal["unlabelled", "tie"], typer.Option(help="What an empty choice stands for.")]
MaxCharacters = Annotated[
    int | None, typer.Option(help="Leave out pairs with a longer response.", show_default=False)
]
HashAnnotators = Annotated[
    bool, typer.Option("--hash-annotators", help="Keep a keyed hash in place of each annotator's id.")
]
Split = Annotated[str | None, typer.Option(help="Which split of a Hugging Face dataset.", show_default=False)]

Seed = Annotated[int, typer.Option(help="The same seed gives the same result.")]
Force = Annotated[
    bool, typer.Option("--force", help="Write over any file, not only over an older one of the same data.")
]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]
