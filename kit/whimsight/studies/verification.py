"""Blind tests: a person says which response has more of what a name says, without seeing code or vote."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from whimsight.errors import StudyError
from whimsight.names.drafting import UNNAMED
from whimsight.names.fidelity import fidelity
from whimsight.studies.judged import agreed, scored
from whimsight.studies.reading import Reading
from whimsight.studies.snapshot import clean
from whimsight.studies.work import PERSON, shown_name
from whimsight.tables import Table

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from whimsight.studies._study import Study

__all__ = ["FORMULA", "PERSON", "BlindTest"]

FORMULA = "formula"
"""The judge that is a formula, where judges stand side by side."""

_FEWEST = 10  # shared pairs, before agreement is told
_LONGEST = 200_000
_TOKENS = 2_000


@dataclass(frozen=True, slots=True)
class _Asked:
    feature: str
    row: int
    name: str
    first_is_a: bool


class BlindTest:
    """Asks about random held-out pairs in which a feature is active, and scores the answers.

    Held-out pairs share no prompt with those that anybody can read beforehand (`reading_split`). Which pair a
    question shows, which of its responses comes first, what the code and the vote are: all this stays here. A
    question carries a random token.

    Parameters
    ----------
    study : Study
    author : str, optional
        Who answers; the author of ``study.labels`` by default.
    reading : Reading, optional
        Of this study, where there is one already.

    Examples
    --------
    >>> test = BlindTest(study, author="Ann")                                      # doctest: +SKIP
    >>> asked = test.question("m_bullets", seed=1)                                 # doctest: +SKIP
    >>> test.answer("m_bullets", asked["token"], "first")["judges"]                # doctest: +SKIP
    """

    def __init__(self, study: Study, *, author: str | None = None, reading: Reading | None = None) -> None:
        self.study = study
        self.reading = reading or Reading(study)
        self._author = author
        self._asked: dict[str, _Asked] = {}

    @property
    def author(self) -> str:
        """Who answers."""
        return self.study.labels.author if self._author is None else self._author

    @cached_property
    def _clusters(self) -> NDArray[np.int64]:
        return self.study.pairs.components(self.study.settings.groups)

    def name(self, feature: str) -> str:
        """Return what the feature is called now; a turned one without a name of its own is an opposite.

        Raises
        ------
        StudyError
            If the study has no such feature.
        """
        self.study.column(feature)
        label = self._label(feature)
        turned = bool(label.get("turned"))
        return shown_name(self._found_name(feature), str(label.get("name") or ""), turned=turned)

    def question(self, feature: str, seed: int) -> dict[str, Any] | None:
        """Return the next question, as ``Question`` of ``protocol.ts``; None when none is left.

        Parameters
        ----------
        feature : str
        seed : int
            Decides the pair and which response comes first.

        Raises
        ------
        StudyError
            If the feature is unknown or has no name that could be judged.
        """
        column = self.study.column(feature)
        name = self.name(feature)
        if name in ("", UNNAMED, feature):
            raise StudyError(f"Feature {feature!r} has no name yet: name it, then test the name.")
        answers = self._answers(feature, name)
        done = answers.loc[answers["author"] == self.author, "row"]
        rows = self.reading.held_out
        left = np.setdiff1d(rows[self.reading.code(feature, rows) != 0], done.to_numpy(dtype=np.int64))
        if left.size == 0:
            return None
        # Pairs that a model judged, themselves drawn at random, come first: there the two can be compared.
        also = np.intersect1d(left, self._models(feature, name)["row"].to_numpy(dtype=np.int64))
        left = also if also.size else left
        rng = np.random.default_rng([abs(int(seed)), column])
        row, first_is_a = int(rng.choice(left)), bool(rng.random() < 0.5)
        token = secrets.token_urlsafe(12)
        self._asked[token] = _Asked(feature, row, name, first_is_a)
        while len(self._asked) > _TOKENS:
            del self._asked[next(iter(self._asked))]
        pair: Any = self.study.pairs.frame.iloc[row]
        texts = [pair["response_a"], pair["response_b"]]
        first, second = texts if first_is_a else texts[::-1]
        return {
            "token": token,
            "prompt": _text(self.study.pairs.shown_prompts(np.array([row]))[0]),
            "first": _text(first),
            "second": _text(second),
        }

    def answer(self, feature: str, token: str, answer: str) -> dict[str, Any]:
        """Write an answer down and return what `verification` then says.

        Answering a question again replaces the answer.

        Raises
        ------
        StudyError
            If the question is not known or the answer is not "first", "second" or "tie".
        """
        asked = self._asked.get(token)
        if asked is None or asked.feature != feature:
            raise StudyError("This question is no longer known, as Python was restarted. Take the next one.")
        said = {"first": 1, "second": -1, "tie": 0}.get(answer)
        if said is None:
            raise StudyError(f"An answer is 'first', 'second' or 'tie'; found {answer!r}.")
        for_a = said if asked.first_is_a else -said
        self.study.labels.judge(feature, asked.row, for_a, name=asked.name, author=self.author)
        return self.verification(feature)

    def verification(self, feature: str) -> dict[str, Any]:
        """Return how far each judge agrees with the code, and with each other.

        People are judged on the pairs that they answered for the name as it is now; r is their answers'
        correlation with the code (turned where the feature is), its interval clustered by prompt. A language model's
        is that of its answers for this name on pairs that had not chosen it. The formula's r is that of the draft.
        Agreement is Krippendorff's alpha (ordinal) over the pairs that two judges answered,
        from 10 such pairs on; the formula takes part where the name is a measured attribute's.

        Returns
        -------
        dict
            ``judges``, ``alpha``, ``answered``; as ``Verification`` of ``protocol.ts``.
        """
        column, name = self.study.column(feature), self.name(feature)
        answers = self._answers(feature, name)
        polarity = -1.0 if self._label(feature).get("turned") else 1.0
        rows = answers["row"].to_numpy(dtype=np.int64)
        code = np.asarray(polarity * self.reading.code(feature, rows), dtype=np.float32)
        judges = []
        who = answers["author"].to_numpy(dtype=object)
        called = self._called({*who}, PERSON)
        for author in sorted({*who}, key=lambda a: (a != self.author, a)):
            mine = who == author
            judged = answers["answer"].to_numpy(dtype=np.float64)[mine]
            found = fidelity(code[mine], judged, clusters=self._clusters[rows[mine]])
            # The one who is being tested is "person", others go by their names.
            shown = PERSON if author == self.author else clean(called[str(author)])
            r = None if found.low != found.low else _known(found.r)
            judges.append(_result(shown, r, found.low, found.high, int(mine.sum())))
        for judge in sorted(set(self._models(feature, name)["judge"])):
            judges += self._model(feature, name, str(judge), polarity)
        judges += self._formula(feature, column, name, polarity)
        return {
            "judges": judges,
            "alpha": self._alpha(feature),
            "answered": int((who == self.author).sum()),
        }

    def _answers(self, feature: str, name: str) -> pd.DataFrame:
        """Return the answers for a name, one an author and pair."""
        judged = self.study.labels.judgments
        ours = (judged["feature"] == feature) & (judged["name"] == name)
        return judged[ours & (judged["row"] < len(self.study.pairs))]

    def _label(self, feature: str) -> dict[str, Any]:
        labels = self.study.labels.labels
        return {str(k): v for k, v in labels.loc[feature].items()} if feature in labels.index else {}

    def _formula(self, feature: str, column: int, name: str, polarity: float) -> list[dict[str, Any]]:
        row: Any = self.study.found.loc[feature]
        measured = row["kind"] == "measured"
        r, low, high = (_known(row[c]) for c in ("fidelity", "fidelity_low", "fidelity_high"))
        if r is None:
            return []
        judge = str(row["judge"])
        n = row["n"]
        if not measured and "n" in self.study.drafts and feature in self.study.drafts.index:
            n = self.study.drafts["n"][feature]
        if name != str(row["name"]):
            judge = (
                f"{judge} (by definition)" if measured else f"{judge} (of the draft “{clean(row['name'])}”)"
            )
        elif polarity < 0:
            r, low, high = -r, None if high is None else -high, None if low is None else -low
        return [_result(judge, r, low, high, 0 if pd.isna(n) else int(n))]

    def _models(self, feature: str, name: str) -> pd.DataFrame:
        """Return what models answered for a name on pairs that had not chosen it."""
        said = self.study.judgments
        ours = (said["feature"] == feature) & (said["name"] == name) & (said["part"] == "score")
        return said[ours]

    def _model(self, feature: str, name: str, judge: str, polarity: float) -> list[dict[str, Any]]:
        suggested = self.study.suggestions
        known = scored(suggested[suggested["source"] == judge], feature, name)
        if known is None:
            return []
        _, found, end = known
        found = found if end * polarity > 0 else found.reversed()
        return [_result(clean(judge), _known(found.r), found.low, found.high, found.n)]

    def _alpha(self, feature: str) -> float | None:
        said = self.answers(feature)
        return None if said.empty else _agreement(said.to_numpy(dtype=np.float64).T)

    def answers(self, feature: str) -> pd.DataFrame:
        """Return what each judge said about the feature's name as it is now.

        Returns
        -------
        DataFrame
            Index ``row`` (position in ``study.pairs``), a column a judge: models by their names, people by theirs (with
            " (person)" behind it where a model is called so, too), and ``"formula"``. 1 where response A has more, -1
            where B has, 0 where neither, NaN where it was not asked. A model's answer in both orders of the responses
            counts where the two agree, and else as 0.
        """
        name = self.name(feature)
        people, models = self._answers(feature, name), self._models(feature, name)
        both = (models[c].to_numpy(dtype=np.float64) for c in ("answer", "swapped"))
        said = Table(
            {
                "row": [*people["row"], *models["row"]],
                "judge": [*people["author"].map(self._called({*people["author"]})), *models["judge"]],
                "answer": [*people["answer"], *agreed(*both)],
            }
        )
        if said.empty:
            return Table(index=pd.Index([], name="row", dtype=np.int64))
        table = said.pivot_table(index="row", columns="judge", values="answer", aggfunc="last")
        table.columns.name = None
        formula = self._formula_answers(feature, name, table.index.to_numpy(dtype=np.int64))
        return table if formula is None else table.assign(**{FORMULA: formula})

    def _called(self, authors: set[Any], *taken: str) -> dict[str, str]:
        """Return what people are called beside judges of other kinds, which keep their names."""
        others = {*self.study.judgments["judge"], FORMULA, *taken}
        called = {}
        for author in map(str, authors):
            name = author
            while name in others or (name != author and name in authors):
                name = f"{name} (person)"
            called[author] = name
        return called

    def _formula_answers(
        self, feature: str, name: str, rows: NDArray[np.int64]
    ) -> NDArray[np.float64] | None:
        """Return what the formula of a measured attribute says of pairs, where the name is the attribute's."""
        from whimsight.attributes import ATTRIBUTES, measure

        if self.study.found["kind"][feature] == "measured":
            found = self._found_name(feature)
            if name not in (found, f"opposite of {found}"):
                return None
            end = 1.0 if name == found else -1.0  # what the name says, whichever end the feature is read from
            return np.asarray(np.sign(end * self.reading.code(feature, rows)), dtype=np.float64)
        same = [key for key, attribute in ATTRIBUTES.items() if attribute.name == name]
        if not same:
            return None
        frame = self.study.pairs.frame
        a, b = (
            measure([str(t) for t in frame[c].to_numpy(dtype=object)[rows]], ids=same[:1])[:, 0]
            for c in ("response_a", "response_b")
        )
        return np.asarray(np.sign(a - b), dtype=np.float64)

    def _found_name(self, feature: str) -> str:
        return str(self.study.found["name"][feature])


def _agreement(answers: NDArray[np.float64]) -> float | None:
    """Krippendorff's alpha of answers (judges, pairs), NaN where there is none."""
    import krippendorff

    shared = np.isfinite(answers).sum(axis=0) >= 2
    values = answers[:, shared]
    if shared.sum() < _FEWEST or np.unique(values[np.isfinite(values)]).size < 2:
        return None
    return _known(krippendorff.alpha(reliability_data=values, level_of_measurement="ordinal"))


def _result(judge: str, r: float | None, low: Any, high: Any, n: int) -> dict[str, Any]:
    return {"judge": judge, "r": r, "low": _known(low), "high": _known(high), "n": n}


def _known(value: Any) -> float | None:
    return None if value is None or pd.isna(value) or not np.isfinite(value) else float(value)


def _text(value: Any) -> dict[str, Any]:
    text = str(value)
    return {"text": clean(text[:_LONGEST]), "length": len(text)}
