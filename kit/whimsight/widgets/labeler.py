"""`FeatureLabeler`: find, read, name and verify the features of a study."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from whimsight.widgets.naming import NamingAnswers
from whimsight.widgets.view import FeatureView, Undoing

if TYPE_CHECKING:
    from whimsight.language import LanguageModel
    from whimsight.studies._study import Study

__all__ = ["FeatureLabeler"]


class FeatureLabeler(Undoing, FeatureView):
    """Look at the features of a study, name them, test the names blindly, hand the result on.

    Every edit is in ``study.labels`` before it shows, and at once in ``study.features``.

    Parameters
    ----------
    study : Study
    author : str, optional
        Who edits and judges; ``study.labels.author`` by default.
    examples : int
        Pairs a feature that are sent ahead, so that they can be read without Python; more are asked for.
    height : int, optional
        In pixels; by default as high as the window allows.
    embedder : str, Embedder or callable, optional
        To highlight sentences, where the study's embedder cannot be made again from its name (ready
        embeddings, a function).
    model : LanguageModel or str, optional
        Who is asked for names where a person presses "Suggest names" and then agrees to the price; nothing is sent
        before that. A name is one for `whimsight.language_model`; ``$WHIMSIGHT_MODEL`` by default.

    Attributes
    ----------
    labels : DataFrame
        What people made of the features they touched: index ``feature``; columns ``name``, ``status``, ``note``,
        ``tags``, ``turned``, ``author``, ``time``. Read-only; `LabelStore.edit` changes it from code.
    selected : str
        Id of the feature that is shown. Can be set.
    study : Study

    Raises
    ------
    StudyError
        If the front end is not built.

    Notes
    -----
    A saved notebook carries the features as a page of their own as well, read-only, without authors and times, for
    viewers without Python. ``jupyter nbconvert --to whimsight`` shows that page; ``--to html`` does where the
    notebook holds no state of widgets, which needs a network to be shown and names the authors of labels.

    Examples
    --------
    >>> labeler = FeatureLabeler(study)                                        # doctest: +SKIP
    >>> labeler.selected = "m_bullets"                                         # doctest: +SKIP
    >>> labeler.observe(lambda change: print(len(change.new)), names="labels") # doctest: +SKIP
    >>> labeler.labels                                                         # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        *,
        author: str | None = None,
        examples: int = 20,
        height: int | None = None,
        embedder: Any = None,
        model: LanguageModel | str | None = None,
    ) -> None:
        answers = NamingAnswers(
            study, model=model, say=self._tell, author=author, embedder=embedder, changed=self._changed
        )
        super().__init__(answers, examples=examples, names_only=False, height=height)

    def _tell(self, message: dict[str, Any]) -> None:
        """Tell the page how far a run is; once it has ended, what it says of the names that people gave, too."""
        self.send(message)
        if message["progress"]["state"] != "running":
            self.send_state("labels")

    def close(self) -> None:
        """Take the labeler from the page; a run that suggests names stops when no other labeler shows its study."""
        answers = getattr(self, "_answers", None)
        if isinstance(answers, NamingAnswers):  # and not where making the labeler failed
            answers.close()
        super().close()
