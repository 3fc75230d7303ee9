"""What was given on the command line, as what the package works with."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from whimsight._suggest import nearest
from whimsight.errors import PairsError

if TYPE_CHECKING:
    from whimsight.comparisons import Comparison
    from whimsight.pairs import Pairs
    from whimsight.studies import Study

__all__ = ["kept_comparison", "meanings", "named_columns", "read_pairs", "study_or_pairs", "two_numbers"]


def read_pairs(source: str, *, seed: int, **how: Any) -> Pairs:
    """Read a shipped sample where the name is one and no such file is here, else what the source reads as.

    Parameters
    ----------
    source : str
    seed : int
    **how
        Arguments of `whimsight.read`; what was not said is None, False or the default of ``missing``.
    """
    from whimsight.pairs import load, read, samples

    said = {
        key: value
        for key, value in how.items()
        if value is not None and value is not False and value != "unlabelled"
    }
    if source.endswith(".whim") and Path(source).exists():
        raise PairsError(
            f"{source!r} is a study already, and no file of votes: `whimsight report`, `whimsight name` and `whimsight "
            "compare` go on from it."
        )
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


def study_or_pairs(source: str, seed: int) -> Study | Pairs:
    """Open a ``.whim`` file; read anything else as pairs."""
    from whimsight.studies import Study

    return Study.open(source) if source.endswith(".whim") else read_pairs(source, seed=seed)


def kept_comparison(source: str) -> Comparison:
    """Open what ``whimsight compare --out`` kept."""
    from whimsight.comparisons import Comparison

    if not source.endswith(".whim"):
        raise typer.BadParameter(
            f"one dataset, {source!r}: name a second one, say which parts of it with --by COLUMN, or which votes with "
            "--votes NAME=COLUMN."
        )
    return Comparison.open(source)


def named_columns(said: list[str] | None) -> dict[str, str] | None:
    """Read ``--votes NAME=COLUMN`` as names and their columns."""
    if not said:
        return None
    parts = [text.partition("=") for text in said]
    for text, (name, _, column) in zip(said, parts, strict=True):
        if not name or not column:
            raise typer.BadParameter(f"--votes takes NAME=COLUMN; found {text!r}.")
    return {name: column for name, _, column in parts}


def meanings(said: list[str] | None) -> dict[str, str] | None:
    """Read ``--label VALUE=a`` as values of the choice and what they mean."""
    if not said:
        return None
    parts = [text.rpartition("=") for text in said]
    for text, (value, _, meaning) in zip(said, parts, strict=True):
        if not value or meaning not in ("a", "b", "tie"):
            raise typer.BadParameter(f"--label takes VALUE=a, VALUE=b or VALUE=tie; found {text!r}.")
    return {value: meaning for value, _, meaning in parts}


def two_numbers(price: str | None) -> tuple[float, float] | None:
    """Read ``--price 0.15,0.60``."""
    if price is None:
        return None
    try:
        first, second = (float(part) for part in price.split(","))
        if not (0 <= first < float("inf") and 0 <= second < float("inf")):
            raise ValueError
    except ValueError:
        raise typer.BadParameter(f"--price takes two numbers such as 0.15,0.60; found {price!r}.") from None
    return first, second
