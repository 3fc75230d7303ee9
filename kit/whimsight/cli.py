"""The command line: ``whimsight inspect | study | compare | report | demo``.

Exit codes: 0 done, 1 something unexpected, 2 wrong usage (choices included), 3 the data cannot be read or used,
4 a ``.whim`` file cannot be read or written, 5 texts cannot be embedded, 130 interrupted.
"""

from __future__ import annotations

import os
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from whimsight._suggest import nearest
from whimsight.errors import EmbeddingError, FitError, PairsError, StudyError, StudyFileError, WhimsightError

if TYPE_CHECKING:
    import pandas as pd

    from whimsight.comparisons import Comparison
    from whimsight.pairs import Pairs
    from whimsight.studies import Study

__all__ = ["app"]

app = typer.Typer(
    help=(
        "See what is really in human preference data.\n\n"
        "Start with `whimsight demo`; then `whimsight inspect votes.csv` on your own file, and "
        "`whimsight study votes.csv` when what it says is right."
    ),
    epilog="Exit codes: 0 done, 2 usage, 3 data, 4 study file, 5 embedding, 130 interrupted.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    rich_markup_mode="markdown",
)

Source = Annotated[
    str,
    typer.Argument(
        help="A file (CSV, TSV, JSON, JSONL, Parquet, Arrow; .gz too), a Hugging Face dataset id, or the "
        "name of a shipped sample such as `mt-bench`.",
        show_default=False,
    ),
]
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
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress bars.")]

_EXIT = (
    (PairsError, 3),
    (FitError, 3),
    (StudyFileError, 4),
    (EmbeddingError, 5),
    (StudyError, 2),
    (WhimsightError, 1),
)
_SHOWN = 400
"""Characters of a text that `inspect` shows."""


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
    pass


@app.command()
def inspect(
    source: Source,
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
) -> None:
    """Say how a file is read: its layout, what is dropped and why, and the first pair."""
    with _clear_errors():
        pairs = _pairs(
            source,
            layout=layout,
            prompt=prompt,
            response_a=response_a,
            response_b=response_b,
            preference=preference,
            annotator=annotator,
            conversation=conversation,
            labels=_labels(label),
            missing=missing,
            max_characters=max_characters,
            hash_annotators=hash_annotators,
            split=split,
            seed=seed,
        )
        typer.echo(_describe(pairs))
        typer.echo(_first_pair(pairs))


@app.command()
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
    quiet: Quiet = False,
) -> None:
    """Find the features in which the responses differ, and which of them people reward."""
    with _clear_errors():
        for option, path in (("--out", out), ("--report", report)):
            if path is not None:
                _require_place(option, path)
        pairs = _pairs(
            source,
            layout=layout,
            prompt=prompt,
            response_a=response_a,
            response_b=response_b,
            preference=preference,
            annotator=annotator,
            conversation=conversation,
            labels=_labels(label),
            missing=missing,
            max_characters=max_characters,
            hash_annotators=hash_annotators,
            split=split,
            seed=seed,
        )
        made = _study(
            pairs,
            quiet=quiet,
            embedder=embedder,
            n_features=features,
            k=k,
            controls=tuple(control or ("length",)),
            seed=seed,
        )
        _print_study(made)
        typer.echo(f"\nWrote {made.save(out or Path(f'{pairs.name}.whim'))}")
        if report is not None:
            typer.echo(f"Wrote {made.report(report)}")


