"""`PreferenceMixer`: weights as sliders, and what they would prefer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import traitlets

from whimsight._suggest import nearest
from whimsight.errors import StudyError
from whimsight.personalization import Person
from whimsight.personalization.picture import own_votes, preset_json
from whimsight.personalization.presets import Preset, annotator_preset, asked_presets, person_preset
from whimsight.personalization.snapshot import mixer_snapshot
from whimsight.personalization.tally import agreement, flips, log_odds
from whimsight.tables import Table
from whimsight.widgets.mixer_answers import MixerAnswers
from whimsight.widgets.personal import PeopleView, Weights, as_people, filled, finite
from whimsight.widgets.view import Checked

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization import Personalization
    from whimsight.personalization.reward import Reward

__all__ = ["PreferenceMixer"]

_PAGE_PERSON = 90  # characters of an id that a page gives to a person whom a calibrator on it handed over


class PreferenceMixer(PeopleView):
    """Move the weights of features and see, at once, which responses win, why, and how many votes flip.

    Parameters
    ----------
    people : Personalization or Study
        A study is personalized first.
    annotators : sequence of str
        Annotators to begin from, at most 20; nobody else's weights or votes are shown one by one.
    groups : str, sequence of str, or mapping from str to sequence; optional
        Columns of the pairs whose groups of annotators are presets, or columns with the values that are.
    types : bool or AnnotatorTypes
        Whether types of annotators are presets: those that ``people.types()`` finds, or that it returned for features
        of your choice, ``types=people.types(features=[...])``.
    person : Person or sequence of Person, optional
        Other people, such as ``people.new_person(...)``.
    author : str, optional
        Who edits names; ``study.labels.author`` by default.
    height : int, optional
        In pixels; by default as high as the window allows.
    features : sequence of str, optional
        For a study: the features whose weights may differ between people.
    embedder : str, Embedder or callable, optional
        For rewards and highlights, where the study's cannot be made again from its name.

    Attributes
    ----------
    people : Personalization
    study : Study
    weights : mapping from feature to float
        Log odds for one standard deviation more of a feature, as people read it. Can be set: a mapping or Series, in
        which features that are not named stay as they are, or a number for each feature.
    preset : str
        Id or label of the preset chosen last. Setting it from Python sets the weights that are not locked.
    locked : tuple of str
        Features that presets leave alone. Can be set.
    set : int
        Which set of responses is shown. Can be set.
    selected : str
        Id of the feature that is shown. Can be set.

    Raises
    ------
    StudyError
        If the front end is not built, there is no such annotator, group or value, or as `Study.personalize` does.

    Examples
    --------
    >>> mixer = PreferenceMixer(people, groups="annotator_type")         # doctest: +SKIP
    >>> mixer.weights = {"m_words": 0.0, "m_bullets": -0.5}              # doctest: +SKIP
    >>> mixer.tally                                                     # doctest: +SKIP
    >>> mixer.reward().save("less.json")                                # doctest: +SKIP
    """

    weights = Checked("_read_weights").tag(
        to_json=lambda value, _: value.found.tolist(), from_json=lambda value, view: view._from_page(value)
    )
    preset = traitlets.Unicode("everyone").tag(sync=True)
    locked = Checked("_read_locked")
    set = traitlets.Int(0).tag(sync=True)
    added: traitlets.List[Any] = traitlets.List(read_only=True).tag(sync=True)

    _module = "mixer"
    _free = ("selected", "weights", "preset", "locked", "set")

    def __init__(
        self,
        people: Any,
        *,
        annotators: Sequence[str] = (),
        groups: Any = None,
        types: Any = False,
        person: Person | Sequence[Person] | None = None,
        author: str | None = None,
        height: int | None = None,
        features: Any = None,
        embedder: Any = None,
    ) -> None:
        given = as_people(people, features)
        persons = [person] if isinstance(person, Person) else list(person or ())
        for one in persons:
            _of_these(given, one)
        made = asked_presets(given, annotators=annotators, groups=groups, types=types, persons=persons)
        self._presets = {one.id: one for one in made}
        self._embedder = embedder
        self._page_speaks = False
        ballots, mean = given.ballots, given.hierarchy.mean
        self._everyones = log_odds(ballots.X, mean, given.hierarchy.intercept)
        answers = MixerAnswers(
            given, self._reward_json, author=author, embedder=embedder, changed=self._changed
        )
        super().__init__(given, answers, height=height)

    # -- what it says ------------------------------------------------------------------------------

    @property
    def presets(self) -> pd.DataFrame:
        """Weights to begin from: index ``id``; columns ``kind``, ``label``, ``votes``, ``note``."""
        made = [(p.id, p.kind, p.label, p.votes, p.note) for p in self._presets.values()]
        return Table(made, columns=["id", "kind", "label", "votes", "note"]).set_index("id")

    @property
    def tally(self) -> pd.DataFrame:
        """What the weights as they are set now do to the votes.

        One row for all votes (``"everyone"``) and, where the preset is an annotator's, a group's or a type's, one for
        the votes that it rests on; columns ``votes``, ``flips`` (share of votes where the weights point to another side
        than everyone's weights do), ``agreement`` (share of votes on the side that the weights point to) and
        ``everyone`` (the same of everyone's weights), each with ``_low`` and ``_high``, the ends of its 95 % interval
        clustered by prompt. All votes count here, in full precision; the page shows a sample of them.
        """
        ballots, preset = self._people.ballots, self._presets.get(self.preset)
        odds = log_odds(ballots.X, self.weights.found, self._people.hierarchy.intercept)
        rows = {"everyone": np.arange(odds.size)}
        if preset is not None and preset.annotators is not None:
            rows[preset.label] = np.flatnonzero(np.isin(ballots.annotator, preset.annotators))
        out = {}
        for label, some in rows.items():
            y, prompt = ballots.y[some], ballots.prompt[some]
            shares = {
                "flips": flips(odds[some], self._everyones[some], prompt),
                "agreement": agreement(odds[some], y, prompt),
                "everyone": agreement(self._everyones[some], y, prompt),
            }
            out[label] = {"votes": some.size} | {
                f"{name}{end}": value
                for name, share in shares.items()
                for end, value in zip(("", "_low", "_high"), share[:3], strict=True)
            }
        return Table(list(out.values()), index=pd.Index(list(out), name="votes_of"))

    def reward(self, *, title: str | None = None) -> Reward:
        """Return the weights, as they are set now, as a reward that scores, ranks, explains and re-labels.

        Intervals come with weights that are a preset's own; weights moved by hand are what they are.

        Parameters
        ----------
        title : str, optional
            Whom the weights stand for; the preset's label by default.
        """
        return self._reward(self.weights.found, self.preset, title)

    def add(self, person: Person, *, select: bool = True) -> str:
        """Make a person a preset, in the place of one of the same name, and choose it.

        Parameters
        ----------
        person : Person
            Of these `people`.
        select : bool
            False leaves the sliders alone.

        Returns
        -------
        str
            The id of the preset.

        Raises
        ------
        StudyError
            If the person's weights are of other features.
        """
        _of_these(self._people, person)
        if person.people is self._people and _is_annotator(person):
            made = annotator_preset(self._people, person.name)
        else:
            made = person_preset(person)
        followed = self.preset == made.id and self._untouched()
        if made.annotators is not None and made.id in self._presets:  # there, with the votes
            if select:
                self._choose(made.id)
            return made.id
        self._presets[made.id] = made
        sent = preset_json(made)
        if made.annotators is not None:
            sent["cast"] = own_votes(self._people, int(made.annotators[0]))
        # First, for the page to know who is chosen.
        self.set_trait("added", [*self._added_but(made.id), sent])
        if select or followed:
            self._choose(made.id)
        return made.id

    def remove(self, preset: str) -> None:
        """Take a person away again; where it was chosen, everyone's weights are.

        Raises
        ------
        StudyError
            If it is no person that was added.
        """
        made = self._presets.get(preset)
        if made is None or made.kind != "person":
            raise StudyError(f"No person {preset[:60]!r} was added.{nearest(preset, list(self._presets))}")
        del self._presets[preset]
        if self.preset == preset:
            self._choose("everyone")
        self.set_trait("added", self._added_but(preset))
        kept = [one for one in self.snapshot["presets"] if one["id"] != preset]
        if len(kept) < len(self.snapshot["presets"]):  # was there from the beginning
            self.set_trait("snapshot", {**self.snapshot, "presets": kept})

    def _added_but(self, preset: str) -> list[dict[str, Any]]:
        return [one for one in self.added if one["id"] != preset]

    # -- the view ----------------------------------------------------------------------------------

    def _picture(self, max_bytes: int, *, names_only: bool) -> dict[str, Any]:
        return mixer_snapshot(
            self._people, presets=list(self._presets.values()), names_only=names_only, max_bytes=max_bytes
        )

    def _open_with(self) -> None:
        super()._open_with()
        self.locked = ()
        self.weights = self._preset_weights("everyone")

    def _own_traits(self) -> dict[str, Any]:
        return {
            "weights": self.weights.found.tolist(),
            "preset": self.preset,
            "locked": list(self.locked),
            "set": self.set,
            "added": [],  # a page's own picture has them among its presets
        }

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take over what the page sets; a preset that it chooses comes with its weights."""
        self._page_speaks = True
        try:
            super().set_state(sync_data)
        finally:
            self._page_speaks = False

    def _acceptable(self, key: str, value: Any) -> bool:
        try:
            if key == "weights":
                self._from_page(value)
            elif key == "locked":
                return isinstance(value, list) and bool(self._read_locked(value) or not value)
            elif key == "preset":
                return isinstance(value, str) and (value in self._presets or _handed_over(value))
            elif key == "set":
                return type(value) is int and 0 <= value < max(len(self.snapshot["sets"]), 1)
            else:
                return super()._acceptable(key, value)
        except traitlets.TraitError:
            return False
        return True

    def _from_page(self, value: Any) -> Weights:
        """Read the weights of features as found; an empty list stands for those of the preset."""
        if not isinstance(value, list):
            raise traitlets.TraitError("A page sends weights as a list.")
        return (
            self._preset_weights(self.preset)
            if not value
            else Weights(self._people, finite(self._people, value))
        )

    def _read_weights(self, value: Any) -> Weights:
        if isinstance(value, Weights) and value._people is self._people:
            return value
        if isinstance(value, Mapping | pd.Series):
            value = filled(self._people, value, self.weights)
        return Weights(self._people, finite(self._people, value) * self._people.sign)

    def _read_locked(self, value: Any) -> tuple[str, ...]:
        known = [str(feature) for feature in self._people.features]
        given = [value] if isinstance(value, str) else value
        if not isinstance(given, Sequence) or not all(isinstance(one, str) for one in given):
            raise traitlets.TraitError(f"locked takes ids of features; found {str(value)[:80]}.")
        for one in given:
            if one not in known:
                raise traitlets.TraitError(f"No feature {one[:60]!r} in this study.{nearest(one, known)}")
        return tuple(dict.fromkeys(given))

    @traitlets.validate("preset")
    def _check_preset(self, proposal: Any) -> str:
        given = str(proposal["value"])
        if given in self._presets or (self._page_speaks and _handed_over(given)):
            return given
        labels = {one.label: one.id for one in self._presets.values()}
        if given in labels:
            return labels[given]
        known = [*self._presets, *labels]
        raise traitlets.TraitError(
            f"No preset {given[:60]!r}.{nearest(given, known)} See mixer.presets; mixer.add(people.person(...)) "
            "adds an annotator."
        )

    @traitlets.validate("set")
    def _check_set(self, proposal: Any) -> int:
        n, given = len(self.snapshot["sets"]), int(proposal["value"])
        if not 0 <= given < max(n, 1):
            raise traitlets.TraitError(f"Sets of responses have the numbers 0 to {n - 1}; found {given}.")
        return given

    @traitlets.observe("preset")
    def _follow_preset(self, change: Any) -> None:
        if not self._page_speaks and change["new"] in self._presets:
            self.weights = self._preset_weights(change["new"])

    def _choose(self, preset: str) -> None:
        if self.preset == preset:
            self.weights = self._preset_weights(preset)
        else:
            self.preset = preset

    def _preset_weights(self, preset: str) -> Weights:
        """Return a preset's weights, as the page has them; those of locked features as they are set."""
        made = self._presets.get(preset) or self._presets["everyone"]
        found = np.array([float(f"{weight:.7g}") for weight in made.weights])
        kept = [self.study.column(feature) for feature in self.locked]
        if kept:
            found[kept] = self.weights.found[kept]
        return Weights(self._people, found)

    def _untouched(self) -> bool:
        return _same(self._presets.get(self.preset), self.weights.found)

    # -- rewards -----------------------------------------------------------------------------------

    def _reward(self, found: NDArray[np.float64], preset: str, title: str | None) -> Reward:
        from whimsight.personalization.reward import Reward

        people, made = self._people, self._presets.get(preset)
        covariance = None
        if made is not None and _same(made, found):
            found, label = made.weights, made.label
            spread = np.diag(np.square(made.sd)) if made.covariance is None else made.covariance
            covariance = spread * np.outer(people.sign, people.sign)
        else:
            label = "weights set by hand"
        return Reward.from_study(
            people.study,
            found * people.sign,
            covariance=covariance,
            unit=people.ballots.unit,
            intercept=people.hierarchy.intercept,
            title=title or label,
            stated=people.stated,
            embedder=self._embedder,
        )

    def _reward_json(self, weights: list[Any], preset: str) -> dict[str, str]:
        try:
            found = finite(self._people, weights)
        except traitlets.TraitError as error:
            raise StudyError(str(error)) from None
        made = self._reward(found, preset, None)
        plain = "".join(c if c.isalnum() or c in "._-" else "-" for c in f"{self._name()}-{made.title}")
        return {"filename": f"{plain.strip('-.')[:80] or 'reward'}.json", "json": made.to_json()}

    def __repr__(self) -> str:
        moved = "" if self._untouched() else ", moved by hand"
        return f"<PreferenceMixer {self._name()!r}: weights of {self.preset!r}{moved}>"


def _same(preset: Preset | None, found: NDArray[np.float64]) -> bool:
    return preset is not None and np.allclose(preset.weights, found, rtol=1e-6, atol=1e-9)


def _handed_over(preset: str) -> bool:
    """Whether it is the id of a person whom a calibrator on the same page gave to the mixer there."""
    return preset.startswith("person:") and len(preset) <= _PAGE_PERSON


def _is_annotator(person: Person) -> bool:
    people = person.people
    if person.name not in people.annotators:
        return False
    return bool(np.allclose(people.person(person.name).belief.mean, person.belief.mean))


def _of_these(people: Personalization, person: Any) -> None:
    """Refuse who is not a person with weights of these features, in these units."""
    if not isinstance(person, Person):
        raise StudyError(
            f"A person is what people.person(...) or people.new_person(...) returns; found {type(person).__name__}."
        )
    other = person.people
    same = list(other.features) == list(people.features)
    if not same or not np.allclose(other.ballots.unit, people.ballots.unit):
        raise StudyError(
            f"{person.name!r} has weights for the features of {other.name!r}, not for those of {people.name!r}: add "
            "people of this personalization."
        )
