"""`Comparison`: what several datasets, or slices of one, measure and express."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight._suggest import nearest
from whimsight.comparisons.conflicts import conflicts, turns
from whimsight.comparisons.estimates import measure
from whimsight.comparisons.heterogeneity import heterogeneity
from whimsight.comparisons.mixture import mixture, washes_out
from whimsight.comparisons.overall import bounded
from whimsight.comparisons.ratios import ratios
from whimsight.comparisons.verdict import verdicts
from whimsight.effects import benjamini_hochberg
from whimsight.errors import StudyError
from whimsight.studies.inputs import study_controls
from whimsight.studies.stages import vote_clusters
from whimsight.studies.work import turned_round
from whimsight.tables import Table

if TYPE_CHECKING:
    import altair as alt
    from numpy.typing import NDArray

    from whimsight.comparisons.estimates import Estimates, Measured
    from whimsight.comparisons.slices import Slice
    from whimsight.labels import LabelStore
    from whimsight.studies import Study

__all__ = ["COMPARED_COLUMNS", "TABLE_COLUMNS", "Comparison"]

TABLE_COLUMNS: tuple[str, ...] = (
    "prevalence",
    "prevalence_low",
    "prevalence_high",
    "beta",
    "beta_low",
    "beta_high",
    "delta_win",
    "delta_win_low",
    "delta_win_high",
    "p",
    "q",
    "n",
    "prompts",
    "verdict",
)
"""Columns of `Comparison.table`, in order; but for the verdict they mean what they mean in `Study.features`."""

COMPARED_COLUMNS: tuple[str, ...] = (
    "kind",
    "name",
    "status",
    "pooled",
    "pooled_low",
    "pooled_high",
    "tau",
    "tau_low",
    "tau_high",
    "Q",
    "i2",
    "i2_low",
    "i2_high",
    "p",
    "q",
    "datasets",
)
"""Columns of `Comparison.features`, in order."""

_LEVEL = 0.05


class Comparison:
    """Datasets, or slices of one dataset, side by side in one feature space.

    Made by `whimsight.compare`.

    Attributes
    ----------
    study : Study
        The feature space with all rows in it. ``FeatureLabeler(comparison.study)`` names its features, and the
        names show here at once.
    slices : tuple of Slice
        What is compared: which rows, and the votes on them.
    by : str
        ``"datasets"``, or what the slices were made by.
    left_out : dict
        Which values of ``by`` were left out and why, JSON-ready.

    Notes
    -----
    Every dataset is estimated by itself, as in a study. beta is in one unit for all: the standard deviation of a
    code over the rows with a vote, averaged over the datasets. Where datasets share prompts or annotators
    (``linked``), everything that puts them side by side knows that they are not independent.

    Examples
    --------
    >>> import whimsight as ws
    >>> both = ws.compare([ws.load("mt-bench"), ws.load("hh-harmless")])    # doctest: +SKIP
    >>> both.conflicts                                                     # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        slices: Sequence[Slice],
        *,
        by: str = "datasets",
        left_out: Mapping[str, Any] | None = None,
        recipe: Mapping[str, Any] | None = None,
    ) -> None:
        names = [part.name for part in slices]
        if len(names) < 2 or len(set(names)) < len(names):
            raise StudyError(
                f"A comparison needs at least two slices with names of their own; found {names}."
            )
        self.study = study
        self.slices = tuple(slices)
        self.by = by
        self.left_out = dict(left_out or {})
        self._recipe = recipe
        self._measured = self._measure()
        self._cache: dict[str, tuple[Any, pd.DataFrame]] = {}

    def _measure(self) -> Measured:
        study, pairs = self.study, self.study.pairs
        controls, own = study_controls(study)
        return measure(
            study.pair_codes,
            study.pair_of_row,
            self.slices,
            clusters=vote_clusters(pairs, study.settings),
            controls=controls,
            own_control=own,
            weights=pairs.weight,
            ties=study.settings.ties,
        )

    @property
    def name(self) -> str:
        """What tables, files and reports call the comparison."""
        return self.study.name if self.by == "datasets" else f"{self.study.name} by {self.by}"

    @property
    def datasets(self) -> list[str]:
        """The names of what is compared, in the order that they were given."""
        return [part.name for part in self.slices]

    @property
    def labels(self) -> LabelStore:
        """People's names, statuses and notes; those of `study`."""
        return self.study.labels

    @property
    def linked(self) -> bool:
        """Whether any two datasets share a prompt or an annotator, so that their estimates hang together."""
        return self._measured.linked

    @property
    def measured(self) -> Measured:
        """The estimates as arrays, as found: before people turned features."""
        return self._measured

    @property
    def table(self) -> pd.DataFrame:
        """One row a dataset and feature, index (``dataset``, ``feature``), columns `TABLE_COLUMNS`.

        ``n`` rows in so many ``prompts`` (a conversation is one) carry an effect. ``verdict`` says what delta-win
        allows to say: ``"for"`` and ``"against"`` (its interval lies on one side of 0, beyond chance among all features
        and datasets: a false-discovery rate of 5 %), ``"little"`` (within 5 points of 0), ``"unclear"``, and
        ``"too few"`` (there is no estimate, or the interval spans 0 and is wider than 40 points: too few pairs, prompts
        or people). p and q are those of beta within the dataset, as in `Study.features`. Turned features are read as
        people turned them.
        """
        return self._drawn("table", self._table)

    @property
    def features(self) -> pd.DataFrame:
        """One row a feature over all datasets, index ``feature``, columns `COMPARED_COLUMNS`.

        Of delta-win: its random-effects mean over datasets (``pooled``), the standard deviation between datasets
        beyond chance (``tau``), Cochran's ``Q``, the share of the variation that is not chance (``i2``, 0 to 1),
        p and q of the hypothesis that all datasets agree, and in how many it could be estimated; see
        `whimsight.comparisons.heterogeneity`.
        """
        return self._drawn("features", self._features)

    @property
    def conflicts(self) -> pd.DataFrame:
        """Features that go with being preferred in one dataset and with not being preferred in another.

        Columns ``feature``, ``name``, ``for``, ``against`` (datasets), ``difference`` of delta-win with
        ``difference_low`` and ``difference_high``, ``p``, ``q``; the largest difference first. Both effects are
        significant; the false-discovery rate is controlled over all features and pairs of datasets at 5 %. See
        `whimsight.comparisons.conflicts`.
        """
        return self._drawn("conflicts", self._conflicts)

    @property
    def turns(self) -> pd.DataFrame:
        """Where an effect turns round: datasets in which it is significantly opposite to that of all together.

        Columns ``feature``, ``name``, ``dataset``, ``overall`` (delta-win of the equal mixture) with ``overall_low``
        and ``overall_high``, ``delta_win``, ``delta_win_low``, ``delta_win_high``, ``q``. The test is of the dataset's
        effect alone, and takes the sign of ``overall`` as known: look at its interval.
        """
        return self._drawn("turns", self._turns)

    def prevalence_ratios(self, reference: str | None = None) -> pd.DataFrame:
        """How many times as often responses differ in a feature as in another dataset.

        Parameters
        ----------
        reference : str, optional
            The dataset that the others are compared with; the first by default.

        Returns
        -------
        DataFrame
            Index (``dataset``, ``feature``) without the reference; ``ratio``, ``low``, ``high``, ``p``, ``q``; see
            `whimsight.comparisons.ratios`.
        """
        base = 0 if reference is None else self.position(reference)
        made = self._measured
        found = ratios(made.prevalence, made.prevalence_low, made.prevalence_high, base)
        names, features = np.asarray(self.datasets, dtype=object), self.study.found.index
        found.index = pd.MultiIndex.from_arrays(
            [names[found["slice"].to_numpy()], features[found["feature"].to_numpy()]],
            names=["dataset", "feature"],
        )
        others = (found["slice"] != base).to_numpy()
        return found.loc[others, ["ratio", "low", "high", "p", "q"]]

    def mixture(
        self, weights: Mapping[str, float] | Sequence[float] | None = None, *, refit: bool = False
    ) -> pd.DataFrame:
        """Return what the datasets, mixed, would express.

        Parameters
        ----------
        weights : mapping from dataset to number, or one number a dataset; optional
            How many pairs of each are taken, in any unit; equal by default. Datasets that a mapping does not name
            count 0.
        refit : bool
            By default the effect in the mixture is the mean of the datasets' own effects over the mixed pairs that
            carry it: each dataset keeps its own slope of the controls and its own rate of A. With ``refit`` all rows,
            weighted, are put through one regression, as a study of the mixed pairs would do it. The two differ, by
            several points at times, where a control such as length is rewarded in one dataset and penalised in
            another; sliders and reports show the first.

        Returns
        -------
        DataFrame
            Index ``feature``; ``name``, ``delta_win``, ``delta_win_low``, ``delta_win_high``, ``covered``,
            ``washes_out`` (an effect of a dataset in the mixture is gone in it, not only less sure); see
            `whimsight.comparisons.mixture`.

        Raises
        ------
        StudyError
            For a dataset that is not there, or weights that are none.

        Examples
        --------
        >>> both.mixture({"mt-bench": 3, "hh-harmless": 1})    # doctest: +SKIP
        """
        made, table = self._measured, self.study.features
        mixed_by = self._weights(weights)
        found = bounded(mixture(self._delta_win(), made.share, made.share_se, mixed_by))
        found.index = table.index
        found.insert(0, "name", table["name"])
        if refit:
            again = turned_round(self._refitted(mixed_by), table.index[self.study.polarity < 0])
            columns = ["delta_win", "delta_win_low", "delta_win_high"]
            found[columns] = again[columns]
            mixed, low, high = again[columns].to_numpy().T
            found["washes_out"] = washes_out(self._delta_win(), mixed_by, mixed, low, high)
        return found

    def _refitted(self, weights: NDArray[np.float64]) -> pd.DataFrame:
        """Effects of all rows in one regression a feature, each dataset counting by its weight."""
        from whimsight.effects import effects

        study, pairs = self.study, self.study.pairs
        taken = [(part, w) for part, w in zip(self.slices, weights, strict=True) if w > 0]
        rows = np.concatenate([part.rows for part, _ in taken])
        heft = np.concatenate(
            [pairs.weight[part.rows] * w / pairs.weight[part.rows].sum() for part, w in taken]
        )
        controls, own = study_controls(study)
        table = effects(
            study.pair_codes[study.pair_of_row[rows]],
            np.concatenate([part.preference for part, _ in taken]),
            clusters=[way[rows] for way in vote_clusters(pairs, study.settings)],
            controls=controls[rows],
            own_control=own,
            weights=heft / heft.mean(),
            ties=study.settings.ties,
        )
        table.index = study.found.index
        return table

    def _weights(self, given: Mapping[str, float] | Sequence[float] | None) -> NDArray[np.float64]:
        if given is None:
            return np.ones(len(self.slices))
        if isinstance(given, Mapping | pd.Series):
            named = {str(name): weight for name, weight in given.items()}
            for name in named:
                self.position(name)
            given = [named.get(name, 0.0) for name in self.datasets]
        try:
            weights = np.asarray(given, dtype=np.float64)
        except (TypeError, ValueError):
            raise StudyError(f"The weights of a mixture are numbers; found {given!r}.") from None
        if weights.shape != (len(self.slices),):
            raise StudyError(
                f"A mixture needs one weight for each of the {len(self.slices)} datasets ({', '.join(self.datasets)}); "
                f"found {given!r}."
            )
        return weights

    def position(self, dataset: str) -> int:
        """Return the position of a dataset.

        Raises
        ------
        StudyError
        """
        if dataset not in self.datasets:
            raise StudyError(
                f"No dataset {dataset!r} in this comparison.{nearest(dataset, self.datasets)} Datasets: "
                f"{', '.join(self.datasets)}."
            )
        return self.datasets.index(dataset)

    def examples(self, feature: str, dataset: str, n: int = 10, **choices: Any) -> pd.DataFrame:
        """Return pairs of one dataset in which a feature is active, as `Study.examples` does.

        ``row`` is the position in ``comparison.study.pairs``, ``id`` names the dataset and the pair in it.
        """
        from whimsight.studies.examples import choose_rows, turn_examples

        part = self.slices[self.position(dataset)]
        pairs = self.study.pairs.take(part.rows)
        code, matchups = self.study.code(feature)[part.rows], pairs.matchups()
        rows = choose_rows(code, matchups[0], n=n, **choices)
        found = turn_examples(pairs, matchups, code, rows)
        found["row"] = part.rows[found["row"]]
        found["id"] = self.study.pairs.frame["id"].to_numpy(dtype=object)[found["row"]]
        return found

    def chart(
        self,
        kind: Literal["effects", "prevalence"] = "effects",
        top: int | None = None,
        **look: Any,
    ) -> alt.LayerChart:
        """Draw features by datasets with their intervals; see `whimsight.comparisons.charts`.

        Parameters
        ----------
        kind : {"effects", "prevalence"}
            What the votes go along with, or in how many pairs the responses differ.
        top : int, optional
            So many features, the largest conflicts and differences first.
        **look
            ``width``, ``label_width`` (pixels), ``ink`` (colour of text).

        Examples
        --------
        >>> both.chart("prevalence", top=12)    # doctest: +SKIP
        """
        from whimsight.comparisons.charts import comparison_chart

        return comparison_chart(self, kind, top, **look)

    def report(self, path: str | Path, *, names_only: bool = False) -> Path:
        """Write the comparison as one HTML file that needs neither network nor Python.

        Parameters
        ----------
        path : str or Path
            Where to write; replaced atomically when it exists.
        names_only : bool
            Leave out every text of the datasets.
        """
        from whimsight.comparisons.report import write_report

        return write_report(self, path, names_only=names_only)

    def save(self, path: str | Path) -> Path:
        """Write the comparison as one ``.whim`` file, atomically; `Comparison.open` reads it back.

        The file is that of `study` and says how its rows are sliced, so `whimsight.open` reads it too.

        Raises
        ------
        StudyError
            If the slices are masks or arrays, which a file does not hold: put them into a column of the pairs.
        """
        from dataclasses import replace

        if self._recipe is None:
            raise StudyError(
                "Slices that were given as arrays or masks are not kept in a file. Put them into a column of the pairs "
                "and compare by its name, or save comparison.study."
            )
        if self.study.facts.get("comparison") == self._recipe:
            return self.study.save(path)
        marked = replace(self.study, facts={**self.study.facts, "comparison": dict(self._recipe)})
        marked._work.begin_with(self.study.labels, marked.path)
        return marked.save(path)

    @classmethod
    def open(cls, path: str | Path) -> Comparison:
        """Read a comparison that `save` wrote; the estimates are made anew.

        Raises
        ------
        StudyFileError
            When the file is missing, damaged, hostile, or written by a newer version.
        StudyError
            When it holds a study and no comparison.
        """
        from whimsight.comparisons.run import recall
        from whimsight.studies import Study

        study = Study.open(path)
        recipe = study.facts.get("comparison")
        if not isinstance(recipe, Mapping):
            raise StudyError(
                f"{Path(path).name!r} holds a study and no comparison. Compare its parts with "
                "ws.compare(ws.open(path), by=...)."
            )
        return recall(study, recipe)

    # -- tables ------------------------------------------------------------------------------------

    def _drawn(self, name: str, draw: Any) -> pd.DataFrame:
        """A table as people's work makes it look, kept until that changes; handed out as a copy."""
        shown = self.study.features
        if name not in self._cache or self._cache[name][0] is not shown:
            self._cache[name] = (shown, draw(shown))
        return self._cache[name][1].copy()

    def _delta_win(self) -> Estimates:
        return self._measured.delta_win.turned(self.study.polarity.astype(np.float64))

    def _table(self, shown: pd.DataFrame) -> pd.DataFrame:
        made, sign = self._measured, self.study.polarity.astype(np.float64)
        beta, effect = made.beta.turned(sign), made.delta_win.turned(sign)
        intervals = (
            ("beta", beta.value, beta.interval()),
            ("delta_win", effect.value, effect.interval(bound=1.0)),
        )
        p, q = made.beta.p, effect.q
        parts = []
        for i in range(len(self.slices)):
            low, high = made.prevalence_low[i], made.prevalence_high[i]
            part = Table(
                {"prevalence": made.prevalence.value[i], "prevalence_low": low, "prevalence_high": high},
                index=shown.index,
            )
            for name, values, (lows, highs) in intervals:
                part[name], part[f"{name}_low"], part[f"{name}_high"] = values[i], lows[i], highs[i]
            part["p"] = p[i]
            part["q"] = benjamini_hochberg(part["p"].to_numpy())
            part["n"] = made.n[i]
            part["prompts"] = made.prompts[i]
            part["verdict"] = verdicts(
                part["delta_win_low"].to_numpy(), part["delta_win_high"].to_numpy(), q[i]
            )
            parts.append(part[list(TABLE_COLUMNS)])
        return pd.concat(parts, keys=self.datasets, names=["dataset", "feature"])

    def _features(self, shown: pd.DataFrame) -> pd.DataFrame:
        found = heterogeneity(self._delta_win(), bound=1.0)
        found.index = shown.index
        for column in ("kind", "name", "status"):
            found[column] = shown[column]
        return found[list(COMPARED_COLUMNS)]

    def _conflicts(self, shown: pd.DataFrame) -> pd.DataFrame:
        found = conflicts(self._delta_win(), alpha=_LEVEL)
        return self._named(found, shown, "for", "against")

    def _turns(self, shown: pd.DataFrame) -> pd.DataFrame:
        mixed = self.mixture()
        found = turns(self._delta_win(), mixed["delta_win"].to_numpy(), alpha=_LEVEL)
        found = self._named(
            found.rename(columns={"slice": "dataset", "effect": "delta_win"}), shown, "dataset"
        )
        found = found.rename(columns={"low": "delta_win_low", "high": "delta_win_high"})
        at = shown.index.get_indexer(pd.Index(found["feature"]))
        for place, end in enumerate(("", "_low", "_high")):
            found.insert(3 + place, f"overall{end}", mixed[f"delta_win{end}"].to_numpy()[at])
        return found

    def _named(self, found: pd.DataFrame, shown: pd.DataFrame, *datasets: str) -> pd.DataFrame:
        """Replace positions of features and datasets by their names."""
        where = found["feature"].to_numpy(dtype=np.int64)
        found = found.assign(feature=shown.index[where].astype(str))
        found.insert(1, "name", shown["name"].to_numpy()[where])
        names = np.asarray(self.datasets, dtype=object)
        for column in datasets:
            found[column] = names[found[column].to_numpy(dtype=np.int64)]
        return found

    def __repr__(self) -> str:
        features = counted(len(self.study.found), "feature")
        differ = int((self.features["q"] <= _LEVEL).sum())
        return (
            f"<Comparison of {', '.join(self.datasets)}: {features}, {differ} that differ, "
            f"{self.conflicts['feature'].nunique()} in conflict>"
        )

    def _repr_html_(self) -> str:
        from whimsight.comparisons.display import comparison_html

        return comparison_html(self)
