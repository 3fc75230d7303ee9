"""`Person`: what one person's votes say of their weights."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight._plural import counted
from whimsight.personalization.evidence import evidence, standardised
from whimsight.personalization.posterior import REACH, Gaussian, predictive, update
from whimsight.tables import Table

if TYPE_CHECKING:
    import altair as alt
    from numpy.typing import NDArray

    from whimsight.personalization._personalization import Personalization
    from whimsight.personalization.reward import Reward

__all__ = ["Person"]


@dataclass(frozen=True, eq=False, repr=False)
class Person:
    """The weights of one person: a normal distribution that starts at everyone's and narrows with each vote.

    Made by `Personalization.person` and `Personalization.new_person`.

    Attributes
    ----------
    name : str
        Who it is.
    votes : int
        How many decided votes it rests on.
    belief : Gaussian
        Of the weights: mean float64 (F,) and covariance float64 (F, F), features as computed, before people turned
        them. `mean`, `covariance` and `table` show them as people read them.
    people : Personalization
        Among whom.
    among : bool
        Whether it is one of the study's annotators.
    """

    name: str
    votes: int
    belief: Gaussian
    people: Personalization
    among: bool = False

    @property
    def mean(self) -> pd.Series:
        """The weights, float64, index ``feature``: log odds for one standard deviation more of a feature."""
        return pd.Series(self.people.sign * self.belief.mean, index=self.people.features, name=self.name)

    @property
    def covariance(self) -> pd.DataFrame:
        """Of the weights, float64 (F, F), features by features."""
        sign = self.people.sign
        values = self.known.covariance * np.outer(sign, sign)
        return Table(values, index=self.people.features, columns=self.people.features)

    @property
    def known(self) -> Gaussian:
        """What is known of all the weights: as ``belief``, with what is not known of those that everyone shares."""
        shared = ~self.people.personal
        covariance = self.belief.covariance.copy()
        if not covariance[shared].any():
            covariance += self.people.hierarchy.mean_covariance * np.outer(shared, shared)
        return Gaussian(self.belief.mean, covariance)

    @property
    def offset(self) -> Gaussian:
        """How far the person's weights lie from everyone's, features as computed: mean (F,), covariance (F, F).

        Not `mean` less everyone's: what is not known of everyone's weights is no trait of this person. With everyone's
        weights N(m, C) and offsets N(0, T), T the squared spreads on the diagonal, a weight that turned out to be w
        leaves the offset T (C + T)^-1 (w - m), and the rest of it unknown; here w is what is believed of it.
        """
        prior = self.people.prior
        between = np.diag(self.people.hierarchy.shrinkage[1:] ** 2)
        part = between @ np.linalg.pinv(prior.covariance, hermitian=True)
        covariance = between - part @ between + part @ self.belief.covariance @ part.T
        apart = self.belief.mean - prior.mean
        # Everyone's weights know of the votes of an annotator already.
        mean = apart * self.people.personal if self.among else part @ apart
        return Gaussian(mean, (covariance + covariance.T) / 2)

    @property
    def table(self) -> pd.DataFrame:
        """One row a feature: ``name``, ``personal``, ``weight``, ``low``, ``high``, ``everyone``, ``apart``.

        ``everyone`` is the mean over people; ``apart`` says how far the person's own offset from it lies from 0, in
        its standard deviations (see `offset`). Those that set the person apart stand first.
        """
        people = self.people
        sd = self.known.sd
        mean, everyone = self.mean.to_numpy(), people.mean.to_numpy()
        offset = self.offset
        with np.errstate(divide="ignore", invalid="ignore"):
            apart = np.where(offset.sd > 0, people.sign * offset.mean / offset.sd, 0.0)
        table = Table(
            {
                "name": people.names,
                "personal": people.personal,
                "weight": mean,
                "low": mean - REACH * sd,
                "high": mean + REACH * sd,
                "everyone": everyone,
                "apart": apart,
            },
            index=people.features,
        )
        return table.iloc[np.argsort(-np.abs(apart), kind="stable")]

    def learn(self, rows: Any, choices: Any = None) -> Person:
        """Return the person after more votes; see `Personalization.new_person`."""
        X, y = evidence(self.people, rows, choices)
        return replace(self, votes=self.votes + y.size, belief=update(self.people.movable(self.belief), X, y))

    def chance(self, rows: NDArray[np.int64] | list[int]) -> NDArray[np.float64]:
        """How likely the person prefers A in rows of the study's pairs: float64 (n,), the weights integrated out.

        Without the position bias: as if the sides had been drawn by lot.
        """
        return predictive(self.belief, standardised(self.people, rows))

    def reward(self, **choices: Any) -> Reward:
        """Return the weights as a reward that scores, ranks, explains and re-labels; see `Personalization.reward`."""
        return self.people.reward(self, **choices)

    def chart(self, top: int = 15, **look: Any) -> alt.LayerChart:
        """Draw the person's weights beside everyone's; see `whimsight.personalization.charts`."""
        from whimsight.personalization.charts import person_chart

        return person_chart(self, top, **look)

    def __repr__(self) -> str:
        table = self.table
        top = table[table["apart"].abs() > REACH].head(3)
        said = [
            f"{name} {weight:+.2f} (everyone {everyone:+.2f})"
            for name, weight, everyone in zip(top["name"], top["weight"], top["everyone"], strict=True)
        ]
        apart = ", ".join(said) or "not set apart from everyone yet"
        return f"<Person {self.name!r}: {counted(self.votes, 'vote')}; {apart}>"

    def _repr_html_(self) -> str:
        from whimsight.personalization.display import person_html

        return person_html(self)
