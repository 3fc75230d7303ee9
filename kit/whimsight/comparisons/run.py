"""`whimsight.compare`: datasets or slices in, comparison out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from whimsight.comparisons._comparison import Comparison
from whimsight.comparisons.names import carry_names
from whimsight.comparisons.overall import fill_effects
from whimsight.comparisons.pooling import DATASET, pool
from whimsight.comparisons.slices import Slice, check_columns, slices_by, slices_of_votes
from whimsight.comparisons.sources import check_embeddings, named_sources, opened, read_source
from whimsight.errors import EmbeddingError, FitError, StudyError
from whimsight.studies import Study
from whimsight.studies.stages import make_embedder, make_settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.progress import Progress
    from whimsight.studies.settings import Settings

__all__ = ["compare", "recall"]

_ALSO = ("by", "votes", "features", "embedder", "embeddings", "most", "progress")


def compare(
    datasets: Any,
    *others: Any,
    by: Any = None,
    votes: Mapping[str, Any] | None = None,
    features: Study | None = None,
    embedder: str | Embedder | None = None,
    embeddings: Mapping[str, NDArray[Any]] | None = None,
    most: int | None = None,
    progress: Progress | None = None,
    **choices: Any,
) -> Comparison:
    """Compare datasets, or slices of one, in one feature space.

    Parameters
    ----------
    datasets : sequence or mapping of Study or Pairs, or one Study
        Several datasets (studies, pairs, ``.whim`` files, names of shipped samples, anything that `whimsight.read`
        takes), named by a mapping or by themselves; or one study, with ``by`` or ``votes``. Names that people gave in
        studies are carried over where a feature is the same.
    by : optional
        Slices of one study: a column of its pairs (one slice a value; numbers and times in quarters), ``"model"``
        (the pairs in which a model stands), ``"topics"`` (of the prompts, found by k-means), an array with one
        label a row, or a mapping from names to masks. See `whimsight.comparisons.slices`.
    votes : mapping from names to columns or arrays, optional
        Several votes on the same pairs of one study, such as
        ``{"humans": "preference", "GPT-4": "gpt4_label"}``; compared on the pairs that all of them judged.
    features : Study, optional
        Use this study's features for all datasets in place of learning a dictionary on all of them.
    embedder : str or Embedder, optional
        As in `whimsight.study`; the studies' own by default.
    embeddings : mapping from dataset to ndarray, optional
        Ready embeddings: for each dataset float32 (n_texts, d) of its ``pairs.texts().unique``.
    most : int, optional
        So many slices at most, the largest; 12 by default.
    progress : callable, optional
        Called with (stage, done, total).
    **choices
        Other fields of `Settings`; those of the studies by default.

    Returns
    -------
    Comparison

    Raises
    ------
    StudyError
        With fewer than two datasets, studies whose settings contradict each other, columns that are not there.
    FitError
        When all votes of a dataset say the same, or there are too few pairs to learn features from.

    Examples
    --------
    >>> import whimsight as ws
    >>> made = ws.compare([ws.load("mt-bench"), ws.load("hh-harmless")])    # doctest: +SKIP
    >>> made.table.loc["mt-bench"]                                         # doctest: +SKIP
    >>> ws.compare(ws.open("mt-bench.whim"), by="category").turns          # doctest: +SKIP
    """
    if others:
        raise TypeError(
            "compare() takes one argument: put several datasets in a list, ws.compare([one, other])."
        )
    if by is not None or votes is not None:
        _refuse_together(by, votes, features, embeddings)
        study = _one_study(datasets, embedder, choices, progress, by, votes)
        return _sliced(study, by, votes, most)
    if isinstance(datasets, Study):
        raise StudyError(
            "compare found one study. Say what to compare it with, in a list, or which parts of it: by='column', "
            "by='topics', or votes={'name': 'column', ...}."
        )
    given, keys = named_sources(datasets)
    settings = _settings(given, features, embedder, embeddings, choices)
    for name, value in given.items():
        _refuse_one_sided(name, value.pairs if isinstance(value, Study) else value, settings)
    ready = check_embeddings(embeddings, keys)
    if ready is None and settings.embedder == "ready":
        raise StudyError(
            "These studies were made with ready embeddings, which they do not keep. Hand them in as "
            "embeddings={name: matrix} or name an embedder=..."
        )
    model = _embedder(embedder, ready, settings)
    if features is not None and model is not None:
        _require_embedder(features, model)
    sources = []
    for name, value in given.items():
        matrix = None if ready is None else ready[name]
        sources.append(read_source(name, value, model, settings, embeddings=matrix, progress=progress))
    pooled, slices = pool(sources, settings, model, features=features, progress=progress)
    if features is None:
        carry_names(pooled, {name: value for name, value in given.items() if isinstance(value, Study)})
    recipe = {"by": "datasets", "datasets": list(given)}
    pooled.facts["comparison"] = recipe
    made = Comparison(pooled, slices, recipe=recipe)
    fill_effects(made)
    return made


def recall(study: Study, recipe: Mapping[str, Any]) -> Comparison:
    """Make the comparison that a recipe in a study's facts tells of.

    Raises
    ------
    StudyError
        If the recipe is none: the file was changed by something else.
    """
    by, votes, datasets = recipe.get("by"), recipe.get("votes"), recipe.get("datasets")
    if by == "datasets" and isinstance(datasets, list) and DATASET in study.pairs.frame:
        column = study.pairs.frame[DATASET].to_numpy(dtype=object)
        preference = study.pairs.preference
        rows = [np.flatnonzero(column == name) for name in datasets]
        slices = [Slice(str(n), r, preference[r]) for n, r in zip(datasets, rows, strict=True)]
        return Comparison(study, slices, recipe=recipe)
    if isinstance(votes, Mapping) or isinstance(by, str):
        return _sliced(study, by, votes, recipe.get("most"))
    raise StudyError("The file does not say how the comparison is made. Make it anew with ws.compare(...).")


def _sliced(study: Study, by: Any, votes: Mapping[str, Any] | None, most: int | None) -> Comparison:
    if votes is not None:
        slices = slices_of_votes(study, votes)
        named = all(isinstance(column, str) for column in votes.values())
        recipe = {"by": None, "votes": dict(votes)} if named else None
        return Comparison(study, slices, by="votes", recipe=recipe)
    slices, left_out = slices_by(study, by, most=most)
    if not isinstance(by, str):
        return Comparison(study, slices, by="slices", left_out=left_out)
    return Comparison(study, slices, by=by, left_out=left_out, recipe={"by": by, "most": most})


def _refuse_together(by: Any, votes: Any, features: Any, embeddings: Any) -> None:
    if by is not None and votes is not None:
        raise StudyError("compare takes by=... or votes=..., not both: make one comparison after the other.")
    for name, value in (("features", features), ("embeddings", embeddings)):
        if value is not None:
            raise StudyError(
                f"{name}=... belongs to several datasets; slices use the features of their study."
            )


def _embedder(given: Any, ready: Any, settings: Settings) -> Embedder | None:
    try:
        return make_embedder(given if given is not None else settings.embedder, ready, settings)
    except EmbeddingError as error:
        if given is not None:
            raise
        raise EmbeddingError(
            f"The embedder of these studies, {settings.embedder!r}, cannot be made from its name: {error} Hand it in: "
            "ws.compare(..., embedder=...)."
        ) from error


def _require_embedder(features: Study, model: Embedder) -> None:
    """A dictionary means something in the space that it was learned in."""
    wanted = str(features.facts.get("embedder", ""))
    if wanted not in ("", "ready embeddings") and model.fingerprint != wanted:
        raise StudyError(
            f"The features of {features.name!r} were learned with the embedder {wanted!r}; this one is "
            f"{model.fingerprint!r}, in whose space they mean nothing. Leave embedder= out, or leave features= out to "
            "learn them anew."
        )


def _refuse_one_sided(name: str, pairs: Pairs, settings: Settings) -> None:
    """Find out before anything is embedded that all votes of a dataset say the same."""
    from whimsight.effects.rows import votes

    try:
        votes(
            pairs.preference,
            clusters=[np.arange(len(pairs))],
            weights=pairs.weight,
            with_ties=settings.ties == "davidson",
        )
    except FitError as error:
        raise FitError(f"In {name!r}: {error}") from None


def _one_study(
    given: Any,
    embedder: str | Embedder | None,
    choices: dict[str, Any],
    progress: Progress | None,
    by: Any,
    votes: Any,
) -> Study:
    """Return the study to slice; made of pairs where these were given."""
    from whimsight.studies import study

    if isinstance(given, Comparison | Mapping | list | tuple):
        raise StudyError(
            "by=... and votes=... slice one study. Make the comparison of several first, and slice its study: "
            "ws.compare(comparison.study, by=...)."
        )
    made = opened(given)
    if not isinstance(made, Study):
        check_columns(made, by, votes)
        return study(made, embedder=embedder or "minilm", progress=progress, **choices)
    if embedder is not None or choices:
        said = ", ".join([*(["embedder"] if embedder is not None else []), *choices])
        raise StudyError(f"The study is made already: leave out {said}, or hand in its pairs.")
    return made


def _settings(
    given: Mapping[str, Pairs | Study],
    features: Study | None,
    embedder: Any,
    embeddings: Any,
    choices: dict[str, Any],
) -> Settings:
    """Return the settings of the studies, as changed by choices."""
    if features is not None:
        if not isinstance(features, Study):
            raise StudyError(f"features takes a Study; found {type(features).__name__}.")
        fixed = [name for name in choices if name in _OF_FEATURES]
        if fixed:
            raise StudyError(
                f"With features= the dictionary is that of {features.name!r}: leave out {', '.join(fixed)}, or leave "
                "out features to learn a new one."
            )
    studies = {name: value for name, value in given.items() if isinstance(value, Study)}
    if features is not None:
        studies = {features.name: features, **studies}
    asked = make_settings(
        "compare", embedder if embedder is not None else "minilm", embeddings, choices, also=_ALSO
    )
    if not studies:
        return asked
    first_name, first = next(iter(studies.items()))
    own = dict(choices)
    if embedder is not None or embeddings is not None:
        own["embedder"] = asked.embedder
    for field in first.settings.to_dict():
        if field in own or field in _MAY_DIFFER or (features is not None and field in _OF_FEATURES):
            continue
        if field == "prefixes" and "n_features" in own:
            continue
        for name, other in studies.items():
            one, two = getattr(first.settings, field), getattr(other.settings, field)
            if one != two:
                raise StudyError(
                    f"{first_name!r} was made with {field}={one!r}, {name!r} with {field}={two!r}. Say which to use: "
                    f"ws.compare(..., {field}=...)."
                )
    return replace(first.settings, **{field: getattr(asked, field) for field in own})


_MAY_DIFFER = ("folds", "seed", "names")
_OF_FEATURES = ("n_features", "k", "prefixes", "train_on", "template")
