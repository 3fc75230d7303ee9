"""From a study to a `Personalization`: whose votes, and which features may differ between people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from whimsight.errors import StudyError
from whimsight.personalization.ballots import Ballots
from whimsight.studies import Study

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization

__all__ = ["chosen", "personalize"]

_KINDS = ("measured", "discovered")


def personalize(
    study: Study,
    *,
    features: str | Sequence[str] | None = None,
    annotator: str = "annotator",
    by_prompt: bool = False,
) -> Personalization:
    """Learn whose preferences a study's votes are: what people share, where they differ, and each one's weights.

    The same as `Study.personalize`.

    Parameters
    ----------
    study : Study
    features : sequence of str, or {"measured", "discovered"}; optional
        The features whose weights may differ between people; on all others everyone has the same weight. The choice is
        the analyst's (style yes, politics no), and every output states it. All features by default.
    annotator : str
        Column of the pairs that says who voted.
    by_prompt : bool
        Let features weigh differently from prompt to prompt, too, so that people who saw few prompts do not seem to
        differ because these did. Takes several times as long, and many votes on each prompt.

    Returns
    -------
    Personalization

    Raises
    ------
    StudyError
        If there is no such column or feature, or fewer than two annotators.
    FitError
        If the votes cannot carry the model.

    Examples
    --------
    >>> people = personalize(study, features=["m_words", "m_bullets"])    # doctest: +SKIP
    >>> people.subjectivity                                             # doctest: +SKIP
    """
    from whimsight.personalization._personalization import Personalization

    if not isinstance(study, Study):
        raise StudyError(
            f"personalize takes a Study; found {type(study).__name__}. Make one with ws.study(pairs)."
        )
    return Personalization(
        study, Ballots.of(study, annotator), chosen(study, features), annotator=annotator, by_prompt=by_prompt
    )


def chosen(study: Study, features: str | Sequence[str] | None) -> NDArray[np.bool_]:
    """Return which features may differ between people: bool (F,).

    Raises
    ------
    StudyError
        If one is not in the study, or none is named.
    """
    if features is None:
        return np.ones(len(study.found), dtype=bool)
    if isinstance(features, str) and features in _KINDS:
        return np.asarray(study.found["kind"].to_numpy() == features)
    out = np.zeros(len(study.found), dtype=bool)
    for feature in [features] if isinstance(features, str) else features:
        out[study.column(str(feature))] = True
    if not out.any():
        raise StudyError(
            "features is empty: then nothing differs between people. Name some of study.features.index, or leave "
            "features out."
        )
    return out
