"""Names from a language model while the labeler stays usable: the price first, then a run that can be stopped."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from whimsight.errors import StudyError
from whimsight.studies.snapshot import clean
from whimsight.widgets.answers import Answers, Arguments
from whimsight.widgets.naming_run import NamingRun, Voice, last_run_of, listen, listeners, run_of, unlisten

if TYPE_CHECKING:
    from whimsight.language import LanguageModel
    from whimsight.naming import Naming, Plan
    from whimsight.studies._study import Study

__all__ = ["NamingAnswers"]

_SCOPES = ("one", "unnamed", "discovered")
_Wish = tuple[str, str | None]  # ("one", id), ("unnamed", None) or ("discovered", None)
_COUNTS = ("done", "total", "features_done", "features", "calls", "cached", "lost", "unsure")
_CAME = ("unkept", "unproposed", "untold", "missing")
_NOTHING: dict[str, Any] = {
    "state": "idle",
    "kept": [],
    "failures": {},
    "untold_for": {},
    "seen": True,
    **dict.fromkeys(("stage", "waiting", "message"), ""),
    **dict.fromkeys(("cost", "cost_most")),
    **dict.fromkeys(_COUNTS + _CAME, 0),
}


class NamingAnswers(Answers):
    """Answers requests of a labeler: those about features, and about names from a language model.

    How far a run is goes to the page in messages, never in a trait: traits are saved with notebooks, and at which
    endpoint a model answers is nobody's business there. Its name is: a verified label says who judged.

    Parameters
    ----------
    study : Study
    model : str or LanguageModel, optional
        ``$WHIMSIGHT_MODEL`` by default; made when a price is asked for.
    say : callable
        Sends a message to the page.
    choices
        See `Answers`.
    """

    def __init__(
        self,
        study: Study,
        *,
        model: str | LanguageModel | None = None,
        say: Callable[[dict[str, Any]], None] = lambda message: None,
        **choices: Any,
    ) -> None:
        super().__init__(study, **choices)
        if model is not None and not isinstance(model, str) and not hasattr(model, "complete"):
            raise StudyError(
                f"model is a LanguageModel or the name of one; found {type(model).__name__}. "
                "Make one with ws.language_model('gpt-4o-mini')."
            )
        self._given = model
        self._model: LanguageModel | None = None
        self._planned: tuple[_Wish, Naming, Plan] | None = None
        # A cell that is run again makes a new labeler, for which the last run is as new as for the old one.
        self.run: NamingRun | None = last_run_of(study)
        self._suggestions, self._version = study.suggestions, 0
        self._voice = Voice(lambda: say({"kind": "naming", "progress": self.progress()}))
        self._handlers |= {
            "naming": self._look,
            "naming_plan": self._plan,
            "naming_start": self._start,
            "naming_stop": self._stop,
        }
        listen(self)

    def result(self, name: Any, args: Any) -> dict[str, Any]:
        """Answer one request; what is said unasked goes the way that requests come."""
        self._voice.follow()
        return super().result(name, args)

    def tell(self, *, last: bool = False) -> None:
        """Say how far the run is, from any thread, a few times a second at most."""
        self._voice.speak(last=last)

    def close(self) -> None:
        """Stop a run that nobody looks at any more; what was paid for is kept."""
        unlisten(self)
        run = run_of(self.study)
        if run is not None and not listeners(self.study):
            run.stop()

    def progress(self) -> dict[str, Any]:
        """Return how far it is, as ``NamingProgress`` of ``protocol.ts``."""
        run = self._current()
        model = self._model if run is None else run.naming.model
        if self.study.suggestions is not self._suggestions:
            self._suggestions, self._version = self.study.suggestions, self._version + 1
        return {
            "available": bool(self._given or os.environ.get("WHIMSIGHT_MODEL") or run),
            "model": None if model is None else clean(model.name),
            "where": None if model is None else clean(model.where),
            **(_NOTHING if run is None else run.told()),
            "version": self._version,
        }

    def _current(self) -> NamingRun | None:
        """Return the study's run, whoever began it; the last one where none goes on."""
        self.run = run_of(self.study) or self.run
        return self.run

    # -- requests ----------------------------------------------------------------------------------

    def _look(self, args: Arguments) -> dict[str, Any]:
        run = self._current()
        if run is not None and args.has("seen") and args.get("seen", bool):
            run.saw()
        return self.progress()

    def _plan(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        self._planned = self._priced(self._wish(args))
        said = self._planned[2].to_dict()
        return {**said, "model": clean(said["model"]), "where": clean(said["where"])}

    def _start(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        wish = self._wish(args)
        budget = _budget(args)
        calls = args.whole("calls", 1, 2**53) if args.has("calls") else None
        if budget is None and calls is None:
            raise StudyError("Say what may be spent: a budget, or a number of calls.")
        planned = self._planned
        if planned is None or planned[0] != wish:
            planned = self._priced(wish)
        run = NamingRun(*planned[1:], budget=budget, calls=calls)
        run.start()
        self.run, self._planned = run, None
        return self.progress()

    def _stop(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        run = run_of(self.study)
        if run is not None:
            run.stop()
        return self.progress()

    def _wish(self, args: Arguments) -> _Wish:
        scope = args.get("features", str)
        if scope not in _SCOPES:
            raise StudyError(f"Names are suggested for {', '.join(_SCOPES)}; found {scope[:60]!r}.")
        return scope, self._feature(args) if scope == "one" else None

    def _priced(self, wish: _Wish) -> tuple[_Wish, Naming, Plan]:
        from whimsight.language import language_model

        given = self._given
        if self._model is None:
            self._model = language_model(given) if given is None or isinstance(given, str) else given
        scope, feature = wish
        ids = scope if feature is None else [feature]
        naming = self.study.naming(self._model, features=ids)
        return wish, naming, naming.plan()

    def _undecided(self, feature: str) -> bool:
        run = run_of(self.study)
        return run is not None and feature in run.naming.features


def _budget(args: Arguments) -> float | None:
    if not args.has("budget"):
        return None
    given = args.get("budget", object)
    try:
        budget = float(given) if isinstance(given, int | float) and not isinstance(given, bool) else 0.0
    except OverflowError:
        raise StudyError("A budget is a number above 0; found one that is too large for any.") from None
    if not 0 < budget < float("inf"):
        raise StudyError(f"A budget is a number above 0; found {str(given)[:60]!r}.")
    return budget
