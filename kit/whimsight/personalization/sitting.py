"""What one person said in one sitting: consent and votes, as they come from a page, checked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.pairs import Pairs
from whimsight.pairs.report import ReadReport
from whimsight.studies._report.words import without_paths
from whimsight.studies.snapshot import clean

if TYPE_CHECKING:
    from whimsight.studies import Study

__all__ = ["CHOICES", "NOBODY", "Consent", "Vote", "clean_name", "read_consent", "read_votes", "voted_pairs"]

CHOICES = ("a", "b", "tie", "skip")
NOBODY = "me"
"""The annotator of votes whose person gave no name."""

_PREFERENCE = {"a": 1.0, "b": 0.0, "tie": 0.5}
_LONGEST_NAME = 60
_LONGEST = 86_400.0
_UNSEEN = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person allows: ``choice`` is "private" or "class"; ``author`` a name or ""; ``time`` ISO 8601."""

    choice: str
    author: str
    time: str

    def to_dict(self) -> dict[str, str]:
        """Return it for JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Vote:
    """One choice between the two responses of a row of the study.

    Attributes
    ----------
    row : int
    choice : str
        "a", "b" (those of the study, whichever side they stood on), "tie", or "skip" for a pair that was not judged.
    shown : str
        "ab" or "ba": which stood first.
    seconds : float
        From when the pair was shown until the vote.
    time : str
        ISO 8601.
    """

    row: int
    choice: str
    shown: str
    seconds: float
    time: str

    def to_dict(self) -> dict[str, Any]:
        """Return it for JSON."""
        return asdict(self)


def read_consent(value: Any) -> Consent | None:
    """Return what a page or a person gave as consent; None for none.

    Raises
    ------
    StudyError
        If it is not one.
    """
    if value is None or isinstance(value, Consent):
        return value
    if not isinstance(value, Mapping):
        raise StudyError(f"consent is {{'choice', 'author', 'time'}} or None; found {type(value).__name__}.")
    choice, author = value.get("choice"), value.get("author", "")
    if choice not in ("private", "class"):
        raise StudyError(f"consent['choice'] is 'private' or 'class'; found {str(choice)[:60]!r}.")
    if not isinstance(author, str):
        raise StudyError(f"consent['author'] is a name or ''; found {type(author).__name__}.")
    return Consent(choice, clean_name(author), _time(value.get("time"), "consent"))


def read_votes(value: Any, rows: Collection[int]) -> tuple[Vote, ...]:
    """Return votes, one a row, in the order in which they were cast.

    Parameters
    ----------
    value : sequence of mapping
    rows : collection of int
        Those that were asked about.

    Raises
    ------
    StudyError
        Says what is wrong with the first vote that is none.
    """
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise StudyError(f"votes is a list; found {type(value).__name__}.")
    if len(value) > len(rows):
        raise StudyError(
            f"There are {counted(len(value), 'vote')} on a pool of {counted(len(rows), 'pair')}; each is judged once."
        )
    votes = tuple(_vote(one, place, rows) for place, one in enumerate(value))
    seen = [vote.row for vote in votes]
    if len(set(seen)) < len(seen):
        twice = next(row for row in seen if seen.count(row) > 1)
        raise StudyError(f"Row {twice} is judged twice; undo the first vote on it.")
    return votes


def clean_name(name: str) -> str:
    r"""Return a name on one line, without what cannot be seen, of at most 60 characters.

    Examples
    --------
    >>> clean_name("  Ann\n\u202eB. ")
    'Ann B.'
    """
    seen = "".join(" " if unicodedata.category(c)[0] == "C" else c for c in name)
    return _UNSEEN.sub(" ", seen).strip()[:_LONGEST_NAME].strip()


def voted_pairs(study: Study, votes: Sequence[Vote], consent: Consent) -> Pairs:
    """Return the judged pairs as pairs of their own, as they stand in the study; skipped ones are left out.

    Columns ``prompt``, ``response_a``, ``response_b``, ``preference``, ``annotator``, ``id``, ``shown``, ``seconds``,
    ``time`` and ``consent``.
    """
    judged = [vote for vote in votes if vote.choice != "skip"]
    name = clean(without_paths(study.name))
    some = study.pairs.frame[["prompt", "response_a", "response_b"]].iloc[[v.row for v in judged]]
    frame = some.reset_index(drop=True).assign(
        preference=np.array([_PREFERENCE[v.choice] for v in judged], dtype=np.float64),
        annotator=consent.author or NOBODY,
        id=[f"{name}:{v.row}" for v in judged],
        shown=[v.shown for v in judged],
        seconds=np.array([v.seconds for v in judged], dtype=np.float64),
        time=[v.time for v in judged],
        consent=consent.choice,
    )
    report = ReadReport(layout="votes of a calibrator", source=name, read=len(votes), kept=len(judged))
    skipped = [i for i, v in enumerate(votes) if v.choice == "skip"]
    report.drop("skipped pair", skipped)
    return Pairs(pd.DataFrame(frame), name=f"votes on {name}", report=report)


def _vote(value: Any, place: int, rows: Collection[int]) -> Vote:
    if isinstance(value, Vote):
        value = value.to_dict()
    if not isinstance(value, Mapping):
        raise StudyError(f"votes[{place}] is not a vote but {type(value).__name__}.")
    row, choice, shown, seconds = (value.get(key) for key in ("row", "choice", "shown", "seconds"))
    if isinstance(row, bool) or not isinstance(row, int | float | np.integer) or row not in rows:
        raise StudyError(f"votes[{place}] is on row {str(row)[:60]!r}, which is not in the pool.")
    if choice not in CHOICES:
        raise StudyError(f"votes[{place}] chooses {str(choice)[:60]!r}; choices are {', '.join(CHOICES)}.")
    if shown not in ("ab", "ba"):
        raise StudyError(f"votes[{place}] was shown {str(shown)[:60]!r}; it is 'ab' or 'ba'.")
    if isinstance(seconds, bool) or not isinstance(seconds, int | float) or not 0 <= seconds <= _LONGEST:
        raise StudyError(
            f"votes[{place}] took {str(seconds)[:60]!r} seconds; it is a number from 0 to 86,400."
        )
    return Vote(
        int(row), str(choice), str(shown), float(seconds), _time(value.get("time"), f"votes[{place}]")
    )


def _time(value: Any, what: str) -> str:
    if isinstance(value, str) and len(value) <= 40:
        try:
            datetime.fromisoformat(value)
        except ValueError:
            pass
        else:
            return value
    raise StudyError(
        f"The time of {what} is not one in ISO 8601, such as 2026-03-01T10:00:00Z: {str(value)[:60]!r}."
    )
