"""`Calibrator`: what do *you* prefer? Some pairs to judge, chosen for what they teach about one person."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import traitlets

from whimsight.errors import StudyError
from whimsight.personalization.sitting import Consent, Vote, read_consent, read_votes, voted_pairs
from whimsight.personalization.snapshot import calibrator_snapshot
from whimsight.personalization.votes_file import find_sitting, new_sitting, votes_folder, write_sitting
from whimsight.widgets.answers import Answers
from whimsight.widgets.mixer import PreferenceMixer
from whimsight.widgets.personal import PeopleView, as_people
from whimsight.widgets.view import Checked

if TYPE_CHECKING:
    from whimsight.pairs import Pairs
    from whimsight.personalization import Person
    from whimsight.studies import Study

__all__ = ["Calibrator"]


class _CalibratorAnswers(Answers):
    """Answers requests of a calibrator: those about features, and whether votes are kept."""

    def __init__(self, study: Study, kept: Callable[[], dict[str, Any]], **choices: Any) -> None:
        super().__init__(study, **choices)
        self._handlers["kept"] = lambda _: kept()


class Calibrator(PeopleView):
    """Judge some pairs and see your own weights appear next to everyone's.

    Votes are kept, once the person consented, in a file of their own for each sitting: in ``mt-bench.votes`` beside
    ``mt-bench.whim``, or in the data folder where the study was not saved. Votes for use in class are gathered by
    `whimsight.personalization.votes_file.gather_votes`.

    Parameters
    ----------
    people : Personalization or Study
        A study is personalized first.
    ask : int
        How many pairs are asked before the result is shown in full; more on request.
    pool : int
        How many pairs there are to choose from.
    author : str, optional
        Who edits names; ``study.labels.author`` by default. Who judges says so on the page.
    folder : str or Path, optional
        Where votes are kept.
    mixer : PreferenceMixer, optional
        In which the person is a preset, from the first vote on.
    height : int, optional
        In pixels.
    features : sequence of str, optional
        For a study: the features whose weights may differ between people.

    Attributes
    ----------
    people : Personalization
    study : Study
    votes : tuple of Vote
        In the order in which they were cast. Can be set once there is consent.
    consent : Consent or None
        Can be set: ``{"choice": "private" or "class", "author": "Ann"}``. Setting it to None takes all votes back and
        deletes the file.
    selected : str
        Id of the feature that is shown. Can be set.

    Raises
    ------
    StudyError
        If the front end is not built, no pair can be asked, or as `Study.personalize` does.

    Notes
    -----
    The votes are in no page that `to_html` writes, and in no picture that is saved with a notebook for viewers without
    Python.

    Examples
    --------
    >>> calibrator = Calibrator(people, mixer=mixer)    # doctest: +SKIP
    >>> calibrator.person.table.head()                  # doctest: +SKIP
    >>> calibrator.pairs                                # doctest: +SKIP
    """

    votes = Checked("_read_votes").tag(to_json=lambda value, _: [vote.to_dict() for vote in value])
    consent = Checked("_read_consent").tag(
        to_json=lambda value, _: None if value is None else value.to_dict()
    )

    _module = "calibrator"
    _free = ("selected", "votes", "consent")

    def __init__(
        self,
        people: Any,
        *,
        ask: int = 16,
        pool: int = 100,
        author: str | None = None,
        folder: str | Path | None = None,
        mixer: PreferenceMixer | None = None,
        height: int | None = None,
        features: Any = None,
    ) -> None:
        if mixer is not None and not isinstance(mixer, PreferenceMixer):
            raise StudyError(f"mixer is a PreferenceMixer; found {type(mixer).__name__}.")
        if mixer is not None and people is mixer.study and features is None:
            people = mixer.people
        given = as_people(people, features)
        if mixer is not None and mixer.people is not given:
            raise StudyError("The mixer looks at other people: make both of one personalization.")
        self._ask, self._pool, self._mixer = ask, pool, mixer
        self._folder = None if folder is None else Path(folder)
        self._sitting: Path | None = None
        self._waiting: Any = None
        self._handed: str | None = None
        self._rows: frozenset[int] = frozenset()
        self._trouble = ""
        answers = _CalibratorAnswers(given.study, self._kept, author=author, changed=self._changed)
        super().__init__(given, answers, height=height)
        self._rows = frozenset(int(pair["row"]) for pair in self.snapshot["pool"])
        if not self._rows:
            raise StudyError(f"{given.name!r} has no pair short enough to be judged on a screen.")

    # -- what it says ------------------------------------------------------------------------------

    @property
    def person(self) -> Person:
        """What the votes say of the person's weights."""
        decided = [vote for vote in self.votes if vote.choice in ("a", "b")]
        return self._people.new_person(
            [vote.row for vote in decided],
            [float(vote.choice == "a") for vote in decided],
            name=(self.consent.author if self.consent else "") or "you",
        )

    @property
    def pairs(self) -> Pairs:
        """The judged pairs, as they stand in the study; see `whimsight.personalization.sitting.voted_pairs`."""
        return voted_pairs(self.study, self.votes, self.consent or Consent("private", "", ""))

    @property
    def file(self) -> Path | None:
        """Where the votes of this sitting are kept; None before there are any."""
        return self._sitting if self._sitting is not None and self._sitting.exists() else None

    # -- the view ----------------------------------------------------------------------------------

    def _picture(self, max_bytes: int, *, names_only: bool) -> dict[str, Any]:
        return calibrator_snapshot(
            self._people, ask=self._ask, pool=self._pool, names_only=names_only, max_bytes=max_bytes
        )

    def _open_with(self) -> None:
        super()._open_with()
        self.consent = None
        self.votes = ()

    def _own_traits(self) -> dict[str, Any]:
        return {"votes": [], "consent": None}

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the page sets: consent first, for without it no vote is taken; votes wait for it."""
        given = dict(sync_data)
        if "votes" in given:
            self._waiting = None
            if given["votes"] and given.get("consent", self.consent) is None:
                self._waiting = given.pop("votes")
        if "consent" in given:
            super().set_state({"consent": given.pop("consent")})
            if self.consent is not None and self._waiting is not None:
                given["votes"], self._waiting = self._waiting, None
        super().set_state(given)

    def _acceptable(self, key: str, value: Any) -> bool:
        try:
            if key == "votes":
                self._read_votes(value)
            elif key == "consent":
                read_consent(value)
            else:
                return super()._acceptable(key, value)
        except (StudyError, traitlets.TraitError):
            return False
        return True

    def _read_votes(self, value: Any) -> tuple[Vote, ...]:
        try:
            votes = read_votes(value, self._rows)
        except StudyError as error:
            raise traitlets.TraitError(str(error)) from None
        if votes and self.consent is None:
            raise traitlets.TraitError("No vote is taken without consent: set calibrator.consent first.")
        return votes

    def _read_consent(self, value: Any) -> Consent | None:
        if isinstance(value, Mapping) and "time" not in value:
            value = {**value, "time": _now()}
        try:
            return read_consent(value)
        except StudyError as error:
            raise traitlets.TraitError(str(error)) from None

    @traitlets.observe("consent")
    def _follow_consent(self, change: Any) -> None:
        if change["new"] is None:
            self.votes = ()
            self._keep()
            self._sitting = None
        elif self.votes:
            self._keep()
            self._hand_on()

    @traitlets.observe("votes")
    def _follow_votes(self, _: Any) -> None:
        self._keep()
        self._hand_on()

    def _hand_on(self) -> None:
        """Give the person to the mixer, under the name of now; take away who took all votes back."""
        if self._mixer is None:
            return
        before, self._handed = self._handed, None
        if self.votes:
            self._handed = self._mixer.add(self.person, select=before is None)
        if before is not None and before != self._handed:
            self._mixer.remove(before)

    def _keep(self) -> None:
        """Write the votes; a disk that is full costs the file and not the votes."""
        if self._sitting is None:
            if self.consent is None or not self.votes:
                return
            folder = self._folder or votes_folder(self.study)
            self._sitting = find_sitting(folder, self.pairs) or new_sitting(folder)
        try:
            write_sitting(self._sitting, self.pairs)
            self._trouble = ""
        except StudyError as error:
            self._trouble = str(error)
            warnings.warn(self._trouble, stacklevel=2)

    def _kept(self) -> dict[str, Any]:
        """Return what the page asks after each vote: the votes that came, and why they are in no file."""
        return {"votes": [[vote.row, vote.choice] for vote in self.votes], "trouble": self._trouble}

    def __repr__(self) -> str:
        judged = sum(vote.choice != "skip" for vote in self.votes)
        return f"<Calibrator {self._name()!r}: {judged} of {self._ask} pairs judged>"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
