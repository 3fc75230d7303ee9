"""`FeatureReport`: the features of a study to read, in a notebook or on a page of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.widgets.answers import Answers
from whimsight.widgets.view import FeatureView

if TYPE_CHECKING:
    from whimsight.studies._study import Study

__all__ = ["FeatureReport"]


class FeatureReport(FeatureView):
    """Read the features of a study; nothing can be changed and nobody's name is shown.

    Parameters
    ----------
    study : Study
    examples : int
        Pairs a feature that are sent ahead.
    names_only : bool
        Leave out every text of the dataset.
    height : int, optional
        In pixels.
    embedder : str, Embedder or callable, optional
        As for `FeatureLabeler`.

    Examples
    --------
    >>> FeatureReport(study).to_html("features.html")    # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        *,
        examples: int = 20,
        names_only: bool = False,
        height: int | None = None,
        embedder: Any = None,
    ) -> None:
        answers = Answers(study, embedder=embedder, editable=False, texts=not names_only)
        super().__init__(answers, examples=examples, names_only=names_only, height=height)
