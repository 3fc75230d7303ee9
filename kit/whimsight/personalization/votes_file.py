"""Votes of a calibrator on disk: one CSV a sitting, in the pairs layout, for spreadsheets and `whimsight.read`."""

from __future__ import annotations

import csv
import io
import os
import re
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.files import atomic_write
from whimsight.labels.csv_file import guard, unguard
from whimsight.labels.home import data_folder
from whimsight.pairs import Pairs
from whimsight.pairs.report import ReadReport
from whimsight.personalization.sitting import NOBODY
from whimsight.studies.snapshot import clean
from whimsight.tables import Table

if TYPE_CHECKING:
    from whimsight.studies import Study

__all__ = [
    "COLUMNS",
    "find_sitting",
    "gather_votes",
    "new_sitting",
    "read_sitting",
    "votes_folder",
    "write_sitting",
]

COLUMNS = (
    "prompt",
    "response_a",
    "response_b",
    "preference",
    "annotator",
    "id",
    "shown",
    "seconds",
    "time",
    "consent",
)
"""Columns of the file, in order."""

_SUFFIX = ".votes"
_MOST_BYTES = 16 * 2**20


def votes_folder(study: Study) -> Path:
    """Return where votes on a study are kept: ``mt-bench.votes`` beside ``mt-bench.whim``, else in the data folder.

    The folder need not exist. The data folder (``$WHIMSIGHT_DATA``, or the user's) serves where the study was not
    saved, or its folder may only be read.
    """
    if study.path is not None:
        beside = study.path.absolute().with_suffix(_SUFFIX)
        there = beside if beside.exists() else beside.parent
        if os.access(there, os.W_OK | os.X_OK):
            return beside
    safe = re.sub(r"[^\w.-]+", "-", study.name).strip("-.")[:60] or "study"
    return data_folder() / "votes" / f"{safe}-{study.fingerprint[:12]}"


def new_sitting(folder: Path) -> Path:
    """Return the path of a file for a new sitting, which nobody else has; it tells nothing of the person."""
    return folder / f"sitting-{uuid.uuid4().hex[:16]}.csv"


def find_sitting(folder: Path, pairs: Pairs) -> Path | None:
    """Return the file of the sitting in which these votes were begun, where the kernel was restarted since.

    It is the one whose first vote is the first of these, to the millisecond; None where there is none.
    """
    if not folder.is_dir() or not len(pairs):
        return None
    first = _cast(pairs.frame)
    for path in sorted(folder.glob("sitting-*.csv")):
        try:
            if _cast(read_sitting(path)) == first:
                return path
        except StudyError:
            continue
    return None


def write_sitting(path: Path, pairs: Pairs) -> None:
    """Write the votes of a sitting (`whimsight.personalization.sitting.voted_pairs`), in one step.

    In UTF-8 with a byte order mark; cells that a spreadsheet would run begin with an apostrophe
    (`whimsight.labels.csv_file`). A private sitting may be read by its owner alone, where the file system knows owners.
    Without votes there is no file.

    Raises
    ------
    StudyError
        If the folder cannot be written.
    """
    try:
        if not len(pairs):
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, _text(pairs.frame).encode("utf-8-sig"))
        if (pairs.frame["consent"] != "class").any():
            path.chmod(0o600)
    except OSError as error:
        raise StudyError(
            f"Votes cannot be kept in {path.parent.name!r}: {error.strerror or error}. Give a folder that you may "
            "write to, Calibrator(..., folder=...)."
        ) from error


