"""What the front end may ask of Python, and the answers: results or errors, never silence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from whimsight._suggest import nearest
from whimsight.errors import LabelsError, StudyError, WhimsightError
from whimsight.labels import LabelStore
from whimsight.studies._report.words import without_paths
from whimsight.studies._study import Study
from whimsight.studies.highlights import highlights
from whimsight.studies.reading import Reading
from whimsight.studies.snapshot import clean, labels_dict, page
from whimsight.studies.verification import BlindTest
from whimsight.widgets.suggested import drafted, proposed

__all__ = ["Answers", "Arguments", "error_of"]

_MOST_EXAMPLES = 100
_CHARACTERS = 2_000
_FIELDS = ("name", "status", "note", "tags", "turned")
_KEPT = 256

_log = logging.getLogger(__name__)


class Answers:
    """Answers requests about one study, by name, as ``Requests`` of ``protocol.ts`` lists them.

    Parameters
    ----------
    study : Study
    author : str, optional
        Who edits and judges; the author of the study's labels by default.
    embedder : optional
        For highlights, where the study's cannot be made again from its name.
    editable : bool
        False refuses every change.
    texts : bool
        False refuses every text of the dataset.
    changed : callable
        Called after every change, before the answer is sent.
    """

    def __init__(
        self,
        study: Study,
        *,
        author: str | None = None,
        embedder: Any = None,
        editable: bool = True,
        texts: bool = True,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        if not isinstance(study, Study):
            raise StudyError(
                f"A widget looks at a Study; found {type(study).__name__}. Make one with ws.study(pairs), or "
                "open one with ws.open('votes.whim')."
            )
        self.study = study
        self.reading = Reading(study)
        self.editable = editable
        self._texts = texts
        self._author = author
        self._embedder = embedder
        self._changed = changed
        self._test = BlindTest(study, author=author, reading=self.reading)
        self._held_out = frozenset(self.reading.matchup[self.reading.held_out].tolist())
        self._highlights: dict[tuple[str, int], dict[str, Any]] = {}
        self._handlers: dict[str, Callable[[Arguments], dict[str, Any]]] = {
            "edit": self._edit,
            "undo": self._undo,
            "redo": self._redo,
            "examples": self._examples,
            "text": self._text,
            "highlights": self._mark,
            "suggest": self._suggest,
            "question": self._question,
            "answer": self._answer,
        }

    @property
    def store(self) -> LabelStore:
        """Where the work is kept."""
        return self.study.labels

    @property
    def author(self) -> str:
        """Who edits and judges."""
        return self._test.author

    def labels(self) -> dict[str, dict[str, Any]]:
        """Return everybody's work; without authors and times where nothing can be changed."""
        return labels_dict(self.study, report=not self.editable)

    def work(self) -> dict[str, Any]:
        """Return the state of the work, as ``Work`` of ``protocol.ts``."""
        if not self.editable:
            return {"can_undo": False, "can_redo": False, "store": "", "author": "", "editable": False}
        about = {"store": clean(self.store.name), "author": clean(self.author), "editable": True}
        try:
            undo, redo = self.store.can_undo(self.author), self.store.can_redo(self.author)
        except LabelsError:  # damaged or not ours: the first edit says so
            undo = redo = False
        return {"can_undo": undo, "can_redo": redo, **about}

    def reply(self, content: Any) -> dict[str, Any] | None:
        """Return the answer to a message; None where it is not a request.

        Whatever happens there is an answer: an exception becomes its kind and message, without paths.
        """
        if not isinstance(content, Mapping) or content.get("kind") != "request":
            return None
        said = {"kind": "answer", "id": content.get("id")}
        try:
            return {**said, "ok": True, "result": self.result(content.get("name"), content.get("args"))}
        except (Exception, KeyboardInterrupt) as error:
            if not isinstance(error, WhimsightError | KeyboardInterrupt):
                _log.warning("The request %r failed.", content.get("name"), exc_info=True)
            return {**said, "ok": False, "error": error_of(error)}

    def result(self, name: Any, args: Any) -> dict[str, Any]:
        """Answer one request.

        Raises
        ------
        StudyError
            If there is no such request, or its arguments are not what it takes.
        """
        handler = self._handlers.get(name) if isinstance(name, str) else None
        if handler is None:
            hint = nearest(str(name), list(self._handlers))
            raise StudyError(f"There is no request {name!r}.{hint} Requests: {', '.join(self._handlers)}.")
        if args is not None and not isinstance(args, Mapping):
            raise StudyError(f"The arguments of {name!r} must be an object; found {type(args).__name__}.")
        return handler(Arguments(str(name), args or {}))

    # -- changes -----------------------------------------------------------------------------------

    def _edit(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        feature, changes = self._feature(args), args.get("changes", dict)
        unknown = sorted(set(map(str, changes)) - set(_FIELDS))
        if unknown:
            raise StudyError(f"A label has no field {unknown[0]!r}.{nearest(unknown[0], list(_FIELDS))}")
        self.store.edit(feature, **changes, author=self._author)
        return self._after()

    def _undo(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        feature = self.store.undo(self._author)
        return {**self._after(), "feature": feature}

    def _redo(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        feature = self.store.redo(self._author)
        return {**self._after(), "feature": feature}

    def _after(self) -> dict[str, Any]:
        self._changed()
        return {"labels": self.labels(), "work": self.work()}

    def _require_editable(self) -> None:
        if not self.editable:
            raise StudyError("This view is read-only. Open FeatureLabeler(study) to change something.")

    def _require_texts(self) -> None:
        if not self._texts:
            raise StudyError("This view shows names only, no texts of the dataset.")

    # -- reading -----------------------------------------------------------------------------------

    def _examples(self, args: Arguments) -> dict[str, Any]:
        self._require_texts()
        feature, where = self._feature(args), args.get("where", dict)
        n, offset = args.whole("n", 1, _MOST_EXAMPLES), args.whole("offset", 0, 2**53)
        reading = self._reading(args)
        rows = reading.rows(feature, where)
        shown = page(self.study, reading, feature, rows[offset : offset + n], characters=_CHARACTERS)
        return {**shown, "total": int(rows.size)}

    def _reading(self, args: Arguments) -> Reading:
        """Return where examples are looked for."""
        return self.reading

    def _text(self, args: Arguments) -> dict[str, Any]:
        self._require_texts()
        feature, row, part = self._feature(args), self._row(args), args.get("part", str)
        if part not in ("prompt", "more", "less"):
            raise StudyError(f"A pair has the parts 'prompt', 'more' and 'less'; found {part!r}.")
        pair: Any = self.study.pairs.frame.iloc[row]
        if part == "prompt":
            return {"text": clean(str(pair["prompt"]))}
        more_is_a = float(self.reading.code(feature, np.array([row]))[0]) > 0
        return {"text": clean(str(pair["response_a" if more_is_a == (part == "more") else "response_b"]))}

    def _mark(self, args: Arguments) -> dict[str, Any]:
        self._require_texts()
        key = self._feature(args), self._row(args)
        if key not in self._highlights:
            found = highlights(self.study, *key, embedder=self._embedder)
            while len(self._highlights) >= _KEPT:
                del self._highlights[next(iter(self._highlights))]
            self._highlights[key] = {"more": found.more, "less": found.less, "reason": found.reason}
        return self._highlights[key]

    def _suggest(self, args: Arguments) -> dict[str, Any]:
        feature = self._feature(args)
        # Who reads a report is not told which model was asked.
        named = proposed(self.study, feature, undecided=self._undecided(feature)) if self.editable else []
        return {"suggestions": named + drafted(self.study, feature)}

    def _undecided(self, feature: str) -> bool:
        """Return whether a model is being asked about a feature's names."""
        return False

    # -- blind tests -------------------------------------------------------------------------------

    def _question(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        feature, seed = self._feature(args), args.whole("seed", 0, 2**53)
        asked = self._test.question(feature, seed)
        return {"question": asked, "verification": self._test.verification(feature)}

    def _answer(self, args: Arguments) -> dict[str, Any]:
        self._require_editable()
        feature, token = self._feature(args), args.get("token", str)
        said = self._test.answer(feature, token, args.get("answer", str))
        self._changed()
        return {"verification": said}

    # -- arguments ---------------------------------------------------------------------------------

    def _feature(self, args: Arguments) -> str:
        feature = str(args.get("feature", str))
        self.study.column(feature)
        return feature

    def _row(self, args: Arguments) -> int:
        row = args.whole("row", 0, len(self.study.pairs) - 1)
        if int(self.reading.matchup[row]) in self._held_out:
            raise StudyError(f"Pair {row} is held out for blind tests; nobody reads it beforehand.")
        return row


class Arguments:
    """The arguments of a request, which come from outside."""

    def __init__(self, request: str, values: Mapping[str, Any]) -> None:
        self._request = request
        self._values = values

    def has(self, key: str) -> bool:
        """Return whether anything was given."""
        return self._values.get(key) is not None

    def get(self, key: str, kind: type) -> Any:
        """Return a value of a kind."""
        value = self._values.get(key)
        if not isinstance(value, kind):
            raise StudyError(
                f"{self._request!r} needs {key!r} ({kind.__name__}); found {str(value)[:60]!r} "
                f"({type(value).__name__})."
            )
        return value

    def whole(self, key: str, low: int, high: int) -> int:
        """Return a whole number; JavaScript has no other kind of number than float."""
        value = self._values.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
            raise StudyError(f"{self._request!r} needs the whole number {key!r}; found {str(value)[:60]!r}.")
        if not low <= value <= high or value != int(value):
            raise StudyError(f"{key!r} must be a whole number from {low:,} to {high:,}; found {value}.")
        return int(value)


def error_of(error: BaseException) -> dict[str, str]:
    """Return an exception as kind and message, without the paths of this machine.

    Examples
    --------
    >>> error_of(OSError("cannot open /srv/people/ann/votes.labels"))
    {'type': 'OSError', 'message': 'cannot open votes.labels'}
    """
    if isinstance(error, KeyboardInterrupt):
        return {"type": "KeyboardInterrupt", "message": "Interrupted before it was finished."}
    message = clean(str(without_paths(str(error))))
    return {"type": type(error).__name__, "message": message or "Something went wrong in Python."}
