"""`DatasetComparison`: what datasets measure and reward, side by side, and where they contradict each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import traitlets

from whimsight.comparisons import Comparison, compare
from whimsight.comparisons.charts import furthest_apart, most_telling
from whimsight.comparisons.snapshot import comparison_snapshot
from whimsight.errors import StudyError
from whimsight.widgets.compared import ComparedAnswers
from whimsight.widgets.view import Checked, Undoing, View

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["DatasetComparison"]

_MOST = 1e9


class DatasetComparison(Undoing, View):
    """Compare datasets: what each measures, what it expresses, where they contradict, what they would say mixed.

    Names given here are those of ``FeatureLabeler(comparison.study)``, at once and both ways.

    Parameters
    ----------
    comparison : Comparison, or what `whimsight.compare` takes
        Studies or pairs, in a list or by their names; or one study with ``by=`` or ``votes=``.
    author : str, optional
        Who edits; ``comparison.labels.author`` by default.
    examples : int
        Pairs a feature and dataset that are sent ahead; more are asked for.
    height : int, optional
        In pixels; by default as high as the window allows.
    embedder : str, Embedder or callable, optional
        For `whimsight.compare`, and to highlight sentences where the study's embedder cannot be made again from its
        name.
    **choices
        For `whimsight.compare`: ``by``, ``votes``, ``features`` and others.

    Attributes
    ----------
    comparison : Comparison
    study : Study
        The comparison's study: all rows in one feature space.
    selected : str
        Id of the feature that is shown. Can be set.
    shown : tuple of int
        The two datasets whose examples stand side by side, as positions. Can be set, by names too.
    weights : tuple of float
        How much each dataset counts in the mixture. Can be set: one number a dataset, or a mapping from names, in which
        a dataset that is not named counts 0.
    labels : DataFrame
        What people made of the features they touched; read-only, see `FeatureLabeler`.

    Raises
    ------
    StudyError
        If the front end is not built, or as `whimsight.compare` does.

    Examples
    --------
    >>> view = DatasetComparison([study, other])              # doctest: +SKIP
    >>> view.weights = {"mt-bench": 3, "hh-harmless": 1}      # doctest: +SKIP
    >>> view.mixture[view.mixture["washes_out"]]              # doctest: +SKIP
    """

    shown = Checked("_read_shown")
    weights = Checked("_read_weights")

    _module = "comparison"
    _free = ("selected", "shown", "weights")

    def __init__(
        self,
        comparison: Any,
        *,
        author: str | None = None,
        examples: int = 6,
        height: int | None = None,
        embedder: Any = None,
        **choices: Any,
    ) -> None:
        self._comparison = _made(comparison, embedder, choices)
        self._examples = examples
        answers = ComparedAnswers(self._comparison, author=author, embedder=embedder, changed=self._changed)
        self._readings = answers.readings
        super().__init__(answers, names_only=False, height=height)

    @property
    def comparison(self) -> Comparison:
        """The comparison that is looked at."""
        return self._comparison

    @property
    def table(self) -> pd.DataFrame:
        """One row a dataset and feature, with the names of now; see `Comparison.table`."""
        return self._comparison.table

    @property
    def features(self) -> pd.DataFrame:
        """One row a feature over all datasets; see `Comparison.features`."""
        return self._comparison.features

    @property
    def conflicts(self) -> pd.DataFrame:
        """Where datasets contradict each other; see `Comparison.conflicts`."""
        return self._comparison.conflicts

    @property
    def mixture(self) -> pd.DataFrame:
        """What the datasets would express, mixed by `weights`; see `Comparison.mixture`."""
        return self._comparison.mixture(self.weights)

    def _picture(self, max_bytes: int, *, names_only: bool) -> dict[str, Any]:
        return comparison_snapshot(
            self._comparison,
            examples=self._examples,
            names_only=names_only,
            max_bytes=max_bytes,
            reading=self._readings,
        )

    def _open_with(self) -> None:
        feature = most_telling(self._comparison)[0]
        self.selected = feature
        self.shown = furthest_apart(self._comparison, feature)
        self.weights = (1.0,) * len(self._comparison.slices)

    def _name(self) -> str:
        return self._comparison.name

    def _own_traits(self) -> dict[str, Any]:
        return {"shown": list(self.shown), "weights": list(self.weights)}

    def _acceptable(self, key: str, value: Any) -> bool:
        if key not in ("shown", "weights"):
            return super()._acceptable(key, value)
        if not isinstance(value, list):
            return False
        try:
            (self._read_shown if key == "shown" else self._read_weights)(value)
        except traitlets.TraitError:
            return False
        return True

    def _read_shown(self, value: Any) -> tuple[int, int]:
        given = list(value) if isinstance(value, Sequence) and not isinstance(value, str) else [value]
        if len(given) != 2:
            raise traitlets.TraitError(f"shown takes two datasets, by name or position; found {value!r}.")
        first, second = (self._position(one) for one in given)
        return first, second

    def _position(self, dataset: Any) -> int:
        k = len(self._comparison.slices)
        if isinstance(dataset, str):
            try:
                return self._comparison.position(dataset)
            except StudyError as error:
                raise traitlets.TraitError(str(error)) from None
        if isinstance(dataset, bool) or not isinstance(dataset, int | float | np.integer):
            raise traitlets.TraitError(f"shown takes two datasets, by name or position; found {dataset!r}.")
        if not 0 <= dataset < k or dataset != int(dataset):
            raise traitlets.TraitError(f"Datasets have the positions 0 to {k - 1}; found {dataset!r}.")
        return int(dataset)

    def _read_weights(self, value: Any) -> tuple[float, ...]:
        names = self._comparison.datasets
        if isinstance(value, Mapping):
            by_name = {str(name): one for name, one in value.items()}
            for name in by_name:
                self._position(name)
            value = [by_name.get(name, 0.0) for name in names]
        try:
            given = [float(one) for one in value if not isinstance(one, bool | str)]
        except (TypeError, ValueError):
            given = []
        if len(given) != len(names) or len(given) != len(value):
            raise traitlets.TraitError(
                f"weights takes a number for each of the {len(names)} datasets ({', '.join(names)}), or a mapping from "
                f"names to numbers; found {value!r}."
            )
        bad = [(name, one) for name, one in zip(names, given, strict=True) if not 0 <= one <= _MOST]
        if bad:
            raise traitlets.TraitError(
                f"The weight of {bad[0][0]!r} is {bad[0][1]:g}; give 0 or more, 0 to leave the dataset out."
            )
        if not any(given):
            raise traitlets.TraitError("All weights are 0; give at least one dataset more than 0.")
        return tuple(given)


def _made(given: Any, embedder: Any, choices: dict[str, Any]) -> Comparison:
    if not isinstance(given, Comparison):
        return compare(given, embedder=embedder, **choices)
    if choices:
        raise StudyError(
            f"The comparison is made already: leave out {', '.join(sorted(choices))}, or hand in what it is made of."
        )
    return given
