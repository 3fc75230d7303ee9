"""`Reward`: somebody's weights as a small object that scores responses without the study they come from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight.personalization._reward.embedder import EmbedderNote, make_embedder
from whimsight.personalization._reward.sets import read_pairs, read_set, read_sets
from whimsight.personalization.posterior import REACH
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.embed import Embedder
    from whimsight.pairs import Pairs
    from whimsight.personalization.scoring import Coder
    from whimsight.progress import Progress
    from whimsight.studies import Study

__all__ = ["Origin", "Reward"]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a reward comes from.

    Attributes
    ----------
    study : str
        Name of the study.
    fingerprint : str
        `Study.fingerprint`.
    whimsight : str
        Version that made it.
    """

    study: str = ""
    fingerprint: str = ""
    whimsight: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Reward:
    """The weights of a person, a group or a slider setting, ready to score responses; F features.

    Made by `from_study`, by `Personalization.reward` and by `open`. It holds what turns two responses into the codes of
    its features, so it works without the study; of the data it holds nothing but the features' names.

    Attributes
    ----------
    title : str
        Whom the weights stand for.
    ids, kinds, names : tuple of str
        (F,): the features, as in ``study.features``; only those with a weight.
    weights : ndarray
        float64 (F,): log odds per unit of each feature, for features as people read them.
    covariance : ndarray or None
        float64 (F, F): of the weights, where they were estimated.
    unit : ndarray
        float64 (F,): what the codes are divided by, their standard deviation over the votes; 0 for a code that did not
        vary, which counts for nothing.
    intercept : float
        Log odds for whatever stands first. Used only for pairs as they were shown, never to score or rank.
    stated : str
        Which features are personal, in a sentence.
    coder : Coder
        What turns responses into codes.
    needs : EmbedderNote or None
        The embedder that the discovered features mean something to; None where all features are measured.
    origin : Origin

    Examples
    --------
    >>> reward = Reward.of_measures({"m_words": 0.7, "m_bullets": -0.2}, title="likes it long and plain")
    >>> reward.score("Why?", ["Because it is so.", "Because."]).round(2).tolist()
    [1.05, -1.05]
    >>> reward.rank("Why?", ["Because.", "Because it is so."])["response"].tolist()
    ['Because it is so.', 'Because.']
    """

    title: str
    ids: tuple[str, ...]
    kinds: tuple[str, ...]
    names: tuple[str, ...]
    weights: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    unit: NDArray[np.float64]
    coder: Coder
    intercept: float = 0.0
    stated: str = ""
    needs: EmbedderNote | None = None
    origin: Origin = field(default_factory=Origin)
    embedder: Embedder | None = field(default=None, compare=False)

    @classmethod
    def from_study(
        cls,
        study: Study,
        weights: Mapping[str, float] | pd.Series | NDArray[Any],
        *,
        sd: Mapping[str, float] | pd.Series | NDArray[Any] | None = None,
        covariance: pd.DataFrame | NDArray[Any] | None = None,
        unit: Mapping[str, float] | pd.Series | NDArray[Any] | None = None,
        intercept: float = 0.0,
        title: str = "weights set by hand",
        stated: str = "",
        embedder: Any = None,
    ) -> Reward:
        """Make a reward of weights for a study's features.

        Parameters
        ----------
        study : Study
        weights : mapping, Series or ndarray
            Feature to weight (0 for those not named), or float (F,) in the order of ``study.features``: log odds for
            one ``unit`` more of a feature, as people read it (turned features turned).
        sd, covariance : optional
            Standard deviations of the weights, or their covariance, for intervals; none for weights set by hand.
        unit : optional
            What codes are divided by; by default their standard deviation over the decided votes (over all rows
            without any).
        intercept : float
            Log odds for side A as shown.
        title : str
            Whom the weights stand for; written into files.
        stated : str
            Which features are personal.
        embedder : str, Embedder or callable, optional
            The one that the study was made with, where it cannot be made again from its name.

        Raises
        ------
        StudyError
            For a feature that is not in the study, numbers that are not finite, or another embedder.
        """
        from whimsight.personalization._reward.making import reward_from_study

        made = reward_from_study(
            cls, study, weights, sd, covariance, unit, intercept=intercept, title=title, stated=stated
        )
        return made if embedder is None else made.using(embedder)

    @classmethod
    def of_measures(
        cls,
        weights: Mapping[str, float],
        *,
        unit: Mapping[str, float] | None = None,
        title: str = "weights set by hand",
    ) -> Reward:
        """Make a reward of measured attributes alone, without a study: log odds per ``unit`` (1 by default) of each.

        Raises
        ------
        StudyError
            If an attribute is not known.
        """
        from whimsight.personalization._reward.making import reward_of_measures

        return reward_of_measures(cls, weights, unit or {}, title)

    @property
    def sd(self) -> NDArray[np.float64] | None:
        """float64 (F,): standard deviations of the weights, where they were estimated."""
        return None if self.covariance is None else np.sqrt(np.diag(self.covariance))

    @property
    def table(self) -> pd.DataFrame:
        """One row a feature, the largest weight first: ``kind``, ``name``, ``weight``, ``low``, ``high``, ``unit``.

        95 % intervals; NaN for weights that were set by hand.
        """
        reach = np.full(len(self.ids), np.nan) if self.sd is None else REACH * self.sd
        table = Table(
            {
                "kind": list(self.kinds),
                "name": list(self.names),
                "weight": self.weights,
                "low": self.weights - reach,
                "high": self.weights + reach,
                "unit": self.unit,
            },
            index=pd.Index(self.ids, name="feature"),
        )
        return table.sort_values("weight", key=np.abs, ascending=False, kind="stable")

    def using(self, embedder: Any) -> Reward:
        """Return the reward with an embedder handed in: a name, an `Embedder`, a function.

        Raises
        ------
        StudyError
            If it is not the one that the features were learned with.
        """
        return replace(self, embedder=make_embedder(self.needs, embedder))

    def pair_score(self, prompt: str, a: str, b: str, *, dataset: str | None = None) -> float:
        """Return by how much response A is preferred to B, in log odds, whichever is shown first.

        For a pair of the study this is its weights times its codes. ``dataset`` says which of the datasets a pair is
        like, for features of several.
        """
        return float(self.pair_scores([prompt], [a], [b], dataset=dataset)[0])

    def pair_scores(
        self,
        prompts: Sequence[str],
        a: Sequence[str],
        b: Sequence[str],
        *,
        dataset: str | None = None,
        progress: Progress | None = None,
    ) -> NDArray[np.float64]:
        """Return `pair_score` of n pairs, float64 (n,); every text is embedded and measured once."""
        scores: NDArray[np.float64] = read_pairs(self, prompts, a, b, dataset, progress) @ self.per_code
        return scores

    def score(
        self,
        prompt: str,
        responses: Sequence[str],
        *,
        reference: str | None = None,
        dataset: str | None = None,
    ) -> NDArray[np.float64]:
        """Score the responses to a prompt, in log odds, float64 (n,).

        Discovered features are active or not in a *pair* of responses, so a response has a score among others only:
        the mean of its `pair_score` against each of the n responses, itself included (0). These are the numbers whose
        differences lie nearest, in squares, to all pair scores (Jiang et al. 2011, HodgeRank); they sum to 0. The
        scores of two responses differ by exactly their pair score; those of more do so too where all features are
        measured.

        Parameters
        ----------
        prompt : str
        responses : sequence of str
            Two or more, or one with a reference.
        reference : str, optional
            Score against this response instead: each score is the `pair_score` against it, so that one response can be
            scored alone and scores of different calls can be compared.
        dataset : str, optional
            See `pair_score`.

        Raises
        ------
        StudyError
            With a single response and no reference.
        """
        scores: NDArray[np.float64] = (
            read_set(self, prompt, responses, reference, dataset).codes @ self.per_code
        )
        return scores

    def scores(
        self,
        prompts: Sequence[str],
        responses: Sequence[Sequence[str]],
        *,
        references: Sequence[str] | None = None,
        dataset: str | None = None,
        progress: Progress | None = None,
    ) -> list[NDArray[np.float64]]:
        """Return `score` for the responses to each of many prompts; all texts are embedded together, each once."""
        sets = read_sets(self, prompts, responses, references, dataset, progress)
        return [one.codes @ self.per_code for one in sets]

    def rank(
        self,
        prompt: str,
        responses: Sequence[str],
        *,
        reference: str | None = None,
        dataset: str | None = None,
    ) -> pd.DataFrame:
        """Rank the responses to a prompt, the best first.

        Returns
        -------
        DataFrame
            Index ``response_number`` (position in ``responses``): ``response``, ``score``, ``score_low``,
            ``score_high``, ``rank``, and ``over_next``, ``over_next_low``, ``over_next_high``: the chance that it is
            preferred to the next one when these two are compared (NaN for the last). 95 % intervals, NaN where
            weights were set by hand. The chance integrates out what is not known of the weights.
        """
        from whimsight.personalization._reward.tables import rank

        return rank(self, list(responses), read_set(self, prompt, responses, reference, dataset))

    def explain(
        self,
        prompt: str,
        responses: Sequence[str],
        *,
        reference: str | None = None,
        dataset: str | None = None,
    ) -> pd.DataFrame:
        """Say which features make the scores.

        Returns
        -------
        DataFrame
            Index ``feature``, the largest contribution first: ``name``, ``kind``, ``weight``, ``low``, ``high`` (its
            95 % interval), and one column a response, 0 to n - 1: what the feature adds to its score. These columns sum
            to `score`; between two responses of two, their difference is what the feature adds to the pair's.
        """
        from whimsight.personalization._reward.tables import explain

        return explain(self, read_set(self, prompt, responses, reference, dataset))

    def relabel(
        self,
        pairs: Pairs,
        *,
        unsure: Literal["keep", "tie", "drop"] = "keep",
        least: float = 0.5,
        soft: bool = False,
        progress: Progress | None = None,
    ) -> Pairs:
        """Return pairs with the choices that these weights stand for; see `whimsight.personalization.relabel`."""
        from whimsight.personalization.relabel import relabel

        return relabel(self, pairs, unsure=unsure, least=least, soft=soft, progress=progress)

    def to_json(self) -> str:
        """Return the reward as JSON, the content of `save`'s file."""
        from whimsight.personalization._reward.file import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes, *, embedder: Any = None) -> Reward:
        """Read what `to_json` wrote.

        Raises
        ------
        StudyFileError
            When it is damaged, hostile, or written by a newer version.
        """
        from whimsight.personalization._reward.file import from_json

        made = from_json(cls, text)
        return made if embedder is None else made.using(embedder)

    def save(self, path: str | Path) -> Path:
        """Write the reward as one JSON file, atomically."""
        from whimsight.personalization._reward.file import save

        return save(self, path)

    @classmethod
    def open(cls, path: str | Path, *, embedder: Any = None) -> Reward:
        """Read a file that `save` wrote.

        Parameters
        ----------
        path : str or Path
        embedder : str, Embedder or callable, optional
            Needed where the reward's embedder is not one that comes with the package: a file alone neither calls an
            endpoint nor loads a model from a path.

        Raises
        ------
        StudyFileError
            When the file is missing, damaged, hostile, or written by a newer version.
        """
        from whimsight.personalization._reward.file import open_reward

        made = open_reward(cls, path)
        return made if embedder is None else made.using(embedder)

    @property
    def per_code(self) -> NDArray[np.float64]:
        """float64 (F,): the weights per code instead of per unit."""
        return np.divide(self.weights, self.unit, out=np.zeros_like(self.weights), where=self.unit > 0)

    def model(self) -> Embedder | None:
        """Return the embedder; None where all features are measured.

        Raises
        ------
        StudyError
            If it cannot be made here, or is another one than the features were learned with.
        """
        if self.needs is None or self.embedder is not None:
            return self.embedder
        return make_embedder(self.needs, None)

    def __repr__(self) -> str:
        top = self.table.head(3)
        said = ", ".join(
            f"{name} {weight:+.2f}" for name, weight in zip(top["name"], top["weight"], strict=True)
        )
        more = f" and {len(self.ids) - 3} more" if len(self.ids) > 3 else ""
        return (
            f"<Reward {self.title!r}: {said}{more}>" if self.ids else f"<Reward {self.title!r}: no weights>"
        )
