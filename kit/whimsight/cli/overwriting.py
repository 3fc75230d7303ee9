"""What a new study, comparison or report may be written over: an older one of the same data, and nothing else."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from whimsight.cli.terminal import shown
from whimsight.errors import StudyFileError

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from whimsight.pairs import Pairs
    from whimsight.studies import Study
    from whimsight.studies.settings import Settings

__all__ = [
    "keep_named",
    "older_study",
    "require_comparison_file",
    "require_comparison_report",
    "require_report",
]


def older_study(
    option: str, path: Path, pairs: Pairs, settings: Settings, *, otherwise: str, force: bool
) -> Study | None:
    """Return the study that a new one is written over; refuse, before the work, where something would be lost.

    Parameters
    ----------
    option : str
    path : Path
        Where the new study goes.
    pairs, settings
        Those of the new study.
    otherwise : str
        What to do instead.
    force : bool
        Write over it all the same.

    Returns
    -------
    Study or None
        None where there is no study.
    """
    there = None if _free(path) else _opened(option, path, otherwise, force=force)
    if there is None or force:
        return there
    if "comparison" in there.facts:
        _refuse(option, path, f"it holds a comparison, {_name(there.name)}", otherwise)
    if there.pairs_fingerprint != pairs.fingerprint:
        which = " of this name, of other pairs" if there.name == pairs.name else f", {_name(there.name)}"
        _refuse(option, path, f"it is another study{which}", otherwise)
    if _named(there) and there.settings != settings:
        what = (
            "it holds names and judgments of a language model, which a study with other settings cannot keep"
        )
        _refuse(option, path, what, otherwise)
    return there


def keep_named(made: Study, there: Study | None, path: Path, *, force: bool) -> Path:
    """Take over what a language model said of the same features, and return where the study goes.

    Where the features came out otherwise, as another version may make them, the older study stays as it is and the
    new one goes beside it.
    """
    if there is None or not _named(there):
        return path
    if there.fingerprint == made.fingerprint:
        made.suggestions, made.judgments = there.suggestions, there.judgments
        typer.echo(f"\nKept the names and judgments of a language model that {path.name} held.")
        return path
    if force:
        return path
    typer.echo(f"\n{path.name} holds names of a language model for other features: it stays as it is.")
    beside = path.with_name(f"{path.stem}-{made.fingerprint[:8]}{path.suffix}")
    if _free(beside):
        return beside
    older = _opened("--out", beside, "Say another name with --out", force=False)
    return keep_named(made, older, beside, force=False)


def require_report(
    option: str, path: Path, name: str, fingerprint: str, *, otherwise: str, force: bool
) -> None:
    """Refuse to write a report over anything but an older report on the same pairs.

    Parameters
    ----------
    option : str
    path : Path
        Where the report goes.
    name, fingerprint : str
        The study's name and its pairs' fingerprint.
    otherwise : str
        What to do instead.
    force : bool
        Write over it all the same.
    """
    from whimsight.studies.report import name_in_report, report_of

    if force or _free(path):
        return
    there = report_of(path)
    if there is None:
        what = "there is a file already, and it does not say that it is a report of this study"
        _refuse(option, path, what, otherwise)
    if there.fingerprint != fingerprint:
        which = (
            " of this name, of other pairs"
            if there.name == name_in_report(name)
            else f", {_name(there.name)}"
        )
        _refuse(option, path, f"it is the report of another study{which}", otherwise)


def require_comparison_file(
    option: str, path: Path, name: str, given: Sequence[Study | Pairs], *, force: bool
) -> None:
    """Refuse to write a comparison over anything but an older one of the same data.

    A study that is cut into slices may be kept as a comparison in its own file: nothing of it is lost.

    Parameters
    ----------
    option : str
    path : Path
    name : str
        What the pairs of the comparison are called.
    given : sequence of Study or Pairs
        What is compared: datasets, or the one that is cut into slices.
    force : bool
    """
    from whimsight.comparisons.report import fingerprint_of
    from whimsight.studies import Study

    otherwise = f"Say another name with {option}"
    there = None if force or _free(path) else _opened(option, path, otherwise, force=False)
    if there is None:
        return
    source = given[0] if len(given) == 1 and isinstance(given[0], Study) else None
    if source is not None and source.fingerprint == there.fingerprint:
        if _holds(source.suggestions, there.suggestions) and _holds(source.judgments, there.judgments):
            return
    elif "comparison" not in there.facts:
        _refuse(option, path, f"it is a study, {_name(there.name)}, and no comparison", otherwise)
    elif there.name != name or fingerprint_of([there.pairs]) != fingerprint_of(_pairs(given)):
        which = " of this name, of other pairs" if there.name == name else f", {_name(there.name)}"
        _refuse(option, path, f"it is another comparison{which}", otherwise)
    if _named(there):
        _refuse(
            option,
            path,
            "it holds names and judgments of a language model, which a new one does not",
            otherwise,
        )


def require_comparison_report(
    option: str, path: Path, name: str, given: Sequence[Study | Pairs], *, force: bool
) -> None:
    """Refuse to write a report over anything but an older report of the same comparison.

    Parameters
    ----------
    option : str
    path : Path
    name : str
        The comparison's.
    given : sequence of Study or Pairs
        As for `require_comparison_file`.
    force : bool
    """
    from whimsight.comparisons.report import COMPARISON_MARK, fingerprint_of
    from whimsight.studies.report import name_in_report, report_of

    if force or _free(path):
        return
    otherwise = f"Say another name with {option}"
    there = report_of(path, COMPARISON_MARK)
    if there is None:
        what = "there is a file already, and it does not say that it is a report of this comparison"
        _refuse(option, path, what, otherwise)
    named = there.name == name_in_report(name)
    if not named or there.fingerprint != fingerprint_of(_pairs(given)):
        which = " of this name, of other pairs" if named else f", {_name(there.name)}"
        _refuse(option, path, f"it is the report of another comparison{which}", otherwise)


def _free(path: Path) -> bool:
    return not path.exists() or path.stat().st_size == 0


def _opened(option: str, path: Path, otherwise: str, *, force: bool) -> Study | None:
    """Return the study that is there; what cannot be opened as one is written over only with ``force``."""
    from whimsight.studies import Study

    try:
        return Study.open(path)
    except StudyFileError:
        if not force:
            _refuse(option, path, "there is a file already, and it cannot be opened as a study", otherwise)
        return None


def _holds(table: pd.DataFrame, other: pd.DataFrame) -> bool:
    """Whether a table has every row of another one of the same columns."""
    rows = set(table.astype(str).itertuples(index=False, name=None))
    return rows.issuperset(other.astype(str).itertuples(index=False, name=None))


def _named(study: Study) -> bool:
    return bool(len(study.suggestions) or len(study.judgments))


def _pairs(given: Sequence[Study | Pairs]) -> list[Pairs]:
    from whimsight.studies import Study

    return [one.pairs if isinstance(one, Study) else one for one in given]


def _name(name: str) -> str:
    return repr(shown(name, 60))


def _refuse(option: str, path: Path, what: str, otherwise: str) -> NoReturn:
    raise typer.BadParameter(f"{option} {path}: {what}. {otherwise}, or write over it with --force.")
