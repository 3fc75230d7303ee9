"""`Naming`: a language model proposes names for features and judges them, at a price that is known before."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from whimsight.errors import LanguageError, StudyError
from whimsight.names import Candidate
from whimsight.naming.course import Course, source_of
from whimsight.naming.dealing import Deal
from whimsight.naming.features import DONE, features_to_name
from whimsight.naming.landing import land
from whimsight.naming.planning import make_plan, most_calls
from whimsight.naming.run import UNBOUGHT, drive, resumed
from whimsight.naming.scoring import LOOKS
from whimsight.naming.telling import drawing, progress, told
from whimsight.studies.judged import as_line

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

    from whimsight.language import Asker, Budget, LanguageModel
    from whimsight.naming.plan import Plan
    from whimsight.studies import Study

__all__ = ["Naming"]


class Naming:
    """Names for a study's features from a language model, and how well each name fits.

    For each feature the model reads some pairs in which it is strong and proposes names, several times over, each
    time from other pairs. Then it is asked about other pairs, blindly: which response has more of what a name says?
    Names whose answers go along with the feature least are dropped as soon as that is clear. The winner is judged on
    pairs that neither suggested nor chose it; those answers are its fidelity, with an interval. Nothing is sent
    before `run`, and `plan` says what that would cost.

    Results are in ``study.suggestions`` and ``study.judgments`` as they come; ``study.save`` keeps them in the file.
    Every answer is also kept where it was paid for (``$WHIMSIGHT_CACHE``): a run that was stopped, by a budget, a
    fault or a person, goes on where it was, and running again costs nothing. Whether a name is kept is a test of one
    run: to ask again with other seeds until it is kept is not corrected for.

    Parameters
    ----------
    study : Study
    model : str or LanguageModel
        See `whimsight.language_model`.
    features : sequence of str, or {"unnamed", "discovered"}; optional
        Which features. By default the discovered ones that nobody has named, verified or rejected; ``"unnamed"``:
        those among them without a draft.
    candidates : int
        Names that are proposed for each feature.
    propose : bool
        False judges the names that the features have now, and proposes none.
    pairs : int, optional
        Score each winner on so many pairs, without a look before the end, as `Study.judged_effect` has use for. By
        default at most 300, and fewer where that settles it. With fewer than 40 no name is kept; features of which
        no more are there get suggestions, which are scored only where ``pairs`` says so.
    prompts : bool
        Whether the model sees the prompt beside the two responses.
    seed : int
    cache : Path, optional
        Folder of the answers.

    Raises
    ------
    StudyError
        If there is no such feature, or none to name; if pairs of fewer than three prompts are to suggest names.
    LanguageError
        If the model cannot be made.

    Examples
    --------
    >>> model = ws.language_model("gpt-4o-mini", price=(0.15, 0.60))    # doctest: +SKIP
    >>> naming = study.naming(model)                                    # doctest: +SKIP
    >>> naming.plan()                                                   # doctest: +SKIP
    >>> naming.run(budget=0.50)                                         # doctest: +SKIP
    """

    def __init__(
        self,
        study: Study,
        model: str | LanguageModel,
        *,
        features: str | Sequence[str] | None = None,
        candidates: int = 5,
        propose: bool = True,
        pairs: int | None = None,
        prompts: bool = True,
        seed: int = 0,
        cache: Path | None = None,
    ) -> None:
        from whimsight.language import language_model

        for name, value in (("candidates", candidates), ("pairs", 1 if pairs is None else pairs)):
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise StudyError(f"{name} must be a whole number of 1 or more; found {value!r}.")
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            raise StudyError(f"seed must be a whole number of 0 or more; found {seed!r}.")
        self.study = study
        self.features = features_to_name(study, features, propose=propose)
        self.model: LanguageModel = language_model(model)
        self.candidates = candidates
        self.propose = propose
        self.seed = seed
        self._looks = LOOKS if pairs is None else (pairs,)
        self._cache = cache
        self._deal = Deal(study, seed=seed)
        self._prompts = self._deal.prompts if prompts else []
        if propose:
            self._deal.require_three()
        self._going = threading.Lock()
        self._asker: Asker | None = None
        self._told = progress(len(self.features), state="idle")

    def plan(self) -> Plan:
        """Return what `run` would take: calls, tokens, cost and time. Nothing is sent.

        What was paid for earlier is taken into account; how many pairs a name still needs is a guess, at most is not.
        """
        asker = self._nobody()
        courses = self._courses(asker)
        drive(courses, asker, replay=True)
        before = self._nobody()
        sure = self._courses(before, [c.feature for c in courses if c.missing[UNBOUGHT]])
        for course in sure:
            drive([course], before)
        return make_plan(self.model, asker, courses, sure, self._deal, self._judge(asker), self.candidates)

    def show(self, n: int = 1) -> str:
        """Return the first requests as they would be sent, for a dry run."""
        from whimsight.naming.wording.showing import show

        asker = self._nobody()
        asked = [r for c in self._courses(asker, self.features[:n]) for r in c.wants()[:n]]
        return "\n\n".join(map(show, asked[:n]))

    def run(
        self,
        *,
        budget: float | None = None,
        calls: int | None = None,
        on_change: Callable[[], None] | None = None,
        progress: bool = True,
    ) -> pd.DataFrame:
        """Propose names and judge them; go on where an earlier run stopped.

        Parameters
        ----------
        budget : float, optional
            The most that may be paid now, in the price's currency; the run stops cleanly before it is exceeded.
        calls : int, optional
            The most calls now. Without either, the most that `plan` tells and a tenth for repetitions.
        on_change : callable, optional
            Called when `progress` or the study's tables changed, in the thread that runs.
        progress : bool
            Draw a bar with the cost so far, where a person sees it.

        Returns
        -------
        DataFrame
            The winners, index ``feature``: ``name``, ``kept``, ``fidelity``, ``fidelity_low``, ``fidelity_high``,
            ``p``, ``q``, ``n``, ``note``, ``missing``; all candidates are in ``study.suggestions``.
            ``.attrs["told"]`` says what the run came to and what is missing.

        Raises
        ------
        LanguageError
            If nothing can be asked: a wrong model's name, a bad key, a dead endpoint, a budget without a price.
            What was paid for is kept.
        StudyError
            If this object is running already.
        """
        from whimsight.language import Budget

        for name, value in (("budget", budget), ("calls", calls)):
            if isinstance(value, bool) or not isinstance(value, int | float | None):
                raise LanguageError(f"{name} must be a number; found {value!r}.")
        if not self._going.acquire(blocking=False):
            raise StudyError("This run is going on already; wait for it, or stop it with .stop().")
        try:
            if budget is None and calls is None:
                calls = self._most()
            return self._run(Budget(cost=budget, calls=calls), on_change or (lambda: None), progress)
        except LanguageError as error:
            raise LanguageError(
                str(error)
            ) from None  # a person reads one sentence, not the way through the threads
        finally:
            self._asker = None
            self._going.release()

    def stop(self) -> None:
        """Let a run in another thread send nothing more; what is on its way is finished and kept."""
        asker = self._asker
        if asker is not None:
            asker.stop()

    def accept(self, features: Sequence[str] | None = None, *, author: str | None = None) -> list[str]:
        """Make names that fit the features' names, as one step that can be undone in ``study.labels``.

        Parameters
        ----------
        features : sequence of str, optional
            Those whose winner was kept, by default; others only when they are named here. What people have named,
            verified or rejected in the meantime stays as it is by default.
        author : str, optional
            Who accepts them; the author of ``study.labels`` by default.

        Returns
        -------
        list of str
            The features that were renamed; none where no name fits.

        Raises
        ------
        StudyError
            If a feature was turned round since, or no name was proposed for it.
        """
        table = self.table
        if features is None:
            status = self.study.features["status"]
            features = [f for f in table.index[table["kept"]] if status[f] not in DONE]
        for feature in features:
            if feature not in table.index:
                raise StudyError(
                    f"{self.model.name!r} has proposed no name for {feature!r} yet: run() first."
                )
            if self._deal.end(feature) * self.study.polarity[self.study.column(feature)] < 0:
                raise StudyError(
                    f"Feature {feature!r} was turned round since its names were proposed: make a new study.naming(...)."
                )
        labels = self.study.labels.labels
        noted = set(labels.index[labels["note"] != ""])
        changes: dict[str, dict[str, Any]] = {
            str(f): {"name": str(table["name"][f])} | ({} if f in noted else {"note": str(table["note"][f])})
            for f in features
        }
        return [event.feature for event in self.study.labels.edit_many(changes, author)] if changes else []

    @property
    def progress(self) -> dict[str, Any]:
        """How far a run is: JSON-ready, without keys.

        Returns
        -------
        dict
            ``state`` (idle, running, done, stopped, failed), ``stage``, ``done`` and ``total`` of its answers,
            ``features_done`` of ``features``, ``kept`` (ids of those whose name fits), ``unproposed`` and ``untold``
            (how many of those done got no proposal, or cannot be told to fit or not), ``untold_for`` (why, such as
            ``"few pairs"``, to number), ``calls``, ``cached``, ``failed`` and ``failures`` (kind to number), ``cost``
            (None: not known), ``lost`` (requests without a reply that may be charged for) and ``unsure`` (the most
            that these may have cost), ``waiting`` (what it waits for, such as the end of a rate limit), ``message``.
        """
        return dict(self._told)

    # -- inside ------------------------------------------------------------------------------------

    def _run(self, budget: Budget, changed: Callable[[], None], bar: bool) -> pd.DataFrame:
        def say(state: str, **more: Any) -> None:
            waiting = asker.waiting if state == "running" else ""
            self._told = progress(
                len(courses), state=state, courses=courses, tally=asker.tally, waiting=waiting, **more
            )
            draw(self._told)
            changed()

        def wait() -> None:
            if asker.waiting != self._told["waiting"]:
                say("running", done=self._told["done"], total=self._told["total"])

        asker = self._asker = self._make_asker(budget, idle=wait)
        courses = self._courses(asker)

        with drawing(len(courses), shown=bar) as draw:
            say("running")

            def stepped(active: Sequence[Course]) -> None:
                land(self.study, active)
                say("running")

            try:
                drive(
                    courses,
                    asker,
                    stepped=stepped,
                    answered=lambda done, total: say("running", done=done, total=total),
                )
            except BaseException as error:
                if isinstance(error, KeyboardInterrupt):
                    say("stopped", message="Interrupted; what was paid for is kept.")
                else:
                    say("failed", message=str(error))
                raise
            message = told(courses, asker.tally, budget)
            say("stopped" if any(c.halted for c in courses) else "done", message=message)
        table = self.table
        table.attrs["told"] = message
        return table

    @property
    def table(self) -> pd.DataFrame:
        """The winners among this model's suggestions for these features, or the names that it judged; see `run`."""
        said = self.study.suggestions
        mine = (said["source"] == source_of(self.model.name)) & said["feature"].isin(self.features)
        if self.propose:
            ours = mine & said["winner"]
        else:
            judged = {feature: self._present(feature)[0].name for feature in self.features}
            ours = mine & (said["name"] == said["feature"].map(judged))
        table = said[ours].set_index("feature")
        table = table.loc[[f for f in self.features if f in table.index]]
        numbers = ["fidelity", "fidelity_low", "fidelity_high", "p", "q", "n"]
        return table[["name", "kept", *numbers, "note", "missing"]]

    def _most(self) -> int:
        """Return the calls of a run that needs every pair and has nothing paid for, and a tenth for repetitions."""
        judge = self._judge(self._nobody())
        each = (most_calls(f, self._looks, self._deal, judge, self.candidates) for f in self.features)
        return round(1.1 * sum(each)) + 20

    def _nobody(self) -> Asker:
        """Return one who asks nobody, and knows what was answered before."""
        from whimsight.language import Budget

        return self._make_asker(Budget(calls=0))

    def _make_asker(self, budget: Budget, idle: Callable[[], None] = lambda: None) -> Asker:
        from whimsight.language import Asker

        return Asker(self.model, cache=self._cache or True, budget=budget, seed=self.seed, idle=idle)

    def _describer(self, asker: Asker) -> Any:
        from whimsight.naming.describer import LanguageDescriber

        return LanguageDescriber(
            asker, self._deal.responses, self._prompts, candidates=self.candidates, seed=self.seed
        )

    def _judge(self, asker: Asker) -> Any:
        from whimsight.naming.judge import LanguageJudge

        return LanguageJudge(asker, self._deal.responses, self._prompts, seed=self.seed)

    def _courses(self, asker: Asker, features: Sequence[str] | None = None) -> list[Course]:
        """Return a course for each feature, begun where an earlier run went on without some of the proposals.

        To buy these now would make other candidates, and everything that was paid for to choose among them useless.
        """
        before, describer, judge = self._nobody(), self._describer(asker), self._judge(asker)
        # Whether a name is kept must not depend on how many others are asked for in the same run.
        tests = max(int((self.study.found["kind"] == "discovered").sum()), len(self.features))

        def begin(feature: str) -> Course:
            return Course(
                feature,
                self._deal,
                describer,
                judge,
                tests=tests,
                known=() if self.propose else self._present(feature),
                looks=self._looks,
            )

        chosen = self.features if features is None else features
        return [resumed(begin(feature), partial(begin, feature), before) for feature in chosen]

    def _present(self, feature: str) -> list[Candidate]:
        """Return the name that a feature has now, to be judged."""
        labels = self.study.labels.labels
        note = str(labels["note"][feature] or "") if feature in labels.index else ""
        name = as_line("name", str(self.study.features["name"][feature]))
        return [Candidate(name, "concept", (), 1, note)]

    def __repr__(self) -> str:
        return f"<Naming of {len(self.features)} features by {self.model.name!r} at {self.model.where}>"