@app.command()
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
    names_only: Annotated[bool, typer.Option(help="Leave out every text of the datasets.")] = False,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Put datasets side by side: what each can measure, what it rewards, where they contradict each other."""
    with _clear_errors():
        from whimsight.comparisons import compare as make_comparison
        from whimsight.progress import bars

        for option, path in (("--out", out), ("--report", report)):
            if path is not None:
                _require_place(option, path)
        sliced = by is not None or bool(votes)
        if sliced and len(sources) > 1:
            raise typer.BadParameter(f"--by and --votes slice one dataset; found {len(sources)}.")
        columns = _named_columns(votes)
        if not sliced and len(sources) == 1:
            made = _kept_comparison(sources[0])
        else:
            given = [_study_or_pairs(source, seed) for source in sources]
            with bars(disable=quiet or not sys.stderr.isatty()) as progress:
                made = make_comparison(given[0] if sliced else given, by=by, votes=columns, progress=progress)
        _print_comparison(made)
        if out is not None:
            typer.echo(f"\nWrote {made.save(out)}")
        typer.echo(f"\nWrote {made.report(report, names_only=names_only)}   (open it in a browser)")


@app.command()
def report(
    whim: Annotated[
        Path, typer.Argument(help="A `.whim` file that `whimsight study` wrote.", show_default=False)
    ],
    out: Annotated[Path, typer.Option("--out", "-o", help="Where the report goes.")] = Path("report.html"),
    names_only: Annotated[bool, typer.Option(help="Leave out every text of the dataset.")] = False,
) -> None:
    """Write a study as one HTML file that needs neither network nor Python."""
    with _clear_errors():
        from whimsight.studies import Study

        typer.echo(f"Wrote {Study.open(whim).report(out, names_only=names_only)}")


@app.command()
def demo(
    folder: Annotated[Path, typer.Option(help="Where the two files go.")] = Path(),
    quiet: Quiet = False,
) -> None:
    """Study the shipped MT-Bench votes: two tables here, `mt-bench.whim` and `report.html`."""
    with _clear_errors():
        from whimsight.pairs import load

        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise typer.BadParameter(f"--folder {folder}: {error.strerror}.") from None
        _require_place("--folder", folder / "mt-bench.whim")
        pairs = load("mt-bench")
        typer.echo(_describe(pairs))
        made = _study(pairs, quiet=quiet)
        _print_study(made)
        typer.echo(f"\nWrote {made.save(folder / 'mt-bench.whim')}")
        typer.echo(f"Wrote {made.report(folder / 'report.html')}   (open it in a browser)")


@contextmanager
def _clear_errors() -> Iterator[None]:
    """One clear line instead of a traceback for the troubles that have a name."""
    try:
        yield
    except WhimsightError as error:
        typer.secho(f"{type(error).__name__}: {error}", err=True, fg="red")
        raise typer.Exit(next(code for kind, code in _EXIT if isinstance(error, kind))) from None
    except KeyboardInterrupt:
        typer.secho("Interrupted. What was embedded so far is kept; run the same command to go on.", err=True)
        raise typer.Exit(130) from None


def _require_place(option: str, path: Path) -> None:
    """Refuse a path that nothing can be written to, before the work and not after it."""
    folder = path.parent
    if path.is_dir():
        raise typer.BadParameter(f"{option} {path}: it is a folder; name a file in it.")
    if not folder.is_dir():
        raise typer.BadParameter(f"{option} {path}: there is no folder {str(folder)!r}; make it first.")
    if not os.access(folder, os.W_OK):
        raise typer.BadParameter(f"{option} {path}: the folder {str(folder)!r} cannot be written to.")


def _pairs(source: str, *, seed: int, **how: Any) -> Pairs:
    """A shipped sample where the name is one and no such file is here, else what the source reads as."""
    from whimsight.pairs import load, read, samples

    said = {
        key: value
        for key, value in how.items()
        if value is not None and value is not False and value != "unlabelled"
    }
    known = list(samples().index)
    if source in known and not Path(source).exists():
        if said:
            options = ", ".join(f"--{key.replace('_', '-')}" for key in said)
            raise typer.BadParameter(f"{source!r} is a shipped sample, already read; leave out {options}.")
        return load(source)
    try:
        return read(source, seed=seed, **said)
    except PairsError as error:
        raise PairsError(f"{error}{'' if Path(source).exists() else nearest(source, known)}") from None


def _kept_comparison(source: str) -> Comparison:
    from whimsight.comparisons import Comparison

    if not source.endswith(".whim"):
        raise typer.BadParameter(
            f"one dataset, {source!r}: name a second one, say which parts of it with --by COLUMN, or which votes with "
            "--votes NAME=COLUMN."
        )
    return Comparison.open(source)


def _study_or_pairs(source: str, seed: int) -> Study | Pairs:
    from whimsight.studies import Study

    return Study.open(source) if source.endswith(".whim") else _pairs(source, seed=seed)


def _named_columns(said: list[str] | None) -> dict[str, str] | None:
    if not said:
        return None
    parts = [text.partition("=") for text in said]
    for text, (name, _, column) in zip(said, parts, strict=True):
        if not name or not column:
            raise typer.BadParameter(f"--votes takes NAME=COLUMN; found {text!r}.")
    return {name: column for name, _, column in parts}


def _labels(said: list[str] | None) -> dict[str, str] | None:
    if not said:
        return None
    parts = [text.rpartition("=") for text in said]
    for text, (value, _, meaning) in zip(said, parts, strict=True):
        if not value or meaning not in ("a", "b", "tie"):
            raise typer.BadParameter(f"--label takes VALUE=a, VALUE=b or VALUE=tie; found {text!r}.")
    return {value: meaning for value, _, meaning in parts}


def _study(pairs: Pairs, *, quiet: bool, **choices: Any) -> Study:
    from whimsight.progress import bars
    from whimsight.studies import study as make_study

    with bars(disable=quiet or not sys.stderr.isatty()) as progress:
        return make_study(pairs, progress=progress, **choices)


def _describe(pairs: Pairs) -> str:
    return f"{pairs!r}\n{pairs.report}"


def _first_pair(pairs: Pairs) -> str:
    first = pairs.frame.iloc[0]
    choice = {1.0: "A", 0.0: "B", 0.5: "tie"}.get(first["preference"], str(first["preference"]))
    lines = [
        f"{column.replace('_', ' ')}\n{textwrap.indent(_shown(str(first[column])), '    ')}"
        for column in ("prompt", "response_a", "response_b")
    ]
    lines.append(f"preference\n    {'unlabelled' if choice == 'nan' else choice}")
    return "\nThe first pair\n" + textwrap.indent("\n".join(lines), "  ")


def _shown(text: str) -> str:
    """Cut a text, without the control characters that would drive a terminal."""
    cut = text if len(text) <= _SHOWN else text[:_SHOWN] + " ..."
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in cut)


def _print_study(made: Study) -> None:
    typer.echo(f"\n{made!r}\n")
    typer.echo(
        "Features, in the order of what is sure of their effect (the end of the interval nearer to 0).\n"
        "delta_win: how much more often the response with more of it was chosen than the other, in percentage points\n"
        "(95 % interval); beta: log odds for one standard deviation, with its q (false-discovery rate)\n"
    )
    typer.echo(_features_text(made.features))
    if len(made.prediction):
        typer.echo("\nHeld-out prediction of the choice\n")
        typer.echo(made.prediction.round(3).to_string())


def _print_comparison(made: Comparison) -> None:
    import pandas as pd

    typer.echo(f"\n{made!r}\n")
    conflicts, features = made.conflicts, made.features
    if not conflicts.empty:
        typer.echo(
            "Conflicts: rewarded in one, penalised in the other (difference of delta_win in percentage points, 95 %\n"
            "interval; q: false-discovery rate)\n"
        )
        typer.echo(_conflicts_text(conflicts))
        return
    typer.echo("No feature is rewarded in one of them and penalised in another, beyond chance.")
    differ = features[features["q"] <= 0.05].sort_values("q").index[:12]
    if len(differ):
        typer.echo("\nThe same way, but not as much (delta_win in percentage points):\n")
        shown = pd.DataFrame({"name": features.loc[differ, "name"].str.slice(0, 48)})
        for name in made.datasets:
            shown[name] = (100 * made.table.loc[name].loc[differ, "delta_win"]).round(1)
        typer.echo(shown.to_string(index=False))


def _conflicts_text(conflicts: pd.DataFrame, top: int = 24) -> str:
    import pandas as pd

    table = conflicts.head(top)
    text = pd.DataFrame(
        {
            "name": table["name"].str.slice(0, 48),
            "for": table["for"],
            "against": table["against"],
            "difference": [
                f"{100 * d:.0f} ({100 * low:.0f} to {100 * high:.0f})"
                for d, low, high in zip(
                    table["difference"], table["difference_low"], table["difference_high"], strict=True
                )
            ],
            "q": ["<.001" if q < 0.001 else f"{q:.3f}" for q in table["q"]],
        }
    )
    rest = len(conflicts) - len(table)
    more = f"\n... and {rest} more in comparison.conflicts" if rest > 0 else ""
    return text.to_string(index=False) + more


def _telling(features: pd.DataFrame) -> pd.Series[float]:
    """What can be said for sure: the end of the interval that is nearer to 0, or 0 if it spans it."""
    from whimsight.studies.charts import telling

    return telling(features) if features["delta_win"].notna().any() else features["prevalence"]


def _features_text(features: pd.DataFrame, top: int = 24) -> str:
    import pandas as pd

    table = features.loc[_telling(features).sort_values(ascending=False, kind="stable").index].head(top)
    text = pd.DataFrame(
        {
            "name": table["name"].str.slice(0, 48),
            "prevalence": (100 * table["prevalence"]).map("{:.0f}%".format),
            "delta_win": [
                f"{100 * d:+.1f} ({100 * low:+.1f} to {100 * high:+.1f})" if d == d else "-"
                for d, low, high in zip(
                    table["delta_win"], table["delta_win_low"], table["delta_win_high"], strict=True
                )
            ],
            "beta": ["-" if b != b else f"{b:+.2f}" for b in table["beta"]],
            "q": ["-" if q != q else "<.001" if q < 0.001 else f"{q:.3f}" for q in table["q"]],
            **{
                column: [
                    "" if kind == "measured" else "-" if v != v else f"{v:.2f}"
                    for kind, v in zip(table["kind"], table[column], strict=True)
                ]
                for column in ("fidelity", "stability")
            },
        },
        index=table.index,
    )
    rest = len(features) - len(table)
    more = f"\n... and {rest} more in study.features" if rest > 0 else ""
    return text.to_string() + more