def read_sitting(path: str | Path) -> pd.DataFrame:
    """Read the file of a sitting exactly: `whimsight.read` reads it too, but leaves the apostrophes of `write_sitting`.

    Returns
    -------
    DataFrame
        Columns `COLUMNS`; ``preference`` and ``seconds`` float64, the others text.

    Raises
    ------
    StudyError
        If it is not such a file.
    """
    path = Path(path)
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise StudyError(
                f"{path.name!r} has more than {_MOST_BYTES >> 20} MB; it holds no votes of one sitting."
            )
        rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise StudyError(f"{path.name!r} cannot be read as votes: {error}.") from error
    if not rows or tuple(rows[0]) != COLUMNS or any(len(row) != len(COLUMNS) for row in rows):
        raise StudyError(f"{path.name!r} is not a file of votes: its columns are not {', '.join(COLUMNS)}.")
    frame = Table([[unguard(cell) for cell in row] for row in rows[1:]], columns=list(COLUMNS), dtype=object)
    for column in ("preference", "seconds"):
        frame[column] = pd.to_numeric(frame[column], errors="coerce")
    bad = ~(frame["preference"].isin([0.0, 0.5, 1.0]) & frame["consent"].isin(["private", "class"]))
    if bad.any():
        raise StudyError(
            f"{path.name!r}, row {int(bad.argmax()) + 2}: no preference (0, .5, 1) or no consent."
        )
    return frame


def gather_votes(folder: str | Path, into: str | Path | None = None) -> Pairs:
    """Collect the votes of all sittings in a folder whose people consented to their use in class.

    Parameters
    ----------
    folder : str or Path
        ``mt-bench.votes``, or any folder with files of sittings.
    into : str or Path, optional
        Write them all to one CSV, too.

    Returns
    -------
    Pairs
        With the columns `COLUMNS` and ``sitting``. People without a name are told apart by their sittings;
        ``pairs.report`` counts votes of private sittings and files that are no votes.

    Raises
    ------
    StudyError
        If there is no such folder, or nobody in it consented.

    Examples
    --------
    >>> votes = gather_votes("mt-bench.votes")    # doctest: +SKIP
    >>> ws.study(votes).personalize()             # doctest: +SKIP
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(
            f"There is no folder {folder.name!r}. Votes lie beside their study, in mt-bench.votes for example."
        )
    shared, private, others, total = [], 0, [], 0
    report = ReadReport(layout="votes of calibrators", source=folder.name)
    for path in sorted(folder.glob("*.csv")):
        try:
            frame = read_sitting(path)
        except StudyError:
            others.append(path.name)
            continue
        start, total = total, total + len(frame)
        if (frame["consent"] == "class").all():
            named = frame["annotator"].where(frame["annotator"] != NOBODY, path.stem)
            shared.append(frame.assign(annotator=named, sitting=path.stem))
        else:
            private += 1
            report.drop("private vote", list(range(start, total)))
    if not shared:
        raise StudyError(
            f"No sitting in {folder.name!r} may be used in class ({private} private, "
            f"{counted(len(others), 'file')} without votes)."
        )
    table = pd.concat(shared, ignore_index=True)
    table["id"] = table["sitting"] + ":" + table["id"]
    report.read, report.kept = total, len(table)
    report.notes.append(
        f"{counted(len(shared), 'sitting')} for use in class; left out: {counted(private, 'private sitting')}, "
        f"{counted(len(others), 'other file')}"
    )
    pairs = Pairs(table, name=folder.stem, report=report)
    if into is not None:
        atomic_write(Path(into), _text(table[[*COLUMNS, "sitting"]]).encode("utf-8-sig"))
    return pairs


def _cast(frame: pd.DataFrame) -> list[object]:
    """Return what tells the first vote from every other."""
    return (
        frame[["id", "annotator", "preference", "shown", "seconds", "time"]]
        .iloc[:1]
        .to_numpy()
        .ravel()
        .tolist()
    )


def _text(frame: pd.DataFrame) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, quoting=csv.QUOTE_ALL)
    columns = [c for c in (*COLUMNS, "sitting") if c in frame.columns]
    writer.writerow(columns)
    for row in frame[columns].itertuples(index=False):
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def _cell(value: object) -> str:
    return guard(clean(value)) if isinstance(value, str) else f"{value:.10g}"
