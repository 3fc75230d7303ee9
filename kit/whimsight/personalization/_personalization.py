"""`Personalization`: what people share, where they differ, and what each of them weighs how."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight._suggest import nearest
from whimsight.effects import benjamini_hochberg
from whimsight.errors import FitError, StudyError
from whimsight.personalization.evidence import evidence, standardised
from whimsight.personalization.hierarchy import fit_hierarchy
from whimsight.personalization.person import Person
from whimsight.personalization.posterior import REACH, Gaussian, update
from whimsight.personalization.sentences import verdicts
from whimsight.personalization.subjectivity import SUBJECTIVITY_COLUMNS, share_opposed
from whimsight.tables import Table

if TYPE_CHECKING:
    from pathlib import Path

    import altair as alt
    from numpy.typing import NDArray

    from whimsight.labels import LabelStore
    from whimsight.personalization.asked import AnnotatorTypes, Groups
    from whimsight.personalization.ballots import Ballots
    from whimsight.personalization.hierarchy import Hierarchy
    from whimsight.personalization.reward import Reward
    from whimsight.studies import Study

__all__ = ["Personalization"]

_SHARED = 0.5


class Personalization:
    """Whose preferences: one hierarchical logistic model over the votes of a study.

    P(A preferred) = sigmoid(position + x · w), where x are the codes of a row (A minus B, in standard deviations) and w
    the weights of the one who votes: ``mean`` for everybody, and for each annotator an offset from N(0, tau²) on the
    *personal* features, which the analyst chose. Made by `Study.personalize`.

    Attributes
    ----------
    study : Study
    annotator : str
        The column of the pairs that says who voted.
    by_prompt : bool
        Whether features may weigh differently from prompt to prompt, too.
    personal : ndarray
        bool (F,): the features whose weights may differ between people: those that the analyst chose (``chosen``),
        without those that too few pairs or people can tell of (`Ballots.telling`).
    ballots : Ballots
        The votes, as arrays.
    hierarchy : Hierarchy
        The fit, as arrays, features as computed.

    Notes
    -----
    Ties, unlabelled rows, rows of weight 0 and rows without an annotator are left out. All tables follow people's work
    in ``study.labels``: names, and features that they turned round. Weights are associations: what goes along with a
    person's choice among these pairs, not what moves them.

    Examples
    --------
    >>> people = study.personalize()                     # doctest: +SKIP
    >>> people.subjectivity.sort_values("tau").tail()    # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        ballots: Ballots,
        personal: NDArray[np.bool_],
        *,
        annotator: str = "annotator",
        by_prompt: bool = False,
    ) -> None:
        self.study = study
        self.ballots = ballots
        self.annotator = annotator
        self.by_prompt = by_prompt
        self.chosen = personal & (ballots.unit > 0)
        self.personal = self.chosen & ballots.telling()
        if not self.personal.any():
            raise StudyError(
                "The votes cannot tell people apart: a personal feature needs 20 pairs that differ in it, and two "
                "people who judged two of them or more."
            )
        self.hierarchy: Hierarchy = fit_hierarchy(
            ballots.X,
            ballots.y,
            ballots.annotator,
            personal=self.personal,
            weights=ballots.weights,
            also=ballots.prompt if by_prompt else None,
            clusters=None if by_prompt else ballots.prompt,
            prompt=None if by_prompt else ballots.prompt,
        )
        self._position = {name: i for i, name in enumerate(ballots.ids)}
        self._cache: dict[Any, AnnotatorTypes] = {}

    # -- what is looked at -------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the study."""
        return self.study.name

    @property
    def labels(self) -> LabelStore:
        """People's names, statuses and notes; those of `study`."""
        return self.study.labels

    @property
    def features(self) -> pd.Index:
        """Ids of the features, in the order of ``study.features``."""
        return self.study.found.index

    @property
    def names(self) -> NDArray[np.object_]:
        """Names of the features as they are now, object (F,)."""
        return np.asarray(self.study.features["name"].to_numpy(dtype=object))

    @property
    def sign(self) -> NDArray[np.float64]:
        """-1 for features that people turned round, else 1: float64 (F,)."""
        return self.study.polarity.astype(np.float64)

    @property
    def annotators(self) -> tuple[str, ...]:
        """Who voted."""
        return self.ballots.ids

    @property
    def stated(self) -> str:
        """Which features are personal, in a sentence that goes with every output."""
        return stated(self)

    # -- what people share, and where they differ --------------------------------------------------

    @property
    def mean(self) -> pd.Series:
        """The weights that people share, float64, index ``feature``."""
        return pd.Series(self.sign * self.hierarchy.mean, index=self.features, name="everyone")

    @property
    def subjectivity(self) -> pd.DataFrame:
        """One row a feature, index ``feature``, columns `SUBJECTIVITY_COLUMNS`.

        ``mean`` is the weight that people share (log odds for one standard deviation more, all features in one model)
        and ``tau`` the standard deviation of people's own weights around it, with 95 % intervals; p and q test tau
        against 0 (q: Benjamini-Hochberg over the personal features); ``p_permuted`` is that of
        `permutation_test`, which what belongs to the texts does not mislead; NaN where fewer than half of the votes are
        on pairs that several people judged. A feature counts as one in which people differ where both bear it out.
        ``share_opposed`` is the share of all people whose weight has the other sign; see
        `whimsight.personalization.subjectivity.share_opposed`. Features that are not personal have a mean only, and
        those in which no voted pair differs not even that.
        """
        made, shown = self.hierarchy, self.study.features
        se = np.where(self.ballots.unit > 0, np.sqrt(np.diag(made.mean_covariance)), np.nan)
        tau, low, high, p = (
            np.where(self.personal, v, np.nan) for v in (made.tau, made.tau_low, made.tau_high, made.p)
        )
        share, share_low, share_high = share_opposed(made.mean, se, tau, low, high)
        mean = np.where(np.isfinite(se), self.sign * made.mean, np.nan)
        table = Table(
            {
                "kind": shown["kind"],
                "name": shown["name"],
                "personal": self.personal,
                "mean": mean,
                "mean_low": mean - REACH * se,
                "mean_high": mean + REACH * se,
                "tau": tau,
                "tau_low": low,
                "tau_high": high,
                "p": p,
                "q": benjamini_hochberg(p),
                "p_permuted": np.where(self.personal, self._permuted, np.nan),
                "share_opposed": share,
                "share_opposed_low": share_low,
                "share_opposed_high": share_high,
            },
            index=self.features,
        )
        return table[list(SUBJECTIVITY_COLUMNS)]

    @cached_property
    def _permuted(self) -> NDArray[np.float64]:
        """What the permutation test says where it has a say: with most votes on pairs that several people judged."""
        _, pair = np.unique(self.ballots.pair, return_inverse=True)
        if (np.bincount(pair)[pair] > 1).mean() < _SHARED:
            return np.full(len(self.features), np.nan)
        try:
            return self.permutation_test().to_numpy()
        except FitError:  # it was one person, again and again
            return np.full(len(self.features), np.nan)

    @property
    def prompt_spread(self) -> pd.Series:
        """How far weights differ from prompt to prompt, a standard deviation as ``tau``, index ``feature``.

        Raises
        ------
        StudyError
            Without ``by_prompt``.
        """
        if not self.by_prompt:
            raise StudyError("Prompts were not told apart. Make it with study.personalize(by_prompt=True).")
        return pd.Series(self.hierarchy.crossed[0][1:], index=self.features, name="prompt_spread")

    @property
    def weights(self) -> pd.DataFrame:
        """Each annotator's weights, float64 (A, F): shrunk towards everyone's as far as their votes leave open.

        And further, where that predicts votes on other prompts better (``hierarchy.carry`` below 1): what people liked
        about the texts that they voted on is not all taste.
        """
        return self._by_annotator(self.hierarchy.weights * self.sign)

    @property
    def weights_sd(self) -> pd.DataFrame:
        """Standard deviations of `weights`, float64 (A, F)."""
        return self._by_annotator(self.hierarchy.sd)

    @property
    def votes(self) -> pd.Series:
        """How many decided votes each annotator cast, int64, index ``annotator``."""
        counts = np.bincount(self.ballots.annotator, minlength=len(self.annotators))
        return pd.Series(counts, index=pd.Index(self.annotators, name="annotator"), name="votes")

    def _by_annotator(self, values: NDArray[np.float64]) -> pd.DataFrame:
        return Table(values, index=pd.Index(self.annotators, name="annotator"), columns=self.features)

    # -- people ------------------------------------------------------------------------------------

    def person(self, annotator: str) -> Person:
        """Return what an annotator's votes say of their weights.

        Raises
        ------
        StudyError
            If nobody of that name voted.
        """
        where = self.position(annotator)
        votes = int((self.ballots.annotator == where).sum())
        return Person(str(annotator), votes, self.hierarchy.person(where), self, among=True)

    def everyone(self) -> Person:
        """Return somebody of whom nothing is known: everyone's weights, as uncertain as people differ."""
        return Person("somebody new", 0, self.prior, self)

    @property
    def prior(self) -> Gaussian:
        """What is believed of somebody new, features as computed: mean (F,), covariance (F, F).

        Weights of features that are not personal are everyone's, and no votes of one person move them: their rows of
        the covariance are 0.
        """
        return self.movable(self.hierarchy.prior())

    def movable(self, belief: Gaussian) -> Gaussian:
        """Return a belief in which the weights of features that are not personal are taken as known."""
        return Gaussian(belief.mean, belief.covariance * np.outer(self.personal, self.personal))

    def new_person(
        self, rows: Any, choices: Any = None, *, name: str = "new", embedder: Any = None
    ) -> Person:
        """Return what votes of somebody new say of their weights.

        Parameters
        ----------
        rows : sequence of int, or mapping from row to choice, or Pairs
            Positions in ``study.pairs`` of the pairs that were judged; or labelled pairs, of any texts.
        choices : sequence of float
            1 for A, 0 for B; ties (0.5) and NaN say nothing here and are left out.
        name : str
            Who it is.
        embedder : str, Embedder or callable, optional
            For texts that the study has not seen, where its own cannot be made again from its name.

        Returns
        -------
        Person

        Examples
        --------
        >>> me = people.new_person([10, 42, 7], [1, 0, 1], name="me")    # doctest: +SKIP
        >>> me.table.head()                                             # doctest: +SKIP
        """
        X, y = evidence(self, rows, choices, embedder=embedder)
        return Person(name, int(y.size), update(self.prior, X, y), self)

    def position(self, annotator: str) -> int:
        """Return the position of an annotator in `annotators`.

        Raises
        ------
        StudyError
        """
        found = self._position.get(str(annotator))
        if found is None:
            raise StudyError(
                f"No annotator {str(annotator)[:60]!r} with decided votes."
                f"{nearest(str(annotator), list(self.annotators))} See people.annotators."
            )
        return found

    def informative(
        self,
        n: int = 10,
        person: Person | None = None,
        *,
        how: Literal["information", "largest", "random"] = "information",
        seed: int = 0,
    ) -> pd.DataFrame:
        """Return the pairs whose votes would teach most about somebody's weights.

        Parameters
        ----------
        n : int
            How many.
        person : Person, optional
            About whom; somebody new by default. Pairs that an annotator voted on are not asked again.
        how : {"information", "largest", "random"}
            By expected information gain, each given the ones before it; or, to compare, by the largest codes; any.
        seed : int
            For ``"random"``.

        Returns
        -------
        DataFrame
            Index ``row`` (position in ``study.pairs``), in the order of choosing: ``information`` (bits that the vote
            is expected to give when it is asked first), ``prompt``, ``response_a``, ``response_b``.
        """
        from whimsight.personalization.information import choose, information

        if not isinstance(n, int) or n < 1:
            raise StudyError(f"n is how many pairs to choose, 1 or more; found {n!r}.")
        belief = (person or self.everyone()).belief
        matchup = self.study.pairs.matchups()[0]
        asked = np.zeros(0, dtype=np.int64)
        if person is not None and person.among:
            asked = self.ballots.pair[self.ballots.annotator == self._position[person.name]]
        _, first = np.unique(matchup, return_index=True)
        first = np.sort(first[~np.isin(matchup[first], asked)])
        X = standardised(self, first)
        frame = self.study.pairs.frame
        different = (frame["response_a"] != frame["response_b"]).to_numpy()[first]
        first, X = first[different], X[different]
        took = choose(belief, X, n, how, pair=matchup[first], seed=seed)
        mean, variance = X[took] @ belief.mean, np.einsum("ij,jk,ik->i", X[took], belief.covariance, X[took])
        table = frame.iloc[first[took]][["response_a", "response_b"]]
        table.index = pd.Index(first[took], name="row")
        table.insert(0, "prompt", self.study.pairs.shown_prompts(first[took]))
        table.insert(0, "information", information(mean, variance))
        return table

    # -- how sure, and does it help ------------------------------------------------------------------

    def two_stage(self, *, by: Literal["reml", "paule-mandel"] = "reml") -> pd.DataFrame:
        """Return the paper's estimate of subjectivity: a logit for each annotator, their slopes pooled.

        One feature at a time with the controls of the study, for annotators with enough votes of their own. Shown to
        compare: `subjectivity` uses everybody's votes and all features together.

        Parameters
        ----------
        by : {"reml", "paule-mandel"}
            How tau is estimated from the slopes.

        Returns
        -------
        DataFrame
            Index ``feature``; see `whimsight.personalization.two_stage.two_stage`.
        """
        from whimsight.personalization.asked import two_stage_of

        return two_stage_of(self, by)

    def permutation_test(self, *, times: int = 400, seed: int = 0) -> pd.Series:
        """Test, without any model, that people do not differ: votes on the same pair change hands.

        Neither a pair's own quality nor what a prompt does to a feature can make people seem to differ here. It needs
        pairs that several people voted on, and finds less than ``subjectivity`` does.

        Parameters
        ----------
        times : int
            Permutations; the smallest p is 1 / (times + 1).
        seed : int

        Returns
        -------
        Series
            p, float64, index ``feature``; see `whimsight.personalization.permutation.permutation_test`.

        Raises
        ------
        FitError
            If no pair has votes of two people.
        """
        from whimsight.personalization.permutation import permutation_test

        b = self.ballots
        p = permutation_test(b.X, b.y, b.annotator, b.pair, turned=b.turned, times=times, seed=seed)
        return pd.Series(p, index=self.features, name="p")

    def groups(self, column: str, **choices: Any) -> Groups:
        """Test whether groups of annotators weigh features differently.

        One feature at a time with the controls of the study: a likelihood-ratio test of weights of their own for the
        groups, in a model in which people have slopes of their own too. (Without these, shown as ``p_naive``, a group
        that holds one person with strong tastes differs "significantly".)

        Parameters
        ----------
        column : str
            Of the pairs: a property of the annotator (country, age), or of their votes. Properties of prompts (topic,
            category) are what `whimsight.compare` slices by.
        **choices
            ``fewest_annotators``, ``fewest_votes``, ``alpha``; see `whimsight.personalization.groups`.

        Returns
        -------
        Groups
            ``table`` (``p``, ``q``, ``significant`` after Bonferroni), ``offsets`` of each group with interval,
            ``left_out``.

        Raises
        ------
        StudyError
            If there is no such column, or it is a property of prompts.
        FitError
            If fewer than two groups are large enough.

        Examples
        --------
        >>> people.groups("country").table.head()    # doctest: +SKIP
        """
        from whimsight.personalization.asked import groups_of

        return groups_of(self, column, **choices)

    def types(self, features: Sequence[str] | None = None, **choices: Any) -> AnnotatorTypes:
        """Look for types of annotators: a small mixture over their weights.

        Parameters
        ----------
        features : sequence of str, optional
            Personal features in question, a handful; by default the six in which people differ most beyond chance.
        **choices
            ``most`` (types that are tried, 4), ``folds``, ``seed``; see `whimsight.personalization.types`.

        Returns
        -------
        AnnotatorTypes
            The number is chosen by the likelihood of held-out annotators; 1 where people do not fall into types.

        Raises
        ------
        StudyError
            If a feature is not personal, or people differ in none.
        """
        from whimsight.personalization.asked import types_of

        key = ("types", None if features is None else tuple(features), *sorted(choices.items()), *self.sign)
        if key not in self._cache:
            self._cache[key] = types_of(self, features, **choices)
        return self._cache[key]

    def gain(
        self, ks: Sequence[int] = (1, 2, 4, 8, 16, 32), *, prompts: bool = True, **choices: Any
    ) -> pd.DataFrame:
        """Measure whether personal weights help: held-out AUC over everyone's weights, after k votes of a person.

        Mean and tau are learned anew without the people that are scored.

        Parameters
        ----------
        ks : sequence of int
            How many votes of a person are known.
        prompts : bool
            Score votes on prompts of which none is known. Without it, votes are drawn whatever they are on (as in the
            published measurements): then pairs that share a response stand on both sides.
        **choices
            ``share``, ``least``, ``folds``, ``repeats``, ``seed``; see `whimsight.personalization.gain.gain`.

        Returns
        -------
        DataFrame
            Index (``method``, ``votes``): ``auc`` and ``gain`` with ``_low`` and ``_high`` (95 %, over people),
            ``people``. The methods are ours (``personal``), the person's own votes alone (``no pooling``), a ridge with
            one spread for all features (``one spread``), and ``everyone``.

        Raises
        ------
        FitError
            If too few people have enough votes.
        """
        from whimsight.personalization.asked import gain_of

        return gain_of(self, ks, prompts=prompts, **choices)

    def summary(self, gain: pd.DataFrame | None = None) -> str:
        """Say in a few plain sentences whose votes these are, and how far their preferences differ.

        Parameters
        ----------
        gain : DataFrame, optional
            From `gain`: then also whether personal weights help.
        """
        from whimsight.personalization.summary import summary

        return "\n".join(summary(self, gain))

    def chart(self, top: int = 20, **look: Any) -> alt.LayerChart:
        """Draw everyone's weights and how people spread around them; see `whimsight.personalization.charts`.

        Examples
        --------
        >>> people.chart(12)    # doctest: +SKIP
        """
        from whimsight.personalization.charts import subjectivity_chart

        return subjectivity_chart(self, top, **look)

    # -- out into the world ------------------------------------------------------------------------

    def reward(
        self,
        of: Person | str | Mapping[str, float] | pd.Series | None = None,
        *,
        title: str | None = None,
        embedder: Any = None,
    ) -> Reward:
        """Return weights as a reward that scores, ranks and explains responses, and re-labels pairs.

        Parameters
        ----------
        of : Person, str, or mapping from feature to weight; optional
            A person, the name of an annotator, or weights set by hand (``mixer.weights``), in which features that are
            not named keep everyone's weight. Everyone by default.
        title : str, optional
            Whom the weights stand for; it is written into the reward's file. An annotator is not named unless here.
        embedder : str, Embedder or callable, optional
            The one that the study was made with, where it cannot be made again from its name.

        Examples
        --------
        >>> people.reward({"m_words": 0.0}).rank("Why is the sky blue?", ["Rayleigh.", "It is."])    # doctest: +SKIP
        """
        from whimsight.personalization.reward import Reward

        if isinstance(of, str):
            of = self.person(of)
        weights, covariance = self.mean.to_numpy(), None
        if isinstance(of, Mapping | pd.Series):
            named = dict(of.items())
            weights = weights.copy()
            for feature, weight in named.items():
                if isinstance(weight, bool | str) or not np.isfinite(weight):
                    raise StudyError(f"The weight of {feature!r} must be a finite number; found {weight!r}.")
                weights[self.study.column(str(feature))] = weight
            title = title or "weights set by hand"
        elif of is not None:
            weights, covariance = of.mean.to_numpy(), of.covariance.to_numpy()
            title = title or ("an annotator" if of.among else of.name)
        else:
            turn = np.outer(self.sign, self.sign)
            covariance = self.hierarchy.mean_covariance * turn
        return Reward.from_study(
            self.study,
            weights,
            covariance=covariance,
            unit=self.ballots.unit,
            intercept=self.hierarchy.intercept,
            title=title or "everyone",
            stated=self.stated,
            embedder=embedder,
        )

    def report(
        self,
        path: str | Path,
        *,
        annotators: Sequence[str] = (),
        names_only: bool = False,
        gain: pd.DataFrame | None = None,
    ) -> Path:
        """Write everything as one HTML file that needs neither network nor Python.

        Parameters
        ----------
        path : str or Path
            Where to write; replaced atomically when it exists.
        annotators : sequence of str
            Annotators to show by themselves. None by default: no id and no single person is then in the file.
        names_only : bool
            Leave out every text of the dataset.
        gain : DataFrame, optional
            From `gain`, to say whether personal weights help.
        """
        from whimsight.personalization.report import write_report

        return write_report(self, path, annotators=annotators, names_only=names_only, gain=gain)

    def __repr__(self) -> str:
        differ = verdicts(self.subjectivity).count("differ")
        return (
            f"<Personalization of {self.name!r}: {self.ballots.y.size:,} votes of {len(self.annotators):,} annotators; "
            f"people differ in {differ} of {counted(int(self.personal.sum()), 'personal feature')}>"
        )

    def _repr_html_(self) -> str:
        from whimsight.personalization.display import personalization_html

        return personalization_html(self)


def stated(people: Personalization) -> str:
    """Return which features are personal, in a sentence or two."""
    n, total = int(people.chosen.sum()), len(people.features)
    few = int((people.chosen & ~people.personal).sum())
    rare = (
        f" (On {few} of them too few votes tell people apart: there, too, all have one weight.)"
        if few
        else ""
    )
    if n == int((people.ballots.unit > 0).sum()):
        return f"Weights may differ between people on all features.{rare}"
    names = [str(v) for v in people.names[people.chosen]]
    shown = ", ".join(names[:6]) + (f" and {n - 6} more" if n > 6 else "")
    return (
        f"By the analyst's choice weights may differ between people on {n} of {total} features ({shown}); on all "
        f"others everyone has the same weight.{rare}"
    )
