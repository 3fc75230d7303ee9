"""What the mixer and the calibrator share: views of people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from whimsight.errors import StudyError
from whimsight.personalization import Personalization, personalize
from whimsight.personalization.charts import by_spread
from whimsight.studies import Study
from whimsight.studies._report.words import without_paths
from whimsight.studies.page import widget_page
from whimsight.studies.snapshot import clean, labels_dict, size_of
from whimsight.widgets.view import View

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from whimsight.widgets.answers import Answers

__all__ = ["PeopleView", "Weights", "as_people", "filled", "finite"]

_PAGE_SNAPSHOT_BYTES = 4_500_000
_TRIES = 8
_LARGEST = 1e6


class Weights(Mapping[str, float]):
    """Weights of all features, as people read these now; to change one, set ``mixer.weights`` anew.

    Examples
    --------
    >>> mixer.weights["m_words"]              # doctest: +SKIP
    0.42
    >>> mixer.weights = {"m_words": 0.0}      # doctest: +SKIP
    """

    def __init__(self, people: Personalization, found: NDArray[np.float64]) -> None:
        self._people = people
        self.found = found
        """float64 (F,): of the features as found, before people turned them."""

    def __getitem__(self, feature: str) -> float:
        column = self._people.study.found.index.get_loc(feature)
        return float(self.found[column] * self._people.sign[column]) + 0.0

    def __iter__(self) -> Iterator[str]:
        return iter(map(str, self._people.features))

    def __len__(self) -> int:
        return len(self._people.features)

    def __repr__(self) -> str:
        shown = [f"{name!r}: {value:.3f}" for name, value in list(self.items())[:4]]
        more = ", ..." if len(self) > 4 else ""
        return f"<weights of {len(self)} features {{{', '.join(shown)}{more}}}>"


def filled(people: Personalization, given: Mapping[Any, Any] | pd.Series, weights: Weights) -> list[Any]:
    """Return a value for each feature: the one that is given, else its weight.

    Raises
    ------
    TraitError
        If a feature is given that the study does not have.
    """
    named = {str(feature): value for feature, value in given.items()}
    for feature in named:
        try:
            people.study.column(feature)
        except StudyError as error:
            raise traitlets.TraitError(str(error)) from None
    return [named.get(feature, weights[feature]) for feature in map(str, people.features)]


def finite(people: Personalization, value: Any) -> NDArray[np.float64]:
    """Return a number for each feature, float64 (F,).

    Raises
    ------
    TraitError
        If these are not as many numbers.
    """
    names = [str(feature) for feature in people.features]
    try:
        given = [float(one) for one in value if not isinstance(one, bool | str)]
    except (TypeError, ValueError):
        given = []
    if len(given) != len(names) or len(given) != len(value):
        raise traitlets.TraitError(
            f"weights takes a mapping from features to numbers, or a number for each of the {len(names)} features; "
            f"found {str(value)[:80]}."
        )
    found = np.array(given)
    bad = np.flatnonzero(~(np.abs(found) <= _LARGEST))
    if bad.size:
        raise traitlets.TraitError(
            f"The weight of {names[bad[0]]!r} is {found[bad[0]]:g}; give a number, 0 to leave the feature out."
        )
    return found


def as_people(given: Any, features: Any = None) -> Personalization:
    """Return a personalization, made of a study where that is given.

    Raises
    ------
    StudyError
        If it is neither, or features are chosen for what is made already.
    """
    if isinstance(given, Personalization):
        if features is not None:
            raise StudyError(
                "The personalization is made already: leave out features, or hand in the study, "
                "study.personalize(features=...)."
            )
        return given
    if isinstance(given, Study):
        return personalize(given, features=features)
    raise StudyError(
        f"This widget looks at people: study.personalize(), or a study; found {type(given).__name__}."
    )


class PeopleView(View):
    """A personalization, looked at through one front-end module."""

    def __init__(self, people: Personalization, answers: Answers, *, height: int | None) -> None:
        self._people = people
        super().__init__(answers, names_only=False, height=height)

    @property
    def people(self) -> Personalization:
        """Whose preferences are looked at."""
        return self._people

    def _open_with(self) -> None:
        self.selected = by_spread(self._people)[0]

    def _page(self, max_bytes: int, *, names_only: bool = False) -> str:
        """Return a page of its own; where it is too large, of a smaller picture."""
        names_only = names_only or self._names_only
        room = min(max_bytes, _PAGE_SNAPSHOT_BYTES)
        for _ in range(_TRIES):
            picture = self._picture(room, names_only=names_only)
            page = widget_page(
                picture,
                labels_dict(self.study, report=True),
                title=f"{clean(without_paths(self._name()))} · Whimsight",
                selected=self.selected,
                module=self._module,
                traits=self._own_traits(),
            )
            over = len(page.encode()) - max_bytes
            if over <= 0:
                return page
            room = min(room, size_of(picture)) - over
        raise StudyError(
            f"A page of {max_bytes:,} bytes does not hold this; give it more, or ask for fewer presets."
        )
