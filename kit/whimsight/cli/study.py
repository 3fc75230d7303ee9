"""``whimsight study``: from a file of votes to a study."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from whimsight.cli.errors import clear_errors, require_places
from whimsight.cli.options import (
    Annotator,
    Conversation,
    Force,
    HashAnnotators,
    Labels,
    Layout,
    MaxCharacters,
    Missing,
    Preference,
    Prompt,
    Quiet,
    ResponseA,
    ResponseB,
    Seed,
    Source,
    Split,
)
from whimsight.cli.overwriting import keep_named, older_study, require_report
from whimsight.cli.printing import print_study
from whimsight.cli.reading import meanings, read_pairs
from whimsight.cli.terminal import progress_bars

__all__ = ["study"]


def study(
    source: Source,
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="Where the study goes [default: NAME.whim].", show_default=False),
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="Also write a report, one HTML file.", show_default=False)
    ] = None,
    embedder: Annotated[
        str, typer.Option(help="`minilm`, `static` (fast), or any sentence-transformers id or path.")
    ] = "minilm",
    features: Annotated[
        int, typer.Option("--features", "--n-features", help="How many features to discover.")
    ] = 32,
    k: Annotated[int, typer.Option(help="How many of them are active in an average pair.")] = 4,
    control: Annotated[
        list[str] | None,
        typer.Option(help="What effects are adjusted for (repeat) [default: length].", show_default=False),
    ] = None,
    layout: Layout = None,
    prompt: Prompt = None,
    response_a: ResponseA = None,
    response_b: ResponseB = None,
    preference: Preference = None,
    annotator: Annotator = None,
    conversation: Conversation = None,
    label: Labels = None,
    missing: Missing = "unlabelled",
    max_characters: MaxCharacters = None,
    hash_annotators: HashAnnotators = False,
    split: Split = None,
    seed: Seed = 0,
    force: Force = False,
    quiet: Quiet = False,
) -> None:
    """Find the features in which the responses differ, and which of them people reward."""
    with clear_errors():
        require_places(out=out, report=report)
        pairs = read_pairs(
            source,
            layout=layout,
            prompt=prompt,
            response_a=response_a,
            response_b=response_b,
            preference=preference,
            annotator=annotator,
            conversation=conversation,
            labels=meanings(label),
            missing=missing,
            max_characters=max_characters,
            hash_annotators=hash_annotators,
            split=split,
            seed=seed,
        )
        if report is not None:
            otherwise = "Say another name with --report"
            require_report(
                "--report", report, pairs.name, pairs.fingerprint, otherwise=otherwise, force=force
            )
        from whimsight.studies import study as make_study
        from whimsight.studies.settings import Settings

        whim = out or Path(f"{pairs.name}.whim")
        settings = Settings(
            embedder=embedder, n_features=features, k=k, controls=tuple(control or ("length",)), seed=seed
        )
        otherwise = "Say another name with --out"
        older = older_study("--out", whim, pairs, settings, otherwise=otherwise, force=force)
        with progress_bars(quiet=quiet) as progress:
            made = make_study(pairs, progress=progress, **settings.to_dict())
        print_study(made)
        typer.echo(f"\nWrote {made.save(keep_named(made, older, whim, force=force))}")
        if report is not None:
            typer.echo(f"Wrote {made.report(report)}")
