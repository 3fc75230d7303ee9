"""`Study`: one dataset's pairs, features, effects and names."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.errors import StudyError
from whimsight.studies.examples import Where, choose_rows, turn_examples
from whimsight.studies.judged import no_judgments, no_suggestions
from whimsight.studies.settings import Settings
from whimsight.studies.work import Work
from whimsight.tables import Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import altair as alt
    from numpy.typing import NDArray

    from whimsight.autoencoder import SparseAutoencoder
    from whimsight.labels import LabelStore
    from whimsight.language import LanguageModel
    from whimsight.naming import Naming
    from whimsight.pairs import Pairs
    from whimsight.personalization import Personalization
    from whimsight.studies.highlights import Highlights

__all__ = ["FEATURE_COLUMNS", "PREDICTION_COLUMNS", "Study"]

FEATURE_COLUMNS: tuple[str, ...] = (
    "kind",
    "name",
    "status",
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
    "significant",
    "fidelity",
    "fidelity_low",
    "fidelity_high",
    "judge",
    "stability",
    "n",
)
"""Columns of `Study.features`, in order; the same in Python, in a ``.whim`` file and on the screen."""

PREDICTION_COLUMNS: tuple[str, ...] = (
    "auc",
    "auc_low",
    "auc_high",
    "captured",
    "captured_low",
    "captured_high",
)
"""Columns of `Study.prediction`, in order."""


@dataclass(slots=True, repr=False)
class Study:
    """What one dataset of pairs measures and expresses.

    Made by `whimsight.study`, read back by `whimsight.open`.

    Attributes
    ----------
    pairs : Pairs
        The table that was studied.
    settings : Settings
        The choices made.
    found : DataFrame
        The features as computed, before people's work: one row a feature, index ``feature`` (``d07``
        discovered, ``m_bullets`` measured), columns `FEATURE_COLUMNS`. Intervals are 95 %. Effects are NaN
        where the pairs carry no labels. `features` shows it with people's names.
    prediction : DataFrame
        Held-out prediction, index ``using`` (``length``, ``measured``, ``discovered``, ``all``,
        ``embedding``, ``embedding+measured``), columns `PREDICTION_COLUMNS`; empty without labels.
    found_joint : DataFrame
        The effects of all features in one regression as computed, columns as in `found` from ``beta`` to
        ``q``; `joint` follows features that people turned round.
    lasso : DataFrame
        The k features that an L1 penalty keeps and their held-out AUC; empty without labels.
    drafts : DataFrame
        What the describers say of each discovered feature: ``name``, ``note``, ``candidates``.
    pair_codes : ndarray
        float32 (n_unique_pairs, n_features), signed, as computed; `codes` spreads them over the rows and
        turns them by `polarity`.
    pair_of_row : ndarray
        int64 (n_pairs,): which unique pair a row (a vote) belongs to.
    autoencoder : SparseAutoencoder
        Turns embedding differences into the discovered codes.
    attribute_scale : ndarray
        float32 (n_measured,): the unit of each measured code, its root mean square difference.
    residual_map : ndarray or None
        float32 (n_measured, d): what the measured codes explain of the differences, when the
        autoencoder was trained on residuals.
    facts : dict
        Numbers about the whole: position bias, reconstruction error, active features, versions.
        JSON-ready.
    seconds : dict
        How long each stage took; not saved, so that the same study is the same file.
    path : Path or None
        The ``.whim`` file that it was opened from or saved to last.
    suggestions : DataFrame
        Names that language models proposed (`naming`), one row a candidate: ``feature``, ``name``, ``note``,
        ``source`` (the model), ``end`` (1: fits the end with more as found, -1: the other), ``fit`` and
        ``n_fit`` (correlation where it was chosen, and over how many pairs), ``winner``, ``fidelity``,
        ``fidelity_low``, ``fidelity_high``, ``p``, ``n`` (on pairs that neither suggested nor chose it; NaN for
        those that were not scored), ``q`` (over the model's winners), ``kept`` (the winner fits: p below .05 over
        the number of discovered features, fidelity at least .2, 40 answers), ``missing`` (answers that failed).
    judgments : DataFrame
        Answers of language models: ``feature``, ``name``, ``row`` (position in ``pairs``), ``judge``,
        ``part`` (choose or score), ``answer`` (1 response A has more, -1 B, 0 neither), ``swapped`` (the
        answer with the responses in the other order; NaN where that was not asked), ``a_first``.

    Examples
    --------
    >>> import whimsight as ws
    >>> study = ws.study(ws.load("mt-bench"))      # doctest: +SKIP
    >>> study.features.sort_values("delta_win")    # doctest: +SKIP
    """

    pairs: Pairs
    settings: Settings
    found: pd.DataFrame
    prediction: pd.DataFrame
    found_joint: pd.DataFrame
    lasso: pd.DataFrame
    drafts: pd.DataFrame
    pair_codes: NDArray[np.float32]
    pair_of_row: NDArray[np.int64]
    autoencoder: SparseAutoencoder
    attribute_scale: NDArray[np.float32]
    residual_map: NDArray[np.float32] | None = None
    facts: dict[str, Any] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict, compare=False)
    path: Path | None = field(default=None, compare=False)
    suggestions: pd.DataFrame = field(default_factory=no_suggestions)
    judgments: pd.DataFrame = field(default_factory=no_judgments)
    _work: Work = field(default_factory=Work, init=False, compare=False)

    @property
    def name(self) -> str:
        """The name of the pairs."""
        return self.pairs.name

    @property
    def fingerprint(self) -> str:
        """sha256 of pairs, settings and dictionary: studies of one fingerprint have the same features."""
        return self._work.fingerprint(self)

    @property
    def pairs_fingerprint(self) -> str:
        """`Pairs.fingerprint` of the pairs that were studied: studies of the same votes, with whatever settings."""
        return str(self.facts.get("pairs_fingerprint") or self.pairs.fingerprint)

    @property
    def labels(self) -> LabelStore:
        """People's work on the features: names, statuses, notes, tags, judgments.

        It lives beside the ``.whim`` file (``mt-bench.labels``), and in the user's data folder until there
        is one (``$WHIMSIGHT_DATA``). The file is made by the first edit. Set it to work in another one; a
        store that was set stays, whatever the study is saved as.

        Raises
        ------
        LabelsError
            When it is set to the store of another study.

        Examples
        --------
        >>> study.labels.edit("d07", name="gives a worked example")    # doctest: +SKIP
        >>> study.features.at["d07", "name"]                           # doctest: +SKIP
        'gives a worked example'
        """
        return self._work.labels(self)

    @labels.setter
    def labels(self, store: LabelStore | str | Path) -> None:
        self._work.set_labels(self, store)

    @property
    def features(self) -> pd.DataFrame:
        """One row a feature with people's names and statuses, columns `FEATURE_COLUMNS`.

        As `found`, but for what people did in `labels`. A turned feature has beta, delta_win and their
        intervals reversed, as if computed anew on negated codes, and without a person's name it is the
        "opposite of" its draft. Fidelity is that of the drafted name, NaN for a discovered feature that a
        person renamed; once blind tests of its name have enough answers it is people's, and judge says so
        (see `verification`). A table to read: change `found` or `labels`, not this.
        """
        return self._work.features(self)

    @property
    def joint(self) -> pd.DataFrame:
        """The effects of all features in one regression, columns as in `features` from ``beta`` to ``q``."""
        return self._work.joint(self)

    @property
    def polarity(self) -> NDArray[np.float32]:
        """float32 (n_features,): -1 for features that people turned round, 1 for all others."""
        return self._work.polarity(self)

    @property
    def codes(self) -> NDArray[np.float32]:
        """float32 (n_pairs, n_features), signed; columns in the order of `features`."""
        codes = self.pair_codes[self.pair_of_row]
        turned = self.polarity < 0
        if turned.any():
            codes[:, turned] = 0.0 - codes[:, turned]
        return codes

    def code(self, feature: str) -> NDArray[np.float32]:
        """Return one feature's signed codes, float32 (n_pairs,).

        Raises
        ------
        StudyError
            If the study has no such feature.
        """
        column = self.column(feature)
        codes: NDArray[np.float32] = self.pair_codes[self.pair_of_row, column]
        return np.float32(0.0) - codes if self.polarity[column] < 0 else codes

    def column(self, feature: str) -> int:
        """Return the position of a feature in `features` and `codes`."""
        from whimsight._suggest import nearest

        known = [str(f) for f in self.found.index]
        if feature not in known:
            names = self.features["name"].astype(str).str.casefold()
            called = [repr(str(f)) for f in names.index[names == str(feature).casefold()]]
            hint = f" It is the name of {' and '.join(called)}." if called else nearest(feature, known)
            raise StudyError(f"No feature {feature!r} in this study.{hint} See study.features.index.")
        return known.index(feature)

    def examples(
        self, feature: str, n: int = 10, *, where: Where = "top", unique: bool = True, seed: int = 0
    ) -> pd.DataFrame:
        """Return pairs in which a feature is active, turned so that the side with more comes first.

        Parameters
        ----------
        feature : str
            Id from ``study.features.index``.
        n : int
            At most so many pairs.
        where : {"top", "random"} or (float, float)
            The largest ``|code|``, a random choice among the active ones, or a range of the quantiles
            of ``|code|`` among the active pairs, such as ``(0.45, 0.55)``.
        unique : bool
            One row for a pair that several people voted on, whichever side each response stood on.
        seed : int
            For ``where="random"`` and ranges.

        Returns
        -------
        DataFrame
            Columns ``row`` (position in ``pairs``), ``prompt``, ``more``, ``less``, ``more_is`` ("A" or
            "B"), ``code`` (``>= 0``), ``preferred`` (share of votes for the side with more; NaN without),
            ``votes``.

        Raises
        ------
        StudyError
            If the study has no such feature, or another choice makes no sense.
        """
        code = self.code(feature)
        matchups = self.pairs.matchups()
        rows = choose_rows(code, matchups[0], n=n, where=where, unique=unique, seed=seed)
        return turn_examples(self.pairs, matchups, code, rows)

    def personalize(
        self,
        *,
        features: str | Sequence[str] | None = None,
        annotator: str = "annotator",
        by_prompt: bool = False,
    ) -> Personalization:
        """Learn whose preferences the votes are: where people differ, and each one's weights.

        Parameters
        ----------
        features : sequence of str, or {"measured", "discovered"}; optional
            The features whose weights may differ between people; on all others everyone has the same weight. The
            choice is the analyst's (style yes, politics no), and every output states it. All features by default.
        annotator : str
            Column of the pairs that says who voted.
        by_prompt : bool
            Let features weigh differently from prompt to prompt, too, so that people who saw few prompts do not seem
            to differ because these did. Takes several times as long, and many votes on each prompt.

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
        >>> people = study.personalize(features=["m_words", "m_bullets"])    # doctest: +SKIP
        >>> people.subjectivity                                             # doctest: +SKIP
        """
        from whimsight.personalization import personalize

        return personalize(self, features=features, annotator=annotator, by_prompt=by_prompt)

    def naming(
        self,
        model: str | LanguageModel,
        *,
        features: str | Sequence[str] | None = None,
        candidates: int = 5,
        propose: bool = True,
        pairs: int | None = None,
        prompts: bool = True,
        seed: int = 0,
    ) -> Naming:
        """Let a language model propose names and judge them; nothing is sent before `Naming.run`.

        Parameters
        ----------
        model : str or LanguageModel
            See `whimsight.language_model`.
        features : sequence of str, or {"unnamed", "discovered"}; optional
            By default the discovered features that nobody has named, verified or rejected.
        candidates : int
            Names that are proposed for each feature.
        propose : bool
            False judges the names that the features have now, and proposes none.
        pairs : int, optional
            Score each winner on so many pairs; by default at most 300, and fewer where that settles it.
        prompts : bool
            Whether the model sees the prompt beside the two responses.
        seed : int

        Returns
        -------
        Naming

        Raises
        ------
        StudyError
            If there is no such feature, or none to name.
        LanguageError
            If the model cannot be made.

        Examples
        --------
        >>> naming = study.naming("gpt-4o-mini")    # doctest: +SKIP
        >>> naming.plan()                           # doctest: +SKIP
        >>> naming.run(budget=0.50)                 # doctest: +SKIP
        """
        from whimsight.naming import Naming

        return Naming(
            self,
            model,
            features=features,
            candidates=candidates,
            propose=propose,
            pairs=pairs,
            prompts=prompts,
            seed=seed,
        )

    def verification(self, feature: str) -> pd.DataFrame:
        """Return how far each judge's answers agree with a feature.

        Parameters
        ----------
        feature : str
            Id from ``study.features.index``.

        Returns
        -------
        DataFrame
            Index ``judge`` (people who took the blind test of the feature's name, language models that judged it,
            and the formula of its draft);
            ``r`` (correlation with the code; NaN with too few answers), ``low``, ``high``, ``n``.
            ``.attrs["alpha"]``: Krippendorff's alpha between judges, None where too few pairs have two.

        Examples
        --------
        >>> study.verification("d00")    # doctest: +SKIP
        """
        from whimsight.studies.verification import BlindTest

        found = BlindTest(self).verification(feature)
        table = Table(found["judges"], columns=["judge", "r", "low", "high", "n"]).set_index("judge")
        table = table.astype({"r": float, "low": float, "high": float, "n": int})
        table.attrs["alpha"] = found["alpha"]
        return table

    def agreement(self, feature: str) -> pd.DataFrame:
        """Return how far every two judges of a feature's name agree beyond chance.

        Judges are people who took the blind test of the name as it is now, language models that judged it
        (`naming`), and the formula where the name is a measured attribute's.

        Returns
        -------
        DataFrame
            One row for each two: ``judge``, ``other``, ``kappa`` (Cohen's, a tie against a side being half a
            disagreement) with ``low`` and ``high``, ``agreement`` (share of pairs on which both say the same), ``n``.

        Examples
        --------
        >>> study.agreement("d00")    # doctest: +SKIP
        """
        from whimsight.naming.judges import agreement

        return agreement(self, feature)

    def position_bias(self) -> pd.DataFrame:
        """Return how far language models follow the place of a response, from pairs judged in both orders.

        Returns
        -------
        DataFrame
            Index ``judge``; ``n`` pairs, ``consistent`` (share answered alike in both orders), ``follows`` (share in
            which the same place was chosen twice, whichever response stood there), ``first`` and ``second`` (the two
            parts of it), ``leaning`` (mean answer towards the first place, -1 to 1); with ``_low`` and ``_high``.
        """
        from whimsight.naming.judges import position_bias

        return position_bias(self)

    def judged_effect(
        self,
        feature: str,
        effect: Literal["beta", "delta_win", "fidelity"] = "delta_win",
        *,
        judge: str | None = None,
    ) -> pd.DataFrame:
        """Return the effect of what a feature's name says, as a model judged it and corrected by what people judged.

        A model judges many pairs and errs; people judge random ones (`FeatureLabeler` asks first about pairs that a
        model judged). Prediction-powered inference takes the model's answers for what they are worth: no systematic
        error of the model stays, and the interval is at most as wide as that of all people's answers alone (for a
        fidelity on Fisher's scale).

        Parameters
        ----------
        feature : str
            Id from ``study.features.index``. Pairs are held-out ones in which it is active.
        effect : {"delta_win", "beta", "fidelity"}
            How much oftener the response with more of it is chosen; log odds from "neither" to "A has more";
            correlation of the answers with the code.
        judge : str, optional
            The model; the one with the most answers by default.

        Returns
        -------
        DataFrame
            Index ``using``: ``model``, ``people``, ``corrected``; ``value``, ``low``, ``high``, ``n``, ``weight`` (how
            far the model's answers count), ``note``. The effect is over held-out pairs in which the feature is active.
            Fewer than 40 pairs judged by people and the model, or fewer than 20 prompts, correct nothing. Where people
            disagree, what more of them say counts, and neither side where they are split.

        Raises
        ------
        StudyError
            If no model judged the name as it is now.

        Examples
        --------
        >>> study.judged_effect("d00")    # doctest: +SKIP
        """
        from whimsight.naming.judges import judged_effect

        return judged_effect(self, feature, effect, judge=judge)

    def highlights(self, feature: str, row: int, *, embedder: Any = None) -> Highlights:
        """Return the passages of a pair that drive its code; see `whimsight.studies.highlights.highlights`."""
        from whimsight.studies.highlights import highlights

        return highlights(self, feature, row, embedder=embedder)

    def chart(self, what: Literal["features", "prediction"] = "features", **choices: Any) -> alt.LayerChart:
        """Draw the effects of the features, or how well sets of them predict, with 95 % intervals.

        Parameters
        ----------
        what : {"features", "prediction"}
        **choices
            ``top`` (how many features), ``width`` and the like; see `whimsight.studies.charts`.

        Raises
        ------
        StudyError
            For another word, or for ``"prediction"`` where the pairs carry no labels.

        Examples
        --------
        >>> study.chart(top=12)    # doctest: +SKIP
        """
        from whimsight.studies.charts import features_chart, prediction_chart

        drawn = {"features": features_chart, "prediction": prediction_chart}
        if what not in drawn:
            raise StudyError(f"A study draws {', '.join(map(repr, drawn))}; found {what!r}.")
        return drawn[what](self, **choices)

    def report(self, path: str | Path, *, names_only: bool = False) -> Path:
        """Write the study as one HTML file that needs neither network nor Python.

        Parameters
        ----------
        path : str or Path
            Where to write; replaced atomically when it exists.
        names_only : bool
            Leave out every text of the dataset.
        """
        from whimsight.studies.report import write_report

        return write_report(self, path, names_only=names_only)

    def save(self, path: str | Path) -> Path:
        """Write the study as one ``.whim`` file, atomically; `whimsight.open` reads it back.

        The file holds what was computed. People's work lies beside it, as ``<stem>.labels``: what `labels`
        holds is merged into it, and work goes on there.
        """
        from whimsight.studies.file import save_study

        saved = save_study(self, path)
        self._work.move(self, saved)
        return saved

    @classmethod
    def open(cls, path: str | Path) -> Self:
        """Read a ``.whim`` file.

        Raises
        ------
        StudyFileError
            When the file is missing, damaged, hostile, or written by a newer version.
        """
        from whimsight.files import as_path
        from whimsight.studies.file import open_study

        study = open_study(path, cls)
        study.path = as_path(path, "a study", StudyError).absolute()
        return study

    def significant(self) -> pd.DataFrame:
        """Return the features whose effect passes Bonferroni, the largest ``|delta_win|`` first."""
        table = self.features[self.features["significant"].fillna(False).astype(bool)]
        return table.sort_values("delta_win", key=np.abs, ascending=False)

    def captured(self) -> Mapping[str, float]:
        """Return the share of the embedding's signal that each set of features captures."""
        return {str(k): float(v) for k, v in self.prediction.get("captured", pd.Series(dtype=float)).items()}

    def __repr__(self) -> str:
        kinds = self.features["kind"].value_counts()
        return (
            f"<Study {self.name!r}: {counted(len(self.pairs), 'pair')}, {kinds.get('measured', 0)} measured and "
            f"{counted(kinds.get('discovered', 0), 'discovered feature')}, "
            f"{int(self.features['significant'].fillna(False).astype(bool).sum())} with a significant effect>"
        )

    def _repr_html_(self) -> str:
        from whimsight.studies.display import study_html

        return study_html(self)
